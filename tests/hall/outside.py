"""
Machines at the other end of the line, each with a ledger of its own (外账): what it sent under which key, what it was answered.

A machine whose line breaks does not know whether it was done. It asks again with the same key until it is told, as the kiosk and
the call box of a maker would; an answer given once must be given again.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

CHECK = "c" * 32
PATIENCE_SECONDS = 60


@dataclass
class Entry:
    """One thing sent: to where, under which key, what was answered, and how often the line broke before that."""

    path: str
    key: str
    body: object
    answer: str = ""
    broken: int = 0


@dataclass
class Machine(threading.Thread):
    """One machine that works until it is told to stop, and ends what it has begun."""

    port: int
    hall: dict
    stop: threading.Event
    ledger: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: str = ""
    answers: int = 0
    line: http.client.HTTPConnection | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.dice = random.Random(len(self.hall["venue"]))

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Work until told to stop; what goes wrong is kept for the test."""
        try:
            while not self.stop.is_set():
                self.work()
        except Exception as problem:
            self.failed = f"{type(self).__name__}: {problem!r}"

    def work(self) -> None:
        """Do one thing after the other."""

    def send(self, path: str, body: object = None) -> Entry:
        """Send something new under a key of its own until it is answered."""
        entry = Entry(path, uuid.uuid4().hex, body)
        self.ledger.append(entry)
        entry.answer = self.told(entry)
        return entry

    def told(self, entry: Entry) -> str:
        """Send until an answer comes, always under the same key."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                status, said = self.ask(entry)
            except (OSError, http.client.HTTPException):
                status, said = 0, ""
            if status and status < 500:
                self.answers += 1
                return self.kept(entry, status, said)
            entry.broken += 1
            if status == 500:
                self.refused.append(f"{entry.path}: 500 {said[:200]}")
            time.sleep(0.02)
        raise AssertionError(f"no answer to {entry.path} within {PATIENCE_SECONDS} s")

    def ask(self, entry: Entry) -> tuple[int, str]:
        """Send once; return status and text."""
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        content, headers = self.form(entry)
        try:
            self.line.request("POST", entry.path, content, headers)
            answer = self.line.getresponse()
            said = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.line.close()
            self.line = None
            raise
        return answer.status, answer.headers.get("Location", said)

    def form(self, entry: Entry) -> tuple[str, dict[str, str]]:
        """Return what goes over the line."""
        raise NotImplementedError

    def kept(self, entry: Entry, status: int, said: str) -> str:
        """Return of an answer what must never change; a refusal counts as one and is an error."""
        raise NotImplementedError


class Kiosk(Machine):
    """A maker's kiosk: takes tickets over the API."""

    def work(self) -> None:
        self.send("/api/hall/tickets", {})
        time.sleep(self.dice.uniform(0, 0.02))

    def form(self, entry: Entry) -> tuple[str, dict[str, str]]:
        token = {"Authorization": f"Bearer {self.hall['kiosk']}", "Idempotency-Key": entry.key}
        return json.dumps(entry.body), token | {"Content-Type": "application/json"}

    def kept(self, entry: Entry, status: int, said: str) -> str:
        if status != 201:
            self.refused.append(f"{entry.path}: {status} {said[:200]}")
            return ""
        told = json.loads(said)
        return f"{uuid.UUID(told['ticket']).hex} {told['label']}"


class Browser(Machine):
    """The kiosk page in a paired browser: takes tickets with its form."""

    cookie = ""

    def work(self) -> None:
        self.send(f"/venues/{self.hall['venue']}/kiosk/", {"step": "take", "lang": ""})
        time.sleep(self.dice.uniform(0, 0.02))

    def pair(self) -> None:
        """Be let in by the code, which opens once."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request("POST", f"/venues/{self.hall['venue']}/pair/", urlencode({"code": self.hall["code"]}), self._headers())
        answer = line.getresponse()
        answer.read()
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def _headers(self) -> dict[str, str]:
        known = {"Cookie": f"csrftoken={CHECK}; {self.cookie}", "X-CSRFToken": CHECK}
        return known | {"Content-Type": "application/x-www-form-urlencoded"}

    def form(self, entry: Entry) -> tuple[str, dict[str, str]]:
        return urlencode({**entry.body, "key": entry.key}), self._headers()

    def kept(self, entry: Entry, status: int, said: str) -> str:
        if status != 302:
            self.refused.append(f"{entry.path}: {status} {said[:200]}")
            return ""
        return said.split("/kiosk/")[1].split("/", maxsplit=1)[0]


class Box(Machine):
    """The call box of a window: calls, calls again, serves, ends or misses."""

    box = 0

    def form(self, entry: Entry) -> tuple[str, dict[str, str]]:
        token = {"Authorization": f"Bearer {self.hall['boxes'][self.box]}", "Idempotency-Key": entry.key}
        return json.dumps(entry.body), token | {"Content-Type": "application/json"}

    def kept(self, entry: Entry, status: int, said: str) -> str:
        if status != 200:
            self.refused.append(f"{entry.path}: {status} {said[:200]}")
            return ""
        # A call is told with the ticket that stands at the window; after an end there is none any more.
        ticket = json.loads(said)["ticket"]
        return uuid.UUID(ticket).hex if ticket else "nobody"

    def work(self) -> None:
        called = self.send("/api/hall/window/call").answer
        if called in ("", "nobody"):
            time.sleep(0.02)
            return
        steps = ["recall"] * (self.dice.random() < 0.3) + (["miss"] if self.dice.random() < 0.2 else ["serve", "finish"])
        for step in steps:
            self.send(f"/api/hall/window/{step}", {"ticket": called})


class Screen(threading.Thread):
    """A big screen: hears the calls of its hall, and after a cut says which it heard last, as a browser does."""

    def __init__(self, port: int, hall: dict, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.venue, self.stop = port, hall["venue"], stop
        self.heard: list[int] = []
        self.cuts = 0

    def run(self) -> None:
        """Listen until told to stop; come back whenever the line is cut."""
        while not self.stop.is_set():
            try:
                self.listen()
            except (OSError, http.client.HTTPException):
                self.cuts += 1
                time.sleep(0.05)

    def listen(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        line.request("GET", f"/stream/{self.venue}/", headers={"Last-Event-ID": str(self.heard[-1] if self.heard else 0)})
        answer = line.getresponse()
        if answer.status != 200:
            raise http.client.BadStatusLine(str(answer.status))
        event: dict[str, str] = {}
        while text := answer.readline().decode():
            name, _, value = text.rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif event.get("event") == "call":
                # Only a whole event counts: what was cut off within is told again.
                self.heard.append(int(event["id"]))
            event = event if name else {}


class Hall:
    """The process that forks servers, seen from outside, and the machines that do not know of it."""

    def __init__(self, home: Path, database: str = "") -> None:
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN", "DJANGO"))}
        self.environment |= {"YIMEN_HOME": str(home), "YIMEN_DEMO": "1", "YIMEN_DATABASE_URL": database}
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hall.killed", str(self.port)],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.server = 0
        self.halls, self.stop = json.loads(self.hear()), threading.Event()
        self.machines = [machine for hall in self.halls for machine in self._machines(hall)]
        self.turned_off = threading.Event()
        self.screens = [Screen(self.port, hall, self.turned_off) for hall in self.halls]

    def _machines(self, hall: dict) -> list[Machine]:
        boxes = [Box(self.port, hall, self.stop) for _ in hall["boxes"]]
        for place, box in enumerate(boxes):
            box.box = place
        return [Kiosk(self.port, hall, self.stop), Browser(self.port, hall, self.stop), *boxes]

    def hear(self) -> str:
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return line

    def start(self, *, pages: int = 0) -> None:
        """Start a server and wait until it answers; with `pages` its database has room for so many more."""
        self.process.stdin.write(f"serve {pages}\n")
        self.process.stdin.flush()
        self.server, until = int(self.hear()), time.monotonic() + 30
        while time.monotonic() < until:
            try:
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                line.request("GET", "/venues/nowhere/windows/1/led/")
                assert line.getresponse().status == 404
                return
            except OSError:
                time.sleep(0.01)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        os.killpg(self.server, signal.SIGKILL)
        self.server = 0
        assert self.hear() == "dead\n"

    def work(self) -> None:
        for machine in self.machines:
            if isinstance(machine, Browser):
                machine.pair()
        for one in [*self.screens, *self.machines]:
            one.start()

    def hear_answers(self, number: int) -> None:
        """Wait until the machines have been told so much more."""
        wanted = self.answers() + number
        until = time.monotonic() + 60
        while self.answers() < wanted and time.monotonic() < until:
            time.sleep(0.002)

    def answers(self) -> int:
        return sum(machine.answers for machine in self.machines)

    def rest(self) -> None:
        """Let every machine end what it has begun, and every screen hear of it."""
        self.stop.set()
        for machine in self.machines:
            machine.join(60)
        assert [machine.failed for machine in self.machines if machine.failed] == []
        heard = -1
        while heard != (heard := sum(len(screen.heard) for screen in self.screens)):
            time.sleep(3)
        self.turned_off.set()

    def entries(self, *kinds: type[Machine], ending: str = "") -> list:
        held = [machine for machine in self.machines if isinstance(machine, kinds or Machine)]
        return [entry for machine in held for entry in machine.ledger if entry.path.endswith(ending)]

    def ask_all_again(self) -> list[str]:
        """Send everything that was ever sent once more; return where the answer is another one."""
        other = []
        for machine in self.machines:
            again = [one for one in machine.ledger if isinstance(machine, Kiosk | Browser)]
            other += [f"{one.path}: {one.answer}" for one in again if machine.told(one) != one.answer]
        return other

    def close(self) -> None:
        if self.server:
            self.kill()
        self.process.stdin.close()
        self.process.wait(20)
