"""The door of the hall through which it is asked: what is so now, and what a day was like."""

from yimen.hall.accompanying import Accompanied, accompanied_of, accompanies, accompanying, in_hand, receiving
from yimen.hall.afar import Slot, appointment_by_code, slots_of, stand_of, ticket_by_code
from yimen.hall.board import Board, BoardRow, board, notices_of, window_line
from yimen.hall.closing import Today, today_or_not
from yimen.hall.codes import here_code
from yimen.hall.days import Fairness, Replayed, fairness, replayed
from yimen.hall.devices import devices_of
from yimen.hall.errands import errands_of, errands_owned, may_see_to, may_take_over
from yimen.hall.estimate import Range
from yimen.hall.forms import cases_linked, steps_of
from yimen.hall.ledger import COLUMNS, ledger_of, ledger_of_team, month_of, totals
from yimen.hall.ledger import Line as LedgerLine
from yimen.hall.matters import Open, OpenCase, Present, open_findings, open_matters, papers_of_matters, present, ticket_of
from yimen.hall.models import Attendance, Call, Device, Handling, Series, Ticket, Venue, Window
from yimen.hall.now import (
    Line,
    Place,
    aside,
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
    waiting_for,
    window_of,
    windows_of,
)
from yimen.hall.ordering import RULE_WORDS, Rule
from yimen.hall.recognising import grounds_of
from yimen.hall.ringing import ringing
from yimen.hall.team import Member, Proposal, member_of, on_duty, proposals, team
from yimen.hall.venues import Setting, all_matters, rule_changes, rule_on, setting_of

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
    "Setting",
    "Slot",
    "Ticket",
    "Today",
    "Venue",
    "Window",
    "accompanied_of",
    "accompanies",
    "accompanying",
    "all_matters",
    "appointment_by_code",
    "aside",
    "board",
    "calls_after",
    "cases_linked",
    "devices_of",
    "errands_of",
    "errands_owned",
    "fairness",
    "grounds_of",
    "here_code",
    "in_hand",
    "is_open",
    "last_call",
    "ledger_of",
    "ledger_of_team",
    "lines_now",
    "matters_of",
    "may_call",
    "may_see_to",
    "may_take_over",
    "member_of",
    "month_of",
    "notices_of",
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
    "ringing",
    "rule_changes",
    "rule_on",
    "services_of",
    "setting_of",
    "slots_of",
    "stand_of",
    "steps_of",
    "team",
    "ticket_at",
    "ticket_by_code",
    "ticket_of",
    "today_or_not",
    "totals",
    "venue_by_code",
    "venues_seen",
    "waiting_for",
    "window_line",
    "window_of",
    "windows_of",
]
