"""A disk that is full: what cannot be kept is refused in plain words, nothing is half done, and what is only read goes on."""

import errno
import http.client
import sqlite3
import uuid
from contextlib import closing

import pytest
from django.db import OperationalError

from tests import tables
from tests.hall.counting import log_and_state_agree, numbers_without_gap
from tests.hall.outside import Browser, Entry, Hall, Kiosk
from yimen.office.trouble import AWAY, FULL, trouble_of

# Few enough to be filled soon, more than one ticket needs.
PAGES = 12


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A hall whose disk fills up while a kiosk takes tickets: what was answered before and after, and what was only looked at."""
    home = tmp_path_factory.mktemp("hall")
    tables.place(home / "yimen.sqlite3")
    hall = Hall(home)
    try:
        hall.start(pages=PAGES)
        browser = next(one for one in hall.machines if isinstance(one, Browser))
        browser.pair()
        hall.kiosk = next(one for one in hall.machines if isinstance(one, Kiosk))
        hall.taken, hall.refused = fill(hall.kiosk)
        form = Entry(f"/venues/{browser.hall['venue']}/kiosk/", uuid.uuid4().hex, {"step": "take", "lang": ""})
        hall.on_the_page = browser.ask(form)
        hall.looked = {path: look(hall.port, path) for path in ("/venues/demo/board/", "/venues/demo/fairness/", "/venues/")}
        hall.kill()
        hall.start()
        # The line of the server before is dead.
        hall.kiosk.line = None
        hall.again = [hall.kiosk.ask(entry) for entry, _, _ in hall.refused]
    finally:
        hall.close()
    return hall, home


def fill(kiosk):
    """Take tickets until five were refused; return those taken and those refused."""
    taken, refused = [], []
    while len(refused) < 5 and len(taken) < 2000:
        entry = Entry("/api/hall/tickets", uuid.uuid4().hex, {})
        status, said = kiosk.ask(entry)
        (taken if status == 201 else refused).append((entry, status, said))
    return taken, refused


def look(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", path)
    return line.getresponse().status


@pytest.fixture
def ask(full):
    with closing(sqlite3.connect(f"file:{full[1]}/yimen.sqlite3?mode=ro", uri=True)) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


apart = [pytest.mark.store, pytest.mark.slow, pytest.mark.apart]


class TestFull:
    pytestmark = apart

    def test_a_machine_is_told_in_words_with_507_and_when_to_come_again(self, full):
        hall, _ = full
        assert len(hall.taken) > 3
        assert [status for _, status, _ in hall.refused] == [507] * 5
        assert all("服务器的磁盘满了" in said and "没有留下一半" in said for _, _, said in hall.refused)

    def test_the_kiosk_says_where_to_go_and_tries_again_by_itself(self, full):
        status, said = full[0].on_the_page
        assert status == 507
        assert "请到导办台取号" in said
        assert 'http-equiv="refresh" content="20;url=/venues/demo/kiosk/"' in said

    def test_the_screen_and_the_open_pages_go_on(self, full):
        assert set(full[0].looked.values()) == {200}

    def test_nothing_is_half_done_and_with_room_again_each_key_is_done_once(self, full, ask):
        hall, _ = full
        assert [status for status, _ in hall.again] == [201] * 5
        assert ask("SELECT count(*) FROM hall_ticket") == [(len(hall.taken) + 5,)]
        assert ask("SELECT count(*) FROM hall_attendance") == [(len(hall.taken) + 5,)]
        numbers_without_gap(ask)
        log_and_state_agree(ask)
        assert ask("PRAGMA integrity_check") == [("ok",)]


def caused(problem, cause):
    problem.__cause__ = cause
    return problem


def test_what_is_no_trouble_of_disk_or_database_is_a_fault_of_the_program():
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert trouble_of(caused(OperationalError("database or disk is full"), full)) is FULL
    assert trouble_of(OSError(errno.ENOSPC, "No space left on device")) is FULL
    assert trouble_of(OperationalError("database is locked")) is AWAY
    assert trouble_of(OSError(errno.ENOENT, "No such file")) is None
    assert trouble_of(ZeroDivisionError()) is None
