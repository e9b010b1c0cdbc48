from datetime import time, timedelta

import pytest

from tests.hall.house import at, make_house
from yimen.hall import actions, queries
from yimen.hall.models import Appointment, Matter, Opening, Ring
from yimen.hall.words import Source
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = make_house(appointments_an_hour=2)
    for weekday in range(1, 6):
        Opening.objects.create(venue=house.venue, weekday=weekday, opens_at=time(8, 30), closes_at=time(18))
    return house


@pytest.fixture(autouse=True)
def _by_phone(db):
    with scope(System("phone"), "手机取号"):
        yield


def shown(house, minutes):
    return queries.here_code(house.venue.code, at(minutes))


def test_who_took_a_number_on_the_way_is_called_only_after_showing_that_they_are_here(house):
    mine = house.take(0, is_here=False)
    house.take(1)

    assert str(house.call(2)) == "A002"
    assert house.call(2, place=1) is None
    with pytest.raises(actions.NotHere, match="到场码不对"):
        actions.arrive(ticket_id=mine.pk, shown="000000" if shown(house, 3) != "000000" else "000001", at=at(3))
    actions.arrive(ticket_id=mine.pk, shown=shown(house, 3), at=at(3))

    assert str(house.call(4, place=1)) == str(mine)


def test_the_code_on_the_wall_of_a_quarter_of_an_hour_ago_shows_nothing(house):
    mine = house.take(0, is_here=False)

    with pytest.raises(actions.NotHere):
        actions.arrive(ticket_id=mine.pk, shown=shown(house, 0), at=at(15))


def test_who_comes_in_time_keeps_the_place_and_who_comes_after_their_turn_waits_behind_three(house):
    early, late = house.take(0, is_here=False), house.take(1, is_here=False)
    for minutes in range(2, 8):
        house.take(minutes)
    actions.arrive(ticket_id=early.pk, shown=shown(house, 8), at=at(8))
    first = [str(house.call(9)), str(house.call(9, place=1))]
    actions.arrive(ticket_id=late.pk, shown=shown(house, 10), at=at(10))
    actions.arrive(ticket_id=late.pk, shown="twice", at=at(11))

    assert first == ["A001", "A003"]
    order = queries.order_now(venue=house.venue, line=house.general, at=at(12))
    assert [str(one) for one in order] == ["A004", "A005", "A006", "A002", "A007", "A008"]


def test_a_ticket_on_the_way_is_told_its_place_as_if_it_were_here(house):
    house.take(0)
    mine = house.take(1, is_here=False)
    house.take(2)

    assert queries.place_of(ticket_id=mine.pk, at=at(3)).ahead == 1


def test_a_number_is_given_back_by_who_holds_it_and_its_code_opens_it_only_that_day(house):
    mine = house.take(0)
    today = at(0).date()

    assert queries.ticket_by_code(code=mine.code, on=today) == mine
    assert queries.ticket_by_code(code=mine.code, on=today + timedelta(days=1)) is None
    actions.give_up(ticket_id=mine.pk, at=at(1))
    assert actions.give_up(ticket_id=mine.pk, at=at(2)).state == "left"
    assert house.call(3) is None


def test_who_is_at_the_window_cannot_give_the_number_back(house):
    mine = house.take(0)
    house.call(1)

    with pytest.raises(actions.WrongStep, match="告诉窗口"):
        actions.give_up(ticket_id=mine.pk, at=at(2))


def test_an_hour_is_agreed_as_often_as_the_venue_says_and_not_once_more(house):
    slot = queries.slots_of(venue=house.venue, at=at(0))[0]
    for _ in range(2):
        actions.appoint(venue=house.venue, matters=[house.matter], starts_at=slot.starts_at, at=at(0))

    with pytest.raises(actions.NotAppointed, match="约满"):
        actions.appoint(venue=house.venue, matters=[], starts_at=slot.starts_at, at=at(0))
    with pytest.raises(actions.NotAppointed, match="不能约"):
        actions.appoint(venue=house.venue, matters=[], starts_at=slot.starts_at + timedelta(minutes=7), at=at(0))
    gone = Appointment.objects.first()
    actions.cancel_appointment(appointment_id=gone.pk, at=at(0))
    actions.cancel_appointment(appointment_id=gone.pk, at=at(0))
    assert queries.slots_of(venue=house.venue, at=at(0))[0].left == 1


@pytest.mark.parametrize(("minutes", "stand", "first"), [(-3, "kept", "Y001"), (10, "kept", "Y001"), (25, "late", "A001")])
def test_an_appointment_kept_counts_from_the_hour_agreed_and_one_that_comes_late_from_now(house, minutes, stand, first):
    slot = queries.slots_of(venue=house.venue, at=at(0))[0].starts_at
    mine = actions.appoint(venue=house.venue, matters=[], starts_at=slot, at=at(0))
    ago = (slot - at(0)).total_seconds() / 60
    house.take(ago + 5)
    came = slot + timedelta(minutes=minutes)
    ticket = actions.keep_appointment(appointment_id=mine.pk, source=Source.APPOINTMENT, at=came)
    again = actions.keep_appointment(appointment_id=mine.pk, source=Source.APPOINTMENT, at=came + timedelta(minutes=1))

    mine.refresh_from_db()
    assert (str(ticket), again) == ("Y001", ticket)
    assert queries.stand_of(mine, came) == stand
    assert house.serve_all(ago + 30)[0] == first


def test_an_appointment_is_of_its_day_alone(house):
    slot = next(one for one in queries.slots_of(venue=house.venue, at=at(0)) if one.starts_at.date() > at(0).date())
    mine = actions.appoint(venue=house.venue, matters=[], starts_at=slot.starts_at, at=at(0))

    with pytest.raises(actions.NotAppointed, match="今天不能用"):
        actions.keep_appointment(appointment_id=mine.pk, source=Source.APPOINTMENT, at=at(1))
    assert queries.stand_of(mine, slot.starts_at + timedelta(days=1)) == "missed"
    assert queries.appointment_by_code(code=mine.code, at=slot.starts_at + timedelta(days=1)) is None


def test_a_machine_rings_once_until_somebody_goes(house):
    for _ in range(3):
        actions.ring(venue=house.venue, place="进门取号机", at=at(0))
    held = queries.ringing(house.venue).get()
    for place in (0, 1):
        with house.at_window(place) as clerk:
            actions.answer_ring(ring_id=held.pk, by=clerk, at=at(1))

    assert Ring.objects.get().answered_by == house.clerks[0]
    assert not queries.ringing(house.venue).exists()
    assert Matter.objects.exists()
