"""急难型: aid first on one form; then its page, with the checks and papers by their day, the minute, the stages to pay."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.benefits.actions import NotBooked
from yimen.benefits.queries import reserve_above, spent_on
from yimen.cases.actions import (
    Hand,
    Later,
    NotDecided,
    NotGiven,
    WrongStep,
    check_urgent_aid,
    give_urgent_aid,
    pay_stage,
    record_minute,
    stop_stages,
)
from yimen.cases.queries import (
    Decision,
    case_page,
    minute_of,
    minute_paper,
    papers_due,
    stages_of,
    terms_of,
    urgent_of,
)
from yimen.cases.words import DecisionState
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.registry.queries import HouseholdCard, household_card
from yimen.web.photos import photo_answer
from yimen.web.urgent.at_once import form_of, given
from yimen.web.urgent.sent import Unclear, day_of, photo_of, yuan_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (NotGiven, NotBooked, NotDecided, Unclear, OtherContent, WrongStep)
LATER_STAGES = (2, 3, 4)


def form(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show the form of 急难型 for a household, or give what it says first, once, and show what was done."""
    require("case.accept")
    problem, today = "", timezone.localdate()
    with reading("急难型救助", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
        if request.method == "POST":
            try:
                return HttpResponseRedirect(reverse("urgent", args=[_given(request, card)]))
            except REFUSALS as refusal:
                problem = str(refusal)
        terms = terms_of(card, today)
        shown = form_of(request, card, today=today, problem=problem)
        shown |= {"current": reverse("people"), "terms": terms, "due": papers_due(terms, today)}
    return render(request, "urgent/staged_form.html", shown, status=422 if problem else 200)


def _given(request: HttpRequest, card: HouseholdCard) -> uuid.UUID:
    papers_by = day_of(request.POST.get("papers_by", ""))
    return given(request, card, action="urgent.first", give=give_urgent_aid, papers_by=papers_by)


def page(request: HttpRequest, case_id: uuid.UUID, problem: str = "", doing: str = "") -> HttpResponse:
    """Show what went out first and its day for the papers, how it was checked, what is planned, paid and stopped."""
    today = timezone.localdate()
    with reading("看急难型救助", case=case_id.hex):
        held = case_page(case_id=case_id)
        aid = urgent_of(case=case_id)
        if aid is None:
            raise Http404
        card = household_card(household_id=held.case.household_id, on=today)
        minute = minute_of(case=case_id)
    names: dict[Any, str] = {one.person_id: one.name for one in card.members}
    area, terms = held.case.area_path, terms_of(card, aid.given_on)
    undecided = [one for one in held.decisions if one.state == DecisionState.OPEN]
    reserve = reserve_above(area)
    shown = {
        "current": reverse("cases"),
        "held": held,
        "card": card.placed(),
        "aid": aid,
        "today": today,
        "terms": terms,
        "due": papers_due(terms, aid.given_on),
        "minute": minute,
        "minute_yuan": None if minute is None else Decimal(minute.fen) / 100,
        "stages": _stages(case_id, names),
        "decisions": [(one, names.get(one.person_id, ""), _yuan(one.amount_fen)) for one in held.decisions],
        "entries": [(one, names.get(one.person_id, ""), _yuan(abs(one.fen))) for one in spent_on(case=case_id)],
        "to_plan": undecided,
        "later_stages": [_later(request, nth, undecided, names) for nth in LATER_STAGES],
        "waiting": [one for one in held.decisions if one.state in (DecisionState.PROPOSED, DecisionState.CLEARED)],
        "may_check": bool(undecided) and may("case.verify", area_path=area),
        "may_pay": may("case.accept", area_path=area) and may("reserve.spend", area_path=area),
        "may_see_receipts": any(may(one, area_path=area) for one in ("reserve.fund", "reserve.spend", "decision.confirm")),
        "may_decide": may("decision.confirm", area_path=area),
        "balance": None if reserve is None else Decimal(reserve.balance_fen) / 100,
        "typed": request.POST,
        "doing": doing,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "urgent/staged.html", shown, status=422 if problem else 200)


def _stages(case_id: uuid.UUID, names: Mapping[Any, str]) -> list[Any]:
    held = stages_of(case=case_id, on=timezone.localdate())
    return [(one, [(names.get(part.person_id, ""), _yuan(part.fen), part) for part in one.parts]) for one in held]


def _later(request: HttpRequest, nth: int, undecided: Iterable[Decision], names: Mapping[Any, str]) -> tuple[Any, ...]:
    """Return the fields of a later stage with what was typed: which, its day, and for each person name, field, amount."""
    fields = [(names.get(one.person_id, ""), f"yuan-{nth}-{one.person_id.hex}") for one in undecided if one.person_id]
    typed = request.POST
    return nth, typed.get(f"on-{nth}", ""), [(name, field, typed.get(field, "")) for name, field in fields]


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100


@require_POST
def step(request: HttpRequest, case_id: uuid.UUID, name: str) -> HttpResponse:
    """Take one step of an aid, once, however often it is sent."""
    do = _STEPS.get(name)
    if do is None:
        raise Http404
    try:
        with reading("办急难型救助", case=case_id.hex):
            said = send_once(request, f"urgent.{name}", lambda: {"said": do(request, case_id)}, case=case_id.hex)
    except REFUSALS as refusal:
        return page(request, case_id, problem=str(refusal), doing=name)
    messages.success(request, said["said"])
    return HttpResponseRedirect(reverse("urgent", args=[case_id]))


def _check(request: HttpRequest, case_id: uuid.UUID) -> str:
    sent, people = request.POST, [one.person_id for one in case_page(case_id=case_id).decisions if one.person_id]
    plan = []
    for nth in LATER_STAGES:
        amounts = [(person, yuan_of(sent.get(f"yuan-{nth}-{person.hex}", ""))) for person in people]
        hands, on = [Hand(person, yuan) for person, yuan in amounts if yuan is not None], day_of(sent.get(f"on-{nth}", ""))
        if hands and on is None:
            raise Unclear(f"第 {nth} 期写了金额，还要写哪一天起给。")
        if hands and on is not None:
            plan.append(Later(on, hands))
    holds = sent.get("holds") == "yes"
    check_urgent_aid(case=case_id, holds=holds, words=sent.get("words", ""), plan=plan, by=acting(), at=timezone.now())
    return "核实情况和初审意见已记下，等另一位同事审核确认。"


def _minute(request: HttpRequest, case_id: uuid.UUID) -> str:
    sent, held_on = request.POST, day_of(request.POST.get("held_on", ""))
    yuan, paper = yuan_of(sent.get("yuan", "")), photo_of(request, "paper")
    if held_on is None or yuan is None or not paper:
        raise Unclear("请写会议的日子和一共给多少元，并拍下或选一张会议记录的照片。")
    record_minute(
        case=case_id,
        held_on=held_on,
        present=sent.get("present", ""),
        yuan=yuan,
        reason=sent.get("reason", ""),
        paper=paper,
        by=acting(),
        at=timezone.now(),
    )
    return "会议记录已存好。"


def _pay(request: HttpRequest, case_id: uuid.UUID) -> str:
    nth = request.POST.get("nth", "")
    number = int(nth) if nth.isascii() and nth.isdigit() else 0
    from_reserve = request.POST.get("paid") != "elsewhere"
    pay_stage(case=case_id, nth=number, from_reserve=from_reserve, by=acting(), at=timezone.now())
    return f"第 {number} 期已记下给了。"


def _stop(request: HttpRequest, case_id: uuid.UUID) -> str:
    stop_stages(case=case_id, words=request.POST.get("words", ""), by=acting(), at=timezone.now())
    return "后面的分期已停，理由记进了经过。"


_STEPS: dict[str, Callable[[HttpRequest, uuid.UUID], str]] = {
    "check": _check,
    "minute": _minute,
    "pay": _pay,
    "stop": _stop,
}


def paper(request: HttpRequest, file_id: uuid.UUID) -> HttpResponseBase:
    """Show the photo of a council's minute; opening it is written down."""
    return photo_answer(minute_paper(file_id=file_id).paper, purpose="看一事一议会议记录")
