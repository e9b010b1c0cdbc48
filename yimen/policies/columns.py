"""
Columns (列): a typed expression as a function of whole columns, for many households at once; the closures' twin in numpy.

A column (`arrays`) holds inner values, numbers as scaled 64-bit integers, and beside them where they are known: AND, OR and
NOT are Kleene's, and what is reckoned or compared is unknown where any part is. A count of members keeps its least and its
most beside it. What may need more than 64 bits does not stand here (`fits`): the SQL reckons it. `fits` believes the types;
who runs the functions looks first whether the facts keep to them (`bulk`).
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yimen.policies.arrays import (
    Column,
    Numbers,
    Rows,
    Truths,
    both,
    compared,
    from_arrow,
    narrowed,
    number,
    to_arrow,
    truth,
)
from yimen.policies.closures import constant, least, most
from yimen.policies.compiled import Share, factors
from yimen.policies.documents import rounding_of
from yimen.policies.expression import (
    Boolean,
    Call,
    Choice,
    Comparison,
    Junction,
    Literal,
    Minus,
    Name,
    Not,
    Number,
    OneOf,
    Reckoning,
    Within,
)
from yimen.policies.model import Policy
from yimen.policies.numbers import BIGINT
from yimen.policies.typed import Type, Typed, aligned

Known = MutableMapping[str, Column]
Meaning = Callable[[Known], Column]
EPOCH = date(1970, 1, 1)
ARROW_KINDS = {"number": pa.int64(), "bool": pa.bool_(), "text": pa.string(), "day": pa.date32()}
RECKON: Mapping[str, np.ufunc] = {"+": np.add, "-": np.subtract, "*": np.multiply}


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a table: each day between the first and the last once, as year, month and day, and where each row's stands."""

    years: Rows
    months: Rows
    days: Rows
    place: Rows | None
    known: NDArray[np.bool_] | None

    @classmethod
    def of(cls, column: Numbers) -> "Days":
        """Take days apart. Many people have few birthdays; only where days lie far apart, each row's is taken apart."""
        held, place = column.values, None
        first, last = (int(held.min()), int(held.max())) if len(held) else (0, 0)
        if last - first < len(held):
            held, place = np.arange(first, last + 1, dtype=np.int32), held - first
        days = to_arrow(Numbers(held), len(held))
        years, months, days = (part(days).to_numpy() for part in (pc.year, pc.month, pc.day))
        return cls(years, months, days, place, column.known)

    def rows(self, values: Rows) -> Numbers:
        """Return what was reckoned from the days, row by row."""
        small = narrowed(values)
        return Numbers(small if self.place is None else np.take(small, self.place), self.known)


class Columns:
    """Makes functions of columns for one day of reckoning."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._rules: Mapping[type, Callable[[Typed], Meaning]] = {
            Name: self._name,
            Number: self._constant,
            Literal: self._constant,
            Boolean: self._constant,
            Junction: self._junction,
            Not: self._not,
            Comparison: lambda typed: self._compare(typed.node.sign, *typed.parts),  # type: ignore[attr-defined]
            Within: self._within,
            OneOf: self._one_of,
            Reckoning: self._reckoning,
            Minus: lambda typed: self._times(typed.parts[0], -1),
            Call: self._call,
            Choice: self._choice,
        }

    def meaning(self, typed: Typed) -> Meaning:
        """Return the function of an expression. Aggregates must have been taken out before (`without_aggregates`)."""
        return self._rules[type(typed.node)](typed)

    def _name(self, typed: Typed) -> Meaning:
        name = typed.node.name  # type: ignore[attr-defined]
        return lambda known: known[name]

    def _constant(self, typed: Typed) -> Meaning:
        value = constant(typed)
        held: Column
        if typed.type.kind == "number":
            held = number(value)
        elif typed.type.kind == "bool":
            held = truth(value=value)
        elif typed.type.kind == "day":
            held = Numbers(np.asarray((value - EPOCH).days, np.int32))
        else:
            held = pa.scalar(value, pa.string())
        return lambda _: held

    def _junction(self, typed: Typed) -> Meaning:
        join = and_ if typed.node.word == "AND" else or_  # type: ignore[attr-defined]
        parts = [self.meaning(part) for part in typed.parts]
        return lambda known: reduce(join, (part(known) for part in parts))

    def _not(self, typed: Typed) -> Meaning:
        part = self.meaning(typed.parts[0])
        return lambda known: ~part(known)

    def _within(self, typed: Typed) -> Meaning:
        part, low, high = typed.parts
        above, below = self._compare(">=", part, low), self._compare("<=", part, high)
        return lambda known: above(known) & below(known)

    def _one_of(self, typed: Typed) -> Meaning:
        part, *options = typed.parts
        either = [self._compare("=", part, option) for option in options]
        return lambda known: reduce(or_, (one(known) for one in either))

    def _compare(self, sign: str, left: Typed, right: Typed) -> Meaning:
        if left.type.interval or right.type.interval:
            return self._compare_ends(sign, left, right)
        f, g = aligned(left.type, right.type) if left.type.kind == "number" else (1, 1)
        one, two = self._times(left, f), self._times(right, g)
        compare = {"bool": _compared_truths, "text": _compared_texts}.get(left.type.kind, compared)
        return lambda known: compare(sign, one(known), two(known))

    def _times(self, typed: Typed, factor: int) -> Meaning:
        if isinstance(typed.node, Number):
            value = number(constant(typed) * factor)
            return lambda _: value
        meaning = self.meaning(typed)
        return meaning if factor == 1 else lambda known: meaning(known).times(factor)

    def _compare_ends(self, sign: str, left: Typed, right: Typed) -> Meaning:
        f, g = aligned(left.type, right.type)
        (a, b), (c, d) = self._ends(left, f), self._ends(right, g)
        return lambda known: _verdict(sign, a(known), b(known), c(known), d(known))

    def _ends(self, typed: Typed, factor: int) -> tuple[Meaning, Meaning]:
        if isinstance(typed.node, Name) and typed.type.interval:
            low, high = least(typed.node.name), most(typed.node.name)
            return lambda known: known[low].times(factor), lambda known: known[high].times(factor)
        meaning = self._times(typed, factor)
        return meaning, meaning

    def _reckoning(self, typed: Typed) -> Meaning:
        left, right = typed.parts
        sign = typed.node.sign  # type: ignore[attr-defined]
        f, g = (1, 1) if sign == "*" else aligned(left.type, right.type)
        one, two, reckon = self._times(left, f), self._times(right, g), RECKON[sign]
        held = f"·{typed.node}"

        def reckoned(known: Known) -> Numbers:
            a, b = one(known), two(known)
            return Numbers(reckon(a.values, b.values, dtype=np.int64), both(a.known, b.known))

        # Many policies reckon the same (the standard × the members): once for each table.
        return lambda known: _once(known, held, lambda: reckoned(known))

    def _call(self, typed: Typed) -> Meaning:
        # Age and months ask for the same day: taken apart once for each table.
        day, held, on = self.meaning(typed.parts[0]), f"·{typed.parts[0].node} taken apart", self.on

        def years(days: Days) -> Rows:
            return on.year - days.years - (days.months * 100 + days.days > on.month * 100 + on.day)

        def months(days: Days) -> Rows:
            return on.year * 12 + on.month - (days.years * 12 + days.months) - (days.days > on.day)

        reckon = years if typed.node.word == "周岁" else months  # type: ignore[attr-defined]

        def reckoned(known: Known) -> Numbers:
            days: Days = _once(known, held, lambda: Days.of(day(known)))
            return days.rows(reckon(days))

        return reckoned

    def _choice(self, typed: Typed) -> Meaning:
        when, part = (self.meaning(one) for one in typed.parts)

        def choice(known: Known) -> Numbers:
            counts, held = when(known), part(known)
            sure = counts.true | (held.values == 0)
            known_ = sure if held.known is None else sure & held.known
            return Numbers(np.where(counts.true, held.values, 0), counts.false | known_)

        return choice

    def amount(self, share: Share, policy: Policy) -> Meaning:
        """Return the amount of a tier in fen: never below zero, rounded once."""
        mode, step = rounding_of(policy)
        above, below = factors(share.top, share.bottom, step)
        top, bottom = self.meaning(share.top), self.meaning(share.bottom) if share.bottom else None

        def amount(known: Known) -> Numbers:
            whole = top(known)
            up, sure = np.maximum(whole.values, 0) * np.int64(above), whole.known
            if bottom is None:
                return Numbers(_rounded(mode, up, np.int64(below)) * step, sure)
            parts = bottom(known)
            some = parts.values > 0
            down = np.where(some, parts.values, 1) * np.int64(below)
            return Numbers(_rounded(mode, up, down) * step, both(both(sure, parts.known), some))

        return amount


def _once(known: Known, name: str, reckon: Callable[[], Column]) -> Column:
    if name not in known:
        known[name] = reckon()
    return known[name]


def _compared_truths(sign: str, one: Truths, other: Truths) -> Truths:
    same = one & other | ~one & ~other
    return same if sign == "=" else ~same


def _compared_texts(sign: str, one: pa.Array, other: pa.Array) -> Truths:
    same: Truths = from_arrow(pc.equal(one, other))
    return same if sign == "=" else ~same


def _rounded(mode: str, up: Rows, down: Rows | np.int64) -> Rows:
    """Divide whole numbers that are not negative, rounding up, down or half up."""
    if not down.ndim and down == 1:
        # Nothing left to round: fen stay fen.
        return up
    if mode == "进一":
        return (up + (down - 1)) // down
    return up // down if mode == "舍去" else (up * 2 + down) // (down * 2)


def _verdict(sign: str, a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> Truths:
    """Compare a..b with c..d: true where it is certain, false where it is impossible."""
    if sign in ("<", ">="):
        below = Truths(compared("<", b, c).true, compared(">=", a, d).true)
        return below if sign == "<" else ~below
    if sign in ("<=", ">"):
        above = Truths(compared(">", a, d).true, compared("<=", b, c).true)
        return above if sign == ">" else ~above
    same = compared("=", a, b) & compared("=", b, c) & compared("=", c, d)
    equal = Truths(same.true, compared("<", b, c).true | compared(">", a, d).true)
    return equal if sign == "=" else ~equal


def fits(typed: Typed) -> bool:
    """Say whether 64 bits are enough for every step of an expression."""
    return all(_fits(part) for part in typed.walk())


def _fits(typed: Typed) -> bool:
    if typed.type.kind == "number" and typed.type.is_wide:
        return False
    numbers = [part.type for part in typed.parts if part.type.kind == "number"]
    if not isinstance(typed.node, Comparison | Within | OneOf | Reckoning) or len(numbers) < 2:
        return True
    if isinstance(typed.node, Reckoning) and typed.node.sign == "*":
        return True
    scale = max(held.scale for held in numbers)
    return all(_reach(held) * 10 ** (scale - held.scale) <= BIGINT for held in numbers)


def amount_fits(share: Share, policy: Policy) -> bool:
    """Say whether 64 bits are enough for an amount and its rounding."""
    above, below = factors(share.top, share.bottom, rounding_of(policy)[1])
    down = below * (_reach(share.bottom.type) if share.bottom else 1)
    parts = [part for part in (share.top, share.bottom, share.when) if part is not None]
    return _reach(share.top.type) * above * 2 + down * 2 <= BIGINT and all(fits(part) for part in parts)


def _reach(held: Type) -> int:
    return max(abs(held.low), abs(held.high))
