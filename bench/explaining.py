"""Part c: explaining one household of three with nine statements against all policies, from the database."""

import statistics
from typing import Any

from bench import county
from bench.processes import YIMEN_PYTHON, Patience, answer_of, say
from bench.report import Part, Row

PATIENCE_SECONDS = 120
MEDIAN_MS, P95_MS, CLOSURES_MS = 5, 20, 0.2


def run() -> Part:
    """Explain on SQLite and, where it is installed, on PostgreSQL."""
    part = Part("c-explaining", "(c) Explaining a household of three with nine statements, from a county of 291,900 people")
    patience = Patience(PATIENCE_SECONDS)
    _add(part, county.sqlite(), patience)
    with county.postgresql() as home:
        if home is None:
            part.notes.append("PostgreSQL is not installed here; not measured.")
        else:
            _add(part, home, patience)
    part.notes.append(patience.words)
    return part


def _add(part: Part, home: county.Home, patience: Patience) -> None:
    say(f"说明一户（{home.name}）")
    patience.wait()
    found: Any = answer_of(YIMEN_PYTHON, "bench.explaining_side", env=home.env)
    whole, answers, closures = (sorted(found[name]) for name in ("whole_ms", "answers_ms", "closures_ms"))
    queries = ", ".join(f"{number} queries: {times}×" for number, times in found["queries"].items())
    part.rows += [
        Row("c", f"{home.name}: all policies, the audit row apart, median", "ms", statistics.median(whole), MEDIAN_MS),
        Row("c", f"{home.name}: the same, 95 of 100", "ms", whole[int(len(whole) * 0.95)], P95_MS),
        Row(
            "c",
            f"{home.name}: closures of all conditions alone, household and three members",
            "ms",
            statistics.median(closures),
            CLOSURES_MS,
        ),
        Row("c", f"{home.name}: derived facts, conditions, amounts and relations in memory", "ms", statistics.median(answers)),
        Row("c", f"{home.name}: queries a household", "", max(int(number) for number in found["queries"])),
    ]
    part.notes.append(f"{home.name}: {found['homes']} households, {len(whole)} explanations; {queries}.")
