"""
What is contested outside the bureau, to read (复议、诉讼): terms with their articles, the list of a desk, one decision's page.

Sources: 行政复议法 (2023 修订) 第20, 29, 30, 33, 41, 42, 48, 54, 62–70, 73, 75条; 行政诉讼法 (2017 修正) 第34, 45, 46, 56, 60,
62, 67, 69–77, 85条. The numbers of days are dated parameters; where one is not entered there is no date and the page says so.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet
from django.utils.timezone import localdate

from yimen.cases.models import CaseEvent, Decision, Dispute
from yimen.cases.words import DecisionState, Forum, Outcome, Procedure
from yimen.office.access import NotAllowed, current, may, require
from yimen.office.calendar import Due, after_days, after_months, after_workdays, calendar
from yimen.office.models import Area, Staff
from yimen.office.queries import colleagues
from yimen.policies.queries import Parameter
from yimen.screening.queries import current_rules, parameter_at

CIVIL_AFFAIRS = "民政"
SIMPLE = "（简易程序）"
REVIEW_DAYS, SUIT_DAYS, APPEAL_DAYS = "申请行政复议天数", "不服复议决定起诉天数", "不服一审判决上诉天数"
LAWSUIT_MONTHS = "提起行政诉讼月数"
TAKING_DAYS, RULING_DAYS, REDO_DAYS = "复议受理审查工作日", "复议决定天数", "责令重作工作日"
ANSWER_DAYS: Mapping[str, str] = {
    Forum.REVIEW: "复议答复工作日",
    Forum.SUIT: "行政诉讼答辩举证天数",
    Forum.APPEAL: "行政诉讼二审答辩天数",
}
# These turn a decision round: it is done again, or put right.
REVERSES = (Outcome.QUASHED, Outcome.REDO, Outcome.ALTERED, Outcome.PERFORM)
# These end a dispute without a judgment that somebody could still appeal against.
ENDS_AT_ONCE = (Outcome.MEDIATED, Outcome.WITHDRAWN, Outcome.NOT_TAKEN)
_REVIEW: Mapping[str, str] = {
    Outcome.UPHELD: "行政复议法第六十八条",
    Outcome.DISMISSED: "行政复议法第三十三条、第六十九条",
    Outcome.QUASHED: "行政复议法第六十四条",
    Outcome.REDO: "行政复议法第六十四条",
    Outcome.ALTERED: "行政复议法第六十三条",
    Outcome.PERFORM: "行政复议法第六十六条",
    Outcome.UNLAWFUL: "行政复议法第六十五条、第六十七条",
    Outcome.MEDIATED: "行政复议法第七十三条",
    Outcome.WITHDRAWN: "行政复议法第四十一条",
    Outcome.NOT_TAKEN: "行政复议法第三十条",
}
_SUIT: Mapping[str, str] = {
    Outcome.DISMISSED: "行政诉讼法第六十九条",
    Outcome.QUASHED: "行政诉讼法第七十条",
    Outcome.REDO: "行政诉讼法第七十条、第七十一条",
    Outcome.ALTERED: "行政诉讼法第七十七条",
    Outcome.PERFORM: "行政诉讼法第七十二条、第七十三条",
    Outcome.UNLAWFUL: "行政诉讼法第七十四条、第七十五条",
    Outcome.MEDIATED: "行政诉讼法第六十条",
    Outcome.WITHDRAWN: "行政诉讼法第六十二条",
    Outcome.NOT_TAKEN: "行政诉讼法第五十一条",
}
# A court of appeal upholds what the first one said (第89条), whatever that was for the decision: it is named by what it means.
ARTICLES: Mapping[str, Mapping[str, str]] = {Forum.REVIEW: _REVIEW, Forum.SUIT: _SUIT, Forum.APPEAL: _SUIT}


@dataclass(frozen=True)
class Term:
    """One term: what is reckoned, its article, when it ends (None: no number entered), when it was kept, and how, in lines."""

    stage: str
    basis: str
    due: Due | None
    done_on: date | None
    words: str
    is_ours: bool = False

    def is_late(self, on: date) -> bool:
        """Say whether the term was or is past."""
        return self.due is not None and (self.done_on or on) > self.due.on


def term_of(name: str, *, starts_on: date, area_path: str) -> tuple[Due | None, str]:
    """Reckon a term from a day by its parameter of that day; return it with its article, or None and what is missing."""
    held: Parameter | None = parameter_at(name, area_path=area_path, on=starts_on, rules=current_rules())
    if held is None:
        return None, f"参数“{name}”没有录入，没有期限"
    reckon = {"工作日": after_workdays, "个月": after_months}.get(held.unit, after_days)
    return reckon(calendar(), starts_on, int(held.text)), held.document


def answer_term(held: Dispute) -> tuple[Due | None, str]:
    """Reckon by when the bureau answers and hands its evidence over, from the day the copy came in."""
    if held.copy_on is None:
        return None, "还没有收到申请书（起诉状）副本，答复的期限没有开始"
    simple = SIMPLE if held.forum == Forum.REVIEW and held.procedure == Procedure.SIMPLE else ""
    return term_of(ANSWER_DAYS[held.forum] + simple, starts_on=held.copy_on, area_path=held.area_path)


def terms_of(held: Dispute) -> list[Term]:
    """Return the terms of one dispute that have begun, in their order; those that bind us are marked."""
    return list(_terms(held))


def _terms(held: Dispute) -> Iterator[Term]:
    told = _told_on(held)
    if held.forum == Forum.REVIEW and told is not None:
        yield _term("申请复议", REVIEW_DAYS, told, held.filed_on, held)
    if held.forum == Forum.SUIT and held.follows_id is None and told is not None:
        yield _term("直接起诉", LAWSUIT_MONTHS, told, held.filed_on, held)
    if held.forum == Forum.REVIEW:
        yield _term("复议机关审查受理", TAKING_DAYS, held.filed_on, held.taken_on or held.ruled_on, held)
    if held.copy_on is not None:
        due, basis = answer_term(held)
        yield Term("书面答复、交证据", basis, due, held.answered_on, due.lines[0] if due else basis, is_ours=True)
    if held.forum == Forum.REVIEW and held.taken_on is not None:
        simple = SIMPLE if held.procedure == Procedure.SIMPLE else ""
        yield _term("作出复议决定", RULING_DAYS + simple, held.taken_on, held.ruled_on, held)
    if held.ruled_on is not None and held.outcome not in ENDS_AT_ONCE:
        follows = getattr(held, "followed_by", None)
        done = follows.filed_on if follows else None
        if held.forum == Forum.REVIEW:
            yield _term("不服复议决定起诉", SUIT_DAYS, held.ruled_on, done, held)
        elif held.forum == Forum.SUIT:
            yield _term("不服一审判决上诉", APPEAL_DAYS, held.ruled_on, done, held)


def _term(stage: str, name: str, starts_on: date, done_on: date | None, held: Dispute) -> Term:
    due, basis = term_of(name, starts_on=starts_on, area_path=held.area_path)
    return Term(stage, basis, due, done_on, due.lines[0] if due else basis)


def _told_on(held: Dispute) -> date | None:
    """Return the day on which the person was told the decision in writing, the last before it was contested."""
    told = CaseEvent.objects.filter(decision_id=held.decision_id, step="tell", on__lte=held.filed_on)
    last: date | None = told.order_by("-on").values_list("on", flat=True).first()
    return last


def last_day_to_appeal(held: Dispute) -> date | None:
    """Return the last day on which somebody may still appeal against a first judgment, or None where that is not entered."""
    if held.ruled_on is None:
        return None
    due, _ = term_of(APPEAL_DAYS, starts_on=held.ruled_on, area_path=held.area_path)
    return due.on if due else None


def refused_anew_as_before(decision: Decision, words: str) -> str:
    """
    Say why a decision may not be refused like this after it was quashed, or nothing.

    On the same facts and for the same reason it may not be decided the same again, unless it was quashed for its procedure
    (行政复议法第64条; 行政诉讼法第71条).
    """
    rows = Dispute.objects.filter(decision=decision, outcome__in=(Outcome.QUASHED, Outcome.REDO), is_procedural=False)
    held = rows.exclude(carried_out_at=None).order_by("carried_out_at").last()
    if held is None or held.contested.get("state") != DecisionState.REFUSED:
        return ""
    same = held.contested.get("facts_hash") == decision.facts_hash and held.contested.get("words") == words.strip()
    article = "行政复议法第六十四条" if held.forum == Forum.REVIEW else "行政诉讼法第七十一条"
    return f"原决定已被撤销，不能以同一事实和理由再作相同的决定（{article}）。" if same else ""


def open_dispute(decision: uuid.UUID) -> Dispute | None:
    """Return the review or lawsuit about a decision that is not ended, or None."""
    found: Dispute | None = Dispute.objects.filter(decision_id=decision, closed_at=None).first()
    return found


def disputed_decision(*, decision_id: uuid.UUID) -> Decision:
    """
    Return a decision for whoever answers for it outside: civil affairs at its own, another department at its own.

    Raises Decision.DoesNotExist outside the open scope, NotAllowed.
    """
    held: Decision = Decision.objects.select_related("case", "case__first_assignee", "decided_by").get(pk=decision_id)
    require("dispute.see", area_path=held.area_path)
    staff = current().staff
    own = staff.department.name if staff is not None and staff.department is not None else CIVIL_AFFAIRS
    if own not in (CIVIL_AFFAIRS, held.department):
        raise NotAllowed(f"这项由{held.department}决定，由{held.department}应对复议和诉讼。")
    return held


def answers_for(held: Decision, staff: Staff) -> bool:
    """Say whether somebody's department is the one that decided, and so answers the review or the court (行政复议法第19条)."""
    return staff.department is not None and staff.department.name == held.department


def able_to_answer(held: Decision) -> list[Staff]:
    """Return which colleagues could answer for a decision outside, the nearest desk first."""
    return [one for one in colleagues(permission="dispute.handle", area_path=held.area_path) if answers_for(held, one)]


@dataclass(frozen=True)
class DisputePage:
    """One decision with everything contested about it, the newest first, each with its terms; `open` is the one not ended."""

    decision: Decision
    policy: str
    village: str
    disputes: list[tuple[Dispute, list[Term]]]
    open: Dispute | None
    may_handle: bool
    able: list[Staff]
    last_appeal_on: date | None


def dispute_page(*, decision_id: uuid.UUID) -> DisputePage:
    """Return what is contested about a decision; nobody is named on it. Raises Decision.DoesNotExist, NotAllowed."""
    held = disputed_decision(decision_id=decision_id)
    rows = Dispute.objects.filter(decision=held).select_related("owner", "followed_by").order_by("-recorded_at")
    found = [(one, terms_of(one)) for one in rows]
    opened = next((one for one, _ in found if one.closed_at is None), None)
    policy, staff = current_rules().policy(held.policy), current().staff
    handles = staff is not None and answers_for(held, staff) and may("dispute.handle", area_path=held.area_path)
    return DisputePage(
        decision=held,
        policy=policy.name if policy else held.policy,
        village=Area.objects.filter(path=held.area_path).values_list("name", flat=True).first() or "",
        disputes=found,
        open=opened,
        may_handle=handles,
        able=able_to_answer(held) if handles else [],
        last_appeal_on=last_day_to_appeal(opened) if opened and opened.forum == Forum.SUIT else None,
    )


def disputes(*, is_open: bool) -> QuerySet[Dispute]:
    """Return the reviews and lawsuits of a desk: what must be answered first, then the rest. Raises NotAllowed."""
    require("dispute.see")
    rows: QuerySet[Dispute] = Dispute.objects.filter(closed_at__isnull=is_open)
    staff = current().staff
    if staff is not None and staff.department is not None and staff.department.name != CIVIL_AFFAIRS:
        rows = rows.filter(decision__department=staff.department.name)
    found = rows.select_related("case", "decision", "owner")
    if not is_open:
        return found.order_by("-closed_at")
    return found.order_by("answered_on", F("answer_due_on").asc(nulls_last=True), "filed_on", "pk")


def stage_of(held: Dispute) -> str:
    """Say where a review or lawsuit stands, in one word or two."""
    if held.outcome:
        return held.get_outcome_display() + ("，判决还没有生效" if held.closed_at is None else "")
    if held.answered_on:
        return "已答复，等结果"
    if held.copy_on:
        return "要答复、交证据"
    return "已受理，等副本" if held.taken_on else "已提出，等受理"


def to_answer(staff: Staff, *, on: date) -> tuple[int, int]:
    """Count what somebody has to answer for outside, and how many of these are late."""
    waiting = Dispute.objects.filter(owner=staff, closed_at=None, copy_on__isnull=False, answered_on=None, outcome="")
    return waiting.count(), waiting.filter(answer_due_on__lt=on).count()


def wrong_answer_days() -> Sequence[tuple[Dispute, Due | None]]:
    """Return the open disputes whose kept day to answer is not what the calendar says today, with the right one."""
    rows = Dispute.objects.filter(closed_at=None, copy_on__isnull=False, answered_on=None)
    found = ((one, answer_term(one)[0]) for one in rows)
    return [(one, due) for one, due in found if (due.on if due else None) != one.answer_due_on]


def contested_of(decision: Decision) -> dict[str, object]:
    """Return a decision as it is attacked, to be frozen."""
    return {
        "state": decision.state,
        "words": decision.words,
        "article": decision.article,
        "amount_fen": decision.amount_fen,
        "facts_hash": decision.facts_hash,
        "decided_on": localdate(decision.decided_at).isoformat() if decision.decided_at else "",
    }
