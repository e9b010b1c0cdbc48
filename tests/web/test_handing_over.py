"""The centre's page of halls that run by themselves: what does not agree is settled there, and a stick is taken."""

import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.hall.house import make_house
from tests.make import make_staff
from yimen.hall.actions import pack_venue
from yimen.hall.models import Disagreement, Event, Node
from yimen.hall.packing import node_key
from yimen.hall.sealed import RECORDS, closed
from yimen.office.access import System, scope
from yimen.office.models import Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = make_house()
    tomorrow = timezone.localdate() + timedelta(days=1)
    with scope(System("venue"), "测试"):
        told = {"first_day": tomorrow, "days": 14, "centre": "", "by": None}
        house.node = pack_venue(venue=house.venue, at=timezone.now(), **told).node
    return house


@pytest.fixture
def manager(house, enter):
    return enter(make_staff(kind="hall_manager", area=house.venue.service_point.area, username="manager"))


def stick(node: Node, *events: dict) -> SimpleUploadedFile:
    content = closed(RECORDS, json.dumps(events).encode(), key=node_key(node), head={"node": node.pk.hex, "venue": "demo"})
    return SimpleUploadedFile("demo.ymt", content)


def on_duty(sequence: int = 1, staff: str = "clerk0", key: str = "a") -> dict:
    changes = {"staff": staff, "venue": "demo", "starts_at": "2026-11-23 01:00:00", "ends_at": "2026-11-23 02:00:00"}
    row = {"table": "hall.duty", "row": str(sequence), "about": f"hall.duty:{sequence}", "is_new": True, "changes": changes}
    return row | {
        "id": uuid.uuid5(uuid.NAMESPACE_OID, f"{key}{sequence}").hex,
        "sequence": sequence,
        "at": "2026-11-23T01:00:00+00:00",
    }


def test_a_stick_is_taken_twice_and_counts_once(house, manager):
    for _ in range(2):
        page = manager.post("/hall/alone/take/", {"file": stick(house.node, on_duty())}, follow=True).content.decode()

    assert "收到第 1 条" in page
    assert Event.objects.count() == 1
    assert "还没有" not in page.split("哪些大厅是单机")[1].split("</table>")[0]


def test_a_stick_of_another_centre_or_a_broken_one_is_refused_in_words(house, manager):
    other = closed(RECORDS, b"[]", key=bytes(32), head={"node": house.node.pk.hex, "venue": "demo"})
    for content, words in ((b"PK\x03\x04 not ours", "不是大厅交来的记录"), (other, "打不开"), (b"", "还没有选文件")):
        answer = manager.post("/hall/alone/take/", {"file": SimpleUploadedFile("x.ymt", content)})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_both_sides_stand_on_the_page_and_who_settled_it_why(house, manager):
    manager.post("/hall/alone/take/", {"file": stick(house.node, on_duty(staff="dingban"))})
    apart = Disagreement.objects.get()
    assert "1 条大厅交来的和中心对不上" in manager.get("/").content.decode()
    page = manager.get(f"/hall/alone/{apart.pk}/").content.decode()
    assert "人员“dingban”" in page
    assert "中心没有账号“dingban”" in page

    told = {"key": "k1", "settling": "noted", "reason": "", "known_as": "clerk0"}
    refused = manager.post(f"/hall/alone/{apart.pk}/", told)
    assert (refused.status_code, "写明为什么" in refused.content.decode()) == (422, True)
    refused = manager.post(f"/hall/alone/{apart.pk}/", told | {"known_as": "nobody", "reason": "x", "key": "k2"})
    assert "没有用户名“nobody”" in refused.content.decode()
    for _ in range(2):
        page = manager.post(
            f"/hall/alone/{apart.pk}/", told | {"reason": "那天顶班的是小王", "key": "k3"}, follow=True
        ).content.decode()

    apart.refresh_from_db()
    assert (apart.settled_by, apart.reason) == (manager.staff, "那天顶班的是小王")
    assert "那天顶班的是小王" in page
    house.node.refresh_from_db()
    assert house.node.known_as == {"dingban": "clerk0"}
    assert not Staff.objects.get(username="dingban@demo").is_active


def test_who_does_not_manage_a_hall_sees_none_of_it(house, enter):
    clerk = enter(make_staff(kind="town_clerk", area=house.venue.service_point.area, username="clerk"))

    assert clerk.get("/hall/alone/").status_code == 403
    assert clerk.post("/hall/alone/take/", {"file": stick(house.node, on_duty())}).status_code == 403
    assert not Event.objects.exists()


def test_on_the_halls_page_at_the_centre_nobody_is_tempted_to_call(house, manager):
    Node.objects.update(first_day=timezone.localdate())
    page = manager.get("/hall/?venue=demo").content.decode()

    assert "由大厅里自己的机器发号" in page
    assert "帮人取号" not in page
    assert "人在等，没有窗口叫" not in manager.get("/").content.decode()
