"""A tiny county loaded through the loaders, for tests of screening: files in, findings out."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from yimen.benefits.actions import load_recipients
from yimen.evidence.actions import load_facts
from yimen.office.access import System, scope
from yimen.office.actions import load_areas
from yimen.office.models import Area
from yimen.registry.actions import load_roster
from yimen.registry.id_numbers import check_digit
from yimen.screening.actions import run_screening
from yimen.screening.models import Finding, ScreeningRun
from yimen.screening.queries import current_rules

ON = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ROSTER = (
    "户编号",
    "乡镇",
    "村居",
    "姓名",
    "身份证号",
    "与户主关系",
    "保障类别",
    "户籍在本县",
    "对象类别",
    "认定日期",
    "下次复核日期",
    "死亡日期",
)


def id_number(born_on: date, serial: int) -> str:
    first = f"990101{born_on:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


class County:
    """The county 990101 and a folder for its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        load_areas(fictional=True, below="99")
        self.area = Area.objects.get(code="990101")
        self.people: list[dict[str, str]] = []

    def person(self, household: str, name: str, born_on: date, *, relation: str = "户主", **more: str) -> str:
        number = id_number(born_on, len(self.people) + 100)
        row = {"户编号": household, "乡镇": "桃源镇", "村居": "柳树村", "姓名": name, "身份证号": number, "与户主关系": relation}
        self.people.append(row | {"保障类别": "农", "户籍在本县": "是"} | more)
        return number

    def load(self) -> None:
        path = self.write("名册.csv", ROSTER, [[row.get(heading, "") for heading in ROSTER] for row in self.people])
        with scope(System("load"), "装载"):
            delivery = load_roster(path=path, name=path.name, area=self.area, by=None, at=AT, on=ON)
        assert delivery.rejected == 0

    def facts(
        self, source: str, headings: Sequence[str], rows: Sequence[Sequence[object]], *, at: datetime = AT, on: date = ON
    ) -> None:
        path = self.write(f"{source}.csv", headings, rows)
        with scope(System("load"), "装载"):
            delivery = load_facts(
                path=path,
                name=path.name,
                source=source,
                catalogue=current_rules().catalogue,
                area=self.area,
                by=None,
                at=at,
                on=on,
            )
        assert delivery.rejected == 0

    def recipients(self, policy: str, rows: Sequence[Sequence[object]], *, at: datetime = AT) -> None:
        path = self.write(f"{policy}.csv", ("身份证号", "金额", "起始日期", "下次复核日期"), rows)
        held = current_rules().policy(policy)
        assert held is not None
        with scope(System("load"), "装载"):
            delivery = load_recipients(path=path, name=path.name, policy=held, area=self.area, by=None, at=at, on=ON)
        assert delivery.rejected == 0

    def write(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        return path

    def screen(self, *, on: date = ON, full: bool = True, at: datetime = AT) -> ScreeningRun:
        with scope(System("screen"), "筛查"):
            return run_screening(on=on, at=at, full=full)

    def found(self) -> set[tuple[str, str]]:
        with scope(System("test"), "查看"):
            return {(finding.kind, finding.policy) for finding in Finding.objects.filter(state="open")}

    def one(self, kind: str, policy: str) -> Finding:
        with scope(System("test"), "查看"):
            return Finding.objects.get(kind=kind, policy=policy)
