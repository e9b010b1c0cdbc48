"""The hall manager's pages (大厅主任): a past day under another rule."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.hall.queries import RULE_WORDS, Replayed, Rule, Venue, last_day_open, replayed, rule_on, venues_seen
from yimen.office.access import may, require

PAST_DAYS, MOST_WINDOWS = 31, 3


def replay(request: HttpRequest) -> HttpResponse:
    """Show a past day as it was and as it would have gone under another rule, or with more windows; nothing is switched."""
    venue, venues = managed(request)
    if venue is None:
        return render(request, "hall/none.html", {"current": reverse("setups")})
    day = _day(request, venue)
    rule, more = _rule(request, venue), _number(request, "more", 0, 0, MOST_WINDOWS)
    told = replayed(venue=venue, day=day, rule=rule, more_windows=more)
    shown = {
        "current": reverse("setups"),
        "venue": venue,
        "venues": venues,
        "day": day,
        "days": [timezone.localdate() - timedelta(days=back) for back in range(1, PAST_DAYS + 1)],
        "rules": list(RULE_WORDS.items()),
        "rule": rule,
        "pace": round(rule.pace * 100),
        "more": more,
        "mores": range(MOST_WINDOWS + 1),
        "told": told,
        "rows": _rows(told) if told else [],
        "rule_then": rule_on(venue, day),
    }
    return render(request, "hall/replay.html", shown)


def managed(request: HttpRequest) -> tuple[Venue | None, list[Venue]]:
    """Return the venue that was chosen, or the first, and all that may be chosen. Raises NotAllowed."""
    require("hall.manage")
    venues = [one for one in venues_seen() if may("hall.manage", area_path=one.service_point.area.path)]
    wanted = request.GET.get("venue", "")
    return next((one for one in venues if one.code == wanted), venues[0] if venues else None), venues


def _day(request: HttpRequest, venue: Venue) -> date:
    """Return the day asked for, if it is one of the last ones; else the last on which a window was open, else yesterday."""
    today = timezone.localdate()
    try:
        wanted = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        wanted = today
    if timedelta(0) < today - wanted <= timedelta(days=PAST_DAYS):
        return wanted
    return last_day_open(venue, before=today) or today - timedelta(days=1)


def _rule(request: HttpRequest, venue: Venue) -> Rule:
    held, name = venue.calling_rule, request.GET.get("rule", "")
    return Rule(
        name if name in RULE_WORDS else held.name,
        _number(request, "head_start", int(held.head_start_minutes), 0, 240),
        _number(request, "ratio", held.ratio, 1, 20),
        _number(request, "pace", round(held.pace * 100), 1, 100) / 100,
    )


def _number(request: HttpRequest, name: str, usual: int, least: int, most: int) -> int:
    text = request.GET.get(name, "").strip()
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 6 else usual


def _rows(told: Replayed) -> list[tuple[str, list[str]]]:
    """Return the figures side by side: as it was, by the model under the rule that holds, by the model under the other."""
    return [(words, [tell(one) for one in (told.was, told.now, told.then)]) for words, tell in _FIGURES]


def _minutes(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} 分钟"


_FIGURES: list[tuple[str, Any]] = [
    ("普通号平均等候", lambda one: _minutes(one.ordinary.mean)),
    ("普通号九成人不到", lambda one: _minutes(one.ordinary.nine_in_ten)),
    ("普通号最久", lambda one: _minutes(one.ordinary.longest)),
    ("优先号平均等候", lambda one: _minutes(one.priority.mean)),
    ("优先号九成人不到", lambda one: _minutes(one.priority.nine_in_ten)),
    ("优先号最久", lambda one: _minutes(one.priority.longest)),
    ("普通号平均被几个后来的先叫", lambda one: "—" if one.overtaken_mean is None else f"{one.overtaken_mean:.1f} 个"),
    ("普通号最多被几个后来的先叫", lambda one: f"{one.overtaken_most} 个"),
    ("先叫的最多晚来", lambda one: _minutes(one.later_most_minutes)),
    ("叫到的", lambda one: f"{one.called} 个"),
    ("没等到就走", lambda one: f"{one.left} 个"),
    ("到关窗没叫到", lambda one: f"{one.not_reached} 个"),
]
