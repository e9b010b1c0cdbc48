"""
A venue that stands alone (单机的场所): it asks the centre while that answers, and its leased roster while it does not.

Roster, void cards and the centre's public keys lie in files; the roster's key lives in this process alone. An expired roster, a
clock set back or a lost key leave one way: the desk looks the person up once the centre is back. Nobody is stopped.
"""

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.utils.timezone import localtime

from yimen.hall.lease import LeasedRoster, LeaseRefused, put
from yimen.hall.signed_cards import CardRefused, SeenCard, revoked_in, seen

# How long the centre may take; a machine waits with a person before it.
PATIENCE_SECONDS = 2.0
# After it did not answer it is left alone for so long.
PAUSE_SECONDS = 60.0
# What a wrong or revoked token is answered; five of them shut the door to everybody at the same address for half an hour.
SHUT_OUT, SHUT_OUT_SECONDS = ("401", "403", "429"), 1860.0
REFRESH_EVERY = timedelta(hours=1)


class CentreSilent(Exception):
    """The centre does not answer, or answers something that is none; what it `said` where it refused."""

    def __init__(self, why: str = "", said: str = "") -> None:
        self.said = said
        super().__init__(why)


class Ask(Protocol):
    """Asks the centre: a path below /api/hall/, and what is sent (None is a GET); returns the answer's bytes."""

    def __call__(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        """Raises CentreSilent."""
        ...


def over_http(path: str, body: dict[str, Any] | None = None, *, patience: float = PATIENCE_SECONDS) -> bytes:
    """Ask the centre over HTTP by this venue's token. Raises CentreSilent."""
    if not settings.YIMEN_CENTRE:
        raise CentreSilent("no address", "没有设中心的网址，记录用文件交")
    token = Path(settings.YIMEN_CENTRE_TOKEN_FILE).read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    try:
        # The address is a setting of whoever runs the venue, and no other scheme is taken.
        if not settings.YIMEN_CENTRE.startswith(("https://", "http://")):
            raise CentreSilent
        address = f"{settings.YIMEN_CENTRE.rstrip('/')}/api/hall/{path}"
        with urlopen(Request(address, data=sent, headers=headers), timeout=patience) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except HTTPError as problem:
        raise CentreSilent(str(problem.code), _said(problem)) from None
    except (URLError, OSError) as problem:
        raise CentreSilent(type(problem).__name__) from None


def _said(problem: HTTPError) -> str:
    try:
        return str(json.loads(problem.read())["problem"])[:150]
    except (ValueError, KeyError, TypeError, OSError):
        return f"中心没有收（{problem.code}）"


@dataclass(frozen=True)
class OfflineState:
    """How a venue stands without the centre: can it recognise, until when, and what to say where it cannot."""

    recognises: bool
    until: datetime | None
    words: str


@dataclass
class Alone:
    """The roster of a venue in use: its files in a folder, its key in memory. `now` is a clock that only runs forward."""

    venue: str
    folder: Path
    ask: Ask = over_http
    now: Callable[[], float] = time.monotonic
    roster: LeasedRoster | None = field(default=None, repr=False)
    problem: str = ""
    _silent_until: float = float("-inf")
    _refreshed_at: datetime | None = None

    def priority(self, id_number: str, *, at: datetime) -> tuple[bool, str]:
        """
        Return whether an ID number has priority and by what that is known: the centre, or a roster and its number.

        Raises LeaseRefused, in words, where neither can tell.
        """
        with suppress(CentreSilent):
            answer = json.loads(self._ask("recognise", {"id_number": id_number}))
            self.keep_fresh(at=at)
            if answer["note"] and not answer["priority"]:
                raise LeaseRefused(answer["note"])
            return bool(answer["priority"]), "联网识别"
        if self.roster is None:
            self._open(at)
        if self.roster is None:
            raise LeaseRefused(self.problem)
        found = self.roster.holds(id_number, at=at)
        self._remember(at)
        if found is None:
            raise LeaseRefused("机器断网时重启过，离线名册的钥匙不在了，连上网才能再取。")
        return found, f"离线名册第 {self.roster.lease.sequence} 期"

    def mark(self, id_number: str) -> str:
        """Return the mark of somebody just found on the roster."""
        return self.roster.mark_of(id_number) if self.roster is not None else ""

    def card(self, text: str, *, id_number: str, at: datetime) -> SeenCard:
        """Check a card with its owner's ID card; it needs no network. Raises CardRefused, LeaseRefused before the first fetch."""
        keys = self._keys()
        revoked: frozenset[str] = frozenset()
        with suppress(FileNotFoundError):
            _, revoked = revoked_in((self.folder / "revoked.ymv").read_bytes(), public_key=keys["card"])
        return seen(text, id_number=id_number, public_key=keys["card"], on=localtime(at).date(), revoked=revoked)

    def keep_fresh(self, *, at: datetime) -> None:
        """Fetch anew what is an hour old or has no key; what does not succeed leaves everything as it was."""
        fresh = self._refreshed_at is not None and at - self._refreshed_at < REFRESH_EVERY
        if not (fresh and self.state(at=at).recognises):
            with suppress(CentreSilent, LeaseRefused, CardRefused):
                self.refresh(at=at)

    def refresh(self, *, at: datetime) -> None:
        """Fetch roster, key and void cards. Raises CentreSilent, LeaseRefused, CardRefused; what was there stays until then."""
        self._pin(json.loads(self._ask("roster/keys")))
        keys = self._keys()
        void = self._ask("roster/revoked")
        revoked_in(void, public_key=keys["card"])
        put(void, self.folder / "revoked.ymv")
        content = self._ask("roster")
        roster = self._roster_of(content, at)
        told = json.loads(self._ask("roster/key", {"sequence": roster.lease.sequence}))
        roster.take_key(base64.b64decode(told["key"]))
        put(content, self.folder / "roster.lease")
        self.roster, self.problem, self._refreshed_at = roster, "", at
        self._remember(at, sequence=roster.lease.sequence)

    def state(self, *, at: datetime) -> OfflineState:
        """Return whether this venue could recognise by itself now, and what to say."""
        if self.roster is None:
            words = self.problem or f"还没有离线名册。连上网会自己取；断网时请到导办台{_look()}。"
            return OfflineState(False, None, words)
        until = self.roster.lease.not_after
        try:
            self.roster.refuse_out_of_time(at)
        except LeaseRefused as problem:
            return OfflineState(False, until, f"{problem}断网时只能由导办台{_look()}，取号照常。")
        if not self.roster.has_key:
            return OfflineState(False, until, f"离线名册的钥匙不在了，连上网会自己再取。断网时请到导办台{_look()}。")
        return OfflineState(
            True, until, f"离线名册第 {self.roster.lease.sequence} 期，{localtime(until):%m-%d %H:%M} 前断网也能识别。"
        )

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        if self.now() < self._silent_until:
            raise CentreSilent
        try:
            return self.ask(path, body)
        except CentreSilent as problem:
            # A refusal is an answer; only silence is waited out, and a door that stays shut longer: trying on shuts it to others.
            if not str(problem).isdigit():
                self._silent_until = self.now() + PAUSE_SECONDS
            elif str(problem) in SHUT_OUT:
                self._silent_until = self.now() + SHUT_OUT_SECONDS
            raise

    def _open(self, at: datetime) -> None:
        """Open the roster that lies here after a restart; it has no key until the centre hands it out again."""
        try:
            self.roster = self._roster_of((self.folder / "roster.lease").read_bytes(), at)
        except FileNotFoundError:
            self.problem = "还没有取过离线名册。"
        except LeaseRefused as problem:
            self.problem = str(problem)

    def _roster_of(self, content: bytes, at: datetime) -> LeasedRoster:
        told = self._told()
        seen_at = told.get("last_seen_at")
        return LeasedRoster(
            content,
            venue=self.venue,
            public_key=self._keys()["roster"],
            at=at,
            newest_sequence=int(told.get("sequence", 0)),
            last_seen_at=datetime.fromisoformat(seen_at) if seen_at else None,
        )

    def _pin(self, keys: dict[str, str]) -> None:
        """Keep the centre's public keys from the first fetch on; another centre's afterwards are refused."""
        path = self.folder / "keys.json"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
        if any(held[name] != key for name, key in keys.items() if name in held):
            raise LeaseRefused("中心的公钥变了，没有换名册。请和中心核对；确实换过的，删掉本机的 keys.json 再取。")
        put(json.dumps(held | keys).encode(), path)

    def _keys(self) -> dict[str, Ed25519PublicKey]:
        try:
            held = json.loads((self.folder / "keys.json").read_text(encoding="ascii"))
        except FileNotFoundError:
            raise LeaseRefused("还没有连过中心，不能识别。") from None
        return {name: Ed25519PublicKey.from_public_bytes(base64.b64decode(held[name])) for name in ("roster", "card")}

    def _told(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads((self.folder / "state.json").read_text(encoding="ascii"))
        except FileNotFoundError:
            return {}
        return told

    def _remember(self, at: datetime, *, sequence: int | None = None) -> None:
        """Write down, once a minute, how far time has come here, and which roster was the newest."""
        told = self._told()
        last = datetime.fromisoformat(told["last_seen_at"]) if "last_seen_at" in told else None
        if sequence is None and last is not None and at - last < timedelta(minutes=1):
            return
        told["last_seen_at"] = max(at, last or at).isoformat()
        told["sequence"] = max(sequence or 0, int(told.get("sequence", 0)))
        put(json.dumps(told).encode(), self.folder / "state.json")


def _look() -> str:
    """Return what the desk does without the list: where a hall runs by itself there is no register to look in."""
    return "看证明认" if settings.YIMEN_VENUE else "查人"


_alone: dict[str, Alone] = {}


def alone(venue: str) -> Alone | None:
    """Return the roster in use of a venue that stands alone, one for this process; None at the centre."""
    if not (settings.YIMEN_CENTRE or settings.YIMEN_VENUE):
        return None
    return _alone.setdefault(venue, Alone(venue, Path(settings.YIMEN_HOME) / "alone"))
