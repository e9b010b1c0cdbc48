"""Names (姓名): masked for lists, compared with what somebody typed, and turned into narrow keys for searching."""

from functools import lru_cache
from importlib import import_module
from typing import Any

from yimen.office.vault import narrow_index

MOST_READINGS = 8


def mask_name(name: str) -> str:
    """Return the name as lists show it: 李**."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def _dictionary() -> Any:
    """Return pypinyin; its dictionaries take as long to read as half of the program, so no start waits for them."""
    return import_module("pypinyin")


def syllables(text: str) -> list[str]:
    """Return a text in pinyin, by which Chinese names are put in order."""
    return list(_dictionary().lazy_pinyin(text))


@lru_cache(maxsize=20_000)
def _readings_of(character: str) -> tuple[str, ...]:
    """Return how a character can be read, the usual reading first (a surname may have its own: 单 shan)."""
    held = _dictionary()
    found = held.pinyin(character, style=held.Style.NORMAL, heteronym=True)
    return tuple(dict.fromkeys(reading for reading in found[0] if reading.isascii() and reading.isalpha())) if found else ()


@lru_cache(maxsize=200_000)
def _given(name: str) -> tuple[str, str]:
    """Return the pinyin and the initials of a given name; far fewer are in use than whole names."""
    readings = [reading for reading in syllables(name) if reading.isascii()]
    return "".join(readings), "".join(reading[0] for reading in readings)


def spellings(name: str) -> frozenset[str]:
    """Return the pinyin and the initials under which a name can be found; the surname's other readings count too."""
    whole, initials = _given(name[1:])
    found = set()
    for first in _readings_of(name[:1])[:MOST_READINGS]:
        found |= {first + whole, first[0] + initials}
    return frozenset(found)


def search_keys(name: str, id_number: str, county: str) -> set[int]:
    """Return the narrow keys of a person within a county: name, pinyin, initials, last four."""
    return {narrow_index("search", f"{county}:{text}") for text in (name, *spellings(name), id_number[-4:].lower())}


def matches(text: str, name: str, id_number: str) -> bool:
    """Say whether what was typed is this person's name, pinyin, initials or last four characters."""
    wanted = text.strip().lower().replace(" ", "")
    return wanted == name or wanted in spellings(name) or (len(wanted) == 4 and wanted == id_number[-4:].lower())
