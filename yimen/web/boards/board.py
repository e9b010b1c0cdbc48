"""One village's board and the list of boards (公示公布): the sheet is printed here and hung there, never on the open internet."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotPosted, WrongStep, photograph, photograph_board
from yimen.cases.queries import board_of, board_photo, boards_of, by_benefit, how_many, read_aloud
from yimen.office import files
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.pictures import MOST_BYTES, NotAPicture, plain_picture
from yimen.office.queries import area_seen, areas_seen
from yimen.web.papers.binder import board_sheet
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.views import not_printed, pdf, set_paper
from yimen.web.photos import photo_answer
from yimen.web.urgent.sent import photo_of
from yimen.web.window.drafting import new_key, send_once

TOWNSHIP, VILLAGE = 4, 5
PER_PAGE = 50


def listed(request: HttpRequest) -> HttpResponse:
    """Show the boards of one township, those due first; whoever has one village only gets its board at once."""
    require("person.see")
    villages = areas_seen().filter(level=VILLAGE)
    own = list(villages[:2])
    if len(own) == 1:
        return HttpResponseRedirect(reverse("board", args=[own[0].code]))
    towns = list(areas_seen().filter(level=TOWNSHIP))
    chosen = next((one for one in towns if one.code == request.GET.get("town")), towns[0] if towns else None)
    if chosen is not None:
        villages = villages.filter(path__startswith=chosen.path)
    rows = boards_of(areas=list(villages), on=timezone.localdate())
    rows.sort(key=lambda one: (not one.due.is_due, one.area.code))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "current": reverse("boards"),
        "page": page,
        "towns": towns,
        "town": chosen,
        "due": sum(one.due.is_due for one in rows),
        "posted": sum(one.posted for one in rows),
    }
    return render(request, "boards/list.html", shown)


def page(request: HttpRequest, code: str, problem: str = "") -> HttpResponse:
    """Show what hangs on a village's board, and what of it is due."""
    area = _area(code)
    with reading("看公示公布", area=code):
        held = board_of(area=area, on=timezone.localdate())
    shown = {
        "current": reverse("boards"),
        "area": area,
        "board": held,
        "benefits": [(policy, how_many(lines), lines) for policy, lines in by_benefit(held.lines).items()],
        "aloud": read_aloud(held),
        "may_photograph": may("board.photograph", area_path=area.path),
        "several": areas_seen().filter(level=VILLAGE).count() > 1,
        "problem": problem,
        "key": new_key(),
    }
    return render(request, "boards/board.html", shown, status=422 if problem else 200)


def _area(code: str) -> Any:
    area = area_seen(code)
    if area is None or area.level != VILLAGE:
        raise Http404
    return area


def printed(request: HttpRequest, code: str) -> HttpResponse:
    """Print the sheet of everybody to be published in a village (公布表)."""
    area, today = _area(code), timezone.localdate()
    with reading("打印公布表", area=code):
        held = board_of(area=area, on=today)
    try:
        sheet = board_sheet(held, on=today)
        return pdf(set_paper("长期公布", "board", sheet), name=f"board-{code}-{today:%Y%m%d}.pdf")
    except NotPrintable as refusal:
        return not_printed(request, refusal)


@require_POST
def photo(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a photo of the list as it hangs."""
    area, sent = _area(code), photo_of(request, "photo")
    try:
        if not sent:
            raise NotPosted("请先拍一张或选一张照片。")

        def hung() -> dict[str, str]:
            with reading("上传公布照片", area=code):
                photograph_board(area=area, place=request.POST.get("place", ""), photo=sent, by=acting(), at=timezone.now())
            return {"area": code}

        send_once(request, "board.photo", hung, area=code)
    except (NotPosted, WrongStep, OtherContent) as refusal:
        return page(request, code, problem=str(refusal))
    messages.success(request, "照片已存，名单从今天起记为公布。")
    return HttpResponseRedirect(reverse("board", args=[code]))


@require_POST
def posting_photo(request: HttpRequest, code: str, decision_id: uuid.UUID) -> HttpResponse:
    """Keep the photo of a first opinion's sheet: of the first day, then of the last."""
    area = _area(code)
    require("board.photograph", area_path=area.path)
    sent = request.FILES.get("photo")
    try:
        if sent is None:
            raise NotPosted("请先拍一张或选一张照片。")
        ending, picture = plain_picture(sent.read(MOST_BYTES + 1))

        def kept() -> dict[str, str]:
            key = files.put(picture, kind="posting", name=f"公示照片.{ending}", area_path=area.path, at=timezone.now())
            photograph(decision=decision_id, photo=key, by=acting(), at=timezone.now())
            return {"decision": decision_id.hex}

        send_once(request, "posting.photo", kept, decision=decision_id.hex)
    except (NotPosted, WrongStep, NotAPicture, OtherContent) as refusal:
        return page(request, code, problem=str(refusal))
    messages.success(request, "照片已存。")
    return HttpResponseRedirect(reverse("board", args=[code]))


def shown_photo(request: HttpRequest, code: str, photo_id: uuid.UUID) -> HttpResponseBase:
    """Show a photo of the board; opening it is written down."""
    held = board_photo(area=_area(code), photo_id=photo_id)
    return photo_answer(held.photo, purpose="看公布照片")
