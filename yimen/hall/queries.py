"""The door of the hall through which it is asked: what is so now, and what a day was like."""

from yimen.hall.days import Fairness, Replayed, fairness, replayed
from yimen.hall.estimate import Range
from yimen.hall.models import Call, Series, Ticket, Venue, Window
from yimen.hall.now import (
    Board,
    Line,
    Place,
    board,
    calls_after,
    is_open,
    lines_now,
    matters_of,
    may_call,
    order_now,
    place_of,
    services_of,
    venue_by_code,
    venues_seen,
)
from yimen.hall.ordering import RULE_WORDS, Rule

__all__ = [
    "RULE_WORDS",
    "Board",
    "Call",
    "Fairness",
    "Line",
    "Place",
    "Range",
    "Replayed",
    "Rule",
    "Series",
    "Ticket",
    "Venue",
    "Window",
    "board",
    "calls_after",
    "fairness",
    "is_open",
    "lines_now",
    "matters_of",
    "may_call",
    "order_now",
    "place_of",
    "replayed",
    "services_of",
    "venue_by_code",
    "venues_seen",
]
