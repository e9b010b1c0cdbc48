"""One more obligor outside the household (户外的法定义务人): who owes whom; looked for first, then listed to sign."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import WrongStep, list_obligor_of, look_for_obligor_of, say_of_obligor
from yimen.cases.queries import Case, draft, facts_of_obligors
from yimen.evidence.queries import Current, current_values, said_of_obligors
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.registry.actions import Looked, NotListed
from yimen.registry.queries import OBLIGOR_RELATIONS, HouseholdCard, household_card, obligors_of
from yimen.screening.queries import current_rules
from yimen.web.window.drafting import is_open, new_key, send_once
from yimen.web.window.said import Unreadable, value_of

REFUSALS = (NotListed, WrongStep, OtherContent)


def obligors(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show who is listed, look for one more, and list them once they have been looked for."""
    looked: Looked | None = None
    problem = ""
    with reading("登记法定义务人", case=case_id.hex):
        case = draft(case_id=case_id)
        require("household.register", area_path=case.area_path)
        card = household_card(household_id=case.household_id, on=timezone.localdate())
        if request.method == "POST":
            try:
                if request.POST.get("do") == "list":
                    send_once(request, "obligor.list", lambda: _listed(request, case), case=case_id.hex)
                    messages.success(request, "已登记。请他本人另签核对授权书；签不到的不用等，那部分记“待核实”。")
                    return HttpResponseRedirect(_back(case))
                if request.POST.get("do") == "say":
                    send_once(request, "obligor.say", lambda: _say(request, case), case=case_id.hex)
                    messages.success(request, "已记下。再有核对的结果，以可信的来源为准。")
                    return HttpResponseRedirect(reverse("case_obligors", args=[case.pk]))
                looked = look_for_obligor_of(case=case_id, at=timezone.now(), **_about(request))
            except REFUSALS as refusal:
                problem = str(refusal)
        shown = _shown(request, case, card, looked) | {"problem": problem}
        return render(request, "window/obligors.html", shown, status=422 if problem else 200)


def _listed(request: HttpRequest, case: Case) -> dict[str, str]:
    made = list_obligor_of(case=case.pk, by=acting(), at=timezone.now(), **_about(request))
    return {"obligor": made.pk.hex}


def _say(request: HttpRequest, case: Case) -> dict[str, str]:
    try:
        obligor = uuid.UUID(request.POST.get("obligor", ""))
        typed = [(fact, request.POST.get(f"fact-{place}", "").strip()) for place, fact in enumerate(facts_of_obligors())]
        said = {fact.name: fact.to_json(value_of(text, fact)) for fact, text in typed if text}
    except ValueError as problem:
        raise NotListed(str(problem) if isinstance(problem, Unreadable) else "请选是哪一位义务人。") from None
    made = say_of_obligor(case=case.pk, obligor=obligor, facts=said, by=acting(), at=timezone.now())
    return {"statement": made.pk.hex}


def _known(people: list[uuid.UUID]) -> dict[uuid.UUID, list[Current]]:
    """Return what counts today of each listed obligor, by key."""
    catalogue, today = current_rules().catalogue, timezone.localdate()
    said = said_of_obligors(people=people, catalogue=catalogue)
    heard = {obligor: held for of_person in said.values() for obligor, held in of_person.items()}
    values = {obligor: current_values(held, catalogue.facts, on=today).values() for obligor, held in heard.items()}
    return {obligor: [one for one in found if one.said is not None] for obligor, found in values.items()}


def _about(request: HttpRequest) -> dict[str, Any]:
    try:
        owed = uuid.UUID(request.POST.get("owed", ""))
    except ValueError:
        raise NotListed("请选是这一户哪位成员的法定义务人。") from None
    about: dict[str, Any] = {one: request.POST.get(one, "").strip()[:40] for one in ("name", "relation", "id_number")}
    return about | {"owed": owed}


def _back(case: Case) -> str:
    return reverse("case_papers" if is_open(case) and case.asked else "case", args=[case.pk])


def _shown(request: HttpRequest, case: Case, card: HouseholdCard, looked: Looked | None) -> dict[str, Any]:
    names = {member.person_id: member.name for member in card.members}
    known = _known(list(names))
    return {
        "current": reverse("cases"),
        "facts": facts_of_obligors() if may("case.accept", area_path=case.area_path) else [],
        "case": case,
        "card": card.placed(),
        "members": card.members,
        "relations": OBLIGOR_RELATIONS,
        "listed": [(names.get(one.person_id, ""), one, known.get(one.obligor_id, [])) for one in obligors_of(people=list(names))],
        "looked": looked,
        "of": next((one.name for one in card.members if one.person_id.hex == request.POST.get("owed", "")), ""),
        "typed": request.POST,
        "back": _back(case),
        "key": new_key(),
    }
