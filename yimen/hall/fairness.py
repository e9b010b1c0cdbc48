"""Fairness in the open (公平公开): waits by class, who was overtaken how often, who left. Pure; every figure from the log."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles


@dataclass(frozen=True, slots=True)
class Outcome:
    """One ticket: the minute it came, the minute it was called (None: left before), whether it has priority."""

    came: float
    called: float | None
    has_priority: bool


@dataclass(frozen=True)
class Waits:
    """What one class waited, in minutes: how many were called, mean, middle, nine in ten, longest; how many left before."""

    called: int
    left: int
    mean: float | None
    middle: float | None
    nine_in_ten: float | None
    longest: float | None

    @property
    def left_share(self) -> float | None:
        """Return the share that left before being called (弃号率)."""
        return self.left / (self.called + self.left) if self.called + self.left else None


def waits_of(outcomes: Iterable[Outcome]) -> Waits:
    """Return what these tickets waited."""
    rows = list(outcomes)
    waits = sorted(one.called - one.came for one in rows if one.called is not None)
    if not waits:
        return Waits(0, len(rows), None, None, None, None)
    tenth = quantiles(waits, n=10, method="inclusive")[-1] if len(waits) > 1 else waits[0]
    return Waits(len(waits), len(rows) - len(waits), fmean(waits), median(waits), tenth, waits[-1])


def overtaken(outcomes: Sequence[Outcome]) -> list[int]:
    """Return for each ticket how many who came later were called before it (被超过的次数), 0 for who left."""
    found = [0] * len(outcomes)
    later: list[float] = []
    order = sorted(range(len(outcomes)), key=lambda place: outcomes[place].came, reverse=True)
    held: list[float] = []
    came_last: float | None = None
    for place in order:
        one = outcomes[place]
        if one.came != came_last:
            for minute in held:
                insort(later, minute)
            held, came_last = [], one.came
        if one.called is not None:
            found[place] = bisect_left(later, one.called)
            held.append(one.called)
    return found


def most_later(outcomes: Sequence[Outcome]) -> float:
    """Return by how many minutes at most somebody who came later was called before an ordinary ticket; 0 if nobody was."""
    called = [(one.came, one.called, one.has_priority) for one in outcomes if one.called is not None]
    ordinary = [(came, minute) for came, minute, has_priority in called if not has_priority]
    return max(
        (later - came for came, minute in ordinary for later, sooner, _ in called if came < later and sooner < minute),
        default=0.0,
    )
