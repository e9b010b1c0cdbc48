"""Tables of the hall: the venue, and the attendances to it."""

from yimen.hall.models.attendance import Attendance, Call, Period, Recognition, ServiceRequest, Ticket
from yimen.hall.models.venue import Counter, Matter, Opening, Profile, ProfileLine, Series, Venue, Window, WindowShift

__all__ = [
    "Attendance",
    "Call",
    "Counter",
    "Matter",
    "Opening",
    "Period",
    "Profile",
    "ProfileLine",
    "Recognition",
    "Series",
    "ServiceRequest",
    "Ticket",
    "Venue",
    "Window",
    "WindowShift",
]
