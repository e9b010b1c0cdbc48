"""A day in a hall that runs by itself, lived through its real doors; run inside the hall's own process (`tests.hall.lone`)."""

from datetime import datetime, timedelta

from yimen.cases.actions import rate_visit
from yimen.hall import actions
from yimen.hall.models import Matter, Series, Venue, Window
from yimen.hall.words import Ground, Help, Method, Result, WindowState
from yimen.office.access import System, scope
from yimen.office.models import Staff


class Day:
    """The hall and its clock; every step is a minute later than the one before."""

    def __init__(self, begins: datetime) -> None:
        self.now = begins
        self.venue = Venue.objects.get()
        self.clerks = [Staff.objects.get(username=f"clerk{place}") for place in (0, 1)]
        self.reception = Staff.objects.get(username="reception")
        self.escort = Staff.objects.get(username="escort1")
        self.windows = list(Window.objects.order_by("number"))

    def later(self, minutes: float = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def by(self, who: Staff):
        return scope(who, "单机的一天")

    def open(self, place: int, state: WindowState = WindowState.OPEN, reason: str = "") -> None:
        with self.by(self.clerks[place]) as _:
            told = {"window_id": self.windows[place].pk, "state": state, "by": self.clerks[place], "reason": reason}
            actions.set_window(at=self.later(), **told)

    def take(self, *, recognised=None, matters=()):
        with self.by(self.clerks[0]):
            told = {"venue": self.venue, "matters": list(matters), "source": "desk", "by": self.clerks[0]}
            return actions.take_ticket(at=self.later(), recognised=recognised, **told)

    def call(self, place: int):
        with self.by(self.clerks[place]):
            return actions.call_next(window_id=self.windows[place].pk, by=self.clerks[place], at=self.later())

    def step(self, place: int, ticket, name: str, reason: str = "") -> None:
        with self.by(self.clerks[place]):
            actions.step(ticket_id=ticket.pk, name=name, by=self.clerks[place], at=self.later(), reason=reason)

    def do(self, place: int, name: str, **told) -> None:
        with self.by(self.clerks[place]):
            getattr(actions, name)(by=self.clerks[place], at=self.later(), **told)


def live(begins: datetime) -> None:
    """Live through the day: numbers of every kind, calls and returns, windows, an escort, opinions, an appointment."""
    day = Day(begins)
    matter = Matter.objects.get(code="yb-card")
    day.open(0)
    day.open(1)
    first = day.take()
    by_list = day.take(recognised=actions.Recognised(Ground.LISTED, Method.LEASE, "离线名册第 1 期", mark="1:00aabbccdd"))
    by_card = day.take(recognised=actions.Recognised(Ground.LISTED, Method.CARD, "卡 0123456789abcdef"), matters=[matter])
    gone = day.take()
    day.do(0, "leave", ticket_id=gone.pk)
    _serve(day, by_list, by_card, first)
    _escorted(day, first)
    _appointed(day)
    day.open(1, WindowState.PAUSED, "就餐")
    day.open(1, WindowState.CLOSED)
    day.open(0, WindowState.CLOSED)


def _serve(day: Day, *expected) -> None:
    """Call three to two windows: one finished, one held and back, one missed, returned and sent to another line."""
    one, other = day.call(0), day.call(1)
    day.step(0, one, "serve")
    day.step(1, other, "hold", "等复印件")
    day.step(0, one, "finish")
    day.do(1, "put_back", ticket_id=other.pk)
    third = day.call(0)
    day.do(0, "recall", ticket_id=third.pk)
    day.step(0, third, "miss")
    day.do(0, "put_back", ticket_id=third.pk)
    insurance = Series.objects.get(letter="B")
    day.do(0, "pass_on", ticket_id=third.pk, line=insurance, reason="先办医保")
    back = day.call(1)
    day.step(1, back, "finish")
    last = day.call(0)
    day.step(0, last, "finish")
    assert {one.pk, other.pk, third.pk} <= {ticket.pk for ticket in expected}


def _escorted(day: Day, ticket) -> None:
    with day.by(day.escort):
        actions.go_on_duty(venue=day.venue, by=day.escort, at=day.later())
    with day.by(day.reception):
        told = {"attendance": ticket.attendance_id, "to": day.escort, "why": "腿脚不便", "by": day.reception}
        handling = actions.assign(at=day.later(), **told)
    same = {"handling": handling.pk, "by": day.escort}
    with day.by(day.escort):
        actions.take_up(at=day.later(), **same)
        actions.note_step(help_=Help.LED, at=day.later(), **same)
        visit = actions.ask_rating(at=day.later(), **same)
    with scope(System("rate"), "评价"):
        rate_visit(code=visit.code, grade=1, words="等得久", device="phone", at=day.later())
    with day.by(day.escort):
        actions.end(result=Result.DONE, words="", at=day.later(), **same)
        actions.go_off_duty(by=day.escort, at=day.later())


def _appointed(day: Day) -> None:
    venue = day.venue
    with scope(System("kiosk", venue.service_point.area.path), "取号机"):
        slots = actions_slots(venue, day.now)
        agreed = actions.appoint(venue=venue, matters=[Matter.objects.get()], starts_at=slots[0].starts_at, at=day.later())
        day.now = agreed.starts_at - timedelta(minutes=5)
        actions.keep_appointment(appointment_id=agreed.pk, source="kiosk", at=day.later())
    kept = day.call(1)
    day.step(1, kept, "finish")


def actions_slots(venue, at):
    from yimen.hall.queries import slots_of

    return slots_of(venue=venue, at=at)
