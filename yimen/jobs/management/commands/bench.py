"""`yimen bench`: the benchmark of the source tree, with this program's own environment as the one that is measured."""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from yimen.jobs.command import ChineseCommand

# The same as bench.run knows; an installed program has no bench to ask.
PARTS = ("screening", "growth", "explaining", "whole_run", "loading", "casework")


class Command(ChineseCommand):
    help = "基准测试：时间和内存，结果写在 bench/results.md 和 bench/results.json。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("parts", metavar="部分", nargs="*", help=f"只测其中几部分：{' '.join(PARTS)}")
        parser.add_argument("--json", action="store_true", help="最后把结果写到标准输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it; exit 1 if a target is not met, 2 where there is no source tree."""
        root = Path(settings.BASE)
        if not (root / "bench" / "run.py").exists():
            self.stderr.write("基准测试在源码目录里（bench/），安装好的程序不带它。请在源码目录里运行 make bench。")
            sys.exit(2)
        done = subprocess.run([sys.executable, "-m", "bench.run", *options["parts"]], cwd=root, check=False)  # noqa: S603
        if options["json"] and done.returncode != 2:
            self.stdout.write((root / "bench" / "results.json").read_text(encoding="utf-8"))
        sys.exit(done.returncode)
