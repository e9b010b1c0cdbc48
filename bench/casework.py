"""Part f: 200 clerks' worth of case work over HTTP, on SQLite and on PostgreSQL; 0 lost and 0 doubled, counted from outside."""

import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import county
from bench.processes import ROOT, YIMEN_PYTHON, Failed, Patience, answer_of, say
from bench.report import Part, Row

CLERKS, APPROVERS, PEOPLE = 200, 20, 6000
# A case in under two minutes: several times as fast as anybody works.
THINK_SECONDS, SECONDS, FLAT_OUT_SECONDS, AT_ONCE = 15.0, 60, 12, 16
# The first requests of a server read the rules; they are not measured.
WARMING, WARMING_SECONDS = 2, 3
GENERATORS, PORT, PATIENCE_SECONDS = 2, 18_700, 30


def run() -> Part:
    """Let the clerks work at copies of the county that is built already."""
    part = Part("f-casework", f"(f) Case work of {CLERKS} clerks over HTTP, county of {county.PEOPLE:,} people")
    with tempfile.TemporaryDirectory(prefix="yimen-bench-") as folder:
        _add(part, county.copy_of(county.sqlite(), Path(folder) / "sqlite"))
        with county.postgresql() as home:
            if home is None:
                part.notes.append("PostgreSQL is not installed here; not measured.")
            else:
                _add(part, county.copy_of(home, Path(folder) / "postgresql"))
    part.notes.append(
        f"Each clerk pauses {0.5 * THINK_SECONDS:g} to {1.5 * THINK_SECONDS:g} s before each request; a case is a look at the "
        "list, opening, authorisation, acceptance, a look at the case, opinion, confirmation by another person: 7 requests. One "
        "in 20 is sent twice under its key. The server is `yimen serve --web-only`; the clerks are other processes beside it."
    )
    return part


def _add(part: Part, home: county.Home) -> None:
    say(f"窗口办件（{home.name}）：{CLERKS} 人")
    with tempfile.TemporaryDirectory() as folder:
        plan, patience = Path(folder) / "plan", Patience(PATIENCE_SECONDS)
        sizes = CLERKS + AT_ONCE + WARMING, APPROVERS, PEOPLE
        answer_of(YIMEN_PYTHON, "bench.hiring_side", plan, county.COUNTY_CODE, *sizes, env=home.env)
        patience.wait()
        with _served(home) as port:
            warmed = _work(plan, port, WARMING_SECONDS, 0, CLERKS + AT_ONCE, CLERKS + AT_ONCE + WARMING)
            paced = _work(plan, port, SECONDS, THINK_SECONDS, 0, CLERKS)
            flat_out = _work(plan, port, FLAT_OUT_SECONDS, 0, CLERKS, CLERKS + AT_ONCE)
        _add_rows(part, home, paced, flat_out, _counted(home, Path(folder), warmed, paced, flat_out))
        part.notes.append(f"{home.name}: {patience.words}")
        part.notes += [f"{home.name}, error: {one}" for one in (paced["errors"] + flat_out["errors"])[:5]]


def _add_rows(part: Part, home: county.Home, paced: Any, flat_out: Any, counted: Any) -> None:
    for words, told in ((f"{CLERKS} clerks", paced), (f"{AT_ONCE} without a pause", flat_out)):
        every = sorted(one for some in told["milliseconds"].values() for one in some)
        part.rows += [
            Row("f", f"{home.name}: {words}, requests a second", "", len(every) / told["seconds"]),
            Row("f", f"{home.name}: {words}, half of the requests within", "ms", every[len(every) // 2]),
            Row("f", f"{home.name}: {words}, 95 of 100 within", "ms", every[int(len(every) * 0.95)]),
        ]
    slowest = {what: sorted(some)[int(len(some) * 0.95)] for what, some in paced["milliseconds"].items() if "again" not in what}
    part.notes.append(f"{home.name}, 95 of 100 by step: " + ", ".join(f"{k} {v:,.0f} ms" for k, v in slowest.items()))
    both = (paced, flat_out)
    part.rows += [
        Row("f", f"{home.name}: errors, refusals and broken connections", "", sum(len(one["errors"]) for one in both), 0),
        Row("f", f"{home.name}: acknowledged and lost", "", counted["lost"], 0),
        Row("f", f"{home.name}: done twice, or numbers with a gap", "", counted["doubled"] + counted["gaps"], 0),
        Row("f", f"{home.name}: answers that changed when sent again", "", sum(one["other_answers"] for one in both), 0),
        Row("f", f"{home.name}: sent again under the same key", "", sum(one["repeated"] for one in both)),
        Row("f", f"{home.name}: cases from the first word to the grant", "", counted["granted"]),
    ]


@contextmanager
def _served(home: county.Home) -> Iterator[int]:
    """Serve the county as an operator does, and yield the port once the first page has come."""
    command = [str(YIMEN_PYTHON), "-m", "yimen", "serve", "--web-only", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **home.env}, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().split("127.0.0.1:")[1].split("/")[0])
            _wait_for(port)
            yield port
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            asked.request("GET", "/login/")
            if asked.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise Failed("the server did not answer within a minute")


def _work(plan: Path, port: int, seconds: float, think: float, first: int, last: int) -> dict[str, Any]:
    """Let some desks work, shared by the generators, and return what they found together."""
    share = -(-(last - first) // GENERATORS)
    command = [str(YIMEN_PYTHON), "-m", "bench.clerks_side", str(plan), str(port), str(seconds), str(think)]
    running = [
        subprocess.Popen([*command, str(begin), str(min(begin + share, last))], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for begin in range(first, last, share)
    ]
    said = [one.communicate()[0] for one in running]
    if any(one.returncode for one in running):
        raise Failed("bench.clerks_side ended with an error")
    return _together([json.loads(one.strip().splitlines()[-1]) for one in said])


def _together(found: list[dict[str, Any]]) -> dict[str, Any]:
    lists: dict[str, dict[str, list[Any]]] = {"milliseconds": defaultdict(list), "acknowledged": defaultdict(list)}
    for one in found:
        for name, kept in lists.items():
            for what, some in one[name].items():
                kept[what] += some
    return {
        **lists,
        "errors": [error for one in found for error in one["errors"]],
        "repeated": sum(one["repeated"] for one in found),
        "other_answers": sum(one["other_answers"] for one in found),
        "seconds": max(one["seconds"] for one in found),
    }


def _counted(home: county.Home, folder: Path, *found: dict[str, Any]) -> Any:
    said: dict[str, list[str]] = defaultdict(list)
    for one in found:
        for step, answers in one["acknowledged"].items():
            said[step] += answers
    path = folder / "acknowledged"
    path.write_text(json.dumps(said), encoding="utf-8")
    return answer_of(YIMEN_PYTHON, "bench.counting_side", path, env=home.env)
