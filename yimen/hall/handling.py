"""
Accompanying (全程协办): assigned at the reception, taken up, done step by step, ended when it is done or somebody else has it.

Who is accompanied has exactly one co-organizer; a named person has it afterwards, or nothing is left to do.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yimen.cases.actions import give_task, pass_task_on
from yimen.cases.models import Case, HallVisit, Task
from yimen.cases.words import OPEN, State, TaskKind
from yimen.hall.models import Attendance, AttendanceCase, Duty, Errand, Handling, HandlingStep, Ticket
from yimen.hall.words import OVER, Help, Language, Result
from yimen.hall.words import State as TicketState
from yimen.office import audit
from yimen.office.access import NotAllowed, may, require
from yimen.office.calendar import after_workdays, calendar
from yimen.office.models import Staff
from yimen.office.queries import holds
from yimen.registry.models import Person

# Who did not come when called is not in the hall any more.
GONE = (*OVER, TicketState.MISSED)


class NotHandled(Exception):
    """An accompaniment cannot be changed like this; the sentence says why and what to do."""


@transaction.atomic
def know_person(*, attendance: uuid.UUID, person: uuid.UUID, by: Staff, at: datetime) -> Attendance:
    """
    Note who came (认人), found by number or name at the reception; once. It changes no place in the line.

    Raises NotHandled if it is noted already as somebody else, NotAllowed, Attendance or Person.DoesNotExist outside the scope.
    """
    held: Attendance = Attendance.objects.select_for_update(of=("self",)).get(pk=attendance)
    require("hall.receive", area_path=held.area_path)
    Person.objects.only("pk").get(pk=person)
    if held.person_id not in (None, person):
        raise NotHandled("这个号已经认到另一个人。如果认错了，请另取一个号。")
    held.person_id = person
    held.save(update_fields=["person"])
    audit.write(action="hall.know", at=at, subjects={str(person)}, attendance=held.pk.hex)
    return held


@transaction.atomic
def assign(*, attendance: uuid.UUID, to: Staff, why: str, by: Staff, at: datetime, language: str = "") -> Handling:
    """
    Send a co-organizer to somebody who has come (派协办员). Raises NotHandled if one is there already or the other is not on
    duty in this hall, NotAllowed, Attendance.DoesNotExist.
    """
    held: Attendance = Attendance.objects.select_related("venue").get(pk=attendance)
    require("hall.receive", area_path=held.area_path)
    if not Duty.objects.filter(staff=to, venue=held.venue, ends_at=None).exists():
        raise NotHandled(f"{to.name}现在不在岗，请另派一位。")
    return _handling(held, to, why=why, language=language, by=by, at=at)


def _handling(attendance: Attendance, to: Staff, *, why: str, language: str, by: Staff, at: datetime) -> Handling:
    if not holds(to, "hall.accompany", area_path=attendance.area_path):
        raise NotHandled(f"{to.name}没有这里的协办员岗位，请另派一位。")
    try:
        with transaction.atomic():
            made: Handling = Handling.objects.create(
                attendance=attendance,
                co_organizer=to,
                assigned_by=by,
                why=why.strip()[:120] or "需要有人陪",
                language=language if language in Language.values else "",
                assigned_at=at,
                area_path=attendance.area_path,
            )
    except IntegrityError:
        raise NotHandled("已经派了协办员，请刷新页面查看是谁。") from None
    audit.write(action="hall.assign", at=at, subjects=_subject(attendance), handling=made.pk.hex)
    return made


def _subject(attendance: Attendance) -> set[str] | None:
    return {str(attendance.person_id)} if attendance.person_id else None


def take(handling: uuid.UUID, by: Staff) -> Handling:
    """Return an open handling of one's own, locked. Raises NotHandled if it has ended, NotAllowed for another's."""
    held: Handling = (
        Handling.objects.select_for_update(of=("self",)).select_related("attendance__venue", "co_organizer").get(pk=handling)
    )
    require("hall.accompany", area_path=held.area_path)
    if held.co_organizer_id != by.pk:
        raise NotAllowed("这位由别的协办员陪同。")
    if held.ended_at is not None:
        raise NotHandled("这次协办已经结束了。")
    return held


@transaction.atomic
def take_up(*, handling: uuid.UUID, by: Staff, at: datetime) -> Handling:
    """Say that one has come to the person's side (接手). Raises NotHandled, NotAllowed."""
    held = take(handling, by)
    if held.accepted_at is None:
        held.accepted_at = max(at, held.assigned_at)
        held.save(update_fields=["accepted_at"])
    return held


@transaction.atomic
def give_back(*, handling: uuid.UUID, why: str, by: Staff, at: datetime) -> Handling:
    """Return an assignment not yet taken up to the reception (退回导办台). Raises NotHandled without a reason, NotAllowed."""
    held = take(handling, by)
    if held.accepted_at is not None:
        raise NotHandled("已经接手了；要换人，请移交给另一位。")
    if not why.strip():
        raise NotHandled("请写明为什么去不了，导办台好另派人。")
    return _end(held, Result.RETURNED, why, at)


@transaction.atomic
def note_step(
    *,
    handling: uuid.UUID,
    help_: Help,
    by: Staff,
    at: datetime,
    case: Case | None = None,
    task: Task | None = None,
    visit: HallVisit | None = None,
    words: str = "",
) -> HandlingStep:
    """Write down one thing done for the person (协办经过); the first is also the taking up. Raises NotHandled, NotAllowed."""
    held = take(handling, by)
    if held.accepted_at is None:
        take_up(handling=handling, by=by, at=at)
    if help_ in (Help.PROGRESS, Help.RESULT) and not words.strip():
        raise NotHandled("请写一句告诉了他什么。")
    if help_ == Help.RESULT and case is not None and case.state in (State.DRAFT, State.SUBMITTED, State.ACCEPTED):
        raise NotHandled("这一件还没有结果，请先告知进度。")
    made: HandlingStep = HandlingStep.objects.create(
        handling=held,
        help=help_,
        case=case,
        task=task,
        visit=visit,
        words=words.strip()[:200],
        by=by,
        at=at,
        area_path=held.area_path,
    )
    return made


@transaction.atomic
def send_another(*, handling: uuid.UUID, to: Staff, why: str, by: Staff, at: datetime) -> Handling:
    """
    Send another co-organizer in the place of one who cannot go on (换人): ill, on leave, gone; papers to fetch go along.

    Whoever receives people or manages the team may. Raises NotHandled for the same one, without a reason, or if it has ended;
    NotAllowed.
    """
    held: Handling = (
        Handling.objects.select_for_update(of=("self",)).select_related("attendance__venue", "co_organizer").get(pk=handling)
    )
    require("hall.receive" if may("hall.receive", area_path=held.area_path) else "hall.team", area_path=held.area_path)
    if held.ended_at is not None:
        raise NotHandled("这次协办已经结束了。")
    if to.pk == held.co_organizer_id:
        raise NotHandled("换人要换一位，请另选。")
    if not why.strip():
        raise NotHandled("请写明为什么换人，例如“请病假”。")
    errands = Errand.objects.filter(handling=held, task__done_at=None)
    mine = [one for one in errands.select_related("task") if one.task.owner_id == held.co_organizer_id]
    for errand in mine:
        pass_task_on(task=errand.task_id, to=to, at=at)
    held.handed_to = to
    _end(held, Result.HANDED_OVER, f"{by.name}换人：{why.strip()}", at)
    new = _handling(held.attendance, to, why=f"接{held.co_organizer.name}的：{why.strip()}", language=held.language, by=by, at=at)
    errands.update(handling=new)
    return new


@transaction.atomic
def link_case(*, attendance: Attendance, case: uuid.UUID, by: Staff, at: datetime) -> AttendanceCase:
    """Note which case somebody came about (到访关联办件), once. The caller has asked for the right to the household."""
    held = Case.objects.get(pk=case)
    made: AttendanceCase
    made, _ = AttendanceCase.objects.get_or_create(
        attendance=attendance, case=held, defaults={"by": by, "at": at, "area_path": attendance.area_path}
    )
    return made


@transaction.atomic
def end(*, handling: uuid.UUID, result: Result, words: str, by: Staff, at: datetime, to: Staff | None = None) -> Handling:
    """
    End an accompaniment: done, or handed over to somebody by name with what is still open, or the person wants none.

    A co-organizer who takes over accompanies from now on; to anybody else it is a task with a day. Raises NotHandled while
    something is open that nobody would have, NotAllowed.
    """
    held = take(handling, by)
    errands = list(Errand.objects.filter(handling=held, task__done_at=None).select_related("task"))
    if result == Result.HANDED_OVER:
        return _hand_over(held, errands, words=words, to=to, by=by, at=at)
    if result not in (Result.DONE, Result.LEFT):
        raise NotHandled("请选怎样结束：办完、移交，或本人不用陪了。")
    if errands:
        raise NotHandled(f"还有 {len(errands)} 份材料没有补到。请办完，或连材料一起移交给一位同事。")
    if result == Result.DONE:
        _refuse_unfinished(held, at)
    elif not words.strip():
        raise NotHandled("请写明本人为什么不用陪了。")
    return _end(held, result, words, at)


def _refuse_unfinished(held: Handling, at: datetime) -> None:
    waiting = Ticket.objects.filter(attendance=held.attendance).exclude(state__in=GONE).select_related("series").first()
    if waiting is not None and held.attendance.day == localdate(at):
        raise NotHandled(f"{waiting} 号还没有办结。办完再结束，或移交给一位同事。")
    pending = AttendanceCase.objects.filter(attendance=held.attendance, case__state__in=OPEN).select_related("case").first()
    if pending is not None:
        stands = State(pending.case.state).label
        raise NotHandled(f"办件 {pending.case} 还是“{stands}”，结果没有送到本人。请跟到送达，或移交给一位同事。")


def _hand_over(held: Handling, errands: Sequence[Errand], *, words: str, to: Staff | None, by: Staff, at: datetime) -> Handling:
    if to is None or to.pk == by.pk:
        raise NotHandled("请选移交给哪一位同事。")
    if not words.strip():
        raise NotHandled("请写明还有什么要办，接手的人才知道。")
    if settings.YIMEN_VENUE and not holds(to, "hall.accompany", area_path=held.area_path):
        raise NotHandled(f"{to.name}不是协办员，要排进他的任务，请连上中心以后在中心移交；现在可以移交给另一位协办员。")
    for errand in errands:
        pass_task_on(task=errand.task_id, to=to, at=at)
    held.handed_to = to
    ended = _end(held, Result.HANDED_OVER, words, at)
    if holds(to, "hall.accompany", area_path=held.area_path):
        new = _handling(held.attendance, to, why=f"{by.name}移交：{words.strip()}", language=held.language, by=by, at=at)
        Errand.objects.filter(pk__in=[one.pk for one in errands]).update(handling=new)
        return ended
    case = AttendanceCase.objects.filter(attendance=held.attendance, case__state__in=OPEN).select_related("case").first()
    give_task(
        kind=TaskKind.HELP,
        words=f"接着帮到底：{words.strip()}",
        owner=to,
        due_on=after_workdays(calendar(), localdate(at), 1).on,
        case=case.case if case else None,
        area_path=case.case.area_path if case else held.area_path,
        by=by,
        at=at,
    )
    return ended


def _end(held: Handling, result: Result, words: str, at: datetime) -> Handling:
    held.result, held.words, held.ended_at = result, words.strip()[:200], max(at, held.accepted_at or held.assigned_at)
    held.save(update_fields=["result", "words", "ended_at", "handed_to"])
    audit.write(action="hall.end", at=at, subjects=_subject(held.attendance), handling=held.pk.hex, result=result)
    return held
