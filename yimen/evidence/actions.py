"""Changes to evidence: statements are added, one by one or from a department's file; none is ever changed."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction

from yimen.evidence.models import Statement
from yimen.office.access import require
from yimen.office.models import Delivery, Staff
from yimen.policies.model import Catalogue
from yimen.registry.queries import match_numbers, members_key, members_of

ROWS_PER_TRANSACTION = 2000


class NotStated(Exception):
    """A fact cannot be stated so: unknown name, a source that may not state it, or a value outside its range."""


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row of a department's file, read: ID number and the values of its fact columns, unknown ones left out."""

    line: int
    id_number: str
    facts: Mapping[str, Any]
    stated_on: date
    valid_until: date | None = None


@dataclass
class FactsLoaded:
    """What a load did; `rejects` maps the row of the file to the reason."""

    rows: int = 0
    stated: int = 0
    unchanged: int = 0
    rejects: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def state_facts(
    *,
    catalogue: Catalogue,
    facts: Mapping[str, Any],
    source: str,
    stated_on: date,
    by: Staff | None,
    at: datetime,
    person: uuid.UUID | None = None,
    household: uuid.UUID | None = None,
    area_path: str,
    valid_until: date | None = None,
) -> Statement:
    """
    Add one source's facts about one person or one household (陈述).

    Raises NotStated, in words, if a fact is unknown, may not come from this source or lies outside its range.
    """
    checked = _checked(catalogue, facts, source, of_household=household is not None)
    return Statement.objects.create(
        person_id=person,
        household_id=household,
        members_key=members_key(members_of(household_id=household, on=stated_on)) if household else "",
        source=source,
        stated_on=stated_on,
        valid_until=valid_until,
        facts=checked,
        recorded_by=by,
        recorded_at=at,
        area_path=area_path,
    )


def _checked(catalogue: Catalogue, facts: Mapping[str, Any], source: str, *, of_household: bool) -> dict[str, Any]:
    checked = {}
    for name, value in facts.items():
        fact = catalogue.facts.get(name)
        if fact is None:
            raise NotStated(f"事实目录里没有“{name}”。{catalogue.nearest(name)}")
        if source not in fact.sources:
            raise NotStated(f"“{name}”不能由“{source}”来说，可以由{'、'.join(fact.sources)}来说。")
        if (fact.subject == "户") != of_household:
            raise NotStated(f"“{name}”是关于{fact.subject}的事实，这里说的是{'户' if of_household else '人'}。")
        problem = fact.problem_with(value)
        if problem:
            raise NotStated(problem)
        checked[name] = fact.to_json(value)
    return checked


def load_facts(
    *,
    rows: Iterable[FactRow],
    source: str,
    catalogue: Catalogue,
    delivery: Delivery | None,
    by: Staff | None,
    at: datetime,
    on: date,
    progress: Callable[[int], None] = lambda _: None,
) -> FactsLoaded:
    """
    Add a department's facts about the people it names by ID number (装载部门数据), in short transactions.

    A household's facts are stated about the household of the person named. Rows that match nobody, or hold a value
    that cannot be, come back with a reason; a statement that is there already is not made twice.
    """
    require("facts.load")
    loaded = FactsLoaded()
    waiting = iter(rows)
    while chunk := list(islice(waiting, ROWS_PER_TRANSACTION)):
        with transaction.atomic():
            _load_chunk(chunk, source, catalogue, delivery, by, at, on, loaded)
        progress(len(chunk))
    return loaded


def _load_chunk(
    chunk: list[FactRow],
    source: str,
    catalogue: Catalogue,
    delivery: Delivery | None,
    by: Staff | None,
    at: datetime,
    on: date,
    loaded: FactsLoaded,
) -> None:
    matches = match_numbers(numbers={row.id_number for row in chunk}, on=on)
    made: list[Statement] = []
    for row in chunk:
        loaded.rows += 1
        match = matches.get(row.id_number)
        if match is None:
            loaded.rejects[row.line] = "名册里没有这个身份证号，未采用。如确是本辖区的人，请先登记。"
            continue
        try:
            made += _statements(row, match, source, catalogue, delivery, by, at, on)
        except NotStated as problem:
            loaded.rejects[row.line] = str(problem)
    fresh = _not_yet_there(made)
    Statement.objects.bulk_create(fresh)
    loaded.stated += len(fresh)
    loaded.unchanged += len(made) - len(fresh)
