"""
Whose numbers they are (号归谁发): the centre's, or those of the machine on which the venue runs by itself; never both on one day.

A day of a venue belongs to one of the two as a whole, so that they need no word with each other to give no number twice. A
machine that breaks or is lost is taken back in the middle of a day: the centre then goes on far beyond what it may have given
out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.timezone import localdate

from yimen.hall.models import Counter, Disagreement, Duty, Event, Node, Ticket, Venue, Window, WindowShift
from yimen.hall.words import WindowState
from yimen.office import audit
from yimen.office.access import current, may, require, within
from yimen.office.models import Staff

# In the busiest hour of the busiest hall so many numbers are given out; see the study of the hall.
FURTHER = 500


class NotAlone(Exception):
    """A venue cannot run by itself, or not any more, like this; the sentence says why and what to do."""


def not_ours(venue: Venue, day: date) -> str:
    """Return why nothing of a venue's day may be given out or called by this program, in words; "" where it may."""
    nodes = list(Node.objects.filter(venue=venue).order_by("-made_at"))
    here = next((one for one in nodes if one.is_here), None)
    if here is not None:
        return _not_here(here, day)
    held = next((one for one in nodes if one.ended_at is None and _covers(one, day)), None)
    if held is None:
        return ""
    return f"{venue}从{_said(held.first_day)}起由大厅里自己的机器发号、叫号，中心不发，免得重号。请到大厅取号、叫号。"


def _not_here(here: Node, day: date) -> str:
    if here.ended_at is not None:
        return f"中心已经把{here.venue}收回去了，这台机器不再发号。请改用中心的网址。"
    if day < here.first_day:
        return f"这台机器从{_said(here.first_day)}起发号；那天以前的号归中心发。"
    if here.last_day is not None and day > here.last_day:
        return f"这台机器发号到{_said(here.last_day)}为止，以后归中心。请改用中心的网址。"
    return ""


def _covers(node: Node, day: date) -> bool:
    return node.first_day <= day and (node.last_day is None or day <= node.last_day)


def _said(day: date) -> str:
    return f"{day.month}月{day.day}日"


def run_elsewhere(venues: Iterable[int], day: date) -> set[int]:
    """Return which of these venues run by themselves on a day, so that the centre only looks on."""
    running = Node.objects.filter(venue__in=list(venues), is_here=False, ended_at=None, first_day__lte=day)
    return set(running.filter(Q(last_day=None) | Q(last_day__gte=day)).values_list("venue_id", flat=True))


def node_here() -> Node | None:
    """Return the row of this machine where a venue runs by itself on it, None at the centre."""
    return Node.objects.filter(is_here=True).select_related("venue__service_point__area").first()


def running_node(venue: Venue) -> Node | None:
    """Return the machine a venue runs on by itself, at the centre; None where it runs at the centre."""
    return Node.objects.filter(venue=venue, is_here=False, last_day=None).select_related("venue").first()


@transaction.atomic
def take_back(*, venue: Venue, now: bool, reason: str, by: Staff | None, at: datetime) -> Node:
    """
    Take a venue back to the centre (收回): from tomorrow on, or now, because its machine is broken or lost.

    Taken back now, numbers go on far beyond the last that is known here. What the machine still tells of its days is taken
    all the same. Raises NotAlone, NotAllowed.
    """
    require("hall.manage", area_path=venue.service_point.area.path)
    Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    node = Node.objects.filter(venue=venue, is_here=False, ended_at=None).select_related("venue").order_by("-made_at").first()
    if node is None:
        raise NotAlone(f"{venue}本来就由中心发号，不用收回。")
    if not reason.strip():
        raise NotAlone("请写明为什么收回，例如“机器坏了”。")
    today = localdate(at)
    node.last_day, node.reason = max(today, node.last_day or today) if not now else today, reason.strip()[:80]
    if now:
        node.ended_at, node.ended_by = at, by
        _go_on_beyond(venue, today, at)
    node.save(update_fields=["last_day", "reason", "ended_at", "ended_by"])
    audit.write(action="node.take_back", at=at, venue=venue.code, node=node.pk.hex, now=now)
    return node


def hand_the_hall_on(node: Node) -> None:
    """End what was left open at the centre when the machine's first day began: windows nobody closed, duties nobody ended."""
    begins = timezone.make_aware(datetime.combine(node.first_day, time.min))
    for rows in (
        WindowShift.objects.filter(window__venue=node.venue_id, ends_at=None),
        Duty.objects.filter(venue=node.venue_id, ends_at=None),
    ):
        rows.update(ends_at=Greatest(F("starts_at"), begins))
    Window.objects.filter(venue=node.venue_id).update(state=WindowState.CLOSED, staff=None, back_at=None)


def _go_on_beyond(venue: Venue, day: date, at: datetime) -> None:
    for letter, last in beyond(venue, day).items():
        series = venue.series.get(letter=letter)
        counter, _ = Counter.objects.get_or_create(series=series, day=day, defaults={"last": last, "last_at": at})
        Counter.objects.filter(pk=counter.pk, last__lt=last).update(last=last)


def beyond(venue: Venue, day: date) -> Mapping[str, int]:
    """Return by letter a round number far beyond the last of a day that is known here."""
    known = dict(Ticket.objects.filter(venue=venue, day=day).order_by().values_list("series__letter").annotate(n=Max("number")))
    return {letter: -(-(known.get(letter, 0) + FURTHER) // 100) * 100 for letter in venue.series.values_list("letter", flat=True)}


@dataclass(frozen=True)
class NodeLine:
    """
    A venue that runs by itself, as the centre sees it: the machine, when it last told something, how many of its events wait for
    others that have not come yet, and how many do not agree.
    """

    node: Node
    told: int
    waits_for: int
    unsettled: int


def nodes_seen() -> list[NodeLine]:
    """Return the machines of the venues managed here, those running first (单机的大厅). Raises NotAllowed."""
    require("hall.manage")
    seen = Node.objects.filter(within(current().paths, column="venue__service_point__area__path"), is_here=False)
    nodes = seen.select_related("venue__service_point__area", "device").order_by("-made_at")
    lines = [_line(one) for one in nodes if may("hall.manage", area_path=one.venue.service_point.area.path)]
    return sorted(lines, key=lambda one: one.node.ended_at is not None)


def _line(node: Node) -> NodeLine:
    events = Event.objects.filter(node=node)
    told = events.aggregate(last=Max("sequence"))["last"] or 0
    waits = events.filter(sequence__gt=node.dealt_with).count()
    return NodeLine(node, told, waits, Disagreement.objects.filter(node=node, settled_at=None).count())


def owned(node: Node, day: date) -> bool:
    """Say whether a day's numbers were the machine's to give out."""
    return _covers(node, day)
