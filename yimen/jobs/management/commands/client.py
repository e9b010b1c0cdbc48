"""`yimen manage client`: programs that may use the API (接入程序): add one, give it another token, shut it out, list them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.jobs.command import ChineseCommand
from yimen.office.access import NotAllowed, System, scope
from yimen.office.actions import add_client, load_departments, renew_token, revoke_client
from yimen.office.models import ApiClient, Area, Staff


class Command(ChineseCommand):
    help = "接入程序：add 新增并给令牌，renew 换令牌，revoke 停用，list 列出。令牌只显示一次。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """add | renew | revoke NAME, or list."""
        parser.add_argument("what", metavar="做什么", choices=("add", "renew", "revoke", "list"), help="做什么，见上面的说明")
        parser.add_argument("username", metavar="用户名", nargs="?", default="", help="账号，如 portal_sd")
        parser.add_argument("--name", default="", help="叫什么，如 山东省社会救助平台")
        parser.add_argument("--area", default="", help="管到哪个区划（代码）")
        parser.add_argument("--post", default="portal", help="岗位，默认 portal（登记申请、查状态）")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出（list：所有接入程序；add、renew：带令牌）")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        load_departments()
        with scope(System("client"), "管理接入程序"):
            try:
                self.stdout.write(getattr(self, f"_{what}")(options))
            except NotAllowed as problem:
                raise CommandError(str(problem)) from None

    def _add(self, options: dict[str, Any]) -> str:
        username, area = options["username"], Area.objects.filter(code=options["area"]).first()
        if not username or not options["name"]:
            raise CommandError("请写账号和 --name 名称。", returncode=2)
        if area is None:
            raise CommandError("请用 --area 写区划代码；还没有装载区划的，先运行 yimen manage areas。", returncode=2)
        if Staff.objects.filter(username=username).exists():
            raise CommandError(f"已经有账号“{username}”。换令牌请用 renew。")
        now, name = timezone.now(), options["name"]
        _, token = add_client(username=username, name=name, area=area, post=options["post"], by=None, at=now)
        if options["json"]:
            return json.dumps(_as_json(_client(username)) | {"token": token}, ensure_ascii=False)
        return f"{options['name']}（{area.name}）的令牌，只显示这一次：\n{token}"

    def _renew(self, options: dict[str, Any]) -> str:
        token = renew_token(client=_client(options["username"]), by=None, at=timezone.now())
        if options["json"]:
            return json.dumps(_as_json(_client(options["username"])) | {"token": token}, ensure_ascii=False)
        return f"旧令牌已失效。新令牌，只显示这一次：\n{token}"

    def _revoke(self, options: dict[str, Any]) -> str:
        client = revoke_client(client=_client(options["username"]), by=None, at=timezone.now())
        if options["json"]:
            return json.dumps(_as_json(_client(options["username"])), ensure_ascii=False)
        return f"{client}已停用，下一次调用起不能再用。"

    def _list(self, options: dict[str, Any]) -> str:
        clients = ApiClient.objects.select_related("staff").order_by("staff__username")
        if options["json"]:
            return json.dumps([_as_json(one) for one in clients], ensure_ascii=False)
        return "\n".join(_described(one) for one in clients) or "还没有接入程序。"


def _client(username: str) -> ApiClient:
    client = ApiClient.objects.filter(staff__username=username).select_related("staff").first()
    if client is None:
        raise CommandError(f"没有接入程序“{username}”。用 list 看看。")
    return client


def _described(client: ApiClient) -> str:
    posts = "；".join(f"{post}" for post in client.staff.posts.select_related("area"))
    return f"{client.staff.username:16} {client.staff.name} {'已停用 ' if client.revoked_at else ''}{posts}"


def _as_json(client: ApiClient) -> dict[str, Any]:
    posts = [{"post": post.kind, "area": post.area.code} for post in client.staff.posts.select_related("area")]
    return {"username": client.staff.username, "name": client.staff.name, "revoked": bool(client.revoked_at), "posts": posts}
