"""What hangs on the wall: numbers only, the latest call and the few before it, how long it may take, each window's own line."""

import pytest

from tests.hall.house import at, make_house
from yimen.hall import actions, queries
from yimen.hall.words import WindowState
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def shown(house, minutes):
    with scope(System("screen"), "大屏"):
        return queries.board(venue=house.venue, at=at(minutes))


def line(house, place=0):
    house.windows[place].refresh_from_db()
    with scope(System("led"), "窗口屏"):
        return queries.window_line(window=house.windows[place])


def test_the_calls_before_the_latest_are_shown_each_once_however_often_it_was_repeated():
    house = make_house(windows=1)
    for minutes in range(6):
        house.take(minutes)
    for minutes in range(10, 15):
        ticket = house.call(minutes)
        with house.at_window() as clerk:
            actions.recall(ticket_id=ticket.pk, by=clerk, at=at(minutes + 0.5))
        house.step(ticket, "finish", minutes + 0.7)
    board = shown(house, 20)
    assert board.latest.label == "A005"
    assert [call.label for call in board.recent] == ["A004", "A003", "A002"]


def test_who_has_priority_is_told_a_shorter_range_than_who_has_none():
    house = make_house(windows=1, head_start_minutes=30)
    for number in range(6):
        house.take(0)
        house.step(house.call(10 * number), "finish", 10 * number + 9 + number % 3)
    for minutes in range(70, 75):
        house.take(minutes)
    waits = {letter: wait for letter, _, wait in shown(house, 75).waiting}
    assert waits["L"].most < waits["A"].least
    assert waits["Y"] is None


def test_a_letter_under_which_nobody_waits_and_nothing_is_known_takes_no_place():
    house = make_house()
    house.take(0)
    assert [letter for letter, *_ in shown(house, 1).lines] == ["A"]


def test_a_paused_window_says_when_it_goes_on():
    house = make_house()
    with house.at_window() as clerk:
        actions.set_window(
            window_id=house.windows[0].pk, state=WindowState.PAUSED, by=clerk, at=at(1), reason="就餐", back_at=at(45)
        )
    row = shown(house, 2).rows[0]
    assert (row.is_paused, row.back_at) == (True, at(45))
    assert line(house) == "暂停服务 12:45 回来"
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.OPEN, by=clerk, at=at(40))
    assert shown(house, 41).rows[0].back_at is None


def test_the_strip_of_a_window_says_whom_it_calls_and_whom_it_serves():
    house = make_house()
    assert line(house) == "1 号窗口 综合窗口"
    house.take(0)
    ticket = house.call(1)
    assert line(house) == "请 A001 号到 1 号窗口"
    house.step(ticket, "serve", 2)
    assert line(house) == "正在办理 A001 号"
    house.step(ticket, "finish", 5)
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.CLOSED, by=clerk, at=at(6))
    assert line(house) == "1 号窗口未开放"


def test_the_last_line_says_how_to_beckon_what_the_letter_means_and_the_rule_or_the_halls_own_words():
    house = make_house()
    told = queries.notices_of(house.venue)
    assert told[0].startswith("L 是优先号。走不动")
    assert "视同早来 30 分钟" in told[1]
    house.venue.notice = "下午三点停电检修"
    assert queries.notices_of(house.venue)[0] == "下午三点停电检修"
    house.venue.notice, house.venue.priority_is_visible = "", False
    assert "优先号" not in queries.notices_of(house.venue)[0]
