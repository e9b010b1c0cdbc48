"""Readers of ID cards: a serial line, a maker's service and a simulated one, each taking one ticket for one card."""

import json
import os
import pty
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client

from tests.hall.house import at, make_house
from tests.hall.people import decided, number_of, resident
from yimen.hall import actions
from yimen.hall.models import Ticket
from yimen.hall.words import DeviceKind
from yimen.jobs.readers import HallSilent, HttpReader, ReaderGone, SerialReader, SimulatedReader, tickets
from yimen.office.access import System, scope


@pytest.fixture
def line():
    """A serial line: what is written at one end comes out at the other."""
    far, near = pty.openpty()
    reader = SerialReader(os.ttyname(near), wait=0.05)
    yield far, reader
    reader.close()
    os.close(near)
    os.close(far)


def test_a_serial_reader_gives_one_reading_after_another_whole_or_in_pieces(line):
    far, reader = line
    os.write(far, b"990101198006150")
    assert reader.read() == ""
    os.write(far, b"01X\n99010119300101001X\n")
    assert [reader.read(), reader.read(), reader.read()] == ["99010119800615001X", "99010119300101001X", ""]


def test_a_line_that_sends_no_end_is_said_to_be_no_reader(line):
    far, reader = line
    for _ in range(4):
        os.write(far, b"\xff" * 1024)
        assert reader.read() == ""
    os.write(far, b"\xff")
    with pytest.raises(ReaderGone, match="波特率"):
        reader.read()


def test_a_reader_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(ReaderGone, match="打不开"):
        SerialReader(tmp_path / "ttyUSB0")


@pytest.fixture
def maker():
    """A maker's service on this machine, with what it answers next."""
    answers: list[bytes] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers.pop(0))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield answers, f"http://127.0.0.1:{server.server_port}/read"
    server.shutdown()
    server.server_close()


def test_a_makers_service_is_asked_on_this_machine_alone(maker):
    answers, address = maker
    answers += [json.dumps({"idnum": "990101"}).encode(), b"", b"{}", b"<html>"]
    reader = HttpReader(address, field="idnum")

    assert [reader.read(), reader.read(), reader.read()] == ["990101", "", ""]
    with pytest.raises(ReaderGone, match="不是 JSON"):
        reader.read()
    with pytest.raises(ReaderGone, match="不走网络"):
        HttpReader("http://reader.example/read")


class HallBy:
    """The hall through its API; `lost` answers get lost on the way back, after the hall has done what was asked."""

    def __init__(self, token: str, lost: int = 0) -> None:
        self.token, self.lost = token, lost

    def ask(self, path, body, *, key=""):
        head = {"HTTP_AUTHORIZATION": f"Bearer {self.token}", "HTTP_IDEMPOTENCY_KEY": key}
        answer = Client().post(f"/api/hall/{path}", body, "application/json", **head)
        if self.lost:
            self.lost -= 1
            raise HallSilent("没有回音")
        if answer.status_code >= 400:
            raise HallSilent(answer.json()["problem"])
        return answer.json()


@pytest.fixture
def token(db):
    house = make_house()
    with scope(System("tests"), "测试"):
        return actions.add_device(venue=house.venue, kind=DeviceKind.READER, name="读卡器", by=None, at=at(0))[1]


def said(token: str, cards: list[str], lost: int = 0) -> list[str]:
    heard = []
    with suppress(ReaderGone):
        for words in tickets(SimulatedReader(cards), HallBy(token, lost), matters=[]):
            heard.append(words)
    return heard


def test_a_simulated_reader_takes_a_priority_and_an_ordinary_ticket(token):
    decided(resident(1))

    heard = said(token, [number_of(1), "", number_of(2), "00"])

    assert heard[0].startswith("L001 号")
    assert heard[1].startswith("A001 号")
    # Whatever was not read costs nobody a ticket; it says what to do.
    assert heard[2].startswith("A002 号")
    assert "身份证" in heard[2]


def test_one_card_shown_is_one_ticket_though_two_answers_were_lost(token):
    heard = said(token, [number_of(2)], lost=2)

    assert heard == ["A001 号，前面 0 人。"]
    with scope(System("tests"), "测试"):
        assert Ticket.objects.count() == 1
