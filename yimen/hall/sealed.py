"""
What travels between the centre and a venue on a stick (密封的文件): a head that says what it is, and a body nobody else reads.

File: four letters, length of the head, head (JSON), nonce, AES-256-GCM of the body bound to the letters and the head.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yimen.hall.codes import LETTERS

PACKAGE, RECORDS = b"YMP1", b"YMT1"
KEY_BYTES, NONCE_BYTES = 32, 12
# 31 letters, 24 times: 118 bits of chance, so that no slow hash is needed.
CODE_LETTERS, CODE_GROUP = 24, 4


class NotOpened(Exception):
    """A file is none of ours, was changed, or the key or code is not its own; the sentence says which and what to do."""


def new_opening_code() -> str:
    """Return a code that opens one package (开封口令), in groups to be read aloud; it is told once and kept nowhere."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
    return "-".join(letters[start : start + CODE_GROUP] for start in range(0, CODE_LETTERS, CODE_GROUP))


def key_of_code(code: str) -> bytes:
    """Return the key of an opening code, however it was typed."""
    return hashlib.sha256(b"yimen package" + "".join(one for one in code.upper() if one in LETTERS).encode()).digest()


def closed(kind: bytes, body: bytes, *, key: bytes, head: Mapping[str, Any]) -> bytes:
    """Return a body sealed under a key, behind its head."""
    written = json.dumps(head, sort_keys=True).encode()
    bound, nonce = kind + len(written).to_bytes(4, "big") + written, os.urandom(NONCE_BYTES)
    return bound + nonce + AESGCM(key).encrypt(nonce, body, bound)


def head_of(kind: bytes, content: bytes) -> dict[str, Any]:
    """Return what a file says of itself before it is opened. Raises NotOpened."""
    try:
        head: dict[str, Any] = json.loads(content[8 : _start(content)])
    except ValueError:
        head = {}
    if content[:4] != kind or not head:
        raise NotOpened("这不是" + ("场所包。" if kind == PACKAGE else "大厅交来的记录。") + "请看选对了文件没有。")
    return head


def opened(kind: bytes, content: bytes, *, key: bytes) -> bytes:
    """Return the body of a file. Raises NotOpened."""
    head_of(kind, content)
    start = _start(content)
    bound, nonce, body = content[:start], content[start : start + NONCE_BYTES], content[start + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, bound)
    except (InvalidTag, ValueError):
        raise NotOpened("打不开：口令不对，或者文件不是给这台机器的、抄坏了、被改过。") from None


def _start(content: bytes) -> int:
    return 8 + int.from_bytes(content[4:8], "big")
