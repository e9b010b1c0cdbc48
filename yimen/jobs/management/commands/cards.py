"""`yimen cards`: priority-service cards (优先服务卡) for everybody on the list, and the signed list of void ones."""

import json
import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.hall import actions
from yimen.hall.words import Ground
from yimen.jobs.command import ChineseCommand
from yimen.jobs.terminal import bar
from yimen.office.access import System, scope
from yimen.office.models import Area


class Command(ChineseCommand):
    help = "优先服务卡：issue --batch 给名单上还没有卡的人各发一张；revoked --out 文件 写出带签名的作废名单。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """issue --batch [--area CODE] [--ground …] [--most N], or revoked --out FILE."""
        parser.add_argument("what", metavar="做什么", choices=("issue", "revoked"), help="issue 发卡；revoked 写出已作废的卡")
        parser.add_argument("--batch", action="store_true", help="按名单批量发（issue 要写）")
        parser.add_argument("--area", default="", help="只发这个区划的（代码），默认全部")
        parser.add_argument("--ground", action="append", choices=("assisted", "disabled"), help="哪种名单，默认救助对象")
        parser.add_argument("--most", type=int, help="最多发几张")
        parser.add_argument("--out", type=Path, help="写到哪个文件（revoked 要写）")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, what: str, **options: Any) -> None:
        """Do it as the system, audited."""
        told = self._issue(options) if what == "issue" else self._revoked(options)
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else _said(told))

    def _issue(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["batch"]:
            raise CommandError("命令行只按名单批量发：请加 --batch。单张的请在“优先服务卡”页上发。", returncode=2)
        area = Area.objects.filter(code=options["area"]).first() if options["area"] else None
        if options["area"] and area is None:
            raise CommandError(f"没有区划“{options['area']}”。", returncode=2)
        begun = time.monotonic()
        grounds = [Ground(one) for one in options["ground"] or ["assisted"]]
        with scope(System("cards", area.path if area else ""), "批量发卡"), bar("发卡") as progress:
            issued = actions.issue_batch(
                grounds=grounds,
                by=None,
                at=timezone.now(),
                most=options["most"],
                progress=lambda done, whole: progress("发卡", done, whole),
            )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {"issued": issued, "seconds": round(time.monotonic() - begun, 1), "memory_mb": memory}

    def _revoked(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["out"] is None:
            raise CommandError("请用 --out 写文件名。", returncode=2)
        content = actions.revoked_file(at=timezone.now())
        options["out"].write_bytes(content)
        return {"file": str(options["out"]), "bytes": len(content)}


def _said(told: dict[str, Any]) -> str:
    if "issued" in told:
        return f"发了 {told['issued']} 张卡，用了 {told['seconds']} 秒，内存最高 {told['memory_mb']} MB。到“优先服务卡”页上打印。"
    return f"作废名单写到 {told['file']}（{told['bytes']} 字节）。"
