"""
A township's reserve (乡镇备用金): the county advances it, a township spends it on a case, every month is accounted for.

Entries are only added. The balance is taken down in one guarded statement, so two who spend at once never spend the same money.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.timezone import localdate

from yimen.benefits.models import Grant, Reserve, ReserveEntry, ReserveReceipt
from yimen.office import audit, files
from yimen.office.access import may, require
from yimen.office.models import Area, Staff
from yimen.office.pictures import NotAPicture, plain_picture

TOWNSHIP_LEVEL = 4
MOST_YUAN = Decimal(10_000_000)


class NotBooked(Exception):
    """A reserve cannot be funded or spent like this; the sentence says why and what to do."""


@transaction.atomic
def fund_reserve(*, area: Area, yuan: Decimal, words: str, by: Staff, at: datetime) -> ReserveEntry:
    """
    Advance money to a township's reserve (拨付备用金), or take it back if `yuan` is negative (缴回).

    Raises NotBooked if it is no township, without words, or if less is there than is taken back; NotAllowed.
    """
    require("reserve.fund", area_path=area.path)
    if area.level != TOWNSHIP_LEVEL:
        raise NotBooked("备用金设在乡镇（街道），请选一个乡镇。")
    if not words.strip():
        raise NotBooked("请写明拨付（缴回）的依据，例如拨款通知的文号。")
    fen = _fen(abs(yuan))
    reserve, _ = Reserve.objects.get_or_create(area=area, defaults={"area_path": area.path})
    kind = ReserveEntry.Kind.FUNDED if yuan > 0 else ReserveEntry.Kind.HANDED_BACK
    return _book(reserve, kind, fen if yuan > 0 else -fen, by=by, at=at, words=words.strip()[:200])


@transaction.atomic
def spend_reserve(
    *,
    area_path: str,
    yuan: Decimal,
    policy: str,
    household: uuid.UUID,
    person: uuid.UUID,
    case: uuid.UUID,
    by: Staff,
    at: datetime,
    words: str = "",
) -> ReserveEntry:
    """
    Spend from the reserve of the township above `area_path` for one person of a case (使用备用金).

    Never below nothing, also when two spend at once. Raises NotBooked if there is no reserve or not enough in it; NotAllowed.
    """
    require("reserve.spend", area_path=area_path)
    reserve = reserve_above(area_path)
    if reserve is None:
        raise NotBooked("这个乡镇还没有备用金。请县民政先拨付，或由县级直接救助。")
    about = {"policy": policy, "household_id": household, "person_id": person, "case_key": case}
    return _book(reserve, ReserveEntry.Kind.SPENT, -_fen(yuan), by=by, at=at, words=words.strip()[:200], **about)


@transaction.atomic
def return_to_reserve(*, entry: uuid.UUID, yuan: Decimal, words: str, by: Staff, at: datetime) -> ReserveEntry:
    """Put back what was not handed out (退回备用金). Raises NotBooked above what was spent or without words; NotAllowed."""
    spent: ReserveEntry = ReserveEntry.objects.select_related("reserve").get(pk=entry, kind=ReserveEntry.Kind.SPENT)
    require("reserve.spend", area_path=spent.area_path)
    Reserve.objects.select_for_update().get(pk=spent.reserve_id)
    same = ReserveEntry.objects.filter(case_key=spent.case_key, person_id=spent.person_id)
    if not words.strip():
        raise NotBooked("请写明为什么退回。")
    if _fen(yuan) > -(same.aggregate(sum=Sum("fen"))["sum"] or 0):
        raise NotBooked("退回的比支出的还多，请核对金额。")
    about = {
        "policy": spent.policy,
        "household_id": spent.household_id,
        "person_id": spent.person_id,
        "case_key": spent.case_key,
    }
    return _book(spent.reserve, ReserveEntry.Kind.RETURNED, _fen(yuan), by=by, at=at, words=words.strip()[:200], **about)


def _fen(yuan: Decimal) -> int:
    if not yuan.is_finite() or yuan <= 0 or yuan > MOST_YUAN or yuan != yuan.quantize(Decimal("0.01")):
        raise NotBooked("金额要大于 0，最多两位小数。")
    return int(yuan * 100)


def _book(reserve: Reserve, kind: str, fen: int, *, by: Staff, at: datetime, words: str, **about: Any) -> ReserveEntry:
    """Move the balance in one guarded statement and write the entry beside it, or neither."""
    there = Reserve.objects.filter(pk=reserve.pk, balance_fen__gte=max(0, -fen))
    moved = there.update(balance_fen=F("balance_fen") + fen, entries_made=F("entries_made") + 1)
    reserve.refresh_from_db()
    if not moved:
        raise NotBooked(f"备用金只剩 {Decimal(reserve.balance_fen) / 100:,.2f} 元，不够这一笔。请县民政补拨，或由县级直接救助。")
    entry = ReserveEntry(
        reserve=reserve,
        nth=reserve.entries_made,
        kind=kind,
        fen=fen,
        balance_fen=reserve.balance_fen,
        on=localdate(at),
        words=words,
        by=by,
        at=at,
        area_path=reserve.area_path,
        **about,
    )
    entry.save(force_insert=True)
    subject = about.get("person_id")
    audit.write(action=f"reserve.{kind}", at=at, subjects={str(subject)} if subject else None, entry=entry.pk.hex, fen=fen)
    return entry


@transaction.atomic
def add_receipt(*, entry: uuid.UUID, kind: str, content: bytes, by: Staff, at: datetime) -> ReserveReceipt:
    """
    Keep the receipt of money spent (收据): a photo of the signature, of the fingerprint or of the person with the money.

    A later one stands beside an earlier one. Raises NotBooked if it is no JPEG or PNG or too large; NotAllowed.
    """
    spent: ReserveEntry = ReserveEntry.objects.get(pk=entry, kind=ReserveEntry.Kind.SPENT)
    require("reserve.spend", area_path=spent.area_path)
    try:
        ending, picture = plain_picture(content)
    except NotAPicture as problem:
        raise NotBooked(str(problem)) from None
    key = files.put(picture, kind="receipt", name=f"receipt.{ending}", area_path=spent.area_path, at=at)
    receipt: ReserveReceipt = ReserveReceipt.objects.create(
        entry=spent, kind=kind, file=key, by=by, at=at, area_path=spent.area_path
    )
    audit.write(action="reserve.receipt", at=at, subjects={str(spent.person_id)}, entry=spent.pk.hex)
    return receipt


def receipt_of(*, file_id: uuid.UUID) -> ReserveReceipt:
    """
    Return a receipt by its file, for whoever spends, funds or confirms in its township (看收据).

    Raises ReserveReceipt.DoesNotExist outside the open scope, NotAllowed.
    """
    held: ReserveReceipt = ReserveReceipt.objects.get(file=file_id)
    if not any(may(one, area_path=held.area_path) for one in ("reserve.fund", "decision.confirm")):
        require("reserve.spend", area_path=held.area_path)
    return held


def reserve_above(area_path: str) -> Reserve | None:
    """Return the reserve of the township an area lies in, below the open scope or just above it, or None."""
    codes = area_path.rstrip(".").split(".")[:TOWNSHIP_LEVEL]
    found: Reserve | None = Reserve.objects.filter(area__code=codes[-1]).first() if len(codes) == TOWNSHIP_LEVEL else None
    return found


@dataclass(frozen=True)
class Month:
    """One month of a township's reserve (月账): opening, in, out, closing; how many spendings lack a receipt."""

    area: Area
    month: date
    opening: Decimal
    funded: Decimal
    spent: Decimal
    returned: Decimal
    handed_back: Decimal
    closing: Decimal
    without_receipt: int

    @property
    def came_in(self) -> Decimal:
        return self.funded + self.returned

    @property
    def went_out(self) -> Decimal:
        return self.spent + self.handed_back


def reserves_seen() -> QuerySet[Reserve]:
    """Return the reserves below the open scope, by division."""
    if not _may_see():
        require("reserve.spend")
    rows: QuerySet[Reserve] = Reserve.objects.select_related("area").order_by("area__code")
    return rows


def _may_see() -> bool:
    return any(may(one) for one in ("reserve.fund", "reserve.spend", "desk.county"))


def account(*, reserve: Reserve, month: date) -> Month:
    """Return one month of a reserve, reckoned from its entries alone; `month` is any day in it."""
    first, after = month_of(month)
    held = ReserveEntry.objects.filter(reserve=reserve)
    inside = held.filter(on__gte=first, on__lt=after)
    sums: Mapping[str, int] = dict(inside.order_by().values_list("kind").annotate(sum=Sum("fen")).values_list("kind", "sum"))
    yuan = {kind: Decimal(abs(sums.get(kind, 0))) / 100 for kind in ReserveEntry.Kind.values}
    opening = Decimal(held.filter(on__lt=first).aggregate(sum=Sum("fen"))["sum"] or 0) / 100
    return Month(
        area=reserve.area,
        month=first,
        opening=opening,
        closing=opening + Decimal(sum(sums.values())) / 100,
        without_receipt=inside.filter(kind=ReserveEntry.Kind.SPENT, receipts=None).count(),
        **yuan,
    )


def month_of(day: date) -> tuple[date, date]:
    """Return the first day of a day's month and of the month after it."""
    first = day.replace(day=1)
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def entries_of(*, reserve: Reserve, month: date) -> QuerySet[ReserveEntry]:
    """Return the entries of a month in the order written; they name keys, no names."""
    first, after = month_of(month)
    rows: QuerySet[ReserveEntry] = ReserveEntry.objects.filter(reserve=reserve, on__gte=first, on__lt=after)
    return rows.select_related("by").prefetch_related("receipts").order_by("nth")


def spent_on(*, case: uuid.UUID) -> QuerySet[ReserveEntry]:
    """Return what was spent from a reserve on a case, and put back."""
    rows: QuerySet[ReserveEntry] = ReserveEntry.objects.filter(case_key=case)
    return rows.prefetch_related("receipts").order_by("reserve", "nth")


def one_off_grants(*, household: uuid.UUID, people: list[uuid.UUID]) -> QuerySet[Grant]:
    """Return what was given once to a household and its people."""
    rows: QuerySet[Grant] = Grant.objects.filter(Q(household_id=household) | Q(person_id__in=people), ends_on=F("starts_on"))
    return rows.order_by("starts_on", "pk")
