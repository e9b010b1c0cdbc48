"""
Priority after the number was taken (补认优先): recognised at the reception, somebody keeps their number and moves up in the line.

The number does not change, so the hall sees nothing of it; the ground and the officer stand in the record.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F

from yimen.hall.models import Attendance, Recognition, Ticket
from yimen.hall.nodes import not_ours
from yimen.hall.ticketing import Recognised
from yimen.hall.words import State
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Staff


class NotPrioritised(Exception):
    """Somebody cannot be given priority like this; the sentence says why and what to do."""


@transaction.atomic
def give_priority(*, attendance: uuid.UUID, recognised: Recognised, by: Staff, at: datetime) -> Ticket:
    """
    Serve first somebody who waits with an ordinary number already (补认优先), once, by whom they were recognised.

    Raises NotPrioritised, NotAllowed, Attendance.DoesNotExist outside the scope.
    """
    held: Attendance = Attendance.objects.select_for_update(of=("self",)).select_related("venue").get(pk=attendance)
    require("hall.receive", area_path=held.area_path)
    if why := not_ours(held.venue, held.day):
        raise NotPrioritised(why)
    if Recognition.objects.filter(attendance=held).exists():
        raise NotPrioritised("已经优先了，不用再认。")
    ticket = Ticket.objects.filter(attendance=held, state=State.WAITING).select_related("series").first()
    if ticket is None:
        raise NotPrioritised("这个号已经叫到或办完了，不用再排。")
    if not Ticket.objects.filter(pk=ticket.pk, version=ticket.version).update(has_priority=True, version=F("version") + 1):
        raise NotPrioritised("这个号刚刚被窗口叫走了，请刷新页面。")
    Recognition.objects.create(
        attendance=held,
        ground=recognised.ground,
        method=recognised.method,
        evidence=recognised.evidence,
        mark=recognised.mark,
        by=by,
        at=at,
        area_path=held.area_path,
    )
    person = held.person_id or recognised.person_id
    if person and held.person_id is None:
        held.person_id = person
        held.save(update_fields=["person"])
    audit.write(action="hall.priority", at=at, subjects={str(person)} if person else None, attendance=held.pk.hex)
    moved: Ticket = Ticket.objects.select_related("series", "line").get(pk=ticket.pk)
    return moved


def recognition_of(attendance: Attendance) -> Recognition | None:
    """Return how and by whom somebody in the hall was recognised, or None."""
    found: Recognition | None = Recognition.objects.filter(attendance=attendance).select_related("by").first()
    return found
