"""
Who else is told that there is a result (结果也告诉谁): a child or friend whom the person chooses; never the result itself.
"""

import uuid
from datetime import datetime

from django.db import transaction

from yimen.cases.delivering import NotDelivered
from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case, Confidant
from yimen.office.access import require
from yimen.office.models import Staff

SHORTEST, LONGEST = 7, 15


@transaction.atomic
def choose_confidant(*, case: uuid.UUID, name: str, relation: str, phone: str, by: Staff, at: datetime) -> Confidant:
    """
    Note whom the person wants to be told beside them; a later choice takes the place of the first.

    Raises NotDelivered without name, relation or a telephone number, WrongStep, NotAllowed.
    """
    number = phone.strip().replace(" ", "").replace("-", "")
    if not name.strip() or not relation.strip():
        raise NotDelivered("请写明告诉谁、是本人的什么人。")
    if not number.removeprefix("+").isdigit() or not SHORTEST <= len(number) <= LONGEST:
        raise NotDelivered("电话请写数字，例如 13900000000。")
    held = move_case("confidant", case, by=by, at=at, note=Note(relation.strip()[:20]))
    told = {"name": name.strip()[:40], "relation": relation.strip()[:20], "phone": number}
    made: Confidant
    made, _ = Confidant.objects.update_or_create(case=held, defaults=told | {"by": by, "at": at, "area_path": held.area_path})
    return made


def confidant_of(*, case: Case) -> Confidant | None:
    """Return whom the person has chosen, or None; opening the name needs an open reading."""
    require("person.see", area_path=case.area_path)
    found: Confidant | None = Confidant.objects.filter(case=case).first()
    return found


def message_to(confidant: Confidant, *, where: str, phone: str) -> str:
    """Return what is sent to them: that there is a result and where it lies; no amount, no benefit, no reason."""
    ask = f"，或打电话 {phone}" if phone else ""
    return (
        f"{confidant.name}您好：您家的救助申请（办件 {confidant.case}）有结果了。请告诉本人，带身份证到{where}取{ask}。"
        "走不动的，我们送到家里。"
    )
