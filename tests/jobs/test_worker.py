"""A worker killed in the middle of a job: another takes it over, and what was done comes to the same as done once."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import tables

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.apart]
QUEUE = """
from django.utils import timezone
from yimen.jobs.demo.accounts import prepare_accounts
from yimen.jobs.demo.venues import prepare_venues
from yimen.jobs.serving import prepare
from yimen.office import work
prepare()
prepare_accounts()
prepare_venues()
work.enqueue("demo.build", arguments={"people": PEOPLE, "seed": 7}, by=None, at=timezone.now())
"""


class Home:
    """A program of its own in a folder, used only from outside, as an operator does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen] = []
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("YIMEN", "DJANGO"))}
        self.environment |= {"YIMEN_HOME": str(folder), "YIMEN_LEASE_SECONDS": "2", "YIMEN_DEMO": "1"}

    def yimen(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "yimen", *words], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def queue_a_county(self, people: int) -> None:
        """Make the tables and queue the building of a demonstration county."""
        tables.place(self.folder / "yimen.sqlite3")
        self.yimen("manage", "shell", "--no-imports", "-c", QUEUE.replace("PEOPLE", str(people)))

    def worker(self) -> subprocess.Popen:
        started = subprocess.Popen([sys.executable, "-m", "yimen", "worker"], env=self.environment)
        self.workers.append(started)
        return started

    def close(self) -> None:
        """Leave no worker behind, whatever became of the test."""
        for started in self.workers:
            started.kill()
            started.wait()

    def ask(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(self.folder / "yimen.sqlite3", timeout=10)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def wait(self, sql: str, seconds: float = 200, *, every: float = 0.005) -> list[tuple]:
        """Ask until there is an answer; whoever asks all the time takes the worker's processor."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if rows := self.ask(sql):
                return rows
            time.sleep(every)
        raise AssertionError(f"did not come: {sql}")


@pytest.fixture
def home(tmp_path):
    opened = Home(tmp_path)
    yield opened
    opened.close()


def test_a_job_whose_worker_is_killed_is_done_by_the_next_as_if_nothing_had_happened(home):
    home.queue_a_county(1500)

    first = home.worker()
    home.wait("SELECT 1 FROM registry_person LIMIT 1")
    first.send_signal(signal.SIGKILL)
    first.wait()
    half = home.ask("SELECT count(*) FROM registry_person")[0][0]
    assert home.ask("SELECT state FROM office_job WHERE name = 'demo.build'") == [("running",)]

    second = home.worker()
    done = "SELECT result, attempts FROM office_job WHERE name = 'demo.build' AND state = 'done'"
    result, attempts = home.wait(done, every=0.2)[0]
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=20) == 0

    people = json.loads(result)["people"]
    assert attempts == 2
    assert 0 < half < people
    assert home.ask("SELECT count(DISTINCT id_index) FROM registry_person") == home.ask("SELECT count(*) FROM registry_person")
    with next(home.folder.glob("demo/files/真值表.csv")).open(encoding="utf-8-sig") as truth:
        planted = len(list(csv.DictReader(truth)))
    assert home.ask("SELECT count(*) FROM screening_finding WHERE state = 'open'") == [(planted,)]


@pytest.mark.parametrize("words", ["worker", "screen --json", "explain 00000000-0000-0000-0000-000000000000", "manage portal x"])
def test_a_command_before_the_tables_are_there_says_what_to_start_first(home, words):
    command = [sys.executable, "-m", "yimen", *words.split()]
    done = subprocess.run(command, env=home.environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "yimen serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_command_writes_only_its_owner_may_read(home):
    home.yimen("manage", "migrate", "--verbosity", "0")
    open_to_others = [str(path) for path in home.folder.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_a_worker_that_is_told_to_stop_in_a_long_job_gives_it_back(home):
    home.queue_a_county(6000)
    worker = home.worker()
    home.wait("SELECT 1 FROM office_job WHERE name = 'demo.build' AND rows_done > 0")

    worker.send_signal(signal.SIGINT)

    assert worker.wait(timeout=60) == 0
    assert home.ask("SELECT state, leased_until FROM office_job WHERE name = 'demo.build'") == [("ready", None)]
