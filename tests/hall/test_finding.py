"""Where to go: the wait a citizen reads is that of the hall's own pages, and many halls are asked for together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.hall.house import at, make_house
from tests.make import make_village
from yimen.hall.models import Profile, ProfileLine, Series, Venue, Window
from yimen.hall.queries import find_venues, lines_now
from yimen.office.access import System, scope
from yimen.office.models import ServicePoint

pytestmark = pytest.mark.django_db


def open_all_day(venue):
    venue.openings.create(weekday=at(0).isoweekday(), opens_at="00:00", closes_at="23:59")


def found(minutes):
    with scope(System("venues"), "办事地点"), CaptureQueriesContext(connection) as asked:
        rows = find_venues(at=at(minutes))
    return {one.venue.code: one for one in rows}, len(asked)


def test_the_wait_of_the_finder_is_the_wait_of_the_hall():
    house = make_house()
    open_all_day(house.venue)
    for minute in range(6):
        house.take(minute)
    for minute in range(5):
        ticket = house.call(10 + 7 * minute)
        house.step(ticket, "finish", 16 + 7 * minute)
    house.take(50)

    rows, _ = found(55)

    with scope(System("venues"), "办事地点"):
        lines = lines_now(venue=house.venue, at=at(55))
    shortest = min((one.wait for one in lines if one.wait), key=lambda one: one.most)
    assert rows["demo"].is_open
    assert rows["demo"].waiting == sum(one.waiting for one in lines) == 2
    assert rows["demo"].wait == shortest


def test_fifty_more_halls_no_window_of_which_calls_cost_no_question_more():
    open_all_day(make_house().venue)
    _, few = found(5)
    for number in range(50):
        point = ServicePoint.objects.create(name=f"大厅{number}", area=make_village(), owner="bank", address="街上")
        venue = Venue.objects.create(service_point=point, code=f"v{number}", level="village", follows_calendar=False)
        open_all_day(venue)
        line = Series.objects.create(venue=venue, letter="A", name="综合")
        profile = Profile.objects.create(venue=venue, name="综合")
        ProfileLine.objects.create(profile=profile, series=line)
        Window.objects.create(venue=venue, number=1, profile=profile)

    rows, many = found(5)

    assert sum(one.is_open for one in rows.values()) == 51
    assert many == few
