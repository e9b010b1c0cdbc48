"""
When somebody has waited too long (等候提醒): by the limit the venue has set, from the log of the tickets.

An alarm of a line begins when the first passes the limit, and ends when nobody of it is beyond it any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils.timezone import localdate

from yimen.hall.models import Period, Series, Venue, WindowShift
from yimen.hall.venues import limit_on
from yimen.hall.waits import Wait, waits_on, whole_minutes


@dataclass(frozen=True)
class Alarm:
    """
    A time in which somebody of a line had waited longer than the limit: from when, until when (None: still), how many people,
    the longest wait in minutes, and how many of them still waited at its end.
    """

    line: Series
    starts_at: datetime
    ends_at: datetime | None
    tickets: int
    longest_minutes: int
    waiting: int

    def minutes(self, at: datetime) -> int:
        """Return how long it lasted, or has lasted until a moment, in minutes."""
        return whole_minutes(self.starts_at, self.ends_at or at)


def alarms_on(*, venue: Venue, day: date, at: datetime) -> list[Alarm]:
    """Return the alarms of a day as far as it has gone, by line and time; what still rang in the evening ended with the day."""
    limit = timedelta(minutes=limit_on(venue, day))
    is_today = day == localdate(at)
    ends = at if is_today else evening(venue, day) or at
    by_line: dict[int, list[Wait]] = {}
    for one in waits_on(venues=[venue], day=day):
        if (one.until or ends) - one.since > limit:
            by_line.setdefault(one.line, []).append(one)
    lines = {one.pk: one for one in venue.series.all()}
    found = [
        _alarm(lines[line], together, limit, ends, is_today=is_today)
        for line, waits in by_line.items()
        for together in _overlapping(waits, limit, ends)
    ]
    return sorted(found, key=lambda one: (one.line.letter, one.starts_at))


def _overlapping(waits: Sequence[Wait], limit: timedelta, ends: datetime) -> Iterator[list[Wait]]:
    """Return those together who were beyond the limit at the same time, or one right after the other."""
    together: list[Wait] = []
    until: datetime | None = None
    for one in sorted(waits, key=lambda wait: wait.since):
        if until is not None and one.since + limit > until:
            yield together
            together, until = [], None
        together.append(one)
        until = max(until or one.since, one.until or ends)
    if together:
        yield together


def _alarm(line: Series, waits: Sequence[Wait], limit: timedelta, ends: datetime, *, is_today: bool) -> Alarm:
    waiting = sum(one.until is None for one in waits)
    last = max(one.until or ends for one in waits)
    return Alarm(
        line=line,
        starts_at=min(one.since for one in waits) + limit,
        ends_at=None if waiting and is_today else last,
        tickets=len({one.ticket for one in waits}),
        longest_minutes=max(whole_minutes(one.since, one.until or ends) for one in waits),
        waiting=waiting,
    )


def evening(venue: Venue, day: date) -> datetime | None:
    """Return the last moment of a day's log in a venue: a window closed, a ticket changed; None without any."""
    closed = WindowShift.objects.filter(window__venue=venue, ends_at__date=day).aggregate(last=Max("ends_at"))["last"]
    changed = Period.objects.filter(ticket__venue=venue, ticket__day=day, starts_at__date=day).aggregate(last=Max("starts_at"))
    return max((one for one in (closed, changed["last"]) if one is not None), default=None)
