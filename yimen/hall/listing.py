"""Who is on the list of priority (优先名单), as the registry and the departments have it today: keys and places, no names."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from yimen.evidence.models import Statement
from yimen.evidence.queries import Said, current_values, said_by
from yimen.hall.words import Ground
from yimen.registry.models import Person, Standing
from yimen.registry.queries import memberships_on
from yimen.screening.queries import current_rules

# What the list is made from; somebody's age stands in the ID number itself, the rest is said at the desk.
LISTABLE = (Ground.ASSISTED, Ground.DISABLED)
# A certificate is of grade 1 to 4; none is written as 5.
GRADE, MILDEST = "残疾等级", 4


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on the list: key, area, and the first ground that holds."""

    person_id: uuid.UUID
    area_path: str
    ground: Ground


def people_listed(*, grounds: Collection[str], on: date) -> list[Listed]:
    """Return the living people below the open scope on the list of these grounds, by area: one row a person."""
    found: dict[uuid.UUID, Listed] = {}
    if Ground.ASSISTED in grounds:
        found |= {key: Listed(key, path, Ground.ASSISTED) for key, path in _assisted(on)}
    if Ground.DISABLED in grounds:
        for key, path in _with_certificate(on):
            found.setdefault(key, Listed(key, path, Ground.DISABLED))
    return sorted(found.values(), key=lambda one: (one.area_path, one.person_id.hex))


def _assisted(on: date) -> Iterator[tuple[uuid.UUID, str]]:
    held = Standing.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)
    homes = held.filter(household__isnull=False).values("household")
    yield from memberships_on(on).filter(household__in=homes).values_list("person_id", "person__area_path").iterator()
    alive = Person.objects.filter(Q(died_on=None) | Q(died_on__gt=on))
    yield from alive.filter(pk__in=held.filter(person__isnull=False).values("person")).values_list("pk", "area_path").iterator()


def _with_certificate(on: date) -> Iterator[tuple[uuid.UUID, str]]:
    rules = current_rules()
    said: dict[uuid.UUID, list[Said]] = {}
    paths: dict[uuid.UUID, str] = {}
    rows = Statement.objects.filter(person__isnull=False, stated_on__lte=on, facts__has_key=GRADE)
    columns = ("person_id", "area_path", "pk", "source", "stated_on", "valid_until", "facts", "recorded_at")
    for person, path, key, source, stated_on, valid_until, facts, recorded_at in rows.values_list(*columns).iterator():
        recorded, only = int(recorded_at.timestamp()), {GRADE: facts[GRADE]}
        said.setdefault(person, []).extend(
            said_by(key.hex, source, stated_on, valid_until, only, rules.catalogue, recorded=recorded)
        )
        paths[person] = path
    graded = {person for person, heard in said.items() if is_certified(heard, on=on)}
    dead = set(Person.objects.filter(died_on__lte=on).values_list("pk", flat=True))
    yield from ((person, paths[person]) for person in graded - dead)


def is_certified(said: list[Said], *, on: date) -> bool:
    """Say whether what was said of somebody comes to a valid certificate of disability."""
    grade = current_values(said, current_rules().catalogue.facts, on=on).get(GRADE)
    return grade is not None and isinstance(grade.value, int) and 1 <= grade.value <= MILDEST


def valid_for(years: int, on: date) -> date:
    """Return the last day of what is valid for so many years from a day on."""
    try:
        return on.replace(year=on.year + years) - timedelta(days=1)
    except ValueError:
        return date(on.year + years, 2, 28)
