"""
The program under a clock that only the journeys can set: `python -m tests.journeys.timed WORD …`, and the pages' application.

The file `clock` in YIMEN_HOME says by how many seconds it is later (or earlier) than it is; it is asked at every look at the
clock. The door goes by the true time, so that one-time codes open it; whoever has passed it stays inside when days go by.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import django
from django.utils import timezone

CLOCK = Path(os.environ["YIMEN_HOME"]) / "clock"
_now = timezone.now


def shifted() -> datetime:
    """Return the time of the journey."""
    return _now() + timedelta(seconds=int(CLOCK.read_text(encoding="ascii")) if CLOCK.exists() else 0)


timezone.now = shifted

from yimen import settings  # noqa: E402

settings.SESSION_COOKIE_AGE = 400 * 24 * 3600

os.environ["DJANGO_SETTINGS_MODULE"] = "yimen.settings"
django.setup()

from yimen import __main__ as program  # noqa: E402
from yimen.jobs import serving  # noqa: E402

_web_command = serving.web_command


def web_command(host: str, port: int) -> list[str]:
    """Serve these pages under this clock."""
    return [*_web_command(host, port)[:-1], "tests.journeys.timed:application"]


def worker_command() -> list[str]:
    """Work under this clock."""
    return [sys.executable, "-m", "tests.journeys.timed", "worker"]


serving.web_command, serving.worker_command = web_command, worker_command

if __name__ == "__main__":
    program.main()
else:
    from yimen.asgi import application as application
