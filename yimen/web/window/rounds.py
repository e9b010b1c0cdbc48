"""
One round of questions (一轮问答): what the rules say of somebody after what was said, and what to ask next.

Nothing is decided here: the answers and the order of the questions come from the rules.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.policies.model import Fact
from yimen.policies.queries import Answer, HouseholdAnswers, Rules, Situation, Where, next_questions
from yimen.screening.queries import RegisteredAnswers, explainer_at, explainer_for
from yimen.web.templatetags import words
from yimen.web.window.offers import Groups, group_by_policy, groups_of
from yimen.web.window.said import Said, Unreadable, given, value_of

HOUSEHOLD = ""
CATEGORY, DEAD = "保障类别", "已死亡"
GROUP_WORDS = {"yes": "可以享受", "maybe": "还差信息", "no": "目前不符合"}


@dataclass(frozen=True)
class Ask:
    """One question for the page: about whom, which fact, in plain words, and which policies it can change."""

    who: str
    name: str
    fact: Fact
    text: str
    helps: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what the page sends back to say which question was answered."""
        return f"{self.who}|{self.fact.name}"


@dataclass(frozen=True)
class Round:
    """The answers with whom they are for, those that may still be asked about, and whose fact is unknown."""

    answers: Sequence[tuple[str, Answer]]
    receives: Mapping[str, set[str]]
    lacking: Callable[[Fact], Iterable[tuple[str, str]]]

    def groups(self, rules: Rules, before: "Round | None" = None) -> Groups:
        """Return the three groups, with a mark on what changed since the round before."""
        then = group_by_policy(groups_of(before.answers, before.receives, rules)) if before else None
        return groups_of(self.answers, self.receives, rules, then)

    def asks(self, rules: Rules, said: Iterable[Said]) -> list[Ask]:
        """Return what can still change a result, the most decisive first; what was answered or skipped is not asked again."""
        over = {(one.who, one.fact) for one in said}
        open_ = [answer for whom, answer in self.answers if self._is_open(whom, answer)]
        found = []
        for question in next_questions(open_, rules):
            for who, name in self.lacking(question.fact):
                if (who, question.fact.name) not in over:
                    found.append(Ask(who, name, question.fact, question.text, question.helps))
                    break
        return found

    def _is_open(self, whom: str, answer: Answer) -> bool:
        received = self.receives.get(whom, set()) | self.receives.get(HOUSEHOLD, set())
        return answer.verdict == "unknown" and answer.payable and answer.policy.id not in received


def changes(before: Groups, after: Groups) -> list[tuple[str, str]]:
    """Return which policies changed their group, and how, in words."""
    then, now = group_by_policy(before), group_by_policy(after)
    names = {
        offer.policy.id: offer.policy.name for groups in (before, after) for offer in (*groups.yes, *groups.maybe, *groups.no)
    }
    moved = [(policy, group) for policy, group in now.items() if then.get(policy, group) != group]
    best_first = sorted(moved, key=lambda pair: list(GROUP_WORDS).index(pair[1]))
    return [(names[policy], f"由{GROUP_WORDS[then[policy]]}变为{GROUP_WORDS[group]}") for policy, group in best_first]


def stranger_round(said: Iterable[Said], *, rules: Rules, on: date, areas: Sequence[str]) -> Round:
    """Return the round of somebody whom no file knows: everything is only what was said."""
    facts = rules.catalogue.facts
    # Whoever is asked for at the window is alive; that is not asked.
    values: dict[str, Any] = {DEAD: False} if DEAD in facts else {}
    values |= given(said, facts).get(HOUSEHOLD, {})
    where = Where(on, tuple(code for code in areas if len(code) <= rules.deepest), values.get(CATEGORY))
    answers = explainer_at(where=where, rules=rules).one(Situation(values))

    def lacking(fact: Fact) -> Iterable[tuple[str, str]]:
        return [(HOUSEHOLD, "")] if fact.subject != "义务人" and fact.name not in values else []

    return Round([(HOUSEHOLD, answer) for answer in answers], {}, lacking)


@dataclass(frozen=True)
class _Laid:
    """What the file knows of a household with what was said laid over it, and what the rules make of that."""

    answers: HouseholdAnswers
    household: Mapping[str, Any]
    people: Sequence[Mapping[str, Any]]


def _laid_over(held: RegisteredAnswers, said: Iterable[Said], rules: Rules, on: date) -> _Laid:
    values, members = given(said, rules.catalogue.facts), held.card.members
    household, people = held.facts.laid_over(
        values.get(HOUSEHOLD, {}), [values.get(member.person_id.hex, {}) for member in members]
    )
    explainer = explainer_for(card=held.card, rules=rules, on=on)
    answers = explainer.household(
        household,
        people,
        receives=held.facts.receives,
        receives_members=held.facts.receives_members,
        incomplete=held.facts.home.incomplete,
    )
    return _Laid(answers, *explainer.values(household, people, incomplete=held.facts.home.incomplete))


def _lacking(held: RegisteredAnswers, laid: _Laid, first: int) -> Callable[[Fact], Iterable[tuple[str, str]]]:
    """Return who lacks a fact: the person asked for first, then the others in the order of the household."""
    members = held.card.members
    order = sorted(range(len(members)), key=lambda i: i != first)

    def lacking(fact: Fact) -> Iterable[tuple[str, str]]:
        if fact.subject == "户":
            return [(HOUSEHOLD, "全家")] if laid.household.get(fact.name) is None else []
        if fact.subject != "人":
            return []
        return [(members[i].person_id.hex, members[i].name) for i in order if laid.people[i].get(fact.name) is None]

    return lacking


def registered_round(held: RegisteredAnswers, person: str, said: Iterable[Said], *, rules: Rules, on: date) -> Round:
    """Return the round of a registered person: what the file knows, with what was said laid over it."""
    laid, members = _laid_over(held, said, rules, on), held.card.members
    place = next(i for i, member in enumerate(members) if member.person_id.hex == person)
    name = members[place].name
    rows = [(HOUSEHOLD, one) for one in laid.answers.household] + [(name, one) for one in laid.answers.members[place]]
    receives: dict[str, set[str]] = {
        HOUSEHOLD: set(held.facts.receives),
        name: set(held.facts.receives_members[place]),
    }
    return Round(rows, receives, _lacking(held, laid, place))


class HomeRound(Round):
    """The round of a whole household: a member is asked only what can change their own answers or the household's."""

    def asks(self, rules: Rules, said: Iterable[Said]) -> list[Ask]:
        """Return what can still change a result of anybody, the most decisive first."""
        over = {(one.who, one.fact) for one in said}
        scores: dict[tuple[str, str], float] = {}
        found: dict[tuple[str, str], Ask] = {}
        for whom in dict.fromkeys(one for one, _ in self.answers):
            mine = [answer for one, answer in self.answers if one == whom and self._is_open(one, answer)]
            for question in next_questions(mine, rules):
                for who, name in self._to_ask(question.fact, whom):
                    key = who, question.fact.name
                    helps = dict.fromkeys((*(found[key].helps if key in found else ()), *question.helps))
                    found[key] = Ask(who, name, question.fact, question.text, tuple(helps))
                    scores[key] = scores.get(key, 0) + question.score
        return sorted((ask for key, ask in found.items() if key not in over), key=lambda ask: -scores[ask.who, ask.fact.name])

    def _to_ask(self, fact: Fact, whom: str) -> Iterable[tuple[str, str]]:
        return [(who, name) for who, name in self.lacking(fact) if whom == HOUSEHOLD or who in (HOUSEHOLD, whom)]


def household_round(held: RegisteredAnswers, said: Iterable[Said], *, rules: Rules, on: date) -> HomeRound:
    """Return the round of a registered household; whom an answer is for is the person's key."""
    laid = _laid_over(held, said, rules, on)
    rows, receives = [(HOUSEHOLD, one) for one in laid.answers.household], {HOUSEHOLD: set(held.facts.receives)}
    for member, own, received in zip(held.card.members, laid.answers.members, held.facts.receives_members, strict=True):
        rows += [(member.person_id.hex, one) for one in own]
        receives[member.person_id.hex] = set(received)
    return HomeRound(rows, receives, _lacking(held, laid, 0))


def written(fact: Fact, text: str | None) -> Any:
    """Return what was said as the page shows it: a day as 1965年6月15日, money as 800.00 元/月."""
    if text is None:
        return "说不清"
    try:
        return f"{words.said(value_of(text, fact))} {fact.unit}".strip()
    except Unreadable:
        return f"{text} {fact.unit}".strip()
