"""
Expressions with types (有类型的算式): what may be compared with what, at which scale, and whether it can overflow.

A number is an integer and a scale; its bounds follow from the ranges of the facts, so overflow is refused when rules are
read, never met at night. Money may not be multiplied by money, nor compared with a plain number that has a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal as OneOfThese

from yimen.policies.expression import (
    Aggregate,
    Boolean,
    Call,
    Choice,
    Comparison,
    ExpressionError,
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
from yimen.policies.model import Fact, Subject
from yimen.policies.numbers import BIGINT, DECIMAL_SCALE, HUGEINT, MONEY_SCALE, places, to_scaled
from yimen.policies.source import nearest

MOST_MEMBERS = 1000
OLDEST_YEARS = 10_000
PARAMETER_BOUND = 10**14


@dataclass(frozen=True)
class Type:
    """
    What a part of an expression is.

    `dimension` of a number: money, count, any (a parameter without a unit) or literal. `low` and `high` are bounds at
    `scale`. `interval` marks a count of members of which only the least and the most may be known.
    """

    kind: OneOfThese["number", "bool", "text", "day"]
    dimension: str = ""
    scale: int = 0
    low: int = 0
    high: int = 0
    options: tuple[str, ...] = ()
    interval: bool = False
    subject: Subject | None = None

    @property
    def is_wide(self) -> bool:
        """Say whether 64 bits are not enough for it."""
        return max(abs(self.low), abs(self.high)) > BIGINT


DIMENSIONS = ("money", "count", "any", "literal")
BOOL = Type("bool")
WORDS = {"number": "数", "bool": "是否", "text": "文字", "day": "日期"}


@dataclass(frozen=True)
class Typed:
    """A node with its type and its typed parts."""

    node: Node
    type: Type
    parts: tuple["Typed", ...] = ()

    def walk(self) -> Iterator["Typed"]:
        """Yield this part and everything below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def names(self) -> list[str]:
        """Return the names used, each once, in order."""
        return list(dict.fromkeys(part.node.name for part in self.walk() if isinstance(part.node, Name)))


def type_of_fact(fact: Fact) -> Type:
    """Return the type of a fact that is given, not derived."""
    if fact.kind in ("金额", "整数", "小数"):
        low, high = (None if bound is None else to_scaled(bound, fact.scale) for bound in (fact.low, fact.high))
        dimension = "money" if fact.kind == "金额" else "count"
        return Type(
            "number",
            dimension,
            fact.scale,
            -BIGINT if low is None else low,
            BIGINT if high is None else high,
            subject=fact.subject,
        )
    if fact.kind in ("选项", "文字"):
        return Type("text", options=fact.options, subject=fact.subject)
    return Type("bool" if fact.kind == "是否" else "day", subject=fact.subject)


def type_of_parameter(unit: str | None, example: str | None) -> Type:
    """Return the type of a parameter: by its unit, or, if it has none anywhere, by how an example writes it."""
    if unit is None:
        if example is None or example.replace(".", "", 1).lstrip("-").isdigit():
            return Type("number", "any", DECIMAL_SCALE, -PARAMETER_BOUND, PARAMETER_BOUND)
        return BOOL if example in ("true", "false") else Type("text")
    if unit.startswith("元"):
        return Type("number", "money", MONEY_SCALE, -PARAMETER_BOUND, PARAMETER_BOUND)
    if unit in ("是否", "文字", "日期"):
        return {"是否": BOOL, "文字": Type("text"), "日期": Type("day")}[unit]
    return Type("number", "count", DECIMAL_SCALE, -PARAMETER_BOUND, PARAMETER_BOUND)


def check(node: Node, names: Mapping[str, Type], text: str) -> Typed:
    """Give every part of an expression its type. Raises ExpressionError with the sentence why it cannot have one."""
    return _Checker(names, text).check(node)


def check_condition(node: Node, names: Mapping[str, Type], facts: Mapping[str, Fact], text: str) -> Typed:
    """Check a condition: it must be true or false, and speak of at least one fact."""
    typed = check(node, names, text)
    if typed.type.kind != "bool":
        raise ExpressionError(f"“{text}”不是条件：结果应是“是/否”，如 年龄 >= 60。")
    if not any(name in facts for name in typed.names):
        raise ExpressionError(f"“{text}”里没有事实，条件对谁都一样；请写上至少一个事实。")
    return typed


def aligned(left: Type, right: Type) -> tuple[int, int]:
    """Return the factors that bring two numbers to the same scale."""
    scale = max(left.scale, right.scale)
    return 10 ** (scale - left.scale), 10 ** (scale - right.scale)


@dataclass
class _Checker:
    names: Mapping[str, Type]
    text: str

    def check(self, node: Node) -> Typed:
        rule = {
            Name: self._name,
            Number: self._number,
            Literal: lambda n: Typed(n, Type("text")),
            Boolean: lambda n: Typed(n, BOOL),
            Junction: self._junction,
            Not: self._junction,
            Comparison: self._comparison,
            Within: self._within,
            OneOf: self._one_of,
            Reckoning: self._reckoning,
            Minus: self._minus,
            Call: self._call,
            Choice: self._choice,
            Aggregate: self._aggregate,
        }[type(node)]
        typed: Typed = rule(node)  # type: ignore[operator]
        if typed.type.kind == "number" and max(abs(typed.type.low), abs(typed.type.high)) > HUGEINT:
            raise ExpressionError(f"“{self.text}”的结果可能大到放不下，请给其中的事实写上“范围”。")
        return typed

    def _refuse(self, why: str) -> ExpressionError:
        return ExpressionError(f"“{self.text}”：{why}")

    def _name(self, node: Name) -> Typed:
        if node.name not in self.names:
            raise self._refuse(f"没有“{node.name}”这个事实或参数。{nearest(node.name, self.names)}")
        return Typed(node, self.names[node.name])

    def _number(self, node: Number) -> Typed:
        scale = places(node.text)
        value = to_scaled(node.text, scale)
        return Typed(node, Type("number", "literal", scale, value, value))

    def _junction(self, node: Junction | Not) -> Typed:
        parts = tuple(self.check(part) for part in node.children())
        for part in parts:
            if part.type.kind != "bool":
                raise self._refuse("AND、OR、NOT 只能连接条件。")
        return Typed(node, BOOL, parts)

    def _comparison(self, node: Comparison) -> Typed:
        left, right = self._comparable(self.check(node.left), self.check(node.right), ordered=node.sign not in ("=", "<>"))
        return Typed(node, BOOL, (left, right))

    def _within(self, node: Within) -> Typed:
        part, low = self._comparable(self.check(node.part), self.check(node.low), ordered=True)
        _, high = self._comparable(part, self.check(node.high), ordered=True)
        return Typed(node, BOOL, (part, low, high))

    def _one_of(self, node: OneOf) -> Typed:
        part = self.check(node.part)
        options = tuple(self._comparable(part, self.check(option), ordered=False)[1] for option in node.options)
        return Typed(node, BOOL, (part, *options))

    def _comparable(self, left: Typed, right: Typed, *, ordered: bool) -> tuple[Typed, Typed]:
        left, right = self._as_day(left, right), self._as_day(right, left)
        kinds = left.type.kind, right.type.kind
        if kinds[0] != kinds[1]:
            raise self._refuse(f"{WORDS[kinds[0]]}和{WORDS[kinds[1]]}不能比较。")
        if ordered and kinds[0] in ("text", "bool"):
            raise self._refuse(f"{WORDS[kinds[0]]}没有大小，只能用 = <> IN。")
        if kinds[0] == "number":
            self._same_dimension(left, right, "比较")
            for side, factor in zip((left.type, right.type), aligned(left.type, right.type), strict=True):
                if max(abs(side.low), abs(side.high)) * factor > HUGEINT:
                    raise self._refuse("两边的数可能大到放不下，请给其中的事实写上“范围”。")
        self._known_option(left, right)
        self._known_option(right, left)
        return left, right

    def _as_day(self, one: Typed, other: Typed) -> Typed:
        if other.type.kind != "day" or not isinstance(one.node, Literal):
            return one
        try:
            date.fromisoformat(one.node.text)
        except ValueError:
            raise self._refuse(f"'{one.node.text}'不是日期，请写成 '2026-07-01'。") from None
        return Typed(one.node, Type("day"))

    def _known_option(self, one: Typed, other: Typed) -> None:
        options = other.type.options
        if options and isinstance(one.node, Literal) and one.node.text not in options:
            raise self._refuse(f"'{one.node.text}'不在选项里，可以是：{'、'.join(options)}。")

    def _same_dimension(self, left: Typed, right: Typed, doing: str) -> str:
        dimensions = {left.type.dimension, right.type.dimension}
        if {"money", "count"} <= dimensions:
            raise self._refuse(f"金额和不是金额的数不能直接{doing}。")
        return next(one for one in DIMENSIONS if one in dimensions)

    def _reckoning(self, node: Reckoning) -> Typed:
        left, right = self.check(node.left), self.check(node.right)
        if left.type.kind != "number" or right.type.kind != "number":
            raise self._refuse(f"{WORDS[left.type.kind]}和{WORDS[right.type.kind]}不能加减乘除。")
        reckon = self._sum if node.sign in "+-" else self._product if node.sign == "*" else self._quotient
        return Typed(node, reckon(node.sign, left, right), (left, right))

    def _sum(self, sign: str, left: Typed, right: Typed) -> Type:
        dimension = self._same_dimension(left, right, "相加减")
        one, two = left.type, right.type
        f, g = aligned(one, two)
        low, high = (two.low * g, two.high * g) if sign == "+" else (-two.high * g, -two.low * g)
        return Type("number", dimension, max(one.scale, two.scale), one.low * f + low, one.high * f + high)

    def _product(self, _: str, left: Typed, right: Typed) -> Type:
        one, two = left.type, right.type
        dimensions = {one.dimension, two.dimension}
        if one.dimension == two.dimension == "money":
            raise self._refuse("金额不能乘金额。")
        # A literal or a parameter without a unit may be yuan (200 * 家庭人口), so its product may be; two counts are a count.
        dimension = "money" if "money" in dimensions else "count" if dimensions == {"count"} else "any"
        corners = [a * b for a in (one.low, one.high) for b in (two.low, two.high)]
        return Type("number", dimension, one.scale + two.scale, min(corners), max(corners))

    def _quotient(self, _: str, left: Typed, right: Typed) -> Type:
        return Type("number", left.type.dimension, left.type.scale, left.type.low, left.type.high)

    def _minus(self, node: Minus) -> Typed:
        part = self.check(node.part)
        if part.type.kind != "number":
            raise self._refuse("只有数可以取负。")
        held = part.type
        return Typed(node, Type("number", held.dimension, held.scale, -held.high, -held.low), (part,))

    def _call(self, node: Call) -> Typed:
        part = self.check(node.part)
        if part.type.kind != "day":
            raise self._refuse(f"{node.word}(…) 里应是一个日期。")
        most = OLDEST_YEARS * (1 if node.word == "周岁" else 12)
        return Typed(node, Type("number", "count", 0, -most, most), (part,))

    def _choice(self, node: Choice) -> Typed:
        when, part = self.check(node.when), self.check(node.part)
        if when.type.kind != "bool" or part.type.kind != "number":
            raise self._refuse("若(…, …) 里应先是条件，再是数。")
        held = part.type
        return Typed(node, Type("number", held.dimension, held.scale, min(held.low, 0), max(held.high, 0)), (when, part))

    def _aggregate(self, node: Aggregate) -> Typed:
        part = self.check(node.part)
        wanted = "bool" if node.word in ("计数", "任一", "全部") else "number"
        if part.type.kind != wanted:
            raise self._refuse(f"{node.word}(…) 里应是{'条件' if wanted == 'bool' else '数'}。")
        if node.word in ("任一", "全部"):
            return Typed(node, BOOL, (part,))
        if node.word == "计数":
            return Typed(node, Type("number", "count", 0, 0, MOST_MEMBERS, interval=True), (part,))
        held = part.type
        low, high = (held.low, held.high) if node.word != "合计" else (min(held.low * MOST_MEMBERS, 0), held.high * MOST_MEMBERS)
        return Typed(node, Type("number", held.dimension, held.scale, low, max(high, low)), (part,))
