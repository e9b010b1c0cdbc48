"""
Who leaves (离岗停用): the account is shut at once, and what it answered for comes to a supervisor as a task, to be reassigned.

Shutting out cannot wait for a hand-over (illness, dismissal); so the work is not lost sight of for a moment either: exactly
one answers, and until the reassignment the supervisor has to see to it.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.cases.models import Case, Report, Task
from yimen.cases.words import OPEN, TaskKind
from yimen.office import actions as office
from yimen.office.models import Staff
from yimen.office.queries import nearest_colleagues


@transaction.atomic
def shut_out(*, staff: Staff, by: Staff | None, at: datetime) -> list[Task]:
    """
    Shut out somebody who leaves, and ask the nearest supervisor of each matter in hand to reassign it; return those tasks.

    Where an area has no supervisor there is none for it. Raises NotAllowed.
    """
    office.deactivate_staff(staff=staff, by=by, at=at)
    supervised: dict[Staff, list[str]] = {}
    for path in _areas_in_hand(staff):
        for supervisor in nearest_colleagues(permission="case.reassign", area_path=path)[:1]:
            supervised.setdefault(supervisor, []).append(path)
    return [_ask(supervisor, staff, paths, by=by, at=at) for supervisor, paths in supervised.items()]


def _areas_in_hand(staff: Staff) -> list[str]:
    cases = Case.objects.filter(first_assignee=staff, state__in=OPEN).values_list("area_path", flat=True)
    tasks = Task.objects.filter(owner=staff, done_at=None).values_list("area_path", flat=True)
    reports = Report.objects.filter(owner=staff, answered_at=None).values_list("area_path", flat=True)
    return [*cases, *tasks, *reports]


def _ask(supervisor: Staff, staff: Staff, paths: Iterable[str], *, by: Staff | None, at: datetime) -> Task:
    paths = list(paths)
    levels = zip(*(path.strip(".").split(".") for path in paths), strict=False)
    whole = takewhile(lambda level: len(set(level)) == 1, levels)
    made: Task = Task.objects.create(
        kind=TaskKind.REASSIGN,
        words=f"{_called(staff)}离岗停用，手上还有 {len(paths)} 件没办完的事（办件、任务、报告），请改派",
        owner=supervisor,
        due_on=localdate(at),
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
    _asked(staff).update(done_at=at, done_by=by, outcome="账号已恢复使用，由本人继续办")


def end_asking(*, staff: Staff, by: Staff, at: datetime) -> None:
    """End the tasks to reassign what somebody left behind, as far as nothing of it is left."""
    left = _areas_in_hand(staff)
    for task in _asked(staff):
        if not any(path.startswith(task.area_path) for path in left):
            Task.objects.filter(pk=task.pk).update(done_at=at, done_by=by, outcome="已改派")


def _asked(staff: Staff) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.filter(kind=TaskKind.REASSIGN, done_at=None, words__startswith=_called(staff))
    return rows
