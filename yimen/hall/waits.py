"""
How long somebody has stood waiting (等候时段): stretches without a break, from the log of the tickets.

One waits from when one is there until one is called or leaves. Whoever is sent on while waiting goes on waiting; whoever comes
back from a hold, the back office or a missed call begins anew.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from yimen.hall.models import Call, Period, Ticket, Venue
from yimen.hall.words import State

COLUMNS = ("ticket_id", "ticket__venue_id", "ticket__line_id", "state", "step", "starts_at")


@dataclass(frozen=True, slots=True)
class Wait:
    """One stretch of waiting without a break: which ticket, in which line, since when, until when (None: still)."""

    ticket: uuid.UUID
    venue: int
    line: int
    since: datetime
    until: datetime | None


def whole_minutes(since: datetime, until: datetime) -> int:
    """Return the whole minutes from one moment to another."""
    return int((until - since).total_seconds() // 60)


def waits_on(*, venues: Iterable[Venue], day: date, only_now: bool = False) -> list[Wait]:
    """Return every stretch of waiting of a day, by ticket; `only_now` those who still wait. Who is on the way does not wait."""
    tickets = Ticket.objects.filter(venue__in=venues, day=day, is_here=True)
    if only_now:
        tickets = tickets.filter(state=State.WAITING)
    return list(_waits(tickets, only_now=only_now))


def _waits(tickets: QuerySet[Ticket], *, only_now: bool) -> Iterator[Wait]:
    periods = Period.objects.filter(ticket__in=tickets).order_by("ticket_id", "starts_at", "pk").values_list(*COLUMNS)
    lines: dict[uuid.UUID, list[int]] = {}
    if not only_now:
        # Who was sent on to another line afterwards waited in the one they were called in.
        calls = Call.objects.filter(ticket__in=tickets).order_by("ticket_id", "nth")
        for ticket, line in calls.values_list("ticket_id", "line_id"):
            lines.setdefault(ticket, []).append(line)
    for ticket, rows in groupby(periods, key=itemgetter(0)):
        yield from (one for one in _of_one(list(rows), lines.get(ticket, [])) if not only_now or one.until is None)


def _of_one(rows: Sequence[tuple[Any, ...]], lines: Sequence[int]) -> Iterator[Wait]:
    """Return the stretches of one ticket from its periods in order, given in which line each of its calls was made."""
    since: datetime | None = None
    calls = 0
    for ticket, venue, line, state, step, starts_at in rows:
        is_call = step in ("call", "recall")
        if state == State.WAITING:
            # Whoever took the ticket from afar waits once they have shown that they are here.
            since = starts_at if since is None or step == "arrive" else since
        elif since is not None:
            yield Wait(ticket, venue, lines[calls] if is_call and calls < len(lines) else line, since, starts_at)
            since = None
        calls += is_call
    if since is not None:
        yield Wait(ticket, venue, line, since, None)


def waiting_since(tickets: QuerySet[Ticket]) -> dict[uuid.UUID, datetime]:
    """Return since when each of these tickets has been waiting, of those who wait and are here."""
    held = tickets.filter(state=State.WAITING, is_here=True)
    return {one.ticket: one.since for one in _waits(held, only_now=True)}
