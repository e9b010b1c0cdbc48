"""
Reviews and lawsuits, step by step (复议、诉讼): filed, taken up, the copy received, answered with the evidence, stayed, ended;
what a reversing outcome orders is begun here, with its own day, once.

The terms and articles stand in `disputes`. During a review or lawsuit the decision goes on being carried out unless it is
stayed (行政复议法第42条, 行政诉讼法第56条), and no evidence is gathered by ourselves (第46条, 第35条).
"""

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.disputes import (
    ARTICLES,
    ENDS_AT_ONCE,
    REDO_DAYS,
    REVERSES,
    answer_term,
    answers_for,
    contested_of,
    last_day_to_appeal,
    open_dispute,
    term_of,
    wrong_answer_days,
)
from yimen.cases.flow import Note, move_decision
from yimen.cases.grounds import NotDecided, no_relative
from yimen.cases.models import Case, Decision, Dispute, Task
from yimen.cases.telling import take_up_again
from yimen.cases.words import DecisionState, Forum, Outcome, Procedure, TaskKind
from yimen.office.access import NotAllowed
from yimen.office.calendar import Due
from yimen.office.models import Staff

NOT_STAYED = {Forum.REVIEW: "行政复议法第四十二条"}


@transaction.atomic
def contest(
    *, decision: uuid.UUID, forum: str, body: str, on: date, words: str, by: Staff, at: datetime, owner: Staff | None = None
) -> Dispute:
    """
    Write down that a decision is contested before a government or a court (申请复议、起诉、上诉); it gets one owner.

    An appeal follows the open first judgment and takes its place. Raises NotDecided while another stands open (第29条), for a
    day that cannot be, without body or words; WrongStep, NotAllowed.
    """
    if forum not in Forum.values:
        raise NotDecided("请选行政复议、行政诉讼一审或二审。")
    if not body.strip() or not words.strip():
        raise NotDecided("请写明向哪个复议机关（法院）提出、本人要求什么。")
    # Locked as every mover does: two who write down the same see each other.
    Case.objects.select_for_update().get(pk=Decision.objects.get(pk=decision).case_id)
    held = Decision.objects.select_related("case").get(pk=decision)
    _answers(held, by)
    decided = localdate(held.decided_at) if held.decided_at else None
    if on > localdate(at) or (decided is not None and on < decided):
        raise NotDecided(f"提出的日期应在作出决定（{decided}）以后、今天以前，请核对。")
    taker = owner or by
    if not answers_for(held, taker):
        raise NotDecided(f"{taker.name}不在作出决定的部门，不能应对这项复议或诉讼。")
    follows = _followed(held, forum, by, at)
    said = f"{Forum(forum).label}，向{body.strip()}：{words.strip()}"
    moved = move_decision("contest", decision, by=by, at=at, note=Note(said, on=on, article="社会救助法第76条"))
    made = Dispute(
        case=moved.case,
        decision=moved,
        follows=follows,
        forum=forum,
        body=body.strip()[:60],
        contested=follows.contested if follows else contested_of(held),
        owner=taker,
        filed_on=on,
        recorded_by=by,
        recorded_at=at,
        area_path=moved.area_path,
    )
    made.save(force_insert=True)
    _task(made, f"办件 {moved.case} 的决定被提起{Forum(forum).label}（{made.body}），等受理通知和副本。", by=by, at=at)
    return made


def _followed(held: Decision, forum: str, by: Staff, at: datetime) -> Dispute | None:
    """Return the judgment an appeal is against, now closed by it. Raises NotDecided if something else stands open."""
    running = open_dispute(held.pk)
    if forum == Forum.APPEAL:
        if running is None or running.forum != Forum.SUIT or not running.outcome:
            raise NotDecided("上诉以前要有还没有生效的一审判决，请先记下一审结果。")
        running.closed_at = at
        running.save(update_fields=["closed_at"])
        return running
    if running is not None:
        raise NotDecided(f"这项决定的{running.get_forum_display()}正在进行，不能同时再提一个（行政复议法第二十九条）。")
    earlier = Dispute.objects.filter(decision=held, forum=Forum.REVIEW, followed_by=None, outcome__gt="")
    return earlier.order_by("ruled_on").last() if forum == Forum.SUIT else None


def _answers(held: Decision, by: Staff) -> None:
    if not answers_for(held, by):
        raise NotAllowed(f"这项由{held.department}决定，由{held.department}应对复议和诉讼（行政复议法第十九条）。")
    no_relative(held.case, by)


def _locked(dispute: uuid.UUID, by: Staff) -> Dispute:
    """Return an open dispute to be changed, locked. Raises NotDecided if it has ended, NotAllowed."""
    held: Dispute = Dispute.objects.select_for_update(of=("self",)).select_related("decision", "case").get(pk=dispute)
    _answers(held.decision, by)
    if held.closed_at is not None:
        raise NotDecided("这一件已经结束，不能再改。请刷新页面查看。")
    return held


def _move(
    held: Dispute, step: str, words: str, *, on: date, by: Staff, at: datetime, article: str = "", **changes: Any
) -> Dispute:
    """Write one step of a dispute to the trail of its decision, and what it changes here."""
    if on > localdate(at) or on < held.filed_on:
        raise NotDecided(f"日期应在提出（{held.filed_on}）以后、今天以前，请核对。")
    note = Note(f"{held.get_forum_display()}：{words}", on=on, article=article)
    moved = move_decision(step, held.decision_id, by=by, at=at, note=note)
    for field, value in changes.items():
        setattr(held, field, value)
    held.save(update_fields=list(changes))
    held.decision, held.case = moved, moved.case
    return held


@transaction.atomic
def take_on(*, dispute: uuid.UUID, on: date, number: str, procedure: str, by: Staff, at: datetime) -> Dispute:
    """Note that the reviewing body or the court has taken it up (受理、立案), under its number. Raises NotDecided, NotAllowed."""
    held = _locked(dispute, by)
    if procedure not in Procedure.values:
        raise NotDecided("请选普通程序或简易程序。")
    changes: dict[str, Any] = {"taken_on": on, "number": number.strip()[:60], "procedure": procedure}
    words = f"{held.body}受理（立案），{Procedure(procedure).label}{'，' + number.strip() if number.strip() else ''}"
    held = _move(held, "contest_taken", words, on=on, by=by, at=at, **changes)
    # Heard the short way, the days to answer are fewer; the copy may have come with the notice.
    return _project(held) if held.copy_on and not held.answered_on else held


@transaction.atomic
def receive_copy(*, dispute: uuid.UUID, on: date, by: Staff, at: datetime) -> Dispute:
    """Note the day the copy came in (收到副本): from it the bureau's days to answer run. Raises NotDecided, NotAllowed."""
    held = _locked(dispute, by)
    if held.copy_on is not None:
        raise NotDecided(f"{held.copy_on} 收到副本已经记下，期限从那天起算。")
    return _project(_move(held, "contest_copy", "收到申请书（起诉状、上诉状）副本", on=on, by=by, at=at, copy_on=on))


def _project(held: Dispute) -> Dispute:
    """Write by when it must be answered to the dispute and to its task, as the calendar has it."""
    due, basis = answer_term(held)
    _keep(held, due)
    words = f"办件 {held.case}：向{held.body}书面答复，交作出决定的证据和依据（{basis}）。"
    Task.objects.filter(case=held.case, kind=TaskKind.DISPUTE, made_at=held.recorded_at, done_at=None).update(words=words[:300])
    return held


def _keep(held: Dispute, due: Due | None) -> None:
    held.answer_due_on, held.answer_due_is_provisional = (due.on, due.provisional) if due else (None, False)
    held.save(update_fields=["answer_due_on", "answer_due_is_provisional"])
    tasks = Task.objects.filter(case_id=held.case_id, kind=TaskKind.DISPUTE, made_at=held.recorded_at, done_at=None)
    tasks.update(due_on=held.answer_due_on)


def recompute_answers() -> int:
    """Move the days to answer to where the calendar of today has them; return how many."""
    wrong = wrong_answer_days()
    for held, due in wrong:
        _keep(held, due)
    return len(wrong)


@transaction.atomic
def answer_contest(*, dispute: uuid.UUID, on: date, evidence: str, by: Staff, at: datetime) -> Dispute:
    """
    Note the written answer and the list of evidence handed over (答复、举证).

    Raises NotDecided before the copy, twice, or without the evidence: what is not handed over counts as none (第70条, 第34条).
    """
    held = _locked(dispute, by)
    if held.copy_on is None:
        raise NotDecided("还没有记下收到副本的日子，答复的期限没有开始。")
    if held.answered_on is not None:
        raise NotDecided(f"{held.answered_on} 已经答复过了。")
    if on < held.copy_on:
        raise NotDecided(f"答复的日期早于收到副本（{held.copy_on}），请核对。")
    if not evidence.strip():
        raise NotDecided("请写明交了哪些证据和依据；不交的，视为没有证据、依据。")
    article = "行政复议法第四十八条" if held.forum == Forum.REVIEW else "行政诉讼法第六十七条"
    changes = {"answered_on": on, "evidence": evidence.strip()[:500]}
    held = _move(held, "contest_answered", f"交：{evidence.strip()}", on=on, by=by, at=at, article=article, **changes)
    _end_task(held, f"{on} 已书面答复，交了证据和依据", by=by, at=at)
    return held


@transaction.atomic
def stay(*, dispute: uuid.UUID, is_stayed: bool, on: date, words: str, by: Staff, at: datetime) -> Dispute:
    """
    Note that the decision is no longer carried out until the end, or is again (停止执行、恢复执行), by whom and why.

    What that means here (paying on what was ended) becomes a task. Raises NotDecided without words or if nothing changes.
    """
    held = _locked(dispute, by)
    if held.is_stayed == is_stayed:
        raise NotDecided("现在已经是这样，不用再记。")
    if not words.strip():
        raise NotDecided("请写明谁决定的、为什么，例如“县政府复议机构通知停止执行”。")
    article = NOT_STAYED.get(Forum(held.forum), "行政诉讼法第五十六条")
    said = f"{'停止' if is_stayed else '恢复'}执行：{words.strip()}"
    held = _move(held, "contest_stay", said, on=on, by=by, at=at, article=article, is_stayed=is_stayed)
    _order(held, f"{said}。请当天照办，并告诉本人。", due_on=None, by=by, at=at)
    return held


@transaction.atomic
def rule(
    *,
    dispute: uuid.UUID,
    outcome: str,
    on: date,
    words: str,
    by: Staff,
    at: datetime,
    redo_by: date | None = None,
    is_procedural: bool = False,
) -> Dispute:
    """
    Note how it ended (结果) on the day the paper came in; what it orders begins with it, once.

    A first judgment is carried out when it has become final. `redo_by` is the day that the ruling sets for doing it again.
    Raises NotDecided for an outcome that is not this forum's, twice, or for a day before the ruling.
    """
    held = _locked(dispute, by)
    if held.outcome:
        raise NotDecided(f"结果已经记下：{held.get_outcome_display()}。")
    if outcome not in ARTICLES[held.forum]:
        raise NotDecided(f"请选{held.get_forum_display()}的结果。")
    if not words.strip():
        raise NotDecided("请写明文书的字号和主文，例如“花政复决〔2026〕3号：撤销，30 日内重新作出决定”。")
    if redo_by is not None and redo_by < on:
        raise NotDecided("重新办理的期限早于收到文书的日子，请核对。")
    said, article = f"{Outcome(outcome).label}：{words.strip()}", ARTICLES[held.forum][outcome]
    changes = {
        "outcome": outcome,
        "ruled_on": on,
        "is_procedural": is_procedural,
        "redo_by": _redo_by(held, outcome, on, redo_by),
    }
    held = _move(held, "contest_ruled", said, on=on, by=by, at=at, article=article, **changes)
    _end_task(held, f"已有结果：{Outcome(outcome).label}", by=by, at=at)
    if held.forum == Forum.SUIT and outcome not in ENDS_AT_ONCE:
        return held
    return _carry_out(held, by=by, at=at)


def _redo_by(held: Dispute, outcome: str, on: date, named: date | None) -> date | None:
    """Return by when it must be done again: as the ruling says, else by the place's parameter, else no day."""
    if outcome not in REVERSES:
        return None
    if named is not None:
        return named
    due, _ = term_of(REDO_DAYS, starts_on=on, area_path=held.area_path)
    return due.on if due else None


@transaction.atomic
def take_effect(*, dispute: uuid.UUID, on: date, by: Staff, at: datetime) -> Dispute:
    """
    Note that a first judgment has become final because nobody appealed in time (判决生效, 行政诉讼法第85条).

    Raises NotDecided before the last day has passed, where no term is entered without a day of its own; NotAllowed.
    """
    held = _locked(dispute, by)
    if held.forum != Forum.SUIT or not held.outcome:
        raise NotDecided("只有一审判决要等上诉期满才生效。")
    last = last_day_to_appeal(held)
    if last is not None and on <= last:
        raise NotDecided(f"上诉期到 {last} 为止，过了这一天没有人上诉才生效。")
    held = _move(held, "contest_final", "没有人上诉，一审判决生效", on=on, by=by, at=at, article="行政诉讼法第八十五条")
    return _carry_out(held, by=by, at=at)


def _carry_out(held: Dispute, *, by: Staff, at: datetime) -> Dispute:
    """
    Close a dispute; what reverses the decision begins here, under the lock and never a second time.

    A refusal is opened again for a new opinion. What was confirmed stays until another decision changes it: a task.
    """
    held.closed_at = at
    if held.outcome in (*REVERSES, Outcome.MEDIATED):
        held.carried_out_at = at
    held.save(update_fields=["closed_at", "carried_out_at"])
    if held.outcome in REVERSES and held.decision.state == DecisionState.REFUSED:
        _open_again(held, by=by, at=at)
    elif held.carried_out_at is not None and held.decision.state in (DecisionState.REFUSED, DecisionState.CONFIRMED):
        said = f"{held.get_forum_display()}{held.get_outcome_display()}（{held.body}）"
        _order(held, f"{said}：请听取意见，按文书另办给予、调整、恢复或终止。", due_on=held.redo_by, by=by, at=at)
    if held.is_stayed and held.outcome not in REVERSES:
        _order(held, f"{held.get_forum_display()}已结束，停止执行到此为止，请恢复执行。", due_on=None, by=by, at=at)
    return held


def _open_again(held: Dispute, *, by: Staff, at: datetime) -> None:
    until = f"，{held.redo_by} 以前重新作出决定" if held.redo_by else "，文书没有写期限，本地参数也没有录入，尽快办"
    words = f"{held.get_forum_display()}{held.get_outcome_display()}{until}；不得以同一事实和理由作出相同的决定"
    note = Note(words if not held.is_procedural else words.partition("；")[0], article=ARTICLES[held.forum][held.outcome])
    fresh = {"decided_by": None, "decided_at": None, "proposed_by": None, "proposed_at": None, "agrees": None}
    moved = move_decision("redo", held.decision_id, by=by, at=at, note=note, **fresh)
    take_up_again(moved.case, f"{held.get_forum_display()}后重新办理", by=by, at=at)
    held.decision, held.case = moved, moved.case


def _task(held: Dispute, words: str, *, by: Staff, at: datetime) -> None:
    """The task of a dispute is known by the moment it was recorded, as an appeal's is."""
    Task.objects.create(
        case=held.case,
        household_id=held.case.household_id,
        kind=TaskKind.DISPUTE,
        words=words[:300],
        owner=held.owner,
        made_by=by,
        made_at=at,
        area_path=held.area_path,
    )


def _end_task(held: Dispute, words: str, *, by: Staff, at: datetime) -> None:
    rows = Task.objects.filter(case=held.case, kind=TaskKind.DISPUTE, made_at=held.recorded_at, done_at=None)
    rows.update(done_at=at, done_by=by, outcome=words[:500])


def _order(held: Dispute, words: str, *, due_on: date | None, by: Staff, at: datetime) -> None:
    """What a ruling orders is work of whoever answers for the case."""
    Task.objects.create(
        case=held.case,
        household_id=held.case.household_id,
        kind=TaskKind.RULING,
        words=f"办件 {held.case}，{words}"[:300],
        owner=held.case.first_assignee,
        due_on=due_on,
        made_by=by,
        made_at=at,
        area_path=held.area_path,
    )
