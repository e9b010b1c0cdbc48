"""Firms that verify for us (第三方机构): who they are, by which contract and until when; the day after, their people are out."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_POST

from yimen.office import actions
from yimen.office.access import NotAllowed, acting, require
from yimen.office.once import OtherContent
from yimen.office.queries import firms
from yimen.web.urgent.sent import Unclear, day_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (NotAllowed, Unclear, OtherContent)


def page(request: HttpRequest, problem: str = "") -> HttpResponse:
    """Show the firms with their contracts and people, or add one."""
    require("staff.manage")
    if request.method == "POST":
        try:
            done = send_once(request, "firm.add", lambda: {"said": _add(request.POST)})
            messages.success(request, done["said"])
            return HttpResponseRedirect(reverse("firms"))
        except REFUSALS as refusal:
            problem = str(refusal)
    today = localdate()
    shown = {
        "current": reverse("staff"),
        "rows": [(one, _state(one, today), list(one.staff.all())) for one in firms()],
        "typed": request.POST if problem else {},
        "today": today,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "administrators/firms.html", shown, status=422 if problem else 200)


@require_POST
def contract(request: HttpRequest, code: str) -> HttpResponse:
    """Renew a firm's contract, or end it sooner."""

    def do() -> dict[str, str]:
        firm = actions.change_contract(firm=code, contract=request.POST.get("contract", ""), **_days(request.POST), **_who())
        return {"said": f"{firm.name}的合同改为到 {firm.contract_until} 为止；过了这天，它的人什么也看不到。"}

    try:
        done = send_once(request, "firm.contract", do, firm=code)
    except REFUSALS as refusal:
        return page(request, problem=str(refusal))
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("firms"))


def _add(sent: Any) -> str:
    firm = actions.add_firm(name=sent.get("name", ""), contract=sent.get("contract", ""), **_days(sent), **_who())
    return f"{firm.name}已登记，合同到 {firm.contract_until} 为止。接着到“人员和岗位”新增它的人，部门选它，岗位选“第三方核查”。"


def _days(sent: Any) -> dict[str, Any]:
    first, last = day_of(sent.get("starts_on", "")), day_of(sent.get("ends_on", ""))
    if first is None or last is None:
        raise Unclear("请填合同从哪天起、到哪天止。")
    return {"starts_on": first, "ends_on": last}


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": now()}


def _state(firm: Any, today: date) -> str:
    if firm.is_engaged:
        return "合同期内"
    return "合同还没开始" if firm.contract_from > today else "合同已到期"
