"""The interview of an application (问情况): the same questions as for help, but every answer is kept in the draft at once."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import save_draft
from yimen.cases.queries import Case, draft
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.policies.queries import Rules
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered
from yimen.web.window.drafting import REFUSALS, STEPS, is_open, kept, new_key, said_of, send_once, version_of
from yimen.web.window.help import choices_of, policy_names, taken
from yimen.web.window.household import known_facts
from yimen.web.window.offers import with_names
from yimen.web.window.rounds import changes, household_round, written
from yimen.web.window.said import Said


def interview(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Ask the household what can still change a result; an answer is in the draft before the next question is shown."""
    rules, on = current_rules(), timezone.localdate()
    with reading("登记申请", case=case_id.hex):
        case = draft(case_id=case_id)
        if not is_open(case):
            return HttpResponseRedirect(reverse("case", args=[case_id]))
        held = explain_registered(household_id=case.household_id, on=on, rules=rules)
    before, problem = said_of(case), ""
    if request.method == "POST":
        problem = _answered(request, case, held, rules)
        case = draft(case_id=case_id)
    shown = _shown(case, held, rules, before=before, on=on) | {
        "problem": problem,
        "typed": request.POST.get("value", "") if problem else "",
    }
    shown["asks"] = sorted(shown["asks"], key=lambda ask: ask.key != request.POST.get("instead", ""))
    part = bool(request.headers.get("HX-Request"))
    page = "window/interview_part.html" if part else "window/interview.html"
    return render(request, page, _question(shown, rules), status=422 if problem and not part else 200)


def _answered(request: HttpRequest, case: Case, held: RegisteredAnswers, rules: Rules) -> str:
    """Keep the answer, once; return the sentence why it cannot be taken, or nothing."""
    before = said_of(case)
    members = {"", *(member.person_id.hex for member in held.card.members)}
    if request.POST.get("asks", "").partition("|")[0] not in members:
        return "这一问问的人不在这一户里。请刷新页面。"
    said, problem = taken(request, before, rules)
    if problem or "instead" in request.POST:
        return problem

    def keep() -> dict[str, int]:
        rows, version = kept(said, rules.catalogue.facts), version_of(request)
        return {"version": save_draft(case=case.pk, said=rows, by=acting(), at=timezone.now(), version=version).version}

    try:
        send_once(request, "case.answer", keep, case=case.pk.hex)
    except REFUSALS as refusal:
        return str(refusal)
    return ""


def _shown(case: Case, held: RegisteredAnswers, rules: Rules, *, before: Sequence[Said], on: date) -> dict[str, Any]:
    said = said_of(case)
    now = household_round(held, said, rules=rules, on=on)
    then = household_round(held, before if before != said else said[:-1], rules=rules, on=on)
    facts, names = rules.catalogue.facts, {member.person_id.hex: member.name for member in held.card.members}
    groups = now.groups(rules, then if said else None)
    return {
        "current": reverse("cases"),
        "case": case,
        "card": held.card.placed(),
        "steps": STEPS,
        "step": "case_interview",
        "address": reverse("case_interview", args=[case.pk]),
        "key": new_key(),
        "said": said,
        "names": names,
        "lines": [(one, facts[one.fact], written(facts[one.fact], one.text)) for one in said if one.fact in facts],
        "asks": now.asks(rules, said),
        "groups": with_names(groups, names),
        "changes": changes(then.groups(rules), groups) if said else [],
        # Who only helps is not shown what departments say of the household.
        "sees_known": may("person.search"),
        "known": known_facts(held, rules) if may("person.search") else [],
        "receipts": [
            (one, rules.policy(one.policy), names.get(one.person_id.hex, "") if one.person_id else "全家")
            for one in (held.receipts if may("person.search") else ())
        ],
    }


def _question(shown: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Add the question that is asked now, and those behind it."""
    asks = shown["asks"]
    return shown | {
        "ask": asks[0] if asks else None,
        "choices": choices_of(asks[0]) if asks else (),
        "later": asks[1:7],
        "left": len(asks),
        "helps": policy_names(asks[0].helps, rules) if asks else [],
    }
