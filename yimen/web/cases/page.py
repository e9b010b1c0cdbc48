"""One case (办件): where it stands on its seven stages, decisions, dates, papers, tasks and everything that happened."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotAccepted, bring_paper, give_consent, turn_away, withdraw
from yimen.cases.queries import Case, CasePage, Kind, Left, State, case_page, scans_of, words_of
from yimen.office.access import acting, may
from yimen.office.audit import reading
from yimen.office.tables import ValueProblem, read_date
from yimen.policies.queries import Rules
from yimen.registry.queries import HouseholdCard, household_card, obligors_of
from yimen.screening.queries import current_rules
from yimen.web.papers.offered import papers_of
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import REFUSALS, is_open, new_key, send_once
from yimen.web.window.rounds import written

# The seven stages of 一门受理 (告知 受理 承办 批准 办结 送达 评价), each with the steps that reach it.
STAGES = (
    ("告知", ("open", "tell_papers")),
    ("受理", ("accept", "give_first", "take_up")),
    ("承办", ("investigate", "ask_comparison", "compare", "visit", "propose")),
    ("批准", ("confirm", "refuse", "refer")),
    ("办结", ("conclude", "settle_check")),
    ("送达", ("deliver",)),
    ("评价", ("rate",)),
)
REACHED_BY = {State.DRAFT: 0, State.SUBMITTED: 0, State.ACCEPTED: 2, State.CONCLUDED: 5, State.DELIVERED: 6}
# A draft is kept at every answer; that is no news to whoever reads the trail.
QUIET = ("save",)


@dataclass(frozen=True)
class Stage:
    """One stage of the line: its name, the day it was reached, and whether it is the present one."""

    name: str
    on: date | None
    is_now: bool


def page(request: HttpRequest, case_id: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show a case with names in full; the look is written down with its purpose."""
    today, rules = timezone.localdate(), current_rules()
    with reading("看办件", case=case_id.hex):
        held = case_page(case_id=case_id)
        card = household_card(household_id=held.case.household_id, on=today)
        prints = papers_of(held, rules)
        case, staff = held.case, acting()
        names = {member.person_id: member.name for member in card.members}
        shown = {
            "current": reverse("cases"),
            "held": held,
            "prints": prints,
            "case": case,
            "card": card.placed(),
            "names": names,
            "today": today,
            "stages": list(stages(held)),
            "decisions": decision_rows(held, rules, names, today),
            "has_deadlines": any(held.deadlines.values()),
            "declared": list(declared(case, rules, names)),
            "asked": asked_rows(case, rules, card),
            "trail": list(trail(held, rules)),
            "is_late": case.due_on is not None and case.due_on < today,
            "is_mine": case.first_assignee_id == staff.pk,
            "step": next_step(held),
            "is_urgent": any(one.step == "give_first" for one in held.events),
            "may_fill": is_open(case) and may("case.open", area_path=case.area_path),
            "may_turn_away": _may_be_turned_away(case) and may("case.accept", area_path=case.area_path),
            "may_ask_opinion": may("rating.ask", area_path=case.area_path),
            "ways_to_leave": Left.choices,
            "may_withdraw": _may_be_withdrawn(case) and may("case.open", area_path=case.area_path),
            "may_bring": case.state == State.ACCEPTED and may("case.open", area_path=case.area_path),
            "unsigned": list(unsigned(held, card)),
            "may_oblige": _may_oblige(case, held),
            "key": new_key(),
            "problem": problem,
        }
        # The page itself opens the names of helpers and guardians, so it is drawn inside the reading.
        return render(request, "cases/case.html", shown, status=422 if problem else 200)


def next_step(held: CasePage) -> str:
    """Say what comes next in a case that is being handled: to verify until two have signed a visit, then to decide."""
    if held.case.state != State.ACCEPTED or any(one.step == "give_first" for one in held.events):
        return ""
    is_seen = any(one.step == "sign" for one in held.events) or any(one.proposed_at for one in held.decisions)
    return "decide" if is_seen else "verify"


def unsigned(held: CasePage, card: HouseholdCard) -> Iterable[tuple[str, str]]:
    """Yield who has not authorised the comparison yet: the key the form sends, and in words who it is."""
    given = {one.obligor_id or one.person_id for one in held.consents if one.given}
    if not held.consents:
        return
    for member in card.members:
        if member.person_id not in given:
            yield f"member|{member.person_id.hex}", member.name
    names = {member.person_id: member.name for member in card.members}
    for one in obligors_of(people=list(names)):
        if one.obligor_id not in given:
            yield f"obligor|{one.obligor_id.hex}", f"{names.get(one.person_id, '')}的{one.relation}{one.name}（户外）"


def _may_oblige(case: Case, held: CasePage) -> bool:
    return case.state == State.ACCEPTED and bool(held.consents) and may("household.register", area_path=case.area_path)


def _may_be_turned_away(case: Case) -> bool:
    return case.kind == Kind.APPLICATION and is_open(case)


def _may_be_withdrawn(case: Case) -> bool:
    return case.kind == Kind.APPLICATION and (is_open(case) or case.state == State.ACCEPTED)


def stages(held: CasePage) -> Iterable[Stage]:
    """Yield the seven stages with the day each was first reached; the present one is the last reached or the one waited for."""
    first: dict[str, date] = {}
    for event in held.events:
        first.setdefault(event.step, event.on)
    present = REACHED_BY.get(State(held.case.state), -1)
    for place, (name, steps) in enumerate(STAGES):
        on = min((first[step] for step in steps if step in first), default=None)
        yield Stage(name, on, place == present)


@dataclass(frozen=True)
class DecisionRow:
    """One department's decision as the page shows it."""

    decision: Any
    name: str
    whose: str
    deadlines: Sequence[Any]
    is_late: bool


def decision_rows(held: CasePage, rules: Rules, names: dict[uuid.UUID, str], today: date) -> list[DecisionRow]:
    """Return the decisions, identity first, each with its dates."""
    return [
        DecisionRow(
            decision=one,
            name=policy.name if (policy := rules.policy(one.policy)) else one.policy,
            whose=names.get(one.person_id, "已不在本户") if one.person_id else "全家",
            deadlines=held.deadlines.get(one.pk, []),
            is_late=one.due_on is not None and one.due_on < today,
        )
        for one in held.decisions
    ]


def asked_rows(case: Case, rules: Rules, card: HouseholdCard) -> list[tuple[str, str]]:
    """Return what a draft asks for, and for whom, while there are no decisions yet."""
    names = {member.person_id.hex: member.name for member in card.members}
    return [(held.name, names.get(who, "全家")) for policy, who in case.asked if (held := rules.policy(policy))]


def declared(case: Case, rules: Rules, names: dict[uuid.UUID, str]) -> Iterable[tuple[str, str, Any]]:
    """Yield what the applicant said: about whom, which fact, in words."""
    facts, called = rules.catalogue.facts, {who.hex: name for who, name in names.items()}
    for one in case.said:
        if one["fact"] in facts and one["value"] is not None:
            yield called.get(one["who"], "全家"), one["fact"], written(facts[one["fact"]], one.get("text", str(one["value"])))


def trail(held: CasePage, rules: Rules) -> Iterable[dict[str, Any]]:
    """Yield what happened, the newest first."""
    policies: dict[uuid.UUID | None, str] = {one.pk: one.policy for one in held.decisions}
    for event in reversed(held.events):
        if event.step in QUIET:
            continue
        policy = rules.policy(policies.get(event.decision_id, ""))
        yield {"event": event, "words": words_of(event), "policy": policy.name if policy else ""}


@require_POST
def turn_away_case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Do not take an application in, in writing with the article."""
    words, article = request.POST.get("words", ""), request.POST.get("article", "")

    def do() -> dict[str, str]:
        return {"case": turn_away(case=case_id, words=words, article=article, by=acting(), at=timezone.now()).pk.hex}

    return _stepped(request, case_id, "case.turn_away", do, "已记下不予受理。请把书面理由交给申请人，并告诉他可以怎么办。")


@require_POST
def withdraw_case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Take an application back at the applicant's word, or end one that cannot be gone on with."""

    def do() -> dict[str, str]:
        words, why = request.POST.get("words", ""), request.POST.get("why", Left.OWN.value)
        if why not in Left.values:
            raise NotAccepted("请选为什么不再办。")
        return {"case": withdraw(case=case_id, words=words, why=Left(why), by=acting(), at=timezone.now()).pk.hex}

    return _stepped(request, case_id, "case.withdraw", do, "不再办了，缘由写进了经过。")


@require_POST
def bring(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Note a promised paper that has been brought since acceptance (补交)."""
    paper = request.POST.get("paper", "")

    def do() -> dict[str, str]:
        number = int(paper) if paper.isascii() and paper.isdigit() and len(paper) < 16 else 0
        return {"case": bring_paper(case=case_id, paper=number, by=acting(), at=timezone.now()).case_id.hex}

    return _stepped(request, case_id, "case.bring", do, "已记下补交的材料。")


@require_POST
def authorise(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Note an authorisation that was signed after acceptance: by a member who had refused, or an obligor from outside."""
    whose, _, key = request.POST.get("who", "").partition("|")

    def do() -> dict[str, str]:
        about: dict[str, Any] = {"obligor" if whose == "obligor" else "person": _key(key)}
        guardian = request.POST.get("guardian", "").strip()[:40] or None
        signed: dict[str, Any] = {"given": True, "guardian_name": guardian, "signed_on": _signed_on(request)}
        with reading("登记申请", case=case_id.hex):
            give_consent(case=case_id, by=acting(), at=timezone.now(), **signed, **about)
        return {"case": case_id.hex}

    return _stepped(request, case_id, "case.authorise", do, "授权书已记下；查得到的可以提请核对。")


def scan(request: HttpRequest, case_id: uuid.UUID, photo_id: uuid.UUID) -> HttpResponseBase:
    """Show one page of a paper of this case, as it was photographed."""
    with reading("看材料照片", case=case_id.hex):
        if photo_id not in scans_of(case_id=case_id):
            raise Http404
        return photo_answer(photo_id, purpose="看材料照片")


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotAccepted("请选是谁签的授权书。") from None


def _signed_on(request: HttpRequest) -> date:
    try:
        on = read_date(request.POST.get("signed_on", "").strip(), column="签字的日子") or timezone.localdate()
    except ValueProblem as problem:
        raise NotAccepted(str(problem)) from None
    if on > timezone.localdate():
        raise NotAccepted("签字的日子在今天以后，请核对。")
    return on


def _stepped(request: HttpRequest, case_id: uuid.UUID, name: str, do: Callable[[], dict[str, str]], done: str) -> HttpResponse:
    try:
        send_once(request, name, do, case=case_id.hex)
    except REFUSALS as refusal:
        return page(request, case_id, problem=str(refusal))
    messages.success(request, done)
    return HttpResponseRedirect(reverse("case", args=[case_id]))
