"""
Deadlines (时限): pure. The limits of a policy, the events of a case and the calendar give each stage's due date, explained.

Nothing is stored here: a due date is the same function of the same events on every day. An extension counts only for a
cause that the policy lists; the public posting runs inside the limits; nothing suspends a limit but what a policy lists.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yimen.office.calendar import Calendar, Due, after_days, after_workdays
from yimen.policies.model import TimeLimit

# Steps of the flow, as the time limits of a policy call them (从, 到).
EVENTS: Mapping[str, tuple[str, ...]] = {
    "accept": ("受理",),
    "investigate": ("启动调查",),
    "ask_comparison": ("提请核对",),
    "compare": ("启动核对",),
    "propose": ("初审",),
    "object": ("公示异议",),
    "submit_up": ("报送",),
    "forward": ("推送",),
    "confirm": ("决定",),
    "refuse": ("决定", "不予确认"),
    "tell": ("告知",),
    "pay": ("发放",),
}
EXTEND = "extend"


class NotExtended(Exception):
    """A limit cannot be extended for this cause; the sentence says for which it can."""


@dataclass(frozen=True)
class Happened:
    """One event: the step, the day it counts from, and for an extension its cause, article and who approved."""

    step: str
    on: date
    cause: str = ""
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

    @property
    def days_left_from(self) -> date:
        """Return the day the rest of the time is counted to."""
        return self.due.on


def deadlines(
    limits: Sequence[TimeLimit], events: Iterable[Happened], calendar: Calendar, *, true_parameters: frozenset[str] = frozenset()
) -> list[Deadline]:
    """
    Return the stages that have begun, in the order they fall due; a stage begun again counts from its last beginning.

    Events of the same day count alike in any order. A stage ends with the first end on or after its beginning.
    """
    happened = list(events)
    extended = {one.cause: one for one in sorted(happened, key=lambda one: (one.on, one.cause)) if one.step == EXTEND}
    found = []
    for limit in _in_force(limits, extended, true_parameters):
        starts_on = max((one.on for one in happened if limit.starts in EVENTS.get(one.step, ())), default=None)
        if starts_on is None:
            continue
        ends = [one.on for one in happened if limit.ends in EVENTS.get(one.step, ()) and one.on >= starts_on]
        due = (after_workdays if limit.working else after_days)(calendar, starts_on, limit.days)
        found.append(Deadline(limit.stage, limit.basis, starts_on, due, min(ends, default=None), _lines(limit, due, extended)))
    return sorted(found, key=lambda one: (one.due.on, one.stage))


def next_due(found: Sequence[Deadline]) -> Deadline | None:
    """Return the stage that falls due first among those not done, or None."""
    return next((one for one in found if one.done_on is None), None)


def check_cause(limits: Sequence[TimeLimit], cause: str) -> TimeLimit:
    """Return the limit that a cause extends to. Raises NotExtended, in words."""
    allowed = [limit for limit in limits if limit.causes]
    for limit in allowed:
        if cause in limit.causes:
            return limit
    listed = "、".join(dict.fromkeys(one for limit in allowed for one in limit.causes))
    raise NotExtended(
        f"“{cause}”不是可以延长的情形。{'可以延长的只有：' + listed + '。' if listed else '这项政策的期限不能延长。'}"
    )


def _in_force(
    limits: Sequence[TimeLimit], extended: Mapping[str, Happened], true_parameters: frozenset[str]
) -> Iterable[TimeLimit]:
    """Of several limits between the same events take the extended one, else the one of a local parameter, else the plain one."""
    chosen: dict[tuple[str, str], TimeLimit] = {}
    for limit in sorted(limits, key=lambda one: (bool(one.causes), bool(one.when))):
        if limit.causes and not set(limit.causes) & extended.keys():
            continue
        if limit.when and limit.when not in true_parameters:
            continue
        if limit.starts and limit.ends:
            chosen[limit.starts, limit.ends] = limit
    return chosen.values()


def _lines(limit: TimeLimit, due: Due, extended: Mapping[str, Happened]) -> tuple[str, ...]:
    kind = "个工作日" if limit.working else "天"
    lines = [f"{limit.stage}：从“{limit.starts}”到“{limit.ends}”，{limit.days} {kind}（{limit.basis}）", *due.lines]
    for cause in limit.causes:
        if cause in extended:
            one = extended[cause]
            lines.append(f"{one.on} 因“{cause}”延长" + (f"，{one.approved_by}同意" if one.approved_by else ""))
    return tuple(lines)
