"""
Access (权限): whose rows this person may see and what their posts may do.

`scope` is entered by every request, command and job; without it a scoped model answers nothing and raises. A scope is
a list of area path prefixes. `require` asks the permission table.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any, Self, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from yimen.office.models import PathField, Staff
from yimen.office.permissions import PERMISSION_WORDS, PERMISSIONS

M = TypeVar("M", bound=models.Model)


class OutsideScope(Exception):
    """A scoped row was asked for without an open scope."""


class NotAllowed(Exception):
    """The person's posts do not allow this, or not in this area."""


@dataclass(frozen=True)
class Scope:
    """
    Who acts, why, and below which area paths; `staff` is None for the system's own work and for machines.

    A machine `is_bound`: it may do what stands in its permissions and nothing else, where the system may do its own work.
    """

    actor: str
    purpose: str
    paths: tuple[str, ...]
    staff: Staff | None = None
    address: str = ""
    permissions: frozenset[tuple[str, str]] = frozenset()
    is_bound: bool = False


@dataclass(frozen=True)
class System:
    """The program itself, at night or in the terminal, for the area below one path ("" is everywhere)."""

    name: str
    path: str = ""


@dataclass(frozen=True)
class Machine:
    """A machine at the other end of a line, such as a kiosk: below one path, it may do what is named and nothing else."""

    name: str
    path: str
    may: frozenset[str]


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextmanager
def scope(who: Staff | System | Machine, purpose: str, *, address: str = "") -> Iterator[Scope]:
    """Open the scope of a member of staff, of the system or of a machine for one request, command or job."""
    opened = _scope_of(who, purpose, address)
    token = _scope.set(opened)
    try:
        yield opened
    finally:
        _scope.reset(token)


def _scope_of(who: Staff | System | Machine, purpose: str, address: str) -> Scope:
    if isinstance(who, Machine):
        allowed = frozenset((permission, who.path) for permission in who.may)
        return Scope(f"machine:{who.name}", purpose, (who.path,), None, address, allowed, is_bound=True)
    if isinstance(who, System):
        return Scope(f"system:{who.name}", purpose, (who.path,), address=address)
    posts = [post for post in who.posts.select_related("area") if post.is_held] if who.is_active else []
    paths = tuple(sorted({post.area.path for post in posts}))
    allowed = frozenset((permission, post.area.path) for post in posts for permission in PERMISSIONS[post.kind])
    return Scope(who.username, purpose, paths, who, address, allowed)


@contextmanager
def lent(*permissions: str, area_path: str) -> Iterator[None]:
    """
    Lend whoever acts some permissions in one area for what the program itself makes of it, for example a notice.

    Whoever opens it has asked for the right to the thing made; what is read is written down under the same name.
    """
    now = current()
    token = _scope.set(replace(now, permissions=now.permissions | {(one, area_path) for one in permissions}))
    try:
        yield
    finally:
        _scope.reset(token)


def current() -> Scope:
    """Return the open scope. Raises OutsideScope if there is none: fail closed."""
    opened = _scope.get()
    if opened is None:
        raise OutsideScope("没有打开数据范围：请在 office.access.scope(人员, 用途) 之内读写。")
    return opened


def acting() -> Staff:
    """Return the member of staff who acts. Raises NotAllowed for the system: what a person answers for, a person does."""
    staff = current().staff
    if staff is None:
        raise NotAllowed("这一步要由工作人员办，系统不能自己办。")
    return staff


def upper_end(path: str) -> str:
    """Return the first text after everything below a path ("37.3717." → "37.3717/"), for a range the index can use."""
    return path[:-1] + chr(ord(path[-1]) + 1)


def within(paths: tuple[str, ...], *, column: str = "area_path") -> Q:
    """Return the condition that a row lies below one of the paths; no path, no row."""
    if "" in paths:
        return Q()
    ranges = [Q(**{f"{column}__gte": path, f"{column}__lt": upper_end(path)}) for path in paths]
    return reduce(or_, ranges) if ranges else Q(pk__in=[])


def may(permission: str, *, area_path: str | None = None) -> bool:
    """Say whether the open scope allows this, in this area if one is given; the system may do its own work."""
    now = current()
    if now.staff is None and not now.is_bound:
        return area_path is None or covers(area_path)
    return any(name == permission and (area_path is None or area_path.startswith(path)) for name, path in now.permissions)


def require(permission: str, *, area_path: str | None = None) -> None:
    """Raise NotAllowed, in words, unless the open scope allows this."""
    if not may(permission, area_path=area_path):
        if current().is_bound:
            raise NotAllowed(f"这台设备不能做“{PERMISSION_WORDS.get(permission, permission)}”。")
        raise NotAllowed(
            f"您的岗位没有“{PERMISSION_WORDS.get(permission, permission)}”的权限。如确有需要，请联系本单位安全管理员调整岗位。"
        )


def covers(area_path: str) -> bool:
    """Say whether an area lies below the open scope."""
    return any(area_path.startswith(path) for path in current().paths)


def _refuse_outside(*area_paths: Any) -> None:
    if not all(isinstance(path, str) and covers(path) for path in area_paths):
        raise OutsideScope("要写入的内容不在打开的数据范围之内。")


class ScopedQuerySet(models.QuerySet[M]):
    """
    Rows below the scope's areas, to read and to write.

    Joins are guarded by `joins`; here a row whose fetched relation lies elsewhere is left out as a whole.
    """

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        rows = list(objs)
        _refuse_outside(*(getattr(row, "area_path", None) for row in rows))
        return super().bulk_create(rows, *args, **options)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], *args: Any, **options: Any) -> int:
        rows = list(objs)
        _refuse_outside(*(getattr(row, "area_path", None) for row in rows))
        return super().bulk_update(rows, fields, *args, **options)

    def update(self, **changes: Any) -> int:
        # An expression comes from bulk_update, which has asked already, or from rows that are scoped themselves.
        if isinstance(changes.get("area_path"), str):
            _refuse_outside(changes["area_path"])
        return super().update(**changes)

    def raw(self, *_: Any, **__: Any) -> Any:
        """Refuse: nobody can tell what a text in SQL reaches."""
        raise OutsideScope("有数据范围的表不接受手写的 SQL。")

    def select_related(self, *fields: Any) -> Self:
        joined = super().select_related(*fields)
        for name in fields:
            joined = joined._within_joined(name) if name else joined
        return joined

    def _within_joined(self, name: str) -> Self:
        model: Any = self.model
        steps: list[str] = []
        narrowed = self
        for step in name.split("__"):
            try:
                model = model._meta.get_field(step).related_model
            except FieldDoesNotExist:
                break
            steps.append(step)
            if isinstance(getattr(model, "_base_manager", None), ScopedManager):
                prefix = "__".join(steps)
                here = within(current().paths, column=f"{prefix}__area_path")
                if here:
                    narrowed = narrowed.filter(here | Q(**{f"{prefix}__isnull": True}))
        return narrowed


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The manager of every table of people: raises without a scope, and shows only what lies below it."""

    def get_queryset(self) -> ScopedQuerySet[Any]:
        queryset: ScopedQuerySet[Any] = super().get_queryset()
        here = within(current().paths)
        return queryset.filter(here) if here else queryset


class Scoped(models.Model):
    """A table of people: every row names its area path and is seen only through a scope."""

    area_path = PathField(db_index=True)

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **options: Any) -> None:
        """Save the row where the open scope reaches, and nowhere else."""
        _refuse_outside(self.area_path)
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the row if the open scope reaches it."""
        _refuse_outside(self.area_path)
        return super().delete(*args, **options)
