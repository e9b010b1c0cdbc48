"""How papers write days, money and names (文书写法): 2026年11月23日, 1,260.00 元 and 壹仟贰佰陆拾元整."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
# What a department signs as in a county.
OFFICES: Mapping[str, str] = {
    "民政": "民政局",
    "教育": "教育局",
    "医保": "医疗保障局",
    "住建": "住房和城乡建设局",
    "卫健": "卫生健康局",
    "残联": "残疾人联合会",
    "人社": "人力资源和社会保障局",
    "农业农村": "农业农村局",
    "应急": "应急管理局",
}
# What must not stand on the village board, not even in the name of a benefit (practice 2).
PRIVATE_WORDS = ("残", "病", "医", "护理", "失能", "孤儿", "儿童", "艾滋")


def day(value: date | datetime | None) -> str:
    """Write 2026年11月23日; nothing where there is no day."""
    if value is None:
        return ""
    on = localdate(value) if isinstance(value, datetime) else value
    return f"{on.year}年{on.month}月{on.day}日"


def month(value: date) -> str:
    """Write 2026年12月."""
    return f"{value.year}年{value.month}月"


def money(fen: int | None) -> str:
    """Write 126000 fen as 1,260.00; nothing for an unknown amount."""
    return "" if fen is None else f"{Decimal(fen) / 100:,.2f}"


def capitals(fen: int) -> str:
    """
    Write an amount in the capitals of bookkeeping: 126000 fen as 壹仟贰佰陆拾元整, 105005 as 壹仟零伍拾元零伍分.

    Source: 中国人民银行《支付结算办法》附件一《正确填写票据和结算凭证的基本规定》.
    """
    if fen < 0:
        raise ValueError("给付金额不会小于零。")
    yuan, rest = divmod(fen, 100)
    jiao, cent = divmod(rest, 10)
    whole = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        return whole + "整"
    tenth = f"{DIGITS[jiao]}角" if jiao else ("零" if whole else "")
    return whole + tenth + (f"{DIGITS[cent]}分" if cent else "整")


def _whole(number: int) -> str:
    if number == 0:
        return DIGITS[0]
    words, gap, group = "", False, 0
    parts = []
    while number:
        number, part = divmod(number, 10_000)
        parts.append(part)
    for group in reversed(range(len(parts))):
        part = parts[group]
        if part == 0:
            gap = bool(words)
            continue
        needs_zero = bool(words) and (gap or part < 1000)
        words += (DIGITS[0] if needs_zero else "") + _thousands(part) + GROUPS[group]
        gap = False
    return words


def _thousands(part: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = part // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += (DIGITS[0] if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return words


def shown(value: Any) -> str:
    """Write a fact's value as a form shows it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return day(value)
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value)


def on_a_board(policy: str) -> str:
    """Return what a benefit is called where everybody reads it: its name tells no illness and no disability."""
    return "社会救助" if any(word in policy for word in PRIVATE_WORDS) else policy
