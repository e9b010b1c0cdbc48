"""
The keys and what they do: seal, unseal, blind indexes, pseudonyms. Entered through `vault`.

Stored form of a sealed value: version, algorithm, key id, 12-byte nonce, ciphertext and tag.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = 1
ALGORITHMS = {"AES-256-GCM": 1}
NONCE_BYTES = 12
HEAD_BYTES = 4
INDEX_BYTES = 16


class VaultError(Exception):
    """A value cannot be opened, or the keys are missing or another county's."""


@dataclass(frozen=True)
class Keyring:
    """The keys of this county: data keys by number, and one key each for indexes and pseudonyms."""

    current: int
    data: dict[int, bytes]
    index: bytes
    pseudonym: bytes

    def check_value(self) -> str:
        """Return what the database keeps to recognise these keys; it reveals none of them."""
        return hmac.new(self.index, b"yimen key check", hashlib.sha256).hexdigest()


def _keyring_path() -> Path:
    return Path(settings.YIMEN_KEYS) / "keyring.json"


def make_keyring() -> bool:
    """Make the keys once; two first starts cannot make two. Return False if they were there already."""
    path = _keyring_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        return False
    fresh = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("1", "index", "pseudonym")}
    text = json.dumps({"current": 1, "data": {"1": fresh["1"]}, "index": fresh["index"], "pseudonym": fresh["pseudonym"]})
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    keyring.cache_clear()
    return True


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    """Read the keys. Raises VaultError, in words, if the file is missing."""
    path = _keyring_path()
    try:
        held = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise VaultError(f"找不到密钥文件 {path}。请把备份的密钥放回此处；没有密钥，姓名和证件号码无法读出。") from None
    data = {int(number): base64.b64decode(key) for number, key in held["data"].items()}
    return Keyring(int(held["current"]), data, base64.b64decode(held["index"]), base64.b64decode(held["pseudonym"]))


@lru_cache(maxsize=16)
def _cipher(number: int) -> AESGCM:
    try:
        return AESGCM(keyring().data[number])
    except KeyError:
        raise VaultError(f"密钥 {number} 号不在密钥文件里，用它加密的内容无法读出。请恢复旧密钥。") from None


def seal(text: str, *, place: str) -> bytes:
    """Encrypt a text for one place ("table.column.row")."""
    number = keyring().current
    head = bytes((VERSION, ALGORITHMS["AES-256-GCM"])) + number.to_bytes(2, "big")
    nonce = os.urandom(NONCE_BYTES)
    return head + nonce + _cipher(number).encrypt(nonce, text.encode(), head + place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    """Decrypt what was sealed for exactly this place. Raises VaultError if it was moved or changed."""
    head, nonce, body = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        return _cipher(int.from_bytes(head[2:4], "big")).decrypt(nonce, body, head + place.encode()).decode()
    except InvalidTag:
        raise VaultError(f"加密内容与所在位置不符（{place.rsplit('.', 1)[0]}），可能被移动或改动过。") from None


def blind_index(kind: str, value: str) -> str:
    """Return the keyed index of a value for exact look-up; each kind of value has a key of its own."""
    return hmac.new(_index_key(kind), value.encode(), hashlib.sha256).hexdigest()[: INDEX_BYTES * 2]


def narrow_index(kind: str, value: str) -> int:
    """Return a 24-bit keyed index, ambiguous on purpose: a hit must be checked again after decryption."""
    return int.from_bytes(hmac.digest(_index_key(kind), value.encode(), "sha256")[:3], "big")


@lru_cache(maxsize=32)
def _index_key(kind: str) -> bytes:
    return hmac.digest(keyring().index, kind.encode(), "sha256")


def pseudonym(subject: object) -> str:
    """Return the name under which the audit knows a subject, so that the audit is no roster."""
    return hmac.new(keyring().pseudonym, str(subject).encode(), hashlib.sha256).hexdigest()[:24]


def seal_chunks(chunks: Iterable[bytes], *, place: str) -> Iterator[bytes]:
    """
    Encrypt a stream for one place, chunk by chunk: a head, then each chunk as length, ciphertext and tag.

    Each chunk is bound to its number and to being the last or not, so that none can be left out, moved or cut off.
    """
    number, prefix = keyring().current, os.urandom(8)
    head = bytes((VERSION, ALGORITHMS["AES-256-GCM"])) + number.to_bytes(2, "big") + prefix
    yield head
    for index, (chunk, last) in enumerate(_marking_last(chunks)):
        bound = head + place.encode() + index.to_bytes(4, "big") + bytes((last,))
        sealed = _cipher(number).encrypt(prefix + index.to_bytes(4, "big"), chunk, bound)
        yield len(sealed).to_bytes(4, "big") + sealed


def unseal_chunks(file: IO[bytes], *, place: str) -> Iterator[bytes]:
    """Decrypt what `seal_chunks` wrote. Raises VaultError if anything was changed, moved or cut off."""
    head = file.read(12)
    number, prefix, index = int.from_bytes(head[2:4], "big"), head[4:12], 0
    length = file.read(4)
    while length:
        sealed, following = file.read(int.from_bytes(length, "big")), file.read(4)
        bound = head + place.encode() + index.to_bytes(4, "big") + bytes((not following,))
        try:
            yield _cipher(number).decrypt(prefix + index.to_bytes(4, "big"), sealed, bound)
        except InvalidTag:
            raise VaultError("加密文件被改动、移动或截断过，不能打开。") from None
        length, index = following, index + 1
    if index == 0:
        raise VaultError("加密文件被截断过，不能打开。")


def _marking_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    held: bytes | None = None
    for chunk in chunks:
        if held is not None:
            yield held, False
        held = chunk
    yield held or b"", True
