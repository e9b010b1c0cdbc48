"""
An obligor at the window (登记户外的法定义务人): looked for first, then listed; their authorisation is asked like the others'.

Source: 社会救助法第41条; 民法典第1058, 1059, 1067, 1074, 1075条. What they did not agree to is 待核实, never a refusal.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.applying import DECLARED
from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case
from yimen.evidence.actions import NotStated, state_facts
from yimen.evidence.models import Statement
from yimen.office.models import Staff
from yimen.policies.model import Fact
from yimen.registry.actions import Looked, NotListed, list_obligor, look_for_obligor
from yimen.registry.models import Obligor
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules


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


def facts_of_obligors() -> list[Fact]:
    """Return what may be declared of one obligor (义务人的事实), in the catalogue's order."""
    return [fact for fact in current_rules().catalogue.facts.values() if fact.subject == "义务人" and DECLARED in fact.sources]


@transaction.atomic
def say_of_obligor(*, case: uuid.UUID, obligor: uuid.UUID, facts: Mapping[str, Any], by: Staff, at: datetime) -> Statement:
    """
    Note what was declared of one listed obligor of the household (义务人的情况); it counts with what is said of the others.

    `facts` are values by the catalogue's names. Needs an open reading. Raises NotListed without any, for what cannot be, or for
    somebody else's obligor; WrongStep, NotAllowed.
    """
    if not facts:
        raise NotListed("还没有填这位义务人的情况。不知道的不用填，那部分记“待核实”。")
    held = move_case("obligor_said", case, by=by, at=at, note=Note("、".join(facts)))
    card = household_card(household_id=held.household_id, on=localdate(at))
    listed = Obligor.objects.filter(pk=obligor, person__in=[one.person_id for one in card.members]).first()
    if listed is None:
        raise NotListed("这位义务人不在这一户的名单里，请刷新页面。")
    about: dict[str, Any] = {"obligor": listed.pk, "area_path": listed.area_path, "permission": "case.accept"}
    catalogue, day = current_rules().catalogue, localdate(at)
    try:
        return state_facts(catalogue=catalogue, facts=facts, source=DECLARED, stated_on=day, by=by, at=at, **about)
    except NotStated as problem:
        raise NotListed(str(problem)) from None


def _member(case: Case, owed: uuid.UUID, at: datetime) -> None:
    card = household_card(household_id=case.household_id, on=localdate(at))
    if owed not in {one.person_id for one in card.members}:
        raise NotListed("请选是这一户哪位成员的法定义务人。")
