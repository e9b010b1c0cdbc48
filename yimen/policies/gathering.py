"""
Gathering (汇总): sums, counts and the like over rows that stand group by group, and back from each group to its rows.

Rows of one group stand together, in the order of the groups. A sum over a group is then the difference of two running
totals, and a count is made from the few rows that count; both are several times faster than any grouping by key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from yimen.policies.arrays import Column, Mask, Numbers, Rows, Truths, both, narrowed, spread, taken, to_arrow


@dataclass(frozen=True)
class Groups:
    """Where each group's rows end; a group without rows ends where the one before it does."""

    ends: Rows

    @classmethod
    def of(cls, of_row: pa.Array, groups: int) -> "Groups":
        """Return the groups of rows in order: `of_row` says of each row to which group it belongs."""
        return cls(np.cumsum(np.bincount(of_row.to_numpy(), minlength=groups)).astype(np.int64, copy=False))

    @classmethod
    def ending(cls, ends: pa.Array) -> "Groups":
        """Return groups of which the last rows are known and none is without rows."""
        return cls(ends.to_numpy().astype(np.int64))

    @classmethod
    def without_rows(cls, groups: int) -> "Groups":
        """Return groups none of which has any row."""
        return cls(np.zeros(groups, np.int64))

    def part(self, first: int, last: int) -> "Groups":
        """Return the groups first … last (not counting the last), their rows counted from the first of them."""
        return Groups(self.ends[first:last] - self.row(first))

    def within(self, rows: Rows) -> "Groups":
        """Return the same groups with only some of their rows, given in order."""
        return Groups(np.searchsorted(rows, self.ends).astype(np.int64, copy=False))

    def row(self, group: int) -> int:
        """Return the first row of a group, for the number of groups the number of rows."""
        return int(self.ends[group - 1]) if group else 0

    @cached_property
    def sizes(self) -> Rows:
        """How many rows each group has."""
        return np.diff(self.ends, prepend=0)

    @cached_property
    def of_row(self) -> Rows:
        """The number of the group of each row: how many groups have ended before it."""
        rows = self.row(len(self.ends))
        return np.cumsum(np.bincount(self.ends[:-1], minlength=rows)[:rows]) if rows else self.ends[:0]

    def to_rows(self, column: Column) -> Column:
        """Return for each row what stands at its group."""
        return taken(column, self.of_row)

    def sum(self, values: Rows) -> Rows:
        """Return the sum of each group's values."""
        totals = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values, out=totals[1:])
        sums = np.take(totals, self.ends)
        sums[1:] -= sums[:-1].copy()
        return sums

    def count(self, rows: Rows) -> Rows:
        """Return how many of some rows each group has."""
        return np.bincount(np.take(self.of_row, rows), minlength=len(self.ends))

    def without(self, rows: Rows) -> Mask | None:
        """Say which groups have none of some rows; None: there are no such rows at all."""
        if not len(rows):
            return None
        found = np.ones(len(self.ends), np.bool_)
        found[np.take(self.of_row, rows)] = False
        return found

    def extreme(self, values: Rows, better: np.ufunc) -> tuple[Rows, Mask | None]:
        """Return the greatest or least of each group's values, and which groups have rows (None: all)."""
        some = self.sizes > 0
        found = np.zeros(len(some), np.int64)
        if len(values):
            found[some] = better.reduceat(values, (self.ends - self.sizes)[some])
        return found, None if some.all() else some


def put_back(values: Numbers, rows: Rows, count: int) -> pa.Array:
    """Return a column of `count` rows that holds values (or one for all) at some and NULL at all others, in runs."""
    # Nothing, one row, nothing, one row …, nothing; between neighbours there is no run of nothing.
    place = np.arange(len(rows)) + np.cumsum(np.diff(rows, prepend=-1) > 1)
    last = int(rows[-1]) + 1 if len(rows) else 0
    runs = int(place[-1]) + 1 if len(rows) else 0
    runs += last < count
    ends, held, known = np.full(runs, count, np.int32), np.zeros(runs, np.int64), np.zeros(runs, np.bool_)
    # What stands before a row ends there, be it nothing or a neighbour.
    ends[place - 1] = rows
    ends[place] = rows + 1
    ends[-1:] = count
    held[place] = values.values
    known[place] = True if values.known is None else values.known
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends), to_arrow(Numbers(held, known), runs))


def gather(word: str, inner: Column, groups: Groups) -> tuple[Column, Numbers | None, Numbers | None]:
    """Return an aggregate's values, and of a count its least and its most; unknown where an unknown row could change it."""
    return _GATHER[word](spread(inner, groups.row(len(groups.ends))), groups)


def _count(inner: Truths, groups: Groups) -> tuple[Numbers, Numbers, Numbers]:
    low, unknown = narrowed(groups.count(np.flatnonzero(inner.true))), np.flatnonzero(~inner.known)
    if not len(unknown):
        return Numbers(low), Numbers(low), Numbers(low)
    open_ = groups.count(unknown)
    return Numbers(low, open_ == 0), Numbers(low), Numbers(narrowed(low + open_))


def _any(inner: Truths, groups: Groups) -> tuple[Truths, None, None]:
    # True beside any unknown; false only where everybody's is.
    none_true, none_open = groups.without(np.flatnonzero(inner.true)), groups.without(np.flatnonzero(~inner.false))
    every = np.ones(len(groups.ends), np.bool_)
    return Truths(~every if none_true is None else ~none_true, every if none_open is None else none_open), None, None


def _all(inner: Truths, groups: Groups) -> tuple[Truths, None, None]:
    return ~_any(~inner, groups)[0], None, None


def _sum(inner: Numbers, groups: Groups) -> tuple[Numbers, None, None]:
    unknown = inner.unknown()
    return Numbers(groups.sum(_filled(inner, unknown)), groups.without(unknown)), None, None


def _extreme(better: np.ufunc) -> Callable[[Numbers, Groups], tuple[Numbers, None, None]]:
    def extreme(inner: Numbers, groups: Groups) -> tuple[Numbers, None, None]:
        unknown = inner.unknown()
        found, some = groups.extreme(_filled(inner, unknown), better)
        return Numbers(found, both(some, groups.without(unknown))), None, None

    return extreme


def _filled(column: Numbers, unknown: Rows) -> Rows:
    if not len(unknown):
        return column.values
    held = column.values.copy()
    held[unknown] = 0
    return held


_GATHER: Mapping[str, Callable[[Column, Groups], tuple[Column, Numbers | None, Numbers | None]]] = {
    "合计": _sum,
    "计数": _count,
    "任一": _any,
    "全部": _all,
    "最大": _extreme(np.maximum),
    "最小": _extreme(np.minimum),
}
