"""`yimen manage areas`: load the packed divisions and the departments; loading them again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from yimen.office.actions import load_areas, load_departments


class Command(BaseCommand):
    help = "装载行政区划和部门目录（可重复运行）。"

    def handle(self, *_: Any, **__: Any) -> None:
        """Load them and say how many were new."""
        fresh = load_areas()
        load_departments()
        self.stdout.write(f"装载区划 {fresh:,} 个。")
