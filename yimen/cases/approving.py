"""
The desks that decide (审核确认台): what waits for whom, the urgent, the disabled and the old first; one decision with
everything it rests on. A department's desk gets its own decisions and the facts its own policy uses, nothing else.
"""

import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from yimen.benefits.queries import receipts_of
from yimen.cases.apart import prepared_by, preparers_of
from yimen.cases.clock import Deadline
from yimen.cases.deciding import REFERRED_DEPARTMENTS, causes_to_extend, in_hands_of, is_pushed, may_confirm
from yimen.cases.dues import deadlines_of
from yimen.cases.ending import stop_of, taper_of, was_heard
from yimen.cases.flow import CIVIL_AFFAIRS
from yimen.cases.grounds import NotDecided, StaleFacts, unchanged
from yimen.cases.models import Case, CaseEvent, Consent, Decision, Posting, Recovery, Visit
from yimen.cases.posting import Asked, objections, posting_asked
from yimen.cases.stopping import Stop
from yimen.cases.tapering import Taper
from yimen.cases.telling import ANSWERS, TURNS_TO_RIGID, is_appealed, was_told
from yimen.cases.verifying import kinships_of
from yimen.cases.words import FINAL, OPEN_RECOVERY, DecisionState, Effect
from yimen.office.access import NotAllowed, current, lent, may, require
from yimen.office.calendar import calendar
from yimen.office.models import Area
from yimen.policies.model import Policy
from yimen.registry.queries import household_card, masked, name_of, oldest_in
from yimen.screening.queries import current_rules

# A desk looks at this many; whoever has more works them off first.
MOST = 500
# 老年人权益保障法第2条: who is sixty is old. 残疾 first and second degree are the severe ones.
OLD, SEVERE = 60, (1, 2)
URGENT = frozenset({"small_emergency_aid", "urgent_temporary_aid", "emergency_medical_aid", "vagrant_relief"})
WAITING = (DecisionState.PROPOSED, DecisionState.POSTED, DecisionState.CLEARED)
DISABILITY = "残疾等级"


def priority_rule() -> str:
    """Say on the page which decisions come first."""
    return (
        "过期的在前；同样的，先办急难的，再办有一、二级残疾人的，再办有 60 周岁以上老人的（老年人权益保障法第2条），然后按期限。"
    )


def own_department() -> str:
    """Return the department whose desk this is, or "" for civil affairs and everybody else."""
    staff = current().staff
    if staff is None or staff.department is None or may("decision.confirm"):
        return ""
    return staff.department.name if may("decision.department") else ""


def _theirs() -> QuerySet[Decision]:
    """Return the decisions that a desk decides on: civil affairs its own, another department its own, nobody else any."""
    department = own_department()
    if not department:
        require("decision.confirm")
    rows: QuerySet[Decision] = Decision.objects.filter(department=department or CIVIL_AFFAIRS)
    return rows


@dataclass(frozen=True)
class Waiting:
    """One line of the list; the name is masked. `ready` says that it can be decided now, else `why` says what it waits for."""

    decision: Decision
    name: str
    village: str
    policy: str
    is_late: bool
    first: tuple[str, ...]
    ready: bool
    why: str


def waiting_decisions(*, on: date) -> list[Waiting]:
    """
    Return what waits for this desk: what can be decided first, then the overdue, the urgent, the disabled, the old.

    No name is opened; `with_names` opens those of the lines that are shown.
    """
    rows = _theirs().filter(state__in=WAITING).annotate(objected=Exists(objections().filter(decision=OuterRef("pk"))))
    found = list(rows.select_related("case", "proposed_by").order_by("due_on", "pk")[:MOST])
    villages = dict(Area.objects.filter(path__in={one.area_path for one in found}).values_list("path", "name"))
    first, prepared = _first(found, on), _prepared(found)
    lines = [_line(one, villages, first.get(one.pk, ()), _waits_for(one, prepared, on), on) for one in found]
    return sorted(lines, key=lambda one: (not one.ready, not one.is_late, _rank(one.first), one.decision.due_on or date.max))


def appealed_decisions(*, on: date) -> list[Waiting]:
    """Return this desk's decisions against which an appeal waits for its answer (等复核的); no name is opened."""
    steps = CaseEvent.objects.filter(decision=OuterRef("pk"), step__in=("appeal", *ANSWERS)).order_by("-at", "-pk")
    decided = _theirs().filter(state__in=(DecisionState.CONFIRMED, DecisionState.REFUSED))
    waiting = decided.annotate(last=Subquery(steps.values("step")[:1])).filter(last="appeal")
    found = list(waiting.select_related("case", "proposed_by").order_by("decided_at", "pk")[:MOST])
    villages = dict(Area.objects.filter(path__in={one.area_path for one in found}).values_list("path", "name"))
    return [_line(one, villages, (), _not_theirs(one, on), on) for one in found]


def _not_theirs(held: Decision, on: date) -> str:
    """Say why this person may not answer an appeal, or nothing."""
    staff = current().staff
    if staff is None or staff.pk in preparers_of(held.case) | {held.decided_by_id, held.proposed_by_id}:
        return "您经手过，由别人复核"
    try:
        in_hands_of(staff, held, on)
    except NotDecided:
        return "由县级复核"
    return ""


def with_names(rows: Sequence[Waiting], *, on: date) -> list[Waiting]:
    """Return some lines (one page) with masked names; needs an open reading."""
    names = masked(people=[], households=[one.decision.case.household_id for one in rows], on=on)
    return [replace(one, name=names.get(one.decision.case.household_id, "")) for one in rows]


def _prepared(found: Iterable[Decision]) -> set[uuid.UUID]:
    """Return the cases among these that whoever acts has prepared, and so does not decide."""
    staff = current().staff
    return set(prepared_by(staff, {one.case_id for one in found})) if staff is not None else set()


def _line(held: Decision, villages: Mapping[str, str], first: tuple[str, ...], why: str, on: date) -> Waiting:
    policy = current_rules().policy(held.policy)
    return Waiting(
        decision=held,
        name="",
        village=villages.get(held.area_path, ""),
        policy=policy.name if policy else held.policy,
        is_late=held.due_on is not None and held.due_on < on,
        first=first,
        ready=not why,
        why=why,
    )


def _waits_for(held: Decision, prepared: Container[uuid.UUID], on: date) -> str:
    """Say what must come before this desk can decide, or nothing."""
    staff = current().staff
    if held.state == DecisionState.POSTED:
        return "公示中"
    if held.agrees and held.state == DecisionState.PROPOSED and posting_asked(held, on).needed:
        return "等公示"
    if held.case_id in prepared:
        return "您经手过，由别人确认"
    try:
        if staff is not None:
            in_hands_of(staff, held, on)
    except NotDecided:
        return "由县级确认"
    return ""


_ORDER = ("急难", "残疾", "老人")


def _rank(first: Sequence[str]) -> int:
    return min((_ORDER.index(one) for one in first), default=len(_ORDER))


def _first(found: Sequence[Decision], on: date) -> dict[uuid.UUID, tuple[str, ...]]:
    """Return why a decision comes first, from what is known of its case; no name is opened for it."""
    oldest = oldest_in(households={one.case.household_id for one in found}, on=on)
    severe = _severe(found)
    return {one.pk: tuple(_reasons(one, one.case_id in severe, oldest.get(one.case.household_id, 0))) for one in found}


def _severe(found: Iterable[Decision]) -> set[uuid.UUID]:
    rows = Decision.objects.filter(case__in={one.case_id for one in found}).values_list("case_id", "facts")
    return {case for case, facts in rows for one in facts.get("rows", ()) if one["fact"] == DISABILITY and one["value"] in SEVERE}


def _reasons(held: Decision, severe: bool, oldest: int) -> Iterable[str]:
    if held.policy in URGENT:
        yield "急难"
    if severe:
        yield "残疾"
    if oldest >= OLD:
        yield "老人"


@dataclass(frozen=True)
class DecisionPage:
    """
    One decision with everything its screen shows. `facts` are those frozen with the opinion, with whose they are.

    `household` is None at another department's desk: it sees its policy's facts only. `forbidden` says why it cannot be
    confirmed now, `changes` what is no longer as it was at the opinion.
    """

    decision: Decision
    case: Case
    policy: Policy | None
    name: str
    place: str
    household: uuid.UUID | None
    facts: list[dict[str, Any]]
    changes: tuple[str, ...]
    forbidden: str
    decides: bool
    deadlines: list[Deadline]
    asked: Asked
    postings: list[Posting]
    others: list[tuple[str, Decision]]
    receipts: list[tuple[str, Any]]
    visits: list[Visit]
    kinships: int
    refused_consents: int
    events: list[CaseEvent]
    taper: Taper | None
    stop: Stop | None
    heard: bool
    told: bool
    appealed: bool
    not_reviewed_here: str
    may_contest: bool
    claims: list[Recovery]

    @property
    def may_claim(self) -> bool:
        """Say whether this is another department's own desk, which may claim back what was given here (追缴)."""
        given = self.decision.state == DecisionState.CONFIRMED and self.decision.grant_id is not None
        return given and bool(own_department()) and not any(one.state in OPEN_RECOVERY for one in self.claims)

    @property
    def yuan(self) -> Decimal | None:
        """Return the amount of the opinion."""
        fen = self.decision.amount_fen
        return None if fen is None else Decimal(fen) / 100


def decision_page(*, decision_id: uuid.UUID, on: date) -> DecisionPage:
    """
    Return one decision for the desk that decides on it; needs an open reading.

    Raises Decision.DoesNotExist for another department's as for another area's, NotAllowed without such a desk.
    """
    held: Decision = _theirs().select_related("case", "proposed_by", "decided_by", "grant").get(pk=decision_id)
    whole = may("person.see", area_path=held.area_path)
    names = _names_of(held, whole, on)
    about = names.get(held.person_id.hex if held.person_id else "", "")
    rows = CaseEvent.objects.filter(case=held.case).select_related("by").order_by("at", "pk")
    events = [one for one in rows if one.decision_id in (None, held.pk)]
    rules = current_rules()
    area = Area.objects.filter(path=held.area_path).select_related("parent").first()
    changes, forbidden = _obstacles(held, on)
    return DecisionPage(
        decision=held,
        case=held.case,
        policy=rules.policy(held.policy),
        name=about,
        place=f"{area.parent.name if area and area.parent else ''}{area.name if area else ''}",
        household=held.case.household_id if whole else None,
        facts=[one | {"whose": _whose(one, names)} for one in held.facts.get("rows", ())],
        changes=changes,
        forbidden=forbidden,
        decides=held.state in (DecisionState.PROPOSED, DecisionState.CLEARED),
        deadlines=deadlines_of(held, held=calendar(), rules=rules, events=events),
        asked=posting_asked(held, on),
        postings=list(Posting.objects.filter(decision=held).order_by("starts_on")),
        others=_others(held) if whole else [],
        receipts=_receipts(held, on) if whole else [],
        visits=list(Visit.objects.filter(case=held.case).select_related("first", "second")) if whole else [],
        kinships=kinships_of(held.case).count(),
        refused_consents=Consent.objects.filter(case=held.case, given=False).count() if whole else 0,
        events=events if whole else [one for one in events if one.decision_id == held.pk],
        taper=taper_of(held, on=on),
        stop=stop_of(held, on=on),
        heard=was_heard(held.case),
        told=was_told(held.pk),
        appealed=is_appealed(held.pk),
        not_reviewed_here=_not_theirs(held, on),
        may_contest=may("dispute.see", area_path=held.area_path),
        claims=list(Recovery.objects.filter(grant=held.grant).order_by("opened_at")) if held.grant_id else [],
    )


@contextmanager
def printing_own(*, decision_id: uuid.UUID) -> Iterator[Decision]:
    """
    Yield a decision this desk has taken, while its own notice is printed; needs an open reading.

    A department's desk may not see the household; the notice names the applicant and its decision, and nothing more.
    Raises Decision.DoesNotExist for what is not this desk's or not decided, NotAllowed.
    """
    held: Decision = _theirs().get(pk=decision_id, state__in=(DecisionState.CONFIRMED, DecisionState.REFUSED))
    with lent("person.see", area_path=held.area_path):
        yield held


def _names_of(held: Decision, whole: bool, on: date) -> dict[str, str]:
    """Return names by key; "" is the household, by its head. A department's desk gets the person it decides about."""
    if whole:
        card = household_card(household_id=held.case.household_id, on=on)
        names = {one.person_id.hex: one.name for one in card.members}
        return names | {"": f"{card.members[0].name}一户 {len(card.members)} 人" if card.members else "这一户"}
    if held.person_id is not None:
        return {held.person_id.hex: name_of(person_id=held.person_id)}
    home = held.case.household_id
    return {"": f"{masked(people=[], households=[home], on=on).get(home, '')}一户"}


def _whose(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return "全家" if row["member"] is None else names.get(row["member"], "家庭成员")


def _obstacles(held: Decision, on: date) -> tuple[tuple[str, ...], str]:
    """Return what has changed since the opinion, and why it cannot be confirmed, both as the action itself would say."""
    staff = current().staff
    if held.state in FINAL or staff is None:
        return (), ""
    try:
        may_confirm(held, staff, on)
        unchanged(held, on)
    except StaleFacts as stale:
        return stale.changes, str(stale)
    except (NotDecided, NotAllowed) as refusal:
        return (), str(refusal)
    return (), "" if held.agrees is not False else "初审意见是不予同意；要么不予确认，要么退回重办。"


def _others(held: Decision) -> list[tuple[str, Decision]]:
    """Return what else was decided for this household, the newest first."""
    rows = Decision.objects.filter(case__household_id=held.case.household_id).exclude(pk=held.pk)
    found = rows.select_related("case", "decided_by").order_by("-case__opened_at", "-is_identity")
    return [(_policy_name(one.policy), one) for one in found]


def _receipts(held: Decision, on: date) -> list[tuple[str, Any]]:
    card = household_card(household_id=held.case.household_id, on=on)
    rows = receipts_of(household_id=card.household_id, people=[one.person_id for one in card.members], on=on)
    return [(_policy_name(one.policy), one) for one in rows]


def _policy_name(policy_id: str) -> str:
    policy = current_rules().policy(policy_id)
    return policy.name if policy else policy_id


@dataclass(frozen=True)
class Stand:
    """Where one decision of a case stands, with what the window may do about it now."""

    decision: Decision
    policy: str
    asked: Asked
    posting: Posting | None
    published: bool
    told: bool
    appealed: bool
    may_propose: bool
    is_referred: bool
    is_pushed: bool
    causes: tuple[str, ...]
    turns_to_rigid: bool
    may_contest: bool
    decided: bool

    @property
    def yuan(self) -> Decimal | None:
        """Return the amount of the opinion."""
        return None if self.decision.amount_fen is None else Decimal(self.decision.amount_fen) / 100


def stands_of(*, case_id: uuid.UUID, on: date) -> list[Stand]:
    """Return the decisions of a case as its page shows them: identity first, then the departments. Raises NotAllowed."""
    require("case.see")
    rows = Decision.objects.filter(case_id=case_id).select_related("case", "proposed_by", "decided_by")
    return [_stand(one, on) for one in rows.order_by("-is_identity", "department", "pk")]


def _stand(held: Decision, on: date) -> Stand:
    require("person.see", area_path=held.area_path)
    postings = list(Posting.objects.filter(decision=held).order_by("starts_on"))
    return Stand(
        decision=held,
        policy=_policy_name(held.policy),
        asked=posting_asked(held, on),
        posting=next((one for one in reversed(postings) if one.kind == Posting.Kind.BEFORE), None),
        published=any(one.kind == Posting.Kind.WHILE_PAID and one.closed_at is None for one in postings),
        told=was_told(held.pk),
        appealed=is_appealed(held.pk),
        may_propose=may("decision.propose", area_path=held.area_path),
        is_referred=held.department in REFERRED_DEPARTMENTS,
        is_pushed=is_pushed(held),
        causes=causes_to_extend(held) if held.case.number and may("case.extend", area_path=held.area_path) else (),
        turns_to_rigid=held.policy in TURNS_TO_RIGID and held.effect == Effect.GIVE,
        may_contest=may("dispute.see", area_path=held.area_path),
        decided=held.state in (DecisionState.CONFIRMED, DecisionState.REFUSED),
    )
