"""
What the database must hold of what machines were told, asked with plain SQL and none of the program; one check for each promise.

`ask` answers a text in SQL that SQLite and PostgreSQL both understand. Keys are compared as 32 hexadecimal digits.
"""

from collections import Counter

from tests.hall.outside import Box, Browser, Hall, Kiosk


def key(value: object) -> str:
    return str(value).replace("-", "")


def no_ticket_lost_or_doubled(hall: Hall, ask) -> None:
    """Every ticket acknowledged is there, with its number; and no more were taken than keys were sent."""
    held = {
        key(one): (f"{letter}{number:03d}", code)
        for one, letter, number, code in ask(
            "SELECT t.id, s.letter, t.number, t.code FROM hall_ticket t JOIN hall_series s ON s.id = t.series_id"
        )
    }
    over_the_api = [entry.answer for entry in hall.entries(Kiosk)]
    on_the_page = [entry.answer for entry in hall.entries(Browser)]
    assert set(over_the_api) <= {f"{one} {label}" for one, (label, _) in held.items()}
    assert set(on_the_page) <= {code for _, code in held.values()}
    acknowledged = over_the_api + on_the_page
    assert len(set(acknowledged)) == len(acknowledged) == len(held)
    assert ask("SELECT count(*) FROM hall_attendance") == [(len(held),)]


def numbers_without_gap(ask) -> None:
    """Under each letter and day the numbers are 1, 2, 3 … and their counter says the last."""
    for series, day, least, most, number, different in ask(
        "SELECT series_id, day, min(number), max(number), count(*), count(DISTINCT number)"
        " FROM hall_ticket GROUP BY series_id, day"
    ):
        assert (least, most, different) == (1, number, number)
        assert ask(f"SELECT last FROM hall_counter WHERE series_id = {series} AND day = '{day}'") == [(number,)]
    assert (
        ask(
            "SELECT a.id FROM hall_ticket a JOIN hall_ticket b ON a.series_id = b.series_id AND a.day = b.day"
            " AND b.number = a.number + 1 WHERE b.taken_at < a.taken_at"
        )
        == []
    )


def every_call_once(hall: Hall, ask) -> None:
    """Whom a window was told to have called, it has called, once and alone; so often as it called again."""
    called = Counter(entry.answer for entry in hall.entries(Box, ending="/call") if entry.answer != "nobody")
    again = Counter(entry.answer for entry in hall.entries(Box, ending="/recall"))
    assert set(called.values()) == {1}
    held = Counter(key(ticket) for (ticket,) in ask("SELECT ticket_id FROM hall_call"))
    assert held == called + again
    windows = ask("SELECT ticket_id FROM hall_call GROUP BY ticket_id HAVING count(DISTINCT window_number) > 1")
    assert windows == []
    assert ask("SELECT ticket_id FROM hall_call GROUP BY ticket_id HAVING max(nth) <> count(*) OR min(nth) <> 1") == []


def every_screen_heard_every_call_once(hall: Hall, ask) -> None:
    """What a screen heard, over all its lines, is the calls of its hall: each once, in order, none left out."""
    for screen in hall.screens:
        calls = ask(
            f"SELECT c.id FROM hall_call c JOIN hall_venue v ON v.id = c.venue_id WHERE v.code = '{screen.venue}' ORDER BY c.id"
        )
        assert screen.heard == [one for (one,) in calls]


def log_and_state_agree(ask) -> None:
    """Each ticket has one open period, of the state it is in, and as many steps behind it as it has changed."""
    assert (
        ask(
            "SELECT t.id FROM hall_ticket t LEFT JOIN hall_period p ON p.ticket_id = t.id AND p.ends_at IS NULL"
            " GROUP BY t.id, t.state HAVING count(p.id) <> 1 OR min(p.state) <> t.state"
        )
        == []
    )
    assert (
        ask(
            "SELECT t.id FROM hall_ticket t JOIN hall_period p ON p.ticket_id = t.id"
            " GROUP BY t.id, t.version HAVING count(*) <> t.version + 1"
        )
        == []
    )
    assert ask("SELECT id FROM hall_ticket WHERE (state IN ('called', 'serving')) <> (window_id IS NOT NULL)") == []


def once_for_each_key(hall: Hall, ask) -> None:
    """What was sent is kept with its answer, once for each key."""
    sent = {entry.key for entry in hall.entries()}
    kept = Counter(one for (one,) in ask("SELECT key FROM office_submission"))
    assert set(kept) == sent
    assert set(kept.values()) == {1}
