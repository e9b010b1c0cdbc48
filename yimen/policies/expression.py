"""
Expressions (式 当 额 由): parsed by sqlglot, then taken into a small tree of our own with nothing but the whitelist.

sqlglot only parses; its optimizer is never run (it has turned NULL AND FALSE into NULL before). The tree is typed by
`typing_of`; closures and SQL are made from the same tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

AGGREGATES = ("合计", "计数", "任一", "全部", "最大", "最小")
CALLS = ("周岁", "满月数")
CHOICE = "若"
ALLOWED = "名称、数、'文字'、true/false、AND OR NOT ( )、= <> < <= > >=、BETWEEN、IN (…)、+ - *"
_FULL_WIDTH = {
    # The whole block of full-width signs, digits and letters lies 0xFEE0 above the plain one.
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **{"＂": "'", "＇": "'", "\u3000": " ", "，": ",", "、": ",", "。": "."},
    **{"≤": "<=", "≥": ">=", "≠": "<>", "×": "*", "÷": "/", "“": "'", "”": "'", "‘": "'", "’": "'"},
}
_OTHER_WRITING = {
    "==": "相等请写“=”",
    "!=": "不相等请写“<>”",
    "--": "说明请写在“名”或 # 后面",
    "/*": "说明请写在“名”或 # 后面",
    ";": "一个“式”只写一个算式",
}


class ExpressionError(Exception):
    """An expression cannot be used; the sentence says what is allowed."""


@dataclass(frozen=True)
class Node:
    """A part of an expression."""

    def children(self) -> tuple["Node", ...]:
        """Return the direct parts."""
        return ()

    def walk(self) -> Iterator["Node"]:
        """Yield this node and everything below it."""
        yield self
        for child in self.children():
            yield from child.walk()


@dataclass(frozen=True)
class Name(Node):
    name: str


@dataclass(frozen=True)
class Number(Node):
    text: str


@dataclass(frozen=True)
class Literal(Node):
    text: str


@dataclass(frozen=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True)
class Junction(Node):
    """AND or OR of two or more parts."""

    word: str
    parts: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True)
class Not(Node):
    part: Node

    def children(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True)
class Comparison(Node):
    sign: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Within(Node):
    """BETWEEN: both ends included."""

    part: Node
    low: Node
    high: Node

    def children(self) -> tuple[Node, ...]:
        return (self.part, self.low, self.high)


@dataclass(frozen=True)
class OneOf(Node):
    """IN (list)."""

    part: Node
    options: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return (self.part, *self.options)


@dataclass(frozen=True)
class Reckoning(Node):
    """+ - * and, as the last step of an amount, /."""

    sign: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Minus(Node):
    part: Node

    def children(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True)
class Call(Node):
    """周岁(day) or 满月数(day), on the day of reckoning."""

    word: str
    part: Node

    def children(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True)
class Choice(Node):
    """若(condition, number): the number where the condition holds, 0 where it does not."""

    when: Node
    part: Node

    def children(self) -> tuple[Node, ...]:
        return (self.when, self.part)


@dataclass(frozen=True)
class Aggregate(Node):
    """合计 计数 任一 全部 最大 最小 over the members of the household or the obligors."""

    word: str
    part: Node

    def children(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True)
class Permit:
    """What an expression may use besides the grammar: derived functions, one division at the end."""

    derived: bool = False
    division: bool = False


CONDITION = Permit()
AMOUNT = Permit(division=True)
DERIVED = Permit(derived=True)


def parse(text: str, permit: Permit = CONDITION) -> Node:
    """Return the tree of an expression. Raises ExpressionError with the text, what is wrong and what is allowed."""
    _refuse_full_width(text)
    _refuse_other_writing(text)
    try:
        node = _Reader(text, permit).read(sqlglot.parse_one(text, read="duckdb"))
    except SqlglotError:
        raise ExpressionError(f"“{text}”读不懂。可以用：{ALLOWED}。") from None
    except RecursionError:
        raise ExpressionError(f"“{text[:40]}…”太长或括号套得太深，请分成几个条件，或先在 facts.yaml 里派生。") from None
    if permit.division:
        _refuse_inner_division(node, text)
    return node


def names_in(node: Node) -> list[str]:
    """Return the names an expression uses, each once, in order."""
    return list(dict.fromkeys(part.name for part in node.walk() if isinstance(part, Name)))


def _refuse_full_width(text: str) -> None:
    for mark in re.sub(r"'[^']*'", "", text):
        if mark in _FULL_WIDTH:
            raise ExpressionError(f"“{text}”里的“{mark}”是全角，请用半角“{_FULL_WIDTH[mark]}”。")


def _refuse_other_writing(text: str) -> None:
    """Refuse what sqlglot would quietly take for something on the list, or skip."""
    for mark, instead in _OTHER_WRITING.items():
        if mark in re.sub(r"'[^']*'", "", text):
            raise ExpressionError(f"“{text}”里的“{mark}”不能用，{instead}。可以用：{ALLOWED}。")


def _refuse_inner_division(node: Node, text: str) -> None:
    parts = node.walk()
    next(parts)
    if any(isinstance(part, Reckoning) and part.sign == "/" for part in parts):
        raise ExpressionError(f"“{text}”：除法只能有一次，放在最后一步。")


_COMPARISONS: dict[type, str] = {sql.EQ: "=", sql.NEQ: "<>", sql.LT: "<", sql.LTE: "<=", sql.GT: ">", sql.GTE: ">="}
_RECKONINGS: dict[type, str] = {sql.Add: "+", sql.Sub: "-", sql.Mul: "*", sql.Div: "/"}


@dataclass
class _Reader:
    """Takes sqlglot's tree into ours, refusing everything that is not on the list."""

    text: str
    permit: Permit
    inside_aggregate: bool = field(default=False)

    def read(self, tree: Any) -> Node:
        kind = type(tree)
        if kind in _COMPARISONS:
            return Comparison(_COMPARISONS[kind], self.read(tree.this), self.read(tree.expression))
        if kind in _RECKONINGS:
            return self._reckoning(_RECKONINGS[kind], tree)
        readers = {
            sql.Paren: lambda: self.read(tree.this),
            sql.And: lambda: self._junction("AND", tree),
            sql.Or: lambda: self._junction("OR", tree),
            sql.Not: lambda: Not(self.read(tree.this)),
            sql.Neg: lambda: Minus(self.read(tree.this)),
            sql.Between: lambda: Within(self.read(tree.this), self.read(tree.args["low"]), self.read(tree.args["high"])),
            sql.In: lambda: self._one_of(tree),
            sql.Column: lambda: self._name(tree),
            sql.Literal: lambda: Literal(tree.this) if tree.is_string else self._number(tree),
            sql.Boolean: lambda: Boolean(bool(tree.this)),
            sql.Anonymous: lambda: self._call(tree),
        }
        if kind not in readers:
            raise self._refused(tree)
        return readers[kind]()  # type: ignore[no-untyped-call]

    def _refused(self, tree: Any) -> ExpressionError:
        if isinstance(tree, sql.Null | sql.Is):
            return ExpressionError(f"“{self.text}”：不能写 NULL 或 IS；事实未知时自会是“待核实”。")
        extra = "；由 里还可以用 周岁 满月数 若 合计 计数 任一 全部 最大 最小" if self.permit.derived else ""
        return ExpressionError(f"“{self.text}”里的“{tree.sql(dialect='duckdb')}”不能用。可以用：{ALLOWED}{extra}。")

    def _number(self, tree: Any) -> Number:
        if not re.fullmatch(r"\d{1,15}(\.\d{1,4})?", tree.this):
            raise ExpressionError(f"“{self.text}”里的数“{tree.this}”写法不对：最多 15 位整数、4 位小数。")
        return Number(tree.this)

    def _name(self, tree: Any) -> Name:
        if tree.args.get("table") or not isinstance(tree.this, sql.Identifier):
            raise self._refused(tree)
        return Name(tree.name)

    def _junction(self, word: str, tree: Any) -> Junction:
        parts: list[Node] = []
        for side in (self.read(tree.this), self.read(tree.expression)):
            parts += side.parts if isinstance(side, Junction) and side.word == word else (side,)
        return Junction(word, tuple(parts))

    def _one_of(self, tree: Any) -> OneOf:
        options = tuple(self.read(option) for option in tree.args.get("expressions") or ())
        if not options or not all(isinstance(option, Literal | Number | Boolean) for option in options):
            raise ExpressionError(f"“{self.text}”：IN 后面的括号里只能是数或'文字'。")
        return OneOf(self.read(tree.this), options)

    def _reckoning(self, sign: str, tree: Any) -> Reckoning:
        if sign == "/" and not self.permit.division:
            raise ExpressionError(f"“{self.text}”里不能用除法：请改写成乘法，如 家庭月收入 < 低保标准 * 家庭人口。")
        return Reckoning(sign, self.read(tree.this), self.read(tree.expression))

    def _call(self, tree: Any) -> Node:
        word, parts = str(tree.this), tree.expressions
        if self.permit.derived and word == CHOICE and len(parts) == 2:
            return Choice(self.read(parts[0]), self.read(parts[1]))
        known = CALLS + AGGREGATES
        if not self.permit.derived or word not in known or len(parts) != 1:
            raise self._refused(tree)
        if word in CALLS:
            return Call(word, self.read(parts[0]))
        if self.inside_aggregate:
            raise ExpressionError(f"“{self.text}”：合计、计数等不能套在一起，请分成两个事实。")
        self.inside_aggregate = True
        inner = self.read(parts[0])
        self.inside_aggregate = False
        return Aggregate(word, inner)
