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

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from yimen.hall.actions import hand_over, renew
from yimen.office import work
from yimen.office.models import Job
from yimen.office.queries import refuse_foreign_keys
from yimen.office.vault import make_keyring

WORK = ("yimen.screening.work", "yimen.hall.work", "yimen.jobs.work")
NIGHTLY_HOUR = 2
GRACE_SECONDS = 10
PATIENCE_SECONDS = 3
# How often a hall that runs by itself hands over to the centre, and fetches a fresh package.
HAND_OVER_SECONDS, RENEW_SECONDS, SHUT_OUT_SECONDS = 15, 3600, 1860


def prepare() -> None:
    """Make the keys once, bring the tables up to date, and refuse to start with foreign keys. Raises VaultError, in words."""
    make_keyring()
    call_command("migrate", verbosity=0, interactive=False)
    refuse_foreign_keys()


class NotPrepared(Exception):
    """The tables are missing or older than the program; the sentence says what to start first."""


def refuse_unprepared() -> None:
    """Refuse to work on tables that the web process has not brought up to date. Raises NotPrepared or VaultError, in words."""
    steps = MigrationExecutor(connection)
    if steps.migration_plan(steps.loader.graph.leaf_nodes()):
        raise NotPrepared("数据库还没有建好，或比程序旧。请先启动网页服务（yimen serve --web-only），它会把表建好。")
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
    """Do jobs until Ctrl-C or SIGTERM; the job in hand is finished if that is soon, or else given back to the next worker."""
    for module in WORK:
        import_module(module)
    worker, stop = work.worker_name(), threading.Event()

    def asked(*_: object) -> None:
        stop.set()
        signal.alarm(PATIENCE_SECONDS)

    def too_long(*_: object) -> None:
        raise _Leaves

    signal.signal(signal.SIGALRM, too_long)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    try:
        work.run_forever(worker, stop, tick=_Lone() if settings.YIMEN_VENUE else _schedule)
        signal.alarm(0)
    except _Leaves:
        _give_back(worker)
    connection.close()


class _Leaves(BaseException):
    """The worker is to stop and its job takes too long; no handler of a job's own errors may take this for one."""


def _give_back(worker: str) -> None:
    """Put the job in hand back, so that the next worker need not wait until this one counts as dead."""
    held = Job.objects.filter(leased_by=worker, state=Job.State.RUNNING)
    held.update(state=Job.State.READY, run_after=timezone.now(), leased_until=None)


class _Lone:
    """What the worker of a hall that runs by itself does by the clock: hand over, fetch a fresh package, sweep by night."""

    def __init__(self) -> None:
        self.due = {"hand_over": 0.0, "renew": time.monotonic() + RENEW_SECONDS}

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self.due["hand_over"]:
            waiting = hand_over(at=timezone.now())
            pause = SHUT_OUT_SECONDS if waiting is not None and waiting.is_shut_out else HAND_OVER_SECONDS
            self.due["hand_over"] = time.monotonic() + pause
            if waiting is not None and not waiting.node.problem and now >= self.due["renew"]:
                renew(at=timezone.now())
                self.due["renew"] = time.monotonic() + RENEW_SECONDS
        _by_night(("office.sweep",))


def _schedule() -> None:
    """Queue what is due by the clock: sweeping, rosters for the halls and the nightly screening, once for each night."""
    _by_night(("office.sweep", "hall.leases", "screening.run"))


def _by_night(names: Sequence[str]) -> None:
    now = timezone.localtime()
    tonight = now.replace(hour=NIGHTLY_HOUR, minute=0, second=0, microsecond=0)
    if not tonight <= now < tonight + timedelta(hours=1):
        return
    arguments = {"on": now.date().isoformat(), "full": True}
    for name in names:
        if not work.was_queued(name, arguments):
            work.enqueue(name, arguments=arguments, by=None, at=now)
