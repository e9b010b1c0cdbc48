"""Questions to screening: findings, figures, and what the rules say of one registered household."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from yimen.benefits.queries import receipts_of
from yimen.evidence.queries import said_about, said_of_obligors
from yimen.office.access import current, require, within
from yimen.office.models import Area
from yimen.policies.queries import Answer, Explainer, Rules, Where
from yimen.registry.queries import HouseholdCard, Member, StandingNow, household_card, masked, members_key, name_of, people_below
from yimen.screening.conflicts import TOGETHER
from yimen.screening.homes import Home, HomeFacts, Receipt, Someone, facts_of_home
from yimen.screening.in_hand import hands_on, is_in_hand, waiting, with_hands
from yimen.screening.models import Finding, InHand, ScreeningRun
from yimen.screening.registered import Registered
from yimen.screening.rules import current_rules
from yimen.screening.story import (
    RegisteredAnswers,
    answer_of,
    parameter_at,
    place_of,
    story_of,
    true_parameters,
    whole_parameter,
    yuan_parameter,
)

__all__ = [
    "TOGETHER",
    "Finding",
    "RegisteredAnswers",
    "ScreeningRun",
    "answer_of",
    "current_rules",
    "parameter_at",
    "story_of",
    "true_parameters",
    "whole_parameter",
    "yuan_parameter",
]
_NAMES = re.compile(r"[^\W\d]\w*")
IN_HAND = "in_hand"
KINDS = {"missed": "漏救", "wrong": "错救", "recheck": "待核实", "soon": "即将符合"}


@dataclass(frozen=True)
class FindingFilter:
    """
    What a list of findings is narrowed to; empty means all. `since`: opened or closed by or since the last run.

    `state` "open" is what waits for somebody; "in_hand" are the open warnings of missed aid that a case handles already.
    """

    kind: str = ""
    policy: str = ""
    area: str = ""
    state: str = "open"
    since: str = ""


ORDERS = {
    "new": ("-opened_run__started_at", "-amount_fen"),
    "amount": ("-amount_fen", "policy"),
    "policy": ("policy", "-amount_fen"),
    "area": ("area_path", "policy"),
    "due": ("due_on", "policy"),
}


def findings(*, narrowed: FindingFilter, order: str = "new") -> QuerySet[Finding]:
    """Return the findings below the open scope of runs that are finished."""
    require("finding.see")
    rows: QuerySet[Finding] = Finding.objects.filter(opened_run__finished_at__isnull=False)
    if narrowed.state == "open":
        rows = rows.filter(state=narrowed.state).exclude(is_in_hand())
    elif narrowed.state:
        rows = rows.filter(is_in_hand() if narrowed.state == IN_HAND else Q(state=narrowed.state))
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    if narrowed.policy:
        rows = rows.filter(policy=narrowed.policy)
    if narrowed.area:
        area = Area.objects.filter(pk=narrowed.area).first()
        rows = rows.filter(area_path__startswith=area.path) if area else rows.none()
    if narrowed.since:
        rows = rows.filter(_changed_since(last_run(), narrowed.since))
    rows = with_hands(rows).select_related("opened_run", "handed_to")
    return rows.order_by(*ORDERS.get(order, ORDERS["new"]), "pk")


def _changed_since(run: ScreeningRun | None, what: str) -> Q:
    """Return the condition that a finding was opened by a run and no case handles it, or closed by it or by a person after it."""
    if run is None:
        return Q(pk__in=[])
    if what == "opened":
        return Q(opened_run=run) & ~is_in_hand()
    return Q(closed_run=run) | Q(state=Finding.State.CLOSED_BY_PERSON, closed_at__gte=run.started_at)


@dataclass(frozen=True)
class FindingRow:
    """One line of a list of findings; the name is masked."""

    id: uuid.UUID
    kind: str
    kind_words: str
    policy: str
    policy_name: str
    name: str
    village: str
    township: str
    amount: Decimal | None
    unit: str
    reason: str
    due_on: date | None
    opened_on: date
    state: str
    handed_to: str


def finding_rows(rows: Iterable[Finding], *, on: date) -> list[FindingRow]:
    """Return list lines for some findings (one page, one export) with masked names; needs an open reading."""
    found = list(rows)
    names = masked(people=[f.person_id for f in found if f.person_id], households=[f.home_id for f in found], on=on)
    areas = {area.path: area for area in Area.objects.filter(path__in={f.area_path for f in found}).select_related("parent")}
    rules = current_rules()
    return [_row(finding, names, areas, rules) for finding in found]


def _row(finding: Finding, names: Mapping[uuid.UUID, str], areas: Mapping[str, Area], rules: Rules) -> FindingRow:
    policy, area = rules.policy(finding.policy), areas.get(finding.area_path)
    return FindingRow(
        id=finding.pk,
        kind=finding.kind,
        kind_words=KINDS[finding.kind],
        policy=finding.policy,
        policy_name=policy.name if policy else finding.policy,
        name=names.get(finding.person_id or finding.home_id, ""),
        village=area.name if area else "",
        township=area.parent.name if area and area.parent else "",
        amount=None if finding.amount_fen is None else Decimal(finding.amount_fen) / 100,
        unit=policy.unit if policy else "",
        reason=finding.reason,
        due_on=finding.due_on,
        opened_on=finding.opened_run.on,
        state=state_words(finding),
        handed_to=finding.handed_to.name if finding.handed_to else "",
    )


def state_words(finding: Any) -> str:
    """Return where a finding of `findings` or `findings_of` stands; one in hand with the number of its case."""
    return f"正在办 {finding.in_hand_number}".rstrip() if finding.in_hand else str(finding.get_state_display())


def is_waiting(finding: Any) -> bool:
    """Say whether a finding of `findings` or `findings_of` waits for somebody: open, and in no case's hands."""
    return finding.state == Finding.State.OPEN and not finding.in_hand


@dataclass(frozen=True)
class FindingPage:
    """One finding with everything its page shows; `hands` says which cases handle it already."""

    finding: Finding
    kind_words: str
    policy: Any
    answer: Answer | None
    card: HouseholdCard
    member: Member | None
    name: str
    facts: list[dict[str, Any]]
    receipts: list[Any]
    changed: bool
    hands: list[InHand]


def finding_page(*, finding_id: uuid.UUID, on: date) -> FindingPage:
    """
    Return a finding with its household, the facts it was made from and what the rules say today; needs an open reading.

    Raises Finding.DoesNotExist outside the open scope. `changed` says that today's answer differs from the finding's.
    """
    require("finding.see")
    finding: Finding = Finding.objects.select_related("opened_run").get(pk=finding_id, opened_run__finished_at__isnull=False)
    rules = current_rules()
    registered = explain_registered(household_id=finding.home_id, on=on, rules=rules)
    place = next((i for i, m in enumerate(registered.card.members) if m.person_id == finding.person_id), None)
    answers = (
        registered.answers.household
        if finding.person_id is None
        else registered.answers.members[place]
        if place is not None
        else []
    )
    answer = next((one for one in answers if one.policy.id == finding.policy), None)
    then = [(c["name"], c["value"]) for c in finding.conditions]
    now = [(c.name, c.value) for c in answer.conditions] if answer else then
    member = registered.card.members[place] if place is not None else None
    # Somebody who has died is no member any more, yet the finding is about them.
    name = member.name if member else name_of(person_id=finding.person_id) if finding.person_id else ""
    return FindingPage(
        finding=finding,
        kind_words=KINDS[finding.kind],
        policy=answer.policy if answer else rules.policy(finding.policy),
        answer=answer,
        card=registered.card,
        member=member,
        name=name,
        facts=_named(finding.facts, registered.card, name),
        receipts=registered.receipts,
        changed=then != now,
        hands=hands_of(finding),
    )


def hands_of(finding: Finding) -> list[InHand]:
    """Return the cases that handle an open warning of missed aid already; of any other finding none."""
    is_asked = finding.kind == Finding.Kind.MISSED and finding.state == Finding.State.OPEN
    return list(hands_on(finding.policy, finding.subject_id)) if is_asked else []


def _named(facts: Sequence[Mapping[str, Any]], card: HouseholdCard, otherwise: str) -> list[dict[str, Any]]:
    names = {member.person_id.hex: member.name for member in card.members}
    return [
        dict(fact) | {"whose": "全家" if fact["member"] is None else names.get(fact["member"], otherwise or "已不在本户")}
        for fact in facts
    ]


def explain_registered(*, household_id: uuid.UUID, on: date, rules: Rules, permission: str = "person.see") -> RegisteredAnswers:
    """
    Return what every policy says of a registered household and its members on a day; needs an open reading.

    `permission` as in `household_card`: another one only for work assigned to this post.
    """
    card = household_card(household_id=household_id, on=on, permission=permission)
    receipts = receipts_of(household_id=household_id, people=[m.person_id for m in card.members], on=on)
    known = facts_of(card=card, receipts=receipts, rules=rules, on=on)
    explainer = explainer_for(card=card, rules=rules, on=on)
    answers = explainer.household(
        known.given,
        known.given_members,
        receives=known.receives,
        receives_members=known.receives_members,
        incomplete=known.home.incomplete,
    )
    return RegisteredAnswers(card, known, answers, receipts)


def reckoned_of(
    held: RegisteredAnswers, answer: Answer, *, person: uuid.UUID | None, rules: Rules, on: date
) -> dict[str, int | bool | str]:
    """
    Return what an answer's conditions compare, derived values and local parameters included, in inner units (fen).

    Beside `story_of` it is what a decision freezes, so that a sum of several facts can be read later as it was reckoned then.
    """
    explainer = explainer_for(card=held.card, rules=rules, on=on)
    incomplete = held.facts.home.incomplete
    whole, people = explainer.values(held.facts.given, held.facts.given_members, incomplete=incomplete)
    place = place_of(held, person)
    known = whole if place is None else people[place]
    names = {name for one in answer.conditions for name in _NAMES.findall(one.condition.expression)}
    return {name: value for name in sorted(names) if isinstance(value := known.get(name), int | bool | str)}


def explainer_for(*, card: HouseholdCard, rules: Rules, on: date) -> Explainer:
    """Return the explainer of a household's place and day."""
    areas = tuple(code for code in card.area_path.rstrip(".").split(".") if len(code) <= rules.deepest)
    return explainer_at(where=Where(on, areas, card.category), rules=rules)


def explainer_at(*, where: Where, rules: Rules) -> Explainer:
    """Return the explainer of a place and a day; made once for each county, category and day."""
    if where not in rules.cache:
        rules.cache[where] = Explainer(rules, where)
    explainer = rules.cache[where]
    assert isinstance(explainer, Explainer)  # noqa: S101
    return explainer


def facts_of(*, card: HouseholdCard, receipts: Sequence[Any], rules: Rules, on: date) -> HomeFacts:
    """Return the current facts of a household and its members, with source and date."""
    people = [member.person_id for member in card.members]
    said = said_about(
        people=people, household=card.household_id, members_key=members_key(people), catalogue=rules.catalogue, on=on
    )
    owing = said_of_obligors(people=people, catalogue=rules.catalogue)
    home = Home(
        key=card.household_id.hex,
        area_path=card.area_path,
        category=card.category,
        people=[
            Someone(
                registered=_registered(member),
                kinds=_kinds(card.standings, member.person_id),
                said=said.get(member.person_id, []),
                receipts=_received(card.standings, receipts, person=member.person_id),
                obligors=list(owing.get(member.person_id, {}).values()),
            )
            for member in card.members
        ],
        kinds=_kinds(card.standings, None),
        said=said.get(card.household_id, []),
        receipts=_received(card.standings, receipts, person=None),
        told_on=card.told_on,
        incomplete=card.missing_members > 0,
    )
    return facts_of_home(home, rules.catalogue.facts, on)


def _registered(member: Member) -> Registered:
    return Registered(
        member.person_id.hex, member.born_on, member.sex, member.died_on, member.registered_here, member.relation, member.told_on
    )


def _kinds(standings: Sequence[StandingNow], person: uuid.UUID | None) -> dict[str, date]:
    return {standing.kind: standing.starts_on for standing in standings if standing.person_id == person}


def _received(standings: Sequence[StandingNow], receipts: Sequence[Any], *, person: uuid.UUID | None) -> list[Receipt]:
    """Return benefits and standings as one, the same as a screening does: decided last, reviewed first."""
    rows = [(r.policy, r.yuan, r.starts_on, r.next_review_on) for r in receipts if r.person_id == person]
    rows += [(s.kind, None, s.starts_on, s.next_review_on) for s in standings if s.person_id == person]
    found: dict[str, Receipt] = {}
    for policy, yuan, decided_on, review in rows:
        held = found.get(policy)
        reviews = [day for day in (review, held.next_review_on if held else None) if day]
        yuans = [one for one in (yuan, held.yuan if held else None) if one is not None]
        last = max(decided_on, held.decided_on) if held else decided_on
        found[policy] = Receipt(policy, max(yuans, default=None), last, min(reviews, default=None))
    return list(found.values())


@dataclass(frozen=True)
class Figures:
    """
    The figures of a desk: what waits by kind, by policy and kind, by area and kind; the last run.

    Beside the kinds, `opened` and `closed` count what changed since the last run, `in_hand` the missed whom a case handles.
    """

    kinds: Mapping[str, int]
    policies: list[tuple[str, str, Mapping[str, int]]]
    areas: list[tuple[Area, Mapping[str, int]]]
    run: ScreeningRun | None
    people: int
    opened: int
    closed: int
    in_hand: int


def last_run() -> ScreeningRun | None:
    """Return the last finished run."""
    return ScreeningRun.objects.filter(finished_at__isnull=False).order_by("-pk").first()


def recent_runs() -> QuerySet[ScreeningRun]:
    """Return the finished runs that reached the open scope's areas, the newest first."""
    rows = ScreeningRun.objects.filter(finished_at__isnull=False).select_related("area", "release__activated_by")
    here = Q(area=None) | within(current().paths, column="area__path")
    above = Q(area__code__in={code for path in current().paths for code in path.rstrip(".").split(".")})
    return rows.filter(here | above).order_by("-pk")


def figures() -> Figures:
    """Return what waits below the open scope, counted by kind, policy and the areas one level below the desk."""
    require("finding.see")
    rows = waiting()
    rules, run = current_rules(), last_run()
    visible = Finding.objects.filter(opened_run__finished_at__isnull=False)
    opened, closed = (visible.filter(_changed_since(run, what)) for what in ("opened", "closed"))
    by_policy = _counted("policy", rows, opened, closed)
    return Figures(
        kinds={kind: sum(counts.get(kind, 0) for counts in by_policy.values()) for kind in KINDS},
        policies=sorted(
            ((p, held.name if (held := rules.policy(p)) else p, counts) for p, counts in by_policy.items()),
            key=lambda row: -sum(row[2].get(kind, 0) for kind in KINDS),
        ),
        areas=_by_area(_counted("area_path", rows, opened, closed)),
        run=run,
        people=people_below(),
        opened=opened.count(),
        closed=closed.count(),
        in_hand=visible.filter(is_in_hand()).count(),
    )


def _counted(
    column: str, rows: QuerySet[Finding], opened: QuerySet[Finding], closed: QuerySet[Finding]
) -> dict[str, dict[str, int]]:
    """Count open findings by a column and by kind, and beside them what was opened and closed since the last run."""
    found: dict[str, dict[str, int]] = {}
    for key, kind, number in rows.order_by().values_list(column, "kind").annotate(n=Count("pk")).values_list(column, "kind", "n"):
        found.setdefault(key, {})[kind] = number
    for name, changed in (("opened", opened), ("closed", closed)):
        for key, number in changed.order_by().values_list(column).annotate(n=Count("pk")).values_list(column, "n"):
            found.setdefault(key, {})[name] = number
    return found


def _by_area(counted: Mapping[str, Mapping[str, int]]) -> list[tuple[Area, Mapping[str, int]]]:
    """Add up below each area one level under the desk's own, so that a county sees towns and a town its villages."""
    below = Area.objects.filter(parent__path__in=current().paths).order_by("path")
    found: list[tuple[Area, Mapping[str, int]]] = []
    for area in below:
        counts = dict.fromkeys((*KINDS, "opened", "closed"), 0)
        for path, numbers in counted.items():
            if path.startswith(area.path):
                counts = {name: counts[name] + numbers.get(name, 0) for name in counts}
        found.append((area, counts))
    return found


@dataclass(frozen=True)
class ToDo:
    """One of today's three things: how many, what, and which list it opens."""

    kind: str
    number: int
    words: str


def today_three() -> list[ToDo]:
    """Return what to do first today: those who miss most, what is overdue, who will soon be entitled."""
    rows = waiting()
    missed, wrong, overdue, soon = (
        rows.filter(kind="missed").count(),
        rows.filter(kind="wrong").count(),
        rows.filter(kind="recheck").count(),
        rows.filter(kind="soon").count(),
    )
    every = [
        ToDo("missed", missed, "可能该得而没得，请先联系核实"),
        ToDo("wrong", wrong, "可能不再符合，须先听取本人意见"),
        ToDo("recheck", overdue, "复核到期或情况有变，请核实"),
        ToDo("soon", soon, "90天内到龄，可提前告知"),
    ]
    return [one for one in every if one.number][:3]


def findings_of(*, household_id: uuid.UUID) -> QuerySet[Finding]:
    """Return the findings about a household and its people, the newest first."""
    require("finding.see")
    rows: QuerySet[Finding] = Finding.objects.filter(home_id=household_id, opened_run__finished_at__isnull=False)
    return with_hands(rows).select_related("opened_run").order_by("-opened_run__started_at")


def waiting_by_household(households: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """Return the findings of each household that wait for somebody, counted by kind."""
    rows = waiting().filter(home_id__in=list(households)).order_by()
    found: dict[uuid.UUID, dict[str, int]] = {}
    for home, kind, number in rows.values_list("home_id", "kind").annotate(n=Count("pk")).values_list("home_id", "kind", "n"):
        found.setdefault(home, {})[kind] = number
    return found


def counts_by_kind() -> dict[str, int]:
    """Return the findings below the open scope that wait for somebody, by kind."""
    rows = waiting()
    held = dict(rows.values_list("kind").annotate(n=Count("pk")).values_list("kind", "n"))
    return {kind: held.get(kind, 0) for kind in KINDS}


def finding_seen(*, finding_id: uuid.UUID) -> Finding:
    """Return a finding without opening anybody's name. Raises Finding.DoesNotExist outside the open scope, NotAllowed."""
    require("finding.see")
    found: Finding = Finding.objects.get(pk=finding_id, opened_run__finished_at__isnull=False)
    return found
