"""
What a household receives, can receive, may receive and cannot now (能得到什么), as a page shows it.

Nothing is decided here: the answers come from the rules; this file only puts the same policy for several people on one line
and finds the words.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from yimen.policies.model import Paper, Policy
from yimen.policies.queries import Answer, Rules

_ASIDE = re.compile(r"（\d[^）]*）")


@dataclass(frozen=True)
class Offer:
    """One line of a group: a policy, for whom, how much, and why, or what is missing."""

    policy: Policy
    people: tuple[str, ...]
    amount: Decimal | None
    why: str
    missing: tuple[str, ...] = ()
    note: str = ""
    fresh: bool = False

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Return the papers nobody else can supply."""
        return tuple(paper for paper in self.policy.papers if not paper.instead)


@dataclass(frozen=True)
class Groups:
    """The three groups of a page; `monthly` is what the certain amounts by month add up to."""

    yes: tuple[Offer, ...]
    maybe: tuple[Offer, ...]
    no: tuple[Offer, ...]

    @property
    def monthly(self) -> Decimal:
        """Return the sum of what is paid by month, where the amount is certain."""
        return sum(
            (one.amount * len(one.people or ("",)) for one in self.yes if one.amount and one.policy.unit == "元/月"), Decimal()
        )


def with_names(groups: Groups, names: Mapping[str, str]) -> Groups:
    """Return the groups with people called by name instead of by key."""
    return Groups(
        *(
            tuple(replace(offer, people=tuple(names.get(one, one) for one in offer.people)) for offer in offers)
            for offers in (groups.yes, groups.maybe, groups.no)
        )
    )


def groups_of(
    answers: Iterable[tuple[str, Answer]], receives: Mapping[str, set[str]], rules: Rules, before: Mapping[str, str] | None = None
) -> Groups:
    """
    Group the answers: each is (whom, answer), "" being the whole household.

    `receives` holds policy ids by whom; what somebody receives is not offered again. `before` are the groups of each policy
    before the last answer, so that what has just changed is marked.
    """
    yes: dict[tuple[Any, ...], list[tuple[str, Answer]]] = {}
    maybe: dict[tuple[Any, ...], list[tuple[str, Answer]]] = {}
    no: dict[str, list[tuple[str, Answer]]] = {}
    for whom, answer in answers:
        policy = answer.policy.id
        if policy in receives.get(whom, set()) | receives.get("", set()):
            continue
        if answer.verdict == "eligible" and answer.payable:
            yes.setdefault((policy, answer.amount), []).append((whom, answer))
        elif answer.verdict == "unknown" and answer.payable:
            maybe.setdefault((policy, answer.missing), []).append((whom, answer))
        else:
            no.setdefault(policy, []).append((whom, answer))
    possible = {key[0] for key in (*yes, *maybe)}
    sure = {key[0] for key in yes}
    return Groups(
        yes=tuple(_offer(rows, "yes", rules, before, sure) for rows in yes.values()),
        maybe=tuple(
            _offer(rows, "maybe", rules, before) for rows in sorted(maybe.values(), key=lambda one: len(one[0][1].missing))
        ),
        no=tuple(_offer(rows, "no", rules, before) for policy, rows in no.items() if policy not in possible),
    )


def group_by_policy(groups: Groups) -> dict[str, str]:
    """Return in which group each policy stands, the best one where it stands in several."""
    found: dict[str, str] = {}
    for name, offers in (("no", groups.no), ("maybe", groups.maybe), ("yes", groups.yes)):
        found |= {offer.policy.id: name for offer in offers}
    return found


def _offer(
    rows: Sequence[tuple[str, Answer]], group: str, rules: Rules, before: Mapping[str, str] | None, sure: Collection[str] = ()
) -> Offer:
    answer = rows[0][1]
    policy = answer.policy
    return Offer(
        policy=policy,
        people=tuple(whom for whom, _ in rows if whom),
        amount=answer.amount,
        why=_why(answer, rules, group),
        missing=tuple(answer.missing) if group == "maybe" else (),
        note="；".join(dict.fromkeys(_relation_notes(answer, rules, sure))),
        fresh=before is not None and before.get(policy.id) != group,
    )


def _why(answer: Answer, rules: Rules, group: str) -> str:
    if group == "yes":
        return answer.policy.help or "、".join(one.name for one in answer.conditions)
    if group == "maybe":
        # The reason names the area's code and the day for the log; at the window the sentence is enough.
        return "；".join(dict.fromkeys(_ASIDE.sub("", reason) for reason in answer.reasons.values()))
    for condition in answer.conditions:
        if condition.value is False:
            return condition.condition.refusal or f"不符合：{condition.name}"
    barred = [rules.policy(one.with_) for one in answer.relations if one.payable is False]
    return "与正在领的“" + "、".join(policy.name for policy in barred if policy) + "”不能同时享受" if barred else ""


def _relation_notes(answer: Answer, rules: Rules, sure: Collection[str]) -> Iterable[str]:
    """Say what this excludes, but only among what is also certain: a choice is shown as a choice, and no more."""
    for relation in answer.relations:
        other = rules.policy(relation.with_) if relation.with_ in sure else None
        if relation.kind in ("互斥", "择一") and other is not None:
            yield f"与“{other.name}”只能选一项"
