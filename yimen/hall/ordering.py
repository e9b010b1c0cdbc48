"""
Calling rules (叫号规则): who is called next. Pure: no table, no clock of its own.

Within a class everybody is called in the order they came, so a rule only chooses between the first of the ordinary and the first
of the priority class. Kleinrock 1964 (accumulating priority), Mojalal, Stanford and Caron 2019 (a head start is delayed
accumulation).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")
Name = Literal["head_start", "strict", "ratio", "accumulating", "first_come"]
RULE_WORDS: dict[Name, str] = {
    "head_start": "提前量：优先号按早来若干分钟排",
    "strict": "绝对优先：有优先号先叫优先号",
    "ratio": "按比例：每叫若干个优先号叫一个普通号",
    "accumulating": "积分：普通号等候积分较慢，积分高的先叫",
    "first_come": "先来先叫：不分优先",
}


@dataclass(frozen=True)
class Rule:
    """
    A rule with its measures: `head_start_minutes` by which a priority ticket sorts earlier; `ratio` priority tickets called to
    one ordinary; `pace` at which an ordinary ticket gathers credit, where a priority ticket gathers 1 a minute.
    """

    name: Name = "head_start"
    head_start_minutes: float = 30
    ratio: int = 2
    pace: float = 0.5

    @property
    def words(self) -> str:
        """Return the rule as it hangs on the wall (墙上公示的一句话)."""
        return _WALL[self.name](self)


@dataclass(frozen=True, slots=True)
class Waiting(Generic[T]):
    """The first of a class: which ticket, whether it has priority, and how many minutes it has waited."""

    ticket: T
    has_priority: bool
    minutes: float


def choose(heads: Sequence[Waiting[T]], rule: Rule, *, priority_in_a_row: int = 0) -> T | None:
    """
    Return the ticket to call of the first of each class; None if nobody waits.

    `priority_in_a_row` is how many priority tickets were called since the last ordinary one. Who waited longer goes first where
    the rule sees no difference.
    """
    if not heads:
        return None
    weigh = _WEIGHTS[rule.name]
    return max(heads, key=lambda one: (weigh(one, rule, priority_in_a_row), one.minutes)).ticket


def _by_head_start(one: Waiting[Any], rule: Rule, _: int) -> float:
    return one.minutes + (rule.head_start_minutes if one.has_priority else 0)


def _strictly(one: Waiting[Any], _: Rule, __: int) -> float:
    return one.has_priority


def _by_ratio(one: Waiting[Any], rule: Rule, priority_in_a_row: int) -> float:
    return one.has_priority == (priority_in_a_row < rule.ratio)


def _by_credit(one: Waiting[Any], rule: Rule, _: int) -> float:
    return one.minutes * (1 if one.has_priority else rule.pace)


def _as_they_came(one: Waiting[Any], _: Rule, __: int) -> float:
    return one.minutes


_WEIGHTS: dict[Name, Callable[[Waiting[Any], Rule, int], float]] = {
    "head_start": _by_head_start,
    "strict": _strictly,
    "ratio": _by_ratio,
    "accumulating": _by_credit,
    "first_come": _as_they_came,
}
_WALL: dict[Name, Callable[[Rule], str]] = {
    "head_start": lambda rule: (
        f"优先号视同早来 {rule.head_start_minutes:g} 分钟，与普通号一起按先后叫号；"
        f"没有人会被晚来超过 {rule.head_start_minutes:g} 分钟的人插到前面。"
    ),
    "strict": lambda _: "有优先号时先叫优先号。",
    "ratio": lambda rule: f"每叫 {rule.ratio} 个优先号，叫 1 个普通号。",
    "accumulating": lambda rule: f"优先号每等 1 分钟积 1 分，普通号每等 1 分钟积 {rule.pace:g} 分，积分高的先叫。",
    "first_come": lambda _: "不分优先与普通，先来先叫。",
}
