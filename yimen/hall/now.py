"""The hall as it is now (此刻): who waits, where somebody stands, what the screen shows. None of it tells a name."""

import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate, localtime

from yimen.hall.estimate import Range, minutes_to_wait
from yimen.hall.models import Call, Matter, Period, Series, Ticket, Venue, Window
from yimen.hall.ordering import Rule, Waiting, choose
from yimen.hall.served import served, services_of
from yimen.hall.waits import waiting_since, whole_minutes
from yimen.hall.words import AT_A_WINDOW, SeriesKind, State, WindowState
from yimen.office.access import current, may, require, within
from yimen.office.calendar import Calendar, calendar
from yimen.office.models import Staff


def venues_seen() -> QuerySet[Venue]:
    """Return the venues below the open scope, by name of their place."""
    rows = Venue.objects.filter(within(current().paths, column="service_point__area__path"))
    return rows.select_related("service_point__area").order_by("service_point__area__path", "code")


def venue_by_code(code: str) -> Venue:
    """Return a venue by its code; a venue is public. Raises Venue.DoesNotExist."""
    return Venue.objects.select_related("service_point__area").get(code=code)


def is_open(venue: Venue, at: datetime) -> bool:
    """Say whether a venue is open at a moment: its hours, and the working calendar where it follows that."""
    return is_open_by(venue, at, calendar())


def is_open_by(venue: Venue, at: datetime, held: Calendar) -> bool:
    """Say the same by a calendar that was asked for once, for many venues whose hours were fetched together."""
    moment = localtime(at)
    weekday = opening_weekday(venue, moment.date(), held)
    return any(one.weekday == weekday and one.opens_at <= moment.time() < one.closes_at for one in venue.openings.all())


def opening_weekday(venue: Venue, day: date, held: Calendar | None = None) -> int | None:
    """Return by the hours of which weekday (Monday 1) a venue is open on a day, None on a day off where it keeps them."""
    weekday = day.isoweekday()
    if not venue.follows_calendar:
        return weekday
    if not (held or calendar()).is_workday(day):
        return None
    # A Saturday or Sunday worked instead of another day (调休) is worked like a Monday.
    return weekday if weekday <= 5 else 1


@dataclass(frozen=True)
class Line:
    """One line of a venue: how many wait in it, of them with priority, the longest wait in minutes, windows that call it."""

    series: Series
    waiting: int
    with_priority: int
    longest_minutes: int
    windows: int
    wait: Range | None


def lines_now(*, venue: Venue, at: datetime) -> list[Line]:
    """Return the lines of a venue as they are (各队等候), with what a newcomer would wait."""
    require("hall.ticket", area_path=venue.service_point.area.path)
    return lines_of(venue, at)


def lines_of(venue: Venue, at: datetime) -> list[Line]:
    """Return the lines of a venue as they are, for whoever has been let in already."""
    since = waiting_since(Ticket.objects.filter(venue=venue, day=localdate(at)))
    return [_line(venue, series, since, at) for series in venue.series.filter(kind=SeriesKind.ORDINARY).order_by("letter")]


def _line(venue: Venue, series: Series, since: Mapping[uuid.UUID, datetime], at: datetime) -> Line:
    rows = list(waiting_of(venue, localdate(at)).filter(line=series).values_list("has_priority", "pk", "taken_at"))
    windows = windows_calling(series)
    longest = max((whole_minutes(since.get(key, taken_at), at) for _, key, taken_at in rows), default=0)
    wait = minutes_to_wait(ahead=len(rows), windows=windows, services=services_of(series, at=at))
    return Line(series, len(rows), sum(priority for priority, *_ in rows), longest, windows, wait)


def waiting_of(venue: Venue, day: date) -> QuerySet[Ticket]:
    """Return who waits in a venue on a day; who is still on the way does not."""
    rows: QuerySet[Ticket] = Ticket.objects.filter(venue=venue, day=day, state=State.WAITING, is_here=True)
    return rows


def windows_calling(series: Series) -> int:
    """Return how many open windows call a line."""
    return Window.objects.filter(profile__lines__series=series, state=WindowState.OPEN).count()


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: its state, how many go before it, what it may still wait, and the window if it is called."""

    ticket: Ticket
    ahead: int
    wait: Range | None
    window: int | None


def place_of(*, ticket_id: uuid.UUID, at: datetime) -> Place:
    """Return where a ticket stands (排到哪了). Raises Ticket.DoesNotExist outside the open scope."""
    ticket: Ticket = Ticket.objects.select_related("series", "line", "window", "venue").get(pk=ticket_id)
    return place(ticket, at=at)


def place(ticket: Ticket, *, at: datetime) -> Place:
    """Return where a ticket stands that was just read with its series, line, window and venue."""
    if ticket.state != State.WAITING:
        return Place(ticket, 0, None, ticket.window.number if ticket.window else None)
    rule, recent = ticket.venue.calling_rule, served(ticket.line, at=at)
    ahead = _ahead(ticket, rule, at)
    wait = minutes_to_wait(
        ahead=ahead,
        windows=windows_calling(ticket.line),
        services=recent.minutes,
        priority_load=0.0 if ticket.has_priority else recent.priority_share,
        head_start=rule.head_start_minutes if rule.name == "head_start" else 0.0,
    )
    return Place(ticket, ahead, wait, None)


class Standing(NamedTuple):
    """As much of a ticket that waits as its place in the line needs, in the order of its time."""

    counts_from: datetime
    taken_at: datetime
    number: int
    has_priority: bool
    pk: uuid.UUID


def _ahead(ticket: Ticket, rule: Rule, at: datetime) -> int:
    """Return how many go before a ticket; one that is on the way stands where it would if it were here."""
    columns = ("counts_from", "taken_at", "number", "has_priority", "pk")
    rows = [Standing(*row) for row in _in_line(ticket.venue, ticket.line, at).values_list(*columns)]
    if not ticket.is_here:
        rows = sorted([*rows, Standing(ticket.counts_from, ticket.taken_at, ticket.number, ticket.has_priority, ticket.pk)])
    order = in_order(rows, rule=rule, at=at)
    return next((place for place, one in enumerate(order) if one.pk == ticket.pk), 0)


def order_now(*, venue: Venue, line: Series, at: datetime) -> list[Ticket]:
    """Return who waits in a line, in the order the rule would call them if nobody else came."""
    waiting = list(_in_line(venue, line, at).select_related("series"))
    return in_order(waiting, rule=venue.calling_rule, at=at)


def _in_line(venue: Venue, line: Series, at: datetime) -> QuerySet[Ticket]:
    rows = waiting_of(venue, localdate(at)).filter(line=line, only_window=None)
    return rows.order_by("counts_from", "taken_at", "number")


class Waits(Protocol):
    """Who waits in a line: since when it counts, and whether they have priority."""

    @property
    def counts_from(self) -> Any:
        """Since when the waiting counts."""

    @property
    def has_priority(self) -> Any:
        """Whether the rule lets them go before others."""


W = TypeVar("W", bound=Waits)


def in_order(waiting: Sequence[W], *, rule: Rule, at: datetime) -> list[W]:
    """Return who waits, given by time, in the order a rule calls them."""
    lanes = {priority: deque(one for one in waiting if one.has_priority is priority) for priority in (True, False)}
    order: list[W] = []
    in_a_row = 0
    while any(lanes.values()):
        heads = [Waiting(lane[0], priority, _minutes(lane[0].counts_from, at)) for priority, lane in lanes.items() if lane]
        # One lane alone keeps its order by whatever rule.
        chosen = choose(heads, rule, priority_in_a_row=in_a_row) if len(heads) > 1 else heads[0].ticket
        assert chosen is not None  # noqa: S101
        lanes[chosen.has_priority].popleft()
        in_a_row = in_a_row + 1 if chosen.has_priority else 0
        order.append(chosen)
    return order


def _minutes(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds() / 60


def last_call(*, venue: int | None = None) -> int:
    """Return the number of the last call of a venue, or of all; 0 before the first."""
    rows = Call.objects.all() if venue is None else Call.objects.filter(venue=venue)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def calls_after(last: int, *, venues: Sequence[int] | None = None) -> list[Call]:
    """Return the calls after one, in the order they were made; calls of one venue are committed in this order."""
    rows = Call.objects.filter(pk__gt=last)
    return list((rows if venues is None else rows.filter(venue__in=venues)).select_related("venue").order_by("pk"))


def windows_of(venue: Venue) -> list[Window]:
    """Return the windows of a venue by number, with whoever sits there."""
    return list(venue.windows.select_related("staff", "profile").order_by("number"))


def window_of(staff: Staff | None) -> Window | None:
    """Return the window somebody sits at, open or paused, or None."""
    rows = (
        Window.objects.exclude(state=WindowState.CLOSED)
        .filter(staff=staff)
        .select_related("venue__service_point__area", "profile")
    )
    return rows.first() if staff is not None else None


def ticket_at(window: Window) -> Ticket | None:
    """Return the ticket at a window, called or being served, below the open scope."""
    rows = Ticket.objects.filter(window=window, state__in=AT_A_WINDOW).select_related("series", "line", "attendance")
    found: Ticket | None = rows.first()
    return found


def waiting_for(*, window: Window, at: datetime) -> int:
    """Return how many wait whom this window may call next: in its lines, or sent back to it."""
    lines = window.profile.lines.order_by().values("series_id")
    mine = Q(only_window=None, line__in=lines) | Q(only_window=window)
    return waiting_of(window.venue, localdate(at)).filter(mine).count()


def expected_at(window: Window, *, at: datetime) -> list[Ticket]:
    """Return who was sent back to this window and is called there next (回本窗口), in that order."""
    rows = waiting_of(window.venue, localdate(at)).filter(only_window=window).select_related("series", "line")
    return list(rows.order_by("changed_at", "number"))


def said_before(ticket: Ticket) -> str:
    """Return what was last written about a ticket when it was held or sent on, for whoever serves it now."""
    rows = Period.objects.filter(ticket=ticket).exclude(reason="").order_by("-pk")
    return rows.values_list("reason", flat=True).first() or ""


@dataclass(frozen=True)
class Aside:
    """Somebody who is not in the line now: the ticket, and why, if somebody wrote it."""

    ticket: Ticket
    reason: str


def aside(*, venue: Venue, day: date) -> list[Aside]:
    """Return who is held, in the back office or was missed today (挂起、后台、过号), the latest first."""
    states = (State.HELD, State.BACK_OFFICE, State.MISSED)
    rows = Ticket.objects.filter(venue=venue, day=day, state__in=states).select_related("series", "line", "only_window")
    tickets = list(rows.order_by("-changed_at"))
    why = dict(Period.objects.filter(ticket__in=tickets, ends_at=None).values_list("ticket_id", "reason"))
    return [Aside(one, why.get(one.pk, "")) for one in tickets]


def services_asked(ticket: Ticket) -> list[str]:
    """Return what somebody came for, in the order it is done, below the open scope."""
    rows = Matter.objects.filter(servicerequest__attendance=ticket.attendance_id).order_by("servicerequest__place")
    return list(rows.values_list("name", flat=True))


def matters_of(venue: Venue) -> list[Matter]:
    """Return what can be done in a venue, by department."""
    return list(venue.matters.select_related("department").order_by("department__name", "name"))


def may_call(venue: Venue) -> bool:
    """Say whether the open scope may call here."""
    return may("hall.call", area_path=venue.service_point.area.path)


WEEKDAYS = "一二三四五六日"


def opening_words(venue: Venue) -> str:
    """Return when a venue is open as a sign says it, days with the same hours together."""
    hours: dict[int, list[str]] = {}
    for one in venue.openings.order_by("weekday", "opens_at"):
        hours.setdefault(one.weekday, []).append(f"{one.opens_at:%H:%M}–{one.closes_at:%H:%M}")
    told: list[tuple[list[int], str]] = []
    for weekday in sorted(hours):
        words = "，".join(hours[weekday])
        if told and told[-1][1] == words and told[-1][0][-1] == weekday - 1:
            told[-1][0].append(weekday)
        else:
            told.append(([weekday], words))
    return "；".join(f"{_days(days)} {words}" for days, words in told)


def _days(days: list[int]) -> str:
    first, last = WEEKDAYS[days[0] - 1], WEEKDAYS[days[-1] - 1]
    return f"周{first}" if first == last else f"周{first}至周{last}"
