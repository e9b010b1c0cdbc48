"""A policy made ready (可运算的政策): its conditions and amounts, typed, with their closures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from yimen.policies.closures import Known, Meaning, meaning_of, missing_in
from yimen.policies.documents import rounding_of
from yimen.policies.expression import AMOUNT, CONDITION, ExpressionError, Name, Node, Reckoning, parse
from yimen.policies.model import Catalogue, Condition, Policy, Tier
from yimen.policies.numbers import HUGEINT, MONEY_SCALE, round_fraction
from yimen.policies.source import Problem
from yimen.policies.typed import Type, Typed, check, check_condition


@dataclass(frozen=True)
class Clause:
    """One condition, ready to be asked. Equal expressions of different policies are equal clauses."""

    condition: Condition
    typed: Typed
    meaning: Meaning
    missing: "MissingNames"

    @property
    def key(self) -> Node:
        """Return what makes two clauses the same."""
        return self.typed.node


@dataclass(frozen=True)
class Share:
    """One tier of the standard or one extra line: when it applies, and its amount as top / bottom."""

    tier: Tier
    when: Typed | None
    top: Typed
    bottom: Typed | None


@dataclass(frozen=True)
class CompiledPolicy:
    """A policy with its clauses, its tiers and its extra lines."""

    policy: Policy
    clauses: tuple[Clause, ...]
    tiers: tuple[Share, ...]
    extras: tuple[Share, ...]

    def parts(self) -> Iterator[Typed]:
        """Yield every typed expression of the policy."""
        for clause in self.clauses:
            yield clause.typed
        for share in (*self.tiers, *self.extras):
            yield from (part for part in (share.when, share.top, share.bottom) if part is not None)

    @property
    def names(self) -> list[str]:
        """Return every name the policy uses, each once, in order."""
        return list(dict.fromkeys(name for part in self.parts() for name in part.names))

    @property
    def logic(self) -> str:
        """Return what decides and how much, without the words around it: the same text for every wording of one rule."""
        return repr((*(part.node for part in self.parts()), self.policy.rounding, self.policy.unit))


class MissingNames:
    """Names the unknown facts that could still decide a clause; made only when asked for."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.function = missing_in(typed)

    def __call__(self, known: Known) -> list[str]:
        return list(dict.fromkeys(self.function(known)))


def compile_policy(
    policy: Policy, types: Mapping[str, Type], catalogue: Catalogue, problems: list[Problem]
) -> CompiledPolicy | None:
    """Type and compile a policy; None, with problems, if an expression cannot be used."""
    before = len(problems)
    maker = _Maker(policy, types, catalogue, problems)
    clauses = tuple(clause for condition in policy.conditions if (clause := maker.clause(condition)))
    tiers = tuple(share for tier in policy.tiers if (share := maker.share(tier)))
    extras = tuple(share for tier in policy.extras if (share := maker.share(tier)))
    return CompiledPolicy(policy, clauses, tiers, extras) if len(problems) == before else None


@dataclass
class _Maker:
    policy: Policy
    types: Mapping[str, Type]
    catalogue: Catalogue
    problems: list[Problem]

    def clause(self, condition: Condition) -> Clause | None:
        try:
            typed = self._condition(condition.expression)
        except ExpressionError as problem:
            self._note(condition.line, f"条件“{condition.name}”：{problem}")
            return None
        return Clause(condition, typed, meaning_of(typed), MissingNames(typed))

    def share(self, tier: Tier) -> Share | None:
        try:
            when = self._condition(tier.when, about_facts=False) if tier.when else None
            top, bottom = self._amount(tier.amount)
        except ExpressionError as problem:
            self._note(tier.line, f"标准“{tier.name}”：{problem}")
            return None
        return Share(tier, when, top, bottom)

    def _note(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.policy.file, line or self.policy.line, text))

    def _condition(self, text: str, *, about_facts: bool = True) -> Typed:
        node = parse(text, CONDITION)
        self._refuse_foreign_subjects(node, text)
        if about_facts:
            return check_condition(node, self.types, self.catalogue.facts, text)
        typed = check(node, self.types, text)
        if typed.type.kind != "bool":
            raise ExpressionError(f"“{text}”不是条件：结果应是“是/否”。")
        return typed

    def _amount(self, text: str) -> tuple[Typed, Typed | None]:
        node = parse(text, AMOUNT)
        self._refuse_foreign_subjects(node, text)
        top, bottom = node, None
        if isinstance(node, Reckoning) and node.sign == "/":
            top, bottom = node.left, node.right
        typed = check(top, self.types, text)
        below = check(bottom, self.types, text) if bottom is not None else None
        for part in (typed, below):
            if part is not None and part.type.kind != "number":
                raise ExpressionError(f"“{text}”不是数，不能作金额。")
        self._refuse_overflow(typed, below, text)
        return typed, below

    def _refuse_overflow(self, top: Typed, bottom: Typed | None, text: str) -> None:
        above, below = factors(top, bottom, rounding_of(self.policy)[1])
        reach = max(abs(top.type.low), abs(top.type.high)) * above * 2
        deep = max(abs(bottom.type.low), abs(bottom.type.high)) * below * 2 if bottom else below * 2
        if reach + deep > HUGEINT:
            raise ExpressionError(f"“{text}”的结果可能大到放不下，请给其中的事实写上“范围”。")

    def _refuse_foreign_subjects(self, node: Node, text: str) -> None:
        seen = {"户"} if self.policy.subject == "户" else {"人", "户"}
        for part in node.walk():
            fact = self.catalogue.facts.get(part.name) if isinstance(part, Name) else None
            if fact is not None and fact.subject not in seen:
                raise ExpressionError(
                    f"“{text}”里的“{fact.name}”是{fact.subject}的事实，这项政策的对象是{self.policy.subject}。"
                    f"请先在 facts.yaml 里用 合计、计数、任一… 得出{self.policy.subject}的事实。"
                )


def factors(top: Typed, bottom: Typed | None, step_fen: int) -> tuple[int, int]:
    """Return by what top and bottom are multiplied so that their quotient is in rounding steps."""
    above, below = 10 ** (MONEY_SCALE + (bottom.type.scale if bottom else 0)), step_fen * 10**top.type.scale
    return above, below


def amount_fen(top: int, bottom: int | None, share: Share, policy: Policy) -> int | None:
    """Return the amount in fen: never below zero, rounded once, at the end; None if it cannot be divided."""
    mode, step = rounding_of(policy)
    above, below = factors(share.top, share.bottom, step)
    if bottom is not None and bottom <= 0:
        return None
    return round_fraction(max(top, 0) * above, (1 if bottom is None else bottom) * below, mode) * step


def share_fen(fen: int, share: Decimal, policy: Policy) -> int:
    """Return a share of an amount in fen, rounded once, as the policy rounds its own (取整)."""
    mode, step = rounding_of(policy)
    top, bottom = share.as_integer_ratio()
    return round_fraction(fen * top, bottom * step, mode) * step
