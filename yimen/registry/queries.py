"""Questions to the registry. Names and numbers come only inside an open reading; masked unless asked with a purpose."""

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from yimen.office.access import current, require, within
from yimen.office.audit import comparing, reading, saw
from yimen.office.models import Area
from yimen.office.tables import Cell
from yimen.office.vault import blind_index, narrow_index
from yimen.registry.guardians import (
    ADULT,
    CAPACITIES,
    GuardianNow,
    guardians_of,
    guardianship_photo,
    guardianships_of,
    unseen_guardianships,
)
from yimen.registry.household import (
    HouseholdCard,
    Member,
    StandingNow,
    age_on,
    household_card,
    is_alive,
    is_parent,
    runs_on,
    standings_of,
)
from yimen.registry.id_numbers import (
    DisabilityCertificate,
    IdNumber,
    check_digit,
    mask_id_number,
    normalise_id_number,
    parse_disability_certificate,
    parse_id_number,
)
from yimen.registry.models import (
    HOUSEHOLD_STANDINGS,
    STANDINGS,
    Household,
    Membership,
    NameKey,
    Obligor,
    Person,
    Standing,
    obligor_key,
)
from yimen.registry.names import mask_name as mask_name
from yimen.registry.names import matches
from yimen.registry.names import syllables as syllables
from yimen.registry.obligors import RELATIONS as OBLIGOR_RELATIONS
from yimen.registry.places import NotOneCounty, county_of, county_of_roster, county_with_people

__all__ = [
    "ADULT",
    "CAPACITIES",
    "OBLIGOR_RELATIONS",
    "DisabilityCertificate",
    "GuardianNow",
    "HouseholdCard",
    "IdNumber",
    "Member",
    "NotOneCounty",
    "StandingNow",
    "age_on",
    "check_digit",
    "county_of_roster",
    "county_with_people",
    "guardians_of",
    "guardianship_photo",
    "guardianships_of",
    "household_card",
    "is_alive",
    "is_parent",
    "parse_disability_certificate",
    "parse_id_number",
    "runs_on",
    "standings_of",
    "unseen_guardianships",
]
T = TypeVar("T")
MOST_HITS = 20
SMALL_ENOUGH_TO_DECRYPT = 12_000


class TooManyHits(Exception):
    """A search would show more than twenty people; the sentence says what to add."""


@dataclass(frozen=True)
class Hit:
    """One person found: masked name and number, village, year of birth."""

    person_id: uuid.UUID
    name: str
    id_number: str
    village: str
    group: str
    born_on: date
    sex: str


def search(*, text: str) -> list[Hit]:
    """
    Find people by exact ID number, or by name, pinyin, initials or last four digits (查人), below the open scope.

    At most twenty; raises TooManyHits with a sentence that says what to add. One audit row, also without a hit.
    """
    require("person.search")
    wanted = text.strip()
    with reading("查人", kind=_kind_of(wanted)):
        if not wanted:
            return []
        people = _by_number(wanted) if len(wanted) >= 15 else _by_name(wanted)
        if len(people) > MOST_HITS:
            raise TooManyHits(f"有 {len(people)} 人与此相符，只显示 {MOST_HITS} 人以内。请再输姓名全称，或用身份证号查。")
        return _hits(people)


def _kind_of(text: str) -> str:
    if len(text) >= 15:
        return "证件号码"
    return "后四位" if re.fullmatch(r"\d{3}[\dXx]", text) else "姓名或拼音"


def _by_number(text: str) -> list[Person]:
    number = normalise_id_number(text)
    return list(Person.objects.filter(id_index=blind_index("id_number", number))) if number else []


def _by_name(text: str) -> list[Person]:
    people = Person.objects.all()
    if people.count() > SMALL_ENOUGH_TO_DECRYPT:
        keys = [narrow_index("search", f"{county}:{text.lower()}") for county in _counties()]
        people = Person.objects.filter(pk__in=NameKey.objects.filter(key__in=keys).values("person_id"))
    # Candidates are compared in memory and only the hits are noted as seen.
    with comparing():
        return [person for person in people if matches(text, person.name, person.id_number)]


def _counties() -> list[str]:
    paths = current().paths
    if any(path.count(".") >= 3 for path in paths):
        return sorted({county_of(path) for path in paths})
    return list(Area.objects.filter(within(paths, column="path"), level=3).values_list("code", flat=True))


def _hits(people: list[Person]) -> list[Hit]:
    homes = {
        m.person_id: m.household
        for m in Membership.objects.filter(person__in=people, ends_on=None).select_related("household", "household__area")
    }
    hits = []
    for person in people:
        home = homes.get(person.pk)
        saw(person.pk)
        hits.append(
            Hit(
                person_id=person.pk,
                name=mask_name(person.name),
                id_number=mask_id_number(person.id_number),
                village=home.area.name if home else "",
                group=home.group if home else "",
                born_on=person.born_on,
                sex=person.sex,
            )
        )
    return hits


def people_below() -> int:
    """Return how many living people are registered below the open scope."""
    return int(Person.objects.filter(died_on=None).count())


def household_of(*, person_id: uuid.UUID, on: date) -> uuid.UUID | None:
    """Return the household the person belongs to on a day, or None."""
    held = memberships_on(on).filter(person_id=person_id).values_list("household_id", flat=True)
    return held.first()


def require_unmask(*, person_id: uuid.UUID) -> None:
    """Raise NotAllowed unless this person's whole ID number may be shown here, Person.DoesNotExist outside the open scope."""
    path = Person.objects.filter(pk=person_id).values_list("area_path", flat=True).first()
    if path is None:
        raise Person.DoesNotExist
    require("person.unmask", area_path=path)


def full_number(*, person_id: uuid.UUID, purpose: str) -> tuple[str, str]:
    """
    Return somebody's name and whole ID number (看完整证件号码), for a purpose that is written down before it leaves.

    Raises as `require_unmask` does.
    """
    require_unmask(person_id=person_id)
    with reading(f"看完整证件号码：{purpose}"[:80]):
        person = Person.objects.get(pk=person_id)
        return person.name, person.id_number


def memberships_on(on: date) -> QuerySet[Membership]:
    """Return the memberships of the living on a day: `runs_on` and `is_alive` as a question to the database."""
    alive = Q(person__died_on=None) | Q(person__died_on__gt=on)
    rows: QuerySet[Membership] = Membership.objects.filter(alive, Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)
    return rows


@dataclass(frozen=True, slots=True)
class ObligorNow:
    """Somebody who owes support by law (法定义务人), masked, and to which member."""

    person_id: uuid.UUID
    name: str
    relation: str
    id_number: str
    obligor_id: uuid.UUID


def obligors_of(*, people: Iterable[uuid.UUID]) -> list[ObligorNow]:
    """Return who owes support to these people, masked; needs an open reading."""
    require("person.see")
    return [
        ObligorNow(
            row.person_id,
            mask_name(row.name),
            row.relation,
            mask_id_number(row.id_number) if row.id_number else "",
            row.pk,
        )
        for row in Obligor.objects.filter(person_id__in=list(people)).order_by("relation", "pk")
    ]


def obligor_names(*, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return in full who owes support to these people, for the authorisation each of them signs; needs an open reading."""
    require("person.see")
    return {row.pk: row.name for row in Obligor.objects.filter(person_id__in=list(people))}


def members_key(people: Iterable[uuid.UUID]) -> str:
    """Return the key of a set of members: a household statement holds only while it is unchanged."""
    return hashlib.md5("|".join(sorted(person.hex for person in people)).encode(), usedforsecurity=False).hexdigest()


def members_keys(*, households: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, str]:
    """Return the members' key of each household on a day, below the open scope."""
    wanted = list(households)
    members: dict[uuid.UUID, list[uuid.UUID]] = {household: [] for household in wanted}
    for household, person in memberships_on(on).filter(household_id__in=wanted).values_list("household_id", "person_id"):
        members[household].append(person)
    return {household: members_key(people) for household, people in members.items()}


def read_id_number(cell: Cell, *, allow_fictional: bool) -> str:
    """Return the 18 characters of a cell. Raises ValueProblem, in words."""
    return parse_id_number(cell, allow_fictional=allow_fictional).text


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody a department's file names by ID number: keys and area, no name."""

    person_id: uuid.UUID
    household_id: uuid.UUID | None
    area_path: str


def match_numbers(*, numbers: Iterable[str], on: date) -> dict[str, Found]:
    """Return the people below the open scope with exactly these ID numbers (18 characters), by number."""
    by_index = {blind_index("id_number", number): number for number in numbers}
    people: dict[str, Found] = {}
    for some in _chunks(list(by_index)):
        rows = list(Person.objects.filter(id_index__in=some).values_list("pk", "id_index", "area_path"))
        homes = dict(memberships_on(on).filter(person_id__in=[row[0] for row in rows]).values_list("person_id", "household_id"))
        for key, index, path in rows:
            people[by_index[index]] = Found(key, homes.get(key), path)
    return people


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the list of legal obligors (法定义务人) that a file names by the obligor's own ID number; no name."""

    obligor_id: uuid.UUID
    area_path: str


def match_obligors(*, numbers: Iterable[str]) -> dict[str, list[Listed]]:
    """Return the listed obligors below the open scope with these ID numbers, by number; one may owe support to several."""
    by_key = {obligor_key(number): number for number in numbers}
    found: dict[str, list[Listed]] = {}
    for some in _chunks(list(by_key)):
        rows = Obligor.objects.filter(identity_key__in=some).values_list("pk", "identity_key", "area_path").order_by("pk")
        for pk, key, path in rows:
            found.setdefault(by_key[key], []).append(Listed(pk, path))
    return found


def _chunks(items: list[T], size: int = 5000) -> Iterable[list[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def households_changed_since(since: datetime) -> set[uuid.UUID]:
    """Return the households below the open scope in which the registry has changed since a moment."""
    changed = set(Household.objects.filter(changed_at__gte=since).values_list("pk", flat=True))
    people = Person.objects.filter(changed_at__gte=since).values_list("pk", flat=True)
    return changed | households_of(people)


def households_of(people: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return every household in which any of these people lives or has lived."""
    found: set[uuid.UUID] = set()
    for some in _chunks(list(people)):
        found |= set(Membership.objects.filter(person_id__in=some).values_list("household_id", flat=True))
    return found


def masked(*, people: Sequence[uuid.UUID], households: Sequence[uuid.UUID], on: date) -> dict[uuid.UUID, str]:
    """Return masked names by key: of people, and of households by their head (户主); needs an open reading."""
    found = {}
    for person in Person.objects.filter(pk__in=list(people)):
        found[person.pk] = mask_name(person.name)
    heads = memberships_on(on).filter(household_id__in=list(households)).select_related("person").order_by("starts_on")
    for membership in heads:
        if membership.relation == "户主" or membership.household_id not in found:
            found[membership.household_id] = mask_name(membership.person.name)
    return found


def oldest_in(*, households: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, int]:
    """Return the age of the oldest living member of each household on a day, below the open scope; no name is opened."""
    found: dict[uuid.UUID, int] = {}
    rows = memberships_on(on).filter(household_id__in=list(households)).values_list("household_id", "person__born_on")
    for household, born_on in rows:
        found[household] = max(found.get(household, 0), age_on(born_on, on))
    return found


def name_of(*, person_id: uuid.UUID) -> str:
    """Return a person's name in full, also of somebody who has died or moved; needs an open reading. "" outside the scope."""
    person = Person.objects.filter(pk=person_id).first()
    return person.name if person else ""


def born_on(*, person_id: uuid.UUID) -> date:
    """Return a person's day of birth. Raises Person.DoesNotExist outside the open scope."""
    born: date = Person.objects.values_list("born_on", flat=True).get(pk=person_id)
    return born


def death_of(*, person_id: uuid.UUID | None, household_id: uuid.UUID | None, on: date) -> date | None:
    """Return the day somebody died, or, of a household, the last of those who lived in it; None while anybody lives."""
    if person_id is not None:
        died: date | None = Person.objects.filter(pk=person_id).values_list("died_on", flat=True).first()
        return died
    if household_id is None or memberships_on(on).filter(household_id=household_id).exists():
        return None
    rows = Person.objects.filter(memberships__household_id=household_id, died_on__isnull=False)
    return max(rows.values_list("died_on", flat=True), default=None)


@dataclass(frozen=True)
class Publicly:
    """As whom a household stands on a board: its head or first adult by name ("" if there is none), and how many live there."""

    name: str
    members: int


def named_publicly(*, households: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, Publicly]:
    """
    Return as whom each household stands on a public list (公布): one adult, the head (户主) first, never a child.

    A household without anybody alive is left out. Needs an open reading.
    """
    rows = memberships_on(on).filter(household_id__in=list(households)).select_related("person").order_by("starts_on", "pk")
    homes: dict[uuid.UUID, list[Membership]] = {}
    for one in rows:
        homes.setdefault(one.household_id, []).append(one)
    found = {}
    for home, members in homes.items():
        adults = [one for one in members if age_on(one.person.born_on, on) >= ADULT]
        first = min(adults, key=lambda one: one.relation != "户主", default=None)
        found[home] = Publicly(first.person.name if first else "", len(members))
    return found


def people_publicly(*, people: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, str]:
    """Return the names of living people for a public list, "" for a child; the dead are left out. Needs an open reading."""
    alive = Person.objects.filter(Q(died_on=None) | Q(died_on__gt=on), pk__in=list(people))
    return {one.pk: one.name if age_on(one.born_on, on) >= ADULT else "" for one in alive}


@dataclass(frozen=True)
class VillageHousehold:
    """One household of a village: number, group, masked head, members, standings in words."""

    household_id: uuid.UUID
    number: str
    group: str
    head: str
    members: list[uuid.UUID]
    standings: list[str]


def households_in(*, area: Area, on: date) -> list[VillageHousehold]:
    """Return the households of one village below the open scope, masked (村级一览); needs an open reading."""
    require("desk.village", area_path=area.path)
    homes = list(Household.objects.filter(area=area).order_by("group", "number"))
    members: dict[uuid.UUID, list[Membership]] = {home.pk: [] for home in homes}
    for one in memberships_on(on).filter(household__in=homes).select_related("person"):
        members[one.household_id].append(one)
    kinds: dict[uuid.UUID, list[str]] = {home.pk: [] for home in homes}
    of_person = {one.person_id: home for home, rows in members.items() for one in rows}
    held = Standing.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)
    for row in held.filter(Q(household__in=homes) | Q(person_id__in=list(of_person))):
        home = row.household_id or of_person[row.person_id]
        kinds[home].append((HOUSEHOLD_STANDINGS if row.household_id else STANDINGS)[row.kind])
    return [_village_household(home, members[home.pk], kinds[home.pk]) for home in homes if members[home.pk]]


def _village_household(home: Household, members: list[Membership], kinds: list[str]) -> VillageHousehold:
    head = min(members, key=lambda one: one.relation != "户主")
    return VillageHousehold(
        home.pk, home.number, home.group, mask_name(head.person.name), [m.person_id for m in members], sorted(set(kinds))
    )
