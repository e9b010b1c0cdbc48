"""
How long it may still take (预计等候): a range in minutes, never one number. Pure.

Of the `ahead` services that must end first, each takes a mean with a spread; priority comers of the meantime may go ahead for as
long as the head start. The range holds in about four of five cases, which a test measures over simulated days.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

# Four of five: 1.28 standard deviations to either side.
SPREADS = 1.28
# With fewer services the day's log says too little, and the hall says so.
FEWEST = 5


@dataclass(frozen=True)
class Range:
    """From so many minutes to so many, in steps of five from ten minutes on."""

    least: int
    most: int

    @property
    def words(self) -> str:
        """Return it as one says it."""
        if self.least == 0:
            return f"{self.most} 分钟以内"
        return f"约 {self.least}–{self.most} 分钟" if self.most > self.least else f"约 {self.most} 分钟"


def minutes_to_wait(
    *, ahead: int, windows: int, services: Sequence[float], priority_load: float = 0.0, head_start: float = 0.0
) -> Range | None:
    """
    Return the range of minutes until somebody with `ahead` people before them is called; None if nobody could tell.

    `services` are minutes of recent services of this line, `priority_load` is the share of the windows' time that priority
    comers take, who may still come and go first for `head_start` minutes (0 for somebody with priority).
    """
    if windows < 1 or len(services) < FEWEST:
        return None
    mean, spread = fmean(services), pstdev(services)
    # One of the windows must become free once more than there are people ahead; the first of them is under way already.
    ends = ahead + 1
    middle = (ends - 0.5) * mean / windows
    middle += priority_load * min(middle, head_start)
    wide = SPREADS * (spread * math.sqrt(ends) / windows + mean / windows / 2)
    return Range(_step(max(middle - wide, 0)), max(_step(middle + wide), 1))


def _step(minutes: float) -> int:
    return round(minutes) if minutes < 10 else 5 * round(minutes / 5)
