"""How values are written on pages: money, days, masked names."""

from datetime import date
from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def yuan(value: Decimal | None) -> str:
    """Write 1260 as 1,260.00; an unknown amount as a dash."""
    return "–" if value is None else f"{value:,.2f}"


@register.filter
def day(value: date | None) -> str:
    """Write a day as 2026年11月23日."""
    return "–" if value is None else f"{value.year}年{value.month}月{value.day}日"
