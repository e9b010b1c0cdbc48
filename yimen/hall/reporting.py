"""
A day of a hall as a report (大厅日报): every figure from the log, by the same rules as the page in the open.

Nobody who came is named, and no clerk: a mail is read by many.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import get_current_timezone, localdate

from yimen.cases.queries import PointLine, ratings_by_point
from yimen.hall.alarms import Alarm, alarms_on, evening
from yimen.hall.days import Fairness, Told, fairness_of, told_of
from yimen.hall.fairness import Waits, waits_of
from yimen.hall.models import Attendance, Handling, LateService, Period, Series, Ticket, Venue, Window, WindowShift
from yimen.hall.replaying import served_on
from yimen.hall.venues import limit_on
from yimen.hall.waits import whole_minutes
from yimen.hall.words import OVER, State, WindowState
from yimen.office.access import require


@dataclass(frozen=True)
class SeriesDay:
    """The tickets of one series on a day: how many were taken, what they waited, how many missed a call."""

    series: Series
    taken: int
    waits: Waits
    missed: int


@dataclass(frozen=True)
class Pause:
    """One pause of a window: why, from when until when (None: nobody ended it), how long, and whether the manager set it."""

    window: Window
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    minutes: int
    is_managed: bool


@dataclass
class WindowDay:
    """One window on a day: first opened, last closed (None: still open), minutes open and paused."""

    window: Window
    opened_at: datetime
    closed_at: datetime | None = None
    minutes: int = 0
    paused_minutes: int = 0


@dataclass(frozen=True)
class Left:
    """Who was still there when the day ended, by where they stood; `on_the_way` took a number from afar and never came."""

    uncalled: int
    on_the_way: int
    waiting_again: int
    states: Mapping[str, int]

    @property
    def whole(self) -> int:
        """Return how many they are together."""
        return self.uncalled + self.on_the_way + self.waiting_again + sum(self.states.values())


@dataclass(frozen=True)
class DayReport:
    """
    A day of a venue up to a moment: its figures in the open, tickets by series and by where they were taken, missed calls and who
    came back, the usual service in minutes, alarms and their limit, windows and pauses, windows nobody closed since an earlier
    day, opinions, people accompanied and stayed for, and who was left.
    """

    venue: Venue
    until: datetime
    is_over: bool
    told: Fairness
    series: Sequence[SeriesDay]
    sources: Mapping[str, int]
    finished: int
    missed: int
    came_back: int
    service_minutes: float | None
    limit_minutes: int
    alarms: Sequence[Alarm]
    windows: Sequence[WindowDay]
    pauses: Sequence[Pause]
    never_closed: Sequence[Window]
    rated: PointLine | None
    accompanied: int
    stayed_for: int
    left: Left
    whole: Waits

    @property
    def taken(self) -> int:
        """Return how many tickets were taken."""
        return sum(one.taken for one in self.series)


def day_report(*, venue: Venue, day: date, at: datetime) -> DayReport:
    """Return the report of a day, of today as far as it has gone. Raises NotAllowed without the right to watch it."""
    require("hall.watch", area_path=venue.service_point.area.path)
    told = told_of(venue, day)
    is_over = day < localdate(at)
    until = (evening(venue, day) or _midnight_after(day)) if is_over else at
    shifts = _shifts(venue, day)
    services = [one.service_minutes for one in served_on(venue, day)]
    periods = Period.objects.filter(ticket__venue=venue, ticket__day=day)
    here = {"attendance__venue": venue, "attendance__day": day}
    lines = ratings_by_point(since=day, until=day)
    return DayReport(
        venue=venue,
        until=until,
        is_over=is_over,
        told=fairness_of(venue, day, told),
        whole=waits_of(one.outcome for one in told),
        series=_by_series(venue, day, told),
        sources=dict(Attendance.objects.filter(venue=venue, day=day).order_by().values_list("source").annotate(n=Count("pk"))),
        finished=_tickets(periods.filter(step="finish")),
        missed=_tickets(periods.filter(step="miss")),
        came_back=_tickets(periods.filter(step="return")),
        service_minutes=median(services) if services else None,
        limit_minutes=limit_on(venue, day),
        alarms=alarms_on(venue=venue, day=day, at=at),
        windows=_windows(shifts, until),
        pauses=[_pause(one, until) for one in shifts if one.state == WindowState.PAUSED],
        never_closed=_never_closed(venue, day),
        rated=next((one for one in lines if one.point is not None and one.point.pk == venue.service_point_id), None),
        accompanied=Handling.objects.filter(accepted_at__isnull=False, **here).count(),
        stayed_for=LateService.objects.filter(**here).count(),
        left=_left(venue, day),
    )


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, get_current_timezone())


def _tickets(periods: QuerySet[Period]) -> int:
    return int(periods.aggregate(n=Count("ticket", distinct=True))["n"])


def _by_series(venue: Venue, day: date, told: Sequence[Told]) -> list[SeriesDay]:
    tickets = Ticket.objects.filter(venue=venue, day=day).order_by()
    taken = dict(tickets.values_list("series").annotate(n=Count("pk")))
    missed = dict(tickets.filter(periods__step="miss").values_list("series").annotate(n=Count("pk", distinct=True)))
    return [
        SeriesDay(
            series=one,
            taken=taken.get(one.pk, 0),
            waits=waits_of(row.outcome for row in told if row.series == one.pk),
            missed=missed.get(one.pk, 0),
        )
        for one in venue.series.order_by("letter")
        if one.pk in taken
    ]


def _shifts(venue: Venue, day: date) -> list[WindowShift]:
    rows = WindowShift.objects.filter(window__venue=venue, starts_at__date=day).select_related("window")
    return list(rows.order_by("window__number", "starts_at"))


def _windows(shifts: Sequence[WindowShift], until: datetime) -> list[WindowDay]:
    found: dict[int, WindowDay] = {}
    for one in shifts:
        held = found.setdefault(one.window_id, WindowDay(one.window, one.starts_at))
        minutes = whole_minutes(one.starts_at, _end(one, until))
        if one.state == WindowState.PAUSED:
            held.paused_minutes += minutes
        else:
            held.minutes += minutes
        held.closed_at = one.ends_at
    return list(found.values())


def _end(shift: WindowShift, until: datetime) -> datetime:
    """Return when a stretch ended within its day: what nobody ended that day is taken to have ended with it."""
    return max(min(shift.ends_at or until, until), shift.starts_at)


def _pause(shift: WindowShift, until: datetime) -> Pause:
    return Pause(
        window=shift.window,
        reason=shift.reason,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        minutes=whole_minutes(shift.starts_at, _end(shift, until)),
        is_managed=shift.set_by_id not in (None, shift.staff_id),
    )


def _never_closed(venue: Venue, day: date) -> list[Window]:
    """Return the windows that stood open or paused all day since an earlier one."""
    through = Q(starts_at__date__lt=day) & (Q(ends_at=None) | Q(ends_at__date__gt=day))
    rows = WindowShift.objects.filter(through, window__venue=venue).select_related("window").order_by("window__number")
    return [one.window for one in rows]


def _left(venue: Venue, day: date) -> Left:
    """Return who had not ended when the day did, by the period that was open then."""
    end = _midnight_after(day)
    rows = Period.objects.filter(ticket__venue=venue, ticket__day=day, starts_at__lt=end)
    open_then = rows.filter(Q(ends_at=None) | Q(ends_at__gte=end)).exclude(state__in=OVER)
    states = Counter(dict(open_then.order_by().values_list("state").annotate(n=Count("pk"))))
    waiting = open_then.filter(state=State.WAITING)
    on_the_way = waiting.filter(ticket__is_here=False).count()
    called = Period.objects.filter(ticket__in=waiting.values("ticket"), step="call", starts_at__lt=end)
    again = int(called.aggregate(n=Count("ticket", distinct=True))["n"])
    return Left(
        uncalled=states.pop(State.WAITING, 0) - on_the_way - again,
        on_the_way=on_the_way,
        waiting_again=again,
        states={State(state).label: number for state, number in sorted(states.items())},
    )
