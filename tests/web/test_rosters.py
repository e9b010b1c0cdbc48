"""The page of leased rosters: made by who manages the hall, and the desk of a hall that stands alone says how it stands."""

import pytest

from tests.hall.house import make_house
from tests.hall.people import decided, resident
from tests.make import make_staff
from yimen.hall import offline
from yimen.hall.models import LeaseIssue
from yimen.hall.offline import Alone

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    decided(resident(1))
    return make_house()


@pytest.fixture
def manager(house, enter):
    return enter(make_staff(kind="hall_manager", area=house.venue.service_point.area, username="manager"))


def test_a_roster_is_made_once_however_often_it_is_sent_and_its_lease_stands_on_the_page(manager):
    assert "还没有做过" in manager.get("/hall/rosters/").content.decode()
    for _ in range(2):
        page = manager.post("/hall/rosters/make/", {"key": "k1", "venue": "demo", "hours": "24"}, follow=True).content.decode()

    issue = LeaseIssue.objects.get()
    assert (issue.sequence, issue.people, issue.made_by) == (1, 1, manager.staff)
    assert "第 1 期" in page
    assert "已到期" not in page


def test_a_lease_of_a_week_is_refused_on_the_page(manager):
    answer = manager.post("/hall/rosters/make/", {"key": "k1", "venue": "demo", "hours": "168"})

    assert (answer.status_code, "24 到 72 小时" in answer.content.decode()) == (422, True)


def test_who_does_not_manage_the_hall_makes_none(house, enter):
    clerk = enter(make_staff(kind="town_clerk", area=house.venue.service_point.area, username="clerk"))

    assert clerk.get("/hall/rosters/").status_code == 403
    assert clerk.post("/hall/rosters/make/", {"key": "k1", "hours": "24"}).status_code == 403


def test_the_desk_of_a_hall_that_stands_alone_says_where_to_go_without_a_roster(house, manager, settings, monkeypatch, tmp_path):
    assert "离线名册。连上网" not in manager.get("/hall/").content.decode()
    settings.YIMEN_CENTRE = "https://centre.example"
    monkeypatch.setitem(offline._alone, "demo", Alone("demo", tmp_path))

    assert "断网时请到导办台查人" in manager.get("/hall/").content.decode()
