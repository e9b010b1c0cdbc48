"""Due dates as they are kept for lists (期限投影): always reckoned anew by the clock, written by the mover in its transaction."""

from collections.abc import Iterable
from datetime import date

from yimen.cases.clock import Deadline, Happened, deadlines, next_due
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.cases.words import FINAL
from yimen.office.calendar import Calendar, calendar
from yimen.policies.queries import Rules
from yimen.screening.queries import current_rules, true_parameters


def deadlines_of(decision: Decision, *, held: Calendar, rules: Rules, events: Iterable[CaseEvent]) -> list[Deadline]:
    """Return the stages of one decision: its policy's limits over the case's events and its own."""
    policy = rules.policy(decision.policy)
    if policy is None:
        return []
    own = [one for one in events if one.decision_id in (None, decision.pk)]
    happened = [Happened(one.step, one.on, one.cause, one.words) for one in own]
    names = [limit.when for limit in policy.limits if limit.when]
    happened += [Happened("submit_up", one.on) for one in own if _goes_up(one.step, policy.posting.needed)]
    true = true_parameters(names, area_path=decision.area_path, on=_accepted_on(own), rules=rules) if names else frozenset()
    return deadlines(policy.limits, happened, held, true_parameters=true)


def _goes_up(step: str, posting: str) -> bool:
    """The county receives it when the posting has ended, or with the opinion where there is no posting."""
    return step == ("clear" if posting == "是" else "propose")


def _accepted_on(events: Iterable[CaseEvent]) -> date:
    return max(one.on for one in events if one.step == "accept")


def project_dues(case: Case) -> None:
    """Write the next due date of a case and of each of its decisions, from the clock; nothing else may write them."""
    held, rules = calendar(), current_rules()
    events = list(CaseEvent.objects.filter(case=case))
    earliest = None
    for decision in Decision.objects.filter(case=case):
        found = deadlines_of(decision, held=held, rules=rules, events=events)
        due = None if decision.state in FINAL else next_due(found)
        on, provisional = (due.due.on, due.due.provisional) if due else (None, False)
        Decision.objects.filter(pk=decision.pk).update(due_on=on, due_is_provisional=provisional)
        if due and (earliest is None or due.due.on < earliest.due.on):
            earliest = due
    case.due_on = earliest.due.on if earliest else None
    case.due_is_provisional = earliest.due.provisional if earliest else False
    Case.objects.filter(pk=case.pk).update(due_on=case.due_on, due_is_provisional=case.due_is_provisional)
