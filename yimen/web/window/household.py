"""What the page of a household shows beside the card: what is known, and the trail (一户一条救助链)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from yimen.cases.queries import Case
from yimen.policies.model import Fact
from yimen.policies.queries import Rules
from yimen.screening.queries import KINDS, RegisteredAnswers
from yimen.web.window.offers import Groups, groups_of

_REGISTERED = date.min


@dataclass(frozen=True)
class KnownFact:
    """One fact as the page shows it: value, unit, source and date, whether it has expired or is contradicted."""

    name: str
    value: Any
    unit: str
    source: str
    stated_on: date
    expired: bool
    differs: str


@dataclass(frozen=True)
class Event:
    """One line of the trail."""

    on: date
    words: str
    detail: str = ""


def known_facts(held: RegisteredAnswers, rules: Rules) -> list[tuple[str, list[KnownFact]]]:
    """Return what is known of the household and of each member, the newest first; what the card already says is left out."""
    rows = [("全家", held.facts.household), *zip((m.name for m in held.card.members), held.facts.people, strict=True)]
    found = [(whose, _facts(known, rules.catalogue.facts)) for whose, known in rows]
    return [(whose, facts) for whose, facts in found if facts]


def _facts(known: Mapping[str, Any], facts: Mapping[str, Fact]) -> list[KnownFact]:
    rows = []
    for name, current in known.items():
        said = current.said or current.expired
        if said is None or said.stated_on == _REGISTERED:
            continue
        differs = "，".join(f"{one.source}说{_words(one.value)}" for one in current.others) if current.contradicted else ""
        rows.append(KnownFact(name, said.value, facts[name].unit, said.source, said.stated_on, current.said is None, differs))
    return sorted(rows, key=lambda row: row.stated_on, reverse=True)


def _words(value: Any) -> str:
    return {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def household_groups(held: RegisteredAnswers, rules: Rules) -> Groups:
    """Return what the household and its members can, may and cannot receive."""
    members = held.card.members
    answers = [("", answer) for answer in held.answers.household]
    for member, own in zip(members, held.answers.members, strict=True):
        answers += [(member.name, answer) for answer in own]
    receives = {"": set(held.facts.receives)}
    receives |= {m.name: set(own) for m, own in zip(members, held.facts.receives_members, strict=True)}
    return groups_of(answers, receives, rules)


def trail_of(held: RegisteredAnswers, findings: Sequence[Any], cases: Sequence[Case], rules: Rules) -> list[Event]:
    """Return everything that happened to this household, the newest first (一户一条救助链)."""
    events = [*_statements(held), *_decisions(held, rules), *_findings(findings, rules), *_cases(cases)]
    return sorted(events, key=lambda event: event.on, reverse=True)


def _statements(held: RegisteredAnswers) -> Iterable[Event]:
    heard: dict[tuple[date, str], set[str]] = {}
    for known in (held.facts.household, *held.facts.people):
        for name, current in known.items():
            for said in (current.said, current.expired, *current.others):
                if said is not None and said.stated_on != _REGISTERED:
                    heard.setdefault((said.stated_on, said.source), set()).add(name)
    for (on, source), names in heard.items():
        yield Event(on, f"{source}提供 {len(names)} 项信息", "、".join(sorted(names)[:4]) + (" 等" if len(names) > 4 else ""))


def _decisions(held: RegisteredAnswers, rules: Rules) -> Iterable[Event]:
    names = {member.person_id: member.name for member in held.card.members}
    for standing in held.card.standings:
        yield Event(standing.starts_on, f"认定为{standing.name}", standing.decided_by)
    for receipt in held.receipts:
        policy = rules.policy(receipt.policy)
        who = names.get(receipt.person_id, "全家")
        yield Event(receipt.starts_on, f"{who}开始领{policy.name if policy else receipt.policy}")


def _cases(cases: Iterable[Case]) -> Iterable[Event]:
    for case in cases:
        yield Event(case.received_on, f"登记{case.get_kind_display()}", case.matter)
        for at, words in ((case.accepted_at, "受理"), (case.concluded_at, "办结"), (case.delivered_at, "送达")):
            if at is not None:
                yield Event(localdate(at), f"{words}，办件号 {case}")


def _findings(findings: Sequence[Any], rules: Rules) -> Iterable[Event]:
    for finding in findings:
        policy = rules.policy(finding.policy)
        words = f"{KINDS[finding.kind]}：{policy.name if policy else finding.policy}"
        yield Event(finding.opened_run.on, f"筛查发现{words}", finding.reason)
        if finding.closed_at:
            yield Event(finding.closed_at.date(), f"{finding.get_state_display()}：{words}", finding.closing_words)
