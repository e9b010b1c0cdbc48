"""
The random check of 特困 (随机抽查): at least 30 in 100 of those awaiting confirmation, drawn so that anybody can draw again.

Source: 民发〔2021〕43号第16条. The order is that of SHA-256 over seed and decision; the first so many are drawn, rounded up.
A decision stands in one draw only, so nobody draws until it suits; whoever is drawn is visited by the county first.
"""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yimen.cases.flow import Note, move_case
from yimen.cases.models import Decision, Draw, DrawEntry, Task, Visit
from yimen.cases.verifying import NotVerified, is_county_desk
from yimen.cases.visiting import HOME
from yimen.cases.words import DecisionState, State, TaskKind
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Area, Staff
from yimen.screening.queries import current_rules

# 民发〔2021〕43号第16条: not below 30 in 100; a place may draw more.
LEAST_PERCENT: Mapping[str, int] = {"extreme_poverty_support": 30}
ARTICLE = "民发〔2021〕43号第16条"


def drawn_of(seed: str, pool: Iterable[uuid.UUID], percent: int) -> list[uuid.UUID]:
    """Return which of a pool a seed draws; pure, so that the draw can be repeated by anybody."""
    ordered = sorted(pool, key=lambda one: hashlib.sha256(f"{seed}|{one.hex}".encode()).hexdigest())
    return ordered[: -(-len(ordered) * percent // 100)]


def awaiting_draw(*, policy: str) -> QuerySet[Decision]:
    """Return the decisions that await confirmation and have stood in no draw, below the open scope."""
    held = current_rules().policy(policy)
    posted = held is not None and held.posting.needed == "是"
    state = DecisionState.CLEARED if posted else DecisionState.PROPOSED
    rows: QuerySet[Decision] = Decision.objects.filter(policy=policy, agrees=True, state=state, draw_entry__isnull=True)
    return rows.filter(case__state=State.ACCEPTED).order_by("pk")


@transaction.atomic
def draw_checks(*, policy: str, area: Area, by: Staff, at: datetime, percent: int = 30) -> Draw:
    """
    Draw who is checked on the spot before confirmation (随机抽查); each gets a visit by the county.

    Raises NotVerified below the least share, with nobody waiting or at a township's desk; NotAllowed.
    """
    require("case.verify", area_path=area.path)
    least = LEAST_PERCENT.get(policy)
    if least is None:
        raise NotVerified("这项政策没有随机抽查的规定。")
    if not is_county_desk("case.verify", area.path):
        raise NotVerified(f"随机抽查由县级民政部门做（{ARTICLE}）。")
    if not least <= percent <= 100:
        raise NotVerified(f"抽查比例不低于 {least}%（{ARTICLE}），也不超过 100%。")
    pool = list(awaiting_draw(policy=policy).filter(area_path__startswith=area.path).select_for_update(of=("self",)))
    if not pool:
        raise NotVerified("现在没有等待确认、还没抽过的，不用抽查。")
    seed = secrets.token_hex(8)
    draw: Draw = Draw.objects.create(policy=policy, seed=seed, percent=percent, drawn_by=by, drawn_at=at, area_path=area.path)
    drawn = set(drawn_of(seed, [one.pk for one in pool], percent))
    try:
        with transaction.atomic():
            DrawEntry.objects.bulk_create(
                [DrawEntry(draw=draw, decision=one, drawn=one.pk in drawn, area_path=one.area_path) for one in pool]
            )
    except IntegrityError:
        raise NotVerified("刚才有人先抽了一次，这次没有算。请刷新页面看结果。") from None
    for decision in (one for one in pool if one.pk in drawn):
        _send_county(decision, by=by, at=at)
    audit.write(action="draw", at=at, policy=policy, seed=seed, pool=len(pool), drawn=len(drawn))
    return draw


def _send_county(decision: Decision, *, by: Staff, at: datetime) -> None:
    case = move_case("draw", decision.case_id, by=by, at=at, note=Note("须县级入户后才能确认", article=ARTICLE))
    Task.objects.create(
        case=case,
        household_id=case.household_id,
        kind=TaskKind.VISIT,
        words=f"随机抽查，县级入户 {case}",
        owner=by,
        due_on=decision.due_on,
        made_by=by,
        made_at=at,
        area_path=case.area_path,
    )


def unchecked(decision: Decision) -> str:
    """Return why the random check forbids a confirmation, in words, or nothing."""
    if decision.policy not in LEAST_PERCENT:
        return ""
    entry = DrawEntry.objects.filter(decision=decision).first()
    if entry is None:
        return f"还没有参加随机抽查（{ARTICLE}）。请县级先抽查，没抽中的可以直接确认。"
    if entry.drawn and not county_visited(decision.case_id):
        return f"随机抽查抽中了这一户（{ARTICLE}），县级入户、两人签字以后才能确认。"
    return ""


def county_visited(case_id: uuid.UUID) -> bool:
    """Say whether the county itself has visited a household, signed by two."""
    signed = Visit.objects.filter(case_id=case_id, way=HOME, by_county=True, second_signed_at__isnull=False)
    return bool(signed.exists())
