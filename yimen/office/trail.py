"""Looking into the audit (查审计): who read or changed how much, when and why. Subjects stay pseudonyms; nobody is named."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils.timezone import make_aware

from yimen.office.access import current, require, within
from yimen.office.models import Area, AuditEntry, Post

READS = ("read", "export")


@dataclass(frozen=True)
class AuditFilter:
    """What the list is narrowed to: days (both inclusive), a user name or name, read | write | refused, an area's code."""

    starts_on: date
    ends_on: date
    who: str = ""
    what: str = ""
    area: str = ""


def audit_entries(*, narrowed: AuditFilter) -> QuerySet[AuditEntry]:
    """
    Return entries of the staff whose posts lie below the open scope, and of the program itself, the newest first.

    An entry has no area: `area` narrows to the staff with a post in it. Raises NotAllowed.
    """
    require("audit.see")
    first, after = (make_aware(datetime.combine(day, time.min)) for day in _days(narrowed))
    rows = AuditEntry.objects.filter(at__gte=first, at__lt=after).select_related("staff")
    posts = Post.objects.filter(within(current().paths, column="area__path"))
    area = Area.objects.filter(code=narrowed.area).first() if narrowed.area else None
    if area is not None:
        posts = posts.filter(within((area.path,), column="area__path"))
    mine = Q(staff__in=posts.values("staff_id"))
    rows = rows.filter(mine if narrowed.area else mine | Q(staff=None))
    if narrowed.who:
        rows = rows.filter(Q(staff__username__iexact=narrowed.who) | Q(staff__name=narrowed.who))
    return _of_kind(rows, narrowed.what).order_by("-at", "-pk")


def _days(narrowed: AuditFilter) -> tuple[date, date]:
    return narrowed.starts_on, narrowed.ends_on + timedelta(days=1)


def _of_kind(rows: QuerySet[AuditEntry], what: str) -> QuerySet[AuditEntry]:
    if what == "read":
        return rows.filter(action__in=READS)
    if what == "write":
        return rows.exclude(action__in=READS).filter(refused=False)
    return rows.filter(refused=True) if what == "refused" else rows


def posts_of(staff: set[int]) -> dict[int, str]:
    """Return where people sit, in words, by their key: the areas of their posts, also of those that have ended."""
    found: dict[int, list[str]] = {}
    rows = Post.objects.filter(staff_id__in=staff).select_related("area").order_by("-starts_on", "pk")
    for one in rows:
        names = found.setdefault(one.staff_id, [])
        if one.area.name not in names:
            names.append(one.area.name)
    return {key: "、".join(names) for key, names in found.items()}
