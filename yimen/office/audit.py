"""
The audit (审计): who read or changed what, when and why. Rows are only ever added; the database refuses the rest.

Names and numbers open only inside `reading(purpose)`. Its row is written before the data leaves; if it cannot be
written, the read fails. One row stands for one page, export, search or run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from yimen.office import access
from yimen.office.keys import pseudonym
from yimen.office.models import AuditEntry


class NoReading(Exception):
    """A name or number was opened outside `reading(purpose)`."""


@dataclass
class Reading:
    """What one page, export, search or run has seen so far."""

    purpose: str
    query: dict[str, Any]
    subjects: set[str] = field(default_factory=set)


_open: ContextVar[Reading | None] = ContextVar("reading", default=None)


def saw(subject: object) -> None:
    """Note a subject in the open reading. Raises NoReading if none is open."""
    now = _open.get()
    if now is None:
        raise NoReading("读取姓名、证件号码等须说明用途：请在 office.audit.reading(用途) 之内读取。")
    now.subjects.add(str(subject))


@contextmanager
def reading(purpose: str, **query: str | int | bool | None) -> Iterator[Reading]:
    """
    Open a reading for a purpose (用途); on leaving it is written down with everybody it saw.

    A reading inside another adds to the outer one. `query` says what was asked, never a name or number. One that ends in a
    refusal (too many hits, nobody there, not allowed) is written down as refused: the answer told something, too.
    """
    if _open.get() is not None:
        outer = _open.get()
        assert outer is not None  # noqa: S101
        yield outer
        return
    now = Reading(purpose, dict(query))
    token = _open.set(now)
    try:
        yield now
    except Exception:
        # In a broken transaction nothing can be written; nothing of it is shown either.
        if not (connection.in_atomic_block and connection.needs_rollback):
            write(action="read", at=timezone.now(), purpose=purpose, subjects=now.subjects, refused=True, **now.query)
        raise
    finally:
        _open.reset(token)
    # Written even when nobody was seen: a search without a hit is a search.
    write(action="read", at=timezone.now(), purpose=purpose, subjects=now.subjects, **now.query)


@contextmanager
def comparing() -> Iterator[None]:
    """Open values only to compare them in memory; nobody is noted until `saw` names the hits. Needs an open reading."""
    if _open.get() is None:
        raise NoReading("比对姓名也须先说明用途。")
    token = _open.set(Reading("comparing", {}))
    try:
        yield
    finally:
        _open.reset(token)


def write(
    *, action: str, at: datetime, purpose: str = "", subjects: set[str] | None = None, refused: bool = False, **detail: Any
) -> None:
    """Add one entry; who it is comes from the open scope. `detail` must be JSON without names or numbers."""
    who = access.current()
    AuditEntry.objects.create(
        action=action,
        at=at,
        staff=who.staff,
        actor=who.actor,
        address=who.address,
        purpose=purpose or who.purpose,
        subjects=sorted(pseudonym(subject) for subject in subjects or ()),
        count=len(subjects or ()),
        refused=refused,
        detail=detail,
    )
