"""The hall's desk (大厅工作台): open a window, call, and see who waits; take a ticket for somebody at the reception."""

import uuid
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import (
    Venue,
    alone,
    aside,
    expected_at,
    grounds_of,
    lines_now,
    matters_of,
    not_ours,
    order_now,
    ringing,
    said_before,
    ticket_at,
    troubles,
    venue_by_code,
    venues_seen,
    window_of,
    windows_of,
)
from yimen.hall.words import Ground, Source, WindowState
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.web.hall.calling import BAR, bar_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (
    actions.WrongStep,
    actions.NotTaken,
    actions.NotOpened,
    actions.NotRead,
    actions.NotRecognised,
    OtherContent,
)
STEPS = {
    "serve": "开始办理",
    "finish": "办结",
    "miss": "过号",
    "hold": "挂起",
    "to_back": "转后台",
}


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Show the hall as it is: my window, the lines, who waits and who is aside."""
    window = window_of(acting())
    venue = window.venue if window else _venue(request)
    if venue is None:
        return render(request, "hall/none.html", {"current": reverse("hall")}, status=status)
    now = timezone.now()
    ticket = ticket_at(window) if window else None
    shown = _lines(venue) | {
        "current": reverse("hall"),
        "venues": list(venues_seen()),
        "window": window,
        "windows": windows_of(venue),
        "ticket": ticket,
        "before": said_before(ticket) if ticket else "",
        "expected": expected_at(window, at=now) if window else [],
        "calls": list(window.profile.lines.select_related("series")) if window else [],
        "matters": matters_of(venue),
        "grounds": [(one.value, one.label) for one in grounds_of(venue)],
        "may_call": may("hall.call", area_path=venue.service_point.area.path),
        "may_manage": may("hall.manage", area_path=venue.service_point.area.path),
        "rule": venue.calling_rule.words,
        "rings": ringing(venue),
        "troubles": troubles(venue=venue, at=now),
        "elsewhere": not_ours(venue, timezone.localdate(now)),
        "offline": standing.state(at=now) if (standing := alone(venue.code)) else None,
        "problem": problem,
        "now": now,
        # Here the window has its own panel; the bar below would say it twice.
        "at_hall": True,
    }
    return render(request, "hall/desk.html", shown, status=status)


def lines(request: HttpRequest) -> HttpResponse:
    """Show the lines and who is aside, as the page asks for them again by itself."""
    venue = _venue(request)
    if venue is None:
        return HttpResponse(status=204)
    return render(request, "hall/lines.html", _lines(venue))


def _lines(venue: Venue) -> dict[str, Any]:
    now = timezone.now()
    told = lines_now(venue=venue, at=now)
    return {
        "venue": venue,
        "lines": [(line, order_now(venue=venue, line=line.series, at=now)) for line in told],
        "aside": aside(venue=venue, day=timezone.localdate(now)),
        "key": new_key(),
    }


def _venue(request: HttpRequest) -> Venue | None:
    venues = list(venues_seen())
    wanted = request.GET.get("venue") or request.POST.get("venue")
    return next((one for one in venues if one.code == wanted), venues[0] if venues else None)


def rings(request: HttpRequest) -> HttpResponse:
    """Show which machines ring for help; the desk asks again by itself."""
    venue = _venue(request)
    if venue is None:
        return HttpResponse(status=204)
    return render(request, "hall/rings.html", _rings(venue))


def _rings(venue: Venue) -> dict[str, Any]:
    return {"venue": venue, "rings": ringing(venue), "troubles": troubles(venue=venue, at=timezone.now()), "key": new_key()}


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Take one step; what is refused is said on the page."""
    if name not in _ACTS and name != "take":
        return page(request, problem="没有这一步，请刷新页面。", status=404)
    at_bar = request.headers.get("HX-Target") == BAR
    try:
        # Recognised before the step's own transaction: that it was asked is counted and in the audit, whatever comes of it.
        doing = _taking(request) if name == "take" else _ACTS[name]
        said = send_once(request, f"hall.{name}", lambda: {"said": doing(request)})["said"]
    except REFUSALS as refusal:
        return bar(request, problem=str(refusal)) if at_bar else page(request, problem=str(refusal), status=422)
    if at_bar:
        return bar(request, said=said)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("hall") + (f"?venue={request.POST['venue']}" if request.POST.get("venue") else ""))


def bar(request: HttpRequest, said: str = "", problem: str = "") -> HttpResponse:
    """Show the call bar of whoever sits at a window, as it hangs below every page, with what was just done or refused."""
    require("hall.call")
    shown = {"bar": bar_of(acting()), "said": said, "problem": problem}
    return render(request, "hall/bar.html", shown)


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": timezone.now()}


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _ticket(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("ticket", ""))
    except ValueError:
        raise actions.WrongStep("没有说是哪一个号，请刷新页面。") from None


def _window(state: WindowState) -> Callable[[HttpRequest], str]:
    def set_window(request: HttpRequest) -> str:
        reason = request.POST.get("reason", "")
        until = back_at(request.POST.get("back_at", ""))
        held = actions.set_window(window_id=_number(request, "window"), state=state, reason=reason, back_at=until, **_who())
        return f"{held}{held.get_state_display()}了。"

    return set_window


def back_at(text: str) -> datetime | None:
    """Return today's moment of a time of day as it was typed, 14:45; nothing for anything else."""
    try:
        clock = time.fromisoformat(text.strip().replace("：", ":"))
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(timezone.localdate(), clock.replace(tzinfo=None)))


def _call(request: HttpRequest) -> str:
    ticket = actions.call_next(window_id=_number(request, "window"), **_who())
    return "" if ticket else "现在没有人等您的窗口。"


def _next(request: HttpRequest) -> str:
    """End the service and call the next, with one press."""
    ended = actions.step(ticket_id=_ticket(request), name="finish", **_who())
    window = window_of(acting())
    called = actions.call_next(window_id=window.pk, **_who()) if window else None
    return f"{ended} 号办结。" + ("" if called else "现在没有人等您的窗口。")


def _recall(request: HttpRequest) -> str:
    ticket = actions.recall(ticket_id=_ticket(request), **_who())
    return f"{ticket} 号又叫了一次。"


def _step(name: str) -> Callable[[HttpRequest], str]:
    def step(request: HttpRequest) -> str:
        ticket = actions.step(ticket_id=_ticket(request), name=name, reason=request.POST.get("reason", ""), **_who())
        return f"{ticket} 号{STEPS[name]}。"

    return step


def _put_back(request: HttpRequest) -> str:
    return f"{actions.put_back(ticket_id=_ticket(request), **_who())} 号重新排上了。"


def _leave(request: HttpRequest) -> str:
    return f"{actions.leave(ticket_id=_ticket(request), **_who())} 号记为离开。"


def _pass_on(request: HttpRequest) -> str:
    window = window_of(acting())
    if window is None:
        raise actions.WrongStep("请先开窗。")
    line = window.venue.series.filter(pk=_number(request, "line")).first()
    to = window.venue.windows.filter(number=_number(request, "to")).first()
    if line is None and to is None:
        raise actions.WrongStep("请选转到哪一队或哪个窗口。")
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise actions.WrongStep("请写为什么转，例如“要先办医保”。接手的窗口看得到。")
    return f"{actions.pass_on(ticket_id=_ticket(request), line=line, window=to, reason=reason, **_who())} 号转走了。"


def _taking(request: HttpRequest) -> Callable[[HttpRequest], str]:
    """Recognise whoever stands here, by what was read or said, and return the step that takes the ticket."""
    venue = venue_by_code(request.POST.get("venue", ""))
    chosen, ground = set(request.POST.getlist("matter")), request.POST.get("ground", "")
    matters = [one for one in matters_of(venue) if one.code in chosen]
    number, card = _read(request, "id_number").id_number, _read(request, "card").card
    found = None
    if number or card or ground in Ground.values:
        said = Ground(ground) if ground in Ground.values else None
        seen = request.POST.get("evidence", "")
        found = actions.recognise(venue=venue, id_number=number, card=card, said=said, evidence=seen, **_who())

    def take(_: HttpRequest) -> str:
        same: dict[str, Any] = {"matters": matters, "source": Source.DESK, "recognised": found, "id_number": number}
        ticket = actions.take_ticket(venue=venue, **same, **_who())
        first = "优先，" if found else "没有认到优先，" if number or card else ""
        return f"取了 {ticket} 号，{first}在{ticket.line.name}一队等候。"

    return take


def _read(request: HttpRequest, name: str) -> actions.Scanned:
    text = request.POST.get(name, "")[:400]
    return actions.scanned(text, allow_fictional=settings.YIMEN_DEMO) if text.strip() else actions.Scanned()


def _answer_ring(request: HttpRequest) -> str:
    held = actions.answer_ring(ring_id=_number(request, "ring"), **_who())
    return f"{held.place}：{held.answered_by.name if held.answered_by else ''}去了。"


_ACTS: dict[str, Callable[[HttpRequest], str]] = {
    "open": _window(WindowState.OPEN),
    "pause": _window(WindowState.PAUSED),
    "close": _window(WindowState.CLOSED),
    "call": _call,
    "next": _next,
    "recall": _recall,
    "put_back": _put_back,
    "leave": _leave,
    "pass_on": _pass_on,
    "answer_ring": _answer_ring,
    **{name: _step(name) for name in STEPS},
}
