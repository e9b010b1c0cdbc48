"""Halls side by side over some days (各场所统计): sorted by a column if one likes, taken away as Excel or CSV."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils import timezone

from yimen.hall.queries import VenueLine, over_venues, venues_seen
from yimen.office import audit
from yimen.web.lists import file_of, query_of

USUAL_DAYS, MOST_DAYS = 7, 92
Figure = Callable[[VenueLine], int | float | None]
# Name, heading, unit, decimals, and the figure.
COLUMNS: Sequence[tuple[str, str, str, int, Figure]] = (
    ("taken", "取号", "", 0, lambda one: one.taken),
    ("priority", "优先占", "%", 0, lambda one: one.priority_percent),
    ("called", "叫到", "", 0, lambda one: one.called),
    ("middle", "一半人等不到", " 分钟", 0, lambda one: one.middle),
    ("nine_in_ten", "九成人等不到", " 分钟", 0, lambda one: one.nine_in_ten),
    ("left", "没等到就走", "", 0, lambda one: one.left),
    ("left_share", "走的占", "%", 0, lambda one: one.left_percent),
    ("rated", "现场评了", "", 0, lambda one: one.rated),
    ("grade", "平均几分", "", 1, lambda one: one.mean_grade),
)
FIGURES = {name: figure for name, *_, figure in COLUMNS}


def page(request: HttpRequest) -> HttpResponse:
    """Show the halls of the own area side by side."""
    (since, until), order = days_of(request), request.GET.get("order", "")
    lines = _sorted(over_venues(venues=venues_seen(), since=since, until=until), order)
    shown = {
        "current": reverse("hall_statistics"),
        "since": since,
        "until": until,
        "today": timezone.localdate(),
        "order": order,
        "columns": [(name, words) for name, words, *_ in COLUMNS],
        "rows": [(one, _cells(one)) for one in lines],
        "totals": _cells(_whole(lines)) if len(lines) > 1 else [],
        "query": query_of(request),
        "most_days": MOST_DAYS,
    }
    return render(request, "hall/statistics.html", shown)


def export(request: HttpRequest) -> HttpResponse:
    """Give the same table as a file; it names nobody, yet the export stands in the audit."""
    since, until = days_of(request)
    lines = _sorted(over_venues(venues=venues_seen(), since=since, until=until), request.GET.get("order", ""))
    audit.write(action="export", at=timezone.now(), what="halls", rows=len(lines), since=f"{since}", until=f"{until}")
    units = [f"{words}（{unit.strip()}）" if unit else words for _, words, unit, *_ in COLUMNS]
    columns = ["场所", "层级", "地方", "从", "到", *units]
    told = (
        [str(one.venue), one.venue.get_level_display(), one.venue.service_point.area.name, since, until, *_numbers(one)]
        for one in lines
    )
    return file_of(request, name="halls", columns=columns, lines=told)


def days_of(request: HttpRequest) -> tuple[date, date]:
    """Return the days asked for, the last seven without: none to come, and no more at once than are answered in a moment."""
    today = timezone.localdate()
    until = min(_day(request, "until") or today, today)
    since = min(_day(request, "since") or until - timedelta(days=USUAL_DAYS - 1), until)
    return max(since, until - timedelta(days=MOST_DAYS - 1)), until


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _sorted(lines: Iterable[VenueLine], order: str) -> list[VenueLine]:
    """Sort by a column, the largest first and what is not known last; without one by place, for nobody is ranked."""
    figure = FIGURES.get(order)
    return list(lines) if figure is None else sorted(lines, key=lambda one: (figure(one) is None, -(figure(one) or 0)))


def _cells(line: VenueLine) -> list[tuple[str, str]]:
    """Return heading and figure of each column as the page shows them."""
    return [(words, _told(figure(line), unit, decimals)) for _, words, unit, decimals, figure in COLUMNS]


def _told(value: float | None, unit: str, decimals: int) -> str:
    """Write a figure with its unit; what is not known, and a number of none, is a dash."""
    is_nothing = value is None or (value == 0 and not unit)
    return "–" if is_nothing else f"{floatformat(value, f'{decimals}g')}{unit}"


def _numbers(line: VenueLine) -> list[Any]:
    """Return the figures as a file holds them: whole numbers, or two decimals."""
    values = (figure(line) for *_, figure in COLUMNS)
    return [round(Decimal(value), 2) if isinstance(value, float) else value for value in values]


def _whole(lines: Sequence[VenueLine]) -> VenueLine:
    """Return the sums; a middle of middles would say nothing."""
    counted = {name: sum(getattr(one, name) for one in lines) for name in ("taken", "priority", "called", "left", "rated")}
    grades = [(one.mean_grade, one.rated) for one in lines if one.mean_grade is not None]
    mean = sum(grade * number for grade, number in grades) / counted["rated"] if counted["rated"] else None
    return VenueLine(lines[0].venue, **counted, mean_grade=mean)
