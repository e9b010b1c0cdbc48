"""
The keys and what they do: seal, unseal, blind indexes, pseudonyms. Entered through `vault`.

Stored form of a sealed value: version, algorithm, key id, 12-byte nonce, ciphertext and tag. Each value says which algorithm
and key sealed it, so both may change while old values stay readable. The hash of the indexes is chosen once, with the keys.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.conf import settings

VERSION = 1
AES, SM4 = "AES-256-GCM", "SM4-GCM"
ALGORITHMS = {AES: 1, SM4: 2}
TAG_BYTES = 16
NONCE_BYTES = 12
HEAD_BYTES = 4
INDEX_BYTES = 16
LOOK_EVERY = 1.0
KEY_BYTES = 32


class VaultError(Exception):
    """A value cannot be opened, or the keys are missing or another county's."""


@dataclass(frozen=True)
class Keyring:
    """The keys of this county: data keys by number, and one key each for indexes and pseudonyms."""

    current: int
    data: dict[int, bytes]
    index: bytes
    pseudonym: bytes
    hash: str = "sha256"

    def check_values(self) -> set[str]:
        """Return what the database keeps to recognise the index key and each data key; it reveals none of them."""
        return {check_value(self.index), *(check_value(key) for key in self.data.values())}

    def mac(self, key: bytes, text: bytes) -> bytes:
        """Return the keyed hash of a text: HMAC with SHA-256, or with SM3 where the keys were made for it (GB/T 32905)."""
        return hmac.digest(key, text, "sha256") if self.hash == "sha256" else _hmac_sm3(key, text)


def check_value(key: bytes) -> str:
    """Return what recognises a key without revealing it."""
    return hmac.new(key, b"yimen key check", hashlib.sha256).hexdigest()


def _hmac_sm3(key: bytes, text: bytes) -> bytes:
    # Not every build of Python knows SM3; the library we ship with does. RFC 2104: blocks of 64 bytes, our keys have 32.
    block = key.ljust(64, b"\0")
    inner = _sm3(bytes(byte ^ 0x36 for byte in block) + text)
    return _sm3(bytes(byte ^ 0x5C for byte in block) + inner)


def _sm3(content: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(content)
    return digest.finalize()


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4-GCM (GB/T 32907, RFC 8998) with the same two calls as AES-GCM; its key of 16 bytes follows from the data key."""

    def __init__(self, key: bytes) -> None:
        self.key = _hmac_sm3(key, b"yimen sm4")[:16]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        doing = Cipher(algorithms.SM4(self.key), modes.GCM(nonce)).encryptor()
        doing.authenticate_additional_data(associated_data or b"")
        return doing.update(data) + doing.finalize() + doing.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        body, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        doing = Cipher(algorithms.SM4(self.key), modes.GCM(nonce, tag)).decryptor()
        doing.authenticate_additional_data(associated_data or b"")
        return doing.update(body) + doing.finalize()


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
    data = {"1": _fresh_key()}
    held = {"current": 1, "data": data, "index": _fresh_key(), "pseudonym": _fresh_key()}
    held["hash"] = "sm3" if settings.YIMEN_CIPHER == SM4 else "sha256"
    with os.fdopen(descriptor, "w") as file:
        _write_safely(file, held)
    _forget()
    return True


def add_data_key() -> int:
    """Add a data key, seal with it from now on (换钥) and return its number; the old ones stay to open what they sealed."""
    held = json.loads(_keyring_path().read_text(encoding="ascii"))
    number = max(int(one) for one in held["data"]) + 1
    held["data"][str(number)], held["current"] = _fresh_key(), number
    _replace(held)
    return number


def drop_data_key(number: int) -> None:
    """Remove a data key that nothing is sealed with any more. Raises VaultError for the current one."""
    held = json.loads(_keyring_path().read_text(encoding="ascii"))
    if number == held["current"]:
        raise VaultError(f"密钥 {number} 号正在使用，不能删除。")
    held["data"].pop(str(number), None)
    _replace(held)


def _fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _replace(held: dict[str, object]) -> None:
    path = _keyring_path()
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        _write_safely(file, held)
    beside.replace(path)
    _forget()


def _write_safely(file: IO[str], held: dict[str, object]) -> None:
    file.write(json.dumps(held))
    file.flush()
    os.fsync(file.fileno())


def _forget() -> None:
    for cached in (_read, _cipher, _index_key):
        cached.cache_clear()


def keyring() -> Keyring:
    """
    Return the keys. Raises VaultError, in words, if the file is missing, damaged or weak.

    A change of keys is noticed within a second: a server that went on sealing with a key about to be retired would lose it all.
    """
    if time.monotonic() - _looked.at > LOOK_EVERY:
        _looked.at = time.monotonic()
        now = _version_of_file()
        if now is not None and now != _looked.version:
            _looked.version = now
            _forget()
    return _read()


def reread() -> Keyring:
    """Return the keys as they lie in the file now; another process may just have added one."""
    _forget()
    return keyring()


class _Looked:
    """When this process last looked at the file of keys, and which version it found."""

    at = float("-inf")
    version: tuple[int, int] | None = None


_looked = _Looked()


def _version_of_file() -> tuple[int, int] | None:
    try:
        told = _keyring_path().stat()
    except OSError:
        # Whoever takes the keys away once the program runs may do so.
        return None
    return told.st_ino, told.st_mtime_ns


@lru_cache(maxsize=1)
def _read() -> Keyring:
    path = _keyring_path()
    try:
        held = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise VaultError(f"找不到密钥文件 {path}。请把备份的密钥放回此处；没有密钥，姓名和证件号码无法读出。") from None
    except PermissionError:
        raise VaultError(f"没有权限读密钥文件 {path}。请用装这套程序的系统用户启动。") from None
    except ValueError:
        raise VaultError(f"密钥文件 {path} 已损坏，读不懂。请换回备份的密钥，不要另造。") from None
    try:
        return _keyring_of(held)
    except (KeyError, TypeError, ValueError):
        raise VaultError(f"密钥文件 {path} 不完整，或密钥过短、重复。请换回备份的密钥，不要另造。") from None


def _keyring_of(held: dict[str, Any]) -> Keyring:
    data = {int(number): base64.b64decode(key, validate=True) for number, key in held["data"].items()}
    index, pseudonym = base64.b64decode(held["index"], validate=True), base64.b64decode(held["pseudonym"], validate=True)
    keys = [*data.values(), index, pseudonym]
    # One key for two purposes gives one away by the other; a key of one byte over and over was not drawn by chance.
    weak = any(len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4 for key in keys)
    if weak or len(set(keys)) < len(keys) or settings.SECRET_KEY.encode() in keys or held["current"] not in data:
        raise ValueError
    return Keyring(held["current"], data, index, pseudonym, held.get("hash", "sha256"))


@lru_cache(maxsize=16)
def _cipher(algorithm: int, number: int) -> _Aead:
    if number not in keyring().data:
        # Another process may have added a key since this one read them.
        _read.cache_clear()
    try:
        key = keyring().data[number]
    except KeyError:
        raise VaultError(f"密钥 {number} 号不在密钥文件里，用它加密的内容无法读出。请恢复旧密钥。") from None
    return _Sm4Gcm(key) if algorithm == ALGORITHMS[SM4] else AESGCM(key)


def _head() -> bytes:
    """Return what stands before a value sealed now: version, algorithm, key."""
    return bytes((VERSION, ALGORITHMS[settings.YIMEN_CIPHER])) + keyring().current.to_bytes(2, "big")


def _cipher_of(head: bytes) -> _Aead:
    return _cipher(head[1], int.from_bytes(head[2:4], "big"))


def is_up_to_date(sealed: bytes) -> bool:
    """Say whether a value is sealed with the present key and algorithm."""
    return sealed[:HEAD_BYTES] == _head()


def key_number(sealed: bytes) -> int:
    """Return the number of the key that sealed a value."""
    return int.from_bytes(sealed[2:HEAD_BYTES], "big")


def seal(text: str, *, place: str) -> bytes:
    """Encrypt a text for one place ("table.column.row")."""
    head, nonce = _head(), os.urandom(NONCE_BYTES)
    return head + nonce + _cipher_of(head).encrypt(nonce, text.encode(), head + place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    """Decrypt what was sealed for exactly this place. Raises VaultError if it was moved or changed."""
    head, nonce, body = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        return _cipher_of(head).decrypt(nonce, body, head + place.encode()).decode()
    except InvalidTag:
        raise VaultError(f"加密内容与所在位置不符（{place.rsplit('.', 1)[0]}），可能被移动或改动过。") from None


def blind_index(kind: str, value: str) -> str:
    """Return the keyed index of a value for exact look-up; each kind of value has a key of its own."""
    return keyring().mac(_index_key(kind), value.encode()).hex()[: INDEX_BYTES * 2]


def narrow_index(kind: str, value: str) -> int:
    """Return a 24-bit keyed index, ambiguous on purpose: a hit must be checked again after decryption."""
    return int.from_bytes(keyring().mac(_index_key(kind), value.encode())[:3], "big")


@lru_cache(maxsize=32)
def _index_key(kind: str) -> bytes:
    return keyring().mac(keyring().index, kind.encode())


def derived_key(kind: str, value: str = "") -> bytes:
    """Return a key of 32 bytes for one purpose and value, from the index key: kept nowhere, the same every time it is asked."""
    return keyring().mac(_index_key(f"derived:{kind}"), value.encode())


def signing_key(kind: str) -> Ed25519PrivateKey:
    """Return the key that signs one kind of thing (Ed25519), from the index key: as safe as that, and backed up with it."""
    return Ed25519PrivateKey.from_private_bytes(derived_key("signing", kind))


def pseudonym(subject: object) -> str:
    """Return the name under which the audit knows a subject, so that the audit is no roster."""
    return keyring().mac(keyring().pseudonym, str(subject).encode()).hex()[:24]


def seal_chunks(chunks: Iterable[bytes], *, place: str) -> Iterator[bytes]:
    """
    Encrypt a stream for one place, chunk by chunk: a head, then each chunk as length, ciphertext and tag.

    Each chunk is bound to its number and to being the last or not, so that none can be left out, moved or cut off.
    """
    prefix = os.urandom(8)
    head = _head() + prefix
    yield head
    for index, (chunk, last) in enumerate(_marking_last(chunks)):
        bound = head + place.encode() + index.to_bytes(4, "big") + bytes((last,))
        sealed = _cipher_of(head).encrypt(prefix + index.to_bytes(4, "big"), chunk, bound)
        yield len(sealed).to_bytes(4, "big") + sealed


def unseal_chunks(file: IO[bytes], *, place: str) -> Iterator[bytes]:
    """Decrypt what `seal_chunks` wrote. Raises VaultError if anything was changed, moved or cut off."""
    head = file.read(12)
    prefix, index = head[4:12], 0
    length = file.read(4)
    while length:
        sealed, following = file.read(int.from_bytes(length, "big")), file.read(4)
        bound = head + place.encode() + index.to_bytes(4, "big") + bytes((not following,))
        try:
            yield _cipher_of(head).decrypt(prefix + index.to_bytes(4, "big"), sealed, bound)
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
