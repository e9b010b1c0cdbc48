"""
The hall as whoever answers for it sees it now (大厅今天): who sits at which window and serves whom, who waits, who is too long.

Nobody who came is named: a number, a line, minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils.timezone import localdate

from yimen.hall.alarms import alarms_on
from yimen.hall.days import by_line, told_of
from yimen.hall.fairness import waits_of
from yimen.hall.models import Period, ProfileLine, Ticket, Venue, Window, WindowShift
from yimen.hall.nodes import run_elsewhere
from yimen.hall.now import Line, is_open, lines_of, windows_of
from yimen.hall.team import Proposal, here_now
from yimen.hall.waits import waits_on, whole_minutes
from yimen.hall.words import AT_A_WINDOW, State, WindowState
from yimen.office.access import may, require
from yimen.office.models import Staff
from yimen.office.queries import colleagues


@dataclass(frozen=True)
class Seat:
    """
    A window now: since when it is so and why, who set it if not the clerk, the ticket there and since when it is served.

    `is_late` once the clerk should be back from a pause, `is_forgotten` where it stands so since an earlier day.
    """

    window: Window
    since: datetime | None = None
    reason: str = ""
    set_by: Staff | None = None
    ticket: Ticket | None = None
    served_since: datetime | None = None
    minutes: int = 0
    served_minutes: int = 0
    is_late: bool = False
    is_forgotten: bool = False


@dataclass(frozen=True)
class LineNow:
    """
    A line now: who waits, how many beyond the limit, and since when somebody always was; called today, and what half of them
    waited less than, in minutes.
    """

    line: Line
    beyond: int
    rings_since: datetime | None
    called: int
    middle: float | None


@dataclass(frozen=True)
class HallNow:
    """
    A hall now: open or not, how many windows are, its lines, co-organizers on duty, tickets taken today and how many left
    uncalled.
    """

    is_open: bool
    windows_open: int
    lines: Sequence[LineNow]
    team: Sequence[Proposal]
    taken: int
    left: int

    @property
    def alarms(self) -> list[LineNow]:
        """Return the lines in which somebody waits beyond the limit."""
        return [one for one in self.lines if one.beyond]

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return sum(one.line.waiting for one in self.lines)


def hall_now(*, venue: Venue, at: datetime) -> HallNow:
    """Return a hall as it is. Raises NotAllowed without the right to watch it."""
    require("hall.watch", area_path=venue.service_point.area.path)
    day = localdate(at)
    outcomes = by_line(told_of(venue, day))
    limit = timedelta(minutes=venue.wait_alarm_minutes)
    beyond = [one.line for one in waits_on(venues=[venue], day=day, only_now=True) if at - one.since > limit]
    rings = {one.line.pk: one.starts_at for one in alarms_on(venue=venue, day=day, at=at) if one.ends_at is None}
    lines = []
    for line in lines_of(venue, at):
        key, waits = line.series.pk, waits_of(outcomes.get(line.series.pk, []))
        lines.append(LineNow(line, beyond.count(key), rings.get(key), waits.called, waits.middle))
    return HallNow(
        is_open=is_open(venue, at),
        windows_open=venue.windows.filter(state=WindowState.OPEN).count(),
        lines=lines,
        team=here_now(venue=venue, on=day),
        taken=Ticket.objects.filter(venue=venue, day=day).count(),
        left=sum(waits_of(one).left for one in outcomes.values()),
    )


def seats_now(*, venue: Venue, at: datetime) -> list[Seat]:
    """
    Return the windows of a hall by number: who sits there, and whom they serve since when.

    Raises NotAllowed without the right to watch it.
    """
    require("hall.watch", area_path=venue.service_point.area.path)
    shifts = {
        one.window_id: one
        for one in WindowShift.objects.filter(window__venue=venue, ends_at=None).select_related("set_by", "staff")
    }
    here = Ticket.objects.filter(venue=venue, state__in=AT_A_WINDOW).select_related("series", "line")
    tickets = {one.window_id: one for one in here}
    calls = Period.objects.filter(ticket__in=list(tickets.values()), step="call").order_by("starts_at", "pk")
    called = dict(calls.values_list("ticket_id", "starts_at"))
    return [_seat(one, shifts.get(one.pk), tickets.get(one.pk), called, at) for one in windows_of(venue)]


def _seat(window: Window, shift: WindowShift | None, ticket: Ticket | None, called: dict[object, datetime], at: datetime) -> Seat:
    if shift is None:
        return Seat(window, since=window.changed_at)
    served_since = called.get(ticket.pk, ticket.changed_at) if ticket else None
    return Seat(
        window=window,
        since=shift.starts_at,
        reason=shift.reason,
        set_by=shift.set_by if shift.set_by_id not in (None, shift.staff_id) else None,
        ticket=ticket,
        served_since=served_since,
        minutes=whole_minutes(shift.starts_at, at),
        served_minutes=whole_minutes(served_since, at) if served_since else 0,
        is_late=window.back_at is not None and at > window.back_at,
        is_forgotten=localdate(shift.starts_at) < localdate(at),
    )


def may_be_seated(venue: Venue) -> list[Staff]:
    """Return who may call in a hall and sits at no window, the nearest desk first, for whoever opens a window for them."""
    path = venue.service_point.area.path
    require("hall.manage", area_path=path)
    seated = set(Window.objects.exclude(staff=None).values_list("staff_id", flat=True))
    return [one for one in colleagues(permission="hall.call", area_path=path) if one.pk not in seated]


@dataclass(frozen=True)
class Beyond:
    """The people of one line who have waited beyond the limit of their venue: how many, and the longest, in minutes."""

    venue: Venue
    line: int
    people: int
    longest_minutes: int


@dataclass(frozen=True)
class Watch:
    """
    What asks for whoever answers for some halls: who waits too long, how many wait in lines no open window calls and where,
    and windows whose clerk is not back, or that stand open or paused since an earlier day.
    """

    beyond: Sequence[Beyond]
    uncalled: Sequence[tuple[Venue, int]]
    late: Sequence[Window]
    forgotten: Sequence[Window]


def watch_over(venues: Iterable[Venue], *, at: datetime) -> Watch:
    """
    Return what asks for whoever manages these halls, in a few questions for all of them; the longest wait first.

    A hall that runs by itself is told of by its own machine.
    """
    day = localdate(at)
    managed = [one for one in venues if may("hall.manage", area_path=one.service_point.area.path)]
    elsewhere = run_elsewhere([one.pk for one in managed], day)
    held = {one.pk: one for one in managed if one.pk not in elsewhere}
    windows = Window.objects.filter(venue__in=held).exclude(state=WindowState.CLOSED)
    standing = WindowShift.objects.filter(window__in=windows, ends_at=None, starts_at__date__lt=day)
    forgotten = set(standing.values_list("window_id", flat=True))
    rows = list(windows.select_related("venue__service_point").order_by("venue", "number"))
    return Watch(
        beyond=_beyond(held, at),
        uncalled=_uncalled(held, day),
        late=[one for one in rows if one.back_at is not None and one.back_at < at and one.pk not in forgotten],
        forgotten=[one for one in rows if one.pk in forgotten],
    )


def _beyond(venues: dict[int, Venue], at: datetime) -> list[Beyond]:
    minutes: dict[tuple[int, int], list[int]] = {}
    for one in waits_on(venues=venues.values(), day=localdate(at), only_now=True):
        if at - one.since > timedelta(minutes=venues[one.venue].wait_alarm_minutes):
            minutes.setdefault((one.venue, one.line), []).append(whole_minutes(one.since, at))
    found = [Beyond(venues[venue], line, len(waited), max(waited)) for (venue, line), waited in minutes.items()]
    return sorted(found, key=lambda one: -one.longest_minutes)


def _uncalled(venues: dict[int, Venue], day: date) -> list[tuple[Venue, int]]:
    called = ProfileLine.objects.filter(profile__window__state=WindowState.OPEN).values("series")
    waiting = Ticket.objects.filter(venue__in=venues, day=day, state=State.WAITING, is_here=True, only_window=None)
    rows = waiting.exclude(line__in=called).order_by().values_list("venue").annotate(n=Count("pk"))
    return [(venues[venue], number) for venue, number in sorted(rows)]
