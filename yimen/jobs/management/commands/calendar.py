"""`yimen manage calendar`: enter the State Council's yearly notice of days off and make-up workdays."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from yimen.cases.actions import recompute_dues
from yimen.jobs.command import ChineseCommand
from yimen.office.access import System, scope
from yimen.office.actions import enter_calendar_year
from yimen.office.tables import (
    Heading,
    TableProblem,
    ValueProblem,
    read_boolean,
    read_date,
    read_file,
    read_text,
    rows_of,
    suggest,
)
from yimen.policies.queries import RuleError

HEADINGS = (
    Heading("day", ("日期",), required=True),
    Heading("worked", ("上班", "是否上班"), required=True),
    Heading("name", ("名称", "节日"), required=True),
)


class Command(ChineseCommand):
    help = "录入一年的放假安排：表格三列，日期、上班（是/否）、名称；只写特殊的日子。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """YEAR FILE --document."""
        parser.add_argument("year", metavar="年", type=int, help="哪一年，如 2027")
        parser.add_argument("file", metavar="文件", type=Path, help="Excel 或 CSV，列为 日期、上班、名称")
        parser.add_argument("--document", required=True, help="文号，如 国办发明电〔2026〕7号")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, year: int, file: Path, document: str, **options: Any) -> None:
        """Enter it and reckon the due dates anew; nothing is entered if any row cannot be read."""
        at = timezone.now()
        try:
            days = _days(file)
            with scope(System("calendar"), "录入放假安排"), transaction.atomic():
                enter_calendar_year(year=year, document=document, days=days, by=None, at=at)
                changed = recompute_dues(at=at)
        except (TableProblem, ValueError, RuleError) as problem:
            raise CommandError(str(problem)) from None
        worked = sum(worked for worked, _ in days.values())
        if options["json"]:
            told = {"year": year, "off": len(days) - worked, "worked": worked, "cases_changed": changed}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"{year} 年：放假 {len(days) - worked} 天，调休上班 {worked} 天。{changed} 个办件的期限按它重算了。")


def _days(file: Path) -> dict[date, tuple[bool, str]]:
    table = read_file(file, name=file.name)
    match = suggest(table, HEADINGS)
    if match.missing:
        raise TableProblem(f"“{file.name}”缺少这些列：{'、'.join(match.missing)}。")
    days: dict[date, tuple[bool, str]] = {}
    for line, cells in rows_of(table, match):
        day, worked = read_date(cells["day"], column="日期"), read_boolean(cells["worked"], column="上班")
        if day is None or worked is None:
            raise ValueProblem(f"第 {line} 行没有写全日期和上班（是/否）。")
        days[day] = (worked, read_text(cells["name"]))
    return days
