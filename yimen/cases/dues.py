"""
Due dates as they are kept for lists (期限投影): the trail told to the clock, and what the clock says written down.

The movers of `flow` write them in their own transaction and nobody else does, so a list can never show another date than
the case's page; `wrong_dues` proves it, `recomputing` mends it when a year's notice of days off is entered.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.db.models import Prefetch

from yimen.cases.clock import Deadline, Extension, Happened, deadlines, next_due
from yimen.cases.models import Case, CaseEvent, Decision, Dispute
from yimen.cases.words import DecisionState, Effect, State
from yimen.office.calendar import Calendar, Due, calendar
from yimen.office.queries import codes_of
from yimen.policies.model import Event, Policy, TimeLimit
from yimen.policies.queries import Rules
from yimen.screening.queries import current_rules, true_parameters

DELEGATED = "审核确认下放乡镇"
CAN_BE_DUE = (State.ACCEPTED, State.CONCLUDED, State.DELIVERED)
# Aid that goes out at once is accepted with it (社会救助法第50条).
ACCEPTED_BY = ("accept", "give_first")
# A refused allowance turned into another recognition: that one is accepted on this day (民发〔2024〕57号).
TURN, RIGID = "turn", "rigid_expenditure_household"
NOT_DUE = (DecisionState.REFERRED, DecisionState.DROPPED)
# What each step is called in a policy's time limits; 报送, 公示异议 and 重提初审 depend on what came before (below).
EVENTS_OF: Mapping[str, tuple[Event, ...]] = {
    "accept": ("受理",),
    "give_first": ("受理",),
    TURN: ("受理",),
    "investigate": ("启动调查",),
    "visit": ("启动调查",),
    "ask_comparison": ("提请核对",),
    "compare": ("启动核对",),
    "refer": ("推送",),
    "propose": ("初审",),
    "confirm": ("决定",),
    "refuse": ("决定", "不予确认"),
    "tell": ("告知",),
    "deliver": ("告知",),
}
Kept = tuple[date | None, bool]
LOOKED_AT_ONCE = 500


def deadlines_of(decision: Decision, *, held: Calendar, rules: Rules, events: Sequence[CaseEvent]) -> list[Deadline]:
    """Return the stages of one decision: its policy's limits over the case's events and its own, in the order written."""
    trail = _own_trail(decision, events)
    accepted_on = accepted_day(trail)
    policy = policy_of(decision, rules=rules, on=accepted_on) if accepted_on else None
    if policy is None or accepted_on is None:
        return []
    names = {DELEGATED, *(limit.when for limit in policy.limits if limit.when)}
    true = true_parameters(names, area_path=decision.area_path, on=accepted_on, rules=rules)
    # An ending has a posting of its own; what counts here is the one before something is given.
    posted = policy.posting.needed == "是" and decision.agrees is not False and decision.effect == Effect.GIVE
    found = deadlines(
        policy.limits,
        events_of(trail, posted=posted, delegated=DELEGATED in true),
        held,
        extensions=[Extension(one.cause, one.on, one.words) for one in trail if one.step == "extend"],
        true_parameters=true,
    )
    return [*found, *_ordered(decision, trail)]


def accepted_day(trail: Iterable[CaseEvent]) -> date | None:
    """Return the day of acceptance (受理日) that a trail counts from, or None before it."""
    return next((one.on for one in trail if one.step in (*ACCEPTED_BY, TURN)), None)


def counted_from(decision: Decision, events: Sequence[CaseEvent]) -> date | None:
    """Return the day a decision's limits count from, which is its own where it was turned into from another; None before it."""
    return accepted_day(_own_trail(decision, events))


def limits_of(decision: Decision, *, rules: Rules) -> tuple[TimeLimit, ...]:
    """Return the limits that bind a decision: those of its policy as it was in force on the day they count from."""
    events = list(CaseEvent.objects.filter(case_id=decision.case_id).order_by("pk"))
    on = counted_from(decision, events) or decision.case.received_on
    policy = policy_of(decision, rules=rules, on=on)
    return policy.limits if policy else ()


def _own_trail(decision: Decision, events: Sequence[CaseEvent]) -> list[CaseEvent]:
    """Return what happened to a decision and its case; what a refused allowance turned into counts from the turn on."""
    trail = [one for one in events if one.decision_id in (None, decision.pk)]
    turned = next((place for place, one in enumerate(trail) if one.step == TURN), None)
    if decision.policy != RIGID or turned is None:
        return [one for one in trail if one.step != TURN]
    return trail[turned:]


def _ordered(decision: Decision, trail: Sequence[CaseEvent]) -> Iterator[Deadline]:
    """What a review or a court orders to be done again has the day its ruling sets, and ends with the new decision."""
    places = [place for place, one in enumerate(trail) if one.step == "redo"]
    if not places:
        return
    rows = Dispute.objects.filter(decision=decision, carried_out_at__isnull=False, redo_by__isnull=False)
    ruling, opened = rows.order_by("carried_out_at").last(), trail[places[-1]]
    if ruling is None or ruling.redo_by is None or ruling.ruled_on is None or ruling.carried_out_at != opened.at:
        return
    done_on = next((one.on for one in trail[places[-1] :] if one.step in ("confirm", "refuse", "refer")), None)
    words = f"{ruling.ruled_on} 收到{ruling.body}的文书，{ruling.redo_by} 以前重新作出决定"
    yield Deadline(
        "按文书重新决定",
        opened.article,
        ruling.ruled_on,
        Due(ruling.redo_by, False, (words,)),
        done_on,
        (f"{words}（{opened.article}）",),
    )


def policy_of(decision: Decision, *, rules: Rules, on: date) -> Policy | None:
    """Return the policy of a decision as it was in force at its place on a day: the limits of that day bind the case."""
    return policy_at(decision.policy, area_path=decision.area_path, rules=rules, on=on)


def policy_at(policy_id: str, *, area_path: str, rules: Rules, on: date) -> Policy | None:
    """Return a policy as it was in force at a place on a day; a place's own version goes before the national one."""
    return rules.policy_at(policy_id, on=on, areas=codes_of(area_path))


def events_of(trail: Sequence[CaseEvent], *, posted: bool, delegated: bool) -> list[Happened]:
    """Return what the clock knows of a trail in the order written; `posted` says that the opinion is posted first."""
    found = [Happened(event, one.on) for one in trail for event in EVENTS_OF.get(one.step, ())]
    return [*found, *_at_home(trail), *_objected(trail), *([] if delegated else _sent_up(trail, posted=posted))]


def _at_home(trail: Sequence[CaseEvent]) -> list[Happened]:
    """Who is registered here has applied where it is decided: the window that accepts is the one it would be pushed to."""
    away = any(one.step == "elsewhere" for one in trail)
    return [Happened("推送", one.on) for one in trail if one.step == "accept" and not away]


def _objected(trail: Sequence[CaseEvent]) -> list[Happened]:
    """Tell the last objection to a posting and the opinion given after it, which may be of the same day as the one before."""
    found: list[Happened] = []
    for one in trail:
        if one.step == "object":
            found = [Happened("公示异议", one.on)]
        elif one.step == "propose" and len(found) == 1:
            found.append(Happened("重提初审", one.on))
    return found


def _sent_up(trail: Sequence[CaseEvent], *, posted: bool) -> list[Happened]:
    """
    The county has it once the posting is over, or with the opinion where none is posted, until it sends it back.

    The opinion given after an objection goes up by itself; posted again, the county has it when that is over.
    """
    found: list[Happened] = []
    for one in trail:
        if one.step in ("post", "object", "send_back"):
            found, posted = [], posted and one.step != "object"
        elif one.step == "clear" or (one.step == "propose" and not posted):
            found = [Happened("报送", one.on)]
    return found


def project_dues(case: Case) -> bool:
    """Write the next due date of a case and of its decisions as the clock has them; say whether any was another."""
    decisions = list(Decision.objects.filter(case=case))
    events = list(CaseEvent.objects.filter(case=case).order_by("pk")) if decisions else []
    due = _reckon(case, decisions, events, held=calendar(), rules=current_rules()) if decisions else {case.pk: (None, False)}
    wrong = [one for one in (case, *decisions) if _kept(one) != due[one.pk]]
    for one in wrong:
        one.due_on, one.due_is_provisional = due[one.pk]
        type(one).objects.filter(pk=one.pk).update(due_on=one.due_on, due_is_provisional=one.due_is_provisional)
    return bool(wrong)


def _kept(one: Case | Decision) -> Kept:
    return one.due_on, one.due_is_provisional


def _reckon(
    case: Case, decisions: Sequence[Decision], events: Sequence[CaseEvent], *, held: Calendar, rules: Rules
) -> dict[uuid.UUID, Kept]:
    """Return what each decision and the case must keep: a case falls due with the first of its decisions."""
    due: dict[uuid.UUID, Kept] = {}
    for one in decisions:
        stands = case.state in CAN_BE_DUE and one.state not in NOT_DUE
        first = next_due(deadlines_of(one, held=held, rules=rules, events=events)) if stands else None
        due[one.pk] = (first.due.on, first.due.provisional) if first else (None, False)
    due[case.pk] = min((one for one in due.values() if one[0]), default=(None, False))
    return due


def wrong_dues(looked: Callable[[int, int], None] = lambda done, whole: None) -> Iterator[Case]:
    """
    Return the cases below the open scope whose kept dates are not what the clock says today; there are none.

    `looked` is told how many of how many have been looked at.
    """
    held, rules = calendar(), current_rules()
    trails = Prefetch("events", CaseEvent.objects.order_by("pk"))
    numbered = Case.objects.filter(number__isnull=False).order_by("pk").prefetch_related("decisions", trails)
    whole = numbered.count()
    for done, case in enumerate(numbered.iterator(LOOKED_AT_ONCE), start=1):
        if done % LOOKED_AT_ONCE == 0 or done == whole:
            looked(done, whole)
        decisions = list(case.decisions.all())
        due = _reckon(case, decisions, list(case.events.all()), held=held, rules=rules)
        if any(_kept(one) != due[one.pk] for one in (case, *decisions)):
            yield case
