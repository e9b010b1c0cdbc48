"""
The leased roster (租期名册), in place of the CD: a signed file of keyed tags that expires, with its key in memory only.

File: "YMR1", length of the header, header (JSON), tags of five bytes in ascending order, an Ed25519 signature of all before it.
A tag is HMAC-SHA256 of an ID number under the lease's key: without the key the file answers to nobody, with it one bit. Tags are
filled up with chance to a round number, so that its size tells nothing. A file that is refused means an ordinary ticket and a
look at the desk, never a stop.
"""

import hmac
import json
import os
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAGIC, TAG_BYTES, SIGNATURE_BYTES, KEY_BYTES = b"YMR1", 5, 64, 32
# The number of tags is filled up to a multiple of this.
ROUND_TO = 10_000
LONGEST = timedelta(hours=72)
# Clocks of a kiosk and the centre may differ by so much.
TOLERANCE = timedelta(minutes=10)


class LeaseRefused(Exception):
    """The file is not to be trusted or no longer valid; the sentence says why."""


@dataclass(frozen=True)
class Lease:
    """What a lease says of itself: venue, sequence number, from when until when, how many tags; and what knows its key again."""

    venue: str
    sequence: int
    not_before: datetime
    not_after: datetime
    count: int
    key_check: str

    def as_json(self) -> bytes:
        """Return it as it stands in the file."""
        told = {
            "venue": self.venue,
            "sequence": self.sequence,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
            "algorithm": "HMAC-SHA256/40",
            "count": self.count,
            "key_check": self.key_check,
        }
        return json.dumps(told, sort_keys=True).encode()


def new_key() -> bytes:
    """Return a key for one lease; it is handed out online at opening time and never written down at the venue."""
    return secrets.token_bytes(KEY_BYTES)


def tag_of(key: bytes, id_number: str) -> bytes:
    """Return the tag of an ID number of 18 characters under a lease's key."""
    return hmac.digest(key, id_number.strip().upper().encode(), "sha256")[:TAG_BYTES]


def check_of(key: bytes) -> str:
    """Return what recognises a key without telling it."""
    return hmac.digest(key, b"yimen lease", "sha256")[:8].hex()


def made(
    *,
    venue: str,
    sequence: int,
    not_before: datetime,
    not_after: datetime,
    numbers: Iterable[str],
    key: bytes,
    signing_key: Ed25519PrivateKey,
) -> bytes:
    """Return the file of a lease. Raises ValueError for one longer than three days."""
    if not timedelta() < not_after - not_before <= LONGEST:
        raise ValueError("租期名册最长三天。")
    tags = {tag_of(key, number) for number in numbers}
    wanted = -(-max(len(tags), 1) // ROUND_TO) * ROUND_TO
    while len(tags) < wanted:
        tags.add(secrets.token_bytes(TAG_BYTES))
    header = Lease(venue, sequence, not_before, not_after, wanted, check_of(key)).as_json()
    body = MAGIC + len(header).to_bytes(4, "big") + header + b"".join(sorted(tags))
    return body + signing_key.sign(body)


def put(content: bytes, path: Path) -> None:
    """Replace the file of a lease at once and for good: a power cut leaves the old one or the new one."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class LeasedRoster:
    """
    A lease in use at a venue. Its key lives here and nowhere else: after a restart without the network it is gone.

    Made from a file's content. Raises LeaseRefused for another venue's, an older, changed, cut, expired or future one, and
    for a clock that stands before `last_seen_at`, the latest moment this venue has already lived through.
    """

    def __init__(
        self,
        content: bytes,
        *,
        venue: str,
        public_key: Ed25519PublicKey,
        at: datetime,
        newest_sequence: int = 0,
        last_seen_at: datetime | None = None,
    ) -> None:
        self.lease, self._tags = _read(content, public_key)
        if self.lease.venue != venue:
            raise LeaseRefused("这份名册是另一个场所的，不能用。")
        if self.lease.sequence < newest_sequence:
            raise LeaseRefused(f"这份名册（第 {self.lease.sequence} 期）比用过的（第 {newest_sequence} 期）旧，不能用。")
        self.last_seen_at = last_seen_at or self.lease.not_before
        self._key: bytes | None = None
        self.refuse_out_of_time(at)

    def refuse_out_of_time(self, at: datetime) -> None:
        """Raise LeaseRefused outside the lease, or where the clock has been set back."""
        if at < self.last_seen_at - TOLERANCE:
            raise LeaseRefused("机器的时钟比上次开机还早，请校准时钟。名册暂不使用。")
        if not self.lease.not_before - TOLERANCE <= at < self.lease.not_after:
            raise LeaseRefused(
                f"名册的租期是 {self.lease.not_before:%m-%d %H:%M} 到 {self.lease.not_after:%m-%d %H:%M}，现在不能用。"
            )
        self.last_seen_at = max(self.last_seen_at, at)

    def take_key(self, key: bytes) -> None:
        """Take the key handed out for this lease. Raises LeaseRefused for another's."""
        if not hmac.compare_digest(check_of(key), self.lease.key_check):
            raise LeaseRefused("取到的钥匙不是这份名册的，请重新联网取。")
        self._key = key

    @property
    def has_key(self) -> bool:
        """Say whether it can answer."""
        return self._key is not None

    def holds(self, id_number: str, *, at: datetime) -> bool | None:
        """Return whether an ID number is on the list; None if that cannot be told without the key. Raises LeaseRefused."""
        self.refuse_out_of_time(at)
        if self._key is None:
            return None
        tag = tag_of(self._key, id_number)
        place = bisect_left(self._tags, tag)
        return place < len(self._tags) and self._tags[place] == tag

    def mark_of(self, id_number: str) -> str:
        """Return by which entry of which lease the centre knows what was found (名册上的记号); "" without the key."""
        return f"{self.lease.sequence}:{tag_of(self._key, id_number).hex()}" if self._key is not None else ""


class _Tags(Sequence[bytes]):
    """The tags as they lie in the file, looked at without copying."""

    def __init__(self, content: bytes, start: int, count: int) -> None:
        self.content, self.start, self.number = content, start, count

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, place: int) -> bytes:  # type: ignore[override]
        first = self.start + place * TAG_BYTES
        return self.content[first : first + TAG_BYTES]


def _read(content: bytes, public_key: Ed25519PublicKey) -> tuple[Lease, _Tags]:
    body, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    try:
        public_key.verify(signature, body)
    except InvalidSignature:
        raise LeaseRefused("名册的签名不对：文件被改动、截断过，或不是本县发的。") from None
    length = int.from_bytes(body[len(MAGIC) : len(MAGIC) + 4], "big")
    start = len(MAGIC) + 4 + length
    told = json.loads(body[len(MAGIC) + 4 : start])
    lease = Lease(
        told["venue"],
        told["sequence"],
        datetime.fromisoformat(told["not_before"]),
        datetime.fromisoformat(told["not_after"]),
        told["count"],
        told["key_check"],
    )
    return lease, _Tags(body, start, lease.count)
