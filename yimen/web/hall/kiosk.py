"""
The kiosk (取号机): big letters, a few steps, read aloud, Chinese and English; on a paired machine alone.

Nothing of an ID card is kept on the page or in an address. The ticket is committed first and printed afterwards; whatever the
printer does, it stands on the screen with its code.
"""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.hall import actions
from yimen.hall.queries import (
    Device,
    Matter,
    Ticket,
    Venue,
    appointment_by_code,
    grounds_of,
    here_code,
    is_open,
    matters_of,
    place,
    place_of,
    ticket_by_code,
)
from yimen.hall.words import DeviceKind, Ground, PrinterState, Source
from yimen.office.once import OtherContent
from yimen.web.citizen.progress import plain
from yimen.web.hall.english import DEPARTMENTS, MATTERS, said
from yimen.web.hall.machines import only_for
from yimen.web.hall.slip import print_ticket
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (
    actions.NotTaken,
    actions.NotRecognised,
    actions.NotRead,
    actions.NotAppointed,
    OtherContent,
)
# After so many seconds without a touch the page begins anew, sooner once the ticket is shown.
PATIENCE_SECONDS, SHOWN_SECONDS = 60, 25
MAY_BE_STATED = (Ground.PREGNANT, Ground.VETERAN)


@only_for(DeviceKind.KIOSK)
def page(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Lead from the start to a ticket: what for, ID card or not, number."""
    step = request.POST.get("step", "") if request.method == "POST" else request.GET.get("step", "start")
    try:
        return _STEPS.get(step, _start)(request)
    except REFUSALS as refusal:
        back = _appointment if step == "keep" else _card
        return back(request, problem=str(refusal), status=422)


def _start(request: HttpRequest) -> HttpResponse:
    no_printer = said(_language(request)).get(f"no_{_device(request).printer}", "") if _venue(request).printer else ""
    is_open_now = is_open(_venue(request), timezone.now())
    return _shown(request, "start", is_open=is_open_now, no_printer=no_printer, **_at_the_door(request))


def _matters(request: HttpRequest) -> HttpResponse:
    language = _language(request)
    rows = [(one, MATTERS.get(one.code, one.name) if language == "en" else one.name) for one in matters_of(_venue(request))]
    groups = []
    for department, held in groupby(rows, key=lambda row: row[0].department):
        name = DEPARTMENTS.get(department.code, department.name) if language == "en" else department.name
        groups.append((name, list(held)))
    return _shown(request, "matters", groups=groups)


def _card(request: HttpRequest, problem: str = "", status: int = 200, held: str = "") -> HttpResponse:
    grounds = [one for one in grounds_of(_venue(request)) if one in MAY_BE_STATED]
    chosen = [one.code for one in _chosen(request)]
    return _shown(request, "card", status, problem=problem, chosen=chosen, grounds=grounds, held=held)


def _appointment(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    return _shown(request, "appointment", status, problem=problem)


def _take(request: HttpRequest) -> HttpResponse:
    """Recognise first, apart from the ticket: what was asked stays counted; then one ticket however often it is sent."""
    venue, text = _venue(request), request.POST.get("card", "").strip()
    shown = actions.scanned(text, allow_fictional=settings.YIMEN_DEMO) if text else actions.Scanned()
    card = shown.card or request.POST.get("held", "")
    if card and not shown.id_number:
        return _card(request, held=card)
    ground = request.POST.get("said", "")
    stated = Ground(ground) if ground in MAY_BE_STATED else None
    recognised = None
    # Who shows nothing is asked for nowhere, and nothing about nobody is written into the audit.
    if shown.id_number or card or stated:
        asked: dict[str, Any] = {"id_number": shown.id_number, "card": card, "said": stated}
        recognised = actions.recognise(venue=venue, at=timezone.now(), device=_device(request).pk.hex, **asked)

    def take() -> Ticket:
        return actions.take_ticket(
            venue=venue,
            matters=_chosen(request),
            source=Source.KIOSK,
            by=None,
            at=timezone.now(),
            recognised=recognised,
            id_number=shown.id_number,
        )

    return _given(request, take)


def _keep(request: HttpRequest) -> HttpResponse:
    venue, now = _venue(request), timezone.now()
    held = appointment_by_code(code=plain(request.POST.get("code", "")), at=now)
    if held is None or held.venue_id != venue.pk:
        raise actions.NotAppointed("没有查到这个预约码。请对着手机再输一次，或直接取号。")
    return _given(request, lambda: actions.keep_appointment(appointment_id=held.pk, source=Source.APPOINTMENT, at=now))


def _given(request: HttpRequest, take: Callable[[], Ticket]) -> HttpResponse:
    """Take a ticket once, print it when it is committed, and show it."""
    fresh: list[Ticket] = []

    def do() -> Mapping[str, str]:
        fresh.append(take())
        return {"code": fresh[0].code}

    code = send_once(request, "kiosk.ticket", do)["code"]
    printed = "none"
    if fresh and _venue(request).printer:
        stands = place_of(ticket_id=fresh[0].pk, at=timezone.now())
        printed = print_ticket(stands, address=_address(request, code), at=timezone.now())
        _note_printer(request, printed)
    query = f"?printed={printed}" + ("&lang=en" if _language(request) == "en" else "")
    return HttpResponseRedirect(reverse("hall_kiosk_ticket", args=[_venue(request).code, code]) + query)


def _note_printer(request: HttpRequest, printed: str) -> None:
    """Let the desks know what the printer said; the ticket stands, whatever comes of this."""
    state = {"printed": PrinterState.FINE, "paper": PrinterState.PAPER, "off": PrinterState.OFF}.get(printed)
    if state is not None:
        actions.note_printer(device=_device(request), state=state, at=timezone.now())


def _ring(request: HttpRequest) -> HttpResponse:
    def ring() -> Mapping[str, int]:
        return {"ring": actions.ring(venue=_venue(request), place=str(_device(request)), at=timezone.now()).pk}

    send_once(request, "kiosk.ring", ring)
    return _shown(request, "rung")


_STEPS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "start": _start,
    "matters": _matters,
    "card": _card,
    "appointment": _appointment,
    "take": _take,
    "keep": _keep,
    "ring": _ring,
}


@only_for(DeviceKind.KIOSK)
def ticket(request: HttpRequest, venue_code: str, receipt: str) -> HttpResponse:
    """Show the ticket just taken, for a while."""
    held = ticket_by_code(code=plain(receipt), on=timezone.localdate())
    if held is None or held.venue.code != venue_code:
        return HttpResponseRedirect(reverse("hall_kiosk", args=[venue_code]))
    printed = request.GET.get("printed", "none")
    words = said(_language(request))
    return _shown(
        request,
        "ticket",
        ticket=held,
        place=place(held, at=timezone.now()),
        printed=words.get(printed if printed in ("printed", "paper", "off") else "none"),
        is_sorry=printed in ("paper", "off"),
        drawn=_drawn(_address(request, held.code)),
    )


@only_for(DeviceKind.KIOSK)
def at_the_door(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Show the code that hangs in the hall now; the page asks for it again by itself."""
    shown = _at_the_door(request) | {"t": said(_language(request))}
    return render(request, "hall/kiosk_here.html", shown)


def _at_the_door(request: HttpRequest) -> dict[str, Any]:
    venue = _venue(request)
    shown = here_code(venue.code, timezone.now())
    address = request.build_absolute_uri(reverse("hall_phone", args=[venue.code])) + f"?here={shown}"
    return {"here": f"{shown[:3]} {shown[3:]}", "here_drawn": _drawn(address)}


def _shown(request: HttpRequest, step: str, status: int = 200, **more: Any) -> HttpResponse:
    language = _language(request)
    shown = {
        "venue": _venue(request),
        "step": step,
        "t": said(language),
        "language": language,
        "key": new_key(),
        "seconds": SHOWN_SECONDS if step in ("ticket", "rung") else PATIENCE_SECONDS,
    }
    return render(request, "hall/kiosk.html", shown | more, status=status)


def _language(request: HttpRequest) -> str:
    return "en" if "en" in (request.POST.get("lang"), request.GET.get("lang")) else ""


def _device(request: HttpRequest) -> Device:
    device: Device = request.device  # type: ignore[attr-defined]
    return device


def _venue(request: HttpRequest) -> Venue:
    venue: Venue = _device(request).venue
    return venue


def _chosen(request: HttpRequest) -> list[Matter]:
    """Return what was chosen, in the order of the page."""
    wanted = set(request.POST.getlist("matter"))
    if not wanted:
        return []
    return [one for one in matters_of(_venue(request)) if one.code in wanted]


def _address(request: HttpRequest, code: str) -> str:
    return request.build_absolute_uri(reverse("hall_ticket", args=[_venue(request).code, code]))


def _drawn(address: str) -> str:
    return str(segno.make(address, error="m").svg_data_uri(scale=6, border=3, dark="#1b2521", light="#ffffff"))
