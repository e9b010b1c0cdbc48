"""The township's reserve (乡镇备用金): a month's account for each township, and the names behind it for whoever may see them."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.benefits.actions import NotBooked, fund_reserve
from yimen.benefits.queries import Reserve, account, entries_of, receipt_of, reserves_seen
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import areas_seen
from yimen.registry.queries import masked
from yimen.web.photos import photo_answer
from yimen.web.urgent.sent import Unclear, yuan_of
from yimen.web.window.drafting import new_key, send_once

TOWNSHIP = 4


def page(request: HttpRequest, problem: str = "") -> HttpResponse:
    """Show every township's account of one month, and one township's entries with masked names."""
    month = _month(request.GET.get("month", ""))
    held = list(reserves_seen())
    chosen = next((one for one in held if one.area_id == request.GET.get("area")), held[0] if len(held) == 1 else None)
    accounts = [account(reserve=one, month=month) for one in held]
    shown = {
        "current": reverse("reserve"),
        "month": month,
        "months": _months(month),
        "accounts": accounts,
        "totals": {
            name: sum((getattr(one, name) for one in accounts), Decimal(0))
            for name in ("opening", "came_in", "went_out", "closing")
        },
        "chosen": chosen,
        "entries": _entries(chosen, month) if chosen else [],
        "may_fund": may("reserve.fund"),
        "may_see_receipts": any(may(one) for one in ("reserve.fund", "reserve.spend", "decision.confirm")),
        "townships": list(areas_seen().filter(level=TOWNSHIP)) if may("reserve.fund") else [],
        "typed": request.POST,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "urgent/reserve.html", shown, status=422 if problem else 200)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else timezone.localdate().replace(day=1)
    except ValueError:
        raise Http404 from None


def _months(month: date) -> list[date]:
    """Offer the twelve months up to this one."""
    last = max(month, timezone.localdate().replace(day=1))
    return [date(last.year + (last.month - 1 - back) // 12, (last.month - 1 - back) % 12 + 1, 1) for back in range(12)]


def _entries(reserve: Reserve, month: date) -> list[tuple[Any, str, Decimal, Decimal]]:
    rows = list(entries_of(reserve=reserve, month=month))
    names: dict[Any, str] = {}
    if may("person.see"):
        with reading("看备用金月账", month=month.isoformat()):
            names |= masked(people=[one.person_id for one in rows if one.person_id], households=[], on=timezone.localdate())
    return [(one, names.get(one.person_id, ""), Decimal(one.fen) / 100, Decimal(one.balance_fen) / 100) for one in rows]


def receipt(request: HttpRequest, file_id: uuid.UUID) -> HttpResponseBase:
    """Show the receipt of a spending: signature, fingerprint or photo; opening it is written down."""
    return photo_answer(receipt_of(file_id=file_id).file, purpose="看备用金收据")


@require_POST
def fund(request: HttpRequest) -> HttpResponse:
    """Advance money to a township's reserve, or take it back; once, however often it is sent."""
    require("reserve.fund")
    area = areas_seen().filter(level=TOWNSHIP, code=request.POST.get("area", "")).first()
    try:
        yuan = yuan_of(request.POST.get("yuan", ""))
        if area is None or yuan is None:
            raise Unclear("请选乡镇，并写金额。")
        wanted = -yuan if request.POST.get("back") else yuan
        words, township = request.POST.get("words", ""), area

        def book() -> dict[str, str]:
            fund_reserve(area=township, yuan=wanted, words=words, by=acting(), at=timezone.now())
            return {"area": township.code}

        send_once(request, "reserve.fund", book)
    except (NotBooked, Unclear, OtherContent) as refusal:
        return page(request, problem=str(refusal))
    messages.success(request, f"已记入{area.name}的备用金。")
    return HttpResponseRedirect(reverse("reserve") + f"?area={area.code}")
