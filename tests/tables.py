"""
The empty tables of SQLite, made by the migrations once for each state of the program and copied wherever a test needs them.

Migrating from nothing takes five seconds. Whoever gets a copy still migrates: there is nothing left to do.
"""

import hashlib
import os
import sqlite3
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the tables are made of: the migrations, the guards and models they name, and the versions of the libraries.
MADE_OF = ("yimen/*/migrations/*.py", "yimen/*/models*", "yimen/*/models/*.py", "yimen/office/*.py", "requirements/run.lock")


def _kept() -> Path:
    digest = hashlib.sha256(sqlite3.sqlite_version.encode())
    for path in sorted(path for pattern in MADE_OF for path in ROOT.glob(pattern) if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return ROOT / ".pytest_cache" / f"tables-{digest.hexdigest()[:16]}.sqlite3"


def place(target: Path) -> None:
    """Put the empty tables at a path, if they have been kept."""
    kept = _kept()
    if kept.exists():
        _copy(kept, target)


def keep(source: Path) -> None:
    """Keep freshly migrated tables, if these are not kept yet, and forget those of an earlier state."""
    kept = _kept()
    if kept.exists():
        return
    kept.parent.mkdir(exist_ok=True)
    beside = kept.with_suffix(f".{os.getpid()}")
    _copy(source, beside)
    for old in kept.parent.glob("tables-*.sqlite3"):
        old.unlink(missing_ok=True)
    beside.replace(kept)


def _copy(source: Path, target: Path) -> None:
    """Copy a database as it stands, what is still in its log included."""
    with sqlite3.connect(source) as whole, sqlite3.connect(target) as copy:
        whole.backup(copy)
    whole.close()
    copy.close()
