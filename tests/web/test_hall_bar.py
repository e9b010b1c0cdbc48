"""Calling while other work is open: the bar below every page, and the panel of the hall's own page."""

import re

import pytest
from django.utils import timezone

from tests.hall.house import make_house
from yimen.hall import actions, queries
from yimen.hall.models import Period, Ticket, Window
from yimen.hall.words import Source
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db):
    return make_house()


@pytest.fixture
def clerk(house, enter):
    return enter(house.clerks[0])


@pytest.fixture
def waiting(house):
    """Three people take a ticket now, for the pages know no other day."""

    with house.at_window() as clerk:
        same = {"venue": house.venue, "matters": [], "source": Source.DESK, "by": clerk}
        return [actions.take_ticket(at=timezone.now(), **same) for _ in range(3)]


def bar(client, name, key, **sent):
    headers = {"HX-Request": "true", "HX-Target": "callbar"}
    return client.post(f"/hall/{name}/", {"key": key} | sent, headers=headers).content.decode()


def state_of(ticket):
    with scope(System("test"), "测试"):
        return Ticket.objects.get(pk=ticket.pk).state


def test_whoever_sits_at_a_window_has_the_bar_below_every_page_and_nobody_else(house, clerk, waiting, enter):
    page = clerk.get("/policies/").content.decode()
    assert 'id="callbar"' in page
    assert "等候 <b>3</b> 人" in page
    assert 'id="callbar"' not in clerk.get("/hall/").content.decode()
    other = enter(kind="town_clerk", username="elsewhere")
    assert 'id="callbar"' not in other.get("/policies/").content.decode()


def test_from_the_bar_one_calls_calls_again_and_goes_on_without_leaving_the_page(house, clerk, waiting):
    called = bar(clerk, "call", "k1", window=house.windows[0].pk)
    assert ("A 001" in called, "叫了 1 次" in called, "等候 <b>2</b> 人" in called) == (True, True, True)
    assert "A001 号又叫了一次" in bar(clerk, "recall", "k2", ticket=waiting[0].pk)
    onward = bar(clerk, "next", "k3", ticket=waiting[0].pk)
    assert ("A001 号办结" in onward, "A 002" in onward) == (True, True)
    assert [state_of(one) for one in waiting] == ["done", "called", "waiting"]


def test_pressed_twice_one_press_counts(house, clerk, waiting):
    for _ in range(2):
        called = bar(clerk, "call", "same", window=house.windows[0].pk)
    assert "A 001" in called
    assert [state_of(one) for one in waiting] == ["called", "waiting", "waiting"]


def test_what_cannot_be_done_is_said_in_the_bar(house, clerk, waiting):
    bar(clerk, "call", "k1", window=house.windows[0].pk)
    again = bar(clerk, "call", "k2", window=house.windows[0].pk)
    assert "还有 A001 号" in again
    assert 'class="said late"' in again


def test_with_nobody_left_the_last_is_ended_and_it_is_said_that_nobody_waits(house, clerk, waiting):
    key = iter("abcdefgh")
    bar(clerk, "call", next(key), window=house.windows[0].pk)
    for ticket in waiting:
        said = bar(clerk, "next", next(key), ticket=ticket.pk)
    assert "A003 号办结。现在没有人等您的窗口。" in said
    assert "叫下一个" in said


def test_a_keyboard_shortcut_stands_on_each_button_and_is_none_of_the_pages(house, clerk, waiting):
    bar(clerk, "call", "k1", window=house.windows[0].pk)
    page = clerk.get("/policies/").content.decode()
    assert re.findall(r'data-alt="(\w)"', page) == ["K", "C", "G", "B", "J"]
    assert set(re.findall(r'aria-keyshortcuts="([^"]+)"', page)) == {"Alt+K", "Alt+C", "Alt+G", "Alt+B", "Alt+J"}


def test_who_is_sent_on_is_sent_with_a_reason_that_the_next_window_reads(house, clerk, waiting, enter):
    bar(clerk, "call", "k1", window=house.windows[0].pk)
    sent = {"ticket": waiting[0].pk, "line": house.insurance.pk}
    assert "请写为什么转" in clerk.post("/hall/pass_on/", {"key": "k2"} | sent).content.decode()
    clerk.post("/hall/pass_on/", {"key": "k3", "reason": "要先办医保"} | sent)
    other = enter(house.clerks[1])
    with scope(System("test"), "测试"):
        Ticket.objects.exclude(pk=waiting[0].pk).update(state="left")
    other.post("/hall/call/", {"key": "k4", "window": house.windows[1].pk})
    assert "此前写的：要先办医保" in other.get("/hall/").content.decode()


def test_who_is_held_stands_aside_with_the_reason_and_comes_back_to_this_window_first(house, clerk, waiting):
    bar(clerk, "call", "k1", window=house.windows[0].pk)
    clerk.post("/hall/hold/", {"key": "k2", "ticket": waiting[0].pk, "reason": "回家取户口簿"})
    page = clerk.get("/hall/").content.decode()
    assert ("回家取户口簿" in page, "回 1 号窗口" in page) == (True, True)
    clerk.post("/hall/put_back/", {"key": "k3", "ticket": waiting[0].pk})
    assert "等着回本窗口：<b>A 001</b>" in clerk.get("/hall/").content.decode()
    assert "A 001" in bar(clerk, "call", "k4", window=house.windows[0].pk)


def test_a_pause_says_on_the_screen_when_one_is_back(house, clerk):
    sent = {"window": house.windows[0].pk, "reason": "就餐", "back_at": "23:59"}
    clerk.post("/hall/pause/", {"key": "k1"} | sent)
    assert Window.objects.get(pk=house.windows[0].pk).back_at is not None
    assert "23:59 回来" in clerk.get("/venues/demo/board/").content.decode()
    page = clerk.get("/policies/").content.decode()
    assert "继续叫号" in page


def test_a_time_that_is_none_is_left_out(house, clerk):
    clerk.post("/hall/pause/", {"key": "k1", "window": house.windows[0].pk, "reason": "就餐", "back_at": "晚点"})
    assert Window.objects.get(pk=house.windows[0].pk).back_at is None


def test_the_lines_are_asked_for_again_alone(house, clerk, waiting):
    part = clerk.get("/hall/lines/?venue=demo").content.decode()
    assert ("A 001" in part, "<html" in part) == (True, False)


def test_how_many_wait_for_a_window_are_those_it_may_call(house, clerk, waiting):
    with house.at_window(1) as other:
        called = actions.call_next(window_id=house.windows[1].pk, by=other, at=waiting[-1].taken_at)
        actions.pass_on(ticket_id=called.pk, by=other, at=waiting[-1].taken_at, window=house.windows[1], reason="回来再办")
        assert queries.waiting_for(window=house.windows[0], at=waiting[-1].taken_at) == 2
        assert queries.waiting_for(window=house.windows[1], at=waiting[-1].taken_at) == 3
    with scope(System("test"), "测试"):
        assert Period.objects.filter(step="pass_on").get().reason == "回来再办"


def test_the_bar_says_nothing_of_what_the_page_above_it_says(house, clerk):
    page = clerk.post("/people/", {"text": "9"}).content.decode()

    assert '<p class="nothing" role="status"><b>' in page
    assert re.search(r'id="callbar".*?role="status"></p>', page, re.S)
