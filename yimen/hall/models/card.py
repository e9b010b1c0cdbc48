"""Priority-service cards: whom one was given to, by whom, until when, and what became of it."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.hall.words import CardState, Ground
from yimen.office.access import Scoped

STAFF = "office.Staff"


class Card(Scoped):
    """
    A priority-service card (优先服务卡), bound to one person, of whom it says nothing: no more than one is live at a time.

    `serial` is what its QR and the revocation list know it by. The ground stands here alone, never on the card. What the QR
    holds of the ID number is made when it is printed and lies nowhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=20, unique=True)
    serial = models.CharField(max_length=16, unique=True)
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="cards")
    ground = models.CharField(max_length=10, choices=Ground)
    state = models.CharField(max_length=8, choices=CardState, default=CardState.LIVE)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField()
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    printed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=80, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="live"), name="card_one_live_per_person"),
            models.CheckConstraint(
                condition=Q(state="live", ended_at=None, reason="")
                | (~Q(state="live") & Q(ended_at__isnull=False, ended_at__gte=F("issued_at")) & ~Q(reason="")),
                name="card_ended_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["area_path"], condition=Q(state="live", printed_at=None), name="card_to_print")]

    def __str__(self) -> str:
        return self.number


class CardCounter(models.Model):
    """The last number of cards given out in a county (卡号). Unscoped."""

    county = models.CharField(primary_key=True, max_length=6)
    last = models.PositiveIntegerField(default=0)
