"""
The fastest lane of temporary aid (临时救助): 小额快救 where the emergency is, without comparison or posting.

Source: 社会救助法第37、50条; 2026 临时救助意见 (小额快救). Aid goes out at once by one person's hand; the decision follows it
and is taken by a second (docs/decisions/0006). More than the cap is 急难型 (`urgent`); 支出型 goes the way of every
application, with its 公示.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate

from yimen.benefits.actions import spend_reserve
from yimen.cases.applying import Asked, open_case
from yimen.cases.deciding import open_decisions, propose
from yimen.cases.dues import project_dues
from yimen.cases.flow import Note, move_case
from yimen.cases.grounds import no_relative
from yimen.cases.models import Case, Decision, UrgentAid
from yimen.cases.numbers import next_number
from yimen.cases.words import Cause, Channel, Lane
from yimen.evidence.actions import state_facts
from yimen.office.models import Staff
from yimen.registry.queries import HouseholdCard, household_card
from yimen.screening.queries import current_rules, true_parameters, yuan_parameter

SMALL = "small_emergency_aid"
CAP, PER_HOUSEHOLD = "低保标准", "小额快救按户"
HAPPENED, AMOUNT = "遭遇急难", "小额快救金额"
# How long an earlier aid for the same cause is shown beside a new one.
SHOWN_FOR = timedelta(days=365)


class NotGiven(Exception):
    """Urgent aid cannot be given like this; the sentence says why and which lane is open."""


@dataclass(frozen=True)
class Hand:
    """What one person is given."""

    person: uuid.UUID
    yuan: Decimal


@dataclass(frozen=True)
class Earlier:
    """Aid given before: when, for what, how much, to whom."""

    on: date
    cause: str
    yuan: Decimal
    case: Case
    same_cause: bool


def cap_of(card: HouseholdCard, on: date) -> Decimal | None:
    """
    Return the most that 小额快救 may give one person here: the local amount, at most a month of the local 低保 standard.

    None if the standard is not entered: there is no national figure.
    """
    rules = current_rules()
    standard, local = (
        yuan_parameter(name, area_path=card.area_path, category=card.category, on=on, rules=rules) for name in (CAP, AMOUNT)
    )
    return standard if standard is None or local is None else min(standard, local)


@transaction.atomic
def give_small_aid(
    *,
    household: uuid.UUID,
    hands: Sequence[Hand],
    cause: str,
    words: str,
    by: Staff,
    at: datetime,
    from_reserve: bool = True,
    channel: str = Channel.WINDOW,
) -> Case:
    """
    Give small aid at once (小额快救), also to people from elsewhere: person, cause, amount on record; nothing compared or posted.

    The money comes from the township's reserve, or is paid elsewhere; the opinion is written with it and a second person
    confirms. A repeat is shown, not blocked.
    Raises NotGiven above the cap or for somebody not of the household, NotBooked if the reserve is short, NotAllowed.
    Needs an open reading.
    """
    on = localdate(at)
    card = household_card(household_id=household, on=on)
    _may_be_given(card, hands, cause, words, on)
    label = Cause(cause).label
    opened = open_case(
        household=household, channel=channel, by=by, at=at, applicant=hands[0].person, matter=f"{Lane.SMALL.label}：{label}"
    )
    no_relative(opened, by)
    number = next_number(opened.area_path, on)
    case = move_case(
        "give_first",
        opened.pk,
        by=by,
        at=at,
        note=Note(f"{Lane.SMALL.label}，{label}", article="社会救助法第五十条"),
        number=number,
        accepted_at=at,
    )
    _note_how(case, hands, cause, words, from_reserve=from_reserve, by=by, on=on)
    for one in hands:
        _hand_out(case, one, from_reserve=from_reserve, words=words, by=by, at=at)
    project_dues(case)
    return case


def _note_how(
    case: Case,
    hands: Sequence[Hand],
    cause: str,
    words: str,
    *,
    from_reserve: bool,
    by: Staff,
    on: date,
) -> None:
    whole = sum((one.yuan for one in hands), Decimal(0))
    UrgentAid.objects.create(
        case=case,
        lane=Lane.SMALL,
        cause=cause,
        words=words.strip()[:200],
        given_on=on,
        given_fen=int(whole * 100),
        from_reserve=from_reserve,
        given_by=by,
        area_path=case.area_path,
    )


def said_clearly(card: HouseholdCard, hands: Sequence[Hand], cause: str, words: str) -> None:
    """Raise NotGiven unless it is said what happened, and to which members of today how much is given."""
    if cause not in Cause.values or not words.strip():
        raise NotGiven("请选出了什么事，并用一句话写清楚：什么时候、在哪里、现在缺什么。")
    members = {member.person_id: member for member in card.members}
    if not hands or len({one.person for one in hands}) != len(hands) or any(one.person not in members for one in hands):
        raise NotGiven("请选给谁；只能是这一户今天的成员，每人一次。")
    if any(one.yuan <= 0 or one.yuan != one.yuan.quantize(Decimal("0.01")) for one in hands):
        raise NotGiven("金额要大于 0，最多两位小数。")


def _may_be_given(card: HouseholdCard, hands: Sequence[Hand], cause: str, words: str, on: date) -> None:
    said_clearly(card, hands, cause, words)
    cap = cap_of(card, on)
    if card.category is None:
        raise NotGiven("这一户还没有定按城市还是按农村保障，算不出最高额。请先在家庭里定下来。")
    if cap is None:
        raise NotGiven("本地低保标准没有录入，算不出小额快救的最高额。请政策管理员先录入。")
    per_household = PER_HOUSEHOLD in true_parameters([PER_HOUSEHOLD], area_path=card.area_path, on=on, rules=current_rules())
    over = sum((one.yuan for one in hands), Decimal(0)) if per_household else max(one.yuan for one in hands)
    if over > cap:
        whom = "一户" if per_household else "一人"
        limit = f"小额快救{whom}最高 {cap:,.2f} 元（本地上限，不超过一个月低保标准）"
        raise NotGiven(f"{limit}。不够的，先给这些，再按急难型或一事一议办。")


def _hand_out(case: Case, hand: Hand, *, from_reserve: bool, words: str, by: Staff, at: datetime) -> None:
    """State what was registered, spend, and give the first opinion; the second person's confirmation follows."""
    state_facts(
        catalogue=current_rules().catalogue,
        facts={HAPPENED: True},
        source="入户" if case.channel == Channel.VILLAGE else "申报",
        stated_on=localdate(at),
        by=by,
        at=at,
        person=hand.person,
        area_path=case.area_path,
        permission="case.accept",
    )
    (decision,) = open_decisions(case, [Asked(SMALL, hand.person)], by=by, at=at)
    proposed = propose(decision=decision.pk, agrees=True, opinion=f"已先行救助 {hand.yuan:,.2f} 元", by=by, at=at)
    # The rule says the most; what was given may be less, and the grant is what was given.
    Decision.objects.filter(pk=proposed.pk).update(amount_fen=int(hand.yuan * 100))
    if from_reserve:
        entry = spend_reserve(
            area_path=case.area_path,
            yuan=hand.yuan,
            policy=SMALL,
            household=case.household_id,
            person=hand.person,
            case=case.pk,
            by=by,
            at=at,
            words=case.matter,
        )
        # The grant that follows is this same money: whoever adds up what a household received must not count it twice.
        facts = proposed.facts | {"paid_from_reserve": entry.pk.hex}
        Decision.objects.filter(pk=proposed.pk).update(facts=facts)


def earlier_aid(*, household: uuid.UUID, on: date, cause: str = "") -> list[Earlier]:
    """Return what this household was given in an emergency within a year, the newest first; the same cause is marked."""
    rows = UrgentAid.objects.filter(case__household_id=household, given_on__gte=on - SHOWN_FOR).select_related("case")
    return [
        Earlier(one.given_on, one.get_cause_display(), Decimal(one.given_fen) / 100, one.case, one.cause == cause)
        for one in rows.order_by("-given_on", "-pk")
    ]


def urgent_of(*, case: uuid.UUID) -> UrgentAid | None:
    """Return how a case's urgent aid was given, or None."""
    found: UrgentAid | None = UrgentAid.objects.filter(case_id=case).select_related("given_by").first()
    return found


def unconfirmed(*, on: date) -> Mapping[uuid.UUID, int]:
    """Return the cases whose aid went out and that nobody else has confirmed yet, with the days since."""
    waiting = Decision.objects.filter(state="proposed", case__urgent__isnull=False)
    return {case: (on - given).days for case, given in waiting.values_list("case_id", "case__urgent__given_on")}
