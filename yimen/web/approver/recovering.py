"""One claim on what was paid wrongly (追缴), at the desk whose fund it is: heard, an opinion, confirmed by another, told."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases import actions
from yimen.cases.queries import decision_page, how_to_appeal, recovery_page
from yimen.office.access import acting
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.web.approver.asked import day_asked, moment_asked, who, words_of, yuan_asked
from yimen.web.approver.decision import page as decision
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotDecided, actions.WrongStep, actions.Changed, OtherContent)


def page(request: HttpRequest, recovery_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show a claim with what was heard and said of it, and what this desk may do next."""
    today = timezone.localdate()
    with reading("追缴", recovery=recovery_id.hex):
        held = recovery_page(recovery_id=recovery_id, staff=acting(), on=today)
    one = held.recovery
    shown = {
        "current": reverse("approve_list"),
        "held": held,
        "one": one,
        "appeal": how_to_appeal(area_path=one.area_path, on=today),
        "problem": problem,
        "typed": request.POST if problem else {},
        "key": new_key(),
        "seen": one.proposed_at.isoformat() if one.proposed_at else "",
        "today": today,
    }
    return render(request, "approver/recovery.html", shown, status=status)


@require_POST
def begin(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Begin a claim on what one's own desk has granted, with what the person says to it."""
    today = timezone.localdate()
    try:
        with reading("追缴", decision=decision_id.hex):
            held = decision_page(decision_id=decision_id, on=today)

            def hear() -> dict[str, str]:
                if held.decision.grant_id is None:
                    raise actions.NotDecided("这项决定没有给付，没有可追缴的。")
                said, on = words_of(request), day_asked(request, "on")
                made = actions.hear_recovery(case=held.case.pk, grant=held.decision.grant_id, words=said, on=on, **who())
                return {"recovery": str(made.pk)}

            done = send_once(request, "recovery.begin", hear, decision=decision_id.hex)
    except REFUSALS as refusal:
        return decision(request, decision_id, problem=str(refusal), status=422)
    messages.success(request, "听取的意见已记下。接着写追缴意见；没有要追缴的，写明理由办结。")
    return HttpResponseRedirect(reverse("recovery", args=[done["recovery"]]))


@require_POST
def step(request: HttpRequest, recovery_id: uuid.UUID, name: str) -> HttpResponse:
    """Take one step of a claim, once however often it is sent; what is refused is said on the page."""
    act = _STEPS.get(name)
    if act is None:
        raise Http404

    def act_once() -> dict[str, str]:
        return {"said": act(request, recovery_id)}

    try:
        with reading("追缴", recovery=recovery_id.hex):
            recovery_page(recovery_id=recovery_id, staff=acting(), on=timezone.localdate())
            done = send_once(request, f"recovery.{name}", act_once, recovery=recovery_id.hex)
    except REFUSALS as refusal:
        return page(request, recovery_id, problem=str(refusal), status=422)
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("recovery", args=[recovery_id]))


def _hear(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    held = recovery_page(recovery_id=recovery_id, staff=acting(), on=timezone.localdate()).recovery
    said, on = words_of(request), day_asked(request, "on")
    actions.hear_recovery(case=held.case_id, grant=held.grant_id, words=said, on=on, **who())
    return "听取的意见已记下。"


def _propose(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    actions.propose_recovery(
        recovery=recovery_id,
        yuan=yuan_asked(request),
        months=words_of(request, "months"),
        words=words_of(request),
        article=words_of(request, "article"),
        **who(),
    )
    return "追缴意见已写好，进了卷内目录；由没有经手的人确认以后，才是追缴决定。"


def _confirm(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    actions.recover(recovery=recovery_id, seen=moment_asked(request, "seen"), **who())
    return "追缴决定已记下。请打印追缴决定告知书，书面告知本人；不从以后的救助里直接扣。"


def _back(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    actions.return_recovery(recovery=recovery_id, words=words_of(request), seen=moment_asked(request, "seen"), **who())
    return "追缴意见已退回，理由已写给经办。"


def _drop(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    actions.drop_recovery(recovery=recovery_id, words=words_of(request), **who())
    return "已办结：不追缴，理由写进了经过。"


def _tell(request: HttpRequest, recovery_id: uuid.UUID) -> str:
    actions.tell_recovery(recovery=recovery_id, words=words_of(request), on=day_asked(request, "on"), **who())
    return "书面告知已记下。"


_STEPS: dict[str, Callable[[HttpRequest, uuid.UUID], str]] = {
    "hear": _hear,
    "propose": _propose,
    "confirm": _confirm,
    "back": _back,
    "drop": _drop,
    "tell": _tell,
}
