"""Reviews and lawsuits at the desk (复议诉讼): what must be answered first; each step once however often it is sent."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases import actions
from yimen.cases.queries import ARTICLES, dispute_page, disputes, open_dispute, stage_of
from yimen.cases.words import Forum, Outcome, Procedure
from yimen.office.access import acting, may
from yimen.office.once import OtherContent
from yimen.screening.queries import current_rules
from yimen.web.urgent.sent import Unclear, day_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotDecided, actions.WrongStep, actions.Changed, OtherContent, Unclear)
PER_PAGE = 50


def listed(request: HttpRequest) -> HttpResponse:
    """Show the reviews and lawsuits of this desk, those to be answered first; nobody is named."""
    closed = request.GET.get("state") == "closed"
    page = Paginator(disputes(is_open=not closed), PER_PAGE).get_page(request.GET.get("page"))
    today, rules = timezone.localdate(), current_rules()
    rows = [
        {
            "one": one,
            "policy": policy.name if (policy := rules.policy(one.decision.policy)) else one.decision.policy,
            "stage": stage_of(one),
            "late": bool(one.answer_due_on and not one.answered_on and not one.outcome and one.answer_due_on < today),
        }
        for one in page.object_list
    ]
    shown = {"current": reverse("disputes"), "page": page, "rows": rows, "closed": closed, "today": today}
    return render(request, "disputes/list.html", shown)


def page(request: HttpRequest, decision_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show what is contested about a decision, its terms with their articles, and what can be noted now."""
    held, today = dispute_page(decision_id=decision_id), timezone.localdate()
    opened = held.open
    shown = {
        "current": reverse("disputes"),
        "held": held,
        "decision": held.decision,
        "case": held.decision.case,
        "rows": [(one, stage_of(one), [(term, term.is_late(today)) for term in terms]) for one, terms in held.disputes],
        "forums": _forums(held),
        "procedures": Procedure.choices,
        "outcomes": [(one, Outcome(one).label, article) for one, article in ARTICLES[opened.forum].items()] if opened else [],
        "decided": held.decision.state in ("confirmed", "refused"),
        "may_see_case": may("person.see", area_path=held.decision.area_path),
        "today": today,
        "typed": request.POST,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "disputes/page.html", shown, status=status)


def _forums(held: Any) -> list[tuple[str, str]]:
    """Return where it can be taken now: an appeal only while a first judgment waits to become final."""
    waits = held.open is not None and held.open.forum == Forum.SUIT and bool(held.open.outcome)
    if held.open is not None:
        return [(Forum.APPEAL.value, str(Forum.APPEAL.label))] if waits else []
    return [(one.value, str(one.label)) for one in (Forum.REVIEW, Forum.SUIT)]


@require_POST
def step(request: HttpRequest, decision_id: uuid.UUID, name: str) -> HttpResponse:
    """Note one step; what is refused is said on the page, with what was typed."""
    act = _STEPS.get(name)
    if act is None:
        return page(request, decision_id, problem="没有这一步，请刷新页面。", status=404)
    try:
        held = dispute_page(decision_id=decision_id)
        about = {"decision": decision_id.hex}
        done = send_once(request, f"dispute.{name}", lambda: {"said": act(request, held)}, **about)
    except REFUSALS as refusal:
        return page(request, decision_id, problem=str(refusal), status=422)
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("dispute", args=[decision_id]))


def _words(request: HttpRequest, name: str = "words") -> str:
    return str(request.POST.get(name, "")).strip()


def _on(request: HttpRequest) -> date:
    return day_of(request.POST.get("on", "")) or timezone.localdate()


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": timezone.now()}


def _open(held: Any) -> uuid.UUID:
    found = open_dispute(held.decision.pk)
    if found is None:
        raise actions.NotDecided("没有正在进行的复议或诉讼，请刷新页面。")
    return found.pk


def _file(request: HttpRequest, held: Any) -> str:
    owner = next((one for one in held.able if one.username == request.POST.get("owner")), acting())
    wanted: dict[str, Any] = {
        "forum": _words(request, "forum"),
        "body": _words(request, "body"),
        "words": _words(request),
        "on": _on(request),
    }
    made = actions.contest(decision=held.decision.pk, owner=owner, **wanted, **_who())
    return f"已记下，由{made.owner.name}负责答复；在“我的任务”里。收到副本那天请来记，期限从那天起算。"


def _take_on(request: HttpRequest, held: Any) -> str:
    wanted: dict[str, Any] = {"number": _words(request, "number"), "procedure": _words(request, "procedure"), "on": _on(request)}
    actions.take_on(dispute=_open(held), **wanted, **_who())
    return "受理（立案）已记下。"


def _copy(request: HttpRequest, held: Any) -> str:
    found = actions.receive_copy(dispute=_open(held), on=_on(request), **_who())
    if found.answer_due_on is None:
        return "收到副本已记下；答复的天数没有录入，没有期限，请按通知书写的日子办。"
    return f"收到副本已记下，{found.answer_due_on:%Y-%m-%d} 以前书面答复并交证据。"


def _answered(request: HttpRequest, held: Any) -> str:
    actions.answer_contest(dispute=_open(held), on=_on(request), evidence=_words(request), **_who())
    return "答复和证据目录已记下。"


def _stay(request: HttpRequest, held: Any) -> str:
    is_stayed = request.POST.get("stayed") == "yes"
    actions.stay(dispute=_open(held), is_stayed=is_stayed, on=_on(request), words=_words(request), **_who())
    return "已记下，并派给首派责任人照办。"


def _rule(request: HttpRequest, held: Any) -> str:
    found = actions.rule(
        dispute=_open(held),
        outcome=_words(request, "outcome"),
        on=_on(request),
        words=_words(request),
        redo_by=day_of(request.POST.get("redo_by", "")),
        is_procedural=request.POST.get("procedural") == "yes",
        **_who(),
    )
    return _followed(found)


def _final(request: HttpRequest, held: Any) -> str:
    return _followed(actions.take_effect(dispute=_open(held), on=_on(request), **_who()))


def _followed(found: Any) -> str:
    if found.closed_at is None:
        return "一审结果已记下。上诉期满没有人上诉的，请来记“判决生效”；上诉的，记二审。"
    if found.decision.state == "open":
        return "结果已记下，这项决定重新办理，由首派责任人接着办。"
    return "结果已记下，要办的已派给首派责任人。" if found.carried_out_at else "结果已记下。"


_STEPS: dict[str, Callable[[HttpRequest, Any], str]] = {
    "file": _file,
    "taken": _take_on,
    "copy": _copy,
    "answered": _answered,
    "stay": _stay,
    "ruled": _rule,
    "final": _final,
}
