"""`yimen explain`: every policy for one household, condition by condition, from a file of facts or from the registry."""

import json
import uuid
from argparse import ArgumentParser
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from yimen.jobs.command import ChineseCommand, a_day, why
from yimen.jobs.management.commands.rules import area_code, areas_above
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.policies.queries import Answer, Explainer, NotAFact, Relation, RuleError, Situation, Where, load_rules
from yimen.registry.models import Household
from yimen.registry.queries import household_of
from yimen.screening.queries import current_rules, explain_registered

WORDS = {"eligible": "符合", "not_eligible": "不符合", "unknown": "待核实"}
PARTS = ("subject", "members", "obligors", "receives")
MARKS = {True: "✓", False: "✗", None: "？"}


class Command(ChineseCommand):
    help = "逐条解释每项政策：符合、不符合还是待核实，缺什么。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", metavar="编号", nargs="?", help="登记在册的人员或家庭编号")
        parser.add_argument("--policies", help="规则目录，或本程序里一项政策的编号")
        parser.add_argument("--facts", type=Path, help="写有事实的 JSON 文件")
        parser.add_argument("--on", type=a_day, help="哪一天，如 2026-12-01")
        parser.add_argument("--area", type=area_code, default="", help="区划代码，如 371721")
        parser.add_argument("--category", choices=["城", "农"], help="按城市还是按农村保障；不写就是不知道")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_: Any, **options: Any) -> None:
        """Explain; exit 2 when the call itself is wrong."""
        if options["subject"] and (options["facts"] or options["policies"]):
            self.refuse("登记在册的和 --facts、--policies 只能写一样：前者用名册里的事实和现行的规则。", 2)
        if not options["subject"] and (not options["facts"] or not options["on"]):
            self.refuse("请给出 --facts 文件和 --on 日期，如 yimen explain --facts 事实.json --on 2026-12-01。", 2)
        try:
            answers = explain_registered_subject(options) if options["subject"] else explain_file(options)
        except (RuleError, NotAFact) as problem:
            self.refuse(str(problem), 1 if isinstance(problem, RuleError) else 2)
        if options["json"]:
            self.stdout.write(json.dumps([answer.as_json() for answer in answers], ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join(in_words(answer) for answer in answers))


def explain_file(options: Mapping[str, Any]) -> list[Answer]:
    """Return the answers for the facts of a JSON file. Raises NotAFact or RuleError, in words."""
    folder, wanted = _folder_and_policy(options["policies"])
    if not folder.is_dir():
        raise NotAFact(f"没有“{folder}”这个规则目录。")
    rules = load_rules(folder)
    where = Where(options["on"], areas_above(options["area"]), options["category"])
    if wanted and wanted not in {policy.id for policy in rules.in_force(where.on, where.areas)}:
        raise NotAFact(f"{where.on} 没有编号为“{wanted}”的有效政策，也没有这个目录。")
    answers = Explainer(rules, where).one(situation_of(read_json(options["facts"])))
    return [answer for answer in answers if wanted in ("", answer.policy.id)]


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


def read_json(path: Path) -> Any:
    """Return what a JSON file holds. Raises NotAFact for one that cannot be read, or in which a key stands twice."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_key_once)
    except UnicodeDecodeError:
        raise NotAFact(f"{path.name} 不是 UTF-8 编码，请另存为 UTF-8。") from None
    except OSError as problem:
        raise NotAFact(f"读不了 {path}：{why(problem)}。") from None
    except json.JSONDecodeError as problem:
        place = f"第 {problem.lineno} 行第 {problem.colno} 个字附近"
        raise NotAFact(
            f"{path.name} 不是完整的 JSON：{place}写错了，常见的是少了或多了逗号、用了中文引号。"
            ' 应像 {"subject": {"年龄": 61}}。'
        ) from None
    except RecursionError:
        raise NotAFact(f"{path.name} 括号套得太多层，读不了。") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        raise NotAFact(f"“{next(name for name in names if names.count(name) > 1)}”写了两次，请删去一个。")
    return held


def situation_of(held: Any) -> Situation:
    """Return the situation of a JSON document; a flat object is the subject. Raises NotAFact for another shape."""
    if not isinstance(held, dict):
        raise NotAFact('事实文件应是一个 JSON 对象，如 {"subject": {"年龄": 61}}。')
    others = {key: value for key, value in held.items() if key not in PARTS}
    if "subject" in held and others:
        raise NotAFact(f"“{next(iter(others))}”不是事实文件的一项，可以写 {'、'.join(PARTS)}。")
    subject = held.get("subject", others)
    if not isinstance(subject, dict):
        raise NotAFact('“subject”应写成 {"事实": 值}。')
    members = _people(held, "members")
    for member in members or ():
        if "obligors" in member:
            _people(member, "obligors")
    return Situation(subject, members, _people(held, "obligors"), received(held.get("receives") or []))


def _people(held: Mapping[str, Any], key: str) -> list[dict[str, Any]] | None:
    people = held.get(key)
    if people is not None and not (isinstance(people, list) and all(isinstance(one, dict) for one in people)):
        raise NotAFact(f'“{key}”应是一个列表，每人一项：[{{"事实": 值}}]。')
    return people


def received(entries: Any) -> dict[str, Decimal | None]:
    """Return policy → yuan (None: not told) of a list of ids, or of {"policy", "amount"}. Raises NotAFact for another shape."""
    if not isinstance(entries, list):
        raise NotAFact('“receives”应是政策编号的列表，如 ["subsistence_allowance"]。')
    found: dict[str, Decimal | None] = {}
    for entry in entries:
        policy, amount = (entry.get("policy"), entry.get("amount")) if isinstance(entry, dict) else (entry, None)
        if not isinstance(policy, str) or not policy:
            raise NotAFact('“receives”的每一项应是政策编号，或 {"policy": 编号, "amount": 元}。')
        found[policy] = None if amount is None else _yuan(policy, amount)
    return found


def _yuan(policy: str, amount: Any) -> Decimal:
    try:
        yuan = Decimal(str(amount))
    except InvalidOperation:
        yuan = Decimal("NaN")
    if not yuan.is_finite() or yuan < 0:
        raise NotAFact(f"“receives”里 {policy} 的金额“{amount}”不是数。")
    return yuan


def in_words(answer: Answer) -> str:
    """Return an answer as a clerk reads it."""
    head = f"{answer.policy.name}：{WORDS[answer.verdict]}"
    if answer.amount is not None:
        head += f"，{answer.amount:,.2f} {answer.policy.unit}"
    lines = [
        f"  {MARKS[one.value]} {one.name}" + (f"（缺：{'、'.join(one.missing)}）" if one.missing else "")
        for one in answer.conditions
    ]
    extras = [
        f"  另：{e.name} {'金额待核实' if e.amount is None else f'{e.amount:,.2f} {answer.policy.unit}'}" for e in answer.extras
    ]
    relations = [f"  {relation_in_words(one)}" for one in answer.relations if one.payable is not True or one.rest is not None]
    return "\n".join([head, *lines, *extras, *relations, *(f"  {reason}" for reason in answer.reasons.values())])


def relation_in_words(relation: Relation) -> str:
    """Return what a relation to another policy means for the payment."""
    if relation.rest:
        return f"补差：已领 {relation.with_}，只补超出的 {relation.rest:,.2f} 元"
    if relation.kind == "前置":
        return f"前置：先要有 {relation.with_}"
    said = "不能同时领" if relation.payable is False else "要看已领的金额"
    return f"{relation.kind}：与已领的 {relation.with_} {said}"
