"""
Installing a venue's package (装场所包) on the machine on which the venue runs by itself, the first one and every later one.

The home then says whose it is: a file beside the database, which settings read before anything else. The machine keeps the
centre's public keys of the first day; a package signed by anybody else is refused.
"""

import base64
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime

from yimen.hall.lease import put
from yimen.hall.models import Counter, Node, Series, Venue
from yimen.hall.nodes import node_here
from yimen.hall.packing import FORMAT
from yimen.hall.sealed import PACKAGE, NotOpened, head_of, key_of_code, opened
from yimen.hall.set_up import unpack
from yimen.hall.telling import write_down
from yimen.office import audit
from yimen.office.access import System, scope

SIGNATURE_BYTES = 64


class NotInstalled(Exception):
    """A package is not installed; the sentence says why and what to do."""


def install(*, content: bytes, venue: str, ask_code: Callable[[], str], at: datetime) -> Node:
    """
    Install a package of a venue, opened by this machine's own key or by the code that is then asked for (装场所包).

    Twice it is the same. Raises NotInstalled for one that is over, older than the one here, of another venue or another centre,
    or on the centre itself.
    """
    told = _opened(content, ask_code)
    if told["venue"] != venue:
        raise NotInstalled(f"这是“{told['venue']}”的场所包，不是“{venue}”的。")
    if datetime.fromisoformat(told["node"]["valid_until"]) <= at:
        raise NotInstalled("这个场所包已经过期，请到中心再打一份。")
    with scope(System("install"), "装场所包"):
        held = node_here()
        _refuse(held, told)
        with transaction.atomic():
            node = _entered(held, told, at)
        _keep_files(told)
    return node


def resume() -> str:
    """Go on as the machine of a venue after a start; return in words whose it is and until when its package holds."""
    node = node_here()
    if node is None:
        raise NotInstalled("这台机器还没有装场所包。")
    # A new version of the program may have made a table anew, and with it the triggers are gone.
    write_down()
    return f"{node.venue}，场所包 {localtime(node.valid_until):%Y-%m-%d %H:%M} 前有效，从 {node.first_day} 起发号。"


def _opened(content: bytes, ask_code: Callable[[], str]) -> dict[str, Any]:
    try:
        head = head_of(PACKAGE, content)
        key = key_of_code(ask_code()) if head["opened_by"] == "code" else own_key()
        signed = opened(PACKAGE, content, key=key)
    except (NotOpened, FileNotFoundError) as problem:
        words = str(problem) if isinstance(problem, NotOpened) else "这个包是给装过的机器续期用的；新机器请到中心打带口令的包。"
        raise NotInstalled(words) from None
    signature, body = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    told: dict[str, Any] = json.loads(body)
    if told["format"] != FORMAT:
        raise NotInstalled("这台机器上的程序和中心的版本不一样，请先升级到同一版。")
    pinned = _pinned() or told["keys"]
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(pinned["package"])).verify(signature, body)
    except InvalidSignature:
        raise NotInstalled("这个场所包不是原来那个中心签的，没有装。请和中心核对。") from None
    return told


def _refuse(held: Node | None, told: dict[str, Any]) -> None:
    if held is None and Venue.objects.exists():
        raise NotInstalled(
            f"{settings.YIMEN_HOME} 里是中心的数据，不能装成单机。单机要用自己的 YIMEN_HOME：换一个空的文件夹再启动。"
        )
    if held is not None and held.pk != UUID(told["node"]["id"]):
        raise NotInstalled("这个包是给另一台机器打的。换机器要用一个空的 YIMEN_HOME 装。")
    if held is not None and told["node"]["package"] < held.package:
        raise NotInstalled(f"这是第 {told['node']['package']} 个包，比装过的第 {held.package} 个旧，没有装。")


def _entered(held: Node | None, told: dict[str, Any], at: datetime) -> Node:
    # What is put here now comes from the centre: it is not told back to it.
    if held is not None:
        Node.objects.filter(pk=held.pk).update(is_installing=True)
    unpack(told["rows"])
    stands = told["node"]
    values = {
        "is_here": True,
        "is_installing": False,
        "venue": Venue.objects.get(code=told["venue"]),
        "first_day": date.fromisoformat(stands["first_day"]),
        "last_day": date.fromisoformat(stands["last_day"]) if stands["last_day"] else None,
        "package": stands["package"],
        "valid_until": datetime.fromisoformat(stands["valid_until"]),
        "made_at": datetime.fromisoformat(stands["made_at"]),
        "reason": "中心收回" if stands["last_day"] else "",
        "dealt_with": max(stands["dealt_with"], held.dealt_with if held else 0),
    }
    node, is_first = Node.objects.update_or_create(pk=UUID(stands["id"]), defaults=values)
    if is_first:
        write_down()
        _count_on(node, told["numbers"], at)
    audit.write(action="node.install", at=at, node=node.pk.hex, package=node.package)
    return node


def _count_on(node: Node, numbers: dict[str, int], at: datetime) -> None:
    """Begin the first day where the machine before may have come to."""
    for letter, last in numbers.items():
        series = Series.objects.get(venue=node.venue, letter=letter)
        Counter.objects.create(series=series, day=node.first_day, last=last, last_at=at)


def _keep_files(told: dict[str, Any]) -> None:
    """Keep what the machine needs before it has a database: whose it is, its token and key, the centre's public keys."""
    if "token" in told:
        _keep_secret(Path(settings.YIMEN_CENTRE_TOKEN_FILE), told["token"])
        _keep_secret(_own_key(), told["key"])
    standing = _standing() | {"venue": told["venue"]} | ({"centre": told["centre"]} if told["centre"] else {})
    put(json.dumps(standing).encode(), Path(settings.YIMEN_HOME) / "venue.json")
    folder = Path(settings.YIMEN_HOME) / "alone"
    folder.mkdir(mode=0o700, exist_ok=True)
    put(json.dumps(told["keys"]).encode(), folder / "keys.json")


def _keep_secret(path: Path, value: str) -> None:
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())


def _own_key() -> Path:
    return Path(settings.YIMEN_KEYS) / "node_key"


def own_key() -> bytes:
    """Return the key between this machine and the centre. Raises FileNotFoundError before the first package."""
    return base64.b64decode(_own_key().read_text(encoding="ascii"))


def _pinned() -> dict[str, str] | None:
    try:
        held: dict[str, str] = json.loads((Path(settings.YIMEN_HOME) / "alone" / "keys.json").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    return held


def _standing() -> dict[str, str]:
    try:
        held: dict[str, str] = json.loads((Path(settings.YIMEN_HOME) / "venue.json").read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    return held
