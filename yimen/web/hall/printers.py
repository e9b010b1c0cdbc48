"""
Where tickets are printed (出票): a printer in the hall's network, a folder, or nowhere. Only after the ticket is committed.

A printer that is off or out of paper never costs anybody the ticket: it stands on the screen with its code, and the page says
what is the matter.
"""

import socket
import uuid
from pathlib import Path
from typing import Protocol

from django.conf import settings

from yimen.web.hall.dots import ASK_PAPER, NO_PAPER

SECONDS = 2.0


class NotPrinted(Exception):
    """A ticket was not printed; `why` is "paper" where there is none, else "off"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Printer(Protocol):
    """What takes the bytes of one ticket."""

    def send(self, content: bytes) -> None:
        """Print. Raises NotPrinted."""


class Folder:
    """Lays each ticket down as a file below the program's folder; for tests, and for another program that prints them."""

    def send(self, content: bytes) -> None:
        """Write one file, whole or not at all."""
        folder = Path(settings.YIMEN_HOME) / "printed"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            whole = folder / f"{uuid.uuid4().hex}.bin"
            part = whole.with_suffix(".part")
            part.write_bytes(content)
            part.rename(whole)
        except OSError:
            raise NotPrinted("off") from None


class Network:
    """An ESC/POS printer that listens on a port; asked for paper before and after, where it answers."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def send(self, content: bytes) -> None:
        """Print over the network."""
        try:
            with socket.create_connection((self.host, self.port), timeout=SECONDS) as line:
                self._ask(line)
                line.sendall(content)
                self._ask(line)
        except OSError:
            raise NotPrinted("off") from None

    def _ask(self, line: socket.socket) -> None:
        line.sendall(ASK_PAPER)
        line.settimeout(SECONDS / 4)
        try:
            answer = line.recv(1)
        except TimeoutError:
            # Cheap printers do not answer; then nobody knows, and it is tried.
            return
        finally:
            line.settimeout(SECONDS)
        if answer and answer[0] & NO_PAPER:
            raise NotPrinted("paper")


def printer_of(setting: str) -> Printer | None:
    """Return the printer of a venue's setting, None where nothing is printed."""
    if setting == "file":
        return Folder()
    if setting.startswith("tcp://"):
        host, _, port = setting.removeprefix("tcp://").rpartition(":")
        return Network(host, int(port))
    return None
