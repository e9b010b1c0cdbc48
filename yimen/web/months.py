"""The month a page is about (月份): which one its address names, and the twelve that may be chosen."""

from datetime import date

from django.http import Http404
from django.utils import timezone


def month_asked(text: str) -> date:
    """Return the first day of the month an address names (2026-11), of this month without. Raises Http404."""
    try:
        return date.fromisoformat(f"{text}-01") if text else timezone.localdate().replace(day=1)
    except ValueError:
        raise Http404 from None


def months_until(month: date) -> list[date]:
    """Return the twelve months up to this one, or up to a later one that is looked at, the latest first."""
    last = max(month, timezone.localdate().replace(day=1))
    return [date(last.year + (last.month - 1 - back) // 12, (last.month - 1 - back) % 12 + 1, 1) for back in range(12)]
