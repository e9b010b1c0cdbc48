"""The machines of a hall (设备): each belongs to one venue, comes in by a token or a pairing of its own, and can be shut out."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.hall.models.venue import Venue, Window
from yimen.hall.words import DeviceKind, PrinterState

STAFF = "office.Staff"


class Device(models.Model):
    """
    A machine of a venue (设备), such as a kiosk or the call box of a window. Unscoped: it holds no citizen.

    Of its token and of its pairing code only the hash is kept. `seal` is what its browser holds since it was paired; paired
    anew, the one before opens nothing. A machine of a window calls for whoever sits there. `printer` is whether it can print
    tickets, and `printer_since` since when that is so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="devices")
    kind = models.CharField(max_length=8, choices=DeviceKind)
    name = models.CharField(max_length=30)
    window = models.ForeignKey(Window, null=True, on_delete=models.PROTECT, related_name="devices")
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    seal = models.CharField(max_length=32, blank=True)
    printer = models.CharField(max_length=5, blank=True, choices=PrinterState, default=PrinterState.FINE)
    printer_since = models.DateTimeField(null=True)
    made_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    paired_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "name"], condition=Q(revoked_at=None), name="device_name_once"),
            models.CheckConstraint(condition=~Q(kind="window") | Q(window__isnull=False), name="device_of_a_window"),
        ]

    def __str__(self) -> str:
        return self.name
