"""Whom a security administrator manages (人员管理): the staff of the own areas, with their posts, and nobody's household."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.office.access import NotAllowed, current, may, require, within
from yimen.office.models import Department, Post, Staff

__all__ = ["StaffRow", "departments", "refuse_unmanaged", "staff_managed", "staff_row"]


@dataclass(frozen=True)
class StaffRow:
    """One member of staff as the list shows them: the posts not ended, and whether the second factor is set up."""

    staff: Staff
    posts: tuple[Post, ...]
    has_factor: bool


def staff_managed(*, text: str = "", area_path: str = "") -> list[StaffRow]:
    """Return the people with a post below the open scope, by user name, also those locked out. Raises NotAllowed."""
    require("staff.manage")
    rows = _managed(area_path)
    if text:
        rows = rows.filter(name__contains=text) | rows.filter(username__icontains=text)
    return _rows(rows.distinct().order_by("username"))


def staff_row(*, username: str) -> StaffRow:
    """Return one of them. Raises Staff.DoesNotExist for one elsewhere as for none, NotAllowed."""
    require("staff.manage")
    return _rows(_managed().filter(pk=_managed().distinct().get(username=username).pk).distinct())[0]


def _managed(area_path: str = "") -> QuerySet[Staff]:
    rows = Staff.objects.filter(within(current().paths, column="posts__area__path"), client=None)
    return rows.filter(within((area_path,), column="posts__area__path")) if area_path else rows


def _rows(people: QuerySet[Staff]) -> list[StaffRow]:
    found = list(people.select_related("department"))
    posts: dict[int, list[Post]] = {one.pk: [] for one in found}
    for post in Post.objects.filter(staff__in=found).select_related("area").order_by("starts_on", "pk"):
        if post.ends_on is None or post.ends_on > localdate():
            posts[post.staff_id].append(post)
    kept = set(Authenticator.objects.filter(user__in=found).values_list("user_id", flat=True))
    return [StaffRow(one, tuple(posts[one.pk]), one.pk in kept) for one in found]


def departments() -> list[Department]:
    """Return the departments staff may belong to."""
    return list(Department.objects.order_by("code"))


def refuse_unmanaged(staff: Staff) -> None:
    """Raise NotAllowed unless everything this person may do lies where whoever acts manages staff."""
    require("staff.manage")
    for post in staff.posts.select_related("area"):
        if (post.ends_on is None or post.ends_on > localdate()) and not may("staff.manage", area_path=post.area.path):
            raise NotAllowed(f"{staff.name}在您管的地方以外还有岗位（{post}），请由那里的上级安全管理员办。")
