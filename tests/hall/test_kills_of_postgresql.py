"""PostgreSQL stopped at once under load: nothing acknowledged is lost or happens twice, and the server stays."""

import random
import time

import pytest

from tests.hall.cluster import NEEDED, PROGRAMS, Cluster
from tests.hall.counting import (
    every_call_once,
    every_screen_heard_every_call_once,
    log_and_state_agree,
    no_ticket_lost_or_doubled,
    numbers_without_gap,
    once_for_each_key,
)
from tests.hall.outside import Hall

pytestmark = [
    pytest.mark.store,
    pytest.mark.slow,
    pytest.mark.apart,
    pytest.mark.skipif(not PROGRAMS, reason=NEEDED),
]
STOPS, MOST_ANSWERS = 10, 200


@pytest.fixture(scope="module")
def cluster():
    held = Cluster()
    yield held
    held.close()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, cluster):
    """A hall whose database was stopped so often, and the ledgers of its machines."""
    pytest.importorskip("psycopg")
    hall, chance = Hall(tmp_path_factory.mktemp("hall"), cluster.url), random.Random(20261125)
    try:
        hall.start()
        hall.work()
        for _ in range(STOPS):
            hall.hear_answers(chance.randint(50, MOST_ANSWERS))
            cluster.stop()
            time.sleep(chance.uniform(0, 0.2))
            cluster.start()
        hall.hear_answers(50)
        hall.rest()
        hall.other_answers = hall.ask_all_again()
    finally:
        hall.close()
    return hall


@pytest.fixture(scope="module")
def ask(stopped, cluster):
    """Ask the database as somebody else."""
    import psycopg

    with psycopg.connect(cluster.url) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_machines_waited_for_an_answer_when_the_database_stopped_and_were_told_to_try_again(stopped):
    assert sum(entry.broken > 0 for entry in stopped.entries()) > STOPS
    assert [refused for machine in stopped.machines for refused in machine.refused] == []
    assert all(entry.answer for entry in stopped.entries())


def test_nothing_acknowledged_is_lost_and_nothing_is_there_that_was_not_acknowledged(stopped, ask):
    no_ticket_lost_or_doubled(stopped, ask)


def test_numbers_have_no_gap_and_none_is_given_twice(ask):
    numbers_without_gap(ask)


def test_every_call_was_made_once_to_the_window_it_was_answered_to(stopped, ask):
    every_call_once(stopped, ask)


def test_every_screen_heard_every_call_once_and_in_order_whatever_line_was_cut(stopped, ask):
    assert all(len(screen.heard) > STOPS for screen in stopped.screens)
    every_screen_heard_every_call_once(stopped, ask)


def test_every_ticket_stands_where_its_log_says_and_no_step_is_half_done(ask):
    log_and_state_agree(ask)


def test_sent_again_each_gets_the_answer_it_got_the_first_time(stopped, ask):
    assert stopped.other_answers == []
    once_for_each_key(stopped, ask)
