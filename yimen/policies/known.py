"""
What is known of one household (已知): given facts, parameters of the place and the day, and everything derived from them.

A given value wins over a derived one, also when it is given as unknown. Facts of the household are known to each member.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.policies.catalogue import Derivation
from yimen.policies.closures import (
    MEMBERS,
    NOT_COUNTED,
    OBLIGORS,
    ON,
    Known,
    Meaning,
    choices_in,
    count_ends,
    least,
    meaning_of,
    most,
)
from yimen.policies.folder import Rules
from yimen.policies.numbers import to_scaled
from yimen.policies.parameters import parameter_value
from yimen.policies.source import nearest


class NotAFact(ValueError):
    """A name or a value cannot be used; the sentence says why."""


@dataclass(frozen=True)
class Where:
    """The day and the place of a question: codes of the areas above, the nearest last, and 城 or 农."""

    on: date
    areas: tuple[str, ...] = ()
    category: str | None = None


class Reckoner:
    """Derives what policies need, in an order made once; `reckon` is then called for each household."""

    def __init__(self, rules: Rules, needed: Iterable[str], where: Where) -> None:
        self.rules, self.where = rules, where
        wanted = _closure(rules.derivations, set(needed))
        self.steps = [_Step(derivation) for derivation in rules.derivations if derivation.fact.name in wanted]
        self.blank: Known = dict.fromkeys([*rules.catalogue.facts, *rules.parameter_types])
        self.blank |= {name: _parameter(rules, name, where) for name in rules.parameters.rows}
        self.blank[ON] = where.on

    def parameters_behind(self) -> dict[str, tuple[str, ...]]:
        """Return the parameters that each derived fact is reckoned with, directly or through others."""
        behind: dict[str, tuple[str, ...]] = {}
        for step in self.steps:
            names = step.typed.names
            own = [name for name in names if name in self.rules.parameter_types]
            behind[step.name] = tuple(dict.fromkeys([*own, *(one for name in names for one in behind.get(name, ()))]))
        return {name: found for name, found in behind.items() if found}

    def switches(self) -> list[tuple[Meaning, frozenset[str]]]:
        """Return what a local value lets count or not (若): the question, and the facts that do not count if it says no."""
        facts = self.rules.catalogue.facts
        choices = [choice.parts for step in self.steps for choice in choices_in(step.typed)]
        return [(meaning_of(when), frozenset(part.names)) for when, part in choices if not facts.keys() & set(when.names)]

    def known(self, given: Mapping[str, Any]) -> Known:
        """Return what is known of one person or household before anything is derived."""
        return self.blank | inner_values(self.rules, given)

    def derive(self, household: Known, given: Iterable[str], members: Sequence[tuple[Known, Iterable[str]]]) -> None:
        """Add every derived fact to the household and to its members, in place."""
        own = set(given)
        people = [(known, set(names)) for known, names in members]
        for step in self.steps:
            if step.subject == "户":
                if step.name not in own:
                    step.add_to(household)
                for person, _ in people:
                    step.hand_on(household, person)
            elif step.subject == "人":
                for person, names in people:
                    if step.name not in names:
                        step.add_to(person)
            else:
                for person, _ in people:
                    for obligor in person.get(OBLIGORS) or ():
                        step.add_to(obligor)


class _Step:
    """The derivation of one fact."""

    def __init__(self, derivation: Derivation) -> None:
        self.name, self.subject, self.typed = derivation.fact.name, derivation.fact.subject, derivation.typed
        self.meaning = meaning_of(derivation.typed)
        self.ends = count_ends(derivation.typed)
        self.names = (least(self.name), most(self.name))

    def add_to(self, known: Known) -> None:
        known[self.name] = self.meaning(known)
        if self.ends:
            known[self.names[0]], known[self.names[1]] = self.ends(known)

    def hand_on(self, household: Known, person: Known) -> None:
        person[self.name] = household[self.name]
        if self.ends:
            for name in self.names:
                person[name] = household.get(name)


def _closure(derivations: Sequence[Derivation], needed: set[str]) -> set[str]:
    """Return the derived facts that are needed, directly or for others."""
    wanted = set(needed)
    for derivation in reversed(derivations):
        if derivation.fact.name in wanted:
            wanted |= set(derivation.typed.names)
    return wanted


def _parameter(rules: Rules, name: str, where: Where) -> Any:
    found = rules.parameters.find(name, areas=where.areas, category=where.category, on=where.on)
    return found.value if found else None


def inner_values(rules: Rules, given: Mapping[str, Any]) -> Known:
    """Return given facts and parameters as expressions reckon with them. Raises NotAFact for what cannot be."""
    known: Known = {}
    for name, value in given.items():
        known[name] = inner_value(rules, name, value)
        held = rules.types.get(name)
        if held is not None and held.interval:
            known[least(name)] = known[most(name)] = known[name]
    return known


def inner_value(rules: Rules, name: str, value: Any) -> Any:
    """Return one value as expressions reckon with it. Raises NotAFact, in words."""
    fact = rules.catalogue.facts.get(name)
    try:
        if fact is not None:
            read = fact.read(value)
            numeric = read is not None and fact.kind in ("金额", "整数", "小数")
            return to_scaled(read, rules.types[name].scale) if numeric else read  # type: ignore[arg-type]
        if name in rules.parameter_types:
            return parameter_value(name, value, rules.parameter_types[name])
    except ValueError as problem:
        raise NotAFact(str(problem)) from None
    raise NotAFact(f"事实目录里没有“{name}”，也没有这个参数。{nearest(name, [*rules.catalogue.facts, *rules.parameter_types])}")


def together(reckoner: Reckoner, household: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> tuple[Known, list[Known]]:
    """
    Return what is known of a household and of each member. A member may carry `obligors`, a list of their facts.
    """
    whole = reckoner.known(household)
    shared = _with_ends(whole, household)
    people = [reckoner.known(_facts(member)) | shared for member in members]
    for known, member in zip(people, members, strict=True):
        known[OBLIGORS] = _obligors(reckoner, member.get("obligors"))
    whole[MEMBERS] = [known for known in people if counts(known)]
    named = [(known, [*member, *household]) for known, member in zip(people, members, strict=True)]
    reckoner.derive(whole, household, named)
    return whole, people


def alone(
    reckoner: Reckoner,
    subject: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]] | None,
    obligors: Sequence[Mapping[str, Any]] | None,
) -> Known:
    """Return what is known of one subject given flat: facts of the person and of the household stand side by side."""
    known = reckoner.known(subject)
    known[OBLIGORS] = _obligors(reckoner, obligors)
    facts = reckoner.rules.catalogue.facts
    shared = _with_ends(known, [name for name in subject if name not in facts or facts[name].subject == "户"])
    people = [reckoner.known(_facts(member)) | shared for member in members or ()]
    for person, member in zip(people, members or (), strict=True):
        person[OBLIGORS] = _obligors(reckoner, member.get("obligors"))
    known[MEMBERS] = None if members is None else [person for person in people if counts(person)]
    named = [(person, [*member, *shared]) for person, member in zip(people, members or (), strict=True)]
    reckoner.derive(known, subject, [*named, (known, list(subject))])
    return known


def counts(known: Mapping[str, Any]) -> bool:
    """Say whether a person is one of the family (家庭成员); who is not has answers of his own, and adds to nobody's."""
    return known.get(NOT_COUNTED) is not True


def _with_ends(known: Known, names: Iterable[str]) -> Known:
    return {key: known[key] for name in names for key in (name, least(name), most(name)) if key in known}


def _facts(member: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in member.items() if name != "obligors"}


def _obligors(reckoner: Reckoner, obligors: Sequence[Mapping[str, Any]] | None) -> list[Known] | None:
    return None if obligors is None else [reckoner.known(obligor) for obligor in obligors]
