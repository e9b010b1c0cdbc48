"""The day of a hall (大厅今天): windows, who waits, who is free, the alarm; a window is opened, paused or closed for a clerk."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import Venue, hall_now, may_be_seated, seats_now, troubles, venues_seen
from yimen.hall.words import WindowState
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.office.queries import staff_called
from yimen.web.hall.desk import back_at
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotOpened, OtherContent)
STATES = {"open": WindowState.OPEN, "pause": WindowState.PAUSED, "close": WindowState.CLOSED}
SAID = {"open": "开着了", "pause": "停下了", "close": "关了"}
PAST_DAYS = 31
REASONS = ("就餐", "开会", "身体不适", "等的人多", "忘了关窗")


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Show a hall as it is now, with what whoever manages it may do at its windows; a refusal stands with what was typed."""
    venues, venue = watched(request)
    if venue is None:
        return render(request, "hall/none.html", {"current": reverse("hall_day")}, status=status)
    shown = (
        _waits(venue)
        | _seats(venue)
        | {
            "current": reverse("hall_day"),
            "venues": venues,
            "days": [timezone.localdate() - timedelta(days=back) for back in range(PAST_DAYS + 1)],
            "problem": problem,
            "typed": request.POST if problem else {},
        }
    )
    return render(request, "hall/day.html", shown, status=status)


def now(request: HttpRequest) -> HttpResponse:
    """Show who waits and who is free, as the page asks again by itself."""
    _, venue = watched(request)
    return HttpResponse(status=204) if venue is None else render(request, "hall/day_now.html", _waits(venue))


def windows(request: HttpRequest) -> HttpResponse:
    """Show the windows, as the page asks again by itself."""
    _, venue = watched(request)
    return HttpResponse(status=204) if venue is None else render(request, "hall/day_windows.html", _seats(venue))


def _waits(venue: Venue) -> dict[str, Any]:
    at = timezone.now()
    told = {"told": hall_now(venue=venue, at=at), "troubles": troubles(venue=venue, at=at)}
    return told | {"venue": venue, "at": at, "may_manage": _manages(venue)}


def _seats(venue: Venue) -> dict[str, Any]:
    manages = _manages(venue)
    return {
        "venue": venue,
        "seats": seats_now(venue=venue, at=timezone.now()),
        "may_manage": manages,
        "clerks": may_be_seated(venue) if manages else [],
        "reasons": REASONS,
        "key": new_key(),
    }


def _manages(venue: Venue) -> bool:
    return may("hall.manage", area_path=venue.service_point.area.path)


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Open, pause or close a window in a clerk's stead; what is refused is said on the page."""
    _, venue = watched(request)
    require("hall.manage")
    if venue is None or name not in STATES:
        raise Http404
    try:
        said = send_once(request, f"day.{name}", lambda: {"said": _set(request, venue, name)}, venue=venue.code)["said"]
    except REFUSALS as refusal:
        return page(request, problem=str(refusal), status=422)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("hall_day") + f"?venue={venue.code}")


def _set(request: HttpRequest, venue: Venue, name: str) -> str:
    text = request.POST.get("window", "")
    window = venue.windows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 10 else None
    if window is None:
        raise actions.NotOpened("没有这个窗口了，请刷新页面。")
    held = actions.set_window_for(
        window_id=window.pk,
        state=STATES[name],
        staff=staff_called(request.POST.get("staff", "")),
        reason=request.POST.get("reason", ""),
        back_at=back_at(request.POST.get("back_at", "")),
        by=acting(),
        at=timezone.now(),
    )
    return f"{held}{SAID[name]}。"


def watched(request: HttpRequest) -> tuple[list[Venue], Venue | None]:
    """
    Return the halls somebody watches, and the one that is asked for or the first.

    Raises NotAllowed, and Http404 for a hall that is elsewhere as for one that never was.
    """
    require("hall.watch")
    venues = [one for one in venues_seen() if may("hall.watch", area_path=one.service_point.area.path)]
    wanted = request.POST.get("venue") or request.GET.get("venue")
    if not wanted:
        return venues, venues[0] if venues else None
    found = next((one for one in venues if one.code == wanted), None)
    if found is None:
        raise Http404
    return venues, found
