"""
The papers a household keeps with us (委托书、监护文书): a page to see and register them, one address for each to look at it, to
confirm it or to end it. What differs between the kinds stands in `PaperKind`; the steps are the same.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.tables import ValueProblem, read_date
from yimen.registry.queries import HouseholdCard, household_card
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import new_key, send_once

SENT_BACK = "已退回，登记的人看得到原因。"


@dataclass(frozen=True)
class PaperKind:
    """
    One kind of paper: the names of its page, template and steps, its sentences, and what is done with it.

    `shows` gives the page its rows and what its form needs; `record`, `confirm` and `end` return the key of the paper, `end`
    also whether it was only waiting to be confirmed. `refusal` is what the room raises in words.
    """

    name: str
    page: str
    purpose: str
    refusal: type[Exception]
    recorded: str
    confirmed: str
    ended: str
    shows: Callable[[HouseholdCard, QueryDict, date], Mapping[str, Any]]
    record: Callable[[HttpRequest, uuid.UUID], uuid.UUID]
    photo: Callable[[uuid.UUID], uuid.UUID]
    confirm: Callable[[uuid.UUID], uuid.UUID]
    end: Callable[[uuid.UUID, str], bool]

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """Return what is said on the page instead of done."""
        return (self.refusal, OtherContent)


def papers_page(kind: PaperKind, request: HttpRequest, household: uuid.UUID, problem: str = "") -> HttpResponse:
    """Show what is kept, the newest first, and register another."""
    today, typed = timezone.localdate(), QueryDict()

    def record() -> dict[str, str]:
        return {kind.name: kind.record(request, household).hex}

    with reading(kind.purpose, household=household.hex):
        card = household_card(household_id=household, on=today)
        if request.method == "POST" and not problem:
            try:
                send_once(request, f"{kind.name}.record", record, household=household.hex)
                messages.success(request, kind.recorded)
                return HttpResponseRedirect(reverse(kind.page, args=[household]))
            except kind.refusals as refusal:
                problem, typed = str(refusal), request.POST
        shown = {
            "current": reverse("people"),
            "card": card.placed(),
            "starts_on": typed.get("starts_on") or f"{today:%Y.%m.%d}",
            "key": new_key(),
            "typed": typed,
            "problem": problem,
        } | dict(kind.shows(card, typed, today))
        return render(request, f"window/{kind.page}.html", shown, status=422 if problem else 200)


def paper_page(kind: PaperKind, request: HttpRequest, household: uuid.UUID, paper: uuid.UUID) -> HttpResponseBase:
    """Show the picture of one (GET), or confirm it, or end it or send it back (POST)."""
    confirms = request.POST.get("do") == "confirm"

    def act() -> dict[str, Any]:
        if confirms:
            return {kind.name: kind.confirm(paper).hex}
        return {kind.name: paper.hex, "waited": kind.end(paper, request.POST.get("words", ""))}

    with reading(kind.purpose, household=household.hex):
        household_card(household_id=household, on=timezone.localdate())
        if request.method != "POST":
            return photo_answer(kind.photo(paper), purpose=kind.purpose)
        try:
            done = send_once(request, f"{kind.name}.{'confirm' if confirms else 'end'}", act, paper=paper.hex)
        except kind.refusals as refusal:
            return papers_page(kind, request, household, problem=str(refusal))
    messages.success(request, kind.confirmed if confirms else SENT_BACK if done["waited"] else kind.ended)
    return HttpResponseRedirect(reverse(kind.page, args=[household]))


def chosen(text: str, refusal: Exception) -> uuid.UUID:
    """Return who was chosen from a list. Raises the refusal for nobody."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise refusal from None


def day_on_paper(text: str, column: str, refusal: type[Exception]) -> date | None:
    """Return a day as it stands on a paper, or None where none does. Raises the refusal for what is no day."""
    try:
        return read_date(text.strip(), column=column) if text.strip() else None
    except ValueProblem as problem:
        raise refusal(str(problem)) from None


def state_of(*, confirmed: bool, ended: bool, starts_on: date, ends_on: date | None, today: date, ended_words: str) -> str:
    """Say where a paper stands today; one that was never confirmed is sent back, not ended."""
    if ended:
        return ended_words if confirmed else "已退回"
    if not confirmed:
        return "待核对"
    if ends_on is not None and ends_on < today:
        return "到期"
    return "还没到" if starts_on > today else "有效"
