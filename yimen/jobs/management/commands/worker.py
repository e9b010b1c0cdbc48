"""`yimen worker`: do queued jobs, for installations where the web process runs alone."""

from typing import Any

from django.core.management.base import BaseCommand

from yimen.jobs.serving import run_worker


class Command(BaseCommand):
    help = "后台任务进程：筛查、装载等长时间的工作。"

    def handle(self, *_: Any, **__: Any) -> None:
        """Work until Ctrl-C."""
        run_worker()
