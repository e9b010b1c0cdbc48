"""
From afar (手机取号、预约): a ticket taken on the way, an hour agreed beforehand; neither knows a name.

A ticket from afar keeps its place by when it was taken, but is not called before its holder has shown that they are here, by
the code that hangs in the hall. Whoever comes so late that later ones were called already waits behind a few, like after a
missed call.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import get_current_timezone, localdate, localtime

from yimen.hall.calling import behind_a_few
from yimen.hall.codes import is_here_code
from yimen.hall.flow import WrongStep, move
from yimen.hall.models import Appointment, Matter, Ticket, Venue
from yimen.hall.now import opening_weekday
from yimen.hall.ticketing import APPOINTMENT_GRACE, Recognised, line_of, take_ticket
from yimen.hall.words import OVER, Source, State
from yimen.office.access import require

SLOT = timedelta(hours=1)


class NotHere(Exception):
    """What was scanned or typed does not hang in this hall now; the sentence says what to do."""


class NotAppointed(Exception):
    """No appointment was made or kept; the sentence says why and what to do."""


def ticket_by_code(*, code: str, on: date) -> Ticket | None:
    """Return the ticket of a code on its day, below the open scope; afterwards the code opens nothing."""
    rows = Ticket.objects.filter(code=code, day=on)
    found: Ticket | None = rows.select_related("series", "line", "window", "venue__service_point__area").first()
    return found


@transaction.atomic
def arrive(*, ticket_id: uuid.UUID, shown: str, at: datetime) -> Ticket:
    """
    Note that whoever took a ticket from afar is here (到场), by the code that hangs in the hall. Done twice it is done once.

    Raises NotHere for another code, WrongStep for a ticket that waits no more, NotAllowed.
    """
    ticket: Ticket = Ticket.objects.select_related("series", "line", "venue").get(pk=ticket_id)
    if ticket.is_here:
        return ticket
    if not is_here_code(ticket.venue.code, shown, at):
        raise NotHere("到场码不对，或已经换了。请扫大厅里取号机上的二维码，或输上面的六位数。")
    Venue.objects.select_for_update(no_key=True).get(pk=ticket.venue_id)
    return move(ticket, "arrive", by=None, at=at, is_here=True, counts_from=_comes_in_at(ticket, at))


def _comes_in_at(ticket: Ticket, at: datetime) -> datetime:
    """Whoever would have been called by now waits behind a few."""
    class_ = Ticket.objects.filter(
        venue_id=ticket.venue_id, day=ticket.day, line=ticket.line, has_priority=ticket.has_priority
    ).exclude(state=State.WAITING)
    passed = class_.filter(counts_from__gt=ticket.counts_from, calls__gt=0).exists()
    return behind_a_few(ticket, at) if passed else ticket.counts_from


@transaction.atomic
def give_up(*, ticket_id: uuid.UUID, at: datetime) -> Ticket:
    """Give a ticket back by its holder (退号). Raises WrongStep once it is at a window or over, NotAllowed."""
    ticket: Ticket = Ticket.objects.select_related("series", "line", "venue").get(pk=ticket_id)
    if ticket.state in OVER:
        return ticket
    if ticket.state != State.WAITING:
        raise WrongStep(f"{ticket} 号现在是“{State(ticket.state).label}”，不能退；不办了请告诉窗口。")
    return move(ticket, "leave", by=None, at=at, reason="本人退号")


@dataclass(frozen=True)
class Slot:
    """An hour that may be agreed, and how many appointments are still free in it."""

    starts_at: datetime
    left: int


def slots_of(*, venue: Venue, at: datetime) -> list[Slot]:
    """Return the hours of the coming days that may be agreed, full ones too; none where the venue makes no appointments."""
    if not venue.appointments_an_hour:
        return []
    hours = [hour for back in range(venue.appointment_days + 1) for hour in _hours(venue, localdate(at) + timedelta(days=back))]
    hours = [hour for hour in hours if hour > at]
    if not hours:
        return []
    taken: dict[datetime, int] = {}
    held = Appointment.objects.filter(venue=venue, starts_at__gte=hours[0], starts_at__lte=hours[-1], cancelled_at=None)
    for starts_at in held.values_list("starts_at", flat=True):
        taken[starts_at] = taken.get(starts_at, 0) + 1
    return [Slot(hour, max(venue.appointments_an_hour - taken.get(hour, 0), 0)) for hour in hours]


def _hours(venue: Venue, day: date) -> list[datetime]:
    """Return the whole hours of a day's opening, each with its hour before closing."""
    weekday = opening_weekday(venue, day)
    found = []
    for one in venue.openings.filter(weekday=weekday).order_by("opens_at") if weekday else ():
        zone = get_current_timezone()
        hour, closes = (datetime.combine(day, moment, zone) for moment in (one.opens_at, one.closes_at))
        while hour + SLOT <= closes:
            found.append(hour)
            hour += SLOT
    return found


@transaction.atomic
def appoint(*, venue: Venue, matters: Sequence[Matter], starts_at: datetime, at: datetime) -> Appointment:
    """Agree on an hour (预约). Raises NotAppointed if it is full or not offered, NotTaken without a line, NotAllowed."""
    require("hall.ticket", area_path=venue.service_point.area.path)
    held = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    line_of(held, matters)
    slot = next((one for one in slots_of(venue=held, at=at) if one.starts_at == starts_at), None)
    if slot is None:
        raise NotAppointed("这个时间不能约，请换一个。")
    if not slot.left:
        raise NotAppointed(f"{localtime(starts_at):%H:%M} 刚刚约满了，请换一个时间。")
    path = venue.service_point.area.path
    made: Appointment = Appointment.objects.create(venue=venue, starts_at=starts_at, made_at=at, area_path=path)
    made.matters.set(matters)
    return made


def appointment_by_code(*, code: str, at: datetime) -> Appointment | None:
    """Return the appointment of a code until the end of its day, below the open scope."""
    rows = Appointment.objects.filter(code=code).select_related("venue__service_point__area", "ticket__series")
    found: Appointment | None = rows.first()
    return found if found is not None and localdate(found.starts_at) >= localdate(at) else None


def stand_of(appointment: Appointment, at: datetime) -> str:
    """Return where an appointment stands: booked, cancelled, kept, late (came, or not yet, after the grace), or missed."""
    if appointment.cancelled_at is not None:
        return "cancelled"
    in_time = appointment.starts_at + APPOINTMENT_GRACE
    if appointment.ticket is not None:
        return "kept" if appointment.ticket.taken_at <= in_time else "late"
    if localdate(at) > localdate(appointment.starts_at):
        return "missed"
    return "booked" if at <= in_time else "late"


@transaction.atomic
def keep_appointment(*, appointment_id: uuid.UUID, source: Source, at: datetime, recognised: Recognised | None = None) -> Ticket:
    """
    Take the ticket of an appointment on its day (预约到场). Kept twice it is the same ticket; late it waits like everybody.

    Raises NotAppointed on another day or after it was cancelled, NotTaken, NotAllowed.
    """
    held = _appointment(appointment_id)
    kept: Ticket | None = held.ticket
    if kept is not None:
        return kept
    if held.cancelled_at is not None:
        raise NotAppointed("这个预约已经取消了，请取一个普通号。")
    if localdate(at) != localdate(held.starts_at):
        raise NotAppointed(f"约的是{localtime(held.starts_at):%m月%d日}，今天不能用。今天要办，请取一个普通号。")
    ticket = take_ticket(
        venue=held.venue,
        matters=list(held.matters.order_by("name")),
        source=source,
        by=None,
        at=at,
        recognised=recognised,
        appointed_at=held.starts_at,
    )
    Appointment.objects.filter(pk=held.pk).update(ticket=ticket)
    return ticket


@transaction.atomic
def cancel_appointment(*, appointment_id: uuid.UUID, at: datetime) -> None:
    """Cancel an appointment by its holder, so that somebody else may have the hour. Raises NotAppointed once it was kept."""
    held = _appointment(appointment_id)
    if held.ticket is not None:
        raise NotAppointed("已经取了号，不用取消预约；不办了请在号的页面上退号。")
    if held.cancelled_at is None:
        Appointment.objects.filter(pk=held.pk).update(cancelled_at=at)


def _appointment(appointment_id: uuid.UUID) -> Appointment:
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("venue__service_point__area", "ticket__series")
    held: Appointment = rows.get(pk=appointment_id)
    return held
