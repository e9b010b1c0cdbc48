"""The big screen (叫号大屏) and the windows' LED strips: numbers only, no names; open to all, because they hang on the wall."""

import json
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.hall.queries import Venue, board, fairness, notices_of, rule_changes, venue_by_code, window_line, windows_of
from yimen.office.access import System, scope
from yimen.web.hall.voice import clips

PAST_DAYS = 31


def page(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show the whole screen of a venue; with ?sound=off it is a second screen that shows and does not speak."""
    more = {"clips": json.dumps(clips()), "is_silent": request.GET.get("sound") == "off"}
    return _shown(request, venue_code, "hall/screen.html", **more)


def part(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show what changes on the screen; it is fetched again after every call, and every few seconds."""
    return _shown(request, venue_code, "hall/board.html")


def _shown(request: HttpRequest, venue_code: str, template: str, **more: Any) -> HttpResponse:
    venue, now = _venue(venue_code), timezone.now()
    with scope(System("screen", venue.service_point.area.path), "叫号大屏"):
        shown = {"venue": venue, "board": board(venue=venue, at=now), "notices": notices_of(venue)}
    # By the server's clock: the one of a box behind a screen is often wrong.
    clock = {"now": timezone.localtime(now), "clock": int(now.timestamp() * 1000)}
    return render(request, template, shown | clock | more)


def led(request: HttpRequest, venue_code: str, number: int) -> HttpResponse:
    """Tell the one line of a window's LED strip as plain text; ?encoding=gb18030 for controllers that know no UTF-8."""
    venue = _venue(venue_code)
    encoding = "gb18030" if request.GET.get("encoding", "").lower() in ("gbk", "gb2312", "gb18030") else "utf-8"
    window = next((one for one in windows_of(venue) if one.number == number), None)
    if window is None:
        raise Http404
    with scope(System("led", venue.service_point.area.path), "窗口 LED 屏"):
        line = window_line(window=window)
    return HttpResponse(line.encode(encoding), content_type=f"text/plain; charset={encoding}")


def in_the_open(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show to everybody how long people waited on a day, by class and hour, and who was overtaken how often."""
    venue = _venue(venue_code)
    today = timezone.localdate()
    text = request.GET.get("back", "0")
    back = min(int(text), PAST_DAYS) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    day = today - timedelta(days=back)
    with scope(System("fairness", venue.service_point.area.path), "公平公开"):
        told = fairness(venue=venue, day=day)
    shown = {
        "venue": venue,
        "told": told,
        "day": day,
        "is_today": not back,
        "earlier": back + 1 if back < PAST_DAYS else None,
        "later": back - 1 if back else None,
        "changes": rule_changes(venue)[:10],
    }
    return render(request, "hall/fairness.html", shown)


def _venue(venue_code: str) -> Venue:
    try:
        return venue_by_code(venue_code)
    except Venue.DoesNotExist:
        raise Http404 from None
