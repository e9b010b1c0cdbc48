"""One household's file (一户一档) and the list of those that are lent out; each step once however often it is sent."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases import actions
from yimen.cases.queries import file_number_of, file_page, files_out, old_page, old_papers_of
from yimen.office.access import acting
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.pictures import MOST_BYTES
from yimen.registry.queries import household_card, masked
from yimen.web.photos import photo_answer
from yimen.web.urgent.sent import Unclear, day_of
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotFiled, OtherContent, Unclear)
PER_PAGE = 50


def page(request: HttpRequest, household_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show what lies in a household's file, where it is, and how long it is kept; the look is written down."""
    today = timezone.localdate()
    with reading("看一户一档", household=household_id.hex):
        held = file_page(household_id=household_id, on=today)
        card = household_card(household_id=household_id, on=today)
        old = old_papers_of(household_id=household_id)
    shown = {
        "current": reverse("people"),
        "held": held,
        "old": old,
        "card": card.placed(),
        "head": card.members[0].name if card.members else "",
        "pages": sum(one.pages or 0 for one in held.leaves),
        "late": bool(held.out and held.out.due_on and held.out.due_on < today),
        "today": today,
        "typed": request.POST if problem else {},
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "files/file.html", shown, status=status)


def out(request: HttpRequest) -> HttpResponse:
    """Show the files that are lent out, those due back first; names are masked."""
    today = timezone.localdate()
    shown_page = Paginator(files_out(on=today), PER_PAGE).get_page(request.GET.get("page"))
    lendings = list(shown_page.object_list)
    with reading("看借出的档案", page=shown_page.number):
        names: dict[Any, str] = dict(masked(people=[], households=[one.household_id for one in lendings], on=today))
    rows = [
        {
            "one": one,
            "name": names.get(one.household_id, ""),
            "number": file_number_of(household_id=one.household_id),
            "late": bool(one.due_on and one.due_on < today),
        }
        for one in lendings
    ]
    return render(request, "files/out.html", {"current": reverse("cases"), "rows": rows, "page": shown_page, "today": today})


@require_POST
def step(request: HttpRequest, household_id: uuid.UUID, name: str) -> HttpResponse:
    """Lend a file, take it back, or hand it over; what is refused is said on the page."""
    act = _STEPS.get(name)
    if act is None:
        return page(request, household_id, problem="没有这一步，请刷新页面。", status=404)
    try:
        with reading("管理一户一档", household=household_id.hex):
            file_page(household_id=household_id, on=timezone.localdate())
        done = send_once(request, f"file.{name}", lambda: {"said": act(request, household_id)}, household=household_id.hex)
    except REFUSALS as refusal:
        return page(request, household_id, problem=str(refusal), status=422)
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("household_file", args=[household_id]))


def _said(request: HttpRequest, *names: str) -> dict[str, Any]:
    return {one: request.POST.get(one, "").strip() for one in names}


def _on(request: HttpRequest) -> date:
    return day_of(request.POST.get("on", "")) or timezone.localdate()


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": timezone.now()}


def _lend(request: HttpRequest, household: uuid.UUID) -> str:
    due_on, said = day_of(request.POST.get("due_on", "")), _said(request, "borrower", "reason")
    made = actions.lend_file(household=household, on=_on(request), due_on=due_on, **said, **_who())
    return f"已记下，由{made.borrower}借出" + (f"，{made.due_on:%Y-%m-%d} 以前归还。" if made.due_on else "。")


def _return(request: HttpRequest, household: uuid.UUID) -> str:
    actions.return_file(household=household, on=_on(request), **_said(request, "remark"), **_who())
    return "已归还。"


def _hand_over(request: HttpRequest, household: uuid.UUID) -> str:
    said = _said(request, "archive", "number", "receiver")
    made = actions.hand_over_file(household=household, on=_on(request), **said, **_who())
    return f"已移交{made.archive}，移交单 {made.number}。请把卷内目录一并打印交去。"


def _scan(request: HttpRequest, household: uuid.UUID) -> str:
    pages = [one.read(MOST_BYTES + 1) for one in request.FILES.getlist("pages")]
    said, on = _said(request, "title", "remark"), day_of(request.POST.get("on", ""))
    made = actions.add_old_paper(household=household, pages=pages, on=on, **said, **_who())
    return f"“{made.title}”{len(made.scans)} 页已入卷，原件请放回纸质卷。"


def old_scan(request: HttpRequest, household_id: uuid.UUID, photo_id: uuid.UUID) -> HttpResponseBase:
    """Show one page of an old paper; opening it is written down."""
    with reading("看旧档", household=household_id.hex):
        file_page(household_id=household_id, on=timezone.localdate())
        return photo_answer(old_page(household_id=household_id, page=photo_id), purpose="看旧档")


_STEPS: dict[str, Callable[[HttpRequest, uuid.UUID], str]] = {
    "lend": _lend,
    "return": _return,
    "hand-over": _hand_over,
    "scan": _scan,
}
