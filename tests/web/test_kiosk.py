"""The kiosk and the hall on a telephone: in a paired browser and in any other, without a log-in and without a name."""

import re
import socket
import threading
from contextlib import contextmanager

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from tests.hall.house import make_house
from tests.make import make_staff, make_village
from yimen.hall import actions, queries
from yimen.hall.models import Appointment, Attendance, Opening, Ring, ServiceRequest, Ticket, Venue
from yimen.hall.words import DeviceKind
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = make_house(appointments_an_hour=3)
    for weekday in range(1, 8):
        Opening.objects.create(venue=house.venue, weekday=weekday, opens_at="00:00", closes_at="23:59")
    Venue.objects.update(follows_calendar=False)
    house.venue.refresh_from_db()
    return house


@pytest.fixture
def kiosk(house):
    """A browser paired as the kiosk of the house."""
    manager = make_staff(kind="hall_manager", area=make_village(), username="manager")
    with scope(manager, "设备"):
        device, _ = actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="进门取号机", by=manager, at=timezone.now())
        code = actions.pairing_code(device_id=device.pk, at=timezone.now())
    client = Client()
    assert client.post(reverse("hall_pair", args=["demo"]), {"code": code}).status_code == 200
    return client


def shown(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def tickets():
    with scope(System("test"), "测试"):
        return list(Ticket.objects.select_related("series", "attendance").order_by("taken_at"))


def send(client, step, key="k1", **more):
    return client.post("/venues/demo/kiosk/", {"step": step, "key": key, "lang": "", **more})


def test_the_kiosk_opens_only_on_a_paired_machine(house, kiosk):
    assert Client().get("/venues/demo/kiosk/").status_code == 403
    assert "您好，请取号" in shown(kiosk.get("/venues/demo/kiosk/"))


def test_somebody_without_a_card_takes_one_number_for_two_matters_however_often_it_is_sent(house, kiosk):
    page = shown(kiosk.get("/venues/demo/kiosk/?step=matters"))
    assert "医保参保登记" in page
    assert 'name="matter" value="yb-card"' in shown(send(kiosk, "card", matter="yb-card"))

    first = send(kiosk, "take", matter="yb-card")
    again = send(kiosk, "take", matter="yb-card")

    [ticket] = tickets()
    assert first.url == f"/venues/demo/kiosk/{ticket.code}/?printed=none"
    assert again.url.startswith(f"/venues/demo/kiosk/{ticket.code}/")
    assert str(ticket) == "B001"
    page = shown(kiosk.get(first.url))
    assert "B001" in page
    assert "data:image/svg" in page
    with scope(System("test"), "测试"):
        assert ServiceRequest.objects.get().matter.code == "yb-card"
        assert Attendance.objects.get().source == "kiosk"


def test_an_old_man_with_his_card_gets_a_priority_number_and_the_page_says_no_reason(house, kiosk):
    with override_settings(YIMEN_DEMO=True):
        answer = send(kiosk, "take", card="990101194506150017;")
    page = shown(kiosk.get(answer.url)) if answer.status_code == 302 else shown(answer)

    assert "老年" not in page
    assert "9901" not in page
    if answer.status_code == 302:
        assert str(tickets()[0]) == "L001"


def test_a_card_that_cannot_be_read_is_said_and_a_number_can_be_taken_without_it(house, kiosk):
    answer = send(kiosk, "take", card="12345", matter="yb-card")

    assert answer.status_code == 422
    assert "没有带身份证，直接取号" in shown(answer)
    assert 'name="matter" value="yb-card"' in shown(answer)
    assert "12345" not in shown(answer)
    assert tickets() == []


def test_the_kiosk_speaks_english_and_rings_at_the_desk(house, kiosk):
    page = shown(kiosk.get("/venues/demo/kiosk/?lang=en"))
    assert "Take a number" in page
    assert "Somebody is coming" in shown(send(kiosk, "ring", lang="en"))
    assert Ring.objects.get().place == "进门取号机"


@contextmanager
def printer(paper=b"\x12"):
    """A printer in the network that says how much paper it has, and keeps what it was sent."""
    got = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            line, _ = server.accept()
            with line:
                while part := line.recv(65536):
                    got.extend(part)
                    if part.endswith(b"\x10\x04\x04"):
                        line.sendall(paper)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], got
        thread.join(2)


@pytest.mark.parametrize(("paper", "words"), [(b"\x12", "号票在下面出口"), (b"\x72", "打印机没有纸了")])
def test_the_number_is_printed_as_dots_and_without_paper_it_stands_on_the_screen(house, kiosk, paper, words):
    with printer(paper) as (port, got):
        Venue.objects.update(printer=f"tcp://127.0.0.1:{port}")
        page = shown(kiosk.get(send(kiosk, "take").url))

    assert words in page
    assert "A001" in page
    assert (b"\x1dv0" in got) is (paper == b"\x12")
    assert [str(one) for one in tickets()] == ["A001"]


def test_a_printer_that_is_off_costs_nobody_the_number(house, kiosk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    Venue.objects.update(printer=f"tcp://127.0.0.1:{port}")

    assert "打印机没有响应" in shown(kiosk.get(send(kiosk, "take").url))
    assert len(tickets()) == 1


def test_a_number_taken_by_phone_on_the_way_is_called_only_after_the_code_of_the_hall(house):
    phone = Client()
    answer = phone.post("/venues/demo/phone/", {"key": "p1", "matter": "yb-card"}, follow=True)
    assert "还没有报到，现在不会叫您" in shown(answer)
    mine = tickets()[0]
    assert not mine.is_here
    assert "我到了" in shown(phone.get("/venues/demo/phone/", {"here": queries.here_code("demo", timezone.now())}))
    address = reverse("hall_ticket_act", args=["demo", mine.code, "here"])
    assert phone.post(address, {"key": "p2", "here": "nonsense"}).status_code == 422

    phone.post(address, {"key": "p3", "here": queries.here_code("demo", timezone.now())})

    assert tickets()[0].is_here
    assert phone.get("/venues/demo/phone/").url == f"/venues/demo/tickets/{mine.code}/"


def test_who_scans_the_code_in_the_hall_is_here_already(house):
    phone = Client()
    page = shown(phone.get("/venues/demo/phone/", {"here": queries.here_code("demo", timezone.now())}))
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)[1]

    phone.post("/venues/demo/phone/", {"key": "p1", "sealed": sealed})

    assert tickets()[0].is_here
    assert tickets()[0].attendance.source == "phone"


def test_a_number_is_given_back_and_its_page_opens_only_to_its_code(house):
    phone = Client()
    phone.post("/venues/demo/phone/", {"key": "p1"})
    mine = tickets()[0]
    assert Client().get("/venues/demo/tickets/AAAAAAAAAA/").status_code == 404
    phone.post(reverse("hall_ticket_act", args=["demo", mine.code, "cancel"]), {"key": "p2"})

    assert "不再叫" in shown(phone.get(f"/venues/demo/tickets/{mine.code}/"))
    assert phone.get(f"/venues/demo/tickets/{mine.code}/print/").content.startswith(b"%PDF")


def test_an_hour_is_agreed_by_phone_and_kept_at_the_kiosk(house, kiosk):
    phone = Client()
    page = phone.get("/venues/demo/appointment/").content.decode()
    slot = re.search(r'name="slot" value="([^"]+)"', page)[1]
    answer = phone.post("/venues/demo/appointment/", {"key": "a1", "slot": slot}, follow=True)
    with scope(System("test"), "测试"):
        held = Appointment.objects.get()
    assert held.code[:5] in shown(answer)

    kept = send(kiosk, "keep", code=f"{held.code[:5].lower()} {held.code[5:]}")
    unknown = send(kiosk, "keep", key="k2", code="AAAAAAAAAA")

    if timezone.localdate(held.starts_at) == timezone.localdate():
        assert str(tickets()[0]) == "Y001"
        assert kept.status_code == 302
    else:
        assert "今天不能用" in shown(kept)
    assert "没有查到这个预约码" in shown(unknown)


def test_everybody_finds_where_to_go_and_no_position_is_sent(house):
    page = shown(Client().get("/venues/"))
    none = shown(Client().get("/venues/", {"matter": "yb-card", "open": "on"}))

    assert "演示大厅" in page
    assert "现在开门" in page
    assert "医保参保登记" in none
    assert "latitude" not in none or 'name="latitude"' not in none
