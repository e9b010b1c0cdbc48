"""
Whose turn it is to screen (轮到谁): one run at a time, because two would open the same findings twice.

The turn belongs to a process and goes with it, so a run that was killed leaves nothing to clear away: on PostgreSQL a lock of
the session, on SQLite, which is one machine by nature, a lock on a file.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

_LOCK = 0x59494D454E


class Busy(Exception):
    """Another run has the turn; the sentence says so."""


@contextmanager
def turn() -> Iterator[None]:
    """Have the turn to screen. Raises Busy, in words, while another run has it."""
    with _in_the_database() if connection.vendor == "postgresql" else _in_a_file():
        yield


@contextmanager
def _in_the_database() -> Iterator[None]:
    if not _asked("SELECT pg_try_advisory_lock(%s)"):
        raise _busy()
    try:
        yield
    finally:
        _asked("SELECT pg_advisory_unlock(%s)")


def _asked(question: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(question, [_LOCK])
        return bool(cursor.fetchone()[0])


@contextmanager
def _in_a_file() -> Iterator[None]:
    home = Path(settings.YIMEN_HOME)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "screening.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy() from None
        yield


def _busy() -> Busy:
    return Busy("已有一次筛查正在进行，请等它结束后再筛查；线索没有变动。")
