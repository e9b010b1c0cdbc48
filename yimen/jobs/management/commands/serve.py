"""
`yimen serve`: the web process and one job worker together; `--web-only` leaves the worker to `yimen worker`.

`--venue CODE` serves one hall by itself, on a home of its own, from the package the centre made for it.
"""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from yimen.hall.actions import NotInstalled, install, resume
from yimen.jobs.command import ChineseCommand, why
from yimen.jobs.serving import free_port, prepare, run_together, web_command, worker_command
from yimen.office.vault import VaultError


class Command(ChineseCommand):
    help = "启动网页服务和一个后台任务进程，Ctrl-C 停止。加 --venue 只办一个大厅（单机）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="网页在哪个地址，默认只在本机")
        parser.add_argument("--port", type=int, default=8000, help="网页在哪个端口，默认 8000")
        parser.add_argument("--web-only", action="store_true", help="只启动网页服务")
        parser.add_argument("--venue", default="", help="单机：这台机器办哪个大厅（场所代码）")
        parser.add_argument("--package", type=Path, help="单机：先装这个场所包；第一次要输开封口令")

    def handle(self, *_: Any, **options: Any) -> None:
        """Serve until Ctrl-C."""
        self._refuse_another(options["venue"], options["package"])
        try:
            prepare()
        except VaultError as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
        if options["package"]:
            self._install(options["package"], options["venue"])
        if options["venue"]:
            self.stdout.write(f"单机：{resume()}")
        port = free_port(options["port"], options["host"])
        self.stdout.write(f"一门已启动：http://{options['host']}:{port}/    （Ctrl-C 停止）")
        self.stdout.flush()
        commands = [web_command(options["host"], port)]
        if not options["web_only"]:
            commands.append(worker_command())
        sys.exit(run_together(commands))

    def _refuse_another(self, venue: str, package: Path | None) -> None:
        held = settings.YIMEN_VENUE
        if held and venue != held:
            raise CommandError(f"{settings.YIMEN_HOME} 是单机大厅 {held} 的，请用：yimen serve --venue {held}", returncode=2)
        if venue and not held and package is None:
            raise CommandError(
                f"这台机器还没有装 {venue} 的场所包。在中心运行 yimen venue pack {venue} 文件，拷过来，再加 --package 文件。",
                returncode=2,
            )
        if package is not None and not venue:
            raise CommandError("装场所包请同时写 --venue 场所代码。", returncode=2)

    def _install(self, package: Path, venue: str) -> None:
        try:
            content = package.read_bytes()
        except OSError as problem:
            raise CommandError(f"{package}：{why(problem)}。", returncode=2) from None
        try:
            node = install(content=content, venue=venue, ask_code=_ask_code, at=timezone.now())
        except NotInstalled as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"装好了{node.venue}的场所包（第 {node.package} 个）。")


def _ask_code() -> str:
    """Ask for the opening code; it is not shown and stands on no command line."""
    return getpass.getpass("开封口令：") if sys.stdin.isatty() else sys.stdin.readline()
