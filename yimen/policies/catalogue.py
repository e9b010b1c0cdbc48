"""The catalogue of facts (事实目录): reads facts.yaml, types what is derived and puts it in an order that can be reckoned."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from yimen.policies.expression import DERIVED, Aggregate, Choice, ExpressionError, Name, Node, names_in, parse
from yimen.policies.model import AREAS_OF_VERIFICATION, NOT_SETTLED, SETTLED, Catalogue, Fact, Validity
from yimen.policies.source import Mapping as Document
from yimen.policies.source import Problem, Reader, RuleError, nearest, read_documents
from yimen.policies.typed import Type, Typed, check, type_of_fact

KEYS = ("名", "对象", "类型", "单位", "范围", "值", "选项", "领域", "来源", "有效", "问", "由", "说明", "别名", "期间")
KINDS = ("金额", "整数", "小数", "是否", "日期", "选项", "文字")
SUBJECTS = ("人", "户", "义务人")
_SEEN_FROM = {"义务人": ("义务人",), "人": ("人", "户"), "户": ("户",)}
_GATHERED = {"人": "义务人", "户": "人"}


@dataclass(frozen=True)
class Derivation:
    """One derived fact: its typed expression (由). They stand in an order in which each needs only earlier ones."""

    fact: Fact
    typed: Typed


def read_catalogue(path: Path, problems: list[Problem]) -> Catalogue:
    """Read facts.yaml; what is wrong with single facts is added to `problems`."""
    if not path.exists():
        raise RuleError([Problem(path.name, 1, f"找不到事实目录 {path}。规则目录里要有 facts.yaml。")])
    facts: dict[str, Fact] = {}
    for document in read_documents(path, path.name):
        for entry in document if isinstance(document, list) else [document]:
            if not isinstance(entry, Document):
                problems.append(
                    Problem(path.name, getattr(entry, "line", 1), "事实目录应是一个列表，每项写成 {名: …, 对象: …}。")
                )
                continue
            fact = _fact(Reader(entry, problems))
            if fact.name in facts:
                problems.append(Problem(path.name, fact.line, f"事实“{fact.name}”写了两次。"))
            facts[fact.name] = fact
    return Catalogue(facts)


def _fact(reader: Reader) -> Fact:
    reader.only(KEYS, "事实")
    low, high = _range(reader)
    fact = Fact(
        name=reader.text("名"),
        subject=_one_of(reader, "对象", SUBJECTS),  # type: ignore[arg-type]
        kind=_one_of(reader, "类型", KINDS),  # type: ignore[arg-type]
        unit=reader.text("单位", ""),
        low=low,
        high=high,
        options=tuple(str(option) for key in ("值", "选项") for option in reader.list(key)),
        area=reader.text("领域", ""),
        sources=_sources(reader),
        validity=_validity(reader),
        question=reader.text("问", ""),
        derived=reader.text("由", ""),
        file=reader.mapping.file,
        line=reader.mapping.line,
    )
    if fact.area and fact.area not in AREAS_OF_VERIFICATION:
        reader.note("领域", f"没有“{fact.area}”这个核查领域。{nearest(fact.area, AREAS_OF_VERIFICATION)}")
    if fact.kind == "选项" and not fact.options:
        reader.note("类型", f"“{fact.name}”是选项，请用“值: […]”列出可选的值。")
    return fact


def _sources(reader: Reader) -> tuple[str, ...]:
    """Return who may state it, most trusted first; a settled value goes before all who may contradict each other."""
    written = tuple(str(source) for source in reader.list("来源"))
    if SETTLED in written:
        reader.note("来源", f"“{SETTLED}”不用写：凡有来源的事实都可以由人核定，排在各来源之前。")
    return (SETTLED, *written) if written and written[0] not in NOT_SETTLED else written


def _one_of(reader: Reader, key: str, known: tuple[str, ...]) -> str:
    value = reader.text(key)
    if value and value not in known:
        reader.note(key, f"“{key}”应是 {'、'.join(known)} 之一，这里是“{value}”。")
    return value if value in known else known[0]


def _range(reader: Reader) -> tuple[Decimal | None, Decimal | None]:
    text = reader.text("范围", "")
    if not text:
        return None, None
    low, dots, high = text.partition("..")
    try:
        ends = tuple(Decimal(end) if end else None for end in (low.strip(), high.strip()))
    except InvalidOperation:
        ends = (None, None)
        dots = ""
    if not dots or (ends[0] is not None and ends[1] is not None and ends[0] > ends[1]):
        reader.note("范围", f"范围“{text}”看不懂，请写成 0..1000000。")
    return ends[0], ends[1]


def _validity(reader: Reader) -> Validity:
    text = reader.text("有效", "")
    found = re.fullmatch(r"(\d+)\s*(个月|月|年|天|日)", text)
    if found:
        number, unit = int(found[1]), found[2]
        if unit in ("天", "日"):
            return Validity(days=number)
        return Validity(months=number * (12 if unit == "年" else 1))
    if text not in ("", "长期", "证件期限"):
        reader.note("有效", f"有效期“{text}”看不懂，可以写 12个月、30天、证件期限、长期。")
    return Validity()


def derive(
    catalogue: Catalogue, parameters: Mapping[str, Type], problems: list[Problem]
) -> tuple[list[Derivation], dict[str, Type]]:
    """Type all derived facts in an order that can be reckoned; return them and the type of every fact."""
    types = {fact.name: type_of_fact(fact) for fact in catalogue.facts.values() if not fact.derived}
    waiting = {fact.name: node for fact in catalogue.facts.values() if fact.derived and (node := _parsed(fact, problems))}
    derivations: list[Derivation] = []
    while ready := [name for name, node in waiting.items() if not any(used in waiting for used in names_in(node))]:
        for name in ready:
            fact = catalogue.facts[name]
            typed = _typed(fact, waiting.pop(name), catalogue, types | dict(parameters), problems)
            if typed:
                derivations.append(Derivation(fact, typed))
                types[name] = _as_declared(fact, typed.type)
    for name in waiting:
        fact = catalogue.facts[name]
        problems.append(Problem(fact.file, fact.line, f"“{name}”绕了一圈又由自己得出：{fact.derived}。"))
    return derivations, types


def switches_in(catalogue: Catalogue) -> set[str]:
    """Return the names that alone say what counts (若) and are no facts: local values, also where nobody has entered them."""
    nodes = [_parsed(fact, []) for fact in catalogue.facts.values() if fact.derived]
    choices = [part for node in nodes if node for part in node.walk() if isinstance(part, Choice)]
    return {part.when.name for part in choices if isinstance(part.when, Name)} - catalogue.facts.keys()


def _parsed(fact: Fact, problems: list[Problem]) -> Node | None:
    try:
        return parse(fact.derived, DERIVED)
    except ExpressionError as problem:
        problems.append(Problem(fact.file, fact.line, f"事实“{fact.name}”：{problem}"))
        return None


def _typed(fact: Fact, node: Node, catalogue: Catalogue, types: Mapping[str, Type], problems: list[Problem]) -> Typed | None:
    try:
        _refuse_wrong_subjects(fact, node, catalogue)
        typed = check(node, types, fact.derived)
        _refuse_wrong_kind(fact, typed.type)
    except ExpressionError as problem:
        problems.append(Problem(fact.file, fact.line, f"事实“{fact.name}”：{problem}"))
        return None
    return typed


def _refuse_wrong_subjects(fact: Fact, node: Node, catalogue: Catalogue) -> None:
    inside = {name for part in node.walk() if isinstance(part, Aggregate) for name in names_in(part)}
    for name in names_in(node):
        used = catalogue.facts.get(name)
        if used is None:
            continue
        allowed = (_GATHERED.get(fact.subject),) if name in inside else _SEEN_FROM[fact.subject]
        if used.subject not in allowed:
            hint = (
                "请用 合计、计数、任一、全部、最大、最小 汇总"
                if used.subject == _GATHERED.get(fact.subject)
                else "请改用别的事实"
            )
            raise ExpressionError(
                f"“{fact.derived}”里的“{name}”是{used.subject}的事实，“{fact.name}”是{fact.subject}的事实，{hint}。"
            )


def _refuse_wrong_kind(fact: Fact, held: Type) -> None:
    wanted = type_of_fact(fact)
    same = held.kind == wanted.kind and held.dimension in (wanted.dimension, "any", "literal", "")
    if not same or (fact.kind == "整数" and held.scale > 0):
        raise ExpressionError(f"“{fact.derived}”的结果不是{fact.kind}，与“类型”不符。")


def _as_declared(fact: Fact, held: Type) -> Type:
    declared = type_of_fact(fact)
    return Type(
        held.kind, declared.dimension, held.scale, held.low, held.high, declared.options, held.interval, subject=fact.subject
    )


def unused_indicators(catalogue: Catalogue, used: Iterable[str]) -> list[str]:
    """Return the indicators (facts of a verification area) that nothing uses."""
    known = set(used)
    return [fact.name for fact in catalogue.facts.values() if fact.area and fact.name not in known]
