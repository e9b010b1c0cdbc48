"""`yimen load roster | obligors | facts | recipients | applications FILE`: what the page does, in the terminal, with progress."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from yimen.jobs.command import ChineseCommand, a_day
from yimen.jobs.loading import KINDS, WrongCall, load_file, report_of
from yimen.jobs.terminal import bar
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file
from yimen.office.models import Area, Delivery
from yimen.office.tables import TableProblem


class Command(ChineseCommand):
    help = "装载名册、法定义务人、部门数据、待遇名单或省平台申请。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind", metavar="种类", choices=KINDS, help="、".join(f"{kind} {words}" for kind, words in KINDS.items())
        )
        parser.add_argument("file", metavar="文件", type=Path, help="Excel（xlsx、xls）或 CSV 文件")
        parser.add_argument("--from", dest="source", help="部门数据的来源，如 残联")
        parser.add_argument("--policy", help="待遇名单属于哪项政策（编号）")
        parser.add_argument("--area", help="区划代码；只有一个县时可以不写")
        parser.add_argument("--on", type=a_day, help="数据的日期，默认今天")
        parser.add_argument("--complete", action="store_true", help="名单是全的：不在名单上的，待遇到今天为止")
        parser.add_argument("--rejects", type=Path, help="把未采用的行和原因写到这个 .xlsx 文件")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Load one file; exit 1 if it cannot be read or every row was refused, 2 if the call is wrong."""
        if not options["file"].is_file():
            self._refuse(f"没有文件 {options['file']}。", 2)
        try:
            area = area_for(options["area"])
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
            self._refuse(str(problem), 1)
        except WrongCall as problem:
            self._refuse(str(problem), 2)
        self.stdout.write(json.dumps(report_of(delivery)) if options["json"] else in_words(delivery))
        if delivery.rows and delivery.rejected == delivery.rows:
            self._refuse("没有一行能用，什么也没有装。请先看未采用的原因。", 1)

    def _refuse(self, sentence: str, code: int) -> None:
        self.stderr.write(sentence)
        sys.exit(code)


def area_for(code: str | None) -> Area:
    """Return the area of a code, or the only county there are people in. Raises WrongCall."""
    if code:
        found = Area.objects.filter(code=code).first()
        if found is None:
            raise WrongCall(f"区划里没有代码 {code}。先用 yimen manage areas 装载区划。")
        return found
    counties = list(Area.objects.filter(level=3, children__children__isnull=False).distinct()[:2])
    if len(counties) != 1:
        raise WrongCall("区划里不止一个县，请用 --area 写明是哪一个，如 --area 371702。")
    return counties[0]


def in_words(delivery: Delivery) -> str:
    """Return what became of a file, as a sentence."""
    text = (
        f"{delivery.rows:,} 行：装载 {delivery.loaded:,}，没有变化 {delivery.unchanged:,}，未采用 {delivery.rejected:,}，"
        f"空行和合计行略过 {delivery.skipped:,}。"
    )
    if delivery.rejects_file:
        text += (
            f"\n未采用的行和原因已加密存档（{delivery.rejects_file}），可在“装载数据”页下载，或加 --rejects 文件名.xlsx 取回。"
        )
    return text
