"""
The door of changes: every step of a case, by whom and when. Each is one transaction with permission, lock, trail and audit.
"""

from yimen.cases.applying import (
    Asked,
    NotAccepted,
    accept,
    give_consent,
    open_case,
    record_paper,
    save_draft,
    submit,
    tell_papers,
    turn_away,
    withdraw,
)
from yimen.cases.assigning import NotHandedOver, answer_offer, offer_case, reassign_all
from yimen.cases.clock import NotExtended
from yimen.cases.deciding import NotDecided, StaleFacts, confirm, extend, propose, refer, refuse, send_back
from yimen.cases.dossier import NotArchived, archive_paper, number_blanks
from yimen.cases.dues import recompute_dues
from yimen.cases.flow import Changed, WrongStep

__all__ = [
    "Asked",
    "Changed",
    "NotAccepted",
    "NotArchived",
    "NotDecided",
    "NotExtended",
    "NotHandedOver",
    "StaleFacts",
    "WrongStep",
    "accept",
    "answer_offer",
    "archive_paper",
    "confirm",
    "extend",
    "give_consent",
    "number_blanks",
    "offer_case",
    "open_case",
    "propose",
    "reassign_all",
    "recompute_dues",
    "record_paper",
    "refer",
    "refuse",
    "save_draft",
    "send_back",
    "submit",
    "tell_papers",
    "turn_away",
    "withdraw",
]
