"""The day of a hall as a page: what it tells, what is done at a window for a clerk, the first page that leads there."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.hall.house import at, make_house
from tests.make import NOON, make_staff, make_village
from tests.web.test_papers import text_of
from yimen.hall.models import Ticket, Venue, Window, WindowShift
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry, ServicePoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """Let it be noon of the day on which the tests' hall is open."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def house():
    return make_house(wait_alarm_minutes=30)


@pytest.fixture
def manager(house, enter):
    return enter(kind="hall_manager", area=make_village(), username="manager")


def pressed(client, name, house, window=0, *, key="k1", **sent):
    return client.post(f"/hall/day/{name}/", {"key": key, "venue": "demo", "window": house.windows[window].pk} | sent)


def test_the_page_says_who_waits_too_long_who_sits_where_and_what_it_asks_again(house, manager):
    house.take(-50)
    page = manager.get("/hall/day/").content.decode()
    assert "A 综合：1 人等过了 30 分钟" in page
    assert "（有人等得太久）大厅今天" in page
    assert page.count("代停、代关<") == 2
    assert re.findall(r'hx-get="(/hall/day/\w+/\?venue=demo)"', page) == [
        "/hall/day/now/?venue=demo",
        "/hall/day/windows/?venue=demo",
    ]
    for part in ("now", "windows"):
        body = manager.get(f"/hall/day/{part}/?venue=demo", headers={"HX-Request": "true"}).content.decode()
        assert ("<html" in body, "data-calm" in body) == (False, True)


def test_the_manager_pauses_a_window_with_a_reason_once_however_often_it_is_sent(house, manager):
    for _ in range(2):
        assert pressed(manager, "pause", house, reason="就餐", back_at="23:59").status_code == 302
    page = manager.get("/hall/day/").content.decode()
    assert ("就餐" in page, "23:59 回来" in page, "1 号窗口停下了" in page) == (True, True, True)
    assert WindowShift.objects.filter(window=house.windows[0], state="paused").count() == 1
    pressed(manager, "open", house, key="k2", reason="等的人多")
    assert Window.objects.get(pk=house.windows[0].pk).state == "open"
    pressed(manager, "close", house, key="k3", reason="换班")
    pressed(manager, "open", house, key="k4", reason="等的人多", staff="clerk0")
    assert WindowShift.objects.get(window=house.windows[0], ends_at=None).set_by == manager.staff


def test_what_is_refused_is_said_and_what_was_typed_stays_unfolded(house, manager):
    answer = pressed(manager, "open", house, reason="等的人多")
    page = answer.content.decode()
    assert (answer.status_code, "已经是“开放”" in page) == (422, True)
    assert (page.count('<details class="do" open'), 'value="等的人多" />' in page) == (1, True)
    gone = manager.post("/hall/day/close/", {"key": "k2", "venue": "demo", "window": "x", "reason": "换班"})
    assert "没有这个窗口了" in gone.content.decode()
    assert pressed(manager, "dance", house, key="k3").status_code == 404


def test_who_manages_several_halls_chooses_and_a_hall_elsewhere_is_none(house, manager):
    for number, code in ((1, "second"), (12, "elsewhere")):
        point = ServicePoint.objects.create(name=f"{code}大厅", area=make_village(number), owner="government", address="路上")
        Venue.objects.create(service_point=point, code=code, level="village")
    page = manager.get("/hall/day/?venue=second").content.decode()
    assert ('value="second" selected' in page, "elsewhere" in page) == (True, False)
    assert "还没有窗口" in page
    assert manager.get("/hall/day/?venue=elsewhere").status_code == 404
    assert manager.post("/hall/day/pause/", {"venue": "elsewhere", "window": 1, "reason": "x"}).status_code == 404


def test_a_leader_sees_the_day_and_moves_nothing_and_a_clerk_does_not_see_it(house, enter):
    leader = enter(kind="county_leader", area=make_village(), username="leader")
    page = leader.get("/hall/day/").content.decode()
    assert ("1 号窗口" in page, "<summary>代停" in page) == (True, False)
    assert pressed(leader, "close", house, reason="换班").status_code == 403
    clerk = enter(house.clerks[0])
    assert [clerk.get(f"/hall/day/{part}").status_code for part in ("", "now/", "windows/")] == [403] * 3
    assert Window.objects.filter(state="open").count() == 2


def test_the_first_page_of_the_manager_leads_to_the_hall_where_somebody_waits_too_long(house, manager):
    assert "大厅里现在没有等您的事" in manager.get("/").content.decode()
    house.take(-50)
    page = manager.get("/").content.decode()
    assert "1 人等得太久" in page
    assert 'href="/hall/day/?venue=demo"' in page
    Window.objects.update(state="closed", staff=None)
    assert "1 人在等，没有窗口叫" in manager.get("/").content.decode()
    with scope(System("test"), "核对"):
        Ticket.objects.update(state="left")
    assert "大厅里现在没有等您的事" in manager.get("/").content.decode()


def test_windows_not_back_in_time_or_open_since_yesterday_stand_on_the_first_page(house, manager):
    Window.objects.filter(pk=house.windows[0].pk).update(state="paused", back_at=at(-3))
    WindowShift.objects.filter(window=house.windows[1]).update(starts_at=NOON - timedelta(days=1))
    page = manager.get("/").content.decode()
    assert ("1 个窗口该回来了" in page, "1 个窗口忘了关" in page) == (True, True)


def test_where_no_hall_calls_the_page_says_what_to_do(enter):
    lonely = enter(make_staff(kind="hall_manager", area=make_village(12), username="lonely"))
    assert "还没有开设叫号的大厅" in lonely.get("/hall/day/").content.decode()
    assert lonely.get("/hall/day/now/").status_code == 204


def test_the_report_of_a_day_is_a_paper_to_be_kept_and_mailed_that_names_no_clerk(house, manager):
    ticket = house.take(-50)
    house.step(house.call(-10), "finish", -5)
    pressed(manager, "pause", house, reason="就餐")
    answer = manager.get("/hall/day/report/?venue=demo")
    text = text_of(answer.content)
    assert (answer["Content-Type"], 'filename="hall-demo-20261123.pdf"' in answer["Content-Disposition"]) == (
        "application/pdf",
        True,
    )
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in answer.content
    for words in ("大厅日报", "截至12:00", "叫到1个", "A综合", "40分钟", "就餐", "大厅主任代办", "等过30分钟", "还没有关"):
        assert words in text, words
    assert (ticket.attendance_id.hex in text, house.clerks[0].name in text) == (False, False)
    assert AuditEntry.objects.get(action="export").detail == {"what": "hall_day", "venue": "demo", "day": "2026-11-23"}


def test_a_past_day_has_its_report_a_day_to_come_has_none_and_who_may_not_watch_gets_none(house, manager, enter):
    assert "当天没有人取号" in text_of(manager.get("/hall/day/report/?venue=demo&day=2026-11-20").content)
    for day in ("2026-11-24", "x"):
        assert manager.get(f"/hall/day/report/?venue=demo&day={day}").status_code == 404
    assert enter(house.clerks[0]).get("/hall/day/report/?venue=demo").status_code == 403
    assert '<option value="2026-11-22">' in manager.get("/hall/day/").content.decode()
