"""
Reckoning anew (期限重算): when a year's notice of days off is entered, or rules with other limits are enabled, every date that
was reckoned with the old calendar moves: of cases and decisions, of reports, and of the warnings in hand.
"""

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.disputing import recompute_answers
from yimen.cases.dues import project_dues, wrong_dues
from yimen.cases.models import Case, Report, Task
from yimen.cases.reporting import day_of_report
from yimen.cases.warnings import CHECKED, check_day
from yimen.cases.words import TaskKind
from yimen.office import audit, work
from yimen.office.access import require
from yimen.office.models import Job, Staff
from yimen.screening.actions import on_release

JOB = "cases.recompute_dues"
Progress = Callable[[str, int, int], None]


@transaction.atomic
def start_recomputing(*, by: Staff, at: datetime) -> Job:
    """Queue a reckoning of every date anew, with the calendar as it is when the job begins (期限重算). Raises NotAllowed."""
    require("calendar.manage")
    return work.enqueue(JOB, arguments={"since": at.isoformat()}, by=by, at=at)


def start_for_rules(by: Staff | None, at: datetime) -> Job:
    """Queue the same when rules are used that may have other limits; nothing moves where none has changed."""
    return work.enqueue(JOB, arguments={"since": at.isoformat()}, by=by, at=at)


on_release(start_for_rules)


def recompute_dues(*, at: datetime, progress: Progress = lambda doing, done, whole: None) -> int:
    """
    Reckon the dates of everything below the open scope anew and return how many have changed (期限重算).

    Case by case in transactions of their own, so that nobody waits; begun again after a crash it goes on with what is wrong
    still. Called by whoever enters a year's notice, or enables rules with other limits. Raises NotAllowed.
    """
    require("calendar.manage")
    wrong = [one.pk for one in wrong_dues(lambda done, whole: progress("核对期限", done, whole))]
    changed = 0
    for done, key in enumerate(wrong, start=1):
        with transaction.atomic():
            changed += project_dues(Case.objects.select_for_update().get(pk=key))
        progress("重算办件的期限", done, len(wrong))
    with transaction.atomic():
        changed += _reports() + _checks() + recompute_answers()
        audit.write(action="case.recompute_dues", at=at, changed=changed)
    return changed


def _reports() -> int:
    """A report keeps its day when it becomes a case; one that has ended or been answered keeps it too."""
    changed = 0
    for report in Report.objects.filter(ended_at=None, answered_at=None):
        due_on = day_of_report(report.kind, report.area_path, localdate(report.recorded_at))
        changed += _write(report, due_on)
    return changed


def _checks() -> int:
    changed = 0
    rows = Task.objects.filter(kind=TaskKind.CHECK, done_at=None, case__kind__in=CHECKED)
    reported = dict(Report.objects.filter(case__isnull=False).values_list("case_id", "due_on"))
    for task in rows:
        starts_on = localdate(task.made_at)
        known = task.case_id in reported
        due_on = reported[task.case_id] if known else check_day(area_path=task.area_path, starts_on=starts_on)
        changed += _write(task, due_on)
    return changed


def _write(row: Report | Task, due_on: date | None) -> bool:
    if row.due_on == due_on:
        return False
    type(row).objects.filter(pk=row.pk).update(due_on=due_on)
    return True
