"""What waits for somebody today (今天要办的): numbers only, nobody is named and no reading is needed."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from yimen.cases.approving import waiting_decisions
from yimen.cases.authority import unseen_authorities
from yimen.cases.disputes import to_answer
from yimen.cases.models import Case, Handover, OnlineApplication, Task, Visit
from yimen.cases.recovering import recoveries_to_do
from yimen.cases.verification import unsigned
from yimen.cases.words import OPEN, OnlineState, State, TaskKind
from yimen.office.access import may
from yimen.office.models import Staff
from yimen.registry.queries import unseen_guardianships


@dataclass(frozen=True)
class Agenda:
    """How many wait: cases overdue in the open scope, decisions for this desk (and those late), what is somebody's own."""

    overdue: int
    to_decide: int
    late_to_decide: int
    to_recover: int
    to_sign: int
    to_visit: int
    to_accept: int
    to_prove: int
    to_confirm: int
    offers: QuerySet[Handover]
    to_answer: int
    late_to_answer: int


def agenda_of(*, staff: Staff, on: date) -> Agenda:
    """Return what waits for somebody on a day; what the posts do not allow counts nothing."""
    decides = may("decision.confirm") or may("decision.department")
    ready = [one for one in waiting_decisions(on=on) if one.ready] if decides else []
    visits = may("visit.make")
    contested, late = to_answer(staff, on=on) if may("dispute.handle") else (0, 0)
    return Agenda(
        overdue=Case.objects.filter(state__in=OPEN, due_on__lt=on).count() if may("person.see") and may("case.see") else 0,
        to_decide=len(ready),
        late_to_decide=sum(one.is_late for one in ready),
        to_recover=recoveries_to_do(staff) if decides else 0,
        to_sign=unsigned(staff, mine=False).count() if visits else 0,
        to_visit=_to_visit(staff) if visits else 0,
        to_accept=Case.objects.filter(state=State.SUBMITTED).count() if may("case.accept") else 0,
        to_prove=OnlineApplication.objects.filter(state=OnlineState.WAITING).count() if may("case.open") else 0,
        to_confirm=_to_confirm(staff),
        offers=Handover.objects.filter(taker=staff, answered_at=None).order_by("offered_at"),
        to_answer=contested,
        late_to_answer=late,
    )


def _to_confirm(staff: Staff) -> int:
    """Count the papers that somebody else entered and nobody else has seen: authorities and guardianships."""
    authorities = unseen_authorities().exclude(recorded_by=staff).count() if may("case.open") else 0
    return authorities + (unseen_guardianships(staff=staff).count() if may("household.register") else 0)


def _to_visit(staff: Staff) -> int:
    """Count the households still to be visited; one that waits for a signature was visited."""
    recorded = Visit.objects.filter(Q(first=staff) | Q(second=staff), second_signed_at=None, sent_back="")
    tasks = Task.objects.filter(owner=staff, kind=TaskKind.VISIT, done_at=None, case__state=State.ACCEPTED)
    return int(tasks.exclude(case__in=recorded.values("case")).values("case").distinct().count())
