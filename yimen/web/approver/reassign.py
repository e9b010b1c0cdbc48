"""A supervisor gives everything a colleague answers for to another (批量改派): illness, leave, gone, dead."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases import actions
from yimen.cases.queries import case_rows, cases_answered_for, loads, tasks_of
from yimen.office.access import current, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.web.window.drafting import new_key, send_once

REASONS = ("因病", "请假", "离岗", "去世", "其他")


def reassign(request: HttpRequest) -> HttpResponse:
    """Show what everybody has in hand, one of them in detail, and hand it on."""
    require("case.reassign")
    held = loads()
    people = [one.staff for one in held]
    giver = next((one for one in people if one.username == request.GET.get("from")), None)
    problem = ""
    if request.method == "POST" and giver is not None:
        problem = _move(request, giver, people)
        if not problem:
            return HttpResponseRedirect(f"{reverse('reassign')}?from={giver.username}&done=1")
    today = timezone.localdate()
    cases = list(cases_answered_for(giver)) if giver else []
    with reading("看移交清单"):
        rows = case_rows(cases, on=today)
    shown = {
        "current": reverse("reassign"),
        "loads": held,
        "giver": giver,
        "rows": rows,
        "tasks": list(tasks_of(giver)) if giver else [],
        "others": [one for one in people if one != giver and one.is_active],
        "reasons": REASONS,
        "problem": problem,
        "key": new_key(),
        "today": today,
        "handed_on": request.GET.get("done") == "1",
    }
    return render(request, "approver/reassign.html", shown, status=422 if problem else 200)


def _move(request: HttpRequest, giver: Any, people: list[Any]) -> str:
    """Hand everything on; return why it was refused, or nothing."""
    staff = current().staff
    to = next((one for one in people if one.username == request.POST.get("to")), None)
    if to is None or staff is None:
        return "请选改派给谁。"
    reason = "，".join(one for one in (request.POST.get("reason", ""), request.POST.get("words", "").strip()) if one)

    def hand_on() -> dict[str, int]:
        return {"moved": len(actions.reassign_all(giver=giver, to=to, reason=reason, by=staff, at=timezone.now()))}

    try:
        done = send_once(request, "case.reassign", hand_on, giver=giver.username)
    except (actions.NotHandedOver, actions.WrongStep, OtherContent) as refusal:
        return str(refusal)
    messages.success(
        request, f"{giver.name}的 {done['moved']} 个办件和未办的任务都已改派给{to.name}。请打印移交清单，双方各留一份。"
    )
    return ""
