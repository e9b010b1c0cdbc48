"""
Tapering (渐退): aid that goes on for some months after work has lifted the income above the line, and how much of it.

Source: the notice of four ministries of 2022-10-20 (at most six months). The months and the share of the amount are the
place's own parameters; the policy names them where it says until when it pays (停发). What is not entered is not reckoned.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from yimen.policies.model import Policy
from yimen.policies.queries import Parameter, share_fen
from yimen.screening.queries import current_rules, parameter_at

MONTHS, SHARE = "渐退月数", "渐退发放比例"
MOST_MONTHS = 6
NOTICE = "2022年四部门兜底保障通知"


@dataclass(frozen=True)
class Taper:
    """
    The tapering of one grant, or why it cannot be reckoned: `words` say either.

    Paid from `starts_on`, the first day of the month after the confirmation, to `last_day`, in fen a month.
    """

    words: str
    months: int | None = None
    starts_on: date | None = None
    last_day: date | None = None
    fen: int | None = None


def tapers(policy: Policy | None) -> bool:
    """Say whether a policy knows tapering at all: it names the parameter of its months."""
    return policy is not None and MONTHS in policy.pays_until


def reckon_taper(policy: Policy, *, amount_fen: int | None, area_path: str, confirmed_on: date) -> Taper:
    """Reckon the tapering of a grant of this amount, were it confirmed on a day; without a number it says what is missing."""
    months, share = (parameter_at(one, area_path=area_path, on=confirmed_on, rules=current_rules()) for one in (MONTHS, SHARE))
    problem = _problem(months, share, amount_fen)
    if problem or months is None or share is None or amount_fen is None:
        return Taper(problem)
    number, starts_on = int(months.text), _month_after(confirmed_on, 1)
    last_day = _month_after(confirmed_on, 1 + number) - timedelta(days=1)
    fen = share_fen(amount_fen, Decimal(share.text), policy)
    before, paid = (f"{Decimal(one) / 100:,.2f} 元" for one in (amount_fen, fen))
    words = (
        f"因就业收入超标，渐退 {number} 个月（{_from(months)}）：{_month(starts_on)}至{_month(last_day)}"
        f"每月 {paid}（原来 {before}的 {share.text} 倍，{_from(share)}），{_month(last_day + timedelta(days=1))}起停发"
    )
    return Taper(words, number, starts_on, last_day, fen)


def _problem(months: Parameter | None, share: Parameter | None, amount_fen: int | None) -> str:
    missing = [name for name, held in ((MONTHS, months), (SHARE, share)) if held is None]
    if missing:
        return f"因就业收入超标的可以渐退（{NOTICE}），但本地参数{'、'.join(f'“{one}”' for one in missing)}没有录入，程序不算"
    assert months is not None and share is not None  # noqa: S101, PT018
    if not months.text.isdigit() or not 0 < int(months.text) <= MOST_MONTHS:
        return f"本地参数“{MONTHS}”录入的是 {months.text}，{NOTICE}规定渐退不超过 {MOST_MONTHS} 个月，请先核对参数"
    if not 0 < Decimal(share.text) <= 1:
        return f"本地参数“{SHARE}”录入的是 {share.text}，应大于 0、不超过 1，请先核对参数"
    return "" if amount_fen is not None else "这笔给付没有登记金额，渐退期发多少算不出来"


def _from(held: Parameter) -> str:
    return f"本地参数“{held.name}”{f'，{held.document}' if held.document else ''}"


def _month(day: date) -> str:
    return f"{day.year}年{day.month}月"


def _month_after(day: date, months: int) -> date:
    ahead = day.month - 1 + months
    return day.replace(year=day.year + ahead // 12, month=ahead % 12 + 1, day=1)
