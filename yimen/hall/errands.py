"""Papers that are missing (补材料): who fetches them until when, also from the home; and the back office asked first (请先办)."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.actions import end_task, give_task
from yimen.cases.models import Case, Task
from yimen.cases.words import OPEN, TaskKind
from yimen.hall.accompanying import accompanied_of
from yimen.hall.handling import NotHandled, note_step, take, take_up
from yimen.hall.models import Errand, Handling, HandlingStep
from yimen.hall.words import Fetcher, Help
from yimen.office.calendar import after_workdays, calendar
from yimen.office.models import Staff
from yimen.office.queries import colleagues, nearest_colleagues


@transaction.atomic
def ask_errand(
    *,
    handling: uuid.UUID,
    paper: str,
    fetcher: str,
    due_on: date,
    by: Staff,
    at: datetime,
    at_home: bool = False,
    owner: Staff | None = None,
    case: Case | None = None,
) -> Errand:
    """
    Note a missing paper with who fetches it and who sees to it until which day (补材料); `at_home`: fetched at the person's home.

    Whoever brings it, somebody of ours is its owner: without another the co-organizer. Raises NotHandled, NotEntrusted,
    NotAllowed.
    """
    held = take(handling, by)
    if settings.YIMEN_VENUE:
        raise NotHandled("补材料要派到人手上、排进他的任务，请连上中心以后在中心办。")
    if not paper.strip():
        raise NotHandled("请写明缺什么材料。")
    if fetcher not in Fetcher.values:
        raise NotHandled("请选谁去取：本人、家人，还是我们。")
    if Errand.objects.filter(handling=held, paper=paper.strip()[:60], task__done_at=None).exists():
        raise NotHandled(f"“{paper.strip()}”已经有人在取了。")
    at_home = at_home and fetcher == Fetcher.STAFF
    if held.accepted_at is None:
        take_up(handling=handling, by=by, at=at)
    home = accompanied_of(held, localdate(at))
    task = give_task(
        kind=TaskKind.ERRAND,
        words=f"补材料：{paper.strip()}（{Fetcher(fetcher).label}{'，上门' if at_home else ''}）",
        owner=owner or by,
        due_on=due_on,
        household=home.household_id,
        case=case,
        area_path=home.area_path or held.area_path,
        by=by,
        at=at,
    )
    made: Errand = Errand.objects.create(
        handling=held, task=task, paper=paper.strip()[:60], fetcher=fetcher, at_home=at_home, area_path=held.area_path
    )
    return made


@transaction.atomic
def finish_errand(*, handling: uuid.UUID, errand: int, words: str, by: Staff, at: datetime) -> Errand:
    """Note that a paper is there (材料到了). Raises NotHandled, NotEnded; NotAllowed for anybody but its owner."""
    held = take(handling, by)
    found: Errand | None = Errand.objects.filter(pk=errand, handling=held).first()
    if found is None:
        raise NotHandled("没有这份材料，请刷新页面。")
    end_task(task=found.task_id, words=words or "材料取到了", by=by, at=at)
    return found


@transaction.atomic
def ask_first(*, handling: uuid.UUID, case: Case, why: str, by: Staff, at: datetime) -> HandlingStep:
    """
    Ask whoever answers for a case to take it first (请后台先办): a task of its own kind, due the next working day.

    Raises NotHandled without a reason, for a case that is over, or while one waits; NotAllowed.
    """
    take(handling, by)
    if not why.strip():
        raise NotHandled("请写明为什么要先办，例如“行动不便，明天还要来”。")
    if case.state not in OPEN:
        raise NotHandled("这一件已经办完了。")
    if Task.objects.filter(case=case, kind=TaskKind.FIRST, done_at=None).exists():
        raise NotHandled("已经请过了，后台还没有回话。")
    task = give_task(
        kind=TaskKind.FIRST,
        words=f"请先办：{why.strip()}",
        owner=case.first_assignee,
        due_on=after_workdays(calendar(), localdate(at), 1).on,
        case=case,
        area_path=case.area_path,
        by=by,
        at=at,
    )
    return note_step(handling=handling, help_=Help.FIRST, case=case, task=task, words=why, by=by, at=at)


def errands_of(handling: Handling) -> list[Errand]:
    """Return the papers that were missing, those still missing first, by day."""
    rows = Errand.objects.filter(handling=handling).select_related("task__owner")
    return sorted(rows, key=lambda one: (one.task.done_at is not None, one.task.due_on or date.max, one.pk))


def errands_owned(staff: Staff) -> Sequence[Errand]:
    """Return the papers somebody has to see to and are not there yet, those due first first."""
    rows = Errand.objects.filter(task__owner=staff, task__done_at=None).select_related("task", "handling")
    return list(rows.order_by("task__due_on", "pk"))


def may_see_to(handling: Handling) -> list[Staff]:
    """Return who could see to an errand: the co-organizers here, then who makes visits nearest to the home."""
    home = accompanied_of(handling, localdate(handling.assigned_at))
    nearby = colleagues(permission="visit.make", area_path=home.area_path) if home.area_path else []
    here = colleagues(permission="hall.accompany", area_path=handling.area_path)
    return list({one.pk: one for one in (*here, *nearby)}.values())


def may_take_over(handling: Handling) -> list[Staff]:
    """Return to whom an accompaniment can be handed: other co-organizers here, who answers for its cases, the window nearest."""
    here = colleagues(permission="hall.accompany", area_path=handling.area_path)
    cases = Case.objects.filter(attendances__attendance=handling.attendance_id, state__in=OPEN).select_related("first_assignee")
    windows = nearest_colleagues(permission="case.accept", area_path=handling.area_path)
    found = {one.pk: one for one in (*here, *(case.first_assignee for case in cases), *windows)}
    return [one for one in found.values() if one.pk != handling.co_organizer_id]
