"""`yimen screen`: take a snapshot, apply the rules to everybody, write the findings."""

import json
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from yimen.jobs.command import ChineseCommand, a_day
from yimen.jobs.terminal import bar
from yimen.office.access import System, scope
from yimen.office.models import Area
from yimen.policies.queries import RuleError
from yimen.screening.actions import Busy, Shrunk, SnapshotFailed, release_jump, run_report, run_screening
from yimen.screening.queries import counts_by_kind


class Command(ChineseCommand):
    help = "全员筛查：谁漏了、谁可能错了、谁要核实、谁快要符合。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=a_day, help="按哪一天筛查，默认今天")
        parser.add_argument("--area", help="只筛查某个区划，填代码")
        parser.add_argument("--full", action="store_true", help="全部重新筛查，不只看有变化的")
        parser.add_argument("--allow-shrunk", action="store_true", help="数据比上次少 2%% 以上也筛查")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Screen; exit 1 if it was refused, 2 if the call is wrong."""
        area = None
        if options["area"]:
            area = Area.objects.filter(code=options["area"]).first()
            if area is None:
                self.refuse(f"区划里没有代码 {options['area']}。", 2)
        try:
            with scope(System("screen", area.path if area else ""), "全员筛查"), bar("筛查") as progress:
                run = run_screening(
                    on=options["on"] or timezone.localdate(),
                    at=timezone.now(),
                    area=area,
                    full=options["full"],
                    allow_shrunk=options["allow_shrunk"],
                    progress=progress,
                )
                counts, jump = counts_by_kind(), release_jump(run)
        except (Busy, Shrunk, SnapshotFailed, RuleError) as problem:
            self.refuse(str(problem), 1)
        report = run_report(run, counts)
        self.stdout.write(json.dumps(report) if options["json"] else in_words(report, run))
        if jump:
            self.stderr.write(jump)


def in_words(report: dict[str, Any], run: Any) -> str:
    """Return a report as a clerk reads it."""
    found, seconds = report["findings"], report["seconds"]
    anew = "" if run.full else f"（从上次筛查以来有变化、重新对照的 {run.people:,} 人、{run.households:,} 户）"
    return (
        f"{report['on']}：筛查 {report['people']:,} 人、{report['households']:,} 户{anew}、{report['policies']} 项政策，"
        f"用时 {sum(seconds.values()):.1f} 秒。\n"
        f"漏救 {found['missed']:,}，错救 {found['wrong']:,}，待核实 {found['recheck']:,}，即将符合 {found['soon']:,}；"
        f"比上次新增 {report['opened']:,}，消除 {report['closed']:,}。"
    )
