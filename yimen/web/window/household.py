"""What the page of a household shows beside the card: what is known, and the trail (一户一条救助链)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils.timezone import localdate

from yimen.benefits.queries import Receipt, Received
from yimen.cases.queries import words_of
from yimen.evidence.queries import Current, Said
from yimen.policies.model import Fact
from yimen.policies.queries import Rules
from yimen.registry.queries import age_on
from yimen.screening.queries import KINDS, RegisteredAnswers
from yimen.web.templatetags.words import DECIDED, day, origin
from yimen.web.window.offers import Groups, groups_of

_STANDING = "认定"
_QUIET = ("save", "choose", "paper")


@dataclass(frozen=True)
class KnownFact:
    """One fact as the page shows it: value, unit, source and date, whether it has expired or is contradicted."""

    name: str
    value: Any
    unit: str
    source: str
    stated_on: date | None
    expired: bool
    differs: str


@dataclass(frozen=True)
class Event:
    """One line of the trail."""

    on: date
    words: str
    detail: str = ""


def known_facts(held: RegisteredAnswers, rules: Rules) -> list[tuple[str, list[KnownFact]]]:
    """Return what is known of the household and of each member, what the registry says first, then the newest."""
    rows = [("全家", held.facts.household), *zip((m.name for m in held.card.members), held.facts.people, strict=True)]
    found = [(whose, _facts(known, rules.catalogue.facts)) for whose, known in rows]
    return [(whose, facts) for whose, facts in found if facts]


def _facts(known: Mapping[str, Current], facts: Mapping[str, Fact]) -> list[KnownFact]:
    rows, registered, no_standing = [], [], None
    for name, current in known.items():
        said = current.said or current.expired
        if said is None or (said.is_registered and name == "已死亡" and not said.value):
            continue  # Who lives here lives.
        differs = "，".join(f"{one.source}说{_words(one.value)}" for one in current.others) if current.contradicted else ""
        row = KnownFact(name, _told(said), facts[name].unit, origin(said), said.shown_on, current.said is None, differs)
        if said.source == _STANDING and not said.value:
            no_standing = replace(row, name="对象类别", value="没有认定")
        elif said.is_registered:
            registered.append(row)
        else:
            rows.append(row)
    if no_standing and not any(row.source == DECIDED for row in registered):
        registered.append(no_standing)
    return registered + sorted(rows, key=lambda row: row.stated_on or date.min, reverse=True)


def _told(said: Said) -> Any:
    """Return the value as the page says it; a day of birth with the age it comes to."""
    return f"{day(said.value)}，{age_on(said.value, localdate())} 岁" if said.fact == "出生日期" else said.value


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


def trail_of(
    held: RegisteredAnswers,
    findings: Sequence[Any],
    steps: Iterable[Any],
    granted: Iterable[Receipt],
    received: Iterable[Received],
    rules: Rules,
) -> list[Event]:
    """Return everything that happened to this household, the newest first (一户一条救助链)."""
    aid = [*_granted(granted, held, rules), *_received(received, rules)]
    events = [*_statements(held), *_standings(held), *aid, *_findings(findings, rules), *_steps(steps, rules)]
    return sorted(events, key=lambda event: event.on, reverse=True)


def _statements(held: RegisteredAnswers) -> Iterable[Event]:
    heard: dict[tuple[date, str], set[str]] = {}
    for known in (held.facts.household, *held.facts.people):
        for name, current in known.items():
            for said in (current.said, current.expired, *current.others):
                if said is not None and not said.is_registered:
                    heard.setdefault((said.stated_on, said.source), set()).add(name)
    for (on, source), names in heard.items():
        yield Event(on, f"{source}提供 {len(names)} 项信息", "、".join(sorted(names)[:4]) + (" 等" if len(names) > 4 else ""))


def _standings(held: RegisteredAnswers) -> Iterable[Event]:
    for standing in held.card.standings:
        yield Event(standing.starts_on, f"认定为{standing.name}", standing.decided_by)


def _granted(granted: Iterable[Receipt], held: RegisteredAnswers, rules: Rules) -> Iterable[Event]:
    """What is paid by the month: since when, and when it ended or became another amount."""
    names = {member.person_id: member.name for member in held.card.members}
    rows = list(granted)
    begun = {(one.policy, one.person_id, one.starts_on) for one in rows}
    ended = {(one.policy, one.person_id, one.ends_on + timedelta(days=1)) for one in rows if one.ends_on}
    for one in rows:
        what = _name(one.policy, rules)
        who = names.get(one.person_id, "") if one.person_id else "全家"
        amount = "" if one.yuan is None else f"{one.yuan:,.2f} {one.unit}"
        goes_on = (one.policy, one.person_id, one.starts_on) in ended
        yield Event(one.starts_on, f"{who}的{what}调整" if goes_on else f"{who}开始领{what}", amount)
        if one.ends_on and (one.policy, one.person_id, one.ends_on + timedelta(days=1)) not in begun:
            yield Event(one.ends_on, f"{who}的{what}发到这一天为止", amount)


def _received(received: Iterable[Received], rules: Rules) -> Iterable[Event]:
    for one in received:
        what = " ".join(part for part in (_name(one.policy, rules), one.item, one.quantity) if part)
        yield Event(one.on, f"{'退回' if (one.yuan or 0) < 0 else '得到'}{what}", _from_fund(one))


def _from_fund(one: Received) -> str:
    return one.fund if one.yuan is None else f"{abs(one.yuan):,.2f} 元，{one.fund}"


def _name(policy_id: str, rules: Rules) -> str:
    policy = rules.policy(policy_id)
    return policy.name if policy else policy_id


def _steps(steps: Iterable[Any], rules: Rules) -> Iterable[Event]:
    """What was done in each case, a line for each day; a draft kept at every answer is no news."""
    days: dict[tuple[date, Any], list[str]] = {}
    for one in steps:
        if one.step in _QUIET:
            continue
        words = words_of(one) + (f"（{_name(one.decision.policy, rules)}）" if one.decision else "")
        said = days.setdefault((one.on, one.case), [])
        if words not in said:
            said.append(words)
    for (on, case), said in days.items():
        yield Event(on, f"办件 {case}：{'、'.join(said)}", case.matter or case.get_kind_display())


def _findings(findings: Sequence[Any], rules: Rules) -> Iterable[Event]:
    for finding in findings:
        policy = rules.policy(finding.policy)
        words = f"{KINDS[finding.kind]}：{policy.name if policy else finding.policy}"
        yield Event(finding.opened_run.on, f"筛查发现{words}", finding.reason)
        if finding.closed_at:
            yield Event(finding.closed_at.date(), f"{finding.get_state_display()}：{words}", finding.closing_words)
