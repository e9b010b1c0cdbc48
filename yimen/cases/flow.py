"""
The steps of a case and of a decision (流程): two tables that read like the regulation's flow chart, and one mover for each.

Whatever changes a state passes here, so that none forgets permission, lock, version, trail, due date or audit.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate, localtime

from yimen.cases.dues import project_dues
from yimen.cases.in_hand import settle_by_case, tell_in_hand
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.cases.words import DecisionState, State
from yimen.office import audit
from yimen.office.access import NotAllowed, require
from yimen.office.models import Staff

CIVIL_AFFAIRS = "民政"


class WrongStep(Exception):
    """A case or decision does not stand where this step begins; the sentence says where it stands."""


class Changed(Exception):
    """Somebody else has changed the case since it was opened here; the sentence says who and when."""


@dataclass(frozen=True)
class Step:
    """From which states a step leads to which, and which permission it needs; "" leaves the state as it is."""

    words: str
    come_from: tuple[str, ...]
    go_to: str
    needs: str


def _step(words: str, *come_from: str, to: str = "", needs: str) -> Step:
    return Step(words, come_from, to, needs)


CASE_STEPS: Mapping[str, Step] = {
    "save": _step("保存", State.DRAFT, State.SUBMITTED, needs="case.open"),
    "choose": _step("选定事项", State.DRAFT, State.SUBMITTED, needs="case.open"),
    "submit": _step("提交", State.DRAFT, to=State.SUBMITTED, needs="case.open"),
    "tell_papers": _step("一次性告知", State.DRAFT, State.SUBMITTED, needs="case.accept"),
    "accept": _step("受理", State.DRAFT, State.SUBMITTED, to=State.ACCEPTED, needs="case.accept"),
    "take_up": _step("立案核查", State.DRAFT, to=State.ACCEPTED, needs="case.verify"),
    "settle_check": _step("核查办结", State.ACCEPTED, to=State.CONCLUDED, needs="case.verify"),
    "give_first": _step("先行救助", State.DRAFT, to=State.ACCEPTED, needs="case.accept"),
    "minute": _step("一事一议会议记录", State.ACCEPTED, needs="case.verify"),
    "check_urgent": _step("急难核实，补办手续", State.ACCEPTED, needs="case.verify"),
    "pay_stage": _step("分期救助", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="case.accept"),
    "stop_stages": _step("急难解除，不再分期", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="case.accept"),
    "answer": _step("答复举报人（报告人）", State.CONCLUDED, State.DELIVERED, needs="case.verify"),
    "turn_away": _step("不予受理", State.DRAFT, State.SUBMITTED, to=State.TURNED_AWAY, needs="case.accept"),
    "withdraw": _step("撤回", State.DRAFT, State.SUBMITTED, State.ACCEPTED, to=State.WITHDRAWN, needs="case.open"),
    "investigate": _step("启动调查", State.ACCEPTED, needs="case.verify"),
    "ask_comparison": _step("提请核对", State.ACCEPTED, needs="case.verify"),
    "compare": _step("启动核对", State.ACCEPTED, needs="case.verify"),
    "assign": _step("派人核查", State.ACCEPTED, needs="case.verify"),
    "visit": _step("入户调查", State.ACCEPTED, needs="visit.make"),
    "sign": _step("第二人签字", State.ACCEPTED, needs="visit.make"),
    "not_sign": _step("第二人不签，退回重记", State.ACCEPTED, needs="visit.make"),
    "draw": _step("随机抽查抽中", State.ACCEPTED, needs="case.verify"),
    "settle": _step("认定事实", State.ACCEPTED, needs="case.verify"),
    "consent": _step("核对授权", State.DRAFT, State.SUBMITTED, State.ACCEPTED, needs="case.open"),
    "obligor": _step("登记户外的法定义务人", State.DRAFT, State.SUBMITTED, State.ACCEPTED, needs="case.open"),
    "obligor_said": _step("记下法定义务人的情况", State.DRAFT, State.SUBMITTED, State.ACCEPTED, needs="case.accept"),
    "kin": _step("近亲属备案", State.DRAFT, State.SUBMITTED, State.ACCEPTED, needs="case.open"),
    "paper": _step("材料", State.DRAFT, State.SUBMITTED, State.ACCEPTED, needs="case.open"),
    "confidant": _step("选定结果也告诉谁", State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.CONCLUDED, needs="case.open"),
    "hear": _step("听取意见", State.ACCEPTED, needs="case.verify"),
    "hand_over": _step("移交首派责任", State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.CONCLUDED, needs="case.open"),
    "reassign": _step("改派首派责任", State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.CONCLUDED, needs="case.reassign"),
    "ask_recovery": _step("转请追缴", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.propose"),
    "hear_recovery": _step("听取意见（追缴）", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.propose"),
    "propose_recovery": _step("拟追缴", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.propose"),
    "recovery_back": _step("追缴意见退回", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.confirm"),
    "recover": _step("追缴决定", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.confirm"),
    "drop_recovery": _step("不追缴", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.propose"),
    "tell_recovery": _step("书面告知追缴决定", State.ACCEPTED, State.CONCLUDED, State.DELIVERED, needs="decision.propose"),
    "conclude": _step("办结", State.ACCEPTED, to=State.CONCLUDED, needs="case.see"),
    "deliver": _step("送达", State.CONCLUDED, to=State.DELIVERED, needs="case.deliver"),
    "reopen": _step("重新办理", State.CONCLUDED, State.DELIVERED, to=State.ACCEPTED, needs="case.see"),
    "turn": _step("转入刚性支出困难家庭认定", State.ACCEPTED, needs="case.accept"),
    "rate": _step("评价", State.CONCLUDED, State.DELIVERED, needs="case.see"),
}

_PENDING = (DecisionState.OPEN, DecisionState.PROPOSED, DecisionState.POSTED, DecisionState.CLEARED)
DECISION_STEPS: Mapping[str, Step] = {
    "begin": _step("身份已定，开始办理", DecisionState.WAITING, to=DecisionState.OPEN, needs="case.see"),
    "elsewhere": _step("户籍在外地，待推送", DecisionState.WAITING, DecisionState.OPEN, needs="case.accept"),
    "extend": _step("延长期限", DecisionState.WAITING, *_PENDING, needs="case.extend"),
    "propose": _step("初审", DecisionState.OPEN, to=DecisionState.PROPOSED, needs="decision.propose"),
    "post": _step("张贴公示", DecisionState.PROPOSED, to=DecisionState.POSTED, needs="decision.propose"),
    "photograph": _step("公示照片", DecisionState.POSTED, needs="board.photograph"),
    "clear": _step("公示期满，无异议", DecisionState.POSTED, to=DecisionState.CLEARED, needs="decision.propose"),
    "object": _step("公示有异议，重新调查", DecisionState.POSTED, to=DecisionState.OPEN, needs="decision.propose"),
    "send_back": _step(
        "退回重办", DecisionState.PROPOSED, DecisionState.CLEARED, to=DecisionState.OPEN, needs="decision.confirm"
    ),
    "confirm": _step(
        "确认同意", DecisionState.PROPOSED, DecisionState.CLEARED, to=DecisionState.CONFIRMED, needs="decision.confirm"
    ),
    "refuse": _step(
        "不予确认", DecisionState.PROPOSED, DecisionState.CLEARED, to=DecisionState.REFUSED, needs="decision.confirm"
    ),
    "refer": _step(
        "转介",
        DecisionState.WAITING,
        DecisionState.OPEN,
        DecisionState.PROPOSED,
        to=DecisionState.REFERRED,
        needs="decision.propose",
    ),
    "drop": _step("不再办理", DecisionState.WAITING, *_PENDING, to=DecisionState.DROPPED, needs="case.see"),
    "publish": _step("长期公布", DecisionState.CONFIRMED, needs="board.photograph"),
    "tell": _step("书面告知", DecisionState.CONFIRMED, DecisionState.REFUSED, needs="case.see"),
    "appeal": _step("申请复核", DecisionState.REFUSED, DecisionState.CONFIRMED, needs="case.see"),
    "uphold": _step("复核维持", DecisionState.REFUSED, DecisionState.CONFIRMED, needs="decision.confirm"),
    "correct": _step("复核认为应当改正", DecisionState.CONFIRMED, needs="decision.confirm"),
    "reopen": _step("复核重办", DecisionState.REFUSED, to=DecisionState.OPEN, needs="decision.confirm"),
    "contest": _step("申请复议、提起诉讼", DecisionState.REFUSED, DecisionState.CONFIRMED, needs="dispute.handle"),
    # Meanwhile a review of our own may have opened the decision again.
    "contest_taken": _step("复议机关受理、法院立案", *DecisionState, needs="dispute.handle"),
    "contest_copy": _step("收到复议、诉讼副本", *DecisionState, needs="dispute.handle"),
    "contest_answered": _step("答复复议、诉讼并举证", *DecisionState, needs="dispute.handle"),
    "contest_stay": _step("复议、诉讼期间执行", *DecisionState, needs="dispute.handle"),
    "contest_ruled": _step("复议、诉讼结果", *DecisionState, needs="dispute.handle"),
    "contest_final": _step("判决生效", *DecisionState, needs="dispute.handle"),
    "redo": _step("按复议决定、判决重新办理", DecisionState.REFUSED, to=DecisionState.OPEN, needs="dispute.handle"),
}


@dataclass(frozen=True)
class Note:
    """What the trail says of a step: the day it counts from (else the day of `at`), words, cause and article."""

    words: str = ""
    on: date | None = None
    cause: str = ""
    article: str = ""


def step_words(name: str) -> str:
    """Return what a step of a case or decision is called, or nothing."""
    step = CASE_STEPS.get(name) or DECISION_STEPS.get(name)
    return step.words if step else ""


def move_case(
    name: str,
    case_id: uuid.UUID,
    *,
    by: Staff | None,
    at: datetime,
    note: Note = Note(),
    version: int | None = None,
    department: str = CIVIL_AFFAIRS,
    **changes: Any,
) -> Case:
    """
    Lock a case, move it one step with these changes and write it down; the caller holds the transaction.

    `department` says whose step it is: another's than civil affairs' is taken at that department's own desk. Raises WrongStep,
    NotAllowed, Case.DoesNotExist outside the open scope, Changed if `version` is no longer the case's.
    """
    step = CASE_STEPS[name]
    case: Case = Case.objects.select_for_update().get(pk=case_id)
    if department == CIVIL_AFFAIRS:
        require(step.needs, area_path=case.area_path)
    else:
        require_desk(department, area_path=case.area_path, by=by)
    if version is not None and version != case.version:
        who = case.changed_by.name if case.changed_by else "系统"
        when = f"{localtime(case.changed_at):%m月%d日 %H:%M}"
        raise Changed(f"{who}在 {when} 已经改过这个办件。您的内容没有写入，也没有盖掉别人的；请看过新的情况再办。")
    if case.state not in step.come_from:
        raise WrongStep(f"办件 {case} 现在是“{case.get_state_display()}”，不能“{step.words}”。请刷新页面查看。")
    before, case.state = case.state, step.go_to or case.state
    case.version, case.changed_at, case.changed_by = case.version + 1, at, by
    for field, value in changes.items():
        setattr(case, field, value)
    case.save(update_fields=["state", "version", "changed_at", "changed_by", *changes])
    write_event(case, name, by=by, at=at, before=before, after=case.state, note=note)
    if case.number:
        project_dues(case)
    tell_in_hand(case)
    if before != case.state:
        settle_by_case(case, None, by=by, at=at)
    return case


def move_decision(
    name: str, decision_id: uuid.UUID, *, by: Staff | None, at: datetime, note: Note = Note(), **changes: Any
) -> Decision:
    """
    Lock a decision and its case, move the decision one step with these changes and write it down.

    Raises WrongStep, also if the case is not being handled, NotAllowed, Decision.DoesNotExist outside the open scope.
    """
    step = DECISION_STEPS[name]
    # The case first, for every mover: two decisions of one case wait for it, never for each other.
    case: Case = Case.objects.select_for_update().get(pk=Decision.objects.get(pk=decision_id).case_id)
    decision: Decision = Decision.objects.select_for_update().get(pk=decision_id)
    _require_department(step, decision, by)
    if decision.state not in step.come_from:
        raise WrongStep(f"这项决定现在是“{decision.get_state_display()}”，不能“{step.words}”。请刷新页面查看。")
    if case.state not in (State.ACCEPTED, State.CONCLUDED, State.DELIVERED):
        raise WrongStep(f"办件 {case} 现在是“{case.get_state_display()}”，先受理才能“{step.words}”。")
    before, decision.state = decision.state, step.go_to or decision.state
    for field, value in changes.items():
        setattr(decision, field, value)
    decision.save(update_fields=["state", *changes])
    case.version, case.changed_at, case.changed_by = case.version + 1, at, by
    case.save(update_fields=["version", "changed_at", "changed_by"])
    write_event(case, name, by=by, at=at, before=before, after=decision.state, note=note, decision=decision)
    project_dues(case)
    tell_in_hand(case)
    if before != decision.state:
        settle_by_case(case, decision, by=by, at=at)
    decision.case = case
    return decision


def _require_department(step: Step, decision: Decision, by: Staff | None) -> None:
    """What civil affairs confirms needs its post; what another department confirms needs that department's own desk."""
    if step.needs != "decision.confirm" or decision.department == CIVIL_AFFAIRS:
        require(step.needs, area_path=decision.area_path)
        return
    require_desk(decision.department, area_path=decision.area_path, by=by)


def require_desk(department: str, *, area_path: str, by: Staff | None) -> None:
    """Raise NotAllowed, in words, unless this is the desk of another department than civil affairs."""
    if by is None or by.department is None or by.department.name != department:
        raise NotAllowed(f"这项由{department}部门决定，您的岗位不能替它办。")
    require("decision.department", area_path=area_path)


def write_event(
    case: Case,
    name: str,
    *,
    by: Staff | None,
    at: datetime,
    before: str = "",
    after: str = "",
    note: Note = Note(),
    decision: Decision | None = None,
) -> None:
    """Add to the trail of a case and to the audit."""
    CaseEvent.objects.create(
        case=case,
        decision=decision,
        step=name,
        on=note.on or localdate(at),
        at=at,
        by=by,
        before=before,
        after=after,
        words=note.words[:500],
        cause=note.cause[:80],
        article=note.article[:120],
        area_path=case.area_path,
    )
    audit.write(action=f"case.{name}", at=at, subjects={str(case.household_id)}, case=case.pk.hex, after=after)
