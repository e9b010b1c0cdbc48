"""Changes of the registry: loading a roster and the legal obligors. Everything is written below the open scope and audited."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from yimen.office import audit
from yimen.office.access import require
from yimen.office.deliveries import finish, receive
from yimen.office.models import Area, Delivery, Staff
from yimen.office.tables import Match, Preview, Skipped, Table, TableProblem, ValueProblem, open_table, preview, rows_of
from yimen.registry.following import follows
from yimen.registry.grouping import ByOrder, How, how_grouped, must_be_grouped
from yimen.registry.guardians import GuardianGiven, NotGuarded, confirm_guardian, end_guardian, record_guardian
from yimen.registry.load import RosterLoader
from yimen.registry.missing import LostRow, Missing
from yimen.registry.obligors import HEADINGS as OBLIGOR_HEADINGS
from yimen.registry.obligors import Looked, NotListed, ObligorRow, list_obligor, load_obligor_rows, look_for_obligor, read_obligor
from yimen.registry.register import NewMember, NotRegistered, register_household
from yimen.registry.roster import HEADINGS, RosterRow, read_row
from yimen.registry.standings import decide_standing, end_standing

__all__ = [
    "HEADINGS",
    "OBLIGOR_HEADINGS",
    "GuardianGiven",
    "How",
    "Looked",
    "NewMember",
    "NotGuarded",
    "NotListed",
    "NotRegistered",
    "Preview",
    "TableProblem",
    "confirm_guardian",
    "decide_standing",
    "end_guardian",
    "end_standing",
    "follows",
    "how_grouped",
    "list_obligor",
    "load_obligors",
    "load_roster",
    "look_for_obligor",
    "preview_obligors",
    "preview_roster",
    "record_guardian",
    "register_household",
]


def preview_roster(*, path: Path, name: str) -> Preview:
    """Say how a roster file would be read, for a person to correct. Raises TableProblem, in words."""
    return preview(path=path, name=name, headings=HEADINGS)


def preview_obligors(*, path: Path, name: str) -> Preview:
    """Say how a list of legal obligors would be read, for a person to correct. Raises TableProblem, in words."""
    return preview(path=path, name=name, headings=OBLIGOR_HEADINGS)


def load_roster(
    *,
    path: Path,
    name: str,
    area: Area,
    by: Staff | None,
    at: datetime,
    on: date,
    corrected: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Load a roster file (装载名册): good rows are registered, each other row comes back with its reason.

    `corrected` maps columns to fields as a person corrected them. The same file twice changes nothing. Without a number of the
    household (户编号) it is told apart by its head's ID number, or by the order of the rows (`grouping`).
    Raises TableProblem if the file is none, lacks a required column or does not say who lives together, NotAllowed without the
    permission.
    """
    require("roster.load", area_path=area.path)
    table, match = open_table(path=path, name=name, headings=HEADINGS, corrected=corrected)
    must_be_grouped(table, match)
    delivery = receive(kind="roster", origin="名册", path=path, name=name, area=area, match=match, by=by, at=at)
    skipped, unread = Skipped(), dict[int, str]()
    whole = len(table.rows) - match.first
    loader = RosterLoader(at=at, on=on, progress=lambda done: progress(done, whole))
    loaded = loader.load(_rows(table, match, skipped, unread, loader.missing))
    audit.write(
        action="roster.load",
        at=at,
        rows=loaded.rows + len(unread),
        new=loaded.new,
        changed=loaded.changed,
        delivery=str(delivery.pk),
    )
    return finish(
        delivery,
        table=table,
        match=match,
        rows=loaded.rows + len(unread),
        loaded=loaded.new + loaded.changed,
        unchanged=loaded.unchanged,
        skipped=skipped.rows,
        rejects=unread | loaded.rejects,
        at=at,
    )


def load_obligors(
    *,
    path: Path,
    name: str,
    area: Area,
    by: Staff | None,
    at: datetime,
    corrected: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Load a list of legal obligors (装载法定义务人): whoever owes support by law and lives outside the household.

    Rows about people who are not registered come back; the same file twice changes nothing.
    Raises TableProblem if the file is none or lacks a required column, NotAllowed without the permission.
    """
    require("roster.load", area_path=area.path)
    table, match = open_table(path=path, name=name, headings=OBLIGOR_HEADINGS, corrected=corrected)
    delivery = receive(kind="obligors", origin="法定义务人", path=path, name=name, area=area, match=match, by=by, at=at)
    skipped, unread = Skipped(), dict[int, str]()
    whole = len(table.rows) - match.first
    rows = _obligors(table, match, skipped, unread)
    loaded = load_obligor_rows(rows, lambda done: progress(done, whole), at=at)
    rejects = unread | loaded.rejects
    audit.write(action="obligors.load", at=at, new=loaded.new, delivery=str(delivery.pk))
    return finish(
        delivery,
        table=table,
        match=match,
        rows=loaded.new + loaded.unchanged + len(rejects),
        loaded=loaded.new,
        unchanged=loaded.unchanged,
        skipped=skipped.rows,
        rejects=rejects,
        at=at,
    )


def _obligors(table: Table, match: Match, skipped: Skipped, unread: dict[int, str]) -> Iterator[ObligorRow]:
    for line, cells in rows_of(table, match, skipped):
        try:
            yield read_obligor(line, cells, allow_fictional=settings.YIMEN_DEMO)
        except ValueProblem as problem:
            unread[line] = str(problem)


def _rows(table: Table, match: Match, skipped: Skipped, unread: dict[int, str], missing: Missing) -> Iterator[RosterRow]:
    order = ByOrder() if how_grouped(match) == How.ORDER else None
    for line, cells in rows_of(table, match, skipped):
        try:
            row = read_row(line, cells, allow_fictional=settings.YIMEN_DEMO)
            yield order.placed(row) if order else row
        except ValueProblem as problem:
            unread[line] = str(problem)
            if order:
                order.lose(line, cells)
            missing.lose(LostRow.read(cells, order.head.id_number.text if order and order.head and not order.lost else ""))
