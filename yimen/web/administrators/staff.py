"""Staff and posts (人员和岗位): who may come in, where and as what; a lost password or code, somebody who leaves."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_POST

from yimen.cases.actions import appoint, let_in_again, relieve, shut_out
from yimen.office import actions
from yimen.office.access import NotAllowed, acting, require
from yimen.office.once import OtherContent, once
from yimen.office.queries import POST_WORDS, StaffRow, area_seen, areas_seen, departments, staff_managed, staff_row
from yimen.web.window.drafting import new_key, send_once

# Programs are let in by the operator, not here.
FOR_PEOPLE = tuple((kind, words) for kind, words in POST_WORDS.items() if kind != "portal")
ORDERS = {"username": "用户名", "name": "姓名", "department": "部门", "place": "岗位在哪里"}


class Unclear(Exception):
    """Something was not chosen or typed wrongly; the sentence says what."""


REFUSALS = (NotAllowed, Unclear, OtherContent)


def staff_list(request: HttpRequest) -> HttpResponse:
    """Show who may come in, and add somebody with a first post."""
    require("staff.manage")
    if request.method == "POST":
        try:
            return _add(request)
        except REFUSALS as refusal:
            return _list(request, problem=str(refusal))
    return _list(request)


def _list(request: HttpRequest, *, problem: str = "", told: dict[str, str] | None = None) -> HttpResponse:
    text, area = request.GET.get("text", "").strip(), area_seen(request.GET.get("area", ""))
    order = request.GET.get("order", "")
    rows = sorted(staff_managed(text=text, area_path=area.path if area else ""), key=_by(order))
    shown = {
        "current": reverse("staff"),
        "rows": rows,
        "text": text,
        "area": area.code if area else "",
        "areas": _areas(),
        "order": order if order in ORDERS else "username",
        "orders": ORDERS.items(),
        "kinds": FOR_PEOPLE,
        "departments": departments(),
        "typed": request.POST if problem else {},
        "key": new_key(),
        "problem": problem,
        "told": told,
    }
    return render(request, "administrators/staff.html", shown, status=422 if problem else 200)


def _by(order: str) -> Callable[[StaffRow], Any]:
    def key(row: StaffRow) -> Any:
        staff = row.staff
        first = {
            "name": staff.name,
            "department": staff.department.name if staff.department else "",
            "place": row.posts[0].area.path if row.posts else "~",
        }.get(order, "")
        return first, staff.username

    return key


def _areas() -> list[tuple[str, str]]:
    return [(one.code, f"{'　' * max(one.level - 3, 0)}{one.name}") for one in areas_seen().filter(level__gte=3)]


def _add(request: HttpRequest) -> HttpResponse:
    """Add somebody; the first password is on the page this once, and is written down nowhere."""
    sent, at = request.POST, now()
    username, name = sent.get("username", "").strip(), sent.get("name", "").strip()
    if not username or not name:
        raise Unclear("请写用户名和姓名。")
    kind, area, password = _post_of(sent), _area_of(sent), secrets.token_urlsafe(9)
    fresh = []

    def add() -> dict[str, str]:
        department = sent.get("department", "")
        if department not in {one.code for one in departments()}:
            raise Unclear("请选部门。")
        staff = actions.add_staff(username=username, password=password, name=name, department=department, by=acting(), at=at)
        actions.give_post(staff=staff, kind=kind, area=area, starts_on=_day_of(sent), by=acting(), at=at)
        fresh.append(staff)
        return {"username": staff.username}

    content = {one: sent.get(one, "") for one in ("username", "name", "department", "kind", "area", "starts_on")}
    once(key=sent.get("key", ""), action="staff.add", content=content, at=at, do=add)
    if not fresh:
        raise Unclear(f"{name}刚才已经新增。初始密码只显示一次；没有记下的，到他的页面重置密码。")
    return _list(request, told={"name": name, "username": username, "password": password})


def _post_of(sent: Any) -> str:
    kind = str(sent.get("kind", ""))
    if kind not in dict(FOR_PEOPLE):
        raise Unclear("请选岗位；没有岗位什么也看不到。")
    return kind


def _area_of(sent: Any) -> Any:
    area = area_seen(sent.get("area", ""))
    if area is None:
        raise Unclear("请选岗位在哪里，只能在您管的辖区内。")
    return area


def _day_of(sent: Any, name: str = "starts_on") -> date:
    try:
        return date.fromisoformat(sent.get(name, "").strip().replace(".", "-")) if sent.get(name) else localdate()
    except ValueError:
        raise Unclear("日期请写成 2026.12.01。") from None


def staff_page(request: HttpRequest, username: str, *, problem: str = "", password: str = "") -> HttpResponse:
    """Show one member of staff with their posts, and what may be done."""
    row = staff_row(username=username)
    shown = {
        "current": reverse("staff"),
        "row": row,
        "one": row.staff,
        "kinds": FOR_PEOPLE,
        "areas": _areas(),
        "is_me": row.staff == acting(),
        "problem": problem,
        "password": password,
        "key": new_key(),
    }
    return render(request, "administrators/staff_page.html", shown, status=422 if problem else 200)


@require_POST
def staff_step(request: HttpRequest, username: str, name: str) -> HttpResponse:
    """Give or end a post, reset password or code, lock or let in again."""
    row = staff_row(username=username)
    if name not in STEPS:
        raise Http404
    password, fresh = secrets.token_urlsafe(9) if name == "password" else "", []

    def do() -> dict[str, str]:
        fresh.append(name)
        return {"said": STEPS[name](row, request.POST, password)}

    try:
        done = send_once(request, f"staff.{name}", do, username=username)["said"]
        if password and not fresh:
            raise Unclear("密码刚才已经重置。新密码只显示一次；没有记下的，再重置一次。")
    except (*REFUSALS, ValidationError) as refusal:
        said = "；".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
        return staff_page(request, username, problem=said)
    if password:
        # Shown this once; it is written down nowhere.
        return staff_page(request, username, password=password)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("staff_page", args=[username]))


def _give(row: StaffRow, sent: Any, _: str) -> str:
    kind, area = _post_of(sent), _area_of(sent)
    appoint(staff=row.staff, kind=kind, area=area, starts_on=_day_of(sent), by=acting(), at=now())
    return f"已任岗：{POST_WORDS[kind]}（{area.name}）。"


def _end(row: StaffRow, sent: Any, _: str) -> str:
    post = next((one for one in row.posts if str(one.pk) == sent.get("post")), None)
    if post is None:
        raise Unclear("这个岗位已经免了，请刷新页面查看。")
    asked = relieve(post=post, ends_on=_day_of(sent, "ends_on"), by=acting(), at=now())
    return f"已免岗：{post}。从那天起，凭这个岗位什么也看不到。{_told(asked)}"


def _password(row: StaffRow, _: Any, password: str) -> str:
    actions.reset_password(staff=row.staff, password=password, by=acting(), at=now())
    return ""


def _factor(row: StaffRow, _: Any, __: str) -> str:
    actions.reset_second_factor(staff=row.staff, by=acting(), at=now())
    return f"{row.staff.name}的动态口令已取消，下次登录时重新绑定。"


def _lock(row: StaffRow, _: Any, __: str) -> str:
    if row.staff == acting():
        raise Unclear("不能停用自己。")
    asked = shut_out(staff=row.staff, by=acting(), at=now())
    return f"{row.staff.name}已停用，正在用的登录立即失效。{_told(asked)}"


def _told(asked: list[Any]) -> str:
    return f"手上没办完的事已派给{'、'.join(task.owner.name for task in asked)}改派。" if asked else ""


def _unlock(row: StaffRow, _: Any, __: str) -> str:
    let_in_again(staff=row.staff, by=acting(), at=now())
    return f"{row.staff.name}已恢复使用。"


STEPS: dict[str, Callable[[StaffRow, Any, str], str]] = {
    "give": _give,
    "end": _end,
    "password": _password,
    "factor": _factor,
    "lock": _lock,
    "unlock": _unlock,
}
