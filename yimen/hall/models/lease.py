"""Leased rosters as the centre has issued them: which, for how long, how often the key was handed out. None holds a number."""

from django.db import models
from django.db.models import F, Q

from yimen.hall.models.venue import Venue

STAFF = "office.Staff"


class LeaseIssue(models.Model):
    """
    One leased roster issued for a venue (租期名册的一期): the file lies beside the database, its key nowhere. Unscoped.

    `people` is how many are on it; what the file says of itself is rounded up. `keys_given` counts how often its key left.
    """

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="leases")
    sequence = models.PositiveIntegerField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    people = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField(null=True)
    key_given_at = models.DateTimeField(null=True)
    keys_given = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "sequence"], name="lease_sequence_once"),
            models.CheckConstraint(condition=Q(not_after__gt=F("not_before")), name="lease_ends_after_it_begins"),
        ]
