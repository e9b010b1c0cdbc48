"""
Working days (工作日), with days off and make-up days (调休), and due dates reckoned from them, explained line by line.

The notices of 2004 to 2026 come from the library chinesecalendar; later years are entered by an administrator. In a year
whose notice is not entered only Saturdays and Sundays are free, and every date reckoned there is provisional (暂推算).
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import chinese_calendar

from yimen.office.models import CalendarDay, CalendarYear

KNOWN_YEARS = range(2004, 2027)
# The days off around 1 January stand in the new year's notice (29 December 2018 was worked by the notice of 2019).
TURN_OF_THE_YEAR = (12, 26)


def year_of_notice(day: date) -> int:
    """Return the year whose notice speaks of a day; the last days of December belong to the notice of the year after."""
    return day.year + ((day.month, day.day) >= TURN_OF_THE_YEAR)


@dataclass(frozen=True)
class Calendar:
    """The notices known: special days, and the years entered with their documents. The library's years need not be entered."""

    special: Mapping[date, tuple[bool, str]]
    entered: Mapping[int, str] = field(default_factory=dict)

    def is_known(self, year: int) -> bool:
        """Say whether the year's notice is known."""
        return year in self.entered or year in KNOWN_YEARS

    def is_workday(self, day: date) -> bool:
        """Say whether a day is worked."""
        if day in self.special:
            return self.special[day][0]
        if day.year in KNOWN_YEARS and year_of_notice(day) not in self.entered:
            return _in_library(day)
        return day.weekday() < 5


@cache
def _in_library(day: date) -> bool:
    # The library looks through all its holidays at every question.
    return bool(chinese_calendar.is_workday(day))


@dataclass(frozen=True)
class Due:
    """A due date, whether it is provisional (暂推算), and how it was reckoned."""

    on: date
    provisional: bool
    lines: tuple[str, ...]


def calendar() -> Calendar:
    """Return the calendar as entered today."""
    days = {row.day: (row.is_workday, row.name) for row in CalendarDay.objects.all()}
    return Calendar(days, dict(CalendarYear.objects.values_list("year", "document")))


def after_workdays(held: Calendar, start: date, days: int) -> Due:
    """Return the day so many working days after `start`; the day of the event itself does not count (民法典第201条)."""
    day, left, skipped = start, days, []
    while left:
        day += timedelta(days=1)
        if held.is_workday(day):
            left -= 1
        else:
            skipped.append(day)
    return _due(held, start, day, f"{start} 的次日起算，第 {days} 个工作日是 {day}", skipped)


def after_days(held: Calendar, start: date, days: int) -> Due:
    """Return the day so many natural days after `start`; a last day off is moved to the next working day (民法典第203条)."""
    last = start + timedelta(days=days)
    day, skipped = last, []
    while not held.is_workday(day):
        skipped.append(day)
        day += timedelta(days=1)
    return _due(
        held,
        start,
        day,
        f"{start} 的次日起算，第 {days} 天是 {last}" + (f"，逢休息日顺延到 {day}" if day != last else ""),
        skipped,
    )


def after_months(held: Calendar, start: date, months: int) -> Due:
    """Return the same day so many months later, else the last of that month (民法典第202条); a day off is moved as in days."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    day, skipped = last, []
    while not held.is_workday(day):
        skipped.append(day)
        day += timedelta(days=1)
    moved = f"，逢休息日顺延到 {day}" if day != last else ""
    return _due(held, start, day, f"{start} 起 {months} 个月，到 {last}{moved}", skipped)


def _due(held: Calendar, start: date, day: date, line: str, skipped: list[date]) -> Due:
    years = range(year_of_notice(start), year_of_notice(day) + 1)
    unknown = [year for year in years if not held.is_known(year)]
    lines = [line]
    if skipped:
        lines.append(f"其间休息 {len(skipped)} 天：{_ranges(skipped)}")
    lines += [f"{year} 年按{held.entered[year]}的放假安排" for year in years if year in held.entered]
    lines += [f"{year} 年的放假安排还没有录入，只按周末推算（暂推算）" for year in unknown]
    return Due(day, bool(unknown), tuple(lines))


def _ranges(days: list[date]) -> str:
    groups: list[list[date]] = []
    for day in days:
        if groups and day - groups[-1][-1] == timedelta(days=1):
            groups[-1].append(day)
        else:
            groups.append([day])
    return "、".join(f"{g[0]:%m-%d}" if len(g) == 1 else f"{g[0]:%m-%d}至{g[-1]:%m-%d}" for g in groups)
