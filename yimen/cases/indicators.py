"""
The verification form (核查表): the 81 indicators of 7 areas from the catalogue, for one household, as they stand today.

What the case's policies use comes first, and of it what is unknown, expired or contradicted; everything else is there too,
folded. Who says what is laid side by side: declared, reported, seen. Nothing is decided here.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from yimen.evidence.queries import Current, Said
from yimen.policies.model import AREAS_OF_VERIFICATION, NOT_SETTLED, SETTLED, Fact
from yimen.policies.queries import Rules
from yimen.registry.queries import HouseholdCard
from yimen.screening.queries import RegisteredAnswers

DECLARED = "申报"
SEEN = ("入户", "第三方")
WHOLE = ""


@dataclass(frozen=True)
class Item:
    """
    One fact of one person or of the household ("" is the household), as it stands today.

    `uses` are the policies of the case for which it is asked, `serves` those that rest on it, also through what is derived
    from it; `all_uses` counts every policy in force here.
    """

    who: str
    whose: str
    fact: Fact
    current: Current | None
    uses: tuple[str, ...]
    serves: tuple[str, ...]
    all_uses: int

    @property
    def key(self) -> str:
        """Return what a form calls it."""
        return f"{self.who}|{self.fact.name}"

    @property
    def said(self) -> Said | None:
        """Return what counts today, else the newest that has expired."""
        return (self.current.said or self.current.expired) if self.current else None

    @property
    def is_registered(self) -> bool:
        """Say whether the roster itself says it."""
        return self.said is not None and self.said.is_registered

    @property
    def state(self) -> str:
        """Return how it stands: unknown, expired, differs or known."""
        if self.current is None or self.said is None:
            return "unknown"
        if self.current.said is None:
            return "expired"
        return "differs" if self.is_open else "known"

    @property
    def words(self) -> tuple[Said, ...]:
        """Return the newest valid word of every source, the one that counts first."""
        held = self.current
        return (held.said, *held.others) if held and held.said else ()

    @property
    def differs(self) -> bool:
        """Say whether valid sources, a settlement left out, say different things."""
        return len({str(one.value) for one in self.words if one.source != SETTLED}) > 1

    @property
    def is_roster(self) -> bool:
        """Say whether the roster or a standing decides it, so that a difference is put right there."""
        return self.fact.sources[0] in NOT_SETTLED

    @property
    def is_open(self) -> bool:
        """Say whether a difference waits for a person: never settled, or contradicted since."""
        said = self.current.said if self.current else None
        if said is None or self.is_roster:
            return False
        if said.source == SETTLED:
            return self.current is not None and self.current.contradicted
        return self.differs

    @property
    def is_verified(self) -> bool:
        """Say whether somebody other than the person vouches for it today."""
        said = self.current.said if self.current else None
        return said is not None and said.source != DECLARED and not self.is_registered

    @property
    def declared(self) -> list[Said]:
        """Return what the person declared."""
        return [one for one in self.words if one.source == DECLARED]

    @property
    def reported(self) -> list[Said]:
        """Return what departments and comparison report."""
        return [one for one in self.words if one.source not in (DECLARED, SETTLED, *SEEN)]

    @property
    def seen(self) -> list[Said]:
        """Return what was seen at home, by us or by a third party."""
        return [one for one in self.words if one.source in SEEN]


@dataclass(frozen=True)
class Sheet:
    """A household's form: the card and every item, in the order of the catalogue."""

    card: HouseholdCard
    items: Sequence[Item]

    @cached_property
    def first(self) -> list[Item]:
        """Return what the case's policies use: unknown, expired and contradicted before known; no member's own roster row."""
        order = {"unknown": 0, "differs": 1, "expired": 2, "known": 3}
        used = (one for one in self.items if one.uses and not (one.is_registered and one.who))
        return sorted(used, key=lambda one: order[one.state])

    def areas(self, but: Iterable[str] = ()) -> list[tuple[str, list[Item]]]:
        """Return the 7 areas with their indicators; those of `but` are asked elsewhere on the page."""
        apart = set(but)
        return [
            (area, [one for one in self.items if one.fact.area == area and one.key not in apart])
            for area in AREAS_OF_VERIFICATION
        ]

    def may_say(self, source: str, only: Iterable[str] | None = None) -> dict[str, Item]:
        """Return the items a source may state, by key; with `only`, those facts alone."""
        names = None if only is None else set(only)
        return {one.key: one for one in self.items if source in one.fact.sources and (names is None or one.fact.name in names)}

    @property
    def differences(self) -> list[Item]:
        """Return where sources say different things, those that wait for a person first."""
        return sorted((one for one in self.items if one.differs), key=lambda one: (not one.is_open, not one.uses))

    @property
    def verified(self) -> list[Item]:
        """Return what is verified today and used by somebody, the most used first."""
        found = [one for one in self.items if one.is_verified and one.all_uses]
        return sorted(found, key=lambda one: (-len(one.serves), -one.all_uses))


def sheet_of(held: RegisteredAnswers, policies: Iterable[str], rules: Rules, *, on: date) -> Sheet:
    """Return the form of a registered household for the policies a case asks about."""
    areas = tuple(held.card.area_path.rstrip(".").split("."))
    asked, wanted = _asked_by(rules, on, areas), set(policies)
    used = _used_by(rules, on, areas)
    people = [(member.person_id.hex, member.name) for member in held.card.members]
    rows: list[tuple[str, str, Mapping[str, Current]]] = [(WHOLE, "全家", held.facts.household)]
    rows += [(key, name, known) for (key, name), known in zip(people, held.facts.people, strict=True)]
    items = []
    for fact in rules.catalogue.facts.values():
        if fact.subject == "义务人" or not fact.sources or not (fact.area or fact.name in asked):
            continue
        for who, whose, known in rows:
            if (fact.subject == "户") == (who == WHOLE):
                everywhere = used.get(fact.name, set())
                uses, serves = (tuple(sorted(one & wanted)) for one in (asked.get(fact.name, set()), everywhere))
                items.append(Item(who, whose, fact, known.get(fact.name), uses, serves, len(everywhere)))
    return Sheet(held.card, items)


def _used_by(rules: Rules, on: date, areas: tuple[str, ...]) -> Mapping[str, set[str]]:
    """Return, for each fact, the policies in force at a place that need it, however far it is derived (问一次，用几次)."""
    return _gathered(rules, on, areas, stop=False)


def _asked_by(rules: Rules, on: date, areas: tuple[str, ...]) -> Mapping[str, set[str]]:
    """Return the same for facts as they are asked: one that is derived but can be said as a whole stands for its parts."""
    return _gathered(rules, on, areas, stop=True)


def _gathered(rules: Rules, on: date, areas: tuple[str, ...], *, stop: bool) -> Mapping[str, set[str]]:
    key = ("uses", on, areas, stop)
    if key not in rules.cache:
        found: dict[str, set[str]] = {}
        for one in rules.compiled_in_force(on, areas):
            for name in one.names:
                for base in _bases(name, rules, stop):
                    found.setdefault(base, set()).add(one.policy.id)
        rules.cache[key] = found
    held = rules.cache[key]
    assert isinstance(held, dict)  # noqa: S101
    return held


def _bases(name: str, rules: Rules, stop: bool) -> Iterable[str]:
    fact = rules.catalogue.facts.get(name)
    if fact is None:
        return
    is_asked = bool(fact.sources and fact.question)
    if fact.sources and (is_asked or not stop):
        yield name
    if fact.derived and not (stop and is_asked):
        derivation = next(one for one in rules.derivations if one.fact.name == name)
        for used in derivation.typed.names:
            yield from _bases(used, rules, stop)


def heard(item: Item) -> list[dict[str, Any]]:
    """Return what every source said of a fact, as JSON: what a settlement keeps."""
    return [
        {
            "source": one.source,
            "value": item.fact.to_json(one.value),
            "stated_on": one.shown_on.isoformat() if one.shown_on else None,
            "statement": one.statement,
        }
        for one in item.words
    ]


def person_of(who: str) -> uuid.UUID | None:
    """Return the person a form's key names; None is the household. Raises ValueError for anything else."""
    return uuid.UUID(who) if who else None
