"""
The county built (建县): lives, lists of recipients, planted errors and the truth, household by household.

Everybody entitled receives, but for those planted as missed; who receives is entitled or unknown, but for those planted as
wrong. So the truth table names every finding there is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from yimen.jobs.demo.lives import live
from yimen.jobs.demo.people import Household, Person, households
from yimen.jobs.demo.truth import excluded, of_household, of_person

SOON_DAYS = 90
# Needs and one-off matters nobody receives for good; their lists are short, and a missed one is planted by its story.
AMOUNTS = {
    "subsistence_allowance": "320.00",
    "extreme_poverty_support": "840.00",
    "single_person_subsistence": "560.00",
    "orphan_allowance": "1500.00",
    "unattended_child_allowance": "1500.00",
    "disability_living_subsidy": "120.00",
    "disability_nursing_subsidy": "130.00",
    "elderly_allowance": "50.00",
    "elderly_care_subsidy": "120.00",
}
KIND_WORDS = {
    "subsistence_allowance": "低保",
    "borderline_household": "低保边缘",
    "rigid_expenditure_household": "刚性支出困难",
    "poverty_return_monitoring": "防返贫监测",
}


@dataclass(frozen=True)
class Grant:
    """One line of a list of recipients."""

    number: str
    yuan: str
    starts_on: date
    review_on: date | None
    until: date | None = None


@dataclass(frozen=True)
class Finding:
    """One line of the truth table: what, of whom (a household by its head), and which story."""

    kind: str
    policy: str
    number: str
    story: str


@dataclass
class County:
    """Everything a build makes, before it is written to files."""

    on: date
    homes: list[Household] = field(default_factory=list)
    grants: dict[str, list[Grant]] = field(default_factory=dict)
    truth: list[Finding] = field(default_factory=list)


def build(*, people: int, seed: int, on: date, villages: dict[str, list[str]], stories: list[Household]) -> County:
    """Build a county of so many people from a seed; the stories come first and do not depend on it."""
    dice, aside = Random(seed), Random(f"{seed}·away")
    county = County(on)
    for home in stories:
        _settle(county, home, dice, planted=True)
    for home in households(dice, villages, people, on):
        live(home, dice, on)
        _plant(home, dice, on)
        _take_away(home, aside, on)
        _settle(county, home, dice, planted=False)
    return county


def _plant(home: Household, dice: Random, on: date) -> None:
    """Plant what goes wrong in a county: incomes that rose, reviews nobody made, words that differ, papers that ran out."""
    if "subsistence_allowance" not in home.kinds:
        return
    since, _ = home.kinds["subsistence_allowance"]
    lot = dice.random()
    if lot < 0.03:
        for person in home.people:
            person.income, person.assets, person.income_on = Decimal(2400), Decimal(0), on - timedelta(days=30)
        home.cars, home.houses = 0, 1
    elif lot < 0.05 and home.cars is not None:
        home.cars = 1
    elif lot < 0.08:
        home.kinds["subsistence_allowance"] = (since, on - timedelta(days=dice.randint(10, 200)))
    elif lot < 0.10 and home.head.income is not None:
        home.head.income_seen = home.head.income + 900
    elif lot < 0.12:
        for person in home.people:
            person.income = person.assets = person.income_on = None
        home.head.story = "expired"
        home.cars = home.houses = None


def _take_away(home: Household, dice: Random, on: date) -> None:
    """Let somebody of one poor family in twenty be in prison: nobody knows his income, and nobody need."""
    others = [person for person in home.people[1:] if person.age(on) >= 18]
    if others and home.kinds and dice.random() < 0.05:
        others[0].away = True
        others[0].income = others[0].assets = others[0].income_on = None


def _settle(county: County, home: Household, dice: Random, *, planted: bool) -> None:
    """Decide who of a household receives what, and write down what a screening must find."""
    county.homes.append(home)
    on = county.on
    received = {kind for kind in home.kinds if kind != "poverty_return_monitoring"}
    own = [{"extreme_poverty_support"} if person.kind == "特困" else set[str]() for person in home.people]
    story = home.story
    if "subsistence_allowance" in received:
        since, review = home.kinds["subsistence_allowance"]
        _grant(county, "subsistence_allowance", home.head.number, since, review)
    for person in home.people:
        if person.kind == "特困" and person.decided_on:
            _grant(county, "extreme_poverty_support", person.number, person.decided_on, person.review_on)
    truths = dict(of_household(home, on))
    everybody = set.intersection(*own) if own else set()
    for policy, true in truths.items():
        if true and not excluded(policy, received | everybody):
            if planted or dice.random() < 0.06 or policy in KIND_WORDS or policy == "expenditure_temporary_aid":
                county.truth.append(Finding("missed", policy, home.head.number, story))
            else:
                received.add(policy)
                _grant(county, policy, home.head.number, on - timedelta(days=300), None)
    for policy, true in truths.items():
        if policy in received and policy in ("subsistence_allowance", "borderline_household"):
            _judge_household(county, home, policy, true)
    for person, mine in zip(home.people, own, strict=True):
        _settle_person(county, home, person, received, mine, dice, planted=planted)


def _judge_household(county: County, home: Household, policy: str, true: bool | None) -> None:
    overdue = home.kinds[policy][1] < county.on
    differing = home.head.income_seen is not None
    if true is False:
        county.truth.append(Finding("wrong", policy, home.head.number, home.story))
    elif overdue or differing or (true is None and home.head.story == "expired"):
        county.truth.append(Finding("recheck", policy, home.head.number, home.story))


def _settle_person(
    county: County, home: Household, person: Person, received: set[str], mine: set[str], dice: Random, *, planted: bool
) -> None:
    on, later = county.on, county.on + timedelta(days=SOON_DAYS)
    soon = dict(of_person(person, home, later))
    if person.died_on is not None:
        if "elderly_allowance" in person.story:
            _grant(county, "elderly_allowance", person.number, on - timedelta(days=1500), None)
            county.truth.append(Finding("wrong", "elderly_allowance", person.number, home.story))
        return
    story = home.story
    for policy, true in _in_order(person, home, on):
        stopped = planted and policy in person.story
        if true and not excluded(policy, received | mine) and not _outweighed(policy, mine):
            if stopped and person.stopped_on:
                _grant(county, policy, person.number, on - timedelta(days=900), None, until=person.stopped_on)
            if stopped or (not planted and dice.random() < 0.03):
                county.truth.append(Finding("missed", policy, person.number, story))
            else:
                mine.add(policy)
                _grant(county, policy, person.number, on - timedelta(days=dice.randint(200, 900)), None)
    # Looked at again when everything is received that will be: only then is it known what excludes what.
    for policy, true in of_person(person, home, on):
        if true is False and soon[policy] and not excluded(policy, received | mine) and not _outweighed(policy, mine):
            county.truth.append(Finding("soon", policy, person.number, story))
    county.truth[:] = [f for f in county.truth if not _overtaken(f, person, received | mine, mine)]


def _in_order(person: Person, home: Household, on: date) -> Iterator[tuple[str, bool | None]]:
    """The greater benefit first: what is received decides what else can be."""
    order = ("orphan_allowance", "unattended_child_allowance", "single_person_subsistence", "disability_nursing_subsidy")
    truths = dict(of_person(person, home, on))
    yield from ((policy, truths.pop(policy)) for policy in order)
    yield from truths.items()


def _outweighed(policy: str, mine: set[str]) -> bool:
    """Of two that are weighed against each other (择高) only the higher is paid; here nursing is the higher."""
    return policy == "elderly_care_subsidy" and "disability_nursing_subsidy" in mine


def _overtaken(finding: Finding, person: Person, received: set[str], mine: set[str]) -> bool:
    if finding.number != person.number or finding.kind != "missed":
        return False
    return excluded(finding.policy, received) or _outweighed(finding.policy, mine)


def _grant(
    county: County, policy: str, number: str, starts_on: date, review_on: date | None, *, until: date | None = None
) -> None:
    county.grants.setdefault(policy, []).append(Grant(number, AMOUNTS.get(policy, ""), starts_on, review_on, until))
