"""What a venue is set to (场所): its hours, matters, lines, profiles, windows, and how its rule of calling was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils.timezone import get_current_timezone

from yimen.hall.models import Matter, Opening, Profile, RuleChange, Series, Venue, Window
from yimen.hall.words import SeriesKind
from yimen.office.access import require


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
