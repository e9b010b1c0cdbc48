"""What is contested outside the bureau: administrative review before a government, a lawsuit before a court."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.cases.models.matter import Case, Decision
from yimen.cases.words import Forum, Outcome, Procedure
from yimen.office.access import Scoped

STAFF = "office.Staff"


class Dispute(Scoped):
    """
    One review or lawsuit about one decision (行政复议、行政诉讼), from the day it was filed to what followed from its outcome.

    `contested` freezes the decision as it was attacked: state, words, amount in fen, hash of its facts. `body` is the
    reviewing government or the court, `number` its docket number. Of one decision one stands open at a time (行政复议法第29条);
    `carried_out_at` is set once, when what the outcome orders became work here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="disputes")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="disputes")
    follows = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    forum = models.CharField(max_length=8, choices=Forum)
    procedure = models.CharField(max_length=8, choices=Procedure, default=Procedure.ORDINARY)
    body = models.CharField(max_length=60)
    number = models.CharField(max_length=60, blank=True)
    contested = models.JSONField(default=dict)
    owner = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="disputes")
    filed_on = models.DateField()
    taken_on = models.DateField(null=True)
    copy_on = models.DateField(null=True)
    answer_due_on = models.DateField(null=True)
    answer_due_is_provisional = models.BooleanField(default=False)
    answered_on = models.DateField(null=True)
    evidence = models.CharField(max_length=500, blank=True)
    is_stayed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    ruled_on = models.DateField(null=True)
    is_procedural = models.BooleanField(default=False)
    redo_by = models.DateField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["decision"], condition=Q(closed_at=None), name="one_open_dispute_per_decision"),
            models.CheckConstraint(
                name="dispute_is_carried_out_after_its_outcome", condition=Q(carried_out_at=None) | ~Q(outcome="")
            ),
            models.CheckConstraint(
                name="dispute_is_answered_after_its_copy", condition=Q(answered_on=None) | Q(copy_on__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["closed_at", "answer_due_on", "area_path"], name="dispute_list")]
