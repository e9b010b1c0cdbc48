"""
The helping agent's desk (帮办代办员): who authorised them, what they brought in, where it stands; and nobody else.

The window's own pages serve them too, one household at a time: what a window may do is lent for that household alone and for
as long as the request lasts.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotAccepted, apply_for, record_own_authority
from yimen.cases.queries import (
    AuthorityMatter,
    Helped,
    State,
    helped_by,
    papers_to_fetch,
    progress_of,
    sent_back,
    waiting_for_confirmation,
)
from yimen.cases.queries import helping as lent_for
from yimen.hall.queries import accompanies, accompanying, receiving
from yimen.office.access import NotAllowed, acting, may, require
from yimen.office.audit import reading
from yimen.registry.queries import household_card, mask_name
from yimen.screening.queries import current_rules
from yimen.web.citizen.limits import asked_too_often, count
from yimen.web.citizen.progress import SENTENCES
from yimen.web.window.authorities import form_parts, given_by
from yimen.web.window.drafting import REFUSALS, is_open, new_key, send_once

RELATION = "帮办代办员"
# Twenty that do not fit within ten minutes are enough.
TRIED, WEIGHT = "helping", 3
View = Callable[..., HttpResponseBase]


def is_helper() -> bool:
    """Say whether whoever acts is a helping agent and nothing of a window's."""
    return may("agent.act") and not may("case.open")


def for_helpers(view: View, *, only: Sequence[str] = ()) -> View:
    """
    Let a page of one case serve its helping agent too, and its co-organizer in the hall; `only` names the papers that may be
    printed so.
    """

    @wraps(view)
    def within(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        lending = _lending(kwargs["case_id"])
        if lending is None:
            return view(request, *args, **kwargs)
        if only and kwargs.get("paper") not in only:
            raise NotAllowed("这份文书由窗口打印。")
        with lending:
            return view(request, *args, **kwargs)

    return within


def _lending(case: uuid.UUID) -> AbstractContextManager[Any] | None:
    """Return what lends whoever acts this case, None for a window that needs nothing lent."""
    staff, today = acting(), timezone.localdate()
    if is_companion() and (not is_helper() or accompanies(staff=staff, on=today, case=case)):
        return accompanying(staff=staff, on=today, case=case)
    return lent_for(staff=staff, on=today, case=case) if is_helper() else None


def is_companion() -> bool:
    """Say whether whoever acts is a co-organizer and nothing of a window's."""
    return may("hall.accompany") and not may("case.open")


def own_page(view: View) -> View:
    """Show a helping agent, and a co-organizer, their own, smaller page of a case."""

    @wraps(view)
    def within(request: HttpRequest, case_id: uuid.UUID) -> HttpResponseBase:
        if is_companion() and (not is_helper() or accompanies(staff=acting(), on=timezone.localdate(), case=case_id)):
            with accompanying(staff=acting(), on=timezone.localdate(), case=case_id) as one:
                return HttpResponseRedirect(reverse("accompany_one", args=[one.handling.pk]))
        return HttpResponseRedirect(reverse("helping_case", args=[case_id])) if is_helper() else view(request, case_id)

    return within


def for_person_present(view: View) -> View:
    """Let a page of one person serve who accompanies them, and the reception they stand before."""

    @wraps(view)
    def within(request: HttpRequest, person_id: uuid.UUID) -> HttpResponseBase:
        today = timezone.localdate()
        lending: AbstractContextManager[Any] | None = None
        if is_companion():
            lending = accompanying(staff=acting(), on=today, person=person_id)
        elif may("hall.receive") and not may("help.ask"):
            lending = receiving(on=today, person=person_id)
        if lending is None:
            return view(request, person_id)
        with lending:
            cast(Any, request).is_lent = True
            return view(request, person_id)

    return within


def helping(request: HttpRequest) -> HttpResponse:
    """Show the households they act for, each with its authority and applications."""
    staff, today = acting(), timezone.localdate()
    with reading("看我帮办的"):
        shown = {
            "current": reverse("home"),
            "rows": [_row(one, today) for one in helped_by(staff=staff, on=today)],
            "waiting": _named(waiting_for_confirmation(staff=staff)),
            "sent_back": _named(sent_back(staff=staff, at=timezone.now())),
            "key": new_key(),
        }
        return render(request, "co_organizer/helping.html", shown)


def _named(papers: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return papers with whose they are, masked: the agent has typed the name, and must tell one paper from the next."""
    return [(one, mask_name(one.principal.name)) for one in papers]


def _row(one: Helped, today: date) -> dict[str, Any]:
    """Return one household; who lives there and where is shown only to whom it entrusts applying."""
    card = None
    if one.may_apply:
        with lent_for(staff=acting(), on=today, household=one.household_id):
            card = household_card(household_id=one.household_id, on=today).placed()
    name = card.members[0].name if card else one.authorities[0].principal.name
    cases = [(case, _policies(case)) for case in one.cases]
    draft = next((case for case in one.cases if case.state == State.DRAFT and case.opened_by == acting()), None)
    draft = draft if one.may_apply else None
    return {"one": one, "card": card, "name": name, "cases": cases, "matters": _matters(one), "draft": draft}


def _policies(case: Any) -> list[str]:
    rules = current_rules()
    return list(dict.fromkeys(policy.name for one, _ in case.asked if (policy := rules.policy(one))))


def _matters(one: Any) -> list[tuple[Any, list[str]]]:
    return [(paper, [AuthorityMatter(value).label for value in paper.matters]) for paper in one.authorities]


def new(request: HttpRequest) -> HttpResponse:
    """Enter an authority given to oneself; who it is from is told by name and number together, and tried only so often."""
    require("agent.act")
    typed, problem = QueryDict(), ""
    if request.method == "POST":
        try:
            if asked_too_often(request, TRIED):
                raise NotAccepted("登记得太多了，请过 10 分钟再试。")
            send_once(request, "authority.own", lambda: _recorded(request))
            messages.success(request, "委托书已登记，等窗口或村里核对原件；核对以后就可以替他办。")
            return HttpResponseRedirect(reverse("home"))
        except REFUSALS as refusal:
            count(request, WEIGHT, TRIED)
            typed, problem = request.POST, str(refusal)
    shown = {"current": reverse("home"), "key": new_key(), "typed": typed, "problem": problem} | form_parts(typed)
    return render(request, "co_organizer/helping_new.html", shown, status=422 if problem else 200)


def _recorded(request: HttpRequest) -> dict[str, str]:
    post, staff = request.POST, acting()
    given = given_by(request, name=staff.name, number=post.get("agent_number", ""), relation=RELATION)
    with reading("登记委托书"):
        made = record_own_authority(
            name=post.get("name", ""), number=post.get("number", ""), given=given, by=staff, at=timezone.now()
        )
    return {"authority": made.pk.hex}


@require_POST
def start(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Open an application for whoever authorised it, or go on with the one that is being filled in."""
    began = timezone.now()

    def do() -> dict[str, Any]:
        with reading("替委托人申请", household=household_id.hex):
            made = apply_for(household=household_id, by=acting(), at=began)
            return {"case": made.pk.hex, "goes_on": made.opened_at != began}

    try:
        done = send_once(request, "helping.open", do, household=household_id.hex)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("home"))
    if done["goes_on"]:
        messages.info(request, "这一户有一份还没交的申请，接着填。要另办一件的，先把这一份交了。")
    return HttpResponseRedirect(reverse("case_interview", args=[uuid.UUID(done["case"])]))


def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show where an application stands and, if it is entrusted, which papers are still to be fetched; no facts."""
    staff, today = acting(), timezone.localdate()
    with reading("看我帮办的", case=case_id.hex), lent_for(staff=staff, on=today, case=case_id) as one:
        held = next(brought for brought in one.cases if brought.pk == case_id)
        shown = {
            "current": reverse("home"),
            "case": held,
            "name": one.authorities[0].principal.name,
            "one": one,
            "found": progress_of(receipt_code=held.receipt_code),
            "sentence": SENTENCES[State(held.state)],
            "policies": _policies(held),
            "wanted": papers_to_fetch(staff=staff, on=today, case=case_id),
            "may_fill": one.may_apply and is_open(held),
            "is_told": held.papers_told_at is not None,
        }
        return render(request, "co_organizer/helping_case.html", shown)
