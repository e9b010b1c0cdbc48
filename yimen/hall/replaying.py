"""A day under another rule, or with one more window (重放): made from that day's log, and nothing is changed by it."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import F, Max, Q
from django.utils.timezone import localtime

from yimen.hall.days import fairness, of_day
from yimen.hall.fairness import Course, Outcome, course_of
from yimen.hall.models import Period, Ticket, Venue, WindowShift
from yimen.hall.ordering import Rule
from yimen.hall.replay import Came, Shift, replay
from yimen.hall.words import AT_A_WINDOW, State, WindowState
from yimen.office.access import require

# So much longer a wait is a longer one.
LONGER_MINUTES = 5


@dataclass(frozen=True)
class Replayed:
    """
    A day three times: as it was, as the model has it under the rule that holds now, and under the one asked for.

    `windows` is how many stretches of an open window the model has, `longer` how many of those who were served then would have
    waited more than `LONGER_MINUTES` longer than the model has it now.
    """

    rule: Rule
    held: Rule
    windows: int
    more_windows: int
    was: Course
    now: Course
    then: Course
    longer: int


def replayed(*, venue: Venue, day: date, rule: Rule, more_windows: int = 0) -> Replayed | None:
    """
    Return a day's tickets under another rule, or with more windows open from morning to evening (重放); None without a window.

    Raises NotAllowed without the right to manage the hall.
    """
    require("hall.manage", area_path=venue.service_point.area.path)
    tickets, shifts = _tickets(venue, day), _shifts(venue, day)
    if not shifts or not tickets:
        return None
    more = [Shift(min(one.opens for one in shifts), max(one.closes for one in shifts))] * more_windows
    held = venue.calling_rule
    (now, before), (then, after) = _run(tickets, shifts, held), _run(tickets, [*shifts, *more], rule)
    return Replayed(
        rule=rule,
        held=held,
        windows=len(shifts),
        more_windows=more_windows,
        was=fairness(venue=venue, day=day).whole,
        now=now,
        then=then,
        longer=sum(after[key] - minute > LONGER_MINUTES for key, minute in before.items() if key in after),
    )


def _run(tickets: Sequence[Came], shifts: Sequence[Shift], rule: Rule) -> tuple[Course, dict[int, float]]:
    """Return the course of a day under a rule, and the minute each ticket is called, by its identity."""
    called, not_reached = replay(tickets, shifts, rule)
    minutes = {id(one.came): one.minute for one in called}
    rows = [
        Outcome(one.minute, minutes.get(id(one)), one.has_priority)
        for one in tickets
        if id(one) in minutes or one.leaves < math.inf
    ]
    return course_of([rows], not_reached=not_reached), minutes


def _tickets(venue: Venue, day: date) -> list[Came]:
    """Return who was served, and who left without being called with the day's middle service, in the order they came."""
    served = served_on(venue, day)
    usual = median(one.service_minutes for one in served) if served else 0.0
    return sorted([*served, *_gave_up(venue, day, usual)], key=lambda one: one.minute)


def served_on(venue: Venue, day: date) -> list[Came]:
    """Return who was served on a day, with the minutes they were at windows."""
    # Who was left at a window over night tells nothing of how long a service takes.
    rows = Period.objects.filter(ticket__venue=venue, ticket__day=day, state__in=AT_A_WINDOW, ends_at__date=day)
    minutes: dict[uuid.UUID, float] = {}
    came: dict[uuid.UUID, tuple[float, bool]] = {}
    told = rows.annotate(taken=F("ticket__taken_at"), first=F("ticket__has_priority"))
    for ticket, starts_at, ends_at, taken, first in told.values_list("ticket_id", "starts_at", "ends_at", "taken", "first"):
        minutes[ticket] = minutes.get(ticket, 0.0) + (ends_at - starts_at).total_seconds() / 60
        came[ticket] = of_day(taken), first
    return [Came(minute, first, minutes[ticket]) for ticket, (minute, first) in came.items()]


def _gave_up(venue: Venue, day: date, usual: float) -> list[Came]:
    never = Ticket.objects.filter(venue=venue, day=day, state=State.LEFT).exclude(periods__step="call")
    rows = never.values_list("taken_at", "has_priority", "changed_at")
    return [Came(of_day(taken), first, usual, of_day(left)) for taken, first, left in rows]


def _shifts(venue: Venue, day: date) -> list[Shift]:
    """Return when windows were open on a day; one that nobody closed is taken to have closed with the day's last service."""
    rows = WindowShift.objects.filter(window__venue=venue, starts_at__date=day, state=WindowState.OPEN)
    last = Period.objects.filter(ticket__venue=venue, ticket__day=day, ends_at__date=day).aggregate(last=Max("ends_at"))["last"]
    evening = of_day(last) if last else 0.0
    spans = [(of_day(starts), _end(ends, day, evening)) for starts, ends in rows.values_list("starts_at", "ends_at")]
    return [Shift(opens, closes) for opens, closes in spans if closes > opens]


def _end(ends: datetime | None, day: date, evening: float) -> float:
    return of_day(ends) if ends is not None and localtime(ends).date() == day else evening


def last_day_open(venue: Venue, *, before: date, back: int = 31) -> date | None:
    """Return the latest day before one on which a window of a venue was open, within so many days; None if there is none."""
    rows = WindowShift.objects.filter(window__venue=venue, state=WindowState.OPEN)
    spans = rows.filter(Q(starts_at__date__lt=before) & Q(starts_at__date__gte=before - timedelta(days=back)))
    latest = spans.aggregate(last=Max("starts_at"))["last"]
    return localtime(latest).date() if latest else None
