"""Find a person (找人), and see the household: who lives here, what they receive, what is known, what they could receive."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.benefits.queries import due_by_policy, granted_by_the_month, received_once, totals_by_fund, totals_by_item
from yimen.cases.queries import cases_of, events_of
from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.registry.queries import TooManyHits, full_number, household_of, require_unmask, search
from yimen.screening.queries import current_rules, explain_registered, findings_of, is_waiting
from yimen.web.window.drafting import new_key
from yimen.web.window.household import household_groups, known_facts, trail_of

SHORTEST = 2
PURPOSES = ("核对本人证件", "受理登记", "与部门数据核对", "银行开户、发放")
MOST_CASES = 10


def people(request: HttpRequest) -> HttpResponse:
    """
    Search by number, name, pinyin, initials or last four. The words come by POST: no name stands in an address or a log.

    At most twenty are shown; with more, the page says what to add.
    """
    require("person.search")
    text = request.POST.get("text", "").strip()
    shown = {"current": reverse("people"), "text": text, "hits": None, "leads": request.POST.get("leads", "")}
    if not text:
        return render(request, "window/people.html", shown)
    if len(text) < SHORTEST:
        return render(request, "window/people.html", shown | {"problem": "只输一个字找不出人。请输姓名全称、拼音或证件后四位。"})
    try:
        hits = search(text=text)
    except TooManyHits as problem:
        return render(request, "window/people.html", shown | {"problem": str(problem)})
    return render(request, "window/people.html", shown | {"hits": hits})


def person(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Lead from a person to the household where they live today."""
    today = timezone.localdate()
    home = household_of(person_id=person_id, on=today)
    if home is None:
        return render(request, "window/no_household.html", {"current": reverse("people")}, status=404)
    return HttpResponseRedirect(reverse("household", args=[home]))


def number(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Show somebody's whole ID number, once, after the purpose was said; the page is not kept by the browser."""
    require_unmask(person_id=person_id)
    purpose = request.POST.get("other", "").strip() or request.POST.get("purpose", "")
    shown: dict[str, Any] = {"current": reverse("people"), "person_id": person_id, "purposes": PURPOSES}
    if request.method != "POST":
        return render(request, "window/number.html", shown)
    if not purpose:
        return render(request, "window/number.html", shown | {"problem": "请说明为什么要看，才能打开。"}, status=422)
    name, whole = full_number(person_id=person_id, purpose=purpose)
    return render(request, "window/number.html", shown | {"name": name, "number": whole, "purpose": purpose})


def household(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show one household with names in full; the look is written down with its purpose."""
    today = timezone.localdate()
    rules = current_rules()
    with reading("看家庭", household=household_id.hex):
        held = explain_registered(household_id=household_id, on=today, rules=rules)
    people = [member.person_id for member in held.card.members]
    received = received_once(household=household_id, people=people)
    granted = granted_by_the_month(household_id=household_id, people=people)
    found = list(findings_of(household_id=household_id)) if may("finding.see") else []
    cases = list(cases_of(household_id=household_id)[:MOST_CASES]) if may("case.see") else []
    shown = {
        "current": reverse("people"),
        "card": held.card.placed(),
        "not_counted": held.facts.not_counted,
        "receipts": [(one, rules.policy(one.policy)) for one in held.receipts],
        "names": {member.person_id: member.name for member in held.card.members},
        "facts": known_facts(held, rules),
        "groups": household_groups(held, rules),
        "may_ask": may("help.ask"),
        "may_unmask": may("person.unmask", area_path=held.card.area_path),
        "may_apply": may("case.open", area_path=held.card.area_path),
        "cases": cases,
        "trail": trail_of(held, found, _steps(household_id), granted, received, rules),
        "received": [(one, rules.policy(one.policy)) for one in received],
        "funds": totals_by_fund(received),
        "items": [
            (fund, rules.policy(policy), item, times, yuan) for fund, policy, item, times, yuan in totals_by_item(received)
        ],
        "dues": [(one, rules.policy(one.policy)) for one in due_by_policy(granted, on=today)],
        "may_give": may("case.accept", area_path=held.card.area_path),
        "may_open": may("case.open", area_path=held.card.area_path),
        "today": today,
        "key": new_key(),
        "open": [(one, rules.policy(one.policy)) for one in found if is_waiting(one)],
    }
    return render(request, "window/household.html", shown)


def _steps(household_id: uuid.UUID) -> list[Any]:
    return list(events_of(household_id=household_id)) if may("case.see") else []
