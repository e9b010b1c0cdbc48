"""The hall as its manager sees it now: who sits where and serves whom, who waits too long, what is done for a clerk."""

from datetime import timedelta

import pytest

from tests.hall.house import at, make_house
from tests.hall.side import make_side
from tests.make import TODAY, make_staff, make_village
from yimen.hall import actions, queries
from yimen.hall.models import LimitChange, Period, Ticket, Window, WindowShift
from yimen.hall.words import Source, WindowState
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house(wait_alarm_minutes=30)


@pytest.fixture
def manager(house):
    return make_staff(kind="hall_manager", area=make_village(), username="manager")


def told(house, manager, minutes):
    with scope(manager, "大厅今天"):
        return queries.hall_now(venue=house.venue, at=at(minutes))


def seats(house, manager, minutes):
    with scope(manager, "大厅今天"):
        return queries.seats_now(venue=house.venue, at=at(minutes))


def alarms(house, minutes, *, day=TODAY):
    with scope(System("test"), "核对"):
        return queries.alarms_on(venue=house.venue, day=day, at=at(minutes))


def managed(house, manager, minutes, window, state, **more):
    with scope(manager, "代办"):
        key = house.windows[window].pk
        return actions.set_window_for(window_id=key, state=state, by=manager, at=at(minutes), **({"reason": "就餐"} | more))


def done(house, action, ticket, minutes, **more):
    with house.at_window() as clerk:
        return action(ticket_id=ticket.pk, by=clerk, at=at(minutes), **more)


def test_the_manager_sees_who_sits_where_and_whom_they_serve_since_when(house, manager):
    ticket = house.take(0)
    house.call(5)
    house.step(ticket, "serve", 7)
    first, second = seats(house, manager, 12)
    assert (first.window.staff, str(first.ticket), first.served_since, first.served_minutes) == (
        house.clerks[0],
        "A001",
        at(5),
        7,
    )
    assert (second.ticket, second.minutes, second.set_by) == (None, 72, None)


def test_a_pause_is_late_once_the_time_it_was_to_end_has_passed(house, manager):
    with house.at_window(1) as clerk:
        until = {"reason": "就餐", "back_at": at(30)}
        actions.set_window(window_id=house.windows[1].pk, state=WindowState.PAUSED, by=clerk, at=at(0), **until)
    seat = seats(house, manager, 20)[1]
    assert (seat.window.state, seat.reason, seat.minutes, seat.is_late) == ("paused", "就餐", 20, False)
    assert seats(house, manager, 31)[1].is_late


def test_a_window_that_stands_open_since_an_earlier_day_is_forgotten(house, manager):
    assert not seats(house, manager, 5)[0].is_forgotten
    assert seats(house, manager, 24 * 60)[0].is_forgotten


def test_each_line_says_who_waits_who_is_beyond_the_limit_and_what_half_waited_less_than(house, manager):
    for minute in (0, 1, 2):
        house.take(minute)
    house.take(20, matters=[house.matter])
    for minute in (4, 11):
        house.step(house.call(minute), "finish", minute + 3)
    general, insurance = told(house, manager, 33).lines
    assert (general.line.waiting, general.beyond, general.called, general.middle) == (1, 1, 2, 7)
    assert (insurance.line.waiting, insurance.beyond, insurance.called, insurance.middle) == (1, 0, 0, None)
    assert (general.line.longest_minutes, general.rings_since) == (31, at(32))


def test_nobody_rings_at_the_limit_and_somebody_does_right_after_it(house, manager):
    house.take(0)
    assert [told(house, manager, minute).lines[0].beyond for minute in (30, 30.1)] == [0, 1]


def test_the_alarm_of_a_line_goes_from_the_first_beyond_the_limit_until_the_last_is_called(house):
    for minute in (0, 5, 50):
        house.take(minute)
    for minute in (40, 45, 55):
        house.step(house.call(minute), "finish", minute + 1)
    (one,) = alarms(house, 100)
    assert (str(one.line), one.starts_at, one.ends_at, one.tickets) == ("A 综合", at(30), at(45), 2)
    assert (one.longest_minutes, one.minutes(at(100)), one.waiting) == (40, 15, 0)


def test_two_times_apart_are_two_alarms_and_each_line_has_its_own(house):
    house.take(0)
    house.take(0, matters=[house.matter])
    for minute in (35, 36):
        house.step(house.call(minute), "finish", minute + 0.5)
    house.take(60)
    house.step(house.call(95), "finish", 96)
    found = [(one.line.letter, one.starts_at.replace(microsecond=0), one.ends_at) for one in alarms(house, 120)]
    assert found == [("A", at(30), at(35)), ("A", at(90), at(95)), ("B", at(30), at(36))]


def test_an_alarm_that_still_rings_has_no_end_and_on_a_past_day_ends_with_it(house):
    house.take(0)
    (now,) = alarms(house, 50)
    assert (now.ends_at, now.waiting, now.minutes(at(50))) == (None, 1, 20)
    with house.at_window(1) as clerk:
        actions.set_window(window_id=house.windows[1].pk, state=WindowState.CLOSED, by=clerk, at=at(80))
    (then,) = alarms(house, 24 * 60)
    assert (then.ends_at, then.waiting, then.longest_minutes) == (at(80), 1, 80)


def test_who_comes_back_from_a_hold_begins_anew_and_who_is_sent_on_while_waiting_goes_on(house, manager):
    held, sent = house.take(0), house.take(1)
    house.call(2)
    done(house, actions.step, held, 3, name="hold", reason="取户口簿")
    done(house, actions.put_back, held, 60)
    done(house, actions.pass_on, sent, 20, line=house.insurance, reason="先办医保")
    general, insurance = told(house, manager, 70).lines
    assert (general.line.longest_minutes, general.beyond) == (10, 0)
    assert (insurance.line.longest_minutes, insurance.beyond) == (69, 1)


def test_who_is_on_the_way_does_not_wait_and_once_here_waits_from_then(house, manager):
    with scope(System("phone"), "手机取号"):
        same = {"venue": house.venue, "matters": [], "source": Source.PHONE, "by": None, "is_here": False}
        ticket = actions.take_ticket(at=at(0), **same)
        assert told(house, manager, 50).lines[0].line.waiting == 0
        actions.arrive(ticket_id=ticket.pk, shown=queries.here_code("demo", at(60)), at=at(60))
    line = told(house, manager, 70).lines[0]
    assert (line.line.waiting, line.line.longest_minutes, line.beyond) == (1, 10, 0)
    assert alarms(house, 70) == []


def test_a_past_day_is_told_by_the_limit_that_held_on_it(house, manager):
    house.take(0)
    house.step(house.call(40), "finish", 41)
    with scope(manager, "设置"):
        same = {"venue": house.venue, "tickets_a_day": 3, "calls_before_missed": 3, "by": manager}
        actions.set_limits(wait_alarm_minutes=60, at=at(24 * 60), **same)
        actions.set_limits(wait_alarm_minutes=60, at=at(24 * 60 + 5), **same)
    change = LimitChange.objects.get()
    assert (change.before, change.after, change.by) == (30, 60, manager)
    assert [queries.limit_on(house.venue, TODAY + timedelta(days=more)) for more in (0, 1)] == [30, 60]
    assert [one.starts_at for one in alarms(house, 48 * 60)] == [at(30)]


def test_the_manager_pauses_ends_the_pause_and_closes_in_a_clerks_stead_and_the_log_says_who_and_why(house, manager):
    managed(house, manager, 0, 1, WindowState.PAUSED, reason="开会", back_at=at(20))
    managed(house, manager, 15, 1, WindowState.OPEN, reason="等的人多")
    managed(house, manager, 60, 1, WindowState.CLOSED, reason="忘了关窗")
    first, paused, again = WindowShift.objects.filter(window=house.windows[1]).order_by("pk")
    assert (first.set_by, first.ended_by, first.end_reason, first.ends_at) == (house.clerks[1], manager, "开会", at(0))
    assert (paused.staff, paused.state, paused.set_by, paused.reason) == (house.clerks[1], "paused", manager, "开会")
    assert (again.staff, again.set_by, again.ended_by, again.end_reason) == (house.clerks[1], manager, manager, "忘了关窗")
    assert Window.objects.get(pk=house.windows[1].pk).staff is None
    assert [one.detail["state"] for one in AuditEntry.objects.filter(action="window.set").order_by("pk")] == [
        "paused",
        "open",
        "closed",
    ]


def test_a_closed_window_is_opened_for_a_clerk_who_sits_nowhere_else(house, manager):
    managed(house, manager, 0, 1, WindowState.CLOSED, reason="换班")
    other = make_staff(kind="hall_clerk", area=make_village(), username="other")
    with scope(manager, "代办"):
        assert [one.username for one in queries.may_be_seated(house.venue)] == ["clerk1", "other"]
    opened = managed(house, manager, 5, 1, WindowState.OPEN, reason="等的人多", staff=other)
    assert (opened.staff, opened.state) == (other, "open")
    assert seats(house, manager, 6)[1].set_by == manager


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        (WindowState.PAUSED, {"reason": " "}, "为什么"),
        (WindowState.OPEN, {}, "已经是“开放”"),
        (WindowState.PAUSED, {"window": 2}, "没有开"),
        (WindowState.OPEN, {"window": 2}, "请选由谁坐"),
        (WindowState.OPEN, {"window": 2, "staff": "nobody"}, "请选由谁坐"),
        (WindowState.OPEN, {"window": 2, "staff": "clerk0"}, "还坐着演示大厅的1 号窗口"),
    ],
)
def test_what_cannot_be_done_in_a_clerks_stead_is_refused_in_words(house, manager, state, more, words):
    house.windows.append(Window.objects.create(venue=house.venue, number=3, profile=house.windows[0].profile))
    people = {"clerk0": house.clerks[0], "nobody": make_staff(kind="receptionist", area=make_village(), username="nobody")}
    given = {name: people.get(value, value) for name, value in more.items()}
    with pytest.raises(actions.NotOpened, match=words):
        managed(house, manager, 0, given.pop("window", 0), state, **given)


def test_with_somebody_at_the_window_a_pause_is_refused_and_on_closing_they_wait_on_with_their_time(house, manager):
    first, second = house.take(0), house.take(1)
    house.call(5)
    with pytest.raises(actions.NotOpened, match="A001"):
        managed(house, manager, 6, 0, WindowState.PAUSED)
    managed(house, manager, 6, 0, WindowState.CLOSED, reason="身体不适")
    with scope(System("test"), "核对"):
        back = Ticket.objects.get(pk=first.pk)
        assert (back.state, back.window, back.counts_from) == ("waiting", None, first.counts_from)
        assert Period.objects.filter(ticket=first).latest("pk").reason == "1 号窗口关窗：身体不适"
    assert house.call(8, place=1).pk == first.pk
    assert second.state == "waiting"


def test_only_who_manages_this_hall_acts_in_a_clerks_stead_and_only_who_watches_it_sees_it(house):
    leader = make_staff(kind="county_leader", area=make_village(), username="leader")
    elsewhere = make_staff(kind="hall_manager", area=make_village(12), username="elsewhere")
    assert told(house, leader, 0).windows_open == 2
    for who in (leader, elsewhere, house.clerks[1]):
        with pytest.raises(NotAllowed):
            managed(house, who, 0, 0, WindowState.PAUSED)
    for who in (elsewhere, house.clerks[0]):
        for look in (told, seats):
            with pytest.raises(NotAllowed):
                look(house, who, 0)


def test_the_co_organizers_on_duty_are_told_the_free_ones_first():
    side = make_side()
    side.come(side.known())
    manager = make_staff(kind="hall_manager", area=side.town.village, username="manager")
    team = told(side.house, manager, 5).team
    assert [(one.staff, one.with_now, one.follows) for one in team] == [(side.second, 0, 0), (side.first, 1, 1)]


def test_what_asks_for_the_manager_is_the_longest_wait_who_nobody_calls_and_windows_not_back_or_not_closed(house, manager):
    def watch(minutes):
        with scope(manager, "首页"):
            return queries.watch_over(queries.venues_seen(), at=at(minutes))

    house.take(0)
    house.take(2, matters=[house.matter])
    quiet = watch(20)
    assert (quiet.beyond, quiet.uncalled, quiet.late, quiet.forgotten) == ([], [], [], [])
    managed(house, manager, 21, 0, WindowState.PAUSED, back_at=at(25))
    managed(house, manager, 21, 1, WindowState.CLOSED)
    held = watch(40)
    assert [(one.people, one.longest_minutes) for one in held.beyond] == [(1, 40), (1, 38)]
    assert held.uncalled == [(house.venue, 2)]
    assert ([one.number for one in held.late], held.forgotten) == ([1], [])
    tomorrow = watch(24 * 60)
    assert (tomorrow.beyond, tomorrow.late, [one.number for one in tomorrow.forgotten]) == ([], [], [1])


def test_what_asks_is_told_to_nobody_who_does_not_manage(house):
    house.take(0)
    with scope(house.clerks[0], "首页"):
        assert queries.watch_over(queries.venues_seen(), at=at(60)).beyond == []
