"""Part d: `yimen screen` as a county runs it, snapshot and writing included, while somebody writes at a desk."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import county
from bench.processes import ROOT, YIMEN_PYTHON, Patience, answer_of, say, timed
from bench.report import Part, Row, median

SECONDS, WAIT_MS, ROUNDS, PATIENCE_SECONDS = 30, 300, 3, 60


def run() -> Part:
    """Screen everybody anew on SQLite and, where it is installed, on PostgreSQL."""
    part = Part("d-whole-run", f"(d) `yimen screen`, {county.PEOPLE:,} people, with a write every 20 ms beside it")
    _add(part, county.sqlite())
    with county.postgresql() as home:
        if home is None:
            part.notes.append("PostgreSQL is not installed here; not measured.")
        else:
            _add(part, home)
    return part


def _add(part: Part, home: county.Home) -> None:
    runs, patience = [], Patience(PATIENCE_SECONDS)
    for number in range(ROUNDS):
        say(f"全员筛查（{home.name}）：第 {number + 1}/{ROUNDS} 轮")
        answer_of(YIMEN_PYTHON, "bench.forgetting_side", env=home.env)
        patience.wait()
        runs.append(_screen_beside_writer(home))
    seconds, waits = [run["seconds"] for run in runs], [max(run["waits"]) for run in runs]
    part.rows += [
        Row("d", f"{home.name}: whole command", "s", median(seconds), SECONDS, runs=seconds),
        Row("d", f"{home.name}: longest wait of a write during the run", "ms", max(waits), WAIT_MS, runs=waits),
        Row("d", f"{home.name}: usual write during the run", "ms", median([median(run["waits"]) for run in runs])),
        Row("d", f"{home.name}: peak memory", "MB", max(run["report"]["peak_mb"] for run in runs)),
    ]
    for name in ("snapshot", "engine", "write"):
        parts = [run["report"]["seconds"].get(name, 0) for run in runs]
        part.rows.append(Row("d", f"{home.name}: of which {name}", "s", median(parts), runs=parts))
    last = runs[-1]["report"]
    part.notes.append(f"{home.name}: {patience.words}")
    part.notes.append(
        f"{home.name}: {last['people']:,} people, {last['households']:,} households, {last['policies']} policies, "
        f"{last['opened']:,} findings written; {sum(len(run['waits']) for run in runs):,} writes beside the runs."
    )


def _screen_beside_writer(home: county.Home) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder) / "writing"
        mark.touch()
        with subprocess.Popen(
            [str(YIMEN_PYTHON), "-m", "bench.writing_side", str(mark)],
            cwd=ROOT,
            env={**os.environ, **home.env},
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            while mark.read_text(encoding="utf-8") != "ready" and writer.poll() is None:
                time.sleep(0.1)
            try:
                screened = timed(["screen", "--full"], home.env)
            finally:
                mark.unlink()
            said, _ = writer.communicate()
        return {"seconds": screened.seconds, "report": screened.answer, "waits": json.loads(said)}
