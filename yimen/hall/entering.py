"""
Entering one change a venue told (记上一条): every name in it looked up here, nothing of ours overwritten.

A column is changed only where it still is as the machine found it. What cannot be entered without a person is raised as
`NotEntered`, with what is so here. An account nobody here knows is kept by its name, and told.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, ForeignKey, Model
from django.db.models.functions import Greatest
from django.utils.timezone import localdate

from yimen.cases.actions import keep_opinion, keep_visit
from yimen.cases.models import HallOpinion, HallVisit
from yimen.hall.models import Brought, Event, Handling, Matter, Node, Period, Question, Series, Ticket, Venue, Window
from yimen.hall.nodes import owned
from yimen.hall.set_up import HALL
from yimen.hall.telling import NAMES, TABLES, Table
from yimen.hall.telling_words import TABLE_WORDS, said, shown
from yimen.hall.words import Mismatch
from yimen.office.access import Scoped
from yimen.office.actions import keep_name
from yimen.office.models import Staff
from yimen.office.queries import areas_reached, codes_of

_WITHOUT = "它所属的那一条没有记上，请先定那一条。"
_BY_MODEL: Mapping[type[Model], Table] = {one.model: one for one in TABLES.values()}


class NotEntered(Exception):
    """A change does not agree with what is here; `here` says what that is."""

    def __init__(self, kind: Mismatch, here: str) -> None:
        self.kind, self.here = kind, here
        super().__init__(here)


@dataclass
class Entering:
    """
    What is needed to enter the changes of one machine, looked up once; `anyway` takes the machine's word against the centre's.

    `strangers` are the accounts that were met and nobody here knows.
    """

    node: Node
    at: datetime
    anyway: bool = False
    strangers: set[str] = field(default_factory=set)
    _known: dict[tuple[type[Model], Any], Any] = field(default_factory=dict)
    _at_work: dict[tuple[int, Any], bool] = field(default_factory=dict)

    @cached_property
    def venue(self) -> Venue:
        """Return the machine's venue, with its place."""
        return Venue.objects.select_related("service_point__area").get(pk=self.node.venue_id)

    @property
    def path(self) -> str:
        """Return the area path of the venue."""
        path: str = self.venue.service_point.area.path
        return path

    def enter(self, event: Event) -> list[Staff]:
        """Enter a change, all of it or nothing; return the people it names. Raises NotEntered."""
        table = TABLES[event.table]
        try:
            with transaction.atomic():
                return self._new(table, event) if event.is_new else self._changed(table, event)
        except IntegrityError:
            raise NotEntered(Mismatch.CLASH, _clash(table)) from None
        except (ValidationError, ValueError, TypeError, KeyError):
            raise NotEntered(Mismatch.BROKEN, "内容和中心的程序对不上，可能两边版本不一样。") from None

    def _new(self, table: Table, event: Event) -> list[Staff]:
        values = {one.attname: self._value(one, event.changes[one.name]) for one in table.fields}
        if table.model is Ticket:
            self._refuse_number(values)
        if table.model is Handling and not Ticket.objects.filter(attendance=values["attendance_id"]).exists():
            raise NotEntered(Mismatch.UNKNOWN, _WITHOUT)
        row = self._kept(table, event, values)
        if isinstance(row.pk, int) and not table.is_final:
            Brought.objects.create(node=self.node, table=table.name, row=event.row, here=row.pk)
        named = [values[one.attname] for one in table.fields if one.related_model is Staff and values[one.attname]]
        return [one for one in self._known.values() if isinstance(one, Staff) and one.pk in named]

    def _kept(self, table: Table, event: Event, values: dict[str, Any]) -> Any:
        if table.model is HallVisit:
            point = self.venue.service_point
            return keep_visit(visit_id=uuid.UUID(event.row), service_point=point, area_path=self.path, **values)
        if table.model is HallOpinion:
            return keep_opinion(area_path=self.path, at=self.at, **values)
        if table.model is Period and self.anyway and values["ends_at"] is None:
            self._end_ours(values)
        row: Any = table.model(**values)
        if isinstance(row, Scoped):
            row.area_path = self.path
        if isinstance(row.pk, uuid.UUID):
            row.pk = uuid.UUID(event.row)
        row.clean_fields(exclude=[one.name for one in row._meta.concrete_fields if _is_well(one, values)])
        row.save(force_insert=True)
        return row

    def _end_ours(self, values: Mapping[str, Any]) -> None:
        """End what the centre noted meanwhile, where the machine goes on; it stays in the log."""
        ours = Period.objects.filter(ticket=values["ticket_id"], ends_at=None)
        ours.update(ends_at=Greatest(F("starts_at"), values["starts_at"]))

    def _refuse_number(self, values: Mapping[str, Any]) -> None:
        if not owned(self.node, values["day"]):
            last = f"到 {self.node.last_day}" if self.node.last_day else "以后"
            raise NotEntered(Mismatch.PAST, f"这台机器发号的日子是从 {self.node.first_day} {last}。")
        same = {name: values[name] for name in ("series_id", "day", "number")}
        ours = Ticket.objects.filter(**same).select_related("series").first()
        if ours is not None:
            stands = f"{said(ours.taken_at)} 取的，现在是“{ours.get_state_display()}”"
            raise NotEntered(Mismatch.CLASH, f"中心当天已经有 {ours} 号，{stands}。")

    def _changed(self, table: Table, event: Event) -> list[Staff]:
        row = self._row(table, event)
        wanted: dict[str, Any] = {}
        for name, (before, after) in event.changes.items():
            column: Any = table.model._meta.get_field(name)
            was, becomes = self._value(column, before), self._value(column, after)
            held = getattr(row, column.attname)
            if held == becomes or (self.anyway and table.model is Period):
                continue
            if held != was and not self.anyway:
                raise NotEntered(Mismatch.BOTH, f"中心这边：{shown(table.name, name, self._told(column, held))}。")
            wanted[column.attname] = becomes
        if wanted:
            type(row).objects.filter(pk=row.pk).update(**wanted)
        return []

    def _row(self, table: Table, event: Event) -> Any:
        key: Any = Brought.objects.filter(node=self.node, table=table.name, row=event.row).values_list("here", flat=True).first()
        row = self._of_the_venue(table).filter(pk=key if key is not None else _uuid(event.row)).first()
        if row is None:
            raise NotEntered(Mismatch.UNKNOWN, "中心没有这一条，不知道改的是什么。")
        return row

    def _of_the_venue(self, table: Table) -> Any:
        model: Any = table.model
        if model is HallVisit:
            return model.objects.filter(service_point=self.venue.service_point)
        return model.objects.filter(**{table.venue: self.venue}) if table.venue else model.objects.all()

    def _value(self, column: Any, told: Any) -> Any:
        """Return what a told value is here: for a name the key of whom or what it names. Raises NotEntered."""
        if told is None:
            return None
        if isinstance(column, ForeignKey):
            return self._named(column.related_model, told).pk
        if isinstance(column, DateTimeField):
            return datetime.fromisoformat(told).replace(tzinfo=UTC)
        return column.to_python(told)

    def _named(self, model: Any, told: Any) -> Any:
        key = (model, told)
        if key not in self._known:
            self._known[key] = self._found(model, told)
        return self._known[key]

    def _found(self, model: Any, told: Any) -> Any:
        if model not in NAMES:
            row = self._of_the_venue(_BY_MODEL[model]).filter(pk=_uuid(told)).first()
            if row is None:
                raise NotEntered(Mismatch.UNKNOWN, _WITHOUT)
            return row
        row = self._rows(model, told).first()
        if row is None and model is Staff:
            self.strangers.add(str(told))
            return keep_name(username=f"{told}@{self.venue.code}", name=f"{told}（{self.venue}自建）", at=self.at)
        if row is None:
            raise NotEntered(Mismatch.UNKNOWN, f"中心没有叫“{told}”的{_KINDS[model]}。")
        return row

    def _rows(self, model: Any, told: Any) -> Any:
        if model is Staff:
            return Staff.objects.filter(username=self.node.known_as.get(told, told))
        if model is Venue:
            return Venue.objects.filter(pk=self.venue.pk, code=told)
        if model is Question:
            return Question.objects.filter(area__code__in=codes_of(self.path), words=told).order_by("-pk")
        here = {} if model is Matter else {"venue": self.venue}
        return model.objects.filter(**{NAMES[model]: told}, **here)

    def _told(self, column: Any, held: Any) -> Any:
        if held is None or not isinstance(column, ForeignKey) or column.related_model not in NAMES:
            return held
        whose: Any = column.related_model
        return getattr(whose.objects.get(pk=held), NAMES[whose])

    def was_at_work(self, staff: Staff, moment: datetime) -> bool:
        """Say whether somebody's post, as it is known now, let them work in this hall on the day of a moment."""
        key = (staff.pk, localdate(moment))
        if key not in self._at_work:
            reached = areas_reached(staff, permissions=HALL, on=key[1])
            self._at_work[key] = staff.is_active and any(self.path.startswith(path) for path in reached)
        return self._at_work[key]


_KINDS: Mapping[type[Model], str] = {
    Series: "号段",
    Window: "窗口",
    Matter: "事项",
    Venue: "场所",
    Question: "问卷题目",
}


def _is_well(column: Any, values: Mapping[str, Any]) -> bool:
    """Say whether a column needs no cleaning: what it points at was looked up, or it may be empty and is."""
    return bool(column.remote_field) or (column.null and values.get(column.attname) is None)


def _clash(table: Table) -> str:
    return f"和中心已有的{TABLE_WORDS[table.name]}撞上了，两条只能有一条。"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
