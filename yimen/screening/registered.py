"""
What the registry itself says as facts (登记的事实): names of facts, and how they follow from rows. Used by both paths.

A standing the county has not decided is false, not unknown: the county itself decides it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.registry.models import HOUSEHOLD_STANDINGS, STANDINGS

REGISTRY, STANDING = "登记", "认定"
OF_PERSON = ("出生日期", "性别", "户籍在本县", "与户主关系", "已死亡")
MEMBERS = "家庭人口"
OF_HOUSEHOLD = (MEMBERS, "保障类别")
KIND_OF = {name: kind for names in (STANDINGS, HOUSEHOLD_STANDINGS) for kind, name in names.items()}


@dataclass(frozen=True, slots=True)
class Registered:
    """A person as the registry knows them on a day; `told_on` is the day the roster told it."""

    key: str
    born_on: date
    sex: str
    died_on: date | None
    registered_here: bool | None
    relation: str
    told_on: date | None = None


def facts_of_person(person: Registered, kinds: Iterable[str], on: date) -> dict[str, Any]:
    """Return the facts of a person that the registry supplies; standings of the household count for every member."""
    held = set(kinds)
    facts: dict[str, Any] = {
        "出生日期": person.born_on,
        "性别": person.sex,
        "与户主关系": person.relation,
        "已死亡": person.died_on is not None and person.died_on <= on,
    }
    if person.registered_here is not None:
        facts["户籍在本县"] = person.registered_here
    return facts | {name: kind in held for kind, name in STANDINGS.items()}


def facts_of_household(*, members: int | None, category: str | None, kinds: Iterable[str]) -> dict[str, Any]:
    """Return the facts of a household that the registry supplies; `members` is None while nobody knows how many it has."""
    held = set(kinds)
    facts: dict[str, Any] = {} if members is None else {MEMBERS: members}
    if category:
        facts["保障类别"] = category
    return facts | {name: kind in held for kind, name in HOUSEHOLD_STANDINGS.items()}


def known_to(catalogue: Mapping[str, object], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the facts that a catalogue names."""
    return {name: value for name, value in facts.items() if name in catalogue}
