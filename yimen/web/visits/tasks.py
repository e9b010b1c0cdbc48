"""My tasks (我的任务): whom to visit, what waits for my signature, what waits for the other's."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import NotVerified, WrongStep, send_visit_back, sign_visit
from yimen.cases.queries import my_visits, offers_to, signing_page, tasks_in_hand, to_sign, waiting_for_other
from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import Staff, own_areas
from yimen.web.visits.visitor import new_key, once_only, visitor


def tasks(request: HttpRequest) -> HttpResponse:
    """Show what is to be done, masked; one audit row for the look."""
    staff, on = visitor(), timezone.localdate()
    visits = may("visit.make")
    if not visits:
        require("case.reassign")
    with reading("看我的任务"):
        shown = {
            "visits": my_visits(staff=staff, on=on) if visits else [],
            "to_sign": to_sign(staff=staff, on=on) if visits else [],
            "waiting": waiting_for_other(staff=staff, on=on) if visits else [],
            "others": tasks_in_hand(staff=staff, on=on),
            "offers": list(offers_to(staff)),
            "may_visit": visits,
            "may_draw": any(area.level <= 3 and may("case.verify", area_path=area.path) for area in own_areas()),
        }
    return render(request, "visits/tasks.html", shown | {"current": reverse("visits"), "today": on})


def signing(request: HttpRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Show what the other recorded; sign it, or send it back with a reason."""
    staff, at, problem = visitor(), timezone.now(), ""
    if request.method == "POST":
        try:
            words = once_only(request, "visit.sign", visit_id, at=at, do=lambda: _signed(request, visit_id, staff, at))
            messages.success(request, words["said"])
            return HttpResponseRedirect(reverse("visits"))
        except (NotVerified, WrongStep, OtherContent) as refusal:
            problem = str(refusal)
    with reading("核对入户记录", visit=visit_id.hex):
        held = signing_page(visit_id=visit_id, staff=staff)
    visit = held.visit
    is_mine = visit.second_id == staff.pk and visit.second_signed_at is None and not visit.sent_back
    shown = {"held": held, "visit": visit, "problem": problem, "current": reverse("visits"), "is_mine": is_mine, "key": new_key()}
    return render(request, "visits/signing.html", shown, status=422 if problem else 200)


def _signed(request: HttpRequest, visit_id: uuid.UUID, staff: Staff, at: datetime) -> dict[str, str]:
    if request.POST.get("do") == "sign":
        sign_visit(visit=visit_id, by=staff, at=at)
        return {"said": "已签字，核查到的事实从现在起各项政策都用。"}
    send_visit_back(visit=visit_id, words=request.POST.get("words", ""), by=staff, at=at)
    return {"said": "已退回，请记录的人重新记。"}
