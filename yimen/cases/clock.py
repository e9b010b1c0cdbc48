"""
Deadlines (时限): pure. The limits of a policy, the events of a case and the calendar give each stage's due date, explained.

Nothing is stored here: a due date is the same function of the same events on every day. A limit is extended only for a
cause that the policy lists, and only to the days that its article gives. Nothing suspends one: the public posting runs
inside it, and papers are completed before acceptance (民发〔2021〕57号第10条、第19条、第22条).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from yimen.office.calendar import Calendar, Due, after_days, after_workdays
from yimen.policies.model import EVENTS, Event, TimeLimit

DECIDED: Event = "决定"


class NotExtended(Exception):
    """A limit cannot be extended for this cause; the sentence says for which it can."""


@dataclass(frozen=True)
class Happened:
    """One event, as the policies' time limits call it, and the day it counts from."""

    event: Event
    on: date


@dataclass(frozen=True)
class Extension:
    """An extension: for which cause, on which day, approved by whom."""

    cause: str
    on: date
    approved_by: str = ""


@dataclass(frozen=True)
class Deadline:
    """One stage: from when, due when, done when (None: not yet), and how the date was reckoned, line by line."""

    stage: str
    basis: str
    starts_on: date
    due: Due
    done_on: date | None
    lines: tuple[str, ...]

    def is_late(self, on: date) -> bool:
        """Say whether the stage was or is past its date."""
        return (self.done_on or on) > self.due.on


def deadlines(
    limits: Sequence[TimeLimit],
    events: Collection[Happened],
    calendar: Calendar,
    *,
    extensions: Collection[Extension] = (),
    true_parameters: Collection[str] = frozenset(),
) -> list[Deadline]:
    """
    Return the stages that have begun, in the order they fall due.

    Events of one day count alike in any order. Between the same two events the limit of a local parameter that is true
    takes the place of the plain one, and an extension moves its date, never forward.
    """
    stages: dict[tuple[str, str], list[TimeLimit]] = {}
    for limit in limits:
        # Without its two ends a limit is for people to read.
        if limit.starts and limit.ends and (not limit.when or limit.when in true_parameters):
            stages.setdefault((limit.starts, limit.ends), []).append(limit)
    found = (_deadline(rivals, events, calendar, extensions) for rivals in stages.values())
    return sorted((one for one in found if one), key=lambda one: (one.due.on, one.stage))


def next_due(found: Sequence[Deadline]) -> Deadline | None:
    """Return the stage that falls due first among those not done, or None."""
    return next((one for one in found if one.done_on is None), None)


def check_cause(limits: Sequence[TimeLimit], cause: str) -> TimeLimit:
    """Return the limit that a cause extends to. Raises NotExtended, in words."""
    for limit in limits:
        if cause in limit.causes:
            return limit
    listed = "、".join(dict.fromkeys(one for limit in limits for one in limit.causes))
    raise NotExtended(
        f"“{cause}”不是可以延长的情形。{'可以延长的只有：' + listed + '。' if listed else '这项政策的期限不能延长。'}"
    )


def _deadline(
    rivals: Sequence[TimeLimit], events: Collection[Happened], calendar: Calendar, extensions: Collection[Extension]
) -> Deadline | None:
    plain = max((one for one in rivals if not one.causes), key=lambda one: (bool(one.when), one.when), default=None)
    period = _period(plain, events) if plain else None
    if plain is None or period is None:
        return None
    starts_on, done_on = period
    limit, due = plain, _due(calendar, starts_on, plain)
    lines = [_line(plain), *due.lines]
    for longer in sorted((one for one in rivals if one.causes), key=lambda one: (one.days, one.stage)):
        granted = [one for one in extensions if one.cause in longer.causes]
        if granted:
            lines += [_extended(one, due) for one in sorted(granted, key=lambda one: (one.on, one.cause, one.approved_by))]
            limit, due = longer, max(due, _due(calendar, starts_on, longer), key=lambda one: one.on)
            lines += [_line(longer), *due.lines]
    return Deadline(limit.stage, limit.basis, starts_on, due, done_on, tuple(lines))


def _period(limit: TimeLimit, events: Collection[Happened]) -> tuple[date, date | None] | None:
    """
    Return from when a stage counts and when it ended: asked again before it was answered, it still counts from the first.

    A decision ends whatever was to happen before it, so that a step nobody wrote down does not stay due for ever.
    """
    closing = {limit.ends} | ({DECIDED} if _comes_before(limit.ends, DECIDED) else set())
    starts = sorted(one.on for one in events if one.event == limit.starts)
    ends = sorted(one.on for one in events if one.event in closing)
    if not starts:
        return None
    unanswered = [day for day in starts if not ends or ends[-1] < day]
    if unanswered:
        return unanswered[0], None
    return starts[-1], min(day for day in ends if day >= starts[-1])


def _comes_before(event: str, other: Event) -> bool:
    return event in EVENTS[: EVENTS.index(other)]


def _due(calendar: Calendar, starts_on: date, limit: TimeLimit) -> Due:
    return (after_workdays if limit.working else after_days)(calendar, starts_on, limit.days)


def _line(limit: TimeLimit) -> str:
    kind = "个工作日" if limit.working else "天"
    return f"{limit.stage}：从“{limit.starts}”到“{limit.ends}”，{limit.days} {kind}（{limit.basis}）"


def _extended(one: Extension, due: Due) -> str:
    approved = f"，{one.approved_by}同意" if one.approved_by else ""
    late = f"；延长时原来的期限 {due.on} 已过" if one.on > due.on else ""
    return f"{one.on} 因“{one.cause}”延长{approved}{late}"
