"""
Every request of a member of staff passes here: logged in, second factor passed, not idle too long; then it runs inside a scope.

Nothing is reachable without, save the door itself and what OPEN_TO_ALL names: a new page is closed until somebody has passed.
"""

import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from yimen.office import audit
from yimen.office.access import NotAllowed, OutsideScope, scope
from yimen.office.files import NoSuchFile
from yimen.web.accounts import address_of, passed_second_factor, second_factors
from yimen.web.desk import desk_of, not_allowed, not_found

DOOR = "/login/"
# What is open to whoever comes, without log-in and without a desk: such a page opens its own scope, and shows nobody.
OPEN_TO_ALL = ("/progress/", "/rate/", "/pad/", "/online/", "/venues/")
# The last moment is written down once a minute, not at every request.
SEEN_EVERY = 60


class DeskMiddleware:
    """Let nobody in who has not passed the door, and open the scope of whoever has, with the page as purpose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and let no browser or proxy keep the answer: the next person at this computer may press "back"."""
        response = self._answer(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        # Open to everybody, or a program or device let in by its token, whose scope is open.
        if request.path.startswith(OPEN_TO_ALL) or hasattr(request, "client") or hasattr(request, "device"):
            return self.get_response(request)
        at_door = request.path.startswith(DOOR)
        if not request.user.is_authenticated:
            return self.get_response(request) if at_door else _to_door(request)
        ended = _why_ended(request)
        if ended:
            logout(request)
            return _to_door(request, ended)
        held = second_factors(request)
        if not held or at_door or request.path == reverse("account_logout"):
            leads_on = at_door or request.path == reverse("account_logout")
            return self.get_response(request) if leads_on else HttpResponseRedirect(reverse("mfa_activate_totp"))
        if not passed_second_factor(request, held):
            logout(request)
            return _to_door(request, "factor")
        with scope(request.user, request.path[:80], address=address_of(request)):
            cast(Any, request).desk = desk_of(request)
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Turn a refusal of a door into a page that says why; a refused attempt is written down."""
        if isinstance(problem, NotAllowed):
            audit.write(action="refused", at=timezone.now(), refused=True, page=request.path[:80])
            return not_allowed(request, problem)
        if isinstance(problem, OutsideScope | NoSuchFile | ObjectDoesNotExist):
            return not_found(request)
        return None


def _to_door(request: HttpRequest, ended: str = "") -> HttpResponse:
    query = {"next": request.path} if request.path != "/" else {}
    address = reverse("account_login") + "?" + urlencode(query | ({"ended": ended} if ended else {}))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address.rstrip("?"))


def _why_ended(request: HttpRequest) -> str:
    """Return why the session is over (idle, day), or nothing. A page that asks by itself does not keep it alive."""
    now, session = int(time.time()), request.session
    began, seen = session.get("began_at"), session.get("seen_at")
    if began is not None and now - began > settings.SESSION_COOKIE_AGE:
        return "day"
    if seen is not None and now - seen > settings.IDLE_SECONDS:
        return "idle"
    if began is None:
        session["began_at"] = now
    if seen is None or (now - seen > SEEN_EVERY and not request.headers.get("X-Polling")):
        session["seen_at"] = now
    return ""


def desk(request: HttpRequest) -> dict[str, Any]:
    """Give every page the person at the desk."""
    return {
        "staff": request.user if request.user.is_authenticated else None,
        "desk": getattr(request, "desk", None),
        "demonstration": settings.YIMEN_DEMO,
        "lone": bool(settings.YIMEN_VENUE),
    }
