"""The co-organizer's handbook (协办员手册): one text, read on the telephone and printed; the halls come from the register."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from yimen.hall.queries import opening_words, venues_seen
from yimen.office.access import NotAllowed, may

TEXT = Path(__file__).with_name("handbook.md")
READERS = ("hall.accompany", "hall.receive", "hall.team")
_STEP = re.compile(r"\d+\.\s+")


@dataclass(frozen=True)
class Block:
    """One piece of the text: a heading (h1, h2), a paragraph (p), or a list (ul, ol) with its lines."""

    kind: str
    lines: tuple[str, ...]


def page(request: HttpRequest) -> HttpResponse:
    """Show the handbook, with the halls of one's own area and their hours."""
    if not any(may(one) for one in READERS):
        raise NotAllowed("协办员手册给协办员和导办员看。")
    shown = {
        "current": reverse("ledger"),
        "blocks": blocks(TEXT.read_text(encoding="utf-8")),
        "venues": [(one, opening_words(one)) for one in venues_seen()],
        "leads_to_ledger": may("hall.accompany") or may("hall.team"),
    }
    return render(request, "co_organizer/handbook.html", shown)


@cache
def blocks(text: str) -> tuple[Block, ...]:
    """Read the few marks the handbook uses: # and ## headings, - and 1. lists, paragraphs between empty lines."""
    return tuple(_block(piece.splitlines()) for piece in re.split(r"\n\s*\n", text.strip()))


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if first.startswith("#"):
        marks = len(first) - len(first.lstrip("#"))
        return Block(f"h{marks}", (first.lstrip("# "),))
    if first.startswith("- "):
        return Block("ul", tuple(one.removeprefix("- ") for one in lines))
    if _STEP.match(first):
        return Block("ol", tuple(_STEP.sub("", one) for one in lines))
    return Block("p", ("".join(lines),))
