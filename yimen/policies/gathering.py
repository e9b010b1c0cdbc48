"""
Gathering (汇总): sums, counts and the like over rows that stand group by group, in Arrow, for all groups at once.

Rows of one group stand together, in the order of the groups. A sum over a group is then the difference of two running
totals, which is several times faster than any grouping by key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Column = Any
NO_ROW = pa.scalar(None, pa.int64())
# A count of unknown rows stands above the count of true ones: up to 32,767 of each in a group.
UNKNOWN_BITS = 16
ONE_UNKNOWN = 2**UNKNOWN_BITS


@dataclass(frozen=True)
class Groups:
    """Where each group's rows end; which group each row belongs to is `given` only where some groups have no rows."""

    ends: Column
    given: Column | None = None

    @classmethod
    def of(cls, of_row: Column, groups: int) -> "Groups":
        """Return the groups of rows in order; a group without rows ends where the one before it does."""
        if not len(of_row):
            return cls(pa.repeat(pa.scalar(0, pa.int64()), groups), of_row)
        runs = pc.run_end_encode(of_row)
        ends = pc.cast(runs.run_ends, pa.int64())
        if len(ends) != groups:
            # As runs over the groups: from the first row of a group on, and for those without rows after it, its end holds.
            starts = pa.concat_arrays([pc.cast(runs.values, pa.int64()), pa.array([groups])])
            ends = pa.concat_arrays([pa.array([0]), ends])
            if len(starts) > 1 and starts[0].as_py() == 0:
                starts, ends = starts[1:], ends[1:]
            ends = pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(starts, ends))
        return cls(ends, of_row)

    @cached_property
    def of_row(self) -> Column:
        """The number of the group of each row."""
        if self.given is not None:
            return self.given
        return pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(self.ends, _numbers(len(self.ends))))

    def part(self, groups: tuple[int, int], rows: tuple[int, int]) -> "Groups":
        """Return some of the groups, counted from the first of them, with their rows."""
        (first, last), (start, end) = groups, rows
        given = None if self.given is None else self.given.slice(start, end - start)
        given = None if given is None else pc.subtract(given, pa.scalar(first, given.type))
        return Groups(pc.subtract(self.ends.slice(first, last - first), start), given)

    def sum(self, values: Column) -> Column:
        """Return the sum of each group's values, none of them NULL."""
        totals = pc.take(pc.cumulative_sum(values), self.last_rows)
        if self.last_rows.null_count:
            totals = pc.fill_null(totals, 0)
        return pc.subtract(totals, pa.concat_arrays([pa.array([0], totals.type), totals])[:-1])

    @cached_property
    def last_rows(self) -> Column:
        """The last row up to the end of each group; none before the first row."""
        return pc.if_else(pc.greater(self.ends, 0), pc.subtract(self.ends, 1), NO_ROW)

    def count(self, conditions: Column) -> tuple[Column, Column | None]:
        """Return for how many rows of each group a condition is true and for how many unknown (None: for none at all)."""
        ones = pc.cast(conditions, pa.int32())
        if not conditions.null_count:
            return self.sum(ones), None
        # One running total counts both. It may run over; the difference of two comes out right all the same.
        both = self.sum(pc.fill_null(ones, ONE_UNKNOWN))
        return pc.bit_wise_and(both, ONE_UNKNOWN - 1), pc.shift_right(both, UNKNOWN_BITS)

    def has_unknown(self, values: Column) -> Column:
        """Say for each group whether any of its rows is NULL."""
        return pc.greater(self.sum(pc.cast(pc.is_null(values), pa.int32())), 0)

    def extreme(self, values: Column, word: str) -> Column:
        """Return the greatest ("max") or least ("min") of each group's values, none of them NULL."""
        starts, sizes = self._starts_and_sizes()
        better = pc.max_element_wise if word == "max" else pc.min_element_wise
        found = pc.take(values, pc.if_else(pc.greater(sizes, 0), starts, NO_ROW))
        # The second of every group, the third …: as many steps as the largest group has rows, each for fewer groups.
        groups = pc.indices_nonzero(pc.greater(sizes, 1))
        place = 1
        while len(groups):
            held = better(pc.take(found, groups), pc.take(values, pc.add(pc.take(starts, groups), place)))
            found = pc.replace_with_mask(found, pc.greater(sizes, place), held)
            place += 1
            groups = pc.indices_nonzero(pc.greater(sizes, place))
        return found

    def _starts_and_sizes(self) -> tuple[Column, Column]:
        starts = pa.concat_arrays([pa.array([0]), self.ends])[:-1]
        return starts, pc.subtract(self.ends, starts)


def _numbers(count: int) -> Column:
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int32()), count)), 1)


def _filled(column: Column, value: int | bool) -> Column:
    return pc.fill_null(column, value) if column.null_count else column


def gather(word: str, inner: Column, groups: Groups) -> tuple[Column, Column | None, Column | None]:
    """Return an aggregate's values, and of a count its least and its most; NULL where an unknown row could change it."""
    return _GATHER[word](inner, groups)


def _count(inner: Column, groups: Groups) -> tuple[Column, Column, Column]:
    true, unknown = groups.count(inner)
    low = pc.cast(true, pa.int64())
    if unknown is None:
        return low, low, low
    high = pc.add(low, pc.cast(unknown, pa.int64()))
    return pc.if_else(pc.equal(unknown, 0), low, NO_ROW), low, high


def _any(inner: Column, groups: Groups) -> tuple[Column, None, None]:
    true, unknown = groups.count(inner)
    found = pc.greater(true, 0)
    if unknown is None:
        return found, None, None
    # True beside any unknown; else unknown where one is unknown.
    return pc.or_kleene(found, pc.if_else(pc.greater(unknown, 0), pa.scalar(None, pa.bool_()), pa.scalar(False))), None, None


def _all(inner: Column, groups: Groups) -> tuple[Column, None, None]:
    return pc.invert(_any(pc.invert(inner), groups)[0]), None, None


def _sum(inner: Column, groups: Groups) -> tuple[Column, None, None]:
    return _unless_unknown(groups.sum(_filled(inner, 0)), inner, groups), None, None


def _extreme(word: str) -> Callable[[Column, Groups], tuple[Column, None, None]]:
    def extreme(inner: Column, groups: Groups) -> tuple[Column, None, None]:
        return _unless_unknown(groups.extreme(_filled(inner, 0), word), inner, groups), None, None

    return extreme


def _unless_unknown(values: Column, inner: Column, groups: Groups) -> Column:
    if not inner.null_count:
        return values
    return pc.if_else(groups.has_unknown(inner), pa.scalar(None, values.type), values)


_GATHER: Mapping[str, Callable[[Column, Groups], tuple[Column, Column | None, Column | None]]] = {
    "合计": _sum,
    "计数": _count,
    "任一": _any,
    "全部": _all,
    "最大": _extreme("max"),
    "最小": _extreme("min"),
}
