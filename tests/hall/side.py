"""A hall with a reception and two co-organizers on duty, and one household of its village; everything is fictional."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from tests.cases.town import Town, make_town
from tests.hall.house import House, at, make_house
from tests.make import TODAY, make_staff
from yimen.hall import actions
from yimen.hall.models import Handling, Ticket, Training
from yimen.office.access import scope
from yimen.office.audit import reading
from yimen.office.models import Staff


@dataclass
class Side:
    """Who stands at the desks, and whose side they come to."""

    house: House
    town: Town
    reception: Staff
    first: Staff
    second: Staff

    @contextmanager
    def as_(self, who: Staff):
        with scope(who, "测试"), reading("测试"):
            yield who

    def known(self, minutes: float = 0, *, matters=()) -> Ticket:
        """Let the person of the town have come and be recognised at the reception."""
        ticket = self.house.take(minutes, matters=matters)
        with self.as_(self.reception) as by:
            actions.know_person(attendance=ticket.attendance_id, person=self.town.person.pk, by=by, at=at(minutes))
        return ticket

    def sent(self, ticket: Ticket, minutes: float = 1, *, to: Staff | None = None, **more) -> Handling:
        with self.as_(self.reception) as by:
            return actions.assign(
                attendance=ticket.attendance_id, to=to or self.first, why="腿脚不便", by=by, at=at(minutes), **more
            )

    def come(self, ticket: Ticket, minutes: float = 2) -> Handling:
        handling = self.sent(ticket, minutes)
        return self.do(actions.take_up, handling, minutes)

    def do(self, action, handling: Handling, minutes: float, *, who: Staff | None = None, **more):
        """Let the co-organizer take a step."""
        with self.as_(who or self.first) as by:
            return action(handling=handling.pk, by=by, at=at(minutes), **more)


def make_side(**settings) -> Side:
    town = make_town()
    house = make_house(**settings)
    village = town.village
    reception = make_staff(kind="receptionist", area=village, username="reception")
    people = [make_staff(kind="co_organizer", area=village, username=f"escort{number}") for number in (1, 2)]
    for one in people:
        with scope(one, "上岗"):
            actions.go_on_duty(venue=house.venue, by=one, at=at(-30))
        trained(one, reception)
    return Side(house, town, reception, *people)


def trained(staff: Staff, by: Staff, until: date = date(2027, 6, 30)) -> None:
    Training.objects.create(
        staff=staff, subject="协办员上岗", held_on=TODAY.replace(month=6), valid_until=until, recorded_by=by, recorded_at=at(-60)
    )
