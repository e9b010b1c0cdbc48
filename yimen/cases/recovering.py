"""
Claiming back (追缴): what was overpaid is a decision of its own, in writing, after a hearing (社会救助法第48条): an opinion by
one, a confirmation by another, at the desk of the department whose fund it came from. Several may stand in one case, each of
one grant. It moves no money here and is never set off in silence.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yimen.benefits.models import Grant
from yimen.cases.apart import no_preparer, prepared_by
from yimen.cases.approving import own_department
from yimen.cases.deciding import confirms_here
from yimen.cases.effects import policy_name
from yimen.cases.ending import HEARD
from yimen.cases.flow import CIVIL_AFFAIRS, Changed, Note, move_case, require_desk
from yimen.cases.grounds import NotDecided, no_relative
from yimen.cases.models import Case, Decision, Recovery
from yimen.cases.words import OPEN_RECOVERY, RecoveryState
from yimen.office.access import NotAllowed, lent, may, require
from yimen.office.models import Staff
from yimen.registry.queries import masked, name_of
from yimen.screening.queries import current_rules

WRITES, CONFIRMS = "decision.propose", "decision.confirm"


def department_of(grant: Grant) -> str:
    """Return whose fund a grant came from, and who so claims it back; what civil affairs gives with another is its own."""
    policy = current_rules().policy(grant.policy)
    named = policy.department if policy is not None else CIVIL_AFFAIRS
    return CIVIL_AFFAIRS if CIVIL_AFFAIRS in named.split("、") else named


def grants_of(case: Case) -> QuerySet[Grant]:
    """Return what the household of a case and its people receive or have received, the newest first."""
    of_home = Q(household_id=case.household_id) | Q(person__memberships__household_id=case.household_id)
    rows: QuerySet[Grant] = Grant.objects.filter(of_home)
    return rows.distinct().order_by("-starts_on", "pk")


def _at_desk(department: str, needs: str, *, area_path: str, by: Staff | None) -> None:
    """Raise NotAllowed unless this is the desk whose fund it is: of civil affairs by the post, of another its own."""
    if department == CIVIL_AFFAIRS:
        require(needs, area_path=area_path)
    else:
        require_desk(department, area_path=area_path, by=by)


@transaction.atomic
def ask_recovery(*, case: uuid.UUID, grant: uuid.UUID, words: str, by: Staff, at: datetime) -> Recovery:
    """
    Pass on to another department that its aid seems to have been overpaid (转请追缴); it stands on that department's desk.

    Raises NotDecided without words, for civil affairs' own money or another household's, while a claim on it is open;
    WrongStep, NotAllowed.
    """
    held = Case.objects.select_for_update().get(pk=case)
    require(WRITES, area_path=held.area_path)
    no_relative(held, by)
    if not words.strip():
        raise NotDecided("请写明核查出什么：哪几个月不该发、凭什么这样说。")
    about = _grant(held, grant)
    if department_of(about) == CIVIL_AFFAIRS:
        raise NotDecided("这一笔是民政的资金，由本单位追缴，不用转请。")
    made = _opened(held, about, at)
    made.asked, made.asked_by = words.strip()[:500], by
    said = f"请{made.department}部门追缴（{policy_name(about.policy)}）：{made.asked}"
    return _moved("ask_recovery", made, said, by=by, at=at, department=CIVIL_AFFAIRS)


def _grant(case: Case, grant: uuid.UUID) -> Grant:
    found: Grant | None = grants_of(case).filter(pk=grant).first()
    if found is None:
        raise NotDecided("请选追缴的是这一户的哪一笔给付。")
    return found


def _opened(case: Case, grant: Grant, at: datetime) -> Recovery:
    """Return a new claim on a grant; the grant is locked, so of two at once, from two cases even, the second is told."""
    Grant.objects.select_for_update().get(pk=grant.pk)
    held = Recovery.objects.filter(grant=grant, state__in=OPEN_RECOVERY).select_related("case").first()
    if held is not None:
        raise NotDecided(f"这一笔已经在追缴（办件 {held.case}，{held.get_state_display()}），办完以前不另开一件。")
    department = department_of(grant)
    # By what was decided, if it was decided here; a list that was loaded names no fund.
    fund = Decision.objects.filter(grant=grant).exclude(fund="").values_list("fund", flat=True).first()
    return Recovery(
        case=case,
        grant=grant,
        department=department,
        fund=fund or f"{department}资金",
        state=RecoveryState.ASKED,
        opened_at=at,
        area_path=case.area_path,
    )


def _moved(
    name: str, held: Recovery, words: str, *, by: Staff, at: datetime, department: str = "", article: str = ""
) -> Recovery:
    """Write a claim down with the step in the trail of its case."""
    note = Note(words, article=article)
    moved = move_case(name, held.case_id, by=by, at=at, note=note, department=department or held.department)
    held.case = moved
    held.save()
    return held


@transaction.atomic
def hear_recovery(*, case: uuid.UUID, grant: uuid.UUID, words: str, by: Staff, at: datetime, on: date | None = None) -> Recovery:
    """
    Note what the person says to a claim on one grant, before any opinion (听取意见, 社会救助法第48条), in their own words.

    At the desk whose fund it came from. Raises NotDecided without words, for a day to come or another household's grant, or
    while an opinion waits; WrongStep, NotAllowed.
    """
    held = Case.objects.select_for_update().get(pk=case)
    about = _grant(held, grant)
    _at_desk(department_of(about), WRITES, area_path=held.area_path, by=by)
    no_relative(held, by)
    if not words.strip():
        raise NotDecided("请照本人（或家属）的话写下意见；不愿说的，写明“本人表示没有意见”或联系了几次。")
    if on is not None and on > localdate(at):
        raise NotDecided(f"听取意见的日期 {on} 在今天以后，请核对。")
    waiting = Recovery.objects.filter(case=held, grant=about, state__in=(RecoveryState.ASKED, RecoveryState.HEARD)).first()
    made = waiting or _opened(held, about, at)
    made.state, made.heard, made.heard_on, made.heard_by = RecoveryState.HEARD, words.strip()[:500], on or localdate(at), by
    return _moved("hear_recovery", made, f"{policy_name(about.policy)}：{made.heard}", by=by, at=at, article=HEARD)


@transaction.atomic
def propose_recovery(
    *, recovery: uuid.UUID, yuan: Decimal, months: str, words: str, article: str, by: Staff, at: datetime
) -> Recovery:
    """
    Give the opinion that so much of a grant was overpaid and is to be paid back (拟追缴).

    Raises NotDecided without amount, months, reasons and article, if nobody was heard, by a relative, or while the opinion
    waits or the claim is over; WrongStep, NotAllowed.
    """
    held = _locked(recovery, WRITES, by)
    if yuan <= 0 or yuan != yuan.quantize(Decimal("0.01")) or not (months.strip() and words.strip() and article.strip()):
        raise NotDecided("追缴要写明金额（最多两位小数）、所属月份、理由和依据的条款。")
    if held.state == RecoveryState.ASKED:
        raise NotDecided(f"追缴以前须先听取本人意见（{HEARD}）。")
    if held.state != RecoveryState.HEARD:
        raise NotDecided(f"这一笔现在是“{held.get_state_display()}”，不再写追缴意见。")
    held.state, held.fen, held.months = RecoveryState.PROPOSED, int(yuan * 100), months.strip()[:60]
    held.words, held.article = words.strip()[:500], article.strip()[:120]
    held.proposed_by, held.proposed_at, held.sent_back = by, at, ""
    return _moved("propose_recovery", held, f"拟{_said(held)}", by=by, at=at, article=held.article)


def _said(held: Recovery) -> str:
    yuan = Decimal(held.fen or 0) / 100
    return f"追缴 {yuan:,.2f} 元（{policy_name(held.grant.policy)}，{held.months}）：{held.words}"


def _locked(recovery: uuid.UUID, needs: str, by: Staff) -> Recovery:
    """Return a claim for its own desk, its case locked as every mover does; relatives take no part."""
    Case.objects.select_for_update().get(pk=Recovery.objects.get(pk=recovery).case_id)
    held: Recovery = Recovery.objects.select_related("case", "grant", "proposed_by").get(pk=recovery)
    _at_desk(held.department, needs, area_path=held.area_path, by=by)
    no_relative(held.case, by)
    return held


def _waiting(recovery: uuid.UUID, seen: datetime | None, by: Staff) -> Recovery:
    held = _locked(recovery, CONFIRMS, by)
    if held.state != RecoveryState.PROPOSED:
        raise NotDecided("没有等确认的追缴意见；先由经办的人写明拟追缴多少、为什么。")
    if seen is not None and held.proposed_at != seen:
        raise Changed("您打开以后，追缴意见已经换了一份。您的决定没有写入；请看过新的意见再定。")
    return held


@transaction.atomic
def recover(*, recovery: uuid.UUID, by: Staff, at: datetime, seen: datetime | None = None) -> Recovery:
    """
    Confirm the opinion that money is to be paid back (追缴决定); `seen` is when the opinion that was looked at was given.

    Raises Changed if another has taken its place, NotDecided without one, by whoever prepared the case, by a relative or
    where the township may not confirm; WrongStep, NotAllowed.
    """
    held = _waiting(recovery, seen, by)
    _may_confirm(held, by, localdate(at))
    held.state, held.decided_by, held.decided_at = RecoveryState.DECIDED, by, at
    return _moved("recover", held, _said(held), by=by, at=at, article=held.article)


def _may_confirm(held: Recovery, by: Staff, on: date) -> None:
    no_preparer(held.case, by, on, department=held.department)
    if held.department == CIVIL_AFFAIRS:
        confirms_here(by, held.case, on)


@transaction.atomic
def return_recovery(*, recovery: uuid.UUID, words: str, by: Staff, at: datetime, seen: datetime | None = None) -> Recovery:
    """Send such an opinion back with a reason (退回). Raises as `recover` does, and NotDecided without a reason."""
    held = _waiting(recovery, seen, by)
    if not words.strip():
        raise NotDecided("退回要写明为什么不追缴，或哪里要重办。")
    held.state, held.sent_back = RecoveryState.HEARD, words.strip()[:500]
    held.proposed_by = held.proposed_at = None
    return _moved("recovery_back", held, f"{policy_name(held.grant.policy)}：{held.sent_back}", by=by, at=at)


@transaction.atomic
def drop_recovery(*, recovery: uuid.UUID, words: str, by: Staff, at: datetime) -> Recovery:
    """
    End a claim without claiming anything (不追缴), with the reason; who asked for it reads it in the trail.

    Raises NotDecided without a reason, while an opinion waits or when it is over; WrongStep, NotAllowed.
    """
    held = _locked(recovery, WRITES, by)
    if not words.strip():
        raise NotDecided("不追缴的，也写明为什么。")
    if held.state not in (RecoveryState.ASKED, RecoveryState.HEARD):
        raise NotDecided(f"这一笔现在是“{held.get_state_display()}”，不能这样办。")
    held.state, held.words = RecoveryState.DROPPED, words.strip()[:500]
    return _moved("drop_recovery", held, f"{policy_name(held.grant.policy)}：{held.words}", by=by, at=at)


@transaction.atomic
def tell_recovery(*, recovery: uuid.UUID, words: str, by: Staff, at: datetime, on: date | None = None) -> Recovery:
    """Note how a decision to claim back was told in writing (书面告知). Raises NotDecided before it is decided or twice."""
    held = _locked(recovery, WRITES, by)
    if held.state != RecoveryState.DECIDED or held.told_on is not None:
        raise NotDecided("还没有追缴决定，或已经告知过。")
    if not words.strip() or (on is not None and on > localdate(at)):
        raise NotDecided("请写明哪一天、怎样书面告知的；日期不能在今天以后。")
    held.told, held.told_on = words.strip()[:200], on or localdate(at)
    return _moved("tell_recovery", held, f"{policy_name(held.grant.policy)}：{held.told}", by=by, at=at)


def _desks() -> QuerySet[Recovery]:
    """Return the claims of this desk: of civil affairs for who writes or confirms there, of another department its own."""
    department = own_department()
    if not department and not (may(WRITES) or may(CONFIRMS)):
        raise NotAllowed("追缴由出资的部门自己办，您的岗位看不到。")
    rows: QuerySet[Recovery] = Recovery.objects.filter(department=department or CIVIL_AFFAIRS)
    return rows.select_related("case", "grant", "proposed_by", "heard_by", "asked_by", "decided_by")


def waiting_recoveries() -> list[Recovery]:
    """Return the claims that wait for this desk (等办的追缴), the oldest first: at civil affairs those to be confirmed."""
    states = OPEN_RECOVERY if own_department() else (RecoveryState.PROPOSED,)
    return list(_desks().filter(state__in=states).order_by("opened_at", "pk"))


def recoveries_to_do(by: Staff) -> int:
    """Return how many of these somebody can take further now: what they have prepared is another's to confirm."""
    rows = waiting_recoveries()
    mine = prepared_by(by, {one.case_id for one in rows})
    return sum(one.state != RecoveryState.PROPOSED or one.case_id not in mine for one in rows)


def recoveries_of(case: Case) -> list[Recovery]:
    """Return every claim that stands or stood in a case, the oldest first."""
    rows = Recovery.objects.filter(case=case).select_related("grant", "proposed_by", "decided_by")
    return list(rows.order_by("opened_at", "pk"))


@dataclass(frozen=True)
class RecoveryPage:
    """One claim with everything its page shows; `forbidden` says why it cannot be confirmed by whoever looks, or nothing."""

    recovery: Recovery
    name: str
    household: uuid.UUID | None
    writes: bool
    confirms: bool
    forbidden: str
    earlier: list[Recovery]


def recovery_page(*, recovery_id: uuid.UUID, staff: Staff, on: date) -> RecoveryPage:
    """
    Return one claim for its own desk; needs an open reading.

    Raises Recovery.DoesNotExist for another department's as for another area's, NotAllowed without such a desk.
    """
    held = _desks().get(pk=recovery_id)
    whole = may("person.see", area_path=held.area_path)
    own = bool(own_department())
    forbidden = ""
    try:
        _may_confirm(held, staff, on)
        no_relative(held.case, staff)
    except NotDecided as problem:
        forbidden = str(problem)
    return RecoveryPage(
        recovery=held,
        name=_whose(held.grant, held.case, on),
        household=held.case.household_id if whole else None,
        writes=own or may(WRITES, area_path=held.area_path),
        confirms=own or may(CONFIRMS, area_path=held.area_path),
        forbidden=forbidden,
        earlier=list(Recovery.objects.filter(grant=held.grant).exclude(pk=held.pk).select_related("case").order_by("opened_at")),
    )


@contextmanager
def printing_recovery(*, recovery_id: uuid.UUID) -> Iterator[Recovery]:
    """
    Yield a claim of this desk, while its opinion or decision is printed; needs an open reading.

    As with a notice, a department's desk sees no more of the household than what is printed. Raises Recovery.DoesNotExist
    for what is not this desk's, NotAllowed.
    """
    held = _desks().get(pk=recovery_id)
    with lent("person.see", area_path=held.area_path):
        yield held


def _whose(grant: Grant, case: Case, on: date) -> str:
    if grant.person_id is not None:
        return name_of(person_id=grant.person_id)
    return f"{masked(people=[], households=[case.household_id], on=on).get(case.household_id, '')}一户"


def names_of_recoveries(rows: Iterable[Recovery], *, on: date) -> list[tuple[Recovery, str]]:
    """Return some claims with whose they are, masked; needs an open reading."""
    found = list(rows)
    people = [one.grant.person_id for one in found if one.grant.person_id]
    names = masked(people=people, households=[one.case.household_id for one in found], on=on)
    return [(one, names.get(one.grant.person_id or one.case.household_id, "")) for one in found]
