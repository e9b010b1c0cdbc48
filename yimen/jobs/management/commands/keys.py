"""`yimen keys`: which keys seal what, a fresh key, everything sealed again, an old key dropped."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.jobs.command import ChineseCommand
from yimen.jobs.terminal import bar
from yimen.office import rotation
from yimen.office.access import System, scope
from yimen.office.vault import VaultError


class Command(ChineseCommand):
    help = "密钥：看用量（status）、换新钥（rotate）、用新钥重新加密（reseal）、删除不再使用的旧钥（retire）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """status | rotate | reseal | retire NUMBER."""
        parser.add_argument(
            "what",
            metavar="做什么",
            choices=("status", "rotate", "reseal", "retire"),
            nargs="?",
            default="status",
            help="做什么，默认 status",
        )
        parser.add_argument("number", metavar="几号", type=int, nargs="?", help="旧钥的编号（retire 用）")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, what: str, number: int | None, json: bool, **__: Any) -> None:
        """Do it as the system, audited."""
        with scope(System("keys"), "管理密钥"):
            try:
                done = getattr(self, f"_{what}")(number)
            except VaultError as problem:
                raise CommandError(str(problem)) from None
        current, known = rotation.keys_known()
        report = {"current": current, "keys": known, **done}
        self.stdout.write(_as_json(report) if json else _in_words(report))

    def _status(self, _: int | None) -> dict[str, Any]:
        return {"sealed": {str(key): count for key, count in sorted(rotation.sealed_with().items())}}

    def _rotate(self, _: int | None) -> dict[str, Any]:
        return {"added": rotation.rotate(at=timezone.now())}

    def _reseal(self, _: int | None) -> dict[str, Any]:
        with bar("重新加密") as progress:
            return {"resealed": rotation.reseal(at=timezone.now(), progress=progress)}

    def _retire(self, number: int | None) -> dict[str, Any]:
        if number is None:
            raise CommandError("请写明要删除哪一号旧钥：yimen keys retire 1", returncode=2)
        rotation.retire(number, at=timezone.now())
        return {"retired": number}


def _as_json(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False)


def _in_words(report: dict[str, Any]) -> str:
    words = [f"正在使用密钥 {report['current']} 号；密钥文件里有：{'、'.join(map(str, report['keys']))} 号。"]
    words += [f"密钥 {key} 号加密了 {count} 项。" for key, count in report.get("sealed", {}).items()]
    if "added" in report:
        words.append("已换新钥。请备份密钥文件，重启服务，再运行 yimen keys reseal；旧钥在重新加密后才能删除。")
    if "resealed" in report:
        words.append(f"已重新加密 {report['resealed']} 行（或文件）。")
    if "retired" in report:
        words.append(f"已删除密钥 {report['retired']} 号。")
    return "\n".join(words)
