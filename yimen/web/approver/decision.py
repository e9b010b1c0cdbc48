"""One decision on one screen: the facts, what differs, the rule's answer, what was decided before; confirm, refuse, return."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases import actions
from yimen.cases.queries import DecisionPage, case_page, decision_page, how_to_appeal, waiting_decisions
from yimen.office import files
from yimen.office.access import current
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.screening.queries import current_rules
from yimen.web.approver.asked import moment_asked
from yimen.web.leader.story import Row, Teller
from yimen.web.papers.offered import papers_of
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotDecided, actions.WrongStep, actions.Changed, OtherContent)
REVIEWED = {
    "uphold": "复核维持，理由已记下。请把答复书面告知本人；他仍可以申请行政复议、提起行政诉讼。",
    "again": "复核认为应当重办或改正，已交首派责任人接着办。请把答复书面告知本人。",
}
_COUNTED = ((False, "不符合"), (None, "待核实"), (True, "符合"))


def page(request: HttpRequest, decision_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show a decision with everything it rests on; the look is written down with its purpose."""
    today = timezone.localdate()
    with reading("审核确认", decision=decision_id.hex):
        held = decision_page(decision_id=decision_id, on=today)
        prints = papers_of(case_page(case_id=held.case.pk), current_rules()) if held.household else {}
    keys = [one.decision.pk for one in waiting_decisions(on=today)]
    rows = _rows(held)
    shown = {
        "current": reverse("approve_list"),
        "held": held,
        "prints": prints,
        "decision": held.decision,
        "case": held.case,
        "policy": held.policy,
        "rows": rows,
        "counts": [(words, sum(row.answer is answer for row in rows)) for answer, words in _COUNTED],
        "facts": [one | {"stated_on": _day(one["stated_on"])} for one in held.facts],
        "differences": [one for one in held.facts if one["others"] or one["expired"]],
        "appeal": how_to_appeal(area_path=held.decision.area_path, on=today),
        "problem": problem,
        "key": new_key(),
        "seen": held.decision.proposed_at.isoformat() if held.decision.proposed_at else "",
        "today": today,
        **_neighbours(keys, decision_id),
    }
    return render(request, "approver/decision.html", shown, status=status)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(held: DecisionPage) -> list[Row]:
    """Tell the conditions from the frozen facts alone: what the opinion rested on, not what is known today."""
    known = held.decision.facts.get("known", {})
    return Teller(current_rules(), held.facts, None, known).rows(held.decision.conditions, kind="decision")


def _neighbours(keys: list[uuid.UUID], decision_id: uuid.UUID) -> dict[str, Any]:
    if decision_id not in keys:
        return {"after": keys[0] if keys else None, "left": len(keys)}
    place = keys.index(decision_id)
    return {
        "place": place + 1,
        "of": len(keys),
        "before": keys[place - 1] if place else None,
        "after": keys[place + 1] if place + 1 < len(keys) else None,
    }


def photo(request: HttpRequest, decision_id: uuid.UUID, which: str) -> HttpResponseBase:
    """Show a photo of the sheet on the board, of its first or last day; opening it is written down."""
    with reading("看公示照片", decision=decision_id.hex):
        held = decision_page(decision_id=decision_id, on=timezone.localdate())
    found = [one.last_photo if which == "last" else one.first_photo for one in held.postings if one.kind == "before"]
    if not found or found[-1] is None:
        raise files.NoSuchFile("没有这张照片。")
    return photo_answer(found[-1], purpose="看公示照片")


@require_POST
def confirm(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Confirm; the grant and the standing are written with it."""
    words = request.POST.get("words", "")
    return _do(
        request,
        decision_id,
        lambda: actions.confirm(
            decision=decision_id, words=words, by=_me(), at=timezone.now(), seen=moment_asked(request, "seen")
        ),
        "已确认，结果回到受理窗口。",
    )


@require_POST
def refuse(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Refuse, in words with the article."""
    words, article = request.POST.get("words", ""), request.POST.get("article", "")
    said: dict[str, Any] = {"words": words, "article": article, "seen": moment_asked(request, "seen")}
    return _do(
        request,
        decision_id,
        lambda: actions.refuse(decision=decision_id, by=_me(), at=timezone.now(), **said),
        "已不予确认。三个工作日内书面告知本人，告知书上写明怎样申请复议、诉讼。",
    )


@require_POST
def send_back(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Send back to the window with a reason."""
    words = request.POST.get("words", "")
    return _do(
        request,
        decision_id,
        lambda: actions.send_back(
            decision=decision_id, words=words, by=_me(), at=timezone.now(), seen=moment_asked(request, "seen")
        ),
        "已退回重办，理由已写给经办。",
    )


@require_POST
def review(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Answer an appeal: it stays as decided, or it is done again or put right, with the reason the person reads."""
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")

    def act() -> Any:
        if outcome not in ("uphold", "again"):
            raise actions.NotDecided("请选复核的结果。")
        return actions.answer_appeal(decision=decision_id, upheld=outcome == "uphold", words=words, by=_me(), at=timezone.now())

    return _do(request, decision_id, act, REVIEWED.get(outcome, ""))


def _do(request: HttpRequest, decision_id: uuid.UUID, act: Callable[[], Any], done: str) -> HttpResponse:
    """Only what this desk decides on may be decided here, once however often it is sent; a refusal is what the page says."""

    def act_once() -> dict[str, str]:
        act()
        return {"said": done}

    try:
        with reading("审核确认", decision=decision_id.hex):
            decision_page(decision_id=decision_id, on=timezone.localdate())
            send_once(request, f"decide.{request.path.rstrip('/').rpartition('/')[2]}", act_once, decision=decision_id.hex)
    except REFUSALS as refusal:
        return page(request, decision_id, problem=str(refusal), status=422)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("approve", args=[decision_id]))


def _me() -> Any:
    return current().staff
