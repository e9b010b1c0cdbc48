"""
Paper forms of a power cut (空白编号登记表): which number a form has, and that each is entered once.

The forms of our own pads have a number that no other has anywhere; a township may have printed its own.
"""

import re
import unicodedata

from django.db import IntegrityError, transaction

from yimen.cases.models import Case
from yimen.cases.numbers import county_code
from yimen.cases.words import State

OF_A_PAD = re.compile(r"(\d{6,12})-(\d{4})-停0*(\d+)")
TOWN_DIGITS = 9
LONGEST = 40


class EnteredBefore(Exception):
    """A paper form is entered already; the sentence says as which case, where that may be seen."""


def form_number(typed: str, area_path: str) -> str:
    """
    Return the number of a paper form as it is kept, or "".

    One that a township printed for itself is kept with the township's code, or the county's where there is none: two
    townships both have a form 0012.
    """
    number = "".join(unicodedata.normalize("NFKC", typed).split())
    if not number:
        return ""
    if own := OF_A_PAD.fullmatch(number):
        return f"{own[1]}-{own[2]}-停{own[3]:0>4}"[:LONGEST]
    town = next((code for code in area_path.split(".") if len(code) == TOWN_DIGITS), county_code(area_path))
    return f"{town}-{number}"[:LONGEST]


def save_once(case: Case) -> None:
    """Save a new case. Raises EnteredBefore if its form has a case, also one that another enters at this very moment."""
    if not case.paper_number:
        case.save(force_insert=True)
        return
    _is_new(case.paper_number)
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as problem:
        _is_new(case.paper_number)
        if "paper_number" not in str(problem) and "paper_form_entered_once" not in str(problem):
            raise
        raise EnteredBefore(f"编号 {case.paper_number} 的登记表已经在别处补录过，请核对编号。") from None


def _is_new(number: str) -> None:
    before = Case.objects.filter(paper_number=number).exclude(state=State.WITHDRAWN).first()
    if before is not None:
        which = f"办件 {before}，{before.received_on}收到"
        raise EnteredBefore(f"编号 {number} 的登记表已经补录过（{which}），请核对编号。")
