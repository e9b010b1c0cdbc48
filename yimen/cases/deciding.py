"""
Deciding (审核确认): identity first, then the other departments in parallel, each by its own authority and from its own fund.

Facts are frozen with the opinion; a confirmation on facts that have changed since is refused with what changed.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.apart import CONFIRMED_ON_THE_SPOT, is_councils, is_delegated, no_preparer
from yimen.cases.clock import NotExtended, check_cause
from yimen.cases.disputes import refused_anew_as_before
from yimen.cases.drawing import unchecked
from yimen.cases.dues import limits_of, policy_at, project_dues
from yimen.cases.effects import EFFECTS, policy_name
from yimen.cases.flow import CIVIL_AFFAIRS, Changed, Note, move_case, move_decision
from yimen.cases.grounds import (
    NotDecided,
    fen_of,
    no_relative,
    refusal_has_ground,
    today,
    unchanged,
    visited,
    write_opinion,
)
from yimen.cases.in_hand import tell_in_hand
from yimen.cases.models import Case, CaseEvent, Decision, Task
from yimen.cases.posting import posting_asked
from yimen.cases.verifying import COUNTY_DEPTH
from yimen.cases.words import FINAL, DecisionState, Effect, Kind, TaskKind
from yimen.office.access import current
from yimen.office.models import Staff
from yimen.office.queries import holds
from yimen.screening.queries import current_rules

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


def open_decisions(case: Case, asked: Iterable[Any], *, by: Staff | None, at: datetime, on: date | None = None) -> list[Decision]:
    """
    Make a decision for each policy asked for, as it is in force on the day of acceptance (None: today).

    The others wait for identity. Raises NotDecided for an unknown policy.
    """
    rules, wanted = current_rules(), list(asked)
    identity_first = any(one.policy in IDENTITY for one in wanted)
    made = []
    for one in wanted:
        policy = policy_at(one.policy, area_path=case.area_path, rules=rules, on=on or localdate(at))
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
    tell_in_hand(case)
    return made


@transaction.atomic
def propose(*, decision: uuid.UUID, agrees: bool, opinion: str, by: Staff, at: datetime) -> Decision:
    """
    Give the first opinion (初审) and freeze the facts it rests on. Needs an open reading.

    Raises NotDecided while a decisive fact is unknown, the visit is missing or the person is a relative of the household;
    WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    no_relative(held.case, by)
    if held.department in REFERRED_DEPARTMENTS:
        raise NotDecided(f"{held.department}的救助向学校申请（社会救助法第38条），这里出具证明转介，不作决定。")
    if held.is_identity:
        visited(held)
    elif _identity_open(held.case):
        raise NotDecided("身份认定还没有结果。先认定身份，其他事项再按认定的结果办（社会救助法第42条）。")
    now = today(held, localdate(at))
    answer = now.answer
    if agrees and answer.verdict == "unknown":
        raise NotDecided(f"还有待核实的：{'、'.join(answer.missing)}。核实以后才能初审同意。")
    if agrees and answer.verdict == "not_eligible":
        failing = "、".join(one.name for one in answer.conditions if one.value is False)
        raise NotDecided(f"按现有事实不符合“{failing}”。确有特殊情况的，按一事一议另行研究。")
    if not opinion.strip():
        raise NotDecided("请写明初审意见。")
    if not agrees:
        refusal_has_ground(now, opinion)
    amount = fen_of(answer) if agrees else None
    return write_opinion(held, now, agrees=agrees, opinion=opinion.strip(), amount_fen=amount, by=by, at=at)


def _identity_open(case: Case) -> bool:
    return bool(Decision.objects.filter(case=case, is_identity=True).exclude(state__in=FINAL).exists())


@transaction.atomic
def confirm(*, decision: uuid.UUID, by: Staff, at: datetime, words: str = "", seen: datetime | None = None) -> Decision:
    """
    Confirm (审核确认): the grant and, for an identity, the standing are written with it or not at all.

    `seen` is when the opinion that was looked at was given. Raises Changed if another has taken its place, StaleFacts with
    what changed since the opinion; NotDecided if the posting is not over, a relation forbids it, the same person prepared
    the case, or the township may not confirm here; WrongStep, NotAllowed. Needs an open reading.
    """
    held = _held(decision, seen)
    may_confirm(held, by, localdate(at))
    if held.agrees is False:
        raise NotDecided("初审意见是不予同意；要么不予确认，要么退回重办。")
    # The step is taken first: who may not take it is told nothing of what has changed in the household.
    moved = move_decision(
        "confirm", decision, by=by, at=at, note=Note(words.strip()), decided_by=by, decided_at=at, words=words.strip()[:500]
    )
    now = unchanged(held, localdate(at))
    moved.grant = EFFECTS[Effect(held.effect)](held, now, by, at)
    moved.save(update_fields=["grant"])
    return after(moved, by=by, at=at)


def _held(decision: uuid.UUID, seen: datetime | None) -> Decision:
    """
    Return a decision to be decided on, its case locked as every mover does: what is checked is what is decided.

    Raises Changed if the opinion is no longer the one that was seen.
    """
    Case.objects.select_for_update().get(pk=Decision.objects.get(pk=decision).case_id)
    held: Decision = Decision.objects.select_related("case", "proposed_by").get(pk=decision)
    if seen is not None and held.proposed_at is not None and held.proposed_at != seen:
        raise Changed("您打开以后，初审意见已经换了一份。您的决定没有写入；请看过新的意见再定。")
    return held


def may_confirm(held: Decision, by: Staff, on: date) -> None:
    """Raise NotDecided, in words, if this person may not confirm this decision on this day."""
    no_preparer(held.case, by, on, department=held.department, policy=held.policy)
    no_relative(held.case, by)
    if held.is_identity and held.effect == Effect.GIVE:
        visited(held)
    asked = posting_asked(held, on)
    if held.agrees and asked.needed and held.state == DecisionState.PROPOSED:
        must = f"“{policy_name(held.policy)}”须先公示 {asked.days} 天，无异议才能确认。"
        raise NotDecided(must if asked.allowed else f"{asked.words}。")
    hindrance = unchecked(held) if held.agrees and held.effect == Effect.GIVE else ""
    if hindrance:
        raise NotDecided(hindrance)
    in_hands_of(by, held, on)


def in_hands_of(by: Staff, held: Decision, on: date) -> None:
    """Raise NotDecided unless it is theirs: township or county, as the province has it (社会救助法第44条), a local parameter."""
    if held.department == CIVIL_AFFAIRS and held.policy not in CONFIRMED_ON_THE_SPOT:
        confirms_here(by, held.case, on)


def confirms_here(by: Staff, case: Case, on: date) -> None:
    """Raise NotDecided if the county confirms and this is a township's desk."""
    if _reaches_county(by, case.area_path):
        return
    if is_councils(case):
        raise NotDecided("一事一议由县级集体研究决定，须由县级确认。")
    if not is_delegated(case.area_path, on):
        raise NotDecided("本地没有录入“审核确认下放乡镇”（社会救助法第44条由省规定），须由县级确认。")


def _reaches_county(by: Staff, area_path: str) -> bool:
    paths = [path for name, path in current().permissions if name == "decision.confirm" and area_path.startswith(path)]
    return any(path.count(".") <= COUNTY_DEPTH for path in paths)


@transaction.atomic
def refuse(*, decision: uuid.UUID, words: str, article: str, by: Staff, at: datetime, seen: datetime | None = None) -> Decision:
    """
    Refuse (不予确认), in words with the article; the person is told how to appeal (社会救助法第76条).

    Raises NotDecided without words or article, without a ground where the rules say yes, or by whoever prepared the case;
    StaleFacts as `confirm` does; Changed if another opinion has taken the place of the one `seen`; WrongStep, NotAllowed.
    """
    held = _held(decision, seen)
    no_preparer(held.case, by, localdate(at), department=held.department, policy=held.policy)
    in_hands_of(by, held, localdate(at))
    no_relative(held.case, by)
    if not words.strip() or not article.strip():
        raise NotDecided("不予确认要写明理由和依据的条款，本人看得懂。")
    hindrance = refused_anew_as_before(held, words)
    if hindrance:
        raise NotDecided(hindrance)
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
    now = unchanged(held, localdate(at))
    if held.agrees and held.effect == Effect.GIVE:
        refusal_has_ground(now, words)
    return after(moved, by=by, at=at)


@transaction.atomic
def send_back(*, decision: uuid.UUID, words: str, by: Staff, at: datetime, seen: datetime | None = None) -> Decision:
    """
    Send an opinion back with a reason (退回重办).

    Raises NotDecided without one or by a relative, Changed as `confirm` does; WrongStep, NotAllowed.
    """
    if not words.strip():
        raise NotDecided("退回要写明哪里要重办。")
    no_relative(_held(decision, seen).case, by)
    return move_decision(
        "send_back", decision, by=by, at=at, note=Note(words.strip()), proposed_by=None, proposed_at=None, agrees=None
    )


@transaction.atomic
def refer(*, decision: uuid.UUID, words: str, by: Staff, at: datetime) -> Decision:
    """
    Refer to where it must be applied for (转介), with the proof we can give: education at the school (第38条).

    The proof is what has been decided of the identity, so the school waits for it; who is registered elsewhere is pushed on
    at once, within the days of acceptance. Raises NotDecided for what is decided here, WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    pushed = is_pushed(held)
    if held.department not in REFERRED_DEPARTMENTS and not pushed:
        raise NotDecided(f"{held.department}的事项在这里决定，不转介。")
    if not pushed and _identity_open(held.case):
        raise NotDecided("身份认定还没有结果。先认定身份，再带着认定结果转介（社会救助法第42条）。")
    if not words.strip():
        raise NotDecided("请写明转到哪里，例如学校名称。")
    proof = _proof(held.case)
    said = f"{words.strip()}。{proof}"
    moved = move_decision("refer", decision, by=by, at=at, note=Note(said), words=said[:500], facts={"proof": proof})
    return after(moved, by=by, at=at)


def is_pushed(decision: Decision) -> bool:
    """Say whether a decision is pushed on to where the person is registered and decided there (跨省通办)."""
    return bool(CaseEvent.objects.filter(decision=decision, step="elsewhere").exists())


def _proof(case: Case) -> str:
    """Say what we can prove to the school: the identity that was confirmed, by whom and when; nothing else of the household."""
    rows = Decision.objects.filter(case=case, is_identity=True, state=DecisionState.CONFIRMED, effect=Effect.GIVE)
    return (
        "；".join(f"已确认{policy_name(one.policy)}（{localdate(one.decided_at)}，{case}）" for one in rows) or "没有已确认的身份"
    )


@transaction.atomic
def extend(*, case: uuid.UUID, decision: uuid.UUID, cause: str, by: Staff, at: datetime) -> Case:
    """
    Extend a decision's limit for a cause its policy lists (延长), once.

    Raises NotExtended for any other or a second time, WrongStep, NotAllowed.
    """
    Case.objects.select_for_update().get(pk=case)
    held = Decision.objects.select_related("case").get(pk=decision, case_id=case)
    limit = check_cause(limits_of(held, rules=current_rules()), cause)
    if CaseEvent.objects.filter(decision=held, step="extend").exists():
        raise NotExtended("这项决定的期限已经延长过，不能再延长。")
    note = Note(by.name, cause=cause, article=limit.basis)
    return move_decision("extend", decision, by=by, at=at, note=note).case


def causes_to_extend(decision: Decision) -> tuple[str, ...]:
    """Return the causes for which a decision's limit may still be extended (可以延长的情形); none once it was."""
    if decision.state in FINAL or CaseEvent.objects.filter(decision=decision, step="extend").exists():
        return ()
    return tuple(dict.fromkeys(cause for limit in limits_of(decision, rules=current_rules()) for cause in limit.causes))


def after(decision: Decision, *, by: Staff | None, at: datetime) -> Decision:
    """
    Once identity is settled the others begin; once all is decided an application is concluded and its result handed back.

    A warning in hand stays with its owner, who settles it in one of the four ways.
    """
    case = decision.case
    others = list(Decision.objects.filter(case=case))
    if all(one.state in FINAL for one in others if one.is_identity):
        for one in others:
            if one.state == DecisionState.WAITING:
                move_decision("begin", one.pk, by=by, at=at)
                one.state = DecisionState.OPEN
    if case.kind == Kind.APPLICATION and all(one.state in FINAL for one in others):
        case = move_case("conclude", case.pk, by=by, at=at, concluded_at=at)
        hand_back(case, by=by, at=at)
    project_dues(case)
    tell_in_hand(case)
    decision.case = case
    return decision


def hand_back(case: Case, *, by: Staff | None, at: datetime) -> None:
    """The result goes back to the window that took the matter in; to whoever answers for it if none there may hand it over."""
    taker = case.opened_by
    Task.objects.create(
        case=case,
        household_id=case.household_id,
        kind=TaskKind.DELIVER,
        words=f"办件 {case} 已办结，把结果送给本人：先说一句话，再给纸。",
        owner=taker if taker is not None and holds(taker, "case.deliver", area_path=case.area_path) else case.first_assignee,
        made_by=by,
        made_at=at,
        area_path=case.area_path,
    )
