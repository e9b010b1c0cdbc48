"""Tables of the hall: the venue, the attendances to it, and who stays at somebody's side."""

from yimen.hall.models.asked import Answer, Question
from yimen.hall.models.attendance import Appointment, Attendance, Call, Period, Recognition, ServiceRequest, Ticket
from yimen.hall.models.card import Card, CardCounter
from yimen.hall.models.device import Device
from yimen.hall.models.handling import (
    AttendanceCase,
    CoOrganizer,
    Duty,
    Errand,
    Handling,
    HandlingStep,
    LateService,
    Training,
)
from yimen.hall.models.inquiry import Inquiry
from yimen.hall.models.lease import LeaseIssue
from yimen.hall.models.node import Brought, Disagreement, Event, Node
from yimen.hall.models.venue import (
    Counter,
    LimitChange,
    Matter,
    Opening,
    Profile,
    ProfileLine,
    Ring,
    RuleChange,
    Series,
    Venue,
    Window,
    WindowShift,
)

__all__ = [
    "Answer",
    "Appointment",
    "Attendance",
    "AttendanceCase",
    "Brought",
    "Call",
    "Card",
    "CardCounter",
    "CoOrganizer",
    "Counter",
    "Device",
    "Disagreement",
    "Duty",
    "Errand",
    "Event",
    "Handling",
    "HandlingStep",
    "Inquiry",
    "LateService",
    "LeaseIssue",
    "LimitChange",
    "Matter",
    "Node",
    "Opening",
    "Period",
    "Profile",
    "ProfileLine",
    "Question",
    "Recognition",
    "Ring",
    "RuleChange",
    "Series",
    "ServiceRequest",
    "Ticket",
    "Training",
    "Venue",
    "Window",
    "WindowShift",
]
