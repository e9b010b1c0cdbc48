"""
急难型临时救助 above the small cap: aid first (先行救助), the checks and papers within the term, one decision, paid in stages.

Source: 社会救助法第29、37、50条; 民发〔2018〕23号 (分阶段救助、一事一议). The first sum, the sum of a later stage, the most as a
multiple of the local 低保 standard and the days for the papers are local parameters: no national text fixes them. Above
the most, or where it is not entered, the county's council decides (一事一议) and its minute is kept.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.benefits.actions import grant_benefit, spend_reserve
from yimen.cases.applying import Asked, open_case
from yimen.cases.deciding import open_decisions
from yimen.cases.dues import policy_of, project_dues
from yimen.cases.flow import Note, WrongStep, move_case
from yimen.cases.grounds import NotDecided, no_relative, today, write_opinion
from yimen.cases.lanes import CAP, HAPPENED, Hand, NotGiven, cap_of, said_clearly
from yimen.cases.models import Case, CouncilMinute, Decision, Task, UrgentAid, UrgentStage
from yimen.cases.numbers import next_number
from yimen.cases.stages import stage_words
from yimen.cases.words import Cause, Channel, DecisionState, Lane, TaskKind
from yimen.evidence.actions import state_facts
from yimen.office import files
from yimen.office.access import may, require
from yimen.office.calendar import Due, after_workdays, calendar
from yimen.office.models import Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.registry.queries import HouseholdCard, household_card
from yimen.screening.queries import current_rules, whole_parameter, yuan_parameter

URGENT = "urgent_temporary_aid"
NOT_ENOUGH = "小额快救不够"
FIRST, LATER, TIMES, WORKDAYS = "急难型先行救助金额", "急难型每期金额", "急难型最高倍数", "急难型补办手续工作日"
ARTICLE = "社会救助法第五十条"
PAPERS = "先行救助后核实，补办手续，补充说明情况"
LEAST_PRESENT = 2


@dataclass(frozen=True)
class Terms:
    """What the place has entered for 急难型, in yuan for one person; None: not entered, and `unentered` names it."""

    first: Decimal | None
    later: Decimal | None
    most: Decimal | None
    workdays: int | None
    unentered: tuple[str, ...]
    # Without a local first sum the law's small and pressing aid stands: a month of the 低保 standard at most.
    first_is_small: bool = False


@dataclass(frozen=True)
class Later:
    """A later stage as it is planned: from which day, who is given what."""

    on: date
    hands: Sequence[Hand]


@dataclass(frozen=True)
class StageLine:
    """One stage of an aid: which, when, how it stands, its parts by person."""

    nth: int
    planned_on: date
    state: str
    parts: Sequence[UrgentStage] = field(default_factory=tuple)
    ready: bool = False

    @property
    def yuan(self) -> Decimal:
        return Decimal(sum(one.fen for one in self.parts)) / 100


def terms_of(card: HouseholdCard, on: date) -> Terms:
    """Return the local terms of 急难型 for a household on a day."""
    rules = current_rules()
    found = {
        name: yuan_parameter(name, area_path=card.area_path, category=card.category, on=on, rules=rules)
        for name in (CAP, FIRST, LATER, TIMES)
    }
    workdays = whole_parameter(WORKDAYS, area_path=card.area_path, on=on, rules=rules)
    standard, times = found[CAP], found[TIMES]
    return Terms(
        first=found[FIRST] if found[FIRST] is not None else cap_of(card, on),
        later=found[LATER],
        most=None if standard is None or times is None else (standard * times).quantize(Decimal("0.01")),
        workdays=workdays,
        unentered=(*(name for name, value in found.items() if value is None), *([WORKDAYS] if workdays is None else [])),
        first_is_small=found[FIRST] is None,
    )


def papers_due(terms: Terms, given_on: date) -> Due | None:
    """Return by which day the papers must follow, reckoned line by line; None where the place has entered no days."""
    return None if terms.workdays is None else after_workdays(calendar(), given_on, terms.workdays)


@transaction.atomic
def give_urgent_aid(
    *,
    household: uuid.UUID,
    hands: Sequence[Hand],
    cause: str,
    words: str,
    by: Staff,
    at: datetime,
    from_reserve: bool = True,
    papers_by: date | None = None,
    channel: str = Channel.WINDOW,
) -> Case:
    """
    Give the first stage before any check (先行救助), also to people from elsewhere; checks and papers follow by a day.

    `papers_by` is the local term, or an earlier day; where none is entered it must be said. Raises NotGiven above the first
    sum or for somebody not of the household, NotDecided for a relative, NotBooked if the reserve is short, NotAllowed.
    Needs an open reading.
    """
    on = localdate(at)
    card = household_card(household_id=household, on=on)
    said_clearly(card, hands, cause, words)
    terms = terms_of(card, on)
    _within_first(terms, hands)
    until = _papers_until(terms, papers_by, on)
    label = Cause(cause).label
    matter = f"{Lane.URGENT.label}：{label}"
    opened = open_case(household=household, channel=channel, by=by, at=at, applicant=hands[0].person, matter=matter)
    no_relative(opened, by)
    case = move_case(
        "give_first",
        opened.pk,
        by=by,
        at=at,
        note=Note(f"{Lane.URGENT.label}，{label}，{until} 以前补办手续", article=ARTICLE),
        number=next_number(opened.area_path, on),
        accepted_at=at,
    )
    aid = UrgentAid(case=case, cause=cause, words=words.strip()[:200], from_reserve=from_reserve, papers_by=until, given_on=on)
    _begin(aid, hands, by=by)
    for one in hands:
        _give_first(case, aid, one, by=by, at=at)
    _ask_for_papers(case, until, by=by, at=at)
    project_dues(case)
    return case


def _begin(aid: UrgentAid, hands: Sequence[Hand], *, by: Staff) -> None:
    aid.lane, aid.given_fen, aid.given_by, aid.area_path = Lane.URGENT, sum(map(_fen, hands)), by, aid.case.area_path
    aid.save(force_insert=True)


def _give_first(case: Case, aid: UrgentAid, hand: Hand, *, by: Staff, at: datetime) -> None:
    _state(case, hand.person, {HAPPENED: True, NOT_ENOUGH: True}, "申报", by=by, at=at)
    open_decisions(case, [Asked(URGENT, hand.person)], by=by, at=at)
    stage = UrgentStage(aid=aid, nth=1, person_id=hand.person, fen=_fen(hand), planned_on=aid.given_on, area_path=case.area_path)
    stage.save(force_insert=True)
    _pay(case, stage, from_reserve=aid.from_reserve, by=by, at=at)


def _within_first(terms: Terms, hands: Sequence[Hand]) -> None:
    if terms.first is None:
        raise NotGiven("这一户还没有定按城市还是按农村，或本地低保标准没有录入，算不出先行救助的最高额。请先定下来、录入。")
    if max(one.yuan for one in hands) > terms.first:
        basis = f"本地参数“{FIRST}”没有录入，按小额快救的最高额" if terms.first_is_small else f"本地参数“{FIRST}”"
        raise NotGiven(f"先行救助一人最高 {terms.first:,.2f} 元（{basis}）。先给这些；不够的核实以后分期给，或一事一议。")


def _papers_until(terms: Terms, papers_by: date | None, on: date) -> date:
    due = papers_due(terms, on)
    if papers_by is None and due is None:
        raise NotGiven(f"本地参数“{WORKDAYS}”没有录入：请写明哪一天以前补办手续，紧急情况解除后补充说明（{ARTICLE}）。")
    until = papers_by or (due.on if due else on)
    if until < on:
        raise NotGiven("补办手续的日子在今天以前，请核对。")
    if due is not None and until > due.on:
        raise NotGiven(f"补办手续最晚 {due.on}（本地 {terms.workdays} 个工作日），不能再晚。")
    return until


def _fen(hand: Hand) -> int:
    return int(hand.yuan * 100)


def _state(case: Case, person: uuid.UUID, facts: Mapping[str, bool], source: str, *, by: Staff, at: datetime) -> None:
    state_facts(
        catalogue=current_rules().catalogue,
        facts=dict(facts),
        source=source,
        stated_on=localdate(at),
        by=by,
        at=at,
        person=person,
        area_path=case.area_path,
        permission="case.accept" if source == "申报" else "case.verify",
    )


def _pay(case: Case, stage: UrgentStage, *, from_reserve: bool, by: Staff, at: datetime) -> None:
    if from_reserve:
        entry = spend_reserve(
            area_path=case.area_path,
            yuan=Decimal(stage.fen) / 100,
            policy=URGENT,
            household=case.household_id,
            person=stage.person_id,
            case=case.pk,
            by=by,
            at=at,
            words=f"{case.matter}，第 {stage.nth} 期",
        )
        stage.reserve_entry = entry.pk
    stage.paid_on, stage.paid_by = localdate(at), by
    stage.save(update_fields=["paid_on", "paid_by", "reserve_entry"])


def _ask_for_papers(case: Case, until: date, *, by: Staff, at: datetime) -> None:
    Task.objects.create(
        case=case,
        household_id=case.household_id,
        kind=TaskKind.URGENT,
        words=PAPERS,
        owner=by,
        due_on=until,
        made_by=by,
        made_at=at,
        area_path=case.area_path,
    )


@transaction.atomic
def record_minute(
    *, case: uuid.UUID, held_on: date, present: str, yuan: Decimal, reason: str, paper: bytes, by: Staff, at: datetime
) -> CouncilMinute:
    """
    Keep what the county's council decided on urgent aid above the most (一事一议): day, who was there, yuan in all, why, paper.

    Raises NotGiven without one of them or after the opinion; WrongStep, NotAllowed.
    """
    aid = _aid(case)
    if not _without_opinion(aid.case).exists():
        raise NotGiven("初审意见已经写了。要改，请审核的人退回重办。")
    names = [one for one in present.replace("，", "、").replace(",", "、").split("、") if one.strip()]
    if len(names) < LEAST_PRESENT:
        raise NotGiven("一事一议是集体研究：请写明参加的人，姓名之间用顿号分开。")
    if not aid.given_on <= held_on <= localdate(at):
        raise NotGiven(f"会议的日子应在先行救助（{aid.given_on}）和今天之间，请核对。")
    if yuan <= 0 or yuan != yuan.quantize(Decimal("0.01")):
        raise NotGiven("请写明定了一共给多少元，最多两位小数。")
    if not reason.strip():
        raise NotGiven("请写明为什么要超过本地的最高额。")
    held = move_case("minute", case, by=by, at=at, note=Note(f"共 {yuan:,.2f} 元：{reason.strip()}", on=held_on))
    if CouncilMinute.objects.filter(case=held).exists():
        raise NotGiven("这件事的会议记录已经存了。")
    minute = CouncilMinute(
        case=held,
        held_on=held_on,
        present="、".join(one.strip() for one in names)[:300],
        fen=int(yuan * 100),
        reason=reason.strip()[:300],
        paper=_kept(paper, held, at),
        by=by,
        at=at,
        area_path=held.area_path,
    )
    minute.save(force_insert=True)
    return minute


def _kept(paper: bytes, case: Case, at: datetime) -> uuid.UUID:
    try:
        ending, picture = plain_picture(paper)
    except NotAPicture as problem:
        raise NotGiven(f"会议记录的照片：{problem}") from None
    return files.put(picture, kind="minute", name=f"minute.{ending}", area_path=case.area_path, at=at)


@transaction.atomic
def check_urgent_aid(*, case: uuid.UUID, holds: bool, words: str, plan: Sequence[Later], by: Staff, at: datetime) -> Case:
    """
    Say after the checks whether the emergency holds, plan the later stages, and give the first opinion on all of it.

    Each person's sum stays within the local most, or the whole is what the council's minute says. Raises NotGiven in words,
    NotDecided for a relative, WrongStep, NotAllowed. Needs an open reading.
    """
    aid, on = _aid(case), localdate(at)
    no_relative(aid.case, by)
    if not words.strip():
        raise NotGiven("请写明怎么核实的、补了什么手续。")
    held = move_case("check_urgent", case, by=by, at=at, note=Note(words.strip(), article=ARTICLE))
    undecided = list(_without_opinion(held))
    if not undecided:
        raise WrongStep("核实和初审意见已经写过了，请刷新页面查看。")
    people = [one.person_id for one in undecided]
    # What was sent back is planned anew.
    UrgentStage.objects.filter(aid=aid, person_id__in=people, paid_on=None).delete()
    _may_be_planned(aid, plan if holds else (), people, on)
    aid.checked_at, aid.checked_by, aid.check_words = at, by, words.strip()[:300]
    aid.save(update_fields=["checked_at", "checked_by", "check_words"])
    for nth, stage in enumerate(plan if holds else (), start=2):
        for hand in stage.hands:
            UrgentStage.objects.create(
                aid=aid, nth=nth, person_id=hand.person, fen=_fen(hand), planned_on=stage.on, area_path=held.area_path
            )
    for decision in undecided:
        _opinion(decision, aid, holds=holds, words=words.strip(), by=by, at=at)
    Task.objects.filter(case=held, kind=TaskKind.URGENT, words=PAPERS, done_at=None).update(
        done_at=at, done_by=by, outcome=words.strip()[:500]
    )
    return held


def _without_opinion(case: Case) -> QuerySet[Decision]:
    rows: QuerySet[Decision] = Decision.objects.filter(case=case, policy=URGENT, state=DecisionState.OPEN)
    return rows.select_related("case").order_by("pk")


def _opinion(decision: Decision, aid: UrgentAid, *, holds: bool, words: str, by: Staff, at: datetime) -> None:
    """State what was seen, freeze it, and propose the sum of all stages; what went out first stays on record either way."""
    if decision.person_id is None:
        return
    _state(decision.case, decision.person_id, {HAPPENED: holds, NOT_ENOUGH: holds}, "入户", by=by, at=at)
    now = today(decision, localdate(at))
    failing = [one.name for one in now.answer.conditions if one.value is not True]
    if holds and failing:
        raise NotDecided(f"按现有事实不能同意：{'、'.join(failing)}。请先核实清楚。")
    stages = list(UrgentStage.objects.filter(aid=aid, person_id=decision.person_id))
    fen = sum(one.fen for one in stages) if holds else None
    proposed = write_opinion(decision, now, agrees=holds, opinion=words, amount_fen=fen, by=by, at=at)
    entry = next((one.reserve_entry for one in stages if one.reserve_entry), None)
    if entry is not None:
        # The grant that follows is this same money: whoever adds up what a household received must not count it twice.
        facts = proposed.facts | {"paid_from_reserve": entry.hex}
        Decision.objects.filter(pk=proposed.pk).update(facts=facts)


def _may_be_planned(aid: UrgentAid, plan: Sequence[Later], helped: Collection[uuid.UUID | None], on: date) -> None:
    card = household_card(household_id=aid.case.household_id, on=aid.given_on)
    terms, minute = terms_of(card, aid.given_on), minute_of(case=aid.case_id)
    last = aid.given_on
    for nth, stage in enumerate(plan, start=2):
        if not stage.hands or any(one.person not in helped for one in stage.hands):
            raise NotGiven(f"第 {nth} 期要写给谁、给多少；只能是先行救助过的人。")
        if any(one.yuan <= 0 or one.yuan != one.yuan.quantize(Decimal("0.01")) for one in stage.hands):
            raise NotGiven("金额要大于 0，最多两位小数。")
        if stage.on <= last or stage.on < on:
            raise NotGiven(f"第 {nth} 期的日子要在前一期以后，也不能在今天以前。")
        last = stage.on
        if minute is None:
            _within_later(terms, stage, nth)
    _within_most(aid, plan, terms, minute)


def _within_later(terms: Terms, stage: Later, nth: int) -> None:
    if terms.later is None:
        raise NotGiven(f"本地参数“{LATER}”没有录入，分期救助要一事一议：先存县里的会议记录。")
    if max(one.yuan for one in stage.hands) > terms.later:
        raise NotGiven(f"第 {nth} 期一人最高 {terms.later:,.2f} 元（本地参数“{LATER}”）。要多给的，一事一议。")


def _within_most(aid: UrgentAid, plan: Sequence[Later], terms: Terms, minute: CouncilMinute | None) -> None:
    sums = {one.person_id: one.fen for one in aid.stages.all()}
    for stage in plan:
        for hand in stage.hands:
            sums[hand.person] = sums.get(hand.person, 0) + _fen(hand)
    whole = sum(sums.values())
    if minute is not None:
        if whole != minute.fen:
            said = f"会议定的是一共 {Decimal(minute.fen) / 100:,.2f} 元"
            raise NotGiven(f"{said}，先行救助和各期加起来是 {Decimal(whole) / 100:,.2f} 元，要一样。")
    elif terms.most is None:
        raise NotGiven(f"本地参数“{TIMES}”（或低保标准）没有录入，没有最高额可依，要一事一议：先存县里的会议记录。")
    elif max(sums.values()) > terms.most * 100:
        raise NotGiven(f"各期加起来一人最高 {terms.most:,.2f} 元（低保标准 × 本地倍数）。超过的，一事一议：先存县里的会议记录。")


@transaction.atomic
def pay_stage(*, case: uuid.UUID, nth: int, from_reserve: bool, by: Staff, at: datetime) -> Case:
    """
    Pay the next stage on or after its day, to whom it was confirmed; each is a grant of its own.

    Raises NotGiven before its day, before the confirmation, out of turn or if nothing is left; NotBooked, NotAllowed.
    """
    held = move_case("pay_stage", case, by=by, at=at, note=Note(f"第 {nth} 期"))
    waiting = UrgentStage.objects.select_for_update().filter(aid__case=held, paid_on=None, stopped_on=None).order_by("nth", "pk")
    decisions = _confirmed(held)
    rows = [one for one in waiting if one.person_id in decisions]
    if not rows or rows[0].nth != nth:
        raise NotGiven("这一期现在不能给：还没有确认，已经给过，停了，或前一期还没有给。请刷新页面查看。")
    if rows[0].planned_on > localdate(at):
        raise NotGiven(f"第 {nth} 期从 {rows[0].planned_on} 起才能给。")
    for stage in (one for one in rows if one.nth == nth):
        _pay(held, stage, from_reserve=from_reserve, by=by, at=at)
        _grant(decisions[stage.person_id], stage, at=at)
    _end_tasks(held, [nth], "已给", by=by, at=at)
    return held


def _confirmed(case: Case) -> dict[uuid.UUID, Decision]:
    rows = Decision.objects.filter(case=case, policy=URGENT, state=DecisionState.CONFIRMED).select_related("case")
    return {one.person_id: one for one in rows}


def _grant(decision: Decision, stage: UrgentStage, *, at: datetime) -> None:
    policy = policy_of(decision, rules=current_rules(), on=localdate(decision.case.accepted_at))
    if policy is None:
        raise NotGiven("这项政策受理时不在执行，不能再给。请核对。")
    plain = {key: value for key, value in decision.facts.items() if key != "paid_from_reserve"}
    grant_benefit(
        policy=policy,
        person=stage.person_id,
        household=None,
        amount_fen=stage.fen,
        starts_on=localdate(at),
        facts=plain | ({"paid_from_reserve": stage.reserve_entry.hex} if stage.reserve_entry else {}),
        area_path=stage.area_path,
        at=at,
    )


@transaction.atomic
def stop_stages(*, case: uuid.UUID, words: str, by: Staff, at: datetime) -> Case:
    """End what is still planned once the emergency is over (急难解除). Raises NotGiven without words or stages; NotAllowed."""
    if not words.strip():
        raise NotGiven("请写明急难怎么解除的，为什么不再分期。")
    held = move_case("stop_stages", case, by=by, at=at, note=Note(words.strip(), article=ARTICLE))
    waiting = UrgentStage.objects.filter(aid__case=held, paid_on=None, stopped_on=None)
    nths = sorted(set(waiting.values_list("nth", flat=True)))
    if not waiting.update(stopped_on=localdate(at)):
        raise NotGiven("没有还没给的期了。")
    _end_tasks(held, nths, words.strip(), by=by, at=at)
    return held


def _end_tasks(case: Case, nths: Sequence[int], outcome: str, *, by: Staff, at: datetime) -> None:
    words = [stage_words(nth) for nth in nths]
    tasks = Task.objects.filter(case=case, kind=TaskKind.URGENT, words__in=words, done_at=None)
    tasks.update(done_at=at, done_by=by, outcome=outcome[:500])


def _aid(case: uuid.UUID) -> UrgentAid:
    aid: UrgentAid | None = UrgentAid.objects.select_related("case").filter(case_id=case, lane=Lane.URGENT).first()
    if aid is None:
        raise NotGiven("这个办件不是急难型。")
    return aid


def minute_of(*, case: uuid.UUID) -> CouncilMinute | None:
    """Return what the county's council decided on a case, or None."""
    found: CouncilMinute | None = CouncilMinute.objects.select_related("by").filter(case_id=case).first()
    return found


def stages_of(*, case: uuid.UUID, on: date) -> list[StageLine]:
    """Return the stages of an aid in order; the next one is ready from its day on, once it is confirmed."""
    rows: QuerySet[UrgentStage] = UrgentStage.objects.filter(aid__case_id=case).select_related("paid_by").order_by("nth", "pk")
    parts: dict[int, list[UrgentStage]] = {}
    for one in rows:
        parts.setdefault(one.nth, []).append(one)
    confirmed = Decision.objects.filter(case_id=case, policy=URGENT, state=DecisionState.CONFIRMED).exists()
    waiting = [nth for nth, held in parts.items() if not held[0].paid_on and not held[0].stopped_on]
    ready = {nth for nth in waiting[:1] if confirmed and parts[nth][0].planned_on <= on}
    return [StageLine(nth, held[0].planned_on, _stage_state(held[0]), held, nth in ready) for nth, held in parts.items()]


def _stage_state(one: UrgentStage) -> str:
    if one.paid_on:
        return "已给"
    return "已停" if one.stopped_on else "未到" if one.planned_on else ""


def minute_paper(*, file_id: uuid.UUID) -> CouncilMinute:
    """Return the minute a photo belongs to. Raises CouncilMinute.DoesNotExist outside the open scope, NotAllowed."""
    found: CouncilMinute = CouncilMinute.objects.get(paper=file_id)
    if not may("decision.confirm", area_path=found.area_path):
        require("case.verify", area_path=found.area_path)
    return found
