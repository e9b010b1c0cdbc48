import math
from random import Random

import pytest

from yimen.hall.estimate import Range, minutes_to_wait
from yimen.hall.ordering import Rule
from yimen.hall.replay import Came, Shift, replay


def test_nobody_is_told_a_time_that_nobody_knows():
    assert minutes_to_wait(ahead=3, windows=0, services=[8.0] * 20) is None
    assert minutes_to_wait(ahead=3, windows=2, services=[8.0] * 4) is None


def test_it_is_said_as_a_range_in_steps_of_five():
    assert Range(10, 20).words == "约 10–20 分钟"
    assert minutes_to_wait(ahead=9, windows=2, services=[8.0] * 20) == Range(35, 40)


@pytest.mark.parametrize("windows", [1, 3])
def test_about_four_of_five_wait_as_long_as_they_were_told(windows):
    within = told = 0
    for day in range(40):
        dice = Random(day)
        crowd = [Came(dice.uniform(0, 240), False, dice.gammavariate(2, 4)) for _ in range(windows * 28)]
        called, _ = replay(crowd, [Shift(0, math.inf)] * windows, Rule("first_come"))
        services = [one.service_minutes for one in crowd]
        for one in called:
            ahead = sum(other.came.minute < one.came.minute < other.minute for other in called)
            busy = sum(other.minute <= one.came.minute < other.minute + other.came.service_minutes for other in called)
            if busy < windows:
                continue
            found = minutes_to_wait(ahead=ahead, windows=windows, services=services)
            told += 1
            within += found.least - 2.5 <= one.waited_minutes <= found.most + 2.5
    assert told > 500
    assert within / told > 0.7
