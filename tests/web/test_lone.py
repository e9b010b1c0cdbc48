"""The pages of a hall that runs by itself: its own open, the others say where they are done; an old package lets nobody in."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.hall.house import make_house
from tests.make import TODAY, make_staff
from yimen.hall.actions import take_ticket
from yimen.hall.models import Event, Node
from yimen.hall.sealed import RECORDS, opened
from yimen.hall.words import DeviceKind
from yimen.urls import urlpatterns
from yimen.web.hall.lone import AT_THE_DOOR, NOT_HERE, OWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings):
    house = make_house()
    settings.YIMEN_VENUE, settings.YIMEN_CENTRE = "demo", "https://centre.example"
    house.node = Node.objects.create(
        venue=house.venue,
        is_here=True,
        first_day=TODAY,
        made_at=timezone.now(),
        valid_until=timezone.now() + timedelta(days=14),
        package=1,
    )
    return house


@pytest.fixture
def clerk(house, enter):
    return enter(make_staff(kind="county_clerk", area=house.venue.service_point.area, username="jingban"))


def test_what_needs_the_centre_says_so_and_where_it_is(clerk):
    for address in ("/people/", "/cases/", "/findings/", "/setup/", "/cards/", "/hall/rosters/", "/password/"):
        answer = clerk.get(address)
        assert (address, answer.status_code) == (address, 503)
        assert "这一页要在中心办" in answer.content.decode()
        assert "https://centre.example" in answer.content.decode()


def test_a_stranger_who_wants_to_apply_is_sent_to_the_centre_too(house):
    answer = Client().get("/online/")

    assert (answer.status_code, "要在中心办" in answer.content.decode()) == (503, True)
    assert Client().get("/venues/").status_code == 200


def test_programs_find_the_hall_and_nothing_else(house, clerk):
    answer = clerk.get("/api/applications")

    assert (answer.status_code, "/api/hall/" in answer.json()["problem"]) == (503, True)


def test_the_bar_leads_to_the_hall_alone_and_nobody_is_searched_for(clerk):
    page = clerk.get("/", follow=True).content.decode()

    assert "导办台" in page
    for words in ("找人", "线索", "办件", "筛查"):
        assert words not in page.split("<main", maxsplit=1)[0]
    assert "密码在中心改" in page


def test_the_reception_says_that_nobody_is_known_here_and_sends_an_escort_all_the_same(house, clerk):
    with house.at_window() as who:
        ticket = take_ticket(venue=house.venue, matters=[], source="desk", by=who, at=timezone.now())
    page = clerk.get(f"/reception/{ticket.attendance_id}/").content.decode()

    assert "这里没有名册，不认人" in page
    assert 'name="text"' not in page
    assert "现在没有在岗的协办员" in page


def test_on_an_old_package_nobody_works_and_the_door_still_opens(house, clerk):
    Node.objects.update(valid_until=timezone.now() - timedelta(minutes=1))

    answer = clerk.get("/hall/")
    assert (answer.status_code, "场所包到期了" in answer.content.decode()) == (503, True)
    assert Client().get("/login/").status_code == 200
    assert Client().get("/venues/demo/screen/").status_code == 200


def test_while_the_centre_is_silent_every_page_says_what_waits_and_since_when(house, clerk):
    told = {"table": "hall.duty", "row": "1", "about": "hall.duty:1", "is_new": True, "changes": {"staff": "clerk0"}}
    since = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
    for sequence in (1, 2, 3):
        Event.objects.create(id=uuid.uuid4(), node=house.node, sequence=sequence, at=since, **told)
    Node.objects.update(dealt_with=1, problem="联不上中心", tried_at=timezone.now())

    for address in ("/hall/", "/reception/", "/policies/"):
        assert "联不上中心；2 条记录等着交，从 11-23 09:12 起" in clerk.get(address).content.decode()
    page = clerk.get("/hall/alone/").content.decode()
    assert page.count("2 条记录等着交") == 1
    assert "交回中心" in page
    Node.objects.update(dealt_with=3, problem="", heard_at=since)
    assert "等着交" not in clerk.get("/hall/").content.decode().split("<main", 1)[1].split("</main", maxsplit=1)[0]
    assert "记录都交回中心了，最近 09:12" in clerk.get("/hall/alone/").content.decode()


def test_what_waits_is_written_to_a_file_that_only_the_centre_opens(house, clerk, settings, tmp_path):
    settings.YIMEN_KEYS = tmp_path
    (tmp_path / "node_key").write_text(base64.b64encode(bytes(range(32))).decode())
    told = {"table": "hall.duty", "row": "1", "about": "hall.duty:1", "is_new": True, "changes": {"staff": "clerk0"}}
    Event.objects.create(id=uuid.uuid4(), node=house.node, sequence=1, at=timezone.now(), **told)

    answer = clerk.post("/hall/alone/file/", {"key": "k"})

    assert answer["Content-Disposition"].startswith('attachment; filename="demo-')
    assert b"clerk0" not in answer.content
    assert json.loads(opened(RECORDS, answer.content, key=bytes(range(32))))[0]["changes"] == {"staff": "clerk0"}


def test_every_page_named_as_the_halls_own_is_there(house):
    names = {getattr(one, "name", "") for one in urlpatterns}
    assert names >= OWN | AT_THE_DOOR | NOT_HERE


def test_at_the_centre_no_machine_of_a_hall_is_added_by_hand(enter):
    house = make_house()
    manager = enter(make_staff(kind="hall_manager", area=house.venue.service_point.area, username="manager"))

    assert 'value="node"' not in manager.get("/hall/devices/").content.decode()
    told = {"key": "k1", "venue": "demo", "kind": DeviceKind.NODE, "name": "单机"}
    assert manager.post("/hall/devices/add/", told).status_code == 422
