"""The call bar (叫号条): what whoever sits at a window sees below every page, so that calling never leaves the work at hand."""

from dataclasses import dataclass

from django.utils import timezone

from yimen.hall.queries import Ticket, Window, ticket_at, waiting_for, window_of
from yimen.office.queries import Staff
from yimen.web.window.drafting import new_key

# The name of the bar's element, by which a press in it is known from one on the hall's page.
BAR = "callbar"


@dataclass(frozen=True)
class Bar:
    """The window somebody sits at, the ticket there, how many wait for it, and the key of the next press."""

    window: Window
    ticket: Ticket | None
    waiting: int
    key: str


def bar_of(staff: Staff | None) -> Bar | None:
    """Return the bar of whoever sits at a window, or None."""
    window = window_of(staff)
    if window is None:
        return None
    return Bar(window, ticket_at(window), waiting_for(window=window, at=timezone.now()), new_key())
