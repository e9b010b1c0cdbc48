"""The door of the hall through which everything is changed: tickets taken, called and ended, windows opened and closed."""

from yimen.hall.calling import call_next, call_one, leave, pass_on, put_back, recall, step
from yimen.hall.flow import WrongStep
from yimen.hall.ticketing import NotTaken, Recognised, take_ticket
from yimen.hall.windows import NotOpened, set_window

__all__ = [
    "NotOpened",
    "NotTaken",
    "Recognised",
    "WrongStep",
    "call_next",
    "call_one",
    "leave",
    "pass_on",
    "put_back",
    "recall",
    "set_window",
    "step",
    "take_ticket",
]
