"""
After the decision (告知与复核): told in writing, appealed against, looked at again by somebody else; and from a refused
subsistence allowance straight to the rigid-expenditure household, with the person's consent and no new papers.
"""

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.apart import deciders, is_of_county, preparers_of
from yimen.cases.applying import Asked
from yimen.cases.deciding import in_hands_of, open_decisions
from yimen.cases.dues import RIGID, project_dues
from yimen.cases.flow import CIVIL_AFFAIRS, Note, move_case, move_decision
from yimen.cases.grounds import NotDecided, no_relative
from yimen.cases.models import Case, CaseEvent, Decision, Task
from yimen.cases.words import DecisionState, Effect, State, TaskKind
from yimen.office.models import Staff
from yimen.office.queries import colleagues
from yimen.policies.queries import Parameter
from yimen.screening.queries import current_rules, parameter_at

TURNS_TO_RIGID = frozenset({"subsistence_allowance", "single_person_subsistence"})
ANSWERS = ("uphold", "reopen", "correct")
# Terms of other laws, kept as dated data with their article; where one is not entered the sentence names no number.
REVIEW_DAYS, LAWSUIT_MONTHS = "申请行政复议天数", "提起行政诉讼月数"


def how_to_appeal(*, area_path: str, on: date) -> str:
    """Say how to appeal against a decision (社会救助法第76条), with the terms that are entered, and from which law."""
    ways = appeal_ways(area_path=area_path, on=on)
    return f"不服的，{ways}（社会救助法第76条）；也可以先在本窗口申请复核，复核不影响复议和诉讼。"


def appeal_ways(*, area_path: str, on: date, above: str = "") -> str:
    """Name the two ways of an appeal with their terms; `above` is the government that reviews."""
    rules = current_rules()
    review, lawsuit = (parameter_at(one, area_path=area_path, on=on, rules=rules) for one in (REVIEW_DAYS, LAWSUIT_MONTHS))
    within = f"自收到告知书之日起 {review.text} 日内" if review else ""
    soon = f"自收到之日起 {lawsuit.text} 个月内" if lawsuit else ""
    to = f"向{above}" if above else ""
    by_review = f"{within}{to}申请行政复议{_from(review)}"
    return f"可以{by_review}，也可以{soon}向人民法院提起行政诉讼{_from(lawsuit)}"


def _from(term: Parameter | None) -> str:
    return f"（{term.document}）" if term and term.document else ""


@transaction.atomic
def tell(*, decision: uuid.UUID, words: str, by: Staff, at: datetime, on: date | None = None) -> Decision:
    """
    Note that the person has been told the decision in writing (书面告知): a refusal within three working days.

    Raises NotDecided if they were told before, or `on` lies ahead or before the decision; WrongStep, NotAllowed.
    """
    _could_be(decision, on, localdate(at), "告知")
    if was_told(decision):
        raise NotDecided("这项决定已经书面告知过了。")
    moved = move_decision("tell", decision, by=by, at=at, note=Note(words.strip() or "书面告知", on=on))
    project_dues(moved.case)
    return moved


def _could_be(decision: uuid.UUID, on: date | None, today: date, what: str) -> None:
    """Raise NotDecided for a day that lies ahead, or on which there was no decision yet."""
    decided_at = Decision.objects.get(pk=decision).decided_at
    if on is not None and on > today:
        raise NotDecided(f"{what}的日期 {on} 在今天以后，请核对。")
    if on is not None and decided_at is not None and on < localdate(decided_at):
        raise NotDecided(f"{what}的日期 {on} 在作出决定（{localdate(decided_at)}）以前，请核对。")


def was_told(decision: uuid.UUID) -> bool:
    """Say whether the person was told in writing after the decision was last taken."""
    steps = CaseEvent.objects.filter(decision_id=decision, step__in=("tell", "confirm", "refuse")).order_by("at", "pk")
    last = steps.values_list("step", flat=True).last()
    return bool(last == "tell")


@transaction.atomic
def appeal(*, decision: uuid.UUID, words: str, by: Staff | None, at: datetime, on: date | None = None) -> Task:
    """
    Note what the person holds against a decision (申请复核); somebody else than who decided looks at it again.

    No national text gives this review a limit, so the task has none. Raises NotDecided without words, WrongStep.
    """
    if not words.strip():
        raise NotDecided("请写明本人不服的是什么，照本人的话写。")
    _could_be(decision, on, localdate(at), "申请复核")
    if is_appealed(decision):
        raise NotDecided("这项决定的复核申请已经记下，还没有答复，不用再记。")
    moved = move_decision("appeal", decision, by=by, at=at, note=Note(words.strip(), on=on, article="社会救助法第76条"))
    took_part = preparers_of(moved.case) | {moved.decided_by_id, moved.proposed_by_id}
    owner = next((one for one in _reviewers(moved, localdate(at)) if one.pk not in took_part), moved.case.first_assignee)
    task: Task = Task.objects.create(
        case=moved.case,
        household_id=moved.case.household_id,
        kind=TaskKind.REVIEW,
        words=f"本人对办件 {moved.case} 的决定不服：{words.strip()}"[:300],
        owner=owner,
        made_by=by,
        made_at=at,
        area_path=moved.area_path,
    )
    return task


def _reviewers(decision: Decision, on: date) -> list[Staff]:
    """
    Return who could look at a decision again, the likeliest first: civil affairs at its own, a department at its own.

    Where nobody else confirms, the county's supervisor gets it, to find somebody.
    """
    able = deciders(decision.case, on, department=decision.department, policy=decision.policy)
    if decision.department != CIVIL_AFFAIRS:
        return able
    supervisors = colleagues(permission="case.reassign", area_path=decision.area_path)
    return [*able, *(one for one in supervisors if is_of_county(one, decision.area_path, permission="case.reassign"))]


@transaction.atomic
def answer_appeal(*, decision: uuid.UUID, upheld: bool, words: str, by: Staff, at: datetime) -> Decision:
    """
    Answer an appeal (复核答复): uphold the decision with reasons, or open a refusal again for a new opinion.

    What was confirmed and is found wrong stays until another decision changes it: a task of whoever answers for the case.

    Raises NotDecided without reasons, without an appeal, or by whoever prepared or decided it; WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    if by.pk in preparers_of(held.case) | {held.decided_by_id, held.proposed_by_id}:
        raise NotDecided("复核须由没有经手这项决定的人答复。")
    no_relative(held.case, by)
    in_hands_of(by, held, localdate(at))
    if not words.strip():
        raise NotDecided("请写明复核的理由，本人看得懂。")
    if not is_appealed(decision):
        raise NotDecided("这项决定没有等待答复的复核申请。")
    appealed_at = CaseEvent.objects.filter(decision=held, step="appeal").latest("at").at
    note = Note(words.strip(), article="社会救助法第76条")
    if upheld:
        moved = move_decision("uphold", decision, by=by, at=at, note=note)
    elif held.state == DecisionState.CONFIRMED:
        moved = move_decision("correct", decision, by=by, at=at, note=note)
        _ask_for_correction(moved, words.strip(), by=by, at=at)
    else:
        moved = move_decision(
            "reopen", decision, by=by, at=at, note=note, decided_by=None, decided_at=None, proposed_by=None, proposed_at=None
        )
        take_up_again(moved.case, "复核后重新办理", by=by, at=at)
    # Two decisions of one case may be appealed against; each appeal made its own task, at the moment it was written down.
    reviews = Task.objects.filter(case=moved.case, kind=TaskKind.REVIEW, done_at=None, made_at=appealed_at)
    reviews.update(done_at=at, done_by=by, outcome=words.strip()[:500])
    project_dues(moved.case)
    return moved


def _ask_for_correction(held: Decision, words: str, *, by: Staff, at: datetime) -> None:
    Task.objects.create(
        case=held.case,
        household_id=held.case.household_id,
        kind=TaskKind.CHECK,
        words=f"复核认为办件 {held.case} 的决定应当改正：{words}。请听取意见，另办调整、终止或重新给予。"[:300],
        owner=held.case.first_assignee,
        made_by=by,
        made_at=at,
        area_path=held.area_path,
    )


def is_appealed(decision: uuid.UUID) -> bool:
    """Say whether an appeal against a decision waits for its answer."""
    steps = CaseEvent.objects.filter(decision_id=decision, step__in=("appeal", *ANSWERS)).order_by("at", "pk")
    return bool(steps.values_list("step", flat=True).last() == "appeal")


def take_up_again(case: Case, words: str, *, by: Staff, at: datetime) -> None:
    """Handle a concluded case again; its result has not been handed over, or will be anew."""
    if case.state in (State.CONCLUDED, State.DELIVERED):
        moved = move_case("reopen", case.pk, by=by, at=at, note=Note(words), concluded_at=None)
        case.state = moved.state
        Task.objects.filter(case=case, kind=TaskKind.DELIVER, done_at=None).update(done_at=at, done_by=by, outcome=words)


@transaction.atomic
def transfer_to_rigid(*, decision: uuid.UUID, consent: str, by: Staff, at: datetime) -> Decision:
    """
    Go on from a refused subsistence allowance to the rigid-expenditure household (转入刚性支出困难家庭认定).

    It stays the same case: its papers, authorisations and visit count on. `consent` says how the person agreed.
    Raises NotDecided without it, or if nothing was refused; WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    if held.policy not in TURNS_TO_RIGID or held.state != DecisionState.REFUSED or held.effect != Effect.GIVE:
        raise NotDecided("只有低保不予确认的，才能转入刚性支出困难家庭认定。")
    if not consent.strip():
        raise NotDecided("须本人同意才能转入。请写明本人怎样同意的，例如“本人当面同意并签字”。")
    if Decision.objects.filter(case=held.case, policy=RIGID).exists():
        raise NotDecided("这个办件已经在办刚性支出困难家庭认定。")
    take_up_again(held.case, f"低保不予确认，转入刚性支出困难家庭认定：{consent.strip()}", by=by, at=at)
    made = open_decisions(held.case, [Asked(RIGID)], by=by, at=at)[0]
    said = f"本人同意：{consent.strip()}；材料、授权和入户调查沿用，不再交"
    case = move_case("turn", held.case_id, by=by, at=at, note=Note(said, article="民发〔2024〕57号"))
    project_dues(case)
    return made
