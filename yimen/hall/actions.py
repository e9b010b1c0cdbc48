"""
The door of the hall through which everything is changed: people recognised, tickets taken, called and ended, windows opened and
closed, people accompanied until the end, venues set up.
"""

from yimen.hall.afar import NotAppointed, NotHere, appoint, arrive, cancel_appointment, give_up, keep_appointment
from yimen.hall.calling import call_next, call_one, leave, pass_on, put_back, recall, step
from yimen.hall.cards import NotIssued, cards_to_print, issue_batch, issue_card, replace_card, revoke_card, revoked_file
from yimen.hall.closing import stay_for
from yimen.hall.devices import (
    NotAdded,
    NotPaired,
    add_device,
    device_of,
    device_scope,
    pair,
    paired_device,
    pairing_code,
    renew_device,
    revoke_device,
)
from yimen.hall.errands import ask_errand, ask_first, finish_errand
from yimen.hall.flow import WrongStep
from yimen.hall.forms import ask_rating, begin_form
from yimen.hall.handling import NotHandled, assign, end, give_back, know_person, link_case, note_step, take_up
from yimen.hall.questionnaire import NotAsked, add_question, answer_questions, end_question
from yimen.hall.recognising import NotRecognised, recognise
from yimen.hall.ringing import answer_ring, ring
from yimen.hall.setting import (
    MatterRow,
    NotSet,
    drop_line,
    drop_profile,
    drop_window,
    keep_matters,
    keep_matters_of_rules,
    open_venue,
    place_window,
    set_hours,
    set_limits,
    set_line,
    set_matters,
    set_priority,
    set_profile,
    set_rule,
)
from yimen.hall.team import go_off_duty, go_on_duty, record_training, set_skills
from yimen.hall.ticketing import NotTaken, Recognised, take_ticket
from yimen.hall.wedge import NotRead, Scanned, scanned
from yimen.hall.windows import NotOpened, set_window

__all__ = [
    "MatterRow",
    "NotAdded",
    "NotAppointed",
    "NotAsked",
    "NotHandled",
    "NotHere",
    "NotIssued",
    "NotOpened",
    "NotPaired",
    "NotRead",
    "NotRecognised",
    "NotSet",
    "NotTaken",
    "Recognised",
    "Scanned",
    "WrongStep",
    "add_device",
    "add_question",
    "answer_questions",
    "answer_ring",
    "appoint",
    "arrive",
    "ask_errand",
    "ask_first",
    "ask_rating",
    "assign",
    "begin_form",
    "call_next",
    "call_one",
    "cancel_appointment",
    "cards_to_print",
    "device_of",
    "device_scope",
    "drop_line",
    "drop_profile",
    "drop_window",
    "end",
    "end_question",
    "finish_errand",
    "give_back",
    "give_up",
    "go_off_duty",
    "go_on_duty",
    "issue_batch",
    "issue_card",
    "keep_appointment",
    "keep_matters",
    "keep_matters_of_rules",
    "know_person",
    "leave",
    "link_case",
    "note_step",
    "open_venue",
    "pair",
    "paired_device",
    "pairing_code",
    "pass_on",
    "place_window",
    "put_back",
    "recall",
    "recognise",
    "record_training",
    "renew_device",
    "replace_card",
    "revoke_card",
    "revoke_device",
    "revoked_file",
    "ring",
    "scanned",
    "set_hours",
    "set_limits",
    "set_line",
    "set_matters",
    "set_priority",
    "set_profile",
    "set_rule",
    "set_skills",
    "set_window",
    "stay_for",
    "step",
    "take_ticket",
    "take_up",
]
