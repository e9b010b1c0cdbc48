"""The report of a day: every figure recomputed from the log in plain Python, and the same as on the page in the open."""

from datetime import timedelta
from statistics import median

import pytest

from tests.hall.house import at, make_house
from tests.hall.side import make_side
from tests.hall.test_days import lively, log_of_the_day, minutes
from tests.make import TODAY, make_staff, make_village
from yimen.cases.actions import open_visit, rate_visit
from yimen.hall import actions, queries
from yimen.hall.models import Ticket, WindowShift
from yimen.hall.words import Source, WindowState
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import ServicePoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house(wait_alarm_minutes=30)


def reported(house, *, minutes=24 * 60, day=TODAY):
    with scope(System("test"), "日报"):
        return queries.day_report(venue=house.venue, day=day, at=at(minutes))


def moved(house, action, ticket, minutes, **more):
    with house.at_window() as clerk:
        return action(ticket_id=ticket.pk, by=clerk, at=at(minutes), **more)


def window(house, place, state, minutes, **more):
    with house.at_window(place) as clerk:
        actions.set_window(window_id=house.windows[place].pk, state=state, by=clerk, at=at(minutes), **more)


def test_the_report_and_the_page_in_the_open_tell_the_same_and_both_can_be_recomputed_from_the_log():
    house = lively()
    log, told = log_of_the_day(), reported(house)
    with scope(System("test"), "核对"):
        assert told.told == queries.fairness(venue=house.venue, day=TODAY)
        letters = [str(one)[0] for one in Ticket.objects.select_related("series")]
    waited = [minutes(one) for one in log if "called" in one]
    assert (told.whole.called, told.whole.longest) == (len(waited), pytest.approx(max(waited)))
    assert told.whole.middle == pytest.approx(median(waited))
    assert told.whole.left == sum("called" not in one and "left" in one for one in log)
    assert (told.taken, told.finished) == (len(log), len(waited))
    assert {one.series.letter: one.taken for one in told.series} == {letter: letters.count(letter) for letter in "ABL"}
    assert sum(one.waits.called for one in told.series) == len(waited)
    assert (told.left.uncalled, told.left.whole) == (1, 1)


def test_missed_calls_and_who_came_back_are_counted_once_a_ticket(house):
    first, second = house.take(0), house.take(1)
    for ticket in (first, second):
        house.step(house.call(5), "miss", 6)
        assert ticket.pk
    moved(house, actions.put_back, first, 7)
    house.step(house.call(8), "miss", 9)
    told = reported(house)
    assert (told.missed, told.came_back, told.finished) == (2, 1, 0)
    assert [(one.series.letter, one.missed) for one in told.series] == [("A", 2)]
    assert told.left.states == {"过号": 2}


def test_windows_are_told_with_how_long_they_were_open_and_paused_and_each_pause_with_its_reason(house):
    manager = make_staff(kind="hall_manager", area=make_village(), username="manager")
    window(house, 0, WindowState.PAUSED, 0, reason="就餐")
    window(house, 0, WindowState.OPEN, 30)
    window(house, 0, WindowState.CLOSED, 90)
    with scope(manager, "代办"):
        same = {"window_id": house.windows[1].pk, "by": manager, "reason": "开会"}
        actions.set_window_for(state=WindowState.PAUSED, at=at(40), **same)
    told = reported(house)
    first, second = told.windows
    assert (first.opened_at, first.closed_at, first.minutes, first.paused_minutes) == (at(-60), at(90), 120, 30)
    # Nobody ended it: it is taken to have ended with the day, which ended with the last thing that happened.
    assert (second.closed_at, second.minutes, second.paused_minutes) == (None, 100, 50)
    assert [(one.window.number, one.reason, one.minutes, one.ends_at, one.is_managed) for one in told.pauses] == [
        (1, "就餐", 30, at(30), False),
        (2, "开会", 50, None, True),
    ]


def test_a_window_left_open_over_night_is_named_on_the_next_day_and_counts_no_hours_there(house):
    WindowShift.objects.filter(window=house.windows[1]).update(starts_at=at(-24 * 60))
    told = reported(house, minutes=60)
    assert ([one.number for one in told.never_closed], [one.window.number for one in told.windows]) == ([2], [1])


def test_the_alarms_stand_with_the_limit_of_that_day_when_and_how_long(house):
    house.take(0)
    house.step(house.call(45), "finish", 46)
    with scope(System("manager"), "设置"):
        actions.set_limits(
            venue=house.venue, tickets_a_day=3, calls_before_missed=3, wait_alarm_minutes=60, by=None, at=at(24 * 60)
        )
    told = reported(house, minutes=25 * 60)
    assert (told.limit_minutes, [(one.starts_at, one.minutes(told.until)) for one in told.alarms]) == (30, [(at(30), 15)])
    assert reported(house, minutes=25 * 60, day=TODAY + timedelta(days=1)).limit_minutes == 60


def test_who_was_left_is_told_by_where_they_stood_when_the_day_ended_not_by_what_came_of_it_later(house):
    with scope(System("phone"), "手机取号"):
        same = {"venue": house.venue, "matters": [], "source": Source.PHONE, "by": None}
        actions.take_ticket(at=at(0), is_here=False, **same)
    held, again, served = house.take(1), house.take(2), house.take(3)
    house.take(4)
    house.step(house.call(5), "hold", 6, reason="等证明")
    house.call(7)
    moved(house, actions.pass_on, again, 8, line=house.insurance, reason="先办医保")
    house.call(9)
    evening = reported(house, minutes=60)
    assert (evening.is_over, evening.left.uncalled, evening.left.on_the_way, evening.left.waiting_again) == (False, 1, 1, 1)
    assert evening.left.states == {"已叫号": 1, "挂起": 1}
    house.step(served, "finish", 24 * 60)
    moved(house, actions.put_back, held, 24 * 60)
    after = reported(house, minutes=25 * 60)
    assert (after.is_over, after.left) == (True, evening.left)
    assert after.service_minutes == pytest.approx(1)


def test_only_opinions_on_this_hall_stand_in_its_report(house):
    other = ServicePoint.objects.create(name="别的点", area=house.venue.service_point.area, owner="bank", address="街上")
    for point, grade in ((house.venue.service_point, 5), (house.venue.service_point, 1), (other, 2)):
        with scope(house.clerks[0], "评价"):
            visit = open_visit(by=house.clerks[0], at=at(0), point=point)
        with scope(System("rating"), "评价"):
            rate_visit(code=visit.code, grade=grade, words="", device="pad", at=at(1))
    told = reported(house)
    assert (told.rated.asked, told.rated.rated, told.rated.mean_grade, told.rated.open_bad) == (2, 2, 3, 1)
    assert reported(house, day=TODAY - timedelta(days=1)).rated.asked == 0


def test_who_was_accompanied_counts_once_taken_up():
    side = make_side()
    side.come(side.known())
    side.sent(side.house.take(3), 4, to=side.second)
    assert reported(side.house).accompanied == 1


def test_a_day_without_anybody_has_a_report_too_and_only_who_watches_the_hall_gets_it(house):
    told = reported(house, day=TODAY - timedelta(days=3))
    assert (told.taken, told.whole.middle, told.windows, told.alarms, told.left.whole) == (0, None, [], [], 0)
    with scope(house.clerks[0], "日报"), pytest.raises(NotAllowed):
        queries.day_report(venue=house.venue, day=TODAY, at=at(0))
