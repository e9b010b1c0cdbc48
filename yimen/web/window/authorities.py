"""The authorities of a household (委托书): who may act for it, by which paper; register one, look at it, take it back."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import Given, NotAccepted, confirm_authority, record_authority, revoke_authority
from yimen.cases.queries import AuthorityMatter, authorities_of, authority_photo
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.pictures import MOST_BYTES
from yimen.office.tables import ValueProblem, read_date
from yimen.registry.queries import ADULT, household_card
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import REFUSALS, new_key, send_once


def page(request: HttpRequest, household_id: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show what is held, the newest first, and register another."""
    today = timezone.localdate()
    typed = QueryDict()
    with reading("看委托书", household=household_id.hex):
        card = household_card(household_id=household_id, on=today)
        if request.method == "POST" and not problem:
            try:
                send_once(request, "authority.record", lambda: _recorded(request, household_id), household=household_id.hex)
                messages.success(request, "委托书已登记，照片加密存好了。")
                return HttpResponseRedirect(reverse("authorities", args=[household_id]))
            except REFUSALS as refusal:
                problem, typed = str(refusal), request.POST
        shown = {
            "current": reverse("people"),
            "card": card.placed(),
            "rows": [_row(one, today) for one in authorities_of(household_id=household_id)],
            "adults": [one for one in card.members if one.age >= ADULT],
            "may_open": may("case.open", area_path=card.area_path),
            "address": reverse("authorities", args=[household_id]),
            "key": new_key(),
            "typed": typed,
            "problem": problem,
        } | form_parts(typed)
        return render(request, "window/authorities.html", shown, status=422 if problem else 200)


def form_parts(typed: QueryDict) -> dict[str, Any]:
    """Return what the form of an authority shows: its matters with those ticked, and a first day."""
    ticked = typed.getlist("matters") if typed else list(AuthorityMatter.values)
    return {
        "matters": [(value, words, value in ticked) for value, words in AuthorityMatter.choices],
        "starts_on": typed.get("starts_on") or f"{timezone.localdate():%Y.%m.%d}",
    }


def given_by(request: HttpRequest, *, name: str, number: str, relation: str) -> Given:
    """Return what was typed of an authority. Raises NotAccepted."""
    post, photo = request.POST, request.FILES.get("photo")
    return Given(
        agent_name=name,
        agent_number=number,
        relation=relation,
        matters=post.getlist("matters"),
        starts_on=_day(post.get("starts_on", ""), "起期"),
        ends_on=_day(post.get("ends_on", ""), "止期"),
        photo=photo.read(MOST_BYTES + 1) if photo else b"",
    )


def _day(text: str, column: str) -> date:
    try:
        found = read_date(text.strip(), column=column)
    except ValueProblem as problem:
        raise NotAccepted(str(problem)) from None
    if found is None:
        raise NotAccepted(f"请写委托书的{column}。")
    return found


def _recorded(request: HttpRequest, household_id: uuid.UUID) -> dict[str, str]:
    post = request.POST
    try:
        principal = uuid.UUID(post.get("principal", ""))
    except ValueError:
        raise NotAccepted("请选是哪位家庭成员委托的。") from None
    given = given_by(
        request, name=post.get("agent_name", ""), number=post.get("agent_number", ""), relation=post.get("relation", "")
    )
    made = record_authority(household=household_id, principal=principal, given=given, by=acting(), at=timezone.now())
    return {"authority": made.pk.hex}


def _row(one: Any, today: date) -> dict[str, Any]:
    waits = one.confirmed_at is None
    state = (
        ("已退回" if waits else "已撤销")
        if one.revoked_at
        else "待核对"
        if waits
        else "到期"
        if one.ends_on < today
        else "还没到"
        if one.starts_on > today
        else "有效"
    )
    return {
        "one": one,
        "name": one.agent_name,
        "principal": one.principal.name,
        "matters": [AuthorityMatter(value).label for value in one.matters],
        "state": state,
    }


def one(request: HttpRequest, household_id: uuid.UUID, authority_id: uuid.UUID) -> HttpResponseBase:
    """Show the picture of one (GET), or confirm it or take it back (POST)."""
    with reading("看委托书", household=household_id.hex):
        household_card(household_id=household_id, on=timezone.localdate())
        if request.method != "POST":
            return photo_answer(authority_photo(authority=authority_id), purpose="看委托书")
        confirms = request.POST.get("do") == "confirm"
        try:
            if confirms:
                done = send_once(request, "authority.confirm", lambda: _confirmed(authority_id), authority=authority_id.hex)
            else:
                words = request.POST.get("words", "")
                done = send_once(request, "authority.revoke", lambda: _revoked(authority_id, words), authority=authority_id.hex)
        except REFUSALS as refusal:
            return page(request, household_id, problem=str(refusal))
    ended = "已退回，登记的人看得到原因。" if done.get("was") == "waiting" else "委托已撤销；以前按它办的仍然有效。"
    messages.success(request, "委托书已核对，帮办代办员可以替这一户办了。" if confirms else ended)
    return HttpResponseRedirect(reverse("authorities", args=[household_id]))


def _revoked(authority_id: uuid.UUID, words: str) -> dict[str, str]:
    held = revoke_authority(authority=authority_id, words=words, by=acting(), at=timezone.now())
    return {"authority": held.pk.hex, "was": "in_force" if held.confirmed_at else "waiting"}


def _confirmed(authority_id: uuid.UUID) -> dict[str, str]:
    return {"authority": confirm_authority(authority=authority_id, by=acting(), at=timezone.now()).pk.hex}
