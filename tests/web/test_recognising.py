"""At the desk of the hall and at the reception: recognised by what is read or seen, and nothing of why stands in the hall."""

import pytest

from tests.hall.house import make_house
from tests.hall.people import COUNTY, decided, number_of, resident
from tests.make import make_staff
from yimen.hall.models import Inquiry, Recognition, Ticket
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db
WHY = ("救助对象", "低保", "assisted")


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def desk(house, enter):
    clerk = make_staff(kind="town_clerk", area=house.venue.service_point.area, username="desk")
    return enter(clerk)


def take(desk, key="k1", **sent):
    return desk.post("/hall/take/", {"key": key, "venue": "demo"} | sent, follow=True)


def tickets() -> list[Ticket]:
    with scope(System("test"), "测试"):
        return list(Ticket.objects.select_related("series", "attendance").order_by("taken_at", "number"))


def noted() -> Recognition:
    with scope(System("test"), "测试"):
        return Recognition.objects.select_related("by").get()


def test_a_reader_at_the_desk_types_the_card_and_the_ticket_is_first(desk):
    decided(resident(1))

    page = take(desk, id_number=f"{number_of(1)}\r\n").content.decode()

    assert "取了 L001 号，优先" in page
    assert tickets()[0].has_priority
    assert (noted().ground, noted().by) == ("assisted", desk.staff)


def test_who_is_not_recognised_gets_an_ordinary_number_and_the_page_says_so(desk):
    page = take(desk, id_number=number_of(9)).content.decode()

    assert "没有认到优先" in page
    assert str(tickets()[0]) == "A001"


def test_a_wrong_number_and_a_card_alone_are_refused_in_words_and_sent_twice_nothing_happens_twice(desk):
    wrong = number_of(1)[:-1] + ("0" if number_of(1)[-1] != "0" else "1")
    assert "最后一位对不上" in take(desk, id_number=wrong).content.decode()
    assert "身份证也放一下" in take(desk, key="k2", card="YM1AAAA").content.decode()
    assert tickets() == []
    for _ in range(2):
        take(desk, key="k3", id_number=number_of(3))
    assert len(tickets()) == 1


def test_every_look_up_at_the_desk_is_counted_under_its_clerk(desk):
    take(desk, id_number=number_of(1))

    assert Inquiry.objects.get().asker == f"staff:{desk.staff.pk}"


def test_no_page_of_the_hall_says_why_somebody_is_first(desk, client):
    decided(resident(1))
    take(desk, id_number=number_of(1))

    for address in ("/venues/demo/screen/", "/venues/demo/board/", "/venues/demo/fairness/", "/venues/demo/wait/"):
        page = client.get(address).content.decode()
        assert not any(word in page for word in WHY), address
    lines = desk.get("/hall/").content.decode().split("帮人取号")[0]
    assert not any(word in lines for word in WHY)


def test_at_the_reception_who_was_looked_up_is_recognised_by_the_registry(house, desk):
    person = resident(1)
    decided(person)
    take(desk)
    (ticket,) = tickets()
    address = f"/reception/{ticket.attendance_id}/"
    desk.post(f"{address}know/", {"key": "a", "person": person.pk.hex})

    page = desk.post(f"{address}priority/", {"key": "b"}, follow=True).content.decode()

    assert "A001 号优先了，号不变" in page
    assert (noted().method, noted().by) == ("person", desk.staff)
    assert AuditEntry.objects.filter(action="hall.priority", staff=desk.staff).count() == 1


def test_at_the_reception_a_paper_is_named_or_nothing_happens(house, desk):
    take(desk)
    (ticket,) = tickets()
    address = f"/reception/{ticket.attendance_id}/priority/"

    without = desk.post(address, {"key": "a", "ground": "veteran", "evidence": ""})
    nobody = desk.post(address, {"key": "b"})
    done = desk.post(address, {"key": "c", "ground": "veteran", "evidence": "优待证"}, follow=True)

    assert (without.status_code, "看过什么证明" in without.content.decode()) == (422, True)
    assert (nobody.status_code, "先认好是谁" in nobody.content.decode()) == (422, True)
    assert "号不变" in done.content.decode()


def test_who_has_no_ground_in_the_registry_stays_where_they_are(house, desk):
    person = resident(1)
    take(desk)
    (ticket,) = tickets()
    desk.post(f"/reception/{ticket.attendance_id}/know/", {"key": "a", "person": person.pk.hex})

    answer = desk.post(f"/reception/{ticket.attendance_id}/priority/", {"key": "b"})

    assert (answer.status_code, "没有优先的理由" in answer.content.decode()) == (422, True)
    with scope(COUNTY, "测试"):
        assert not Recognition.objects.exists()
