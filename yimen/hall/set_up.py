"""
What a venue is made of, as it travels in its package (场所包的内容): the venue, who works there, days off, appointments.

Rows are known again by their names, not by their keys: the centre and the machine number theirs apart.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import ForeignKey, Model, ProtectedError, QuerySet

from yimen.hall.models import (
    Appointment,
    CoOrganizer,
    Device,
    LimitChange,
    Matter,
    Opening,
    Profile,
    ProfileLine,
    Question,
    RuleChange,
    Series,
    Training,
    Venue,
    Window,
)
from yimen.hall.words import DeviceKind
from yimen.office.models import Area, CalendarDay, CalendarYear, Department, Post, ServicePoint, Staff
from yimen.office.queries import codes_of, posts_that_may

NAMES: Mapping[type[Model], str] = {
    Area: "code",
    Department: "code",
    ServicePoint: "name",
    Staff: "username",
    Venue: "code",
    Matter: "code",
    Series: "letter",
    Profile: "name",
    Window: "number",
}
# Whoever may do one of these there works there.
HALL = ("hall.ticket", "hall.call", "hall.receive", "hall.accompany", "hall.team", "hall.manage")
MANAGER = "hall_manager"
# A password nobody has: who only stands in a record cannot log in.
NO_PASSWORD = "!"  # noqa: S105


@dataclass(frozen=True)
class Kept:
    """A table in a package: by which columns its rows are known again, what else they hold, what of it are lists."""

    model: type[Model]
    known_by: tuple[str, ...]
    columns: tuple[str, ...]
    lists: tuple[str, ...] = ()
    # What the package has no more goes, where nothing refers to it.
    is_whole: bool = True

    @property
    def name(self) -> str:
        """Return under which name it travels."""
        return self.model._meta.label_lower


_VENUE = tuple(one.name for one in Venue._meta.concrete_fields if one.name not in ("id", "code"))
KEPT = (
    Kept(Area, ("code",), ("name", "level", "parent", "path"), is_whole=False),
    Kept(Department, ("code",), ("name", "kind", "contract", "contract_from", "contract_until"), is_whole=False),
    Kept(ServicePoint, ("area", "name"), ("owner", "address", "phone", "hours"), ("departments",), is_whole=False),
    Kept(Staff, ("username",), ("name", "password", "is_active", "is_demonstration", "department"), is_whole=False),
    Kept(Post, ("staff", "kind", "area", "starts_on"), ("ends_on",)),
    Kept(CalendarYear, ("year",), ("document", "entered_at")),
    Kept(CalendarDay, ("day",), ("is_workday", "name")),
    Kept(Matter, ("code",), ("name", "department", "policy"), is_whole=False),
    Kept(Venue, ("code",), _VENUE, ("matters",), is_whole=False),
    Kept(Opening, ("venue", "weekday", "opens_at"), ("closes_at",)),
    Kept(Series, ("venue", "letter"), ("name", "kind"), ("matters",)),
    Kept(Profile, ("venue", "name"), ()),
    Kept(ProfileLine, ("profile", "series"), ("rank",)),
    Kept(Window, ("venue", "number"), ("name", "profile")),
    Kept(RuleChange, ("venue", "at"), ("before", "after", "reason", "by")),
    Kept(LimitChange, ("venue", "at"), ("before", "after", "by")),
    Kept(CoOrganizer, ("staff",), ("languages",), ("matters",)),
    Kept(Training, ("staff", "subject", "held_on"), ("valid_until", "recorded_by", "recorded_at")),
    Kept(Question, ("area", "words"), ("options", "starts_on", "ends_on", "made_by")),
    Kept(Device, ("id",), ("venue", "kind", "name", "window", "token_hash", "made_at", "revoked_at"), is_whole=False),
    Kept(
        Appointment,
        ("id",),
        ("venue", "code", "starts_at", "made_at", "cancelled_at", "area_path"),
        ("matters",),
        is_whole=False,
    ),
)


def packed(venue: Venue, *, on: date, also: Collection[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a venue's package as JSON: who works there, `also` named ones, and what was agreed from a day on."""
    posts = posts_there(venue, on=on, also=also)
    workers = {one.staff_id for one in posts}
    rows = _rows(venue, posts, on)
    told = {kept.name: [_told(kept, row) for row in rows[kept.model]] for kept in KEPT}
    for staff, row in zip(rows[Staff], told[Staff._meta.label_lower], strict=True):
        if staff.pk not in workers:
            row |= {"password": NO_PASSWORD, "is_active": False}
    as_json: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(told, cls=DjangoJSONEncoder))
    return as_json


def posts_there(venue: Venue, *, on: date, also: Collection[str] = ()) -> list[Post]:
    """
    Return the posts by which somebody works in a venue, and no other post of theirs.

    Those are the people of the place itself, who manages halls above it, and whoever is named: the fewer a machine in a public
    room knows, the better.
    """
    area = venue.service_point.area
    posts = posts_that_may(permissions=HALL, area_path=area.path, on=on)
    here = [one for one in posts if one.service_point_id in (None, venue.service_point_id)]
    return [one for one in here if one.area_id == area.pk or one.kind == MANAGER or one.staff.username in also]


def _rows(venue: Venue, posts: list[Post], on: date) -> dict[type[Model], Sequence[Any]]:
    on_path = codes_of(venue.service_point.area.path)
    workers = {one.staff_id for one in posts}
    trainings = list(Training.objects.filter(staff__in=workers))
    questions = list(Question.objects.filter(area__code__in=on_path))
    changes, limits = list(RuleChange.objects.filter(venue=venue)), list(LimitChange.objects.filter(venue=venue))
    named = {one.by_id for one in changes} | {one.by_id for one in limits}
    named |= {one.recorded_by_id for one in trainings} | {one.made_by_id for one in questions}
    staff = list(Staff.objects.filter(pk__in=workers | named).order_by("pk"))
    matters = list(venue.matters.order_by("pk"))
    return {
        Area: list(Area.objects.filter(code__in=on_path).order_by("level")),
        Department: _departments(venue, staff, matters),
        ServicePoint: [venue.service_point],
        Staff: staff,
        Post: posts,
        CalendarYear: list(CalendarYear.objects.all()),
        CalendarDay: list(CalendarDay.objects.all()),
        Matter: matters,
        Venue: [venue],
        Opening: list(Opening.objects.filter(venue=venue)),
        Series: list(venue.series.order_by("pk")),
        Profile: list(venue.profiles.order_by("pk")),
        ProfileLine: list(ProfileLine.objects.filter(profile__venue=venue)),
        Window: list(venue.windows.order_by("number")),
        RuleChange: changes,
        LimitChange: limits,
        CoOrganizer: list(CoOrganizer.objects.filter(staff__in=workers)),
        Training: trainings,
        Question: questions,
        Device: list(Device.objects.filter(venue=venue).exclude(kind=DeviceKind.NODE)),
        Appointment: list(Appointment.objects.filter(venue=venue, starts_at__date__gte=on).order_by("starts_at")),
    }


def _departments(venue: Venue, staff: Iterable[Staff], matters: Iterable[Matter]) -> list[Department]:
    codes = {one.department_id for one in staff} | {one.department_id for one in matters}
    codes |= set(venue.service_point.departments.values_list("code", flat=True))
    return list(Department.objects.filter(code__in=codes - {None}).order_by("code"))


def _told(kept: Kept, row: Any) -> dict[str, Any]:
    told = {name: _named(kept.model, row, name) for name in (*kept.known_by, *kept.columns)}
    return told | {name: _names_of(getattr(row, name).all()) for name in kept.lists}


def _named(model: type[Model], row: Any, name: str) -> Any:
    value = getattr(row, name)
    named = isinstance(model._meta.get_field(name), ForeignKey) and value is not None
    return getattr(value, NAMES[type(value)]) if named else value


def _names_of(rows: QuerySet[Any]) -> list[Any]:
    return sorted(rows.values_list(NAMES[rows.model], flat=True))


def unpack(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Put the rows of a package in the place of what this machine has of them, inside the caller's transaction and scope."""
    standing = {kept: {_put(kept, told).pk for told in rows[kept.name] if not _is_used(kept, told)} for kept in KEPT}
    for kept in reversed(KEPT):
        if kept.is_whole:
            _drop(kept.model, standing[kept])
    # The centre says who works here: nobody else comes in.
    Staff.objects.exclude(username__in=[told["username"] for told in rows[Staff._meta.label_lower]]).update(is_active=False)


def _is_used(kept: Kept, told: Mapping[str, Any]) -> bool:
    """Say whether an appointment was kept here already: then this machine knows better."""
    return kept.model is Appointment and bool(Appointment.objects.filter(pk=told["id"], ticket__isnull=False).exists())


def _put(kept: Kept, told: Mapping[str, Any]) -> Any:
    model: Any = kept.model
    values = {name: _value(model, name, told[name]) for name in (*kept.known_by, *kept.columns)}
    row, _ = model.objects.update_or_create(**{name: values.pop(name) for name in kept.known_by}, defaults=values)
    for name in kept.lists:
        whose: Any = model._meta.get_field(name).related_model
        getattr(row, name).set(whose.objects.filter(**{f"{NAMES[whose]}__in": told[name]}))
    return row


def _value(model: type[Model], name: str, told: Any) -> Any:
    field: Any = model._meta.get_field(name)
    if told is None or not isinstance(field, ForeignKey):
        return field.to_python(told)
    whose: Any = field.related_model
    return whose.objects.get(**{NAMES[whose]: told})


def _drop(model: Any, keys: set[Any]) -> None:
    for row in model.objects.exclude(pk__in=keys):
        # What a day has used stays; nothing leads to it any more.
        with suppress(ProtectedError), transaction.atomic():
            row.delete()
