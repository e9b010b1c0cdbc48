"""What every command says of itself and of a wrong call: in Chinese, with what to write instead, and exit code 2."""

import errno
import json
import re
import sys
from argparse import SUPPRESS, ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter, SystemCheckError

# What argparse says, and what we say. Whoever reads it knows the command, not the library.
WORDS = (
    (r"the following arguments are required: (.+)", "缺少 {0}。"),
    (r"unrecognized arguments: (.+)", "没有 {0} 这样的参数。"),
    (r"argument (.+?): (.+)", "{0}：{1}"),
    (r"invalid choice: (.+) \(choose from (.+)\)", "没有 {0} 这一项，可以写 {1}。"),
    (r"invalid int value: (.+)", "{0} 不是整数。"),
    (r"invalid \S+ value: (.+)", "{0} 写得不对。"),
    (r"expected one argument", "后面要写一个值。"),
    (r"expected (?:at least one argument|\d+ arguments?)", "后面要写值。"),
    (r"expected at most one argument", "后面最多写一个值。"),
    (r"ignored explicit argument (.+)", "后面不写值，这里多了 {0}。"),
    (r"ambiguous option: (.+) could match (.+)", "{0} 可以是 {1}，请写全。"),
    (r"not allowed with argument (.+)", "不能和 {0} 一起写。"),
    (r"one of the arguments (.+) is required", "{0} 里要写一个。"),
)
WHY = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENOTDIR: "路径里有一段不是目录",
    errno.ENOSPC: "磁盘满了",
    errno.EROFS: "磁盘只能读",
}


def in_chinese(message: str) -> str:
    """Return what argparse says of a wrong call in our words; what is Chinese already stays."""
    for pattern, words in WORDS:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return words.format(*map(in_chinese, found.groups()))
    return message


def why(problem: OSError) -> str:
    """Say why a file could not be read or written."""
    return WHY.get(problem.errno or 0, f"系统不许（{problem.errno}）")


def a_day(text: str) -> date:
    """Return a day given in a call; argparse refuses the call if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}”不是日期，请写成 2026-12-01。") from None


def a_moment(text: str) -> datetime:
    """Return a day and time given in a call; argparse refuses the call if it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}”不是时间，请写成 2026-11-24T08:00。") from None


class _Formatter(DjangoHelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(CommandParser):
    """A parser that speaks Chinese; those of its sub-commands do, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter} | kwargs, add_help=False)
        self._positionals.title, self._optionals.title = "要写的", "可以加的"
        self.add_argument("-h", "--help", action="help", help="显示这份说明")

    def error(self, message: str) -> NoReturn:
        """Refuse the call: in the terminal with how it is meant, in a program with an exception."""
        words = in_chinese(message)
        if not self.called_from_command_line:
            raise CommandError(words, returncode=2)
        if "--json" in sys.argv:
            self._print_message(json.dumps(refusal(words), ensure_ascii=False) + "\n", sys.stdout)
        self.exit(2, f"{self.format_usage()}{words}\n怎么写：{self.prog} --help\n")


def refusal(sentence: str) -> dict[str, Any]:
    """Return what a command that was asked for JSON says where it has no report."""
    return {"ok": False, "problem": sentence}


class ChineseCommand(BaseCommand):
    """The base of every command: its parser speaks Chinese, and what it refuses is told without the name of an exception."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Parser:
        """Return the command's parser, with what Django's own commands take, too."""
        from_terminal = getattr(self, "_called_from_command_line", None)
        prog = f"{Path(prog_name).name} {subcommand}"
        parser = Parser(prog=prog, description=self.help, called_from_command_line=from_terminal, **kwargs)
        # Django reads these; somebody who reads the help of a command is not looking for them.
        parser.add_argument("--version", action="version", version=self.get_version(), help=SUPPRESS)
        parser.add_argument("-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3], help=SUPPRESS)
        for name in ("--settings", "--pythonpath"):
            parser.add_argument(name, help=SUPPRESS)
        for name in ("--no-color", "--force-color", *(["--skip-checks"] if self.requires_system_checks else [])):
            parser.add_argument(name, action="store_true", help=SUPPRESS)
        parser.add_argument("--traceback", action="store_true", help="出错时显示程序内部的经过，报告问题时用")
        self.add_arguments(parser)
        return parser

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run; a refusal ends with its sentence and exit code, not with a class name before it."""
        self._speaks_json = bool(options.get("json"))
        try:
            return super().execute(*args, **options)
        except SystemCheckError:
            raise
        except CommandError as problem:
            if not getattr(self, "_called_from_command_line", False) or options.get("traceback"):
                raise
            self.refuse(str(problem), problem.returncode)

    def refuse(self, sentence: str, code: int) -> NoReturn:
        """End with a sentence and an exit code; whoever asked for JSON gets it as JSON besides."""
        if self._speaks_json:
            self.stdout.write(json.dumps(refusal(sentence), ensure_ascii=False))
        self.stderr.write(sentence)
        sys.exit(code)
