"""One visit (入户调查) on a phone: true or changed, photos, who went along; half typed it is kept on the server."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotVerified, WrongStep, drop_photo, keep_photo, record_visit, save_visit_draft
from yimen.cases.queries import photo_of, visit_page
from yimen.office.audit import reading
from yimen.office.once import OtherContent, once
from yimen.office.pictures import MOST_BYTES
from yimen.web.visits.form import read_rows, rows_of
from yimen.web.visits.visitor import visitor

WAYS = ("入户", "邻里", "信函")
MOST_FIELDS = 2000
LONGEST = 2000
NOT_KEPT = ("csrfmiddlewaretoken", "key", "turn", "photo")


def visit(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show the form of a visit, or record it; the look is written down with its purpose."""
    if request.method == "POST":
        return _record(request, case_id)
    return _page(request, case_id)


def _page(
    request: HttpRequest,
    case_id: uuid.UUID,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    problem: str = "",
) -> HttpResponse:
    way = (typed or request.GET).get("way", WAYS[0])
    try:
        with reading("入户调查", case=case_id.hex):
            held = visit_page(case_id=case_id, staff=visitor(), way=way if way in WAYS else WAYS[0], on=timezone.localdate())
    except NotVerified as refusal:
        return render(request, "visits/no_visit.html", {"why": str(refusal), "current": reverse("visits")}, status=403)
    kept = typed if typed is not None else (held.draft.content if held.draft else {})
    first = rows_of(held.first, kept, problems)
    shown = {
        "held": held,
        "head": held.sheet.card.members[0].name if held.sheet.card.members else "",
        "card": held.sheet.card.placed(),
        "ways": WAYS,
        "first": first,
        "open_first": [row for row in first if row.item.state != "known"],
        "known_first": [row for row in first if row.item.state == "known"],
        "done": sum(row.is_answered for row in first),
        "areas": [(area, rows_of(items, kept, problems), held.elsewhere.get(area, 0)) for area, items in held.areas],
        "typed": kept,
        "second": kept.get("second") or (held.sent[0].username if len(held.sent) == 1 else ""),
        "key": uuid.uuid4().hex,
        "today": timezone.localdate(),
        "photos": held.draft.photos if held.draft else [],
        "saved_at": held.draft.saved_at if held.draft and held.draft.turn and typed is None else None,
        "problem": problem,
        "current": reverse("visits"),
    }
    return render(request, "visits/visit.html", shown, status=422 if problem or problems else 200)


def _record(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    typed = _typed(request)
    staff, at = visitor(), timezone.now()
    way = typed.get("way", WAYS[0])
    try:
        with reading("入户调查", case=case_id.hex):
            held = visit_page(case_id=case_id, staff=staff, way=way if way in WAYS else WAYS[0], on=timezone.localdate())
        items = [*held.first, *(one for _, items in held.areas for one in items)]
        said, problems = read_rows(rows_of(items, typed))
        second = next((one for one in held.companions if one.username == typed.get("second")), None)
        if problems:
            return _page(request, case_id, typed, problems, "有几项看不懂，请看红字。")
        if second is None:
            raise NotVerified(f"请选同去的第二人。入户须两人一组，两人都签字{f'（{held.basis}）' if held.basis else ''}。")

        def do() -> dict[str, str]:
            with reading("入户调查", case=case_id.hex):
                made = record_visit(
                    case=case_id,
                    visited_on=_day(typed.get("visited_on", "")),
                    second=second,
                    said=said,
                    by=staff,
                    at=at,
                    seen=typed.get("seen", ""),
                    household_signed=typed.get("signed") == "yes",
                    unsigned_why=typed.get("unsigned_why", ""),
                    way=way,
                )
            return {"visit": made.pk.hex}

        once(key=request.POST.get("key", "")[:64] or uuid.uuid4().hex, action="visit.record", content=typed, at=at, do=do)
    except (NotVerified, WrongStep, OtherContent) as refusal:
        return _page(request, case_id, typed, problem=str(refusal))
    messages.success(request, f"已记下，等{second.name}用自己的账号签字；签字以后才算数。")
    return HttpResponseRedirect(reverse("visits"))


@require_POST
def draft(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Keep what is typed so far; sent by the page every few seconds, and once more when it is left."""
    typed, staff, at = _typed(request), visitor(), timezone.now()
    turn = request.POST.get("turn", "")
    turn_number = int(turn) if turn.isdecimal() and len(turn) < 16 else 0

    def do() -> dict[str, Any]:
        kept = save_visit_draft(case=case_id, turn=turn_number, content=typed, by=staff, at=at)
        return {"turn": kept.turn}

    key = request.POST.get("draft_key", "")[:64] or uuid.uuid4().hex
    typed.pop("draft_key", None)
    try:
        answer = once(key=key, action="visit.draft", content=typed, at=at, do=do)
    except (NotVerified, OtherContent) as refusal:
        return JsonResponse({"problem": str(refusal)}, status=409)
    return JsonResponse(answer | {"at": f"{timezone.localtime(at):%H:%M}"})


def photos(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse | FileResponse:
    """Give one photo back, take one in, or take one out of the draft."""
    if request.method == "POST":
        return _photo_posted(request, case_id)
    try:
        key = uuid.UUID(request.GET.get("id", ""))
    except ValueError:
        raise Http404 from None
    name, content = photo_of(case_id=case_id, photo=key, staff=visitor())
    kind = "image/png" if name.endswith("png") else "image/jpeg"
    return HttpResponse(b"".join(content), content_type=kind)


def _photo_posted(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    staff, at, problem, kept = visitor(), timezone.now(), "", []
    try:
        if "drop" in request.POST:
            key = uuid.UUID(request.POST["drop"])
            kept = drop_photo(case=case_id, photo=key, by=staff, at=at).photos
        else:
            for content in [file.read(MOST_BYTES + 1) for file in request.FILES.getlist("photo")] or [b""]:
                kept = keep_photo(case=case_id, content=content, by=staff, at=at).photos
    except ValueError:
        raise Http404 from None
    except NotVerified as refusal:
        problem = str(refusal)
    if not request.headers.get("X-Part"):
        if problem:
            messages.error(request, problem)
        return HttpResponseRedirect(reverse("visit", args=[case_id]))
    if problem:
        return HttpResponse(problem, status=422, content_type="text/plain; charset=utf-8")
    return render(request, "visits/photos.html", {"photos": kept, "case_id": case_id})


def _typed(request: HttpRequest) -> dict[str, str]:
    pairs = list(request.POST.items())[:MOST_FIELDS]
    return {name: str(value)[:LONGEST] for name, value in pairs if name not in NOT_KEPT and value}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotVerified("请填哪一天去的。") from None
