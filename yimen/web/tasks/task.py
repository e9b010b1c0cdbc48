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


def page(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Show a task, or end it with what was done."""
    problem = ""
    with reading("看任务", task=task_id.hex):
        held = task_seen(task_id=task_id)
        if request.method == "POST":
            try:
                end_task(task=task_id, words=request.POST.get("words", ""), by=acting(), at=timezone.now())
                messages.success(request, "已办结，记进了经过。")
                return HttpResponseRedirect(reverse("visits"))
            except NotEnded as refusal:
                problem = str(refusal)
    shown = {
        "current": reverse("visits"),
        "task": held,
        "problem": problem,
        "typed": request.POST,
        "may_see_case": held.case is not None and may("person.see", area_path=held.area_path),
        "today": timezone.localdate(),
    }
    return render(request, "tasks/task.html", shown, status=422 if problem else 200)
