"""
Long work (后台任务): queued inside the transaction that needs it, done by a worker under a lease, done again if the worker dies.

A job may run twice, so what it does must come to the same when done twice. A room declares its jobs in its private `work.py`:

    @work.job("screening.run")
    def run(arguments: Arguments, context: Context) -> Result: ...
"""

import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from django.db.models import F, Q
from django.utils import timezone

from yimen.office.models import Job, Staff

LEASE = timedelta(seconds=settings.YIMEN_LEASE_SECONDS)
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=10)
Arguments = dict[str, Any]
Result = dict[str, Any] | None


class LeaseLost(Exception):
    """Another worker has taken the job over, because this one was silent for too long."""


class GivesUp(Exception):
    """A job cannot be done, and trying again will not help; the sentence says why."""


@dataclass
class Context:
    """What a running job is given: its row, and how to say how far it is."""

    job: Job
    worker: str
    last: float = field(default=0.0)

    def progress(self, doing: str, done: int, whole: int) -> None:
        """Say how far the job is. Raises LeaseLost if it is another worker's by now."""
        if time.monotonic() - self.last < 0.5 and done != whole:
            return
        self.last = time.monotonic()
        changes = {"doing": doing[:80], "rows_done": done, "rows_all": whole, "leased_until": timezone.now() + LEASE}
        if not _mine(self.job, self.worker).update(**changes):
            raise LeaseLost(f"任务 {self.job.pk} 已由别的进程接手。")


Function = Callable[[Arguments, Context], Result]
_functions: dict[str, Function] = {}


def job(name: str) -> Callable[[Function], Function]:
    """Declare a function as the job of this name."""

    def declare(function: Function) -> Function:
        _functions[name] = function
        return function

    return declare


def enqueue(
    name: str, *, arguments: Arguments, by: Staff | None, at: datetime, run_after: datetime | None = None, once: bool = False
) -> Job:
    """Queue a job inside the caller's transaction. With `once`, the same job still waiting or running is returned instead."""
    if once:
        waiting = Job.objects.filter(name=name, arguments=arguments, state__in=(Job.State.READY, Job.State.RUNNING)).first()
        if waiting is not None:
            return waiting
    return Job.objects.create(name=name, arguments=arguments, made_by=by, made_at=at, run_after=run_after or at)


def run_one(worker: str) -> bool:
    """Take the next job that is due, or whose worker has died, and do it; return False if there is none."""
    taken = _take(worker)
    if taken is None:
        return False
    with _heartbeat(taken, worker):
        _do(taken, worker)
    return True


def run_forever(worker: str, stop: threading.Event, *, tick: Callable[[], None] = lambda: None) -> None:
    """Do jobs until told to stop; `tick` is called between them, for what is due by the clock."""
    while not stop.is_set():
        close_old_connections()
        tick()
        if not run_one(worker):
            stop.wait(1.0)


def _take(worker: str) -> Job | None:
    now = timezone.now()
    due = Q(state=Job.State.READY, run_after__lte=now) | Q(state=Job.State.RUNNING, leased_until__lt=now)
    for waiting in Job.objects.filter(due).order_by("run_after", "made_at")[:5]:
        # Guarded: whoever changes the row first has it, on SQLite as on PostgreSQL.
        same = Job.objects.filter(due, pk=waiting.pk, attempts=waiting.attempts)
        if same.update(state=Job.State.RUNNING, leased_by=worker, leased_until=now + LEASE, attempts=F("attempts") + 1):
            waiting.refresh_from_db()
            return waiting
    return None


def _mine(taken: Job, worker: str) -> Any:
    return Job.objects.filter(pk=taken.pk, leased_by=worker, state=Job.State.RUNNING)


@contextmanager
def _heartbeat(taken: Job, worker: str) -> Iterator[None]:
    """Renew the lease from a thread of its own while the job is busy with something that cannot say how far it is."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(LEASE.total_seconds() / 3):
            _mine(taken, worker).update(leased_until=timezone.now() + LEASE)
        connections.close_all()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _do(taken: Job, worker: str) -> None:
    function = _functions.get(taken.name)
    try:
        if function is None:
            raise GivesUp(f"没有叫“{taken.name}”的任务。程序可能已升级，请联系系统管理员。")
        result = function(taken.arguments, Context(taken, worker))
    except LeaseLost:
        return
    except GivesUp as problem:
        _end(taken, worker, state=Job.State.FAILED, problem=str(problem))
    except Exception as problem:
        _retry(taken, worker, problem)
    else:
        _end(taken, worker, state=Job.State.DONE, result=result, problem="")


def _end(taken: Job, worker: str, **changes: Any) -> None:
    _mine(taken, worker).update(finished_at=timezone.now(), leased_until=None, **changes)


def _retry(taken: Job, worker: str, problem: Exception) -> None:
    """Try again later, each time twice as late; after the fifth time leave it to a person."""
    # The sentence goes to the page; the trace names no value, only places in the program.
    where = traceback.extract_tb(problem.__traceback__)[-1]
    words = f"{type(problem).__name__}（{where.name}，第 {where.lineno} 行）"
    if taken.attempts >= MOST_ATTEMPTS:
        _end(taken, worker, state=Job.State.FAILED, problem=f"试了 {taken.attempts} 次都没有完成：{words}")
        return
    pause = FIRST_PAUSE * 2 ** (taken.attempts - 1)
    again = timezone.now() + pause
    _mine(taken, worker).update(state=Job.State.READY, run_after=again, leased_until=None, problem=words)


def worker_name() -> str:
    """Return a name no other worker has."""
    return f"worker-{uuid.uuid4().hex[:12]}"


def was_queued(name: str, arguments: Arguments) -> bool:
    """Say whether this very job was ever queued."""
    return Job.objects.filter(name=name, arguments=arguments).exists()
