"""What hangs on the wall (叫号大屏、窗口屏): the latest calls, the windows, how many wait. Numbers only, no name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate, localtime

from yimen.hall.estimate import Range, minutes_to_wait
from yimen.hall.models import Call, Series, Ticket, Venue, Window
from yimen.hall.now import newcomer_ahead, services_of, waiting_of, windows_calling
from yimen.hall.words import AT_A_WINDOW, SeriesKind, State, WindowState

RECENT_CALLS = 3
# Among so many of the last calls the recent ones are looked for: most windows call again once or twice.
LOOKED_AT = 12
BECKON = "走不动、看不清、听不清，请招手，我们过来"


@dataclass(frozen=True)
class BoardRow:
    """One window on the screen: its number, the number it serves, for what, whether it is paused and until when."""

    window: int
    label: str
    matter: str
    is_paused: bool
    is_latest: bool
    back_at: datetime | None = None


@dataclass(frozen=True)
class Board:
    """
    What the big screen shows: the latest call and the few before it, each window that is open or paused, and under each letter
    how many wait and how long a newcomer would.
    """

    latest: Call | None
    recent: list[Call]
    rows: list[BoardRow]
    waiting: list[tuple[str, int, Range | None]]

    @property
    def lines(self) -> list[tuple[str, int, Range | None]]:
        """Return the letters worth a place: where somebody waits, or where it is known how long one would."""
        return [line for line in self.waiting if line[1] or line[2]]

    @property
    def last_call(self) -> int:
        """Return the number of the latest call, from which a screen goes on hearing."""
        return self.latest.pk if self.latest else 0


def board(*, venue: Venue, at: datetime) -> Board:
    """Return what a screen shows now; it is public, so it needs no post and tells nothing but numbers."""
    calls = list(Call.objects.filter(venue=venue, at__date=localdate(at)).order_by("-pk")[:LOOKED_AT])
    latest = calls[0] if calls else None
    return Board(latest, _recent(calls), _rows(venue, latest), _waiting_by_letter(venue, at))


def _recent(calls: Sequence[Call]) -> list[Call]:
    """Return the calls before the latest, each number once."""
    by_label: dict[str, Call] = {}
    for call in calls:
        by_label.setdefault(call.label, call)
    return list(by_label.values())[1 : RECENT_CALLS + 1]


def _rows(venue: Venue, latest: Call | None) -> list[BoardRow]:
    here = Ticket.objects.filter(venue=venue, state__in=AT_A_WINDOW).select_related("series", "line")
    serving = {ticket.window_id: ticket for ticket in here}
    rows = []
    for window in venue.windows.exclude(state=WindowState.CLOSED).select_related("profile").order_by("number"):
        ticket = serving.get(window.pk)
        rows.append(
            BoardRow(
                window=window.number,
                label=str(ticket) if ticket else "",
                matter=window.name or (ticket.line.name if ticket else window.profile.name),
                is_paused=window.state == WindowState.PAUSED,
                is_latest=bool(latest and ticket and str(ticket) == latest.label),
                back_at=window.back_at,
            )
        )
    return rows


def _waiting_by_letter(venue: Venue, at: datetime) -> list[tuple[str, int, Range | None]]:
    """Return under each letter how many wait, and how long a newcomer of it would; for priority, in the longest line."""
    waiting = waiting_of(venue, localdate(at))
    lines = list(venue.series.filter(kind=SeriesKind.ORDINARY).order_by("letter"))
    longest = max(lines, key=lambda line: waiting.filter(line=line).count(), default=None)
    told = []
    for series in [*lines, *venue.series.exclude(kind=SeriesKind.ORDINARY).order_by("letter")]:
        is_priority = series.kind == SeriesKind.PRIORITY
        line = longest if is_priority else series if series.kind == SeriesKind.ORDINARY else None
        wait = None if line is None else _wait(venue, line, at, has_priority=is_priority)
        told.append((series.letter, waiting.filter(series=series).count(), wait))
    return told


def _wait(venue: Venue, line: Series, at: datetime, *, has_priority: bool) -> Range | None:
    ahead = newcomer_ahead(venue=venue, line=line, at=at, has_priority=has_priority)
    return minutes_to_wait(ahead=ahead, windows=windows_calling(line), services=services_of(line, at=at))


def notices_of(venue: Venue) -> list[str]:
    """Return what the screen's last line says by turns: the hall's own notice or how to beckon, and the rule of calling."""
    priority = venue.series.filter(kind=SeriesKind.PRIORITY).first() if venue.priority_is_visible else None
    beckon = f"{priority.letter} 是优先号。{BECKON}" if priority else BECKON
    return [venue.notice or beckon, venue.calling_rule.words]


def window_line(*, window: Window) -> str:
    """Return the one line of a window's LED strip (窗口 LED 屏)."""
    if window.state == WindowState.CLOSED:
        return f"{window}未开放"
    if window.state == WindowState.PAUSED:
        return "暂停服务" + (f" {localtime(window.back_at):%H:%M} 回来" if window.back_at else "")
    ticket = Ticket.objects.filter(window=window, state__in=AT_A_WINDOW).select_related("series").first()
    if ticket is None:
        return f"{window} {window.name or window.profile.name}"
    return f"请 {ticket} 号到 {window}" if ticket.state == State.CALLED else f"正在办理 {ticket} 号"
