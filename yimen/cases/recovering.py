"""
Claiming back (追缴): what was overpaid is a decision of its own, in writing, after a hearing (社会救助法第48条): an opinion by
one, a confirmation by another. It moves no money here and is never set off in silence.
"""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from yimen.benefits.models import Grant
from yimen.cases.apart import no_preparer
from yimen.cases.deciding import confirms_here
from yimen.cases.effects import policy_name
from yimen.cases.ending import HEARD, was_heard
from yimen.cases.flow import CIVIL_AFFAIRS, Changed, Note, move_case
from yimen.cases.grounds import NotDecided, no_relative
from yimen.cases.models import Case, CaseEvent
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.screening.queries import current_rules

MEANT = "拟"
STEPS = ("propose_recovery", "recover", "recovery_back")


@transaction.atomic
def propose_recovery(
    *, case: uuid.UUID, grant: uuid.UUID, yuan: Decimal, months: str, words: str, article: str, by: Staff, at: datetime
) -> Case:
    """
    Give the opinion that so much of a grant was overpaid and is to be paid back (拟追缴).

    Raises NotDecided without amount, months, reasons and article, if nobody was heard, by a relative, for another
    household's or another department's money, or while another opinion waits; WrongStep, NotAllowed.
    """
    held = Case.objects.select_for_update().get(pk=case)
    require("decision.propose", area_path=held.area_path)
    no_relative(held, by)
    if yuan <= 0 or yuan != yuan.quantize(Decimal("0.01")) or not (months.strip() and words.strip() and article.strip()):
        raise NotDecided("追缴要写明金额（最多两位小数）、所属月份、理由和依据的条款。")
    if not was_heard(held):
        raise NotDecided(f"追缴以前须先听取本人意见（{HEARD}）。")
    if waiting_recovery(held) is not None:
        raise NotDecided("已经有一份追缴意见等确认；等它确认或退回以后再写。")
    about = _ours(held, grant)
    said = f"{MEANT}追缴 {yuan:,.2f} 元（{policy_name(about.policy)}，{months.strip()}）：{words.strip()}"
    return move_case("propose_recovery", case, by=by, at=at, note=Note(said, article=article.strip()))


def _ours(case: Case, grant: uuid.UUID) -> Grant:
    found: Grant | None = grants_of(case).filter(pk=grant).first()
    if found is None:
        raise NotDecided("请选追缴的是这一户的哪一笔给付。")
    policy = current_rules().policy(found.policy)
    if policy is not None and policy.department != CIVIL_AFFAIRS:
        raise NotDecided(f"这一笔是{policy.department}的资金，由{policy.department}追缴；请把核查的结果转给它。")
    return found


def grants_of(case: Case) -> QuerySet[Grant]:
    """Return what the household of a case and its people receive or have received, the newest first."""
    of_home = Q(household_id=case.household_id) | Q(person__memberships__household_id=case.household_id)
    rows: QuerySet[Grant] = Grant.objects.filter(of_home)
    return rows.distinct().order_by("-starts_on", "pk")


@transaction.atomic
def recover(*, case: uuid.UUID, proposal: int, by: Staff, at: datetime) -> Case:
    """
    Confirm the opinion that money is to be paid back (追缴决定); `proposal` is the one that was looked at.

    Raises Changed if another has taken its place, NotDecided without one, by whoever prepared the case, by a relative or
    where the township may not confirm; WrongStep, NotAllowed.
    """
    held, found = _waiting(case, proposal)
    no_preparer(held, by, localdate(at))
    no_relative(held, by)
    confirms_here(by, held, localdate(at))
    note = Note(found.words.removeprefix(MEANT), article=found.article)
    return move_case("recover", case, by=by, at=at, note=note)


@transaction.atomic
def return_recovery(*, case: uuid.UUID, proposal: int, words: str, by: Staff, at: datetime) -> Case:
    """Send such an opinion back with a reason (不追缴，退回). Raises as `recover` does, and NotDecided without a reason."""
    held, _ = _waiting(case, proposal)
    no_relative(held, by)
    if not words.strip():
        raise NotDecided("退回要写明为什么不追缴，或哪里要重办。")
    return move_case("recovery_back", case, by=by, at=at, note=Note(words.strip()))


def _waiting(case: uuid.UUID, proposal: int) -> tuple[Case, CaseEvent]:
    held: Case = Case.objects.select_for_update().get(pk=case)
    require("decision.confirm", area_path=held.area_path)
    found = waiting_recovery(held)
    if found is None:
        raise NotDecided("没有等确认的追缴意见；先由经办的人写明拟追缴多少、为什么。")
    if found.pk != proposal:
        raise Changed("您打开以后，追缴意见已经换了一份。您的决定没有写入；请看过新的意见再定。")
    return held, found


def waiting_recovery(case: Case) -> CaseEvent | None:
    """Return the opinion on claiming back that waits in a case, or None."""
    last: CaseEvent | None = CaseEvent.objects.filter(case=case, step__in=STEPS).select_related("by").order_by("at", "pk").last()
    return last if last is not None and last.step == "propose_recovery" else None


def waiting_recoveries() -> list[CaseEvent]:
    """Return the opinions on claiming back that wait below the open scope (等确认的追缴), the oldest first; for who confirms."""
    require("decision.confirm")
    last = CaseEvent.objects.filter(case=OuterRef("case"), step__in=STEPS).order_by("-at", "-pk").values("pk")[:1]
    rows = CaseEvent.objects.filter(step="propose_recovery", pk=Subquery(last)).select_related("case", "by")
    return list(rows.order_by("at", "pk"))


def recoveries_of(case: Case) -> list[CaseEvent]:
    """Return the decisions to claim back that were taken in a case (追缴决定), the oldest first."""
    return list(CaseEvent.objects.filter(case=case, step="recover").select_related("by").order_by("at"))
