"""How the machine stands (系统状态): database, clock and background work. It tells nothing about anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Max

from yimen.office.models import AuditEntry, Job
from yimen.office.room import Room, room

# Entries are written a moment after the moment they tell.
BEHIND = timedelta(minutes=1)
# A worker looks every few seconds; what waits for longer is waiting for a worker.
TOO_LONG = timedelta(minutes=5)


@dataclass(frozen=True)
class Condition:
    """
    Disk, database (bytes), by how much the clock is behind the latest entry of the audit, and how many jobs wait since when.

    `waiting_since` is None where none waits for too long.
    """

    room: Room
    vendor: str
    database: int
    behind: timedelta | None
    waiting: int
    waiting_since: datetime | None
    failed: int

    @property
    def is_well(self) -> bool:
        """Say whether nobody has to do anything."""
        return not (self.room.is_little or self.behind or self.waiting_since)


def condition(*, at: datetime) -> Condition:
    """Return how the machine stands now."""
    waiting = Job.objects.filter(state=Job.State.READY, run_after__lt=at - TOO_LONG).order_by("run_after")
    last = AuditEntry.objects.aggregate(last=Max("at"))["last"]
    oldest = waiting.values_list("run_after", flat=True).first()
    return Condition(
        room=room(),
        vendor="PostgreSQL" if connection.vendor == "postgresql" else "SQLite",
        database=_size(),
        behind=last - at if last is not None and last - at > BEHIND else None,
        waiting=waiting.count(),
        waiting_since=oldest,
        failed=Job.objects.filter(state=Job.State.FAILED, finished_at__gte=at - timedelta(days=7)).count(),
    )


def lasting(duration: timedelta) -> str:
    """Return how long something is, as one says it: whole minutes, hours or days."""
    minutes = int(duration.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // (24 * 60)} 天"


def _size() -> int:
    """Return how many bytes the database takes, its log included."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    held = Path(connection.settings_dict["NAME"])
    return sum(path.stat().st_size for path in held.parent.glob(f"{held.name}*") if path.is_file())
