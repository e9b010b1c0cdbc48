"""What a decision rests on (依据): one policy's answer for a registered subject, the facts behind it, local parameters."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yimen.policies.queries import Answer, HouseholdAnswers, Parameter, Rules
from yimen.registry.queries import HouseholdCard
from yimen.screening.details import Detailer
from yimen.screening.homes import HomeFacts


@dataclass(frozen=True)
class RegisteredAnswers:
    """A registered household: its card, its current facts, what every policy says, what it receives."""

    card: HouseholdCard
    facts: HomeFacts
    answers: HouseholdAnswers
    receipts: list[Any]


def place_of(held: RegisteredAnswers, person: uuid.UUID | None) -> int | None:
    """Return the place of a member, None for the household. Raises ValueError if they are no member."""
    return None if person is None else [one.person_id for one in held.card.members].index(person)


def answer_of(held: RegisteredAnswers, *, policy: str, person: uuid.UUID | None) -> Answer | None:
    """Return what a policy says of the household, or of one of its members; None if there is no such answer today."""
    if person is not None and person not in {one.person_id for one in held.card.members}:
        return None
    place = place_of(held, person)
    answers = held.answers.household if place is None else held.answers.members[place]
    return next((one for one in answers if one.policy.id == policy), None)


def story_of(
    held: RegisteredAnswers, answer: Answer, *, person: uuid.UUID | None, rules: Rules, on: date
) -> list[dict[str, Any]]:
    """Return every fact behind an answer, with value, source and date, as JSON: what a decision freezes."""
    _, facts = Detailer(rules, on).story(answer, held.facts, place_of(held, person))
    return facts


def parameter_at(name: str, *, area_path: str, on: date, rules: Rules) -> Parameter | None:
    """Return a local parameter as it is entered for a place on a day, or None: not entered (未录入)."""
    return rules.parameters.find(name, areas=tuple(area_path.rstrip(".").split(".")), category=None, on=on)


def true_parameters(names: Iterable[str], *, area_path: str, on: date, rules: Rules) -> frozenset[str]:
    """Return those of these local parameters that are entered for a place as true; one not entered is not true."""
    found = ((name, parameter_at(name, area_path=area_path, on=on, rules=rules)) for name in names)
    return frozenset(name for name, held in found if held is not None and held.value is True)


def whole_parameter(name: str, *, area_path: str, on: date, rules: Rules) -> int | None:
    """Return a local parameter that is a whole number, such as a number of days; None where nobody entered it."""
    areas = tuple(area_path.rstrip(".").split("."))
    held = rules.parameters.find(name, areas=areas, category=None, on=on)
    return int(held.text) if held is not None and held.text.isdigit() else None


def yuan_parameter(name: str, *, area_path: str, category: str | None, on: date, rules: Rules) -> Decimal | None:
    """Return a local amount of money in yuan, for 城 or 农; None where nobody entered it."""
    areas = tuple(area_path.rstrip(".").split("."))
    held = rules.parameters.find(name, areas=areas, category=category, on=on)
    return None if held is None else Decimal(held.text.replace(",", ""))
