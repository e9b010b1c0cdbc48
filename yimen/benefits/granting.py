"""Granting (给付): what a decision gives, since when, with its facts and its rule version frozen; and how it ends or changes."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from yimen.benefits.models import Grant
from yimen.office import audit
from yimen.policies.model import Policy


class NotGranted(Exception):
    """A grant cannot be made or ended like this; the sentence says why."""


@transaction.atomic
def grant_benefit(
    *,
    policy: Policy,
    person: uuid.UUID | None,
    household: uuid.UUID | None,
    amount_fen: int | None,
    starts_on: date,
    facts: Mapping[str, Any],
    area_path: str,
    at: datetime,
    ends_on: date | None = None,
    next_review_on: date | None = None,
) -> Grant:
    """
    Make the grant of a decision, with its last day if that is decided too; the caller has decided and holds the permission.

    A running grant of the same policy ends the day before: what was paid stays as it was. Raises NotGranted if one
    begins on the same day or later.
    """
    subject = Q(person_id=person) if person else Q(household_id=household)
    running = Grant.objects.select_for_update().filter(subject, policy=policy.id, ends_on=None).first()
    if running is not None:
        if running.starts_on >= starts_on:
            raise NotGranted(f"“{policy.name}”从 {running.starts_on} 起已经在发，新的不能从 {starts_on} 起。请先核对给付记录。")
        running.ends_on = starts_on - timedelta(days=1)
        running.save(update_fields=["ends_on"])
    grant = Grant(
        person_id=person,
        household_id=household,
        policy=policy.id,
        policy_version=policy.version,
        amount_fen=amount_fen,
        unit=policy.unit,
        starts_on=starts_on,
        # What is paid once begins and ends on one day.
        ends_on=starts_on if policy.pays_from.startswith("一次性") else ends_on,
        next_review_on=next_review_on,
        facts=dict(facts),
        recorded_at=at,
        area_path=area_path,
    )
    grant.save(force_insert=True)
    audit.write(action="grant.make", at=at, subjects={str(person or household)}, policy=policy.id, grant=grant.pk.hex)
    return grant


@transaction.atomic
def end_grant(*, grant: uuid.UUID, last_day: date, at: datetime) -> Grant:
    """End a running grant by a decision already taken. Raises NotGranted if it ends by then anyway or began later."""
    held: Grant = Grant.objects.select_for_update().get(pk=grant)
    if held.ends_on is not None and held.ends_on <= last_day:
        raise NotGranted(f"这笔给付已经到 {held.ends_on} 为止。")
    if last_day < held.starts_on:
        raise NotGranted(f"这笔给付 {held.starts_on} 才开始，不能在那以前停。")
    held.ends_on, held.recorded_at = last_day, at
    held.save(update_fields=["ends_on", "recorded_at"])
    audit.write(action="grant.end", at=at, subjects={str(held.person_id or held.household_id)}, grant=held.pk.hex)
    return held
