"""What a venue is set to (场所): its hours, matters, lines, profiles, windows, and how its rule of calling was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils.timezone import get_current_timezone

from yimen.hall.estimate import Range
from yimen.hall.models import LimitChange, Matter, Opening, Profile, RuleChange, Series, Venue, Window
from yimen.hall.now import is_open, lines_now
from yimen.hall.words import SeriesKind
from yimen.office.access import current, require, within


@dataclass(frozen=True)
class Found:
    """One venue as citizens find it: open or not, hours in words, what is done there by department, the wait."""

    venue: Venue
    is_open: bool
    hours: str
    matters: Sequence[tuple[str, Sequence[str]]]
    wait: Range | None
    waiting: int | None


def find_venues(*, at: datetime, matter: str = "") -> list[Found]:
    """
    Return the venues of the open scope for citizens (办事地点), those that do a matter if one is named, the open ones first.

    The wait is that of whoever comes now without priority to the shortest of the lines for it; None where nobody could tell.
    """
    rows = Venue.objects.filter(within(current().paths, column="service_point__area__path"))
    if matter:
        rows = rows.filter(matters__code=matter)
    rows = rows.select_related("service_point__area").prefetch_related("openings", "matters__department")
    found = [_found(one, at) for one in rows.order_by("service_point__area__path", "code")]
    return sorted(found, key=lambda one: not one.is_open)


def _found(venue: Venue, at: datetime) -> Found:
    openings = sorted(venue.openings.all(), key=lambda one: (one.weekday, one.opens_at))
    now_open = is_open(venue, at)
    lines = lines_now(venue=venue, at=at) if now_open else []
    matters: dict[str, list[str]] = {}
    for one in sorted(venue.matters.all(), key=lambda row: (row.department.name, row.name)):
        matters.setdefault(one.department.name, []).append(one.name)
    waits = [line.wait for line in lines if line.wait is not None]
    return Found(
        venue=venue,
        is_open=now_open,
        hours=hours_in_words([(one.weekday, one.opens_at, one.closes_at) for one in openings]),
        matters=list(matters.items()),
        wait=min(waits, key=lambda one: one.most) if waits else None,
        waiting=sum(line.waiting for line in lines) if lines else None,
    )


DAYS = "一二三四五六日"


def hours_in_words(hours: Sequence[tuple[int, time, time]]) -> str:
    """Return opening hours as one reads them, days with the same hours together: "周一至周五 8:30–12:00，14:00–17:30"."""
    by_day: dict[int, list[str]] = {}
    for weekday, opens, closes in hours:
        by_day.setdefault(weekday, []).append(f"{opens:%-H:%M}–{closes:%-H:%M}")
    parts: list[tuple[int, int, str]] = []
    for weekday, stretches in sorted(by_day.items()):
        words = "，".join(stretches)
        if parts and parts[-1][1] == weekday - 1 and parts[-1][2] == words:
            parts[-1] = (parts[-1][0], weekday, words)
        else:
            parts.append((weekday, weekday, words))
    return (
        "；".join(f"周{DAYS[a - 1]}{f'至周{DAYS[b - 1]}' if b > a else ''} {words}" for a, b, words in parts)
        or "没有录入开放时间"
    )


@dataclass(frozen=True)
class Setting:
    """All a venue is set to, as its set-up page shows it; `matters` says of every matter whether it is done here."""

    hours: Sequence[tuple[int, Sequence[Opening]]]
    matters: Sequence[tuple[Matter, bool]]
    lines: Sequence[Series]
    priority: Series | None
    profiles: Sequence[Profile]
    windows: Sequence[Window]
    changes: Sequence[RuleChange]


def setting_of(venue: Venue) -> Setting:
    """Return what a venue is set to. Raises NotAllowed without the right to manage it."""
    require("hall.manage", area_path=venue.service_point.area.path)
    done = set(venue.matters.values_list("pk", flat=True))
    openings = list(venue.openings.order_by("weekday", "opens_at"))
    series = venue.series.prefetch_related("matters").order_by("letter")
    return Setting(
        hours=[(day, [one for one in openings if one.weekday == day]) for day in range(1, 8)],
        matters=[(one, one.pk in done) for one in all_matters()],
        lines=[one for one in series if one.kind == SeriesKind.ORDINARY],
        priority=next((one for one in series if one.kind == SeriesKind.PRIORITY), None),
        profiles=list(venue.profiles.prefetch_related("lines__series").order_by("name")),
        windows=list(venue.windows.select_related("profile", "staff").order_by("number")),
        changes=list(rule_changes(venue)),
    )


def all_matters() -> list[Matter]:
    """Return every matter kept, by department and name."""
    return list(Matter.objects.select_related("department").order_by("department__name", "name"))


def rule_changes(venue: Venue) -> QuerySet[RuleChange]:
    """Return how the rule of calling was changed, the latest first; public."""
    rows: QuerySet[RuleChange] = RuleChange.objects.filter(venue=venue).select_related("by").order_by("-at", "-pk")
    return rows


def rule_on(venue: Venue, day: date) -> str:
    """Return the rule in words that held at the end of a day (当天的规则)."""
    end = datetime.combine(day, time.max, get_current_timezone())
    changes = RuleChange.objects.filter(venue=venue)
    last = changes.filter(at__lte=end).order_by("-at", "-pk").first()
    if last is not None:
        return str(last.after)
    later = changes.filter(at__gt=end).order_by("at", "pk").first()
    return str(later.before) if later is not None else venue.calling_rule.words


def limit_on(venue: Venue, day: date) -> int:
    """Return after how many minutes of waiting the hall manager was told, as it held at the end of a day (当天的等候提醒)."""
    end = datetime.combine(day, time.max, get_current_timezone())
    changes = LimitChange.objects.filter(venue=venue)
    last = changes.filter(at__lte=end).order_by("-at", "-pk").first()
    if last is not None:
        return int(last.after)
    later = changes.filter(at__gt=end).order_by("at", "pk").first()
    return int(later.before) if later is not None else int(venue.wait_alarm_minutes)
