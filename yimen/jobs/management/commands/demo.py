"""`yimen demo`: the fictional county, from nothing to a desk with findings; asks nothing and may be run twice."""

import json
import sys
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from yimen.jobs.command import ChineseCommand
from yimen.jobs.demo.accounts import Account, prepare_accounts, present_code
from yimen.jobs.demo.building import build_county
from yimen.jobs.demo.venues import prepare_venues
from yimen.jobs.serving import free_port, prepare, run_together, web_command, worker_command
from yimen.jobs.terminal import bar
from yimen.office import work
from yimen.office.models import Job
from yimen.office.vault import VaultError

SEED = 20260701


class Command(ChineseCommand):
    help = "演示：建一个虚构的县（花城县），装载、筛查，并启动服务。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("word", metavar="做什么", nargs="?", choices=["code"], help="code USER：显示演示账号现在的动态口令")
        parser.add_argument("user", metavar="用户名", nargs="?", help="演示账号的用户名（code 后面写）")
        parser.add_argument("--people", type=int, default=50_000, help="编造多少人，默认 50000")
        parser.add_argument("--seed", type=int, default=SEED, help="种子：同一个种子编出同一个县")
        parser.add_argument("--host", default="127.0.0.1", help="网页在哪个地址，默认只在本机")
        parser.add_argument("--port", type=int, default=8000, help="网页在哪个端口；被占用时换下一个")
        parser.add_argument("--no-serve", action="store_true", help="只建县和筛查，不启动服务")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, word: str | None, user: str | None, **options: Any) -> None:
        """Build and serve; or tell a one-time code."""
        if word == "code":
            self._code(user or "")
        (Path(settings.YIMEN_HOME) / "demo").mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.YIMEN_DEMO = True
        try:
            prepare()
        except VaultError as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
        accounts = prepare_accounts()
        prepare_venues()
        if options["no_serve"]:
            self._build(options)
        else:
            self._serve(options, accounts)

    def _code(self, user: str) -> None:
        code = present_code(user)
        if code is None:
            self.stderr.write(f"没有演示账号“{user}”。先运行 yimen demo，账号会显示在屏幕上。")
            sys.exit(1)
        self.stdout.write(code)
        sys.exit(0)

    def _build(self, options: dict[str, Any]) -> None:
        with bar("建县") as progress:
            report = build_county(people=options["people"], seed=options["seed"], progress=progress)
        self.stdout.write(json.dumps(report) if options["json"] else _in_words(report))

    def _serve(self, options: dict[str, Any], accounts: list[Account]) -> None:
        arguments = {"people": options["people"], "seed": options["seed"]}
        with transaction.atomic():
            built = Job.objects.filter(name="demo.build", state=Job.State.DONE).exists()
            job = None if built else work.enqueue("demo.build", arguments=arguments, by=None, at=timezone.now(), once=True)
        port = free_port(options["port"], options["host"])
        self.stdout.write(f"\n一门（演示，人员均为虚构）：http://{options['host']}:{port}/\n")
        for account in accounts:
            self.stdout.write(f"  {account.username:15} 口令 {account.password:15} {account.name}")
        self.stdout.write("  动态口令：另开一个终端运行  yimen demo code 用户名  （或 .venv/bin/yimen …）")
        self.stdout.write("  Ctrl-C 停止；再次运行 make demo 会接着用同一个县。\n")
        self.stdout.flush()
        ended = threading.Event()
        if job is not None:
            threading.Thread(target=self._follow, args=(job.pk, ended), daemon=True).start()
        code = run_together([web_command(options["host"], port), worker_command()])
        ended.set()
        sys.exit(code)

    def _follow(self, job_id: Any, ended: threading.Event) -> None:
        """Show in the terminal how far the county is, while the pages answer already."""
        words = ""
        with bar("等待建县") as progress:
            while not words and not ended.is_set():
                job = Job.objects.get(pk=job_id)
                progress(job.doing or "等待建县", job.rows_done, job.rows_all)
                if job.state in (Job.State.DONE, Job.State.FAILED):
                    words = _in_words(job.result) if job.result else f"没有建成：{job.problem}"
                time.sleep(1)
        self.stderr.write(words)
        connections.close_all()


def _in_words(report: dict[str, Any]) -> str:
    found, seconds = report["findings"], report["seconds"]
    return (
        f"花城县建好了：{report['people']:,} 人、{report['households']:,} 户，筛查用时 {sum(seconds.values()):.1f} 秒。"
        f"漏救 {found['missed']:,}，错救 {found['wrong']:,}，待核实 {found['recheck']:,}，即将符合 {found['soon']:,}。"
    )
