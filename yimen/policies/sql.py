"""
SQL (DuckDB) from typed expressions, the same tree the closures are made from. Numbers are integers at a known scale.

DuckDB raises when an integer overflows, so a part that may need more than 64 bits is reckoned in HUGEINT, and only that.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from yimen.policies.closures import constant, least, most
from yimen.policies.compiled import Share, factors
from yimen.policies.documents import rounding_of
from yimen.policies.expression import (
    Aggregate,
    Boolean,
    Call,
    Choice,
    Comparison,
    Junction,
    Literal,
    Minus,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Reckoning,
    Within,
)
from yimen.policies.model import Policy
from yimen.policies.numbers import BIGINT
from yimen.policies.typed import Typed, aligned


def quoted(name: str) -> str:
    """Return a column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text literal as SQL."""
    return "'" + value.replace("'", "''") + "'"


class Writer:
    """Writes expressions for one day of reckoning."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._rules: Mapping[type[Node], Callable[[Typed], str]] = {
            Name: lambda typed: quoted(typed.node.name),  # type: ignore[attr-defined]
            Number: lambda typed: str(constant(typed)),
            Literal: self._literal,
            Boolean: lambda typed: "TRUE" if constant(typed) else "FALSE",
            Junction: self._junction,
            Not: lambda typed: f"(NOT {self.write(typed.parts[0])})",
            Comparison: lambda typed: self._compare(typed.node.sign, *typed.parts),  # type: ignore[attr-defined]
            Within: self._within,
            OneOf: self._one_of,
            Reckoning: self._reckoning,
            Minus: lambda typed: f"(-{self.write(typed.parts[0])})",
            Call: self._call,
            Choice: self._choice,
        }

    def write(self, typed: Typed) -> str:
        """Return an expression as SQL. Aggregates must have been taken out before (`without_aggregates`)."""
        return self._rules[type(typed.node)](typed)

    def _literal(self, typed: Typed) -> str:
        value = constant(typed)
        return f"DATE '{value.isoformat()}'" if isinstance(value, date) else text(value)

    def _junction(self, typed: Typed) -> str:
        return "(" + f" {typed.node.word} ".join(self.write(part) for part in typed.parts) + ")"  # type: ignore[attr-defined]

    def _within(self, typed: Typed) -> str:
        part, low, high = typed.parts
        return f"({self._compare('>=', part, low)} AND {self._compare('<=', part, high)})"

    def _one_of(self, typed: Typed) -> str:
        part, *options = typed.parts
        return "(" + " OR ".join(self._compare("=", part, option) for option in options) + ")"

    def _compare(self, sign: str, left: Typed, right: Typed) -> str:
        if left.type.interval or right.type.interval:
            return self._compare_intervals(sign, left, right)
        f, g = aligned(left.type, right.type) if left.type.kind == "number" else (1, 1)
        return f"({self._times(left, f)} {sign} {self._times(right, g)})"

    def _times(self, typed: Typed, factor: int, of: str | None = None) -> str:
        written = of or self.write(typed)
        if factor == 1:
            return written
        if isinstance(typed.node, Number):
            return str(constant(typed) * factor)
        wide = max(abs(typed.type.low), abs(typed.type.high)) * factor > BIGINT
        return f"({written}::HUGEINT * {factor})" if wide else f"({written} * {factor})"

    def _compare_intervals(self, sign: str, left: Typed, right: Typed) -> str:
        f, g = aligned(left.type, right.type)
        a, b = (self._times(left, f, end) for end in self._ends(left))
        c, d = (self._times(right, g, end) for end in self._ends(right))
        same, apart = f"({a} = {b} AND {b} = {c} AND {c} = {d})", f"({b} < {c} OR {a} > {d})"
        certain, impossible = {
            "<": (f"{b} < {c}", f"{a} >= {d}"),
            "<=": (f"{b} <= {c}", f"{a} > {d}"),
            ">": (f"{a} > {d}", f"{b} <= {c}"),
            ">=": (f"{a} >= {d}", f"{b} < {c}"),
            "=": (same, apart),
            "<>": (apart, same),
        }[sign]
        return f"(CASE WHEN {certain} THEN TRUE WHEN {impossible} THEN FALSE END)"

    def _ends(self, typed: Typed) -> tuple[str, str]:
        if isinstance(typed.node, Name) and typed.type.interval:
            return quoted(least(typed.node.name)), quoted(most(typed.node.name))
        written = self.write(typed)
        return written, written

    def _reckoning(self, typed: Typed) -> str:
        left, right = typed.parts
        sign = typed.node.sign  # type: ignore[attr-defined]
        f, g = (1, 1) if sign == "*" else aligned(left.type, right.type)
        one, two = self._times(left, f), self._times(right, g)
        return f"({one}::HUGEINT {sign} {two})" if typed.type.is_wide else f"({one} {sign} {two})"

    def _call(self, typed: Typed) -> str:
        day, on = self.write(typed.parts[0]), self.on
        if typed.node.word == "周岁":  # type: ignore[attr-defined]
            return f"({on.year} - year({day}) - (month({day}) * 100 + day({day}) > {on.month * 100 + on.day})::INTEGER)"
        months = on.year * 12 + on.month
        return f"({months} - year({day}) * 12 - month({day}) - (day({day}) > {on.day})::INTEGER)"

    def _choice(self, typed: Typed) -> str:
        when, part = (self.write(one) for one in typed.parts)
        return f"(CASE WHEN NOT {when} OR {part} = 0 THEN 0 WHEN {when} THEN {part} END)"

    def amount(self, share: Share, policy: Policy) -> str:
        """Return the amount of a tier in fen as SQL: never below zero, rounded once."""
        mode, step = rounding_of(policy)
        above, below = factors(share.top, share.bottom, step)
        reach = max(abs(share.top.type.low), abs(share.top.type.high)) * above * 2 + below * 2
        wide = "::HUGEINT" if share.bottom or reach > BIGINT else ""
        top = self.write(share.top)
        up = f"((CASE WHEN {top} < 0 THEN 0 ELSE {top} END){wide} * {above})"
        down = f"({self.write(share.bottom)}::HUGEINT * {below})" if share.bottom else str(below)
        steps = {
            "进一": f"({up} + {down} - 1) // {down}",
            "舍去": f"{up} // {down}",
            "四舍五入": f"(2 * {up} + {down}) // (2 * {down})",
        }[mode]
        if share.bottom:
            steps = f"CASE WHEN {self.write(share.bottom)} > 0 THEN {steps} END"
        return f"CAST(({steps}) * {step} AS BIGINT)"

    def missing(self, typed: Typed) -> dict[str, str]:
        """Return, for each name, the condition under which it is unknown and could still decide an unknown part."""
        unknown = f"{self.write(typed)} IS NULL"
        found: dict[str, str] = {}
        if isinstance(typed.node, Junction | Not):
            for part in typed.parts:
                for name, condition in self.missing(part).items():
                    both = f"({unknown} AND {condition})"
                    found[name] = f"({found[name]} OR {both})" if name in found else both
            return found
        return {name: f"({unknown} AND {quoted(name)} IS NULL)" for name in typed.names}


def aggregates_in(typed: Typed) -> list[Typed]:
    """Return the aggregates of an expression."""
    return [part for part in typed.walk() if isinstance(part.node, Aggregate)]


def hidden_name(aggregate: Typed) -> str:
    """Return under which name an aggregate's result is held."""
    return f"·{aggregate.node!r}"


def without_aggregates(typed: Typed) -> Typed:
    """Return the expression with each aggregate replaced by the name of its result."""
    if isinstance(typed.node, Aggregate):
        return Typed(Name(hidden_name(typed)), typed.type)
    return replace(typed, parts=tuple(without_aggregates(part) for part in typed.parts))


def aggregate_columns(aggregate: Typed, writer: Writer) -> dict[str, tuple[str, str]]:
    """Return name → (SQL over the rows of a group, SQL of the value where there is no row) of one aggregate."""
    name, inner = hidden_name(aggregate), writer.write(aggregate.parts[0])
    word = aggregate.node.word  # type: ignore[attr-defined]
    kind = "HUGEINT" if aggregate.type.is_wide else "BIGINT"
    unknown = f"count({inner}) < count(*)"
    if word == "计数":
        sure, possible = f"count(*) FILTER (WHERE {inner})", f"count(*) FILTER (WHERE ({inner}) IS NOT FALSE)"
        # The count itself is known where least and most meet; it is read off them, not counted a third time.
        return {least(name): (sure, "0"), most(name): (possible, "0")}
    if word == "任一":
        return {name: (f"CASE WHEN bool_or({inner}) THEN TRUE WHEN {unknown} THEN NULL ELSE FALSE END", "FALSE")}
    if word == "全部":
        return {name: (f"CASE WHEN NOT bool_and({inner}) THEN FALSE WHEN {unknown} THEN NULL ELSE TRUE END", "TRUE")}
    function = {"合计": "sum", "最大": "max", "最小": "min"}[word]
    empty = "0" if word == "合计" else "NULL"
    return {name: (f"CAST(CASE WHEN {unknown} THEN NULL ELSE {function}({inner}) END AS {kind})", empty)}
