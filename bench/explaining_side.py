"""
Explaining households of three with nine statements, from the database (说明一户): seconds, queries, closures alone.

Run as `python -m bench.explaining_side` with the environment of a county; prints one line of JSON. Statements that lack to
nine are added by the program's own action in a transaction that is rolled back.
"""

import json
import os
import sys
import time
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import django
from django.db import connection, transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from bench.rulebook import SEED  # noqa: E402
from yimen.evidence.actions import state_facts  # noqa: E402
from yimen.evidence.models import Statement  # noqa: E402
from yimen.office.access import System, scope  # noqa: E402
from yimen.office.audit import reading  # noqa: E402
from yimen.registry.models import Membership  # noqa: E402
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered, explainer_for  # noqa: E402

HOMES, ROUNDS, WARM = 200, 3, 10
MEMBERS, STATEMENTS = 3, 9
# What the added statements say: facts of people that neighbours and the person may state.
SAID = [("入户", {"灵活务工收入": "350.00"}), ("申报", {"银行存款": "5200.00"}), ("申报", {"工资收入": "1200.00"})]


def main() -> None:
    """Explain many households and print milliseconds and numbers of queries."""
    on = timezone.localdate()
    with scope(System("bench"), "基准"), reading("基准"), transaction.atomic():
        homes = chosen(Random(SEED), on)
        rules = current_rules()
        for home in homes[:WARM]:
            explain_registered(household_id=home, on=on, rules=rules)
        whole, queries = [], Counter[int]()
        for _ in range(ROUNDS):
            for home in homes:
                with Counting() as counted:
                    before = time.perf_counter()
                    found = explain_registered(household_id=home, on=on, rules=rules)
                    whole.append((time.perf_counter() - before) * 1000)
                queries[counted.number] += 1
        answers, closures = zip(*(pure(found, rules, on) for found in _all(homes, rules, on)), strict=True)
        policies = len(found.answers.household) + sum(map(len, found.answers.members[:1]))
        transaction.set_rollback(True)
    report: dict[str, Any] = {
        "vendor": connection.vendor,
        "homes": len(homes),
        "policies": policies,
        "whole_ms": whole,
        "answers_ms": answers,
        "closures_ms": closures,
        "queries": {str(number): times for number, times in sorted(queries.items())},
    }
    sys.stdout.write(json.dumps(report) + "\n")


class Counting:
    """Counts the queries inside it."""

    def __enter__(self) -> "Counting":
        self.number = 0
        self._wrapper = connection.execute_wrapper(self._count)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._wrapper.__exit__(*problem)

    def _count(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.number += 1
        return execute(sql, params, many, context)


def chosen(dice: Random, on: Any) -> list[Any]:
    """Return households of three with nine statements, the lacking ones added."""
    people: dict[Any, list[Any]] = {}
    rows = Membership.objects.filter(ends_on=None, person__died_on=None).values_list("household_id", "person_id", "area_path")
    for home, person, path in rows.iterator(chunk_size=10_000):
        people.setdefault(home, []).append((person, path))
    threes = sorted(home for home, members in people.items() if len(members) == MEMBERS)
    homes: list[Any] = []
    for home in dice.sample(threes, k=min(len(threes), HOMES * 2)):
        members = people[home]
        held = Statement.objects.filter(person_id__in=[person for person, _ in members]).count()
        held += Statement.objects.filter(household_id=home).count()
        if held <= STATEMENTS and len(homes) < HOMES:
            add(members, STATEMENTS - held, on)
            homes.append(home)
    return homes


def add(members: list[Any], number: int, on: Any) -> None:
    """State so many times something about the members in turn."""
    rules = current_rules()
    for place in range(number):
        source, facts = SAID[place % len(SAID)]
        person, path = members[place % len(members)]
        state_facts(
            catalogue=rules.catalogue,
            facts=facts,
            source=source,
            stated_on=on - timedelta(days=place + 1),
            by=None,
            at=timezone.now(),
            person=person,
            area_path=path,
        )


def _all(homes: list[Any], rules: Any, on: Any) -> list[RegisteredAnswers]:
    return [explain_registered(household_id=home, on=on, rules=rules) for home in homes]


def pure(found: RegisteredAnswers, rules: Any, on: Any) -> tuple[float, float]:
    """Return milliseconds of the answers from facts in memory, and of nothing but the closures of every condition."""
    explainer = explainer_for(card=found.card, rules=rules, on=on)
    given, members = found.facts.given, found.facts.given_members
    before = time.perf_counter()
    explainer.household(given, members, receives=found.facts.receives, receives_members=found.facts.receives_members)
    answered = time.perf_counter()
    whole, people = explainer.values(given, members)
    of_household, of_person = ([one.meaning for one in explainer.plans[subject].clauses] for subject in ("户", "人"))
    start = time.perf_counter()
    for meaning in of_household:
        meaning(whole)
    for known in people:
        for meaning in of_person:
            meaning(known)
    end = time.perf_counter()
    return (answered - before) * 1000, (end - start) * 1000


if __name__ == "__main__":
    main()
