"""
Opinions in the hall (现场一次一评): at the end of a service the window opens it for rating; phone or pad take one grade.

Source: 国办发〔2019〕51号 (五级, 现场一次一评; 差评回访整改). The days for a bad one are a local parameter. Whoever served
never sees which grade a person gave. The hall's tickets may open a visit through the same door.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from yimen.cases.delivering import BAD, MOST_OPINIONS, NotRated, handling_days
from yimen.cases.models import Case, HallOpinion, HallVisit, Rating, RatingPad, Task
from yimen.cases.numbers import new_receipt_code
from yimen.cases.words import Grade, TaskKind
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import ServicePoint, Staff
from yimen.office.queries import colleagues, own_areas, window_of

# Long enough to give the slip to a grandchild in the evening.
VALID = timedelta(hours=24)
# A pad shows the last service only while its person may still stand there.
ON_THE_PAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Hall:
    """A service as whoever holds its code sees it: where, when, whether it may be rated, what was said and answered."""

    place: str
    on: date
    may_rate: bool
    given: tuple[tuple[str, date, str], ...]
    answers: tuple[tuple[str, date], ...]
    is_handled: bool
    is_over: bool


@dataclass(frozen=True)
class PointLine:
    """
    One service point (None: none was named) in a span of days: services opened for rating, rated, by grade from best to worst,
    bad ones open.
    """

    point: ServicePoint | None
    asked: int
    rated: int
    grades: Sequence[int]
    open_bad: int
    online: Sequence[int]

    @property
    def place(self) -> str:
        """Return what the service point is called."""
        return self.point.name if self.point else "没有写明服务点"

    @property
    def mean_grade(self) -> float | None:
        """Return the mean of the grades given in the hall, 5 the best; None without any."""
        weighed = zip(sorted(Grade.values, reverse=True), self.grades, strict=True)
        return sum(grade * number for grade, number in weighed) / self.rated if self.rated else None

    @property
    def by_grade(self) -> list[tuple[str, int]]:
        return [(one.label, n) for one, n in zip(sorted(Grade, reverse=True), self.grades, strict=True)]

    @property
    def online_rated(self) -> int:
        return sum(self.online)

    @property
    def online_bad(self) -> int:
        return sum(self.online[-len(BAD) :])


@transaction.atomic
def open_visit(
    *,
    by: Staff,
    at: datetime,
    case: uuid.UUID | None = None,
    household: uuid.UUID | None = None,
    point: ServicePoint | None = None,
) -> HallVisit:
    """
    Open the rating of one service at the window, of a case, of a household, or of whoever just asked.

    It belongs to the service `point` at which they were served; where that is not known, to the case's or the clerk's.

    One that the same clerk has opened for the same people today and nobody has rated yet is given back: one visit, one
    rating. Raises NotRated without a desk, NotAllowed, Case.DoesNotExist outside the open scope.
    """
    held = None if case is None else Case.objects.get(pk=case)
    area_path = held.area_path if held else next((one.path for one in own_areas()), "")
    if not area_path:
        raise NotRated("您今天没有岗位，不能请人评价。")
    require("rating.ask", area_path=area_path)
    of_household = held.household_id if held else household
    if of_household is not None:
        waiting = HallVisit.objects.filter(served_by=by, household_id=of_household, opinions=None, expires_at__gt=at)
        same: HallVisit | None = waiting.filter(served_at__date=localdate(at)).order_by("-served_at").first()
        if same is not None:
            return same
    visit: HallVisit = HallVisit.objects.create(
        code=new_receipt_code(),
        served_by=by,
        service_point=point or (held.service_point if held else None) or window_of(by, area_path=area_path),
        case=held,
        household_id=of_household,
        served_at=at,
        expires_at=at + VALID,
        area_path=area_path,
    )
    subjects = {str(of_household)} if of_household else None
    audit.write(action="rating.ask", at=at, subjects=subjects, visit=visit.pk.hex)
    return visit


@transaction.atomic
def rate_visit(*, code: str, grade: int, words: str, device: str, at: datetime) -> HallOpinion:
    """
    Take the opinion of whoever holds a visit's code: the first is the rating, later ones are added.

    A bad one opens its own handling. Raises NotRated for a wrong code, too late, or after too many.
    """
    visit: HallVisit | None = HallVisit.objects.select_for_update().filter(code=code).first()
    if visit is None:
        raise NotRated("没有查到这个评价码。")
    if grade not in Grade.values or device not in HallOpinion.Device.values:
        raise NotRated("请从五档里选一档。")
    given = HallOpinion.objects.filter(visit=visit).count()
    if not given and at > visit.expires_at:
        raise NotRated("评价的时间过了（24 小时内有效）。还有话要说，请打电话。")
    if given >= MOST_OPINIONS:
        raise NotRated("这次服务的意见已经收了很多条，请打电话说。")
    opinion = HallOpinion(
        visit=visit,
        device=device,
        grade=grade,
        words=words.strip()[:300],
        first=not given,
        given_at=at,
        area_path=visit.area_path,
    )
    try:
        opinion.save(force_insert=True)
    except IntegrityError:
        raise NotRated("刚刚已经评价过了，一次服务评一次。") from None
    audit.write(action="rating.give", at=at, visit=visit.pk.hex, first=opinion.first)
    if grade in BAD:
        _handle(visit, opinion, at=at)
    return opinion


def keep_visit(
    *,
    visit_id: uuid.UUID,
    code: str,
    served_by_id: int,
    service_point: ServicePoint,
    served_at: datetime,
    expires_at: datetime,
    area_path: str,
) -> HallVisit:
    """Keep a service opened for rating where a hall runs by itself, as it was there (单机交来的). Raises IntegrityError."""
    visit = HallVisit(
        pk=visit_id,
        code=code,
        served_by_id=served_by_id,
        service_point=service_point,
        served_at=served_at,
        expires_at=expires_at,
        area_path=area_path,
    )
    visit.save(force_insert=True)
    return visit


def keep_opinion(*, visit_id: uuid.UUID, area_path: str, at: datetime, **given: Any) -> HallOpinion:
    """
    Keep an opinion given there; a bad one opens its handling here, from the day it is known here. `given`: device, grade, words,
    first, given_at. Raises IntegrityError, ValidationError.
    """
    visit = HallVisit.objects.get(pk=visit_id)
    opinion = HallOpinion(visit=visit, area_path=area_path, **given)
    opinion.clean_fields()
    opinion.save(force_insert=True)
    if opinion.grade in BAD:
        _handle(visit, opinion, at=at)
    return opinion


def _handle(visit: HallVisit, opinion: HallOpinion, *, at: datetime) -> None:
    """Open the handling by somebody who did not serve; what is added while it is open belongs to it."""
    if visit.handling is not None and visit.handling.done_at is None:
        return
    able = colleagues(permission="case.reassign", area_path=visit.area_path)
    owner = next((one for one in able if one.pk != visit.served_by_id), visit.served_by)
    due_on, limit = handling_days(visit.area_path, localdate(at))
    place = visit.service_point.name if visit.service_point else "窗口"
    said = f"：{opinion.words}" if opinion.words else ""
    visit.handling = Task.objects.create(
        case=visit.case,
        household_id=visit.household_id,
        kind=TaskKind.RATING,
        words=f"{_day(localdate(visit.served_at))}在{place}的服务，评价是“{Grade(opinion.grade).label}”{said}。{limit}"[:300],
        owner=owner,
        due_on=due_on,
        made_at=at,
        area_path=visit.area_path,
    )
    visit.save(update_fields=["handling"])


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def hall_visit(*, code: str, at: datetime) -> Hall | None:
    """Return a service by its code, or None. Whoever holds the code may ask; the caller limits the rate."""
    visit = HallVisit.objects.select_related("service_point", "handling").filter(code=code).first()
    if visit is None:
        return None
    given = list(HallOpinion.objects.filter(visit=visit).order_by("given_at"))
    done = visit.handling if visit.handling and visit.handling.done_at else None
    return Hall(
        place=visit.service_point.name if visit.service_point else "",
        on=localdate(visit.served_at),
        may_rate=(bool(given) or at <= visit.expires_at) and len(given) < MOST_OPINIONS,
        given=tuple((Grade(one.grade).label, localdate(one.given_at), one.words) for one in given),
        answers=((done.outcome, localdate(done.done_at)),) if done else (),
        is_handled=visit.handling is not None and done is None,
        is_over=not given and at > visit.expires_at,
    )


def visit_asked(*, visit_id: uuid.UUID, by: Staff) -> tuple[HallVisit, bool]:
    """Return a visit for its clerk and whether it was rated, never how. Raises HallVisit.DoesNotExist for anybody else."""
    visit: HallVisit = HallVisit.objects.select_related("service_point", "case").get(pk=visit_id, served_by=by)
    return visit, HallOpinion.objects.filter(visit=visit).exists()


def rated_among(visits: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of these services were rated, never how."""
    return set(HallOpinion.objects.filter(visit__in=list(visits), first=True).values_list("visit_id", flat=True))


@transaction.atomic
def open_pad(*, by: Staff, at: datetime) -> RatingPad:
    """Return today's pad of a clerk's window, made at the first asking. Raises NotRated without a desk, NotAllowed."""
    area = next(iter(own_areas()), None)
    if area is None:
        raise NotRated("您今天没有岗位，不能开评价平板。")
    require("rating.ask", area_path=area.path)
    pad: RatingPad
    pad, _ = RatingPad.objects.get_or_create(
        staff=by, day=localdate(at), defaults={"code": new_receipt_code(), "area_path": area.path}
    )
    return pad


def on_the_pad(*, code: str, at: datetime) -> tuple[bool, str]:
    """Say whether a pad's code is of today, and which visit of its clerk waits to be rated ("": none)."""
    pad = RatingPad.objects.filter(code=code, day=localdate(at)).first()
    if pad is None:
        return False, ""
    newest = HallVisit.objects.filter(served_by_id=pad.staff_id).order_by("-served_at").first()
    waits = newest is not None and newest.served_at > at - ON_THE_PAD and not newest.opinions.exists()
    return True, newest.code if newest is not None and waits else ""


def ratings_by_point(*, since: date, until: date) -> list[PointLine]:
    """
    Return the opinions of a span of days by service point below the open scope, in the hall and online; none is ranked.

    Two points of the same name in different places are two.
    """
    require("rating.see")
    visits = HallVisit.objects.filter(served_at__date__gte=since, served_at__date__lte=until)
    asked = dict(visits.order_by().values_list("service_point").annotate(n=Count("pk")))
    hall = _by_grade(HallOpinion.objects.filter(first=True, visit__in=visits), "visit__service_point")
    online = _by_grade(
        Rating.objects.filter(first=True, given_at__date__gte=since, given_at__date__lte=until), "case__service_point"
    )
    open_bad = _open_bad()
    keys = {*asked, *hall, *online, *open_bad}
    points = ServicePoint.objects.filter(pk__in=keys - {None}).select_related("area").order_by("name", "area__path")
    return [
        PointLine(
            point=one,
            asked=asked.get(key, 0),
            rated=sum(hall.get(key, {}).values()),
            grades=_listed(hall.get(key, {})),
            open_bad=open_bad.get(key, 0),
            online=_listed(online.get(key, {})),
        )
        for one in (*points, *([None] if None in keys else []))
        for key in [one.pk if one else None]
    ]


def _open_bad() -> dict[int | None, int]:
    """Return how many bad opinions are not done, by the key of the service point: of a service in the hall, or of a case."""
    found: dict[int | None, int] = {}
    ways = (("hall_visit__service_point", Q(hall_visit__isnull=False)), ("case__service_point", Q(hall_visit=None)))
    for point, which in ways:
        rows = Task.objects.filter(which, kind=TaskKind.RATING, done_at=None).order_by().values_list(point)
        for key, number in rows.annotate(n=Count("pk")):
            found[key] = found.get(key, 0) + number
    return found


def _by_grade(rows: QuerySet[HallOpinion] | QuerySet[Rating], point: str) -> dict[int | None, dict[int, int]]:
    found: dict[int | None, dict[int, int]] = {}
    for key, grade, number in rows.order_by().values_list(point, "grade").annotate(n=Count("pk")):
        found.setdefault(key, {})[grade] = number
    return found


def _listed(grades: dict[int, int]) -> list[int]:
    return [grades.get(one, 0) for one in sorted(Grade.values, reverse=True)]


def bad_ones_open() -> QuerySet[Task]:
    """Return the handlings of bad opinions that are not done, those due first first; they name nobody."""
    require("rating.see")
    rows: QuerySet[Task] = Task.objects.filter(kind=TaskKind.RATING, done_at=None)
    return rows.select_related("owner").order_by("due_on", "made_at")
