"""`kill -9` at acceptance, visit, signature, decision: nothing acknowledged is lost or happens twice. Counted from outside."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests import tables

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.apart]
STEPS = ("open", "accept", "verify", "visit", "sign", "propose", "confirm")
KILLS = 56
# As long as nobody has seen a step to its end; afterwards as long as it took: before, within and after its commit.
FIRST_WAIT = 0.004
TRAIL = ["open", "accept", "investigate", "visit", "sign", "propose", "confirm", "conclude"]


class Office:
    """The process that forks clerks, seen from outside: what it says, and whom we kill."""

    def __init__(self, home: Path) -> None:
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN", "DJANGO"))}
        self.environment |= {"YIMEN_HOME": str(home), "YIMEN_DEMO": "1", "DJANGO_SETTINGS_MODULE": "yimen.settings"}
        self.said: dict[tuple[int, str], str] = {}
        self.in_hand: Counter[str] = Counter()
        self.began, self.took = 0.0, dict.fromkeys(STEPS, FIRST_WAIT)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cases.killed"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hear() == ["ready"]

    def hear(self) -> list[str]:
        """Return the next line in words, keeping what was acknowledged; an answer given before must be given again."""
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        words = line.split(maxsplit=3)
        if words[0] == "begin":
            self.began = time.monotonic()
        if words[0] == "done":
            self.took[words[2]] = time.monotonic() - self.began
            key = int(words[1]), words[2]
            assert self.said.setdefault(key, words[3]) == words[3], f"another answer for {key}"
        return words

    def kill_one(self, step: str, chance: random.Random) -> None:
        """Let a clerk go on where the last one stopped, and kill him somewhere within this step."""
        done = {number for number, name in self.said if name == STEPS[-1]}
        self.process.stdin.write(f"{next(number for number in range(10**6) if number not in done)}\n")
        self.process.stdin.flush()
        clerk, words = 0, [""]
        repeats = chance.randint(1, 2)
        while repeats:
            words = self.hear()
            clerk = int(words[1]) if words[0] == "pid" else clerk
            assert words[0] != "dead", "a clerk died of something else"
            repeats -= words[0] == "begin" and words[2] == step and (int(words[1]), step) not in self.said
        time.sleep(chance.uniform(0, self.took[step]))
        os.kill(clerk or int(self.until("pid")[1]), signal.SIGKILL)
        last = words
        while (words := self.hear())[0] != "dead":
            last = words if words[0] in ("begin", "done") else last
        self.in_hand[last[2] if last[0] == "begin" else "between"] += 1

    def until(self, word: str) -> list[str]:
        while (words := self.hear())[0] != word:
            pass
        return words

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """An office in which so many clerks were killed, and what it had acknowledged."""
    home = tmp_path_factory.mktemp("office")
    tables.place(home / "yimen.sqlite3")
    office, chance = Office(home), random.Random(20261124)
    try:
        for number in range(KILLS):
            office.kill_one(STEPS[number % len(STEPS)], chance)
    finally:
        office.close()
    return office, home


@pytest.fixture(scope="module")
def ask(killed):
    """Ask the database with a library of its own."""
    connection = sqlite3.connect(f"file:{killed[1]}/yimen.sqlite3?mode=ro", uri=True)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


def acknowledged(killed, step: str, name: str) -> set[str]:
    """Return what was answered to a step; keys as the database writes them."""
    answers = (json.loads(said)[name] for (_, one), said in killed[0].said.items() if one == step)
    return set(answers) if name == "number" else {answer.replace("-", "") for answer in answers}


def test_clerks_were_killed_within_every_kind_of_step(killed):
    assert sum(killed[0].in_hand.values()) == KILLS
    assert all(killed[0].in_hand[step] for step in STEPS), killed[0].in_hand


def test_nothing_acknowledged_is_lost(killed, ask):
    cases, numbers = (
        {row[0] for row in ask("SELECT id FROM cases_case")},
        {row[0] for row in ask("SELECT number FROM cases_case")},
    )
    assert acknowledged(killed, "open", "case") <= cases
    assert acknowledged(killed, "accept", "number") <= numbers
    assert acknowledged(killed, "visit", "visit") <= {row[0] for row in ask("SELECT id FROM cases_visit")}
    assert acknowledged(killed, "sign", "statement") <= {row[0] for row in ask("SELECT id FROM evidence_statement")}
    proposed = {row[0] for row in ask("SELECT id FROM cases_decision WHERE state IN ('proposed', 'confirmed')")}
    assert acknowledged(killed, "propose", "decision") <= proposed
    granted = {row[0] for row in ask("SELECT grant_id FROM cases_decision WHERE state = 'confirmed'")}
    assert acknowledged(killed, "confirm", "grant") <= granted
    assert len(granted) > KILLS / 4


def test_nothing_happened_twice(ask):
    assert ask("SELECT household_id FROM cases_case GROUP BY household_id HAVING count(*) > 1") == []
    assert ask("SELECT case_id, step FROM cases_caseevent GROUP BY case_id, step HAVING count(*) > 1") == []
    assert ask("SELECT person_id FROM evidence_statement WHERE source = '入户' GROUP BY person_id HAVING count(*) > 1") == []
    assert ask("SELECT case_id FROM cases_visit GROUP BY case_id HAVING count(*) > 1") == []
    # The photo of a visit goes with it from the draft, and no draft is left behind it.
    assert ask("SELECT id FROM cases_visit WHERE json_array_length(photos) <> 1") == []
    assert ask("SELECT id FROM cases_visitdraft") == []
    assert ask("SELECT person_id FROM benefits_grant GROUP BY person_id HAVING count(*) > 1") == []


def test_case_numbers_have_no_gap_and_none_is_given_twice(ask):
    numbers = sorted(int(row[0][-6:]) for row in ask("SELECT number FROM cases_case WHERE number IS NOT NULL"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert ask("SELECT last FROM cases_casecounter") == [(len(numbers),)]


def test_every_confirmed_decision_has_its_one_grant_and_no_grant_is_without(ask):
    confirmed = ask("SELECT grant_id FROM cases_decision WHERE state = 'confirmed' ORDER BY grant_id")
    assert confirmed == ask("SELECT id FROM benefits_grant ORDER BY id")


def test_every_case_stands_where_its_trail_says_and_no_step_is_half_done(ask):
    trails: dict[str, list[str]] = {}
    for case, step in ask("SELECT case_id, step FROM cases_caseevent ORDER BY id"):
        trails.setdefault(case, []).append(step)
    stands = dict.fromkeys(TRAIL, "accepted") | {"open": "draft", "conclude": "concluded"}
    for case, state in ask("SELECT id, state FROM cases_case"):
        trail = trails[case]
        assert trail == TRAIL[: len(trail)]
        assert stands[trail[-1]] == state
    verified = ask("SELECT count(*) FROM evidence_statement WHERE source = '入户'")
    assert verified == ask("SELECT count(*) FROM cases_caseevent WHERE step = 'sign'")
    assert verified == ask("SELECT count(*) FROM cases_visit WHERE second_signed_at IS NOT NULL")
    assert ask("SELECT count(*) FROM cases_visit") == ask("SELECT count(*) FROM cases_caseevent WHERE step = 'visit'")
    audited = ask("SELECT action, count(*) FROM office_auditentry WHERE action LIKE 'case.%' GROUP BY action ORDER BY action")
    assert audited == ask("SELECT 'case.' || step, count(*) FROM cases_caseevent GROUP BY step ORDER BY step")


def test_every_answer_was_kept_with_what_it_answers(killed, ask):
    kept = dict(ask("SELECT key, answer FROM office_submission"))
    for (number, step), said in killed[0].said.items():
        assert json.loads(kept[f"household-{number}-{step}"]) == json.loads(said)
    assert len(kept) == ask("SELECT count(*) FROM cases_caseevent WHERE step <> 'conclude'")[0][0]


def test_every_date_kept_is_what_the_clock_says_and_the_file_is_sound(killed, ask):
    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
    done = subprocess.run(
        [sys.executable, "-m", "yimen", "manage", "dues", "--check"],
        env=killed[0].environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
