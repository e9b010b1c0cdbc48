"""
Registering a household by hand (登记家庭): at the window, for who is in no roster, people from elsewhere included.

The cells go the same way as a roster's rows, so that the same checks hold; here the household is registered whole or not at all.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Area, Staff
from yimen.office.tables import ValueProblem
from yimen.registry.load import RosterLoader
from yimen.registry.models import Household
from yimen.registry.roster import RosterRow, read_row

VILLAGE_LEVEL = 5
MOST_MEMBERS = 20
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class NotRegistered(Exception):
    """A household cannot be registered like this; the sentence says which line and why."""


@dataclass(frozen=True)
class NewMember:
    """One line of the form, as typed. `registered_here` is False for people from elsewhere (外地户籍)."""

    name: str
    id_number: str
    relation: str
    registered_here: bool = True
    phone: str = ""


@transaction.atomic
def register_household(
    *,
    area: Area,
    category: str | None,
    members: Sequence[NewMember],
    by: Staff | None,
    at: datetime,
    on: date,
    group: str = "",
    address: str = "",
) -> Household:
    """
    Register a household by hand (登记家庭), living together here from `on`; for people from elsewhere it is where they are now.

    Raises NotRegistered if a line cannot be right or somebody lives in another household already, NotAllowed outside the area.
    """
    require("household.register", area_path=area.path)
    _check_form(area, members)
    number = f"手{at:%y%m%d}{''.join(secrets.choice(LETTERS) for _ in range(5))}"
    shared = {
        "household_number": number,
        # By its code the village is told apart from those of the same name.
        "village": area.code,
        "category": category or "",
        "group": group,
        "address": address,
        "starts_on": on.isoformat(),
    }
    loaded = RosterLoader(at=at, on=on).load(_read(shared, members))
    if loaded.rejects:
        line, why = min(loaded.rejects.items())
        raise NotRegistered(f"第 {line} 人：{why}")
    household: Household = Household.objects.get(area=area, number=number)
    audit.write(action="household.register", at=at, subjects={str(household.pk)}, people=len(members))
    return household


def _check_form(area: Area, members: Sequence[NewMember]) -> None:
    if area.level != VILLAGE_LEVEL:
        raise NotRegistered("请选到村（居）：本地家庭选住的村居，外地来的选急难发生地的村居。")
    if not members or len(members) > MOST_MEMBERS:
        raise NotRegistered(f"请至少登记一人，最多 {MOST_MEMBERS} 人。")
    heads = sum(one.relation.strip() in ("户主", "本人", "申请人") for one in members)
    if heads != 1:
        raise NotRegistered("请写明谁是户主（本人），只能有一位。")


def _read(shared: Mapping[str, str], members: Sequence[NewMember]) -> list[RosterRow]:
    rows = []
    for line, one in enumerate(members, start=1):
        cells = {
            **shared,
            "name": one.name,
            "id_number": one.id_number,
            "relation": one.relation,
            "registered_here": "是" if one.registered_here else "否",
            "phone": one.phone,
        }
        try:
            rows.append(read_row(line, cells, allow_fictional=settings.YIMEN_DEMO))
        except ValueProblem as problem:
            raise NotRegistered(f"第 {line} 人：{problem}") from None
    return rows
