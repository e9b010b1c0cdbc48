"""`yimen venue`: the halls there are, the matters the rules know, a hall opened at a service point."""

import json
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.hall.actions import NotSet, keep_matters_of_rules, open_venue, set_matters
from yimen.hall.queries import all_matters, venues_seen
from yimen.hall.words import Level
from yimen.jobs.command import ChineseCommand
from yimen.office.access import System, scope
from yimen.office.actions import add_service_point
from yimen.office.models import Area, Department, ServicePoint


class Command(ChineseCommand):
    help = "大厅：列出（list）、照现有政策补齐事项目录（matters）、开设一个场所（open）。开设以后在“场所设置”页上设。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """list | matters | open CODE --name … --area … --address …."""
        parser.add_argument(
            "what",
            metavar="做什么",
            choices=("list", "matters", "open"),
            nargs="?",
            default="list",
            help="list 场所（默认），matters 事项，open 开设",
        )
        parser.add_argument("code", metavar="场所", nargs="?", help="场所代码，网址里用，例如 hall-1（open 用）")
        parser.add_argument("--name", help="服务点名称；已有的照用，没有的新增")
        parser.add_argument("--area", help="区划代码")
        parser.add_argument("--address", default="", help="地址（新增服务点用）")
        parser.add_argument("--phone", default="", help="电话（新增服务点用）")
        parser.add_argument("--owner", choices=ServicePoint.Owner.values, default="government", help="哪家的场所")
        parser.add_argument("--level", choices=Level.values, default="county", help="哪一级的场所，默认县级")
        parser.add_argument("--at", dest="place", help="地图点：纬度,经度")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        with scope(System("venue"), "开设大厅"):
            told = {"list": self._list, "matters": self._matters, "open": self._open}[what](options)
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else _in_words(what, told))

    def _list(self, _: dict[str, Any]) -> dict[str, Any]:
        rows = {one.code: {"name": str(one), "level": one.level, "rule": one.calling_rule.words} for one in venues_seen()}
        return {"venues": rows}

    def _matters(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"added": keep_matters_of_rules(), "matters": len(all_matters())}

    def _open(self, options: dict[str, Any]) -> dict[str, Any]:
        area = Area.objects.filter(code=options["area"]).first()
        if not (options["code"] and options["name"] and area):
            raise CommandError("请写全：yimen venue open 代码 --name 名称 --area 区划代码（要已经装载）", returncode=2)
        point = ServicePoint.objects.filter(name=options["name"], area=area).first() or self._point(options, area)
        latitude, longitude = _place(options["place"])
        place = {"latitude": latitude, "longitude": longitude}
        keep_matters_of_rules()
        try:
            venue = open_venue(point=point, code=options["code"], level=options["level"], by=None, at=timezone.now(), **place)
        except NotSet as problem:
            raise CommandError(str(problem)) from None
        set_matters(venue=venue, matters=all_matters(), by=None, at=timezone.now())
        return {"code": venue.code, "name": str(venue)}

    def _point(self, options: dict[str, Any], area: Area) -> ServicePoint:
        if not options["address"]:
            raise CommandError(f"{area.name}还没有叫“{options['name']}”的服务点；新增要写 --address。", returncode=2)
        told = {name: options[name] for name in ("name", "owner", "address", "phone")}
        departments = list(Department.objects.values_list("code", flat=True))
        return add_service_point(area=area, departments=departments, by=None, **told)


def _place(text: str | None) -> tuple[Decimal | None, Decimal | None]:
    if not text:
        return None, None
    try:
        latitude, longitude = (Decimal(part.strip()) for part in text.split(","))
    except (ValueError, InvalidOperation):
        raise CommandError("地图点写成“纬度,经度”，例如 35.2375,115.4697。", returncode=2) from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise CommandError("纬度在 -90 到 90、经度在 -180 到 180 之间；写成“纬度,经度”。", returncode=2)
    return latitude, longitude


def _in_words(what: str, told: dict[str, Any]) -> str:
    if what == "list":
        rows = [f"{code:16} {one['name']}　{one['rule']}" for code, one in told["venues"].items()]
        return "\n".join(rows) or "还没有开设大厅：yimen venue open 代码 --name 名称 --area 区划代码 --address 地址"
    if what == "matters":
        return f"事项目录 {told['matters']} 件，新增 {told['added']} 件。"
    return f"开设了“{told['name']}”，代码 {told['code']}。接着给大厅主任任岗（hall_manager），在“场所设置”页上加窗口。"
