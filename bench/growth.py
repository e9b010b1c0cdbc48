"""Part b: the same policies for six million people in slices: seconds, memory, and how both grow with the population."""

from pathlib import Path
from typing import Any

from bench.processes import BENCH_PYTHON, Patience, answer_of, say
from bench.report import Part, Row, median
from bench.screening import prepared

PEOPLE, ROUNDS, PATIENCE_SECONDS = 6_000_000, 5, 240
SMALLER = (500_000, 1_000_000, 2_000_000, 4_000_000)
PEOPLE_PER_SLICE = 500_000
SECONDS, STRETCH_SECONDS, MEGABYTES = 10, 4, 3072
FLAT = 1.25


def run() -> Part:
    """Screen growing beginnings of one population; the whole of it more than once."""
    folder = prepared(PEOPLE)
    patience = Patience(PATIENCE_SECONDS)
    grown = {people: _screen(folder, people, patience) for people in SMALLER}
    runs = [_screen(folder, PEOPLE, patience) for _ in range(ROUNDS)]
    part = Part("b-growth", f"(b) Screening: {PEOPLE:,} people × 50 policies in slices of {PEOPLE_PER_SLICE:,}")
    seconds, peaks = [run["seconds"] for run in runs], [run["peak_mb"] for run in runs]
    part.rows += [
        Row("b", f"{PEOPLE:,} people, loading included", "s", median(seconds), SECONDS, STRETCH_SECONDS, runs=seconds),
        Row("b", "peak memory of the process", "MB", max(peaks), MEGABYTES, runs=peaks),
        Row("b", "processor", "s", median([run["cpu_s"] for run in runs]), runs=[run["cpu_s"] for run in runs]),
    ]
    for people, run_ in grown.items():
        part.rows.append(Row("b", f"{people:,} people", "s", run_["seconds"]))
        part.rows.append(Row("b", f"{people:,} people, peak memory", "MB", run_["peak_mb"]))
    flat = max(peaks) / grown[1_000_000]["peak_mb"]
    part.rows.append(Row("b", "peak memory at six million / at one million (flat)", "×", flat, FLAT))
    linear = (median(seconds) / PEOPLE) / (grown[1_000_000]["seconds"] / 1_000_000)
    part.rows.append(Row("b", "seconds a person at six million / at one million", "×", linear))
    part.notes.append(patience.words)
    return part


def _screen(folder: Path, people: int, patience: Patience) -> Any:
    slices = -(-people // PEOPLE_PER_SLICE)
    say(f"筛查 {people:,} 人，{slices} 片")
    patience.wait()
    return answer_of(BENCH_PYTHON, "bench.yimen_side", folder, people, slices)
