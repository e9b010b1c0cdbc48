"""Setting up a venue (场所设置): hours, matters, lines, profiles, windows, rule and limits, one section each on one page."""

from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import RULE_WORDS, Matter, Rule, Setting, Venue, setting_of, venues_seen
from yimen.hall.words import Ground
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotSet, OtherContent)
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
STRETCHES = 2


def listed(request: HttpRequest) -> HttpResponse:
    """Show the venues somebody sets up."""
    require("hall.manage")
    venues = [one for one in venues_seen() if may("hall.manage", area_path=one.service_point.area.path)]
    return render(request, "hall/setups.html", {"current": reverse("setups"), "venues": venues})


def page(request: HttpRequest, venue_code: str, problem: str = "", failed: str = "", status: int = 200) -> HttpResponse:
    """Show all a venue is set to; a refusal stands in the section it is about, with what was typed."""
    venue = _venue(venue_code)
    held = setting_of(venue)
    typed = request.POST if failed else {}
    shown = {
        "current": reverse("setups"),
        "venue": venue,
        "held": held,
        "days": [(day, WEEKDAYS[day - 1], _stretches(openings)) for day, openings in held.hours],
        "rules": list(RULE_WORDS.items()),
        "ranks": {profile.pk: {line.series_id: line.rank for line in profile.lines.all()} for profile in held.profiles},
        "grounds": [(one.value, one.label, one.value in venue.grounds) for one in Ground if one is not Ground.LISTED],
        "problem": problem,
        "failed": failed,
        "typed": typed,
        "key": new_key(),
    }
    return render(request, "hall/setup.html", shown, status=status)


def _stretches(openings: Any) -> list[tuple[int, str, str]]:
    told = [(f"{one.opens_at:%H:%M}", f"{one.closes_at:%H:%M}") for one in openings][:STRETCHES]
    return [(place, *stretch) for place, stretch in enumerate([*told, *[("", "")] * (STRETCHES - len(told))])]


@require_POST
def act(request: HttpRequest, venue_code: str, name: str) -> HttpResponse:
    """Set one section; what is refused is said there."""
    venue = _venue(venue_code)
    doing = _ACTS.get(name)
    if doing is None:
        raise Http404
    try:
        send_once(request, f"setup.{name}", lambda: {"done": doing(request, venue, setting_of(venue)) is None}, venue=venue.code)
    except REFUSALS as refusal:
        return page(request, venue_code, problem=str(refusal), failed=name.removeprefix("drop-"), status=422)
    messages.success(request, _SAID.get(name, "设好了。"))
    return HttpResponseRedirect(reverse("setup", args=[venue.code]) + f"#{name.removeprefix('drop-')}")


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": timezone.now()}


def _number(request: HttpRequest, name: str, what: str) -> int:
    text = request.POST.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise actions.NotSet(f"{what}请填数字。")
    return int(text)


def _hours(request: HttpRequest, venue: Venue, _: Setting) -> None:
    follows = request.POST.get("follows_calendar") == "on"
    actions.set_hours(venue=venue, hours=list(_typed_hours(request)), follows_calendar=follows, **_who())


def _typed_hours(request: HttpRequest) -> Iterator[tuple[int, time, time]]:
    for day in range(1, 8):
        for place in range(STRETCHES):
            texts = [request.POST.get(f"{which}_{day}_{place}", "").strip() for which in ("opens", "closes")]
            if not any(texts):
                continue
            try:
                opens, closes = (time.fromisoformat(text) for text in texts)
            except ValueError:
                raise actions.NotSet(f"{WEEKDAYS[day - 1]}的时间没有填全，开门和关门都要填，例如 08:30。") from None
            yield day, opens, closes


def _rule(request: HttpRequest, venue: Venue, _: Setting) -> None:
    name = request.POST.get("rule", "")
    rule = Rule(
        name if name in RULE_WORDS else "",  # type: ignore[arg-type]
        _number(request, "head_start", "提前量"),
        _number(request, "ratio", "比例"),
        _number(request, "pace", "积分快慢") / 100,
    )
    actions.set_rule(venue=venue, rule=rule, reason=request.POST.get("reason", ""), **_who())


def _limits(request: HttpRequest, venue: Venue, _: Setting) -> None:
    limits: dict[str, Any] = {
        "tickets_a_day": _number(request, "tickets_a_day", "每人每天取号"),
        "calls_before_missed": _number(request, "calls_before_missed", "叫几次算过号"),
        "wait_alarm_minutes": _number(request, "wait_alarm_minutes", "等候提醒"),
    }
    actions.set_limits(venue=venue, **limits, **_who())
    appointments: dict[str, Any] = {
        "an_hour": _number(request, "an_hour", "每小时预约"),
        "days": _number(request, "days", "提前几天"),
    }
    actions.set_appointments(venue=venue, **appointments, **_who())
    actions.set_printer(venue=venue, printer=request.POST.get("printer", ""), **_who())
    actions.set_notice(venue=venue, notice=request.POST.get("notice", ""), **_who())


def _priority(request: HttpRequest, venue: Venue, _: Setting) -> None:
    letter = request.POST.get("letter", "").strip().upper() if request.POST.get("shown") == "letter" else ""
    if request.POST.get("shown") == "letter" and not letter:
        raise actions.NotSet("请填优先号用哪个字母，例如 L。")
    grounds = [Ground(one) for one in request.POST.getlist("ground") if one in Ground.values]
    age, inquiries = _number(request, "old_from_age", "多大算老人"), _number(request, "inquiries_an_hour", "查询次数")
    actions.set_grounds(venue=venue, grounds=grounds, old_from_age=age, inquiries_an_hour=inquiries, **_who())
    actions.set_priority(venue=venue, letter=letter, **_who())


def _matters(request: HttpRequest, venue: Venue, held: Setting) -> None:
    actions.set_matters(venue=venue, matters=_chosen(request, held), **_who())


def _chosen(request: HttpRequest, held: Setting) -> list[Matter]:
    wanted = set(request.POST.getlist("matter"))
    return [one for one, _ in held.matters if one.code in wanted]


def _line(request: HttpRequest, venue: Venue, held: Setting) -> None:
    letter, name = request.POST.get("letter", ""), request.POST.get("name", "")
    line = _one(held.lines, request.POST.get("line", ""))
    actions.set_line(venue=venue, letter=letter, name=name, matters=_chosen(request, held), held=line, **_who())


def _profile(request: HttpRequest, venue: Venue, held: Setting) -> None:
    ranks = {line: int(rank) for line in held.lines if (rank := request.POST.get(f"rank_{line.pk}", "")) in tuple("12345")}
    profile = _one(held.profiles, request.POST.get("profile", ""))
    actions.set_profile(venue=venue, name=request.POST.get("name", ""), ranks=ranks, held=profile, **_who())


def _window(request: HttpRequest, venue: Venue, held: Setting) -> None:
    profile = _one(held.profiles, request.POST.get("profile", ""))
    if profile is None:
        raise actions.NotSet("请选这个窗口的办理范围。")
    number, window = _number(request, "number", "窗口号"), _one(held.windows, request.POST.get("window", ""))
    name = request.POST.get("name", "")
    actions.place_window(venue=venue, number=number, name=name, profile=profile, held=window, **_who())


def _drop_line(request: HttpRequest, venue: Venue, held: Setting) -> None:
    actions.drop_line(venue=venue, line=_there(held.lines, request.POST.get("line", "")), **_who())


def _drop_profile(request: HttpRequest, venue: Venue, held: Setting) -> None:
    actions.drop_profile(venue=venue, profile=_there(held.profiles, request.POST.get("profile", "")), **_who())


def _drop_window(request: HttpRequest, venue: Venue, held: Setting) -> None:
    actions.drop_window(venue=venue, window=_there(held.windows, request.POST.get("window", "")), **_who())


def _one(rows: Any, key: str) -> Any:
    return next((one for one in rows if str(one.pk) == key), None)


def _there(rows: Any, key: str) -> Any:
    found = _one(rows, key)
    if found is None:
        raise actions.NotSet("没有这一项了，请刷新页面。")
    return found


def _venue(venue_code: str) -> Venue:
    found = next((one for one in venues_seen() if one.code == venue_code), None)
    if found is None:
        raise Http404
    return found


_ACTS: dict[str, Callable[[HttpRequest, Venue, Setting], None]] = {
    "hours": _hours,
    "rule": _rule,
    "limits": _limits,
    "priority": _priority,
    "matters": _matters,
    "line": _line,
    "profile": _profile,
    "window": _window,
    "drop-line": _drop_line,
    "drop-profile": _drop_profile,
    "drop-window": _drop_window,
}
_SAID = {
    "hours": "开放时间设好了。",
    "rule": "规则改好了，从下一次叫号起照新的；谁、什么时候、为什么，公开页上写着。",
    "drop-line": "删了。",
    "drop-profile": "删了。",
    "drop-window": "删了。",
}
