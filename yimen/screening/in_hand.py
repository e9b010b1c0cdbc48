"""
What is being handled (正在办): told by the cases at each of their steps, so that nobody who is being helped counts as missed.

A screening says what the rules say and knows no case; whether somebody is in hand is looked up when findings are read.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from yimen.office import audit
from yimen.office.access import System, current, scope
from yimen.office.models import Staff
from yimen.screening.models import Finding, InHand


@dataclass(frozen=True)
class Wanted:
    """A policy that is being handled for a person or household; `until` is the day from which it is received, if decided."""

    policy: str
    subject: uuid.UUID
    until: date | None = None


def put_in_hand(*, case: uuid.UUID, number: str, wanted: Iterable[Wanted]) -> None:
    """Keep what a case handles now, and nothing else of it; the caller holds the transaction."""
    now = {(one.policy, one.subject): one.until for one in wanted}
    for held in InHand.objects.filter(case_id=case):
        until = now.pop((held.policy, held.subject_id), _GONE)
        if until is _GONE:
            held.delete()
        elif (held.number, held.until) != (number, until):
            held.number, held.until = number, until
            held.save(update_fields=["number", "until"])
    InHand.objects.bulk_create(
        InHand(case_id=case, number=number, policy=policy, subject_id=subject, until=until)
        for (policy, subject), until in now.items()
    )


_GONE: Any = object()


def missed_in(finding_id: uuid.UUID) -> list[Wanted]:
    """Return what a warning of missed aid is about, wherever its household lives by now; of any other warning nothing."""
    with scope(System("screening.in_hand"), current().purpose):
        rows = Finding.objects.filter(pk=finding_id, kind=Finding.Kind.MISSED).values_list("policy", "subject_id")
        return [Wanted(policy, subject) for policy, subject in rows]


@transaction.atomic
def settle_missed(
    *, policy: str, subject: uuid.UUID, but_case: uuid.UUID, words: str, by: Staff | None, at: datetime
) -> Finding | None:
    """
    Close the open warning that somebody misses a policy with what a case came to (办件结果), below the open scope.

    Like every closing with a reason it stands until what it rests on changes. While another case handles the same, it stays.
    """
    if InHand.objects.filter(policy=policy, subject_id=subject, until=None).exclude(case_id=but_case).exists():
        return None
    rows = Finding.objects.select_for_update().filter(policy=policy, subject_id=subject, kind=Finding.Kind.MISSED)
    finding: Finding | None = rows.filter(state=Finding.State.OPEN).first()
    if finding is None:
        return None
    finding.state, finding.closing_words = Finding.State.CLOSED_BY_PERSON, words[:300]
    finding.closed_by, finding.closed_at = by, at
    finding.save(update_fields=["state", "closing_words", "closed_by", "closed_at"])
    audit.write(action="finding.close", at=at, subjects={str(subject)}, finding=str(finding.pk), case=but_case.hex)
    return finding


def hands_on(policy: Any, subject: Any) -> QuerySet[InHand]:
    """Return who has a policy in hand for a subject today, those with a case number first."""
    today = Q(until=None) | Q(until__gt=localdate())
    rows: QuerySet[InHand] = InHand.objects.filter(today, policy=policy, subject_id=subject)
    return rows.order_by("-number", "pk")


def _hands() -> QuerySet[InHand]:
    return hands_on(OuterRef("policy"), OuterRef("subject_id"))


def is_in_hand() -> Q:
    """Return the condition that a finding is an open warning of missed aid which a case handles already."""
    return Q(state=Finding.State.OPEN, kind=Finding.Kind.MISSED) & Q(Exists(_hands()))


def with_hands(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    """Return findings with `in_hand` (whether) and `in_hand_number` (the case's number, empty before acceptance, None)."""
    found: QuerySet[Finding] = rows.alias(hands=Exists(_hands())).annotate(
        in_hand=Q(state=Finding.State.OPEN, kind=Finding.Kind.MISSED, hands=True),
        in_hand_number=Subquery(_hands().values("number")[:1]),
    )
    return found


def waiting() -> QuerySet[Finding]:
    """Return the findings that wait for somebody (待处理), below the open scope: open, seen, and not in hand."""
    rows: QuerySet[Finding] = Finding.objects.filter(state=Finding.State.OPEN, opened_run__finished_at__isnull=False)
    return rows.exclude(is_in_hand())
