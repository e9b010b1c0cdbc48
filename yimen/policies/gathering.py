"""
Gathering (汇总): sums, counts and the like over rows that stand group by group, and back from each group to its rows.

Rows of one group stand together, in the order of the groups. A sum over a group is then the difference of two running
totals, which is several times faster than any grouping by key. Columns are Arrow's; running totals and rows are numpy's,
over the same memory, where its loops are two to seven times as fast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column = Any
Numbers = NDArray[np.int64]
NO_ROW = pa.scalar(None, pa.int64())
MAYBE = pa.scalar(None, pa.bool_())
NOBODY: Numbers = np.zeros(0, np.int64)
# A count of unknown rows stands above the count of true ones: up to 2,147,483,647 of each in a group.
UNKNOWN_BITS = 32
ONE_UNKNOWN = 2**UNKNOWN_BITS
# A truth as a small number, so that rows can be fetched without unpacking bits one by one.
FALSE, TRUE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Groups:
    """Where each group's rows end; a group without rows ends where the one before it does."""

    ends: Numbers

    @classmethod
    def of(cls, of_row: Column, groups: int) -> "Groups":
        """Return the groups of rows in order: `of_row` says of each row to which group it belongs."""
        return cls(np.cumsum(np.bincount(of_row.to_numpy(), minlength=groups)).astype(np.int64, copy=False))

    @classmethod
    def ending(cls, ends: Column) -> "Groups":
        """Return groups of which the last rows are known and none is without rows."""
        return cls(ends.to_numpy().astype(np.int64))

    @classmethod
    def without_rows(cls, groups: int) -> "Groups":
        """Return groups none of which has any row."""
        return cls(np.zeros(groups, np.int64))

    def part(self, first: int, last: int) -> "Groups":
        """Return the groups first … last (not counting the last), their rows counted from the first of them."""
        return Groups(self.ends[first:last] - self.row(first))

    def row(self, group: int) -> int:
        """Return the first row of a group, for the number of groups the number of rows."""
        return int(self.ends[group - 1]) if group else 0

    @cached_property
    def sizes(self) -> Numbers:
        """How many rows each group has."""
        return np.diff(self.ends, prepend=0)

    @cached_property
    def of_row(self) -> Numbers:
        """The number of the group of each row: how many groups have ended before it."""
        rows = self.row(len(self.ends))
        return np.cumsum(np.bincount(self.ends[:-1], minlength=rows)[:rows]) if rows else self.ends[:0]

    def to_rows(self, column: Column) -> Column:
        """Return for each row what stands at its group."""
        if column.type == pa.bool_():
            return _truths(np.take(_codes(column), self.of_row), maybe=column.null_count > 0)
        if column.null_count or column.type != pa.int64():
            return pc.take(column, pa.array(self.of_row))
        return pa.array(np.take(column.to_numpy(), self.of_row))

    def sum(self, values: Column) -> Column:
        """Return the sum of each group's values, none of them NULL."""
        return pa.array(self._sums(values))

    def _sums(self, values: Column) -> Numbers:
        totals = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values.to_numpy(), out=totals[1:])
        sums = totals[self.ends]
        sums[1:] -= sums[:-1].copy()
        return sums

    def count(self, conditions: Column) -> tuple[Column, Column | None]:
        """Return for how many rows of each group a condition is true and for how many unknown (None: for none at all)."""
        ones = pc.cast(conditions, pa.int64())
        if not conditions.null_count:
            return self.sum(ones), None
        # One running total counts both. It may run over; the difference of two comes out right all the same.
        both = self._sums(pc.fill_null(ones, ONE_UNKNOWN))
        return pa.array(both & (ONE_UNKNOWN - 1)), pa.array(both >> UNKNOWN_BITS)

    def has_unknown(self, values: Column) -> Column:
        """Say for each group whether any of its rows is NULL."""
        return pc.greater(self.sum(pc.cast(pc.is_null(values), pa.int64())), 0)

    def extreme(self, values: Column, word: str) -> Column:
        """Return the greatest ("max") or least ("min") of each group's values, none of them NULL; NULL for no rows."""
        better = np.maximum if word == "max" else np.minimum
        empty = self.sizes == 0
        if len(values) == 0:
            return pa.nulls(len(empty), values.type)
        found = np.zeros(len(empty), values.to_numpy().dtype)
        found[~empty] = better.reduceat(values.to_numpy(), (self.ends - self.sizes)[~empty])
        return pa.array(found, values.type, mask=empty if empty.any() else None)


def _codes(column: Column) -> NDArray[np.int8]:
    codes = pc.cast(column, pa.int8())
    held: NDArray[np.int8] = (pc.fill_null(codes, UNKNOWN) if column.null_count else codes).to_numpy()
    return held


def _truths(codes: NDArray[np.int8], *, maybe: bool) -> Column:
    known = _bits(codes != UNKNOWN) if maybe else None
    return pa.Array.from_buffers(pa.bool_(), len(codes), [known, _bits(codes == TRUE)])


def _bits(truths: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(truths, bitorder="little"))


def where_true(column: Column) -> Numbers:
    """Return the rows where a truth is true: not false, not unknown."""
    end = column.offset + len(column)
    bits, *known = (np.frombuffer(held, np.uint8, -(-end // 8)) for held in reversed(column.buffers()) if held is not None)
    for valid in known:
        bits = bits & valid
    return np.flatnonzero(np.unpackbits(bits, count=end, bitorder="little")[column.offset :].view(np.bool_))


def put_back(values: Column, rows: Numbers, count: int) -> Column:
    """Return a column of `count` rows that holds values (or one for all) at some and NULL at all others, in runs."""
    values = pa.repeat(values, len(rows)) if isinstance(values, pa.Scalar) else values
    # Nothing, one row, nothing, one row …, nothing: runs of which those between neighbours are empty.
    ends = np.empty(2 * len(rows) + 2, np.int32)
    ends[0], ends[1:-1:2], ends[2:-1:2], ends[-1] = 0, rows, rows + 1, count
    places = np.full(2 * len(rows) + 1, len(rows))
    places[1::2] = np.arange(len(rows))
    some = ends[1:] > ends[:-1]
    held = pc.take(pa.concat_arrays([values, pa.nulls(1, values.type)]), pa.array(places[some]))
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends[1:][some]), held)


def _filled(column: Column, value: int | bool) -> Column:
    return pc.fill_null(column, value) if column.null_count else column


def gather(word: str, inner: Column, groups: Groups) -> tuple[Column, Column | None, Column | None]:
    """Return an aggregate's values, and of a count its least and its most; NULL where an unknown row could change it."""
    return _GATHER[word](inner, groups)


def _count(inner: Column, groups: Groups) -> tuple[Column, Column, Column]:
    low, unknown = groups.count(inner)
    if unknown is None:
        return low, low, low
    return pc.if_else(pc.equal(unknown, 0), low, NO_ROW), low, pc.add(low, unknown)


def _any(inner: Column, groups: Groups) -> tuple[Column, None, None]:
    true, unknown = groups.count(inner)
    found = pc.greater(true, 0)
    if unknown is None:
        return found, None, None
    # True beside any unknown; else unknown where one is unknown.
    return pc.or_kleene(found, pc.if_else(pc.greater(unknown, 0), MAYBE, pa.scalar(False))), None, None


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
