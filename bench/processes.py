"""Processes of a run (进程): every program measured runs in one of its own, with the interpreter of its environment."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Both are ignored by git: the environment of the other side, and what a run builds (people, counties), kept for the next.
ENVIRONMENT = ROOT / "bench" / ".venv"
DATA = ROOT / "bench" / "data"
BENCH_PYTHON = ENVIRONMENT / "bin" / "python"
YIMEN_PYTHON = ROOT / ".venv" / "bin" / "python"


class Failed(Exception):
    """A measured program ended with an error; the text is what it wrote last."""


def say(words: str) -> None:
    """Tell in the terminal how far the run is."""
    print(words, file=sys.stderr, flush=True)


def prepare_environment() -> None:
    """Install the other side's packages from the hash-locked file, once for each state of that file."""
    lock, mark = ROOT / "requirements" / "bench.lock", ENVIRONMENT / "installed"
    wanted = lock.read_text(encoding="utf-8")
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return
    say("基准环境：安装 requirements/bench.lock …")
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    subprocess.run([str(BENCH_PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)], check=True)
    mark.write_text(wanted, encoding="utf-8")


def answer_of(python: Path, module: str, *arguments: object, env: Mapping[str, str] | None = None) -> Any:
    """Run a module and return the JSON of its last line. Raises Failed."""
    done = subprocess.run(
        [str(python), "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{module}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


SPIN = """
import time
wall, processor = time.perf_counter(), time.process_time()
while time.perf_counter() < wall + 0.3:
    pass
print((time.process_time() - processor) / 0.3)
"""
QUIET, PAUSE_SECONDS = 0.95, 3
TOUCHED_BYTES = 3 * 2**30


def free_share() -> float:
    """Return which share of the processors is free: one busy loop for each, its processor time over wall time."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count() or 1)
    ]
    return sum(float(one.communicate()[0]) for one in spinning) / len(spinning)


@dataclass
class Patience:
    """Waits for the machine to be quiet before a measure, in all no longer than `seconds`; keeps what it found."""

    seconds: float
    shares: list[float] = field(default_factory=list)

    def wait(self) -> None:
        """Return when nobody else works, or when patience is at its end."""
        share = free_share()
        while share < QUIET and self.seconds > 0:
            time.sleep(PAUSE_SECONDS)
            self.seconds -= PAUSE_SECONDS
            share = free_share()
        self.shares.append(round(share, 2))
        touch_memory()

    @property
    def words(self) -> str:
        """Say how quiet the machine was."""
        shares = ", ".join(f"{100 * share:.0f} %" for share in self.shares)
        return (
            f"Processors free just before each measure: {shares}. Other work on the machine makes seconds longer, not memory. "
            "Before each measure a process of its own touches 3 GiB and ends, so that no side pays the host for new memory."
        )


def touch_memory() -> None:
    """
    Touch more memory than any side needs, in a process that ends at once.

    In a virtual machine memory that was never used, or was given back, is fetched from the host page by page, which takes
    longer than the work measured and hits whoever comes first.
    """
    subprocess.run([sys.executable, "-c", f"bytearray(range(256)) * {TOUCHED_BYTES // 256}"], check=True)


@dataclass(frozen=True)
class Timed:
    """What a command answered, and the seconds from its start to its end."""

    answer: Any
    seconds: float


def timed(command: Sequence[str], env: Mapping[str, str]) -> Timed:
    """Run a command of Yimen with `--json`, the start of Python included. Raises Failed."""
    before = time.perf_counter()
    done = subprocess.run(
        [str(YIMEN_PYTHON), "-m", "yimen", *command, "--json"],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - before
    if done.returncode:
        raise Failed(f"yimen {' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return Timed(json.loads(done.stdout.strip().splitlines()[-1]), seconds)
