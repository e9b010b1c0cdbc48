"""The receipt of an application (回执): number, dates explained line by line, whom to ask, and the code for the telephone."""

import uuid

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.queries import Channel, PaperState, case_page
from yimen.office.access import may
from yimen.office.audit import reading
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules


def receipt(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show and print the receipt of what was accepted."""
    rules = current_rules()
    with reading("打印回执", case=case_id.hex):
        held = case_page(case_id=case_id)
        if held.case.accepted_at is None:
            return HttpResponseRedirect(reverse("case_papers", args=[case_id]))
        card = household_card(household_id=held.case.household_id, on=timezone.localdate())
    address = request.build_absolute_uri(reverse("progress_of", args=[held.case.receipt_code]))
    names: dict[uuid.UUID | None, str] = {member.person_id: member.name for member in card.members}
    shown = {
        "current": reverse("cases"),
        "held": held,
        "case": held.case,
        "applicant": names.get(held.case.applicant_id, ""),
        "rows": [
            (
                policy.name if (policy := rules.policy(one.policy)) else one.policy,
                one,
                held.deadlines.get(one.pk, []),
                held.promises.get(one.pk),
            )
            for one in held.decisions
        ],
        "promised": [paper for paper in held.papers if paper.state == PaperState.PROMISED],
        "code": _spaced(held.case.receipt_code),
        "address": address,
        "drawn": segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#1b2521", light="#ffffff"),
        "may_ask_opinion": may("rating.ask", area_path=held.case.area_path),
        "accepted_on": held.accepted_on,
        "is_entered_later": held.case.channel == Channel.PAPER and held.accepted_on == held.case.received_on,
    }
    return render(request, "window/receipt.html", shown)


def _spaced(code: str) -> str:
    """Write a code in two halves, as it is read aloud."""
    return f"{code[:5]} {code[5:]}"
