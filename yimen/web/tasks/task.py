"""One task (任务): what is asked, until when, and the words with which it ends."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import NotEnded, end_task
from yimen.cases.queries import task_seen
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.web.window.drafting import new_key, send_once


def page(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Show a task, or end it with what was done."""
    problem = ""

    def do() -> dict[str, str]:
        end_task(task=task_id, words=request.POST.get("words", ""), by=acting(), at=timezone.now())
        return {"task": task_id.hex}

    with reading("看任务", task=task_id.hex):
        held = task_seen(task_id=task_id)
        if request.method == "POST":
            try:
                send_once(request, "task.end", do, task=task_id.hex)
                messages.success(request, "已办结，记进了经过。")
                return HttpResponseRedirect(reverse("visits"))
            except (NotEnded, OtherContent) as refusal:
                problem = str(refusal)
    shown = {
        "current": reverse("visits"),
        "task": held,
        "problem": problem,
        "key": new_key(),
        "typed": request.POST,
        "may_see_case": held.case is not None and may("person.see", area_path=held.area_path),
        "today": timezone.localdate(),
    }
    return render(request, "tasks/task.html", shown, status=422 if problem else 200)
