"""Urgent aid on the spot (急难快救): who, what happened, how much, on one form; then the second person's yes and the receipt."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.benefits.actions import NotBooked, add_receipt, record_gift
from yimen.benefits.actions import NotRecorded as GiftRefused
from yimen.benefits.queries import spent_on
from yimen.cases.actions import NotDecided, NotGiven, WrongStep, confirm, give_small_aid
from yimen.cases.queries import cap_of, case_page, urgent_of
from yimen.cases.words import Channel, DecisionState, Lane
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.registry.queries import household_card
from yimen.web.urgent import staged
from yimen.web.urgent.at_once import form_of, given
from yimen.web.urgent.sent import Unclear, day_of, photo_of, yuan_of
from yimen.web.window.drafting import new_key, send_once

RECEIPTS_FOR = ("reserve.fund", "reserve.spend", "decision.confirm")
REFUSALS = (NotGiven, NotBooked, NotDecided, Unclear, OtherContent, WrongStep)


def form(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show the short form for a household, or give what it says, once, and show what was done."""
    require("case.accept")
    problem, today = "", timezone.localdate()
    with reading("急难快救", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
        if request.method == "POST":
            try:
                return HttpResponseRedirect(
                    reverse(
                        "urgent", args=[given(request, card, action="urgent.give", give=give_small_aid, channel=Channel.WINDOW)]
                    )
                )
            except REFUSALS as refusal:
                problem = str(refusal)
        shown = form_of(request, card, today=today, problem=problem)
        shown |= {"current": reverse("people"), "cap": cap_of(card, today)}
    return render(request, "urgent/form.html", shown, status=422 if problem else 200)


def case(request: HttpRequest, case_id: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show what was given, to whom, what is still to be done: the second person's confirmation, the receipt, the papers."""
    with reading("看急难快救", case=case_id.hex):
        held, aid = case_page(case_id=case_id), urgent_of(case=case_id)
        if aid is not None and aid.lane == Lane.URGENT:
            return staged.page(request, case_id, problem=problem)
        card = household_card(household_id=held.case.household_id, on=timezone.localdate())
        names: dict[Any, str] = {one.person_id: one.name for one in card.members}
    waiting = [one for one in held.decisions if one.state == DecisionState.PROPOSED]
    shown = {
        "current": reverse("cases"),
        "held": held,
        "card": card.placed(),
        "aid": aid,
        "decisions": [(one, names.get(one.person_id, ""), _yuan(one.amount_fen)) for one in held.decisions],
        "entries": [(one, names.get(one.person_id, ""), _yuan(abs(one.fen))) for one in spent_on(case=case_id)],
        "waiting": waiting,
        "mine": any(one.proposed_by_id == acting().pk for one in waiting),
        "may_confirm": may("decision.confirm", area_path=held.case.area_path),
        "may_see_receipts": any(may(one, area_path=held.case.area_path) for one in RECEIPTS_FOR),
        "may_spend": may("reserve.spend", area_path=held.case.area_path),
        "problem": problem,
        "key": new_key(),
    }
    return render(request, "urgent/case.html", shown, status=422 if problem else 200)


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100


@require_POST
def confirm_all(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Confirm what a colleague has given; whoever gave is refused in words."""

    def do() -> dict[str, str]:
        for one in case_page(case_id=case_id).decisions:
            if one.state == DecisionState.PROPOSED:
                confirm(decision=one.pk, by=acting(), at=timezone.now(), words=request.POST.get("words", "")[:500])
        return {"case": case_id.hex}

    try:
        with reading("确认急难快救", case=case_id.hex):
            send_once(request, "urgent.confirm", do, case=case_id.hex)
    except (NotDecided, WrongStep, OtherContent) as refusal:
        return case(request, case_id, problem=str(refusal))
    messages.success(request, "已确认，给付已记下。")
    return HttpResponseRedirect(reverse("urgent", args=[case_id]))


@require_POST
def receipt(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Keep a receipt for what was given; each spending of the case gets it."""
    photo = photo_of(request, "receipt")
    kind = request.POST.get("receipt_kind", "photo")

    def do() -> dict[str, str]:
        if not photo:
            raise NotBooked("请先拍一张或选一张照片。")
        for entry in spent_on(case=case_id):
            if entry.kind == "spent" and not entry.receipts.all():
                add_receipt(entry=entry.pk, kind=kind, content=photo, by=acting(), at=timezone.now())
        return {"case": case_id.hex}

    try:
        send_once(request, "urgent.receipt", do, case=case_id.hex)
    except (NotBooked, OtherContent) as refusal:
        return case(request, case_id, problem=str(refusal))
    messages.success(request, "收据已存好。")
    return HttpResponseRedirect(reverse("urgent", args=[case_id]))


@require_POST
def gift(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Record money or goods of a charity for a household, beside public money."""
    today = timezone.localdate()
    with reading("记慈善款物", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
    sent: Any = request.POST
    try:
        wanted: dict[str, Any] = {
            "fund": sent.get("fund", ""),
            "item": sent.get("item", ""),
            "is_money": sent.get("is_money") == "yes",
            "yuan": yuan_of(sent.get("yuan", "")),
            "quantity": sent.get("quantity", ""),
            "given_on": day_of(sent.get("given_on", "")) or today,
        }

        def record() -> dict[str, str]:
            record_gift(household=household_id, area_path=card.area_path, by=acting(), at=timezone.now(), **wanted)
            return {"household": household_id.hex}

        send_once(request, "charity.gift", record, household=household_id.hex)
        messages.success(request, "已记下，和政府资金分开列。")
    except (GiftRefused, Unclear, OtherContent) as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(reverse("household", args=[household_id]) + "#received")
