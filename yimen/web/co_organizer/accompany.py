"""
The co-organizer's telephone (协办员手机): whom I accompany, where their number stands, their papers and forms, until the end.

Of a household nothing is shown before one has come to the person, and nothing after it ended.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import NotAccepted, NotEnded, NotEntrusted, NotRated
from yimen.cases.queries import Case, State
from yimen.hall import actions
from yimen.hall.queries import (
    Accompanied,
    accompanying,
    cases_linked,
    errands_of,
    errands_owned,
    in_hand,
    may_see_to,
    may_take_over,
    on_duty,
    open_matters,
    papers_of_matters,
    place_of,
    steps_of,
    ticket_of,
    today_or_not,
    venues_seen,
)
from yimen.hall.words import Fetcher, Help, Result
from yimen.office.access import acting, lent
from yimen.office.audit import reading
from yimen.office.calendar import after_workdays, calendar
from yimen.office.once import OtherContent
from yimen.office.queries import Staff, staff_called
from yimen.registry.queries import masked
from yimen.screening.queries import current_rules
from yimen.web.citizen.progress import SENTENCES
from yimen.web.window.drafting import new_key, send_once
from yimen.web.window.household import household_groups

REFUSALS = (actions.NotHandled, NotEntrusted, NotEnded, NotAccepted, NotRated, OtherContent)
ENDS = ((Result.DONE, "办完了，结果到了本人手里"), (Result.HANDED_OVER, "移交给一位同事"), (Result.LEFT, "本人不用陪了"))


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Show whom I accompany and the papers I have to see to, masked; go on and off duty."""
    staff, today = acting(), timezone.localdate()
    with reading("看我陪的人"):
        people = in_hand(staff=staff, on=today)
        names = masked(people=[one.person_id for one in people if one.person_id], households=[], on=today)
        shown = {
            "current": reverse("accompany"),
            "rows": [(one, names.get(one.person_id, "") if one.person_id else "", _ticket(one)) for one in people],
            "errands": [(one, one.task.due_on is not None and one.task.due_on < today) for one in errands_owned(staff)],
            "duty": on_duty(staff),
            "venues": list(venues_seen()),
            "key": new_key(),
            "problem": problem,
            "today": today,
        }
        return render(request, "co_organizer/accompany.html", shown, status=status)


def _ticket(one: Accompanied) -> Any:
    return ticket_of(one.handling.attendance)


@require_POST
def duty(request: HttpRequest) -> HttpResponse:
    """Go on duty in a hall, or off duty."""
    venue = next((one for one in venues_seen() if one.code == request.POST.get("venue")), None)
    try:
        if venue is not None:
            actions.go_on_duty(venue=venue, by=acting(), at=timezone.now())
        else:
            actions.go_off_duty(by=acting(), at=timezone.now())
    except REFUSALS as refusal:
        return page(request, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("accompany"))


def one(request: HttpRequest, handling_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show one person I accompany: number, papers, forms, what they could receive, what was done, how to end."""
    now, today = timezone.now(), timezone.localdate()
    with (
        reading("全程协办", handling=handling_id.hex),
        accompanying(staff=acting(), on=today, handling=handling_id) as held,
    ):
        handling = held.handling
        shown = (
            _about(held)
            | _place(held)
            | {
                "handling": handling,
                "key": new_key(),
                "problem": problem,
                "typed": request.POST,
                "today": today,
                "tomorrow": after_workdays(calendar(), today, 1).on,
                "steps": steps_of(handling),
                "errands": errands_of(handling),
                "fetchers": Fetcher.choices,
                "owners": may_see_to(handling),
                "takers": may_take_over(handling),
                "ends": ENDS,
                "done": {one.help for one in steps_of(handling)},
                "now": now,
            }
        )
        return render(request, "co_organizer/accompany_one.html", shown, status=status)


def _about(held: Accompanied) -> dict[str, Any]:
    """Return what is shown of the household once one has come; else what the matter alone needs."""
    attendance, today = held.handling.attendance, timezone.localdate()
    if held.household_id is None or held.handling.accepted_at is None:
        names = masked(people=[held.person_id], households=[], on=today) if held.person_id else {}
        wanted = papers_of_matters(attendance=attendance, held=None)
        return {"name": names.get(held.person_id, "") if held.person_id else "", "matters": None, "papers": wanted}
    matters = open_matters(household_id=held.household_id, on=today, more=cases_linked(held.handling))
    member = next((one for one in matters.held.card.members if one.person_id == held.person_id), None)
    return {
        "name": member.name if member else "",
        "member": member,
        "card": matters.held.card.placed(),
        "matters": matters,
        "sentences": [(one, SENTENCES[State(one.case.state)]) for one in matters.cases],
        "papers": papers_of_matters(attendance=attendance, held=matters.held),
        "groups": household_groups(matters.held, current_rules()),
    }


def place(request: HttpRequest, handling_id: uuid.UUID) -> HttpResponse:
    """Show where the number stands; the page asks again by itself."""
    with accompanying(staff=acting(), on=timezone.localdate(), handling=handling_id) as held:
        return render(request, "co_organizer/accompany_place.html", _place(held) | {"handling": held.handling})


def _place(held: Accompanied) -> dict[str, Any]:
    now, ticket = timezone.now(), ticket_of(held.handling.attendance)
    with lent("hall.ticket", area_path=ticket.area_path):
        told = today_or_not(ticket=ticket, at=now)
    return {"ticket": ticket, "place": place_of(ticket_id=ticket.pk, at=now), "told": told}


@require_POST
def act(request: HttpRequest, handling_id: uuid.UUID, name: str) -> HttpResponse:
    """Take one step with somebody I accompany; what is refused is said on the page."""
    doing, today = _ACTS.get(name), timezone.localdate()
    if doing is None:
        return one(request, handling_id, problem="没有这一步，请刷新页面。", status=404)
    try:
        with (
            reading("全程协办", handling=handling_id.hex),
            accompanying(staff=acting(), on=today, handling=handling_id) as held,
        ):
            done = send_once(request, f"accompany.{name}", lambda: doing(request, held), handling=handling_id.hex)
    except REFUSALS as refusal:
        return one(request, handling_id, problem=str(refusal), status=422)
    if done.get("said"):
        messages.success(request, done["said"])
    return HttpResponseRedirect(done.get("to") or reverse("accompany_one", args=[handling_id]))


Act = Callable[[HttpRequest, Accompanied], Mapping[str, str]]


def _who(held: Accompanied) -> dict[str, Any]:
    return {"handling": held.handling.pk, "by": acting(), "at": timezone.now()}


def _come(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    actions.take_up(**_who(held))
    return {"said": "接手了，从现在起看得到他在办的事，直到结束。"}


def _give_back(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    actions.give_back(why=request.POST.get("words", ""), **_who(held))
    return {"said": "已退回导办台，另派别人。", "to": reverse("accompany")}


def _note(help_: Help, said: str) -> Act:
    def note(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
        case = _case(request, held) if request.POST.get("case") else None
        actions.note_step(help_=help_, case=case, words=request.POST.get("words", ""), **_who(held))
        return {"said": said}

    return note


def _case(request: HttpRequest, held: Accompanied) -> Case:
    """Return a case of the household that is named, and of no other."""
    if held.household_id is None:
        raise actions.NotHandled("还不知道他是谁。")
    shown = open_matters(household_id=held.household_id, on=timezone.localdate(), more=cases_linked(held.handling))
    found = next((one.case for one in shown.cases if one.case.pk.hex == request.POST.get("case")), None)
    if found is None:
        raise actions.NotHandled("这一件不是他家的，请刷新页面。")
    actions.link_case(attendance=held.handling.attendance, case=found.pk, by=acting(), at=timezone.now())
    return found


def _form(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    case = actions.begin_form(**_who(held))
    return {"to": reverse("case_interview", args=[case.pk])}


def _first(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    case = _case(request, held)
    actions.ask_first(case=case, why=request.POST.get("words", ""), **_who(held))
    return {"said": f"已请{case.first_assignee.name}先办。"}


def _errand(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    post = request.POST
    try:
        due_on = date.fromisoformat(post.get("due_on", ""))
    except ValueError:
        raise actions.NotHandled("请选哪天以前要到。") from None
    made = actions.ask_errand(
        paper=post.get("other", "").strip() or post.get("paper", ""),
        fetcher=post.get("fetcher", ""),
        at_home=post.get("at_home") == "yes",
        owner=_one_of(may_see_to(held.handling), post.get("owner", "")),
        due_on=due_on,
        **_who(held),
    )
    return {"said": f"“{made.paper}”由{made.task.owner.name}负责。"}


def _one_of(people: list[Staff], username: str) -> Staff | None:
    found = staff_called(username) if username else None
    return found if found in people else None


def _fetched(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    text = request.POST.get("errand", "")
    found = actions.finish_errand(
        errand=int(text) if text.isascii() and text.isdigit() else 0, words=request.POST.get("words", ""), **_who(held)
    )
    return {"said": f"“{found.paper}”到了。请交给窗口登记。"}


def _rating(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    return {"to": reverse("rating_asked", args=[actions.ask_rating(**_who(held)).pk])}


def _end(request: HttpRequest, held: Accompanied) -> Mapping[str, str]:
    post = request.POST
    result = Result(post["result"]) if post.get("result") in Result.values else Result.RETURNED
    to = _one_of(may_take_over(held.handling), post.get("to", "")) if result == Result.HANDED_OVER else None
    actions.end(result=result, words=post.get("words", ""), to=to, **_who(held))
    return {"said": f"已移交给{to.name}。" if to else "这次协办结束了，记进了台账。", "to": reverse("accompany")}


_ACTS: Mapping[str, Act] = {
    "come": _come,
    "back": _give_back,
    "led": _note(Help.LED, "记下了：带到了窗口。"),
    "sheet": _note(Help.SHEET, "记下了：政策单交给了他。"),
    "progress": _note(Help.PROGRESS, "记下了：进度告诉了他。"),
    "result": _note(Help.RESULT, "记下了：结果告诉了他。"),
    "form": _form,
    "first": _first,
    "errand": _errand,
    "fetched": _fetched,
    "rating": _rating,
    "end": _end,
}
