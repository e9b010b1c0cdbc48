"""
Where does it stand (查进度): whoever holds the receipt types its code or scans it. One thing a page, and no name
but that of whom to ask.

Open to all, so it asks little, says little and limits how often one address may ask.
"""

import re
import uuid
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotRated, WrongStep, rate_by_code
from yimen.cases.queries import Grade, Left, Progress, State, answer_to, hall_visit, online_stand, opinions_of, progress_of
from yimen.office.access import System, scope
from yimen.office.once import OtherContent, once
from yimen.web.accounts import address_of
from yimen.web.citizen.limits import OPINION, RIGHT, WRONG, asked_too_often, count

HOTLINE = "12349"
SENTENCES = {
    State.DRAFT: "窗口正在帮您填申请",
    State.SUBMITTED: "申请已交到窗口，等候受理",
    State.ACCEPTED: "正在办理",
    State.CONCLUDED: "有结果了，正在送给您",
    State.DELIVERED: "办完了，结果已经送到",
    State.TURNED_AWAY: "这次没有受理",
    State.WITHDRAWN: "申请已经撤回",
}
LEFT: Mapping[str, str] = {
    Left.DIED: "申请已经结束",
    Left.LOST: "一直联系不上您，这次先结束了；来窗口或打电话，随时可以再申请",
    Left.REFUSED: "照您的意思不再办了，随时可以再申请",
}
GRADES = [(one.value, one.label) for one in sorted(Grade, reverse=True)]
GRADE_KEYS = {str(value) for value, _ in GRADES}
RESULTS = {
    "确认同意": "同意了",
    "不予确认": "没有通过",
    "已转介": "转到别的部门接着办",
    "不再办理": "不再办理",
}


def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the code on the receipt; however it is typed, it leads to its page."""
    typed = request.POST.get("code", "")
    code = plain(typed)
    if request.method != "POST":
        return render(request, "citizen/ask.html", {"hotline": HOTLINE})
    if not code:
        return render(request, "citizen/ask.html", {"hotline": HOTLINE, "problem": "请输入回执上的查询码。"}, status=422)
    return HttpResponseRedirect(reverse("progress_of", args=[code]))


def plain(typed: str) -> str:
    """Return a code as it is kept, however it was typed."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper())[:16]


def show(request: HttpRequest, receipt: str, problem: str = "") -> HttpResponse:
    """Show where the case of a receipt, or a report by its code, stands; a wrong code is told the same as one that never was."""
    if asked_too_often(request):
        words = "这台手机或这个网络查得太多了。请过 10 分钟再查，或者打电话问。"
        return render(request, "citizen/ask.html", {"hotline": HOTLINE, "problem": words}, status=429)
    code = plain(receipt)
    with scope(System("progress"), "凭回执查进度", address=address_of(request)):
        found = progress_of(receipt_code=code)
        opinions = opinions_of(receipt_code=code)
        stand, answer = answer_to(code=code) if found is None else ("", "")
        in_the_hall = found is None and not stand and hall_visit(code=code, at=timezone.now()) is not None
        waiting = online_stand(receipt_code=code) if found is None and not stand and not in_the_hall else None
    count(request, RIGHT if found is not None or stand or in_the_hall or waiting else WRONG)
    if waiting is not None:
        return render(request, "citizen/waiting.html", {"waiting": waiting, "phone": waiting.phone or HOTLINE})
    if in_the_hall:
        return HttpResponseRedirect(reverse("rate", args=[code]))
    if stand:
        return render(request, "citizen/answer.html", {"stand": stand, "answer": answer, "hotline": HOTLINE})
    if found is None:
        again = {"hotline": HOTLINE, "problem": "没有查到。请对着回执再输一次，一共 10 个字。", "typed": code}
        return render(request, "citizen/ask.html", again, status=404)
    shown = _shown(found) | {"opinions": opinions, "grades": GRADES, "receipt": code, "key": uuid.uuid4().hex, "problem": problem}
    return render(request, "citizen/progress.html", shown, status=422 if problem else 200)


@require_POST
def opinion(request: HttpRequest, receipt: str) -> HttpResponse:
    """Take what the holder of a receipt thinks of the matter; the first grade counts, whatever is said later is added."""
    if asked_too_often(request):
        return show(request, receipt)
    count(request, OPINION)
    grade, words, at = request.POST.get("grade", ""), request.POST.get("words", ""), timezone.now()
    number, code = int(grade) if grade in GRADE_KEYS else 0, plain(receipt)

    def give() -> dict[str, int]:
        return {"grade": rate_by_code(receipt_code=code, grade=number, words=words, at=at).grade}

    try:
        with scope(System("progress"), "凭回执评价", address=address_of(request)):
            once(
                key=request.POST.get("key", "")[:64] or uuid.uuid4().hex,
                action="rate",
                content={"code": code, "grade": number, "words": words},
                at=at,
                do=give,
            )
    except (NotRated, WrongStep, OtherContent) as refusal:
        return show(request, receipt, problem=str(refusal))
    return HttpResponseRedirect(reverse("progress_of", args=[code]) + "#opinion")


def _shown(found: Progress) -> dict[str, object]:
    is_open = found.state in (State.DRAFT, State.SUBMITTED, State.ACCEPTED)
    reached = max((place for place, (_, on) in enumerate(found.stages) if on), default=0)
    return {
        "found": found,
        "sentence": LEFT.get(found.left) or SENTENCES[State(found.state)],
        "stages": [(name, on, place == reached + 1 and is_open) for place, (name, on) in enumerate(found.stages)],
        "results": [(name, RESULTS.get(words, "正在办")) for name, words in found.results],
        "refused": any(words == "不予确认" for _, words in found.results),
        "is_late": is_open and found.result_by is not None and found.result_by < timezone.localdate(),
        "is_open": is_open,
        "hotline": HOTLINE,
        "phone": found.phone or HOTLINE,
    }
