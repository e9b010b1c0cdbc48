"""
Near closing (临近下班): can it be finished today? Reckoned from the wait, the usual service, the hour and the policy's limits.

What nobody can know is said as such; a matter whose policy is decided days after it is accepted never ends at the window.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from yimen.hall.estimate import Range
from yimen.hall.handling import NotHandled, assign
from yimen.hall.models import Attendance, Handling, LateService, Matter, Opening, Ticket, Venue
from yimen.hall.now import opening_weekday, place_of
from yimen.hall.served import services_of
from yimen.hall.team import proposals
from yimen.hall.words import State
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.screening.queries import current_rules

# Who comes later than this before the end of the day is asked about at once.
NEAR = timedelta(minutes=60)


@dataclass(frozen=True)
class Today:
    """
    Whether somebody can be finished today: `verdict` is yes, late (only if the hall stays), days (handed in today, the result
    later), or unknown; `why` is what it was reckoned from, line by line.
    """

    verdict: str
    words: str
    why: tuple[str, ...]
    closes_at: datetime | None
    is_near: bool
    is_late: bool


def today_or_not(*, ticket: Ticket, at: datetime) -> Today:
    """Return whether what a ticket is for can be finished today (今天能不能办完)."""
    require("hall.ticket", area_path=ticket.area_path)
    closes = closing_of(ticket.venue, at)
    left = None if closes is None else max((closes - at).total_seconds() / 60, 0)
    place = place_of(ticket_id=ticket.pk, at=at)
    services = services_of(ticket.line, at=at)
    usual = fmean(services) if services else None
    steps = [(one, days) for one in _matters(ticket) if (days := days_needed(one))]
    lines = [*_lines(place.wait, usual, closes, at), *(f"{one.name}：{days}" for one, days in steps)]
    is_near = closes is not None and closes - at <= NEAR
    verdict = _verdict(ticket, place.wait, usual, left, bool(steps))
    return Today(verdict, _words(verdict, bool(steps)), tuple(lines), closes, is_near, _is_late(ticket))


def _verdict(ticket: Ticket, wait: Range | None, usual: float | None, left: float | None, needs_days: bool) -> str:
    at_window = ticket.state in (State.CALLED, State.SERVING)
    if left is None:
        return "late"
    if usual is None or (wait is None and not at_window):
        return "days" if needs_days else "unknown"
    if (0 if wait is None else wait.most) + usual > left:
        return "late"
    return "days" if needs_days else "yes"


def _words(verdict: str, needs_days: bool) -> str:
    if verdict == "late":
        return "到下班办不完" + ("；延时服务今天收下，结果要等几天" if needs_days else "；延时服务留下来，当场能办的今天办完")
    return {
        "yes": "今天轮得到，当场能办的今天办完",
        "days": "今天能交上，结果要等几天",
        "unknown": "今天的快慢还不知道，先排着，陪着等",
    }[verdict]


def _lines(wait: Range | None, usual: float | None, closes: datetime | None, at: datetime) -> list[str]:
    lines = [f"等候{wait.words}"] if wait else []
    lines += [f"这一队办一件平均 {usual:.0f} 分钟"] if usual is not None else ["这一队最近没有办过，不知道一件要多久"]
    if closes is None:
        return [*lines, "现在不在开放时间"]
    left = int((closes - at).total_seconds() // 60)
    still = f"{left} 分钟" if left < 120 else f"{left // 60} 小时多"
    return [*lines, f"{localtime(closes):%H:%M} 下班，还有 {still}"]


def _matters(ticket: Ticket) -> list[Matter]:
    return list(Matter.objects.filter(servicerequest__attendance=ticket.attendance_id).order_by("name"))


def days_needed(matter: Matter) -> str:
    """Return until when a matter's policy is decided, in words with its article; nothing where no rule stands behind it."""
    policy = current_rules().policy(matter.policy) if matter.policy else None
    if policy is None:
        return ""
    decided = [one for one in policy.limits if one.ends == "决定" and not one.causes and not one.when]
    limits = [one for one in decided if one.starts == "受理"] or decided
    if not limits:
        # Aid is decided in the back office all the same; how many days no text says.
        return "受理以后由后台决定，几天有结果没有写明"
    longest = max(limits, key=lambda one: one.days)
    kind = "个工作日" if longest.working else "天"
    return f"受理以后最长 {longest.days} {kind}有结果（{longest.basis}）"


def closing_of(venue: Venue, at: datetime) -> datetime | None:
    """Return when the venue closes for the day, None when it is not a day it opens or all its hours are over."""
    moment = localtime(at)
    weekday = opening_weekday(venue, moment.date())
    if weekday is None:
        return None
    ends = Opening.objects.filter(venue=venue, weekday=weekday).order_by("-closes_at").values_list("closes_at", flat=True).first()
    if ends is None:
        return None
    closes = moment.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return closes if closes > moment else None


def _is_late(ticket: Ticket) -> bool:
    return bool(LateService.objects.filter(attendance=ticket.attendance_id).exists())


@transaction.atomic
def stay_for(*, attendance: uuid.UUID, by: Staff, at: datetime) -> tuple[LateService, Handling | None]:
    """
    Let the hall stay for somebody who came near closing (延时服务): marked, and the first free co-organizer sent at once.

    Nobody is sent twice; with nobody on duty only the mark is made. Raises NotHandled long before closing, NotAllowed,
    Attendance.DoesNotExist.
    """
    held: Attendance = Attendance.objects.select_related("venue__service_point__area").get(pk=attendance)
    require("hall.receive", area_path=held.area_path)
    closes = closing_of(held.venue, at)
    if closes is not None and closes - at > NEAR:
        raise NotHandled("离下班还早，不用延时。")
    try:
        with transaction.atomic():
            late: LateService = LateService.objects.create(
                attendance=held, closes_at=closes or at, marked_by=by, marked_at=at, area_path=held.area_path
            )
    except IntegrityError:
        raise NotHandled("已经记了延时服务。") from None
    return late, _send_first(held, by, at)


def _send_first(held: Attendance, by: Staff, at: datetime) -> Handling | None:
    if Handling.objects.filter(attendance=held, ended_at=None).exists():
        return None
    first = next(iter(proposals(attendance=held, on=held.day)), None)
    why = "临近下班，延时服务"
    return assign(attendance=held.pk, to=first.staff, why=why, by=by, at=at) if first else None
