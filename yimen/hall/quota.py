"""
The quota of recognition (识别限次): whoever tries numbers to learn who is on the list is soon done.

Counted in the database, so that a restart or another process changes nothing: for each machine and member of staff by the
hour, for each venue by the day against what is usual there, and for all venues together by the hour.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils.timezone import localdate, localtime

from yimen.hall.models import Attendance, Inquiry, Venue

# A venue may ask half as much again as people usually come, and always so many: the first day has no usual one.
MORE_THAN_USUAL, AT_LEAST_A_DAY = 1.5, 300
USUAL_DAYS = 14
# The busiest hour of a prefecture of 162 venues brings about 14,200 people; see the study of the hall.
ALL_VENUES_AN_HOUR = 20_000


class TooManyInquiries(Exception):
    """More numbers were looked up than people come; the sentence says until when and what to do instead."""


def count_inquiry(*, venue: Venue, asker: str, at: datetime, machines: int = 1) -> None:
    """
    Count one look-up before it is answered, of an asker that stands for so many machines. Raises TooManyInquiries.

    Call it outside a transaction that may be undone.
    """
    hour = localtime(at).replace(minute=0, second=0, microsecond=0)
    if _counted(venue, asker, hour) > venue.inquiries_an_hour * machines:
        raise TooManyInquiries("这台机器这一小时识别的次数太多了，先停用识别。取号照常；有优先服务卡或没有识别到的，请到导办台。")
    today = Inquiry.objects.filter(venue=venue, hour__gte=hour.replace(hour=0))
    if _sum(today) > _usual(venue, at) * MORE_THAN_USUAL:
        raise TooManyInquiries("本场所今天识别的次数比平常多得多，先停用识别。取号照常；没有识别到的请到导办台。")
    if _sum(Inquiry.objects.filter(hour=hour)) > ALL_VENUES_AN_HOUR:
        raise TooManyInquiries("全部场所这一小时识别的次数太多了，先停用识别。取号照常；没有识别到的请到导办台。")


def _counted(venue: Venue, asker: str, hour: datetime) -> int:
    held = Inquiry.objects.filter(venue=venue, asker=asker, hour=hour)
    if not held.update(number=F("number") + 1):
        try:
            with transaction.atomic():
                Inquiry.objects.create(venue=venue, asker=asker, hour=hour, number=1)
        except IntegrityError:
            held.update(number=F("number") + 1)
    return held.get().number


def _sum(rows: QuerySet[Inquiry]) -> int:
    return rows.aggregate(whole=Sum("number"))["whole"] or 0


def _usual(venue: Venue, at: datetime) -> float:
    """Return how many people come to a venue on a day with visitors, of the last two weeks; reckoned once a day."""
    today = localdate(at)
    key = f"hall_usual:{venue.pk}:{today.isoformat()}"
    usual: float | None = cache.get(key)
    if usual is None:
        came = Attendance.objects.filter(venue=venue, day__lt=today, day__gte=today - timedelta(days=USUAL_DAYS))
        days = came.values("day").distinct().count()
        usual = max(came.count() / days if days else 0.0, AT_LEAST_A_DAY / MORE_THAN_USUAL)
        cache.set(key, usual, 24 * 3600)
    return usual


def sweep_inquiries(*, at: datetime) -> int:
    """Forget the counts of past days; return how many rows."""
    return Inquiry.objects.filter(hour__lt=at - timedelta(days=USUAL_DAYS)).delete()[0]
