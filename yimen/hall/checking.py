"""Looking up who was recognised by a leased roster (核对离线名册): whether they were still on the list on the day they came."""

from collections import defaultdict
from datetime import UTC, date, datetime

from django.utils.timezone import localdate

from yimen.hall.bringing import note_unlisted
from yimen.hall.leasing import marks_on
from yimen.hall.models import Event, Node
from yimen.office.access import System, scope


def check_listed(*, node: Node, at: datetime) -> int:
    """Look up the entries a machine told since the last time; return how many do not hold any more. Those go to a person."""
    fresh = Event.objects.filter(
        node=node, table="hall.recognition", is_new=True, sequence__gt=node.checked, sequence__lte=node.dealt_with
    )
    found, last = 0, node.dealt_with
    by_day: dict[tuple[int, date], list[Event]] = defaultdict(list)
    for event in fresh.order_by("sequence"):
        sequence, _, entry = str(event.changes.get("mark", "")).partition(":")
        if entry and sequence.isdecimal():
            by_day[int(sequence), localdate(_moment(event))].append(event)
    with scope(System("node"), "核对离线名册"):
        for (issue, _), events in by_day.items():
            listed = marks_on(venue=node.venue, sequence=issue, at=_moment(events[0]))
            for event in events:
                if event.changes["mark"].partition(":")[2] not in listed:
                    note_unlisted(node=node, event=event, at=at)
                    found += 1
    Node.objects.filter(pk=node.pk).update(checked=last)
    return found


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(event.changes["at"]).replace(tzinfo=UTC)
