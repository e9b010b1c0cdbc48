"""Answers (答复): what every policy says of one household, condition by condition, with amount, relations and reasons."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from yimen.policies.closures import Known, meaning_of
from yimen.policies.compiled import Clause, CompiledPolicy, MissingNames, Share, amount_fen
from yimen.policies.documents import RELATIONS
from yimen.policies.expression import Comparison, Node
from yimen.policies.folder import Rules
from yimen.policies.known import Reckoner, Where, alone, counts, together
from yimen.policies.model import Condition, Policy, Verdict
from yimen.policies.numbers import MONEY_SCALE, from_scaled


@dataclass(frozen=True)
class ConditionAnswer:
    """One condition: true, false or unknown, and if unknown which facts are missing."""

    condition: Condition
    value: bool | None
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.condition.name

    @property
    def expression(self) -> str:
        return self.condition.expression

    def as_json(self) -> dict[str, Any]:
        """Return it as rule_format says."""
        return {"name": self.name, "expression": self.expression, "value": self.value, "missing": list(self.missing)}


@dataclass(frozen=True)
class Relation:
    """
    One relation to another policy; `payable` says whether this one may be paid besides, None if that is unknown.

    `rest` is what remains to be paid of 补差, where both amounts are known.
    """

    kind: str
    with_: str
    payable: bool | None
    rest: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as rule_format says."""
        return {"kind": self.kind, "with": self.with_, "payable": self.payable}


@dataclass(frozen=True)
class Line:
    """An amount of its own beside the standard (分项), in yuan with two places."""

    name: str
    amount: Decimal | None


@dataclass(frozen=True)
class Answer:
    """What one policy says of one person or household on one day."""

    policy: Policy
    verdict: Verdict
    conditions: tuple[ConditionAnswer, ...]
    missing: tuple[str, ...]
    reasons: Mapping[str, str]
    amount: Decimal | None
    tier: str
    extras: tuple[Line, ...]
    relations: tuple[Relation, ...]
    # What this place does not count (若), so that nobody is asked for it.
    left_out: frozenset[str] = frozenset()

    @property
    def payable(self) -> bool:
        """Say whether no relation forbids it."""
        return all(relation.payable is not False for relation in self.relations)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as rule_format says; `reasons` and `extras` only where there is something to say."""
        policy = self.policy
        answer: dict[str, Any] = {
            "policy": policy.id,
            "version": policy.version,
            "verdict": self.verdict,
            "conditions": [condition.as_json() for condition in self.conditions],
            "missing": list(self.missing),
            "amount": None if self.amount is None else f"{self.amount:.2f}",
            "unit": policy.unit,
            "relations": [relation.as_json() for relation in self.relations],
            "basis": [basis.as_json() for basis in policy.basis],
        }
        if self.reasons:
            answer["reasons"] = dict(self.reasons)
        if self.extras:
            answer["extras"] = [{"name": e.name, "amount": None if e.amount is None else f"{e.amount:.2f}"} for e in self.extras]
        return answer


@dataclass(frozen=True)
class Situation:
    """
    One subject as a question gives it: its facts, its members, its obligors, and the benefits it receives.

    `members` and `obligors` are None where nothing is known of them; `receives` are policy ids, or ids with yuan.
    """

    subject: Mapping[str, Any]
    members: Sequence[Mapping[str, Any]] | None = None
    obligors: Sequence[Mapping[str, Any]] | None = None
    receives: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True)
class HouseholdAnswers:
    """The answers for the household and, in the order of the members given, for each person."""

    household: list[Answer]
    members: list[list[Answer]]


class Explainer:
    """Explains one household after another by the same rules on the same day and place; made once, used often."""

    def __init__(self, rules: Rules, where: Where, policies: Sequence[CompiledPolicy] | None = None) -> None:
        chosen = rules.compiled_in_force(where.on, where.areas) if policies is None else list(policies)
        self.rules, self.where = rules, where
        self.reckoner = Reckoner(rules, {name for one in chosen for name in one.names}, where)
        self.relations = relations_between([one.policy for one in chosen])
        self.plans = {subject: _Plan([one for one in chosen if one.policy.subject == subject]) for subject in ("户", "人")}
        self.order = {one.policy.id: place for place, one in enumerate(chosen)}
        self.behind, self.switches = self.reckoner.parameters_behind(), self.reckoner.switches()

    def with_policy(self, compiled: CompiledPolicy) -> "Explainer":
        """Return an explainer of one changed version of a policy, everything else as here."""
        other = copy(self)
        other.plans = {subject: _Plan([compiled] if compiled.policy.subject == subject else []) for subject in ("户", "人")}
        return other

    def one(self, situation: Situation) -> list[Answer]:
        """Return the answers of every policy for a subject given flat."""
        known = alone(self.reckoner, situation.subject, situation.members, situation.obligors)
        shared = self._shared(situation.receives, sum(map(counts, situation.members or ())))
        answers = [
            *self._answers(self.plans["户"], known, situation.receives),
            *self._answers(self.plans["人"], known, shared),
        ]
        return sorted(answers, key=lambda answer: self.order[answer.policy.id])

    def household(
        self,
        household: Mapping[str, Any],
        members: Sequence[Mapping[str, Any]],
        *,
        receives: Mapping[str, Decimal | None],
        receives_members: Sequence[Mapping[str, Decimal | None]],
        incomplete: bool = False,
    ) -> HouseholdAnswers:
        """
        Return the answers for a registered household and each of its members.

        What the household receives counts for all, its amount in equal shares of the family. Of an `incomplete` one
        somebody is not known: every sum over its members stays open, and so does the share.
        """
        whole, people = self.values(household, members, incomplete=incomplete)
        family = [own for known, own in zip(people, receives_members, strict=True) if counts(known)]
        shared = dict.fromkeys(receives) if incomplete else _in_shares(receives, len(family))
        return HouseholdAnswers(
            household=self._answers(self.plans["户"], whole, {**_received_by_all(family), **receives}),
            members=[
                self._answers(self.plans["人"], known, {**shared, **own})
                for known, own in zip(people, receives_members, strict=True)
            ],
        )

    def _shared(self, receives: Mapping[str, Decimal | None], people: int) -> Mapping[str, Decimal | None]:
        """Return what one of these people receives: of a household's benefit his share, the whole where no members are given."""
        of_household = {policy: yuan for policy, yuan in receives.items() if self._is_of_household(policy)}
        return {**receives, **_in_shares(of_household, people)}

    def _is_of_household(self, policy: str) -> bool:
        held = self.rules.policy(policy)
        return held is not None and held.subject == "户"

    def values(
        self, household: Mapping[str, Any], members: Sequence[Mapping[str, Any]], *, incomplete: bool = False
    ) -> tuple[Known, list[Known]]:
        """Return all inner values, derived ones included, of the household and of each member given."""
        nobody_knows = [dict[str, Any](obligors=[])] if incomplete else []
        whole, people = together(self.reckoner, household, [*members, *nobody_knows])
        return whole, people[: len(members)]

    def _answers(self, plan: "_Plan", known: Known, receives: Mapping[str, Decimal | None]) -> list[Answer]:
        values = [clause.meaning(known) for clause in plan.clauses]
        missing = [
            tuple(clause.missing(known)) if value is None else () for clause, value in zip(plan.clauses, values, strict=True)
        ]
        out = [names for counts_here, names in self.switches if counts_here(known) is False]
        left_out = frozenset[str]().union(*out)
        return [self._answer(ready, values, missing, known, receives, left_out) for ready in plan.policies]

    def _answer(
        self,
        ready: "_Ready",
        values: Sequence[bool | None],
        missing_of: Sequence[tuple[str, ...]],
        known: Known,
        receives: Mapping[str, Decimal | None],
        left_out: frozenset[str],
    ) -> Answer:
        policy = ready.compiled.policy
        held = [values[place] for place in ready.places]
        verdict: Verdict = "not_eligible" if False in held else "unknown" if None in held else "eligible"
        conditions = tuple([asked.answer(values[asked.place], missing_of[asked.place]) for asked in ready.asked])
        undecided = [name for one in conditions for name in one.missing] if None in held else []
        amount, tier = None, ""
        missing: tuple[str, ...] = ()
        if verdict == "eligible":
            amount, tier, found = _amount(ready.tiers, known, policy)
            missing = tuple(name for name in ready.names if name in found)
        elif verdict == "unknown":
            missing = tuple([name for name in ready.names if name in undecided])
        extras = [_line(share, known, policy) for share in ready.extras] if verdict == "eligible" else ()
        return Answer(
            policy=policy,
            verdict=verdict,
            conditions=conditions,
            missing=missing,
            reasons=self._reasons([*missing, *undecided], known),
            amount=amount,
            tier=tier,
            extras=tuple([line for line in extras if line is not None]),
            relations=tuple([_relation(kind, other, receives, amount) for kind, other in self.relations.get(policy.id, ())]),
            left_out=left_out,
        )

    def _reasons(self, missing: Sequence[str], known: Known) -> dict[str, str]:
        """Return why parameters are unknown: those that are missing, and those that what is missing is derived from."""
        facts = self.rules.catalogue.facts
        parameters = [one for name in missing for one in ([name] if name not in facts else self.behind.get(name, ()))]
        return {name: self.why_unknown(name) for name in parameters if known[name] is None}

    def why_unknown(self, parameter: str) -> str:
        """Return why a parameter is unknown: nobody said 城 or 农, or nobody entered it for this place, category and day."""
        if self.where.category is None and self._is_entered_by_category(parameter):
            return f"没有说保障类别：{parameter}按城、农分别录入，先定按城市还是按农村保障"
        place = [self.where.areas[-1]] if self.where.areas else []
        words = [*place, *([self.where.category] if self.where.category else []), self.where.on.isoformat()]
        return f"本地参数未录入：{parameter}（{'，'.join(words)}）"

    def _is_entered_by_category(self, parameter: str) -> bool:
        find = self.rules.parameters.find
        return any(find(parameter, areas=self.where.areas, category=held, on=self.where.on) for held in ("城", "农"))


class _Plan:
    """The policies of one kind of subject with their clauses, each distinct one asked once."""

    def __init__(self, compiled: Sequence[CompiledPolicy]) -> None:
        places: dict[Node, int] = {}
        self.clauses: list[Clause] = []
        self.policies: list[_Ready] = []
        for one in compiled:
            for clause in one.clauses:
                if clause.key not in places:
                    places[clause.key] = len(self.clauses)
                    self.clauses.append(clause)
            self.policies.append(_Ready(one, [places[clause.key] for clause in one.clauses]))


class _Ready:
    """A policy with the places of its clauses and the closures of its amounts."""

    def __init__(self, compiled: CompiledPolicy, places: list[int]) -> None:
        self.compiled, self.places, self.names = compiled, places, compiled.names
        self.asked = [_Asked(clause.condition, place) for clause, place in zip(compiled.clauses, places, strict=True)]
        self.tiers = [_Reckoned(share) for share in compiled.tiers]
        self.extras = [_Reckoned(share) for share in compiled.extras]


class _Asked:
    """A condition and the place of its clause; its answers that miss nothing are the same for everybody, so made once."""

    def __init__(self, condition: Condition, place: int) -> None:
        self.condition, self.place = condition, place
        self.settled = {value: ConditionAnswer(condition, value, ()) for value in (True, False)}

    def answer(self, value: bool | None, missing: tuple[str, ...]) -> ConditionAnswer:
        return ConditionAnswer(self.condition, None, missing) if value is None else self.settled[value]


class _Reckoned:
    """A tier or an extra line with its closures."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self.when = meaning_of(share.when) if share.when else None
        self.top = meaning_of(share.top)
        self.bottom = meaning_of(share.bottom) if share.bottom else None
        self.when_missing = MissingNames(share.when) if share.when else None
        self.names = [*share.top.names, *(share.bottom.names if share.bottom else ())]

    def missing(self, known: Known) -> list[str]:
        return list(dict.fromkeys(name for name in self.names if known.get(name) is None))

    def amount(self, known: Known, policy: Policy) -> Decimal | None:
        top, bottom = self.top(known), self.bottom(known) if self.bottom else None
        if top is None or (self.bottom and bottom is None):
            return None
        fen = amount_fen(top, bottom, self.share, policy)
        return None if fen is None else from_scaled(fen, MONEY_SCALE)


def _amount(tiers: Sequence[_Reckoned], known: Known, policy: Policy) -> tuple[Decimal | None, str, Sequence[str]]:
    """Return the amount of the first tier that fits, its name, and what is missing to tell it."""
    for tier in tiers:
        fits = tier.when(known) if tier.when else True
        if fits is None and tier.when_missing:
            return None, "", tier.when_missing(known)
        if fits:
            amount = tier.amount(known, policy)
            return amount, tier.share.tier.name, tier.missing(known) if amount is None else ()
    return None, "", ()


def _line(reckoned: _Reckoned, known: Known, policy: Policy) -> Line | None:
    fits = reckoned.when(known) if reckoned.when else True
    if fits is False:
        return None
    return Line(reckoned.share.tier.name, reckoned.amount(known, policy) if fits else None)


def relations_between(policies: Sequence[Policy]) -> dict[str, list[tuple[str, str]]]:
    """Return each policy's relations; what excludes or is chosen holds in both directions, whoever wrote it down."""
    found: dict[str, dict[tuple[str, str], None]] = {policy.id: {} for policy in policies}
    for policy in policies:
        for kind in RELATIONS:
            for other in policy.relations.get(kind, ()):
                found[policy.id][kind, other] = None
                if kind in ("互斥", "择一", "择高") and other in found:
                    found[other][kind, policy.id] = None
    return {policy: list(pairs) for policy, pairs in found.items()}


@cache
def _plain(kind: str, other: str, payable: bool) -> Relation:
    """Return a relation without amounts; they are few and the same for everybody."""
    return Relation(kind, other, payable)


def _relation(kind: str, other: str, receives: Mapping[str, Decimal | None], amount: Decimal | None) -> Relation:
    held = other in receives
    if kind == "前置" or not held:
        return _plain(kind, other, held if kind == "前置" else True)
    if kind in ("互斥", "择一"):
        return Relation(kind, other, False)
    paid = receives[other]
    if paid is None or amount is None:
        return Relation(kind, other, None)
    rest = max(amount - paid, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Relation(kind, other, amount > paid, rest if kind == "补差" else None)


def _in_shares(receives: Mapping[str, Decimal | None], people: int) -> Mapping[str, Decimal | None]:
    """Return what of a household's benefits falls to each of so many people; one person is weighed against his share only."""
    if people < 2:
        return receives
    return {policy: None if yuan is None else yuan / people for policy, yuan in receives.items()}


def _received_by_all(receives_members: Sequence[Mapping[str, Decimal | None]]) -> dict[str, Decimal | None]:
    """Return what every member receives: only that can stand in the way of the whole household."""
    if not receives_members:
        return {}
    first, *rest = receives_members
    return {policy: yuan for policy, yuan in first.items() if all(policy in other for other in rest)}


def margin_yuan(rules: Rules, condition: Condition, policy: Policy, known: Known) -> Decimal | None:
    """Return by how many yuan a condition that compares money fails, or None if it is not of that kind."""
    compiled = next(one for one in rules.compiled if one.policy is policy)
    typed = next(clause.typed for clause in compiled.clauses if clause.condition is condition)
    if not isinstance(typed.node, Comparison) or typed.parts[0].type.dimension != "money":
        return None
    left, right = typed.parts
    one, two = meaning_of(left)(known), meaning_of(right)(known)
    if one is None or two is None:
        return None
    return abs(from_scaled(one, left.type.scale) - from_scaled(two, right.type.scale))
