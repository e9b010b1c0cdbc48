"""Sheets of cards (卡片打印页): ten on an A4 page, each of the size of a bank card, to be cut along the marks."""

import io
from collections.abc import Sequence
from datetime import date

import segno

from yimen.hall.actions import PrintedCard
from yimen.office.queries import own_areas
from yimen.web.papers.printer import print_paper


def set_cards(cards: Sequence[PrintedCard], *, on: date) -> bytes:
    """Return the cards as PDF. Raises NotPrintable naming a character that no font holds."""
    areas = own_areas()
    parts = [
        {"number": one.number, "name": one.name, "until": f"{one.expires_on:%Y.%m.%d}", "qr": _drawn(one.qr)} for one in cards
    ]
    unit = areas[0].name if areas else ""
    return print_paper("cards", {"title": "优先服务卡", "unit": unit, "parts": parts}, on=on).content


def _drawn(text: str) -> str:
    drawn = io.BytesIO()
    segno.make(text, error="m", mode="alphanumeric").save(drawn, kind="svg", border=4, xmldecl=False, scale=1)
    return drawn.getvalue().decode()
