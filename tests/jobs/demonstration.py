"""The demonstration county as a small town's worth of files, loaded through the loaders and screened, once for many tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from yimen.jobs.demo.building import load_one
from yimen.jobs.demo.county import County, build
from yimen.jobs.demo.files import write_all
from yimen.jobs.demo.stories import stories
from yimen.office.access import System, scope
from yimen.office.actions import load_areas
from yimen.office.models import Area, Delivery
from yimen.screening.actions import run_screening
from yimen.screening.models import ScreeningRun

ON = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
SEED = 7


@dataclass
class Built:
    """The generator's own county with its truth, what became of each file, and the run."""

    county: County
    deliveries: dict[str, Delivery]
    run: ScreeningRun


def built(folder: Path, *, people: int) -> Built:
    load_areas(fictional=True, below="99")
    area = Area.objects.get(code="990101")
    villages = {town.name: [village.name for village in town.children.all()] for town in area.children.all()}
    county = build(people=people, seed=SEED, on=ON, villages=villages, stories=stories(ON))
    with scope(System("demo"), "建演示县"):
        deliveries = dict(_loaded(write_all(county, folder, Random(SEED)), area))
        run = run_screening(on=ON, at=AT + timedelta(minutes=10), full=True)
    return Built(county, deliveries, run)


def _loaded(files: dict[str, Path], area: Area) -> Iterator[tuple[str, Delivery]]:
    for name, path in files.items():
        yield name, load_one(name, path, area, on=ON, at=AT, progress=lambda *_: None)
