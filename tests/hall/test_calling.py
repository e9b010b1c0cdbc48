from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hall.house import at, make_house
from tests.make import make_staff, make_village
from yimen.hall import actions
from yimen.hall.flow import move
from yimen.hall.models import Call
from yimen.hall.ordering import RULE_WORDS
from yimen.hall.replay import Came, Shift, replay
from yimen.hall.words import WindowState
from yimen.office.access import NotAllowed, scope

pytestmark = pytest.mark.django_db


def test_who_has_priority_goes_first_by_the_head_start_and_no_further():
    house = make_house(head_start_minutes=30)
    for minutes, priority in ((0, False), (20, False), (40, True)):
        house.take(minutes, priority=priority)
    assert house.serve_all() == ["A001", "L001", "A002"]


def test_a_hall_may_let_nobody_see_who_has_priority():
    house = make_house(priority_is_visible=False)
    house.take(0)
    assert str(house.take(5, priority=True)) == "A002"
    assert house.serve_all() == ["A002", "A001"]


def test_why_somebody_has_priority_is_written_down():
    ticket = make_house().take(0, priority=True)
    with scope(make_staff(kind="town_clerk", username="other"), "看"):
        held = ticket.attendance.recognition
        assert (held.get_ground_display(), held.get_method_display(), held.evidence) == ("救助对象", "身份证比对名册", "名册 3")
        assert held.by.username == "clerk0"


def test_a_window_with_somebody_calls_nobody_else():
    house = make_house()
    house.take(0)
    house.take(1)
    house.call(2)
    with pytest.raises(actions.WrongStep, match="1 号窗口还有 A001 号"):
        house.call(3)


def test_two_windows_never_get_one_ticket():
    house = make_house()
    house.take(0)
    assert str(house.call(1)) == "A001"
    assert house.call(1, place=1) is None


def test_a_later_line_is_called_only_when_the_earlier_one_is_empty():
    house = make_house()
    house.take(0, matters=[house.matter])
    house.take(1)
    assert house.serve_all() == ["A001", "B001"]


def test_a_priority_ticket_waits_in_the_line_of_its_matter():
    house = make_house()
    ticket = house.take(0, priority=True, matters=[house.matter])
    assert (str(ticket), ticket.line.letter) == ("L001", "B")


def test_who_was_missed_and_comes_back_waits_behind_three():
    house = make_house()
    first = house.take(0)
    for minutes in range(1, 5):
        house.take(minutes)
    house.call(10)
    house.step(first, "miss", 12)
    with house.at_window() as clerk:
        actions.put_back(ticket_id=first.pk, by=clerk, at=at(15))
    assert house.serve_all() == ["A002", "A003", "A004", "A001", "A005"]


def test_who_was_held_comes_back_to_the_same_window_at_once():
    house = make_house()
    first = house.take(0)
    house.take(1)
    house.call(2)
    house.step(first, "serve", 2)
    house.step(first, "hold", 5, reason="回家取户口簿")
    with house.at_window() as clerk:
        actions.put_back(ticket_id=first.pk, by=clerk, at=at(30))
    assert str(house.call(31, place=1)) == "A002"
    assert str(house.call(32)) == "A001"


def test_from_the_back_office_one_comes_back_to_the_window_that_sent_one_there():
    house = make_house()
    first = house.take(0)
    house.call(2)
    house.step(first, "to_back", 5)
    with house.at_window() as clerk:
        actions.put_back(ticket_id=first.pk, by=clerk, at=at(20))
    assert house.call(21, place=1) is None
    assert str(house.call(21)) == "A001"


def test_passed_on_to_another_line_the_time_waited_counts():
    house = make_house()
    first = house.take(0)
    house.take(10, matters=[house.matter])
    house.call(20)
    with house.at_window() as clerk:
        actions.pass_on(ticket_id=first.pk, by=clerk, at=at(25), line=house.insurance)
    assert house.serve_all() == ["A001", "B001"]


def test_called_three_times_every_call_is_written_down_once():
    house = make_house()
    ticket = house.take(0)
    house.call(1)
    with house.at_window() as clerk:
        for minutes in (2, 3):
            actions.recall(ticket_id=ticket.pk, by=clerk, at=at(minutes))
    calls = Call.objects.order_by("pk").values_list("label", "window_number", "nth")
    assert list(calls) == [("A001", 1, 1), ("A001", 1, 2), ("A001", 1, 3)]


def test_a_ticket_done_is_done():
    house = make_house()
    ticket = house.take(0)
    house.call(1)
    house.step(ticket, "finish", 5)
    with pytest.raises(actions.WrongStep, match="不在您的窗口，现在是“办结”"):
        house.step(ticket, "serve", 6)


def test_a_step_made_from_what_is_no_longer_so_is_refused():
    house = make_house()
    stale = house.take(0)
    house.call(1)
    with house.at_window() as clerk, pytest.raises(actions.WrongStep, match="刚刚被别的窗口"):
        move(stale, "leave", by=clerk, at=at(2))


def test_one_identity_takes_no_more_tickets_a_day_than_the_hall_allows():
    house = make_house(tickets_a_day=2)
    for minutes in (0, 1):
        house.take(minutes, id_number="990101196506150010")
    with pytest.raises(actions.NotTaken, match="已经用这个证件取了 2 个号"):
        house.take(2, id_number="990101196506150010")
    assert str(house.take(3, id_number="990101196506150029")) == "A003"


def test_a_clock_set_back_gives_nobody_an_earlier_place():
    house = make_house()
    house.take(60)
    late = house.take(0)
    assert (str(late), late.taken_at) == ("A002", at(60) + timedelta(microseconds=1))
    assert house.serve_all() == ["A001", "A002"]


def test_who_keeps_an_appointment_counts_from_the_hour_agreed_and_who_is_late_from_now():
    house = make_house()
    house.take(10)
    assert str(house.take(20, appointed_at=at(5))) == "Y001"
    house.take(20, appointed_at=at(0))
    assert house.serve_all() == ["Y001", "A001", "Y002"]


def test_a_stranger_to_the_hall_calls_nobody_there():
    house = make_house()
    stranger = make_staff(kind="town_clerk", area=make_village(31), username="stranger")
    with scope(stranger, "叫号"), pytest.raises(NotAllowed):
        actions.call_next(window_id=house.windows[0].pk, by=stranger, at=at(1))


def test_a_clerk_has_one_open_window_and_says_why_it_pauses():
    house = make_house()
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.CLOSED, by=clerk, at=at(1))
    with house.at_window(1) as clerk:
        with pytest.raises(actions.NotOpened, match="已经开着另一个窗口"):
            actions.set_window(window_id=house.windows[0].pk, state=WindowState.OPEN, by=clerk, at=at(2))
        with pytest.raises(actions.NotOpened, match="写明原因"):
            actions.set_window(window_id=house.windows[1].pk, state=WindowState.PAUSED, by=clerk, at=at(2))
        actions.set_window(window_id=house.windows[1].pk, state=WindowState.PAUSED, by=clerk, at=at(3), reason="就餐")
    shifts = house.windows[1].shifts.order_by("starts_at").values_list("state", "reason", "ends_at")
    assert list(shifts) == [("open", "", at(3)), ("paused", "就餐", None)]


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(1, 9)), min_size=1, max_size=12),
    st.sampled_from(sorted(RULE_WORDS)),
)
def test_the_hall_calls_in_the_order_the_replay_of_its_log_says(crowd, rule):
    with transaction.atomic():
        house = make_house(windows=1, rule=rule, head_start_minutes=10)
        for minutes, priority, _ in sorted(crowd, key=lambda one: one[0]):
            house.take(minutes, priority=priority)
        services = iter([service for *_, service in crowd])
        came, minute = [], 31.0
        while (ticket := house.call(minute)) is not None:
            came.append(Came((ticket.taken_at - at(0)).total_seconds() / 60, ticket.has_priority, next(services)))
            minute += came[-1].service_minutes
            house.step(ticket, "finish", minute)
        again, waiting = replay(came, [Shift(31, 10_000)], house.venue.calling_rule)
        transaction.set_rollback(True)
    assert waiting == 0
    assert [one.came for one in again] == came
