"""The big screen (叫号大屏): numbers only, no names; open to all, because it hangs on the wall."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.hall.queries import Venue, board, fairness, venue_by_code
from yimen.office.access import System, scope

PAST_DAYS = 31


def page(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show the whole screen of a venue."""
    return _shown(request, venue_code, "hall/screen.html")


def part(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show what changes on the screen; it is fetched again after every call, and every few seconds."""
    return _shown(request, venue_code, "hall/board.html")


def _shown(request: HttpRequest, venue_code: str, template: str) -> HttpResponse:
    venue = _venue(venue_code)
    with scope(System("screen", venue.service_point.area.path), "叫号大屏"):
        shown: dict[str, Any] = {"venue": venue, "board": board(venue=venue, at=timezone.now()), "now": timezone.localtime()}
    return render(request, template, shown)


def in_the_open(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show to everybody how long people waited on a day, by class and hour, and who was overtaken how often."""
    venue = _venue(venue_code)
    today = timezone.localdate()
    back = request.GET.get("back", "0")
    day = today - timedelta(days=min(int(back), PAST_DAYS) if back.isascii() and back.isdigit() else 0)
    with scope(System("fairness", venue.service_point.area.path), "公平公开"):
        told = fairness(venue=venue, day=day)
    return render(request, "hall/fairness.html", {"venue": venue, "told": told, "day": day, "today": today})


def _venue(venue_code: str) -> Venue:
    try:
        return venue_by_code(venue_code)
    except Venue.DoesNotExist:
        raise Http404 from None
