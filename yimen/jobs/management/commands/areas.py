"""`yimen manage areas`: load the packed divisions and the departments; loading them again changes nothing."""

import json
from argparse import ArgumentParser
from typing import Any

from yimen.jobs.command import ChineseCommand
from yimen.office.actions import load_areas, load_departments


class Command(ChineseCommand):
    help = "装载行政区划和部门目录（可重复运行）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--json."""
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Load them and say how many were new."""
        fresh = load_areas()
        load_departments()
        self.stdout.write(json.dumps({"new": fresh}) if options["json"] else f"装载区划 {fresh:,} 个。")
