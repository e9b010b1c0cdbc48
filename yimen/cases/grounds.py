"""
What a decision rests on (依据): the rules' answer and the facts of today, frozen with the opinion and compared before the
confirmation; relatives take no part in it. Who prepared a case and decides nothing of it stands in `apart`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from yimen.cases.dues import project_dues
from yimen.cases.flow import Note, move_decision
from yimen.cases.models import Case, CouncilMinute, Decision, UrgentAid, Visit
from yimen.cases.surveying import county_survey_basis, survey_basis
from yimen.cases.verifying import is_relative, kinships_of
from yimen.cases.visiting import HOME
from yimen.cases.words import Effect, Kind, State
from yimen.office.access import System, current, may, scope
from yimen.office.models import Staff
from yimen.policies.queries import Answer
from yimen.screening.queries import answer_of, current_rules, explain_registered, reckoned_of, story_of

# What an opinion or a refusal must say where every condition is met, so that whoever reads it sees it.
AGAINST = "与规则不同的理由"


class NotDecided(Exception):
    """A decision cannot be taken like this; the sentence says why and what to do first."""


class StaleFacts(NotDecided):
    """The facts have changed since the opinion; `changes` says which, from what to what."""

    def __init__(self, changes: Sequence[str]) -> None:
        self.changes = tuple(changes)
        super().__init__(f"初审以后事实变了：{'；'.join(changes)}。请退回重新初审，不能按旧的事实确认。")


@dataclass(frozen=True)
class Today:
    """What the rules say of a decision's subject today, every fact behind it, and what was reckoned from them."""

    answer: Answer
    facts: list[dict[str, Any]]
    known: Mapping[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """Return the facts as they are compared: by name and member."""
        return {one["fact"] + "|" + (one["member"] or ""): one["value"] for one in self.facts}


def write_opinion(
    held: Decision, now: Today | None, *, agrees: bool, opinion: str, amount_fen: int | None, by: Staff, at: datetime
) -> Decision:
    """Move a decision to PROPOSED with the facts it rests on frozen; the caller has checked that it may be."""
    values = now.values if now else {}
    moved = move_decision(
        "propose",
        held.pk,
        by=by,
        at=at,
        note=Note(opinion),
        agrees=agrees,
        opinion=opinion[:500],
        proposed_by=by,
        proposed_at=at,
        policy_version=now.answer.policy.version if now else held.policy_version,
        facts={"rows": now.facts, "values": values, "known": now.known} if now else {},
        conditions=[_condition(one) for one in now.answer.conditions] if now else [],
        facts_hash=_hash(values),
        amount_fen=amount_fen,
    )
    project_dues(moved.case)
    return moved


def _condition(one: Any) -> dict[str, Any]:
    said: dict[str, Any] = one.as_json()
    return said | {"basis": one.condition.basis, "ask": one.condition.ask, "refusal": one.condition.refusal}


def today(held: Decision, on: date) -> Today:
    """Return what the rules say of a decision's subject on a day. Raises NotDecided if they say nothing."""
    rules = current_rules()
    with _comparing(held):
        registered = explain_registered(household_id=held.case.household_id, on=on, rules=rules)
        answer = answer_of(registered, policy=held.policy, person=held.person_id)
        if answer is None:
            raise NotDecided("这项政策今天不再执行，或此人已不在本户，请先核对。")
        about: dict[str, Any] = {"person": held.person_id, "rules": rules, "on": on}
        return Today(answer, story_of(registered, answer, **about), reckoned_of(registered, answer, **about))


def _comparing(held: Decision) -> AbstractContextManager[Any]:
    """A department's desk may not open the household; the program compares for it what the policy itself asks."""
    if may("person.see", area_path=held.area_path):
        return nullcontext()
    now = current()
    return scope(System("cases.compare", next(one for one in now.paths if held.area_path.startswith(one))), now.purpose)


def refusal_has_ground(now: Today | None, words: str) -> None:
    """Raise NotDecided for a refusal where the rules say yes and the words do not say why the person is refused all the same."""
    if now is not None and now.answer.verdict == "eligible" and AGAINST not in words:
        raise NotDecided(f"按现有事实各项条件都符合。确要不予同意的，请写明“{AGAINST}：……”。")


def fen_of(answer: Answer) -> int | None:
    extras = sum((line.amount for line in answer.extras if line.amount), Decimal(0))
    return None if answer.amount is None else int((answer.amount + extras) * 100)


def _hash(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def no_relative(case: Case, by: Staff) -> None:
    """Raise NotDecided for a relative: nobody surveys, reviews or confirms a relative (回避)."""
    if is_relative(case, by):
        raise NotDecided("这一户有您的近亲属，您须回避，请首派责任人另派他人。")


def visited(held: Decision) -> None:
    """Raise NotDecided before two have signed a visit; with a relative on record or a complaint, before the county's own."""
    case, asked = held.case, [held.policy]
    # Neighbours, letters and a third party tell something too; the visit at home is the law's.
    visits = Visit.objects.filter(case=case, way=HOME, second_signed_at__isnull=False)
    if not visits.exists():
        raise NotDecided(f"还没有两人签字的入户调查（{survey_basis(case, policies=asked)}），先入户再初审。")
    if visits.filter(by_county=True).exists():
        return
    county = f"须由县级入户（{county_survey_basis(case, policies=asked)}），县级入户记录以前不能办理。"
    if kinships_of(case).exists():
        raise NotDecided(f"这一户有近亲属备案，{county}")
    if complained_of(case):
        raise NotDecided(f"申请期间这一户有投诉举报，{county}")


def complained_of(case: Case) -> bool:
    """Say whether a complaint about the household was being checked at any time since this case was received."""
    complaints = Case.objects.filter(household_id=case.household_id, kind=Kind.COMPLAINT).exclude(state=State.WITHDRAWN)
    since = Q(concluded_at=None) | Q(concluded_at__date__gte=case.received_on)
    return bool(complaints.filter(since).exists())


def unchanged(held: Decision, on: date) -> Today | None:
    """Return what the rules say today. Raises StaleFacts if that is not what the opinion rested on."""
    if not held.conditions:
        # An ending after death or removal: nothing can be said of somebody who is not there.
        return None
    now = today(held, on)
    _same_facts(held, now)
    return now


def _same_facts(held: Decision, now: Today) -> None:
    values, then = now.values, held.facts.get("values", {})
    changes = [
        f"{name.partition('|')[0]}由 {_said(then.get(name))} 变为 {_said(values.get(name))}"
        for name in sorted(then.keys() | values.keys())
        if then.get(name) != values.get(name)
    ]
    fen = fen_of(now.answer)
    if held.agrees and held.effect == Effect.GIVE and fen != held.amount_fen and not _given_within(held, fen):
        changes.append(f"金额由 {_yuan(held.amount_fen)} 变为 {_yuan(fen)}")
    if [one["value"] for one in held.conditions] != [one.value for one in now.answer.conditions]:
        changes.append("有条件的结果变了")
    if changes:
        raise StaleFacts(changes)


def _given_within(held: Decision, most_fen: int | None) -> bool:
    """Aid given before the decision (社会救助法第50条) may be less than the rule allows; what a council decided is its own."""
    if CouncilMinute.objects.filter(case_id=held.case_id).exists():
        return True
    given = UrgentAid.objects.filter(case_id=held.case_id).exists()
    return given and most_fen is not None and held.amount_fen is not None and held.amount_fen <= most_fen


def _said(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "未知", True: "是", False: "否"}[value]
    return str(value)


def _yuan(fen: int | None) -> str:
    return "未定" if fen is None else f"{Decimal(fen) / 100:,.2f} 元"
