"""
What is known of one household on a day (一户的已知): its people, their statements, what they receive. The one builder of
facts for a page and for a finding's details, whether its rows come from the tables or from a snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from yimen.evidence.queries import Current, Said, current_values
from yimen.policies.model import Fact
from yimen.policies.queries import NOT_COUNTED, counts
from yimen.screening.registered import KIND_OF, MEMBERS, REGISTRY, STANDING, Registered, facts_of_household, facts_of_person


@dataclass(frozen=True, slots=True)
class Receipt:
    """One benefit or standing: the policy, yuan if told, the day of the decision and of the next review."""

    policy: str
    yuan: Decimal | None
    decided_on: date
    next_review_on: date | None


@dataclass
class Someone:
    """
    One member: the registry's row, each kind of standing with the day since when, what was said, what is received, what was
    said of each obligor outside and, by policy, when something was last given once.
    """

    registered: Registered
    kinds: dict[str, date] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    obligors: list[list[Said]] = field(default_factory=list)
    given_once: dict[str, date] = field(default_factory=dict)


@dataclass
class Home:
    """
    A household on a day with its members; keys are 32 hexadecimal digits. A dead person is a home alone.

    `incomplete`: somebody whom a roster lists in it could not be taken, so the members known are not all.
    """

    key: str
    area_path: str
    category: str | None
    people: list[Someone]
    kinds: dict[str, date] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    given_once: dict[str, date] = field(default_factory=dict)
    told_on: date | None = None
    incomplete: bool = False

    @property
    def areas(self) -> tuple[str, ...]:
        """Return the codes of the areas above, the nearest last."""
        return tuple(self.area_path.rstrip(".").split("."))


@dataclass(frozen=True)
class HomeFacts:
    """The current facts of a household and of each member in order, with source, date and contradictions."""

    home: Home
    household: Mapping[str, Current]
    people: Sequence[Mapping[str, Current]]
    obligors: Sequence[Sequence[Mapping[str, Current]]]

    @property
    def given(self) -> dict[str, Any]:
        """Return the household's facts as rules are given them."""
        return _values(self.household)

    @property
    def given_members(self) -> list[dict[str, Any]]:
        """Return each member's facts as rules are given them."""
        return [
            _values(known) | {"obligors": [_values(one) for one in those]}
            for known, those in zip(self.people, self.obligors, strict=True)
        ]

    @property
    def not_counted(self) -> set[str]:
        """Return the keys of those who live here but are not members of the family (不计入家庭成员)."""
        rows = zip(self.home.people, self.given_members, strict=True)
        return {someone.registered.key for someone, known in rows if not counts(known)}

    def laid_over(
        self, household: Mapping[str, Any], people: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the facts given with what was just said laid over them; the registered number follows who is counted."""
        members = [{**known, **said} for known, said in zip(self.given_members, people, strict=True)]
        number = self.household.get(MEMBERS)
        if number is None or number.said is None or not number.said.is_registered:
            return {**self.given, **household}, members
        return {**self.given, MEMBERS: sum(map(counts, members)), **household}, members

    @property
    def receives(self) -> dict[str, Decimal | None]:
        """Return what the household receives."""
        return {receipt.policy: receipt.yuan for receipt in self.home.receipts}

    @property
    def receives_members(self) -> list[dict[str, Decimal | None]]:
        """Return what each member receives."""
        return [{receipt.policy: receipt.yuan for receipt in someone.receipts} for someone in self.home.people]


def facts_of_home(home: Home, facts: Mapping[str, Fact], on: date) -> HomeFacts:
    """Return what counts on a day: statements by trust and date, with the registry and the standings among the sources."""
    people = []
    for someone in home.people:
        out = current_values([one for one in someone.said if one.fact == NOT_COUNTED], facts, on=on)
        kinds = home.kinds | someone.kinds if counts(_values(out)) else someone.kinds
        registered = facts_of_person(someone.registered, kinds, on)
        said = _registered(registered, facts, _Told(someone.registered.told_on, kinds, on))
        people.append(current_values([*someone.said, *said], facts, on=on))
    members = None if home.incomplete else sum(counts(_values(known)) for known in people)
    own = facts_of_household(members=members, category=home.category, kinds=home.kinds)
    told = _Told(home.told_on, home.kinds, on)
    whole = current_values([*home.said, *_registered(own, facts, told)], facts, on=on)
    obligors = [[current_values(said, facts, on=on) for said in someone.obligors] for someone in home.people]
    return HomeFacts(home, whole, people, obligors)


@dataclass(frozen=True, slots=True)
class _Told:
    """Since when the registry's own facts are so: the roster's day; of a standing its first, of none the day it was asked."""

    roster: date | None
    kinds: Mapping[str, date]
    on: date

    def day(self, fact: str) -> date | None:
        kind = KIND_OF.get(fact)
        return self.roster if kind is None else self.kinds.get(kind, self.on)


def _registered(values: Mapping[str, Any], facts: Mapping[str, Fact], told: _Told) -> Iterable[Said]:
    """The registry's facts as statements; without a date, so that none of them counts as newer than another's."""
    for name, value in values.items():
        fact = facts.get(name)
        if fact is not None:
            source = next((one for one in (REGISTRY, STANDING) if one in fact.sources), "")
            yield Said(name, value, source, date.min, None, told_on=told.day(name))


def _values(known: Mapping[str, Current]) -> dict[str, Any]:
    return {name: current.value for name, current in known.items() if current.value is not None}
