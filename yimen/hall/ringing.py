"""Asking for help (求助): a button at a machine rings at the desk until somebody says they go."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yimen.hall.models import Ring, Venue
from yimen.office.access import require
from yimen.office.models import Staff


def ring(*, venue: Venue, place: str, at: datetime) -> Ring:
    """Ring at the desk (求助); pressed again while it rings, it rings on. Raises NotAllowed."""
    require("hall.ticket", area_path=venue.service_point.area.path)
    try:
        with transaction.atomic():
            made: Ring = Ring.objects.create(venue=venue, place=place[:30], at=at)
            return made
    except IntegrityError:
        return Ring.objects.get(venue=venue, place=place[:30], answered_at=None)


def answer_ring(*, ring_id: int, by: Staff, at: datetime) -> Ring:
    """Note who goes (我去); the first one stays. Raises NotAllowed, Ring.DoesNotExist."""
    held = Ring.objects.select_related("venue__service_point__area").get(pk=ring_id)
    require("hall.ticket", area_path=held.venue.service_point.area.path)
    Ring.objects.filter(pk=held.pk, answered_at=None).update(answered_at=at, answered_by=by)
    held.refresh_from_db()
    return held


def ringing(venue: Venue) -> QuerySet[Ring]:
    """Return which machines ring, the longest first. Raises NotAllowed."""
    require("hall.ticket", area_path=venue.service_point.area.path)
    rows: QuerySet[Ring] = Ring.objects.filter(venue=venue, answered_at=None).order_by("at")
    return rows
