"""`yimen explain`: every policy for one household, condition by condition, from a file of facts or from the registry."""

import json
import sys
import uuid
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from yimen.jobs.management.commands.rules import areas_above
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.policies.queries import Answer, Explainer, NotAFact, RuleError, Situation, Where, load_rules
from yimen.registry.models import Household
from yimen.registry.queries import household_of
from yimen.screening.queries import current_rules, explain_registered

WORDS = {"eligible": "符合", "not_eligible": "不符合", "unknown": "待核实"}
MARKS = {True: "✓", False: "✗", None: "？"}


class Command(BaseCommand):
    help = "逐条解释每项政策：符合、不符合还是待核实，缺什么。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", nargs="?", help="登记在册的人员或家庭编号")
        parser.add_argument("--policies", help="规则目录，或本程序里一项政策的编号")
        parser.add_argument("--facts", type=Path, help="写有事实的 JSON 文件")
        parser.add_argument("--on", type=date.fromisoformat, help="哪一天，如 2026-12-01")
        parser.add_argument("--area", default="")
        parser.add_argument("--category", choices=["城", "农"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        """Explain; exit 2 when the call itself is wrong."""
        if not options["subject"] and (not options["facts"] or not options["on"]):
            self._refuse("请给出 --facts 文件和 --on 日期，如 yimen explain --facts 事实.json --on 2026-12-01。", 2)
        try:
            answers = explain_registered_subject(options) if options["subject"] else explain_file(options)
        except (RuleError, NotAFact) as problem:
            self._refuse(str(problem), 1 if isinstance(problem, RuleError) else 2)
        except (OSError, json.JSONDecodeError) as problem:
            self._refuse(f"读不了 {options['facts']}：{problem}", 2)
        if options["json"]:
            self.stdout.write(json.dumps([answer.as_json() for answer in answers], ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join(in_words(answer) for answer in answers))

    def _refuse(self, sentence: str, code: int) -> None:
        self.stderr.write(sentence)
        sys.exit(code)


def explain_file(options: Mapping[str, Any]) -> list[Answer]:
    """Return the answers for the facts of a JSON file. Raises NotAFact or RuleError, in words."""
    folder, wanted = _folder_and_policy(options["policies"])
    rules = load_rules(folder)
    where = Where(options["on"], areas_above(options["area"]), options["category"])
    compiled = rules.compiled_in_force(where.on, where.areas)
    if wanted:
        compiled = [one for one in compiled if one.policy.id == wanted]
        if not compiled:
            raise NotAFact(f"{where.on} 没有编号为“{wanted}”的有效政策，也没有这个目录。")
    return Explainer(rules, where, compiled).one(situation_of(json.loads(options["facts"].read_text(encoding="utf-8-sig"))))


def explain_registered_subject(options: Mapping[str, Any]) -> list[Answer]:
    """Return the answers for a registered household, or for a person and the household. Raises NotAFact for neither."""
    on = options["on"] or timezone.localdate()
    try:
        key = uuid.UUID(options["subject"])
    except ValueError:
        raise NotAFact(f"“{options['subject']}”不是人员或家庭的编号（32 位）。编号在人员页的网址里。") from None
    with scope(System("explain"), "解释政策"), reading("解释政策", subject="registered"):
        home = household_of(person_id=key, on=on)
        try:
            found = explain_registered(household_id=home or key, on=on, rules=current_rules())
        except Household.DoesNotExist:
            raise NotAFact("名册里没有这个人员或家庭。") from None
    members = found.answers.members
    place = next((i for i, member in enumerate(found.card.members) if member.person_id == key), None)
    return [*found.answers.household, *(members[place] if place is not None else [])]


def _folder_and_policy(given: str | None) -> tuple[Path, str]:
    if given and (Path(given).is_dir() or "/" in given):
        return Path(given), ""
    return Path(settings.YIMEN_RULES), given or ""


def situation_of(held: Any) -> Situation:
    """Return the situation of a JSON document; a flat object is the subject. Raises NotAFact for another shape."""
    if not isinstance(held, dict):
        raise NotAFact('事实文件应是一个 JSON 对象，如 {"subject": {"年龄": 61}}。')
    if not isinstance(held.get("subject"), dict):
        return Situation(held)
    return Situation(held["subject"], held.get("members"), held.get("obligors"), received(held.get("receives") or []))


def received(entries: list[Any]) -> dict[str, Decimal | None]:
    """Return policy → yuan (None: not told) of a list of ids, or of {"policy", "amount"}."""
    found: dict[str, Decimal | None] = {}
    for entry in entries:
        if isinstance(entry, dict):
            found[str(entry["policy"])] = Decimal(str(entry["amount"])) if entry.get("amount") is not None else None
        else:
            found[str(entry)] = None
    return found


def in_words(answer: Answer) -> str:
    """Return an answer as a clerk reads it."""
    head = f"{answer.policy.name}：{WORDS[answer.verdict]}"
    if answer.amount is not None:
        head += f"，{answer.amount:,.2f} {answer.policy.unit}"
    lines = [
        f"  {MARKS[one.value]} {one.name}" + (f"（缺：{'、'.join(one.missing)}）" if one.missing else "")
        for one in answer.conditions
    ]
    return "\n".join([head, *lines, *(f"  {reason}" for reason in answer.reasons.values())])
