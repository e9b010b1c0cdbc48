"""
Packing a venue (打场所包): everything with which it runs by itself for a while, signed, ending by itself, sealed for one machine.

The first package of a machine is sealed under a code that is told once, apart from it, and brings the machine's token and key;
those after it are sealed under that key. From its first day on the venue's numbers are the machine's. Nobody's second factor
travels: each binds one at the machine, so that a stolen machine opens nothing at the centre.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate, localtime

from yimen.hall.cards import KEY as CARD_KEY
from yimen.hall.devices import add_device
from yimen.hall.leasing import KEY as ROSTER_KEY
from yimen.hall.models import Device, Node, Ticket, Venue
from yimen.hall.nodes import NotAlone, beyond, running_node, take_back
from yimen.hall.sealed import PACKAGE, closed, key_of_code, new_opening_code
from yimen.hall.set_up import packed
from yimen.hall.words import DeviceKind
from yimen.office import audit
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.office.vault import derived_key, signing_key

KEY = "venue package"
FORMAT = 1
SHORTEST, USUAL, LONGEST = 1, 14, 60


@dataclass(frozen=True)
class Packed:
    """A package as it leaves the centre: its content, for which machine, and the code that opens it ("": the machine's key)."""

    node: Node
    content: bytes
    code: str


@transaction.atomic
def pack_venue(
    *,
    venue: Venue,
    first_day: date,
    days: int,
    centre: str,
    by: Staff | None,
    at: datetime,
    new_machine: bool = False,
    also: Sequence[str] = (),
) -> Packed:
    """
    Pack a venue for a machine of its own (打场所包), valid for so many days; the first time its numbers go over to the machine.

    `also` are the user names of people of other places who work there, too. With `new_machine` the one before is taken back now,
    as broken or lost, and a new one begins. Raises NotAlone, NotAllowed.
    """
    require("hall.manage", area_path=venue.service_point.area.path)
    if not SHORTEST <= days <= LONGEST:
        raise NotAlone(f"场所包的有效期是 {SHORTEST} 到 {LONGEST} 天。")
    Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    node = running_node(venue)
    if node is not None and also:
        node.also = sorted({*node.also, *also})
        node.save(update_fields=["also"])
    if node is not None and not new_machine:
        return Packed(node, _renewed(node, days=days, centre=centre, at=at), "")
    numbers: Mapping[str, int] = {}
    if node is not None:
        numbers = beyond(venue, first_day) if first_day == localdate(at) else {}
        take_back(venue=venue, now=True, reason="换了一台机器", by=by, at=at)
    else:
        _refuse_day(venue, first_day, localdate(at))
    known = sorted({*(node.also if node else ()), *also})
    return _first(venue, first_day, numbers, known, days=days, centre=centre, by=by, at=at)


def _refuse_day(venue: Venue, first_day: date, today: date) -> None:
    if first_day < today:
        raise NotAlone("单机只能从今天或以后的一天起发号。")
    if Ticket.objects.filter(venue=venue, day=first_day).exists():
        raise NotAlone(f"{venue}在这一天中心已经发过号。一天的号只能一边发：请从明天起（--from）。")
    if Node.objects.filter(venue=venue, ended_at=None, last_day__gte=first_day).exists():
        raise NotAlone("这一天还归上一台机器发号，请从它的最后一天以后起。")


def _first(
    venue: Venue,
    first_day: date,
    numbers: Mapping[str, int],
    also: Sequence[str],
    *,
    days: int,
    centre: str,
    by: Staff | None,
    at: datetime,
) -> Packed:
    name = f"单机 {localtime(at):%m-%d %H:%M:%S}"
    device, token = add_device(venue=venue, kind=DeviceKind.NODE, name=name, by=by, at=at)
    node: Node = Node.objects.create(
        venue=venue,
        device=device,
        first_day=first_day,
        made_at=at,
        made_by=by,
        also=list(also),
        valid_until=at + timedelta(days=days),
    )
    code = new_opening_code()
    own = {"token": token, "key": base64.b64encode(node_key(node)).decode(), "numbers": dict(numbers)}
    content = _made(node, key_of_code(code), "code", days=days, centre=centre, at=at, **own)
    return Packed(node, content, code)


def _renewed(node: Node, *, days: int, centre: str, at: datetime) -> bytes:
    return _made(node, node_key(node), "node", days=days, centre=centre, at=at)


def _made(node: Node, lock: bytes, opened_by: str, *, days: int, centre: str, at: datetime, **own: Any) -> bytes:
    node.package, node.valid_until = node.package + 1, at + timedelta(days=days)
    node.save(update_fields=["package", "valid_until"])
    venue = node.venue
    told = {
        "format": FORMAT,
        "node": {
            "id": node.pk.hex,
            "first_day": node.first_day.isoformat(),
            "last_day": node.last_day.isoformat() if node.last_day else None,
            "package": node.package,
            "valid_until": node.valid_until.isoformat(),
            "made_at": at.isoformat(),
            "dealt_with": node.dealt_with,
        },
        "venue": venue.code,
        "centre": centre,
        "keys": {name: _public(kind) for name, kind in (("roster", ROSTER_KEY), ("card", CARD_KEY), ("package", KEY))},
        "rows": packed(venue, on=localdate(at), also=node.also),
    }
    body = json.dumps(told | own, ensure_ascii=False).encode()
    audit.write(action="node.pack", at=at, venue=venue.code, node=node.pk.hex, package=node.package)
    head = {"venue": venue.code, "node": node.pk.hex, "package": node.package, "opened_by": opened_by}
    return closed(PACKAGE, signing_key(KEY).sign(body) + body, key=lock, head=head)


def _public(kind: str) -> str:
    return base64.b64encode(signing_key(kind).public_key().public_bytes_raw()).decode()


def node_key(node: Node) -> bytes:
    """Return the key between the centre and one machine; at the centre it lies nowhere."""
    return derived_key("node", node.pk.hex)


@transaction.atomic
def package_for(*, device: Device, at: datetime) -> bytes:
    """Return a fresh package for the machine that asks by its token (自己来取). Raises NotAlone once it was taken back."""
    node = Node.objects.filter(device=device).select_related("venue__service_point__area").first()
    if node is None or node.ended_at is not None:
        raise NotAlone("中心已经把这个大厅收回去了，不再给场所包。")
    days = max((node.valid_until - at).days, USUAL)
    return _renewed(node, days=days, centre="", at=at)
