"""Register a household by hand (登记家庭): the people on one short form; from elsewhere too, where the emergency is."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import acting, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent, once
from yimen.registry.actions import NewMember, NotRegistered, register_household
from yimen.web.urgent.sent import Unclear, village_of, villages

LINES = 6
RELATIONS = ("户主", "配偶", "子", "女", "父亲", "母亲", "其他")


def new_household(request: HttpRequest) -> HttpResponse:
    """Show the form, or register what it says and go on to urgent aid or to the household. Nothing typed is lost by a refusal."""
    require("household.register")
    problem = ""
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_registered(request))
        except (NotRegistered, Unclear, OtherContent) as refusal:
            problem = str(refusal)
    lines = [_typed(request.POST, line) for line in range(LINES)]
    shown = {
        "current": reverse("people"),
        "villages": villages(),
        "relations": RELATIONS,
        "lines": lines,
        "typed": request.POST,
        "urgent": "urgent" in request.GET or request.POST.get("then") == "urgent",
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "problem": problem,
    }
    return render(request, "urgent/register.html", shown, status=422 if problem else 200)


def _typed(sent: Mapping[str, Any], line: int) -> dict[str, Any]:
    held = {name: str(sent.get(f"{name}{line}", "")).strip() for name in ("name", "number", "relation", "phone")}
    return held | {"line": line, "nth": line + 1, "elsewhere": f"elsewhere{line}" in sent}


def _registered(request: HttpRequest) -> str:
    lines = [one for one in (_typed(request.POST, line) for line in range(LINES)) if one["name"] or one["number"]]
    members = [
        NewMember(one["name"], one["number"], one["relation"] or "其他", not one["elsewhere"], one["phone"]) for one in lines
    ]
    village, at = village_of(request.POST.get("village", "")), timezone.now()

    def register() -> dict[str, str]:
        home = register_household(
            area=village,
            category=request.POST.get("category") or None,
            members=members,
            by=acting(),
            at=at,
            on=timezone.localdate(at),
            group=request.POST.get("group", "").strip()[:20],
            address=request.POST.get("address", "").strip()[:120],
        )
        return {"household": home.pk.hex}

    content = {"village": village.code, "people": len(members)}
    with reading("登记家庭"):
        done = once(key=request.POST.get("key", ""), action="household.register", content=content, at=at, do=register)
    name = "urgent_form" if request.POST.get("then") == "urgent" else "household"
    return reverse(name, args=[uuid.UUID(done["household"])])
