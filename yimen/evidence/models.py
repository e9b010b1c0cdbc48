"""Tables of evidence: statements, only ever added."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.office.access import Scoped


class Statement(Scoped):
    """
    One source's facts about one person, household or legal obligor (法定义务人) at one date (陈述).

    `facts` maps Chinese fact names to JSON values: money as text in yuan with two places, days as ISO text.
    `valid_until` is the source's own end (a certificate's); the catalogue's validity applies besides.
    A household statement holds only while the membership it was made for is unchanged (`members_key`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.CASCADE, related_name="statements")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.CASCADE, related_name="statements")
    obligor = models.ForeignKey("registry.Obligor", null=True, on_delete=models.CASCADE, related_name="statements")
    members_key = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=20)
    stated_on = models.DateField()
    valid_until = models.DateField(null=True)
    facts = models.JSONField()
    delivery = models.ForeignKey("office.Delivery", null=True, on_delete=models.PROTECT)
    recorded_by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False, obligor=None)
                | Q(household__isnull=False, person=None, obligor=None)
                | Q(household=None, person=None, obligor__isnull=False),
                name="statement_about_one_subject",
            ),
        ]
