"""
Tasks that end with words (任务): a bad opinion answered, an errand run, a call made; visits and checks have pages of their own.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from yimen.cases.models import Case, Task
from yimen.cases.words import Kind, TaskKind
from yimen.office import audit
from yimen.office.access import NotAllowed, current, may
from yimen.office.models import Staff
from yimen.registry.queries import masked

# A visit is recorded and signed, a result handed over, an appeal answered, a warning settled, urgent aid checked and paid:
# each where it belongs.
WITH_WORDS = (
    TaskKind.RATING,
    TaskKind.ERRAND,
    TaskKind.HELP,
    TaskKind.FIRST,
    TaskKind.CALL_BACK,
    TaskKind.CHECK,
    TaskKind.RULING,
)
CHECKED_ELSEWHERE = (Kind.FINDING, Kind.REPORT, Kind.COMPLAINT)


# What somebody may be given by a colleague in the hall.
GIVEN = (TaskKind.ERRAND, TaskKind.HELP, TaskKind.FIRST)


class NotEntrusted(Exception):
    """A task cannot be given like this; the sentence says why."""


class NotEnded(Exception):
    """A task cannot be ended like this; the sentence says why."""


@transaction.atomic
def give_task(
    *,
    kind: TaskKind,
    words: str,
    owner: Staff,
    due_on: date,
    area_path: str,
    by: Staff,
    at: datetime,
    household: uuid.UUID | None = None,
    case: Case | None = None,
) -> Task:
    """
    Give somebody a thing to do until a day (交办): an errand, a case to be taken first, somebody to be helped on.

    The caller has asked for the right to the household. Raises NotEntrusted without words, for a day past, or for another kind.
    """
    if kind not in GIVEN:
        raise NotEntrusted("这种任务不能这样交办。")
    if not words.strip():
        raise NotEntrusted("请写明要办什么。")
    if due_on < localdate(at):
        raise NotEntrusted("期限已经过了，请改成今天或以后。")
    task: Task = Task.objects.create(
        kind=kind,
        words=words.strip()[:300],
        owner=owner,
        due_on=due_on,
        case=case,
        household_id=case.household_id if case else household,
        made_by=by,
        made_at=at,
        area_path=area_path,
    )
    subjects = {str(task.household_id)} if task.household_id else None
    audit.write(action="task.give", at=at, subjects=subjects, task=task.pk.hex)
    return task


def pass_task_on(*, task: uuid.UUID, to: Staff, at: datetime) -> None:
    """Let somebody else do what is not done yet (转交任务); the caller has asked for the right to it."""
    if Task.objects.filter(pk=task, done_at=None).update(owner=to):
        audit.write(action="task.pass_on", at=at, task=task.hex)


@dataclass(frozen=True)
class TaskLine:
    """One task in hand: the household masked, whether it is late, and whether it ends with words on its own page."""

    task: Task
    name: str
    is_late: bool
    with_words: bool


def tasks_in_hand(*, staff: Staff, on: date) -> list[TaskLine]:
    """Return somebody's tasks beside visits and warnings, those due first first, masked; needs an open reading."""
    rows = Task.objects.filter(owner=staff, done_at=None).exclude(kind=TaskKind.VISIT)
    tasks = list(rows.select_related("case").order_by(F("due_on").asc(nulls_last=True), "made_at"))
    own = [one for one in tasks if one.kind != TaskKind.CHECK or _with_words(one)]
    names = masked(people=[], households=[one.household_id for one in own if one.household_id], on=on)
    return [TaskLine(one, names.get(one.household_id, ""), bool(one.due_on and one.due_on < on), _with_words(one)) for one in own]


def _with_words(task: Task) -> bool:
    if task.kind == TaskKind.CHECK:
        return task.case is not None and task.case.kind not in CHECKED_ELSEWHERE
    return task.kind in WITH_WORDS


def task_seen(*, task_id: uuid.UUID) -> Task:
    """Return one task for its owner or a supervisor. Raises Task.DoesNotExist outside the open scope, NotAllowed."""
    held: Task = Task.objects.select_related("case", "owner", "done_by").get(pk=task_id)
    if held.owner_id != getattr(current().staff, "pk", None) and not may("case.reassign", area_path=held.area_path):
        raise NotAllowed("这项任务派给了别人；只有本人和能改派的上级能看。")
    return held


@transaction.atomic
def end_task(*, task: uuid.UUID, words: str, by: Staff, at: datetime) -> Task:
    """
    End a task with what was done (办结任务); the answer to a bad opinion is what its giver reads by the receipt's code.

    Raises NotEnded without words, twice, or for a task that is done elsewhere; NotAllowed for anybody but owner and supervisor.
    """
    task_seen(task_id=task)
    held: Task = Task.objects.select_for_update(of=("self",)).select_related("case").get(pk=task)
    if held.done_at is not None:
        raise NotEnded("这项任务已经办完了。")
    if not _with_words(held):
        raise NotEnded("这项任务要在它自己的页面上办，不能只写一句话。")
    if not words.strip():
        raise NotEnded("请写明怎么办的、怎么回复本人的。")
    held.done_at, held.done_by, held.outcome = at, by, words.strip()[:500]
    held.save(update_fields=["done_at", "done_by", "outcome"])
    audit.write(action="task.end", at=at, subjects={str(held.household_id)} if held.household_id else None, task=held.pk.hex)
    return held
