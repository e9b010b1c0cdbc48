"""Settling what does not agree (定下来): by a person, with a reason, looking at both sides; neither is overwritten."""

import uuid
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from yimen.hall.bringing import enter, held_back
from yimen.hall.entering import Entering, NotEntered
from yimen.hall.models import Disagreement, Event, Node
from yimen.hall.telling_words import told_by
from yimen.hall.words import Mismatch, Settling
from yimen.office import audit
from yimen.office.access import System, current, require, scope, within
from yimen.office.models import Staff

RECENT, MOST_TOLD = 30, 40


class NotSettled(Exception):
    """It is not settled like this; the sentence says why and what to do."""


def choices_of(one: Disagreement) -> list[Settling]:
    """Return how a disagreement may be settled: what was held back is entered after all, or left to the record."""
    if not one.holds:
        return [Settling.NOTED]
    return [Settling.VENUE if one.kind == Mismatch.BOTH else Settling.AGAIN, Settling.RECORD]


def there_of(one: Disagreement) -> str:
    """Return what the machine told, in one sentence."""
    return one.there or told_by(one.event)


@transaction.atomic
def settle(
    *, disagreement: uuid.UUID, settling: Settling, reason: str, by: Staff, at: datetime, known_as: Staff | None = None
) -> Disagreement:
    """
    Settle one disagreement with a reason (定下来). Entered after all, everything told of the affair is entered in its order;
    `known_as` says whose account it was that nobody here knows: from now on it stands for theirs.

    Raises NotSettled if it was settled already, without a reason, or if it still cannot be entered; NotAllowed.
    """
    held = Disagreement.objects.select_for_update(of=("self",)).select_related("node__venue__service_point__area", "event")
    one = held.get(pk=disagreement)
    require("hall.manage", area_path=one.node.venue.service_point.area.path)
    if one.settled_at is not None:
        raise NotSettled("这一条刚刚已经有人定了，请刷新页面。")
    if settling not in choices_of(one):
        raise NotSettled("请选怎么定。")
    if not reason.strip():
        raise NotSettled("请写明为什么这样定。")
    _know(one, known_as)
    _settle(one, settling, reason, by, at)
    for other in _alike(one) if settling == Settling.AGAIN else ():
        # What of the others does not agree for another reason stays open.
        with suppress(NotSettled), transaction.atomic():
            _settle(other, settling, reason, by, at)
    return one


def _settle(one: Disagreement, settling: Settling, reason: str, by: Staff, at: datetime) -> None:
    one.settled_at, one.settled_by, one.settling, one.reason = at, by, settling, reason.strip()[:120]
    one.save(update_fields=["settled_at", "settled_by", "settling", "reason"])
    if settling in (Settling.AGAIN, Settling.VENUE):
        _enter_after_all(one, at)
    audit.write(action="node.settle", at=at, node=one.node_id.hex, disagreement=one.pk.hex, settling=settling)


def _alike(one: Disagreement) -> list[Disagreement]:
    """Return what else waits for the same thing to be mended, such as one window: that is said once."""
    rows = Disagreement.objects.filter(node=one.node_id, kind=one.kind, here=one.here, holds=True, settled_at=None)
    return list(rows.select_related("node__venue__service_point__area", "event").order_by("event__sequence"))


def _know(one: Disagreement, known_as: Staff | None) -> None:
    if one.unknown and known_as is not None:
        node = Node.objects.select_for_update(of=("self",)).get(pk=one.node_id)
        Node.objects.filter(pk=node.pk).update(known_as=node.known_as | {one.unknown: known_as.username})


def _enter_after_all(one: Disagreement, at: datetime) -> None:
    node = Node.objects.get(pk=one.node_id)
    if one.about in held_back(node):
        raise NotSettled("这件事还有别的一条没有定，请先定那一条。")
    told = Event.objects.filter(node=node, about=one.about, sequence__gte=one.event.sequence, sequence__lte=node.dealt_with)
    entering = Entering(node, at, anyway=one.settling == Settling.VENUE)
    with scope(System("node"), "收场所记录"):
        for event in told.order_by("sequence"):
            try:
                enter(entering, event)
            except NotEntered as problem:
                raise NotSettled(f"还是记不上：{problem.here}先改好中心这边，或选“照中心的”。") from None


def told_of(one: Disagreement) -> list[str]:
    """Return what else the machine told of the affair, in its order, each in a sentence."""
    if ":" not in one.about or one.about.split(":", 1)[0] in ("staff", "stranger", "event"):
        return []
    rows = Event.objects.filter(node=one.node_id, about=one.about).exclude(pk=one.event_id).order_by("sequence")
    return [told_by(event) for event in rows[:MOST_TOLD]]


def disagreements(*, settled: bool = False) -> QuerySet[Disagreement]:
    """Return what does not agree in the venues managed here, the oldest first; or what was settled, the newest first."""
    require("hall.manage")
    here = within(current().paths, column="node__venue__service_point__area__path")
    rows: QuerySet[Disagreement] = Disagreement.objects.filter(here, settled_at__isnull=not settled)
    rows = rows.select_related("node__venue__service_point__area", "event", "settled_by")
    return rows.order_by("-settled_at")[:RECENT] if settled else rows.order_by("found_at", "event__sequence")


def disagreement_by_key(key: uuid.UUID) -> Disagreement:
    """Return one disagreement in the venues managed here. Raises Disagreement.DoesNotExist."""
    require("hall.manage")
    here = within(current().paths, column="node__venue__service_point__area__path")
    return Disagreement.objects.select_related("node__venue__service_point__area", "event", "settled_by").get(here, pk=key)
