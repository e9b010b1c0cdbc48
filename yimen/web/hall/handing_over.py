"""
Between a hall that runs by itself and the centre (单机): at the hall what waits to be handed over; at the centre which halls do
so, how far each has come, and what does not agree until somebody has settled it.
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import (
    alone,
    choices_of,
    disagreement_by_key,
    disagreements,
    nodes_seen,
    there_of,
    told_of,
    waiting_here,
)
from yimen.hall.words import Mismatch, Settling
from yimen.office.access import acting, require
from yimen.office.once import OtherContent
from yimen.office.queries import staff_called
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotBrought, actions.NotSettled, OtherContent)
MOST_BYTES = 64 * 2**20


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Show how it stands between the two, from whichever side one looks."""
    shown = {"current": reverse("hall"), "problem": problem, "key": new_key(), "now": timezone.now()}
    waiting = waiting_here()
    if waiting is not None:
        require("hall.ticket")
        standing = alone(settings.YIMEN_VENUE)
        shown |= {"waiting": waiting, "node": waiting.node, "centre": settings.YIMEN_CENTRE}
        shown["offline"] = standing.state(at=timezone.now()) if standing else None
        return render(request, "hall/lone_here.html", shown, status=status)
    shown |= {
        "lines": nodes_seen(),
        "apart": [(one, there_of(one)) for one in disagreements()],
        "settled": [(one, there_of(one)) for one in disagreements(settled=True)],
    }
    return render(request, "hall/lone.html", shown, status=status)


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Hand over now, write a file for a stick, or take one; what is refused is said on the page."""
    doing = _ACTS.get(name)
    if doing is None:
        raise Http404
    try:
        return doing(request)
    except REFUSALS as refusal:
        return page(request, problem=str(refusal), status=422)


def _send(request: HttpRequest) -> HttpResponse:
    require("hall.ticket")
    waiting = actions.hand_over(at=timezone.now())
    if waiting is None:
        raise actions.NotBrought("这里是中心，没有要交回的记录。")
    messages.success(request, waiting.words, extra_tags="wait" if waiting.node.problem else "")
    return HttpResponseRedirect(reverse("hall_alone"))


def _file(request: HttpRequest) -> HttpResponse:
    content, _ = actions.written(at=timezone.now())
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{settings.YIMEN_VENUE}-{timezone.localtime():%Y%m%d-%H%M}.ymt"'
    return answer


def _take(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or not file.size:
        raise actions.NotBrought("还没有选文件。请选大厅的机器写出的那一份（.ymt）。")
    if file.size > MOST_BYTES:
        raise actions.NotBrought("文件太大了，不像是大厅交来的记录。请用命令行：yimen venue take 文件。")
    # Taken twice it is the same; the events have keys of their own.
    node, done = actions.take_file(content=file.read(), at=timezone.now())
    lacks = f"还缺第 {done.missing[0][0]}–{done.missing[0][1]} 条，请那台机器再交一次。" if done.missing else ""
    messages.success(request, f"{node.venue}的记录收到第 {done.dealt_with} 条。{lacks}")
    return HttpResponseRedirect(reverse("hall_alone"))


_ACTS: dict[str, Callable[[HttpRequest], HttpResponse]] = {"send": _send, "file": _file, "take": _take}


def one(request: HttpRequest, disagreement_id: uuid.UUID) -> HttpResponse:
    """Show both sides of what does not agree, and settle it with a reason."""
    if request.method != "POST":
        return _one(request, disagreement_id)
    chosen = request.POST.get("settling", "")
    try:
        if chosen not in Settling.values:
            raise actions.NotSettled("请选怎么定。")
        settling, reason = Settling(chosen), request.POST.get("reason", "")

        def do() -> dict[str, str]:
            held = disagreement_by_key(disagreement_id)
            told: dict[str, Any] = {"known_as": _known_as(request) if held.kind == Mismatch.STRANGER else None}
            actions.settle(disagreement=disagreement_id, settling=settling, reason=reason, by=acting(), at=timezone.now(), **told)
            return {"said": f"定好了：{settling.label}。"}

        messages.success(request, send_once(request, "disagreement.settle", do, disagreement=disagreement_id.hex)["said"])
    except REFUSALS as refusal:
        return _one(request, disagreement_id, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("hall_alone"))


def _known_as(request: HttpRequest) -> Any:
    username = request.POST.get("known_as", "").strip()
    found = staff_called(username) if username else None
    if username and found is None:
        raise actions.NotSettled(f"没有用户名“{username}”。请在“人员”里查一查，或空着。")
    return found


def _one(request: HttpRequest, disagreement_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    held = disagreement_by_key(disagreement_id)
    shown = {
        "current": reverse("hall"),
        "held": held,
        "there": there_of(held),
        "told": told_of(held),
        "choices": choices_of(held),
        "is_stranger": held.kind == Mismatch.STRANGER,
        "problem": problem,
        "typed": request.POST,
        "key": new_key(),
    }
    return render(request, "hall/lone_apart.html", shown, status=status)
