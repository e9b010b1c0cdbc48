"""
Calling (叫号): which ticket a window gets next, and what becomes of it there.

Calls of one venue happen one after another, so that the rule is kept to the letter also when ten windows click at once; the
ticket itself is taken by a guarded update, and the database lets no window hold two.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.hall.flow import WrongStep, move
from yimen.hall.models import Call, Series, Ticket, Venue, Window
from yimen.hall.ordering import Waiting, choose
from yimen.hall.words import AT_A_WINDOW, State, WindowState
from yimen.office.access import require
from yimen.office.models import Staff

# Who comes back after being missed waits behind so many, not at the end of the line.
BEHIND_ON_RETURN = 3


@transaction.atomic
def call_next(*, window_id: int, by: Staff, at: datetime) -> Ticket | None:
    """
    Call the next ticket to a window by the venue's rule (叫下一个); None if nobody waits for it.

    Raises WrongStep if the window is not open with this clerk or still has a ticket, NotAllowed.
    """
    window = _held(window_id, by)
    ticket = _next(window, at)
    if ticket is not None:
        ticket.venue = window.venue
    return None if ticket is None else _call(ticket, "call", window, by, at)


@transaction.atomic
def recall(*, ticket_id: uuid.UUID, by: Staff, at: datetime) -> Ticket:
    """Call it again to the same window (重呼). Raises WrongStep, NotAllowed."""
    ticket = _ticket(ticket_id)
    # Calls of one venue are written down one after another, or a screen that has heard a later one would miss this one.
    Venue.objects.select_for_update(no_key=True).get(pk=ticket.venue_id)
    return _call(ticket, "recall", _own(ticket, by), by, at)


@transaction.atomic
def step(*, ticket_id: uuid.UUID, name: str, by: Staff, at: datetime, reason: str = "") -> Ticket:
    """
    Take a step at the window: serve, finish, miss, hold, to_back. Raises WrongStep, NotAllowed.

    A ticket held or in the back office keeps its window, to which it will come back.
    """
    ticket = _ticket(ticket_id)
    window = _own(ticket, by)
    stays = window if name == "serve" else None
    back: dict[str, Any] = {"only_window": window} if name in ("hold", "to_back") else {}
    return move(ticket, name, by=by, at=at, reason=reason, window=stays, **back)


@transaction.atomic
def put_back(*, ticket_id: uuid.UUID, by: Staff | None, at: datetime) -> Ticket:
    """
    Let somebody wait again: back from a hold or the back office to the same window at once, after a missed call behind a few.

    Raises WrongStep, NotAllowed.
    """
    ticket = _ticket(ticket_id)
    names = {State.HELD: "resume", State.BACK_OFFICE: "from_back", State.MISSED: "return"}
    name = names.get(State(ticket.state))
    if name is None:
        raise WrongStep(f"{ticket} 号现在是“{State(ticket.state).label}”，不用重排。")
    changes: dict[str, Any] = {"counts_from": behind_a_few(ticket, at), "calls": 0} if name == "return" else {}
    return move(ticket, name, by=by, at=at, **changes)


@transaction.atomic
def pass_on(
    *,
    ticket_id: uuid.UUID,
    by: Staff,
    at: datetime,
    line: Series | None = None,
    window: Window | None = None,
    reason: str = "",
) -> Ticket:
    """
    Send somebody on to another line or a certain window (转窗口); the time waited so far counts. Raises WrongStep, NotAllowed.
    """
    ticket = _ticket(ticket_id)
    target = line or ticket.line
    if target.venue_id != ticket.venue_id or (window is not None and window.venue_id != ticket.venue_id):
        raise WrongStep("只能转到本场所的窗口。")
    return move(ticket, "pass_on", by=by, at=at, reason=reason, line=target, only_window=window)


@transaction.atomic
def leave(*, ticket_id: uuid.UUID, by: Staff | None, at: datetime, reason: str = "") -> Ticket:
    """Note that somebody left (离开). Raises WrongStep, NotAllowed."""
    return move(_ticket(ticket_id), "leave", by=by, at=at, reason=reason)


def _held(window_id: int, by: Staff) -> Window:
    """Return the window, its venue locked. Raises WrongStep unless this clerk sits there and has nobody."""
    window = Window.objects.select_related("venue__service_point__area", "profile").get(pk=window_id)
    Venue.objects.select_for_update(no_key=True).get(pk=window.venue_id)
    require("hall.call", area_path=window.venue.service_point.area.path)
    if window.state != WindowState.OPEN or window.staff_id != by.pk:
        raise WrongStep(f"{window}没有由您开放，请先开窗。")
    busy = Ticket.objects.filter(window=window, state__in=AT_A_WINDOW).select_related("series").first()
    if busy is not None:
        raise WrongStep(f"{window}还有 {busy} 号，请先办结、过号、挂起或转走。")
    return window


def _next(window: Window, at: datetime) -> Ticket | None:
    waiting = Ticket.objects.filter(venue=window.venue, day=localdate(at), state=State.WAITING, is_here=True).select_related(
        "series"
    )
    expected: Ticket | None = waiting.filter(only_window=window).order_by("changed_at", "number").first()
    if expected is not None:
        return expected
    for lines in _ranks(window):
        heads = _heads(waiting.filter(only_window=None, line__in=lines), at)
        chosen = choose(heads, window.venue.calling_rule, priority_in_a_row=_in_a_row(window.venue, lines))
        if chosen is not None:
            return chosen
    return None


def _ranks(window: Window) -> list[list[int]]:
    ranks: dict[int, list[int]] = {}
    for rank, series in window.profile.lines.values_list("rank", "series_id"):
        ranks.setdefault(rank, []).append(series)
    return [ranks[rank] for rank in sorted(ranks)]


def _heads(waiting: QuerySet[Ticket], at: datetime) -> list[Waiting[Ticket]]:
    heads = []
    for priority in (True, False):
        first = waiting.filter(has_priority=priority).order_by("counts_from", "taken_at", "number").first()
        if first is not None:
            heads.append(Waiting(first, priority, (at - first.counts_from).total_seconds() / 60))
    return heads


def _in_a_row(venue: Venue, lines: Sequence[int]) -> int:
    """Return how many priority tickets were called in these lines since the last ordinary one; asked only where it matters."""
    if venue.rule != "ratio":
        return 0
    found = 0
    last = Call.objects.filter(venue=venue, line__in=lines, nth=1).order_by("-pk").values_list("has_priority", flat=True)
    for has_priority in last[: venue.ratio]:
        if not has_priority:
            break
        found += 1
    return found


def _call(ticket: Ticket, name: str, window: Window, by: Staff, at: datetime) -> Ticket:
    moved = move(ticket, name, by=by, at=at, window=window, only_window=None, calls=ticket.calls + 1)
    Call.objects.create(
        venue_id=moved.venue_id,
        ticket=moved,
        line_id=moved.line_id,
        label=str(moved),
        window_number=window.number,
        nth=Call.objects.filter(ticket=moved).count() + 1,
        has_priority=moved.has_priority,
        at=at,
    )
    return moved


def _ticket(ticket_id: uuid.UUID) -> Ticket:
    held: Ticket = Ticket.objects.select_related("series", "line", "window", "venue").get(pk=ticket_id)
    return held


def _own(ticket: Ticket, by: Staff) -> Window:
    if ticket.window is None or ticket.window.staff_id != by.pk:
        raise WrongStep(f"{ticket} 号不在您的窗口，现在是“{State(ticket.state).label}”。")
    return ticket.window


def behind_a_few(ticket: Ticket, at: datetime) -> datetime:
    """
    Return from when a returned ticket counts: just after the third who waits in its line and class, or now.

    Where fewer wait, it counts after them also when the clock was set back.
    """
    line = Ticket.objects.filter(
        venue_id=ticket.venue_id,
        day=ticket.day,
        state=State.WAITING,
        is_here=True,
        line=ticket.line,
        has_priority=ticket.has_priority,
    )
    before = list(line.order_by("counts_from").values_list("counts_from", flat=True)[:BEHIND_ON_RETURN])
    after = before[-1] + timedelta(microseconds=1) if before else at
    return after if len(before) == BEHIND_ON_RETURN else max(at, after)
