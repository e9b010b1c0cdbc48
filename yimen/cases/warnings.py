"""
Warnings become work (线索变办件): a finding, a report or a complaint gets an owner, a day and one of four ways, and an answer.

Source: 国办发〔2023〕39号 三（四）, 社会救助法第37、39条. How many days a warning may take is fixed nowhere nationally: it is
a local parameter, and where nobody entered it there is no day. Nothing here pays, stops or reduces.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils.timezone import localdate

from yimen.cases.applying import open_case
from yimen.cases.deciding import hand_back
from yimen.cases.flow import Note, move_case, write_event
from yimen.cases.models import Case, CaseEvent, Decision, Report, Task
from yimen.cases.numbers import next_number
from yimen.cases.words import FINAL, Channel, Kind, State, TaskKind, Way
from yimen.office.access import require
from yimen.office.calendar import after_workdays, calendar
from yimen.office.models import Staff
from yimen.office.queries import colleagues
from yimen.screening.actions import close_finding
from yimen.screening.queries import Finding, current_rules, finding_seen, hands_of, whole_parameter

CHECK_DAYS = "线索处置工作日"
CHECKED = (Kind.FINDING, Kind.REPORT, Kind.COMPLAINT)
# These lead into an application, for our own policy or for another department's.
LEADS_ON = (Way.CARRY_OUT, Way.PASS_ON)


class NotChecked(Exception):
    """A warning cannot be taken up or settled like this; the sentence says why and what to do."""


def check_day(*, area_path: str, starts_on: date) -> date | None:
    """Return the day by which a warning must be handled here, or None where no local text gives a number of days."""
    days = whole_parameter(CHECK_DAYS, area_path=area_path, on=starts_on, rules=current_rules())
    return after_workdays(calendar(), starts_on, days).on if days else None


@transaction.atomic
def take_up_finding(*, finding_id: uuid.UUID, by: Staff, at: datetime, owner: Staff | None = None) -> Case:
    """
    Make a case of an open finding (立案核查): it gets its number, its owner (whoever it was handed to, else `by`) and its day.

    Raises NotChecked if it is closed or in a case already, NotAllowed; needs an open reading.
    """
    require("case.verify")
    finding = finding_seen(finding_id=finding_id)
    if finding.state != Finding.State.OPEN:
        raise NotChecked(f"这条线索已经是“{finding.get_state_display()}”，不用立案。请刷新页面查看。")
    held = Case.objects.filter(finding_id=finding_id, state__in=(State.DRAFT, State.SUBMITTED, State.ACCEPTED)).first()
    if held is not None:
        raise NotChecked(f"这条线索已经在办件 {held} 里，由{held.first_assignee.name}负责。")
    hands = hands_of(finding)
    if hands:
        raise NotChecked(f"这件事已经有申请正在办（办件 {hands[0].number or '等受理'}），不用另行立案核查。")
    taker = owner or finding.handed_to or by
    policy = current_rules().policy(finding.policy)
    matter = f"{finding.get_kind_display()}：{policy.name if policy else finding.policy}"
    case = open_case(
        household=finding.home_id, kind=Kind.FINDING, channel=Channel.SCREENING, by=by, at=at, matter=matter, finding=finding_id
    )
    return take_up(case, owner=taker, by=by, at=at)


def take_up(case: Case, *, owner: Staff, by: Staff, at: datetime) -> Case:
    """Give a draft its number, its owner and its task with a day; the caller holds the transaction."""
    if owner != by and owner not in colleagues(permission="case.verify", area_path=case.area_path):
        raise NotChecked(f"{owner.name}的岗位不核查这里的线索，请另选一位。")
    on = localdate(at)
    taken = move_case(
        "take_up",
        case.pk,
        by=by,
        at=at,
        note=Note(f"由{owner.name}核查"),
        number=next_number(case.area_path, on),
        accepted_at=at,
        first_assignee=owner,
    )
    Task.objects.create(
        case=taken,
        household_id=taken.household_id,
        kind=TaskKind.CHECK,
        words=f"核查：{taken.matter}"[:300],
        owner=owner,
        due_on=check_day(area_path=taken.area_path, starts_on=on),
        made_by=by,
        made_at=at,
        area_path=taken.area_path,
    )
    return taken


@transaction.atomic
def record_hearing(*, case: uuid.UUID, words: str, on: date, by: Staff, at: datetime) -> Case:
    """
    Record what the person said before anything may be reduced or ended (听取意见, 社会救助法第48条).

    Raises NotChecked without words or for a day to come, WrongStep, NotAllowed.
    """
    if not words.strip():
        raise NotChecked("请写明本人怎么说；本人没有意见的，写“本人没有意见”。")
    if on > localdate(at):
        raise NotChecked(f"听取意见的日期 {on} 在今天以后，请核对。")
    return move_case("hear", case, by=by, at=at, note=Note(words.strip(), on=on, article="社会救助法第四十八条"))


@transaction.atomic
def settle_check(*, case: uuid.UUID, way: str, words: str, by: Staff, at: datetime) -> tuple[Case, Case | None]:
    """
    Settle a warning in one of the four ways (落实、推送、一事一议、核查退出) and close its finding with the same words.

    落实 and 推送 of a warning that somebody misses aid open an application for its household, which is returned beside the case.
    A warning of wrong aid is not checked out without having heard the person (社会救助法第48条); what is to be ended is a
    decision of its own, taken before, whose result is then handed back. Raises NotChecked, WrongStep, NotAllowed; needs an open
    reading.
    """
    held: Case = Case.objects.select_related("first_assignee").get(pk=case)
    if held.kind not in CHECKED:
        raise NotChecked("四种处置方式只用于线索、报告和举报；申请按审核确认办理。")
    if way not in Way.values:
        raise NotChecked("请选一种处置方式。")
    if not words.strip():
        raise NotChecked("请写明核实了什么、怎么处置。")
    finding = finding_seen(finding_id=held.finding_id) if held.finding_id else None
    _heard(held, finding, way)
    if way in LEADS_ON and Report.objects.filter(case=held, consents=False).exists():
        raise NotChecked("本人不同意申请，不能替他申请。请选一事一议或核查退出；他以后愿意了，随时可以到窗口申请。")
    decided = _decided(held)
    settled = move_case(
        "settle_check", case, by=by, at=at, note=Note(f"{Way(way).label}：{words.strip()}"), way=way, concluded_at=at
    )
    Task.objects.filter(case=settled, kind=TaskKind.CHECK, done_at=None).update(
        done_at=at, done_by=by, outcome=f"{Way(way).label}：{words.strip()}"[:500]
    )
    if finding is not None and finding.state == Finding.State.OPEN:
        close_finding(finding_id=finding.pk, words=f"{Way(way).label}：{words.strip()}"[:300], by=by, at=at)
    if decided:
        hand_back(settled, by=by, at=at)
    leads_on = way in LEADS_ON and _may_ask(settled, finding)
    return settled, _application(settled, finding, by=by, at=at) if leads_on else None


def _decided(case: Case) -> bool:
    """Say whether something was decided in this warning's case. Raises NotChecked while a decision is open."""
    states = set(Decision.objects.filter(case=case).values_list("state", flat=True))
    if states - set(FINAL):
        raise NotChecked("拟终止（调整）的还没有审核确认。等确认或不予确认以后，再写明怎么处置。")
    return bool(states)


def _may_ask(case: Case, finding: Finding | None) -> bool:
    """Who misses aid, or was reported to be in need, is helped to apply; of a complaint no application is made."""
    return finding.kind in (Finding.Kind.MISSED, Finding.Kind.SOON) if finding else case.kind == Kind.REPORT


def _heard(case: Case, finding: Finding | None, way: str) -> None:
    is_wrong = finding is not None and finding.kind == Finding.Kind.WRONG
    if is_wrong and way == Way.CHECK_OUT and not CaseEvent.objects.filter(case=case, step="hear").exists():
        raise NotChecked("调减、终止前须先听取本人意见（社会救助法第四十八条）。请先记下本人怎么说，再按程序退出。")


def _application(settled: Case, finding: Finding | None, *, by: Staff, at: datetime) -> Case:
    """Open the application that follows a warning; it keeps the finding, and so knows which policy to ask for."""
    opened = open_case(
        household=settled.household_id,
        channel=Channel.SCREENING if finding else settled.channel,
        by=by,
        at=at,
        applicant=finding.person_id if finding else None,
        matter=f"由 {settled} 转来：{settled.matter}",
        finding=finding.pk if finding else None,
    )
    write_event(settled, "lead_on", by=by, at=at, note=Note("转为救助申请"))
    return opened


@dataclass(frozen=True)
class Suggested:
    """What an application that came from a finding asks for: the finding's policy, for its person or the whole household."""

    policy: str
    person: uuid.UUID | None


def suggested_for(case: Case) -> Suggested | None:
    """Return what an application's finding asks for, or None; the window may tick more."""
    if case.finding_id is None or case.kind != Kind.APPLICATION:
        return None
    finding = finding_seen(finding_id=case.finding_id)
    return Suggested(finding.policy, finding.person_id)


def cases_of_finding(*, finding_id: uuid.UUID) -> QuerySet[Case]:
    """Return every case a finding has had, the newest first: one that opens again shows what was done before."""
    rows: QuerySet[Case] = Case.objects.filter(finding_id=finding_id).select_related("first_assignee")
    return rows.order_by("-opened_at")


def checks(*, kind: str = "", state: str = State.ACCEPTED) -> QuerySet[Task]:
    """Return the warnings in hand below the open scope with their cases, overdue and due first; without a day last."""
    require("finding.see")
    rows: QuerySet[Task] = Task.objects.filter(kind=TaskKind.CHECK, case__kind__in=[kind] if kind else CHECKED, case__state=state)
    return rows.select_related("case", "case__first_assignee").order_by(F("due_on").asc(nulls_last=True), "made_at", "pk")


@dataclass(frozen=True)
class CheckCounts:
    """Warnings by stage: in hand, of those overdue, without a day, and the settled ones by way."""

    in_hand: int
    overdue: int
    without_day: int
    settled: Mapping[str, int]


def check_counts(*, on: date) -> CheckCounts:
    """Return how many warnings below the open scope stand where; lateness is reckoned, never stored."""
    require("finding.see")
    open_ones = checks()
    ways = Case.objects.filter(kind__in=CHECKED).exclude(way="").order_by().values_list("way").annotate(n=Count("pk"))
    return CheckCounts(
        in_hand=open_ones.count(),
        overdue=open_ones.filter(due_on__lt=on).count(),
        without_day=open_ones.filter(due_on=None).count(),
        settled=dict(ways.values_list("way", "n")),
    )
