"""The co-organizers (协办员队伍): languages, matters, trainings with their last day; one page for each to write them down."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.hall import actions
from yimen.hall.queries import Member, all_matters, follows, team
from yimen.hall.words import Language
from yimen.office.access import acting
from yimen.office.once import OtherContent
from yimen.web.window.drafting import new_key, send_once

# So many days before it runs out the team's page says so.
SOON = timedelta(days=30)


def page(request: HttpRequest) -> HttpResponse:
    """Show all co-organizers, whose training has run out and whose soon will."""
    today = timezone.localdate()
    names = dict(Language.choices)
    matters = {one.code: one.name for one in all_matters()}
    rows = [
        (one, [names[word] for word in one.languages], [matters.get(code, code) for code in one.matters], _standing(one, today))
        for one in team()
    ]
    shown = {
        "current": reverse("ledger"),
        "rows": rows,
        "trained": sum(standing in ("valid", "soon") for *_, standing in rows),
        "soon": sum(standing == "soon" for *_, standing in rows),
        "on_duty": sum(one.duty is not None for one, *_ in rows),
    }
    return render(request, "co_organizer/team.html", shown)


def _standing(one: Member, today: date) -> str:
    if one.trained_until is None:
        return "never"
    if one.trained_until < today:
        return "over"
    return "soon" if one.trained_until < today + SOON else "valid"


def member(request: HttpRequest, username: str) -> HttpResponse:
    """Show one of them; write down what they can, or a training."""
    found = next((one for one in team() if one.staff.username == username), None)
    if found is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            said = send_once(request, "team.member", lambda: {"said": _done(request, found)}, who=username)["said"]
            messages.success(request, said)
            return HttpResponseRedirect(reverse("team_member", args=[username]))
        except (actions.NotHandled, OtherContent) as refusal:
            problem = str(refusal)
    today = timezone.localdate()
    shown: dict[str, Any] = {
        "current": reverse("ledger"),
        "one": found,
        "standing": _standing(found, today),
        "follows": follows(found.staff),
        "others": [one.staff for one in team() if one.staff != found.staff],
        "languages": Language.choices,
        "matters": all_matters(),
        "today": today,
        "next_year": today.replace(year=today.year + 1, day=min(today.day, 28)),
        "key": new_key(),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "co_organizer/member.html", shown, status=422 if problem else 200)


def _done(request: HttpRequest, found: Member) -> str:
    by, at, post = acting(), timezone.now(), request.POST
    if post.get("do") == "skills":
        chosen = set(post.getlist("matter"))
        matters = [one for one in all_matters() if one.code in chosen]
        actions.set_skills(staff=found.staff, languages=post.getlist("language"), matters=matters, by=by, at=at)
        return f"{found.staff.name}会什么、熟悉什么，记下了。"
    if post.get("do") == "hand_on":
        return _handed_on(request, found)
    days = [_day(post.get(name, "")) for name in ("held_on", "valid_until")]
    actions.record_training(
        staff=found.staff, subject=post.get("subject", ""), held_on=days[0], valid_until=days[1], by=by, at=at
    )
    return f"{found.staff.name}的培训记下了。"


def _handed_on(request: HttpRequest, found: Member) -> str:
    """Give all whom somebody accompanies to another: illness, leave, gone."""
    to = next((one.staff for one in team() if one.staff.username == request.POST.get("to")), None)
    if to is None:
        raise actions.NotHandled("请选交给哪一位协办员。")
    moved = [
        actions.send_another(handling=one.pk, to=to, why=request.POST.get("why", ""), by=acting(), at=timezone.now())
        for one in follows(found.staff)
    ]
    if not moved:
        raise actions.NotHandled(f"{found.staff.name}手上没有人。")
    return f"{len(moved)} 人都换成{to.name}陪。"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise actions.NotHandled("请选培训的日子和有效到哪天。") from None
