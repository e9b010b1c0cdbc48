"""Questions to the office: areas, staff, deliveries, jobs, and whether the keys fit the database."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from yimen.office.access import System, current, scope, within
from yimen.office.clients import client_of
from yimen.office.condition import Condition, condition, lasting
from yimen.office.firms import firms
from yimen.office.keys import keyring
from yimen.office.models import Area, Delivery, Job, KeyCheck, Post, ServicePoint, Staff
from yimen.office.notices import NoticeLine, YearKnown, days_of, entered_lines, special_days, years_known
from yimen.office.permissions import PERMISSIONS, POST_WORDS
from yimen.office.room import room
from yimen.office.rotation import open_one_of_each
from yimen.office.staffing import StaffRow, departments, staff_managed, staff_row
from yimen.office.trail import AuditFilter, audit_entries, posts_of
from yimen.office.vault import refuse_to_write_with_foreign_keys

__all__ = [
    "POST_WORDS",
    "AuditFilter",
    "Condition",
    "NoticeLine",
    "Staff",
    "StaffRow",
    "YearKnown",
    "audit_entries",
    "client_of",
    "condition",
    "days_of",
    "departments",
    "entered_lines",
    "firms",
    "lasting",
    "posts_of",
    "room",
    "special_days",
    "staff_managed",
    "staff_row",
    "years_known",
]


def codes_above(area: Area) -> tuple[str, ...]:
    """Return the codes of an area and of all above it, the nearest last, from its path."""
    return codes_of(area.path)


def codes_of(path: str) -> tuple[str, ...]:
    """Return the codes on an area path ("37.3717." → "37", "3717")."""
    return tuple(path.rstrip(".").split("."))


def areas_seen() -> QuerySet[Area]:
    """Return the areas below the open scope."""
    return Area.objects.filter(within(current().paths, column="path")).order_by("path")


def area_seen(code: str) -> Area | None:
    """Return one area below the open scope, or None: the same for a foreign one as for none."""
    return areas_seen().filter(code=code).first()


def own_areas() -> list[Area]:
    """Return the areas of the posts of whoever acts."""
    return list(Area.objects.filter(path__in=current().paths))


def deliveries_seen(kinds: Sequence[str] = ()) -> QuerySet[Delivery]:
    """Return the files that came in for areas below the open scope, the newest first."""
    rows = Delivery.objects.filter(within(current().paths, column="area__path")).select_related("area", "received_by")
    return (rows.filter(kind__in=kinds) if kinds else rows).order_by("-received_at")


def job(job_id: uuid.UUID) -> Job | None:
    """Return a job that whoever acts has started, or None."""
    rows = Job.objects.filter(pk=job_id)
    who = current().staff
    return (rows if who is None else rows.filter(made_by=who)).first()


def unfinished_job(name: str) -> Job | None:
    """Return the system's own job of this name that waits or runs, or None."""
    return Job.objects.filter(name=name, made_by=None, state__in=(Job.State.READY, Job.State.RUNNING)).first()


def colleagues(*, permission: str, area_path: str) -> list[Staff]:
    """Return which other people may do this in an area by a post of today, the nearest desk first; programs are none."""
    return list({one.staff_id: one.staff for one in _posts_of_others(permission, area_path)}.values())


def holds(staff: Staff, permission: str, *, area_path: str) -> bool:
    """Say whether somebody may do this in an area by a post of today."""
    posts = staff.posts.select_related("area") if staff.is_active else ()
    return any(one.is_held and permission in PERMISSIONS[one.kind] and area_path.startswith(one.area.path) for one in posts)


def is_under_way(name: str) -> bool:
    """Say whether a job of this name waits or runs, whoever started it."""
    return Job.objects.filter(name=name, state__in=(Job.State.READY, Job.State.RUNNING)).exists()


def areas_reached(staff: Staff, *, permissions: Collection[str], on: date) -> list[str]:
    """Return the paths of the areas in which somebody may do one of these on a day, by the posts known today."""
    posts = staff.posts.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on).select_related("area")
    return [one.area.path for one in posts if PERMISSIONS[one.kind] & set(permissions)]


def nearest_colleagues(*, permission: str, area_path: str) -> list[Staff]:
    """Return those of `colleagues` who sit at the nearest desk: of a village, of its township, or of the county."""
    posts = _posts_of_others(permission, area_path)
    return list({one.staff_id: one.staff for one in posts if one.area_id == posts[0].area_id}.values())


def _posts_of_others(permission: str, area_path: str) -> list[Post]:
    able = [kind for kind, held in PERMISSIONS.items() if permission in held]
    posts = Post.objects.filter(kind__in=able, area__code__in=codes_of(area_path), staff__is_active=True, staff__client=None)
    held = (one for one in posts.select_related("staff__department", "area").order_by("pk") if one.is_held)
    others = [one for one in held if area_path.startswith(one.area.path) and one.staff != current().staff]
    return sorted(others, key=lambda one: -len(one.area.path))


def service_point_of(area_path: str) -> ServicePoint | None:
    """Return where the people of an area are served, the nearest place, or None."""
    found = list(ServicePoint.objects.filter(area__code__in=codes_of(area_path)).select_related("area").order_by("pk"))
    return max(found, key=lambda one: len(one.area.path), default=None)


def posts_that_may(*, permissions: Collection[str], area_path: str, on: date) -> list[Post]:
    """Return the posts of a day or later by which somebody who can log in may do one of these in an area; programs have none."""
    able = [kind for kind, held in PERMISSIONS.items() if held & set(permissions)]
    posts = Post.objects.filter(kind__in=able, area__code__in=codes_of(area_path), staff__is_active=True, staff__client=None)
    coming = posts.filter(Q(ends_on=None) | Q(ends_on__gt=on))
    return list(coming.select_related("staff__department", "area").order_by("pk"))


def window_of(staff: Staff, *, area_path: str) -> ServicePoint | None:
    """Return the service point at which somebody sits by a post of today, else the nearest to an area, or None."""
    posts = Post.objects.filter(staff=staff, service_point__isnull=False).select_related("service_point").order_by("pk")
    return next((one.service_point for one in posts if one.is_held), None) or service_point_of(area_path)


def staff_below(*, permission: str, area_path: str) -> list[Staff]:
    """Return who may do this, by a post of today, in an area or a part of it."""
    able = [kind for kind, held in PERMISSIONS.items() if permission in held]
    posts = Post.objects.filter(within((area_path,), column="area__path"), kind__in=able).select_related("staff__department")
    found = {one.staff_id: one.staff for one in posts if one.is_held}
    return sorted(found.values(), key=lambda one: one.username)


def staff_called(username: str) -> Staff | None:
    """Return the member of staff of this user name, however it is written, or None."""
    return Staff.objects.filter(username__iexact=username).first()


def refuse_foreign_keys() -> None:
    """
    Raise VaultError, in words, if the keys here are not those that sealed this database.

    The first start writes down their check values; where sealed rows lie already, one of each table must open first.
    """
    refuse_to_write_with_foreign_keys()
    held = set(KeyCheck.objects.values_list("value", flat=True))
    if not held:
        with scope(System("keys"), "核对密钥"):
            open_one_of_each()
    fresh = keyring().check_values() - held
    KeyCheck.objects.bulk_create([KeyCheck(value=value) for value in sorted(fresh)])


def names_on(path: str) -> dict[int, str]:
    """Return the names of the areas on a path by the length of their code: 6 the county, 9 the township, 12 the village."""
    return {len(code): name for code, name in Area.objects.filter(code__in=codes_of(path)).values_list("code", "name")}


def place_of(staff: Staff, *, permission: str, area_path: str) -> Area | None:
    """Return the area of the widest post of today by which somebody may do this there, or None."""
    able = [kind for kind, held in PERMISSIONS.items() if permission in held]
    posts = Post.objects.filter(staff=staff, kind__in=able, area__code__in=codes_of(area_path)).select_related("area")
    return min((post.area for post in posts if post.is_held), key=lambda area: len(area.path), default=None)


def area_at(path: str) -> Area:
    """Return the area of a path. Raises Area.DoesNotExist."""
    return Area.objects.get(path=path)


def places(town: str) -> tuple[list[Area], list[Area]]:
    """Return the townships below the open scope, and the villages of one of them, for whoever says where they live."""
    towns = list(areas_seen().filter(level=4).select_related("parent"))
    return towns, list(areas_seen().filter(level=5, parent=town)) if town else []
