"""Part e: loading the roster of 291,900 people into an empty SQLite."""

import shutil

from bench import county
from bench.processes import YIMEN_PYTHON, Patience, answer_of, say, timed
from bench.report import Part, Row, median

SECONDS, ROUNDS, PATIENCE_SECONDS = 120, 2, 60


def run() -> Part:
    """Load the same file into new homes; the clock runs from the start of the command to its end."""
    runs, answers, patience = [], [], Patience(PATIENCE_SECONDS)
    for number in range(ROUNDS):
        home, roster = county.empty()
        say(f"装载名册：第 {number + 1}/{ROUNDS} 轮")
        try:
            answer_of(YIMEN_PYTHON, "bench.preparing_side", "areas", env=home.env)
            patience.wait()
            loaded = timed(["load", "roster", str(roster), "--area", county.COUNTY_CODE], home.env)
        finally:
            shutil.rmtree(home.env["YIMEN_HOME"], ignore_errors=True)
        runs.append(loaded.seconds)
        answers.append(loaded.answer)
    part = Part("e-loading", f"(e) `yimen load roster`, {county.PEOPLE:,} people, SQLite")
    rate = answers[-1]["rows"] / median(runs)
    part.rows += [
        Row("e", "whole command", "s", median(runs), SECONDS, runs=runs),
        Row("e", "rows a second", "", rate),
    ]
    last = answers[-1]
    part.notes.append(patience.words)
    part.notes.append(f"{last['rows']:,} rows: {last['loaded']:,} loaded, {last['rejected']:,} refused with a reason.")
    return part
