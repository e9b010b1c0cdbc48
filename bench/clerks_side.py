"""
Clerks at work (窗口经办): each looks at the list, opens, looks, accepts, gives the opinion; an approver confirms.

Run as `python -m bench.clerks_side PLAN PORT SECONDS THINK FIRST LAST`; plain HTTP, one connection each. Every step has a key
made here; one in twenty is sent twice, what is not answered is sent again. Prints milliseconds, errors, what was acknowledged.
"""

import http.client
import json
import random
import sys
import threading
import time
import uuid
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

POLICY = "disability_nursing_subsidy"
TRIES, SENT_TWICE = 3, 0.05
CHECK = "c" * 32


class Told:
    """What all clerks of this process found."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.repeated = self.other_answers = 0
        self.acknowledged: dict[str, list[str]] = defaultdict(list)


class Line:
    """One connection to the server, kept open."""

    def __init__(self, port: int, told: Told) -> None:
        self.port, self.told = port, told
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, what: str, method: str, path: str, session: str, body: Any = None, key: str = "") -> dict[str, Any] | None:
        """Return the answer, or None if there was none or a refusal; both are errors."""
        headers = {"Cookie": f"sessionid={session}; csrftoken={CHECK}", "X-CSRFToken": CHECK}
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key} if key else {}
        content = json.dumps(body) if key else None
        for _ in range(TRIES):
            before = time.perf_counter()
            try:
                self.http.request(method, path, content, headers)
                answer = self.http.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self.told.errors.append(f"{what}: {type(problem).__name__}")
                self.http.close()
                continue
            self.told.milliseconds[what].append((time.perf_counter() - before) * 1000)
            if answer.status != 200:
                self.told.errors.append(f"{what}: {answer.status} {said.decode()[:120]}")
                return None
            return dict(json.loads(said))
        return None


class _TimeIsUp(Exception):
    """The clerk goes home."""


class Clerk(threading.Thread):
    """One clerk with his own desk, people and approver."""

    def __init__(self, desk: dict[str, Any], approver: str, line: Line, until: float, think: float) -> None:
        super().__init__()
        self.desk, self.approver, self.line, self.until, self.think = desk, approver, line, until, think

    def run(self) -> None:
        """Take one person after the other until time is up, wherever the last case stands then."""
        time.sleep(random.uniform(0, self.think))
        with suppress(_TimeIsUp):
            for person, home in self.desk["people"]:
                self.handle(person, home)

    def handle(self, person: str, home: str) -> None:
        """Take one application from the first word to the grant."""
        session = self.desk["session"]
        self.ask("list", "/api/cases", session)
        opened = self.post("open", "/api/cases", session, {"household": home, "applicant": person}, "case")
        if opened is None:
            return
        path = f"/api/cases/{opened['case']}"
        given = {"person": person, "given": True, "signed_on": f"{datetime.now(UTC):%Y-%m-%d}"}
        self.post("consent", f"{path}/consent", session, given, "")
        if self.post("accept", f"{path}/accept", session, {"asked": [{"policy": POLICY, "person": person}]}, "number") is None:
            return
        page = self.ask("page", path, session)
        if page is None:
            return
        decision = f"/api/decisions/{page['decisions'][0]['decision']}"
        opinion = {"agrees": True, "opinion": "符合条件，建议同意。"}
        if self.post("propose", f"{decision}/propose", session, opinion, "decision") is not None:
            self.post("confirm", f"{decision}/confirm", self.approver, {"words": ""}, "grant")

    def ask(self, what: str, path: str, session: str) -> dict[str, Any] | None:
        self.pause()
        return self.line.call(what, "GET", path, session)

    def post(self, what: str, path: str, session: str, body: Any, kept: str) -> dict[str, Any] | None:
        self.pause()
        key, told = uuid.uuid4().hex, self.line.told
        answer = self.line.call(what, "POST", path, session, body, key)
        if answer is not None and random.random() < SENT_TWICE:
            told.repeated += 1
            told.other_answers += self.line.call(f"{what} again", "POST", path, session, body, key) != answer
        if answer is not None and kept:
            told.acknowledged[what].append(answer[kept])
        return answer

    def pause(self) -> None:
        """Think: between half and one and a half times as long as said."""
        if self.think:
            time.sleep(random.uniform(0.5, 1.5) * self.think)
        if time.perf_counter() > self.until:
            raise _TimeIsUp


def main() -> None:
    """Let the clerks of this process work, and tell."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    port, seconds, think = int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    desks, told = plan["desks"][int(sys.argv[5]) : int(sys.argv[6])], Told()
    began = time.perf_counter()
    clerks = [
        Clerk(desk, plan["approvers"][place % len(plan["approvers"])], Line(port, told), began + seconds, think)
        for place, desk in enumerate(desks)
    ]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    print(json.dumps({**vars(told), "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
