"""`yimen load roster | obligors | facts | recipients | applications FILE`: what the page does, in the terminal, with progress."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from yimen.jobs.command import ChineseCommand, a_day, refusal
from yimen.jobs.loading import KINDS, WrongCall, load_file, report_of
from yimen.jobs.terminal import bar
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file
from yimen.office.models import Area, Delivery
from yimen.office.tables import TableProblem
from yimen.registry.queries import NotOneCounty, county_of_roster, county_with_people

NOTHING = "没有一行能用，什么也没有装。请先看未采用的原因。"
NAMED = 5


class Command(ChineseCommand):
    help = "装载名册、法定义务人、部门数据、待遇名单或省平台申请。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind", metavar="种类", choices=KINDS, help="、".join(f"{kind} {words}" for kind, words in KINDS.items())
        )
        parser.add_argument("file", metavar="文件", type=Path, help="Excel（xlsx、xls）或 CSV 文件")
        parser.add_argument("--from", dest="source", help="部门数据的来源，如 残联")
        parser.add_argument("--policy", help="待遇名单属于哪项政策（编号）")
        parser.add_argument("--area", help="区划代码；不写的，名册看里面的村居属于哪个县，别的看哪个县登记了人")
        parser.add_argument("--on", type=a_day, help="数据的日期，默认今天")
        parser.add_argument("--complete", action="store_true", help="名单是全的：不在名单上的，待遇到今天为止")
        parser.add_argument("--rejects", type=Path, help="把未采用的行和原因写到这个 .xlsx 文件")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Load one file; exit 1 if it cannot be read or every row was refused, 2 if the call is wrong."""
        if not options["file"].is_file():
            self.refuse(f"没有文件 {options['file']}。", 2)
        try:
            area = area_for(options["area"], roster=options["file"] if options["kind"] == "roster" else None)
            doing = f"装载{KINDS[options['kind']]}"
            with scope(System("load", area.path), doing), bar(doing) as progress:
                delivery = load_file(
                    options["kind"],
                    path=options["file"],
                    name=options["file"].name,
                    area=area,
                    by=None,
                    at=timezone.now(),
                    on=options["on"] or timezone.localdate(),
                    source=options["source"] or "",
                    policy=options["policy"] or "",
                    complete=options["complete"],
                    progress=lambda done, whole: progress(doing, done, whole),
                )
                if options["rejects"] and delivery.rejects_file:
                    content = open_file(delivery.rejects_file, purpose="取回未采用的行")[1]
                    options["rejects"].write_bytes(b"".join(content))
        except (TableProblem, NotAllowed) as problem:
            self.refuse(str(problem), 1)
        except WrongCall as problem:
            self.refuse(str(problem), 2)
        report, nothing = report_of(delivery), delivery.rows and delivery.rejected == delivery.rows
        if nothing:
            report |= refusal(NOTHING)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else in_words(delivery, options["rejects"]))
        if nothing:
            self.stderr.write(NOTHING)
            sys.exit(1)


def area_for(code: str | None, *, roster: Path | None = None) -> Area:
    """
    Return the area of a code; without one, the county whose villages a roster names, or else the one in which people are.

    Raises WrongCall if that is none or not one alone, TableProblem if the roster cannot be read.
    """
    if code:
        found = Area.objects.filter(code=code).first()
        if found is None:
            raise WrongCall(f"区划里没有代码 {code}。先用 yimen manage areas 装载区划。")
        return found
    counties = list(Area.objects.filter(level=3, children__children__isnull=False).distinct()[:2])
    if len(counties) == 1:
        return counties[0]
    if not counties:
        raise WrongCall("还没有装载区划。请先运行 yimen manage areas。")
    try:
        with scope(System("load"), "看是哪个县的文件"):
            return county_of_roster(path=roster, name=roster.name) if roster else county_with_people()
    except NotOneCounty as problem:
        raise WrongCall(f"{problem.why}请用 --area 写明区划代码{_named(problem.counties)}。") from None


def _named(counties: Sequence[Area]) -> str:
    if not counties:
        return "，如 --area 371702"
    more = " 等" if len(counties) > NAMED else ""
    return "：" + "、".join(f"{one.code} {one.name}" for one in counties[:NAMED]) + more


def in_words(delivery: Delivery, written: Path | None) -> str:
    """Return what became of a file, as a sentence."""
    text = (
        f"{delivery.rows:,} 行：装载 {delivery.loaded:,}，没有变化 {delivery.unchanged:,}，未采用 {delivery.rejected:,}，"
        f"空行和合计行略过 {delivery.skipped:,}。"
    )
    if delivery.left_out:
        text += f"\n用不上的列：{'、'.join(delivery.left_out)}。要用的，请在“装载数据”页指出它是什么，或改了表头再装一次。"
    if delivery.rejects_file:
        where = f"写在 {written}，也" if written else "可在“装载数据”页下载，或加 --rejects 文件名.xlsx 取回；"
        text += f"\n未采用的行和原因{where}已加密存档（{delivery.rejects_file}）。"
    return text
