"""One household on a day (一户): its members, named, and what the county has decided it to be."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple, cast

from django.db.models import Q

from yimen.office.access import require
from yimen.office.prepared import Prepared
from yimen.office.queries import names_on
from yimen.office.vault import EncryptedField, Sealed
from yimen.registry.id_numbers import mask_id_number
from yimen.registry.models import HOUSEHOLD_STANDINGS, STANDINGS, Household, Membership, Person, Standing


@dataclass(frozen=True)
class Member:
    """One member of a household on a day."""

    person_id: uuid.UUID
    name: str
    id_number: str
    relation: str
    sex: str
    born_on: date
    died_on: date | None
    age: int
    registered_here: bool | None
    told_on: date | None


@dataclass(frozen=True)
class StandingNow:
    """A standing in force: what, since when, decided by whom, next review."""

    kind: str
    name: str
    starts_on: date
    decided_by: str
    next_review_on: date | None
    of_household: bool
    person_id: uuid.UUID | None


@dataclass(frozen=True)
class HouseholdCard:
    """A household on a day, with its members and standings."""

    household_id: uuid.UUID
    number: str
    group: str
    category: str | None
    area_path: str
    told_on: date | None
    missing_members: int
    members: list[Member]
    standings: list[StandingNow]

    @cached_property
    def _names(self) -> dict[int, str]:
        # Asked for only by who shows them: an explanation reads a household without.
        return names_on(self.area_path)

    def placed(self) -> "HouseholdCard":
        """Return it with the names of its place looked up, for a page that asks nothing more while it is drawn."""
        vars(self).setdefault("_names", names_on(self.area_path))
        return self

    @property
    def village(self) -> str:
        """The name of the village (村、社区)."""
        return self._names.get(12, "")

    @property
    def township(self) -> str:
        """The name of the township (乡镇、街道)."""
        return self._names.get(9, "")


def household_card(*, household_id: uuid.UUID, on: date, permission: str = "person.see") -> HouseholdCard:
    """
    Return a household with its members and standings on a day; names in full, so it needs an open reading.

    `permission` is another one only where the caller has made sure that it is this post's own work (a visit assigned).
    Raises Household.DoesNotExist if it is not below the open scope.
    """
    require(permission)
    # Read whole, chosen and sorted here: a household has few rows, and this is read for every page about it.
    held = [_Held(*row) for row in _HELD.rows(household=household_id)]
    living = [one for one in held if runs_on(one.starts_on, one.ends_on, on) and is_alive(one.died_on, on)]
    members = [_member(one, on) for one in sorted(living, key=lambda one: (one.relation != "户主", one.starts_on, one.key))]
    household = held[0] if held else Household.objects.get(pk=household_id)
    told_on = household.home_told_on if isinstance(household, _Held) else household.told_on
    return HouseholdCard(
        household_id=household_id,
        number=household.number,
        group=household.group,
        category=household.category,
        area_path=household.area_path,
        told_on=told_on,
        missing_members=household.missing_members,
        members=members,
        standings=standings_of(household_id=household_id, people=[m.person_id for m in members], on=on),
    )


def runs_on(starts_on: date, ends_on: date | None, on: date) -> bool:
    """Say whether what starts and ends runs on a day, the last day included."""
    return starts_on <= on and (ends_on is None or ends_on >= on)


def is_alive(died_on: date | None, on: date) -> bool:
    """Say whether somebody lives through a day: who dies on it does not."""
    return died_on is None or died_on > on


class _Held(NamedTuple):
    """One membership with its person and household, names and numbers still sealed."""

    key: int
    relation: str
    starts_on: date
    ends_on: date | None
    told_on: date | None
    person_id: uuid.UUID
    name: Sealed
    id_number: Sealed
    sex: str
    born_on: date
    died_on: date | None
    registered_here: bool | None
    number: str
    group: str
    category: str | None
    area_path: str
    home_told_on: date | None
    missing_members: int


_OF_PERSON = ("name", "id_number", "sex", "born_on", "died_on", "registered_here")
_OF_HOUSEHOLD = ("number", "group", "category", "area_path", "told_on", "missing_members")
_HELD = Prepared(
    lambda household: (
        Membership.objects.filter(household_id=household)
        .select_related("person", "household")
        .values_list(
            *("pk", "relation", "starts_on", "ends_on", "told_on", "person_id"),
            *(f"person__{name}" for name in _OF_PERSON),
            *(f"household__{name}" for name in _OF_HOUSEHOLD),
        )
    )
)
_NAME, _ID_NUMBER = (cast(EncryptedField, Person._meta.get_field(name)) for name in ("name", "id_number"))


def _member(held: _Held, on: date) -> Member:
    return Member(
        person_id=held.person_id,
        name=_NAME.opened(held.name, held.person_id),
        id_number=mask_id_number(_ID_NUMBER.opened(held.id_number, held.person_id)),
        relation=held.relation,
        sex=held.sex,
        born_on=held.born_on,
        died_on=held.died_on,
        age=age_on(held.born_on, on),
        registered_here=held.registered_here,
        told_on=held.told_on,
    )


_HEADS, _SPOUSES = {"户主"}, {"配偶", "夫", "妻", "丈夫", "妻子"}
_PARENTS = {"父", "母", "父亲", "母亲"}
_CHILDREN = {"子", "女", "儿子", "女儿", "长子", "次子", "三子", "长女", "次女", "三女", "独生子", "独生女"}


def is_parent(one: Member, of: Member) -> bool:
    """
    Say whether the roster has one as father or mother of another: the head and the spouse of the head's children, or the
    head's own parent. A stepchild, a grandchild, a brother is not told from it: somebody looks.
    """
    if of.relation in _HEADS:
        return one.relation in _PARENTS
    return of.relation in _CHILDREN and one.relation in _HEADS | _SPOUSES


def age_on(born_on: date, on: date) -> int:
    """Return full years of age on a day (周岁): the year is full on the birthday."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def standings_of(*, household_id: uuid.UUID, people: Iterable[uuid.UUID], on: date) -> list[StandingNow]:
    """Return the standings in force on a day, of the household and of its people."""
    rows = _STANDINGS.rows(household=household_id, people=list(people))
    found = [_standing_now(*row) for ends_on, *row in rows if runs_on(row[1], ends_on, on)]
    return sorted(found, key=attrgetter("starts_on"))


_STANDINGS = Prepared(
    lambda household, people: Standing.objects.filter(Q(household_id=household) | Q(person_id__in=people)).values_list(
        "ends_on", "kind", "starts_on", "decided_by", "next_review_on", "household_id", "person_id"
    )
)


def _standing_now(
    kind: str,
    starts_on: date,
    decided_by: str,
    next_review_on: date | None,
    household: uuid.UUID | None,
    person: uuid.UUID | None,
) -> StandingNow:
    name = STANDINGS[kind] if household is None else HOUSEHOLD_STANDINGS[kind]
    return StandingNow(kind, name, starts_on, decided_by, next_review_on, household is not None, person)
