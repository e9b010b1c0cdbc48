"""Processes of a run (进程): every program measured runs in one of its own, with the interpreter of its environment."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
