"""
Who answers for a case (首派责任): exactly one at every moment. Handing over needs a reason and the other's yes, or a supervisor.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, QuerySet

from yimen.cases.departing import end_asking
from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case, Handover, Report, Task
from yimen.cases.words import OPEN, TaskKind
from yimen.office.access import current, may, require
from yimen.office.models import Staff
from yimen.office.queries import colleagues, nearest_colleagues, staff_below


class NotHandedOver(Exception):
    """A case cannot be handed over like this; the sentence says why."""


@transaction.atomic
def offer_case(*, case: uuid.UUID, to: Staff, reason: str, by: Staff, at: datetime) -> Handover:
    """
    Offer a case to a colleague (移交); until they accept, the giver answers for it.

    Raises NotHandedOver if it is not the giver's, without a reason, or if the other has no post for it; WrongStep.
    """
    held = move_case("hand_over", case, by=by, at=at, note=Note(f"拟移交{to.name}：{reason.strip()}"))
    if held.first_assignee_id != by.pk:
        raise NotHandedOver(f"首派责任人是{held.first_assignee.name}，只有本人或上级能移交。")
    if not reason.strip():
        raise NotHandedOver("请写明为什么移交。")
    if to.pk == by.pk:
        raise NotHandedOver("不能移交给自己，请选一位同事。")
    _has_post(to, held)
    if Handover.objects.filter(case=held, answered_at=None).exists():
        raise NotHandedOver("已经有一次移交在等对方答复，请先等他答复。")
    return _handover(held, to=to, reason=reason, by=by, at=at)


def _handover(case: Case, *, to: Staff, reason: str, by: Staff, at: datetime, done: bool = False) -> Handover:
    handover: Handover = Handover.objects.create(
        case=case,
        giver_id=case.first_assignee_id,
        taker=to,
        reason=reason.strip()[:200],
        offered_by=by,
        offered_at=at,
        answered_at=at if done else None,
        accepted=True if done else None,
        area_path=case.area_path,
    )
    return handover


def _has_post(to: Staff, case: Case) -> None:
    able = colleagues(permission="case.open", area_path=case.area_path)
    is_me = current().staff == to and may("case.open", area_path=case.area_path)
    if to not in able and not is_me:
        raise NotHandedOver(f"{to.name}没有管这个地方的办件岗位，请另选一位。")


@transaction.atomic
def answer_offer(*, handover: int, yes: bool, by: Staff, at: datetime) -> Case:
    """
    Accept a case that was offered, and answer for it from now on, or decline (接受移交). What is to be checked goes with it.

    Raises NotHandedOver if it was not offered to this person or is answered already.
    """
    held: Handover = Handover.objects.select_for_update().get(pk=handover)
    if held.taker_id != by.pk:
        raise NotHandedOver("这次移交不是给您的。")
    if held.answered_at is not None:
        raise NotHandedOver("这次移交已经答复过了，或已由上级改派。")
    held.answered_at, held.accepted = at, yes
    held.save(update_fields=["answered_at", "accepted"])
    if not yes:
        return move_case("hand_over", held.case_id, by=by, at=at, note=Note(f"{by.name}没有接受移交"))
    Task.objects.filter(case=held.case_id, kind=TaskKind.CHECK, owner=held.giver_id, done_at=None).update(owner=by)
    return move_case("hand_over", held.case_id, by=by, at=at, note=Note(f"{by.name}接受移交"), first_assignee=by)


@transaction.atomic
def take_back_offer(*, handover: int, by: Staff, at: datetime) -> Case:
    """
    Take an offer back that nobody has answered (收回移交), so that it can be made to another.

    Raises NotHandedOver if it is not the giver's own or is answered already.
    """
    held: Handover = Handover.objects.select_for_update().get(pk=handover)
    if held.giver_id != by.pk:
        raise NotHandedOver("只有提出移交的人能收回。")
    if held.answered_at is not None:
        raise NotHandedOver("这次移交已经答复过了，或已由上级改派。")
    held.answered_at, held.accepted = at, False
    held.save(update_fields=["answered_at", "accepted"])
    return move_case("hand_over", held.case_id, by=by, at=at, note=Note(f"{by.name}收回移交，仍由本人负责"))


@transaction.atomic
def reassign_all(*, giver: Staff, to: Staff, reason: str, by: Staff, at: datetime) -> list[Case]:
    """
    Give everything a colleague answers for to another (批量改派): illness, leave, death. Tasks and reports go with the cases.

    Raises NotHandedOver without a reason or if there is nothing, NotAllowed without the permission for an area of it.
    """
    if giver.pk == to.pk:
        raise NotHandedOver("改派要换一个人，请另选一位。")
    if not reason.strip():
        raise NotHandedOver("请写明为什么改派，例如“因病住院”。")
    cases = list(cases_answered_for(giver))
    tasks = list(Task.objects.filter(owner=giver, done_at=None))
    reported = list(Report.objects.filter(owner=giver, answered_at=None))
    if not cases and not tasks and not reported:
        raise NotHandedOver(f"{giver.name}手上没有未办完的事。")
    moved = []
    for case in cases:
        _has_post(to, case)
        Handover.objects.filter(case=case, answered_at=None).update(answered_at=at, accepted=False)
        _handover(case, to=to, reason=reason, by=by, at=at, done=True)
        note = Note(f"由{giver.name}改派{to.name}：{reason.strip()}")
        moved.append(move_case("reassign", case.pk, by=by, at=at, note=note, first_assignee=to))
    for one in (*tasks, *reported):
        require("case.reassign", area_path=one.area_path)
    Report.objects.filter(pk__in=[one.pk for one in reported]).update(owner=to)
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(owner=to)
    end_asking(staff=giver, by=by, at=at)
    return moved


def cases_answered_for(staff: Staff) -> QuerySet[Case]:
    """Return the open cases somebody answers for, below the open scope, those due first first."""
    rows: QuerySet[Case] = Case.objects.filter(first_assignee=staff, state__in=OPEN)
    return rows.order_by("due_on", "opened_at")


def nearest_desk(*, permission: str, area_path: str) -> Sequence[Staff]:
    """Return who may do this in an area, the nearest desk first."""
    return colleagues(permission=permission, area_path=area_path)


def least_busy(*, permission: str, area_path: str) -> Staff | None:
    """Return who at the nearest desk has the fewest open cases there, always the same among equals, or None."""
    able = nearest_colleagues(permission=permission, area_path=area_path)
    rows = Case.objects.filter(state__in=OPEN, first_assignee__in=able).order_by()
    held = dict(rows.values_list("first_assignee").annotate(n=Count("pk")))
    return min(able, key=lambda one: held.get(one.pk, 0), default=None)


@dataclass(frozen=True)
class Load:
    """What somebody has in hand: open cases and open tasks."""

    staff: Staff
    cases: int
    tasks: int


def loads() -> list[Load]:
    """Return who has or may have cases below the supervisor's own areas, with what each has in hand; also who has left."""
    require("case.reassign")
    cases = dict(Case.objects.filter(state__in=OPEN).order_by().values_list("first_assignee").annotate(n=Count("pk")))
    tasks = dict(Task.objects.filter(done_at=None).order_by().values_list("owner").annotate(n=Count("pk")))
    people = {one.pk: one for path in current().paths for one in staff_below(permission="case.open", area_path=path)}
    people |= {one.pk: one for one in Staff.objects.filter(pk__in=cases.keys() | tasks.keys())}
    found = sorted(people.values(), key=lambda one: one.username)
    return [Load(one, cases.get(one.pk, 0), tasks.get(one.pk, 0)) for one in found]
