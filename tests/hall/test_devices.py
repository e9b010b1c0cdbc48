import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.hall.house import at, make_house
from yimen.hall import actions, queries
from yimen.hall.models import Device
from yimen.hall.words import DeviceKind, Source
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db


def added(house, kind=DeviceKind.KIOSK, name="进门取号机", **more):
    with scope(System("manager"), "管理设备"):
        return actions.add_device(venue=house.venue, kind=kind, name=name, by=None, at=at(0), **more)


def code_for(device, minutes=0):
    with scope(System("manager"), "管理设备"):
        return actions.pairing_code(device_id=device.pk, at=at(minutes))


def test_a_token_is_told_once_and_only_its_hash_is_kept():
    device, token = added(make_house())
    assert token.startswith("yimen_device_")
    assert token not in json.dumps([str(value) for value in Device.objects.values().get(pk=device.pk).values()])
    assert actions.device_of(token=token, at=at(1)).pk == device.pk
    assert actions.device_of(token=token + "x", at=at(1)) is None


def test_when_a_device_was_last_seen_is_known_to_the_minute():
    device, token = added(make_house())
    for minutes in (1, 1.5, 3):
        actions.device_of(token=token, at=at(minutes))
    device.refresh_from_db()
    assert device.seen_at == at(3)


def test_shut_out_a_device_opens_nothing_and_its_name_is_free_again():
    house = make_house()
    device, token = added(house)
    seal = actions.pair(venue=house.venue, code=code_for(device), at=at(1)).seal
    with scope(System("manager"), "管理设备"):
        actions.revoke_device(device_id=device.pk, by=None, at=at(2))
    assert actions.device_of(token=token, at=at(3)) is None
    assert actions.paired_device(device_id=device.pk.hex, seal=seal, at=at(3)) is None
    with scope(System("manager"), "管理设备"), pytest.raises(actions.NotAdded, match="已经停用"):
        actions.renew_device(device_id=device.pk, by=None, at=at(3))
    assert str(added(house)[0]) == "进门取号机"


def test_another_token_ends_the_one_before_and_the_pairing():
    house = make_house()
    device, token = added(house)
    seal = actions.pair(venue=house.venue, code=code_for(device), at=at(1)).seal
    with scope(System("manager"), "管理设备"):
        fresh = actions.renew_device(device_id=device.pk, by=None, at=at(2))
    assert actions.device_of(token=token, at=at(3)) is None
    assert actions.device_of(token=fresh, at=at(3)).pk == device.pk
    assert actions.paired_device(device_id=device.pk.hex, seal=seal, at=at(3)) is None


def test_a_pairing_code_opens_once_within_a_quarter_of_an_hour_in_its_own_hall_however_it_is_typed():
    house = make_house()
    device, _ = added(house)
    code = code_for(device)
    with pytest.raises(actions.NotPaired, match="再取一个"):
        actions.pair(venue=house.venue, code=code, at=at(16))
    paired = actions.pair(venue=house.venue, code=f" {code[:4].lower()} {code[4:]}", at=at(14))
    assert actions.paired_device(device_id=device.pk.hex, seal=paired.seal, at=at(20)).pk == device.pk
    with pytest.raises(actions.NotPaired):
        actions.pair(venue=house.venue, code=code, at=at(14))


def test_paired_anew_the_browser_before_opens_nothing():
    house = make_house()
    device, _ = added(house)
    first = actions.pair(venue=house.venue, code=code_for(device), at=at(1)).seal
    actions.pair(venue=house.venue, code=code_for(device), at=at(2))
    assert actions.paired_device(device_id=device.pk.hex, seal=first, at=at(3)) is None


def test_a_kiosk_gives_tickets_in_its_own_place_and_does_nothing_else():
    house = make_house()
    house.take(0)
    device = actions.device_of(token=added(house)[1], at=at(1))
    with actions.device_scope(device, "取号"):
        ticket = actions.take_ticket(venue=device.venue, matters=[], source=Source.KIOSK, by=None, at=at(1))
        with pytest.raises(NotAllowed, match="这台设备不能做“在窗口叫号”"):
            actions.call_next(window_id=house.windows[0].pk, by=house.clerks[0], at=at(2))
        with pytest.raises(NotAllowed):
            queries.devices_of(house.venue)
    assert str(ticket) == "A002"


def test_a_screen_gives_no_tickets():
    house = make_house()
    device = actions.device_of(token=added(house, DeviceKind.SCREEN, "大屏")[1], at=at(1))
    with actions.device_scope(device, "取号"), pytest.raises(NotAllowed):
        actions.take_ticket(venue=device.venue, matters=[], source=Source.KIOSK, by=None, at=at(1))


def test_two_devices_of_a_hall_have_two_names_and_a_call_box_its_window():
    house = make_house()
    added(house)
    with pytest.raises(actions.NotAdded, match="已经有叫“进门取号机”的设备"):
        added(house)
    with pytest.raises(actions.NotAdded, match="要选它在哪个窗口"):
        added(house, DeviceKind.WINDOW, "呼叫器")
    assert added(house, DeviceKind.WINDOW, "呼叫器", window=house.windows[0])[0].window == house.windows[0]


def test_who_does_not_manage_the_hall_lets_no_machine_in():
    house = make_house()
    with house.at_window() as clerk, pytest.raises(NotAllowed, match="设置大厅"):
        actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="取号机", by=clerk, at=at(0))


def test_what_is_done_with_devices_is_written_down_without_any_secret():
    house = make_house()
    device, token = added(house)
    code = code_for(device)
    actions.pair(venue=house.venue, code=code, at=at(1))
    written = AuditEntry.objects.filter(action__startswith="device.").order_by("pk")
    assert [one.action for one in written] == ["device.add", "device.pairing_code", "device.pair"]
    assert written.last().actor == f"machine:kiosk:{device.pk.hex[:12]}"
    assert not any(secret in json.dumps(one.detail) for one in written for secret in (token, code))


def test_the_terminal_lets_in_pairs_lists_and_shuts_out():
    house = make_house()

    def told(*words):
        out = StringIO()
        call_command("device", *words, "--json", stdout=out)
        return json.loads(out.getvalue())

    token = told("add", "demo", "取号机")["token"]
    assert actions.device_of(token=token, at=at(0)).name == "取号机"
    assert actions.pair(venue=house.venue, code=told("code", "demo", "取号机")["code"], at=Device.objects.get().code_until)
    assert told("revoke", "demo", "取号机")["revoked"]
    assert [(one["name"], one["revoked"]) for one in told("list", "demo")] == [("取号机", True)]
    with pytest.raises(CommandError, match="没有在用的设备"):
        told("renew", "demo", "取号机")
