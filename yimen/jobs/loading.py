"""Loading a file by its kind (装载): the same for the terminal, for a job started from a page, and for the demonstration."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from yimen.benefits.actions import load_recipients
from yimen.cases.actions import load_applications
from yimen.evidence.actions import load_facts
from yimen.office.models import Area, Delivery, Staff
from yimen.registry.actions import load_obligors, load_roster
from yimen.screening.queries import current_rules

KINDS = {"roster": "名册", "obligors": "法定义务人", "facts": "部门数据", "recipients": "待遇名单", "applications": "省平台申请"}


class WrongCall(Exception):
    """A file cannot be loaded without knowing more; the sentence says what."""


def load_file(
    kind: str,
    *,
    path: Path,
    name: str,
    area: Area,
    by: Staff | None,
    at: datetime,
    on: date,
    source: str = "",
    policy: str = "",
    complete: bool = False,
    corrected: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Load a file: facts need their `source`, recipients their `policy`; `complete` ends what is not on the list.

    Raises WrongCall if that is missing, and what the room's own loader raises.
    """
    _make_room()
    same: dict[str, Any] = {"path": path, "name": name, "area": area, "by": by, "at": at}
    same |= {"corrected": corrected, "progress": progress}
    if kind == "obligors":
        return load_obligors(**same)
    if kind == "applications":
        return load_applications(on=on, **same)
    if kind == "roster":
        return load_roster(on=on, **same)
    rules = current_rules()
    if kind == "facts":
        if not source:
            raise WrongCall("请写明数据来自哪个部门（命令行用 --from 残联）。")
        return load_facts(source=source, catalogue=rules.catalogue, on=on, **same)
    held = rules.policy(policy)
    if held is None:
        known = "、".join(sorted({one.id for one in rules.policies}))
        raise WrongCall(f"请写明名单属于哪项政策（命令行用 --policy 编号），可以是：{known}。")
    return load_recipients(policy=held, ends_missing=complete, on=on, **same)


def _make_room() -> None:
    """
    Give SQLite a larger cache in a process that loads: rows go into indexes in random order, and a small cache writes the
    same pages over and over. Safety stays as it is (synchronous=FULL).
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size=-262144")
            cursor.execute("PRAGMA wal_autocheckpoint=16000")


def report_of(delivery: Delivery) -> dict[str, Any]:
    """Return what became of a file, as JSON."""
    return {
        "delivery": str(delivery.pk),
        "rows": delivery.rows,
        "loaded": delivery.loaded,
        "unchanged": delivery.unchanged,
        "rejected": delivery.rejected,
        "skipped": delivery.skipped,
        "columns_left_out": list(delivery.left_out),
        "rejects_file": str(delivery.rejects_file) if delivery.rejects_file else None,
    }
