"""What a form sends: amounts, days, photos, areas; what cannot be read becomes a sentence."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest

from yimen.office.pictures import MOST_BYTES
from yimen.office.queries import areas_seen

VILLAGE = 5


class Unclear(Exception):
    """Something typed cannot be read; the sentence says what and how to write it."""


def yuan_of(text: str) -> Decimal | None:
    """Return an amount as typed, "1,200" too; None for nothing. Raises Unclear."""
    plain = text.strip().replace(",", "").replace("，", "").removesuffix("元")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise Unclear(f"金额“{text.strip()[:20]}”看不懂，请只写数，例如 500 或 500.50。") from None
    if not value.is_finite():
        raise Unclear("金额看不懂，请只写数，例如 500 或 500.50。")
    return value


def day_of(text: str) -> date | None:
    """Return a day as the browser sends it; None for nothing. Raises Unclear."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Unclear("日期看不懂，请从日历里选，或写成 2026-11-23。") from None


def photo_of(request: HttpRequest, name: str) -> bytes | None:
    """Return an uploaded file, or None."""
    held = request.FILES.get(name)
    # One byte more than is kept: what is too large is refused, and does not fill our memory before.
    return held.read(MOST_BYTES + 1) if held else None


def villages() -> Sequence[Any]:
    """Return the villages below the desk, with the township they lie in."""
    return list(areas_seen().filter(level=VILLAGE).select_related("parent"))


def village_of(code: str) -> Any:
    """Return the village chosen. Raises Unclear for one outside the desk, the same as for none."""
    found = areas_seen().filter(level=VILLAGE, code=code).first()
    if found is None:
        raise Unclear("请选村（居）。")
    return found
