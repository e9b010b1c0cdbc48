"""Delivering and rating (送达与评价): the result goes back to the window, home, by post or message; what people thought of it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yimen.cases.dues import project_dues
from yimen.cases.flow import Note, move_case, move_decision
from yimen.cases.models import Case, Decision, Handing, Rating, Task
from yimen.cases.telling import was_told
from yimen.cases.words import Channel, DecisionState, Effect, Grade, State, TaskKind
from yimen.office.calendar import after_workdays, calendar
from yimen.office.models import Staff
from yimen.office.queries import colleagues
from yimen.screening.queries import current_rules, parameter_at

RATING_DAYS = "差评处理工作日"
# Whoever has more to say is called; a machine that sends thousands is stopped.
MOST_OPINIONS = 10
BAD = (Grade.BAD, Grade.VERY_BAD)


class NotDelivered(Exception):
    """A result cannot be handed over like this; the sentence says why."""


class NotRated(Exception):
    """An opinion cannot be taken like this; the sentence says why."""


@transaction.atomic
def deliver(
    *,
    case: uuid.UUID,
    way: str,
    said_aloud: bool,
    by: Staff,
    at: datetime,
    receipt: str = "",
    handed_on: date | None = None,
) -> Handing:
    """
    Hand the result to the person (送达): at the window, at home, by post or message. It tells the decisions in writing.

    A refusal or an ending is never sent as a message alone, and nothing on a day before it was decided. Raises NotDelivered,
    WrongStep, NotAllowed.
    """
    on = handed_on or localdate(at)
    if on > localdate(at):
        raise NotDelivered(f"送达的日期 {on} 在今天以后，请核对。")
    if way not in Handing.Way.values:
        raise NotDelivered("请选怎样送达：窗口、家里、邮寄或短信。")
    if way == Handing.Way.POST and not receipt.strip():
        raise NotDelivered("邮寄的请写邮单号，作为送达的凭据。")
    decided = list(Decision.objects.filter(case_id=case, state__in=(DecisionState.CONFIRMED, DecisionState.REFUSED)))
    decided_on = max((localdate(one.decided_at) for one in decided if one.decided_at), default=on)
    if on < decided_on:
        raise NotDelivered(f"送达的日期 {on} 在作出决定（{decided_on}）以前，请核对。")
    if way == Handing.Way.MESSAGE and any(_needs_paper(one) for one in decided):
        raise NotDelivered("不予确认、终止和调整的决定要书面送达，不能只发短信。")
    held = move_case("deliver", case, by=by, at=at, note=Note(Handing.Way(way).label, on=on), delivered_at=at)
    handing = Handing(
        case=held,
        way=way,
        handed_on=on,
        said_aloud=said_aloud,
        receipt=receipt.strip()[:60],
        by=by,
        at=at,
        area_path=held.area_path,
    )
    handing.save(force_insert=True)
    for one in decided:
        if way != Handing.Way.MESSAGE and not was_told(one.pk):
            move_decision("tell", one.pk, by=by, at=at, note=Note(f"随结果送达（{Handing.Way(way).label}）", on=on))
    Task.objects.filter(case=held, kind=TaskKind.DELIVER, done_at=None).update(
        done_at=at, done_by=by, outcome=handing.get_way_display()
    )
    project_dues(held)
    return handing


def _needs_paper(decision: Decision) -> bool:
    return bool(decision.state == DecisionState.REFUSED or decision.effect != Effect.GIVE)


@transaction.atomic
def rate(*, case: uuid.UUID, grade: int, channel: str, at: datetime, words: str = "", by: Staff | None = None) -> Rating:
    """
    Take an opinion on a case (评价), of five grades; a later one is added and overwrites nothing.

    A bad one opens a task of its own for a supervisor who does not answer for the case. Raises NotRated, WrongStep.
    """
    if grade not in Grade.values:
        raise NotRated("请从五档里选一档。")
    if channel not in Channel.values:
        raise NotRated("请写明从哪里评价的。")
    held = move_case("rate", case, by=by, at=at, note=Note(Grade(grade).label))
    is_first = not Rating.objects.filter(case=held, first=True).exists()
    rating = Rating(
        case=held,
        channel=channel,
        grade=grade,
        words=words.strip()[:300],
        first=is_first,
        given_at=at,
        area_path=held.area_path,
    )
    try:
        with transaction.atomic():
            rating.save(force_insert=True)
    except IntegrityError:
        # Another gave the first opinion at the same moment.
        rating.first = False
        rating.save(force_insert=True)
    if grade in BAD:
        _handle(held, rating, at=at)
    return rating


def _handle(case: Case, rating: Rating, *, at: datetime) -> None:
    """Open the handling of a bad opinion; what is added while it is open belongs to it."""
    if Task.objects.filter(case=case, kind=TaskKind.RATING, done_at=None).exists():
        return
    able = colleagues(permission="case.reassign", area_path=case.area_path)
    owner = next((one for one in able if one.pk != case.first_assignee_id), case.first_assignee)
    due_on, limit = handling_days(case.area_path, localdate(at))
    said = f"：{rating.words}" if rating.words else ""
    Task.objects.create(
        case=case,
        household_id=case.household_id,
        kind=TaskKind.RATING,
        words=f"办件 {case} 的评价是“{Grade(rating.grade).label}”{said}。{limit}"[:300],
        owner=owner,
        due_on=due_on,
        made_at=at,
        area_path=case.area_path,
    )


@dataclass(frozen=True)
class Opinions:
    """What was thought of a case (评价), for whoever holds its receipt: each grade and day, and the answers to bad ones."""

    may_rate: bool
    given: tuple[tuple[str, date, str], ...]
    answers: tuple[tuple[str, date], ...]
    is_handled: bool


def opinions_of(*, receipt_code: str) -> Opinions | None:
    """Return the opinions on the case of a receipt, or None. Whoever holds the receipt may ask; the caller limits the rate."""
    case = Case.objects.filter(receipt_code=receipt_code).first()
    if case is None:
        return None
    given = Rating.objects.filter(case=case).order_by("given_at")
    handled = Task.objects.filter(case=case, kind=TaskKind.RATING).order_by("made_at")
    return Opinions(
        may_rate=case.state in (State.CONCLUDED, State.DELIVERED) and len(given) < MOST_OPINIONS,
        given=tuple((Grade(one.grade).label, localdate(one.given_at), one.words) for one in given),
        answers=tuple((one.outcome, localdate(one.done_at)) for one in handled if one.done_at),
        is_handled=any(one.done_at is None for one in handled),
    )


def rate_by_code(*, receipt_code: str, grade: int, words: str, at: datetime) -> Rating:
    """
    Take the opinion of whoever holds a receipt: the first counts for the matter, later ones are added.

    Raises NotRated for a wrong code, before the result, or after too many; WrongStep.
    """
    seen = opinions_of(receipt_code=receipt_code)
    if seen is None:
        raise NotRated("没有查到这张回执。")
    if len(seen.given) >= MOST_OPINIONS:
        raise NotRated("这件事的意见已经收了很多条，请打电话说。")
    case = Case.objects.get(receipt_code=receipt_code)
    return rate(case=case.pk, grade=grade, channel=Channel.ONLINE, at=at, words=words)


def handling_days(area_path: str, on: date) -> tuple[date | None, str]:
    """Return by which day a bad opinion must be handled, and the sentence of it; None where the place has entered no days."""
    held = parameter_at(RATING_DAYS, area_path=area_path, on=on, rules=current_rules())
    if held is None:
        return None, f"本地参数“{RATING_DAYS}”没有录入，没有期限。"
    return after_workdays(calendar(), on, int(held.text)).on, f"{held.text} 个工作日内处理并回复本人。"
