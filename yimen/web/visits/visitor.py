"""Who is at the phone or desk, and that what is sent twice happens once (谁在办、只办一次)."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest

from yimen.office.access import current
from yimen.office.once import once
from yimen.office.queries import Staff


def visitor() -> Staff:
    """Return the member of staff who acts; the program itself visits nobody."""
    staff = current().staff
    if staff is None:
        raise Http404
    return staff


def new_key() -> str:
    """Return a key for one page's submission."""
    return uuid.uuid4().hex


def once_only(
    request: HttpRequest, action: str, about: uuid.UUID | None, *, at: datetime, do: Callable[[], Mapping[str, Any]]
) -> dict[str, Any]:
    """Do what a page asks under the key it carries; the same page sent again gets the same answer. Raises OtherContent."""
    kept = sorted(name for name in request.POST if name not in ("csrfmiddlewaretoken", "key"))
    content = {"about": str(about), "sent": [[name, request.POST.getlist(name)] for name in kept]}
    return once(key=request.POST.get("key", "")[:64] or new_key(), action=action, content=content, at=at, do=do)
