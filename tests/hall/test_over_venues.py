"""Halls side by side: the same figures as each hall's own page in the open, in a few questions whatever the number of halls."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.hall.house import at, make_house
from tests.hall.test_days import lively
from tests.make import TODAY, make_staff, make_village
from yimen.cases.actions import open_visit, rate_visit
from yimen.hall import actions, queries
from yimen.hall.models import Ticket, Venue
from yimen.hall.words import Source
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import ServicePoint

pytestmark = pytest.mark.django_db


def lines(since=TODAY, until=TODAY):
    with scope(System("test"), "统计"):
        return queries.over_venues(venues=queries.venues_seen(), since=since, until=until)


def another(house, code, *, village=1):
    """Open one more hall, without anybody in it."""
    point = ServicePoint.objects.create(name=f"{code}大厅", area=make_village(village), owner="township", address="街上")
    with scope(System("test"), "开设"):
        return actions.open_venue(point=point, code=code, level="township", by=None, at=at(0))


def test_the_figures_are_those_of_the_page_in_the_open():
    house = lively()
    (line,) = lines()
    with scope(System("test"), "核对"):
        report = queries.day_report(venue=house.venue, day=TODAY, at=at(24 * 60))
        priority = Ticket.objects.filter(has_priority=True).count()
    assert (line.taken, line.priority) == (report.taken, priority)
    assert (line.called, line.left) == (report.whole.called, report.whole.left)
    assert (line.left_percent, line.priority_percent) == (report.whole.left_percent, pytest.approx(100 * priority / report.taken))
    assert line.middle == pytest.approx(report.whole.middle, abs=1e-3)
    assert line.nine_in_ten == pytest.approx(report.whole.nine_in_ten, abs=1e-3)


@pytest.mark.parametrize("number", range(5))
def test_however_few_were_called_the_middle_and_nine_in_ten_are_those_of_the_page(number):
    house = make_house(windows=1, rule="first_come")
    for place in range(number):
        house.take(place)
    for place in range(number):
        house.step(house.call(10 + place * place), "finish", 10.5 + place * place)
    with scope(System("test"), "核对"):
        ordinary = queries.fairness(venue=house.venue, day=TODAY).whole.ordinary
    (line,) = lines()
    expected = (ordinary.middle, ordinary.nine_in_ten)
    assert (line.middle, line.nine_in_ten) == (expected if number == 0 else pytest.approx(expected, abs=1e-3))


def test_each_hall_has_its_own_line_and_days_are_put_together():
    house = make_house(windows=1)
    other = another(house, "second")
    for day in (0, 1):
        house.take(day * 24 * 60)
        house.step(house.call(day * 24 * 60 + 10 * (day + 1)), "finish", day * 24 * 60 + 30)
    with scope(System("test"), "取号"):
        ticket = actions.take_ticket(venue=other, matters=[], source=Source.DESK, by=None, at=at(0))
        actions.leave(ticket_id=ticket.pk, by=None, at=at(5))
    whole = {one.venue.code: one for one in lines(until=TODAY + timedelta(days=1))}
    assert (whole["demo"].taken, whole["demo"].called, round(whole["demo"].middle, 3)) == (2, 2, 15)
    assert (whole["second"].taken, whole["second"].left, whole["second"].middle) == (1, 1, None)
    nobody = lines(since=TODAY + timedelta(days=2), until=TODAY + timedelta(days=3))
    assert [(one.taken, one.left_percent, one.priority_percent) for one in nobody] == [(0, None, None)] * 2


def test_opinions_stand_with_the_hall_they_are_about():
    house = make_house()
    other = another(house, "second")
    for point, grade in ((house.venue.service_point, 5), (house.venue.service_point, 4), (other.service_point, 1)):
        with scope(house.clerks[0], "评价"):
            visit = open_visit(by=house.clerks[0], at=at(0), point=point)
        with scope(System("rating"), "评价"):
            rate_visit(code=visit.code, grade=grade, words="", device="pad", at=at(1))
    assert {one.venue.code: (one.rated, one.mean_grade) for one in lines()} == {"demo": (2, 4.5), "second": (1, 1)}


def test_ten_halls_more_ask_the_database_nothing_more():
    house = make_house()
    house.take(0)

    def asked():
        with scope(System("test"), "统计"):
            venues = list(queries.venues_seen())
            with CaptureQueriesContext(connection) as told:
                queries.over_venues(venues=venues, since=TODAY, until=TODAY)
        return len(told)

    before = asked()
    for number in range(10):
        another(house, f"more-{number}")
    assert Venue.objects.count() == 11
    assert asked() == before


def test_a_leader_sees_the_halls_of_the_own_area_and_who_may_not_watch_sees_none():
    house = make_house()
    another(house, "elsewhere", village=12)
    leader = make_staff(kind="county_leader", area=make_village(), username="leader")
    with scope(leader, "统计"):
        assert [one.venue.code for one in queries.over_venues(venues=Venue.objects.all(), since=TODAY, until=TODAY)] == ["demo"]
    with scope(house.clerks[0], "统计"), pytest.raises(NotAllowed):
        queries.over_venues(venues=queries.venues_seen(), since=TODAY, until=TODAY)
