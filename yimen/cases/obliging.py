"""
An obligor at the window (登记户外的法定义务人): looked for first, then listed; their authorisation is asked like the others'.

Source: 社会救助法第41条; 民法典第1058, 1059, 1067, 1074, 1075条. What they did not agree to is 待核实, never a refusal.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case
from yimen.office.models import Staff
from yimen.registry.actions import Looked, NotListed, list_obligor, look_for_obligor
from yimen.registry.models import Obligor
from yimen.registry.queries import household_card


def look_for_obligor_of(*, case: uuid.UUID, owed: uuid.UUID, name: str, relation: str, id_number: str, at: datetime) -> Looked:
    """Look whether an obligor of a case's household is known (先查). Needs an open reading. Raises NotListed, NotAllowed."""
    _member(Case.objects.get(pk=case), owed, at)
    about = {"name": name, "relation": relation, "id_number": id_number}
    return look_for_obligor(owed=owed, allow_fictional=settings.YIMEN_DEMO, **about)


@transaction.atomic
def list_obligor_of(
    *, case: uuid.UUID, owed: uuid.UUID, name: str, relation: str, id_number: str, by: Staff, at: datetime
) -> Obligor:
    """
    List an obligor of a case's household and write it to the trail, without the name; from now on they may sign.

    Needs an open reading. Raises NotListed, WrongStep, NotAllowed.
    """
    held = move_case("obligor", case, by=by, at=at, note=Note("本人另签核对授权；签不到的记待核实", article="社会救助法第41条"))
    _member(held, owed, at)
    about = {"name": name, "relation": relation, "id_number": id_number}
    return list_obligor(owed=owed, allow_fictional=settings.YIMEN_DEMO, by=by, at=at, **about)


def _member(case: Case, owed: uuid.UUID, at: datetime) -> None:
    card = household_card(household_id=case.household_id, on=localdate(at))
    if owed not in {one.person_id for one in card.members}:
        raise NotListed("请选是这一户哪位成员的法定义务人。")
