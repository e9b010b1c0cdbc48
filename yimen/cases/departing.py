"""
Who leaves (离岗停用、免岗): the account is shut, or the post ended, at once; what is then in nobody's hands comes to a supervisor
as a task, to be reassigned.

Shutting out cannot wait for a hand-over (illness, dismissal); so the work is not lost sight of for a moment either: exactly
one answers, and until the reassignment the supervisor has to see to it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import takewhile

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.cases.models import Case, Report, Task
from yimen.cases.words import OPEN, TaskKind
from yimen.office import actions as office
from yimen.office.models import Area, Post, Staff
from yimen.office.queries import areas_reached, colleagues

SHUT = "离岗停用"
# By one of these somebody can go on with what they have in hand.
SIGHTS = frozenset({"case.see", "visit.make"})


@transaction.atomic
def shut_out(*, staff: Staff, by: Staff | None, at: datetime) -> list[Task]:
    """
    Shut out somebody who leaves, and ask the nearest supervisor of each matter in hand to reassign it; return those tasks.

    Where an area has no supervisor there is none for it. Raises NotAllowed.
    """
    office.deactivate_staff(staff=staff, by=by, at=at)
    return _ask_supervisors(staff, _areas_in_hand(staff), SHUT, due_on=localdate(at), by=by, at=at)


@transaction.atomic
def relieve(*, post: Post, ends_on: date, by: Staff | None, at: datetime) -> list[Task]:
    """
    End a post (免岗), and ask the nearest supervisor to reassign what no other post of theirs reaches; return those tasks.

    They fall due on the day the post ends. Raises NotAllowed.
    """
    ended = office.end_post(post=post, ends_on=ends_on, by=by, at=at)
    last = ended.ends_on or ends_on
    left = [path for path in _out_of_reach(ended.staff, on=max(last, localdate(at))) if path.startswith(ended.area.path)]
    why = f"免去{ended}岗位（{last} 起）"
    return _ask_supervisors(ended.staff, left, why, due_on=max(last, localdate(at)), by=by, at=at)


@transaction.atomic
def appoint(*, staff: Staff, kind: str, area: Area, starts_on: date, by: Staff | None, at: datetime) -> Post:
    """Give a post (任岗); where it reaches what they were to hand over, nobody need reassign it. Raises NotAllowed."""
    post = office.give_post(staff=staff, kind=kind, area=area, starts_on=starts_on, by=by, at=at)
    if staff.is_active:
        out_of_reach = _out_of_reach(staff, on=max(starts_on, localdate(at)))
        _end_where_nothing(staff, out_of_reach, "又任岗，由本人继续办", by=by, at=at)
    return post


def _out_of_reach(staff: Staff, *, on: date) -> list[str]:
    """Return where somebody has something in hand that they will not see on a day."""
    seen = areas_reached(staff, permissions=SIGHTS, on=on)
    return [path for path in _areas_in_hand(staff) if not any(path.startswith(one) for one in seen)]


def _ask_supervisors(staff: Staff, paths: Iterable[str], why: str, *, due_on: date, by: Staff | None, at: datetime) -> list[Task]:
    supervised: dict[Staff, list[str]] = {}
    for path in paths:
        able = [one for one in colleagues(permission="case.reassign", area_path=path) if one != staff]
        for supervisor in able[:1]:
            supervised.setdefault(supervisor, []).append(path)
    return [_ask(supervisor, staff, held, why, due_on=due_on, by=by, at=at) for supervisor, held in supervised.items()]


def _areas_in_hand(staff: Staff) -> list[str]:
    cases = Case.objects.filter(first_assignee=staff, state__in=OPEN).values_list("area_path", flat=True)
    tasks = Task.objects.filter(owner=staff, done_at=None).values_list("area_path", flat=True)
    reports = Report.objects.filter(owner=staff, answered_at=None).values_list("area_path", flat=True)
    return [*cases, *tasks, *reports]


def _ask(
    supervisor: Staff, staff: Staff, paths: Sequence[str], why: str, *, due_on: date, by: Staff | None, at: datetime
) -> Task:
    levels = zip(*(path.strip(".").split(".") for path in paths), strict=False)
    whole = takewhile(lambda level: len(set(level)) == 1, levels)
    made: Task = Task.objects.create(
        kind=TaskKind.REASSIGN,
        words=f"{_called(staff)}{why}，手上还有 {len(paths)} 件没办完的事（办件、任务、报告），请改派",
        owner=supervisor,
        due_on=due_on,
        made_by=by,
        made_at=at,
        area_path="".join(f"{level[0]}." for level in whole),
    )
    return made


def _called(staff: Staff) -> str:
    return f"{staff.name}（{staff.username}）"


@transaction.atomic
def let_in_again(*, staff: Staff, by: Staff | None, at: datetime) -> None:
    """Let somebody in again who was shut out; they answer for what is still theirs, and nobody need reassign it. NotAllowed."""
    office.readmit_staff(staff=staff, by=by, at=at)
    asked = _asked(staff).filter(words__startswith=f"{_called(staff)}{SHUT}")
    asked.update(done_at=at, done_by=by, outcome="账号已恢复使用，由本人继续办")


def end_asking(*, staff: Staff, by: Staff, at: datetime) -> None:
    """End the tasks to reassign what somebody left behind, as far as nothing of it is left."""
    _end_where_nothing(staff, _areas_in_hand(staff), "已改派", by=by, at=at)


def _end_where_nothing(staff: Staff, left: Sequence[str], outcome: str, *, by: Staff | None, at: datetime) -> None:
    for task in _asked(staff):
        if not any(path.startswith(task.area_path) for path in left):
            Task.objects.filter(pk=task.pk).update(done_at=at, done_by=by, outcome=outcome)


def _asked(staff: Staff) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.filter(kind=TaskKind.REASSIGN, done_at=None, words__startswith=_called(staff))
    return rows
