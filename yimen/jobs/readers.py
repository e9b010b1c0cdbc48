"""
Readers of ID cards at a machine of the hall (读卡器): on a serial line, behind a maker's local HTTP service, or simulated.

Each only says what it read, as text; what that is, the hall finds out in one place (`scanned`). A reader that types like a
keyboard needs nothing of this. What was read lives as long as one question to the hall and is written nowhere.
"""

import json
import os
import select
import tty
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

LONGEST = 4_096
PATIENCE_SECONDS = 5.0
END = (b"\n", b"\r", b"\x03")


class ReaderGone(Exception):
    """The reader does not answer; the sentence says what to look at."""


class Reader(Protocol):
    """Something that reads cards: `read` waits a moment and returns what a card said, or "" if nobody showed one."""

    def read(self) -> str:
        """Raises ReaderGone."""
        ...


class SerialReader:
    """
    A reader on a serial or USB line that sends what it read and ends it (CR, LF or ETX), such as /dev/ttyUSB0.

    Line speed is set with stty by whoever installs it; a card held too long may come twice, which `scanned` knows.
    """

    def __init__(self, path: Path, *, wait: float = 1.0) -> None:
        self.path, self.wait, self._held = path, wait, b""
        try:
            self._line = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as problem:
            raise ReaderGone(f"打不开读卡器 {path}（{problem.strerror}）。请看线插好没有，运行程序的用户有没有权限。") from None
        if os.isatty(self._line):
            # As it comes, letter by letter: a terminal would wait for the end of a line and take ETX for Ctrl-C.
            tty.setraw(self._line)

    def read(self) -> str:
        """Return one whole reading."""
        while not any(mark in self._held for mark in END):
            if not select.select([self._line], [], [], self.wait)[0]:
                return ""
            self._held += self._piece()
            if len(self._held) > LONGEST:
                self._held = b""
                raise ReaderGone(f"读卡器 {self.path} 送来的不是证件。请看接的是不是读卡器，波特率对不对。")
        end = min(place for place in (self._held.find(mark) for mark in END) if place >= 0)
        whole, self._held = self._held[:end], self._held[end + 1 :].lstrip(b"".join(END))
        # Readers of the second-generation card send names in GB18030; the number is plain either way.
        return whole.decode("gb18030", errors="replace")

    def _piece(self) -> bytes:
        try:
            piece = os.read(self._line, 1024)
        except OSError:
            piece = b""
        if not piece:
            raise ReaderGone(f"读卡器 {self.path} 断开了。请看线插好没有。")
        return piece

    def close(self) -> None:
        """Let the line go."""
        os.close(self._line)


class HttpReader:
    """
    A reader behind its maker's service on this machine: asked, it answers with JSON that holds the number under `field`.

    Nobody at the reader is an empty answer, an empty field or 204.
    """

    def __init__(self, address: str, *, field: str = "id_number") -> None:
        if not address.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise ReaderGone("读卡器的服务要在本机（http://127.0.0.1:端口/…）：证件号不走网络。")
        self.address, self.field = address, field

    def read(self) -> str:
        """Return one reading."""
        try:
            with urlopen(self.address, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  # this machine alone, see above
                content = answer.read(LONGEST)
            told = json.loads(content) if content.strip() else {}
        except (URLError, OSError, ValueError):
            raise ReaderGone(f"读卡器的服务 {self.address} 没有回音，或回的不是 JSON。请看厂家的服务启动了没有。") from None
        value = told.get(self.field) if isinstance(told, dict) else None
        return str(value or "")


class SimulatedReader:
    """A reader that reads what it is given, line by line; for trying the hall out without a reader."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)

    def read(self) -> str:
        """Return the next line, without its end. Raises ReaderGone after the last."""
        try:
            return next(self._lines).rstrip("\r\n")
        except StopIteration:
            raise ReaderGone("模拟读卡器读完了。") from None


class HallSilent(Exception):
    """The hall does not answer, or refuses; the sentence says why."""


class Hall:
    """The hall's API, asked by a reader's token."""

    def __init__(self, address: str, token: str) -> None:
        if not address.startswith(("https://", "http://")):
            raise HallSilent("大厅的地址要以 https:// 或 http:// 开头。")
        self.address, self.token = address.rstrip("/"), token

    def ask(self, path: str, body: dict[str, Any], *, key: str = "") -> dict[str, Any]:
        """Send something and return the answer. Raises HallSilent."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        sent = Request(f"{self.address}/api/hall/{path}", data=json.dumps(body).encode(), headers=headers)  # noqa: S310
        try:
            with urlopen(sent, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  # its scheme was looked at
                told: dict[str, Any] = json.loads(answer.read())
                return told
        except HTTPError as problem:
            raise HallSilent(_sentence(problem)) from None
        except (URLError, OSError, ValueError):
            raise HallSilent("大厅的系统没有回音。请看网络，或到导办台取号。") from None


def _sentence(problem: HTTPError) -> str:
    try:
        return str(json.loads(problem.read())["problem"])
    except (ValueError, KeyError, TypeError):
        return f"大厅的系统没有办成（{problem.code}）。"


def tickets(reader: Reader, hall: Hall, *, matters: list[str], tries: int = 3) -> Iterator[str]:
    """
    Take a ticket for each card shown, and yield what to tell the person; it ends when the reader is gone (ReaderGone).

    A ticket whose answer did not come is asked for again by the same key: one card shown is one ticket.
    """
    while True:
        text = reader.read()
        if text:
            yield _ticket(text, hall, matters, tries)


def _ticket(text: str, hall: Hall, matters: list[str], tries: int) -> str:
    key, problem = uuid.uuid4().hex, ""
    for _ in range(tries):
        try:
            told = hall.ask("tickets", {"id_number": text, "matters": matters}, key=key)
            return f"{told['label']} 号，前面 {told['ahead']} 人。{told['note']}"
        except HallSilent as silent:
            problem = str(silent)
    return problem


@contextmanager
def serial_reader(path: Path) -> Iterator[SerialReader]:
    """Open a serial reader for as long as it is needed."""
    reader = SerialReader(path)
    try:
        yield reader
    finally:
        reader.close()
