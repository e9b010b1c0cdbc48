"""
Counts from outside (从外面数): what the database holds of what was acknowledged, asked with plain SQL and none of the program.

Run as `python -m bench.counting_side ACKNOWLEDGED` with the environment of the county; prints how many are lost and doubled.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]
TWICE = (
    "SELECT count(*) FROM (SELECT 1 FROM cases_case GROUP BY household_id HAVING count(*) > 1) t",
    "SELECT count(*) FROM (SELECT 1 FROM cases_caseevent GROUP BY case_id, step HAVING count(*) > 1) t",
    "SELECT count(*) FROM (SELECT 1 FROM benefits_grant WHERE person_id IS NOT NULL AND ends_on IS NULL"
    " GROUP BY person_id, policy HAVING count(*) > 1) t",
)


def main() -> None:
    """Print lost, doubled, gaps in the numbers and how many were granted."""
    said, ask = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), _door()
    held = {
        "open": {_key(row[0]) for row in ask("SELECT id FROM cases_case")},
        "accept": {row[0] for row in ask("SELECT number FROM cases_case")},
        "propose": {_key(row[0]) for row in ask("SELECT id FROM cases_decision WHERE state IN ('proposed', 'confirmed')")},
        "confirm": {_key(row[0]) for row in ask("SELECT g.id FROM benefits_grant g JOIN cases_decision d ON d.grant_id = g.id")},
    }
    lost = sum((one if step == "accept" else _key(one)) not in held[step] for step, answers in said.items() for one in answers)
    numbers = sorted(int(one[-6:]) for one in held["accept"] if one)
    print(
        json.dumps(
            {
                "lost": lost,
                "doubled": sum(ask(sql)[0][0] for sql in TWICE) + sum(len(x) - len(set(x)) for x in said.values()),
                "gaps": int(numbers != list(range(1, len(numbers) + 1))),
                "granted": len(held["confirm"]),
            }
        )
    )


def _key(value: object) -> str:
    return str(value).replace("-", "")


def _door() -> Ask:
    url = os.environ.get("YIMEN_DATABASE_URL", "")
    if url:
        psycopg = __import__("psycopg")
        return lambda sql: list(psycopg.connect(url).execute(sql).fetchall())
    connection = sqlite3.connect(f"file:{os.environ['YIMEN_HOME']}/yimen.sqlite3?mode=ro", uri=True)
    return lambda sql: connection.execute(sql).fetchall()


if __name__ == "__main__":
    main()
