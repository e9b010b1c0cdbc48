"""
Taking a ticket (取号): number, line and class, in one transaction; what is printed is printed after it.

The number comes from a counter row of the venue's series and day, so that there is no gap and no double, whatever breaks.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from yimen.hall.flow import begin
from yimen.hall.models import Attendance, Counter, Matter, Recognition, Series, ServiceRequest, Ticket, Venue
from yimen.hall.nodes import not_ours
from yimen.hall.words import Ground, Method, SeriesKind, Source
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.office.vault import blind_index

# An appointment kept within this time of the hour agreed counts from that hour, less what others usually wait by then.
APPOINTMENT_GRACE = timedelta(minutes=15)
JUST_AFTER = timedelta(microseconds=1)


class NotTaken(Exception):
    """No ticket was given out; the sentence says why and what to do."""


@dataclass(frozen=True)
class Recognised:
    """
    Why somebody has priority: the ground, how it was recognised, and by what (list and its number, card); `person` if known; by a
    leased roster the `mark` of its entry.

    The ground goes into the record alone; written out anywhere, in a log or an error, this does not tell it.
    """

    ground: Ground = field(repr=False)
    method: Method
    evidence: str = ""
    person_id: uuid.UUID | None = field(default=None, repr=False)
    mark: str = field(default="", repr=False)


@transaction.atomic
def take_ticket(
    *,
    venue: Venue,
    matters: Sequence[Matter],
    source: Source,
    by: Staff | None,
    at: datetime,
    recognised: Recognised | None = None,
    id_number: str = "",
    appointed_at: datetime | None = None,
    is_here: bool = True,
) -> Ticket:
    """
    Give out one ticket for the matters of a attendance, the first of them first (取号).

    Whoever takes it from afar is not called before they have shown that they are here (`is_here`).
    `id_number` only limits the tickets of one person a day; it is not kept. Raises NotTaken, NotAllowed.
    """
    path = venue.service_point.area.path
    require("hall.ticket", area_path=path)
    # One at a time in a venue: numbers, limits and calls of one hall are then in one order on every database.
    Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    day = localdate(at)
    if why := not_ours(venue, day):
        raise NotTaken(why)
    tag = blind_index("hall_visit", f"{day.isoformat()}:{id_number}") if id_number else ""
    _refuse_too_many(venue, day, tag)
    line = line_of(venue, matters)
    series = _series_of(venue, line, recognised=recognised, appointed=appointed_at is not None)
    number, taken_at = _next_number(series, day, at)
    attendance = _came(venue, day, tag, source, recognised, taken_at)
    _note(attendance, matters, recognised, by, taken_at)
    ticket: Ticket = Ticket.objects.create(
        attendance=attendance,
        venue=venue,
        day=day,
        series=series,
        number=number,
        line=line,
        has_priority=recognised is not None,
        is_here=is_here,
        taken_at=taken_at,
        counts_from=_counts_from(taken_at, appointed_at),
        changed_at=taken_at,
        area_path=path,
    )
    begin(ticket, by=by, at=taken_at)
    return ticket


def _came(venue: Venue, day: date, tag: str, source: Source, recognised: Recognised | None, at: datetime) -> Attendance:
    """Write down that somebody came to a hall."""
    attendance: Attendance = Attendance.objects.create(
        venue=venue,
        day=day,
        person_id=recognised.person_id if recognised else None,
        person_tag=tag,
        source=source,
        came_at=at,
        area_path=venue.service_point.area.path,
    )
    return attendance


def line_of(venue: Venue, matters: Sequence[Matter]) -> Series:
    """Return the line of the first matter: the series that takes it, or the one that takes all others. Raises NotTaken."""
    ordinary = venue.series.filter(kind=SeriesKind.ORDINARY)
    if matters:
        own = ordinary.filter(matters=matters[0]).order_by("letter").first()
        if own is not None:
            return own
    general: Series | None = ordinary.filter(matters=None).order_by("letter").first()
    if general is None:
        raise NotTaken(f"{venue}没有办“{matters[0] if matters else '咨询'}”的号段，请到导办台。")
    return general


def _series_of(venue: Venue, line: Series, *, recognised: Recognised | None, appointed: bool) -> Series:
    """Return whose number it gets: a special series only where the venue has one and lets it be seen."""
    kind = SeriesKind.PRIORITY if recognised else SeriesKind.APPOINTMENT if appointed else None
    if kind is None or (kind == SeriesKind.PRIORITY and not venue.priority_is_visible):
        return line
    return venue.series.filter(kind=kind).first() or line


def _next_number(series: Series, day: date, at: datetime) -> tuple[int, datetime]:
    """
    Return the next number of a series on a day, and its time: after that of every number of this hall and day so far.

    The venue is locked. Of the other series the time counts too, or a clock set back would let L overtake A in the same line.
    """
    held = {one.series_id: one for one in Counter.objects.filter(series__venue=series.venue_id, day=day)}
    taken_at = max([at, *(one.last_at + JUST_AFTER for one in held.values())])
    counter = held.get(series.pk)
    if counter is None:
        return Counter.objects.create(series=series, day=day, last=1, last_at=taken_at).last, taken_at
    Counter.objects.filter(pk=counter.pk).update(last=counter.last + 1, last_at=taken_at)
    return counter.last + 1, taken_at


def _refuse_too_many(venue: Venue, day: date, tag: str) -> None:
    if not tag or not venue.tickets_a_day:
        return
    taken = Attendance.objects.filter(venue=venue, day=day, person_tag=tag).count()
    if taken >= venue.tickets_a_day:
        raise NotTaken(f"今天已经用这个证件取了 {taken} 个号（每人每天 {venue.tickets_a_day} 个）。还要办事请到导办台。")


def _counts_from(taken_at: datetime, appointed_at: datetime | None) -> datetime:
    """Who keeps an appointment waits from the hour agreed at the latest; who comes too late waits like everybody from now."""
    if appointed_at is None or taken_at > appointed_at + APPOINTMENT_GRACE:
        return taken_at
    return min(taken_at, appointed_at)


def _note(
    attendance: Attendance, matters: Sequence[Matter], recognised: Recognised | None, by: Staff | None, at: datetime
) -> None:
    path = attendance.area_path
    ServiceRequest.objects.bulk_create(
        ServiceRequest(attendance=attendance, matter=matter, place=place, area_path=path)
        for place, matter in enumerate(matters, start=1)
    )
    if recognised is not None:
        Recognition.objects.create(
            attendance=attendance,
            ground=recognised.ground,
            method=recognised.method,
            evidence=recognised.evidence,
            mark=recognised.mark,
            by=by,
            at=at,
            area_path=path,
        )
