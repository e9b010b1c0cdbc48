"""Months, as benefits begin and end with them."""

from datetime import date


def next_month(day: date) -> date:
    """Return the first day of the month after."""
    return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)
