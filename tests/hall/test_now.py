from datetime import date, time, timedelta

import pytest

from tests.hall.house import at, make_house
from tests.make import TODAY
from yimen.hall import actions, queries
from yimen.hall.models import Opening
from yimen.hall.ordering import Rule
from yimen.hall.words import WindowState
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def served(house, minutes: float, service: float):
    ticket = house.call(minutes)
    house.step(ticket, "finish", minutes + service)
    return ticket


def test_the_order_shown_is_the_order_called():
    house = make_house(head_start_minutes=10)
    for minutes, priority in ((0, False), (3, False), (5, True), (20, True), (21, False)):
        house.take(minutes, priority=priority)
    with house.at_window():
        shown = [str(one) for one in queries.order_now(venue=house.venue, line=house.general, at=at(30))]
    assert house.serve_all(30) == shown


def test_one_is_told_how_many_go_first_and_a_range_once_the_hall_knows_its_pace():
    house = make_house(windows=1)
    mine = house.take(0)
    with house.at_window():
        assert queries.place_of(ticket_id=mine.pk, at=at(1)).wait is None
    for number in range(6):
        served(house, 1 + 10 * number, 8 + number % 3)
        house.take(2 + number)
    last = house.take(70)
    with house.at_window():
        place = queries.place_of(ticket_id=last.pk, at=at(70))
    assert place.ahead == 1
    assert 5 <= place.wait.least < place.wait.most <= 25


def test_the_screen_shows_each_window_once_with_its_latest_call():
    house = make_house()
    for minutes in range(3):
        house.take(minutes)
    served(house, 5, 3)
    house.call(9)
    house.call(10, place=1)
    with scope(System("screen"), "大屏"):
        shown = queries.board(venue=house.venue, at=at(11))
    assert [(row.window, row.label, row.is_latest) for row in shown.rows] == [(1, "A002", False), (2, "A003", True)]
    assert shown.latest.label == "A003"
    assert {letter: number for letter, number, _ in shown.waiting} == {"A": 0, "B": 0, "L": 0, "Y": 0}


def test_a_screen_that_was_away_hears_every_call_once_and_in_order():
    house = make_house()
    for minutes in range(3):
        house.take(minutes)
    served(house, 5, 1)
    first = queries.calls_after(0)[-1].pk
    served(house, 7, 1)
    house.call(9, place=1)
    assert [call.label for call in queries.calls_after(first)] == ["A002", "A003"]


def test_the_day_is_told_from_its_log_alone():
    house = make_house(windows=1, head_start_minutes=30)
    for minutes, priority in ((0, False), (1, False), (5, True)):
        house.take(minutes, priority=priority)
    for minutes in (10, 20, 30):
        served(house, minutes, 10)
    with house.at_window():
        told = queries.fairness(venue=house.venue, day=TODAY)
    assert (told.whole.priority.mean, told.whole.ordinary.mean) == (5, (20 + 29) / 2)
    assert (told.whole.overtaken_mean, told.whole.overtaken_most, told.whole.later_most_minutes) == (1, 1, pytest.approx(5))
    assert [(one.hour, one.taken, one.ordinary.mean, one.priority.mean, one.overtaken_mean) for one in told.by_hour] == [
        (12, 3, pytest.approx(24.5), pytest.approx(5), 1)
    ]


def test_a_day_replayed_under_its_own_rule_is_the_day_and_a_second_window_shortens_it():
    house = make_house(windows=1, rule="first_come", open_from=0)
    for minutes in (0, 1, 2):
        house.take(minutes)
    for minutes in (3, 13, 23):
        served(house, minutes, 10)
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.CLOSED, by=clerk, at=at(60))
    with scope(System("manager"), "重放"):
        same = queries.replayed(venue=house.venue, day=TODAY, rule=Rule("first_come"))
        more = queries.replayed(venue=house.venue, day=TODAY, rule=Rule("first_come"), more_windows=1)
    assert (same.windows, same.then.ordinary.called, same.then.not_reached) == (1, 3, 0)
    assert same.then.ordinary.mean == same.was.ordinary.mean - 3
    assert more.then.ordinary.mean < same.then.ordinary.mean


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (date(2026, 11, 23), 9, True),
        (date(2026, 11, 23), 13, False),
        (date(2026, 11, 22), 9, False),
        (date(2026, 10, 1), 9, False),
        (date(2026, 10, 10), 9, True),
    ],
)
def test_a_hall_is_open_by_its_hours_and_by_the_working_calendar(day, hour, expected):
    house = make_house()
    for weekday in range(1, 6):
        Opening.objects.create(venue=house.venue, weekday=weekday, opens_at=time(8, 30), closes_at=time(12))
    moment = at(0).replace(year=day.year, month=day.month, day=day.day, hour=0) + timedelta(hours=hour - 8)
    assert queries.is_open(house.venue, moment) is expected
