"""The big screen (叫号大屏): numbers only, no names; open to all, because it hangs on the wall."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.hall.queries import Venue, board, fairness, venue_by_code
from yimen.office.access import System, scope

PAST_DAYS = 31


def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the whole screen of a venue."""
    return _shown(request, code, "hall/screen.html")


def part(request: HttpRequest, code: str) -> HttpResponse:
    """Show what changes on the screen; it is fetched again after every call, and every few seconds."""
    return _shown(request, code, "hall/board.html")


def _shown(request: HttpRequest, code: str, template: str) -> HttpResponse:
    try:
        venue = venue_by_code(code)
    except Venue.DoesNotExist:
        return render(request, "citizen/none.html", status=404)
    with scope(System("screen", venue.service_point.area.path), "叫号大屏"):
        shown: dict[str, Any] = {"venue": venue, "board": board(venue=venue, at=timezone.now()), "now": timezone.localtime()}
    return render(request, template, shown)


def in_the_open(request: HttpRequest, code: str) -> HttpResponse:
    """Show to everybody how long people waited on a day, by class and hour, and who was overtaken how often."""
    try:
        venue = venue_by_code(code)
    except Venue.DoesNotExist:
        return render(request, "citizen/none.html", status=404)
    today = timezone.localdate()
    back = request.GET.get("back", "0")
    day = today - timedelta(days=min(int(back), PAST_DAYS) if back.isascii() and back.isdigit() else 0)
    with scope(System("fairness", venue.service_point.area.path), "公平公开"):
        told = fairness(venue=venue, day=day)
    return render(request, "hall/fairness.html", {"venue": venue, "told": told, "day": day, "today": today})
