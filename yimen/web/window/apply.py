"""Open an application for a household (登记申请): who applies, how it was asked, and what of theirs is open already."""

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import NotAccepted, open_case
from yimen.cases.queries import Channel, authorities_of, case_rows, in_force, open_cases_of
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.queries import service_point_of
from yimen.office.tables import ValueProblem, read_date
from yimen.registry.queries import HouseholdCard, household_card
from yimen.web.window.drafting import REFUSALS, new_key, send_once

CHANNELS = (Channel.WINDOW, Channel.VILLAGE, Channel.AGENT, Channel.RELATIVE, Channel.PAPER)


def apply(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show what is open already, and open a draft; from there the interview goes on."""
    today = timezone.localdate()
    with reading("登记申请", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
        require("case.open", area_path=card.area_path)
        problem = ""
        if request.method == "POST":
            try:
                done = send_once(request, "case.open", lambda: _opened(request, card), household=household_id.hex)
                return HttpResponseRedirect(reverse("case_interview", args=[uuid.UUID(done["case"])]))
            except REFUSALS as refusal:
                problem = str(refusal)
        rows = case_rows(open_cases_of(household_id=household_id), on=today)
        held = authorities_of(household_id=household_id).filter(in_force(today)) if may("case.see") else ()
        papers = [(one.pk.hex, one.agent_name, one.relation, one.ends_on) for one in held]
    return render(
        request, "window/apply.html", _shown(request, card, rows, problem) | {"papers": papers}, status=422 if problem else 200
    )


def _shown(request: HttpRequest, card: HouseholdCard, rows: list[Any], problem: str) -> dict[str, Any]:
    at_village = may("desk.village") and not may("case.accept")
    wanted = request.POST.get("applicant") or request.GET.get("person", "").replace("-", "")
    applicants = {member.person_id.hex for member in card.members}
    return {
        "current": reverse("people"),
        "card": card.placed(),
        "rows": rows,
        "problem": problem,
        "key": new_key(),
        "channels": [(one.value, one.label) for one in CHANNELS],
        "channel": _channel(request) or (Channel.VILLAGE if at_village else Channel.WINDOW).value,
        "applicant": wanted if wanted in applicants else card.members[0].person_id.hex if card.members else "",
        "typed": request.POST,
    }


def _channel(request: HttpRequest) -> str:
    """Return how it was asked: as chosen, or as a link says, for example for a paper form entered later."""
    wanted = request.POST.get("channel") or request.GET.get("channel", "")
    return wanted if wanted in CHANNELS else ""


def _opened(request: HttpRequest, card: HouseholdCard) -> dict[str, str]:
    post, now = request.POST, timezone.now()
    channel = post.get("channel", "")
    if channel not in CHANNELS:
        raise NotAccepted("请选是怎么来申请的。")
    applicant = next((one.person_id for one in card.members if one.person_id.hex == post.get("applicant")), None)
    if applicant is None:
        raise NotAccepted("请选由哪位家庭成员申请。")
    paper = post.get("paper_number", "").strip()
    if channel == Channel.PAPER and not (paper and post.get("received_on", "").strip()):
        raise NotAccepted("停电时收的纸质登记表补录，要写表的编号和收到的日子。")
    case = open_case(
        household=card.household_id,
        channel=channel,
        applicant=applicant,
        matter="　".join(one for one in (post.get("matter", "").strip(), f"纸质登记表 {paper}" if paper else "") if one),
        paper_number=paper if channel == Channel.PAPER else "",
        received_on=_day(post.get("received_on", "")),
        helper_name=post.get("helper_name", "").strip()[:40] or None,
        helper_relation=post.get("helper_relation", "").strip()[:20],
        authority=_authority(post.get("authority", "")),
        authority_promised=_day(post.get("authority_promised", ""), "补交委托书的日子"),
        service_point=service_point_of(card.area_path),
        by=acting(),
        at=now,
    )
    return {"case": case.pk.hex}


def _authority(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotAccepted("选的委托书不对，请刷新页面再选。") from None


def _day(text: str, column: str = "收到的日子") -> date | None:
    if not text.strip():
        return None
    try:
        return read_date(text.strip(), column=column)
    except ValueProblem as problem:
        raise NotAccepted(str(problem)) from None
