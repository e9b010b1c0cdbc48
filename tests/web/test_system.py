"""What the desks of a hall and the administrator are told of machines, clock and disk."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.hall.house import at, make_house
from tests.make import make_staff, make_village
from yimen.hall import actions
from yimen.hall.models import Venue
from yimen.hall.words import DeviceKind, PrinterState
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def kiosk(house):
    with scope(System("test"), "测试"):
        return actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="进门取号机", by=None, at=at(0))[0]


def test_the_desks_see_what_the_kiosk_noted(house, kiosk, enter):
    actions.note_printer(device=kiosk, state=PrinterState.PAPER, at=timezone.now())
    reception = make_staff(kind="receptionist", area=make_village(), username="reception")
    clerk, reception = enter(house.clerks[0]), enter(reception)
    for who, address in ((clerk, "/hall/rings/"), (clerk, "/hall/"), (reception, "/reception/")):
        assert "进门取号机" in who.get(address).content.decode()


def test_a_kiosk_that_has_no_paper_says_so_before_a_number_is_taken(house, kiosk):
    Venue.objects.update(printer="tcp://192.168.1.50:9100")
    with scope(System("test"), "测试"):
        code = actions.pairing_code(device_id=kiosk.pk, at=timezone.now())
    client = Client()
    client.post("/venues/demo/pair/", {"code": code})
    assert "打印机没有纸了" not in client.get("/venues/demo/kiosk/").content.decode()

    actions.note_printer(device=kiosk, state=PrinterState.PAPER, at=timezone.now())

    assert "打印机没有纸了，照样可以取号" in client.get("/venues/demo/kiosk/").content.decode()
    assert "you can still take a number" in client.get("/venues/demo/kiosk/?lang=en").content.decode()


def test_the_system_administrator_sees_disk_clock_and_work_and_nobody_else_does(house, enter):
    admin = make_staff(kind="system_admin", area=make_village(), username="system")
    page = enter(admin).get("/system/").content.decode()
    assert "磁盘、时钟、后台任务都正常" in page
    assert enter(house.clerks[0]).get("/system/").status_code == 403


def test_the_system_administrator_is_told_of_a_clock_set_back_and_of_work_nobody_does(enter):
    now = timezone.now()
    AuditEntry.objects.create(at=now + timedelta(hours=3), actor="x", action="x", purpose="x")
    Job.objects.create(name="office.sweep", run_after=now - timedelta(hours=1), made_at=now)
    page = enter(make_staff(kind="system_admin", area=make_village(), username="system")).get("/system/").content.decode()

    assert "比最近一条审计记录早 2 小时" in page
    assert "没有人做" in page
    assert "yimen worker" in page
