"""Applying (申请与受理): one application for a household, its papers and authorisations, acceptance with every date explained."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.deciding import after, open_decisions
from yimen.cases.dues import policy_at, policy_of, project_dues
from yimen.cases.flow import Note, move_case, move_decision, write_event
from yimen.cases.in_hand import tell_in_hand
from yimen.cases.models import Authority, Case, CaseEvent, Consent, Decision, Paper, Posting, Task, UrgentAid
from yimen.cases.numbers import new_receipt_code, next_number
from yimen.cases.paper_forms import EnteredBefore, form_number, save_once
from yimen.cases.signing import signature_problem, signers_of
from yimen.cases.words import FINAL, AuthorityMatter, Channel, Kind, Left, PaperState, State, TaskKind
from yimen.evidence.actions import state_facts
from yimen.office.access import require
from yimen.office.models import ServicePoint, Staff
from yimen.policies.queries import Rules
from yimen.registry.queries import HouseholdCard, household_card, obligors_of
from yimen.screening.queries import current_rules, true_parameters

DECLARED = "申报"
AUTHORISATION = "授权"
PROMISE = "容缺受理"
AUTHORITY_PAPER = "委托书"
# Where it is true, what nobody told to be missing counts from its receipt (local rules on services, e.g. 安阳市政务服务条例).
UNTOLD_FROM_RECEIPT = "未一次性告知的收件日即受理日"


LEFT_WITHOUT_WORDS = {
    Left.OWN: "请写明是谁、为什么撤回。",
    Left.DIED: "请写明哪天去世、谁说的；家里别的人还要办的，另登记申请。",
    Left.LOST: "请写明联系了几次、怎样联系的、托了谁去找。",
    Left.REFUSED: "请照本人的话写明为什么不愿再办，怎样向他说清了后果。",
}


class NotAccepted(Exception):
    """An application cannot be taken in like this; the sentence says what is missing and what to do."""


@dataclass(frozen=True)
class Asked:
    """What a household asks for: a policy, for one person of it or, with None, for the whole household."""

    policy: str
    person: uuid.UUID | None = None


class Told(TypedDict, total=False):
    """
    What else is known when a case is opened: the portal's number, the matter in words, who helps, by which authority (委托书)
    or until when it is promised, where, the receipt code of an application that had one before it was a case, and the number
    on a paper form of a power cut.
    """

    reference: str
    receipt_code: str
    paper_number: str
    authority: uuid.UUID | None
    authority_promised: date | None
    matter: str
    helper_name: str | None
    helper_relation: str
    service_point: ServicePoint | None


@transaction.atomic
def open_case(
    *,
    household: uuid.UUID,
    kind: str = Kind.APPLICATION,
    channel: str,
    by: Staff | None,
    at: datetime,
    assignee: Staff | None = None,
    applicant: uuid.UUID | None = None,
    received_on: date | None = None,
    finding: uuid.UUID | None = None,
    **told: Unpack[Told],
) -> Case:
    """
    Open a draft for a household (登记申请); whoever opens it is its first assignee (首派责任人) until handed over.

    A program answers for nothing: what it brings names its `assignee`.
    `received_on` is the true day of receipt of a paper form entered later. Raises NotAccepted, NotAllowed,
    Household.DoesNotExist outside the open scope. Needs an open reading.
    """
    card = household_card(household_id=household, on=localdate(at))
    require("case.open", area_path=card.area_path)
    received = received_on or localdate(at)
    _is_in_order(channel, received, applicant, card, localdate(at))
    promised = _by_authority(told, channel, card, received, localdate(at))
    case = Case(
        **_kept(told, card.area_path),
        kind=kind,
        channel=channel,
        household_id=household,
        applicant_id=applicant,
        first_assignee=_who_answers(assignee or by),
        finding_id=finding,
        received_on=received,
        opened_at=at,
        opened_by=by,
        changed_at=at,
        changed_by=by,
        area_path=card.area_path,
    )
    try:
        save_once(case)
    except EnteredBefore as problem:
        raise NotAccepted(str(problem)) from None
    write_event(case, "open", by=by, at=at, after=case.state, note=Note(case.matter, on=received))
    tell_in_hand(case)
    if promised:
        record_paper(case=case.pk, name=AUTHORITY_PAPER, state=PaperState.PROMISED, promised_until=promised, by=by, at=at)
        case.refresh_from_db()
    return case


def _kept(told: Told, area_path: str) -> dict[str, Any]:
    """Return what else is known as a case keeps it; one without a receipt code gets its own."""
    kept: dict[str, Any] = {**told}
    return kept | {
        "matter": told.get("matter", "").strip()[:200],
        "receipt_code": told.get("receipt_code") or new_receipt_code(),
        "paper_number": form_number(told.get("paper_number", ""), area_path),
        "authority_id": kept.pop("authority", None),
    }


def _by_authority(told: Told, channel: str, card: HouseholdCard, received: date, on: date) -> date | None:
    """
    Whoever applies for another does so by an authority (委托书), or promises it until a day (容缺受理), which is returned.
    """
    authority, promised = told.get("authority"), told.pop("authority_promised", None)
    if channel not in (Channel.RELATIVE, Channel.AGENT):
        if authority is not None:
            raise NotAccepted("有委托书的，请选“亲友代办”或“帮办代办”。")
        return None
    if authority is None:
        if not (told.get("helper_name") and told.get("helper_relation")):
            raise NotAccepted("替别人申请的，要写明代办人姓名和与申请人的关系，并留下委托书。")
        if promised is None or promised < on:
            raise NotAccepted("替别人申请要有委托书：请先登记委托书；一时没有的，写明承诺哪一天以前补交（容缺受理）。")
        return promised
    held = Authority.objects.filter(pk=authority, household_id=card.household_id).first()
    if held is None or AuthorityMatter.APPLY not in held.matters:
        raise NotAccepted("这份委托书不是这一户的，或没有委托代为申请，请核对。")
    if held.confirmed_at is None:
        raise NotAccepted("这份委托书还没有核对。请窗口或村里先看过原件。")
    if held.revoked_at is not None or not held.starts_on <= received <= held.ends_on:
        raise NotAccepted("这份委托书已经撤销，或不在委托的日子里，请重新委托。")
    told["helper_name"], told["helper_relation"] = held.agent_name, held.relation
    return None


def _who_answers(staff: Staff | None) -> Staff:
    if staff is None:
        raise NotAccepted("没有首派责任人，不能登记。请写明由谁负责。")
    return staff


def _is_in_order(channel: str, received: date, applicant: uuid.UUID | None, card: HouseholdCard, on: date) -> None:
    if channel not in Channel.values:
        raise NotAccepted("没有这种申请渠道，请核对。")
    if received > on:
        raise NotAccepted(f"收到的日期 {received} 在今天以后，请核对。")
    if applicant is not None and applicant not in {member.person_id for member in card.members}:
        raise NotAccepted("申请人须是这一户今天的共同生活成员。请先核对家庭成员。")


@transaction.atomic
def save_draft(
    *, case: uuid.UUID, said: Sequence[Mapping[str, Any]], by: Staff | None, at: datetime, version: int | None = None
) -> Case:
    """
    Keep what was declared so far (保存), so that a power cut loses nothing acknowledged. `said` are {who, fact, value}.

    Raises WrongStep, Changed, NotAllowed.
    """
    return move_case("save", case, by=by, at=at, version=version, said=[dict(one) for one in said])


@transaction.atomic
def submit(*, case: uuid.UUID, by: Staff | None, at: datetime, version: int | None = None) -> Case:
    """Submit a draft for acceptance at a window (提交). Raises WrongStep, Changed, NotAllowed."""
    return move_case("submit", case, by=by, at=at, version=version)


@transaction.atomic
def record_paper(
    *,
    case: uuid.UUID,
    name: str,
    state: str,
    by: Staff | None,
    at: datetime,
    promised_until: date | None = None,
    scan: uuid.UUID | None = None,
    more_scans: Sequence[uuid.UUID] | None = None,
) -> Paper:
    """
    Note how it stands with a paper (材料): brought, missing, or promised until a day (容缺受理), with its pages as pictures.

    Raises NotAccepted if a promise has no day, WrongStep, NotAllowed.
    """
    if state == PaperState.PROMISED and promised_until is None:
        raise NotAccepted("容缺受理要写明承诺哪一天以前补交。")
    held = move_case("paper", case, by=by, at=at, note=Note(f"{name}：{PaperState(state).label}"))
    paper: Paper
    paper, _ = Paper.objects.update_or_create(
        case=held,
        name=name[:60],
        defaults={"state": state, "promised_until": promised_until, "scan": scan, "area_path": held.area_path}
        | ({} if more_scans is None else {"more_scans": [one.hex for one in more_scans]}),
    )
    return paper


@transaction.atomic
def tell_papers(*, case: uuid.UUID, by: Staff | None, at: datetime) -> Case:
    """Tell everything that is missing, once and all together (一次性告知). Raises NotAccepted if nothing is, WrongStep."""
    missing = list(Paper.objects.filter(case_id=case, state=PaperState.MISSING).values_list("name", flat=True))
    if not missing:
        raise NotAccepted("没有缺的材料，可以直接受理。")
    return move_case("tell_papers", case, by=by, at=at, note=Note("、".join(missing)), papers_told_at=at)


@transaction.atomic
def give_consent(
    *,
    case: uuid.UUID,
    given: bool,
    signed_on: date,
    by: Staff | None,
    at: datetime,
    person: uuid.UUID | None = None,
    obligor: uuid.UUID | None = None,
    guardian_name: str | None = None,
    until: date | None = None,
    scan: uuid.UUID | None = None,
) -> Consent:
    """
    Record the authorisation to compare data of a member or obligor, or that it was refused (核对授权).

    A guardian gives it for a minor and for who has no or limited capacity (practice 8). Raises NotAccepted, WrongStep,
    NotAllowed.
    """
    held = move_case("consent", case, by=by, at=at, note=Note("同意核对" if given else "不同意核对"))
    card = household_card(household_id=held.household_id, on=localdate(at))
    member = next((one for one in card.members if one.person_id == person), None)
    owing = {one.obligor_id for one in obligors_of(people=[one.person_id for one in card.members])} if obligor else set()
    if (person is None) == (obligor is None) or (obligor is not None and obligor not in owing):
        raise NotAccepted("请写明是哪位成员、或哪位户外的法定义务人签的。")
    if person is not None and member is None:
        raise NotAccepted("签授权书的人不是这一户今天的成员。")
    if member is not None:
        guardians = signers_of(card, localdate(at)).get(member.person_id, ())
        if problem := signature_problem(member, guardian_name, guardians, given=given):
            raise NotAccepted(problem)
    consent: Consent
    consent, _ = Consent.objects.update_or_create(
        case=held,
        person_id=person,
        obligor_id=obligor,
        defaults={
            "given": given,
            "guardian_name": (guardian_name or "").strip() or None,
            "signed_on": signed_on,
            "until": until,
            "scan": scan,
            "area_path": held.area_path,
        },
    )
    if person is not None and not silent_members(held, localdate(at)):
        Paper.objects.filter(case=held, name__contains=AUTHORISATION).update(state=PaperState.BROUGHT)
    return consent


@transaction.atomic
def accept(*, case: uuid.UUID, asked: Sequence[Asked], by: Staff, at: datetime, version: int | None = None) -> Case:
    """
    Accept an application (受理): it gets its number, its decisions and its dates; what was declared becomes statements.

    Nothing may be missing that was not promised, and every adult member has signed or refused the authorisation
    (社会救助法第41条). It counts from the day `complete_on` says.
    Needs an open reading. Raises NotAccepted, WrongStep, Changed, NotAllowed.
    """
    draft = Case.objects.get(pk=case)
    on = complete_on(draft, localdate(at))
    _may_be_accepted(draft, asked, localdate(at), counted_from=on)
    number = next_number(draft.area_path, on)
    held = move_case(
        "accept",
        case,
        by=by,
        at=at,
        version=version,
        note=Note(f"办件号 {number}", on=on),
        number=number,
        accepted_at=at,
    )
    _ask_for_promised(held, by=by, at=at)
    _state_what_was_declared(held, by=by, at=at)
    _push_elsewhere(held, open_decisions(held, asked, by=by, at=at, on=on), on, by=by, at=at)
    project_dues(held)
    return held


def complete_on(case: Case, on: date) -> date:
    """
    Return the day an application accepted on a day counts from: the day it was complete (受理日).

    What was told to be missing lies before acceptance (补正材料), and so does the proof of who somebody is, and what came
    later without having been told. A paper form of a power cut and what the portal sends whole count from their receipt,
    however late they are entered. A place may have it that whatever was not told counts from the receipt all the same.
    """
    if case.papers_told_at is not None:
        return on
    # An application from home becomes a case when its identity is proven.
    received = max(case.received_on, localdate(case.opened_at)) if case.channel == Channel.ONLINE else case.received_on
    if true_parameters({UNTOLD_FROM_RECEIPT}, area_path=case.area_path, on=received, rules=current_rules()):
        return received
    return min(on, max((received, *_came_later(case))))


def _came_later(case: Case) -> Iterator[date]:
    """Yield the days on which a paper came, or was promised, after the application was written down, and of the signatures."""
    given = tuple(PaperState(state).label for state in (PaperState.BROUGHT, PaperState.PROMISED))
    for noted in CaseEvent.objects.filter(case=case, step="paper", at__gt=case.opened_at):
        if noted.words.endswith(given) and localdate(noted.at) > localdate(case.opened_at):
            yield localdate(noted.at)
    yield from Consent.objects.filter(case=case, person__isnull=False).values_list("signed_on", flat=True)


def _ask_for_promised(case: Case, *, by: Staff, at: datetime) -> None:
    """What was promised at acceptance is a task with its day, so that nobody forgets to ask for it (容缺受理)."""
    promised = list(Paper.objects.filter(case=case, state=PaperState.PROMISED).order_by("promised_until", "pk"))
    if promised:
        names = "、".join(f"{one.name}（{one.promised_until} 以前）" for one in promised)
        Task.objects.create(
            case=case,
            household_id=case.household_id,
            kind=TaskKind.ERRAND,
            words=f"{PROMISE}，答应补交：{names}"[:300],
            owner=case.first_assignee,
            due_on=promised[0].promised_until,
            made_by=by,
            made_at=at,
            area_path=case.area_path,
        )


@transaction.atomic
def bring_paper(*, case: uuid.UUID, paper: int, by: Staff, at: datetime) -> Paper:
    """
    Note that a paper promised at acceptance has been brought (补交); with the last of them the task to ask for it ends.

    Raises NotAccepted if it is not waited for any more, WrongStep, NotAllowed.
    """
    waited = Paper.objects.select_for_update().filter(case_id=case, state__in=(PaperState.PROMISED, PaperState.MISSING))
    found = waited.filter(pk=paper).first()
    if found is None:
        raise NotAccepted("这份材料已经交了，或不用再交。请刷新页面查看。")
    brought = record_paper(case=case, name=found.name, state=PaperState.BROUGHT, scan=found.scan, by=by, at=at)
    if not waited.exists():
        tasks = Task.objects.filter(case_id=case, kind=TaskKind.ERRAND, words__startswith=PROMISE, done_at=None)
        tasks.update(done_at=at, done_by=by, outcome="材料已补交")
    return brought


def _may_be_accepted(case: Case, asked: Sequence[Asked], on: date, *, counted_from: date) -> None:
    if not asked and case.kind == Kind.APPLICATION:
        raise NotAccepted("还没有选要申请的救助事项。请至少选一项。")
    missing = list(Paper.objects.filter(case=case, state=PaperState.MISSING).values_list("name", flat=True))
    if missing:
        raise NotAccepted(f"还缺：{'、'.join(missing)}。请一次性告知；愿意承诺补交的，按容缺受理。")
    if case.kind != Kind.APPLICATION or not needs_comparison(asked, area_path=case.area_path, on=counted_from):
        return
    silent = silent_members(case, on)
    if silent:
        raise NotAccepted(f"{'、'.join(silent)}还没有签核对授权书，也没有说不同意。每位成员都要有，未成年人由监护人代签。")


def silent_members(case: Case, on: date) -> list[str]:
    """Return the members of a case's household who have neither signed nor refused the authorisation; needs an open reading."""
    card = household_card(household_id=case.household_id, on=on)
    answered = set(Consent.objects.filter(case=case).values_list("person_id", flat=True))
    return [member.name for member in card.members if member.person_id not in answered]


def needs_comparison(asked: Sequence[Asked], *, area_path: str, on: date) -> bool:
    """Say whether data must be compared; 小额快救 needs none (practice 10), nor what has no authorisation among its papers."""
    rules = current_rules()
    policies = [policy_at(one.policy, area_path=area_path, rules=rules, on=on) for one in asked]
    return any(AUTHORISATION in paper.name for policy in policies if policy for paper in policy.papers)


def _push_elsewhere(case: Case, decisions: Sequence[Decision], on: date, *, by: Staff, at: datetime) -> None:
    """Who is registered elsewhere may apply here where a policy has its own limit for pushing it on (跨省通办)."""
    rules = current_rules()
    pushed = [one for one in decisions if _is_pushed(one, rules, on)]
    if not pushed:
        return
    card = household_card(household_id=case.household_id, on=localdate(at))
    away = {member.person_id for member in card.members if member.registered_here is False}
    for decision in pushed:
        if decision.person_id in away:
            note = Note("户籍不在本县，材料推送户籍地认定", on=on)
            move_decision("elsewhere", decision.pk, by=by, at=at, note=note)


def _is_pushed(decision: Decision, rules: Rules, on: date) -> bool:
    policy = policy_of(decision, rules=rules, on=on)
    return policy is not None and any(limit.ends == "推送" for limit in policy.limits)


def _state_what_was_declared(case: Case, *, by: Staff, at: datetime) -> None:
    catalogue = current_rules().catalogue
    card = household_card(household_id=case.household_id, on=localdate(at))
    members = {"", *(member.person_id.hex for member in card.members)}
    by_whom: dict[str, dict[str, Any]] = {}
    for one in case.said:
        fact = catalogue.facts.get(one["fact"])
        # Nobody declares for a household they are not, or no longer, of.
        if fact is not None and one["who"] in members and one["value"] is not None and DECLARED in fact.sources:
            by_whom.setdefault(one["who"], {})[fact.name] = one["value"]
    for who, facts in by_whom.items():
        state_facts(
            catalogue=catalogue,
            facts=facts,
            source=DECLARED,
            stated_on=case.received_on,
            by=by,
            at=at,
            person=uuid.UUID(who) if who else None,
            household=None if who else case.household_id,
            area_path=case.area_path,
            permission="case.accept",
        )


@transaction.atomic
def turn_away(*, case: uuid.UUID, words: str, article: str, by: Staff, at: datetime) -> Case:
    """
    Do not take an application in (不予受理), in writing with the article, as it could have been accepted: also from the draft.

    Raises NotAccepted without both, or for what is no application (a finding or report is ended with its own words).
    """
    if Case.objects.get(pk=case).kind != Kind.APPLICATION:
        raise NotAccepted("只有申请能不予受理；线索和报告请按核查结果办结。")
    if not words.strip() or not article.strip():
        raise NotAccepted("不予受理要写明理由和依据的条款，并书面告知。")
    return move_case("turn_away", case, by=by, at=at, note=Note(words.strip(), article=article.strip()))


@transaction.atomic
def withdraw(*, case: uuid.UUID, words: str, by: Staff, at: datetime, why: Left = Left.OWN) -> Case:
    """
    Take an application back at the applicant's word (撤回), or end it because they have died, cannot be found or will not go
    on: nothing of it waits at a desk or hangs on a board any more, and nobody answers for it any longer.

    What was decided before stands, and its result is handed over. Raises NotAccepted without words, for what is no
    application, or where money went out at once (社会救助法第50条); WrongStep, NotAllowed.
    """
    if not words.strip():
        raise NotAccepted(LEFT_WITHOUT_WORDS[why])
    said = words.strip() if why == Left.OWN else f"{why.label}：{words.strip()}"
    held = Case.objects.select_for_update().get(pk=case)
    if held.kind != Kind.APPLICATION:
        raise NotAccepted("只有申请能撤回；线索和报告请按核查结果办结。")
    if UrgentAid.objects.filter(case=held).exists():
        raise NotAccepted("先行救助的款物已经给了，不能撤回；请由别人审核确认，给错的另办追缴。")
    if held.state == State.ACCEPTED:
        require("case.open", area_path=held.area_path)
        decided = _drop_decisions(held, said, by=by, at=at)
        if decided is not None:
            return after(decided, by=by, at=at).case
    return move_case("withdraw", case, by=by, at=at, note=Note(said, cause=why))


def _drop_decisions(case: Case, words: str, *, by: Staff, at: datetime) -> Decision | None:
    """Drop what is not decided yet, take its sheets down and call the visitors off; return one that was decided, if any."""
    decisions = list(Decision.objects.filter(case=case).order_by("pk"))
    pending = [one for one in decisions if one.state not in FINAL]
    for one in pending:
        move_decision("drop", one.pk, by=by, at=at, note=Note(words))
    sheets = Posting.objects.filter(decision__in=pending, kind=Posting.Kind.BEFORE, closed_at=None)
    sheets.update(closed_at=at)
    errands = Task.objects.filter(case=case, kind__in=(TaskKind.VISIT, TaskKind.ERRAND), done_at=None)
    errands.update(done_at=at, done_by=by, outcome="申请已撤回，不用去了")
    return next((one for one in decisions if one not in pending), None)
