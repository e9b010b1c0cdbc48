"""What is applied for, with which papers and authorisations, and acceptance (选事项、材料和授权、受理)."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import Asked, ConsentNote, NotAccepted, PaperNote, accept, choose, note_papers, submit, tell_papers
from yimen.cases.queries import Case, CasePage, PaperState, case_page, chosen, draft, needs_comparison, signers_of
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.tables import ValueProblem, read_date
from yimen.policies.queries import Rules
from yimen.registry.queries import (
    ADULT,
    CAPACITIES,
    GuardianNow,
    HouseholdCard,
    Member,
    household_card,
    is_parent,
    obligors_of,
)
from yimen.screening.queries import current_rules, explain_registered
from yimen.web.window.drafting import REFUSALS, STEPS, is_open, new_key, said_of, send_once, typed_still, version_of
from yimen.web.window.offers import Groups
from yimen.web.window.rounds import household_round

STATES = (
    (PaperState.BROUGHT, "已交"),
    (PaperState.MISSING, "还缺"),
    (PaperState.PROMISED, "容缺，答应补交"),
    (PaperState.NOT_NEEDED, "用不着"),
)


def choice(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Tick what to apply for: whatever the household can or may receive is ticked beforehand; the rest they may ask for too."""
    rules, on = current_rules(), timezone.localdate()
    with reading("登记申请", case=case_id.hex):
        case = draft(case_id=case_id)
        if not is_open(case):
            return HttpResponseRedirect(reverse("case", args=[case_id]))
        problem = ""
        typed: QueryDict = QueryDict()
        if request.method == "POST":
            try:
                send_once(request, "case.choose", lambda: _chosen(request, case), case=case_id.hex)
                return HttpResponseRedirect(reverse("case_papers", args=[case_id]))
            except REFUSALS as refusal:
                problem, case, typed = str(refusal), draft(case_id=case_id), typed_still(request, refusal)
        held = explain_registered(household_id=case.household_id, on=on, rules=rules)
    groups = household_round(held, said_of(case), rules=rules, on=on).groups(rules)
    shown = _frame(case, held.card, "case_choose", problem) | {
        "groups": groups,
        "names": {member.person_id.hex: member.name for member in held.card.members},
        "ticked": set(typed.getlist("asked")) if typed else _ticked(case, groups),
    }
    return render(request, "window/choose.html", shown, status=422 if problem else 200)


def _frame(case: Case, card: HouseholdCard, step: str, problem: str) -> dict[str, Any]:
    return {
        "current": reverse("cases"),
        "case": case,
        "card": card.placed(),
        "steps": STEPS,
        "step": step,
        "key": new_key(),
        "problem": problem,
    }


def _ticked(case: Case, groups: Groups) -> set[str]:
    """Return the boxes that are ticked: what was chosen before, else all that can or may be received."""
    if case.asked:
        return {f"{policy}|{who}" for policy, who in case.asked}
    return {f"{offer.policy.id}|{who}" for offer in (*groups.yes, *groups.maybe) for who in offer.people or ("",)}


def _chosen(request: HttpRequest, case: Case) -> dict[str, int]:
    asked = [_asked(text) for text in dict.fromkeys(request.POST.getlist("asked"))]
    now = timezone.now()
    return {"version": choose(case=case.pk, asked=asked, by=acting(), at=now, version=version_of(request)).version}


def _asked(text: str) -> Asked:
    policy, _, who = text.partition("|")
    try:
        return Asked(policy, uuid.UUID(who) if who else None)
    except ValueError:
        raise NotAccepted("选的事项不完整。请刷新页面再选。") from None


def papers(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Note papers and authorisations; tell what is missing, hand in to the window, or accept."""
    today = timezone.localdate()
    with reading("登记申请", case=case_id.hex):
        case = draft(case_id=case_id)
        if not is_open(case):
            return HttpResponseRedirect(reverse("case", args=[case_id]))
        if not case.asked:
            return HttpResponseRedirect(reverse("case_choose", args=[case_id]))
        card = household_card(household_id=case.household_id, on=today)
        problem = ""
        typed: QueryDict = QueryDict()
        if request.method == "POST":
            try:
                done = send_once(request, "case.papers", lambda: _done(request, case, card), case=case_id.hex)
                return _led_on(request, case_id, str(done["did"]))
            except REFUSALS as refusal:
                problem, typed = str(refusal), typed_still(request, refusal)
        held = case_page(case_id=case_id)
        shown = _papers_shown(typed, held, card, problem)
    return render(request, "window/papers.html", shown, status=422 if problem else 200)


def _done(request: HttpRequest, case: Case, card: HouseholdCard) -> dict[str, str]:
    """Keep the form first, then take the step of the button; both or neither."""
    by, at, do = acting(), timezone.now(), request.POST.get("do", "save")
    held = case_page(case_id=case.pk)
    note_papers(
        case=case.pk,
        papers=[note for paper in held.papers if (note := _paper_note(request, paper)) is not None],
        consents=list(_consents(request, card)),
        signed_on=_day(request.POST.get("signed_on", ""), "签字的日子") or timezone.localdate(),
        by=by,
        at=at,
        version=version_of(request),
    )
    if do == "accept":
        accept(case=case.pk, asked=chosen(held.case), by=by, at=at)
    elif do == "tell":
        tell_papers(case=case.pk, by=by, at=at)
    elif do == "submit":
        submit(case=case.pk, by=by, at=at)
    return {"did": do}


def _paper_note(request: HttpRequest, paper: Any) -> PaperNote | None:
    state = request.POST.get(f"paper-{paper.pk}", "")
    if state not in {one for one, _ in STATES}:
        return None
    until = _day(request.POST.get(f"until-{paper.pk}", ""), f"{paper.name}补交的日子")
    return PaperNote(paper.pk, state, until if state == PaperState.PROMISED else None)


def _consents(request: HttpRequest, card: HouseholdCard) -> Iterable[ConsentNote]:
    """Yield what each member answered; “all signed” fills in whoever was not answered for one by one."""
    everybody = "yes" if request.POST.get("all_signed") else ""
    for member in card.members:
        answer = request.POST.get(f"consent-{member.person_id.hex}") or everybody
        guardian = request.POST.get(f"guardian-{member.person_id.hex}", "").strip()[:40] or None
        if answer in ("yes", "no"):
            yield ConsentNote(member.person_id, answer == "yes", guardian)
    # Whoever lives elsewhere signs for himself; nobody's silence is filled in.
    for one in obligors_of(people=[member.person_id for member in card.members]):
        answer = request.POST.get(f"obligor-{one.obligor_id.hex}", "")
        if answer in ("yes", "no"):
            yield ConsentNote(None, answer == "yes", obligor=one.obligor_id)


def _day(text: str, column: str) -> date | None:
    if not text.strip():
        return None
    try:
        return read_date(text.strip(), column=column)
    except ValueProblem as problem:
        raise NotAccepted(str(problem)) from None


def _led_on(request: HttpRequest, case_id: uuid.UUID, did: str) -> HttpResponse:
    if did == "accept":
        return HttpResponseRedirect(reverse("case_receipt", args=[case_id]))
    if did == "submit":
        messages.success(request, "已交给乡镇窗口，等候受理。受理以前还可以补材料。")
        return HttpResponseRedirect(reverse("case", args=[case_id]))
    said = "已一次性告知，告知书可以打印。材料齐了从“办件”里接着办。" if did == "tell" else "已保存。"
    messages.success(request, said)
    return HttpResponseRedirect(reverse("case_papers", args=[case_id]))


def _papers_shown(typed: QueryDict, held: CasePage, card: HouseholdCard, problem: str) -> dict[str, Any]:
    rules, answers = current_rules(), {one.person_id: one for one in held.consents}
    guardians = signers_of(card, timezone.localdate())
    adults = [member for member in card.members if member.age >= ADULT and member.person_id not in guardians]
    members = [
        {
            "member": member,
            "answer": typed.get(f"consent-{member.person_id.hex}") or _answer_of(answers.get(member.person_id)),
            "minor": member.age < ADULT,
            "guardians": [(one.name, one.relation) for one in guardians.get(member.person_id, ())],
            "capacity": _capacity(member, guardians.get(member.person_id, ())),
            "guardian": typed.get(f"guardian-{member.person_id.hex}")
            or (one.guardian_name if (one := answers.get(member.person_id)) else "")
            or _likely_guardian(member, guardians.get(member.person_id, ()), adults),
        }
        for member in card.members
    ]
    asked = chosen(held.case)
    rows = [_paper_row(typed, paper, rules) for paper in held.papers]
    return _frame(held.case, card, "case_papers", problem) | {
        "papers": rows,
        "first": next((row["paper"].pk for row in rows if row["state"] == PaperState.MISSING and not row["signed"]), None),
        "states": STATES,
        "members": members,
        "obligors": _obligors(typed, held, card),
        "compared": needs_comparison(asked, area_path=held.case.area_path, on=held.case.received_on),
        "asked": _asked_words(held.case, card, rules),
        "signed_on": typed.get("signed_on") or f"{timezone.localdate():%Y.%m.%d}",
        "may_accept": may("case.accept", area_path=held.case.area_path),
        "missing": [paper.name for paper in held.papers if paper.state == PaperState.MISSING],
        "typed": typed,
    }


def _capacity(member: Member, guardians: Sequence[GuardianNow]) -> str:
    return CAPACITIES[guardians[0].capacity] if guardians and member.age >= ADULT else ""


def _likely_guardian(member: Member, guardians: Sequence[GuardianNow], adults: Sequence[Member]) -> str:
    """Return who signs for a member as a rule: the recorded guardian, else the parents first for a minor, else nobody."""
    if guardians:
        return guardians[0].name
    first = sorted(adults, key=lambda one: not is_parent(one, member)) if member.age < ADULT else ()
    return first[0].name if first else ""


def _obligors(typed: QueryDict, held: CasePage, card: HouseholdCard) -> list[dict[str, Any]]:
    """Return who owes support from outside the household (社会救助法第41条), masked, and what each answered."""
    answers = {one.obligor_id: one for one in held.consents if one.obligor_id}
    names = {member.person_id: member.name for member in card.members}
    return [
        {
            "one": one,
            "of": names.get(one.person_id, ""),
            "answer": typed.get(f"obligor-{one.obligor_id.hex}") or _answer_of(answers.get(one.obligor_id)),
        }
        for one in obligors_of(people=list(names))
    ]


def _answer_of(consent: Any) -> str:
    return "" if consent is None else "yes" if consent.given else "no"


def _paper_row(typed: QueryDict, paper: Any, rules: Rules) -> dict[str, Any]:
    policies = [policy for one in paper.policies if (policy := rules.policy(one))]
    instead = next((held.instead for policy in policies for held in policy.papers if held.name == paper.name), "")
    return {
        "paper": paper,
        "state": typed.get(f"paper-{paper.pk}") or paper.state,
        "until": typed.get(f"until-{paper.pk}") or (f"{paper.promised_until:%Y.%m.%d}" if paper.promised_until else ""),
        "for": [policy.name for policy in policies],
        "instead": instead,
        "signed": "授权" in paper.name,
    }


def _asked_words(case: Case, card: HouseholdCard, rules: Rules) -> list[tuple[str, str]]:
    """Return what is applied for in words, and for whom."""
    names = {member.person_id.hex: member.name for member in card.members}
    found: dict[str, list[str]] = {}
    for policy, who in case.asked:
        found.setdefault(policy, []).extend([names[who]] if who in names else [])
    return [(held.name, "、".join(people)) for one, people in found.items() if (held := rules.policy(one))]
