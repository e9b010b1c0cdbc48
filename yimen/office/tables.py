"""
Tables (来文件的表格): a county's Excel and CSV files, read as they really are.

A file is opened in a child process with limits of memory, time and size, so that no file can take the program down;
what comes back are plain cells. Headings are matched to fields, and a person can correct the match. Titles, blank rows
and subtotals are left out and counted.
"""

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import overload

import xlsxwriter

from yimen.office.files import working_folder

Cell = str | int | float | bool | date | None
# As long as “柳树村低保户小计” and a little more; what is longer is a note.
LONGEST_SUBTOTAL = 10
SUBTOTALS = ("合计", "小计", "总计", "共计", "累计")
UNITS = ("元", "人", "岁", "级", "平方米", "㎡", "亩", "套", "辆", "次")
NOTES = ("备注", "填表", "制表", "填报", "审核", "审批", "说明", "注:", "单位负责人", "负责人", "联系人")
SEARCHED_FOR_HEADINGS = 15
SECONDS = 120
MOST_YUAN = 10**12
REFUSED = 3
_EPOCH = date(1899, 12, 30)
_IN_CHINESE = "零〇一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾"
_CHINESE = str.maketrans(_IN_CHINESE, "001223456789十123456789十")


class TableProblem(Exception):
    """A file cannot be read at all; the sentence says why and what to do."""


class ValueProblem(ValueError):
    """One cell cannot be what its column says; the sentence says what was read."""


@dataclass(frozen=True)
class Heading:
    """A field that a file may hold, under any of these names; where it is required, the field `instead` does as well."""

    field: str
    names: tuple[str, ...]
    required: bool = False
    instead: str = ""


@dataclass(frozen=True)
class Table:
    """The cells of a file's fullest sheet; row 0 is the first row of the file. `others` are how its other sheets begin."""

    name: str
    sheet: str
    rows: Sequence[Sequence[Cell]]
    others: Sequence["Table"] = ()


@dataclass(frozen=True)
class Match:
    """
    Which column holds which field (表头对应).

    `columns` maps a column (from 0) to a field; `titles` are the column headings as the file has them; `first` is the
    first row of data. `missing` are required fields that no column holds.
    """

    columns: Mapping[int, str]
    titles: Sequence[str]
    first: int
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass
class Skipped:
    """How many rows were left out as blank or as subtotals."""

    rows: int = field(default=0)


def read_file(path: Path, *, name: str) -> Table:
    """
    Read a file in a child process and return the cells of its fullest sheet.

    Raises TableProblem, in words, if it is no table, too big, a bomb, or takes too long.
    """
    with working_folder() as folder:
        out = folder / "cells"
        command = [sys.executable, "-I", str(Path(__file__).with_name("spreadsheets.py")), str(path), Path(name).suffix, str(out)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise TableProblem(f"“{name}”读了 {SECONDS} 秒还没有读完，已停下。请拆成几个小文件再上传。") from None
        if done.returncode == REFUSED:
            raise TableProblem(done.stderr.decode().strip())
        if done.returncode != 0 or not out.exists():
            raise TableProblem(f"“{name}”读不了：文件损坏，或太大。请用 Excel 打开后另存为 .xlsx 或 UTF-8 的 .csv 再上传。")
        # A cell may hold any line break that Unicode knows, so only the line feed parts two rows.
        first, *rows = out.read_bytes().rstrip(b"\n").split(b"\n")
    book = json.loads(first)
    others = [Table(name, sheet, held) for sheet, held in book["others"].items()]
    return Table(name, book["sheet"], _Rows(rows), others)


class _Rows(Sequence[Sequence[Cell]]):
    """The rows as they came through the pipe, opened one by one: a million open rows would take gigabytes."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, place: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, place: int | slice) -> Sequence[Cell] | Sequence[Sequence[Cell]]:
        if isinstance(place, slice):
            return [_cells(line) for line in self.lines[place]]
        return _cells(self.lines[place])


def _cells(line: bytes) -> list[Cell]:
    row = json.loads(line.decode())
    # A day comes through the pipe as {"d": "2026-12-01"}.
    return [date.fromisoformat(cell["d"]) if isinstance(cell, dict) else cell for cell in row] if b'{"d"' in line else row


def suggest(table: Table, headings: Sequence[Heading]) -> Match:
    """
    Find the row of headings and say which column is which field.

    A heading may be spread over two rows (merged cells): then the upper one stands before the lower. Raises TableProblem
    if no row looks like headings.
    """
    names = {_key(name): heading.field for heading in headings for name in heading.names}
    best: tuple[int, int, list[str]] | None = None
    for first in range(min(SEARCHED_FOR_HEADINGS, len(table.rows))):
        for deep in (1, 2):
            titles = _titles(table.rows[first : first + deep], names)
            fits = len({names[_key(title)] for title in titles if _key(title) in names})
            if fits and (best is None or fits > best[0]):
                best = (fits, first + deep, titles)
    if best is None:
        known = "、".join(heading.names[0] for heading in headings if heading.required)
        raise TableProblem(f"“{table.name}”里没有找到表头。表头至少要有：{known}。")
    return matched(best[2], headings, first=best[1])


def matched(
    titles: Sequence[str], headings: Sequence[Heading], *, first: int, corrected: Mapping[int, str] | None = None
) -> Match:
    """Match column titles to fields; `corrected` is what a person said about single columns ("" for none)."""
    names = {_key(name): heading.field for heading in headings for name in heading.names}
    columns: dict[int, str] = {}
    for place, title in enumerate(titles):
        found = (corrected or {}).get(place, names.get(_key(title)) or names.get(_key(without_unit(title)), ""))
        if found and found not in columns.values():
            columns[place] = found
    held = set(columns.values())
    missing = tuple(one.names[0] for one in headings if one.required and not held & {one.field, one.instead})
    unknown = tuple(title for place, title in enumerate(titles) if title and place not in columns)
    return Match(columns, list(titles), first, missing, unknown)


def _titles(rows: Sequence[Sequence[Cell]], known: Mapping[str, str]) -> list[str]:
    """Join one or two rows of headings; of a merged pair (保障 | 类别) the joined name counts if it is known."""
    width = max((len(row) for row in rows), default=0)
    texts = [[read_text(row[place]) if place < len(row) else "" for place in range(width)] for row in rows]
    if len(texts) == 1:
        return texts[0]
    upper, lower = texts
    return [up + low if _key(up + low) in known else low or up for up, low in zip(upper, lower, strict=True)]


def without_unit(title: str) -> str:
    """Return a heading without the unit in brackets behind it: 月收入（元）. What else stands in brackets may say whose it is."""
    return re.sub(rf"[（(]\s*(?:{'|'.join(UNITS)})\s*[）)]\s*$", "", title.strip())


def _key(title: str) -> str:
    text = unicodedata.normalize("NFKC", title)
    return re.sub(r"[\s*：:（）()\[\]【】/／]", "", text)


def rows_of(table: Table, match: Match, skipped: Skipped | None = None) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Yield each row of data with its number in the file, counted from 1; blank rows and subtotals are left out."""
    for number in range(match.first, len(table.rows)):
        row = table.rows[number]
        cells = {field_: row[place] if place < len(row) else None for place, field_ in match.columns.items()}
        if _is_filling(row, cells):
            if skipped is not None:
                skipped.rows += 1
            continue
        yield number + 1, cells


@dataclass(frozen=True)
class Preview:
    """How a file would be read (预览): its table, the match of its columns, how many rows, how many left out."""

    table: Table
    match: Match
    rows: int
    skipped: int


def preview(*, path: Path, name: str, headings: Sequence[Heading]) -> Preview:
    """Say how a file would be read, for a person to correct. Raises TableProblem, in words."""
    table = read_file(path, name=name)
    match, skipped = _suggest_for_file(table, headings), Skipped()
    rows = sum(1 for _ in rows_of(table, match, skipped))
    return Preview(table, match, rows, skipped.rows)


def open_table(
    *, path: Path, name: str, headings: Sequence[Heading], corrected: Mapping[int, str] | None = None
) -> tuple[Table, Match]:
    """Return a file's table and its match, as a person corrected it. Raises TableProblem, also for a missing column."""
    table = read_file(path, name=name)
    match = _suggest_for_file(table, headings)
    if corrected:
        match = matched(match.titles, headings, first=match.first, corrected=corrected)
    if match.missing:
        raise TableProblem(f"“{name}”缺少这些列：{'、'.join(match.missing)}。请补上，或在预览里指出是哪一列。")
    return table, match


def _suggest_for_file(table: Table, headings: Sequence[Heading]) -> Match:
    """Match the file's fullest sheet. Raises TableProblem if another is a list as well: it must not be lost in silence."""
    match = suggest(table, headings)
    alike = [table.sheet, *(other.sheet for other in table.others if _is_alike(other, headings))]
    if len(alike) > 1:
        raise TableProblem(
            f"“{table.name}”里有 {len(alike)} 张工作表都有这样的表头（{'、'.join(alike[:5])}），一次只装一张，免得漏掉其余的。"
            "请合并到一张工作表，或各存为一个文件。"
        )
    return match


def _is_alike(table: Table, headings: Sequence[Heading]) -> bool:
    try:
        match = suggest(table, headings)
    except TableProblem:
        return False
    return not match.missing and match.first < len(table.rows)


def _is_filling(row: Sequence[Cell], cells: Mapping[str, Cell]) -> bool:
    texts = list(islice(filter(None, map(read_text, row)), 3))
    if not texts or all(cell is None or cell == "" for cell in cells.values()):
        return True
    if not (texts[0].startswith(NOTES) or any(_sums_up(text) for text in texts) or _sums_up_further_on(row)):
        return False
    # A row with a long number is about somebody, whatever stands before it, also where a spreadsheet has spoilt the number.
    return not any(re.fullmatch(r"[\d\s]{14,}[\dXx]|[\d.]+E\+1\d", read_text(cell), re.IGNORECASE) for cell in row)


def _sums_up(text: str) -> bool:
    return re.sub(r"[\s：:]", "", text).endswith(SUBTOTALS)


def _sums_up_further_on(row: Sequence[Cell]) -> bool:
    """Say whether a short cell anywhere sums up; a note of some length may well end like that."""
    likely = [cell for cell in row if isinstance(cell, str) and cell.rstrip(" \u3000：:")[-1:] == "计"]
    return any(len(text) <= LONGEST_SUBTOTAL and _sums_up(text) for text in map(read_text, likely))


def read_text(cell: Cell) -> str:
    """Return a cell as text without spaces around it; full-width letters and digits become plain."""
    if isinstance(cell, str):
        return (cell if cell.isascii() else unicodedata.normalize("NFKC", cell)).strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return unicodedata.normalize("NFKC", str(cell)).strip() if not isinstance(cell, bool) else "是" if cell else "否"


def read_date(cell: Cell, *, column: str) -> date | None:
    """Return a day as counties write it: 1963.5.7, 1963年5月7日, 1963/5/7, 19630507, or a spreadsheet's number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = read_text(cell)
    if text in ("", "-", "—", "无", "/"):
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 1 <= cell < 80_000:
        return _EPOCH + timedelta(days=int(cell))
    if re.fullmatch(r"[1-7]\d{4}(\.0+)?", text):
        # Saved as text, a spreadsheet's number of a day has five digits from 1927 on, and no written day has.
        return _EPOCH + timedelta(days=int(float(text)))
    found = re.fullmatch(
        r"(\d{4})\s*[.\-/年]\s*(\d{1,2})\s*[.\-/月]\s*(\d{1,2})\s*日?([ T]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?", text
    )
    found = found or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        return date(*(int(part) for part in found.groups()[:3])) if found else _unreadable(text, column)
    except ValueError:
        return _unreadable(text, column)


def _unreadable(text: str, column: str) -> date:
    raise ValueProblem(f"“{column}”的“{text[:20]}”看不懂，请写成 1963-05-07。")


def read_boolean(cell: Cell, *, column: str) -> bool | None:
    """Return yes or no as counties write it: 是 否 有 无 √ × 1 0; None where nothing is written."""
    if isinstance(cell, bool):
        return cell
    text = read_text(cell)
    if text == "":
        return None
    if text in ("是", "有", "√", "✓", "1", "Y", "y", "true", "True", "对"):
        return True
    if text in ("否", "无", "×", "✗", "0", "N", "n", "false", "False", "没有", "不"):
        return False
    raise ValueProblem(f"“{column}”的“{text[:20]}”看不懂，请写“是”或“否”。")


def read_money(cell: Cell, *, column: str) -> Decimal | None:
    """Return yuan exactly: 1,260.00, １２６０元, ￥1260, 1.26万; never through a float."""
    if isinstance(cell, float):
        cell = repr(round(cell, 4))
    text = read_text(cell).replace(",", "").replace("，", "").replace(" ", "")
    if text in ("", "-", "—", "无", "/"):
        return None
    found = re.fullmatch(r"[¥￥]?(-?\d+(?:\.\d+)?)(万)?(?:元|圆)?(?:/月|/年|每月|每年)?", text)
    if not found:
        raise ValueProblem(f"“{column}”的“{text[:20]}”不是金额，请写成 1260.00。")
    value = Decimal(found[1]) * (10_000 if found[2] else 1)
    if abs(value) >= MOST_YUAN:
        raise ValueProblem(f"“{column}”有 {len(text)} 个字符，太大，不像金额（是不是填了号码），请核对。")
    if value != value.quantize(Decimal("0.01")):
        raise ValueProblem(f"“{column}”的“{text[:20]}”小数多于两位，请核对。")
    return value.quantize(Decimal("0.01"))


def read_whole(cell: Cell, *, column: str) -> int | None:
    """Return a whole number, also as 二级, 贰级, 2 级 or 十二; None where nothing is written."""
    text = read_text(cell).replace(",", "")
    if text in ("", "-", "—", "无", "/"):
        return None
    found = re.fullmatch(rf"(-?\d+|[{_IN_CHINESE}]+)(?:\.0+)?\s*(?:人|个|次|级|天|月|年|亩|套|辆)?", text)
    number = _whole(found[1]) if found else None
    if number is None:
        raise ValueProblem(f"“{column}”的“{text[:20]}”不是整数，请写成数字。")
    return number


def _whole(text: str) -> int | None:
    """Return a number of digits, or one below a hundred in Chinese; None if it is no number."""
    if text.lstrip("-").isdecimal():
        return int(text)
    found = re.fullmatch("(?:([1-9]?)十)?([0-9]?)", text.translate(_CHINESE))
    if not found or not text:
        return None
    tens = 0 if found[1] is None else int(found[1] or 1)
    return tens * 10 + int(found[2] or 0)


def write_rejects(path: Path, table: Table, match: Match, rejects: Mapping[int, str]) -> None:
    """Write the rejected rows as they came, each with its number and the reason beside it; no cell becomes a formula."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet = book.add_worksheet("未采用的行")
    bold, words = book.add_format({"bold": True}), book.add_format({"font_color": "#b42318", "text_wrap": True})
    sheet.write_row(0, 0, ["原行号", "未采用的原因", *match.titles], bold)
    for place, (number, reason) in enumerate(sorted(rejects.items()), start=1):
        sheet.write_number(place, 0, number)
        sheet.write_string(place, 1, reason, words)
        for column, cell in enumerate(table.rows[number - 1], start=2):
            sheet.write_string(place, column, read_text(cell))
    sheet.set_column(1, 1, 60)
    sheet.freeze_panes(1, 2)
    book.close()
