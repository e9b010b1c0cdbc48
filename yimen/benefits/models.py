"""Tables of benefits: who receives what, how much, since when, until when, under which policy version."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.office.access import Scoped


class Grant(Scoped):
    """
    What one person or household receives under one policy (给付), in fen per unit of the policy (usually 元/月).

    Loaded from a department's list or made by a decision; `facts` are those it was decided on, frozen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.CASCADE, related_name="grants")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.CASCADE, related_name="grants")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=80, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=10, default="元/月")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    next_review_on = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    delivery = models.ForeignKey("office.Delivery", null=True, on_delete=models.PROTECT)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
                name="grant_to_one_subject",
            ),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="grant_ends_after_start"),
            models.UniqueConstraint(
                fields=["policy", "person"], condition=Q(ends_on=None, person__isnull=False), name="person_grant_once"
            ),
            models.UniqueConstraint(
                fields=["policy", "household"], condition=Q(ends_on=None, household__isnull=False), name="household_grant_once"
            ),
        ]
