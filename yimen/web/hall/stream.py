"""
The stream of calls (叫号推送): one reader of the log for the whole process, and an open connection for each screen.

A screen that was away says which call it heard last and gets those after it, each once and in order. What is sent is what hangs
on the wall of the hall anyway: a number and a window.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from yimen.hall.queries import Call, Venue, calls_after, last_call, venue_by_code
from yimen.office.trouble import AWAY

T = TypeVar("T")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LOOK_EVERY_SECONDS = 0.2
BEAT_EVERY_SECONDS = 15
# A screen that has slept through the night is not told all of yesterday.
MOST_CAUGHT_UP = 50
# Sequences of another venue may be committed out of order; so many are looked at again, and known ones left out.
LOOK_BACK = 200
# How soon a screen asks again after the line was cut.
RETRY_MILLISECONDS = 2000
log = logging.getLogger(__name__)


@dataclass
class Hub:
    """All open streams of this process, by venue; `start` reads the log from now on."""

    listeners: dict[int, set["Listener"]] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)
    _last: int = 0
    _started: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        with self._lock:
            if not self._started:
                self._started, self._last = True, last_call()
                self._known = {call.pk for call in calls_after(self._last - LOOK_BACK)}
                threading.Thread(target=self._read_forever, name="calls", daemon=True).start()

    def _read_forever(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            if any(self.listeners.values()):
                self._look_safely()

    def _look_safely(self) -> None:
        """Look; a database that is away for a moment must not end the only reader, and what was missed is found next time."""
        try:
            close_old_connections()
            self.look()
        except Exception:
            log.exception("the calls could not be read")
            connection.close()

    def look(self) -> None:
        """Tell every listener what was called since the last look."""
        fresh = [call for call in calls_after(self._last - LOOK_BACK) if call.pk not in self._known]
        for call in fresh:
            for listener in list(self.listeners.get(call.venue_id, ())):
                listener.tell(call)
        self._last = max([self._last, *(call.pk for call in fresh)])
        self._known = {pk for pk in self._known | {call.pk for call in fresh} if pk > self._last - LOOK_BACK}


class Listener:
    """One open connection: calls are put into its queue from the reader's thread."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Call] = asyncio.Queue(maxsize=MOST_CAUGHT_UP * 4)
        self.is_behind = False

    def tell(self, call: Call) -> None:
        self.loop.call_soon_threadsafe(self._put, call)

    def _put(self, call: Call) -> None:
        # Whoever does not read any more is not waited for: its line is cut, and the screen catches up when it comes back.
        if self.queue.full():
            self.is_behind = True
        if not self.is_behind:
            self.queue.put_nowait(call)


hub = Hub()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer /stream/<venue>/ with the calls of a venue as server-sent events, until the other side goes."""
    code = scope["path"].removeprefix("/stream/").strip("/")
    try:
        venue = await _asked(venue_by_code, code)
        await _asked(hub.start)
        listener = Listener()
        hub.listeners.setdefault(venue.pk, set()).add(listener)
        try:
            told = heard(scope)
            # The last call of this venue: that of another may have a later number and be committed sooner.
            after = await _asked(last_call, venue=venue.pk) if told is None else told
            missed = (await _asked(calls_after, after, venues=[venue.pk]))[-MOST_CAUGHT_UP:]
            await _answer(send, 200)
            await _until_gone(receive, _send_all(send, listener, after, missed))
        finally:
            hub.listeners[venue.pk].discard(listener)
    except Venue.DoesNotExist:
        await _answer(send, 404)
    except DatabaseError:
        # The screen asks again by itself; the log has it from the reader.
        await _answer(send, AWAY.status)


async def _asked(question: Callable[..., T], *about: Any, **more: Any) -> T:
    """Ask the database from a thread; one whose line has died since the last time gets another."""

    def ask() -> T:
        close_old_connections()
        return question(*about, **more)

    return await asyncio.to_thread(ask)


def heard(scope: Message) -> int | None:
    """Return the last call this screen has heard, as its browser says (Last-Event-ID), or None for a new one."""
    told = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    text = told.get("last-event-id") or parse_qs(scope.get("query_string", b"").decode()).get("after", [""])[0]
    return int(text) if text.isdigit() else None


async def _until_gone(receive: Receive, sending: Any) -> None:
    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = {asyncio.ensure_future(sending), asyncio.ensure_future(gone())}
    _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()


async def _send_all(send: Send, listener: Listener, after: int, missed: Sequence[Call]) -> None:
    sent: set[int] = set()
    await _send(send, f"retry: {RETRY_MILLISECONDS}\n\n")
    async for call in _calls(listener, missed):
        if call is None:
            # An event and no comment: the screen must notice when it stays away, for a cable pulled out ends no connection.
            await _send(send, "event: beat\ndata: \n\n")
        # Calls of one venue are committed in their order: what lies before the last one heard was heard.
        elif call.pk > after and call.pk not in sent:
            sent.add(call.pk)
            await _send(send, f"id: {call.pk}\nevent: call\ndata: {json.dumps(as_told(call), ensure_ascii=False)}\n\n")


async def _calls(listener: Listener, missed: Sequence[Call]) -> AsyncIterator[Call | None]:
    yield None
    for call in missed:
        yield call
    while not (listener.is_behind and listener.queue.empty()):
        try:
            yield await asyncio.wait_for(listener.queue.get(), BEAT_EVERY_SECONDS)
        except TimeoutError:
            yield None


def as_told(call: Call) -> dict[str, Any]:
    """
    Return a call as a screen is told it: number, window, how often, when, and how many seconds ago by our own clock.

    No name, no class.
    """
    late = max(int((timezone.now() - call.at).total_seconds()), 0)
    return {"label": call.label, "window": call.window_number, "nth": call.nth, "at": call.at.isoformat(), "late": late}


async def _answer(send: Send, status: int) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8" if status == 200 else b"text/plain"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if status != 200:
        await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
