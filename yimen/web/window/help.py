"""What help is there? (能得到什么帮助): for a person of the roster, or for a stranger; an answer changes the result at once."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.office.queries import codes_above, own_areas
from yimen.policies.queries import Rules
from yimen.registry.queries import household_of
from yimen.screening.queries import current_rules, explain_registered
from yimen.web.papers.offers import policy_sheet
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.views import not_printed, pdf, set_paper
from yimen.web.window.household import KnownFact, known_facts
from yimen.web.window.rounds import (
    CATEGORY,
    HOUSEHOLD,
    Ask,
    Round,
    changes,
    registered_round,
    stranger_round,
    written,
)
from yimen.web.window.said import Said, Unreadable, carried_by, value_of

YES_NO = ("是", "否")
Rounds = Callable[[Sequence[Said]], Round]

# The head of the page says these already.
TOLD_ABOVE = ("出生日期", "性别", "与户主关系", "家庭人口", "保障类别")


def stranger(request: HttpRequest) -> HttpResponse:
    """Ask for somebody who is in no roster; nothing is kept, and nobody is named."""
    require("help.ask")
    rules, on = current_rules(), timezone.localdate()
    areas = codes_above(own_areas()[0]) if own_areas() else ()
    shown = _answered(request, rules, lambda said: stranger_round(said, rules=rules, on=on, areas=areas), stranger=True)
    if request.POST.get("do") == "print":
        return _printed(request, shown, "", {})
    return _page(request, shown | {"current": reverse("help"), "address": reverse("help")})


def person(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Ask for a registered person; what the file knows is not asked again. The look is written down with its purpose."""
    require("help.ask")
    rules, on = current_rules(), timezone.localdate()
    home = household_of(person_id=person_id, on=on)
    if home is None:
        raise Http404
    with reading("窗口询问能得到什么帮助", household=home.hex):
        held = explain_registered(household_id=home, on=on, rules=rules)
    rounds = lambda said: registered_round(held, person_id.hex, said, rules=rules, on=on)  # noqa: E731
    shown = _answered(request, rules, rounds)
    member = next(one for one in held.card.members if one.person_id == person_id)
    names = {one.person_id.hex: one.name for one in held.card.members}
    if request.POST.get("do") == "print":
        with reading("打印政策单", household=home.hex):
            return _printed(request, shown, member.name, names)
    # Whoever is only at their side, or at the reception, is not shown what departments say of the household.
    is_lent = getattr(request, "is_lent", False)
    known = {} if is_lent else dict(known_facts(held, rules))
    shown |= {
        "is_lent": is_lent,
        "current": reverse("people"),
        "address": reverse("person_help", args=[person_id]),
        "card": held.card.placed(),
        "may_apply": not is_lent and may("case.open", area_path=held.card.area_path),
        "member": member,
        "names": names,
        "known": _once([*known.get(member.name, []), *known.get("全家", [])])[:8],
        "receipts": [(one, rules.policy(one.policy)) for one in held.receipts if one.person_id in (person_id, None)],
        "standings": [one for one in held.card.standings if one.person_id in (person_id, None)],
    }
    return _page(request, shown)


def _once(facts: Iterable[KnownFact]) -> list[KnownFact]:
    """Leave out what is said above, and say once that neither he nor his household was decided to be anything."""
    found: dict[str, KnownFact] = {}
    for one in facts:
        if one.name not in TOLD_ABOVE:
            found.setdefault(one.name, one)
    return list(found.values())


def _answered(request: HttpRequest, rules: Rules, rounds: Rounds, *, stranger: bool = False) -> dict[str, Any]:
    """Take in the answer that was sent, and return the page's question, groups and what changed."""
    before = carried_by(request.POST)
    said, problem = taken(request, before, rules)
    then = rounds(before[:-1] if said == before else before)
    now = rounds(said)
    old, new = then.groups(rules), now.groups(rules, then if said else None)
    asks = town_or_country_first(now.asks(rules, said), said, rules) if stranger else now.asks(rules, said)
    wanted = request.POST.get("instead", "")
    asks = sorted(asks, key=lambda ask: ask.key != wanted)
    facts = rules.catalogue.facts
    return {
        "said": said,
        "lines": [(one, facts[one.fact], written(facts[one.fact], one.text)) for one in said if one.fact in facts],
        "ask": asks[0] if asks else None,
        "choices": choices_of(asks[0]) if asks else (),
        "later": asks[1:7],
        "left": len(asks),
        "helps": policy_names(asks[0].helps, rules) if asks else [],
        "groups": new,
        "changes": changes(old, new) if said else [],
        "problem": problem,
        "typed": request.POST.get("value", "") if problem else "",
    }


def _printed(request: HttpRequest, shown: dict[str, Any], name: str, names: dict[str, str]) -> HttpResponse:
    """Print what can be had, as the page shows it now, to be taken home (政策单)."""
    lines = [(names.get(one.who, ""), fact.name, words) for one, fact, words in shown["lines"]]
    said = [f"{whose}的{what}：{words}" if whose else f"{what}：{words}" for whose, what, words in lines]
    sheet = policy_sheet(shown["groups"], name=name, said=said, on=timezone.localdate())
    try:
        return pdf(set_paper("能得到什么帮助", "offers", sheet), name="policies.pdf")
    except NotPrintable as problem:
        return not_printed(request, problem)


def taken(request: HttpRequest, before: list[Said], rules: Rules) -> tuple[list[Said], str]:
    """Return the answers after this one, or the sentence why it cannot be taken."""
    do, (who, _, name) = request.POST.get("do", ""), request.POST.get("asks", "").partition("|")
    if do == "undo":
        return before[:-1], ""
    fact = rules.catalogue.facts.get(name)
    if fact is None or "instead" in request.POST or request.method != "POST":
        return before, ""
    if do == "skip":
        return [*before, Said(who, name, None)], ""
    text = request.POST.get("value", "").strip()
    try:
        value_of(text, fact)
    except Unreadable as problem:
        return before, str(problem)
    return [*before, Said(who, name, text)], ""


def town_or_country_first(asks: list[Ask], said: Sequence[Said], rules: Rules) -> list[Ask]:
    """Put town or country first for a stranger: every standard hangs on it."""
    fact = rules.catalogue.facts.get(CATEGORY)
    if fact is None or any(one.fact == CATEGORY for one in said):
        return asks
    return [Ask(HOUSEHOLD, "", fact, fact.question, ()), *(ask for ask in asks if ask.fact is not fact)]


def choices_of(ask: Ask) -> tuple[str, ...]:
    """Return what can be chosen in answer, or nothing where it is typed."""
    return YES_NO if ask.fact.kind == "是否" else ask.fact.options


def policy_names(policies: Sequence[str], rules: Rules) -> list[str]:
    """Return what policies are called."""
    return [policy.name for one in policies if (policy := rules.policy(one))]


def _page(request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
    part = bool(request.headers.get("HX-Request"))
    shown["may_ask_opinion"] = may("rating.ask") and not shown.get("is_lent")
    status = 422 if shown["problem"] and not part else 200
    return render(request, "window/help_part.html" if part else "window/help.html", shown, status=status)
