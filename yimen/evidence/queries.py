"""Questions to evidence: what is known about a household and its people, by whom, since when, and what contradicts."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from yimen.evidence.current import Current, Said, current_values
from yimen.evidence.models import Statement
from yimen.policies.model import Catalogue

__all__ = ["Current", "Known", "Said", "known_about"]


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
    about = Q(person_id__in=wanted)
    if household_id is not None:
        about |= Q(household_id=household_id, members_key=members_key)
    said: dict[uuid.UUID, list[Said]] = defaultdict(list)
    for statement in Statement.objects.filter(about, stated_on__lte=on):
        said[statement.person_id or statement.household_id] += _said(statement, catalogue)
    facts = catalogue.facts
    return Known(
        household=current_values(said.get(household_id, []), facts, on=on) if household_id else {},
        people={person: current_values(said.get(person, []), facts, on=on) for person in wanted},
    )


def _said(statement: Statement, catalogue: Catalogue) -> list[Said]:
    """Return a statement fact by fact; the earlier of the catalogue's validity and the source's own end counts."""
    heard = []
    for name, value in statement.facts.items():
        fact = catalogue.facts.get(name)
        if fact is None or value is None:
            continue
        ends = [day for day in (fact.valid_until(statement.stated_on), statement.valid_until) if day]
        heard.append(
            Said(name, fact.from_json(value), statement.source, statement.stated_on, min(ends, default=None), str(statement.pk))
        )
    return heard
