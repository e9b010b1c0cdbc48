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
from yimen.cases.choosing import ConsentNote, PaperNote, choose, note_papers
from yimen.cases.clock import NotExtended
from yimen.cases.deciding import confirm, extend, propose, refer, refuse, send_back
from yimen.cases.delivering import NotDelivered, NotRated, deliver, rate
from yimen.cases.dossier import NotArchived, archive_paper, number_blanks
from yimen.cases.drawing import draw_checks
from yimen.cases.dues import recompute_dues
from yimen.cases.ending import adjust_aid, end_aid, hear, recover
from yimen.cases.flow import Changed, WrongStep
from yimen.cases.grounds import NotDecided, StaleFacts
from yimen.cases.posting import NotPosted, clear, object_to, photograph, post, publish
from yimen.cases.telling import answer_appeal, appeal, tell, transfer_to_rigid
from yimen.cases.verifying import (
    NotVerified,
    ask_comparison,
    assign_visit,
    compare,
    investigate,
    record_kinship,
    settle,
)
from yimen.cases.visiting import (
    Seen,
    drop_photo,
    keep_photo,
    record_visit,
    save_visit_draft,
    send_visit_back,
    sign_visit,
)

__all__ = [
    "Asked",
    "Changed",
    "ConsentNote",
    "NotAccepted",
    "NotArchived",
    "NotDecided",
    "NotDelivered",
    "NotExtended",
    "NotHandedOver",
    "NotPosted",
    "NotRated",
    "NotVerified",
    "PaperNote",
    "Seen",
    "StaleFacts",
    "WrongStep",
    "accept",
    "adjust_aid",
    "answer_appeal",
    "answer_offer",
    "appeal",
    "archive_paper",
    "ask_comparison",
    "assign_visit",
    "choose",
    "clear",
    "compare",
    "confirm",
    "deliver",
    "draw_checks",
    "drop_photo",
    "end_aid",
    "extend",
    "give_consent",
    "hear",
    "investigate",
    "keep_photo",
    "note_papers",
    "number_blanks",
    "object_to",
    "offer_case",
    "open_case",
    "photograph",
    "post",
    "propose",
    "publish",
    "rate",
    "reassign_all",
    "recompute_dues",
    "record_kinship",
    "record_paper",
    "record_visit",
    "recover",
    "refer",
    "refuse",
    "save_draft",
    "save_visit_draft",
    "send_back",
    "send_visit_back",
    "settle",
    "sign_visit",
    "submit",
    "tell",
    "tell_papers",
    "transfer_to_rigid",
    "turn_away",
    "withdraw",
]
