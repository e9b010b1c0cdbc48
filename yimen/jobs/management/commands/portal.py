"""`yimen manage portal FILE.xlsx`: where the portal's applications stand, as a file to be sent back (状态回传)."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from yimen.cases.queries import portal_changes, write_statuses
from yimen.jobs.command import ChineseCommand, a_moment
from yimen.jobs.loading import WrongCall
from yimen.jobs.management.commands.load import area_for
from yimen.office.access import System, scope


class Command(ChineseCommand):
    help = "省平台申请的办理状态，写成 Excel 文件回传。文件里没有姓名和证件号码。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="文件", type=Path, help="写到哪个 .xlsx 文件")
        parser.add_argument("--since", type=a_moment, help="只要这个时间以后有变化的，如 2026-11-24T08:00")
        parser.add_argument("--area", help="区划代码；只有一个县登记了人的可以不写")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出 file、written、next_since")

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file; say from when to ask next time."""
        since = options["since"]
        if since is not None and timezone.is_naive(since):
            since = timezone.make_aware(since)
        try:
            area = area_for(options["area"])
        except WrongCall as problem:
            raise CommandError(str(problem)) from None
        with scope(System("portal", area.path), "回传省平台办理状态"):
            found, next_since = portal_changes(since=since, limit=1_000_000)
        count = write_statuses(options["file"], found)
        if options["json"]:
            told = {"file": str(options["file"]), "written": count, "next_since": next_since and next_since.isoformat()}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        then = f"下次用 --since {timezone.localtime(next_since):%Y-%m-%dT%H:%M:%S}。" if next_since else ""
        self.stdout.write(f"写出 {count} 件到 {options['file']}。{then}")
