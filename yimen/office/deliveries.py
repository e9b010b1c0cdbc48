"""Deliveries (来文件): one row for each file that came in, whatever room it is for, and its rejected rows as a file."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from yimen.office import files
from yimen.office.models import Area, Delivery, Staff
from yimen.office.tables import Match, Table, write_rejects


def sha256_of(path: Path) -> str:
    """Return the hash by which the same file is known again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(
    *, kind: str, origin: str, path: Path, name: str, area: Area, match: Match, by: Staff | None, at: datetime
) -> Delivery:
    """Write down that a file came in, before any of its rows is loaded."""
    delivery = Delivery.objects.create(
        kind=kind,
        origin=origin,
        name_of_file=name[:120],
        sha256=sha256_of(path),
        area=area,
        mapping={str(place): field for place, field in match.columns.items()},
        received_at=at,
        received_by=by,
    )
    delivery.left_out = match.unknown
    return delivery


def finish(
    delivery: Delivery,
    *,
    table: Table,
    match: Match,
    rows: int,
    loaded: int,
    unchanged: int,
    skipped: int,
    rejects: Mapping[int, str],
    at: datetime,
) -> Delivery:
    """Write down what became of its rows; the rejected ones lie encrypted as a file with the reason beside each."""
    delivery.rows, delivery.loaded, delivery.unchanged, delivery.skipped = rows, loaded, unchanged, skipped
    delivery.rejected, delivery.finished_at = len(rejects), at
    if rejects:
        with files.working_folder() as folder:
            path = folder / "rejects.xlsx"
            write_rejects(path, table, match, rejects)
            name = f"未采用的行-{at:%Y%m%d-%H%M}.xlsx"
            until = localdate(at) + timedelta(days=settings.YIMEN_REJECTS_DAYS)
            delivery.rejects_file = files.put(
                path, kind="rejects", name=name, area_path=delivery.area.path, at=at, retain_until=until
            )
    delivery.save()
    return delivery
