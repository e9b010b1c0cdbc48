"""Days off (放假安排): which years are known, what a year looks like, and entering a year's notice, seen before it counts."""

import uuid
from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, now

from yimen.cases.actions import start_recomputing
from yimen.office.access import NotAllowed, acting, require
from yimen.office.actions import enter_calendar_year
from yimen.office.calendar import KNOWN_YEARS
from yimen.office.once import OtherContent
from yimen.office.queries import NoticeLine, days_of, entered_lines, is_under_way, special_days, years_known
from yimen.policies.queries import RuleError
from yimen.web.urgent.sent import Unclear, day_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (NotAllowed, OtherContent, Unclear, RuleError, ValueError)
HOLIDAYS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
COLUMNS = ("name", "first", "last", "worked_1", "worked_2")
MOST_LETTERS = 60


@dataclass(frozen=True)
class Square:
    """One day of a month's grid: `mark` is 休 or 班 where a notice names it, `name` the holiday."""

    day: date
    mark: str
    name: str
    is_free: bool


def page(request: HttpRequest) -> HttpResponse:
    """Show which years are known, and one of them month by month."""
    require("calendar.manage")
    today = localdate()
    years = years_known(today=today)
    chosen = _year(request.GET.get("year", ""), today) or today.year
    known = next((one for one in years if one.year == chosen), None)
    shown = {
        "current": reverse("calendar"),
        "years": years,
        "missing": [one.year for one in years if not one.is_known],
        "packed": (KNOWN_YEARS[0], KNOWN_YEARS[-1]),
        "chosen": chosen,
        "recomputing": is_under_way("cases.recompute_dues"),
        "known": known.is_known if known else chosen in KNOWN_YEARS,
        "months": _months(chosen, special_days(chosen)),
    }
    return render(request, "administrators/calendar.html", shown)


def enter(request: HttpRequest, year: int) -> HttpResponse:
    """Take a year's notice line by line; show it as it will count, and only then enter it."""
    require("calendar.manage")
    if _year(str(year), localdate()) is None:
        raise Http404
    problem, seen = "", None
    if request.method == "POST":
        try:
            document, lines = _document(request), _lines(request)
            days = days_of(lines, year=year)
            if request.POST.get("step") == "enter":
                done = send_once(request, "calendar.enter", lambda: _enter(year, document, days), year=str(year))
                messages.success(request, done["said"])
                return HttpResponseRedirect(reverse("job", args=[uuid.UUID(done["job"])]))
            seen = lines if request.POST.get("step") == "check" else None
        except REFUSALS as refusal:
            problem = str(refusal)
    shown = {
        "current": reverse("calendar"),
        "year": year,
        "problem": problem,
        "rows": _typed(request) if request.method == "POST" else _kept(year),
        "document": request.POST.get("document", _document_kept(year)),
        "is_packed": year in KNOWN_YEARS,
        "is_entered": bool(_document_kept(year)),
        "key": new_key(),
    }
    if seen is not None:
        shown |= {"lines": seen, "counted": _counted(days), "months": _months(year, days), "before": _before(year, days)}
        return render(request, "administrators/calendar_check.html", shown)
    return render(request, "administrators/calendar_enter.html", shown, status=422 if problem else 200)


def _enter(year: int, document: str, days: Mapping[date, tuple[bool, str]]) -> dict[str, str]:
    enter_calendar_year(year=year, document=document, days=days, by=acting(), at=now())
    job, counted = start_recomputing(by=acting(), at=now()), _counted(days)
    said = f"{year} 年已录入：放假 {counted['off']} 天，调休上班 {counted['worked']} 天。期限正在按它重算。"
    return {"said": said, "job": job.pk.hex}


def _year(text: str, today: date) -> int | None:
    """Return a year there may be a notice of, or None."""
    held = int(text) if text.isascii() and text.isdigit() else 0
    return held if KNOWN_YEARS[0] <= held <= today.year + 2 else None


def _document(request: HttpRequest) -> str:
    text = request.POST.get("document", "").strip()
    if not text:
        raise Unclear("请写通知的文号或名称。")
    if len(text) > MOST_LETTERS:
        raise Unclear(f"通知的文号或名称最多 {MOST_LETTERS} 个字。")
    return text


def _document_kept(year: int) -> str:
    return next((one.document for one in years_known(today=localdate()) if one.year == year), "")


def _typed(request: HttpRequest) -> list[dict[str, str]]:
    """Return the lines as typed; a short column is filled up, so that nothing slips into another line."""
    held = {one: request.POST.getlist(one) for one in COLUMNS}
    most = min(max(map(len, held.values())), 40)
    return [{one: (held[one][at : at + 1] or [""])[0].strip() for one in COLUMNS} for at in range(most)]


def _lines(request: HttpRequest) -> list[NoticeLine]:
    """Return the lines that say a day; a holiday without any is left out, and without an end it is one day."""
    lines = []
    for row in _typed(request):
        first, last, *worked = (day_of(row[one]) for one in COLUMNS[1:])
        if any((first, last, *worked)):
            lines.append(NoticeLine(row["name"], first, last or first, tuple(one for one in worked if one)))
    return lines


def _kept(year: int) -> list[dict[str, str]]:
    """Return the lines as entered before, or the holidays of every year with their days to be filled in; and lines to spare."""
    rows = [_row(one) for one in entered_lines(year=year)] or [{"name": one} for one in HOLIDAYS]
    return [*rows, {}, {}]


def _row(line: NoticeLine) -> dict[str, str]:
    days = (line.first, line.last, *line.worked[:2])
    return {"name": line.name} | {one: day.isoformat() for one, day in zip(COLUMNS[1:], days, strict=False) if day}


def _counted(days: Mapping[date, tuple[bool, str]]) -> dict[str, int]:
    worked = sum(is_worked for is_worked, _ in days.values())
    return {"off": len(days) - worked, "worked": worked}


def _before(year: int, days: Mapping[date, tuple[bool, str]]) -> list[date]:
    return sorted(day for day in days if day.year < year)


def _months(year: int, special: Mapping[date, tuple[bool, str]]) -> Sequence[tuple[int, Any]]:
    weeks = Weeks()
    return [
        (month, [[_square(day, month, special) for day in week] for week in weeks.monthdatescalendar(year, month)])
        for month in range(1, 13)
    ]


def _square(day: date, month: int, special: Mapping[date, tuple[bool, str]]) -> Square | None:
    if day.month != month:
        return None
    is_worked, name = special.get(day, (day.weekday() < 5, ""))
    mark = ("班" if is_worked else "休") if day in special else ""
    return Square(day, mark, name, not is_worked)
