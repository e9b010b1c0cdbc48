"""
How long a service takes here (办一件多久): from the last tickets of a line that were served, asked every two minutes at most.

It is asked for every ticket and every screen, and what two hundred services took changes little in two minutes.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from yimen.hall.estimate import FEWEST
from yimen.hall.models import Period, Series, Ticket
from yimen.hall.words import SERVED

# Services of so many days back tell how long one takes here.
RECENT = timedelta(days=14)
ENOUGH_SERVICES = 200
KEPT = timedelta(minutes=2)
ENDS = ("finish", "to_back", "hold")


@dataclass(frozen=True)
class Served:
    """The minutes that recent services of a line took, the newest first, and the share of priority among their tickets."""

    minutes: list[float]
    priority_share: float


def served(series: Series, *, at: datetime) -> Served:
    """Return what recent services of a line tell; a few of them are asked for anew each time."""
    key = f"hall.served:{series.pk}"
    held: tuple[datetime, Served] | None = cache.get(key)
    if held is not None and timedelta(0) <= at - held[0] < KEPT:
        return held[1]
    found = _served(series, at)
    if len(found.minutes) >= FEWEST:
        cache.set(key, (at, found), KEPT.total_seconds())
    return found


def services_of(series: Series, *, at: datetime) -> list[float]:
    """Return the minutes that recent services of a line took, from the last call to the end, the newest first."""
    return served(series, at=at).minutes


def _served(series: Series, at: datetime) -> Served:
    recent = Ticket.objects.filter(line=series, state__in=SERVED, changed_at__gte=at - RECENT).order_by("-changed_at")
    rows = list(recent.values_list("pk", "has_priority")[:ENOUGH_SERVICES])
    steps = Period.objects.filter(ticket__in=[ticket for ticket, _ in rows], step__in=("call", *ENDS)).order_by("starts_at")
    called: dict[uuid.UUID, datetime] = {}
    ended: dict[uuid.UUID, datetime] = {}
    for ticket, step, starts_at in steps.values_list("ticket_id", "step", "starts_at"):
        (called if step == "call" else ended)[ticket] = starts_at
    minutes = [
        (ended[ticket] - called[ticket]).total_seconds() / 60
        for ticket, _ in rows
        if ticket in called and ticket in ended and ended[ticket] >= called[ticket]
    ]
    return Served(minutes, sum(has_priority for _, has_priority in rows) / len(rows) if rows else 0.0)
