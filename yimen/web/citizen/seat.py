"""
At home (在家里): whose draft this browser is filling in. Nothing of it stands in an address; the session names it by a random key
and forgets it after half an hour without a touch.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from yimen.cases.queries import Online, online_draft
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.web.accounts import address_of

P = ParamSpec("P")
PURPOSE = "本人网上申请"
SEAT, RECEIPT = "online", "online_receipt"
# The citizen's steps: the page, and what it is called.
STEPS = (("online_ask", "问情况"), ("online_choose", "选事项"), ("online_papers", "拍材料"), ("online_sign", "授权和提交"))


@contextmanager
def at_home(request: HttpRequest) -> Iterator[None]:
    """Open the scope of the program for a person at home, and a reading that is written down with their address."""
    with scope(System("online"), PURPOSE, address=address_of(request)), reading(PURPOSE):
        yield


def sit(request: HttpRequest, online: uuid.UUID) -> None:
    """Let this browser go on with a draft; its session gets a new key, so that none laid in before holds."""
    request.session.cycle_key()
    request.session.pop(RECEIPT, None)
    request.session[SEAT] = {"id": online.hex, "seen": int(time.time())}


def leave(request: HttpRequest) -> None:
    """Forget whose draft it is."""
    request.session.pop(SEAT, None)


def seat_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the key of the draft this browser goes on with, or None."""
    held = request.session.get(SEAT)
    if not held or time.time() - held["seen"] > settings.IDLE_SECONDS:
        leave(request)
        return None
    request.session[SEAT] = held | {"seen": int(time.time())}
    return uuid.UUID(held["id"])


def filling(view: Callable[Concatenate[HttpRequest, Online, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a page the draft it fills in, inside its scope and reading; without one it leads to the beginning."""

    @wraps(view)
    def within(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        key = seat_of(request)
        with at_home(request):
            online = online_draft(online=key) if key else None
            if online is None:
                leave(request)
                return HttpResponseRedirect(reverse("online_done" if request.session.get(RECEIPT) else "online"))
            return view(request, online, *args, **kwargs)

    return within


def frame(step: str, **more: Any) -> dict[str, Any]:
    """Return what every page of a draft shows: which step of how many."""
    names = [name for name, _ in STEPS]
    return {"steps": STEPS, "step": step, "nth": names.index(step) + 1 if step in names else 0} | more
