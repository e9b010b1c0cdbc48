"""
The county's files (来文件): roster, departments' data, lists of recipients, as departments really send them.

Titles above the headings, subtotals, three ways to write a day, commas and 元 in amounts, GB18030 beside UTF-8, broken
numbers, people nobody knows. The dirt is in rows of its own, so that the truth about everybody else stands.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

from yimen.jobs.demo.county import KIND_WORDS, County
from yimen.jobs.demo.people import Household, Person

ROSTER = ("户编号", "乡镇", "村居", "姓名", "身份证号", "与户主关系", "性别", "出生日期", "保障类别", "户籍在本县")
STANDING = ("对象类别", "认定日期", "下次复核日期", "死亡日期")
YES_NO = {True: "是", False: "否", None: ""}


def write_all(county: County, folder: Path, dice: Random) -> dict[str, Path]:
    """Write every file of the county into a folder; return them by name ("名册", a source, or a policy's id)."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"名册": _roster(county, folder / "花城县家庭成员花名册.csv", dice)}
    files["法定义务人"] = _obligors(county, folder / "法定义务人名单.csv", dice)
    for source, make in SOURCES.items():
        headings, rows = make(county)
        files[source] = _data(folder / f"{source}数据.csv", source, headings, rows, dice)
    for policy, grants in county.grants.items():
        lines = [(g.number, g.yuan, *(day(one, dice) for one in (g.starts_on, g.review_on, g.until))) for g in grants]
        path = folder / f"{policy}-发放名单.xlsx"
        files[policy] = _workbook(
            path, "发放名单（虚构）", ("身份证号", "月补助金额", "起始日期", "下次复核日期", "终止日期"), lines
        )
    _truth(county, folder / "真值表.csv")
    return files


def day(value: date | None, dice: Random) -> str:
    """Return a day as one office or another writes it."""
    if value is None:
        return ""
    dotted = f"{value.year}.{value.month}.{value.day}"
    return dice.choice((value.isoformat(), dotted, f"{value.year}年{value.month}月{value.day}日"))


def _money(value: Decimal | None, dice: Random) -> str:
    if value is None:
        return ""
    return dice.choice((f"{value:.2f}", f"{value:,.2f}", f"{value:.2f}元"))


def _roster(county: County, path: Path, dice: Random) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["花城县家庭成员花名册（虚构）"])
        writer.writerow([*ROSTER, *STANDING])
        for number, home in enumerate(county.homes):
            writer.writerows(_roster_row(home, person, dice) for person in home.people)
            if number % 400 == 399:
                writer.writerow(["小计", "", "", "", "", "", "", "", "", ""])
            if number % 500 == 250:
                writer.writerow(_broken(home, dice))
    return path


def _roster_row(home: Household, person: Person, dice: Random) -> list[str]:
    kind, since, review = person.kind, person.decided_on, person.review_on
    if person is home.head and home.kinds:
        code, (since, review) = next(iter(home.kinds.items()))
        kind = KIND_WORDS[code]
    return [
        home.number,
        home.town,
        home.village,
        person.name,
        person.number,
        person.relation,
        person.sex,
        day(person.born_on, dice),
        "城" if home.urban else "农",
        YES_NO[person.here],
        kind,
        day(since, dice),
        day(review, dice),
        day(person.died_on, dice),
    ]


def _obligors(county: County, path: Path, dice: Random) -> Path:
    """Some of the old who live alone have a child elsewhere; most lists give no number for the child."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["法定赡（抚、扶）养义务人登记表（虚构）"])
        writer.writerow(["被赡养人身份证号", "义务人姓名", "与被赡养人关系", "义务人身份证号"])
        for home in county.homes:
            alone = home.people[0] if len(home.people) == 1 else None
            if alone and alone.obligors is None and county.on.year - alone.born_on.year >= 65 and dice.random() < 0.3:
                relation, given = dice.choice((("儿子", "立强"), ("女儿", "秀云"), ("儿子", "建军"), ("女儿", "丽华")))
                writer.writerow([alone.number, alone.name[0] + given, relation, ""])
        writer.writerow(["990101190001010000", "某某", "儿子", ""])
    return path


def _broken(home: Household, dice: Random) -> list[str]:
    """A row that must come back with a reason: a number that a spreadsheet has rounded, or one that was cut."""
    number = dice.choice((f"9.90101E+{17}", home.head.number[:-2], home.head.number[:-1] + "?"))
    return [home.number, home.town, home.village, "某某", number, "子", "男", "", "农", "是", "", "", "", ""]


def _data(path: Path, source: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], dice: Random) -> Path:
    encoding = dice.choice(("gb18030", "utf-8-sig"))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"{source}共享数据（虚构）"])
        writer.writerow(headings)
        count = 0
        for row in rows:
            writer.writerow([_money(cell, dice) if isinstance(cell, Decimal) else cell for cell in row])
            count += 1
            if count % 300 == 150:
                # Somebody the roster does not know.
                writer.writerow(["990199199001010011", *row[1:]])
        writer.writerow(["合计", count])
    return path


def _workbook(path: Path, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet("名单")
    sheet.write_row(0, 0, [title])
    sheet.write_row(1, 0, headings)
    for place, row in enumerate(rows, start=2):
        sheet.write_row(place, 0, row)
    book.close()
    return path


def _truth(county: County, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["kind", "policy", "number", "story"])
        writer.writeheader()
        writer.writerows(asdict(finding) for finding in county.truth)


Rows = tuple[Sequence[str], list[list[Any]]]


def _of_people(county: County, headings: Sequence[str], row: Callable[[Person], list[Any] | None]) -> Rows:
    """Return the rows of everybody about whom something is known."""
    people = (person for home in county.homes for person in home.people if person.died_on is None)
    made = ([person.number, *cells] for person in people if (cells := row(person)) is not None)
    return ("身份证号", *headings), list(made)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _disabled(county: County) -> Rows:
    def row(p: Person) -> list[Any] | None:
        if p.disability is None:
            return None
        facts = [YES_NO[one] for one in (p.care, p.legs, p.wheelchair, p.rehabilitation)]
        return [p.disability, p.grade, *facts]

    return _of_people(county, ("残疾类别", "残疾等级", "需长期照护", "下肢残疾", "有机动轮椅车", "有康复需求"), row)


def _insurance(county: County) -> Rows:
    def row(p: Person) -> list[Any] | None:
        known = (p.insured, p.hospital, p.clinic, p.ill)
        return None if known == (None, None, None, None) else [YES_NO[p.insured], p.hospital, p.clinic, YES_NO[p.ill]]

    return _of_people(county, ("参加居民医保", "住院自付", "门诊慢特病自付", "重特大疾病"), row)


def _checks(county: County) -> Rows:
    rows: list[list[Any]] = []
    for home in county.homes:
        for person in home.living:
            rigid = home.rigid if person is home.head else None
            if person.income is not None and person.income_on is not None:
                rows.append([person.number, person.income, person.assets, rigid, person.income_on.isoformat()])
            elif person.story == "expired":
                rows.append([person.number, Decimal(300), None, None, (county.on - timedelta(days=400)).isoformat()])
    return ("身份证号", "月收入", "金融资产", "家庭刚性支出", "数据日期"), rows


def _visits(county: County) -> Rows:
    seen = (county.on - timedelta(days=2)).isoformat()
    rows: list[list[Any]] = []
    for home in county.homes:
        for person in home.living:
            needed = home.needed if person is home.head else None
            cells = (person.income_seen, needed, YES_NO[person.emergency], "" if person.obligors is None else person.obligors)
            if any(cell not in (None, "") for cell in cells):
                rows.append([person.number, *cells, seen])
    return ("身份证号", "月收入", "近三月必需支出", "遭遇急难", "法定义务人数", "数据日期"), rows


def _of_heads(heading: Sequence[str], row: Callable[[Household], list[Any]]) -> Callable[[County], Rows]:
    def make(county: County) -> Rows:
        made = ([home.living[0].number, *row(home)] for home in county.homes if home.living)
        return ("身份证号", *heading), [cells for cells in made if any(cell not in (None, "") for cell in cells[1:])]

    return make


SOURCES: dict[str, Callable[[County], Rows]] = {
    "司法": lambda county: _of_people(county, ("不计入家庭成员",), lambda p: [YES_NO[p.away]] if p.away is not None else None),
    "残联": _disabled,
    "医保": _insurance,
    "核对": _checks,
    "入户": _visits,
    "教育": lambda county: _of_people(county, ("在读学段",), lambda p: [p.school] if p.school else None),
    "人社": lambda county: _of_people(
        county, ("领取工伤护理费",), lambda p: None if p.injury_pay is None else [YES_NO[p.injury_pay]]
    ),
    "评估": lambda county: _of_people(county, ("自理能力",), lambda p: [p.ability] if p.ability else None),
    "民政": lambda county: _of_people(
        county,
        ("父亲状况", "母亲状况", "集中供养"),
        lambda p: [p.father or "", p.mother or "", YES_NO[p.in_home]] if p.father or p.in_home is not None else None,
    ),
    "公安交管": _of_heads(("机动车数",), lambda home: [_text(home.cars)]),
    "不动产": _of_heads(
        ("住房套数", "住房面积"),
        lambda home: ["" if home.houses is None else home.houses, "" if home.square is None else str(home.square)],
    ),
    "住建": _of_heads(("危房等级",), lambda home: [home.danger or ""]),
}
