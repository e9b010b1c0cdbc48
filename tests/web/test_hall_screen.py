"""The big screen, the windows' strips and the stream behind them."""

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from tests.hall.house import make_house
from yimen.web.hall import stream, voice

BOARD = "/venues/demo/board/"


@pytest.mark.django_db
def test_a_screen_is_open_to_all_and_knows_the_servers_clock():
    make_house()
    body = Client().get("/venues/demo/screen/").content.decode()
    assert "演示大厅" in body
    assert "L 是优先号" in body
    now = int(body.partition('data-now="')[2].partition('"')[0])
    assert abs(now / 1000 - timezone.now().timestamp()) < 60
    assert "点一下，打开声音" in body
    assert "点一下，打开声音" not in Client().get("/venues/demo/screen/?sound=off").content.decode()


@pytest.mark.django_db
def test_a_strip_is_plain_text_also_for_controllers_that_know_no_utf_8():
    make_house()
    answer = Client().get("/venues/demo/windows/1/led/")
    assert (answer.content.decode(), answer["Content-Type"]) == ("1 号窗口 综合窗口", "text/plain; charset=utf-8")
    assert Client().get("/venues/demo/windows/1/led/?encoding=gbk").content.decode("gb18030") == "1 号窗口 综合窗口"
    assert Client().get("/venues/demo/windows/9/led/").status_code == 404


@pytest.mark.django_db
def test_a_recording_of_the_hall_takes_the_place_of_the_programs_clip(settings, tmp_path):
    settings.YIMEN_HOME = tmp_path
    assert voice.clips()["please"] == "/static/yimen/voice/please.ogg"
    assert Client().get("/venues/voice/please/").status_code == 404
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "please.wav").write_bytes(b"RIFF")
    assert voice.clips()["please"] == "/venues/voice/please/"
    played = Client().get("/venues/voice/please/")
    assert (b"".join(played.streaming_content), played["Content-Type"]) == (b"RIFF", "audio/wav")
    assert Client().get("/venues/voice/secret/").status_code == 404


def test_every_clip_comes_with_the_program():
    folder = stream.__file__.rpartition("hall")[0] + "static/yimen/voice/"
    for name in voice.CLIPS:
        with open(f"{folder}{name}.ogg", "rb") as clip:  # noqa: PTH123
            assert clip.read(4) == b"OggS"


def call(number, *, ago=0, venue=1):
    return SimpleNamespace(
        pk=number, venue_id=venue, label=f"A{number:03d}", window_number=1, nth=1, at=timezone.now() - timedelta(seconds=ago)
    )


class Line:
    """One open connection to the stream, and what came over it."""

    def __init__(self, monkeypatch, log, headers=(), query=b""):
        self.log, self.chunks = log, []
        monkeypatch.setattr(stream, "venue_by_code", lambda code: SimpleNamespace(pk=1))
        monkeypatch.setattr(stream, "calls_after", lambda last, venues=None: [one for one in self.log if one.pk > last])
        monkeypatch.setattr(stream, "last_call", lambda venue=None: max((one.pk for one in self.log), default=0))
        self.hub = stream.Hub()
        monkeypatch.setattr(self.hub, "start", lambda: None)
        monkeypatch.setattr(stream, "hub", self.hub)
        self.scope = {"path": "/stream/demo/", "headers": headers, "query_string": query}

    def hear(self, during):
        """Open, let `during` happen, close, and return the calls that came, in order."""

        async def run():
            gone = asyncio.Event()

            async def receive():
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message):
                self.chunks.append(message.get("body", b"").decode())

            open_line = asyncio.ensure_future(stream.application(self.scope, receive, send))
            await asyncio.sleep(0.1)
            during()
            await asyncio.sleep(0.1)
            self.is_cut = open_line.done()
            gone.set()
            await open_line

        asyncio.run(run())
        told = [chunk for chunk in self.chunks if chunk.startswith("id:")]
        return [json.loads(one.partition("data: ")[2])["label"] for one in told]


def test_two_windows_calling_in_the_same_second_are_both_told_in_order(monkeypatch):
    line = Line(monkeypatch, [])
    assert line.hear(lambda: (line.log.extend([call(1), call(2)]), line.hub.look())) == ["A001", "A002"]


def test_back_after_a_cut_a_screen_hears_each_call_once_from_where_it_was(monkeypatch):
    line = Line(monkeypatch, [call(1), call(2), call(3)], headers=[(b"last-event-id", b"1")], query=b"after=3")
    assert line.hear(lambda: (line.log.append(call(4)), line.hub.look(), line.hub.look())) == ["A002", "A003", "A004"]


def test_a_new_screen_hears_nothing_old(monkeypatch):
    line = Line(monkeypatch, [call(1), call(2)])
    assert line.hear(lambda: (line.log.append(call(3)), line.hub.look())) == ["A003"]


def test_a_call_is_told_with_how_long_ago_it_was_by_our_own_clock():
    assert stream.as_told(call(1, ago=400))["late"] == 400
    assert stream.as_told(call(1, ago=-30))["late"] == 0


def test_a_screen_too_slow_to_listen_is_cut_off_so_that_it_catches_up_and_misses_nothing(monkeypatch):
    line = Line(monkeypatch, [])
    monkeypatch.setattr(stream, "MOST_CAUGHT_UP", 1)

    def rush():
        (listener,) = line.hub.listeners[1]
        for number in range(1, 8):
            listener._put(call(number))

    heard = line.hear(rush)
    assert line.is_cut
    assert heard == ["A001", "A002", "A003", "A004"]


def test_a_database_away_for_a_moment_does_not_end_the_reader(monkeypatch):
    hub = stream.Hub()
    monkeypatch.setattr(hub, "look", lambda: 1 / 0)
    monkeypatch.setattr(stream, "close_old_connections", lambda: None)
    monkeypatch.setattr(stream, "connection", SimpleNamespace(close=lambda: None))
    hub._look_safely()
