"""Worked examples (例) run as tests, and the mutation test that shows they would notice a wrong rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from yimen.policies.answers import Answer, Explainer, Situation
from yimen.policies.closures import meaning_of
from yimen.policies.compiled import Clause, CompiledPolicy, MissingNames, Share
from yimen.policies.documents import VERDICTS
from yimen.policies.expression import (
    Comparison,
    ExpressionError,
    Junction,
    Literal,
    Minus,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Reckoning,
    Within,
)
from yimen.policies.folder import Rules
from yimen.policies.known import NotAFact, Where
from yimen.policies.model import Example
from yimen.policies.source import Problem
from yimen.policies.typed import Typed, check

_WORDS = {verdict: word for word, verdict in VERDICTS.items()}
_TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "="}


@dataclass(frozen=True)
class Survivor:
    """A change of a rule that no example of its policy noticed."""

    policy: str
    file: str
    line: int
    change: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行：{self.change}，没有一个例子发现。请在这条边界上加一个例子。"


def failures(rules: Rules) -> list[Problem]:
    """Run every example of every policy; return those that come out otherwise than written."""
    return [problem for one in rules.compiled for example in one.policy.examples for problem in _failure(rules, one, example)]


def _failure(rules: Rules, one: CompiledPolicy, example: Example) -> list[Problem]:
    try:
        differences = _differences(_answer(rules, one, example), example)
    except NotAFact as problem:
        differences = [str(problem)]
    return [Problem(one.policy.file, example.line, f"例“{example.says}”：{difference}") for difference in differences]


def _answer(rules: Rules, one: CompiledPolicy, example: Example) -> Answer:
    explainer = Explainer(rules, Where(example.on, (one.policy.place,) if one.policy.place else ()), [one])
    return explainer.one(Situation(example.given, example.members, example.obligors))[0]


def _differences(answer: Answer, example: Example) -> list[str]:
    found = []
    if answer.verdict != example.verdict:
        found.append(f"写的是“{_WORDS.get(example.verdict, '')}”，算出来是“{_WORDS[answer.verdict]}”。")
    elif example.missing is not None and set(answer.missing) != set(example.missing):
        found.append(f"写的缺 {'、'.join(example.missing) or '无'}，算出来缺 {'、'.join(answer.missing) or '无'}。")
    elif example.amount is not None and answer.amount != example.amount.quantize(Decimal("0.01")):
        found.append(f"写的额是 {example.amount}，算出来是 {answer.amount if answer.amount is not None else '未知'}。")
    elif example.tier and answer.tier != example.tier:
        found.append(f"写的档是“{example.tier}”，算出来是“{answer.tier}”。")
    elif example.extras is not None and _lines(answer) != dict(example.extras):
        said, got = (_in_words(held) for held in (example.extras, _lines(answer)))
        found.append(f"写的分项是{said}，算出来是{got}。")
    return found


def _lines(answer: Answer) -> dict[str, Decimal | None]:
    return {one.name: one.amount for one in answer.extras}


def _in_words(lines: Mapping[str, Decimal | None]) -> str:
    return "、".join(f"“{name}”{'未知' if amount is None else amount}" for name, amount in lines.items()) or "没有"


def survivors(rules: Rules) -> list[Survivor]:
    """
    Change every policy in every small way; return the changes that none of its examples notices.

    An example that cannot be reckoned notices nothing: `failures` tells it.
    """
    return [survivor for one in rules.compiled for survivor in _survivors(rules, one)]


def _survivors(rules: Rules, one: CompiledPolicy) -> Iterator[Survivor]:
    policy = one.policy
    asked = [(example, Situation(example.given, example.members, example.obligors)) for example in policy.examples]
    explainers = {
        example.on: Explainer(rules, Where(example.on, (policy.place,) if policy.place else ()), [one]) for example, _ in asked
    }
    for mutant, line, change in _mutants(rules, one):
        others = {on: explainer.with_policy(mutant) for on, explainer in explainers.items()}
        if not any(_notices(others[example.on], situation, example) for example, situation in asked):
            yield Survivor(policy.id, policy.file, line, change)


def _notices(explainer: Explainer, situation: Situation, example: Example) -> bool:
    try:
        return bool(_differences(explainer.one(situation)[0], example))
    except NotAFact:
        return False


def _mutants(rules: Rules, one: CompiledPolicy) -> Iterator[tuple[CompiledPolicy, int, str]]:
    for place, clause in enumerate(one.clauses):
        line, before, after = clause.condition.line, one.clauses[:place], one.clauses[place + 1 :]
        if len(one.clauses) > 1:
            yield replace(one, clauses=before + after), line, f"去掉条件“{clause.condition.name}”"
        for typed, change in _changes(rules, clause.typed):
            yield replace(one, clauses=(*before, _clause(clause, typed), *after)), line, f"条件“{clause.condition.name}”{change}"
    for place, share in enumerate(one.tiers):
        for typed, change in _changes(rules, share.when) if share.when else ():
            tiers: tuple[Share, ...] = (*one.tiers[:place], replace(share, when=typed), *one.tiers[place + 1 :])
            yield replace(one, tiers=tiers), share.tier.line, f"标准“{share.tier.name}”{change}"
    for place, share in enumerate(one.extras):
        above, below = one.extras[:place], one.extras[place + 1 :]
        yield replace(one, extras=above + below), share.tier.line, f"去掉分项“{share.tier.name}”"
        for typed, change in _changes(rules, share.when) if share.when else ():
            changed_one = replace(one, extras=(*above, replace(share, when=typed), *below))
            yield changed_one, share.tier.line, f"分项“{share.tier.name}”{change}"


def _clause(clause: Clause, typed: Typed) -> Clause:
    return Clause(clause.condition, typed, meaning_of(typed), MissingNames(typed))


def _changes(rules: Rules, typed: Typed) -> Iterator[tuple[Typed, str]]:
    types = {**rules.parameter_types, **rules.types}
    for node, change in changed(typed.node, typed):
        try:
            yield check(node, types, change), change
        except ExpressionError:
            continue


def changed(node: Node, typed: Typed) -> Iterator[tuple[Node, str]]:
    """Yield each small change of a condition: a comparison turned, a limit moved by one step, a part dropped."""
    if isinstance(node, Comparison):
        yield from _changed_comparison(node, typed)
    elif isinstance(node, Within):
        for sign, low_or_high in (("下限", "low"), ("上限", "high")):
            for step, words in _steps(typed):
                yield replace(node, **{low_or_high: Reckoning("+", getattr(node, low_or_high), step)}), f"的{sign}{words}"
            for moved, words in _moved_days(getattr(node, low_or_high), typed.parts[0].type.kind):
                yield replace(node, **{low_or_high: moved}), f"的{sign}{words}"
    elif isinstance(node, OneOf):
        for place in range(len(node.options) if len(node.options) > 1 else 0):
            yield replace(node, options=node.options[:place] + node.options[place + 1 :]), "的列表少一项"
    elif isinstance(node, Name):
        yield Not(node), "反过来"
    elif isinstance(node, Not):
        yield node.part, "去掉 NOT"
    elif isinstance(node, Junction):
        yield from _changed_junction(node, typed)


def _changed_comparison(node: Comparison, typed: Typed) -> Iterator[tuple[Node, str]]:
    yield replace(node, sign=_TURNED[node.sign]), f"的“{node.sign}”改成“{_TURNED[node.sign]}”"
    if typed.parts[0].type.kind == "number" and node.sign not in ("=", "<>"):
        for step, words in _steps(typed):
            yield replace(node, right=Reckoning("+", node.right, step)), f"的界限{words}"
    kind = typed.parts[0].type.kind
    yield from ((replace(node, left=moved), f"的界限{words}") for moved, words in _moved_days(node.left, kind))
    yield from ((replace(node, right=moved), f"的界限{words}") for moved, words in _moved_days(node.right, kind))


def _changed_junction(node: Junction, typed: Typed) -> Iterator[tuple[Node, str]]:
    for place, part in enumerate(node.parts):
        rest = node.parts[:place] + node.parts[place + 1 :]
        yield rest[0] if len(rest) == 1 else replace(node, parts=rest), f"里去掉第 {place + 1} 部分"
        for inner, change in changed(part, typed.parts[place]):
            yield replace(node, parts=(*node.parts[:place], inner, *node.parts[place + 1 :])), change


def _steps(typed: Typed) -> Sequence[tuple[Node, str]]:
    """Return one step up and down: a fen for money, one for whole numbers, the last place for others."""
    if typed.parts[0].type.kind != "number":
        return ()
    sides = [part.type for part in typed.parts]
    if any(side.dimension == "money" for side in sides):
        return _step("0.01")
    return _step("1" if any(side.scale == 0 and side.dimension == "count" for side in sides) else "0.01")


def _moved_days(node: Node, kind: str) -> Iterator[tuple[Node, str]]:
    """Yield a day written in a rule one day later and one day earlier."""
    if kind == "day" and isinstance(node, Literal):
        day = date.fromisoformat(node.text)
        yield Literal((day + timedelta(days=1)).isoformat()), "晚一天"
        yield Literal((day - timedelta(days=1)).isoformat()), "早一天"


def _step(size: str) -> list[tuple[Node, str]]:
    return [(Number(size), f"加 {size}"), (Minus(Number(size)), f"减 {size}")]
