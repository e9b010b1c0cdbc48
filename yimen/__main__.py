"""The console script `yimen`: one word per job, the same words in the terminal, the Makefile and the guide."""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

WORDS = ("demo", "serve", "worker", "load", "screen", "explain", "rules", "keys", "cards", "venue", "bench")

# How SQLite and PostgreSQL say that a table or a column is not there.
TABLES_MISSING = ("no such table", "no such column", "has no column", "does not exist")


def main() -> None:
    """Run `yimen WORD …`; `yimen manage …` reaches Django's own commands."""
    # Whatever a command writes, database and exports included, only its owner may read.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
    arguments = sys.argv[1:]
    if arguments[:1] == ["manage"]:
        arguments = arguments[1:]
    elif not arguments or arguments[0] not in WORDS:
        sys.stderr.write("用法：yimen " + " | ".join((*WORDS, "manage")) + "    （各命令加 --help 看说明）\n")
        sys.exit(0 if arguments[:1] in (["--help"], ["-h"]) else 2)
    django.setup()
    try:
        execute_from_command_line(["yimen", *arguments])
    except (OperationalError, ProgrammingError) as problem:
        if not any(words in str(problem) for words in TABLES_MISSING):
            raise
        sys.stderr.write("还没有建库，或数据库比程序旧。请先运行 yimen serve（建表、升级）或 yimen demo（建演示县）。\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
