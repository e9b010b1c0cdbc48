"""
The snapshot (快照): what the tables said at one moment, as Parquet, and the evidence for every finding of a run.

Only committed rows are seen: ADBC reads them through a connection, and in a process, of its own. It holds random keys, days
and facts, no name and no number; its folder is closed to others (0700); the newest few are kept. A snapshot that is
suddenly smaller is refused unless told otherwise, because an empty one would close every finding.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import quote

import duckdb
from django.conf import settings
from django.db import connection

KEPT = 3
SHRINK_REFUSED = 0.02


class SnapshotFailed(Exception):
    """The copying process ended before it was done."""


class Shrunk(Exception):
    """The snapshot holds far less than the last one; the sentence says what and how to go on."""


@dataclass(frozen=True)
class Snapshot:
    """A folder of Parquet files and how many rows each holds."""

    folder: Path
    on: date
    taken_at: datetime
    counts: dict[str, int]


def _key(column: str) -> str:
    """A UUID column as 32 hexadecimal digits on every database, empty where there is none."""
    return f"coalesce(replace(cast({column} AS text), '-', ''), '')"


def _day(column: str) -> str:
    return f"coalesce(cast({column} AS text), '')"


# The driver for SQLite guesses a column's type from its first rows, so no column may hold a NULL: an empty text or -1 stands
# for it in the files, and `reading` turns it back.
_TABLES: dict[str, str] = {
    # The dead stay as long as somebody may still be paid for them; they are no members any more.
    "people": f"""
        SELECT {_key("p.id")} AS person, {_key("m.household_id")} AS household, {_day("p.born_on")} AS born_on, p.sex AS sex,
               {_day("p.died_on")} AS died_on, coalesce(cast(p.registered_here AS integer), -1) AS registered_here,
               m.relation AS relation, {_day("m.told_on")} AS told_on, p.area_path AS area_path,
               CASE WHEN (m.ends_on IS NULL OR m.ends_on >= {{on}})
                AND (p.died_on IS NULL OR p.died_on > {{on}}) THEN 1 ELSE 0 END AS living
        FROM registry_person p JOIN registry_membership m ON m.person_id = p.id
        WHERE m.starts_on <= {{on}} AND (m.ends_on IS NULL OR m.ends_on >= {{on}} OR m.ends_on = p.died_on)""",
    "households": f"""
        SELECT {_key("id")} AS household, area_path AS area_path, coalesce(category, '') AS category,
               {_day("told_on")} AS told_on, missing_members AS missing_members
        FROM registry_household""",
    "standings": f"""
        SELECT {_key("person_id")} AS person, {_key("household_id")} AS household, kind AS kind, {_day("starts_on")} AS starts_on,
               {_day("next_review_on")} AS next_review_on, {_day("ends_on")} AS ends_on
        FROM registry_standing WHERE starts_on <= {{on}} AND (ends_on IS NULL OR ends_on >= {{on}})""",
    "statements": f"""
        SELECT {_key("id")} AS statement, {_key("person_id")} AS person, {_key("household_id")} AS household,
               {_key("obligor_id")} AS obligor, members_key AS members_key, source AS source, {_day("stated_on")} AS stated_on,
               {_day("valid_until")} AS valid_until, cast(facts AS text) AS facts, cast({{recorded_at}} AS text) AS recorded_at
        FROM evidence_statement WHERE stated_on <= {{on}}""",
    # The last day that a decision has set; one that a list brings, years ahead perhaps, ends nothing yet.
    "grants": f"""
        SELECT {_key("id")} AS grant_id, {_key("person_id")} AS person, {_key("household_id")} AS household, policy AS policy,
               coalesce(amount_fen, -1) AS amount_fen, {_day("starts_on")} AS starts_on,
               {_day("next_review_on")} AS next_review_on, {_day("CASE WHEN delivery_id IS NULL THEN ends_on END")} AS ends_on
        FROM benefits_grant
        WHERE starts_on <= {{on}} AND (ends_on IS NULL OR (ends_on >= {{on}} AND ends_on <> starts_on))""",
    # What is given once is received by nobody any more, but it was given for what was known then.
    "once": f"""
        SELECT {_key("person_id")} AS person, {_key("household_id")} AS household, policy AS policy,
               {_day("starts_on")} AS given_on
        FROM benefits_grant WHERE starts_on <= {{on}} AND ends_on = starts_on""",
    "obligors": f"""
        SELECT {_key("id")} AS obligor, {_key("person_id")} AS person FROM registry_obligor""",
}


def reading(snapshot: Snapshot, table: str) -> str:
    """Return the SQL that reads a table of a snapshot with NULL where nothing is known."""
    changed = {
        "people": f"nullif(died_on, '') AS died_on, nullif(registered_here, -1) AS registered_here, {_TOLD}",
        "households": f"nullif(category, '') AS category, {_TOLD}",
        "standings": f"{_EITHER}, {_ENDS}",
        "statements": f"{_EITHER}, nullif(obligor, '') AS obligor, nullif(valid_until, '') AS valid_until",
        "grants": f"{_EITHER}, nullif(amount_fen, -1) AS amount_fen, {_ENDS}",
        "once": _EITHER,
        "obligors": "obligor AS obligor",
    }[table]
    return f"(SELECT * REPLACE ({changed}) FROM read_parquet('{snapshot.folder}/{table}.parquet'))"


_NUMBERS = {"registered_here", "living", "amount_fen", "missing_members"}
_TOLD = "nullif(told_on, '') AS told_on"
_ENDS = "nullif(next_review_on, '') AS next_review_on, nullif(ends_on, '') AS ends_on"
_EITHER = "nullif(person, '') AS person, nullif(household, '') AS household"


def take(
    *, on: date, at: datetime, allow_shrunk: bool = False, progress: Callable[[str, int], None] = lambda *_: None
) -> Snapshot:
    """Write a snapshot for a day. Raises Shrunk, and keeps nothing, if it holds over 2 % less than the last."""
    root = snapshots_folder()
    last = _last(root)
    folder = _fresh(root / f"{on.isoformat()}-{at.strftime('%Y%m%d%H%M%S')}")
    try:
        counts = _copy(folder, on, progress)
        if last and not allow_shrunk:
            _refuse_if_shrunk(last.counts, counts)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    snapshot = Snapshot(folder, on, at, counts)
    (folder / "snapshot.json").write_text(json.dumps(asdict(snapshot), default=str), encoding="utf-8")
    _sweep(root)
    return snapshot


def living_below(snapshot: Snapshot, path: str) -> tuple[int, int]:
    """Return how many living people and households of a snapshot lie below an area path ("" is everywhere)."""
    with duckdb.connect() as con:
        people = f"SELECT * FROM {reading(snapshot, 'people')} WHERE living = 1 AND starts_with(area_path, ?)"
        found = con.execute(f"SELECT count(*), count(DISTINCT household) FROM ({people})", [path]).fetchall()
    return int(found[0][0]), int(found[0][1])


def _fresh(wanted: Path) -> Path:
    for number in count(1):
        folder = wanted.with_name(f"{wanted.name}-{number:03d}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise AssertionError


def snapshots_folder() -> Path:
    """Return the folder of snapshots, closed to others."""
    root = Path(settings.YIMEN_HOME) / "snapshots"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def _copy(folder: Path, on: date, progress: Callable[[str, int], None]) -> dict[str, int]:
    """Copy every table in a process of its own (see `copying`); return how many rows each has."""
    paths = {str(folder / f"{name}.parquet"): name for name in _TABLES}
    # SQLite keeps a moment as text in UTC; PostgreSQL would write it in the time of its session.
    recorded_at = "recorded_at AT TIME ZONE 'UTC'" if connection.vendor == "postgresql" else "recorded_at"
    terms = {"on": f"'{on.isoformat()}'", "recorded_at": recorded_at}
    asked = {
        "vendor": connection.vendor,
        "uri": _uri(),
        "numbers": sorted(_NUMBERS),
        "tables": [[path, _TABLES[name].format_map(terms)] for path, name in paths.items()],
    }
    counts = dict.fromkeys(_TABLES, 0)
    command = [sys.executable, "-I", str(Path(__file__).with_name("copying.py"))]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as copying:  # noqa: S603
        assert copying.stdin  # noqa: S101
        assert copying.stdout  # noqa: S101
        assert copying.stderr  # noqa: S101
        copying.stdin.write(json.dumps(asked))
        copying.stdin.close()
        for line in copying.stdout:
            path, rows = json.loads(line)
            counts[paths[path]] = rows
            progress(paths[path], rows)
        problem = copying.stderr.read()
    if copying.returncode:
        raise SnapshotFailed(f"快照没有写成，线索没有变动：{problem.strip().splitlines()[-1] if problem.strip() else '进程中断'}")
    return counts


def _uri() -> str:
    held = connection.settings_dict
    if connection.vendor != "postgresql":
        return str(held["NAME"])
    user, password, name = (quote(str(held[part]), safe="") for part in ("USER", "PASSWORD", "NAME"))
    return f"postgresql://{user}:{password}@{held['HOST']}:{held['PORT'] or 5432}/{name}"


def _last(root: Path) -> Snapshot | None:
    for folder in sorted(root.iterdir(), reverse=True):
        held = folder / "snapshot.json"
        if held.exists():
            data = json.loads(held.read_text(encoding="utf-8"))
            return Snapshot(folder, date.fromisoformat(data["on"]), datetime.fromisoformat(data["taken_at"]), data["counts"])
    return None


_WORDS = {"people": "人员", "households": "家庭", "statements": "事实陈述"}


def _refuse_if_shrunk(before: dict[str, int], now: dict[str, int]) -> None:
    for name, words in _WORDS.items():
        if now[name] < before.get(name, 0) * (1 - SHRINK_REFUSED):
            raise Shrunk(
                f"这次快照只有 {now[name]:,} 条{words}，上次是 {before[name]:,} 条，少了 2% 以上，已停下，线索没有变动。"
                "请先查明数据是否缺失；确认无误后加 --allow-shrunk 再筛查。"
            )


def _sweep(root: Path) -> None:
    folders = sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
