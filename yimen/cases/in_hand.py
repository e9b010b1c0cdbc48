"""
What a case handles is told to screening (正在办), so that nobody counts as missed whose application or warning is in hand.

The movers of `flow` tell it in their own transaction, as they do the due dates, and nobody else does.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime

from django.utils.timezone import localdate

from yimen.cases.models import Case, Decision
from yimen.cases.words import FINAL, DecisionState, Effect, Kind, State
from yimen.office.models import Staff
from yimen.screening.actions import Wanted, missed_in, put_in_hand, settle_missed

# Whoever is given the larger aid in an emergency does not miss the smaller for the same emergency.
SAME_MATTER = {"urgent_temporary_aid": ("small_emergency_aid",)}
# An application that came to nothing: what it asked for is not received, and the warning says why.
ENDED = (State.TURNED_AWAY, State.WITHDRAWN)


def tell_in_hand(case: Case) -> None:
    """Tell screening what this case handles now; the caller holds the transaction."""
    put_in_hand(case=case.pk, number=case.number or "", wanted=set(in_hand_of(case)))


def in_hand_of(case: Case) -> Iterator[Wanted]:
    """
    Yield what a case handles: what its application asks for, the warning being verified, what was confirmed for a later day.

    A draft is no application: it counts once something is told to be missing, or where it goes on from a warning.
    """
    asked = [Wanted(policy, uuid.UUID(who) if who else case.household_id) for policy, who in case.asked]
    if case.state == State.SUBMITTED or (case.state == State.DRAFT and case.papers_told_at is not None):
        yield from asked
    is_before = case.kind == Kind.APPLICATION and case.state in (State.DRAFT, State.SUBMITTED)
    is_verified = case.kind == Kind.FINDING and case.state == State.ACCEPTED
    if case.finding_id is not None and (is_before or is_verified):
        yield from missed_in(case.finding_id)
    yield from _decided_on(case)


def _decided_on(case: Case) -> Iterator[Wanted]:
    """Whoever was confirmed this month and is paid from the next (次月起发) is not missed meanwhile."""
    for one in Decision.objects.filter(case=case, effect=Effect.GIVE).select_related("grant"):
        subject, until = one.person_id or one.household_id, _received_from(one)
        if subject is not None and (until or one.state not in FINAL):
            yield from (Wanted(policy, subject, until) for policy in (one.policy, *SAME_MATTER.get(one.policy, ())))


def _received_from(decision: Decision) -> date | None:
    """Return the first day of what was confirmed, if it lies after the day of the decision."""
    grant, decided_at = decision.grant, decision.decided_at
    if decision.state != DecisionState.CONFIRMED or grant is None or decided_at is None:
        return None
    return grant.starts_on if grant.starts_on > localdate(decided_at) else None


def settle_by_case(case: Case, decision: Decision | None, *, by: Staff | None, at: datetime) -> None:
    """Close the warnings whose matter came to an end with this step, in words; they stay closed until their facts change."""
    if decision is not None and decision.state in FINAL and decision.effect == Effect.GIVE:
        ended = [(decision.policy, decision.person_id or decision.household_id)]
        words = f"{decision.get_state_display()}（办件 {case}）"
    elif decision is None and case.state in ENDED:
        ended = [(policy, uuid.UUID(who) if who else case.household_id) for policy, who in case.asked]
        words = f"申请{case.get_state_display()}"
    else:
        return
    for policy, subject in ended:
        if subject is not None:
            settle_missed(policy=policy, subject=subject, but_case=case.pk, words=words, by=by, at=at)
