"""
Rate the service at the window (现场评价): whoever holds its code on a phone, or stands before the pad. Five grades, once.

Open to all, as the progress page is: it shows where and when somebody was served, nobody's name and no matter.
"""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotRated, rate_visit
from yimen.cases.queries import hall_visit, on_the_pad
from yimen.hall.actions import NotAsked, answer_questions
from yimen.hall.queries import questions_after
from yimen.office.access import System, scope
from yimen.office.once import OtherContent, once
from yimen.web.accounts import address_of
from yimen.web.citizen.limits import OPINION, RIGHT, WRONG, asked_too_often, count
from yimen.web.citizen.progress import GRADE_KEYS, GRADES, HOTLINE, plain

TOO_OFTEN = "这台手机或这个网络查得太多了。请过 10 分钟再来，或者打电话说。"


def show(request: HttpRequest, receipt: str, problem: str = "") -> HttpResponse:
    """Show the question of one service, or what was said and answered; a wrong code is told the same as one that never was."""
    if asked_too_often(request):
        return render(request, "citizen/ask.html", {"hotline": HOTLINE, "problem": TOO_OFTEN}, status=429)
    typed = plain(receipt)
    with scope(System("rating"), "凭评价码评价", address=address_of(request)):
        found = hall_visit(code=typed, at=timezone.now())
        questions = questions_after(code=typed)
    count(request, WRONG if found is None else RIGHT)
    if found is None:
        asked = {"hotline": HOTLINE, "problem": "没有查到这个评价码。请对着小票再输一次，一共 10 个字。", "typed": typed}
        return render(request, "citizen/ask.html", asked, status=404)
    shown = {
        "found": found,
        "questions": questions,
        "has_answered": "thanks" in request.GET,
        "grades": GRADES,
        "code": typed,
        "key": uuid.uuid4().hex,
        "hotline": HOTLINE,
        "problem": problem,
    }
    return render(request, "citizen/rate.html", shown, status=422 if problem else 200)


@require_POST
def give(request: HttpRequest, receipt: str) -> HttpResponse:
    """Take the grade of whoever holds the code; what is said later is added."""
    if asked_too_often(request):
        return show(request, receipt)
    count(request, OPINION)
    try:
        _taken(request, plain(receipt), device="phone")
    except (NotRated, OtherContent) as refusal:
        return show(request, receipt, problem=str(refusal))
    return HttpResponseRedirect(reverse("rate", args=[plain(receipt)]))


@require_POST
def answer(request: HttpRequest, receipt: str) -> HttpResponse:
    """Take the answers of whoever has rated a service to the county's few questions, once."""
    if asked_too_often(request):
        return show(request, receipt)
    count(request, OPINION)
    typed, at = plain(receipt), timezone.now()
    asked = [name for name in request.POST if name.startswith("q-") and name[2:].isdecimal()]
    said = {int(name[2:]): request.POST.get(name, "") for name in asked}

    def take() -> dict[str, int]:
        return {"answers": answer_questions(code=typed, said=said, at=at)}

    try:
        with scope(System("rating"), "现场问卷", address=address_of(request)):
            content = {"code": typed, "said": sorted(said.items())}
            once(key=request.POST.get("key", "")[:64] or uuid.uuid4().hex, action="rate.answer", content=content, at=at, do=take)
    except (NotAsked, OtherContent) as refusal:
        return show(request, receipt, problem=str(refusal))
    return HttpResponseRedirect(reverse("rate", args=[typed]) + "?thanks=1")


def pad(request: HttpRequest, receipt: str) -> HttpResponse:
    """Show on the pad what waits to be rated at its window, or that nothing does; it looks again by itself."""
    typed = plain(receipt)
    if asked_too_often(request):
        return render(request, "citizen/pad.html", {"state": "busy", "again": 60}, status=429)
    with scope(System("rating"), "评价平板", address=address_of(request)):
        is_today, waiting = on_the_pad(code=typed, at=timezone.now())
    if not is_today:
        count(request, WRONG)
        return render(request, "citizen/pad.html", {"state": "ended"}, status=404)
    state = "thanks" if "thanks" in request.GET else "asks" if waiting else "idle"
    shown = {
        "state": state,
        "again": {"thanks": 6, "idle": 3, "asks": 60}[state],
        "pad": typed,
        "code": waiting,
        "grades": GRADES,
        "key": uuid.uuid4().hex,
        "here": reverse("pad", args=[typed]),
    }
    return render(request, "citizen/pad.html", shown)


@require_POST
def give_at_pad(request: HttpRequest, receipt: str) -> HttpResponse:
    """Take the grade pressed on the pad for the service it showed; somebody else's newer one is not touched."""
    typed = plain(receipt)
    with scope(System("rating"), "评价平板", address=address_of(request)):
        is_today, waiting = on_the_pad(code=typed, at=timezone.now())
    if not is_today:
        count(request, WRONG)
        return render(request, "citizen/pad.html", {"state": "ended"}, status=404)
    if waiting and waiting == plain(request.POST.get("visit", "")):
        try:
            _taken(request, waiting, device="pad")
        except (NotRated, OtherContent):
            return HttpResponseRedirect(reverse("pad", args=[typed]))
    return HttpResponseRedirect(reverse("pad", args=[typed]) + "?thanks=1")


def _taken(request: HttpRequest, code: str, *, device: str) -> None:
    grade, words, at = request.POST.get("grade", ""), request.POST.get("words", ""), timezone.now()
    number = int(grade) if grade in GRADE_KEYS else 0

    def take() -> dict[str, int]:
        return {"grade": rate_visit(code=code, grade=number, words=words, device=device, at=at).grade}

    with scope(System("rating"), "现场评价", address=address_of(request)):
        once(
            key=request.POST.get("key", "")[:64] or uuid.uuid4().hex,
            action="rate.visit",
            content={"code": code, "grade": number, "words": words},
            at=at,
            do=take,
        )
