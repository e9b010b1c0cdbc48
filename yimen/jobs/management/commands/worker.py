"""`yimen worker`: do queued jobs, for installations where the web process runs alone."""

import sys
from typing import Any

from yimen.jobs.command import ChineseCommand
from yimen.jobs.serving import NotPrepared, refuse_unprepared, run_worker
from yimen.office.vault import VaultError


class Command(ChineseCommand):
    help = "后台任务进程：筛查、装载等长时间的工作。"

    def handle(self, *_: Any, **__: Any) -> None:
        """Work until Ctrl-C; exit 1 where there is nothing yet to work on."""
        try:
            refuse_unprepared()
        except (NotPrepared, VaultError) as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
        run_worker()
