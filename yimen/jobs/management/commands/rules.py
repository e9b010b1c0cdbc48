"""`yimen rules check | list | evaluate`: the rules of this program, or of any folder in the same format."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings

from yimen.jobs.command import ChineseCommand, a_day, why
from yimen.policies.queries import NotAFact, RuleError, Where, evaluate, failures, is_area_code, load_rules, survivors


class Command(ChineseCommand):
    help = "检查、列出政策，或按政策核算一个文件。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="check|list|evaluate", help="做什么")
        check = words.add_parser("check", help="逐个文件检查，运行所有例子和变异测试")
        check.add_argument(
            "folder", metavar="目录", nargs="?", type=Path, default=Path(settings.YIMEN_RULES), help="规则目录，默认本程序的"
        )
        check.add_argument("--json", action="store_true", help="以 JSON 输出")
        check.add_argument("--strict", action="store_true", help="变异未被发现、关系写了没有的政策、指标未被使用时也不通过")
        listed = words.add_parser("list", help="列出今天有效的政策")
        listed.add_argument(
            "folder", metavar="目录", nargs="?", type=Path, default=Path(settings.YIMEN_RULES), help="规则目录，默认本程序的"
        )
        listed.add_argument("--json", action="store_true", help="以 JSON 输出")
        reckon = words.add_parser("evaluate", help="按政策核算一个 Parquet 或 CSV 文件")
        reckon.add_argument("--policies", type=Path, default=Path(settings.YIMEN_RULES), help="规则目录，默认本程序的")
        reckon.add_argument("--facts", type=Path, required=True, help="Parquet 或 CSV 文件：subject 列，和每个事实一列")
        reckon.add_argument("--members", type=Path, help="各户成员：subject、member 列，和每个事实一列；不写就是不知道有谁")
        reckon.add_argument("--on", type=a_day, required=True, help="按哪一天核算，如 2026-12-01")
        reckon.add_argument("--area", type=area_code, default="", help="区划代码，如 371721；不写只用全国的参数")
        reckon.add_argument("--category", choices=["城", "农"], help="按城市还是按农村保障；不写就是不知道")
        reckon.add_argument(
            "--engine",
            choices=["closures", "duckdb"],
            default="duckdb",
            help="两个引擎答案一样：duckdb 快",
        )
        reckon.add_argument("--out", type=Path, required=True, help="写到哪个文件：.parquet，其余写成 CSV")
        reckon.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, word: str, **options: Any) -> None:
        """Do one word; exit 1 when the answer is no or something failed, 2 when the call itself is wrong."""
        folder = options.get("folder") or options["policies"]
        if not folder.is_dir():
            self.refuse(f"没有“{folder}”这个规则目录。", 2)
        report, text = {"check": self._check, "list": self._list, "evaluate": self._evaluate}[word](options)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else text)
        if isinstance(report, dict) and not report.get("ok", True):
            sys.exit(1)

    def _check(self, options: dict[str, Any]) -> tuple[Any, str]:
        try:
            rules = load_rules(options["folder"])
        except RuleError as problem:
            return {"ok": False, "problems": [vars(p) for p in problem.problems]}, str(problem)
        wrong, living = failures(rules), survivors(rules)
        strict = options["strict"] and (living or rules.strangers or rules.unused)
        report = {
            "ok": not wrong and not strict,
            "files": rules.files,
            "policies": len(rules.policies),
            "facts": len(rules.catalogue.facts),
            "indicators": sum(1 for fact in rules.catalogue.facts.values() if fact.area),
            "examples": sum(len(policy.examples) for policy in rules.policies),
            "problems": [vars(problem) for problem in wrong],
            "survivors": [vars(survivor) for survivor in living],
            "strangers": [vars(problem) for problem in rules.strangers],
            "unused": rules.unused,
            "hash": rules.hash,
        }
        told = [*wrong, *living, *rules.strangers]
        lines = [*map(str, told), *(f"指标“{name}”没有政策、派生事实或核查表使用。" for name in rules.unused)]
        summary = (
            f"{report['files']} 个文件，{report['policies']} 项政策，{report['indicators']} 项指标，{report['examples']} 个例子："
            f"{len(wrong)} 个例子不对，{len(living)} 处改动没有例子发现，{len(rules.unused)} 项指标没有用到。"
        )
        return report, "\n".join([*lines, summary])

    def _list(self, options: dict[str, Any]) -> tuple[Any, str]:
        try:
            rules = load_rules(options["folder"])
        except RuleError as problem:
            return {"ok": False, "problems": [vars(p) for p in problem.problems]}, str(problem)
        rows = [
            {
                "policy": policy.id,
                "name": policy.name,
                "department": policy.department,
                "version": policy.version,
                "basis": [basis.as_json() for basis in policy.basis],
                "examples": len(policy.examples),
            }
            for policy in rules.policies
        ]
        return rows, "\n".join(f"{row['policy']:34} {row['name']}（{row['department']}） {row['version']}" for row in rows)

    def _evaluate(self, options: dict[str, Any]) -> tuple[Any, str]:
        where = Where(options["on"], areas_above(options["area"]), options["category"])
        try:
            rules = load_rules(options["policies"])
            rows = evaluate(rules, options["facts"], options["members"], options["out"], where=where, engine=options["engine"])
        except (RuleError, NotAFact) as problem:
            return {"ok": False, "problem": str(problem)}, str(problem)
        except OSError as problem:
            told = f"写不了 {options['out']}：{why(problem)}。"
            return {"ok": False, "problem": told}, told
        return {"ok": True, "rows": rows, "out": str(options["out"])}, f"写出 {rows:,} 行到 {options['out']}。"


def area_code(text: str) -> str:
    """Return an area code given in a call; argparse refuses the call if it is none."""
    if text and not is_area_code(text):
        raise ArgumentTypeError(f"“{text}”不是区划代码，应是 2、4、6、9 或 12 位数字，如 371721。")
    return text


def areas_above(code: str) -> tuple[str, ...]:
    """Return an area code and those above it by the lengths of GB/T 2260 and 10114 (2, 4, 6, 9, 12), the nearest last."""
    return tuple(code[:length] for length in (2, 4, 6, 9, 12) if len(code) >= length)
