"""A day of the hall in the open (公平公开): who waited how long, who was overtaken, and the same day under another rule."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q
from django.utils.timezone import localtime

from yimen.hall.fairness import Outcome, Waits, most_later, overtaken, waits_of
from yimen.hall.models import Period, Ticket, Venue, WindowShift
from yimen.hall.ordering import Rule
from yimen.hall.replay import Called, Came, Shift, replay
from yimen.hall.venues import rule_on
from yimen.hall.words import AT_A_WINDOW, State, WindowState
from yimen.office.access import require


@dataclass(frozen=True)
class Fairness:
    """A day in the open: waits of both classes, how often an ordinary ticket was overtaken, and by how much later a comer."""

    day: date
    rule: str
    ordinary: Waits
    priority: Waits
    overtaken_mean: float | None
    overtaken_most: int
    later_most_minutes: float
    by_hour: list[tuple[int, int, float | None, float | None]]


def fairness(*, venue: Venue, day: date) -> Fairness:
    """Return a day's figures, all from the log of the tickets (公平公开); public, no ticket is named."""
    lines = _outcomes(venue, day)
    rows = [one for line in lines for one in line]
    ordinary, priority = ([one for one in rows if one.has_priority is wanted] for wanted in (False, True))
    # Nobody is overtaken by somebody in another line.
    counts = [
        number
        for line in lines
        for one, number in zip(line, overtaken(line), strict=True)
        if not one.has_priority and one.called is not None
    ]
    return Fairness(
        day=day,
        rule=rule_on(venue, day),
        ordinary=waits_of(ordinary),
        priority=waits_of(priority),
        overtaken_mean=sum(counts) / len(counts) if counts else None,
        overtaken_most=max(counts, default=0),
        later_most_minutes=max((most_later(line) for line in lines), default=0.0),
        by_hour=[_hour(hour, rows) for hour in sorted({int(one.came // 60) for one in rows})],
    )


def _hour(hour: int, rows: Iterable[Outcome]) -> tuple[int, int, float | None, float | None]:
    here = [one for one in rows if int(one.came // 60) == hour]
    ordinary, priority = (waits_of(one for one in here if one.has_priority is wanted).mean for wanted in (False, True))
    return hour, len(here), ordinary, priority


def _outcomes(venue: Venue, day: date) -> list[list[Outcome]]:
    """Return what became of a day's tickets, line by line, in the order they came."""
    tickets = Ticket.objects.filter(venue=venue, day=day)
    first = dict(
        Period.objects.filter(ticket__venue=venue, ticket__day=day, step="call")
        .order_by("-starts_at")
        .values_list("ticket_id", "starts_at")
    )
    over = Q(state=State.LEFT) | Q(state=State.MISSED)
    rows = (
        tickets.filter(Q(pk__in=list(first)) | over)
        .order_by("taken_at", "number")
        .values_list("pk", "line_id", "taken_at", "has_priority")
    )
    lines: dict[int, list[Outcome]] = {}
    for key, line, taken_at, has_priority in rows:
        called = _of_day(first[key]) if key in first else None
        lines.setdefault(line, []).append(Outcome(_of_day(taken_at), called, has_priority))
    return list(lines.values())


def _of_day(moment: datetime) -> float:
    """Return minutes since midnight, local time."""
    here = localtime(moment)
    return here.hour * 60 + here.minute + here.second / 60 + here.microsecond / 60_000_000


@dataclass(frozen=True)
class Replayed:
    """A day replayed: waits of both classes as they were and as they would have been, and how many would have stayed waiting."""

    rule: str
    windows: int
    ordinary: Waits
    priority: Waits
    left_waiting: int


def replayed(*, venue: Venue, day: date, rule: Rule, more_windows: int = 0) -> Replayed:
    """
    Return a day's tickets under another rule, or with more windows open from morning to evening (重放). Nothing is changed.

    Raises NotAllowed without the right to manage the hall.
    """
    require("hall.manage", area_path=venue.service_point.area.path)
    tickets, shifts = _served(venue, day), _shifts(venue, day)
    if shifts and more_windows:
        shifts += [Shift(min(one.opens for one in shifts), max(one.closes for one in shifts))] * more_windows
    called, waiting = replay(tickets, shifts, rule)
    ordinary, priority = (_waits(called, wanted) for wanted in (False, True))
    return Replayed(rule.words, len(shifts), ordinary, priority, waiting)


def _waits(called: Iterable[Called], has_priority: bool) -> Waits:
    return waits_of(Outcome(one.came.minute, one.minute, has_priority) for one in called if one.came.has_priority is has_priority)


def _served(venue: Venue, day: date) -> list[Came]:
    rows = Period.objects.filter(ticket__venue=venue, ticket__day=day, state__in=AT_A_WINDOW, ends_at__isnull=False)
    minutes: dict[uuid.UUID, float] = {}
    came: dict[uuid.UUID, tuple[float, bool]] = {}
    told = rows.annotate(taken=F("ticket__taken_at"), first=F("ticket__has_priority"))
    for ticket, starts_at, ends_at, taken, first in told.values_list("ticket_id", "starts_at", "ends_at", "taken", "first"):
        minutes[ticket] = minutes.get(ticket, 0.0) + (ends_at - starts_at).total_seconds() / 60
        came[ticket] = _of_day(taken), first
    return [Came(minute, first, minutes[ticket]) for ticket, (minute, first) in came.items()]


def _shifts(venue: Venue, day: date) -> list[Shift]:
    rows = WindowShift.objects.filter(window__venue=venue, starts_at__date=day, state=WindowState.OPEN, ends_at__isnull=False)
    return [Shift(_of_day(starts), _of_day(ends)) for starts, ends in rows.values_list("starts_at", "ends_at") if ends]
