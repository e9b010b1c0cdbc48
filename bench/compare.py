"""
Comparing the two sides (逐行比对): every verdict and every amount of every subject; each difference judged by a third.

Run as `python -m bench.compare FOLDER`; prints one line of JSON. The third is the closures, which reckon in exact
integers one household at a time, as the window does.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from bench.yimen_side import ON
from yimen.policies.queries import Explainer, Rules, Where, load_rules, quoted

VERDICTS = {True: "eligible", False: "not_eligible", None: "unknown"}
MOST_JUDGED, MOST_SHOWN = 200, 10


def main() -> None:
    """Compare the answers of both sides in a folder."""
    folder = Path(sys.argv[1])
    rules = load_rules(folder / "rules")
    found: list[tuple[str, int, str, Any, Any]] = []
    answers = unknown = verdicts = 0
    with duckdb.connect() as con:
        for table, key in (("household", "subject"), ("person", "member")):
            _join(con, folder, table, key)
            for column in _columns(con):
                mine, other = quoted(column), quoted(f"of_{column}")
                rows = con.execute(
                    f"SELECT key, {mine}, {other} FROM both_sides WHERE {mine} IS DISTINCT FROM {other}"
                ).fetchall()
                found += [(table, row[0], column, row[1], row[2]) for row in rows]
                counted = con.execute(f"SELECT count(*), count(*) - count({mine}) FROM both_sides").fetchall()[0]
                answers += counted[0]
                if column.startswith("v_"):
                    verdicts, unknown = verdicts + counted[0], unknown + counted[1]
        judged = [_judge(con, folder, rules, difference) for difference in found[:MOST_JUDGED]]
    print(
        json.dumps(
            {
                "answers": answers,
                "different": len(found),
                "judged": len(judged),
                "ours_exact": sum(one["ours_exact"] for one in judged),
                "unknown_percent": 100 * unknown / verdicts,
                "examples": [one["words"] for one in judged[:MOST_SHOWN]],
            },
            ensure_ascii=False,
        )
    )


def _join(con: duckdb.DuckDBPyConnection, folder: Path, table: str, key: str) -> None:
    """Put both answers side by side; both sides keep the order of the input. A row more or less would be an error."""
    ours, theirs = (folder / "answers" / side / f"{table}.parquet" for side in ("yimen", "openfisca"))
    counts = [con.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0] for path in (ours, theirs)]
    if counts[0] != counts[1]:
        raise SystemExit(f"{table}: {counts[0]} rows against {counts[1]}")
    columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM '{theirs}'").fetchall()]
    renamed = ", ".join(f"{quoted(name)} AS {quoted('of_' + name)}" for name in columns)
    con.execute(
        f"CREATE OR REPLACE TABLE both_sides AS SELECT y.{key} AS key, y.*, o.* EXCLUDE (place_in_file) FROM "
        f"(SELECT *, row_number() OVER (ORDER BY {key}) - 1 AS place FROM '{ours}') y JOIN "
        f"(SELECT {renamed}, file_row_number AS place_in_file FROM read_parquet('{theirs}', file_row_number = true)) o "
        "ON o.place_in_file = y.place"
    )


def _columns(con: duckdb.DuckDBPyConnection) -> list[str]:
    names = {row[0] for row in con.execute("DESCRIBE both_sides").fetchall()}
    return sorted(name for name in names if f"of_{name}" in names)


def _judge(
    con: duckdb.DuckDBPyConnection, folder: Path, rules: Rules, difference: tuple[str, int, str, Any, Any]
) -> dict[str, Any]:
    """Reckon one household again by closures and say which side is right."""
    table, key, column, mine, other = difference
    exact = _by_closures(con, folder, rules, table, key, column)
    words = f"{table} {key}, {column}: Yimen {mine}, OpenFisca-Core {other}, exact {exact}"
    return {"ours_exact": mine == exact, "words": words}


def _by_closures(con: duckdb.DuckDBPyConnection, folder: Path, rules: Rules, table: str, key: int, column: str) -> Any:
    people = "subject = ?" if table == "household" else "subject = (SELECT subject FROM people WHERE member = ?)"
    con.execute(f"CREATE OR REPLACE TEMP VIEW people AS SELECT * FROM '{folder}/person.parquet'")
    members = _rows(con, rules, f"SELECT * FROM people WHERE {people} ORDER BY member", key)
    home = _rows(con, rules, f"SELECT * FROM '{folder}/household.parquet' WHERE subject = ?", members[0]["subject"])[0]
    places = [member.pop("member") for member in members]
    for row in (home, *members):
        row.pop("subject")
    where = Where(ON, tuple(home.pop("place").split(".")), home.pop("category"))
    answers = Explainer(rules, where).household(home, members, receives={}, receives_members=[{} for _ in members])
    held = answers.household if table == "household" else answers.members[places.index(key)]
    answer = next(one for one in held if one.policy.id == column[2:])
    if column.startswith("v_"):
        return {"eligible": True, "not_eligible": False, "unknown": None}[answer.verdict]
    return None if answer.amount is None else int(answer.amount * 100)


def _rows(con: duckdb.DuckDBPyConnection, rules: Rules, sql: str, key: int) -> list[dict[str, Any]]:
    """Return rows as people write them: money in yuan, nothing where it is unknown."""
    found = con.execute(sql, [key])
    names = [column[0] for column in found.description or ()]
    return [
        {name: _outer(rules, name, value) for name, value in zip(names, row, strict=True) if value is not None}
        for row in found.fetchall()
    ]


def _outer(rules: Rules, name: str, value: Any) -> Any:
    fact = rules.catalogue.facts.get(name)
    return Decimal(value) / 100 if fact is not None and fact.kind == "金额" else value


if __name__ == "__main__":
    main()
