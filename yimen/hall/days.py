"""A day of the hall in the open (公平公开): who waited how long, who was overtaken, and by which rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localtime

from yimen.hall.fairness import Course, Hour, Outcome, by_hour, course_of
from yimen.hall.models import Call, Period, RuleChange, Ticket, Venue
from yimen.hall.venues import rule_changes, rule_on
from yimen.hall.words import State


@dataclass(frozen=True)
class Fairness:
    """A day in the open: the rule at its end, how the rule was changed on it, its course, and by the hour of taking a ticket."""

    day: date
    rule: str
    changes: Sequence[RuleChange]
    whole: Course
    by_hour: Sequence[Hour]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one ticket: the keys of the line it was first called in and of the series of its number."""

    line: int
    series: int
    outcome: Outcome


def fairness(*, venue: Venue, day: date) -> Fairness:
    """Return a day's figures, all from the log of the tickets (公平公开); public, no ticket is named."""
    return fairness_of(venue, day, told_of(venue, day))


def fairness_of(venue: Venue, day: date, told: Sequence[Told]) -> Fairness:
    """Return a day's figures from what became of its tickets."""
    lines = list(by_line(told).values())
    return Fairness(
        day=day,
        rule=rule_on(venue, day),
        changes=list(rule_changes(venue).filter(at__date=day)),
        whole=course_of(lines, not_reached=Ticket.objects.filter(venue=venue, day=day).count() - len(told)),
        by_hour=by_hour(lines),
    )


def told_of(venue: Venue, day: date) -> list[Told]:
    """Return what became of a day's tickets that were called, left or missed, in the order they came."""
    first = dict(
        Period.objects.filter(ticket__venue=venue, ticket__day=day, step="call")
        .order_by("-starts_at")
        .values_list("ticket_id", "starts_at")
    )
    # Who is sent on to another line afterwards was overtaken, or not, in the one they stood in.
    stood = dict(Call.objects.filter(venue=venue, ticket__in=list(first), nth=1).values_list("ticket_id", "line_id"))
    over = Q(state=State.LEFT) | Q(state=State.MISSED)
    rows = (
        Ticket.objects.filter(venue=venue, day=day)
        .filter(Q(pk__in=list(first)) | over)
        .order_by("taken_at", "number")
        .values_list("pk", "line_id", "series_id", "taken_at", "has_priority")
    )
    return [
        Told(
            line=stood.get(key, line),
            series=series,
            outcome=Outcome(of_day(taken_at), of_day(first[key]) if key in first else None, has_priority),
        )
        for key, line, series, taken_at, has_priority in rows
    ]


def by_line(told: Iterable[Told]) -> dict[int, list[Outcome]]:
    """Return the outcomes by the line (its key) each was first called in."""
    lines: dict[int, list[Outcome]] = {}
    for one in told:
        lines.setdefault(one.line, []).append(one.outcome)
    return lines


def of_day(moment: datetime) -> float:
    """Return minutes since midnight, local time."""
    here = localtime(moment)
    return here.hour * 60 + here.minute + here.second / 60 + here.microsecond / 60_000_000
