"""
The steps of a ticket (号的流程): one table, and one mover that no change of a state passes by.

Every move is guarded by the state and version it was made from, so two windows never get one ticket: the second is told. The
log of periods is what every duration, replay and figure is made from.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.functions import Greatest

from yimen.hall.models import Period, Ticket, Window
from yimen.hall.nodes import not_ours
from yimen.hall.words import State
from yimen.office.access import require
from yimen.office.models import Staff


class WrongStep(Exception):
    """A ticket does not stand where this step begins, or somebody else was faster; the sentence says where it stands."""


@dataclass(frozen=True)
class Step:
    """From which states a step leads to which, and which permission it needs."""

    words: str
    come_from: tuple[State, ...]
    go_to: State
    needs: str = "hall.call"


STEPS: Mapping[str, Step] = {
    "call": Step("叫号", (State.WAITING,), State.CALLED),
    "recall": Step("重呼", (State.CALLED,), State.CALLED),
    "serve": Step("开始办理", (State.CALLED,), State.SERVING),
    "finish": Step("办结", (State.CALLED, State.SERVING), State.DONE),
    "miss": Step("过号", (State.CALLED,), State.MISSED),
    "hold": Step("挂起", (State.CALLED, State.SERVING), State.HELD),
    "resume": Step("挂起恢复，回原窗口", (State.HELD,), State.WAITING, "hall.ticket"),
    "pass_on": Step("转窗口", (State.WAITING, State.CALLED, State.SERVING, State.HELD), State.WAITING),
    "to_back": Step("转后台", (State.CALLED, State.SERVING), State.BACK_OFFICE),
    "from_back": Step("后台办好，回原窗口", (State.BACK_OFFICE,), State.WAITING, "hall.ticket"),
    "return": Step("过号重排", (State.MISSED,), State.WAITING, "hall.ticket"),
    "arrive": Step("到场", (State.WAITING,), State.WAITING, "hall.ticket"),
    "leave": Step("离开", (State.WAITING, State.CALLED, State.HELD, State.MISSED), State.LEFT, "hall.ticket"),
}


def move(
    ticket: Ticket, name: str, *, by: Staff | None, at: datetime, window: Window | None = None, reason: str = "", **changes: Any
) -> Ticket:
    """
    Take one step with a ticket as it was read, inside the caller's transaction; return it as it stands afterwards.

    `changes` are further columns (line, only_window, counts_from, calls). Raises WrongStep, NotAllowed.
    """
    step = STEPS[name]
    require(step.needs, area_path=ticket.area_path)
    if why := not_ours(ticket.venue, ticket.day):
        raise WrongStep(why)
    if ticket.state not in step.come_from:
        raise WrongStep(f"{ticket} 号现在是“{State(ticket.state).label}”，不能{step.words}。")
    fields = {"state": step.go_to, "window": window, "changed_at": max(at, ticket.changed_at), **changes}
    found = Ticket.objects.filter(pk=ticket.pk, version=ticket.version)
    if not found.update(version=ticket.version + 1, **fields):
        raise WrongStep(f"{ticket} 号刚刚被别的窗口或导办台处理了，请刷新后再看。")
    # A clock set back must not end what has not begun.
    Period.objects.filter(ticket=ticket, ends_at=None).update(ends_at=Greatest("starts_at", Value(at)))
    _log(ticket, step.go_to, name, window, by, max(at, ticket.changed_at), reason)
    moved = copy(ticket)
    for field, value in {**fields, "version": ticket.version + 1}.items():
        setattr(moved, field, value)
    return moved


def begin(ticket: Ticket, *, by: Staff | None, at: datetime) -> None:
    """Write down the first period of a ticket just taken."""
    _log(ticket, State.WAITING, "take", None, by, at, "")


def _log(ticket: Ticket, state: State, step: str, window: Window | None, by: Staff | None, at: datetime, reason: str) -> None:
    Period.objects.create(
        ticket=ticket,
        state=state,
        step=step,
        window=window,
        staff=by,
        reason=reason[:80],
        starts_at=at,
        area_path=ticket.area_path,
    )
