"""Changes of the office: areas and departments, service points, staff and posts, the calendar of working days."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from yimen.office import audit
from yimen.office.access import NotAllowed, require
from yimen.office.calendar import year_of_notice
from yimen.office.clients import add_client, is_client, refuse_taken, renew_token, revoke_client
from yimen.office.divisions import FICTIONAL, packed
from yimen.office.firms import add_firm, change_contract, refuse_mixed
from yimen.office.models import Area, CalendarDay, CalendarYear, Department, Post, ServicePoint, Staff
from yimen.office.permissions import EXCLUSIVE, POST_WORDS
from yimen.office.staffing import refuse_unmanaged

__all__ = [
    "DEPARTMENTS",
    "add_client",
    "add_firm",
    "add_service_point",
    "add_staff",
    "change_contract",
    "deactivate_staff",
    "end_post",
    "enter_calendar_year",
    "give_post",
    "load_areas",
    "load_departments",
    "readmit_staff",
    "renew_token",
    "reset_password",
    "reset_second_factor",
    "revoke_client",
]
DEPARTMENTS = {
    "mz": "民政",
    "jy": "教育",
    "yb": "医保",
    "zj": "住建",
    "wj": "卫健",
    "cl": "残联",
    "rs": "人社",
    "ga": "公安",
    "jj": "公安交管",
    "sj": "市场监管",
    "nn": "农业农村",
    "cz": "财政",
    "sw": "税务",
    "bdc": "不动产登记",
    "tyj": "退役军人事务",
    "gh": "工会",
    "fl": "妇联",
    "fg": "发展改革",
    "yj": "应急管理",
    "sf": "司法",
}


def load_areas(*, fictional: bool = False, below: str = "") -> int:
    """
    Load the packed divisions (装载行政区划), or those whose code begins with `below`; return how many were new.

    Loading them again changes nothing. The fictional county (codes 99) is loaded only if asked for.
    """
    held = set(Area.objects.values_list("code", flat=True))
    wanted = (area for area in packed(below) if fictional or not area.code.startswith(FICTIONAL))
    fresh = [area for area in wanted if area.code not in held]
    with transaction.atomic():
        Area.objects.bulk_create(fresh, batch_size=5000)
    return len(fresh)


def load_departments() -> None:
    """Load the departments that own policies or state facts; loading them again changes nothing."""
    Department.objects.bulk_create(
        [Department(code=code, name=name) for code, name in DEPARTMENTS.items()], ignore_conflicts=True
    )


def add_service_point(
    *, name: str, area: Area, owner: str, address: str, phone: str = "", departments: Iterable[str] = (), by: Staff | None
) -> ServicePoint:
    """Add a place where people are served, or return the one of this name there."""
    require("staff.manage")
    point, _ = ServicePoint.objects.get_or_create(
        name=name, area=area, defaults={"owner": owner, "address": address, "phone": phone}
    )
    point.departments.set(Department.objects.filter(code__in=list(departments)))
    return point


@transaction.atomic
def add_staff(*, username: str, password: str, name: str, department: str, by: Staff | None, at: datetime) -> Staff:
    """
    Add a member of staff, who must set up a second factor at the first log-in. Posts are given separately.

    Raises NotAllowed for a user name that is taken: Clerk and clerk open the same account.
    """
    require("staff.manage")
    refuse_taken(username)
    staff = Staff.objects.create_user(username, password, name=name, department=Department.objects.get(code=department))
    audit.write(action="staff.add", at=at, username=username)
    return staff


def keep_name(*, username: str, name: str, at: datetime) -> Staff:
    """
    Keep the name of an account made elsewhere that nobody here knows (只作记名): what was done under it keeps its name.

    Nobody can come in by it, and it holds no post.
    """
    staff, is_new = Staff.objects.get_or_create(
        username=username[:40], defaults={"name": name[:40], "is_active": False, "password": make_password(None)}
    )
    if is_new:
        audit.write(action="staff.keep_name", at=at, username=staff.username)
    return staff


@transaction.atomic
def give_post(*, staff: Staff, kind: str, area: Area, starts_on: date, by: Staff | None, at: datetime) -> Post:
    """
    Give a post in an area from a day on (任岗). One person may hold several, as in a township with one officer.

    The three administrators (系统、安全、审计) are exclusive: raises NotAllowed if it would stand beside another post, also one
    that is yet to begin or to end.
    """
    require("staff.manage", area_path=area.path)
    refuse_mixed(staff, kind)
    # Two posts given at the same moment must see each other.
    Staff.objects.select_for_update().get(pk=staff.pk)
    held = {post.kind for post in staff.posts.exclude(ends_on__lte=starts_on)} - {kind}
    if held and (kind in EXCLUSIVE or held & EXCLUSIVE):
        raise NotAllowed(
            f"“{POST_WORDS[kind]}”不能与“{'、'.join(POST_WORDS[k] for k in sorted(held))}”由同一人兼任（三员分立）。"
        )
    post, _ = Post.objects.get_or_create(staff=staff, kind=kind, area=area, ends_on=None, defaults={"starts_on": starts_on})
    audit.write(action="post.give", at=at, username=staff.username, post=kind, area=area.code)
    return post


@transaction.atomic
def end_post(*, post: Post, ends_on: date, by: Staff | None, at: datetime) -> Post:
    """End a post (免岗): from this day on it shows nothing; ended today, the next click already."""
    require("staff.manage", area_path=post.area.path)
    # A post that never began is ended on the day it would have begun.
    post.ends_on = max(ends_on, post.starts_on)
    post.save(update_fields=["ends_on"])
    audit.write(action="post.end", at=at, username=post.staff.username, post=post.kind, area=post.area_id)
    return post


@transaction.atomic
def reset_second_factor(*, staff: Staff, by: Staff | None, at: datetime) -> None:
    """Take away a lost second factor (重置动态口令); the next log-in sets up a new one."""
    refuse_unmanaged(staff)
    Authenticator.objects.filter(user=staff).delete()
    audit.write(action="staff.reset_totp", at=at, username=staff.username)


@transaction.atomic
def reset_password(*, staff: Staff, password: str, by: Staff | None, at: datetime) -> None:
    """
    Give a new password to somebody who forgot it (重置密码); whoever is logged in by the old one is out at the next click.

    Raises NotAllowed for a program: it comes in by its token and nobody logs in as it.
    """
    refuse_unmanaged(staff)
    if is_client(staff):
        raise NotAllowed(f"“{staff.name}”是接入程序，只用令牌，不设密码。令牌丢了请换令牌。")
    validate_password(password, staff)
    staff.set_password(password)
    staff.save(update_fields=["password"])
    audit.write(action="staff.reset_password", at=at, username=staff.username)


@transaction.atomic
def deactivate_staff(*, staff: Staff, by: Staff | None, at: datetime) -> None:
    """Shut out somebody who leaves (离岗停用); their session ends at once, what they did stays theirs."""
    refuse_unmanaged(staff)
    staff.is_active = False
    staff.save(update_fields=["is_active"])
    audit.write(action="staff.deactivate", at=at, username=staff.username)


@transaction.atomic
def readmit_staff(*, staff: Staff, by: Staff | None, at: datetime) -> None:
    """Let somebody in again who was shut out (恢复使用), with the posts they still hold. Raises NotAllowed."""
    refuse_unmanaged(staff)
    if is_client(staff):
        raise NotAllowed(f"“{staff.name}”是接入程序，停用后要另加一个。")
    staff.is_active = True
    staff.save(update_fields=["is_active"])
    audit.write(action="staff.readmit", at=at, username=staff.username)


@transaction.atomic
def enter_calendar_year(
    *, year: int, document: str, days: Mapping[date, tuple[bool, str]], by: Staff | None, at: datetime
) -> None:
    """
    Enter a year's notice (放假安排): for each special day whether it is worked, and its name (元旦, 调休上班).

    Entering it again replaces what was entered before. The last days of December stand in the notice of the year after.
    """
    require("calendar.manage")
    wrong = [day for day in days if year_of_notice(day) != year]
    if wrong:
        hint = f"（年底几天以 {year + 1} 年的通知为准）" if wrong[0].year == year else ""
        raise ValueError(f"{wrong[0]} 不在 {year} 年的放假通知里{hint}，请核对。")
    before = [row.pk for row in CalendarDay.objects.filter(day__year__in=(year - 1, year)) if year_of_notice(row.day) == year]
    CalendarDay.objects.filter(pk__in=before).delete()
    CalendarDay.objects.bulk_create([CalendarDay(day=day, is_workday=worked, name=name) for day, (worked, name) in days.items()])
    CalendarYear.objects.update_or_create(year=year, defaults={"document": document, "entered_at": at})
    audit.write(action="calendar.enter", at=at, year=year, document=document)
