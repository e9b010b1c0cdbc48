"""
Parameters (本地参数): dated local values such as 低保标准, by area and 城/农, from CSV files.

A parameter that nobody entered for a place is unknown and says so; it is never guessed.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from yimen.policies.numbers import DECIMAL_SCALE, MONEY_SCALE, to_scaled
from yimen.policies.source import Problem, nearest
from yimen.policies.typed import PARAMETER_BOUND, Type, type_of_parameter

COLUMNS = ("参数", "地区", "类别", "起", "止", "值", "单位", "文号")


@dataclass(frozen=True)
class Parameter:
    """One value (inner: scaled integer, bool, text or day) of one parameter for one area and category, from–to."""

    name: str
    area: str
    category: str
    starts_on: date
    ends_on: date | None
    value: Any
    text: str
    unit: str
    document: str
    file: str
    row: int

    def holds_on(self, day: date) -> bool:
        """Say whether it is in force on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True)
class Parameters:
    """All values by name, and the unit of each name."""

    rows: Mapping[str, Sequence[Parameter]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str, *, areas: Sequence[str], category: str | None, on: date) -> Parameter | None:
        """
        Return the value of the nearest area that has one on the day, or None.

        `areas` are the codes above the household, the nearest last. A value for 城 or 农 goes before one for both.
        """
        for area in [*(short_code(code) for code in reversed(areas)), ""]:
            held = self._by_area.get((name, area), ())
            here = [row for row in held if row.holds_on(on) and row.category in ("", category)]
            if here:
                return max(here, key=lambda row: (row.category != "", row.starts_on))
        return None

    @cached_property
    def _by_area(self) -> Mapping[tuple[str, str], Sequence[Parameter]]:
        found: dict[tuple[str, str], list[Parameter]] = {}
        for name, rows in self.rows.items():
            for row in rows:
                found.setdefault((name, short_code(row.area)), []).append(row)
        return found


def is_area_code(code: str) -> bool:
    """Say whether a text is an area code: 2, 4, 6, 9 or 12 digits."""
    return re.fullmatch(r"[0-9]{2}([0-9]{2}){0,2}|[0-9]{9}|[0-9]{12}", code) is not None


@lru_cache(maxsize=10_000)
def short_code(code: str) -> str:
    """Return an area code without filling: 370000 is the province 37, 371721000000 the county 371721."""
    for length in (9, 6):
        if len(code) > length and not code[length:].strip("0"):
            code = code[:length]
    if len(code) == 6:
        return code[:2] if code.endswith("0000") else code.removesuffix("00")
    return code


def read_parameters(paths: Sequence[Path], root: Path, problems: list[Problem]) -> Parameters:
    """Read all CSV files; what is wrong comes back as problems with file, row and column."""
    rows: dict[str, list[Parameter]] = {}
    units: dict[str, str] = {}
    for path in paths:
        name = str(path.relative_to(root))
        for number, cells in _table(path, name, problems):
            row = _row(cells, name, number, problems)
            if row is None:
                continue
            if units.setdefault(row.name, row.unit) != row.unit:
                problems.append(
                    Problem(name, number, f"“单位”：{row.name}在别处是“{units[row.name]}”，这里是“{row.unit}”，请统一。")
                )
            rows.setdefault(row.name, []).append(row)
    for same in rows.values():
        _refuse_overlaps(same, problems)
    return Parameters(rows, units)


def _table(path: Path, name: str, problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem(name, 1, "文件不是 UTF-8 编码，请另存为 UTF-8。"))
        return []
    reader = csv.reader(io.StringIO(text))
    lines = [(reader.line_num, cells) for cells in reader if any(cells) and not cells[0].startswith("#")]
    if not lines:
        return []
    headings = _headings(lines[0][1], name, lines[0][0], problems)
    made = []
    for number, cells in lines[1:] if headings else ():
        if any(cells[len(headings) :]):
            problems.append(Problem(name, number, "这一行比表头多一格：数里有逗号的，请去掉逗号或加引号。"))
        made.append((number, dict.fromkeys(headings, "") | dict(zip(headings, map(str.strip, cells), strict=False))))
    return made


def _headings(cells: Sequence[str], name: str, number: int, problems: list[Problem]) -> list[str]:
    headings = [heading.strip() for heading in cells]
    for heading in dict.fromkeys(headings):
        if heading not in COLUMNS:
            problems.append(Problem(name, number, f"表头没有“{heading}”这一列。{nearest(heading, COLUMNS)}"))
        elif headings.count(heading) > 1:
            problems.append(Problem(name, number, f"表头“{heading}”写了两次，请删去一列。"))
    if not {"参数", "值", "起"} <= set(headings):
        problems.append(Problem(name, number, f"表头应是 {','.join(COLUMNS)}。"))
        return []
    return headings


def _row(cells: Mapping[str, str], file: str, number: int, problems: list[Problem]) -> Parameter | None:
    name, unit, text = cells["参数"], cells.get("单位", ""), cells.get("值", "")
    if not name:
        problems.append(Problem(file, number, "缺少“参数”的名字。"))
        return None
    if not text:
        # Nobody found it: the program says that it is not entered, and where.
        return None
    try:
        category = cells.get("类别", "")
        if category not in ("", "城", "农"):
            raise ValueError(f"“类别”应是 城、农 或空，这里是“{category}”。")
        area = cells.get("地区", "")
        if area and not is_area_code(area):
            raise ValueError(f"“地区”应是区划代码，如 371721，全国的留空，这里是“{area}”。")
        starts_on, ends_on = _day("起", cells["起"]), _day("止", cells["止"]) if cells.get("止") else None
        if ends_on and ends_on < starts_on:
            raise ValueError(f"“止”{ends_on} 早于“起”{starts_on}。")
        value = parameter_value(name, text, type_of_parameter(unit, None))
    except ValueError as problem:
        problems.append(Problem(file, number, str(problem)))
        return None
    return Parameter(name, area, category, starts_on, ends_on, value, text, unit, cells.get("文号", ""), file, number)


def _day(column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{column}”的“{text}”不是日期，请写成 2026-07-01。") from None


def parameter_value(name: str, value: Any, held: Type) -> Any:
    """Return the inner value of a parameter. Raises ValueError, in words, if it is none of its type."""
    if value is None:
        return None
    text = str(value).strip()
    if held.kind == "number":
        return _number(name, text, held)
    if held.kind == "bool":
        if text.lower() not in ("true", "false", "是", "否"):
            raise ValueError(f"“{name}”应是 true 或 false，这里是“{text}”。")
        return text.lower() in ("true", "是")
    return _day(name, text) if held.kind == "day" else text


def _number(name: str, text: str, held: Type) -> int:
    try:
        scaled = to_scaled(Decimal(text.replace(",", "")), held.scale)
    except (InvalidOperation, ValueError):
        limit = MONEY_SCALE if held.dimension == "money" else DECIMAL_SCALE
        raise ValueError(f"“{name}”的值“{text}”不是数，或小数多于 {limit} 位。") from None
    if abs(scaled) > PARAMETER_BOUND:
        raise ValueError(f"“{name}”的值“{text}”太大。")
    return scaled


def _refuse_overlaps(rows: Sequence[Parameter], problems: list[Problem]) -> None:
    ordered = sorted(rows, key=lambda row: (short_code(row.area), row.category, row.starts_on))
    for before, after in pairwise(ordered):
        same = (short_code(before.area), before.category) == (short_code(after.area), after.category)
        if same and (before.ends_on is None or before.ends_on >= after.starts_on):
            problems.append(
                Problem(
                    after.file,
                    after.row,
                    f"{after.name}（{after.area}）与 {before.file} 第 {before.row} 行的日期重叠，请给前一条写上“止”。",
                )
            )
