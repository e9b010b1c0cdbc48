"""The guardians of a household's members (监护): who acts for whom, by which paper; record one, look at it, confirm or end it."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.pictures import MOST_BYTES
from yimen.office.tables import ValueProblem, read_date
from yimen.registry.actions import GuardianGiven, NotGuarded, confirm_guardian, end_guardian, record_guardian
from yimen.registry.queries import CAPACITIES, guardianship_photo, guardianships_of, household_card
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (NotGuarded, OtherContent)


def page(request: HttpRequest, household_id: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show what is recorded, the newest first, and record another."""
    today, typed = timezone.localdate(), QueryDict()
    with reading("看监护", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
        if request.method == "POST" and not problem:
            try:
                send_once(request, "guardian.record", lambda: _recorded(request, household_id), household=household_id.hex)
                messages.success(request, "已登记。请另一位同事看过文书再核对，核对以前不算数。")
                return HttpResponseRedirect(reverse("guardians", args=[household_id]))
            except REFUSALS as refusal:
                problem, typed = str(refusal), request.POST
        shown = {
            "current": reverse("people"),
            "card": card.placed(),
            "rows": [_row(one, today) for one in guardianships_of(people=[one.person_id for one in card.members])],
            "capacities": list(CAPACITIES.items()),
            "may_record": may("household.register", area_path=card.area_path),
            "starts_on": typed.get("starts_on") or f"{today:%Y.%m.%d}",
            "key": new_key(),
            "typed": typed,
            "problem": problem,
        }
        return render(request, "window/guardians.html", shown, status=422 if problem else 200)


def _recorded(request: HttpRequest, household_id: uuid.UUID) -> dict[str, str]:
    post, photo = request.POST, request.FILES.get("photo")
    try:
        ward = uuid.UUID(post.get("ward", ""))
    except ValueError:
        raise NotGuarded("请选是给哪位家庭成员登记。") from None
    starts_on = _day(post.get("starts_on", ""), "起期")
    if starts_on is None:
        raise NotGuarded("请写监护从哪天起，照文书写。")
    given = GuardianGiven(
        ward=ward,
        starts_on=starts_on,
        ends_on=_day(post.get("ends_on", ""), "止期"),
        photo=photo.read(MOST_BYTES + 1) if photo else b"",
        **{name: post.get(name, "") for name in ("capacity", "name", "id_number", "relation", "paper", "reason")},
    )
    made = record_guardian(
        household=household_id, given=given, allow_fictional=settings.YIMEN_DEMO, by=acting(), at=timezone.now()
    )
    return {"guardianship": made.pk.hex}


def _day(text: str, column: str) -> date | None:
    if not text.strip():
        return None
    try:
        return read_date(text.strip(), column=column)
    except ValueProblem as problem:
        raise NotGuarded(str(problem)) from None


def _row(one: Any, today: date) -> dict[str, Any]:
    if one.ended_at:
        state = "已终止" if one.confirmed_at else "已退回"
    elif one.ends_on and one.ends_on < today:
        state = "到期"
    else:
        state = "有效" if one.confirmed_at else "待核对"
    return {"one": one, "name": one.name, "ward": one.ward.name, "state": state, "is_mine": one.recorded_by == acting()}


def one(request: HttpRequest, household_id: uuid.UUID, guardianship_id: uuid.UUID) -> HttpResponseBase:
    """Show the picture of one (GET), or confirm it or end it (POST)."""
    with reading("看监护", household=household_id.hex):
        household_card(household_id=household_id, on=timezone.localdate())
        if request.method != "POST":
            return photo_answer(guardianship_photo(guardianship=guardianship_id), purpose="看监护文书")
        confirms = request.POST.get("do") == "confirm"
        try:
            if confirms:
                send_once(request, "guardian.confirm", lambda: _confirmed(guardianship_id), guardianship=guardianship_id.hex)
            else:
                words = request.POST.get("words", "")
                send_once(request, "guardian.end", lambda: _ended(guardianship_id, words), guardianship=guardianship_id.hex)
        except REFUSALS as refusal:
            return page(request, household_id, problem=str(refusal))
    messages.success(request, "已核对，从现在起由这位监护人签字。" if confirms else "已终止；以前由他签的仍然有效。")
    return HttpResponseRedirect(reverse("guardians", args=[household_id]))


def _confirmed(guardianship: uuid.UUID) -> dict[str, str]:
    return {"guardianship": confirm_guardian(guardianship=guardianship, by=acting(), at=timezone.now()).pk.hex}


def _ended(guardianship: uuid.UUID, words: str) -> dict[str, str]:
    return {"guardianship": end_guardian(guardianship=guardianship, words=words, by=acting(), at=timezone.now()).pk.hex}
