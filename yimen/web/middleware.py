"""Every request of a member of staff runs inside a scope; without one, people's tables answer nothing."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from yimen.office.access import scope


class DeskMiddleware:
    """Open the scope of the person who is logged in, with the page as purpose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with scope(request.user, request.path, address=request.META.get("REMOTE_ADDR", "")):
            return self.get_response(request)


def desk(request: HttpRequest) -> dict[str, Any]:
    """Give every page the person at the desk."""
    return {"staff": request.user if request.user.is_authenticated else None}
