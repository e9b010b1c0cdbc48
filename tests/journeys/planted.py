"""A small county loaded through the loaders and screened, with staff at every post: what journeys and the URL walk look at."""

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from tests.make import make_firm
from yimen.benefits.actions import load_recipients
from yimen.evidence.actions import load_facts
from yimen.office.access import System, scope
from yimen.office.actions import load_areas, load_departments
from yimen.office.models import Area, Department, Post, Staff
from yimen.registry.actions import load_roster
from yimen.registry.id_numbers import check_digit
from yimen.screening.actions import run_screening
from yimen.screening.queries import current_rules

PASSWORD = "a-long-password"
ROSTER = (
    "户编号",
    "乡镇",
    "村居",
    "组",
    "姓名",
    "身份证号",
    "与户主关系",
    "保障类别",
    "户籍在本县",
    "对象类别",
    "认定日期",
    "下次复核日期",
)
POSTS = (
    ("luzhixia", "陆知夏", "county_clerk", "990101"),
    ("baishu", "白术", "county_leader", "990101"),
    ("shiliu", "石榴", "town_clerk", "990101002"),
    ("dingxiang", "丁香", "village_cadre", "990101002001"),
    ("wenzhu", "文竹", "receptionist", "990101002"),
    ("baizhi", "白芷", "co_organizer", "990101002"),
    ("foreign", "杜若", "village_cadre", "990101001001"),
    ("rules", "连翘", "rules_officer", "990101"),
    ("canlian", "方向阳", "department_desk", "990101"),
    ("system", "甘草", "system_admin", "990101"),
    ("security", "半夏", "security_admin", "990101"),
    ("audit", "当归", "audit_admin", "990101"),
)
VILLAGES = (("桃源镇", "柳树村"), ("桃源镇", "桃园村"), ("柳溪镇", "柳溪村"), ("青禾镇", "稻香村"))
SURNAMES, GIVEN = "周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹", "立春雨水惊蛰清明谷雨小满芒种夏至白露霜降"


class Planted:
    """The county 990101 as of a day, files first."""

    def __init__(self, folder: Path, today: date | None = None) -> None:
        self.folder, self.today = folder, today or timezone.localdate()
        self.at = timezone.now()
        self.people: list[dict[str, str]] = []
        self.secrets: dict[str, str] = {}
        load_areas(fictional=True, below="99")
        load_departments()
        self.area = Area.objects.get(code="990101")

    def staff(self) -> None:
        """Make one person for each post, each with a second factor."""
        for username, name, kind, code in POSTS:
            self.post(username, kind, code, name=name)

    def post(self, username: str, kind: str, code: str, *, name: str = "演示员") -> None:
        """Make somebody with a post and a second factor."""
        code_of = {"department_desk": "cl"}
        department = make_firm() if kind == "third_party" else Department.objects.get(code=code_of.get(kind, "mz"))
        person = Staff.objects.create_user(username, PASSWORD, name=name, department=department)
        Post.objects.create(staff=person, kind=kind, area=Area.objects.get(code=code), starts_on=date(2020, 1, 1))
        self.secrets[username] = generate_totp_secret()
        TOTP.activate(person, self.secrets[username])

    def person(self, home: str, name: str, born_on: date, *, relation: str = "户主", where: int = 0, **more: str) -> str:
        """Write one line of the roster and return the ID number."""
        first = f"990101{born_on:%Y%m%d}{len(self.people) + 100:03d}"
        number = first + check_digit(first)
        town, village = VILLAGES[where]
        row = {"户编号": home, "乡镇": town, "村居": village, "组": "2 组", "姓名": name, "身份证号": number}
        self.people.append(row | {"与户主关系": relation, "保障类别": "农", "户籍在本县": "是"} | more)
        return number

    def load(self) -> None:
        """Load the roster as written so far."""
        path = self._write("名册.csv", ROSTER, [[row.get(heading, "") for heading in ROSTER] for row in self.people])
        with scope(System("load"), "装载"):
            load_roster(path=path, name=path.name, area=self.area, by=None, at=self.at, on=self.today)

    def facts(self, source: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Load a department's file of facts."""
        path = self._write(f"{source}.csv", headings, rows)
        with scope(System("load"), "装载"):
            load_facts(
                path=path,
                name=path.name,
                source=source,
                catalogue=current_rules().catalogue,
                area=self.area,
                by=None,
                at=self.at,
                on=self.today,
            )

    def recipients(self, policy: str, rows: Sequence[Sequence[Any]]) -> None:
        """Load a department's list of recipients."""
        held = current_rules().policy(policy)
        path = self._write(f"{held.name}.csv", ("身份证号", "金额", "起始日期", "下次复核日期"), rows)
        with scope(System("load"), "装载"):
            load_recipients(path=path, name=path.name, policy=held, area=self.area, by=None, at=self.at, on=self.today)

    def screen(self) -> None:
        """Screen everybody."""
        with scope(System("screen"), "筛查"):
            run_screening(on=self.today, at=self.at, full=True)

    def _write(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        return path


def plant(folder: Path, *, households: int = 12, seed: int = 7) -> Planted:
    """Plant the stories, some ordinary households around them, the departments' files, and screen."""
    county = Planted(folder)
    county.staff()
    day = county.today
    review, past = f"{day + timedelta(days=300)}", f"{day - timedelta(days=30)}"
    ago = f"{day - timedelta(days=18)}"
    supported = {"对象类别": "低保", "认定日期": "2024-03-01", "下次复核日期": review}
    missed = county.person("0615", "沈小满", date(1965, 6, 15), **supported)
    wrong = county.person("0417", "周霜降", date(1974, 10, 23), **supported)
    son = county.person("0417", "周立春", date(2003, 2, 4), relation="子", **supported)
    wife = county.person("0417", "何白露", date(1977, 9, 8), relation="配偶", **supported)
    county.person("0500", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期=past)
    county.person("0700", "姜惊蛰", date(day.year - 80, 1, 1) + timedelta(days=(day - date(day.year, 1, 1)).days + 40))
    incomes = ordinary(county, households, seed)
    county.load()
    county.facts("残联", ("身份证号", "残疾类别", "残疾等级", "数据日期"), [[missed, "智力", 2, ago], [wife, "肢体", 3, ago]])
    county.facts("评估", ("身份证号", "自理能力", "数据日期"), [[missed, "自理", ago]])
    county.facts(
        "核对",
        ("身份证号", "月收入", "金融资产", "数据日期"),
        [[wrong, "720.00", 0, ago], [son, "2100.00", 0, ago], [wife, "0.00", 1200, ago], *incomes],
    )
    county.recipients("subsistence_allowance", [[wrong, 1170, "2024-03-01", review], [missed, 300, "2024-03-01", review]])
    county.screen()
    return county


def ordinary(county: Planted, households: int, seed: int) -> list[list[Any]]:
    """Write some ordinary households, and return what the comparison says of their incomes."""
    chance = random.Random(seed)
    incomes: list[list[Any]] = []
    for number in range(households):
        where = number % len(VILLAGES)
        standing = {"对象类别": chance.choice(("低保", "低保边缘", ""))}
        if standing["对象类别"]:
            standing |= {"认定日期": "2025-03-01", "下次复核日期": f"{county.today + timedelta(days=chance.randint(-60, 300))}"}
        for relation, year in (
            ("户主", chance.randint(1938, 1985)),
            ("配偶", chance.randint(1940, 1985)),
            ("子", chance.randint(2000, 2020)),
        ):
            if relation != "户主" and chance.random() < 0.3:
                continue
            name = chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)
            born = date(year, chance.randint(1, 12), chance.randint(1, 28))
            held = county.person(f"{1000 + number}", name, born, relation=relation, where=where, **standing)
            if chance.random() < 0.7:
                incomes.append([held, chance.randint(0, 1500), chance.randint(0, 9000), f"{county.today - timedelta(days=25)}"])
    return incomes
