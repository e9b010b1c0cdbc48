"""Machines of a hall on their pages: let in by who manages it, paired by a code, opened nowhere else."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.hall.house import make_house
from yimen.hall.models import Device
from yimen.hall.words import DeviceKind
from yimen.office import permissions
from yimen.office.access import current
from yimen.web.hall.machines import COOKIE, only_for

pytestmark = pytest.mark.django_db
CODE = re.compile(r"<samp>([0-9A-Z]{4} [0-9A-Z]{4})</samp>")


@pytest.fixture
def manager(enter, monkeypatch):
    monkeypatch.setitem(permissions.PERMISSIONS, "town_clerk", permissions.PERMISSIONS["town_clerk"] | {"hall.manage"})
    make_house()
    return enter(kind="town_clerk", username="manager")


def add(manager, name="取号机", key="k1", **more):
    sent = {"key": key, "venue": "demo", "kind": "kiosk", "name": name} | more
    return manager.post("/hall/devices/add/", sent).content.decode()


def code_of(manager, key="c1"):
    sent = {"key": key, "venue": "demo", "device": str(Device.objects.get().pk)}
    return CODE.search(manager.post("/hall/devices/code/", sent).content.decode())[1]


@only_for(DeviceKind.KIOSK)
def kiosk_page(request, venue_code):
    return HttpResponse(f"{request.device} {current().actor.split(':')[1]}")


def opened(client, venue="demo"):
    request = RequestFactory().get(f"/venues/{venue}/kiosk/")
    request.user = AnonymousUser()
    request.COOKIES.update({name: one.value for name, one in client.cookies.items()})
    return kiosk_page(request, venue)


def test_a_token_stands_on_the_page_once(manager):
    assert "yimen_device_" in add(manager)
    answer = manager.post("/hall/devices/add/", {"key": "k1", "venue": "demo", "kind": "kiosk", "name": "取号机"}, follow=True)
    assert "令牌只显示一次" in answer.content.decode()
    assert "yimen_device_" not in answer.content.decode()
    assert Device.objects.count() == 1


def test_what_is_refused_is_said(manager):
    add(manager)
    assert "已经有叫“取号机”的设备" in add(manager, key="k2")
    assert "请选是哪一种设备" in add(manager, key="k3", kind="toaster")


def test_a_paired_browser_opens_the_page_of_its_kind_and_no_other_browser_does(manager):
    add(manager)
    kiosk = Client()
    assert "配对码" in kiosk.get("/venues/demo/pair/").content.decode()
    answer = kiosk.post("/venues/demo/pair/", {"code": code_of(manager)})
    assert "这个浏览器现在是“取号机”" in answer.content.decode()
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/venues/", True, "Strict")
    assert opened(kiosk).content.decode() == "取号机 kiosk"
    assert opened(Client()).status_code == 403


def test_shut_out_it_opens_nothing_at_once(manager):
    add(manager)
    kiosk = Client()
    kiosk.post("/venues/demo/pair/", {"code": code_of(manager)})
    manager.post("/hall/devices/revoke/", {"key": "r1", "venue": "demo", "device": str(Device.objects.get().pk)})
    answer = opened(kiosk)
    assert answer.status_code == 403
    assert "还没有配对，或已经停用" in answer.content.decode()


def test_a_cookie_of_ones_own_making_opens_nothing(manager):
    add(manager)
    client = Client()
    client.cookies[COOKIE] = "W10:1abc:forged"
    assert opened(client).status_code == 403


def test_whoever_guesses_codes_is_soon_done(manager):
    stranger = Client()
    answers = [stranger.post("/venues/demo/pair/", {"code": "ABCDEFGH"}).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (422, 429)


def test_who_does_not_manage_the_hall_sees_no_machine(enter):
    make_house()
    clerk = enter(kind="town_clerk", username="other")
    assert clerk.get("/hall/devices/").status_code == 403
    assert clerk.post("/hall/devices/add/", {"key": "k", "venue": "demo", "kind": "kiosk", "name": "x"}).status_code == 403
