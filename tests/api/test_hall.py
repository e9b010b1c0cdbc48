"""The hall for machines: each by the token of its device, in its own venue, each write once."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.conftest import number_of
from tests.hall.house import at, make_house
from tests.make import make_village
from yimen.hall import actions, queries
from yimen.hall.models import Period, Series, Ticket, Venue
from yimen.hall.words import DeviceKind, WindowState
from yimen.office.access import System, scope
from yimen.office.models import ServicePoint

pytestmark = pytest.mark.django_db
OLD, YOUNG = number_of("99010119400615001"), number_of("99010119950615001")


@pytest.fixture(autouse=True)
def _fictional(settings):
    settings.YIMEN_DEMO = True


@pytest.fixture
def house(db):
    return make_house()


class Machine:
    """A machine at the other end of the line, with its token."""

    def __init__(self, venue, kind=DeviceKind.KIOSK, name="取号机", **more):
        with scope(System("test"), "测试"):
            self.device, self.token = actions.add_device(venue=venue, kind=kind, name=name, by=None, at=at(0), **more)
        self.http, self.sent = Client(), 0

    def ask(self, path):
        return self.http.get(f"/api/hall{path}", headers={"Authorization": f"Bearer {self.token}"})

    def send(self, path, *, key="", **body):
        self.sent += 1
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key or f"{self.device.pk.hex[:8]}-{self.sent:04d}",
        }
        return self.http.post(f"/api/hall{path}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def kiosk(house):
    return Machine(house.venue)


@pytest.fixture
def box(house):
    return Machine(house.venue, DeviceKind.WINDOW, "呼叫器", window=house.windows[0])


def another_venue():
    """A second hall in the same village: whoever is bound to one must not reach the other by the area they share."""
    point = ServicePoint.objects.create(name="另一个大厅", area=make_village(), owner="government", address="演示路 2 号")
    venue = Venue.objects.create(service_point=point, code="other", level="township")
    Series.objects.create(venue=venue, letter="A", name="综合")
    return venue


def test_a_kiosk_gives_a_ticket_and_says_where_it_stands(house, kiosk):
    answer = kiosk.send("/tickets", matters=["yb-card"])
    assert answer.status_code == 201
    told = answer.json()
    assert (told["label"], told["line"], told["state"], told["ahead"], told["wait"]) == ("B001", "医保", "waiting", 0, None)
    assert kiosk.ask(f"/tickets/{told['ticket']}").json()["label"] == "B001"


def test_sent_again_with_the_same_key_it_is_the_same_ticket(house, kiosk):
    first = kiosk.send("/tickets", key="kiosk-00000001").json()
    assert kiosk.send("/tickets", key="kiosk-00000001").json()["ticket"] == first["ticket"]
    with scope(System("test"), "测试"):
        assert Ticket.objects.count() == 1
    other = kiosk.send("/tickets", key="kiosk-00000001", matters=["yb-card"])
    assert other.status_code == 409


def test_a_write_without_a_key_is_not_taken(house, kiosk):
    headers = {"Authorization": f"Bearer {kiosk.token}"}
    answer = kiosk.http.post("/api/hall/tickets", "{}", content_type="application/json", headers=headers)
    assert (answer.status_code, "Idempotency-Key" in answer.json()["problem"]) == (400, True)


def test_who_is_old_is_recognised_by_the_card_and_the_machine_learns_one_bit(house, kiosk):
    assert kiosk.send("/recognise", id_number=OLD).json() == {"priority": True, "note": ""}
    assert kiosk.send("/recognise", id_number=YOUNG).json() == {"priority": False, "note": ""}
    told = kiosk.send("/tickets", id_number=OLD).json()
    assert told["label"] == "L001"
    assert "old" not in json.dumps(told)


def test_what_cannot_be_read_gives_an_ordinary_ticket_and_says_why_without_repeating_it(house, kiosk):
    told = kiosk.send("/tickets", id_number="990101199999").json()
    assert told["label"] == "A001"
    assert told["note"]
    assert "990101199999" not in json.dumps(told)


def test_one_identity_takes_no_more_tickets_than_the_hall_allows(house, kiosk):
    for _ in range(house.venue.tickets_a_day):
        kiosk.send("/tickets", id_number=YOUNG)
    answer = kiosk.send("/tickets", id_number=YOUNG)
    assert (answer.status_code, "已经用这个证件取了" in answer.json()["problem"]) == (409, True)


def test_a_matter_that_is_not_done_here_is_said_by_its_place(house, kiosk):
    answer = kiosk.send("/tickets", matters=["yb-card", "passport"])
    assert (answer.status_code, answer.json()["problem"][:8]) == (422, "第 2 个事项本")


def test_a_call_box_calls_serves_and_ends_for_whoever_sits_there(house, kiosk, box):
    kiosk.send("/tickets")
    kiosk.send("/tickets")
    assert box.ask("/window").json()["waiting"] == 2
    called = box.send("/window/call").json()
    assert (called["label"], called["ticket_state"], called["strip"]) == ("A001", "called", "请 A001 号到 1 号窗口")
    box.send("/window/recall", ticket=called["ticket"])
    assert box.send("/window/serve", ticket=called["ticket"]).json()["ticket_state"] == "serving"
    ended = box.send("/window/finish", ticket=called["ticket"]).json()
    assert (ended["ticket"], ended["waiting"]) == (None, 1)
    with scope(System("test"), "测试"):
        steps = list(Period.objects.filter(ticket=called["ticket"]).order_by("pk").values_list("step", "staff__username"))
    assert steps == [("take", None), ("call", "clerk0"), ("recall", "clerk0"), ("serve", "clerk0"), ("finish", "clerk0")]


def test_pressed_twice_with_one_key_a_call_box_calls_once(house, kiosk, box):
    for _ in range(2):
        kiosk.send("/tickets")
    assert box.send("/window/call", key="press-0001").json()["label"] == "A001"
    again = box.send("/window/call", key="press-0001")
    assert (again.status_code, again.json()["label"]) == (200, "A001")
    refused = box.send("/window/call", key="press-0002")
    assert (refused.status_code, "还有 A001 号" in refused.json()["problem"]) == (409, True)


def test_a_step_with_a_ticket_that_is_no_longer_there_is_refused(house, kiosk, box):
    ticket = kiosk.send("/tickets").json()["ticket"]
    answer = box.send("/window/finish", ticket=ticket)
    assert (answer.status_code, "不在本窗口" in answer.json()["problem"]) == (409, True)


def test_a_ticket_is_sent_on_with_a_reason_and_comes_back_after_a_hold(house, kiosk, box):
    kiosk.send("/tickets")
    ticket = box.send("/window/call").json()["ticket"]
    assert box.send("/window/transfer", ticket=ticket).status_code == 422
    box.send("/window/transfer", ticket=ticket, line="B", reason="医保的事")
    assert kiosk.ask(f"/tickets/{ticket}").json()["line"] == "医保"
    with scope(System("test"), "测试"):
        assert Period.objects.get(ticket=ticket, step="pass_on").reason == "医保的事"
    box.send("/window/call")
    box.send("/window/hold", ticket=ticket, reason="回家取户口簿")
    assert kiosk.send(f"/tickets/{ticket}/return").json()["state"] == "waiting"
    assert box.send("/window/call").json()["ticket"] == ticket


def test_where_nobody_sits_a_call_box_does_nothing(house, kiosk, box):
    with house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.CLOSED, by=clerk, at=at(1))
    answer = box.send("/window/call")
    assert (answer.status_code, "没有人开窗" in answer.json()["problem"]) == (409, True)


def test_whoever_lost_their_post_calls_nobody_from_the_box_either(house, kiosk, box):
    kiosk.send("/tickets")
    house.clerks[0].posts.update(ends_on=at(-60 * 24 * 30).date())
    assert box.send("/window/call").status_code == 403


def test_each_kind_of_device_does_what_it_is_for_and_no_more(house, kiosk, box):
    screen = Machine(house.venue, DeviceKind.SCREEN, "大屏")
    assert kiosk.send("/window/call").status_code == 403
    assert box.send("/tickets").status_code == 403
    assert screen.send("/tickets").status_code == 403
    assert screen.send("/recognise", id_number=OLD).status_code == 403
    assert screen.ask("/board").status_code == 200


def test_the_token_of_one_hall_reaches_nothing_of_another_in_the_same_place(house, kiosk, box):
    stranger = Machine(another_venue())
    ticket = kiosk.send("/tickets").json()["ticket"]
    assert stranger.ask(f"/tickets/{ticket}").status_code == 404
    assert stranger.send(f"/tickets/{ticket}/return").status_code == 404
    assert stranger.ask("/venue").json()["code"] == "other"
    assert stranger.ask("/board").json()["lines"] == [{"letter": "A", "waiting": 0, "wait": None}]
    assert stranger.send("/tickets", matters=["yb-card"]).status_code == 422
    assert stranger.send("/tickets").json()["label"] == "A001"
    assert kiosk.ask("/board").json()["lines"][0]["waiting"] == 1
    called = box.send("/window/call").json()
    refused = box.send("/window/transfer", ticket=called["ticket"], window=9)
    assert refused.status_code == 422


def test_the_board_tells_numbers_and_where_to_listen(house, kiosk, box):
    kiosk.send("/tickets")
    box.send("/window/call")
    told = kiosk.ask("/board").json()
    assert (told["latest"]["label"], told["stream"], told["last"]) == ("A001", "/stream/demo/", told["latest"]["id"])
    assert told["windows"][0] == {"window": 1, "label": "A001", "matter": "综合", "is_paused": False, "back_at": None}


def test_a_device_opens_the_hall_alone_and_only_while_it_is_let_in(house, kiosk, enter):
    answer = kiosk.http.get("/api/cases", headers={"Authorization": f"Bearer {kiosk.token}"})
    assert (answer.status_code, "只能用 /api/hall/" in answer.json()["problem"]) == (403, True)
    assert enter(house.clerks[0]).get("/api/hall/board").status_code == 401
    assert Client().get("/api/hall/board").status_code == 401
    with scope(System("test"), "测试"):
        actions.revoke_device(device_id=kiosk.device.pk, by=None, at=at(1))
    assert kiosk.ask("/board").status_code == 401


def test_a_ticket_nobody_has_is_answered_like_one_elsewhere(house, kiosk):
    assert kiosk.ask(f"/tickets/{uuid.uuid4()}").status_code == 404


def test_a_makers_kiosk_tells_that_it_has_no_paper_and_its_tickets_stay_valid(house, kiosk, box):
    assert kiosk.send("/printer", state="paper").json() == {"state": "paper"}
    with scope(System("test"), "测试"):
        assert "取号机" in queries.troubles(venue=house.venue, at=at(1))[0]
    assert kiosk.send("/tickets").status_code == 201
    assert kiosk.send("/printer", state="burning").status_code == 422
    assert box.send("/printer", state="paper").status_code == 403
    kiosk.send("/printer", state="ok")
    with scope(System("test"), "测试"):
        assert queries.troubles(venue=house.venue, at=timezone.now()) == []


def test_every_step_is_described_for_whoever_may_come_in(house, kiosk, enter):
    told = enter(house.clerks[0]).get("/api/openapi.json").json()
    hall = {path: set(methods) for path, methods in told["paths"].items() if path.startswith("/api/hall/")}
    assert set(hall) == {
        "/api/hall/venue",
        "/api/hall/board",
        "/api/hall/recognise",
        "/api/hall/tickets",
        "/api/hall/tickets/{ticket_id}",
        "/api/hall/events",
        "/api/hall/package",
        "/api/hall/printer",
        "/api/hall/roster",
        "/api/hall/roster/key",
        "/api/hall/roster/keys",
        "/api/hall/roster/revoked",
        "/api/hall/tickets/{ticket_id}/return",
        "/api/hall/window",
        "/api/hall/window/call",
        "/api/hall/window/transfer",
        "/api/hall/window/{name}",
    }
    # They only ask: a number does not belong in an address, and a key is the same however often it is handed out.
    asking = ("/api/hall/recognise", "/api/hall/roster/key", "/api/hall/package", "/api/hall/events")
    writes = [told["paths"][path]["post"] for path in hall if "post" in hall[path] and path not in asking]
    assert all("Idempotency-Key" in {one["name"] for one in write["parameters"]} for write in writes)
