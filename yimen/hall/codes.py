"""Codes of the hall (号的凭码、到场码): one that nobody guesses, and one that changes while it hangs on the wall."""

import secrets
from datetime import datetime

from yimen.office.vault import blind_index

# Without the characters that are mistaken for each other when read aloud or from paper.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
# How long a code hangs on the wall, and how many are still taken after it: time to type it or to walk to the door.
HANGS_SECONDS, STILL_TAKEN = 60, 2


def new_code() -> str:
    """Return a code by which a ticket or an appointment is opened, without a name; 49 bits of chance."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def here_code(venue_code: str, at: datetime, *, back: int = 0) -> str:
    """Return the six digits that hang in a venue at a moment, or hung there `back` codes before (到场码)."""
    turn = int(at.timestamp()) // HANGS_SECONDS - back
    return f"{int(blind_index('hall_here', f'{venue_code}:{turn}')[:12], 16) % 1_000_000:06d}"


def is_here_code(venue_code: str, shown: str, at: datetime) -> bool:
    """Say whether what was scanned or typed hangs in the venue now or did a moment ago."""
    return any(shown == here_code(venue_code, at, back=back) for back in range(STILL_TAKEN + 1))
