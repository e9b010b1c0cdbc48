"""
Whether a machine can print tickets (出票): noted when it changes, shown at the desks until it prints again.

A ticket is valid whether it was printed or not; nothing here is asked before one is given out.
"""

from datetime import datetime

from django.db.models import Q

from yimen.hall.models import Device, Venue
from yimen.hall.words import PrinterState


def note_printer(*, device: Device, state: PrinterState, at: datetime) -> None:
    """Note that a machine has no paper, does not answer, or prints again; what is noted already is not written again."""
    if device.printer != state:
        Device.objects.filter(~Q(printer=state), pk=device.pk).update(printer=state, printer_since=at)
        device.printer, device.printer_since = state, at


def printers_in_trouble(venue: Venue) -> list[Device]:
    """Return the machines of a venue in use that cannot print, by name."""
    rows = Device.objects.filter(venue=venue, revoked_at=None).exclude(printer=PrinterState.FINE)
    return list(rows.order_by("name"))
