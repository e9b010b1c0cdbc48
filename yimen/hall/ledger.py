"""
The work ledger (协办台账): counted from what was done, never typed. Whom one accompanied counts on the day one came to them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.timezone import localdate

from yimen.cases.queries import rated_among
from yimen.hall.models import Errand, Handling, HandlingStep, LateService
from yimen.hall.team import co_organizers
from yimen.hall.words import Help, Result
from yimen.office.access import current, require
from yimen.office.models import Staff

COLUMNS = (
    ("accompanied", "陪办"),
    (Help.LED, "带到窗口"),
    (Help.FORM, "一起填表"),
    (Help.SHEET, "政策单"),
    ("errands", "补材料"),
    ("at_home", "其中上门"),
    ("fetched", "材料到了"),
    (Help.FIRST, "请先办"),
    (Help.PROGRESS, "告知进度"),
    (Help.RESULT, "告知结果"),
    ("late", "延时服务"),
    (Help.RATING, "请评价"),
    ("rated", "已评价"),
    (Result.DONE, "办完"),
    (Result.HANDED_OVER, "移交"),
)


@dataclass
class Line:
    """One line of the ledger: of a day or of somebody; what was counted, by column."""

    on: date | None = None
    staff: Staff | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Return heading and number of every column."""
        return [(words, self.counts[name]) for name, words in COLUMNS]


def ledger_of(*, staff: Staff, since: date, until: date) -> list[Line]:
    """
    Return somebody's ledger by day, the newest first; days without anything are left out.

    Everybody may see their own. Raises NotAllowed for another's without the right to the team.
    """
    who = current().staff
    if who is None or who.pk != staff.pk:
        require("hall.team")
    days: dict[date, Line] = {}
    for on, _, name in _counted([staff], since, until):
        days.setdefault(on, Line(on=on)).counts[name] += 1
    return [days[on] for on in sorted(days, reverse=True)]


def ledger_of_team(*, since: date, until: date) -> list[Line]:
    """Return the ledger of the span by co-organizer below the open scope, by user name; nobody is ranked."""
    require("hall.team")
    lines = {one.pk: Line(staff=one) for one in co_organizers()}
    for _, staff, name in _counted([one.staff for one in lines.values() if one.staff], since, until):
        lines[staff].counts[name] += 1
    return list(lines.values())


def _counted(people: list[Staff], since: date, until: date) -> Iterable[tuple[date, int, str]]:
    """Yield everything that counts: its day, whose it is, and under which column."""
    yield from _handlings(people, since, until)
    yield from _steps(people, since, until)
    yield from _errands(people, since, until)


def _handlings(people: list[Staff], since: date, until: date) -> Iterable[tuple[date, int, str]]:
    rows = Handling.objects.filter(co_organizer__in=people, accepted_at__isnull=False)
    begun = rows.filter(accepted_at__date__gte=since, accepted_at__date__lte=until)
    stayed = set(LateService.objects.filter(attendance__in=begun.values("attendance")).values_list("attendance_id", flat=True))
    for staff, at, attendance in begun.values_list("co_organizer_id", "accepted_at", "attendance_id"):
        yield localdate(at), staff, "accompanied"
        if attendance in stayed:
            yield localdate(at), staff, "late"
    ended = rows.filter(ended_at__date__gte=since, ended_at__date__lte=until)
    for staff, at, result in ended.values_list("co_organizer_id", "ended_at", "result"):
        yield localdate(at), staff, result


def _steps(people: list[Staff], since: date, until: date) -> Iterable[tuple[date, int, str]]:
    rows = HandlingStep.objects.filter(by__in=people, at__date__gte=since, at__date__lte=until)
    steps = rows.values_list("by_id", "at", "help", "visit_id", "handling_id", "case_id")
    # Pressed twice it was done once: for the same person, and of the same case, a thing counts once a day.
    found = dict.fromkeys((staff, localdate(at), name, visit, *about) for staff, at, name, visit, *about in steps)
    rated = rated_among(visit for _, _, _, visit, *_ in found if visit)
    for staff, on, name, visit, *_ in found:
        yield on, staff, name
        if visit in rated:
            yield on, staff, "rated"


def _errands(people: list[Staff], since: date, until: date) -> Iterable[tuple[date, int, str]]:
    rows = Errand.objects.filter(task__made_by__in=people, task__made_at__date__gte=since, task__made_at__date__lte=until)
    for staff, at, at_home in rows.values_list("task__made_by_id", "task__made_at", "at_home"):
        yield localdate(at), staff, "errands"
        if at_home:
            yield localdate(at), staff, "at_home"
    done = Errand.objects.filter(task__done_by__in=people, task__done_at__date__gte=since, task__done_at__date__lte=until)
    for staff, at in done.values_list("task__done_by_id", "task__done_at"):
        yield localdate(at), staff, "fetched"


def totals(lines: Iterable[Line]) -> Line:
    """Return the sum of some lines."""
    whole = Line()
    for one in lines:
        whole.counts.update(one.counts)
    return whole


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of a day."""
    first = day.replace(day=1)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first, date.fromordinal(following.toordinal() - 1)
