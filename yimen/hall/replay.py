"""
Replay (重放): a day's tickets under another rule, or with one more window, before it is switched on. Pure.

Who came when, with or without priority, and how long each was served are taken from the day's log; only the order and the
windows change. Who left without being called leaves again at the same moment, unless called before; how long they would have been
served nobody knows, so the caller says what to take. Who stayed stays: nobody knows who would have left a longer line.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yimen.hall.ordering import Rule, Waiting, choose


@dataclass(frozen=True, slots=True)
class Came:
    """One ticket: minutes since the day began, whether it has priority, minutes of service, the minute it gives up waiting."""

    minute: float
    has_priority: bool
    service_minutes: float
    leaves: float = math.inf


@dataclass(frozen=True, slots=True)
class Called:
    """One ticket and the minute it was called."""

    came: Came
    minute: float

    @property
    def waited_minutes(self) -> float:
        """Return how long it waited."""
        return self.minute - self.came.minute


@dataclass(frozen=True, slots=True)
class Shift:
    """A window that is open from a minute until a minute; who is being served then is served to the end."""

    opens: float
    closes: float


def replay(tickets: Iterable[Came], shifts: Sequence[Shift], rule: Rule) -> tuple[list[Called], int]:
    """
    Return the tickets in the order they are called, and how many were still waiting when the last window closed; who gave up
    is in neither.
    """
    coming = deque(sorted(tickets, key=lambda one: one.minute))
    free = [(shift.opens, place, shift.closes) for place, shift in enumerate(shifts)]
    heapq.heapify(free)
    waiting: dict[bool, deque[Came]] = {True: deque(), False: deque()}
    called: list[Called] = []
    in_a_row = 0
    while free:
        minute, place, closes = heapq.heappop(free)
        if not any(waiting.values()) and coming:
            minute = max(minute, coming[0].minute)
        while coming and coming[0].minute <= minute:
            one = coming.popleft()
            waiting[one.has_priority].append(one)
        for lane in waiting.values():
            while lane and lane[0].leaves <= minute:
                lane.popleft()
        heads = [Waiting(line, priority, minute - line[0].minute) for priority, line in waiting.items() if line]
        line = choose(heads, rule, priority_in_a_row=in_a_row)
        if minute >= closes:
            continue
        if line is None:
            # All who waited gave up; the window waits for the next, if anybody comes any more.
            if coming:
                heapq.heappush(free, (coming[0].minute, place, closes))
            continue
        came = line.popleft()
        in_a_row = in_a_row + 1 if came.has_priority else 0
        called.append(Called(came, minute))
        heapq.heappush(free, (minute + came.service_minutes, place, closes))
    rest = [*coming, *(one for line in waiting.values() for one in line)]
    return called, sum(one.leaves == math.inf for one in rest)
