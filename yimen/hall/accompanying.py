"""
Whom one may see in the hall (看得到谁): the person one accompanies, or has before oneself at the reception; nobody else.

Neither post has a right to any household. What the window may do with one is lent for that household alone, for as long as a
block runs, and not a day longer than the accompaniment.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from yimen.cases.models import Case
from yimen.hall.models import Attendance, Handling
from yimen.office.access import lent, require
from yimen.office.models import Staff
from yimen.registry.models import Household
from yimen.registry.queries import household_of

ACCOMPANIES = ("person.see", "case.see", "case.open", "help.ask")
RECEIVES = ("person.see", "case.see", "finding.see", "help.ask")


@dataclass(frozen=True)
class Accompanied:
    """Somebody accompanied today: the handling and, if it is known who it is, the person's household and its area."""

    handling: Handling
    household_id: uuid.UUID | None
    area_path: str

    @property
    def person_id(self) -> uuid.UUID | None:
        found: uuid.UUID | None = self.handling.attendance.person_id
        return found


def in_hand(*, staff: Staff, on: date) -> list[Accompanied]:
    """Return whom a co-organizer accompanies and has not ended with, the longest first."""
    require("hall.accompany")
    rows = Handling.objects.filter(co_organizer=staff, ended_at=None).order_by("assigned_at")
    return [accompanied_of(one, on) for one in rows.select_related("attendance__venue__service_point", "assigned_by")]


def accompanied_of(handling: Handling, on: date) -> Accompanied:
    """Return a handling with the household of its person on a day."""
    return Accompanied(handling, *_home_of(handling.attendance, on))


def attendance_by_key(attendance: uuid.UUID) -> Attendance:
    """Return a stay below the open scope, with its venue and place. Raises Attendance.DoesNotExist."""
    found: Attendance = Attendance.objects.select_related("venue__service_point__area").get(pk=attendance)
    return found


def open_handling_of(attendance: uuid.UUID) -> Handling | None:
    """Return the accompaniment of a stay that has not ended, or None."""
    found: Handling | None = Handling.objects.filter(attendance=attendance, ended_at=None).first()
    return found


def _home_of(attendance: Attendance, on: date) -> tuple[uuid.UUID | None, str]:
    home = household_of(person_id=attendance.person_id, on=on) if attendance.person_id else None
    path = Household.objects.filter(pk=home).values_list("area_path", flat=True).first() if home else None
    return (home, path) if path is not None else (None, "")


@contextmanager
def accompanying(
    *,
    staff: Staff,
    on: date,
    handling: uuid.UUID | None = None,
    case: uuid.UUID | None = None,
    person: uuid.UUID | None = None,
) -> Iterator[Accompanied]:
    """
    Lend a co-organizer what the window may do for one household they accompany, as long as the block runs.

    It is named by the handling, by a case or by a person of the household. Before they have come (接手) nothing is lent. Raises
    Handling.DoesNotExist for any other, the same as for one that never was; NotAllowed without the post.
    """
    require("hall.accompany")
    wanted = _household_of(on, case, person)
    for one in in_hand(staff=staff, on=on):
        if one.handling.pk == handling or (one.household_id is not None and one.household_id == wanted):
            if one.household_id is None or one.handling.accepted_at is None:
                if handling is None:
                    continue
                yield one
            else:
                with lent(*ACCOMPANIES, area_path=one.area_path):
                    yield one
            return
    raise Handling.DoesNotExist


def accompanies(*, staff: Staff, on: date, case: uuid.UUID) -> bool:
    """Say whether somebody accompanies the household of a case, and has come to them."""
    home = _household_of(on, case, None)
    return any(one.handling.accepted_at and one.household_id == home for one in in_hand(staff=staff, on=on)) if home else False


def _household_of(on: date, case: uuid.UUID | None, person: uuid.UUID | None) -> uuid.UUID | None:
    if case is not None:
        found: uuid.UUID | None = Case.objects.filter(pk=case).values_list("household_id", flat=True).first()
        return found
    return household_of(person_id=person, on=on) if person is not None else None


@contextmanager
def receiving(
    *, on: date, attendance: uuid.UUID | None = None, person: uuid.UUID | None = None
) -> Iterator[tuple[Attendance, uuid.UUID | None]]:
    """
    Lend the reception the sight of the household of whoever stands before it today (导办), as long as the block runs.

    Named by the attendance, or by the person who has come. Gives the attendance and its household, None where it is not known
    who came. Raises Attendance.DoesNotExist outside the open scope or of another day, NotAllowed.
    """
    require("hall.receive")
    named = {"pk": attendance} if person is None else {"person": person}
    rows = Attendance.objects.filter(day=on, **named).select_related("venue__service_point__area").order_by("-came_at")
    found = rows.first()
    if found is None:
        raise Attendance.DoesNotExist
    require("hall.receive", area_path=found.area_path)
    home, path = _home_of(found, on)
    if home is None:
        yield found, None
        return
    with lent(*RECEIVES, area_path=path):
        yield found, home
