"""
A year's notice of days off (放假通知) as it is written and read: line by line, each a holiday from a day to a day with the
weekend days that are worked for it (调休上班); checked before it counts, and shown month by month.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import chinese_calendar

from yimen.office.calendar import KNOWN_YEARS, calendar, year_of_notice
from yimen.office.models import CalendarDay, CalendarYear

WORKED_FOR = "调休上班"
MOST_DAYS, MOST_LETTERS = 31, 20 - len(WORKED_FOR)
WEEKDAYS = "一二三四五六日"


class WrongNotice(ValueError):
    """A line of a notice cannot be so; the sentence says which and why."""


@dataclass(frozen=True)
class NoticeLine:
    """One holiday (春节): its days off, both ends included, and the weekend days worked for it. A line may have either only."""

    name: str
    first: date | None
    last: date | None
    worked: tuple[date, ...] = ()

    @property
    def off(self) -> list[date]:
        """Return the days off."""
        if self.first is None or self.last is None:
            return []
        return [self.first + timedelta(days=one) for one in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class YearKnown:
    """What is known of a year: the document entered, or that the program brought it along, or nothing."""

    year: int
    document: str
    is_packed: bool

    @property
    def is_known(self) -> bool:
        """Say whether terms of this year are reckoned for certain."""
        return bool(self.document) or self.is_packed


def years_known(*, today: date) -> list[YearKnown]:
    """Return the years around today and all that were entered, the newest first; the next year is there, known or not."""
    entered = dict(CalendarYear.objects.values_list("year", "document"))
    years = {today.year - 1, today.year, today.year + 1} | set(entered)
    return [YearKnown(one, entered.get(one, ""), one in KNOWN_YEARS) for one in sorted(years, reverse=True)]


def days_of(lines: Iterable[NoticeLine], *, year: int) -> dict[date, tuple[bool, str]]:
    """Return each special day with whether it is worked and its name, as `enter_calendar_year` takes it. Raises WrongNotice."""
    days: dict[date, tuple[bool, str]] = {}
    for line in lines:
        _refuse_crooked(line)
        for day, is_worked in [*((one, False) for one in line.off), *((one, True) for one in line.worked)]:
            _refuse_elsewhere(day, year)
            if day in days:
                raise WrongNotice(f"{said(day)}写了两次：{days[day][1]}和{line.name}。")
            days[day] = (is_worked, f"{line.name}{WORKED_FOR}" if is_worked else line.name)
    if not any(not is_worked for is_worked, _ in days.values()):
        raise WrongNotice("一个放假的日子也没有写。")
    return days


def _refuse_crooked(line: NoticeLine) -> None:
    if not line.name:
        raise WrongNotice("有一行写了日子，没有写节日名称。")
    if len(line.name) > MOST_LETTERS:
        raise WrongNotice(f"节日名称“{line.name[:30]}”太长，最多 {MOST_LETTERS} 个字。")
    if line.first is None and (line.last or not line.worked):
        raise WrongNotice(f"“{line.name}”没有写从哪天起放假。")
    if line.first and line.last and line.last < line.first:
        raise WrongNotice(f"“{line.name}”到 {said(line.last)}为止，比开始的 {said(line.first)}还早。")
    if len(line.off) > MOST_DAYS:
        raise WrongNotice(f"“{line.name}”写成了放假 {len(line.off)} 天，请核对起止日期。")
    for day in line.worked:
        if day.weekday() < 5:
            raise WrongNotice(f"{said(day)}不是周末，本来就上班，不用写作“{line.name}”的调休上班。")


def _refuse_elsewhere(day: date, year: int) -> None:
    if year_of_notice(day) != year:
        hint = f"（年底几天写在 {year + 1} 年的通知里）" if day.year == year else ""
        raise WrongNotice(f"{said(day)}不在 {year} 年的放假通知里{hint}，请核对。")


def said(day: date) -> str:
    """Write a day as 2027年2月14日（周日）."""
    return f"{day.year}年{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def lines_of(days: Mapping[date, tuple[bool, str]]) -> list[NoticeLine]:
    """Return the lines a notice was entered by; days that are not next to each other stand in lines of their own."""
    worked: dict[str, list[date]] = {}
    for day, (is_worked, name) in sorted(days.items()):
        if is_worked:
            worked.setdefault(name.removesuffix(WORKED_FOR), []).append(day)
    off = sorted(day for day, (is_worked, _) in days.items() if not is_worked)
    lines = []
    for (_, name), run in groupby(enumerate(off), key=lambda one: (one[1] - timedelta(days=one[0]), days[one[1]][1])):
        held = [day for _, day in run]
        lines.append(NoticeLine(name, held[0], held[-1], tuple(worked.pop(name, ()))))
    return lines + [NoticeLine(name, None, None, tuple(held)) for name, held in worked.items()]


def entered_lines(*, year: int) -> list[NoticeLine]:
    """Return the lines of a year's notice that an administrator entered; none of one that the program brought along."""
    rows = CalendarDay.objects.filter(day__year__in=(year - 1, year))
    return lines_of({row.day: (row.is_workday, row.name) for row in rows if year_of_notice(row.day) == year})


def special_days(year: int) -> dict[date, tuple[bool, str]]:
    """Return what the calendar of today says of the days of a calendar year that a notice names."""
    held, found = calendar(), {}
    for day in _days_in(year):
        if day in held.special:
            found[day] = held.special[day]
        elif year in KNOWN_YEARS and year_of_notice(day) not in held.entered and (name := _packed_name(day)):
            found[day] = (held.is_workday(day), name)
    return found


def _days_in(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _packed_name(day: date) -> str:
    is_off, name = chinese_calendar.get_holiday_detail(day)
    holiday = next((one.chinese for one in chinese_calendar.Holiday if one.value == name), "")
    return holiday if is_off or not holiday else f"{holiday}{WORKED_FOR}"
