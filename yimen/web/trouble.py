"""
What is shown when something fails (出了差错): a fault of the program, or a database that is away or a disk that is full.

Such an answer asks nothing of the database, neither who is logged in nor what the desk is.
"""

import sys

from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from yimen.office.trouble import Trouble, is_full, trouble_of

MACHINES, KIOSK = "/api/", "/kiosk/"
KIOSK_SECONDS = 20


def failed(request: HttpRequest) -> HttpResponse:
    """Answer what no page answered: 503 and 507 say what is so and when to come again, 500 is our fault."""
    trouble = trouble_of(sys.exc_info()[1])
    if trouble is None:
        return HttpResponse(render_to_string("500.html"), status=500)
    answer = _told(request, trouble)
    answer.headers["Retry-After"] = str(trouble.again_in)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _told(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    if request.path.startswith(MACHINES):
        told = {"problem": trouble.sentence}
        return JsonResponse(told, status=trouble.status, json_dumps_params={"ensure_ascii": False})
    # A part of a page says it in its own place; the page stays.
    if request.headers.get("HX-Request"):
        return HttpResponse(trouble.sentence, status=trouble.status, content_type="text/plain; charset=utf-8")
    # Nobody can press "back" on a kiosk.
    again = request.path if request.path.endswith(KIOSK) else ""
    shown = {"trouble": trouble, "again": again, "seconds": KIOSK_SECONDS}
    return HttpResponse(render_to_string("trouble.html", shown), status=trouble.status)


class Sessions(SessionMiddleware):
    """A page that was only looked at is shown even where there is no room to note when."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session; without room for it a page is shown all the same, and what changes something is refused."""
        try:
            return super().process_response(request, response)
        except DatabaseError as problem:
            if request.method not in ("GET", "HEAD") or not is_full(problem):
                raise
            return response
