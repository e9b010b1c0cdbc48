"""What the forms of a desk that decides ask for, read as typed: words, a day, an amount, the moment that was seen."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from yimen.cases.actions import NotDecided
from yimen.office.access import acting
from yimen.office.tables import ValueProblem, read_date

# Nothing here is of that size; more digits than that are a slip of the hand.
MOST_YUAN = 10_000_000


def words_of(request: HttpRequest, name: str = "words") -> str:
    """Return a text as typed, without blanks around it."""
    return str(request.POST.get(name, "")).strip()


def day_asked(request: HttpRequest, name: str) -> date | None:
    """Return a day as typed, or None. Raises NotDecided, in words."""
    try:
        return read_date(text, column="日期") if (text := words_of(request, name)) else None
    except ValueProblem as problem:
        raise NotDecided(str(problem)) from None


def yuan_asked(request: HttpRequest) -> Decimal:
    """Return an amount as typed. Raises NotDecided, in words, for what is no amount."""
    try:
        yuan = Decimal(words_of(request, "yuan").replace(",", ""))
    except InvalidOperation:
        raise NotDecided("金额请写数字，例如 420.00。") from None
    if not yuan.is_finite() or abs(yuan) >= MOST_YUAN:
        raise NotDecided("金额请写数字，例如 420.00。")
    return yuan


def moment_asked(request: HttpRequest, name: str) -> datetime | None:
    """Return when what was looked at was written, as the page itself sent it; None for what is no moment."""
    try:
        return datetime.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        return None


def who() -> dict[str, Any]:
    """Return who acts, and now."""
    return {"by": acting(), "at": timezone.now()}
