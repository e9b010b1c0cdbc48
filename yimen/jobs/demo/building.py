"""Building the demonstration county (建演示县): files loaded through the loaders, everybody screened, work on every desk."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.utils import timezone

from yimen.jobs.demo.casework import make_cases
from yimen.jobs.demo.county import build
from yimen.jobs.demo.escorts import make_escorts
from yimen.jobs.demo.files import write_all
from yimen.jobs.demo.hall_days import make_hall_days
from yimen.jobs.demo.stories import stories
from yimen.jobs.loading import load_file
from yimen.office.access import System, scope
from yimen.office.models import Area, Delivery
from yimen.screening.actions import run_report, run_screening
from yimen.screening.queries import counts_by_kind, current_rules

COUNTY = "990101"
Progress = Callable[[str, int, int], None]


def build_county(*, people: int, seed: int, progress: Progress) -> dict[str, Any]:
    """
    Make the county's files from a seed, load them all, screen, and put work on the desks; return the report of the screening.

    Done twice it comes to the same: the files are the same, what is loaded already is not loaded again, a case is made once.
    """
    on, at = timezone.localdate(), timezone.now()
    county = Area.objects.get(code=COUNTY)
    villages = {town.name: [v.name for v in town.children.order_by("code")] for town in county.children.order_by("code")}
    progress("编造虚构的人和部门数据", 0, people)
    made = build(people=people, seed=seed, on=on, villages=villages, stories=stories(on))
    files = write_all(made, Path(settings.YIMEN_HOME) / "demo" / "files", Random(seed))
    with scope(System("demo", county.path), "建演示县"):
        for name, path in files.items():
            load_one(name, path, county, on=on, at=at, progress=progress)
        run = run_screening(on=on, at=at, progress=progress)
        # What was found stands before the desks' work on it begins.
        report = run_report(run, counts_by_kind())
    make_cases(made, at=timezone.now(), progress=progress)
    make_hall_days(seed=seed, at=timezone.now(), progress=progress)
    make_escorts(at=timezone.now())
    return report


def load_one(name: str, path: Path, county: Area, *, on: date, at: datetime, progress: Progress) -> Delivery:
    """Load one of the county's files; its name is a source, a policy, or the roster's or the obligors' own."""
    kind = {"名册": "roster", "法定义务人": "obligors"}.get(name)
    policy = current_rules().policy(name)
    kind = kind or ("recipients" if policy else "facts")
    words = f"装载{policy.name}发放名单" if policy else f"装载{name}"
    return load_file(
        kind,
        path=path,
        name=path.name,
        area=county,
        by=None,
        at=at,
        on=on,
        source=name,
        policy=name,
        progress=lambda done, whole: progress(words, done, whole),
    )
