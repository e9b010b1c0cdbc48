"""
Deciding (审核确认): identity first, then the other departments in parallel, each by its own authority and from its own fund.

Facts are frozen with the opinion; a confirmation on facts that have changed since is refused with what changed.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from yimen.benefits.actions import grant_benefit
from yimen.cases.clock import check_cause
from yimen.cases.drawing import unchecked
from yimen.cases.dues import DELEGATED, policy_of
from yimen.cases.flow import CIVIL_AFFAIRS, Note, move_case, move_decision
from yimen.cases.models import Case, Decision, Kinship, Visit
from yimen.cases.visiting import HOME
from yimen.cases.words import FINAL, DecisionState
from yimen.office.access import current
from yimen.office.models import Staff
from yimen.policies.model import Policy
from yimen.policies.queries import Answer
from yimen.registry.actions import decide_standing
from yimen.screening.queries import (
    answer_of,
    current_rules,
    explain_registered,
    story_of,
    true_parameters,
)

# Whoever is one of these is recognised by every department (社会救助法第42条).
IDENTITY = frozenset(
    {
        "subsistence_allowance",
        "single_person_subsistence",
        "extreme_poverty_support",
        "borderline_household",
        "rigid_expenditure_household",
    }
)
REFERRED_DEPARTMENTS = frozenset({"教育"})
COUNTY_DEPTH = 3


class NotDecided(Exception):
    """A decision cannot be taken like this; the sentence says why and what to do first."""


class StaleFacts(NotDecided):
    """The facts have changed since the opinion; `changes` says which, from what to what."""

    def __init__(self, changes: Sequence[str]) -> None:
        self.changes = tuple(changes)
        super().__init__(f"初审以后事实变了：{'；'.join(changes)}。请退回重新初审，不能按旧的事实确认。")


def open_decisions(case: Case, asked: Iterable[Any], *, by: Staff | None, at: datetime) -> list[Decision]:
    """Make a decision for each policy asked for; the others wait for identity. Raises NotDecided for an unknown policy."""
    rules, wanted = current_rules(), list(asked)
    identity_first = any(one.policy in IDENTITY for one in wanted)
    made = []
    for one in wanted:
        policy = rules.policy(one.policy)
        if policy is None:
            raise NotDecided(f"现行政策里没有“{one.policy}”。请从列出的救助事项里选。")
        if (policy.subject == "人") != (one.person is not None):
            raise NotDecided(f"“{policy.name}”是按{policy.subject}申请的。")
        is_identity = policy.id in IDENTITY
        decision = Decision(
            case=case,
            policy=policy.id,
            policy_version=policy.version,
            department=policy.department,
            fund=f"{policy.department}资金",
            person_id=one.person,
            household_id=None if one.person else case.household_id,
            is_identity=is_identity,
            state=DecisionState.OPEN if is_identity or not identity_first else DecisionState.WAITING,
            unit=policy.unit,
            area_path=case.area_path,
        )
        decision.save(force_insert=True)
        made.append(decision)
    return made


@transaction.atomic
def propose(*, decision: uuid.UUID, agrees: bool, opinion: str, by: Staff, at: datetime) -> Decision:
    """
    Give the first opinion (初审) and freeze the facts it rests on. Needs an open reading.

    Raises NotDecided while a decisive fact is unknown, the visit is missing or the person is a relative of the household;
    WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    _no_relative(held.case, by)
    if held.is_identity:
        _visited(held.case)
    policy, answer, facts = _today(held, localdate(at))
    if agrees and answer.verdict == "unknown":
        raise NotDecided(f"还有待核实的：{'、'.join(answer.missing)}。核实以后才能初审同意。")
    if agrees and answer.verdict == "not_eligible":
        failing = "、".join(one.name for one in answer.conditions if one.value is False)
        raise NotDecided(f"按现有事实不符合“{failing}”。确有特殊情况的，按一事一议另行研究。")
    if not opinion.strip():
        raise NotDecided("请写明初审意见。")
    frozen = {one["fact"] + "|" + (one["member"] or ""): one["value"] for one in facts}
    return move_decision(
        "propose",
        decision,
        by=by,
        at=at,
        note=Note(opinion.strip()),
        agrees=agrees,
        opinion=opinion.strip()[:500],
        proposed_by=by,
        proposed_at=at,
        policy_version=policy.version,
        facts={"rows": facts, "values": frozen},
        conditions=[one.as_json() for one in answer.conditions],
        facts_hash=_hash(frozen),
        amount_fen=_fen(answer) if agrees else None,
    )


def _today(held: Decision, on: date) -> tuple[Policy, Answer, list[dict[str, Any]]]:
    rules = current_rules()
    registered = explain_registered(household_id=held.case.household_id, on=on, rules=rules)
    answer = answer_of(registered, policy=held.policy, person=held.person_id)
    if answer is None:
        raise NotDecided("这项政策今天不再执行，或此人已不在本户，请先核对。")
    return answer.policy, answer, story_of(registered, answer, person=held.person_id, rules=rules, on=on)


def _fen(answer: Answer) -> int | None:
    extras = sum((line.amount for line in answer.extras if line.amount), Decimal(0))
    return None if answer.amount is None else int((answer.amount + extras) * 100)


def _hash(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _no_relative(case: Case, by: Staff) -> None:
    """Nobody surveys, reviews or confirms a relative (回避)."""
    if Kinship.objects.filter(case=case, staff=by).exists():
        raise NotDecided("这一户有您的近亲属，您须回避，请首派责任人另派他人。")


def _visited(case: Case) -> None:
    # Neighbours, letters and a third party tell something too; the visit at home is the law's.
    visits = Visit.objects.filter(case=case, way=HOME, second_signed_at__isnull=False)
    if not visits.exists():
        raise NotDecided("还没有两人签字的入户调查（民发〔2021〕57号第16条），先入户再初审。")
    if Kinship.objects.filter(case=case).exists() and not visits.filter(by_county=True).exists():
        raise NotDecided("这一户有近亲属备案，须由县级入户（民发〔2021〕57号第20条），县级入户记录以前不能办理。")


@transaction.atomic
def confirm(*, decision: uuid.UUID, by: Staff, at: datetime, words: str = "") -> Decision:
    """
    Confirm (审核确认): the grant and, for an identity, the standing are written with it or not at all.

    Raises StaleFacts with what changed since the opinion; NotDecided if the posting is not over, a relation forbids it,
    the same person gave the opinion, or the township may not confirm here; WrongStep, NotAllowed. Needs an open reading.
    """
    held = Decision.objects.select_related("case", "proposed_by").get(pk=decision)
    _may_confirm(held, by, localdate(at))
    policy, answer, facts = _today(held, localdate(at))
    _same_facts(held, facts)
    if not held.agrees:
        raise NotDecided("初审意见是不予同意；要么不予确认，要么退回重办。")
    if not answer.payable:
        others = "、".join(one.with_ for one in answer.relations if one.payable is False)
        raise NotDecided(f"与正在享受的待遇不能同时享受（{others}）。请先由本人选择，或不予确认。")
    starts_on = starts_of(policy, received_on=held.case.received_on, confirmed_on=localdate(at))
    grant = grant_benefit(
        policy=policy,
        person=held.person_id,
        household=held.household_id,
        amount_fen=held.amount_fen,
        starts_on=starts_on,
        facts=held.facts,
        area_path=held.area_path,
        at=at,
    )
    if held.is_identity:
        decide_standing(
            kind=policy.id, household=held.case.household_id, starts_on=starts_on, by=by, at=at, area_path=held.area_path
        )
    moved = move_decision(
        "confirm", decision, by=by, at=at, note=Note(words.strip()), decided_by=by, decided_at=at, words=words[:500], grant=grant
    )
    return _after(moved, by=by, at=at)


def _may_confirm(held: Decision, by: Staff, on: date) -> None:
    if held.proposed_by_id == by.pk:
        raise NotDecided("初审和确认不能是同一个人（收办分离），请由别人确认。")
    _no_relative(held.case, by)
    if held.is_identity:
        _visited(held.case)
    policy = current_rules().policy(held.policy)
    if held.agrees and policy is not None and policy.posting.needed == "是" and held.state == DecisionState.PROPOSED:
        raise NotDecided(f"“{policy.name}”须先公示 {policy.posting.days} 天，无异议才能确认。")
    hindrance = unchecked(held) if held.agrees else ""
    if hindrance:
        raise NotDecided(hindrance)
    if held.department == CIVIL_AFFAIRS and not _reaches_county(by, held.area_path):
        true = true_parameters([DELEGATED], area_path=held.area_path, on=on, rules=current_rules())
        if DELEGATED not in true:
            raise NotDecided("本地没有录入“审核确认下放乡镇”（社会救助法第44条由省规定），须由县级确认。")


def _reaches_county(by: Staff, area_path: str) -> bool:
    paths = [path for name, path in current().permissions if name == "decision.confirm" and area_path.startswith(path)]
    return any(path.count(".") <= COUNTY_DEPTH for path in paths)


def _same_facts(held: Decision, facts: Sequence[Mapping[str, Any]]) -> None:
    now = {one["fact"] + "|" + (one["member"] or ""): one["value"] for one in facts}
    then = held.facts.get("values", {})
    changes = [
        f"{name.partition('|')[0]}由 {then.get(name, '未知')} 变为 {now.get(name, '未知')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    if changes:
        raise StaleFacts(changes)


def starts_of(policy: Policy, *, received_on: date, confirmed_on: date) -> date:
    """Return the day a benefit begins (起发): the month after confirmation, the month of application, or at once."""
    if policy.pays_from.startswith("申请当月"):
        return received_on.replace(day=1)
    if policy.pays_from.startswith("一次性"):
        return confirmed_on
    first = confirmed_on.replace(day=1)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


@transaction.atomic
def refuse(*, decision: uuid.UUID, words: str, article: str, by: Staff, at: datetime) -> Decision:
    """
    Refuse (不予确认), in words with the article; the person is told how to appeal (社会救助法第76条).

    Raises NotDecided without words or article, or by the person who gave the opinion; WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    if held.proposed_by_id == by.pk:
        raise NotDecided("初审和确认不能是同一个人（收办分离），请由别人决定。")
    _no_relative(held.case, by)
    if not words.strip() or not article.strip():
        raise NotDecided("不予确认要写明理由和依据的条款，本人看得懂。")
    moved = move_decision(
        "refuse",
        decision,
        by=by,
        at=at,
        note=Note(words.strip(), article=article.strip()),
        decided_by=by,
        decided_at=at,
        words=words.strip()[:500],
        article=article.strip()[:200],
    )
    return _after(moved, by=by, at=at)


@transaction.atomic
def send_back(*, decision: uuid.UUID, words: str, by: Staff, at: datetime) -> Decision:
    """Send an opinion back with a reason (退回重办). Raises NotDecided without one; WrongStep, NotAllowed."""
    if not words.strip():
        raise NotDecided("退回要写明哪里要重办。")
    return move_decision(
        "send_back", decision, by=by, at=at, note=Note(words.strip()), proposed_by=None, proposed_at=None, agrees=None
    )


@transaction.atomic
def refer(*, decision: uuid.UUID, words: str, by: Staff, at: datetime) -> Decision:
    """Refer to where it must be applied for (转介), with the proof we can give: education at the school (第38条)."""
    return _after(
        move_decision("refer", decision, by=by, at=at, note=Note(words.strip()), words=words.strip()[:500]), by=by, at=at
    )


@transaction.atomic
def extend(*, case: uuid.UUID, decision: uuid.UUID, cause: str, by: Staff, at: datetime) -> Case:
    """Extend a decision's limit for a cause its policy lists (延长). Raises NotExtended for any other, WrongStep, NotAllowed."""
    held = Decision.objects.select_related("case").get(pk=decision, case_id=case)
    policy = policy_of(held, rules=current_rules(), on=held.case.received_on)
    limit = check_cause(policy.limits if policy else (), cause)
    note = Note(by.name, cause=cause, article=limit.basis)
    return move_decision("extend", decision, by=by, at=at, note=note).case


def _after(decision: Decision, *, by: Staff | None, at: datetime) -> Decision:
    """Once identity is settled the others begin; once all is decided the case is concluded."""
    case = decision.case
    others = list(Decision.objects.filter(case=case))
    if all(one.state in FINAL for one in others if one.is_identity):
        for one in others:
            if one.state == DecisionState.WAITING:
                move_decision("begin", one.pk, by=by, at=at)
                one.state = DecisionState.OPEN
    if all(one.state in FINAL for one in others):
        decision.case = move_case("conclude", case.pk, by=by, at=at, concluded_at=at)
    return decision
