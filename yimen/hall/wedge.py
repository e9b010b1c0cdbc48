"""
What a reader types (读卡器输入): a reader of ID cards or of QR codes that behaves like a keyboard, read by one pure function.

Readers differ: some type the number alone, some all fields of the card with commas, some marks before and after; the last
letter comes as x, X or full width; a card held too long is typed twice. Whatever else was typed is forgotten.
"""

import re
import unicodedata
from dataclasses import dataclass

from yimen.hall.signed_cards import PREFIX
from yimen.office.tables import ValueProblem
from yimen.registry.queries import parse_id_number

_PARTS = re.compile(r"[^0-9A-Z]+")
_NUMBER = re.compile(r"\d{17}[\dX]")
# Of the old 15 digits only where nothing else was typed: all fields of a card hold many digits.
_LONGEST_TYPED_BY_HAND = 24


class NotRead(Exception):
    """Nothing was read that can be used; the sentence says what to do and repeats nothing of it."""


@dataclass(frozen=True)
class Scanned:
    """What was shown: an ID number of 18 characters, or the text of a card's QR."""

    id_number: str = ""
    card: str = ""


def scanned(text: str, *, allow_fictional: bool) -> Scanned:
    """Return what a reader typed. Raises NotRead for nothing, two different cards, or a number that cannot be."""
    plain = unicodedata.normalize("NFKC", text).upper()
    parts = [part for part in _PARTS.split(plain) if part]
    card = next((part for part in parts if part.startswith(PREFIX) and len(part) > len(PREFIX)), "")
    if card:
        return Scanned(card=card)
    return Scanned(id_number=_number(parts, allow_fictional))


def _number(parts: list[str], allow_fictional: bool) -> str:
    found = {number for part in parts for number in _numbers_in(part)}
    if not found and parts and len("".join(parts)) <= _LONGEST_TYPED_BY_HAND:
        found = {"".join(parts)}
    if not found:
        raise NotRead("没有读到证件。请把身份证平放在读卡区，停两秒。")
    numbers, problems = set[str](), []
    for one in found:
        try:
            numbers.add(parse_id_number(one, allow_fictional=allow_fictional).text)
        except ValueProblem as problem:
            problems.append(str(problem))
    if len(numbers) > 1:
        raise NotRead("读到了两张不同的身份证。请只放一张，再试一次。")
    if not numbers:
        raise NotRead(f"{problems[0]}请再放一次身份证，或到导办台。")
    return numbers.pop()


def _numbers_in(part: str) -> list[str]:
    """Return the numbers in one run of letters and digits: one, or the same one typed twice or more without a pause."""
    if len(part) % 18 == 0:
        pieces = [part[start : start + 18] for start in range(0, len(part), 18)]
        return pieces if all(_NUMBER.fullmatch(piece) for piece in pieces) else []
    return []
