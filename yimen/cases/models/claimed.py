"""What was paid wrongly and is claimed back (追缴): each claim with its own hearing, opinion, decision and telling."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.models.matter import Case
from yimen.cases.words import OPEN_RECOVERY, RecoveryState
from yimen.office.access import Scoped

STAFF = "office.Staff"


class Recovery(Scoped):
    """
    One claim on what a grant paid wrongly (追缴), `fen` in all for `months`, by the department whose fund it came from.

    Several may stand in one case, one open at a time of each grant. `asked` says why another desk passed it on (转请追缴).
    Nobody writes an opinion before the person was heard, and nobody confirms their own, which the database keeps too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="recoveries")
    grant = models.ForeignKey("benefits.Grant", on_delete=models.PROTECT, related_name="recoveries")
    department = models.CharField(max_length=20)
    fund = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=RecoveryState)
    asked = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    heard = models.CharField(max_length=500, blank=True)
    heard_on = models.DateField(null=True)
    heard_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    fen = models.BigIntegerField(null=True)
    months = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=500, blank=True)
    article = models.CharField(max_length=120, blank=True)
    proposed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    sent_back = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=200, blank=True)
    told_on = models.DateField(null=True)
    opened_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["grant"], condition=Q(state__in=OPEN_RECOVERY), name="one_open_recovery_of_a_grant"),
            models.CheckConstraint(
                name="recovery_is_proposed_after_a_hearing",
                condition=Q(proposed_at=None) | Q(heard_on__isnull=False, proposed_by__isnull=False, fen__gt=0),
            ),
            models.CheckConstraint(
                name="recovery_is_decided_by_another",
                condition=Q(decided_by=None)
                | (Q(proposed_by__isnull=False, decided_at__isnull=False) & ~Q(proposed_by=F("decided_by"))),
            ),
        ]
        indexes = [models.Index(fields=["state", "department", "area_path"], name="recovery_list")]
