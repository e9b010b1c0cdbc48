"""A clock set back: the order in which people came stays, no step fails, and the hall says that the clock is wrong."""

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hall.house import at, make_house
from tests.hall.side import make_side
from yimen.hall import actions
from yimen.hall.models import Period
from yimen.hall.words import Result, WindowState
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db
HOUR = 60


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(-180, 180), st.booleans()), min_size=1, max_size=9))
def test_whatever_the_clock_says_who_came_first_is_called_first(crowd):
    with transaction.atomic():
        house = make_house(rule="first_come")
        taken = [house.take(minutes, priority=priority) for minutes, priority in crowd]
        order = house.serve_all()
        transaction.set_rollback(True)

    assert order == [str(one) for one in taken]
    assert [one.taken_at for one in taken] == sorted(one.taken_at for one in taken)


def test_a_clock_set_back_lets_no_priority_number_overtake_further_than_the_head_start():
    house = make_house(head_start_minutes=10)
    house.take(HOUR)
    late = house.take(0, priority=True)
    house.take(HOUR + 1)

    assert late.taken_at > at(HOUR)
    assert house.serve_all() == ["L001", "A001", "A002"]


def test_who_comes_back_after_a_missed_call_is_behind_those_who_wait_also_by_a_clock_set_back():
    house = make_house()
    house.take(HOUR)
    first = house.call(HOUR)
    house.step(first, "miss", HOUR + 1)
    house.take(HOUR + 2)

    with house.at_window() as clerk:
        actions.put_back(ticket_id=first.pk, by=clerk, at=at(0))

    assert house.serve_all() == ["A002", "A001"]


def test_every_step_can_be_taken_by_a_clock_that_fell_an_hour_behind_and_nothing_ends_before_it_began():
    house = make_house()
    for _ in range(5):
        house.take(HOUR)
    held = house.call(HOUR)
    house.step(held, "hold", 0)
    missed = house.call(0)
    with house.at_window() as clerk:
        actions.recall(ticket_id=missed.pk, by=clerk, at=at(0))
    house.step(missed, "miss", -1)
    passed = house.call(-1)
    house.step(passed, "serve", -2)
    with house.at_window() as clerk:
        actions.put_back(ticket_id=held.pk, by=clerk, at=at(-3))
        actions.pass_on(ticket_id=passed.pk, window=house.windows[1], by=clerk, at=at(-3))
        actions.leave(ticket_id=missed.pk, by=clerk, at=at(-3))
        for state, reason in ((WindowState.PAUSED, "就餐"), (WindowState.OPEN, ""), (WindowState.CLOSED, "")):
            actions.set_window(window_id=house.windows[0].pk, state=state, reason=reason, by=clerk, at=at(-4))

    with scope(System("test"), "测试"):
        assert Period.objects.exclude(ends_at=None).count() >= 10
        assert all(one.ends_at >= one.starts_at for one in Period.objects.exclude(ends_at=None))


def test_somebody_is_accompanied_to_the_end_by_a_clock_that_fell_behind():
    side = make_side()
    ticket = side.known(HOUR)
    handling = side.come(ticket, 0)
    side.house.call(0)
    with side.house.at_window() as clerk:
        actions.step(ticket_id=ticket.pk, name="finish", by=clerk, at=at(-1))
    ended = side.do(actions.end, handling, -1, result=Result.DONE, words="")

    assert ended.ended_at is not None
