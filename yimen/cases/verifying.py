"""
Verifying (调查核实): the investigation, comparison, relatives, and what a person settles where sources differ.

Source: 民发〔2021〕57号第11、15–18、20条; 社会救助法第41、55、56条. A fact verified here is a statement like any other: it
counts for every department's policy until it expires.
"""

import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.cases.dues import project_dues
from yimen.cases.flow import Note, move_case
from yimen.cases.indicators import Item, heard, person_of, sheet_of
from yimen.cases.models import Case, CaseEvent, Consent, Decision, Kinship, Settlement, Task
from yimen.cases.words import TaskKind
from yimen.evidence.actions import NotStated, state_facts
from yimen.office.access import current, may
from yimen.office.audit import comparing, reading
from yimen.office.models import Staff
from yimen.office.queries import colleagues
from yimen.policies.model import SETTLED
from yimen.registry.queries import household_card
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered

COUNTY_DEPTH = 3
BEGINS_ANEW = ("object", "send_back")


class NotVerified(Exception):
    """An investigation cannot be done like this; the sentence says why and what to do."""


def refuse_relative(case: Case, staff: Staff, *, who: str = "您") -> None:
    """Raise NotVerified if a member of the household is related to somebody of ours (回避)."""
    if is_relative(case, staff):
        raise NotVerified(f"这一户有{who}的近亲属，{who}须回避，请首派责任人另派他人。")


def is_relative(case: Case, staff: Staff) -> bool:
    """Say whether the household holds a recorded relative of this member of staff."""
    return staff.pk in relatives_among(case, [staff])


def relatives_among(case: Case, people: Iterable[Staff]) -> set[int]:
    """
    Return who of some people has a recorded relative in the household, named by account or only by name (备案).

    On whichever of its cases it was recorded: a relative stays one. Who has the same name stands back too: a namesake loses
    nothing by it.
    """
    filed = list(kinships_of(case))
    found = {one.staff_id for one in filed if one.staff_id is not None}
    if len(found) < len(filed):
        with reading("核对回避"), comparing():
            names = {_plain(one.relative_name or "") for one in filed if one.staff_id is None}
        found |= {one.pk for one in people if _plain(one.name) in names}
    return found


def kinships_of(case: Case) -> QuerySet[Kinship]:
    """Return what is on record of relatives in a case's household, in this case or in any other (备案)."""
    found: QuerySet[Kinship] = Kinship.objects.filter(case__household_id=case.household_id)
    return found.select_related("staff")


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())


def is_county_desk(permission: str, area_path: str) -> bool:
    """Say whether whoever acts holds this permission by a post of the county, not of a township."""
    held = (path for name, path in current().permissions if name == permission and area_path.startswith(path))
    return any(path.count(".") <= COUNTY_DEPTH for path in held)


def steps_taken(case: Case) -> Mapping[str, date]:
    """Return the day of each step of this investigation; an objection or an opinion sent back begins another."""
    steps: dict[str, date] = {}
    for step, on in CaseEvent.objects.filter(case=case).order_by("at", "pk").values_list("step", "on"):
        if step in BEGINS_ANEW:
            steps.clear()
        elif step in ("investigate", "ask_comparison", "compare"):
            steps[step] = on
    return steps


def _not_yet(case: uuid.UUID, step: str, words: str) -> None:
    on = steps_taken(Case.objects.get(pk=case)).get(step)
    if on is not None:
        raise NotVerified(f"{on} 已经{words}了，期限从那天算起，不用再办。")


@transaction.atomic
def investigate(*, case: uuid.UUID, by: Staff, at: datetime) -> Case:
    """Begin the investigation (启动调查), within three working days of acceptance (57号第15条). Raises NotVerified, WrongStep."""
    _not_yet(case, "investigate", "启动过调查")
    held = move_case("investigate", case, by=by, at=at)
    refuse_relative(held, by)
    project_dues(held)
    return held


@transaction.atomic
def ask_comparison(*, case: uuid.UUID, by: Staff, at: datetime) -> Case:
    """
    Ask the county to compare data (提请核对) of those who have authorised it.

    Raises NotVerified if nobody has (社会救助法第41条), WrongStep, NotAllowed.
    """
    _not_yet(case, "ask_comparison", "提请过核对")
    held = move_case("ask_comparison", case, by=by, at=at)
    refuse_relative(held, by)
    given = Consent.objects.filter(case=held, given=True).count()
    if not given:
        raise NotVerified("还没有人签核对授权书，不能提请核对（社会救助法第41条）。不同意核对的，记为待核实，不作结论。")
    project_dues(held)
    return held


@transaction.atomic
def compare(*, case: uuid.UUID, by: Staff, at: datetime) -> Case:
    """
    Begin the comparison at the county (启动核对), within three working days of being asked (57号第17条).

    What it finds comes in as statements of the source 核对. Raises NotVerified at a township's desk; WrongStep, NotAllowed.
    """
    _not_yet(case, "compare", "启动过核对")
    held = move_case("compare", case, by=by, at=at)
    if not is_county_desk("case.verify", held.area_path):
        raise NotVerified("信息核对由县级民政部门启动（民发〔2021〕57号第17条），请先提请核对。")
    project_dues(held)
    return held


@transaction.atomic
def assign_visit(
    *, case: uuid.UUID, to: Sequence[Staff], by: Staff, at: datetime, due_on: date | None = None, facts: Iterable[str] = ()
) -> list[Task]:
    """
    Send people to a household (派人入户); each gets a task. `facts` is what a third party has to verify, and all it is shown.

    Raises NotVerified for a relative, for somebody without a post for it, for a third party without facts; WrongStep.
    """
    held = move_case("assign", case, by=by, at=at, note=Note("、".join(one.name for one in to)))
    refuse_relative(held, by)
    wanted, firm = sorted(set(facts)), third_parties(held.area_path)
    for one in to:
        _may_be_sent(held, one, by)
        if one in firm and not wanted:
            raise NotVerified("派给第三方的，要写明核查哪几项；第三方只看得到这几项。")
    # Whoever may not go any more (a post or a firm's contract has ended) gives way to those sent now.
    open_visits = Task.objects.filter(case=held, kind=TaskKind.VISIT, done_at=None)
    able = {one.pk for one in colleagues(permission="visit.make", area_path=held.area_path)} | {by.pk}
    open_visits.filter(owner__in=to).delete()
    open_visits.exclude(owner__in=able).delete()
    made = [
        Task(
            case=held,
            household_id=held.household_id,
            kind=TaskKind.VISIT,
            words=f"入户调查 {held}",
            owner=one,
            due_on=due_on or held.due_on,
            made_by=by,
            made_at=at,
            facts=wanted if one in firm else [],
            area_path=held.area_path,
        )
        for one in to
    ]
    tasks: list[Task] = Task.objects.bulk_create(made)
    return tasks


def _may_be_sent(case: Case, staff: Staff, by: Staff) -> None:
    refuse_relative(case, staff, who=staff.name if staff != by else "您")
    if staff != by and staff not in colleagues(permission="visit.make", area_path=case.area_path):
        raise NotVerified(f"{staff.name}没有在这个地方入户的岗位，请另选一位。")


def third_parties(area_path: str) -> list[Staff]:
    """Return who else visits here as a third party and not as one of ours."""
    ours = {one.pk for one in colleagues(permission="case.see", area_path=area_path)}
    return [one for one in colleagues(permission="visit.third_party", area_path=area_path) if one.pk not in ours]


def acts_as_third_party(area_path: str) -> bool:
    """Say whether whoever acts visits here as a third party."""
    return may("visit.third_party", area_path=area_path) and not may("case.see", area_path=area_path)


@transaction.atomic
def record_kinship(
    *,
    case: uuid.UUID,
    person: uuid.UUID,
    relation: str,
    by: Staff,
    at: datetime,
    staff: Staff | None = None,
    relative_name: str = "",
) -> Kinship:
    """
    Put a member's kinship with staff or a village committee on file (近亲属备案, 57号第11条); the county must then visit.

    Open visits of the relative go back to the first assignee. Raises NotVerified, WrongStep, NotAllowed. Needs a reading.
    """
    if staff is None and not relative_name.strip():
        raise NotVerified("请写明是谁的近亲属：经办人员，或村（居）委会成员的姓名。")
    if not relation.strip():
        raise NotVerified("请写明是什么关系，例如“姐弟”。")
    held = move_case("kin", case, by=by, at=at, note=Note(f"{relation.strip()}；须县级入户", article="民发〔2021〕57号第11条"))
    card = household_card(household_id=held.household_id, on=localdate(at))
    if person not in {member.person_id for member in card.members}:
        raise NotVerified("备案的人不是这一户今天的成员。")
    kinship: Kinship = Kinship.objects.create(
        case=held,
        person_id=person,
        staff=staff,
        relative_name=relative_name.strip() or None,
        relation=relation.strip()[:20],
        recorded_by=by,
        recorded_at=at,
        area_path=held.area_path,
    )
    visits = Task.objects.filter(case=held, kind=TaskKind.VISIT, done_at=None).exclude(owner=held.first_assignee)
    related = relatives_among(held, [one.owner for one in visits.select_related("owner")])
    visits.filter(owner__in=related).update(owner=held.first_assignee)
    return kinship


@transaction.atomic
def settle(
    *, case: uuid.UUID, who: str, fact: str, value: Any, reason: str, by: Staff, at: datetime, over: str | None = None
) -> Settlement:
    """
    Settle what sources say differently (核定): the value that counts from now on, and why. Needs an open reading.

    It stands before every source until it expires; a source that says otherwise later opens the difference again.
    `over` is the statement that counted where this was decided: if another counts by now, nothing is laid over it.
    Raises NotVerified without a difference or reason, by a relative; WrongStep, NotAllowed.
    """
    if not reason.strip():
        raise NotVerified("请写明为什么这样认定，例如“银行流水显示工资已停发三个月”。")
    held = move_case("settle", case, by=by, at=at, note=Note(f"{fact}：{reason.strip()}"))
    refuse_relative(held, by)
    item = _difference(held, who, fact, on=localdate(at))
    if over is not None and item.said is not None and item.said.statement != over:
        raise NotVerified(f"“{fact}”刚才有了新的说法或核定，您的没有写入，也没有盖掉别人的。请看过再定。")
    try:
        statement = state_facts(
            catalogue=current_rules().catalogue,
            facts={fact: value},
            source=SETTLED,
            stated_on=localdate(at),
            by=by,
            at=at,
            person=person_of(who),
            household=None if who else held.household_id,
            area_path=held.area_path,
            permission="case.verify",
        )
    except NotStated as problem:
        raise NotVerified(str(problem)) from None
    settlement: Settlement = Settlement.objects.create(
        case=held,
        person_id=person_of(who),
        fact=fact,
        value=statement.facts[fact],
        heard=heard(item),
        reason=reason.strip()[:300],
        statement=statement.pk,
        settled_by=by,
        settled_at=at,
        area_path=held.area_path,
    )
    return settlement


def _difference(case: Case, who: str, fact: str, *, on: date) -> Item:
    rules = current_rules()
    sheet = sheet_of(registered_for(case, on=on), policies_of(case), rules, on=on)
    item = next((one for one in sheet.items if one.key == f"{who}|{fact}"), None)
    if item is None or item.is_roster:
        raise NotVerified(f"“{fact}”由名册或认定决定，请到名册更正，不在这里认定。")
    if not item.differs:
        raise NotVerified(f"各来源对“{fact}”没有不同说法，不用认定。")
    return item


def policies_of(case: Case) -> list[str]:
    """Return the policies a case asks about."""
    return list(dict.fromkeys(Decision.objects.filter(case=case).order_by("pk").values_list("policy", flat=True)))


def registered_for(case: Case, *, on: date, permission: str = "person.see") -> RegisteredAnswers:
    """Return what is known of a case's household today; needs an open reading."""
    return explain_registered(household_id=case.household_id, on=on, rules=current_rules(), permission=permission)
