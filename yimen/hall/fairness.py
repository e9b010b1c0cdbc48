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

    @property
    def left_percent(self) -> float | None:
        """Return that share in percent, for a page."""
        return None if self.left_share is None else 100 * self.left_share


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


@dataclass(frozen=True)
class Course:
    """
    How a day went or would have gone: waits of both classes, overtakes of the ordinary tickets that were called (by anybody who
    came later to the same line), by how many minutes later at most, and how many were neither called nor gone.
    """

    ordinary: Waits
    priority: Waits
    overtaken_mean: float | None
    overtaken_most: int
    later_most_minutes: float
    not_reached: int

    @property
    def left(self) -> int:
        """Return how many gave up before they were called."""
        return self.ordinary.left + self.priority.left

    @property
    def called(self) -> int:
        """Return how many were called."""
        return self.ordinary.called + self.priority.called


def course_of(lines: Sequence[Sequence[Outcome]], *, not_reached: int = 0) -> Course:
    """Return the course of some lines; nobody is overtaken by somebody in another line."""
    rows = [one for line in lines for one in line]
    counts = [number for line in lines for one, number in _overtakes(line)]
    return Course(
        ordinary=waits_of(one for one in rows if not one.has_priority),
        priority=waits_of(one for one in rows if one.has_priority),
        overtaken_mean=fmean(counts) if counts else None,
        overtaken_most=max(counts, default=0),
        later_most_minutes=max(map(most_later, lines), default=0.0),
        not_reached=not_reached,
    )


@dataclass(frozen=True)
class Hour:
    """The tickets taken in one hour of the day: how many, waits of both classes, overtakes of an ordinary ticket in the mean."""

    hour: int
    taken: int
    ordinary: Waits
    priority: Waits
    overtaken_mean: float | None


def by_hour(lines: Sequence[Sequence[Outcome]]) -> list[Hour]:
    """Return the hours in which somebody came, by the hour a ticket was taken."""
    rows = [one for line in lines for one in line]
    counts = [pair for line in lines for pair in _overtakes(line)]
    return [_hour(hour, rows, counts) for hour in sorted({int(one.came // 60) for one in rows})]


def _hour(hour: int, rows: Iterable[Outcome], counts: Iterable[tuple[Outcome, int]]) -> Hour:
    here = [one for one in rows if int(one.came // 60) == hour]
    ordinary, priority = (waits_of(one for one in here if one.has_priority is wanted) for wanted in (False, True))
    numbers = [number for one, number in counts if int(one.came // 60) == hour]
    return Hour(hour, len(here), ordinary, priority, fmean(numbers) if numbers else None)


def _overtakes(line: Sequence[Outcome]) -> list[tuple[Outcome, int]]:
    """Return the ordinary tickets of a line that were called, each with how often it was overtaken."""
    pairs = zip(line, overtaken(line), strict=True)
    return [(one, number) for one, number in pairs if not one.has_priority and one.called is not None]
