"""
Some days of the demonstration's halls (演示的几天): people come, are called, are served, miss their call, leave, rate.

Every ticket, call and rating is made by the real doors with the clock of that day, from the seed; so the page of fairness, the
estimate and the statistics compute what they show. The last stretch ends now, with people waiting and windows open.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from django.utils.timezone import get_current_timezone, localdate, localtime

from yimen.cases.actions import open_visit, rate_visit
from yimen.hall import actions
from yimen.hall.models import Matter, Ticket, Venue, Window
from yimen.hall.queries import matters_of
from yimen.hall.words import Ground, Method, Source, WindowState
from yimen.jobs.demo.venues import CLERKS
from yimen.office.access import System, scope
from yimen.office.calendar import Calendar, calendar
from yimen.office.models import Area, Staff
from yimen.office.once import once

Progress = Callable[[str, int, int], None]
COUNTY = "990101"
# Of a morning: from when on, how many come, over how many minutes; a little more than the windows can serve at once.
DAYS_BACK, MORNING, COMERS, MINUTES = 2, 8 * 60 + 30, 32, 84
NOW_COMERS, NOW_MINUTES = 26, 60
# Who sits at which window.
COUNTY_SEATS = {1: CLERKS[0], 3: CLERKS[2], 4: CLERKS[3]}
TOWN_SEATS = {1: "demo_town"}
SOURCES = (Source.KIOSK, Source.KIOSK, Source.KIOSK, Source.DESK, Source.PHONE)
GROUNDS = (Ground.ASSISTED, Ground.ASSISTED, Ground.OLD, Ground.DISABLED, Ground.PREGNANT, Ground.VETERAN)
# The shares of who has priority, does not hear the call, leaves after waiting, and is asked to rate.
PRIORITY, MISSES, IMPATIENT, RATES = 0.18, 0.05, 0.05, 0.3
GRADES = (5, 5, 5, 5, 5, 5, 4, 4, 3)


def make_hall_days(*, seed: int, at: datetime, progress: Progress) -> int:
    """Make the days of the county hall and of one township centre; return how many tickets. Done twice, made once."""
    path, held, made = Area.objects.get(code=COUNTY).path, calendar(), 0
    days = _workdays(held, localdate(at))
    stretches = [("county", COUNTY_SEATS, COMERS, day) for day in days] + [("town-2", TOWN_SEATS, COMERS // 3, days[-1])]
    for number, (code, seats, comers, day) in enumerate(stretches):
        progress("编造大厅的几天", number, len(stretches) + 1)
        starts = datetime.combine(day, datetime.min.time(), get_current_timezone()) + timedelta(minutes=MORNING)
        stretch = Stretch(code, seats, starts, comers, MINUTES)
        made += _once(f"demo-hall-{code}-{day}", path, at, partial(_play, stretch, Random(f"{seed}:{code}:{day}")))
    made += _once("demo-hall-now", path, at, lambda: _play(_until(at), Random(f"{seed}:now"), until=at))
    return made


def _workdays(held: Calendar, today: date) -> list[date]:
    days = (today - timedelta(days=back) for back in range(1, 30))
    return sorted([day for day in days if held.is_workday(day)][:DAYS_BACK])


def _once(key: str, path: str, at: datetime, make: Callable[[], int]) -> int:
    with scope(System("demo", path), "演示大厅"):
        return int(once(key=key, action="demo.hall", content={}, at=at, do=lambda: {"tickets": make()})["tickets"])


def _until(at: datetime) -> "Stretch":
    """Return the stretch that ends now; shortly after midnight it is a short one."""
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = min(NOW_MINUTES, (at - midnight).total_seconds() / 60 - 1)
    return Stretch("county", COUNTY_SEATS, at - timedelta(minutes=max(minutes, 0)), NOW_COMERS, max(minutes, 0))


@dataclass(frozen=True)
class Stretch:
    """Some time in one hall: who sits at which window, from when, how many people come over how many minutes."""

    code: str
    clerks: Mapping[int, str]
    starts: datetime
    comers: int
    minutes: float


@dataclass
class Day:
    """One stretch as it is played: what happens next, by the minute."""

    venue: Venue
    dice: Random
    starts: datetime
    until: datetime | None
    seats: dict[int, Staff] = field(default_factory=dict)
    free: set[int] = field(default_factory=set)
    agenda: list[tuple[float, int, Callable[[datetime], None]]] = field(default_factory=list)
    planned: int = 0
    tickets: int = 0
    waiting: int = 0

    def plan(self, minute: float, do: Callable[[datetime], None]) -> None:
        """Let something happen at a minute; what is planned first comes first within it."""
        self.planned += 1
        heapq.heappush(self.agenda, (minute, self.planned, do))

    def minute(self, at: datetime) -> float:
        """Return the minute of a moment."""
        return (at - self.starts).total_seconds() / 60


def _play(stretch: Stretch, dice: Random, until: datetime | None = None) -> int:
    venue = Venue.objects.select_related("service_point__area").get(code=stretch.code)
    day, matters = Day(venue, dice, stretch.starts, until), matters_of(venue)
    windows = Window.objects.filter(venue=venue, state=WindowState.CLOSED)
    for window in windows.filter(number__in=stretch.clerks):
        day.seats[window.pk] = Staff.objects.get(username=stretch.clerks[window.number])
        _seat(day, window.pk, WindowState.OPEN, stretch.starts)
    day.free = set(day.seats)
    for _ in range(stretch.comers):
        # More come in the first third of the morning than later.
        minute = stretch.minutes * min(dice.random(), dice.random() + 0.2)
        day.plan(minute, lambda at: _come(day, at, matters))
    last = stretch.starts
    while day.agenda:
        minute, _, do = heapq.heappop(day.agenda)
        at = stretch.starts + timedelta(minutes=minute)
        if until is not None and at > until:
            break
        do(at)
        last = at
    if until is None:
        for seat in day.seats:
            _seat(day, seat, WindowState.CLOSED, last + timedelta(minutes=5))
    return day.tickets


def _seat(day: Day, window: int, state: WindowState, at: datetime) -> None:
    actions.set_window(window_id=window, state=state, by=day.seats[window], at=at)


def _come(day: Day, at: datetime, matters: list[Matter]) -> None:
    dice = day.dice
    chosen = dice.sample(matters, k=1 if dice.random() < 0.85 else 2)
    has_priority = dice.random() < PRIORITY
    recognised = None
    if has_priority:
        ground = dice.choice(GROUNDS)
        method = Method.DATA if ground == Ground.ASSISTED else Method.PERSON
        recognised = actions.Recognised(ground, method)
    source = dice.choice(SOURCES)
    ticket = actions.take_ticket(venue=day.venue, matters=chosen, source=source, by=None, at=at, recognised=recognised)
    day.tickets += 1
    day.waiting += 1
    if dice.random() < IMPATIENT:
        day.plan(day.minute(at) + dice.uniform(12, 30), lambda later: _give_up(day, ticket, later))
    _call(day, at)


def _give_up(day: Day, ticket: Ticket, at: datetime) -> None:
    if Ticket.objects.filter(pk=ticket.pk, state="waiting").exists():
        actions.leave(ticket_id=ticket.pk, by=None, at=at)
        day.waiting -= 1


def _call(day: Day, at: datetime) -> None:
    """Let every window that is free call by the rule."""
    for window in sorted(day.free):
        if not day.waiting:
            return
        ticket = actions.call_next(window_id=window, by=day.seats[window], at=at)
        if ticket is not None:
            day.free.discard(window)
            day.waiting -= 1
            _serve(day, window, ticket, day.minute(at))


def _serve(day: Day, window: int, ticket: Ticket, minute: float) -> None:
    dice = day.dice
    if dice.random() < MISSES:
        day.plan(minute + 2, lambda at: _again(day, window, ticket, at))
        day.plan(minute + 4, lambda at: _end(day, window, ticket, "miss", at))
        return
    walk, service = dice.uniform(0.4, 1.4), max(dice.lognormvariate(1.95, 0.5), 1.5)
    day.plan(minute + walk, lambda at: _step(day, window, ticket, "serve", at))
    day.plan(minute + walk + service, lambda at: _end(day, window, ticket, "finish", at))


def _step(day: Day, window: int, ticket: Ticket, name: str, at: datetime) -> None:
    actions.step(ticket_id=ticket.pk, name=name, by=day.seats[window], at=at)


def _again(day: Day, window: int, ticket: Ticket, at: datetime) -> None:
    actions.recall(ticket_id=ticket.pk, by=day.seats[window], at=at)


def _end(day: Day, window: int, ticket: Ticket, name: str, at: datetime) -> None:
    _step(day, window, ticket, name, at)
    if name == "finish" and day.dice.random() < RATES:
        _rate(day, day.seats[window], at)
    day.free.add(window)
    _call(day, at)


def _rate(day: Day, clerk: Staff, at: datetime) -> None:
    with scope(clerk, "演示大厅"):
        visit = open_visit(by=clerk, at=at, point=day.venue.service_point)
    rate_visit(code=visit.code, grade=day.dice.choice(GRADES), words="", device="pad", at=at + timedelta(minutes=1))
