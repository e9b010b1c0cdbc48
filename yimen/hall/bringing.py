"""
Bringing in what a venue told (接收场所记录): kept as it came, then entered in the order it was told there.

It may come twice, in parts, in any order, over the network or on a stick: what is entered is always the same, because nothing is
entered before everything the machine told earlier. What does not agree goes to a person and holds back its own affair alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from yimen.hall.entering import Entering, NotEntered
from yimen.hall.models import Card, Device, Disagreement, Event, Node
from yimen.hall.nodes import hand_the_hall_on
from yimen.hall.telling import TABLES
from yimen.hall.telling_words import told_by
from yimen.hall.words import CardState, Method, Mismatch, Settling
from yimen.office import audit, work
from yimen.office.access import System, scope
from yimen.office.models import Staff

# So short a transaction keeps nobody waiting who calls in another hall.
AT_ONCE = 50
MOST_GAPS = 5
CHECK = "hall.check_listed"


class NotBrought(Exception):
    """What came is not taken, nothing of it; the sentence says why."""


@dataclass(frozen=True)
class Received:
    """
    How far the centre has come with a machine: up to which number everything was dealt with, which ones lack beyond it, how many
    do not agree; and up to which day its numbers are its own.
    """

    dealt_with: int
    missing: Sequence[tuple[int, int]]
    unsettled: int
    last_day: str
    ended: bool


def node_of(device: Device) -> Node:
    """Return the machine that comes in by a device's token. Raises NotBrought."""
    node = Node.objects.filter(device=device).first()
    if node is None:
        raise NotBrought("这个令牌不是单机的。")
    return node


def receive(*, node: Node, told: Iterable[Mapping[str, Any]], at: datetime) -> Received:
    """
    Keep what a machine told, and enter what is now complete (收下场所记录). Twice it is the same.

    Raises NotBrought if two different things came under one number: then one of two machines, or an old backup, is telling.
    """
    with scope(System("node"), "收场所记录"):
        forked = _keep(node, [_event(node, one, at) for one in told], at)
        if forked is not None:
            why = "这台机器可能是用旧备份恢复的，或有两台在用同一个包：请到中心看“单机”页。"
            raise NotBrought(f"第 {forked} 条和以前收到的不是同一条，整份没有收。{why}")
        while _enter_some(node, at):
            pass
        _check_soon(node, at)
    node.refresh_from_db()
    return received(node)


def received(node: Node) -> Received:
    """Return how far the centre has come with a machine."""
    return Received(
        dealt_with=node.dealt_with,
        missing=_gaps(node),
        unsettled=Disagreement.objects.filter(node=node, settled_at=None).count(),
        last_day=node.last_day.isoformat() if node.last_day else "",
        ended=node.ended_at is not None,
    )


def _gaps(node: Node) -> list[tuple[int, int]]:
    """Return the first spans of numbers that have not come though later ones have."""
    gaps, expected = [], node.dealt_with + 1
    later = Event.objects.filter(node=node, sequence__gt=node.dealt_with).order_by("sequence")
    for sequence in later.values_list("sequence", flat=True).iterator():
        if sequence > expected:
            gaps.append((expected, sequence - 1))
            if len(gaps) == MOST_GAPS:
                break
        expected = sequence + 1
    return gaps


def _event(node: Node, told: Mapping[str, Any], at: datetime) -> Event:
    try:
        event = Event(
            id=UUID(str(told["id"])),
            node=node,
            sequence=int(told["sequence"]),
            table=str(told["table"]),
            row=str(told["row"])[:36],
            about=str(told["about"])[:60],
            is_new=bool(told["is_new"]),
            changes=dict(told["changes"]),
            at=datetime.fromisoformat(str(told["at"])),
            arrived_at=at,
        )
    except (KeyError, TypeError, ValueError):
        raise NotBrought("送来的记录格式不对，没有收。两边的程序可能不是同一版。") from None
    if event.table not in TABLES or event.sequence < 1:
        raise NotBrought(f"中心的程序不认得“{event.table[:40]}”，没有收。请先把中心升级到和大厅同一版。")
    return event


@transaction.atomic
def _keep(node: Node, events: Sequence[Event], at: datetime) -> int | None:
    """Keep what is new; return the number under which something else is kept already, and then keep nothing."""
    Node.objects.select_for_update(of=("self",)).get(pk=node.pk)
    Node.objects.filter(pk=node.pk).update(heard_at=at)
    held = {one.sequence: one for one in Event.objects.filter(node=node, sequence__in=[one.sequence for one in events])}
    fresh: dict[int, Event] = {}
    for one in sorted(events, key=lambda one: one.sequence):
        same = held.get(one.sequence) or fresh.setdefault(one.sequence, one)
        if same.pk != one.pk:
            _note_fork(node, held.get(one.sequence), one, at)
            return one.sequence
    Event.objects.bulk_create(fresh.values())
    return None


def _note_fork(node: Node, held: Event | None, other: Event, at: datetime) -> None:
    if held is not None:
        _disagree(node, held, Mismatch.FORKED, there=told_by(other), here=told_by(held), about=f"event:{held.sequence}", at=at)


@transaction.atomic
def _enter_some(node: Node, at: datetime) -> bool:
    """Enter the next events that are complete; return False if there were none."""
    now = Node.objects.select_for_update(of=("self",)).get(pk=node.pk)
    entering = Entering(now, at)
    held, last = held_back(now), now.dealt_with
    if not last:
        hand_the_hall_on(now)
    for event in Event.objects.filter(node=now, sequence__gt=last).order_by("sequence")[:AT_ONCE]:
        if event.sequence != last + 1:
            break
        if event.about not in held and not _enter_or_note(entering, event):
            held.add(event.about)
        last = event.sequence
    if last == now.dealt_with:
        return False
    Node.objects.filter(pk=now.pk).update(dealt_with=last)
    return True


def held_back(node: Node) -> set[str]:
    """Return of which affairs nothing is entered: a person has yet to settle them, or has left them to the record."""
    waits = Q(settled_at=None) | Q(settling=Settling.RECORD)
    return set(Disagreement.objects.filter(waits, node=node, holds=True).values_list("about", flat=True))


def _enter_or_note(entering: Entering, event: Event) -> bool:
    """Enter an event and return True, or note what does not agree and hold its affair back."""
    try:
        enter(entering, event)
    except NotEntered as problem:
        _disagree(entering.node, event, problem.kind, here=problem.here, about=event.about, at=entering.at, holds=True)
        return False
    return True


def enter(entering: Entering, event: Event) -> None:
    """Enter an event, and note what a person has to look at all the same. Raises NotEntered."""
    people = entering.enter(event)
    for name in entering.strangers:
        _note_stranger(entering, event, name)
    for staff in people:
        if not staff.username.endswith(f"@{entering.venue.code}") and not entering.was_at_work(staff, event.at):
            _note_staff(entering, event, staff)
    if event.table == "hall.recognition" and event.is_new and event.changes["method"] == Method.CARD:
        _note_card(entering, event)


def _disagree(
    node: Node,
    event: Event,
    kind: Mismatch,
    *,
    here: str,
    about: str,
    at: datetime,
    there: str = "",
    holds: bool = False,
    unknown: str = "",
) -> None:
    """Write a disagreement down, once for each affair."""
    if not Disagreement.objects.filter(node=node, kind=kind, about=about, event=event).exists():
        told = {"there": there[:300], "here": here[:300], "holds": holds, "unknown": unknown[:60], "found_at": at}
        Disagreement.objects.get_or_create(node=node, kind=kind, about=about, settled_at=None, defaults=told | {"event": event})


def _note_stranger(entering: Entering, event: Event, name: str) -> None:
    """Note an account made on the machine, once: what it did was entered under its name there."""
    about = f"stranger:{name}"
    if not Disagreement.objects.filter(node=entering.node, kind=Mismatch.STRANGER, about=about).exists():
        here = f"中心没有账号“{name}”。它办的已经照原名记上；请定是谁，以后的就记在他名下。"
        _disagree(entering.node, event, Mismatch.STRANGER, here=here, about=about, at=entering.at, unknown=name)


def _note_staff(entering: Entering, event: Event, staff: Staff) -> None:
    about = f"staff:{staff.username}:{localdate(event.at)}"
    if not Disagreement.objects.filter(node=entering.node, kind=Mismatch.STAFF, about=about).exists():
        why = "那一天在这里没有大厅的岗位" if staff.is_active else "已经停用"
        here = f"{staff.name}（{staff.username}）{why}；那天办的都已记上。"
        _disagree(entering.node, event, Mismatch.STAFF, here=here, about=about, at=entering.at)


def _note_card(entering: Entering, event: Event) -> None:
    """Note where somebody was served first by a card that was void by then."""
    serial = str(event.changes["evidence"]).removeprefix("卡 ")
    with scope(System("node"), "核对优先服务卡"):
        card = Card.objects.filter(serial=serial).first()
    shown = datetime.fromisoformat(event.changes["at"] + "+00:00")
    if card is not None and (card.state == CardState.LIVE or (card.ended_at is not None and card.ended_at > shown)):
        return
    here = "中心没有发过这张卡。" if card is None else f"卡 {card.number} {card.get_state_display()}：{card.reason}。"
    _disagree(entering.node, event, Mismatch.CARD, here=here, about=event.about, at=entering.at)


def _check_soon(node: Node, at: datetime) -> None:
    """Let whoever was recognised by a leased roster be looked up on the list, behind."""
    fresh = Event.objects.filter(node=node, table="hall.recognition", is_new=True, sequence__gt=node.checked)
    if fresh.exists():
        work.enqueue(CHECK, arguments={"node": node.pk.hex}, by=None, at=at, once=True)


def note_unlisted(*, node: Node, event: Event, at: datetime) -> None:
    """Note that somebody recognised by a leased roster is not on the list of that day any more."""
    here = "按中心现在的名单，这个人当天已经不在优先名单上；名册是更早做的。"
    _disagree(node, event, Mismatch.LISTED, here=here, about=event.about, at=at)
    audit.write(action="node.unlisted", at=at, node=node.pk.hex, event=event.pk.hex)
