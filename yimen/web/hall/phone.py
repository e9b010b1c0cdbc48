"""
The hall on a telephone (手机): take a number, say "I am here", see how long it still takes, give it back; agree on an hour.

No name is asked. Whoever scans the code that hangs in the hall is here; whoever takes a number elsewhere is called only after
scanning it. A browser holds one number of a hall at a time.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any

import segno
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import (
    Matter,
    Ticket,
    Venue,
    appointment_by_code,
    is_here_code,
    is_open,
    matters_of,
    place_of,
    services_asked,
    slots_of,
    stand_of,
    ticket_by_code,
    venue_by_code,
)
from yimen.hall.words import OVER, Source, State
from yimen.office.access import System, scope
from yimen.office.once import OtherContent
from yimen.web.accounts import address_of
from yimen.web.citizen.limits import OPINION, RIGHT, WRONG, asked_too_often, count
from yimen.web.citizen.progress import plain
from yimen.web.hall.slip import ticket_pdf
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotTaken, actions.NotHere, actions.NotAppointed, actions.WrongStep, OtherContent)
COOKIE, SALT, HELD_SECONDS = "yimen_ticket", "hall.ticket", 16 * 3600
# How long after scanning somebody may choose, and still was here.
HERE_SALT, HERE_SECONDS = "hall.here", 600
# From so few ahead, or so few minutes, it is said that it is soon.
SOON_AHEAD, SOON_MINUTES = 3, 10
LOOK_AGAIN_SECONDS = 15
TOO_OFTEN = "这台手机或这个网络试得太多了。请过 10 分钟再来，或者到取号机、导办台取号。"


def take(request: HttpRequest, venue_code: str, problem: str = "", status: int = 200) -> HttpResponse:
    """Let somebody take a number; one who holds one and stands in the hall now says so with one press."""
    venue = _venue(venue_code)
    shown = request.GET.get("here", "")[:6]
    with _scoped(request, venue):
        held = _held(request, venue)
        if request.method == "POST" and not problem:
            return _taken(request, venue, held)
        if held is not None and held.state not in OVER and not (shown and not held.is_here):
            return HttpResponseRedirect(reverse("hall_ticket", args=[venue.code, held.code]))
        seen = {
            "venue": venue,
            "held": held if held is not None and held.state not in OVER else None,
            "here": shown,
            "sealed": _sealed_here(request, venue, shown),
            "groups": [(one.name, list(rows)) for one, rows in groupby(matters_of(venue), key=lambda row: row.department)],
            "is_open": is_open(venue, timezone.now()),
            "appointments": venue.appointments_an_hour,
            "key": new_key(),
            "problem": problem,
        }
        return render(request, "hall/phone_take.html", seen, status=status)


def _sealed_here(request: HttpRequest, venue: Venue, shown: str) -> str:
    """Keep for some minutes that the code of the hall was scanned; a wrong one is counted, for it may be guessed."""
    if not shown or asked_too_often(request, "here"):
        return ""
    if is_here_code(venue.code, shown, timezone.now()):
        return signing.dumps(venue.code, salt=HERE_SALT)
    count(request, WRONG, "here")
    return ""


def _was_here(request: HttpRequest, venue: Venue) -> bool:
    try:
        told = signing.loads(request.POST.get("sealed", ""), salt=HERE_SALT, max_age=HERE_SECONDS)
    except signing.BadSignature:
        return False
    return bool(told == venue.code)


def _taken(request: HttpRequest, venue: Venue, held: Ticket | None) -> HttpResponse:
    if held is not None and held.state not in OVER:
        return HttpResponseRedirect(reverse("hall_ticket", args=[venue.code, held.code]))
    if asked_too_often(request, "phone"):
        return take(request, venue.code, problem=TOO_OFTEN, status=429)

    def do() -> dict[str, str]:
        ticket = actions.take_ticket(
            venue=venue,
            matters=_chosen(request, venue),
            source=Source.PHONE,
            by=None,
            at=timezone.now(),
            is_here=_was_here(request, venue),
        )
        return {"code": ticket.code}

    try:
        code = send_once(request, "phone.ticket", do)["code"]
    except REFUSALS as refusal:
        return take(request, venue.code, problem=str(refusal), status=422)
    count(request, OPINION, "phone")
    return _keeping(HttpResponseRedirect(reverse("hall_ticket", args=[venue.code, code])), venue, code)


def _keeping(answer: HttpResponse, venue: Venue, code: str) -> HttpResponse:
    value = signing.dumps([venue.code, code], salt=SALT)
    secure = settings.YIMEN_HTTPS
    # Lax: whoever scans with the camera comes from another program, and still holds the number.
    answer.set_cookie(COOKIE, value, max_age=HELD_SECONDS, path="/venues/", secure=secure, httponly=True, samesite="Lax")
    return answer


def _held(request: HttpRequest, venue: Venue) -> Ticket | None:
    try:
        where, code = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=HELD_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return ticket_by_code(code=str(code), on=timezone.localdate()) if where == venue.code else None


def ticket(request: HttpRequest, venue_code: str, receipt: str, problem: str = "", status: int = 200) -> HttpResponse:
    """Show where a ticket stands, to whoever holds its code; the page looks again by itself."""
    venue = _venue(venue_code)
    if asked_too_often(request, "ticket"):
        return render(request, "hall/phone_gone.html", {"venue": venue, "problem": TOO_OFTEN}, status=429)
    with _scoped(request, venue):
        held = _ticket(venue, receipt)
        if held is None:
            count(request, WRONG, "ticket")
            return render(request, "hall/phone_gone.html", {"venue": venue}, status=404)
        place = place_of(ticket_id=held.pk, at=timezone.now())
        is_soon = place.ahead < SOON_AHEAD or (place.wait is not None and place.wait.most <= SOON_MINUTES)
        shown = {
            "venue": venue,
            "ticket": held,
            "place": place,
            "is_waiting": held.state == State.WAITING,
            "is_soon": is_soon,
            "is_over": held.state in OVER,
            "matters": services_asked(held),
            "rule": venue.calling_rule.words,
            "again": 0 if held.state in OVER else LOOK_AGAIN_SECONDS,
            "key": new_key(),
            "problem": problem,
        }
        return render(request, "hall/phone_ticket.html", shown, status=status)


@require_POST
def act(request: HttpRequest, venue_code: str, receipt: str, name: str) -> HttpResponse:
    """Say "I am here", or give the ticket back."""
    venue = _venue(venue_code)
    doing: dict[str, Callable[[Ticket, datetime], object]] = {
        "here": lambda held, at: actions.arrive(ticket_id=held.pk, shown=_digits(request), at=at),
        "cancel": lambda held, at: actions.give_up(ticket_id=held.pk, at=at),
    }
    if name not in doing:
        raise Http404
    if asked_too_often(request, "here"):
        return ticket(request, venue_code, receipt, problem=TOO_OFTEN, status=429)
    with _scoped(request, venue):
        held = _ticket(venue, receipt)
        if held is None:
            raise Http404
        try:
            send_once(request, f"phone.{name}", lambda: {"done": bool(doing[name](held, timezone.now()))}, ticket=held.code)
        except REFUSALS as refusal:
            count(request, WRONG if isinstance(refusal, actions.NotHere) else RIGHT, "here")
            return ticket(request, venue_code, receipt, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("hall_ticket", args=[venue.code, held.code]))


def _digits(request: HttpRequest) -> str:
    return "".join(one for one in request.POST.get("here", "") if one.isdigit())[:6]


def printed(request: HttpRequest, venue_code: str, receipt: str) -> HttpResponse:
    """Return the ticket as PDF, where no ticket printer stands."""
    venue = _venue(venue_code)
    with _scoped(request, venue):
        held = _ticket(venue, receipt)
        if held is None:
            raise Http404
        address = request.build_absolute_uri(reverse("hall_ticket", args=[venue.code, held.code]))
        paper = ticket_pdf(place_of(ticket_id=held.pk, at=timezone.now()), address=address, at=timezone.now())
    headers = {"Content-Disposition": 'inline; filename="ticket.pdf"'}
    return HttpResponse(paper.content, content_type="application/pdf", headers=headers)


def appointment(request: HttpRequest, venue_code: str, problem: str = "", status: int = 200) -> HttpResponse:
    """Let somebody agree on an hour."""
    venue, now = _venue(venue_code), timezone.now()
    with _scoped(request, venue):
        if request.method == "POST" and not problem:
            return _appointed(request, venue)
        days = [
            (day, list(rows)) for day, rows in groupby(slots_of(venue=venue, at=now), key=lambda one: localdate(one.starts_at))
        ]
        shown = {
            "venue": venue,
            "days": days,
            "groups": [(one.name, list(rows)) for one, rows in groupby(matters_of(venue), key=lambda row: row.department)],
            "key": new_key(),
            "problem": problem,
        }
        return render(request, "hall/phone_appointment.html", shown, status=status)


def _appointed(request: HttpRequest, venue: Venue) -> HttpResponse:
    if asked_too_often(request, "phone"):
        return appointment(request, venue.code, problem=TOO_OFTEN, status=429)
    try:
        starts_at = datetime.fromisoformat(request.POST.get("slot", ""))
    except ValueError:
        return appointment(request, venue.code, problem="请选一个时间。", status=422)
    if starts_at.tzinfo is None:
        return appointment(request, venue.code, problem="请选一个时间。", status=422)

    def do() -> dict[str, str]:
        made = actions.appoint(venue=venue, matters=_chosen(request, venue), starts_at=starts_at, at=timezone.now())
        return {"code": made.code}

    try:
        code = send_once(request, "phone.appointment", do)["code"]
    except REFUSALS as refusal:
        return appointment(request, venue.code, problem=str(refusal), status=422)
    count(request, OPINION, "phone")
    return HttpResponseRedirect(reverse("hall_appointment_of", args=[venue.code, code]))


def appointed(request: HttpRequest, venue_code: str, receipt: str, problem: str = "", status: int = 200) -> HttpResponse:
    """Show an appointment to whoever holds its code; on POST take it back."""
    venue, now = _venue(venue_code), timezone.now()
    if asked_too_often(request, "ticket"):
        return render(request, "hall/phone_gone.html", {"venue": venue, "problem": TOO_OFTEN}, status=429)
    with _scoped(request, venue):
        held = appointment_by_code(code=plain(receipt), at=now)
        if held is None or held.venue_id != venue.pk:
            count(request, WRONG, "ticket")
            return render(request, "hall/phone_gone.html", {"venue": venue}, status=404)
        if request.method == "POST" and not problem:
            try:
                actions.cancel_appointment(appointment_id=held.pk, at=now)
            except REFUSALS as refusal:
                return appointed(request, venue_code, receipt, problem=str(refusal), status=422)
            return HttpResponseRedirect(reverse("hall_appointment_of", args=[venue.code, held.code]))
        code = f"{held.code[:5]} {held.code[5:]}"
        drawn = segno.make(held.code, error="m").svg_data_uri(scale=6, border=3, dark="#1b2521", light="#ffffff")
        shown = {"venue": venue, "held": held, "stand": stand_of(held, now), "code": code, "drawn": drawn, "problem": problem}
        shown |= {"matters": list(held.matters.order_by("name")), "key": new_key()}
        return render(request, "hall/phone_appointed.html", shown, status=status)


def _scoped(request: HttpRequest, venue: Venue) -> Any:
    return scope(System("phone", venue.service_point.area.path), "手机取号", address=address_of(request))


def _ticket(venue: Venue, receipt: str) -> Ticket | None:
    held = ticket_by_code(code=plain(receipt), on=timezone.localdate())
    return held if held is not None and held.venue_id == venue.pk else None


def _chosen(request: HttpRequest, venue: Venue) -> list[Matter]:
    wanted = set(request.POST.getlist("matter"))
    return [one for one in matters_of(venue) if one.code in wanted]


def _venue(venue_code: str) -> Venue:
    try:
        return venue_by_code(venue_code)
    except Venue.DoesNotExist:
        raise Http404 from None
