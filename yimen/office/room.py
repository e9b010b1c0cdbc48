"""Room on the disk (余量): how much is left where this program keeps its state, and whether that is little."""

import shutil
from dataclasses import dataclass

from django.conf import settings

LITTLE_BYTES, LITTLE_SHARE = 2 * 2**30, 0.05


@dataclass(frozen=True)
class Room:
    """Bytes free and in all of the disk below YIMEN_HOME; a database of its own server lies elsewhere."""

    free: int
    total: int

    @property
    def is_little(self) -> bool:
        """Say whether somebody should make room: below 2 GiB, or below a twentieth of a disk that is not large."""
        return self.free < LITTLE_BYTES or self.free < min(LITTLE_SHARE * self.total, 5 * LITTLE_BYTES)

    @property
    def free_words(self) -> str:
        """Return what is free, as one says it."""
        return f"{self.free / 2**30:,.1f} GB"


def room() -> Room:
    """Return the room on the disk that holds the program's state."""
    held = shutil.disk_usage(settings.YIMEN_HOME)
    return Room(held.free, held.total)
