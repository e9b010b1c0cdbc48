"""Recognised after the number was taken: the number stays, the place in the line changes, reason and officer are kept."""

import pytest

from tests.hall.house import at, make_house
from tests.hall.people import decided, number_of, resident
from tests.make import make_area, make_staff
from yimen.hall import actions
from yimen.hall.models import Recognition
from yimen.hall.words import Ground, Method
from yimen.office.access import NotAllowed, scope
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def desk(house):
    return make_staff(kind="receptionist", area=house.venue.service_point.area, username="reception")


def recognised(house, desk, ticket, minutes=1, **how):
    with scope(desk, "导办"):
        found = actions.recognise(venue=house.venue, by=desk, at=at(minutes), **how)
        return actions.give_priority(attendance=ticket.attendance_id, recognised=found, by=desk, at=at(minutes))


def test_who_forgot_the_card_is_looked_up_keeps_the_number_and_goes_first(house, desk):
    person = resident(1)
    decided(person)
    house.take(0)
    ticket = house.take(1)

    moved = recognised(house, desk, ticket, 2, person=person.pk)

    assert (str(moved), moved.has_priority) == (str(ticket), True)
    assert house.serve_all(3) == ["A002", "A001"]
    with scope(desk, "测试"):
        noted = Recognition.objects.get(attendance=ticket.attendance_id)
    assert (noted.ground, noted.method, noted.by) == (Ground.ASSISTED, Method.PERSON, desk)


def test_a_ground_seen_on_paper_is_written_with_what_was_seen_and_the_audit_does_not_say_it(house, desk):
    ticket = house.take(0)

    recognised(house, desk, ticket, said=Ground.PREGNANT, evidence="孕检单")

    entry = AuditEntry.objects.get(action="hall.priority")
    assert entry.staff == desk
    assert "pregnant" not in str(entry.detail)


def test_nobody_is_given_priority_twice_or_when_it_is_too_late(house, desk):
    first, second = house.take(0), house.take(1)
    recognised(house, desk, first, said=Ground.VETERAN, evidence="优待证")
    with pytest.raises(actions.NotPrioritised, match="已经优先"):
        recognised(house, desk, first, said=Ground.VETERAN, evidence="优待证")
    house.call(5)
    house.call(5, place=1)
    with pytest.raises(actions.NotPrioritised, match="已经叫到"):
        recognised(house, desk, second, 6, said=Ground.VETERAN, evidence="优待证")


def test_only_the_reception_gives_it(house, desk):
    ticket = house.take(0)
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    escort = make_staff(kind="co_organizer", area=county, username="escort")
    found = actions.Recognised(Ground.VETERAN, Method.PERSON, "优待证")
    with scope(escort, "测试"), pytest.raises(NotAllowed):
        actions.give_priority(attendance=ticket.attendance_id, recognised=found, by=escort, at=at(1))


def test_a_number_and_a_name_stand_in_no_record_of_it(house, desk):
    person = resident(1)
    decided(person)
    recognised(house, desk, house.take(0), person=person.pk)

    written = " ".join(f"{entry.detail}{entry.purpose}{entry.subjects}" for entry in AuditEntry.objects.all())
    assert number_of(1) not in written
    assert "沈小满" not in written
