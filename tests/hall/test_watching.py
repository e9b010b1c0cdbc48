"""What is wrong in a hall and who is told: a machine without paper, a clock that is behind, a disk with little room."""

import pytest

from tests.hall.house import at, make_house
from yimen.hall import actions, queries
from yimen.hall.words import DeviceKind, PrinterState
from yimen.office.access import System, scope
from yimen.office.room import Room

pytestmark = pytest.mark.django_db
GIB = 2**30


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def kiosk(house):
    with scope(System("test"), "测试"):
        return actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="进门取号机", by=None, at=at(0))[0]


def told(house, minutes=0.0):
    with house.at_window():
        return queries.troubles(venue=house.venue, at=at(minutes))


def test_a_machine_without_paper_is_told_since_when_until_it_prints_again(house, kiosk):
    assert told(house) == []

    for minutes in (5, 9):
        actions.note_printer(device=kiosk, state=PrinterState.PAPER, at=at(minutes))
    (words,) = told(house)
    assert words.startswith("进门取号机12:05 起没有纸，请换纸")
    assert "取的号都有效" in words

    actions.note_printer(device=kiosk, state=PrinterState.FINE, at=at(10))
    assert told(house) == []


def test_another_printer_begins_without_what_was_said_of_the_one_before(house, kiosk):
    actions.note_printer(device=kiosk, state=PrinterState.OFF, at=at(1))
    assert "打印机没有响应，请看电源和网线" in told(house)[0]
    with scope(System("test"), "测试"):
        actions.set_printer(venue=house.venue, printer="file", by=None, at=at(2))
    assert told(house) == []


def test_a_clock_behind_the_last_number_is_told_and_one_that_is_right_is_not(house):
    house.take(130)

    assert told(house, 130) == []
    (words,) = told(house, 0)
    assert "服务器的时钟比上一个号早 2 小时" in words
    assert "先后不变" in words


@pytest.mark.parametrize(
    ("free", "total", "is_little"),
    [(1, 20, True), (3, 20, False), (3, 100, True), (6, 100, False), (9, 2000, True), (11, 2000, False)],
)
def test_little_room_is_two_gib_or_a_twentieth_of_the_disk_and_never_more_than_ten(free, total, is_little):
    assert Room(free * GIB, total * GIB).is_little is is_little
