"""What to ask next (下一问): only facts that can still change a result, the one that decides most first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from yimen.policies.answers import Answer
from yimen.policies.folder import Rules
from yimen.policies.model import Fact


@dataclass(frozen=True)
class Question:
    """One fact to ask, in plain words, and the policies it can still change. A higher `score` decides more."""

    fact: Fact
    text: str
    helps: tuple[str, ...]
    score: float


def next_questions(answers: Sequence[Answer], rules: Rules) -> list[Question]:
    """
    Return the facts that can still change an answer, the most decisive first.

    A fact that is the only one missing for a policy decides it; one of three decides a third. Of two that decide as much
    the catalogue's first is asked first. Parameters are not asked: they are the office's to enter.
    """
    scores: dict[str, float] = {}
    helps: dict[str, dict[str, None]] = {}
    for answer in answers:
        if answer.verdict != "unknown":
            continue
        asked = list(dict.fromkeys(name for missing in answer.missing for name in _to_ask(missing, rules, answer.left_out)))
        for name in asked:
            scores[name] = scores.get(name, 0) + 1 / len(asked)
            helps.setdefault(name, {})[answer.policy.id] = None
    facts = rules.catalogue.facts
    listed = {name: place for place, name in enumerate(facts)}
    ordered = sorted(scores, key=lambda name: (-scores[name], listed[name]))
    return [
        Question(facts[name], facts[name].question or f"{name}是多少？", tuple(helps[name]), scores[name]) for name in ordered
    ]


def _to_ask(name: str, rules: Rules, left_out: Collection[str]) -> Iterable[str]:
    """Return the fact itself if it has a question or is given, else what it is derived from and counts."""
    fact = rules.catalogue.facts.get(name)
    if fact is None:
        return []
    if not fact.derived or fact.question:
        return [name]
    derivation = next(one for one in rules.derivations if one.fact.name == name)
    return [base for used in derivation.typed.names if used not in left_out for base in _to_ask(used, rules, left_out)]
