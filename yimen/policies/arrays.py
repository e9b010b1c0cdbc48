"""
Arrays (数组): one column of a table in numpy's memory, with what is unknown in it kept apart.

Truths are two masks, true and false; what is in neither is unknown, so that Kleene's AND is one AND and one OR. Numbers, and
days as days since 1970, are values and a mask of what is known; what stands where nothing is known means nothing. A mask is
one byte for each row: numpy's loops over bytes cost a fifth of a call into Arrow. Texts stay Arrow's. Constants are arrays
without dimension, which spread by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column = Any
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
SIGNS: Mapping[str, np.ufunc] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class Truths:
    """What is true and what is false; never both, and where neither, unknown."""

    true: Mask
    false: Mask

    def __and__(self, other: "Truths") -> "Truths":
        return Truths(self.true & other.true, self.false | other.false)

    def __or__(self, other: "Truths") -> "Truths":
        return Truths(self.true | other.true, self.false & other.false)

    def __invert__(self) -> "Truths":
        return Truths(self.false, self.true)

    @property
    def known(self) -> Mask:
        """Where it is either."""
        return self.true | self.false

    def take(self, rows: Rows) -> "Truths":
        """Return what stands at some rows."""
        if not self.true.ndim:
            return self
        # Both masks in one: fetching takes longer than putting together and apart.
        codes = np.take(self.true.view(np.uint8) | self.false.view(np.uint8) << np.uint8(1), rows)
        return Truths((codes & np.uint8(1)).view(np.bool_), (codes >> np.uint8(1)).view(np.bool_))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers (64 bits, or 8 and 16 where they are small) or days (32 bits), and where they are known; None: everywhere."""

    values: NDArray[Any]
    known: Mask | None = None

    def take(self, rows: Rows) -> "Numbers":
        """Return what stands at some rows."""
        if not self.values.ndim:
            return self
        return Numbers(np.take(self.values, rows), None if self.known is None else np.take(self.known, rows))

    def times(self, factor: int) -> "Numbers":
        """Return them multiplied."""
        return self if factor == 1 else Numbers(self.values * np.int64(factor), self.known)

    def unknown(self) -> Rows:
        """Return the rows where nothing is known."""
        return np.zeros(0, np.int64) if self.known is None else np.flatnonzero(~self.known)

    def within(self, low: int, high: int) -> bool:
        """Say whether all that are known lie between two numbers."""
        values = self.values
        if not len(values) or (values.min() >= low and values.max() <= high):
            return True
        return bool(self.known is not None and ((values >= low) & (values <= high) | ~self.known).all())


def narrowed(values: Rows) -> NDArray[Any]:
    """Return numbers in 8 or 16 bits if that is enough: new memory costs more than reckoning does."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    kind = next((kind for kind in (np.int8, np.int16) if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max), np.int64)
    return values.astype(kind, copy=False)


def number(value: int) -> Numbers:
    """Return a constant."""
    return Numbers(np.asarray(value, np.int64))


def truth(*, value: bool) -> Truths:
    """Return a constant."""
    return Truths(np.asarray(value), np.asarray(not value))


def compared(sign: str, one: Numbers, other: Numbers) -> Truths:
    """Compare row by row; unknown where either is."""
    # A constant as Python's own number takes the kind of the column; an array would make the column wide first.
    right = other.values if other.values.ndim else other.values.item()
    found, known = SIGNS[sign](one.values, right), both(one.known, other.known)
    return Truths(found, ~found) if known is None else Truths(found & known, known > found)


def both(one: Mask | None, other: Mask | None) -> Mask | None:
    """Return where two things are known; None: everywhere."""
    return other if one is None else one if other is None else one & other


def chosen(when: Truths, one: Numbers, other: Numbers) -> Numbers:
    """Return one where something is true and the other where it is false."""
    return Numbers(np.where(when.true, one.values, other.values), when.true & _known(one) | when.false & _known(other))


def coalesced(first: Column, second: Column) -> Column:
    """Return the second where nothing is known of the first."""
    if isinstance(first, Truths):
        return Truths(first.true | second.true & ~first.false, first.false | second.false & ~first.true)
    if not isinstance(first, Numbers):
        return pc.coalesce(first, second)
    if first.known is None:
        return first
    return Numbers(
        np.where(first.known, first.values, second.values), None if second.known is None else first.known | second.known
    )


def _known(column: Numbers) -> Mask | np.bool_:
    return np.True_ if column.known is None else column.known


def taken(column: Column, rows: Rows) -> Column:
    """Return what stands at some rows."""
    return column.take(rows if isinstance(column, Truths | Numbers) else pa.array(rows))


def from_arrow(column: pa.Array) -> Column:
    """Return a column of Arrow's: numbers and days over the same memory, truths as masks, texts and keys as they are."""
    if pa.types.is_boolean(column.type):
        known, true = _known_bytes(column), _unpacked(column.buffers()[1], column)
        return Truths(true, ~true) if known is None else Truths(true & known, known > true)
    if not pa.types.is_integer(column.type) and not pa.types.is_date32(column.type):
        return column
    kind = np.int32 if pa.types.is_date32(column.type) else np.int64
    held = column if column.type.bit_width == 8 * np.dtype(kind).itemsize else column.cast(pa.int64())
    end = held.offset + len(held)
    return Numbers(np.frombuffer(held.buffers()[1], kind, end)[held.offset :], _known_bytes(held))


def _known_bytes(column: pa.Array) -> Mask | None:
    return _unpacked(column.buffers()[0], column) if column.null_count else None


def _unpacked(bits: pa.Buffer, column: pa.Array) -> Mask:
    end = column.offset + len(column)
    packed = np.frombuffer(bits, np.uint8, -(-end // 8))
    return np.unpackbits(packed, count=end, bitorder="little")[column.offset :].view(np.bool_)


def to_arrow(column: Column, rows: int) -> pa.Array:
    """Return so many rows as a column of Arrow's, NULL where nothing is known."""
    if isinstance(column, Truths):
        return pa.Array.from_buffers(pa.bool_(), rows, [_bits(column.known, rows), _bits(column.true, rows)])
    if not isinstance(column, Numbers):
        return column
    known = None if column.known is None else _bits(column.known, rows)
    is_day = column.values.dtype == np.int32
    values = column.values if is_day else column.values.astype(np.int64, copy=False)
    return pa.Array.from_buffers(pa.date32() if is_day else pa.int64(), rows, [known, pa.py_buffer(_over(values, rows))])


def _bits(mask: Mask, rows: int) -> pa.Buffer:
    return pa.py_buffer(np.packbits(_over(mask, rows), bitorder="little"))


def spread(column: Column, rows: int) -> Column:
    """Return so many rows, also of a constant."""
    if isinstance(column, Truths):
        return Truths(_over(column.true, rows), _over(column.false, rows))
    return Numbers(_over(column.values, rows), None if column.known is None else _over(column.known, rows))


def _over(values: NDArray[Any], rows: int) -> NDArray[Any]:
    return values if values.ndim else np.full(rows, values)
