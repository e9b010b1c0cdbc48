"""`yimen manage dues`: reckon the due dates of all cases anew, or prove that the dates kept are what the clock says."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from yimen.cases.actions import recompute_dues
from yimen.cases.queries import wrong_dues
from yimen.jobs.command import ChineseCommand
from yimen.office.access import System, scope
from yimen.policies.queries import RuleError

SHOWN = 20


class Command(ChineseCommand):
    help = "办件期限重算：改了时限或本地参数以后运行；--check 只核对，有不一致的列出来。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--check, --json."""
        parser.add_argument("--check", action="store_true", help="只核对，不改；不一致时退出码是 1")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出 checked、changed、wrong")

    def handle(self, *_: Any, check: bool, **options: Any) -> None:
        """Reckon; with --check raise CommandError if any date kept is another."""
        if "cases_case" not in connection.introspection.table_names():
            self.stdout.write("还没有建库，没有要核对的期限。")
            return
        try:
            with scope(System("dues"), "核对办件期限"):
                changed = 0 if check else recompute_dues(at=timezone.now())
                wrong = [str(case) for case in wrong_dues()] if check else []
        except RuleError as problem:
            raise CommandError(str(problem)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"checked": check, "changed": changed, "wrong": wrong}, ensure_ascii=False))
        if wrong:
            more = f" 等 {len(wrong)} 件" if len(wrong) > SHOWN else ""
            raise CommandError(f"期限和时钟算的不一致：{'、'.join(wrong[:SHOWN])}{more}。请运行 yimen manage dues 重算。")
        if not options["json"]:
            self.stdout.write("办件期限和时钟算的一致。" if check else f"{changed} 个办件的期限变了，其余不变。")
