"""
Setting up a venue (场所设置): hours, matters, lines, profiles, windows, rule and limits, by whoever manages the hall.

What a day has already used is not taken away from under it: a line with tickets and a window with a clerk stay. A change of the
rule says why, and hangs in the open from then on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from ipaddress import ip_address
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from yimen.hall.models import (
    Device,
    LimitChange,
    Matter,
    Opening,
    Profile,
    ProfileLine,
    RuleChange,
    Series,
    Ticket,
    Venue,
    Window,
)
from yimen.hall.ordering import RULE_WORDS, Rule
from yimen.hall.words import Ground, PrinterState, SeriesKind, WindowState
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Department, ServicePoint, Staff
from yimen.screening.queries import current_rules

LONGEST_HEAD_START, LARGEST_RATIO = 60, 9
WEEK = range(1, 8)
MOST_NOTICE = 60
PRINTER_PORTS = range(9100, 9110)
USUAL_HOURS = tuple((weekday, *hours) for weekday in range(1, 6) for hours in ((time(8, 30), time(12)), (time(14), time(17, 30))))


class NotSet(Exception):
    """A venue cannot be set up like this; the sentence says why and what to do."""


@dataclass(frozen=True)
class MatterRow:
    """A matter as it is kept: its code, its name, the department's code, the policy behind it if there is one."""

    code: str
    name: str
    department: str
    policy: str = ""


def keep_matters(rows: Iterable[MatterRow]) -> int:
    """Keep these matters (事项目录), by code; return how many were new. Matters that are not named stay. Raises NotAllowed."""
    require("hall.manage")
    departments = {one.code: one for one in Department.objects.all()}
    fresh = 0
    for row in rows:
        held = {"name": row.name, "department": departments[row.department], "policy": row.policy}
        fresh += Matter.objects.update_or_create(code=row.code, defaults=held)[1]
    return fresh


def keep_matters_of_rules() -> int:
    """Keep a matter for every policy in the rules, of the department that takes it in; return how many were new."""
    codes = {name: code for code, name in Department.objects.values_list("code", "name")}
    rows = []
    for policy in {one.id: one for one in current_rules().policies}.values():
        taking = next((codes[name] for name in policy.department.split("、") if name in codes), None)
        if taking is not None:
            rows.append(MatterRow(policy.id, policy.name, taking, policy.id))
    return keep_matters(rows)


@transaction.atomic
def open_venue(
    *,
    point: ServicePoint,
    code: str,
    level: str,
    by: Staff | None,
    at: datetime,
    longitude: Decimal | None = None,
    latitude: Decimal | None = None,
) -> Venue:
    """
    Let a service point call people (开设大厅): with one line, a priority and an appointment series, usual hours, one profile.

    Raises NotSet for a code or a point that is taken, NotAllowed.
    """
    require("hall.manage", area_path=point.area.path)
    try:
        with transaction.atomic():
            place = {"longitude": longitude, "latitude": latitude}
            venue: Venue = Venue.objects.create(service_point=point, code=code, level=level, **place)
    except IntegrityError:
        raise NotSet(f"“{point}”已经开设过，或代码“{code}”已被别处使用。") from None
    general = Series.objects.create(venue=venue, letter="A", name="综合受理")
    Series.objects.create(venue=venue, letter="L", name="优先", kind=SeriesKind.PRIORITY)
    Series.objects.create(venue=venue, letter="Y", name="预约", kind=SeriesKind.APPOINTMENT)
    profile = Profile.objects.create(venue=venue, name="综合窗口")
    ProfileLine.objects.create(profile=profile, series=general)
    set_hours(venue=venue, hours=USUAL_HOURS, follows_calendar=True, by=by, at=at)
    return venue


@transaction.atomic
def set_hours(
    *, venue: Venue, hours: Iterable[tuple[int, time, time]], follows_calendar: bool, by: Staff | None, at: datetime
) -> None:
    """Set when a venue is open (开放时间): weekday (Monday 1), from, until. Raises NotSet, NotAllowed."""
    _begin(venue)
    wanted = sorted(hours)
    for weekday, opens, closes in wanted:
        if weekday not in WEEK or closes <= opens:
            raise NotSet(f"关门要晚于开门：{opens:%H:%M}–{closes:%H:%M}。")
    for (day, _, closes), (next_day, opens, _) in pairwise(wanted):
        if day == next_day and opens < closes:
            raise NotSet(f"同一天的两段时间重叠了：{closes:%H:%M} 还没有关门，{opens:%H:%M} 又开门。")
    Opening.objects.filter(venue=venue).delete()
    Opening.objects.bulk_create(
        Opening(venue=venue, weekday=day, opens_at=opens, closes_at=closes) for day, opens, closes in wanted
    )
    Venue.objects.filter(pk=venue.pk).update(follows_calendar=follows_calendar)
    _written(venue, "hours", at, number=len(wanted))


@transaction.atomic
def set_rule(*, venue: Venue, rule: Rule, reason: str, by: Staff | None, at: datetime) -> RuleChange:
    """
    Change the rule of calling (改叫号规则), from the next call on; who, when and why hang in the open.

    Raises NotSet without a reason, for measures out of bounds or for the rule that holds already; NotAllowed.
    """
    _begin(venue)
    held = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    _refuse_rule(held, rule, reason)
    measures = {
        "rule": rule.name,
        "head_start_minutes": int(rule.head_start_minutes),
        "ratio": rule.ratio,
        "pace_percent": round(rule.pace * 100),
    }
    before = held.calling_rule.words
    Venue.objects.filter(pk=venue.pk).update(**measures)
    venue.refresh_from_db()
    change: RuleChange = RuleChange.objects.create(
        venue=venue, before=before, after=venue.calling_rule.words, reason=reason.strip()[:120], by=by, at=at
    )
    _written(venue, "rule", at, rule=rule.name)
    return change


def _refuse_rule(held: Venue, rule: Rule, reason: str) -> None:
    if rule.name not in RULE_WORDS:
        raise NotSet("请选一条规则。")
    if not reason.strip():
        raise NotSet("请写明为什么改规则；原因会和规则一起公开。")
    if not 0 <= rule.head_start_minutes <= LONGEST_HEAD_START:
        raise NotSet(f"提前量在 0 到 {LONGEST_HEAD_START} 分钟之间，再长普通号等得太久。")
    if not 1 <= rule.ratio <= LARGEST_RATIO:
        raise NotSet(f"每叫几个优先号叫一个普通号，在 1 到 {LARGEST_RATIO} 之间。")
    if not 0 < rule.pace <= 1:
        raise NotSet("普通号积分的快慢在 1% 到 100% 之间。")
    if held.calling_rule.words == rule.words:
        raise NotSet("现在就是这条规则，没有改。")


@transaction.atomic
def set_limits(
    *, venue: Venue, tickets_a_day: int, calls_before_missed: int, wait_alarm_minutes: int, by: Staff | None, at: datetime
) -> None:
    """
    Set how many tickets one person may take a day (0: any), calls before it counts as missed, and how many minutes somebody may
    wait before the hall manager is told (等候提醒). Raises NotSet, NotAllowed.
    """
    _begin(venue)
    if not 0 <= tickets_a_day <= 20:
        raise NotSet("每人每天取号在 0（不限）到 20 个之间。")
    if not 1 <= calls_before_missed <= 9:
        raise NotSet("叫几次算过号，在 1 到 9 次之间。")
    if not 5 <= wait_alarm_minutes <= 240:
        raise NotSet("等候多久提醒，在 5 到 240 分钟之间。")
    told = {
        "tickets_a_day": tickets_a_day,
        "calls_before_missed": calls_before_missed,
        "wait_alarm_minutes": wait_alarm_minutes,
    }
    before = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk).wait_alarm_minutes
    Venue.objects.filter(pk=venue.pk).update(**told)
    venue.refresh_from_db()
    if before != wait_alarm_minutes:
        LimitChange.objects.create(venue=venue, before=before, after=wait_alarm_minutes, by=by, at=at)
    _written(venue, "limits", at, **told)


@transaction.atomic
def set_appointments(*, venue: Venue, an_hour: int, days: int, by: Staff | None, at: datetime) -> None:
    """Set how many appointments an hour takes (0: none are made), and how many days ahead. Raises NotSet, NotAllowed."""
    _begin(venue)
    if not 0 <= an_hour <= 60:
        raise NotSet("每小时预约在 0（不预约）到 60 个之间。")
    if not 1 <= days <= 30:
        raise NotSet("可以提前 1 到 30 天预约。")
    Venue.objects.filter(pk=venue.pk).update(appointments_an_hour=an_hour, appointment_days=days)
    venue.refresh_from_db()
    _written(venue, "appointments", at, an_hour=an_hour, days=days)


@transaction.atomic
def set_printer(*, venue: Venue, printer: str, by: Staff | None, at: datetime) -> None:
    """Set where tickets are printed: "tcp://address:port" of the hall's own network, "file", or "". Raises NotSet, NotAllowed."""
    _begin(venue)
    wanted = printer.strip()
    if wanted not in ("", "file") and not _is_near(wanted):
        raise NotSet("打印机写成 tcp://地址:端口，地址是大厅内网的 IP，例如 tcp://192.168.1.50:9100。")
    Venue.objects.filter(pk=venue.pk).update(printer=wanted)
    # What was noted was said of the printer before.
    Device.objects.filter(venue=venue).update(printer=PrinterState.FINE, printer_since=None)
    venue.refresh_from_db()
    _written(venue, "printer", at)


@transaction.atomic
def set_notice(*, venue: Venue, notice: str, by: Staff | None, at: datetime) -> None:
    """Set what the last line of the big screen says, or "" for how to beckon (大屏末行). Raises NotSet, NotAllowed."""
    _begin(venue)
    wanted = " ".join(notice.split())
    if len(wanted) > MOST_NOTICE:
        raise NotSet(f"大屏末行最多 {MOST_NOTICE} 个字，再长站远了看不清。")
    Venue.objects.filter(pk=venue.pk).update(notice=wanted)
    venue.refresh_from_db()
    _written(venue, "notice", at, notice=wanted)


def _is_near(printer: str) -> bool:
    """Say whether an address lies in a private network, on a port that printers use: no page may call anywhere else."""
    host, _, port = printer.removeprefix("tcp://").rpartition(":")
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (
        printer.startswith("tcp://") and address.is_private and port.isascii() and port.isdigit() and int(port) in PRINTER_PORTS
    )


@transaction.atomic
def set_priority(*, venue: Venue, letter: str, by: Staff | None, at: datetime) -> None:
    """
    Choose the letter of priority numbers, or "" for no visible difference (优先号的字母). Raises NotSet, NotAllowed.

    Numbers given out keep the letter they were printed with.
    """
    _begin(venue)
    held = venue.series.filter(kind=SeriesKind.PRIORITY).first()
    if letter and held is None:
        Series.objects.create(venue=venue, letter=_letter(venue, letter, None), name="优先", kind=SeriesKind.PRIORITY)
    elif letter and held is not None and held.letter != letter:
        if Ticket.objects.filter(series=held).exists():
            raise NotSet(f"“{held.letter}”已经发出过号，改字母会让老记录对不上。要改，请先不区分，再联系系统管理员另设号段。")
        Series.objects.filter(pk=held.pk).update(letter=_letter(venue, letter, held))
    Venue.objects.filter(pk=venue.pk).update(priority_is_visible=bool(letter))
    venue.refresh_from_db()
    _written(venue, "priority", at, letter=letter)


@transaction.atomic
def set_grounds(
    *, venue: Venue, grounds: Sequence[Ground], old_from_age: int, inquiries_an_hour: int, by: Staff | None, at: datetime
) -> None:
    """Choose who has priority here, from which age, and how often a machine may look up in an hour. Raises NotSet, NotAllowed."""
    _begin(venue)
    if not 50 <= old_from_age <= 90:
        raise NotSet("多大算老人，在 50 到 90 岁之间。")
    if not 10 <= inquiries_an_hour <= 600:
        raise NotSet("一台机器一小时查几次，在 10 到 600 次之间。")
    chosen = [one.value for one in Ground if one in grounds and one is not Ground.LISTED]
    told = {"grounds": chosen, "old_from_age": old_from_age, "inquiries_an_hour": inquiries_an_hour}
    Venue.objects.filter(pk=venue.pk).update(**told)
    venue.refresh_from_db()
    _written(venue, "grounds", at, **told)


@transaction.atomic
def set_matters(*, venue: Venue, matters: Sequence[Matter], by: Staff | None, at: datetime) -> None:
    """Set what can be done in a venue (能办的事项); lines keep only what is still done here. Raises NotSet, NotAllowed."""
    _begin(venue)
    if not matters:
        raise NotSet("至少要有一件能办的事，否则没有人取得到号。")
    venue.matters.set(matters)
    for series in venue.series.all():
        series.matters.set(series.matters.filter(pk__in=[one.pk for one in matters]))
    _written(venue, "matters", at, number=len(matters))


@transaction.atomic
def set_line(
    *, venue: Venue, letter: str, name: str, matters: Sequence[Matter], by: Staff | None, at: datetime, held: Series | None = None
) -> Series:
    """
    Add a line, or change one (号段): with matters it is theirs, without it takes all that no other line takes.

    Raises NotSet for a letter or matter that is taken or a last general line; NotAllowed.
    """
    _begin(venue)
    letter = _letter(venue, letter, held)
    if not name.strip():
        raise NotSet("请给这一队起个名字，大屏和号票上会写。")
    if held is not None and held.letter != letter and Ticket.objects.filter(series=held).exists():
        raise NotSet(f"“{held.letter}”已经发出过号，字母不能再改；名字和事项可以改。")
    _refuse_matters(venue, matters, held)
    series = held or Series(venue=venue)
    series.letter, series.name = letter, name.strip()[:20]
    series.save()
    series.matters.set(matters)
    _written(venue, "line", at, letter=letter)
    return series


def _letter(venue: Venue, letter: str, held: Series | None) -> str:
    wanted = letter.strip().upper()
    if not (1 <= len(wanted) <= 2 and wanted.isascii() and wanted.isalpha()):
        raise NotSet("号段用一两个英文字母，例如 A、B、L。")
    if venue.series.filter(letter=wanted).exclude(pk__in=[held.pk] if held else []).exists():
        raise NotSet(f"字母“{wanted}”这里已经在用，请换一个。")
    return wanted


def _refuse_matters(venue: Venue, matters: Sequence[Matter], held: Series | None) -> None:
    others = venue.series.filter(kind=SeriesKind.ORDINARY).exclude(pk__in=[held.pk] if held else [])
    taken = others.filter(matters__in=matters).distinct().first()
    if taken is not None:
        raise NotSet(f"选的事项里有“{taken}”已经在办的；一件事只在一队排，请先从那一队去掉。")
    if matters and not others.filter(matters=None).exists():
        raise NotSet("要留一队不限事项的，别的队都不办的事在那里排。请先加这样一队。")
    if len(matters) != venue.matters.filter(pk__in=[one.pk for one in matters]).count():
        raise NotSet("选的事项里有本场所还不能办的，请先在“能办的事”里勾上。")


@transaction.atomic
def drop_line(*, venue: Venue, line: Series, by: Staff | None, at: datetime) -> None:
    """Drop a line nobody has ever taken a number of (删号段). Raises NotSet, NotAllowed."""
    _begin(venue)
    if Ticket.objects.filter(series=line).exists() or Ticket.objects.filter(line=line).exists():
        raise NotSet(f"“{line}”已经发过号，不能删；不再用的，从窗口的办理范围里去掉就不会叫了。")
    if line.kind == SeriesKind.ORDINARY and not venue.series.filter(kind="ordinary", matters=None).exclude(pk=line.pk).exists():
        raise NotSet("这是最后一队不限事项的，删了就有事没处排。")
    line.delete()
    _written(venue, "line_dropped", at, letter=line.letter)


@transaction.atomic
def set_profile(
    *, venue: Venue, name: str, ranks: Mapping[Series, int], by: Staff | None, at: datetime, held: Profile | None = None
) -> Profile:
    """
    Add or change what a window calls (办理范围): lines with the rank in which they are called; one rank is one common line.

    Raises NotSet, NotAllowed.
    """
    _begin(venue)
    if not name.strip():
        raise NotSet("请给办理范围起个名字，例如“综合窗口”。")
    if not ranks:
        raise NotSet("至少选一队，否则这个窗口叫不到人。")
    if any(one.venue_id != venue.pk or one.kind != SeriesKind.ORDINARY for one in ranks):
        raise NotSet("只能选本场所普通的队；优先号和预约号排在各自办事的队里，不另外叫。")
    profile = held or Profile(venue=venue)
    profile.name = name.strip()[:30]
    try:
        with transaction.atomic():
            profile.save()
    except IntegrityError:
        raise NotSet(f"已经有一个叫“{profile.name}”的办理范围。") from None
    profile.lines.all().delete()
    ProfileLine.objects.bulk_create(ProfileLine(profile=profile, series=one, rank=rank) for one, rank in ranks.items())
    _written(venue, "profile", at, number=len(ranks))
    return profile


@transaction.atomic
def drop_profile(*, venue: Venue, profile: Profile, by: Staff | None, at: datetime) -> None:
    """Drop a profile no window has (删办理范围). Raises NotSet, NotAllowed."""
    _begin(venue)
    try:
        profile.delete()
    except ProtectedError:
        raise NotSet(f"还有窗口用着“{profile}”，请先给那些窗口换一个办理范围。") from None
    _written(venue, "profile_dropped", at)


@transaction.atomic
def place_window(
    *, venue: Venue, number: int, name: str, profile: Profile, by: Staff | None, at: datetime, held: Window | None = None
) -> Window:
    """Add a window, or change its number, name and profile (窗口). Raises NotSet, NotAllowed."""
    _begin(venue)
    if not 1 <= number <= 99:
        raise NotSet("窗口号在 1 到 99 之间。")
    if held is not None and held.number != number and held.state != WindowState.CLOSED:
        raise NotSet(f"{held}正开着，大屏上写着它的号。关窗以后再改号。")
    window = held or Window(venue=venue)
    window.number, window.name, window.profile = number, name.strip()[:20], profile
    try:
        with transaction.atomic():
            window.save()
    except IntegrityError:
        raise NotSet(f"已经有 {number} 号窗口了。") from None
    _written(venue, "window", at, window=number)
    return window


@transaction.atomic
def drop_window(*, venue: Venue, window: Window, by: Staff | None, at: datetime) -> None:
    """Drop a window that was never opened (删窗口). Raises NotSet, NotAllowed."""
    _begin(venue)
    try:
        window.delete()
    except ProtectedError:
        raise NotSet(f"{window}开过窗、叫过号，记录还在，不能删；不用的窗口不开就是了。") from None
    _written(venue, "window_dropped", at, window=window.number)


def _begin(venue: Venue) -> None:
    require("hall.manage", area_path=venue.service_point.area.path)


def _written(venue: Venue, what: str, at: datetime, **detail: Any) -> None:
    audit.write(action="venue.set", at=at, venue=venue.code, what=what, **detail)
