"""Questions to evidence: what is known about a household and its people, by whom, since when, and what contradicts."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from yimen.evidence.current import Current, Said, current_values
from yimen.evidence.facts_file import headings_for, sources_of
from yimen.evidence.models import Statement
from yimen.office.prepared import Prepared
from yimen.policies.model import Catalogue
from yimen.registry.models import Obligor

__all__ = [
    "Current",
    "Known",
    "Said",
    "current_values",
    "headings_for",
    "known_about",
    "said_about",
    "said_by",
    "said_of_obligors",
    "sources_of",
    "subjects_stated_since",
]


@dataclass(frozen=True)
class Known:
    """What counts today about one household and each of its people, fact by fact."""

    household: Mapping[str, Current]
    people: Mapping[uuid.UUID, Mapping[str, Current]]


def known_about(
    *, household_id: uuid.UUID | None, people: Iterable[uuid.UUID], members_key: str, catalogue: Catalogue, on: date
) -> Known:
    """
    Return the current facts of a household and its people on a day, below the open scope.

    A statement about the household counts only if it was made for the same members (`members_key`).
    """
    wanted = list(people)
    said = said_about(people=wanted, household=household_id, members_key=members_key, catalogue=catalogue, on=on)
    facts = catalogue.facts
    return Known(
        household=current_values(said.get(household_id, []), facts, on=on) if household_id else {},
        people={person: current_values(said.get(person, []), facts, on=on) for person in wanted},
    )


def said_about(
    *, people: Iterable[uuid.UUID], household: uuid.UUID | None, members_key: str, catalogue: Catalogue, on: date
) -> dict[uuid.UUID, list[Said]]:
    """Return everything said about these people and this household (of these members) up to a day, by subject."""
    said: dict[uuid.UUID, list[Said]] = defaultdict(list)
    held = [] if household is None else [household]
    rows = _SAID.rows(people=list(people), households=held, members_key=members_key, on=on)
    for person, home, key, source, stated_on, valid_until, facts, recorded_at in rows:
        recorded = int(recorded_at.timestamp())
        said[person or home] += said_by(key.hex, source, stated_on, valid_until, facts, catalogue, recorded=recorded)
    return said


_SAID = Prepared(
    lambda people, households, members_key, on: Statement.objects.filter(
        Q(person_id__in=people) | Q(household_id__in=households, members_key=members_key), stated_on__lte=on
    ).values_list("person_id", "household_id", "pk", "source", "stated_on", "valid_until", "facts", "recorded_at")
)


def said_of_obligors(*, people: Iterable[uuid.UUID], catalogue: Catalogue) -> dict[uuid.UUID, dict[uuid.UUID, list[Said]]]:
    """Return what was said of each listed obligor (法定义务人), by person and obligor; nothing said is an empty list."""
    said: dict[uuid.UUID, dict[uuid.UUID, list[Said]]] = defaultdict(dict)
    for person, obligor, key, source, stated_on, valid_until, facts, recorded_at in _OF_OBLIGORS.rows(people=list(people)):
        heard = said[person].setdefault(obligor, [])
        if key is not None:
            recorded = int(recorded_at.timestamp())
            heard += said_by(key.hex, source, stated_on, valid_until, facts, catalogue, recorded=recorded)
    return said


_STATED = ("pk", "source", "stated_on", "valid_until", "facts", "recorded_at")
_OF_OBLIGORS = Prepared(
    lambda people: Obligor.objects.filter(person_id__in=people).values_list(
        "person_id", "pk", *(f"statements__{column}" for column in _STATED)
    )
)


def said_by(
    key: str,
    source: str,
    stated_on: date,
    valid_until: date | None,
    facts: str | Mapping[str, Any],
    catalogue: Catalogue,
    *,
    recorded: int,
) -> list[Said]:
    """Return a statement fact by fact; the earlier of the catalogue's validity and the source's own end counts."""
    heard = []
    for name, value in (json.loads(facts) if isinstance(facts, str) else facts).items():
        fact = catalogue.facts.get(name)
        if fact is None or value is None:
            continue
        ends = [day for day in (fact.valid_until(stated_on), valid_until) if day]
        heard.append(Said(name, fact.from_json(value), source, stated_on, min(ends, default=None), key, recorded))
    return heard


def subjects_stated_since(since: datetime) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Return the people and the households below the open scope about whom something was recorded since a moment."""
    rows = Statement.objects.filter(recorded_at__gte=since)
    people = set(rows.filter(person__isnull=False).values_list("person_id", flat=True))
    people |= set(rows.filter(obligor__isnull=False).values_list("obligor__person_id", flat=True))
    return people, set(rows.filter(household__isnull=False).values_list("household_id", flat=True))
