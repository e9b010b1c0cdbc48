"""
What somebody has open (在办的事): cases under way with the papers they still want, findings, and what else they could receive.

Asked at the reception and at the co-organizer's telephone, each inside the block that lends the sight of this one household.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from yimen.cases.models import Case, Paper
from yimen.cases.queries import PaperState, chosen, open_cases_of, papers_for, progress_of
from yimen.cases.words import State
from yimen.hall.models import Attendance, Handling, LateService, Matter, Ticket, Venue
from yimen.hall.words import OVER
from yimen.office.access import require
from yimen.registry.queries import masked
from yimen.screening.models import Finding
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered, findings_of

WANTED = (PaperState.MISSING, PaperState.PROMISED)


@dataclass(frozen=True)
class Present:
    """Somebody in the hall now: ticket, name masked ("" where it is not known), how long they wait, who accompanies them."""

    ticket: Ticket
    name: str
    minutes: int
    matters: tuple[str, ...]
    handling: Handling | None
    is_late_service: bool


def present(*, venue: Venue, at: datetime) -> list[Present]:
    """Return who is in a hall now, in the order they came (大厅里的人), masked; needs an open reading."""
    require("hall.receive", area_path=venue.service_point.area.path)
    rows = Ticket.objects.filter(venue=venue, day=localdate(at)).exclude(state__in=OVER)
    tickets = list(rows.select_related("series", "line", "window", "attendance").order_by("taken_at", "number"))
    here = [one.attendance_id for one in tickets]
    open_ = Handling.objects.filter(attendance__in=here, ended_at=None).select_related("co_organizer")
    handlings = {one.attendance_id: one for one in open_}
    late = set(LateService.objects.filter(attendance__in=here).values_list("attendance_id", flat=True))
    matters: dict[uuid.UUID, list[str]] = {}
    asked = Matter.objects.filter(servicerequest__attendance__in=here).order_by("servicerequest__place")
    for attendance, name in asked.values_list("servicerequest__attendance", "name"):
        matters.setdefault(attendance, []).append(name)
    known = [one.attendance.person_id for one in tickets if one.attendance.person_id]
    names = masked(people=known, households=[], on=localdate(at))
    return [
        Present(
            ticket=one,
            name=names.get(one.attendance.person_id, ""),
            minutes=int((at - one.taken_at).total_seconds() // 60),
            matters=tuple(matters.get(one.attendance_id, ())),
            handling=handlings.get(one.attendance_id),
            is_late_service=one.attendance_id in late,
        )
        for one in tickets
    ]


def ticket_of(attendance: Attendance) -> Ticket:
    """Return the latest ticket of an attendance. Raises Ticket.DoesNotExist."""
    found: Ticket = (
        Ticket.objects.filter(attendance=attendance)
        .select_related("series", "line", "window", "venue__service_point", "attendance")
        .latest("taken_at")
    )
    return found


@dataclass(frozen=True)
class OpenCase:
    """One case under way: what it asks for, the papers still wanted, who answers for it, until when, what is decided."""

    case: Case
    policies: tuple[str, ...]
    wanted: tuple[Paper, ...]
    papers: tuple[Paper, ...]
    is_late: bool
    results: tuple[tuple[str, str], ...]
    result_by: date | None

    @property
    def may_fill(self) -> bool:
        """Say whether it can still be filled in."""
        return self.case.state in (State.DRAFT, State.SUBMITTED)


@dataclass(frozen=True)
class Open:
    """What a household has open: its cases, and what the rules say of it today."""

    held: RegisteredAnswers
    cases: tuple[OpenCase, ...]


def open_matters(*, household_id: uuid.UUID, on: date, more: Iterable[uuid.UUID] = ()) -> Open:
    """
    Return what a household has open (在办的事), and of `more` cases of it what is ended too; needs an open reading.

    Raises NotAllowed, Household.DoesNotExist outside the open scope.
    """
    rules = current_rules()
    held = explain_registered(household_id=household_id, on=on, rules=rules)
    require("case.see", area_path=held.card.area_path)
    rows = {one.pk: one for one in open_cases_of(household_id=household_id)}
    linked = Case.objects.filter(pk__in=list(more), household_id=household_id)
    rows |= {one.pk: one for one in linked.select_related("first_assignee")}
    cases = sorted(rows.values(), key=lambda one: one.opened_at, reverse=True)
    return Open(held, tuple(_open_case(one, on) for one in cases))


def open_findings(*, household_id: uuid.UUID) -> list[tuple[Finding, str]]:
    """Return the open findings about a household with the name of their policy. Raises NotAllowed."""
    rules = current_rules()
    rows = findings_of(household_id=household_id).filter(state=Finding.State.OPEN)
    return [(one, policy.name if (policy := rules.policy(one.policy)) else one.policy) for one in rows]


def _open_case(case: Case, on: date) -> OpenCase:
    rules = current_rules()
    papers = tuple(Paper.objects.filter(case=case).order_by("pk"))
    progress = progress_of(receipt_code=case.receipt_code)
    names = [policy.name if (policy := rules.policy(one.policy)) else one.policy for one in chosen(case)]
    return OpenCase(
        case=case,
        policies=tuple(dict.fromkeys(names)),
        wanted=tuple(one for one in papers if one.state in WANTED),
        papers=papers,
        is_late=case.due_on is not None and case.due_on < on and case.state == State.ACCEPTED,
        results=progress.results if progress else (),
        result_by=progress.result_by if progress else None,
    )


def papers_of_matters(*, attendance: Attendance, held: RegisteredAnswers | None) -> Sequence[tuple[str, str, tuple[str, ...]]]:
    """Return the papers the matters of an attendance need by their rules, and what proves each already (要什么材料)."""
    rules = current_rules()
    wanted = attendance.requests.exclude(matter__policy="").order_by("place").values_list("matter__policy", flat=True)
    policies = [policy for one in wanted if (policy := rules.policy(one)) is not None]
    return papers_for(policies=policies, held=held)
