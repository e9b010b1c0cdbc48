"""
Charity money and goods (慈善款物) beside public money, and all that a household has received, by item and fund, with totals.

A grant that is paid monthly is what somebody may receive, not money that has gone out: it stands apart and is not added up here.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from yimen.benefits.models import CharityGift, ReserveEntry
from yimen.benefits.reserve import one_off_grants
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Staff

MOST_YUAN = Decimal(10_000_000)
RESERVE_FUND, GRANT_FUND = "乡镇备用金", "财政资金"


class NotRecorded(Exception):
    """A gift cannot be recorded like this; the sentence says why."""


@transaction.atomic
def record_gift(
    *,
    household: uuid.UUID,
    area_path: str,
    fund: str,
    item: str,
    is_money: bool,
    yuan: Decimal | None,
    given_on: date,
    by: Staff,
    at: datetime,
    person: uuid.UUID | None = None,
    quantity: str = "",
    case: uuid.UUID | None = None,
) -> CharityGift:
    """
    Record what a charity gave a household (慈善款物): money with its amount, goods with their quantity and, if known, value.

    Raises NotRecorded without fund or item, for money without an amount, for goods without a quantity; NotAllowed.
    """
    require("case.open", area_path=area_path)
    if not fund.strip() or not item.strip():
        raise NotRecorded("请写明是谁捐的（哪个慈善组织、基金或单位），给了什么。")
    if is_money and yuan is None:
        raise NotRecorded("慈善款要写金额。")
    if not is_money and not quantity.strip():
        raise NotRecorded("慈善物资要写数量，例如“大米 2 袋”。")
    if yuan is not None and (not yuan.is_finite() or not 0 < yuan <= MOST_YUAN or yuan != yuan.quantize(Decimal("0.01"))):
        raise NotRecorded("金额要大于 0，最多两位小数。")
    gift = CharityGift(
        household_id=household,
        person_id=person,
        fund=fund.strip()[:60],
        item=item.strip()[:60],
        is_money=is_money,
        fen=None if yuan is None else int(yuan * 100),
        quantity=quantity.strip()[:40],
        given_on=given_on,
        case_key=case,
        by=by,
        at=at,
        area_path=area_path,
    )
    gift.save(force_insert=True)
    audit.write(action="charity.record", at=at, subjects={str(person or household)}, gift=gift.pk.hex)
    return gift


@dataclass(frozen=True)
class Received:
    """One thing a household has received once: what, from which fund, when, the yuan of it (None: goods of no known value)."""

    on: date
    policy: str
    item: str
    fund: str
    yuan: Decimal | None
    quantity: str = ""
    person_id: uuid.UUID | None = None


def received_once(*, household: uuid.UUID, people: Sequence[uuid.UUID]) -> list[Received]:
    """
    Return what a household and its people have received once, the newest first: reserve, grants, charity.

    A grant that was paid from a reserve is shown as the money that went out, once.
    """
    mine = Q(household_id=household) | Q(person_id__in=list(people))
    grants = [
        Received(one.starts_on, one.policy, "", GRANT_FUND, Decimal(one.amount_fen or 0) / 100, person_id=one.person_id)
        for one in one_off_grants(household=household, people=list(people))
        if not one.facts.get("paid_from_reserve")
    ]
    return sorted([*_spent(mine), *grants, *_gifts(mine)], key=lambda one: one.on, reverse=True)


def _spent(mine: Q) -> Iterable[Received]:
    for one in ReserveEntry.objects.filter(mine):
        words = "退回" if one.kind == ReserveEntry.Kind.RETURNED else ""
        yield Received(one.on, one.policy, words, RESERVE_FUND, Decimal(-one.fen) / 100, person_id=one.person_id)


def _gifts(mine: Q) -> Iterable[Received]:
    for one in CharityGift.objects.filter(mine):
        yuan = None if one.fen is None else Decimal(one.fen) / 100
        yield Received(one.given_on, "", one.item, one.fund, yuan, one.quantity, one.person_id)


def totals_by_fund(rows: Iterable[Received]) -> list[tuple[str, Decimal]]:
    """Return the yuan of each fund; goods of no known value count nothing."""
    found: dict[str, Decimal] = {}
    for one in rows:
        found[one.fund] = found.get(one.fund, Decimal(0)) + (one.yuan or 0)
    return sorted(found.items())


def totals_by_item(rows: Iterable[Received]) -> list[tuple[str, str, str, int, Decimal]]:
    """Return for each fund its items (policy, or what a charity gave), how often something was given, and the yuan of it."""
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for one in rows:
        key = (one.fund, one.policy, "" if one.policy else one.item)
        times, yuan = found.get(key, (0, Decimal(0)))
        # What was put back takes away from the sum and is no giving of its own.
        found[key] = (times + ((one.yuan or 0) >= 0), yuan + (one.yuan or 0))
    return [(*key, *found[key]) for key in sorted(found)]
