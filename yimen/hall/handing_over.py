"""
Handing over to the centre (交回记录): from the machine on which a venue runs by itself, over the network or on a stick.

The hall never waits for it. What the centre has is never sent again; what it lacks is sent until it has it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.timezone import localtime

from yimen.hall.bringing import NotBrought, Received, receive
from yimen.hall.installing import NotInstalled, install, own_key
from yimen.hall.models import Event, Node
from yimen.hall.nodes import node_here
from yimen.hall.offline import SHUT_OUT, Ask, CentreSilent, over_http
from yimen.hall.packing import node_key
from yimen.hall.sealed import RECORDS, NotOpened, closed, head_of, opened
from yimen.office.access import require

AT_ONCE = 200
# Nobody stands before the machine waiting for this, as they do for a recognition.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Waiting:
    """How many events the centre does not have yet, since when, and how it stands between the two."""

    number: int
    since: datetime | None
    node: Node
    # The centre let this machine not in: trying on at once would shut the door to others at the same address.
    is_shut_out: bool = False

    @property
    def words(self) -> str:
        """Say it in one sentence."""
        node = self.node
        if node.problem:
            waits = f"{self.number} 条记录等着交，从 {localtime(self.since):%m-%d %H:%M} 起" if self.since else "没有记录等着交"
            return f"{node.problem}；{waits}。取号、叫号照常。"
        if self.since:
            return f"{self.number} 条记录正在交回中心，最早的是 {localtime(self.since):%H:%M} 的。"
        return f"记录都交回中心了{f'，最近 {localtime(node.heard_at):%H:%M}' if node.heard_at else ''}。"


def waiting_here() -> Waiting | None:
    """Return what waits to be handed over on this machine; None at the centre."""
    node = node_here()
    return None if node is None else _waiting(node)


def _waiting(node: Node) -> Waiting:
    rows = Event.objects.filter(node=node, sequence__gt=node.dealt_with)
    first = rows.order_by("sequence").values_list("at", flat=True).first()
    return Waiting(rows.count(), first, node)


def hand_over(*, at: datetime, ask: Ask | None = None) -> Waiting | None:
    """Send what the centre lacks, as far as it answers (交回中心); return what still waits, None at the centre."""
    node = node_here()
    if node is None:
        return None
    ask = ask or _patient
    while True:
        events = Event.objects.filter(node=node, sequence__gt=node.dealt_with).order_by("sequence")[:AT_ONCE]
        try:
            answer = json.loads(ask("events", {"events": [_told(one) for one in events]}))
        except CentreSilent as problem:
            waiting = _not_heard(node, problem.said or "联不上中心", at)
            return replace(waiting, is_shut_out=str(problem) in SHUT_OUT)
        held = node.dealt_with
        node = _heard(node, answer, at)
        if node.problem or node.dealt_with <= held:
            return _waiting(node)


def _patient(path: str, body: dict[str, Any] | None = None) -> bytes:
    return over_http(path, body, patience=PATIENCE_SECONDS)


def _told(event: Event) -> dict[str, Any]:
    return {
        "id": event.pk.hex,
        "sequence": event.sequence,
        "table": event.table,
        "row": event.row,
        "about": event.about,
        "is_new": event.is_new,
        "changes": event.changes,
        "at": event.at.isoformat(),
    }


def _not_heard(node: Node, words: str, at: datetime) -> Waiting:
    Node.objects.filter(pk=node.pk).update(tried_at=at, problem=words[:200])
    node.refresh_from_db()
    return _waiting(node)


def _heard(node: Node, answer: dict[str, Any], at: datetime) -> Node:
    """Write down how far the centre has come, and until when the numbers are this machine's."""
    ours = Event.objects.filter(node=node).aggregate(last=Max("sequence"))["last"] or 0
    lost = answer["dealt_with"] > ours
    changes: dict[str, Any] = {"tried_at": at, "heard_at": at, "unsettled": answer["unsettled"], "problem": ""}
    if lost:
        # A backup was put back here: what is written under the same numbers now would never be sent.
        changes["problem"] = "中心收到的比这台机器上有的还多，这台机器可能是用旧备份恢复的，请找中心换一个新机器的场所包"
    else:
        changes["dealt_with"] = answer["dealt_with"]
    if answer["last_day"]:
        changes |= {"last_day": date.fromisoformat(answer["last_day"]), "reason": "中心收回"}
        changes |= {"ended_at": node.ended_at or at} if answer["ended"] else {}
    Node.objects.filter(pk=node.pk).update(**changes)
    node.refresh_from_db()
    return node


def renew(*, at: datetime, ask: Ask | None = None) -> bool:
    """Fetch a fresh package from the centre and install it (续期); return whether that was done."""
    node = node_here()
    if node is None:
        return False
    try:
        content = (ask or _patient)("package", {})
        install(content=content, venue=node.venue.code, ask_code=str, at=at)
    except (CentreSilent, NotInstalled):
        return False
    return True


def written(*, at: datetime) -> tuple[bytes, int]:
    """Return all that the centre is not known to have, for a stick, and how many events it holds (交回文件)."""
    node = node_here()
    if node is None:
        raise NotBrought("这里是中心，没有要交回的记录。在大厅的机器上写出文件，拿到这里用 take 收。")
    require("hall.ticket", area_path=node.venue.service_point.area.path)
    events = [_told(one) for one in Event.objects.filter(node=node, sequence__gt=node.dealt_with).order_by("sequence")]
    head = {"venue": node.venue.code, "node": node.pk.hex, "events": len(events), "at": at.isoformat()}
    return closed(RECORDS, json.dumps(events, ensure_ascii=False).encode(), key=own_key(), head=head), len(events)


def take_file(*, content: bytes, at: datetime) -> tuple[Node, Received]:
    """Take what a machine wrote for a stick (收交回文件). Twice it is the same. Raises NotBrought, NotAllowed."""
    try:
        head = head_of(RECORDS, content)
        node = Node.objects.filter(pk=UUID(head["node"]), is_here=False).select_related("venue__service_point__area").first()
        if node is None:
            raise NotBrought("这份记录不是本中心打过包的机器交来的。")
        require("hall.manage", area_path=node.venue.service_point.area.path)
        told: Sequence[dict[str, Any]] = json.loads(opened(RECORDS, content, key=node_key(node)))
    except (NotOpened, KeyError, ValueError) as problem:
        raise NotBrought(str(problem) if isinstance(problem, NotOpened) else "这份记录的格式不对，没有收。") from None
    return node, receive(node=node, told=told, at=at)
