"""How values are written on pages: money, days, masked names, answers with their shapes."""

import re
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yimen.office.queries import lasting as as_said
from yimen.web.papers import wording

register = template.Library()

MONEY = re.compile(r"-?\d{1,15}\.\d\d")
ISO_DAY = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)")
SHORT_DAY = re.compile(r"(?<![\d-])(\d\d)-(\d\d)(?![\d-])")
WEEKDAYS = "一二三四五六日"
ANSWERS = {True: ("yes", "符合"), False: ("no", "不符合"), None: ("unknown", "待核实")}


@register.filter
def yuan(value: Decimal | None) -> str:
    """Write 1260 as 1,260.00; an unknown amount as a dash."""
    return "–" if value is None else f"{value:,.2f}"


@register.filter
def fen(value: int | None) -> str:
    """Write 126000 fen as 1,260.00; an unknown amount as a dash."""
    return "–" if value is None else f"{Decimal(value) / 100:,.2f}"


@register.filter
def count(value: int | None) -> str:
    """Write a number of people or rows with commas; zero and nothing as a dash, so that the eye finds what is not zero."""
    return f"{value:,}" if value else "–"


@register.filter
def number(value: int) -> str:
    """Write a number inside a sentence: with commas, and zero as 0."""
    return f"{value:,}"


@register.filter
def clauses(sentence: str) -> list[str]:
    """Cut a heading behind its commas, so that a line breaks by meaning."""
    return re.findall(r"[^，]+，?", sentence)


@register.filter
def head(values: Sequence[Any], most: int) -> Sequence[Any]:
    """Return the first of a long list; nobody opens a fold for a single line more."""
    return values if len(values) <= most + 1 else values[:most]


@register.filter
def tail(values: Sequence[Any], most: int) -> Sequence[Any]:
    """Return what the head of the list leaves for the fold."""
    return values[len(head(values, most)) :]


@register.filter
def day(value: date | datetime | None) -> str:
    """Write a day as 2026年11月23日."""
    local = timezone.localdate(value) if isinstance(value, datetime) else value
    return "–" if local is None else f"{local.year}年{local.month}月{local.day}日"


ROSTER, DECIDED, ASKED = "名册", "本县认定", "查本县认定"


@register.filter
def origin(said: Any) -> str:
    """Write whose word a fact is; the registry's own are the roster's (名册) and what the county has decided (本县认定)."""
    source, value = (said["source"], said["value"]) if isinstance(said, dict) else (said.source, said.value)
    if source == "认定":
        # That nothing was decided is known from asking, on the day it was asked.
        return DECIDED if value else ASKED
    return ROSTER if source in ("", "登记") else str(source)


@register.filter
def days(sentence: str) -> str:
    """Write the days in a reckoning as people say them: 2026-11-06 as 2026年11月6日, 11-21 as 11月21日."""
    whole = ISO_DAY.sub(lambda m: f"{int(m[1])}年{int(m[2])}月{int(m[3])}日", sentence)
    return SHORT_DAY.sub(lambda m: f"{int(m[1])}月{int(m[2])}日", whole)


@register.filter
def moment(value: datetime | None) -> str:
    """Write a moment as 11月23日 02:10."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


@register.filter
def lasting(duration: timedelta) -> str:
    """Write how long something is: 5 分钟, 3 小时, 2 天."""
    return as_said(duration)


@register.filter
def weekday(value: date) -> str:
    """Write the day of the week as 星期一."""
    return f"星期{WEEKDAYS[value.weekday()]}"


@register.filter
def spaced(label: str) -> str:
    """Write a number of a line as it is read from afar: A041 as A 041."""
    return re.sub(r"^([A-Z]+)(?=\d)", r"\1 ", str(label))


@register.filter
def masked(name: str) -> str:
    """Write a name as lists show it: 李**."""
    return name[:1] + "*" * max(len(name) - 1, 1)


@register.filter
def said(value: Any) -> str:
    """Write the value of a fact in words: 是, 不知道, 1,260.00, 2026年11月23日."""
    if value is None:
        return "不知道"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return yuan(value)
    if isinstance(value, str) and MONEY.fullmatch(value):
        # Frozen facts keep money as text.
        return yuan(Decimal(value))
    return day(value) if isinstance(value, date) else str(value)


@register.filter
def on_a_board(policy: str) -> str:
    """Write a benefit as it may stand where everybody reads it."""
    return wording.on_a_board(policy)


_SIGNS = (
    (r"<=", "≤"),
    (r">=", "≥"),
    (r"<>", "≠"),
    (r"\s*\*\s*", " × "),
    (r"\s*/\s*", " ÷ "),
    (r"\s*=\s*true\b", "：是"),
    (r"\s*=\s*false\b", "：否"),
    (r"\bNOT IN\b", "不属于"),
    (r"\bIS NOT NULL\b", "已知"),
    (r"\bIS NULL\b", "未知"),
    (r"\bAND\b", "且"),
    (r"\bOR\b", "或"),
    (r"\bNOT\b", "不是"),
    (r"\bIN\b", "属于"),
    (r"\bBETWEEN\b", "介于"),
    (r"\btrue\b", "是"),
    (r"\bfalse\b", "否"),
)


@register.filter
def formula(expression: str) -> str:
    """Write an expression of a rule with the signs people know: AND is 且, <= is ≤, = true is 是."""
    for sign, words in _SIGNS:
        expression = re.sub(sign, words, expression)
    return expression


@register.filter
def of(values: Any, key: Any) -> Any:
    """Return what a mapping holds under a key, or nothing."""
    return values.get(key) if values else None


@register.simple_tag
def fresh_key() -> str:
    """Return the key under which a form is done once, however often it is sent."""
    return uuid.uuid4().hex


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of our sprite; it always stands beside words, so it is hidden from readers."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("yimen/icons.svg"), name)


@register.simple_tag
def answer(value: bool | None) -> SafeString:
    """Write an answer as a shape, a word and a colour: ● 符合, ■ 不符合, ◌ 待核实."""
    shape, word = ANSWERS[value]
    return format_html('<span class="answer {}">{}{}</span>', shape, icon(shape), word)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """Return this page's query with some values changed; an empty value leaves the key out."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}"
