"""Starting and stopping (开机与停机): the web process and one job worker, together or each alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from yimen.office import work
from yimen.office.queries import refuse_foreign_keys
from yimen.office.vault import make_keyring

WORK = ("yimen.screening.work", "yimen.jobs.work")
NIGHTLY_HOUR = 2
GRACE_SECONDS = 10


def prepare() -> None:
    """Make the keys once, bring the tables up to date, and refuse to start with foreign keys. Raises VaultError, in words."""
    make_keyring()
    call_command("migrate", verbosity=0, interactive=False)
    refuse_foreign_keys()


def free_port(wanted: int, host: str) -> int:
    """Return the wanted port, or the next one that nobody uses."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    raise SystemExit(f"从 {wanted} 起的 200 个端口都被占用了，请用 --port 指定一个。")


def web_command(host: str, port: int) -> list[str]:
    """Return the command of the web process: one process, because SQLite is embedded in it."""
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", str(port)]
    return [*granian, "--workers", "1", "--log-level", "warning", "--no-ws", "yimen.asgi:application"]


def worker_command() -> list[str]:
    """Return the command of a worker."""
    return [sys.executable, "-m", "yimen", "worker"]


def run_together(commands: Sequence[Sequence[str]]) -> int:
    """
    Run commands until one of them ends or somebody presses Ctrl-C; then stop them all.

    A web process or worker that dies takes the other with it, so that whoever watches the service starts both again.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "yimen.settings"}
    running = [subprocess.Popen(command, env=environment, start_new_session=True) for command in commands]  # noqa: S603
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    while not asked.wait(0.3) and all(process.poll() is None for process in running):
        pass
    codes = [process.poll() for process in running]
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    _wait(running)
    return 0 if asked.is_set() else max(code or 1 for code in codes if code is not None)


def _wait(running: Sequence[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + GRACE_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def run_worker() -> None:
    """Do jobs until Ctrl-C or SIGTERM; the job in hand is finished first, or taken again by the next worker."""
    for name in WORK:
        import_module(name)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    work.run_forever(work.worker_name(), stop, tick=_schedule)
    connection.close()


def _schedule() -> None:
    """Queue what is due by the clock: sweeping and the nightly screening, once for each night."""
    now = timezone.localtime()
    tonight = now.replace(hour=NIGHTLY_HOUR, minute=0, second=0, microsecond=0)
    if not tonight <= now < tonight + timedelta(hours=1):
        return
    arguments = {"on": now.date().isoformat(), "full": True}
    for name in ("office.sweep", "screening.run"):
        if not work.was_queued(name, arguments):
            work.enqueue(name, arguments=arguments, by=None, at=now)
