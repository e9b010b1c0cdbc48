"""What is wrong in a hall now (要留意的): a machine without paper, a clock that is behind, a disk with little room. Sentences."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils.timezone import localdate, localtime

from yimen.hall.models import Counter, Venue
from yimen.hall.nodes import node_here, not_ours
from yimen.hall.printing import printers_in_trouble
from yimen.hall.words import PrinterState
from yimen.office.queries import lasting, room

# Numbers taken in one moment are put one after the other, so a little ahead is nothing.
BEHIND = timedelta(minutes=1)
# So long before the package of a hall that runs by itself is over, somebody has to see to it.
SOON_OVER = timedelta(days=3)
WHAT_TO_DO = {
    PrinterState.PAPER: "请换纸；换好以后下一张照常打印",
    PrinterState.OFF: "请看电源和网线",
}


def troubles(*, venue: Venue, at: datetime) -> list[str]:
    """Return what whoever works in a hall should know and see to: whose its numbers are, its machines, its clock."""
    told = [why] if (why := not_ours(venue, localdate(at))) else []
    told += _of_the_package(at)
    for one in printers_in_trouble(venue):
        state = PrinterState(one.printer)
        since = f"{localtime(one.printer_since):%H:%M} 起" if one.printer_since else ""
        told.append(f"{one}{since}{state.label}，{WHAT_TO_DO[state]}。取的号都有效：请来人记住号、扫手机，或到导办台。")
    return [*told, *_of_the_clock(venue, at), *_of_the_disk()]


def _of_the_package(at: datetime) -> list[str]:
    node = node_here() if settings.YIMEN_VENUE else None
    if node is None or node.valid_until - at > SOON_OVER:
        return []
    until = f"{localtime(node.valid_until):%m月%d日 %H:%M}"
    return [f"场所包 {until} 到期，到期以后谁也进不来。连上中心会自己换新；连不上的，请在中心再打一个，用 U 盘装。"]


def clock_behind(venue: Venue, at: datetime) -> timedelta | None:
    """Return by how much the clock is behind the last number given out here, None where it is not."""
    last = Counter.objects.filter(series__venue=venue).aggregate(last=Max("last_at"))["last"]
    return last - at if last is not None and last - at > BEHIND else None


def _of_the_clock(venue: Venue, at: datetime) -> list[str]:
    behind = clock_behind(venue, at)
    if behind is None:
        return []
    return [f"服务器的时钟比上一个号早 {lasting(behind)}。取号、叫号照常，先后不变。请系统管理员校对时钟。"]


def _of_the_disk() -> list[str]:
    held = room()
    if not held.is_little:
        return []
    return [f"服务器的磁盘只剩 {held.free_words}。满了就取不了号、叫不了号，请系统管理员现在就腾出空间。"]
