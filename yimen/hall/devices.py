"""
Devices (设备): machines let into one hall, by a token for programs or a pairing for a browser, and shut out again.

A device is nobody of the staff. It may do in its own venue what its kind is for, and sees no person; the call box of a window
acts for whoever opened that window.
"""

import hashlib
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yimen.hall.models import Device, Venue, Window
from yimen.hall.words import DeviceKind
from yimen.office import audit
from yimen.office.access import Machine, require, scope
from yimen.office.models import Staff

PREFIX = "yimen_device_"
# Without what is easily taken for another letter or digit.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LETTERS, CODE_LIVES = 8, timedelta(minutes=15)
# When it was last seen is written down once a minute, not at every request.
SEEN_EVERY = timedelta(minutes=1)
# A hall has a kiosk, a reader and a desk or two; those let in at the hall itself are not known at the centre.
LEAST_MACHINES = 4
MAY: Mapping[str, frozenset[str]] = {
    DeviceKind.KIOSK: frozenset({"hall.ticket"}),
    DeviceKind.READER: frozenset({"hall.ticket"}),
    DeviceKind.WINDOW: frozenset(),
    DeviceKind.SCREEN: frozenset(),
    DeviceKind.PAD: frozenset(),
    DeviceKind.NODE: frozenset({"hall.ticket"}),
}


class NotAdded(Exception):
    """A device cannot be added or changed like this; the sentence says why."""


class NotPaired(Exception):
    """A pairing code opens nothing, or no more."""


@transaction.atomic
def add_device(
    *, venue: Venue, kind: DeviceKind, name: str, by: Staff | None, at: datetime, window: Window | None = None
) -> tuple[Device, str]:
    """Let a machine into a venue (添设备) and return it with its token, which is told only now. Raises NotAdded, NotAllowed."""
    require("hall.manage", area_path=venue.service_point.area.path)
    if not name.strip():
        raise NotAdded("请写设备叫什么，例如“进门右手取号机”。")
    if kind == DeviceKind.WINDOW and window is None:
        raise NotAdded("窗口呼叫器要选它在哪个窗口。")
    if window is not None and window.venue_id != venue.pk:
        raise NotAdded("这个窗口不是本场所的。")
    token = _new_token()
    try:
        with transaction.atomic():
            device = Device.objects.create(
                venue=venue, kind=kind, name=name.strip()[:30], window=window, token_hash=_hash(token), made_by=by, made_at=at
            )
    except IntegrityError:
        raise NotAdded(f"本场所已经有叫“{name.strip()[:30]}”的设备，请换一个名字。") from None
    audit.write(action="device.add", at=at, venue=venue.code, kind=kind, device=device.pk.hex)
    return device, token


@transaction.atomic
def renew_device(*, device_id: uuid.UUID, by: Staff | None, at: datetime) -> str:
    """Give a device another token; the old one and its pairing open nothing from now on. Raises NotAdded, NotAllowed."""
    device = _managed(device_id)
    token = _new_token()
    device.token_hash, device.seal, device.code_hash = _hash(token), "", ""
    device.save(update_fields=["token_hash", "seal", "code_hash"])
    audit.write(action="device.renew", at=at, venue=device.venue.code, device=device.pk.hex)
    return token


@transaction.atomic
def revoke_device(*, device_id: uuid.UUID, by: Staff | None, at: datetime) -> Device:
    """Shut a device out from its next request on (停用). Raises NotAdded, NotAllowed."""
    device = _managed(device_id)
    device.revoked_at, device.revoked_by, device.seal, device.code_hash = at, by, "", ""
    device.save(update_fields=["revoked_at", "revoked_by", "seal", "code_hash"])
    audit.write(action="device.revoke", at=at, venue=device.venue.code, device=device.pk.hex)
    return device


@transaction.atomic
def pairing_code(*, device_id: uuid.UUID, at: datetime) -> str:
    """Return a code that pairs a browser with a device once, within 15 minutes (配对码). Raises NotAdded, NotAllowed."""
    device = _managed(device_id)
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
    device.code_hash, device.code_until = _hash(code), at + CODE_LIVES
    device.save(update_fields=["code_hash", "code_until"])
    audit.write(action="device.pairing_code", at=at, venue=device.venue.code, device=device.pk.hex)
    return code


@transaction.atomic
def pair(*, venue: Venue, code: str, at: datetime) -> Device:
    """Pair a browser with the device of a code (配对); its `seal` is what the browser keeps. Raises NotPaired."""
    given = _hash("".join(letter for letter in code.upper() if letter in LETTERS))
    held = Device.objects.select_for_update(of=("self",)).filter(
        venue=venue, code_hash=given, code_until__gte=at, revoked_at=None
    )
    device = held.select_related("venue__service_point__area").first()
    if device is None:
        raise NotPaired("配对码不对、已经用过，或过了 15 分钟。请大厅主任在“设备”页上再取一个。")
    device.seal, device.code_hash, device.paired_at, device.seen_at = secrets.token_hex(16), "", at, at
    device.save(update_fields=["seal", "code_hash", "paired_at", "seen_at"])
    with device_scope(device, "设备配对"):
        audit.write(action="device.pair", at=at, venue=venue.code, device=device.pk.hex)
    return device


def device_of(*, token: str, at: datetime) -> Device | None:
    """Return the device that holds this token, or None for one that opens nothing."""
    return _seen(Device.objects.filter(token_hash=_hash(token)), at) if token.startswith(PREFIX) else None


def paired_device(*, device_id: str, seal: str, at: datetime) -> Device | None:
    """Return the device whose browser holds this seal, or None for one that opens nothing."""
    try:
        key = uuid.UUID(device_id)
    except ValueError:
        return None
    return _seen(Device.objects.filter(pk=key, seal=seal), at) if seal else None


@contextmanager
def device_scope(device: Device, purpose: str, *, address: str = "") -> Iterator[None]:
    """Open the scope of a device: its venue's place, and what its kind may do."""
    who = Machine(f"{device.kind}:{device.pk.hex[:12]}", device.venue.service_point.area.path, MAY[device.kind])
    with scope(who, purpose, address=address):
        yield


def _seen(rows: QuerySet[Device], at: datetime) -> Device | None:
    device = rows.filter(revoked_at=None).select_related("venue__service_point__area", "window__staff", "window__profile").first()
    if device is not None and (device.seen_at is None or at - device.seen_at >= SEEN_EVERY):
        Device.objects.filter(pk=device.pk).update(seen_at=at)
    return device


def _managed(device_id: uuid.UUID) -> Device:
    device = Device.objects.select_for_update(of=("self",)).select_related("venue__service_point__area").get(pk=device_id)
    require("hall.manage", area_path=device.venue.service_point.area.path)
    if device.revoked_at is not None:
        raise NotAdded(f"“{device}”已经停用。要再用，请另添一台。")
    return device


def machines_behind(device: Device) -> int:
    """Return for how many machines a device may ask: that of a hall that runs by itself asks for all of its hall."""
    if device.kind != DeviceKind.NODE:
        return 1
    known = Device.objects.filter(venue=device.venue_id, kind__in=(DeviceKind.KIOSK, DeviceKind.READER), revoked_at=None)
    return max(known.count(), LEAST_MACHINES)


def devices_of(venue: Venue) -> list[Device]:
    """Return the devices of a venue, those in use first, by name. Raises NotAllowed."""
    require("hall.manage", area_path=venue.service_point.area.path)
    rows = Device.objects.filter(venue=venue).select_related("window").order_by("kind", "name")
    return sorted(rows, key=lambda device: device.revoked_at is not None)


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    # 256 bits of chance for a token; a code lives a quarter of an hour and few tries. A plain hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()
