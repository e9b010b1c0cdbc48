"""The report of a day (大厅日报): one paper that can be mailed; it names nobody who came and no clerk."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.timezone import localtime

from yimen.hall.queries import Alarm, DayReport, day_report
from yimen.hall.words import Source
from yimen.office import audit
from yimen.web.hall.day import watched
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.sheet import Sheet
from yimen.web.papers.views import not_printed, pdf, set_paper
from yimen.web.papers.wording import day as day_words

WEEKDAYS = "一二三四五六日"


def printed(request: HttpRequest) -> HttpResponse:
    """Print the report of a day, of today as far as it has gone."""
    _, venue = watched(request)
    now = timezone.now()
    day = _day(request.GET.get("day", ""))
    if venue is None or day > timezone.localdate(now):
        raise Http404
    report = day_report(venue=venue, day=day, at=now)
    audit.write(action="export", at=now, what="hall_day", venue=venue.code, day=f"{day}")
    try:
        return pdf(set_paper("大厅日报", "hall_day", sheet_of(report)), name=f"hall-{venue.code}-{day:%Y%m%d}.pdf")
    except NotPrintable as problem:
        return not_printed(request, problem)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else timezone.localdate()
    except ValueError:
        raise Http404 from None


def sheet_of(report: DayReport) -> Sheet:
    """Return what stands on the report."""
    part = {
        "venue": str(report.venue),
        "day": f"{day_words(report.told.day)} 星期{WEEKDAYS[report.told.day.weekday()]}",
        "until": "" if report.is_over else f"还没有结束，截至 {_clock(report.until)}",
        "rule": report.told.rule,
        "changes": [[_clock(one.at), one.before, one.reason] for one in report.told.changes],
        "figures": _figures(report),
        "series": [_series(one) for one in report.series],
        "classes": [_waits(name, one) for name, one in _classes(report)],
        "overtaken": _overtaken(report),
        "hours": [_hour(one) for one in report.told.by_hour],
        "limit": report.limit_minutes,
        "alarms": [_alarm(one, report.until) for one in report.alarms],
        "windows": [_window(one, is_over=report.is_over) for one in report.windows],
        "never_closed": "、".join(map(str, report.never_closed)),
        "pauses": [_pause(one) for one in report.pauses],
        "opinions": _opinions(report),
        "accompanied": _accompanied(report),
        "when": _when(report),
        "left": _left(report),
    }
    return Sheet([part], str(report.venue), report.told.day)


def _clock(moment: datetime) -> str:
    return f"{localtime(moment):%H:%M}"


def _minutes(value: float | None) -> str:
    return "—" if value is None else f"{floatformat(value, 0)} 分钟"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{floatformat(value, 0)}%"


def _figures(report: DayReport) -> list[list[str]]:
    """Return the day's figures, in pairs of what and how many."""
    whole = report.whole
    return [
        ["取号", f"{report.taken} 个{_sources(report)}"],
        ["叫到", f"{whole.called} 个"],
        ["办结", f"{report.finished} 个"],
        ["没等到就走", f"{whole.left} 个（{_percent(whole.left_percent)}）"],
        ["过号", f"{report.missed} 个" + (f"，{report.came_back} 个回来了" if report.came_back else "")],
        ["一半人等不到", _minutes(whole.middle)],
        ["九成人等不到", _minutes(whole.nine_in_ten)],
        ["叫到的最久", _minutes(whole.longest)],
        ["办一件一般要", _minutes(report.service_minutes)],
        [f"{_when(report)}还留着", f"{report.left.whole} 个"],
    ]


def _sources(report: DayReport) -> str:
    told = [f"{Source(name).label} {number}" for name, number in sorted(report.sources.items())]
    return f"（{'，'.join(told)}）" if told else ""


def _series(one: Any) -> list[str]:
    waits = one.waits
    times = [_minutes(value) for value in (waits.middle, waits.nine_in_ten, waits.longest)]
    return [str(one.series), f"{one.taken}", f"{waits.called}", *times, f"{waits.left}", f"{one.missed}"]


def _classes(report: DayReport) -> Iterable[tuple[str, Any]]:
    return (("普通号", report.told.whole.ordinary), ("优先号", report.told.whole.priority))


def _waits(name: str, waits: Any) -> list[str]:
    times = [_minutes(value) for value in (waits.mean, waits.middle, waits.nine_in_ten, waits.longest)]
    return [name, f"{waits.called}", *times, f"{waits.left}", _percent(waits.left_percent)]


def _overtaken(report: DayReport) -> str:
    whole = report.told.whole
    if whole.overtaken_mean is None:
        return "当天没有叫过普通号。"
    return (
        f"平均每个普通号被 {floatformat(whole.overtaken_mean, 1)} 个后来的先叫，最多 {whole.overtaken_most} 个；"
        f"先叫的人最多晚来 {floatformat(whole.later_most_minutes, 0)} 分钟。"
    )


def _hour(one: Any) -> list[str]:
    means = [_minutes(waits.mean) for waits in (one.ordinary, one.priority)]
    return [f"{one.hour} 点", f"{one.taken}", *means, f"{one.ordinary.left + one.priority.left}"]


def _alarm(one: Alarm, until: datetime) -> list[str]:
    lasted = one.minutes(until)
    still = f"（{one.waiting} 人{'到最后没有叫到' if one.ends_at else '还在等'}）" if one.waiting else ""
    return [
        str(one.line),
        _clock(one.starts_at),
        _clock(one.ends_at) if one.ends_at else "还在响",
        f"{lasted} 分钟" if lasted else "不到 1 分钟",
        f"{one.tickets} 人{still}",
        f"{one.longest_minutes} 分钟",
    ]


def _window(one: Any, *, is_over: bool) -> list[str]:
    closed = _clock(one.closed_at) if one.closed_at else "没有关" if is_over else "还没有关"
    paused = f"{one.paused_minutes} 分钟" if one.paused_minutes else "—"
    return [str(one.window), _clock(one.opened_at), closed, f"{one.minutes} 分钟", paused]


def _pause(one: Any) -> list[str]:
    ends = _clock(one.ends_at) if one.ends_at else "没有回来"
    who = "大厅主任代办" if one.is_managed else "窗口自己"
    return [str(one.window), one.reason or "没有写", _clock(one.starts_at), ends, f"{one.minutes} 分钟", who]


def _opinions(report: DayReport) -> str:
    held = report.rated
    if held is None or not held.asked:
        return "当天没有请人评价。"
    grades = "，".join(f"{words} {number}" for words, number in held.by_grade if number)
    given = f"：{grades}" if grades else ""
    bad = f"差评还没有处理完的 {held.open_bad} 件。" if held.open_bad else ""
    return f"请了 {held.asked} 次，评了 {held.rated} 次{given}。{bad}"


def _accompanied(report: DayReport) -> str:
    stayed = f"延时服务 {report.stayed_for} 人。" if report.stayed_for else ""
    return f"协办员陪了 {report.accompanied} 人。{stayed}"


def _left(report: DayReport) -> str:
    held = report.left
    told: Sequence[tuple[str, int]] = (
        ("一次也没有叫到", held.uncalled),
        ("在路上取了号没有来", held.on_the_way),
        ("叫过以后又在等", held.waiting_again),
        *held.states.items(),
    )
    named = "，".join(f"{words} {number} 个" for words, number in told if number)
    return f"{_when(report)}还留着 {held.whole} 个号：{named}。" if named else f"{_when(report)}一个号也没有留着。"


def _when(report: DayReport) -> str:
    return "结束时" if report.is_over else "现在"
