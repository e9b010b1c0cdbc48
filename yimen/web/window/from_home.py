"""Applications from home whose identity is to be proven (网上申请，身份待核验): see the card, then it is a case."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import end_online, prove_online
from yimen.cases.queries import (
    Online,
    OnlineState,
    found_by,
    is_named,
    unseen_authorities,
    waiting_one,
    waiting_online,
)
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.registry.queries import household_card, household_of, mask_name, unseen_guardianships
from yimen.screening.queries import current_rules
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import REFUSALS, new_key, send_once
from yimen.web.window.rounds import written

MOST = 200


def listed(request: HttpRequest) -> HttpResponse:
    """Show what waits, the oldest first, with masked names."""
    with reading("看网上申请清单"):
        rows = [(row, mask_name(waiting_one(online=row.pk).form.name)) for row in waiting_online()[:MOST]]
        papers = [(one, one.agent_name) for one in unseen_authorities()[:MOST]]
        wards = list(_wards()) if may("household.register") else []
    shown = {"current": reverse("cases"), "rows": rows, "papers": papers, "wards": wards}
    return render(request, "window/from_home.html", shown)


def _wards() -> Iterable[tuple[Any, str, uuid.UUID]]:
    """Yield what colleagues have recorded of guardians and nobody else has seen: whose, masked, and of which household."""
    for one in unseen_guardianships(staff=acting())[:MOST]:
        home = household_of(person_id=one.ward_id, on=timezone.localdate())
        if home is not None:
            yield one, mask_name(one.ward.name), home


def page(request: HttpRequest, online_id: uuid.UUID) -> HttpResponse:
    """Show one as it was sent, who in the roster has its number, and prove it or end it."""
    with reading("核验网上申请人身份", online=online_id.hex):
        held = waiting_one(online=online_id)
        if held.row.case_id:
            return HttpResponseRedirect(reverse("case", args=[held.row.case_id]))
        problem = ""
        if request.method == "POST":
            try:
                done = send_once(request, "online.prove", lambda: _done(request, online_id), online=online_id.hex)
                return _led_on(request, done)
            except REFUSALS as refusal:
                problem = str(refusal)
        return render(request, "window/from_home_one.html", _shown(held, problem), status=422 if problem else 200)


def _done(request: HttpRequest, online_id: uuid.UUID) -> dict[str, str]:
    by, at = acting(), timezone.now()
    if request.POST.get("do") == "end":
        end_online(online=online_id, words=request.POST.get("words", ""), by=by, at=at)
        return {}
    seen = request.POST.get("card_seen") == "1"
    return {"case": prove_online(online=online_id, card_seen=seen, by=by, at=at).pk.hex}


def _led_on(request: HttpRequest, done: dict[str, str]) -> HttpResponse:
    if "case" in done:
        messages.success(request, "身份已核验，转为办件。收到的日子是本人提交的那天。")
        return HttpResponseRedirect(reverse("case_papers", args=[uuid.UUID(done["case"])]))
    messages.success(request, "已结束；本人凭回执能看到这句话。")
    return HttpResponseRedirect(reverse("from_home"))


def _shown(held: Online, problem: str) -> dict[str, Any]:
    rules, today = current_rules(), timezone.localdate()
    found = found_by(held.form, on=today)
    home = found.household_id if found else None
    return {
        "current": reverse("cases"),
        "row": held.row,
        "form": held.form,
        "is_waiting": held.row.state == OnlineState.WAITING,
        "card": household_card(household_id=home, on=today).placed() if home else None,
        "person_id": found.person_id if found else None,
        "is_named": found is not None and is_named(held.form, found, on=today),
        "asked": list(dict.fromkeys(policy.name for one, _ in held.form.asked if (policy := rules.policy(one)))),
        "said": list(_said(held, rules)),
        "papers": [(name, [uuid.UUID(one) for one in pages]) for name, pages in held.form.papers.items() if pages],
        "key": new_key(),
        "problem": problem,
    }


def _said(held: Online, rules: Any) -> Iterable[tuple[str, Any]]:
    facts = rules.catalogue.facts
    for one in held.form.said:
        if one["fact"] in facts and one["value"] is not None:
            yield one["fact"], written(facts[one["fact"]], one.get("text"))


def photo(request: HttpRequest, online_id: uuid.UUID, photo_id: uuid.UUID) -> HttpResponseBase:
    """Show one picture that was sent."""
    with reading("核验网上申请人身份", online=online_id.hex):
        if photo_id not in waiting_one(online=online_id).form.photos:
            raise Http404
        return photo_answer(photo_id, purpose="看网上申请的材料")
