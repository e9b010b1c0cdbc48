"""
Yimen's side (本方): the program of the rules over the population's Parquet files, as a screening runs it.

Run as `python -m bench.yimen_side FOLDER PEOPLE SLICES [ANSWERS]`; prints one line of JSON. The clock starts when the
rules are read and translated, as on the other side; it stops when every verdict and amount of every slice stands in tables.
"""

import json
import resource
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from yimen.policies.queries import Program, Rules, load_rules, quoted

ON = date(2026, 12, 1)
# As a screening does (yimen.screening.actions), but the memory is what the target allows.
THREADS, MEMORY = 2, "2GB"
ALL = 2**62


def main() -> None:
    """Screen a population in slices; print seconds, peak memory and the number of answers by policy."""
    folder, people, slices = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    out = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    before = time.perf_counter()
    rules = load_rules(folder / "rules")
    program = made_ready(rules)
    started, cpu = time.perf_counter(), time.process_time()
    tally: Counter[str] = Counter()
    bounds = _bounds(folder, people, slices)
    laps, cpu_laps = [], []
    for low, high, last in bounds:
        with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY}) as con:
            take_in(con, folder, program, low, high, last)
            program.run(con)
            # The clock stands still while the benchmark looks at the answers.
            laps.append(time.perf_counter())
            cpu_laps.append(time.process_time())
            tally.update(_tally(con, program))
            if out:
                _write(con, out)
            laps.append(time.perf_counter())
            cpu_laps.append(time.process_time())
    looking, cpu_looking = (sum(one[1::2]) - sum(one[0::2]) for one in (laps, cpu_laps))
    seconds, cpu_s = laps[-1] - started - looking, cpu_laps[-1] - cpu - cpu_looking
    print(json.dumps(_report(rules_s=started - before, s=seconds, cpu_s=cpu_s, tally=tally)))


def _report(*, rules_s: float, s: float, cpu_s: float, tally: Counter[str]) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rules_s": rules_s, "seconds": s, "cpu_s": cpu_s, "peak_mb": peak, "tally": dict(sorted(tally.items()))}


def _bounds(folder: Path, people: int, slices: int) -> list[tuple[int, int, int]]:
    """Return first and last household of each slice, and the number of people in all."""
    if slices == 1:
        return [(0, ALL, people)]
    with duckdb.connect() as con:
        found = con.execute(f"SELECT max(subject) FROM '{folder}/person.parquet' WHERE member < {people}").fetchone()
    assert found
    size = -(-(found[0] + 1) // slices)
    return [(start, min(start + size, found[0] + 1) - 1, people) for start in range(0, found[0] + 1, size)]


def made_ready(rules: Rules) -> Program:
    """Return the program of the rules, translated to what answers them, as the other side's rules are."""
    program = Program(rules, ON, rules.compiled_in_force(ON))
    assert program.bulk
    return program


def take_in(con: duckdb.DuckDBPyConnection, folder: Path, program: Program, low: int, high: int, people: int) -> None:
    """Create the input tables of a slice and the parameters of its counties."""
    within = f"WHERE subject BETWEEN {low} AND {high}"
    con.execute(f"CREATE VIEW person AS SELECT * FROM '{folder}/person.parquet' {within} AND member < {people}")
    con.execute(f"CREATE VIEW household AS SELECT * FROM '{folder}/household.parquet' {within}")
    con.execute("CREATE TABLE obligor (subject BIGINT, member BIGINT, obligor BIGINT)")
    groups = con.execute("SELECT DISTINCT place, category FROM household").fetchall()
    program.create_parameters(con, [(place, tuple(place.split(".")), category) for place, category in groups])


def _tally(con: duckdb.DuckDBPyConnection, program: Program) -> dict[str, int]:
    """Count the answers by policy and verdict: the proof that two ways of slicing come to the same."""
    found = {}
    for policy in program.policies:
        table = "household_answer" if policy.subject == "户" else "person_answer"
        verdict = quoted(f"v_{policy.id}")
        rows = con.execute(f"SELECT coalesce({verdict}::VARCHAR, 'unknown'), count(*) FROM {table} GROUP BY 1").fetchall()
        found |= {f"{policy.id} {name}": number for name, number in rows}
    return found


def _write(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    con.execute(f"COPY (SELECT * FROM household_answer ORDER BY subject) TO '{out}/household.parquet'")
    con.execute(f"COPY (SELECT * FROM person_answer ORDER BY member) TO '{out}/person.parquet'")


if __name__ == "__main__":
    main()
