"""
Halls over some days, side by side (各场所统计): tickets, priority, waits, who left, opinions. Nobody is named, nobody ranked.

Counted and sorted by the database, a few questions for all venues and days together; what a wait is, who left and where the
middle lies is as `fairness.waits_of` has it, which a test holds against this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, FloatField, Func, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from yimen.cases.queries import PointLine, ratings_by_point
from yimen.hall.models import Call, Ticket, Venue
from yimen.hall.words import State
from yimen.office.access import may, require

# Half wait less than the one, nine in ten less than the other; in tenths, so that places are reckoned in whole numbers.
MIDDLE, NINE_IN_TEN, TENTHS = 5, 9, 10
COUNTED = ("taken", "priority", "left")


class Minutes(Func):
    """The minutes that lie between a later and an earlier moment, reckoned by the database."""

    output_field = FloatField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Write it by the days of the Julian calendar, exact to the millisecond."""
        template = "((julianday(%(expressions)s)) * 1440)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Write it as the difference of two moments."""
        template = "(EXTRACT(EPOCH FROM (%(expressions)s)) / 60)::double precision"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


@dataclass(frozen=True)
class VenueLine:
    """
    One venue over some days: tickets taken, of them with priority, called, left before being called; what half and nine in ten
    of the called waited less than, in minutes; opinions asked for and given in the hall, with their mean grade (5 the best).
    """

    venue: Venue
    taken: int = 0
    priority: int = 0
    called: int = 0
    left: int = 0
    middle: float | None = None
    nine_in_ten: float | None = None
    rated: int = 0
    mean_grade: float | None = None

    @property
    def priority_percent(self) -> float | None:
        """Return the share of priority tickets, in percent."""
        return 100 * self.priority / self.taken if self.taken else None

    @property
    def left_percent(self) -> float | None:
        """Return the share that left before being called, in percent (弃号率)."""
        return 100 * self.left / (self.called + self.left) if self.called + self.left else None


def over_venues(*, venues: Iterable[Venue], since: date, until: date) -> list[VenueLine]:
    """Return what these venues had from one day to another, in their order. Raises NotAllowed."""
    require("hall.watch")
    held = [one for one in venues if may("hall.watch", area_path=one.service_point.area.path)]
    tickets = Ticket.objects.filter(venue__in=held, day__gte=since, day__lte=until)
    counts, waits = _counts(tickets), _waits(held, since, until)
    rated = {one.point.pk: one for one in ratings_by_point(since=since, until=until) if one.point is not None}
    nobody = Waited(0, {})
    return [_line(one, counts.get(one.pk, {}), waits.get(one.pk, nobody), rated.get(one.service_point_id)) for one in held]


@dataclass(frozen=True)
class Waited:
    """How many of a venue were called, and the waits in minutes at the few places asked for; the shortest is at 1."""

    called: int
    minutes: dict[int, float]

    def at(self, tenths: int) -> float | None:
        """Return the wait at a share of the sorted ones, between two of them where it falls there; None without any."""
        if not self.called:
            return None
        below, rest = divmod((self.called - 1) * tenths, TENTHS)
        low = self.minutes[below + 1]
        return low + (self.minutes.get(below + 2, low) - low) * rest / TENTHS


def _line(venue: Venue, counts: Mapping[str, int], waited: Waited, rated: PointLine | None) -> VenueLine:
    return VenueLine(
        venue=venue,
        **counts,
        called=waited.called,
        middle=waited.at(MIDDLE),
        nine_in_ten=waited.at(NINE_IN_TEN),
        rated=rated.rated if rated else 0,
        mean_grade=rated.mean_grade if rated else None,
    )


def _counts(tickets: QuerySet[Ticket]) -> dict[int, dict[str, int]]:
    """Return the numbers of each venue, by its key."""
    never = ~Exists(Call.objects.filter(ticket=OuterRef("pk")))
    told = (
        tickets.order_by()
        .values("venue")
        .annotate(
            taken=Count("pk"),
            priority=Count("pk", filter=Q(has_priority=True)),
            left=Count("pk", filter=Q(state__in=(State.LEFT, State.MISSED)) & Q(never)),
        )
    )
    return {venue: dict(zip(COUNTED, numbers, strict=True)) for venue, *numbers in told.values_list("venue", *COUNTED)}


def _waits(venues: Sequence[Venue], since: date, until: date) -> dict[int, Waited]:
    """Return of each venue, by its key, what the called waited; the database sorts, and gives back only what is asked for."""
    calls = Call.objects.filter(nth=1, ticket__venue__in=venues, ticket__day__gte=since, ticket__day__lte=until).order_by()
    waits = calls.annotate(minutes=Minutes(F("at"), F("ticket__taken_at")))
    placed = waits.annotate(
        place=Window(RowNumber(), partition_by=[F("venue")], order_by=[F("minutes")]),
        called=Window(Count("pk"), partition_by=[F("venue")]),
    )
    asked = Q()
    for tenths in (MIDDLE, NINE_IN_TEN):
        # Both are whole numbers, so the database leaves out the rest: the place at or below, and the one above it.
        below = (F("called") - 1) * tenths / TENTHS + 1
        asked |= Q(place=below) | Q(place=below + 1)
    found: dict[int, Waited] = {}
    for venue, place, called, minutes in placed.filter(asked).values_list("venue_id", "place", "called", "minutes"):
        found.setdefault(venue, Waited(called, {})).minutes[place] = minutes
    return found
