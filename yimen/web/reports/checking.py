"""One warning in hand (线索核查办件): what it is about, hearing the person, and the four ways to settle it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotAccepted, NotChecked, WrongStep, record_hearing, settle_check, take_up_finding
from yimen.cases.queries import case_page, cases_of_finding, words_of
from yimen.cases.words import Kind, State, Way
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.registry.queries import household_card
from yimen.screening.actions import NotClosed
from yimen.screening.queries import finding_seen
from yimen.web.urgent.sent import Unclear, day_of
from yimen.web.window.drafting import new_key, send_once

HINTS = {
    "carry_out": "应享未享：由我们落实，愿意申请的直接转为申请",
    "pass_on": "可能符合别的部门的政策：转为申请，由那个部门办",
    "one_by_one": "情况复杂：集体研究，写明研究的结果",
    "check_out": "不属实、不愿申请，或不再符合：写明理由退出",
}
REFUSALS = (NotChecked, NotClosed, NotAccepted, WrongStep, Unclear, OtherContent)


@require_POST
def take_up(request: HttpRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Make a case of a finding, and go on to it."""

    def do() -> dict[str, str]:
        taken = take_up_finding(finding_id=finding_id, by=acting(), at=timezone.now())
        return {"case": taken.pk.hex, "said": f"已立案，办件号 {taken.number}，由{taken.first_assignee.name}负责。"}

    try:
        with reading("立案核查", finding=finding_id.hex):
            done = send_once(request, "finding.take_up", do, finding=finding_id.hex)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("finding", args=[finding_id]))
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("check", args=[uuid.UUID(done["case"])]))


def page(request: HttpRequest, case_id: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show one warning in hand, with names in full; the look is written down with its purpose."""
    with reading("核查线索办件", case=case_id.hex):
        held = case_page(case_id=case_id)
        if held.case.kind == Kind.APPLICATION:
            raise Http404
        card = household_card(household_id=held.case.household_id, on=timezone.localdate())
    task = next((one for one in held.tasks if one.kind == "check"), None)
    finding = finding_seen(finding_id=held.case.finding_id) if held.case.finding_id else None
    leads = [one for one in cases_of_finding(finding_id=finding.pk) if one.pk != case_id] if finding else []
    shown = {
        "current": reverse("reports"),
        "held": held,
        "case": held.case,
        "card": card.placed(),
        "finding": finding,
        "report": getattr(held.case, "report", None),
        "due_on": task.due_on if task else None,
        "late": bool(task and task.due_on and task.due_on < timezone.localdate() and not task.done_at),
        "events": [(one, words_of(one)) for one in reversed(held.events)],
        "ways": [(one.value, one.label, HINTS[one.value]) for one in Way],
        "needs_hearing": finding is not None and finding.kind == "wrong",
        "heard": any(one.step == "hear" for one in held.events),
        "application": next((one for one in leads if one.kind == Kind.APPLICATION), None),
        "decisions": held.decisions,
        "is_open": held.case.state == State.ACCEPTED,
        "may_check": may("case.verify", area_path=held.case.area_path),
        "others": [one for one in leads if one.kind != Kind.APPLICATION],
        "typed": request.POST,
        "problem": problem,
        "key": new_key(),
        "today": timezone.localdate(),
    }
    return render(request, "reports/check.html", shown, status=422 if problem else 200)


@require_POST
def hear(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Write down what the person said."""

    def do() -> dict[str, str]:
        on = day_of(request.POST.get("on", "")) or timezone.localdate()
        record_hearing(case=case_id, words=request.POST.get("said", ""), on=on, by=acting(), at=timezone.now())
        return {"case": case_id.hex}

    try:
        send_once(request, "check.hear", do, case=case_id.hex)
    except REFUSALS as refusal:
        return page(request, case_id, problem=str(refusal))
    messages.success(request, "本人意见已记下。")
    return HttpResponseRedirect(reverse("check", args=[case_id]))


@require_POST
def settle(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Settle it in one of the four ways; where that leads into an application, say so."""
    way, words = request.POST.get("way", ""), request.POST.get("words", "")

    def do() -> dict[str, str]:
        _, opened = settle_check(case=case_id, way=way, words=words, by=acting(), at=timezone.now())
        return {"application": opened.pk.hex, "code": opened.receipt_code} if opened else {}

    try:
        with reading("核查办结", case=case_id.hex):
            done = send_once(request, "check.settle", do, case=case_id.hex)
    except REFUSALS as refusal:
        return page(request, case_id, problem=str(refusal))
    if done:
        messages.success(request, f"核查已办结，已为这一户开了救助申请（查询码 {done['code']}），请接着填写。")
        return HttpResponseRedirect(reverse("case_interview", args=[uuid.UUID(done["application"])]))
    messages.success(request, "已办结。")
    return HttpResponseRedirect(reverse("check", args=[case_id]))
