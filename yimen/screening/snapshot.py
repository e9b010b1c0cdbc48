"""
The snapshot (快照): what the tables said at one moment, as Parquet, and the evidence for every finding of a run.

Only committed rows are seen (ADBC reads through a connection of its own). It holds random keys, days and facts, no
name and no number; its folder is closed to others (0700); the newest few are kept. A snapshot that is suddenly
smaller is refused unless told otherwise, because an empty one would close every finding.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import adbc_driver_sqlite.dbapi as sqlite
from django.conf import settings
from django.db import connection
from pyarrow import parquet

KEPT = 3
SHRINK_REFUSED = 0.02
_POSTGRESQL = connection.vendor == "postgresql"


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
    """A UUID column as 32 hexadecimal digits on every database."""
    return f"replace(cast({column} AS text), '-', '')"


def _day(column: str) -> str:
    return f"cast({column} AS text)"


_TABLES: dict[str, str] = {
    # The dead stay as long as somebody may still be paid for them; they are no members any more.
    "people": f"""
        SELECT {_key("p.id")} AS person, {_key("m.household_id")} AS household, {_day("p.born_on")} AS born_on, p.sex AS sex,
               {_day("p.died_on")} AS died_on, cast(p.registered_here AS integer) AS registered_here, m.relation AS relation,
               p.area_path AS area_path,
               CASE WHEN (m.ends_on IS NULL OR m.ends_on >= {{on}})
                AND (p.died_on IS NULL OR p.died_on > {{on}}) THEN 1 ELSE 0 END AS living
        FROM registry_person p JOIN registry_membership m ON m.person_id = p.id
        WHERE m.starts_on <= {{on}} AND (m.ends_on IS NULL OR m.ends_on >= {{on}} OR m.ends_on = p.died_on)""",
    "households": f"""
        SELECT {_key("id")} AS household, area_path AS area_path, category AS category FROM registry_household""",
    "standings": f"""
        SELECT {_key("person_id")} AS person, {_key("household_id")} AS household, kind AS kind, {_day("starts_on")} AS starts_on,
               {_day("next_review_on")} AS next_review_on
        FROM registry_standing WHERE starts_on <= {{on}} AND (ends_on IS NULL OR ends_on >= {{on}})""",
    "statements": f"""
        SELECT {_key("id")} AS statement, {_key("person_id")} AS person, {_key("household_id")} AS household,
               members_key AS members_key, source AS source, {_day("stated_on")} AS stated_on,
               {_day("valid_until")} AS valid_until, cast(facts AS text) AS facts
        FROM evidence_statement WHERE stated_on <= {{on}}""",
    "grants": f"""
        SELECT {_key("id")} AS grant_id, {_key("person_id")} AS person, {_key("household_id")} AS household, policy AS policy,
               amount_fen AS amount_fen, {_day("starts_on")} AS starts_on, {_day("next_review_on")} AS next_review_on
        FROM benefits_grant WHERE starts_on <= {{on}} AND (ends_on IS NULL OR ends_on >= {{on}})""",
    "obligors": f"""
        SELECT {_key("id")} AS obligor, {_key("person_id")} AS person FROM registry_obligor""",
}


def take(
    *, on: date, at: datetime, allow_shrunk: bool = False, progress: Callable[[str, int], None] = lambda *_: None
) -> Snapshot:
    """Write a snapshot for a day. Raises Shrunk, and keeps nothing, if it holds over 2 % less than the last."""
    root = snapshots_folder()
    last = _last(root)
    folder = root / f"{on.isoformat()}-{at.strftime('%Y%m%d%H%M%S%f')}"
    folder.mkdir(mode=0o700)
    try:
        with _adbc() as read:
            counts = {
                name: _write(read, query.format(on=f"'{on.isoformat()}'"), folder / f"{name}.parquet", progress)
                for name, query in _TABLES.items()
            }
        if last and not allow_shrunk:
            _refuse_if_shrunk(last.counts, counts)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    snapshot = Snapshot(folder, on, at, counts)
    (folder / "snapshot.json").write_text(json.dumps(asdict(snapshot), default=str), encoding="utf-8")
    _sweep(root)
    return snapshot


def snapshots_folder() -> Path:
    """Return the folder of snapshots, closed to others."""
    root = Path(settings.YIMEN_HOME) / "snapshots"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def _write(read: Callable[[str], Any], query: str, path: Path, progress: Callable[[str, int], None]) -> int:
    batches = read(query)
    rows = 0
    with parquet.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            progress(path.stem, rows)
    return rows


@contextmanager
def _adbc() -> Iterator[Callable[[str], Any]]:
    """Open a connection of our own that reads committed rows only and streams them as Arrow."""
    if _POSTGRESQL:
        driver: Any = postgresql
        held = settings.DATABASES["default"] | connection.settings_dict
        uri = f"postgresql://{held['USER']}:{held['PASSWORD']}@{held['HOST']}:{held['PORT'] or 5432}/{held['NAME']}"
    else:
        driver = sqlite
        uri = str(connection.settings_dict["NAME"])
    with driver.connect(uri) as opened, opened.cursor() as cursor:

        def read(query: str) -> Any:
            cursor.execute(query)
            return cursor.fetch_record_batch()

        yield read


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
