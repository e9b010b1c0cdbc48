"""
Ending and reducing (终止与调整): the person is heard first (社会救助法第48条); then an opinion, where the policy says so a
posting, and a confirmation by somebody else. Nothing stops by itself; what is to be paid back is decided in `recovering`.
"""

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from yimen.benefits.models import Grant
from yimen.cases.dues import policy_at, policy_of
from yimen.cases.effects import policy_name
from yimen.cases.flow import Note, move_case
from yimen.cases.grounds import NotDecided, Today, no_relative, today, write_opinion
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.cases.months import next_month
from yimen.cases.stopping import Stop, day_of, reckon_stop
from yimen.cases.tapering import Taper, reckon_taper, tapers
from yimen.cases.words import DecisionState, Effect, EndCause
from yimen.office.models import Staff
from yimen.screening.queries import current_rules

HEARD = "社会救助法第48条"


@transaction.atomic
def hear(*, case: uuid.UUID, words: str, by: Staff, at: datetime, on: date | None = None) -> Case:
    """
    Note what the person said before an ending, a reduction or a refusal (听取意见), in their own words.

    Raises NotDecided without words or if `on` lies ahead, WrongStep, NotAllowed.
    """
    if not words.strip():
        raise NotDecided("请照本人（或家属）的话写下意见；不愿说的，写明“本人表示没有意见”或联系了几次。")
    if on is not None and on > localdate(at):
        raise NotDecided(f"听取意见的日期 {on} 在今天以后，请核对。")
    return move_case("hear", case, by=by, at=at, note=Note(words.strip(), on=on, article=HEARD))


def was_heard(case: Case) -> bool:
    """Say whether the person was heard in this case."""
    return bool(CaseEvent.objects.filter(case=case, step="hear").exists())


def last_heard(case: Case) -> str:
    """Return what the person said when last heard in this case, or nothing."""
    found: str | None = CaseEvent.objects.filter(case=case, step="hear").order_by("at").values_list("words", flat=True).last()
    return found or ""


@transaction.atomic
def end_aid(
    *,
    case: uuid.UUID,
    grant: uuid.UUID,
    opinion: str,
    by: Staff,
    at: datetime,
    by_work: bool = False,
    cause: EndCause | None = None,
) -> Decision:
    """
    Give the first opinion that a running grant be ended (拟终止); it ends only when somebody else confirms, with the month.

    `by_work`: work has lifted the income above the line, so it ends after the months of tapering (渐退). `cause`: somebody
    has died or has reached the age, and that day tells the month. Raises NotDecided if the person was not heard, the grant
    does not run or is another household's, or its tapering or its day cannot be reckoned; NotAllowed.
    """
    held, running = _case_of(case, by), _running(case, grant, localdate(at))
    if by_work and running.ends_on is not None:
        raise NotDecided(f"这笔给付已定发到 {running.ends_on}，不再渐退；要提前停的，按一般的终止办。")
    if by_work and cause is not None:
        raise NotDecided("渐退只因就业收入超标；去世、满龄的不渐退，请只选一个缘由。")
    if cause is not None:
        day_of(running, cause, on=localdate(at))
    made = _made(held, running, Effect.END, by_work=by_work, cause=cause)
    if by_work:
        _must_taper(made, running, localdate(at))
    return write_opinion(
        made, _today(made, localdate(at)), agrees=True, opinion=_opinion(opinion), amount_fen=running.amount_fen, by=by, at=at
    )


@transaction.atomic
def adjust_aid(*, case: uuid.UUID, grant: uuid.UUID, yuan: Decimal, opinion: str, by: Staff, at: datetime) -> Decision:
    """
    Give the first opinion that a running grant be raised or lowered (拟调整) from the next month on.

    Before a reduction the person is heard. Raises NotDecided if not, if nothing changes, or for a negative amount.
    """
    running = _running(case, grant, localdate(at))
    if running.ends_on is not None:
        raise NotDecided(f"这笔给付已定发到 {running.ends_on}，不再调整；要提前停的，走终止。")
    fen = int(yuan * 100)
    if fen <= 0 or fen == running.amount_fen:
        raise NotDecided("调整后的金额应大于零，并且与现在不同；要停发的，走终止。")
    lowered = running.amount_fen is None or fen < running.amount_fen
    held = _case_of(case, by) if lowered else Case.objects.get(pk=case)
    no_relative(held, by)
    made = _made(held, running, Effect.ADJUST)
    return write_opinion(made, _today(made, localdate(at)), agrees=True, opinion=_opinion(opinion), amount_fen=fen, by=by, at=at)


def _case_of(case: uuid.UUID, by: Staff) -> Case:
    held: Case = Case.objects.get(pk=case)
    no_relative(held, by)
    if not was_heard(held):
        raise NotDecided(f"调减、终止以前须先听取本人意见（{HEARD}）。请先记下听取的意见。")
    return held


def _opinion(opinion: str) -> str:
    if not opinion.strip():
        raise NotDecided("请写明初审意见和理由。")
    return opinion.strip()


def _running(case: uuid.UUID, grant: uuid.UUID, on: date) -> Grant:
    held = Case.objects.get(pk=case)
    found: Grant | None = next((one for one in running_grants(held, on=on) if one.pk == grant), None)
    if found is None:
        raise NotDecided("这一户没有这笔正在发的给付，请核对。")
    return found


def running_grants(case: Case, *, on: date) -> list[Grant]:
    """
    Return what the household of a case and its people receive beyond this month; the dead of it included.

    With a last day further on (渐退) it can still be ended sooner: who moves away does not wait for it.
    """
    goes_on = Q(ends_on=None) | Q(ends_on__gte=next_month(on))
    of_home = Grant.objects.filter(goes_on, household_id=case.household_id)
    of_people = Grant.objects.filter(goes_on, person__memberships__household_id=case.household_id)
    return [*of_home.order_by("starts_on"), *of_people.order_by("starts_on").distinct()]


def _must_taper(made: Decision, grant: Grant, on: date) -> None:
    policy = policy_of(made, rules=current_rules(), on=on)
    if policy is None or not tapers(policy):
        raise NotDecided(f"“{policy_name(made.policy)}”没有渐退的规定；因就业停发的，按一般的终止办。")
    found = reckon_taper(policy, amount_fen=grant.amount_fen, area_path=made.area_path, confirmed_on=on)
    if found.months is None:
        raise NotDecided(f"{found.words}。请先由政策管理员录入；或不选渐退，按本地规定由人用“拟调整”“拟终止”分两步办。")


def _made(case: Case, grant: Grant, effect: Effect, *, by_work: bool = False, cause: EndCause | None = None) -> Decision:
    """A grant of a policy is decided on once in a case; one sent back is used again."""
    policy = policy_at(grant.policy, area_path=case.area_path, rules=current_rules(), on=case.received_on)
    if policy is None:
        raise NotDecided("这项政策今天不再执行，请先核对。")
    rows = Decision.objects.select_related("case").filter(case=case, policy=grant.policy, person_id=grant.person_id)
    before: Decision | None = rows.first()
    if before is not None:
        if before.effect != effect or before.state != DecisionState.OPEN:
            raise NotDecided(f"这个办件里“{policy.name}”已经在办（{before.get_state_display()}），不能再办一次。")
        before.by_work, before.end_cause = by_work, cause or ""
        before.save(update_fields=["by_work", "end_cause"])
        return before
    made = Decision(
        case=case,
        policy=policy.id,
        policy_version=policy.version,
        department=policy.department,
        fund=f"{policy.department}资金",
        person_id=grant.person_id,
        household_id=grant.household_id,
        is_identity=False,
        effect=effect,
        state=DecisionState.OPEN,
        unit=policy.unit,
        grant=grant,
        by_work=by_work,
        end_cause=cause or "",
        area_path=case.area_path,
    )
    made.save(force_insert=True)
    return made


def _today(held: Decision, on: date) -> Today | None:
    """Somebody who has died or left has no answer any more; the ending rests on the opinion alone."""
    try:
        return today(held, on)
    except NotDecided:
        return None


def taper_of(decision: Decision, *, on: date) -> Taper | None:
    """
    Return how the ending of a grant tapers (渐退), or would if its cause were work; None for what knows no tapering.

    Before the confirmation it is reckoned as if it were confirmed on this day.
    """
    policy = policy_of(decision, rules=current_rules(), on=on)
    if policy is None or decision.effect != Effect.END or not tapers(policy):
        return None
    confirmed_on = localdate(decision.decided_at) if decision.decided_at else on
    amount = decision.amount_fen
    found = reckon_taper(policy, amount_fen=amount, area_path=decision.area_path, confirmed_on=confirmed_on)
    if decision.by_work:
        return found
    return replace(found, words=f"没有写明是因就业收入超标，次月停，不渐退。{found.words}")


def stop_of(decision: Decision, *, on: date) -> Stop | None:
    """Return from which month an ended grant stops by its cause (去世、满龄), as if confirmed on this day; None for any other."""
    if not decision.end_cause or decision.grant is None or decision.effect != Effect.END:
        return None
    confirmed_on = localdate(decision.decided_at) if decision.decided_at else on
    try:
        return reckon_stop(decision.grant, EndCause(decision.end_cause), confirmed_on=confirmed_on)
    except NotDecided as problem:
        return Stop(on, str(problem))
