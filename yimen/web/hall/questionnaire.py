"""Questionnaires and frequent matters (问卷和常办的事): what the county asks after a rating, and what a month has shown."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.hall.actions import NotAsked, add_question, end_question
from yimen.hall.queries import frequent_matters, frequent_policies, month_of, questions_now, told_by_questions
from yimen.office.access import acting
from yimen.office.once import OtherContent
from yimen.web.months import month_asked, months_until
from yimen.web.window.drafting import new_key, send_once

MOST_ROWS = 15


def page(request: HttpRequest) -> HttpResponse:
    """Show a month: what people came for, what they applied for, what they answered; and set the questions."""
    problem = ""
    if request.method == "POST":
        try:
            said = send_once(request, "question", lambda: {"said": _done(request)})["said"]
            messages.success(request, said)
            return HttpResponseRedirect(reverse("questionnaire"))
        except (NotAsked, OtherContent) as refusal:
            problem = str(refusal)
    first, last = month_of(month_asked(request.GET.get("month", "")))
    shown = {
        "current": reverse("ledger"),
        "month": first,
        "months": months_until(first),
        "matters": frequent_matters(since=first, until=last)[:MOST_ROWS],
        "policies": frequent_policies(since=first, until=last)[:MOST_ROWS],
        "told": told_by_questions(since=first, until=last),
        "questions": questions_now(),
        "key": new_key(),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "hall/questionnaire.html", shown, status=422 if problem else 200)


def _done(request: HttpRequest) -> str:
    post, now = request.POST, timezone.now()
    if "end" in post:
        text = post["end"]
        end_question(question=int(text) if text.isascii() and text.isdigit() else 0, at=now)
        return "这一句停问了，答过的还在。"
    made = add_question(words=post.get("words", ""), options=post.get("options", "").splitlines(), by=acting(), at=now)
    return f"从今天起问：{made.words}"
