"""`kill -9` while tickets are taken and called: nothing acknowledged is lost or happens twice. Counted from outside."""

import random
import sqlite3
import time

import pytest

from tests import tables
from tests.hall.counting import (
    every_call_once,
    every_screen_heard_every_call_once,
    log_and_state_agree,
    no_ticket_lost_or_doubled,
    numbers_without_gap,
    once_for_each_key,
)
from tests.hall.outside import Hall

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.apart]
KILLS = 60
# So many answers are heard at most between two kills.
MOST_ANSWERS = 80


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A hall whose server was killed so often, and the ledgers of its machines."""
    home = tmp_path_factory.mktemp("hall")
    tables.place(home / "yimen.sqlite3")
    hall, chance = Hall(home), random.Random(20261125)
    try:
        hall.start()
        hall.work()
        for _ in range(KILLS):
            hall.hear_answers(chance.randint(2, MOST_ANSWERS))
            time.sleep(chance.uniform(0, 0.03))
            hall.kill()
            hall.start()
        hall.rest()
        hall.other_answers = hall.ask_all_again()
    finally:
        hall.close()
    return hall, home


@pytest.fixture(scope="module")
def ask(killed):
    """Ask the database with a library of its own."""
    connection = sqlite3.connect(f"file:{killed[1]}/yimen.sqlite3?mode=ro", uri=True)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


def test_machines_waited_for_an_answer_when_the_server_was_killed_and_were_refused_nothing(killed):
    hall, _ = killed
    assert sum(entry.broken > 0 for entry in hall.entries()) > KILLS
    assert [refused for machine in hall.machines for refused in machine.refused] == []
    assert all(entry.answer for entry in hall.entries())


def test_nothing_acknowledged_is_lost_and_nothing_is_there_that_was_not_acknowledged(killed, ask):
    no_ticket_lost_or_doubled(killed[0], ask)


def test_numbers_have_no_gap_and_none_is_given_twice(ask):
    numbers_without_gap(ask)


def test_every_call_was_made_once_to_the_window_it_was_answered_to(killed, ask):
    every_call_once(killed[0], ask)


def test_every_screen_heard_every_call_once_and_in_order_whatever_line_was_cut(killed, ask):
    assert all(screen.cuts >= KILLS for screen in killed[0].screens)
    every_screen_heard_every_call_once(killed[0], ask)


def test_every_ticket_stands_where_its_log_says_and_no_step_is_half_done(ask):
    log_and_state_agree(ask)


def test_sent_again_each_gets_the_answer_it_got_the_first_time(killed, ask):
    assert killed[0].other_answers == []
    once_for_each_key(killed[0], ask)


def test_the_file_is_sound(ask):
    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
