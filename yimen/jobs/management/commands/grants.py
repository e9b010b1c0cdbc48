"""`yimen manage grants ROLE`: what the owner of a PostgreSQL database gives the program's own account, as SQL to be piped on."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from yimen.jobs.command import ChineseCommand
from yimen.office.guards import grants


class Command(ChineseCommand):
    help = "写出给程序账号的授权语句（PostgreSQL）：能办事，不能改表，审计、经过和账目只能增加。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """ROLE."""
        parser.add_argument("role", metavar="账号", help="程序连接数据库用的账号，不是表主人，也不是超级用户")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出 role、statements")

    def handle(self, *_: Any, role: str, **options: Any) -> None:
        """Write the statements; run them as the owner after every migration."""
        if connection.vendor != "postgresql":
            raise CommandError("内置 SQLite 没有账号，不用授权；只有 PostgreSQL 要。", returncode=2)
        statements = [f"{statement};" for statement in grants(connection, role)]
        told = json.dumps({"role": role, "statements": statements}, ensure_ascii=False)
        self.stdout.write(told if options["json"] else "\n".join(statements))
