"""Leased rosters (离线名册): which hall has one, until when, whether its machines have come for file and key; made at once."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import Venue, leases_now, venues_seen
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotLeased, OtherContent)
HOURS = (24, 48, 72)


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Show the halls managed here with their latest roster."""
    require("hall.manage")
    now = timezone.now()
    shown = {
        "current": reverse("hall"),
        "lines": leases_now(venues=_venues(), at=now),
        "hours": HOURS,
        "usual": settings.YIMEN_ROSTER_HOURS,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "hall/rosters.html", shown, status=status)


def _venues() -> list[Venue]:
    return [one for one in venues_seen() if may("hall.manage", area_path=one.service_point.area.path)]


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make a roster now, of one hall or of all managed here."""
    wanted, hours = request.POST.get("venue", ""), request.POST.get("hours", "")
    try:
        venues = [one for one in leases_now(venues=_venues(), at=timezone.now()) if not wanted or one.venue.code == wanted]
        if not venues or not hours.isdecimal():
            raise actions.NotLeased("没有选大厅，或没有选租期。")

        def do() -> dict[str, str]:
            chosen = [one.venue for one in venues]
            made = actions.issue_leases(venues=chosen, hours=int(hours[:3]), by=acting(), at=timezone.now())
            return {"said": f"做好了 {len(made)} 份离线名册，大厅的机器连上网会自己来取。"}

        messages.success(request, send_once(request, "roster.make", do)["said"])
    except REFUSALS as refusal:
        return page(request, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("hall_rosters"))
