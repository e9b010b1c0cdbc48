import math
from itertools import accumulate
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yimen.hall.fairness import Outcome, overtaken, waits_of
from yimen.hall.ordering import RULE_WORDS, Rule, Waiting, choose
from yimen.hall.replay import Called, Came, Shift, replay

WINDOWS, SERVICE_MINUTES = 4, 10.0
DAY = [Shift(0, math.inf)] * WINDOWS


def comers(dice: Random, *, load: float, share: float, number: int) -> list[Came]:
    """Poisson arrivals with exponential service: what the closed forms are made for."""
    gap = SERVICE_MINUTES / (WINDOWS * load)
    minutes = accumulate(dice.expovariate(1 / gap) for _ in range(number))
    return [Came(minute, dice.random() < share, dice.expovariate(1 / SERVICE_MINUTES)) for minute in minutes]


def means(rule: Rule, *, load: float, share: float, number: int = 150_000, seed: int = 7) -> tuple[float, float]:
    called, waiting = replay(comers(Random(seed), load=load, share=share, number=number), DAY, rule)
    assert waiting == 0
    first, second = ([one.waited_minutes for one in called if one.came.has_priority is priority] for priority in (True, False))
    return sum(first) / len(first), sum(second) / len(second)


def fifo(load: float) -> float:
    """Mean wait of M/M/c, first come first served (Erlang C)."""
    offered = WINDOWS * load
    top = offered**WINDOWS / math.factorial(WINDOWS) / (1 - load)
    waits = top / (sum(offered**k / math.factorial(k) for k in range(WINDOWS)) + top)
    return waits * SERVICE_MINUTES / (WINDOWS * (1 - load))


def strict(load: float, share: float) -> tuple[float, float]:
    first = fifo(load) * (1 - load) / (1 - load * share)
    return first, first / (1 - load)


def accumulating(load: float, share: float, pace: float) -> tuple[float, float]:
    low = fifo(load) / (1 - load * share * (1 - pace))
    return fifo(load) - load * (1 - share) * low * (1 - pace), low


def head_start(load: float, share: float, minutes: float) -> tuple[float, float]:
    """
    An ordinary comer waits for all who are there and for the priority ones of the next Δ minutes: W = W_fifo + ρH · E[min(W, Δ)],
    where up to Δ W is as under strict priority, a birth-and-death chain that is summed here. The rest is the conservation law.
    """
    leaves, joins = WINDOWS / SERVICE_MINUTES, WINDOWS * load * share / SERVICE_MINUTES
    rate, most = leaves + joins, 1500
    waits = fifo(load) * WINDOWS * (1 - load) / SERVICE_MINUTES
    line = waits * (1 - load) * load ** np.arange(most)
    within, weight, passed = 0.0, math.exp(-rate * minutes), math.exp(-rate * minutes)
    for step in range(int(rate * minutes + 12 * math.sqrt(rate * minutes) + 20)):
        within += line.sum() / rate * (1 - passed)
        weight *= rate * minutes / (step + 1)
        passed += weight
        line = np.append(line[1:], 0) * leaves / rate + np.insert(line[:-1], 0, 0) * joins / rate
    low = fifo(load) + load * share * within
    return (fifo(load) - (1 - share) * low) / share, low


@pytest.mark.parametrize(("load", "share"), [(0.8, 0.2), (0.9, 0.2), (0.9, 0.5)])
def test_the_simulation_waits_as_the_closed_forms_say(load, share):
    closed = {
        Rule("first_come"): (fifo(load), fifo(load)),
        Rule("strict"): strict(load, share),
        Rule("accumulating", pace=0.5): accumulating(load, share, 0.5),
        Rule("head_start", head_start_minutes=15): head_start(load, share, 15),
        Rule("head_start", head_start_minutes=30): head_start(load, share, 30),
    }
    for rule, expected in closed.items():
        assert means(rule, load=load, share=share) == pytest.approx(expected, rel=0.09), rule


def test_no_head_start_is_first_come_and_an_endless_one_is_strict():
    for minutes, rule in ((0, Rule("first_come")), (10**9, Rule("strict"))):
        crowd = comers(Random(1), load=0.95, share=0.3, number=3000)
        assert replay(crowd, DAY, Rule("head_start", head_start_minutes=minutes)) == replay(crowd, DAY, rule)


CROWDS = st.lists(
    st.builds(Came, st.floats(0, 240).map(lambda m: round(m, 2)), st.booleans(), st.floats(0.5, 30).map(lambda m: round(m, 2))),
    max_size=60,
)


@given(CROWDS, st.integers(1, 4), st.sampled_from([0, 5, 15, 30, 60]))
def test_nobody_is_overtaken_by_anyone_who_came_more_than_the_head_start_later(crowd, windows, minutes):
    called, _ = replay(crowd, [Shift(0, math.inf)] * windows, Rule("head_start", head_start_minutes=minutes))
    for place, one in enumerate(called):
        assert all(other.came.minute - one.came.minute <= minutes + 1e-9 for other in called[:place])


@given(CROWDS, st.integers(1, 4), st.sampled_from(list(RULE_WORDS)))
def test_everybody_is_called_once_and_each_class_in_the_order_it_came(crowd, windows, name):
    called, waiting = replay(crowd, [Shift(0, math.inf)] * windows, Rule(name))
    assert waiting == 0
    assert sorted(map(repr, (one.came for one in called))) == sorted(map(repr, crowd))
    for priority in (True, False):
        minutes = [one.came.minute for one in called if one.came.has_priority is priority]
        assert minutes == sorted(minutes)


@given(CROWDS, st.integers(1, 3))
def test_of_a_ratio_of_two_to_one_no_ordinary_comer_sees_three_priority_calls_in_a_row(crowd, windows):
    called, _ = replay(crowd, [Shift(0, math.inf)] * windows, Rule("ratio", ratio=2))
    for place in range(len(called) - 2):
        three = called[place : place + 3]
        waits = any(not one.came.has_priority and one.came.minute <= called[place].minute for one in called[place + 3 :])
        assert not (waits and all(one.came.has_priority for one in three))


def test_a_closed_window_calls_nobody_and_the_rest_is_counted():
    crowd = [Came(minute, False, 10) for minute in (0, 1, 2, 3)]
    called, waiting = replay(crowd, [Shift(0, 15)], Rule("first_come"))
    assert [one.minute for one in called] == [0, 10]
    assert waiting == 2


def test_nobody_waits_nobody_is_called():
    assert choose([], Rule()) is None
    assert choose([Waiting("A001", False, 3.0)], Rule("strict")) == "A001"


@given(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 40), st.booleans()), max_size=25))
def test_overtaken_counts_who_came_later_and_was_called_before(rows):
    outcomes = [Outcome(came, None if wait is None else came + wait, priority) for came, wait, priority in rows]
    plainly = [
        0
        if one.called is None
        else sum(other.came > one.came and other.called is not None and other.called < one.called for other in outcomes)
        for one in outcomes
    ]
    assert overtaken(outcomes) == plainly


def test_waits_are_told_with_who_left():
    waits = waits_of([Outcome(0, minute, False) for minute in range(1, 11)] + [Outcome(0, None, False)] * 2)
    assert (waits.called, waits.left, waits.mean, waits.middle, waits.longest) == (10, 2, 5.5, 5.5, 10)
    assert waits.left_share == pytest.approx(1 / 6)
    assert waits_of([]).mean is None


def test_what_was_called_says_how_long_it_waited():
    assert Called(Came(5, True, 10), 12).waited_minutes == 7
