"""Where a case stands, for whoever holds its receipt (凭回执查进度)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yimen.cases.clock import Deadline
from yimen.cases.dues import deadlines_of
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.office.calendar import calendar
from yimen.screening.queries import current_rules


@dataclass(frozen=True)
class Progress:
    """Where a case stands, for its applicant: no name, no policy's facts, only stages, days and whom to ask."""

    number: str
    state: str
    stages: tuple[tuple[str, date | None], ...]
    result_by: date | None
    result_is_provisional: bool
    assignee: str
    phone: str
    results: tuple[tuple[str, str], ...]
    left: str = ""


def progress_of(*, receipt_code: str) -> Progress | None:
    """Return where the case of a receipt stands, or None. Whoever holds the receipt may ask; the caller limits the rate."""
    case = Case.objects.filter(receipt_code=receipt_code).select_related("first_assignee", "service_point").first()
    if case is None:
        return None
    events = list(CaseEvent.objects.filter(case=case).order_by("at"))
    days = {event.step: event.on for event in events}
    rules = current_rules()
    done = list(Decision.objects.filter(case=case).order_by("-is_identity", "pk"))
    last = _last_deadline(case, done)
    return Progress(
        number=str(case),
        state=case.state,
        stages=(
            ("登记", days.get("open")),
            ("受理", days.get("accept") or days.get("give_first")),
            ("调查核实", days.get("visit") or days.get("investigate")),
            ("审核确认", days.get("conclude")),
            ("送达", days.get("deliver")),
        ),
        result_by=last.due.on if last else None,
        result_is_provisional=last.due.provisional if last else False,
        assignee=case.first_assignee.name,
        phone=case.service_point.phone if case.service_point else "",
        results=tuple((held.name if (held := rules.policy(d.policy)) else d.policy, d.get_state_display()) for d in done),
        left=next((event.cause for event in reversed(events) if event.step == "withdraw"), ""),
    )


def _last_deadline(case: Case, decisions: Iterable[Decision]) -> Deadline | None:
    """Return the stage of an accepted case that falls due last: by then there is a result."""
    if case.accepted_at is None:
        return None
    events, held, rules = list(CaseEvent.objects.filter(case=case)), calendar(), current_rules()
    found = [
        one
        for decision in decisions
        for one in deadlines_of(decision, held=held, rules=rules, events=events)
        if one.done_on is None
    ]
    return max(found, key=lambda one: one.due.on, default=None)
