"""
The QR of a priority-service card (优先服务卡): it proves itself, without a list and without the network.

Bytes: version, serial number (8, by chance), last valid day (2, days since 2000-01-01), salt (16), SHA-256 of salt and ID number
(its first 16), Ed25519 signature of all before (64): 107. Written as "YM1" and base32, which a QR code packs densely and which no
keyboard layout or capital lock can change. It says nothing about why, and nobody's name.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX, VERSION = "YM1", 1
SERIAL_BYTES, SALT_BYTES, BOUND_BYTES, SIGNATURE_BYTES = 8, 16, 16, 64
_WHOLE = 1 + SERIAL_BYTES + 2 + SALT_BYTES + BOUND_BYTES + SIGNATURE_BYTES
_FIRST_DAY = date(2000, 1, 1)
LIST_MAGIC = b"YMV1"


class CardRefused(Exception):
    """A card gives no priority; the sentence says why and what to do."""


@dataclass(frozen=True)
class SeenCard:
    """What a card says of itself once it has been found genuine: serial number (hex) and last valid day."""

    serial: str
    expires_on: date


def qr_text(*, serial: str, expires_on: date, salt: bytes, id_number: str, signing_key: Ed25519PrivateKey) -> str:
    """Return the text of a card's QR, bound to one ID number of 18 characters."""
    days = (expires_on - _FIRST_DAY).days.to_bytes(2, "big")
    body = bytes((VERSION,)) + bytes.fromhex(serial) + days + salt + _bound(salt, id_number)
    return PREFIX + base64.b32encode(body + signing_key.sign(body)).decode().rstrip("=")


def seen(text: str, *, id_number: str, public_key: Ed25519PublicKey, on: date, revoked: Collection[str] = ()) -> SeenCard:
    """Check a card together with the ID card of its owner. Raises CardRefused."""
    content = _content(text)
    body, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    try:
        public_key.verify(signature, body)
    except InvalidSignature:
        raise CardRefused("这张卡不是本地发的，或二维码被改动过，不能用。请到导办台。") from None
    serial, rest = body[1 : 1 + SERIAL_BYTES].hex(), body[1 + SERIAL_BYTES :]
    expires_on = _FIRST_DAY + timedelta(days=int.from_bytes(rest[:2], "big"))
    salt, bound = rest[2 : 2 + SALT_BYTES], rest[2 + SALT_BYTES :]
    if not hmac.compare_digest(bound, _bound(salt, id_number)):
        raise CardRefused("这张优先服务卡和这张身份证不是同一个人的。卡只能本人用：请放本人的身份证，或到导办台。")
    if serial in revoked:
        raise CardRefused("这张优先服务卡已经注销，或补发过新卡。请用新卡，或到导办台。")
    if expires_on < on:
        raise CardRefused(f"这张优先服务卡 {expires_on:%Y-%m-%d} 到期了。请到导办台换卡，今天的事照办。")
    return SeenCard(serial, expires_on)


def _content(text: str) -> bytes:
    plain = text.strip().upper().removeprefix(PREFIX)
    try:
        content = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        content = b""
    if len(content) != _WHOLE or content[0] != VERSION:
        raise CardRefused("卡上的二维码没有读全。请把卡放平再扫一次，或到导办台。")
    return content


def _bound(salt: bytes, id_number: str) -> bytes:
    return hashlib.sha256(salt + id_number.encode()).digest()[:BOUND_BYTES]


def revocation_file(*, serials: Iterable[str], made_at: datetime, signing_key: Ed25519PrivateKey) -> bytes:
    """Return the signed list of cards that are no longer valid: their serial numbers in order, and when it was made."""
    held = sorted(set(serials))
    header = json.dumps({"made_at": made_at.isoformat(), "count": len(held)}, sort_keys=True).encode()
    body = LIST_MAGIC + len(header).to_bytes(4, "big") + header + b"".join(bytes.fromhex(one) for one in held)
    return body + signing_key.sign(body)


def revoked_in(content: bytes, *, public_key: Ed25519PublicKey) -> tuple[datetime, frozenset[str]]:
    """Return when a list was made and which cards stand on it. Raises CardRefused for one that was changed, cut or is foreign."""
    body, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    try:
        public_key.verify(signature, body)
    except InvalidSignature:
        raise CardRefused("注销名单的签名不对：文件被改动、截断过，或不是本地发的。") from None
    start = 8 + int.from_bytes(body[4:8], "big")
    told, serials = json.loads(body[8:start]), body[start:]
    return datetime.fromisoformat(told["made_at"]), frozenset(
        serials[place : place + SERIAL_BYTES].hex() for place in range(0, len(serials), SERIAL_BYTES)
    )
