"""
What a confirmed decision does (效果): it gives, ends or adjusts a grant, and with an identity the standing; from which day.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from yimen.benefits.actions import end_grant, grant_benefit
from yimen.benefits.models import Grant
from yimen.cases.dues import policy_of
from yimen.cases.grounds import NotDecided, Today
from yimen.cases.models import Decision, Posting, Task
from yimen.cases.months import next_month
from yimen.cases.stages import ask_for_stages, paid_at_first
from yimen.cases.stopping import reckon_stop
from yimen.cases.tapering import reckon_taper
from yimen.cases.words import Effect, EndCause, TaskKind
from yimen.office.models import Staff
from yimen.policies.model import Policy
from yimen.registry.actions import decide_standing, end_standing
from yimen.screening.queries import current_rules


def _give(held: Decision, now: Today | None, by: Staff, at: datetime) -> Grant:
    if now is None:
        raise NotDecided("这项初审没有依据的事实，请退回重办。")
    if not now.answer.payable:
        others = "、".join(policy_name(one.with_) for one in now.answer.relations if one.payable is False)
        raise NotDecided(f"与正在享受的“{others}”不能同时享受。请先由本人选择，或不予确认。")
    policy = now.answer.policy
    grant = grant_benefit(
        policy=policy,
        person=held.person_id,
        household=held.household_id,
        amount_fen=paid_at_first(held),
        starts_on=starts_of(policy, received_on=held.case.received_on, confirmed_on=localdate(at)),
        facts=held.facts,
        area_path=held.area_path,
        at=at,
    )
    ask_for_stages(held, by=by, at=at)
    if held.is_identity:
        # Recognised from today by every department, though it is paid from next month.
        decide_standing(
            kind=policy.id,
            household=held.case.household_id,
            person=held.person_id,
            starts_on=localdate(at),
            by=by,
            at=at,
            area_path=held.area_path,
        )
    return grant


def _end(held: Decision, now: Today | None, by: Staff, at: datetime) -> Grant:
    """End the grant and the standing with this month, or after its tapering; what was published comes off the board."""
    if held.by_work:
        return _taper(held, at)
    last_day = _last_day(held, localdate(at))
    grant = end_grant(grant=_granted(held), last_day=last_day, at=at)
    _check_others(held, by=by, at=at)
    end_standing(kind=held.policy, household=held.case.household_id, person=held.person_id, last_day=last_day, at=at)
    Posting.objects.filter(decision__grant_id=grant.pk, kind=Posting.Kind.WHILE_PAID, closed_at=None).update(
        ends_on=last_day, closed_at=at
    )
    return grant


def _last_day(held: Decision, on: date) -> date:
    """The month of the confirmation is the last one paid, or that which the day of death or of an age leaves (停发)."""
    if not held.end_cause or held.grant is None:
        return next_month(on) - timedelta(days=1)
    return reckon_stop(held.grant, EndCause(held.end_cause), confirmed_on=on).last_day


def _taper(held: Decision, at: datetime) -> Grant:
    """Let the grant go on for the months and in the amount of its tapering (渐退); until then it stays published."""
    policy = policy_of(held, rules=current_rules(), on=localdate(at))
    if policy is None:
        raise NotDecided("这项政策今天不再执行，请退回重办。")
    taper = reckon_taper(policy, amount_fen=held.amount_fen, area_path=held.area_path, confirmed_on=localdate(at))
    if taper.starts_on is None or taper.last_day is None:
        raise NotDecided(f"{taper.words}。请先录入，再确认。")
    Posting.objects.filter(decision__grant_id=_granted(held), kind=Posting.Kind.WHILE_PAID, closed_at=None).update(
        ends_on=taper.last_day
    )
    grant = grant_benefit(
        policy=policy,
        person=held.person_id,
        household=held.household_id,
        amount_fen=taper.fen,
        starts_on=taper.starts_on,
        ends_on=taper.last_day,
        facts=held.facts,
        area_path=held.area_path,
        at=at,
    )
    end_standing(kind=held.policy, household=held.case.household_id, person=held.person_id, last_day=taper.last_day, at=at)
    return grant


def _check_others(held: Decision, *, by: Staff, at: datetime) -> None:
    """After the support of the extremely poor has ended, other aid is checked at once (民发〔2021〕43号第27条)."""
    if held.policy != "extreme_poverty_support":
        return
    Task.objects.create(
        case=held.case,
        household_id=held.case.household_id,
        kind=TaskKind.CHECK,
        words="特困已终止，随即核对是否符合低保、临时救助（民发〔2021〕43号第27条）。",
        owner=held.case.first_assignee,
        made_by=by,
        made_at=at,
        area_path=held.area_path,
    )


def _adjust(held: Decision, now: Today | None, by: Staff, at: datetime) -> Grant:
    policy = policy_of(held, rules=current_rules(), on=localdate(at))
    if policy is None:
        raise NotDecided("这项政策今天不再执行，请退回重办。")
    return grant_benefit(
        policy=policy,
        person=held.person_id,
        household=held.household_id,
        amount_fen=held.amount_fen,
        starts_on=next_month(localdate(at)),
        facts=held.facts,
        area_path=held.area_path,
        at=at,
    )


EFFECTS: Mapping[Effect, Callable[[Decision, Today | None, Staff, datetime], Grant]] = {
    Effect.GIVE: _give,
    Effect.END: _end,
    Effect.ADJUST: _adjust,
}


def _granted(held: Decision) -> uuid.UUID:
    if held.grant_id is None:
        raise NotDecided("这项决定没有写明停哪一笔给付，请退回重办。")
    return held.grant_id


def policy_name(policy_id: str) -> str:
    """Return what a policy is called today, else its id."""
    policy = current_rules().policy(policy_id)
    return policy.name if policy else policy_id


def starts_of(policy: Policy, *, received_on: date, confirmed_on: date) -> date:
    """Return the day a benefit begins (起发): the month after confirmation, the month of application, or at once."""
    if policy.pays_from.startswith("申请当月"):
        return received_on.replace(day=1)
    if policy.pays_from.startswith("一次性"):
        return confirmed_on
    return next_month(confirmed_on)
