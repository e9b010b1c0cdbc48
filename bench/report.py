"""Results (结果): rows of measures, their verdict against the target, and the two files they are written to."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.processes import BENCH_PYTHON, ROOT, YIMEN_PYTHON

PACKAGES = ("duckdb", "pyarrow", "sqlglot", "django", "numpy", "openfisca-core")


@dataclass
class Row:
    """
    One measure against its target. Without a target it is only told; `at_least` says that more is better.

    `runs` are the single measures behind `measured` (their median).
    """

    part: str
    what: str
    unit: str
    measured: float
    target: float | None = None
    stretch: float | None = None
    at_least: bool = False
    runs: Sequence[float] = ()
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Return measured / target."""
        return None if not self.target else self.measured / self.target

    @property
    def verdict(self) -> str:
        """Return met, met with the stretch, or not met; nothing without a target."""
        if self.target is None:
            return ""
        if not self._reaches(self.target):
            return "not met"
        return "met (stretch)" if self.stretch is not None and self._reaches(self.stretch) else "met"

    def _reaches(self, target: float) -> bool:
        return self.measured >= target if self.at_least else self.measured <= target


@dataclass
class Part:
    """One part of the benchmark: its rows, and sentences or lists that belong below the table."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def median(values: Sequence[float]) -> float:
    """Return the median of the runs."""
    return statistics.median(values)


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processors, memory, system, versions, and how busy the machine was."""
    return {
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "versions": _versions(),
        "commit": commit(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _versions() -> dict[str, str]:
    """Return the versions of both environments; where they differ, the one of the program."""
    ask = (
        "import importlib.metadata as m, json; "
        "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"
    )
    found: dict[str, str] = {}
    for python in (BENCH_PYTHON, YIMEN_PYTHON):
        if python.exists():
            found |= json.loads(subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout)
    return {name: found[name] for name in PACKAGES if name in found}


def commit() -> str:
    """Return the commit that is measured, "-dirty" where a file differs from it; the results themselves do not count."""
    name = _git("describe", "--always")
    return f"{name}-dirty" if _git("status", "--porcelain", "--", ".", ":!bench/results.*") else name


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def write(parts: Mapping[str, Part], about: dict[str, Any], folder: Path) -> None:
    """Write results.json and results.md; parts that were not run now keep their last results."""
    path = folder / "results.json"
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    everything = held.get("parts", {})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name, part in parts.items():
        rows = [asdict(row) | {"ratio": row.ratio, "verdict": row.verdict} for row in part.rows]
        everything[name] = asdict(part) | {"rows": rows, "measured_at": now, "machine": about}
    path.write_text(
        json.dumps({"parts": dict(sorted(everything.items()))}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (folder / "results.md").write_text(_markdown(dict(sorted(everything.items()))), encoding="utf-8")


def _markdown(parts: Mapping[str, Any]) -> str:
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench` (`make bench ONLY=screening` for one part). Every figure is measured",
        "",
    ]
    lines[-2] += " in the run; where it was measured more than once, it is the median."
    for part in parts.values():
        lines += [
            f"## {part['title']}",
            "",
            _about(part),
            "",
            "| what | target | measured | ratio | verdict | runs |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_line(row) for row in part["rows"]]
        lines += ["", *(f"- {note}" for note in part["notes"]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _about(part: Mapping[str, Any]) -> str:
    held = part["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in held["versions"].items())
    return (
        f"{part['measured_at']}; {held['processors']} processors ({held['processor']}), {held['memory_gib']} GiB, Python "
        f"{held['python']}, {versions}; load before the run {held['load_before'][0]}; commit {held['commit']}."
    )


def _line(row: Mapping[str, Any]) -> str:
    sign = "≥" if row["at_least"] else "≤"
    target = "" if row["target"] is None else f"{sign} {_number(row['target'])}"
    if row["stretch"] is not None:
        target += f" (stretch {_number(row['stretch'])})"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    runs = ", ".join(_number(run) for run in row["runs"])
    what = row["what"] + (f" — {row['note']}" if row["note"] else "")
    return f"| {what} | {target} | {_number(row['measured'])} {row['unit']} | {ratio} | {row['verdict']} | {runs} |"


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3f}"
