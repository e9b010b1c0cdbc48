"""A day in the open and replayed: every figure is recomputed here from the log, in plain Python."""

from random import Random
from statistics import mean, median

import pytest
from django.utils.timezone import localtime

from tests.hall.house import at, make_house
from tests.make import TODAY
from yimen.hall import actions, queries
from yimen.hall.models import Call, Period, Ticket
from yimen.hall.ordering import Rule
from yimen.hall.words import WindowState
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def lively(*, windows: int = 2, comers: int = 40):
    """A morning in two lines by the real doors: some have priority, some leave, some are sent on to the other line."""
    house, dice = make_house(windows=windows, head_start_minutes=15, open_from=0), Random(11)
    coming = sorted((dice.uniform(0, 90), dice.random() < 0.3, dice.random() < 0.3) for _ in range(comers))
    free, waiting = dict.fromkeys(range(windows), 0.0), []
    while coming or waiting:
        place = min(free, key=free.get)
        now = max(free[place], coming[0][0] if coming and not waiting else 0)
        while coming and coming[0][0] <= now:
            minute, priority, other = coming.pop(0)
            waiting.append(house.take(minute, priority=priority, matters=[house.matter] if other else []))
        if waiting and dice.random() < 0.1:
            house_left(house, waiting.pop(0), now)
        ticket = house.call(now, place=place)
        if ticket is None:
            waiting, free[place] = [], now + 0.1
            continue
        waiting = [one for one in waiting if one.pk != ticket.pk]
        free[place] = now + dice.uniform(3, 9)
        house.step(ticket, "finish", free[place], place=place)
    house.take(200)
    for place in free:
        with house.at_window(place) as clerk:
            actions.set_window(window_id=house.windows[place].pk, state=WindowState.CLOSED, by=clerk, at=at(201))
    return house


def house_left(house, ticket, minutes):
    with house.at_window() as clerk:
        actions.leave(ticket_id=ticket.pk, by=clerk, at=at(minutes))


def log_of_the_day():
    """Return of each ticket by its periods alone: when taken, when first called, whether it left, its hour; and its line."""
    with scope(System("test"), "核对"):
        rows = list(Period.objects.select_related("ticket").order_by("starts_at", "pk"))
        lines = dict(Call.objects.filter(nth=1).values_list("ticket_id", "line_id"))
    told = {}
    for row in rows:
        one = told.setdefault(
            row.ticket_id, {"priority": row.ticket.has_priority, "line": lines.get(row.ticket_id, row.ticket.line_id)}
        )
        if row.step == "take":
            one["taken"] = row.starts_at
        if row.step == "call":
            one.setdefault("called", row.starts_at)
        if row.step == "leave":
            one["left"] = True
    return list(told.values())


def minutes(one):
    return (one["called"] - one["taken"]).total_seconds() / 60


def overtakes(one, log):
    called = [other for other in log if "called" in other and other["line"] == one["line"]]
    return [other for other in called if other["taken"] > one["taken"] and other["called"] < one["called"]]


def test_every_figure_of_the_fairness_page_can_be_recomputed_from_the_log():
    house = lively()
    log = log_of_the_day()
    with scope(System("test"), "核对"):
        told = queries.fairness(venue=house.venue, day=TODAY)
    for waits, priority in ((told.whole.ordinary, False), (told.whole.priority, True)):
        mine = [one for one in log if one["priority"] is priority]
        waited = sorted(minutes(one) for one in mine if "called" in one)
        assert (waits.called, waits.left) == (len(waited), sum("called" not in one and "left" in one for one in mine))
        assert (waits.mean, waits.middle, waits.longest) == pytest.approx((mean(waited), median(waited), waited[-1]))
        place = 0.9 * (len(waited) - 1)
        low = int(place)
        assert waits.nine_in_ten == pytest.approx(waited[low] + (place - low) * (waited[low + 1] - waited[low]))
    called = [one for one in log if "called" in one and not one["priority"]]
    by_one = [overtakes(one, log) for one in called]
    assert told.whole.overtaken_mean == pytest.approx(mean(map(len, by_one)))
    assert told.whole.overtaken_most == max(map(len, by_one)) > 0
    later = [(other["taken"] - one["taken"]).total_seconds() / 60 for one in called for other in overtakes(one, log)]
    assert told.whole.later_most_minutes == pytest.approx(max(later))
    assert max(later) <= 15
    assert told.whole.not_reached == sum("called" not in one and "left" not in one for one in log) == 1
    assert told.whole.left > 0


def test_every_hour_of_the_fairness_page_can_be_recomputed_from_the_log():
    house = lively()
    log = log_of_the_day()
    with scope(System("test"), "核对"):
        told = queries.fairness(venue=house.venue, day=TODAY)
        assert sum(one.taken for one in told.by_hour) == Ticket.objects.count() - 1
    assert len(told.by_hour) > 1
    for hour in told.by_hour:
        here = [one for one in log if localtime(one["taken"]).hour == hour.hour and ("called" in one or "left" in one)]
        ordinary = [one for one in here if "called" in one and not one["priority"]]
        assert hour.taken == len(here)
        assert hour.ordinary.mean == pytest.approx(mean(map(minutes, ordinary)))
        assert hour.overtaken_mean == pytest.approx(mean(len(overtakes(one, log)) for one in ordinary))
        assert hour.ordinary.left + hour.priority.left == sum("called" not in one for one in here)


def test_who_is_sent_on_counts_in_the_line_they_were_called_in():
    house = make_house(windows=1, head_start_minutes=0)
    first, second = house.take(0), house.take(1, matters=[house.matter])
    house.call(5)
    with house.at_window() as clerk:
        actions.pass_on(ticket_id=first.pk, by=clerk, at=at(6), line=house.insurance, reason="先办医保")
        told = queries.fairness(venue=house.venue, day=TODAY)
    assert str(second) == "B001"
    assert (told.whole.ordinary.called, told.whole.overtaken_most) == (1, 0)


def test_the_rule_of_a_day_is_told_with_how_it_was_changed_on_it():
    house = make_house(head_start_minutes=15)
    with scope(System("manager"), "改规则"):
        actions.set_rule(venue=house.venue, rule=Rule("strict"), reason="试行", by=house.clerks[0], at=at(60))
        told = queries.fairness(venue=house.venue, day=TODAY)
    assert told.rule == Rule("strict").words
    assert [(one.before, one.reason) for one in told.changes] == [(Rule("head_start", 15).words, "试行")]


def test_who_left_is_called_in_the_replay_only_if_their_turn_comes_before_they_left():
    house = make_house(windows=1, rule="first_come", open_from=0)
    tickets = [house.take(minute) for minute in (0, 1, 2)]
    house_left(house, tickets[1], 8)
    for minute in (0, 10):
        house.step(house.call(minute), "finish", minute + 10)
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.CLOSED, by=clerk, at=at(60))
    with scope(System("manager"), "重放"):
        same = queries.replayed(venue=house.venue, day=TODAY, rule=Rule("first_come"))
        more = queries.replayed(venue=house.venue, day=TODAY, rule=Rule("first_come"), more_windows=1)
    assert (same.was.left, same.now.left, same.then.left) == (1, 1, 1)
    assert (more.now.left, more.then.left, more.then.called) == (1, 0, 3)
    assert (same.longer, more.longer) == (0, 0)


def test_a_rule_that_lets_somebody_wait_longer_says_of_how_many():
    house = make_house(windows=1, rule="first_come", open_from=0)
    for minute, priority in ((0, False), (1, False), (2, True)):
        house.take(minute, priority=priority)
    for minute in (0, 10, 20):
        house.step(house.call(minute), "finish", minute + 10)
    with scope(System("manager"), "重放"):
        told = queries.replayed(venue=house.venue, day=TODAY, rule=Rule("strict"))
        assert queries.replayed(venue=house.venue, day=at(-24 * 60).date(), rule=Rule("strict")) is None
    # Nobody closed the window: it is taken to have closed with the last service.
    assert (told.windows, told.longer, told.then.overtaken_most) == (1, 1, 1)
    assert (told.now.priority.mean, told.then.priority.mean) == (18, 8)
