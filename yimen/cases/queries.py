"""Questions to cases: the lists of a desk, one case with everything its page shows, and where it stands for its applicant."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from yimen.cases.agenda import Agenda, agenda_of
from yimen.cases.applying import needs_comparison
from yimen.cases.approving import (
    DecisionPage,
    Stand,
    Waiting,
    appealed_decisions,
    decision_page,
    own_department,
    printing_own,
    priority_rule,
    stands_of,
    waiting_decisions,
    with_names,
)
from yimen.cases.assigning import Load, cases_answered_for, least_busy, loads, nearest_desk
from yimen.cases.authority import (
    Helped,
    authorities_of,
    authority_photo,
    helped_by,
    helping,
    in_force,
    papers_to_fetch,
    sent_back,
    unseen_authorities,
    waiting_for_confirmation,
)
from yimen.cases.boards import Board, board_of, board_photo, boards_of, by_benefit, how_many, read_aloud
from yimen.cases.choosing import chosen, papers_for
from yimen.cases.clock import Deadline
from yimen.cases.confiding import confidant_of, message_to
from yimen.cases.deciding import REFERRED_DEPARTMENTS
from yimen.cases.delivering import Opinions, opinions_of
from yimen.cases.disputes import ARTICLES, DisputePage, Term, dispute_page, disputes, open_dispute, stage_of
from yimen.cases.dossier import (
    ArchivedPaper,
    BlankPad,
    HandedOver,
    archived_paper,
    archived_papers,
    blank_pad,
    content_of,
    decisions_of,
    handed_over,
    kept_paper,
    pads_out,
)
from yimen.cases.dues import accepted_day, counted_from, deadlines_of, policy_at, wrong_dues
from yimen.cases.ending import last_heard, running_grants, stop_of, taper_of, was_heard
from yimen.cases.filing import FilePage, Retention, file_number_of, file_page, files_out, retention_of
from yimen.cases.flow import CASE_STEPS, CIVIL_AFFAIRS, DECISION_STEPS, step_words
from yimen.cases.identity import identified
from yimen.cases.indicators import Item
from yimen.cases.lanes import Earlier, cap_of, earlier_aid, unconfirmed, urgent_of
from yimen.cases.leaves import Leaf, leaves_of
from yimen.cases.models import Case, CaseEvent, Consent, Decision, Handover, Kinship, Paper, Posting, Recovery, Task, Visit
from yimen.cases.obliging import facts_of_obligors
from yimen.cases.old_papers import old_page, old_papers_of
from yimen.cases.online import (
    ME,
    Online,
    found_by,
    invited_online,
    is_named,
    online_draft,
    online_stand,
    resume_online,
    scans_of,
    told_again,
    waiting_one,
    waiting_online,
)
from yimen.cases.portal import Status, portal_changes, portal_status
from yimen.cases.portal_file import write_statuses
from yimen.cases.posting import Sheet, board, posting_asked, sheet_of
from yimen.cases.progress import Progress, progress_of
from yimen.cases.promising import Promise, promise_of
from yimen.cases.rating import (
    Hall,
    PointLine,
    bad_ones_open,
    hall_visit,
    on_the_pad,
    rated_among,
    ratings_by_point,
    visit_asked,
)
from yimen.cases.recovering import (
    RecoveryPage,
    department_of,
    grants_of,
    names_of_recoveries,
    printing_recovery,
    recoveries_of,
    recovery_page,
    waiting_recoveries,
)
from yimen.cases.reporting import answer_to, has_informant, report_seen, reports, unmatched_reports
from yimen.cases.signing import signers_of, signs_for_at_home
from yimen.cases.surveying import survey_basis
from yimen.cases.tapering import tapers
from yimen.cases.tasks import TaskLine, task_seen, tasks_in_hand
from yimen.cases.telling import appeal_ways, how_to_appeal, was_told
from yimen.cases.urgent import StageLine, Terms, minute_of, minute_paper, papers_due, stages_of, terms_of
from yimen.cases.verification import (
    draw_waits,
    draws,
    my_visits,
    open_differences,
    photo_of,
    signing_page,
    to_sign,
    verification_page,
    visit_page,
    waiting_for_other,
)
from yimen.cases.verifying import kinships_of
from yimen.cases.warnings import CheckCounts, Suggested, cases_of_finding, check_counts, checks, suggested_for
from yimen.cases.words import (
    OPEN,
    OPEN_RECOVERY,
    AuthorityMatter,
    Channel,
    DecisionState,
    EndCause,
    Grade,
    Kind,
    Left,
    OnlineState,
    PaperState,
    Proof,
    State,
)
from yimen.office.access import require
from yimen.office.calendar import calendar
from yimen.office.models import Area, Staff
from yimen.registry.queries import masked
from yimen.screening.queries import current_rules

__all__ = [
    "ARTICLES",
    "CIVIL_AFFAIRS",
    "ME",
    "OPEN_RECOVERY",
    "REFERRED_DEPARTMENTS",
    "Agenda",
    "ArchivedPaper",
    "AuthorityMatter",
    "BlankPad",
    "Board",
    "Case",
    "Channel",
    "CheckCounts",
    "Decision",
    "DecisionPage",
    "DisputePage",
    "Earlier",
    "EndCause",
    "FilePage",
    "Grade",
    "Hall",
    "HandedOver",
    "Helped",
    "Item",
    "Kind",
    "Leaf",
    "Left",
    "Load",
    "Online",
    "OnlineState",
    "Opinions",
    "PaperState",
    "PointLine",
    "Progress",
    "Promise",
    "Proof",
    "Recovery",
    "RecoveryPage",
    "Retention",
    "Sheet",
    "StageLine",
    "Stand",
    "State",
    "Status",
    "Suggested",
    "TaskLine",
    "Term",
    "Terms",
    "Waiting",
    "agenda_of",
    "answer_to",
    "appeal_ways",
    "appealed_decisions",
    "archived_paper",
    "archived_papers",
    "authorities_of",
    "authority_photo",
    "bad_ones_open",
    "blank_pad",
    "board",
    "board_of",
    "board_photo",
    "boards_of",
    "by_benefit",
    "cap_of",
    "cases_answered_for",
    "cases_of_finding",
    "check_counts",
    "checks",
    "chosen",
    "confidant_of",
    "content_of",
    "decision_page",
    "decisions_of",
    "department_of",
    "dispute_page",
    "disputes",
    "draw_waits",
    "draws",
    "earlier_aid",
    "facts_of_obligors",
    "file_number_of",
    "file_page",
    "files_out",
    "found_by",
    "grants_of",
    "hall_visit",
    "handed_over",
    "has_informant",
    "helped_by",
    "helping",
    "how_many",
    "how_to_appeal",
    "identified",
    "in_force",
    "invited_online",
    "is_named",
    "kept_paper",
    "last_heard",
    "least_busy",
    "leaves_of",
    "loads",
    "message_to",
    "minute_of",
    "minute_paper",
    "my_visits",
    "names_of_recoveries",
    "nearest_desk",
    "needs_comparison",
    "old_page",
    "old_papers_of",
    "on_the_pad",
    "online_draft",
    "online_stand",
    "open_differences",
    "open_dispute",
    "opinions_of",
    "own_department",
    "pads_out",
    "papers_due",
    "papers_for",
    "papers_to_fetch",
    "photo_of",
    "policy_at",
    "portal_changes",
    "portal_status",
    "posting_asked",
    "printing_own",
    "printing_recovery",
    "priority_rule",
    "progress_of",
    "rated_among",
    "ratings_by_point",
    "read_aloud",
    "recoveries_of",
    "recovery_page",
    "report_seen",
    "reports",
    "resume_online",
    "retention_of",
    "running_grants",
    "scans_of",
    "sent_back",
    "sheet_of",
    "signers_of",
    "signing_page",
    "signs_for_at_home",
    "stage_of",
    "stages_of",
    "stands_of",
    "step_words",
    "stop_of",
    "suggested_for",
    "survey_basis",
    "taper_of",
    "tapers",
    "task_seen",
    "tasks_in_hand",
    "terms_of",
    "to_sign",
    "told_again",
    "unconfirmed",
    "unmatched_reports",
    "unseen_authorities",
    "urgent_of",
    "verification_page",
    "visit_asked",
    "visit_page",
    "waiting_decisions",
    "waiting_for_confirmation",
    "waiting_for_other",
    "waiting_one",
    "waiting_online",
    "waiting_recoveries",
    "was_heard",
    "was_told",
    "with_names",
    "write_statuses",
    "wrong_dues",
]


@dataclass(frozen=True)
class CaseFilter:
    """What a list of cases is narrowed to; empty means all open ones."""

    kind: str = ""
    state: str = ""
    assignee: str = ""
    overdue: bool = False
    area: str = ""


CASE_ORDERS = {
    "due": (F("due_on").asc(nulls_last=True), "opened_at"),
    "new": ("-opened_at",),
    "area": ("area_path", F("due_on").asc(nulls_last=True)),
    "state": ("state", F("due_on").asc(nulls_last=True)),
}


def cases(*, narrowed: CaseFilter, on: date, order: str = "due") -> QuerySet[Case]:
    """Return the cases below the open scope, overdue first, then those due first; lateness is computed, never stored."""
    require("case.see")
    rows: QuerySet[Case] = Case.objects.filter(state=narrowed.state) if narrowed.state else Case.objects.filter(state__in=OPEN)
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    if narrowed.assignee:
        rows = rows.filter(first_assignee__username=narrowed.assignee)
    if narrowed.overdue:
        rows = rows.filter(due_on__lt=on)
    if narrowed.area:
        area = Area.objects.filter(pk=narrowed.area).first()
        rows = rows.filter(area_path__startswith=area.path) if area else rows.none()
    return rows.select_related("first_assignee").order_by(*CASE_ORDERS.get(order, CASE_ORDERS["due"]), "pk")


@dataclass(frozen=True)
class CaseRow:
    """One line of a list of cases; the name is masked."""

    case: Case
    name: str
    village: str
    policies: tuple[str, ...]
    is_late: bool


def case_rows(rows: Iterable[Case], *, on: date) -> list[CaseRow]:
    """Return list lines for some cases (one page) with masked names; needs an open reading."""
    found = list(rows)
    names = masked(people=[], households=[one.household_id for one in found], on=on)
    villages = dict(Area.objects.filter(path__in={one.area_path for one in found}).values_list("path", "name"))
    rules, asked = current_rules(), _policies_of(found)
    return [
        CaseRow(
            case=one,
            name=names.get(one.household_id, ""),
            village=villages.get(one.area_path, ""),
            policies=tuple(held.name if (held := rules.policy(p)) else p for p in asked.get(one.pk, ())),
            is_late=one.due_on is not None and one.due_on < on,
        )
        for one in found
    ]


def _policies_of(found: list[Case]) -> Mapping[uuid.UUID, list[str]]:
    asked: dict[uuid.UUID, list[str]] = {one.pk: list(dict.fromkeys(policy for policy, _ in one.asked)) for one in found}
    for case, policy in Decision.objects.filter(case__in=found).values_list("case_id", "policy"):
        if policy not in asked[case]:
            asked[case].append(policy)
    return asked


def decisions_waiting(*, department: str = "") -> QuerySet[Decision]:
    """Return the decisions that wait for a desk, those due first first: for the approver, or for one department."""
    require("case.see")
    rows: QuerySet[Decision] = Decision.objects.filter(
        state__in=(DecisionState.OPEN, DecisionState.PROPOSED, DecisionState.CLEARED)
    )
    if department:
        rows = rows.filter(department=department)
    return rows.select_related("case", "case__first_assignee").order_by("due_on", "case__opened_at", "pk")


@dataclass(frozen=True)
class Counts:
    """How many open cases stand where, and how many of them are overdue."""

    states: Mapping[str, int]
    overdue: int
    mine: int


def counts(*, staff: Staff | None, on: date) -> Counts:
    """Return the open cases below the open scope, counted by stage."""
    rows = Case.objects.filter(state__in=OPEN)
    states = dict(rows.order_by().values_list("state").annotate(n=Count("pk")).values_list("state", "n"))
    overdue = rows.filter(due_on__lt=on).count()
    return Counts(states, overdue, rows.filter(first_assignee=staff).count() if staff else 0)


@dataclass(frozen=True)
class CasePage:
    """One case with everything its page shows; the household itself is asked of screening and registry."""

    case: Case
    decisions: list[Decision]
    deadlines: Mapping[uuid.UUID, list[Deadline]]
    accepted_on: date | None
    promises: Mapping[uuid.UUID, Promise]
    papers: list[Paper]
    consents: list[Consent]
    kinships: list[Kinship]
    visits: list[Visit]
    postings: list[Posting]
    tasks: list[Task]
    events: list[CaseEvent]
    offer: Handover | None


def case_page(*, case_id: uuid.UUID) -> CasePage:
    """Return one case. Raises Case.DoesNotExist outside the open scope, NotAllowed."""
    require("case.see")
    case: Case = Case.objects.select_related("first_assignee", "opened_by", "service_point").get(pk=case_id)
    # A department's desk sees its own decisions only, never the whole case.
    require("person.see", area_path=case.area_path)
    decisions = list(
        Decision.objects.filter(case=case).select_related("proposed_by", "decided_by").order_by("-is_identity", "pk")
    )
    events = list(CaseEvent.objects.filter(case=case).select_related("by").order_by("at", "pk"))
    held, rules = calendar(), current_rules()
    return CasePage(
        case=case,
        decisions=decisions,
        deadlines={one.pk: deadlines_of(one, held=held, rules=rules, events=events) for one in decisions} if case.number else {},
        promises={
            one.pk: found for one in decisions if (found := promise_of(one, counted_from(one, events), held=held, rules=rules))
        },
        accepted_on=accepted_day(events),
        papers=list(Paper.objects.filter(case=case).order_by("pk")),
        consents=list(Consent.objects.filter(case=case)),
        kinships=list(kinships_of(case)),
        visits=list(Visit.objects.filter(case=case).select_related("first", "second").order_by("visited_on")),
        postings=list(Posting.objects.filter(decision__case=case).order_by("starts_on")),
        tasks=list(Task.objects.filter(case=case).select_related("owner").order_by("done_at", "due_on")),
        events=events,
        offer=Handover.objects.filter(case=case, answered_at=None).select_related("taker").first(),
    )


def draft(*, case_id: uuid.UUID) -> Case:
    """Return a case to be filled in. Raises Case.DoesNotExist outside the open scope, NotAllowed without the post for it."""
    case: Case = Case.objects.select_related("first_assignee", "service_point").get(pk=case_id)
    require("case.open", area_path=case.area_path)
    return case


def open_cases_of(*, household_id: uuid.UUID) -> QuerySet[Case]:
    """Return the applications of a household that are not ended, the newest first."""
    return cases_of(household_id=household_id).filter(state__in=(State.DRAFT, State.SUBMITTED, State.ACCEPTED))


def words_of(event: CaseEvent) -> str:
    """Return what a step is called on a page."""
    step = (DECISION_STEPS if event.decision_id else CASE_STEPS).get(event.step)
    return step.words if step else {"open": "登记", "lead_on": "转为救助申请"}.get(event.step, event.step)


def open_offer(*, case_id: uuid.UUID) -> Handover | None:
    """Return the offer of a case that waits for an answer, or None."""
    found: Handover | None = Handover.objects.filter(case_id=case_id, answered_at=None).select_related("giver", "taker").first()
    return found


def offers_to(staff: Staff) -> QuerySet[Handover]:
    """Return the cases offered to somebody and not answered, below the open scope."""
    rows: QuerySet[Handover] = Handover.objects.filter(taker=staff, answered_at=None)
    return rows.select_related("case", "giver").order_by("offered_at")


def tasks_of(staff: Staff) -> QuerySet[Task]:
    """Return somebody's open tasks below the open scope, those due first first."""
    rows: QuerySet[Task] = Task.objects.filter(owner=staff, done_at=None)
    return rows.select_related("case").order_by("due_on", "made_at")


def cases_of(*, household_id: uuid.UUID) -> QuerySet[Case]:
    """Return every case of a household, the newest first (一户一条救助链)."""
    rows: QuerySet[Case] = Case.objects.filter(household_id=household_id)
    return rows.select_related("first_assignee").order_by("-opened_at")


def events_of(*, household_id: uuid.UUID) -> QuerySet[CaseEvent]:
    """Return every step of every case of a household in the order taken, with its case, decision and who took it."""
    require("case.see")
    rows: QuerySet[CaseEvent] = CaseEvent.objects.filter(case__household_id=household_id)
    return rows.select_related("case", "decision", "by").order_by("on", "at", "pk")


def open_case_of(*, finding_id: uuid.UUID) -> Case | None:
    """Return the case in which a finding is being handled, or None."""
    found: Case | None = Case.objects.filter(
        Q(finding_id=finding_id), state__in=(State.DRAFT, State.SUBMITTED, State.ACCEPTED)
    ).first()
    return found
