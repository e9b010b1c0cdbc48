"""At the window: ask whoever was just served for an opinion; a code for the telephone, a slip, a pad. And who sees the sums."""

import uuid
from datetime import timedelta
from typing import Any

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotRated, open_pad, open_visit
from yimen.cases.queries import Grade, bad_ones_open, ratings_by_point, visit_asked
from yimen.hall.queries import window_of
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.web.months import month_asked, months_until
from yimen.web.window.drafting import send_once

GRADES = [one.label for one in sorted(Grade, reverse=True)]


def page(request: HttpRequest) -> HttpResponse:
    """Show the way to ask, and for whoever may see them the opinions of a month by service point."""
    month = month_asked(request.GET.get("month", ""))
    last = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1) - timedelta(days=1)
    sees = may("rating.see")
    if not sees:
        require("rating.ask")
    lines = ratings_by_point(since=month, until=last) if sees else []
    shown = {
        "current": reverse("ratings"),
        "may_ask": may("rating.ask"),
        "sees": sees,
        "lines": lines,
        "totals": _totals(lines),
        "grades": GRADES,
        "month": month,
        "months": months_until(month),
        "bad": list(bad_ones_open()[:20]) if sees else [],
        "may_open": may("case.reassign"),
        "today": timezone.localdate(),
    }
    return render(request, "ratings/ratings.html", shown)


def _totals(lines: list[Any]) -> dict[str, Any]:
    return {
        "asked": sum(one.asked for one in lines),
        "rated": sum(one.rated for one in lines),
        "grades": [sum(one.grades[place] for one in lines) for place in range(len(GRADES))],
        "online_rated": sum(one.online_rated for one in lines),
        "online_bad": sum(one.online_bad for one in lines),
        "open_bad": sum(one.open_bad for one in lines),
    }


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Open the rating of the service that ends now, once, and show its code."""
    case, household = (_key(request.POST.get(name, "")) for name in ("case", "household"))
    # Whoever sits at a window of a hall serves there, wherever the case was taken in.
    window = window_of(acting())
    point = window.venue.service_point if window else None

    def open_one() -> dict[str, str]:
        return {"visit": open_visit(by=acting(), at=timezone.now(), case=case, household=household, point=point).pk.hex}

    try:
        done = send_once(request, "rating.ask", open_one)
    except (NotRated, OtherContent) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("ratings"))
    return HttpResponseRedirect(reverse("rating_asked", args=[uuid.UUID(done["visit"])]))


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Http404 from None


def asked(request: HttpRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Show the code of a service to whoever stands at the window; asked again by itself until the opinion is there."""
    visit, is_rated = visit_asked(visit_id=visit_id, by=acting())
    address = request.build_absolute_uri(reverse("rate", args=[visit.code]))
    shown = {
        "current": reverse("ratings"),
        "visit": visit,
        "is_rated": is_rated,
        "address": address,
        "code": f"{visit.code[:5]} {visit.code[5:]}",
        "drawn": segno.make(address, error="m").svg_data_uri(scale=6, border=4, dark="#1b2521", light="#ffffff"),
        "today": timezone.localdate(),
    }
    template = "ratings/asked_part.html" if request.headers.get("HX-Request") else "ratings/asked.html"
    return render(request, template, shown)


@require_POST
def pad(request: HttpRequest) -> HttpResponse:
    """Show how to bring today's pad to this window: its code opens nothing but the question."""
    try:
        held = open_pad(by=acting(), at=timezone.now())
    except NotRated as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("ratings"))
    address = request.build_absolute_uri(reverse("pad", args=[held.code]))
    drawn = segno.make(address, error="m").svg_data_uri(scale=6, border=4, dark="#1b2521", light="#ffffff")
    return render(request, "ratings/pad_code.html", {"current": reverse("ratings"), "address": address, "drawn": drawn})
