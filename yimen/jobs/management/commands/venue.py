"""
`yimen venue`: the halls there are, the matters the rules know, a hall opened at a service point; a hall packed to run by itself,
what it hands over on a stick, and the hall taken back.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from yimen.hall.actions import (
    NotAlone,
    NotBrought,
    NotSet,
    hand_over,
    issue_leases,
    keep_matters_of_rules,
    open_venue,
    pack_venue,
    set_matters,
    take_back,
    take_file,
    written,
)
from yimen.hall.queries import Venue, all_matters, posts_there, venues_seen
from yimen.hall.words import Level
from yimen.jobs.command import ChineseCommand, a_day, why
from yimen.office.access import System, scope
from yimen.office.actions import add_service_point
from yimen.office.models import Area, Department, ServicePoint


class Command(ChineseCommand):
    help = (
        "大厅：列出（list）、照现有政策补齐事项目录（matters）、开设一个场所（open）。开设以后在“场所设置”页上设。"
        "单机的大厅：在中心打场所包（pack）、收交回的文件（take）、收回（back）；在大厅的机器上交回记录（send）。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """list | matters | open CODE --name … | pack CODE FILE | send [FILE] | take FILE | back CODE --reason …."""
        parser.add_argument(
            "what",
            metavar="做什么",
            choices=tuple(_DOING),
            nargs="?",
            default="list",
            help="list 场所（默认），matters 事项，open 开设，pack 打场所包，send 交回，take 收交回的文件，back 收回",
        )
        parser.add_argument("code", metavar="场所", nargs="?", help="场所代码，例如 hall-1；send、take 在这里写文件")
        parser.add_argument("file", metavar="文件", nargs="?", type=Path, help="场所包写到哪个文件（pack 要写）")
        parser.add_argument("--name", help="服务点名称；已有的照用，没有的新增")
        parser.add_argument("--area", help="区划代码")
        parser.add_argument("--address", default="", help="地址（新增服务点用）")
        parser.add_argument("--phone", default="", help="电话（新增服务点用）")
        parser.add_argument("--owner", choices=ServicePoint.Owner.values, default="government", help="哪家的场所")
        parser.add_argument("--level", choices=Level.values, default="county", help="哪一级的场所，默认县级")
        parser.add_argument("--at", dest="place", help="地图点：纬度,经度")
        parser.add_argument("--from", dest="first_day", type=a_day, help="从哪天起号归单机发，默认明天（pack 用）")
        parser.add_argument("--days", type=int, default=14, help="场所包几天有效，默认 14（pack 用）")
        parser.add_argument("--centre", default="", help="中心的网址，单机照它交回记录；没有网的不写（pack 用）")
        parser.add_argument("--new-machine", action="store_true", help="原来的机器坏了、丢了，换一台；默认从今天起（pack 用）")
        parser.add_argument("--also", action="append", default=[], help="还有谁在那里上班（用户名，可写几次；pack 用）")
        parser.add_argument("--now", action="store_true", help="马上收回，中心接着发号；不写从明天起（back 用）")
        parser.add_argument("--reason", default="", help="为什么收回（back 要写）")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        with scope(System("venue"), "管理大厅"):
            try:
                told = _DOING[what](options)
            except (NotSet, NotAlone, NotBrought) as problem:
                raise CommandError(str(problem)) from None
            except OSError as problem:
                raise CommandError(f"{options['file'] or options['code']}：{why(problem)}。") from None
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else _in_words(what, told))


def _list(_: dict[str, Any]) -> dict[str, Any]:
    rows = {one.code: {"name": str(one), "level": one.level, "rule": one.calling_rule.words} for one in venues_seen()}
    return {"venues": rows}


def _matters(_: dict[str, Any]) -> dict[str, Any]:
    return {"added": keep_matters_of_rules(), "matters": len(all_matters())}


def _open(options: dict[str, Any]) -> dict[str, Any]:
    area = Area.objects.filter(code=options["area"]).first()
    if not (options["code"] and options["name"] and area):
        raise CommandError("请写全：yimen venue open 代码 --name 名称 --area 区划代码（要已经装载）", returncode=2)
    point = ServicePoint.objects.filter(name=options["name"], area=area).first() or _point(options, area)
    latitude, longitude = _place(options["place"])
    place = {"latitude": latitude, "longitude": longitude}
    keep_matters_of_rules()
    venue = open_venue(point=point, code=options["code"], level=options["level"], by=None, at=timezone.now(), **place)
    set_matters(venue=venue, matters=all_matters(), by=None, at=timezone.now())
    return {"code": venue.code, "name": str(venue)}


def _point(options: dict[str, Any], area: Area) -> ServicePoint:
    if not options["address"]:
        raise CommandError(f"{area.name}还没有叫“{options['name']}”的服务点；新增要写 --address。", returncode=2)
    told = {name: options[name] for name in ("name", "owner", "address", "phone")}
    departments = list(Department.objects.values_list("code", flat=True))
    return add_service_point(area=area, departments=departments, by=None, **told)


def _pack(options: dict[str, Any]) -> dict[str, Any]:
    venue, now = _venue(options), timezone.now()
    if options["file"] is None:
        raise CommandError("请写场所包写到哪个文件：yimen venue pack 代码 文件", returncode=2)
    if options["centre"] and not options["centre"].startswith(("https://", "http://")):
        raise CommandError("中心的网址要以 https:// 或 http:// 开头。", returncode=2)
    usual = timezone.localdate() + timedelta(days=0 if options["new_machine"] else 1)
    # A code that opens a file nobody has is of no use; a file whose code was not told opens nothing.
    with transaction.atomic():
        packed = pack_venue(
            venue=venue,
            first_day=options["first_day"] or usual,
            days=options["days"],
            centre=options["centre"],
            new_machine=options["new_machine"],
            also=options["also"],
            by=None,
            at=now,
        )
        options["file"].write_bytes(packed.content)
    node = packed.node
    if packed.code:
        # Otherwise the hall would know nobody's priority without the network until the first night has passed.
        issue_leases(venues=[venue], hours=settings.YIMEN_ROSTER_HOURS, by=None, at=now)
    return {
        "file": str(options["file"]),
        "venue": venue.code,
        "first_day": node.first_day.isoformat(),
        "valid_until": timezone.localtime(node.valid_until).isoformat(timespec="minutes"),
        "package": node.package,
        "staff": sorted({one.staff.name for one in posts_there(venue, on=timezone.localdate(), also=node.also)}),
        "code": packed.code,
    }


def _back(options: dict[str, Any]) -> dict[str, Any]:
    venue = _venue(options)
    node = take_back(venue=venue, now=options["now"], reason=options["reason"], by=None, at=timezone.now())
    return {"venue": venue.code, "name": str(venue), "last_day": str(node.last_day), "now": node.ended_at is not None}


def _send(options: dict[str, Any]) -> dict[str, Any]:
    """Hand over now: over the network, or into a file for a stick."""
    now = timezone.now()
    if options["code"]:
        content, number = written(at=now)
        Path(options["code"]).write_bytes(content)
        return {"file": options["code"], "events": number}
    waiting = hand_over(at=now)
    if waiting is None:
        raise NotBrought("这里是中心，没有要交回的记录。")
    return {"waiting": waiting.number, "words": waiting.words}


def _take(options: dict[str, Any]) -> dict[str, Any]:
    if not options["code"]:
        raise CommandError("请写收哪个文件：yimen venue take 文件", returncode=2)
    node, done = take_file(content=Path(options["code"]).read_bytes(), at=timezone.now())
    missing = [list(span) for span in done.missing]
    told = {"name": str(node.venue), "dealt_with": done.dealt_with, "missing": missing, "unsettled": done.unsettled}
    return {"venue": node.venue.code, **told}


def _venue(options: dict[str, Any]) -> Venue:
    venue = next((one for one in venues_seen() if one.code == options["code"]), None)
    if venue is None:
        raise CommandError(f"没有场所“{options['code'] or ''}”。yimen venue list 列出全部。", returncode=2)
    return venue


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


_DOING: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "list": _list,
    "matters": _matters,
    "open": _open,
    "pack": _pack,
    "send": _send,
    "take": _take,
    "back": _back,
}


def _pack_in_words(told: dict[str, Any]) -> str:
    lines = [f"场所包写到 {told['file']}（第 {told['package']} 个，{told['valid_until'][:16].replace('T', ' ')} 前有效）。"]
    lines.append(f"能在那台机器上登录的：{'、'.join(told['staff']) or '没有人'}。还有别人的，用 --also 用户名 再打一次。")
    if told["code"]:
        lines += [
            f"开封口令（只显示这一次，不要和文件放在一起）：{told['code']}",
            f"{told['first_day']} 起，这个大厅的号由那台机器发，中心不再发。",
            f"在大厅的机器上：yimen serve --venue {told['venue']} --package {told['file']}",
        ]
    else:
        lines.append(f"续期用，只有原来那台机器打得开：yimen serve --venue {told['venue']} --package {told['file']}")
    return "\n".join(lines)


def _take_in_words(told: dict[str, Any]) -> str:
    words = f"{told['name']}的记录收到第 {told['dealt_with']} 条，再收一次也不会重。"
    if told["missing"]:
        first, last = told["missing"][0]
        words += f"还缺第 {first}–{last} 条，后面的先等着：请那台机器再交一次。"
    return words + (f"有 {told['unsettled']} 条对不上，请大厅主任到“大厅 › 单机”页上定。" if told["unsettled"] else "")


def _in_words(what: str, told: dict[str, Any]) -> str:
    if what == "list":
        rows = [f"{code:16} {one['name']}　{one['rule']}" for code, one in told["venues"].items()]
        return "\n".join(rows) or "还没有开设大厅：yimen venue open 代码 --name 名称 --area 区划代码 --address 地址"
    if what == "matters":
        return f"事项目录 {told['matters']} 件，新增 {told['added']} 件。"
    if what == "pack":
        return _pack_in_words(told)
    if what == "send":
        return told.get("words") or f"{told['events']} 条记录写到 {told['file']}。拷到中心：yimen venue take 文件"
    if what == "take":
        return _take_in_words(told)
    if what == "back":
        began = "从现在起" if told["now"] else f"{told['last_day']} 以后"
        beyond = "号往后跳开几百，免得和那台机器发过的重。" if told["now"] else ""
        return f"{told['name']}{began}由中心发号。{beyond}那台机器上还没有交回的记录照样能交；机器丢了的，请在“设备”页停用它。"
    return f"开设了“{told['name']}”，代码 {told['code']}。接着给大厅主任任岗（hall_manager），在“场所设置”页上加窗口。"
