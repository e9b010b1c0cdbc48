"""
Where to go (办事地点): what can be done where, what is open now, how long the wait is; open to everybody, for telephones first.

How far it is the browser reckons itself: no position is ever sent.
"""

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.hall.queries import Found, all_matters, find_venues
from yimen.office.access import System, scope

# So long a page is the same for everybody: many telephones ask, and minutes do not change faster.
SECONDS = 20


def page(request: HttpRequest) -> HttpResponse:
    """Show the venues, all or those that do one matter."""
    with scope(System("venues"), "办事地点"):
        matters = all_matters()
        wanted = next((one for one in matters if one.code == request.GET.get("matter")), None)
        found = _found(wanted.code if wanted else "")
    open_only = "open" in request.GET
    shown = {
        "found": [one for one in found if one.is_open] if open_only else found,
        "matters": matters,
        "wanted": wanted,
        "open_only": open_only,
        "now": timezone.localtime(),
    }
    return render(request, "hall/finder.html", shown)


def _found(matter: str) -> list[Found]:
    held: list[Found] | None = cache.get(f"venues:{matter}")
    if held is None:
        held = find_venues(at=timezone.now(), matter=matter)
        cache.set(f"venues:{matter}", held, SECONDS)
    return held
