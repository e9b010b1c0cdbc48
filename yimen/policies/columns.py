"""
Columns (列): a typed expression as a function of whole columns, for many households at once; the closures' twin in Arrow.

A column holds inner values (numbers as scaled 64-bit integers) and NULL where nothing is known. Arrow's kernels are
Kleene's in AND, OR and NOT, and NULL through everything else, so nothing is added to them here. A count of members keeps its
least and its most beside it. What may need more than 64 bits does not stand here (`fits`): the SQL reckons it. The kernels
are the checked ones, so that a value outside its range would stop a run and never turn into another.
"""

from collections.abc import Callable, Mapping, MutableMapping
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from yimen.policies.closures import constant, least, most
from yimen.policies.compiled import Share, factors
from yimen.policies.documents import rounding_of
from yimen.policies.expression import (
    Boolean,
    Call,
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

Column = Any
Known = MutableMapping[str, Column]
Meaning = Callable[[Known], Column]
UNKNOWN = pa.scalar(None, pa.bool_())
SIGNS: Mapping[str, Callable[[Column, Column], Column]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
RECKON: Mapping[str, Callable[[Column, Column], Column]] = {
    "+": pc.add_checked,
    "-": pc.subtract_checked,
    "*": pc.multiply_checked,
}


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
        }

    def meaning(self, typed: Typed) -> Meaning:
        """Return the function of an expression. Aggregates must have been taken out before (`without_aggregates`)."""
        return self._rules[type(typed.node)](typed)

    def _name(self, typed: Typed) -> Meaning:
        name = typed.node.name  # type: ignore[attr-defined]
        return lambda known: known[name]

    def _constant(self, typed: Typed) -> Meaning:
        value = pa.scalar(constant(typed), ARROW_KINDS[typed.type.kind])
        return lambda _: value

    def _junction(self, typed: Typed) -> Meaning:
        join = pc.and_kleene if typed.node.word == "AND" else pc.or_kleene  # type: ignore[attr-defined]
        parts = [self.meaning(part) for part in typed.parts]
        return lambda known: reduce(join, (part(known) for part in parts))

    def _not(self, typed: Typed) -> Meaning:
        part = self.meaning(typed.parts[0])
        return lambda known: pc.invert(part(known))

    def _within(self, typed: Typed) -> Meaning:
        part, low, high = typed.parts
        above, below = self._compare(">=", part, low), self._compare("<=", part, high)
        return lambda known: pc.and_kleene(above(known), below(known))

    def _one_of(self, typed: Typed) -> Meaning:
        part, *options = typed.parts
        either = [self._compare("=", part, option) for option in options]
        return lambda known: reduce(pc.or_kleene, (one(known) for one in either))

    def _compare(self, sign: str, left: Typed, right: Typed) -> Meaning:
        if left.type.interval or right.type.interval:
            return self._compare_ends(sign, left, right)
        f, g = aligned(left.type, right.type) if left.type.kind == "number" else (1, 1)
        one, two, compare = self._times(left, f), self._times(right, g), SIGNS[sign]
        return lambda known: compare(one(known), two(known))

    def _times(self, typed: Typed, factor: int) -> Meaning:
        if isinstance(typed.node, Number):
            value = pa.scalar(constant(typed) * factor, pa.int64())
            return lambda _: value
        meaning = self.meaning(typed)
        return meaning if factor == 1 else lambda known: _multiplied(meaning(known), factor)

    def _compare_ends(self, sign: str, left: Typed, right: Typed) -> Meaning:
        f, g = aligned(left.type, right.type)
        (a, b), (c, d) = self._ends(left, f), self._ends(right, g)

        def comparison(known: Known) -> Column:
            certain, impossible = _verdicts(sign, a(known), b(known), c(known), d(known))
            return pc.if_else(pc.or_kleene(certain, impossible), certain, UNKNOWN)

        return comparison

    def _ends(self, typed: Typed, factor: int) -> tuple[Meaning, Meaning]:
        if isinstance(typed.node, Name) and typed.type.interval:
            low, high = least(typed.node.name), most(typed.node.name)
            return lambda known: _multiplied(known[low], factor), lambda known: _multiplied(known[high], factor)
        meaning = self._times(typed, factor)
        return meaning, meaning

    def _reckoning(self, typed: Typed) -> Meaning:
        left, right = typed.parts
        sign = typed.node.sign  # type: ignore[attr-defined]
        f, g = (1, 1) if sign == "*" else aligned(left.type, right.type)
        one, two, reckon = self._times(left, f), self._times(right, g), RECKON[sign]
        held = f"·{typed.node}"

        # Many policies reckon the same (the standard × the members): once for each table.
        return lambda known: _once(known, held, lambda: reckon(one(known), two(known)))

    def _call(self, typed: Typed) -> Meaning:
        year, month, day = (self._part_of_day(typed.parts[0], part) for part in (pc.year, pc.month, pc.day))
        on = self.on
        if typed.node.word == "周岁":  # type: ignore[attr-defined]

            def years(known: Known) -> Column:
                later = pc.greater(pc.add_checked(pc.multiply_checked(month(known), 100), day(known)), on.month * 100 + on.day)
                return pc.subtract_checked(pc.subtract_checked(on.year, year(known)), pc.cast(later, pa.int64()))

            return years

        def months(known: Known) -> Column:
            whole = pc.add_checked(pc.multiply_checked(year(known), 12), month(known))
            return pc.subtract_checked(
                pc.subtract_checked(on.year * 12 + on.month, whole), pc.cast(pc.greater(day(known), on.day), pa.int64())
            )

        return months

    def _part_of_day(self, typed: Typed, part: Callable[[Column], Column]) -> Meaning:
        """Age and months ask for the same parts of the same day: once for each table."""
        day, held = self.meaning(typed), f"·{part.__name__} {typed.node}"
        return lambda known: _once(known, held, lambda: part(day(known)))

    def amount(self, share: Share, policy: Policy) -> Meaning:
        """Return the amount of a tier in fen: never below zero, rounded once."""
        mode, step = rounding_of(policy)
        above, below = factors(share.top, share.bottom, step)
        top, bottom = self.meaning(share.top), self.meaning(share.bottom) if share.bottom else None
        zero, may_be_negative = pa.scalar(0, pa.int64()), share.top.type.low < 0

        def amount(known: Known) -> Column:
            whole = top(known)
            up = _multiplied(pc.max_element_wise(whole, zero, skip_nulls=False) if may_be_negative else whole, above)
            down: Column = below
            if bottom is not None:
                held = bottom(known)
                down = _multiplied(pc.if_else(pc.greater(held, 0), held, None), below)
            return _multiplied(_rounded(mode, up, down), step)

        return amount


ARROW_KINDS = {"number": pa.int64(), "bool": pa.bool_(), "text": pa.string(), "day": pa.date32()}


def _once(known: Known, name: str, reckon: Callable[[], Column]) -> Column:
    if name not in known:
        known[name] = reckon()
    return known[name]


def _multiplied(column: Column, factor: int) -> Column:
    return column if factor == 1 else pc.multiply_checked(column, factor)


def _rounded(mode: str, up: Column, down: Column) -> Column:
    """Divide whole numbers that are not negative, rounding up, down or half up."""
    if isinstance(down, int):
        # Nothing left to round: fen stay fen.
        if down == 1:
            return up
        shift = {"进一": down - 1, "舍去": 0}.get(mode)
        return (
            pc.divide(pc.add_checked(pc.multiply_checked(up, 2), down), down * 2)
            if shift is None
            else pc.divide(pc.add_checked(up, shift), down)
        )
    if mode == "进一":
        return pc.divide(pc.subtract_checked(pc.add_checked(up, down), 1), down)
    return (
        pc.divide(up, down)
        if mode == "舍去"
        else pc.divide(pc.add_checked(pc.multiply_checked(up, 2), down), pc.multiply_checked(down, 2))
    )


def _verdicts(sign: str, a: Column, b: Column, c: Column, d: Column) -> tuple[Column, Column]:
    """Return when a comparison of a..b with c..d is certain and when it is impossible."""
    if sign in ("<", ">="):
        below, not_below = pc.less(b, c), pc.greater_equal(a, d)
        return (below, not_below) if sign == "<" else (not_below, below)
    if sign in ("<=", ">"):
        not_above, above = pc.less_equal(b, c), pc.greater(a, d)
        return (not_above, above) if sign == "<=" else (above, not_above)
    same = reduce(pc.and_, (pc.equal(a, b), pc.equal(b, c), pc.equal(c, d)))
    apart = pc.or_(pc.less(b, c), pc.greater(a, d))
    return (same, apart) if sign == "=" else (apart, same)


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
