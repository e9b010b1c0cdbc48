"""
Centre and hall as two programs, each on a home of its own: the network is cut, the hall is killed in the middle, the centre is
back.

The network is cut by killing the centre. Counted from outside, by what was acknowledged.
"""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests import tables

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.apart]
PATIENCE = 240
KILLS = 3
ROUNDS_BETWEEN = 12
SET_UP = """
import json, pathlib
from django.utils import timezone
from tests.hall.test_bringing import make_hall
from yimen.hall import actions
from yimen.jobs.serving import prepare
from yimen.office.access import System, scope
prepare()
now = timezone.now()
house = make_hall()
told = {}
with scope(System("tests"), "测试"):
    for name, kind, window in (("kiosk", "kiosk", None), ("box", "window", house.windows[0])):
        _, told[name] = actions.add_device(venue=house.venue, kind=kind, name=name, window=window, by=None, at=now)
    packed = actions.pack_venue(
        venue=house.venue, first_day=timezone.localdate(), days=14, centre="CENTRE", by=None, at=now
    )
pathlib.Path("FOLDER/demo.ymp").write_bytes(packed.content)
print(json.dumps(told | {"code": packed.code}))
"""
OPEN = """
from django.utils import timezone
from yimen.hall import actions
from yimen.hall.models import Window
from yimen.office.access import scope
from yimen.office.models import Staff
clerk = Staff.objects.get(username="clerk0")
with scope(clerk, "开窗"):
    actions.set_window(window_id=Window.objects.get(number=1).pk, state="open", by=clerk, at=timezone.now())
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after = stat.read_text().rpartition(")")[2].split()
            if int(after[1]) == pid:
                found += family(int(stat.parent.name))
    return found


class Program:
    """One of the two programs, seen from outside."""

    def __init__(self, home: Path, words: list[str]) -> None:
        self.home, self.port, self.words = home, free_port(), words
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN", "DJANGO"))}
        self.environment |= {"YIMEN_HOME": str(home), "YIMEN_DEMO": "1"}
        self.process: subprocess.Popen | None = None
        home.mkdir()
        tables.place(home / "yimen.sqlite3")

    def yimen(self, *words: str) -> str:
        command = [sys.executable, "-m", "yimen", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *more: str, said: str = "") -> None:
        command = [sys.executable, "-m", "yimen", "serve", "--port", str(self.port), *self.words, *more]
        log = (self.home / "log").open("ab")
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
        self.process.stdin.write(f"{said}\n".encode())
        self.process.stdin.close()
        self.wait(self.answers, "does not answer: " + str(self.home / "log"))

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/venues/", timeout=5):
                return True
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """Kill the program and all its processes at once, as a power cut does."""
        if self.process is not None:
            for pid in reversed(family(self.process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def wait(self, ready, otherwise: str) -> None:
        until = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < until, otherwise
            time.sleep(0.2)

    def ask(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(self.home / "yimen.sqlite3", timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


class Machine:
    """A machine of the hall: sends with a key of its own until it is answered, and remembers every answer."""

    def __init__(self, hall: Program, token: str) -> None:
        self.hall, self.token = hall, token
        self.answered: dict[str, dict] = {}

    def send(self, path: str, body: dict | None = None, key: str = "") -> dict | None:
        """Return the answer, or None where none came: then nobody knows whether it happened."""
        key = key or uuid.uuid4().hex
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        address = f"http://127.0.0.1:{self.hall.port}/api/hall/{path}"
        try:
            with urlopen(Request(address, data=json.dumps(body or {}).encode(), headers=headers), timeout=30) as answer:
                told = json.loads(answer.read())
        except HTTPError:
            raise
        except (URLError, OSError, HTTPException):
            return None
        before = self.answered.setdefault(key, told)
        assert before.get("ticket") == told.get("ticket"), "another answer under the same key"
        return told


@pytest.fixture
def two(tmp_path):
    """The centre, and the hall that was packed there and runs by itself."""
    centre = Program(tmp_path / "centre", ["--web-only"])
    hall = Program(tmp_path / "hall", ["--venue", "demo"])
    script = SET_UP.replace("CENTRE", f"http://127.0.0.1:{centre.port}").replace("FOLDER", str(tmp_path))
    told = json.loads(centre.yimen("manage", "shell", "--no-imports", "-c", script).splitlines()[-1])
    try:
        centre.start()
        hall.start("--package", str(tmp_path / "demo.ymp"), said=told["code"])
        hall.yimen("manage", "shell", "--no-imports", "-c", OPEN)
        yield centre, hall, Machine(hall, told["kiosk"]), Machine(hall, told["box"])
    finally:
        centre.kill()
        hall.kill()


def told_to(centre: Program, hall: Program) -> bool:
    """Say whether the centre has dealt with all that the hall has written down."""
    whole = hall.ask("SELECT MAX(sequence) FROM hall_event")[0][0]
    return centre.ask("SELECT dealt_with FROM hall_node") == [(whole,)]


def serve_one(kiosk: Machine, box: Machine) -> bool:
    """Let one person take a number, be called and served; return False where the hall fell silent on the way."""
    steps = [(kiosk, "tickets", {}), (box, "window/call", {})]
    for machine, path, body in steps:
        if machine.send(path, body) is None:
            return False
    stands = box.send("window/finish", {"ticket": next(reversed(box.answered.values()))["ticket"]})
    return stands is not None


def test_cut_off_and_killed_in_the_middle_the_hall_loses_nothing_and_the_centre_hears_it_all(two):
    centre, hall, kiosk, box = two
    chance = random.Random(20261125)
    for _ in range(3):
        assert serve_one(kiosk, box)
    centre.wait(lambda: told_to(centre, hall), "the first numbers did not arrive")

    centre.kill()
    for _ in range(KILLS):
        for _ in range(ROUNDS_BETWEEN):
            assert serve_one(kiosk, box)
        in_doubt = uuid.uuid4().hex
        sending = subprocess.Popen([sys.executable, "-c", _kill_soon(hall, chance.uniform(0.0, 0.05))])
        for _ in range(200):
            if kiosk.send("tickets", key=in_doubt) is None:
                break
            in_doubt = uuid.uuid4().hex
        sending.wait()
        hall.kill()
        hall.start()
        # The one nobody knows of is asked for again by its key: it happens once.
        assert kiosk.send("tickets", key=in_doubt) is not None
    numbers = [number for (number,) in hall.ask("SELECT number FROM hall_ticket ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(kiosk.answered) == len(numbers)

    centre.start()
    centre.wait(lambda: told_to(centre, hall), "what happened meanwhile did not arrive")

    acknowledged = {one["ticket"].replace("-", "") for one in kiosk.answered.values()}
    tickets = "SELECT id, number, state, calls, version FROM hall_ticket ORDER BY number"
    assert centre.ask(tickets) == hall.ask(tickets)
    assert {key for key, *_ in centre.ask(tickets)} == acknowledged
    calls = "SELECT label, window_number, nth, at FROM hall_call ORDER BY at, label, nth"
    assert centre.ask(calls) == hall.ask(calls)
    assert centre.ask("SELECT COUNT(*) FROM hall_disagreement") == [(0,)]
    assert centre.ask("SELECT COUNT(*), MAX(sequence) FROM hall_event") == hall.ask(
        "SELECT COUNT(*), MAX(sequence) FROM hall_event"
    )


def _kill_soon(hall: Program, seconds: float) -> str:
    pids = family(hall.process.pid)
    return (
        f"import os,time,contextlib\ntime.sleep({seconds})\nfor p in {pids}:\n with contextlib.suppress(OSError): os.kill(p, 9)"
    )


def test_on_a_stick_it_comes_to_the_same_as_over_the_network(two, tmp_path):
    centre, hall, kiosk, box = two
    centre.kill()
    for _ in range(4):
        assert serve_one(kiosk, box)
    stick = tmp_path / "stick.ymt"
    assert "条记录写到" in hall.yimen("venue", "send", str(stick))
    hall.kill()

    for _ in range(2):
        said = centre.yimen("venue", "take", str(stick))
        assert "收到第" in said
    assert told_to(centre, hall)
    tickets = "SELECT id, number, state FROM hall_ticket ORDER BY number"
    assert centre.ask(tickets) == hall.ask(tickets)
    assert b"A001" not in stick.read_bytes()
