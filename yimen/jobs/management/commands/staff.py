"""`yimen manage staff`: the first accounts of a new county, a new post, a lost second factor, somebody who leaves."""

import json
import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from yimen.cases.actions import appoint, relieve, shut_out
from yimen.jobs.command import ChineseCommand, a_day
from yimen.office.access import NotAllowed, System, scope
from yimen.office.actions import add_firm, add_staff, load_departments
from yimen.office.actions import reset_second_factor as reset
from yimen.office.models import Area, Department, Staff
from yimen.office.queries import POST_WORDS, staff_called


class Command(ChineseCommand):
    help = (
        "人员：add 新增并任岗，post 加一个岗，end 免一个岗，reset 重置动态口令，leave 离岗停用，list 列出；"
        "firm 登记第三方机构和合同。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """add | post | end | reset | leave USER, list, or firm."""
        parser.add_argument(
            "what",
            metavar="做什么",
            choices=("add", "post", "end", "reset", "leave", "list", "firm"),
            help="做什么，见上面的说明",
        )
        parser.add_argument("username", metavar="用户名", nargs="?", default="", help="用户名（登录用）")
        parser.add_argument("--name", default="", help="姓名")
        parser.add_argument("--department", default="mz", help="部门，默认民政（mz）；第三方机构的人写机构的代码")
        parser.add_argument("--post", choices=POST_WORDS, help="；".join(f"{kind} {words}" for kind, words in POST_WORDS.items()))
        parser.add_argument("--area", default="", help="岗位所在地的区划代码")
        parser.add_argument("--on", type=a_day, help="从哪天起，默认今天")
        parser.add_argument("--contract", default="", help="firm：合同编号")
        parser.add_argument("--until", type=a_day, help="firm：合同到期日")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出这个人（list：所有人）")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        load_departments()
        with scope(System("staff"), "管理人员"):
            try:
                words = getattr(self, f"_{what}")(options)
            except NotAllowed as problem:
                raise CommandError(str(problem)) from None
        self.stdout.write(_told(options) if options["json"] and what not in ("list", "add", "firm") else words)

    def _add(self, options: dict[str, Any]) -> str:
        if not options["username"] or not options["name"]:
            raise CommandError("请写用户名和 --name 姓名。", returncode=2)
        if staff_called(options["username"]) is not None:
            raise CommandError(f"已经有用户名“{options['username']}”（不分大小写）。加岗请用 post。")
        if not options["post"]:
            raise CommandError("请用 --post 写明岗位；没有岗位什么也看不到。", returncode=2)
        area, password = _area(options["area"]), secrets.token_urlsafe(12)
        if not Department.objects.filter(code=options["department"]).exists():
            known = "、".join(Department.objects.order_by("code").values_list("code", flat=True))
            raise CommandError(f"没有部门“{options['department']}”，可以是：{known}。", returncode=2)
        # An account whose post is refused is not made either.
        with transaction.atomic():
            staff = add_staff(
                username=options["username"],
                password=password,
                name=options["name"],
                department=options["department"],
                by=None,
                at=timezone.now(),
            )
            self._give(staff, area, options)
        if options["json"]:
            return json.dumps(_as_json(staff) | {"password": password}, ensure_ascii=False)
        return f"{staff.name}：用户名 {staff.username}，初始口令 {password}（只显示这一次）。第一次登录时绑定动态口令。"

    def _post(self, options: dict[str, Any]) -> str:
        staff = _staff(options["username"])
        if not options["post"]:
            raise CommandError("请用 --post 写明岗位。", returncode=2)
        self._give(staff, _area(options["area"]), options)
        return _described(staff)

    def _end(self, options: dict[str, Any]) -> str:
        staff = _staff(options["username"])
        posts = list(staff.posts.filter(ends_on=None, kind=options["post"], area=_area(options["area"])))
        if not posts:
            raise CommandError("没有这个岗位，先用 list 看看。")
        asked = []
        for post in posts:
            asked += relieve(post=post, ends_on=options["on"] or timezone.localdate(), by=None, at=timezone.now())
        return _described(staff) + _handed_on(asked)

    def _reset(self, options: dict[str, Any]) -> str:
        staff = _staff(options["username"])
        reset(staff=staff, by=None, at=timezone.now())
        return f"{staff.name}的动态口令已取消，下次登录重新绑定。"

    def _leave(self, options: dict[str, Any]) -> str:
        staff = _staff(options["username"])
        asked = shut_out(staff=staff, by=None, at=timezone.now())
        return f"{staff.name}已停用，正在用的登录立即失效。{_handed_on(asked)}"

    def _firm(self, options: dict[str, Any]) -> str:
        if not options["name"] or not options["until"]:
            raise CommandError("请写 --name 机构名称、--contract 合同编号、--until 合同到期日。", returncode=2)
        starts_on = options["on"] or timezone.localdate()
        days = {"starts_on": starts_on, "ends_on": options["until"]}
        firm = add_firm(name=options["name"], contract=options["contract"], by=None, at=timezone.now(), **days)
        if options["json"]:
            return json.dumps({"department": firm.code, "name": firm.name, "until": options["until"].isoformat()})
        add = f"add --department {firm.code} --post third_party"
        return f"{firm.name}：代码 {firm.code}，合同到 {firm.contract_until}。新增它的人：{add}"

    def _list(self, options: dict[str, Any]) -> str:
        everybody = list(Staff.objects.order_by("username"))
        if options["json"]:
            return json.dumps([_as_json(one) for one in everybody], ensure_ascii=False)
        return "\n".join(_described(staff) for staff in everybody) or "还没有人员。"

    def _give(self, staff: Staff, area: Area, options: dict[str, Any]) -> None:
        starts_on = options["on"] or timezone.localdate()
        appoint(staff=staff, kind=options["post"], area=area, starts_on=starts_on, by=None, at=timezone.now())


def _handed_on(asked: Sequence[Any]) -> str:
    return f"手上没办完的事已派给{'、'.join(task.owner.name for task in asked)}改派。" if asked else ""


def _staff(username: str) -> Staff:
    if not username:
        raise CommandError("请写用户名。", returncode=2)
    staff = Staff.objects.filter(username=username).first()
    if staff is None:
        raise CommandError(f"没有用户名“{username}”。")
    return staff


def _area(code: str) -> Area:
    area = Area.objects.filter(code=code).first()
    if area is None:
        words = f"区划里没有代码“{code}”。请用 --area 写区划代码；还没有装载区划的，先运行 yimen manage areas。"
        raise CommandError(words, returncode=2)
    return area


def _told(options: dict[str, Any]) -> str:
    return json.dumps(_as_json(_staff(options["username"])), ensure_ascii=False)


def _as_json(staff: Staff) -> dict[str, Any]:
    held = [post for post in staff.posts.select_related("area") if post.is_held]
    posts = [{"post": post.kind, "area": post.area_id, "since": post.starts_on.isoformat()} for post in held]
    return {"username": staff.username, "name": staff.name, "active": staff.is_active, "posts": posts}


def _described(staff: Staff) -> str:
    posts = "；".join(
        f"{POST_WORDS[post.kind]}（{post.area.name}）" for post in staff.posts.select_related("area") if post.is_held
    )
    return f"{staff.username:16} {staff.name:8} {'' if staff.is_active else '已停用 '}{posts or '没有岗位'}"
