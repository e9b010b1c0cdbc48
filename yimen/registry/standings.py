"""Deciding a standing (认定对象类别): one at a time of those that exclude each other, with its next review."""

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from yimen.office import audit
from yimen.office.models import Staff
from yimen.registry.models import ONE_OF, Household, Standing
from yimen.registry.queries import memberships_on


@transaction.atomic
def decide_standing(
    *,
    kind: str,
    household: uuid.UUID,
    starts_on: date,
    by: Staff,
    at: datetime,
    area_path: str,
    next_review_on: date | None = None,
    person: uuid.UUID | None = None,
) -> Standing | None:
    """
    Write down what a household, or one person of it, has been decided to be; another of the four it was ends the day before.

    A person's own (特困) ends that of the household only where nobody else lives in it, and the other way round.
    Returns None for a policy that is no standing. The caller has decided and holds the permission.
    """
    if kind not in ONE_OF:
        return None
    for running in Standing.objects.filter(_in_its_place(household, person, starts_on), kind__in=ONE_OF, ends_on=None):
        running.ends_on = max(starts_on - timedelta(days=1), running.starts_on)
        running.save(update_fields=["ends_on"])
    standing: Standing = Standing.objects.create(
        household_id=None if person else household,
        person_id=person,
        kind=kind,
        starts_on=starts_on,
        decided_by=by.department.name if by.department else by.name,
        next_review_on=next_review_on,
        area_path=area_path,
    )
    Household.objects.filter(pk=household).update(changed_at=at)
    audit.write(action="standing.decide", at=at, subjects={str(person or household)}, kind=kind)
    return standing


def _in_its_place(household: uuid.UUID, person: uuid.UUID | None, on: date) -> Q:
    """Return whose standings a new one takes the place of: its subject's, and in a household of one both."""
    own = Q(person_id=person) if person else Q(household_id=household)
    people = list(memberships_on(on).filter(household_id=household).values_list("person_id", flat=True))
    if len(people) != 1 or person not in (None, people[0]):
        return own
    return Q(household_id=household) | Q(person_id=people[0])


@transaction.atomic
def end_standing(*, kind: str, household: uuid.UUID, last_day: date, at: datetime, person: uuid.UUID | None = None) -> int:
    """End a running standing of a household, or one of the person's own, by a decision already taken; how many ended."""
    whose = Q(household_id=household) if person is None else Q(household_id=household) | Q(person_id=person)
    ended = Standing.objects.filter(whose, kind=kind, ends_on=None).update(ends_on=last_day)
    Household.objects.filter(pk=household).update(changed_at=at)
    audit.write(action="standing.end", at=at, subjects={str(household)}, kind=kind)
    return int(ended)
