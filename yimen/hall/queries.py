"""The door of the hall through which it is asked: what is so now, and what a day was like."""

from yimen.hall.accompanying import Accompanied, accompanied_of, accompanying, in_hand, receiving
from yimen.hall.closing import Today, today_or_not
from yimen.hall.days import Fairness, Replayed, fairness, replayed
from yimen.hall.devices import devices_of
from yimen.hall.errands import errands_of, errands_owned, may_see_to
from yimen.hall.estimate import Range
from yimen.hall.forms import cases_linked, steps_of
from yimen.hall.ledger import COLUMNS, ledger_of, ledger_of_team, month_of, totals
from yimen.hall.ledger import Line as LedgerLine
from yimen.hall.matters import Open, OpenCase, Present, open_findings, open_matters, papers_of_matters, present
from yimen.hall.models import Attendance, Call, Device, Handling, Series, Ticket, Venue, Window
from yimen.hall.now import (
    Board,
    BoardRow,
    Line,
    Place,
    aside,
    board,
    calls_after,
    is_open,
    last_call,
    lines_now,
    matters_of,
    may_call,
    order_now,
    place_of,
    services_of,
    ticket_at,
    venue_by_code,
    venues_seen,
    window_of,
    windows_of,
)
from yimen.hall.ordering import RULE_WORDS, Rule
from yimen.hall.recognising import grounds_of
from yimen.hall.team import Member, Proposal, member_of, on_duty, proposals, team

__all__ = [
    "COLUMNS",
    "RULE_WORDS",
    "Accompanied",
    "Attendance",
    "Board",
    "BoardRow",
    "Call",
    "Device",
    "Fairness",
    "Handling",
    "LedgerLine",
    "Line",
    "Member",
    "Open",
    "OpenCase",
    "Place",
    "Present",
    "Proposal",
    "Range",
    "Replayed",
    "Rule",
    "Series",
    "Ticket",
    "Today",
    "Venue",
    "Window",
    "accompanied_of",
    "accompanying",
    "aside",
    "board",
    "calls_after",
    "cases_linked",
    "devices_of",
    "errands_of",
    "errands_owned",
    "fairness",
    "grounds_of",
    "in_hand",
    "is_open",
    "last_call",
    "ledger_of",
    "ledger_of_team",
    "lines_now",
    "matters_of",
    "may_call",
    "may_see_to",
    "member_of",
    "month_of",
    "on_duty",
    "open_findings",
    "open_matters",
    "order_now",
    "papers_of_matters",
    "place_of",
    "present",
    "proposals",
    "receiving",
    "replayed",
    "services_of",
    "steps_of",
    "team",
    "ticket_at",
    "today_or_not",
    "totals",
    "venue_by_code",
    "venues_seen",
    "window_of",
    "windows_of",
]
