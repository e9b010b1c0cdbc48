"""What is shown of a verification (核查): somebody's tasks, one visit's form, the signature, and sources side by side."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from yimen.cases.drawing import awaiting_draw, county_visited, drawn_of
from yimen.cases.indicators import Item, Sheet, sheet_of
from yimen.cases.models import Case, Consent, Draw, DrawEntry, Kinship, Settlement, Task, Visit, VisitDraft
from yimen.cases.surveying import county_survey_basis, survey_basis
from yimen.cases.verifying import (
    acts_as_third_party,
    is_county_desk,
    kinships_of,
    policies_of,
    registered_for,
    steps_taken,
    third_parties,
)
from yimen.cases.visiting import HOME, THIRD_PARTY, companions, facts_of_way, source_of, visited_by
from yimen.cases.words import State, TaskKind
from yimen.office.access import NotAllowed, current, may, require
from yimen.office.files import NoSuchFile, open_file
from yimen.office.models import Area, Staff
from yimen.office.queries import colleagues
from yimen.registry.queries import masked, name_of
from yimen.screening.queries import current_rules


@dataclass(frozen=True)
class VisitLine:
    """One line of “我的任务”: the household masked, where it is, what for, and until when."""

    case: Case
    name: str
    place: str
    policies: tuple[str, ...]
    due_on: date | None
    is_late: bool
    has_draft: bool
    visit: Visit | None = None


def my_visits(*, staff: Staff, on: date) -> list[VisitLine]:
    """Return the households somebody has still to visit, those due first first; needs an open reading."""
    require("visit.make")
    rows = Task.objects.filter(owner=staff, kind=TaskKind.VISIT, done_at=None, case__state=State.ACCEPTED)
    tasks = list(rows.select_related("case").order_by("due_on", "made_at"))
    drafts = set(VisitDraft.objects.filter(staff=staff).values_list("case_id", flat=True))
    recorded = [unsigned(staff, mine=mine).values_list("case_id", flat=True) for mine in (True, False)]
    waiting = {one for rows in recorded for one in rows}
    open_ = [one for one in tasks if one.case_id not in waiting]
    return _lines([(one.case, one.due_on, None) for one in open_], on=on, drafts=drafts)


def to_sign(*, staff: Staff, on: date) -> list[VisitLine]:
    """Return the visits that wait for somebody's signature; needs an open reading."""
    require("visit.make")
    visits = list(unsigned(staff, mine=False).select_related("case", "first").order_by("recorded_at"))
    return _lines([(one.case, one.case.due_on, one) for one in visits], on=on, drafts=set())


def waiting_for_other(*, staff: Staff, on: date) -> list[VisitLine]:
    """Return the visits somebody has recorded and the other has not signed; needs an open reading."""
    visits = list(unsigned(staff, mine=True).select_related("case", "second").order_by("recorded_at"))
    return _lines([(one.case, one.case.due_on, one) for one in visits], on=on, drafts=set())


def unsigned(staff: Staff, *, mine: bool) -> QuerySet[Visit]:
    """Return the recorded visits without a second signature: one's own, or those put before one."""
    rows: QuerySet[Visit] = Visit.objects.filter(second_signed_at=None, sent_back="", case__state=State.ACCEPTED)
    return rows.filter(first=staff) if mine else rows.filter(second=staff)


def _lines(rows: Iterable[tuple[Case, date | None, Visit | None]], *, on: date, drafts: set[uuid.UUID]) -> list[VisitLine]:
    found, rules = list(rows), current_rules()
    names = masked(people=[], households=[case.household_id for case, _, _ in found], on=on)
    places = dict(Area.objects.filter(path__in={case.area_path for case, _, _ in found}).values_list("path", "name"))
    return [
        VisitLine(
            case=case,
            name=names.get(case.household_id, ""),
            place=places.get(case.area_path, ""),
            # A third party is told where to go, not what is applied for.
            policies=tuple(held.name for p in policies_of(case) if (held := rules.policy(p))) if may("case.see") else (),
            due_on=due,
            is_late=due is not None and due < on,
            has_draft=case.pk in drafts,
            visit=visit,
        )
        for case, due, visit in found
    ]


@dataclass(frozen=True)
class VisitPage:
    """One visit's form: what to check first, the rest by area, who may go along, the draft with its photos."""

    case: Case
    sheet: Sheet
    way: str
    task: Task | None
    first: list[Item]
    areas: list[tuple[str, list[Item]]]
    elsewhere: Mapping[str, int]
    companions: list[Staff]
    draft: VisitDraft | None
    is_third_party: bool
    by_county: bool
    sent: list[Staff]
    policies: tuple[str, ...]
    basis: str


def visit_page(*, case_id: uuid.UUID, staff: Staff, way: str, on: date) -> VisitPage:
    """
    Return the form of a household somebody may visit; needs an open reading.

    A third party gets the facts its task names, of the people they are about, and nothing else.
    Raises NotAllowed, NotVerified for a relative, Case.DoesNotExist outside the open scope.
    """
    case = Case.objects.get(pk=case_id, state=State.ACCEPTED)
    task = visited_by(case, staff)
    third, rules, asked = acts_as_third_party(case.area_path), current_rules(), policies_of(case)
    way = THIRD_PARTY if third else way
    sheet = sheet_of(registered_for(case, on=on, permission="visit.make"), asked, rules, on=on)
    said = sheet.may_say(source_of(way), facts_of_way(way, task))
    first = [one for one in (sheet.first if way == HOME else said.values()) if one.key in said]
    able = companions(case)
    areas = [] if third else sheet.areas(but={one.key for one in first})
    return VisitPage(
        case=case,
        sheet=sheet,
        way=way,
        task=task,
        first=first,
        areas=[(area, [one for one in items if one.key in said]) for area, items in areas if way == HOME],
        elsewhere={area: sum(one.key not in said for one in items) for area, items in areas},
        companions=able,
        draft=VisitDraft.objects.filter(case=case, staff=staff).first(),
        is_third_party=third,
        by_county=not third and is_county_desk("visit.make", case.area_path),
        sent=[one for one in able if one.pk in {task.owner_id for task in visit_tasks(case)}],
        policies=() if third else tuple(held.name for p in asked if (held := rules.policy(p))),
        basis="" if third else survey_basis(case),
    )


def visit_tasks(case: Case) -> list[Task]:
    """Return the open visits of a household, with whose they are."""
    return list(Task.objects.filter(case=case, kind=TaskKind.VISIT, done_at=None).select_related("owner").order_by("made_at"))


@dataclass(frozen=True)
class Sent:
    """Somebody sent to a household; `is_gone` says that they may not go there any more: the post or the contract has ended."""

    owner: Staff
    due_on: date | None
    is_gone: bool


def _sent(case: Case, able: Collection[Staff]) -> list[Sent]:
    here = {one.pk for one in able} | {getattr(current().staff, "pk", None)}
    return [Sent(one.owner, one.due_on, one.owner_id not in here) for one in visit_tasks(case)]


@dataclass(frozen=True)
class SigningPage:
    """What the second signs: who recorded what, with values and names in full."""

    visit: Visit
    rows: Sequence[tuple[str, str, object, str]]


def signing_page(*, visit_id: uuid.UUID, staff: Staff) -> SigningPage:
    """Return a visit put before its second; needs an open reading. Raises NotAllowed for anybody but its two people."""
    visit = Visit.objects.select_related("case", "first", "second").get(pk=visit_id)
    if staff.pk not in (visit.first_id, visit.second_id):
        raise NotAllowed("这份调查记录不是您的，只有去过的两人能看、能签。")
    facts = current_rules().catalogue.facts
    names = {one["who"]: name_of(person_id=uuid.UUID(one["who"])) for one in visit.said if one["who"]}
    rows = [
        (names.get(one["who"], "全家"), one["fact"], facts[one["fact"]].from_json(one["value"]), facts[one["fact"]].unit)
        for one in visit.said
    ]
    return SigningPage(visit, rows)


def photo_of(*, case_id: uuid.UUID, photo: uuid.UUID, staff: Staff) -> tuple[str, Iterator[bytes]]:
    """
    Return a photo of a case's visits, or of one's own draft; the look is audited.

    Raises NoSuchFile, the same for a foreign one as for one that never was.
    """
    drafts = list(VisitDraft.objects.filter(case_id=case_id, staff=staff).values_list("photos", flat=True))
    visits = Visit.objects.filter(case_id=case_id)
    if not may("case.see"):
        visits = visits.filter(first=staff) | visits.filter(second=staff, second_signed_at=None)
    held = [one for photos in (*drafts, *visits.values_list("photos", flat=True)) for one in photos]
    if photo.hex not in {one["id"] for one in held}:
        raise NoSuchFile("没有这张照片，或不是您的。")
    return open_file(photo, purpose="看入户照片")


@dataclass(frozen=True)
class VerificationPage:
    """A case's verification at the desk: sources side by side, visits, relatives, the random check, uses of each fact."""

    case: Case
    sheet: Sheet
    differences: list[Item]
    areas: list[tuple[str, list[Item]]]
    settlements: Mapping[str, Settlement]
    visits: list[Visit]
    tasks: list[Sent]
    steps: Mapping[str, date]
    kinships: list[Kinship]
    consents: tuple[int, int]
    drawn: DrawEntry | None
    county_visited: bool
    county_basis: str
    is_county: bool
    may_verify: bool
    able: list[Staff]
    third_parties: list[Staff]

    @property
    def unsettled(self) -> int:
        """Return how many differences wait for a person."""
        return sum(one.is_open for one in self.differences)


def verification_page(*, case_id: uuid.UUID, on: date) -> VerificationPage:
    """Return a case's verification; needs an open reading. Raises Case.DoesNotExist outside the open scope, NotAllowed."""
    require("case.see")
    case = Case.objects.select_related("first_assignee").get(pk=case_id)
    sheet = sheet_of(registered_for(case, on=on), policies_of(case), current_rules(), on=on)
    settled = Settlement.objects.filter(case=case).select_related("settled_by").order_by("settled_at")
    able = colleagues(permission="visit.make", area_path=case.area_path)
    consents = list(Consent.objects.filter(case=case, person__isnull=False).values_list("given", flat=True))
    return VerificationPage(
        case=case,
        sheet=sheet,
        differences=sheet.differences,
        areas=sheet.areas(),
        settlements={f"{one.person_id.hex if one.person_id else ''}|{one.fact}": one for one in settled},
        visits=list(Visit.objects.filter(case=case).select_related("first", "second").order_by("visited_on", "recorded_at")),
        tasks=_sent(case, able),
        steps=steps_taken(case),
        kinships=list(kinships_of(case)),
        consents=(sum(consents), len(sheet.card.members)),
        # The draw itself belongs to the county; a township sees of it only its own entries.
        drawn=DrawEntry.objects.filter(decision__case=case).first(),
        county_visited=county_visited(case.pk),
        county_basis=county_survey_basis(case),
        is_county=is_county_desk("case.verify", case.area_path),
        may_verify=may("case.verify", area_path=case.area_path) and case.state == State.ACCEPTED,
        able=able,
        third_parties=third_parties(case.area_path),
    )


def open_differences(*, case_id: uuid.UUID, on: date) -> list[Item]:
    """Return the differences of a case that nobody has settled; needs an open reading. For whoever decides."""
    require("case.see")
    case = Case.objects.get(pk=case_id)
    sheet = sheet_of(registered_for(case, on=on), policies_of(case), current_rules(), on=on)
    return [one for one in sheet.differences if one.is_open]


@dataclass(frozen=True)
class DrawRow:
    """One draw with its numbers, and whether drawing again with its seed finds the same."""

    draw: Draw
    pool: int
    drawn: list[Case]
    agrees: bool


def draws(*, policy: str) -> list[DrawRow]:
    """Return the random checks below the open scope, the newest first, each drawn again with its seed."""
    require("case.verify")
    rows = []
    for draw in Draw.objects.filter(policy=policy).select_related("drawn_by").order_by("-drawn_at"):
        entries = list(DrawEntry.objects.filter(draw=draw).select_related("decision", "decision__case"))
        again = set(drawn_of(draw.seed, [one.decision_id for one in entries], draw.percent))
        drawn = [one for one in entries if one.drawn]
        rows.append(
            DrawRow(draw, len(entries), [one.decision.case for one in drawn], {one.decision_id for one in drawn} == again)
        )
    return rows


def draw_waits(*, policy: str) -> int:
    """Return how many await the random check below the open scope."""
    require("case.verify")
    return awaiting_draw(policy=policy).count()
