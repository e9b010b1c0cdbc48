"""A small hall with two lines, a priority series and windows with a clerk each; everything is fictional."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.make import NOON, make_staff, make_village
from yimen.hall import actions
from yimen.hall.models import Matter, Profile, ProfileLine, Series, Ticket, Venue, Window
from yimen.hall.words import Ground, Method, Source, WindowState
from yimen.office.access import scope
from yimen.office.models import Department, ServicePoint, Staff


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class House:
    """The hall of the tests; `clerks` sit at the windows in their order."""

    venue: Venue
    general: Series
    insurance: Series
    matter: Matter
    windows: list[Window]
    clerks: list[Staff]

    @contextmanager
    def at_window(self, place: int = 0):
        with scope(self.clerks[place], "叫号"):
            yield self.clerks[place]

    def take(self, minutes: float = 0, *, priority: bool = False, matters=(), **more) -> Ticket:
        recognised = actions.Recognised(Ground.ASSISTED, Method.DATA, "名册 3") if priority else None
        with self.at_window() as clerk:
            return actions.take_ticket(
                venue=self.venue,
                matters=list(matters),
                source=Source.DESK,
                by=clerk,
                at=at(minutes),
                recognised=recognised,
                **more,
            )

    def call(self, minutes: float, *, place: int = 0) -> Ticket | None:
        with self.at_window(place) as clerk:
            return actions.call_next(window_id=self.windows[place].pk, by=clerk, at=at(minutes))

    def step(self, ticket: Ticket, name: str, minutes: float, *, place: int = 0, **more) -> Ticket:
        with self.at_window(place) as clerk:
            return actions.step(ticket_id=ticket.pk, name=name, by=clerk, at=at(minutes), **more)

    def serve_all(self, minutes: float = 500) -> list[str]:
        """Call everybody who waits to the first window, one after another, and return the numbers in that order."""
        called = []
        while (ticket := self.call(minutes)) is not None:
            called.append(str(ticket))
            self.step(ticket, "finish", minutes)
        return called


def make_house(*, windows: int = 2, open_from: float = -60, **settings) -> House:
    village = make_village()
    department = Department.objects.get_or_create(code="yb", defaults={"name": "医保"})[0]
    point = ServicePoint.objects.create(name="演示大厅", area=village, owner="government", address="演示路 1 号（虚构）")
    venue = Venue.objects.create(service_point=point, code="demo", level="county", **settings)
    general = Series.objects.create(venue=venue, letter="A", name="综合")
    insurance = Series.objects.create(venue=venue, letter="B", name="医保")
    Series.objects.create(venue=venue, letter="L", name="优先", kind="priority")
    Series.objects.create(venue=venue, letter="Y", name="预约", kind="appointment")
    matter = Matter.objects.create(code="yb-card", name="医保参保登记", department=department)
    matter.venues.add(venue)
    insurance.matters.add(matter)
    profile = Profile.objects.create(venue=venue, name="综合窗口")
    ProfileLine.objects.create(profile=profile, series=general, rank=1)
    ProfileLine.objects.create(profile=profile, series=insurance, rank=2)
    clerks = [make_staff(kind="town_clerk", area=village, username=f"clerk{place}") for place in range(windows)]
    house = House(venue, general, insurance, matter, [], clerks)
    for place, clerk in enumerate(clerks):
        window = Window.objects.create(venue=venue, number=place + 1, profile=profile)
        with scope(clerk, "开窗"):
            house.windows.append(actions.set_window(window_id=window.pk, state=WindowState.OPEN, by=clerk, at=at(open_from)))
    return house
