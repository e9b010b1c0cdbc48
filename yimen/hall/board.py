"""What hangs on the wall (叫号大屏、窗口屏): the latest calls, the windows, how many wait. Numbers only, no name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate, localtime

from yimen.hall.estimate import Range, minutes_to_wait
from yimen.hall.models import Call, ProfileLine, Series, Ticket, Venue, Window
from yimen.hall.now import Standing, in_order
from yimen.hall.served import services_of
from yimen.hall.words import AT_A_WINDOW, SeriesKind, State, WindowState

RECENT_CALLS = 3
# Among so many of the last calls the recent ones are looked for: most windows call again once or twice.
LOOKED_AT = 12
BECKON = "走不动、看不清、听不清，请招手，我们过来"


@dataclass(frozen=True)
class BoardRow:
    """
    One window on the screen: its number, the number it serves, for what, whether it is paused and until when.

    `state` is whether that number was called or is being served, and `waiting` how many wait whom this window may call.
    """

    window: int
    label: str
    matter: str
    is_paused: bool
    is_latest: bool
    back_at: datetime | None = None
    state: str = ""
    waiting: int = 0


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
    return boards(venues=[venue], at=at)[venue.pk]


def boards(*, venues: Sequence[Venue], at: datetime) -> dict[int, Board]:
    """Return what the screens of several venues show, by venue: all of them are asked about at once."""
    told = _Told.of(venues, at)
    return {venue.pk: _board(venue, told, at) for venue in venues}


@dataclass(frozen=True)
class _Waits:
    """Somebody who waits: under whose letter, in which line, whether for one window only, and their place in time."""

    series: int
    only_window: int | None
    standing: Standing


@dataclass(frozen=True)
class _Told:
    """What is asked for several venues at once, by venue; `calling` counts the open windows of a line."""

    windows: Mapping[int, Sequence[Window]]
    serving: Mapping[int, Ticket]
    series: Mapping[int, Sequence[Series]]
    lines: Mapping[int, Sequence[int]]
    waiting: Mapping[int, Mapping[int, Sequence[_Waits]]]
    calling: Mapping[int, int]

    @classmethod
    def of(cls, venues: Sequence[Venue], at: datetime) -> "_Told":
        keys = [venue.pk for venue in venues]
        windows = Window.objects.filter(venue__in=keys).exclude(state=WindowState.CLOSED).select_related("profile")
        here = Ticket.objects.filter(venue__in=keys, state__in=AT_A_WINDOW).select_related("series", "line")
        lines = _grouped(ProfileLine.objects.filter(profile__venue__in=keys).values_list("profile_id", "series_id"))
        by_venue = _grouped((one.venue_id, one) for one in windows.order_by("number"))
        open_now = [one for some in by_venue.values() for one in some if one.state == WindowState.OPEN]
        return cls(
            windows=by_venue,
            serving={one.window_id: one for one in here if one.window_id is not None},
            series=_grouped((one.venue_id, one) for one in Series.objects.filter(venue__in=keys).order_by("letter")),
            lines=lines,
            waiting=_waiting(keys, at),
            calling=Counter(line for one in open_now for line in lines.get(one.profile_id, ())),
        )


def _grouped(pairs: Iterable[tuple[int, object]]) -> dict[int, list]:  # type: ignore[type-arg]
    found: dict[int, list] = defaultdict(list)  # type: ignore[type-arg]
    for key, value in pairs:
        found[key].append(value)
    return found


def _waiting(venues: Sequence[int], at: datetime) -> dict[int, dict[int, list[_Waits]]]:
    """Return who waits, by venue and line, in the order of their time."""
    rows = Ticket.objects.filter(venue__in=venues, day=localdate(at), state=State.WAITING, is_here=True)
    columns = ("counts_from", "taken_at", "number", "has_priority", "pk", "venue_id", "line_id", "series_id", "only_window_id")
    found: dict[int, dict[int, list[_Waits]]] = defaultdict(lambda: defaultdict(list))
    for *standing, venue, line, series, only_window in rows.order_by("counts_from", "taken_at", "number").values_list(*columns):
        found[venue][line].append(_Waits(series, only_window, Standing(*standing)))
    return found


def _board(venue: Venue, told: _Told, at: datetime) -> Board:
    last = Call.objects.filter(venue=venue).order_by("-pk")[:LOOKED_AT]
    calls = [one for one in last if localdate(one.at) == localdate(at)]
    latest = calls[0] if calls else None
    rows = [_row(window, told, latest) for window in told.windows.get(venue.pk, ())]
    return Board(latest, _recent(calls), rows, _by_letter(venue, told, at))


def _recent(calls: Sequence[Call]) -> list[Call]:
    """Return the calls before the latest, each number once."""
    by_label: dict[str, Call] = {}
    for call in calls:
        by_label.setdefault(call.label, call)
    return list(by_label.values())[1 : RECENT_CALLS + 1]


def _row(window: Window, told: _Told, latest: Call | None) -> BoardRow:
    ticket = told.serving.get(window.pk)
    return BoardRow(
        window=window.number,
        label=str(ticket) if ticket else "",
        matter=window.name or (ticket.line.name if ticket else window.profile.name),
        is_paused=window.state == WindowState.PAUSED,
        is_latest=bool(latest and ticket and str(ticket) == latest.label),
        back_at=window.back_at,
        state=ticket.state if ticket else "",
        waiting=_waiting_for(window, told),
    )


def _waiting_for(window: Window, told: _Told) -> int:
    """Return how many wait whom a window may call next: in its lines, or sent back to it."""
    by_line, lines = told.waiting.get(window.venue_id, {}), told.lines.get(window.profile_id, ())
    rows = ((line, one.only_window) for line, waiting in by_line.items() for one in waiting)
    return sum(only == window.pk or (only is None and line in lines) for line, only in rows)


def _by_letter(venue: Venue, told: _Told, at: datetime) -> list[tuple[str, int, Range | None]]:
    """Return under each letter how many wait, and how long a newcomer of it would; for priority, in the longest line."""
    by_line, every = told.waiting.get(venue.pk, {}), told.series.get(venue.pk, ())
    lines = [one for one in every if one.kind == SeriesKind.ORDINARY]
    longest = max(lines, key=lambda line: len(by_line.get(line.pk, ())), default=None)
    of_letter = Counter(one.series for rows in by_line.values() for one in rows)
    found = []
    for series in [*lines, *(one for one in every if one.kind != SeriesKind.ORDINARY)]:
        is_priority = series.kind == SeriesKind.PRIORITY
        line = longest if is_priority else series if series.kind == SeriesKind.ORDINARY else None
        wait = None if line is None else _wait(venue, line, told, at, has_priority=is_priority)
        found.append((series.letter, of_letter[series.pk], wait))
    return found


def _wait(venue: Venue, line: Series, told: _Told, at: datetime, *, has_priority: bool) -> Range | None:
    """Return how long somebody would wait who takes a ticket in a line now, if nobody else comes."""
    services = services_of(line, at=at)
    newcomer = Standing(at, at, 0, has_priority, line.pk)  # type: ignore[arg-type]
    waiting = [one.standing for one in told.waiting.get(venue.pk, {}).get(line.pk, ()) if one.only_window is None]
    ahead = in_order([*waiting, newcomer], rule=venue.calling_rule, at=at).index(newcomer)
    return minutes_to_wait(ahead=ahead, windows=told.calling.get(line.pk, 0), services=services)


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
