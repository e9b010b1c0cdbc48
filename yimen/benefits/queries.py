"""Questions to benefits: who receives what on a day."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from yimen.benefits.charity import Received, received_once, totals_by_fund, totals_by_item
from yimen.benefits.models import Grant, Reserve, ReserveEntry, ReserveReceipt
from yimen.benefits.reserve import Month, account, entries_of, receipt_of, reserve_above, reserves_seen, spent_on
from yimen.office.prepared import Prepared

__all__ = [
    "Month",
    "Received",
    "Reserve",
    "ReserveEntry",
    "ReserveReceipt",
    "account",
    "entries_of",
    "receipt_of",
    "received_once",
    "reserve_above",
    "reserves_seen",
    "spent_on",
    "totals_by_fund",
    "totals_by_item",
]


@dataclass(frozen=True)
class Receipt:
    """One benefit somebody receives: policy, amount in yuan per unit, since when, until when, next review."""

    grant_id: uuid.UUID
    policy: str
    yuan: Decimal | None
    unit: str
    starts_on: date
    ends_on: date | None
    next_review_on: date | None
    person_id: uuid.UUID | None
    household_id: uuid.UUID | None

    def runs_on(self, on: date) -> bool:
        """Say whether it runs on a day; what is given once was given and does not run."""
        return self.starts_on <= on and (self.ends_on is None or (self.ends_on >= on and self.ends_on > self.starts_on))


def receipts_of(*, household_id: uuid.UUID | None, people: Iterable[uuid.UUID], on: date) -> list[Receipt]:
    """Return what a household and its people receive on a day, the longest first."""
    # Read whole and chosen here, as `grants_on` chooses for many: this is read for every page about a household.
    held = [] if household_id is None else [household_id]
    every = [_receipt(*row) for row in _GRANTS.rows(households=held, people=list(people))]
    return sorted((one for one in every if one.runs_on(on)), key=lambda receipt: (receipt.starts_on, receipt.policy))


def granted_by_the_month(*, household_id: uuid.UUID, people: Iterable[uuid.UUID]) -> list[Receipt]:
    """Return all that a household and its people were ever granted by the month, what has ended too, the oldest first."""
    rows = Grant.objects.filter(Q(household_id=household_id) | Q(person_id__in=list(people))).exclude(ends_on=F("starts_on"))
    return [_receipt(*row) for row in rows.order_by("starts_on", "policy").values_list(*_COLUMNS)]


@dataclass(frozen=True)
class Due:
    """What the grants of one policy come to up to a month (应发累计): how many months, and the yuan of them."""

    policy: str
    months: int
    yuan: Decimal


def due_by_policy(receipts: Iterable[Receipt], *, on: date) -> list[Due]:
    """
    Add up monthly grants to the month of `on`, by policy: what was decided to be paid, not what a bank has paid.

    A grant without an amount, or of another unit than 元/月, counts nothing.
    """
    found: dict[str, Due] = {}
    for one in receipts:
        months = _months(one.starts_on, min(one.ends_on or on, on))
        if one.yuan is None or one.unit != "元/月" or months < 1:
            continue
        held = found.get(one.policy, Due(one.policy, 0, Decimal(0)))
        found[one.policy] = Due(one.policy, held.months + months, held.yuan + one.yuan * months)
    return [found[policy] for policy in sorted(found)]


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


_COLUMNS = (
    "pk",
    "policy",
    "amount_fen",
    "unit",
    "starts_on",
    "ends_on",
    "next_review_on",
    "person_id",
    "household_id",
)
_GRANTS = Prepared(
    lambda households, people: Grant.objects.filter(Q(person_id__in=people) | Q(household_id__in=households)).values_list(
        *_COLUMNS
    )
)


def grants_on(on: date) -> QuerySet[Grant]:
    """Return the grants in force on a day below the open scope; what is given once was given and does not run."""
    rows: QuerySet[Grant] = Grant.objects.filter(not_over(on), starts_on__lte=on)
    return rows


def not_over(on: date) -> Q:
    """Return the condition that a grant has not ended before a day; what is given once is over at once."""
    return Q(ends_on=None) | Q(ends_on__gte=on, ends_on__gt=F("starts_on"))


def _receipt(key: uuid.UUID, policy: str, fen: int | None, *more: Any) -> Receipt:
    return Receipt(key, policy, None if fen is None else Decimal(fen) / 100, *more)


@dataclass(frozen=True)
class PolicyFigures:
    """How many receive one policy's benefit, and the yuan of all its grants."""

    policy: str
    grants: int
    yuan: Decimal


def figures_by_policy(*, on: date) -> list[PolicyFigures]:
    """Return the number of grants and their sum by policy on a day, below the open scope."""
    rows = grants_on(on).values("policy").annotate(grants=Count("pk"), fen=Sum("amount_fen")).order_by("policy")
    return [PolicyFigures(row["policy"], row["grants"], Decimal(row["fen"] or 0) / 100) for row in rows]


def grants_recorded_since(since: datetime) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Return the people and the households below the open scope whose grants were made or changed since a moment."""
    rows = Grant.objects.filter(recorded_at__gte=since)
    people = set(rows.filter(person__isnull=False).values_list("person_id", flat=True))
    return people, set(rows.filter(household__isnull=False).values_list("household_id", flat=True))


def before(grant: Grant) -> Grant | None:
    """Return the grant of the same policy and subject that this one took the place of, or None: then it is the first."""
    held: Grant | None = Grant.objects.filter(
        policy=grant.policy,
        person_id=grant.person_id,
        household_id=grant.household_id,
        ends_on=grant.starts_on - timedelta(days=1),
    ).first()
    return held
