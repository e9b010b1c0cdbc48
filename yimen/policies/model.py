"""What rules are made of (政策的类型): facts, conditions, policies, answers. Frozen, typed, no behaviour to speak of."""

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, get_args

from yimen.policies.numbers import BIGINT, DECIMAL_SCALE, MONEY_SCALE, from_scaled, to_scaled
from yimen.policies.source import nearest

Kind = Literal["金额", "整数", "小数", "是否", "日期", "选项", "文字"]
Subject = Literal["人", "户", "义务人"]
Value = Decimal | int | bool | date | str | None
Verdict = Literal["eligible", "not_eligible", "unknown"]
# What a time limit may begin and end with (从, 到), in the order of a case; the room of cases says which step is which.
Event = Literal[
    "受理", "启动调查", "提请核对", "启动核对", "推送", "初审", "公示异议", "重提初审", "报送", "决定", "不予确认", "告知"
]
EVENTS: tuple[Event, ...] = get_args(Event)
AREAS_OF_VERIFICATION = ("人口户籍", "收入", "财产", "刚性支出", "健康残疾", "劳动就业", "义务人与生活")
# What a person settled with a reason after hearing every source (核定); it stands before all of them until it expires.
SETTLED = "核定"
# What the roster registers and what the county decides is put right there, never settled beside it.
NOT_SETTLED = ("登记", "认定")
_SCALES = {"金额": MONEY_SCALE, "整数": 0, "小数": DECIMAL_SCALE}
_TRUE, _FALSE = {"true", "是", "1", "True"}, {"false", "否", "0", "False"}


@dataclass(frozen=True)
class Validity:
    """How long a statement of a fact stays valid: months, days, until the certificate ends, or without end."""

    months: int = 0
    days: int = 0

    def until(self, stated_on: date) -> date | None:
        """Return the last valid day, or None if there is no end."""
        if self.months:
            return add_months(stated_on, self.months)
        return stated_on + timedelta(days=self.days) if self.days else None


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Fact:
    """
    One entry of the catalogue (事实): who it is about, its type, unit and range, who may state it and how to ask.

    `derived` is the expression it follows from, or "". `sources` are in order of trust; what a person may settle begins with
    核定, which no file writes down.
    """

    name: str
    subject: Subject
    kind: Kind
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    options: tuple[str, ...] = ()
    area: str = ""
    sources: tuple[str, ...] = ()
    validity: Validity = Validity()
    question: str = ""
    derived: str = ""
    file: str = ""
    line: int = 0

    @property
    def scale(self) -> int:
        """Return the number of places kept (money: 2, so that the inner value is fen)."""
        return _SCALES.get(self.kind, 0)

    @cached_property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """Return the least and greatest value; where no range is written, what 64 bits can hold."""
        widest = from_scaled(BIGINT, self.scale)
        return -widest if self.low is None else self.low, widest if self.high is None else self.high

    def valid_until(self, stated_on: date) -> date | None:
        """Return the last day a statement of this day counts, or None."""
        return self.validity.until(stated_on)

    def read(self, value: Any) -> Value:
        """Read a value from JSON, YAML or a table. Raises ValueError with a sentence if it cannot be this fact's."""
        if value is None:
            return None
        read: Value = _READERS[self.kind](value, self)
        problem = self.problem_with(read)
        if problem:
            raise ValueError(problem)
        return read

    from_json = read

    def to_json(self, value: Value) -> Any:
        """Return a value as JSON: money and decimals as text, days as ISO text."""
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return f"{value:.{self.scale}f}" if self.kind == "金额" else str(value)
        return value

    def problem_with(self, value: Value) -> str:
        """Return the sentence why the value cannot be, or nothing."""
        if self.kind == "选项" and value is not None and value not in self.options:
            return f"{self.name}“{value}”不在选项里，可以是：{'、'.join(self.options)}。"
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            return ""
        low, high = self.bounds
        if not low <= value <= high:
            return f"{self.name}“{value}”超出范围 {low}..{high}{self.unit}，请核对。"
        return ""

    def inner(self, value: Value) -> Any:
        """Return the value as expressions reckon with it: numbers as scaled integers (money: fen)."""
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            return value
        return to_scaled(value, self.scale)

    def outer(self, value: Any) -> Value:
        """Return an inner value as people read it (Decimal yuan)."""
        if self.kind in ("金额", "小数") and value is not None:
            return from_scaled(value, self.scale)
        return value  # type: ignore[no-any-return]


def _read_number(value: Any, fact: Fact) -> Decimal | int:
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{fact.name}“{value}”不是数。")
    if fact.kind == "整数" and isinstance(value, int):
        return value
    text = repr(value) if isinstance(value, float) else str(value).strip()
    try:
        scaled = to_scaled(text, fact.scale)
    except ValueError as problem:
        raise ValueError(f"{fact.name}{problem}") from None
    return scaled if fact.kind == "整数" else from_scaled(scaled, fact.scale)


def _read_boolean(value: Any, fact: Fact) -> bool:
    if isinstance(value, bool):
        return value
    if str(value) in _TRUE:
        return True
    if str(value) in _FALSE:
        return False
    raise ValueError(f"{fact.name}“{value}”应是 true 或 false。")


def _read_day(value: Any, fact: Fact) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{fact.name}“{value}”不是日期，请写成 2026-12-01。") from None


def _read_text(value: Any, fact: Fact) -> str:
    return str(value)


_READERS: dict[str, Any] = {
    "金额": _read_number,
    "整数": _read_number,
    "小数": _read_number,
    "是否": _read_boolean,
    "日期": _read_day,
    "选项": _read_text,
    "文字": _read_text,
}


@dataclass(frozen=True)
class Basis:
    """A legal basis (依据): document, number, article, in force from and until."""

    document: str
    article: str = ""
    number: str = ""
    starts_on: date | None = None
    ends_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it under the field names of the rule files."""
        held = {"文件": self.document, "文号": self.number, "条款": self.article, "起": self.starts_on, "止": self.ends_on}
        return {key: value.isoformat() if isinstance(value, date) else value for key, value in held.items() if value}

    def __str__(self) -> str:
        document = f"《{self.document}》" if not self.number else self.number
        return f"{document}{self.article}"


@dataclass(frozen=True)
class Condition:
    """One condition (条件): its name, expression, article, what to ask if unknown, what to say if false."""

    name: str
    expression: str
    basis: str = ""
    ask: str = ""
    refusal: str = ""
    verified_by: str = ""
    line: int = 0


@dataclass(frozen=True)
class Tier:
    """One tier of the standard (标准): applies when `when` is true ("" is always); `amount` is an expression."""

    name: str
    amount: str
    when: str = ""
    line: int = 0


@dataclass(frozen=True)
class Posting:
    """Public posting before the decision (公示): needed or not, days, what an objection causes."""

    needed: str = ""
    days: str = ""
    objection: str = ""


@dataclass(frozen=True)
class Survey:
    """By which articles a household is visited (入户调查), and by the county itself (县级入户); "" where none is entered."""

    basis: str = ""
    by_county: str = ""


@dataclass(frozen=True)
class TimeLimit:
    """
    A limit of a stage (时限) in working or natural days, with its article.

    It runs from one event (从) to another (到). One with causes (延长事由) takes the place of the plain limit between the
    same events once an extension for such a cause is recorded; one with `when` (当) if that local parameter is true.
    """

    stage: str
    days: int
    working: bool
    basis: str
    starts: str = ""
    ends: str = ""
    causes: tuple[str, ...] = ()
    when: str = ""


@dataclass(frozen=True)
class Paper:
    """A paper to bring (材料), and what may replace it."""

    name: str
    instead: str = ""


@dataclass(frozen=True)
class Example:
    """A worked example (例): on this day, with these facts, this must come out."""

    says: str
    on: date
    given: Mapping[str, Any]
    members: tuple[Mapping[str, Any], ...] | None
    obligors: tuple[Mapping[str, Any], ...] | None
    verdict: str
    missing: tuple[str, ...] | None
    amount: Decimal | None
    tier: str
    extras: Mapping[str, Decimal] | None
    line: int


@dataclass(frozen=True)
class Policy:
    """One dated version of one policy (政策)."""

    id: str
    name: str
    department: str
    subject: Subject
    starts_on: date
    ends_on: date | None
    hash: str
    ways: tuple[str, ...] = ()
    basis: tuple[Basis, ...] = ()
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    tiers: tuple[Tier, ...] = ()
    extras: tuple[Tier, ...] = ()
    rounding: str = "四舍五入到分"
    unit: str = "元/月"
    pays_from: str = ""
    pays_until: str = ""
    posting: Posting = Posting()
    survey: Survey = Survey()
    papers: tuple[Paper, ...] = ()
    limits: tuple[TimeLimit, ...] = ()
    examples: tuple[Example, ...] = ()
    help: str = ""
    note: str = ""
    phone: str = ""
    threshold: str = ""
    place: str = ""
    file: str = ""
    line: int = 0

    @property
    def version(self) -> str:
        """Return 编号@生效#hash."""
        return f"{self.id}@{self.starts_on.isoformat()}#{self.hash}"


@dataclass(frozen=True)
class Catalogue:
    """All facts by name."""

    facts: Mapping[str, Fact]

    def nearest(self, name: str) -> str:
        """Return a hint to the nearest known fact."""
        return nearest(name, self.facts)
