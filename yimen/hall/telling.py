"""
What a venue that runs by itself tells (场所记录): which rows, which columns of them, whose affair each is.

On the machine SQLite itself writes it down, by triggers, in the transaction that changes the row: no way of changing one can
forget it, and whatever was acknowledged is told. What the centre gave out (series, windows, people) stands there by its name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import ForeignKey, Model

from yimen.cases.models import HallOpinion, HallVisit
from yimen.hall.models import (
    Answer,
    Appointment,
    Attendance,
    Call,
    Duty,
    Handling,
    HandlingStep,
    LateService,
    Matter,
    Period,
    Question,
    Recognition,
    Series,
    ServiceRequest,
    Ticket,
    Venue,
    Window,
    WindowShift,
)
from yimen.office.models import Staff

# What is told by its name, because the centre and the machine may know it under different keys.
NAMES: Mapping[type[Model], str] = {
    Venue: "code",
    Series: "letter",
    Window: "number",
    Matter: "code",
    Staff: "username",
    Question: "words",
}


@dataclass(frozen=True)
class Table:
    """
    A table that is told: its columns; the way to the row it is the affair of ("" is itself), and to the venue.

    Where `venue` is "" the row belongs to no venue of its own.
    """

    model: type[Model]
    columns: tuple[str, ...]
    about: str = ""
    venue: str = "venue"
    # A row that never changes after it was made need not be found again.
    is_final: bool = False

    @property
    def name(self) -> str:
        """Return under which name it is told."""
        return self.model._meta.label_lower

    @property
    def fields(self) -> list[Any]:
        """Return the told columns."""
        return [self.model._meta.get_field(name) for name in self.columns]


_Agreed = Appointment.matters.through
_LISTED = (
    Table(Attendance, ("venue", "day", "person_tag", "source", "came_at", "ended_at")),
    Table(
        Recognition, ("attendance", "ground", "method", "evidence", "mark", "by", "at"), venue="attendance__venue", is_final=True
    ),
    Table(ServiceRequest, ("attendance", "matter", "place", "state"), "attendance", "attendance__venue"),
    Table(
        Ticket,
        (
            *("attendance", "venue", "day", "series", "number", "line", "has_priority", "taken_at", "counts_from", "state"),
            *("window", "only_window", "calls", "code", "is_here", "version", "changed_at"),
        ),
        "attendance",
    ),
    Table(
        Period,
        ("ticket", "state", "step", "window", "staff", "reason", "starts_at", "ends_at"),
        "ticket.attendance",
        "ticket__venue",
    ),
    Table(
        Call,
        ("venue", "ticket", "line", "label", "window_number", "nth", "has_priority", "at"),
        "ticket.attendance",
        is_final=True,
    ),
    Table(Appointment, ("venue", "code", "starts_at", "made_at", "cancelled_at", "ticket")),
    Table(_Agreed, ("appointment", "matter"), "appointment", "appointment__venue", is_final=True),
    Table(
        Handling,
        (
            *("attendance", "co_organizer", "assigned_by", "why", "language", "assigned_at", "accepted_at", "ended_at"),
            *("result", "handed_to", "words"),
        ),
        venue="attendance__venue",
    ),
    Table(
        HandlingStep, ("handling", "help", "visit", "words", "by", "at"), "handling", "handling__attendance__venue", is_final=True
    ),
    Table(LateService, ("attendance", "closes_at", "marked_by", "marked_at"), venue="attendance__venue", is_final=True),
    Table(Duty, ("staff", "venue", "starts_at", "ends_at")),
    Table(
        WindowShift,
        ("window", "staff", "state", "reason", "starts_at", "ends_at", "set_by", "ended_by", "end_reason"),
        venue="window__venue",
    ),
    Table(HallVisit, ("code", "served_by", "served_at", "expires_at"), venue=""),
    Table(HallOpinion, ("visit", "device", "grade", "words", "first", "given_at"), "visit", "", is_final=True),
    Table(Answer, ("question", "visit", "words", "at"), "visit", "", is_final=True),
)
TABLES: Mapping[str, Table] = {one.name: one for one in _LISTED}


def write_down() -> None:
    """Let SQLite write down from now on whatever changes here (记下每次改动); done anew at every start, it is the same."""
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement)


def put_the_pen_down() -> None:
    """Write nothing down while tables are made anew: SQLite does not rename one that a trigger speaks of."""
    with connection.cursor() as cursor:
        for statement in _drops():
            cursor.execute(statement)


def _drops() -> Iterator[str]:
    for table in TABLES.values():
        yield f"DROP TRIGGER IF EXISTS {table.model._meta.db_table}_told_new"
        yield f"DROP TRIGGER IF EXISTS {table.model._meta.db_table}_told_changed"


def _statements() -> Iterator[str]:
    yield from _drops()
    for table in TABLES.values():
        name = table.model._meta.db_table
        yield f"CREATE TRIGGER {name}_told_new AFTER INSERT ON {name} BEGIN {_insert(table, _whole(table), is_new=1)}; END"
        changed = " OR ".join(f'OLD."{one.column}" IS NOT NEW."{one.column}"' for one in table.fields)
        insert = _insert(table, _changed(table), is_new=0)
        yield f"CREATE TRIGGER {name}_told_changed AFTER UPDATE ON {name} WHEN {changed} BEGIN {insert}; END"


def _insert(table: Table, changes: str, *, is_new: int) -> str:
    # SQLite lets one write at a time, so the next number is free until the end of this transaction.
    last = "SELECT COALESCE(MAX(sequence), 0) FROM hall_event WHERE node_id = node.id"
    return (
        'INSERT INTO hall_event (id, node_id, sequence, "table", "row", about, is_new, changes, at, arrived_at) '
        f"SELECT lower(hex(randomblob(16))), node.id, ({last}) + 1, '{table.name}', NEW.id, {_about(table)}, {is_new}, "
        f"{changes}, strftime('%Y-%m-%d %H:%M:%f', 'now'), NULL "
        "FROM hall_node AS node WHERE node.is_here AND NOT node.is_installing"
    )


def _about(table: Table) -> str:
    if not table.about:
        return f"'{table.name}:' || NEW.id"
    first, _, then = table.about.partition(".")
    field: Any = table.model._meta.get_field(first)
    whose = field.related_model
    key = f'NEW."{field.column}"'
    if then:
        further: Any = whose._meta.get_field(then)
        key = f'(SELECT "{further.column}" FROM {whose._meta.db_table} WHERE id = {key})'
        whose = further.related_model
    return f"'{whose._meta.label_lower}:' || {key}"


def _whole(table: Table) -> str:
    return "json_object(" + ", ".join(f"'{one.name}', {_told(one, 'NEW')}" for one in table.fields) + ")"


def _changed(table: Table) -> str:
    """Return an object of the columns that changed alone, each as it was and as it became."""
    rows = " UNION ALL ".join(
        f"SELECT '{one.name}' AS name, {_told(one, 'OLD')} AS before, {_told(one, 'NEW')} AS after "
        f'WHERE OLD."{one.column}" IS NOT NEW."{one.column}"'
        for one in table.fields
    )
    return f"(SELECT json_group_object(name, json_array(before, after)) FROM ({rows}))"


def _told(field: Any, row: str) -> str:
    name = NAMES.get(field.related_model) if isinstance(field, ForeignKey) else None
    if name is None:
        return f'{row}."{field.column}"'
    model: Any = field.related_model
    return f'(SELECT "{name}" FROM {model._meta.db_table} WHERE id = {row}."{field.column}")'
