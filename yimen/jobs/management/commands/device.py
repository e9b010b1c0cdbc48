"""`yimen manage device`: machines of a hall (设备): let in, another token, a pairing code, shut out, list."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.hall import actions
from yimen.hall.models import Device, Venue
from yimen.hall.words import DeviceKind
from yimen.jobs.command import ChineseCommand
from yimen.office.access import System, scope


class Command(ChineseCommand):
    help = "大厅设备：add 添设备并给令牌，renew 换令牌，code 取配对码，revoke 停用，list 列出。令牌和配对码只显示一次。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """add | renew | code | revoke VENUE NAME, or list VENUE."""
        parser.add_argument(
            "what", metavar="做什么", choices=("add", "renew", "code", "revoke", "list"), help="做什么，见上面的说明"
        )
        parser.add_argument("venue", metavar="场所", help="场所代码")
        parser.add_argument("name", metavar="名称", nargs="?", default="", help="设备叫什么，如 进门取号机")
        parser.add_argument("--kind", choices=DeviceKind.values, default=DeviceKind.KIOSK, help="是什么，默认取号机")
        parser.add_argument("--window", type=int, default=0, help="在几号窗口（窗口呼叫器要写）")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        venue = Venue.objects.select_related("service_point__area").filter(code=options["venue"]).first()
        if venue is None:
            raise CommandError(f"没有场所“{options['venue']}”。", returncode=2)
        with scope(System("device"), "管理大厅设备"):
            try:
                told = getattr(self, f"_{what}")(venue, options)
            except actions.NotAdded as problem:
                raise CommandError(str(problem)) from None
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else _said(told))

    def _add(self, venue: Venue, options: dict[str, Any]) -> Any:
        window = venue.windows.filter(number=options["window"]).first()
        kind = DeviceKind(options["kind"])
        device, token = actions.add_device(
            venue=venue, kind=kind, name=options["name"], window=window, by=None, at=timezone.now()
        )
        return _as_json(device) | {"token": token}

    def _renew(self, venue: Venue, options: dict[str, Any]) -> Any:
        device = _device(venue, options["name"])
        return _as_json(device) | {"token": actions.renew_device(device_id=device.pk, by=None, at=timezone.now())}

    def _code(self, venue: Venue, options: dict[str, Any]) -> Any:
        device = _device(venue, options["name"])
        code = actions.pairing_code(device_id=device.pk, at=timezone.now())
        return _as_json(device) | {"code": code, "page": f"/venues/{venue.code}/pair/"}

    def _revoke(self, venue: Venue, options: dict[str, Any]) -> Any:
        return _as_json(actions.revoke_device(device_id=_device(venue, options["name"]).pk, by=None, at=timezone.now()))

    def _list(self, venue: Venue, options: dict[str, Any]) -> Any:
        return [_as_json(one) for one in Device.objects.filter(venue=venue).select_related("venue", "window").order_by("name")]


def _device(venue: Venue, name: str) -> Device:
    held = Device.objects.filter(venue=venue, name=name, revoked_at=None).select_related("venue", "window").first()
    if held is None:
        raise CommandError(f"{venue}没有在用的设备“{name}”。用 list 看看。")
    return held


def _as_json(device: Device) -> dict[str, Any]:
    return {
        "venue": device.venue.code,
        "name": device.name,
        "kind": device.kind,
        "window": device.window.number if device.window else None,
        "seen_at": device.seen_at.isoformat() if device.seen_at else None,
        "revoked": device.revoked_at is not None,
    }


def _said(told: Any) -> str:
    if isinstance(told, list):
        return "\n".join(_said(one) for one in told) or "还没有设备。"
    line = f"{told['name']}（{DeviceKind(told['kind']).label}）{'已停用' if told['revoked'] else ''}"
    if "token" in told:
        return f"{line}的令牌，只显示这一次：\n{told['token']}"
    if "code" in told:
        return f"{line}的配对码，15 分钟内有效、只用一次。在那台机器上打开 {told['page']} 输入：\n{told['code']}"
    return line
