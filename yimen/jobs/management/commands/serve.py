"""`yimen serve`: the web process and one job worker together; `--web-only` leaves the worker to `yimen worker`."""

import sys
from argparse import ArgumentParser
from typing import Any

from yimen.jobs.command import ChineseCommand
from yimen.jobs.serving import free_port, prepare, run_together, web_command, worker_command
from yimen.office.vault import VaultError


class Command(ChineseCommand):
    help = "启动网页服务和一个后台任务进程，Ctrl-C 停止。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="网页在哪个地址，默认只在本机")
        parser.add_argument("--port", type=int, default=8000, help="网页在哪个端口，默认 8000")
        parser.add_argument("--web-only", action="store_true", help="只启动网页服务")

    def handle(self, *_: Any, **options: Any) -> None:
        """Serve until Ctrl-C."""
        try:
            prepare()
        except VaultError as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
        port = free_port(options["port"], options["host"])
        self.stdout.write(f"一门已启动：http://{options['host']}:{port}/    （Ctrl-C 停止）")
        self.stdout.flush()
        commands = [web_command(options["host"], port)]
        if not options["web_only"]:
            commands.append(worker_command())
        sys.exit(run_together(commands))
