"""What a venue is set to (场所): its hours, matters, lines, profiles, windows, and how its rule of calling was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, Prefetch, QuerySet
from django.utils.timezone import get_current_timezone, localdate

from yimen.hall.estimate import Range, minutes_to_wait
from yimen.hall.models import LimitChange, Matter, Opening, Profile, RuleChange, Series, Ticket, Venue, Window
from yimen.hall.now import is_open_by
from yimen.hall.served import services_of
from yimen.hall.words import SeriesKind, State, WindowState
from yimen.office.access import current, require, within
from yimen.office.calendar import calendar


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
    lines = Prefetch("series", Series.objects.filter(kind=SeriesKind.ORDINARY), to_attr="lines")
    rows = rows.select_related("service_point__area").prefetch_related("openings", "matters__department", lines)
    venues, held = list(rows.order_by("service_point__area__path", "code")), calendar()
    crowd = _Crowd([one for one in venues if is_open_by(one, at, held)], at)
    return sorted((_found(one, crowd) for one in venues), key=lambda one: not one.is_open)


class _Crowd:
    """Who waits in all lines of many open venues, and how many windows call each: asked for together."""

    def __init__(self, venues: Sequence[Venue], at: datetime) -> None:
        self.at, self.open = at, {one.pk for one in venues}
        waiting = Ticket.objects.filter(venue__in=self.open, day=localdate(at), state=State.WAITING, is_here=True)
        self.waiting = dict(waiting.order_by().values_list("line").annotate(Count("pk")))
        calling = Window.objects.filter(venue__in=self.open, state=WindowState.OPEN, profile__lines__isnull=False)
        self.windows = dict(calling.order_by().values_list("profile__lines__series").annotate(Count("pk")))

    def wait(self, line: Series) -> Range | None:
        windows = self.windows.get(line.pk, 0)
        services = services_of(line, at=self.at) if windows else ()
        return minutes_to_wait(ahead=self.waiting.get(line.pk, 0), windows=windows, services=services)


def _found(venue: Venue, crowd: _Crowd) -> Found:
    openings = sorted(venue.openings.all(), key=lambda one: (one.weekday, one.opens_at))
    now_open = venue.pk in crowd.open
    lines: list[Series] = venue.lines if now_open else []  # type: ignore[attr-defined]
    matters: dict[str, list[str]] = {}
    for one in sorted(venue.matters.all(), key=lambda row: (row.department.name, row.name)):
        matters.setdefault(one.department.name, []).append(one.name)
    waits = [wait for line in lines if (wait := crowd.wait(line)) is not None]
    return Found(
        venue=venue,
        is_open=now_open,
        hours=hours_in_words([(one.weekday, one.opens_at, one.closes_at) for one in openings]),
        matters=list(matters.items()),
        wait=min(waits, key=lambda one: one.most) if waits else None,
        waiting=sum(crowd.waiting.get(line.pk, 0) for line in lines) if lines else None,
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
