"""Part a: the same 50 policies for 513,700 people, Yimen against OpenFisca-Core, answers compared row by row."""

from pathlib import Path
from typing import Any

from bench.processes import BENCH_PYTHON, DATA, Patience, answer_of, say
from bench.report import Part, Row, median
from bench.rulebook import write_folder

PEOPLE, ROUNDS, PATIENCE_SECONDS = 513_700, 11, 240
TARGET, STRETCH = 2, 5


def run() -> Part:
    """Time both sides in turn, each in a fresh process, and compare every verdict and every amount."""
    folder = prepared(PEOPLE)
    ours, theirs, patience = [], [], Patience(PATIENCE_SECONDS)
    for number in range(ROUNDS):
        say(f"筛查 {PEOPLE:,} 人：第 {number + 1}/{ROUNDS} 轮")
        last = number == ROUNDS - 1
        answers = [folder / "answers" / side for side in ("yimen", "openfisca")] if last else [None, None]
        patience.wait()
        ours.append(answer_of(BENCH_PYTHON, "bench.yimen_side", folder, PEOPLE, 1, *filter(None, answers[:1])))
        patience.wait()
        theirs.append(answer_of(BENCH_PYTHON, "bench.openfisca_side", folder, PEOPLE, *filter(None, answers[1:])))
    compared = answer_of(BENCH_PYTHON, "bench.compare", folder)
    part = _part(ours, theirs, compared)
    part.notes.append(patience.words)
    return part


def prepared(people: int) -> Path:
    """Write the rules and the people, if they are not there yet; return their folder."""
    folder = DATA / f"people-{people}"
    write_folder(folder / "rules")
    if not (folder / "person.parquet").exists():
        say(f"编造 {people:,} 人 …")
        answer_of(BENCH_PYTHON, "bench.population", folder, people)
    return folder


def _part(ours: list[Any], theirs: list[Any], compared: Any) -> Part:
    part = Part("a-screening", f"(a) Screening: {PEOPLE:,} people × 50 policies (215 clauses, 80 distinct)")
    seconds = [[run["seconds"] for run in side] for side in (ours, theirs)]
    part.rows += [
        Row(
            "a",
            "OpenFisca-Core seconds / Yimen seconds, both with loading",
            "×",
            median(seconds[1]) / median(seconds[0]),
            TARGET,
            STRETCH,
            at_least=True,
        ),
        Row("a", "Yimen (two threads), loading included", "s", median(seconds[0]), runs=seconds[0]),
        Row("a", "OpenFisca-Core (one thread), loading included", "s", median(seconds[1]), runs=seconds[1]),
        _told("of which OpenFisca-Core loading", "s", [run["loading_s"] for run in theirs]),
        _told("Yimen, processor", "s", [run["cpu_s"] for run in ours]),
        _told("OpenFisca-Core, processor", "s", [run["cpu_s"] for run in theirs]),
        _told("Yimen, peak memory", "MB", [run["peak_mb"] for run in ours]),
        _told("OpenFisca-Core, peak memory", "MB", [run["peak_mb"] for run in theirs]),
        Row("a", f"answers that differ, of {compared['answers']:,}", "", compared["different"]),
        Row("a", "of these, Yimen's is the exact one (reckoned again by closures in integers)", "", compared["ours_exact"]),
        Row("a", "verdicts that are unknown", "%", compared["unknown_percent"]),
    ]
    part.notes += [
        "Both sides read the same Parquet files and answer in memory; reading the rules and, on the other side, translating "
        "them is outside the clock on both.",
        *(f"difference: {line}" for line in compared["examples"]),
    ]
    return part


def _told(what: str, unit: str, runs: list[float]) -> Row:
    return Row("a", what, unit, median(runs), runs=runs)
