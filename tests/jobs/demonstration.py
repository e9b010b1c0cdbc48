"""The demonstration county as a small town's worth of files, loaded through the loaders and screened, once for many tests."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb

from yimen.jobs.demo.building import load_one
from yimen.jobs.demo.county import County, build
from yimen.jobs.demo.files import write_all
from yimen.jobs.demo.stories import stories
from yimen.office.access import System, scope
from yimen.office.actions import load_areas
from yimen.office.models import Area, Delivery
from yimen.policies.queries import Answer, Program
from yimen.registry.models import Household, Membership
from yimen.screening.actions import run_screening
from yimen.screening.inputs import Choice, take_in
from yimen.screening.models import Finding, ScreeningRun
from yimen.screening.queries import current_rules, explain_registered
from yimen.screening.snapshot import take

ON = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
SEED = 7
VERDICTS = {True: "eligible", False: "not_eligible", None: "unknown"}


@dataclass
class Built:
    """The generator's own county with its truth, what became of each file, and the run."""

    county: County
    deliveries: dict[str, Delivery]
    run: ScreeningRun


def built(folder: Path, *, people: int, seed: int = SEED) -> Built:
    load_areas(fictional=True, below="99")
    area = Area.objects.get(code="990101")
    villages = {town.name: [village.name for village in town.children.all()] for town in area.children.all()}
    county = build(people=people, seed=seed, on=ON, villages=villages, stories=stories(ON))
    with scope(System("demo"), "建演示县"):
        deliveries = dict(_loaded(write_all(county, folder, Random(seed)), area))
        run = run_screening(on=ON, at=AT + timedelta(minutes=10), full=True)
    return Built(county, deliveries, run)


def _loaded(files: dict[str, Path], area: Area) -> Iterator[tuple[str, Delivery]]:
    for name, path in files.items():
        yield name, load_one(name, path, area, on=ON, at=AT, progress=lambda *_: None)


def open_findings() -> dict[tuple[str, str, str], Finding]:
    """The open findings by kind, policy and ID number; a household's under the number of its head."""
    heads = {m.household_id: m.person for m in Membership.objects.filter(relation="户主").select_related("person")}
    rows = Finding.objects.filter(state="open").select_related("person")
    return {(row.kind, row.policy, (row.person or heads[row.household_id]).id_number): row for row in rows}


def differences_from_the_truth(county: County) -> tuple[Counter, Counter]:
    """What was planted and not found, and what was found and not planted, by kind and policy."""
    found = set(open_findings())
    planted = {(one.kind, one.policy, one.number) for one in county.truth}
    return Counter(one[:2] for one in planted - found), Counter(one[:2] for one in found - planted)


def disagreements() -> tuple[list[tuple], int]:
    """Explain everybody and compare with what a screening reckons: what differs, and how many answers were compared."""
    rules, compared, differing = current_rules(), 0, []
    with duckdb.connect() as con:
        answers = _answers_of_the_screening(con, rules)
    for household in Household.objects.all():
        registered = explain_registered(household_id=household.pk, on=ON, rules=rules)
        said = {(household.pk.hex, answer.policy.id): answer for answer in registered.answers.household}
        for member, own in zip(registered.card.members, registered.answers.members, strict=True):
            said |= {(member.person_id.hex, answer.policy.id): answer for answer in own}
        differing += [(key, answers[key], _told(answer)) for key, answer in said.items() if answers[key] != _told(answer)]
        compared += len(said)
    return differing, compared


def _answers_of_the_screening(con, rules) -> dict[tuple[str, str], tuple[str, int | None, str]]:
    """Verdict and amount as a screening reckons them, and beside them the missing facts, which only SQL names."""
    chosen = rules.compiled_in_force(ON, ("99", "9901", "990101"))
    snapshot = take(on=ON, at=AT, allow_shrunk=True)
    answers: dict[tuple[str, str], tuple[str, int | None, str]] = {}
    for with_missing in (True, False):
        program = Program(rules, ON, chosen, keep_facts=True, with_missing=with_missing)
        take_in(con, snapshot, program, Choice(deep=rules.deepest))
        groups = con.sql("SELECT DISTINCT place, category FROM home").fetchall()
        program.create_parameters(con, [(place, tuple(place.split(".")), category) for place, category in groups])
        program.run(con)
        for one in chosen:
            for key, verdict, fen, missing in _rows(con, one.policy, with_missing):
                missing = missing if with_missing else answers[key, one.policy.id][2]
                answers[key, one.policy.id] = (VERDICTS[verdict], fen, missing)
    return answers


def _rows(con, policy, with_missing):
    table, key = ("household_answer", "subject") if policy.subject == "户" else ("person_answer", "member")
    missing = f'"m_{policy.id}"' if with_missing else "NULL"
    return con.sql(f'SELECT {key}, "v_{policy.id}", "a_{policy.id}", {missing} FROM {table}').fetchall()


def _told(answer: Answer) -> tuple[str, int | None, str]:
    return answer.verdict, None if answer.amount is None else int(answer.amount * 100), "|".join(answer.missing)
