"""
Closures (闭包): a typed expression as a Python function of what is known, with Kleene's three values.

What is known is a dictionary from name to inner value (numbers as scaled integers, None: unknown). A count of members of
which some are unknown keeps its least and its most beside it, so that `计数(…) >= 1` may be true before all is known.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

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
    Not,
    Number,
    OneOf,
    Reckoning,
    Within,
)
from yimen.policies.numbers import to_scaled
from yimen.policies.typed import Typed, aligned

Known = dict[str, Any]
Meaning = Callable[[Known], Any]
ON = "·日"
MEMBERS = "·成员"
# Who lives with the family but is not counted among its members (民发〔2021〕57号 第七条): in prison, in compulsory
# detoxification, declared missing, clergy apart for three years. Counted until somebody says so.
NOT_COUNTED = "不计入家庭成员"
OBLIGORS = "·义务人"
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def least(name: str) -> str:
    """Return under which name the least possible count is held."""
    return f"{name}·低"


def most(name: str) -> str:
    """Return under which name the greatest possible count is held."""
    return f"{name}·高"


def meaning_of(typed: Typed) -> Meaning:
    """Return the function that says what a part is worth, None if unknown."""
    return _MEANINGS[type(typed.node)](typed)


def missing_in(typed: Typed) -> Callable[[Known], list[str]]:
    """Return the function that names the unknown facts that could still decide an unknown part."""
    meaning = meaning_of(typed)
    if isinstance(typed.node, Junction | Not):
        inner = [missing_in(part) for part in typed.parts]
        return lambda known: [] if meaning(known) is not None else [name for part in inner for name in part(known)]
    names = typed.names
    return lambda known: [] if meaning(known) is not None else [name for name in names if known.get(name) is None]


def _name(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Name)  # noqa: S101
    return operator.itemgetter(typed.node.name)


def constant(typed: Typed) -> Any:
    """Return the inner value of a literal."""
    node = typed.node
    if isinstance(node, Number):
        return to_scaled(node.text, typed.type.scale)
    if isinstance(node, Literal):
        return date.fromisoformat(node.text) if typed.type.kind == "day" else node.text
    assert isinstance(node, Boolean)  # noqa: S101
    return node.value


def _constant(typed: Typed) -> Meaning:
    value = constant(typed)
    return lambda _: value


def _junction(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Junction)  # noqa: S101
    decisive = typed.node.word == "OR"
    parts = [meaning_of(part) for part in typed.parts]

    def junction(known: Known) -> Any:
        unknown: bool = False
        for part in parts:
            value = part(known)
            if value is decisive:
                return decisive
            unknown = unknown or value is None
        return None if unknown else not decisive

    return junction


def _not(typed: Typed) -> Meaning:
    part = meaning_of(typed.parts[0])

    def negation(known: Known) -> bool | None:
        value = part(known)
        return None if value is None else not value

    return negation


def _comparison(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Comparison)  # noqa: S101
    return _compare(typed.node.sign, *typed.parts)


def _compare(sign: str, left: Typed, right: Typed) -> Meaning:
    if left.type.interval or right.type.interval:
        return _compare_intervals(sign, left, right)
    one, two = _brought_to_scale(left, right)
    compare: Callable[[Any, Any], bool] = SIGNS[sign]
    if isinstance(right.node, Number | Literal | Boolean):
        fixed = two({})

        def against_constant(known: Known) -> Any:
            value = one(known)
            return None if value is None else compare(value, fixed)

        return against_constant

    def comparison(known: Known) -> Any:
        value = one(known)
        if value is None:
            return None
        other = two(known)
        return None if other is None else compare(value, other)

    return comparison


def _brought_to_scale(left: Typed, right: Typed) -> tuple[Meaning, Meaning]:
    if left.type.kind != "number":
        return meaning_of(left), meaning_of(right)
    f, g = aligned(left.type, right.type)
    return _times(meaning_of(left), f), _times(meaning_of(right), g)


def _times(meaning: Meaning, factor: int) -> Meaning:
    if factor == 1:
        return meaning

    def scaled(known: Known) -> int | None:
        value = meaning(known)
        return None if value is None else value * factor

    return scaled


def _compare_intervals(sign: str, left: Typed, right: Typed) -> Meaning:
    f, g = aligned(left.type, right.type)
    one, two = _ends(left), _ends(right)

    def comparison(known: Known) -> bool | None:
        (a, b), (c, d) = one(known), two(known)
        if a is None or b is None or c is None or d is None:
            return None
        return _interval_verdict(sign, (a * f, b * f), (c * g, d * g))

    return comparison


def _interval_verdict(sign: str, one: tuple[int, int], two: tuple[int, int]) -> bool | None:
    (a, b), (c, d) = one, two
    certain, impossible = {
        "<": (b < c, a >= d),
        "<=": (b <= c, a > d),
        ">": (a > d, b <= c),
        ">=": (a >= d, b < c),
        "=": (a == b == c == d, b < c or a > d),
        "<>": (b < c or a > d, a == b == c == d),
    }[sign]
    return True if certain else False if impossible else None


def _ends(typed: Typed) -> Callable[[Known], tuple[Any, Any]]:
    """Return the function that gives the least and the most a number can be."""
    node = typed.node
    if isinstance(node, Aggregate) and typed.type.interval:
        return _count_ends(typed)
    if isinstance(node, Name) and typed.type.interval:
        low, high = least(node.name), most(node.name)
        return lambda known: (known.get(low), known.get(high))
    meaning = meaning_of(typed)
    return lambda known: (meaning(known),) * 2


def count_ends(typed: Typed) -> Callable[[Known], tuple[Any, Any]] | None:
    """Return the function of both ends if the expression is itself a count, else None."""
    return _count_ends(typed) if isinstance(typed.node, Aggregate) and typed.type.interval else None


def _within(typed: Typed) -> Meaning:
    part, low, high = typed.parts
    return _both(_compare(">=", part, low), _compare("<=", part, high))


def _both(one: Meaning, two: Meaning) -> Meaning:
    def both(known: Known) -> bool | None:
        first = one(known)
        if first is False:
            return False
        second = two(known)
        return False if second is False else None if first is None or second is None else True

    return both


def _one_of(typed: Typed) -> Meaning:
    part, *options = typed.parts
    if part.type.interval:
        either = [_compare("=", part, option) for option in options]

        def any_of(known: Known) -> bool | None:
            values = [one(known) for one in either]
            return True if True in values else None if None in values else False

        return any_of
    scale = max(one.type.scale for one in typed.parts)
    value_of = _times(meaning_of(part), 10 ** (scale - part.type.scale))
    number = part.type.kind == "number"
    held = frozenset(constant(one) * 10 ** (scale - one.type.scale) if number else constant(one) for one in options)

    def membership(known: Known) -> bool | None:
        value = value_of(known)
        return None if value is None else value in held

    return membership


def _reckoning(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Reckoning)  # noqa: S101
    left, right = typed.parts
    if typed.node.sign == "*":
        one, two, reckon = meaning_of(left), meaning_of(right), operator.mul
    else:
        one, two = _brought_to_scale(left, right)
        reckon = operator.add if typed.node.sign == "+" else operator.sub

    def reckoning(known: Known) -> int | None:
        a, b = one(known), two(known)
        return None if a is None or b is None else reckon(a, b)

    return reckoning


def _minus(typed: Typed) -> Meaning:
    return _times(meaning_of(typed.parts[0]), -1)


def full_years(day: date, on: date) -> int:
    """Return 周岁: the year is full on the birthday; of 29 February, on 1 March of other years."""
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))


def full_months(day: date, on: date) -> int:
    """Return 满月数: the month is full on the same day of a later month, or on the next first if there is none."""
    return (on.year - day.year) * 12 + on.month - day.month - (on.day < day.day)


def _call(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Call)  # noqa: S101
    part = meaning_of(typed.parts[0])
    reckon = full_years if typed.node.word == "周岁" else full_months

    def call(known: Known) -> int | None:
        day = part(known)
        return None if day is None else reckon(day, known[ON])

    return call


def _choice(typed: Typed) -> Meaning:
    """What does not count is 0 also where nobody knows it, and nothing is nothing whether it counts or not."""
    when, part = (meaning_of(one) for one in typed.parts)

    def choice(known: Known) -> int | None:
        counts = when(known)
        value = 0 if counts is False else part(known)
        return value if counts is not None or value == 0 else None

    return choice


def choices_in(typed: Typed) -> list[Typed]:
    """Return the parts that count or not (若)."""
    return [part for part in typed.walk() if isinstance(part.node, Choice)]


def is_over_obligors(aggregate: Typed) -> bool:
    """Say whether an aggregate goes over the obligors: it names one of their facts. Else it goes over the members."""
    return any(part.type.subject == "义务人" for part in aggregate.walk() if isinstance(part.node, Name))


def _values(typed: Typed) -> Callable[[Known], list[Any] | None]:
    part = meaning_of(typed.parts[0])
    those = OBLIGORS if is_over_obligors(typed) else MEMBERS

    def values(known: Known) -> list[Any] | None:
        people = known.get(those)
        return None if people is None else [part(person) for person in people]

    return values


def _count_ends(typed: Typed) -> Callable[[Known], tuple[Any, Any]]:
    values_of = _values(typed)

    def ends(known: Known) -> tuple[Any, Any]:
        values = values_of(known)
        if values is None:
            return None, None
        sure = values.count(True)
        return sure, sure + values.count(None)

    return ends


def _aggregate(typed: Typed) -> Meaning:
    assert isinstance(typed.node, Aggregate)  # noqa: S101
    values_of, gather = _values(typed), _GATHER[typed.node.word]

    def aggregate(known: Known) -> Any:
        values = values_of(known)
        return None if values is None else gather(values)

    return aggregate


def _any(values: list[Any]) -> bool | None:
    return True if True in values else None if None in values else False


def _all(values: list[Any]) -> bool | None:
    return False if False in values else None if None in values else True


_GATHER: Mapping[str, Callable[[list[Any]], Any]] = {
    "合计": lambda values: None if None in values else sum(values),
    "计数": lambda values: None if None in values else values.count(True),
    "任一": _any,
    "全部": _all,
    "最大": lambda values: None if None in values or not values else max(values),
    "最小": lambda values: None if None in values or not values else min(values),
}

_MEANINGS: Mapping[type, Callable[[Typed], Meaning]] = {
    Name: _name,
    Number: _constant,
    Literal: _constant,
    Boolean: _constant,
    Junction: _junction,
    Not: _not,
    Comparison: _comparison,
    Within: _within,
    OneOf: _one_of,
    Reckoning: _reckoning,
    Minus: _minus,
    Call: _call,
    Choice: _choice,
    Aggregate: _aggregate,
}
