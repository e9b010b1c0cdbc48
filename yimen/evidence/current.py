"""
Which of several statements counts today (当前事实): pure, no database.

The current value of a fact is that of the most trusted source whose statement is valid on the day; among one
source's statements, the newest, and of two about one day the one recorded last: a correction stands above what it
corrects. A valid statement that says otherwise is a difference (核对不符) for a person to settle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.policies.model import Fact


@dataclass(frozen=True, slots=True)
class Said:
    """
    One fact as one statement says it: by whom, on which day, valid until when (None: no end).

    `recorded` is when it came to us, in whole seconds; a screening reckons in the same. What the registry says itself has
    no day to be compared by (`stated_on` is date.min) but the day it was told, which is shown (`told_on`).
    """

    fact: str
    value: Any
    source: str
    stated_on: date
    valid_until: date | None
    statement: str = ""
    recorded: int = 0
    told_on: date | None = None

    @property
    def is_registered(self) -> bool:
        """Say whether it is the registry's own word (名册, 认定)."""
        return self.stated_on == date.min

    @property
    def shown_on(self) -> date | None:
        """Return the day to show beside the source; None where nobody kept it."""
        return self.told_on if self.is_registered else self.stated_on


@dataclass(frozen=True, slots=True)
class Current:
    """The value that counts, with its source and date, those that contradict it, and the newest that has expired."""

    value: Any
    said: Said | None
    others: tuple[Said, ...] = ()
    expired: Said | None = None

    @property
    def fact(self) -> str:
        """Return the name of the fact."""
        said = self.said or self.expired
        return said.fact if said else ""

    @property
    def contradicted(self) -> bool:
        """Say whether a newer valid statement of a less trusted source says otherwise."""
        said = self.said
        return said is not None and any(o.value != self.value and o.stated_on > said.stated_on for o in self.others)


def current_values(said: Iterable[Said], facts: Mapping[str, Fact], *, on: date) -> dict[str, Current]:
    """Return the current value of every fact that anybody stated; a fact with only expired statements has value None."""
    heard: dict[str, list[Said]] = {}
    for one in said:
        if one.stated_on <= on and one.fact in facts and one.source in facts[one.fact].sources:
            heard.setdefault(one.fact, []).append(one)
    return {name: _current(facts[name], statements, on) for name, statements in heard.items()}


def _current(fact: Fact, statements: list[Said], on: date) -> Current:
    valid = [one for one in statements if one.valid_until is None or one.valid_until >= on]
    if not valid:
        return Current(None, None, expired=max(statements, key=lambda one: (one.stated_on, one.recorded)))
    valid.sort(key=lambda one: (fact.sources.index(one.source), -one.stated_on.toordinal(), -one.recorded, one.statement))
    first, *rest = valid
    newest: dict[str, Said] = {}
    for one in rest:
        if one.source != first.source:
            newest.setdefault(one.source, one)
    return Current(first.value, first, tuple(newest.values()))
