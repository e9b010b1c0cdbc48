"""A hall packed to run by itself: who opens the package, until when, what it brings, and whose the numbers are on which day."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import connection

from tests.hall.house import at, make_house
from tests.hall.lone import Lone
from tests.make import TODAY, make_area, make_staff
from yimen.hall import actions
from yimen.hall.models import Counter, Device, Node
from yimen.hall.sealed import PACKAGE, head_of
from yimen.hall.words import DeviceKind, WindowState
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import AuditEntry, Post

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def house():
    return make_house()


def pack(house, minutes=0.0, **more) -> actions.Packed:
    told = {"first_day": TOMORROW, "days": 14, "centre": "https://centre.example", "by": None} | more
    with scope(System("venue"), "测试"):
        return actions.pack_venue(venue=house.venue, at=at(minutes), **told)


def back(house, minutes=0.0, **more) -> Node:
    told = {"now": False, "reason": "机器坏了", "by": None} | more
    with scope(System("venue"), "测试"):
        return actions.take_back(venue=house.venue, at=at(minutes), **told)


DAY = 24 * 60


def test_from_its_first_day_on_the_centre_gives_out_no_number_and_calls_nobody(house):
    before = house.take(0)
    pack(house)

    house.take(1)
    with pytest.raises(actions.NotTaken, match="11月24日起由大厅里自己的机器发号"):
        house.take(DAY)
    with pytest.raises(actions.NotOpened, match="免得重号"), house.at_window() as clerk:
        actions.set_window(window_id=house.windows[0].pk, state=WindowState.OPEN, by=clerk, at=at(DAY))
    house.call(2)
    assert str(house.step(before, "finish", 3)) == "A001"


def test_a_day_on_which_the_centre_gave_out_numbers_is_not_handed_over(house):
    house.take(0)

    with pytest.raises(actions.NotAlone, match="从明天起"):
        pack(house, first_day=TODAY)
    with pytest.raises(actions.NotAlone, match="今天或以后"):
        pack(house, first_day=TODAY - timedelta(days=1))


def test_given_back_for_tomorrow_today_is_still_the_machines_and_tomorrow_the_centres(house):
    pack(house, first_day=TODAY)
    node = back(house)

    assert (node.last_day, node.ended_at) == (TODAY, None)
    with pytest.raises(actions.NotTaken):
        house.take(1)
    assert str(house.take(DAY)) == "A001"


def test_taken_back_at_once_the_centre_goes_on_far_beyond_what_the_machine_may_have_given_out(house):
    pack(house, first_day=TODAY)
    back(house, now=True)

    assert [str(house.take(1)), str(house.take(2, priority=True))] == ["A501", "L501"]
    assert str(house.take(DAY)) == "A001"


def test_a_venue_is_taken_back_for_a_reason_and_only_once(house):
    with pytest.raises(actions.NotAlone, match="不用收回"):
        back(house)
    pack(house)
    with pytest.raises(actions.NotAlone, match="为什么收回"):
        back(house, reason=" ")
    back(house, now=True)
    with pytest.raises(actions.NotAlone, match="不用收回"):
        back(house)
    assert AuditEntry.objects.filter(action="node.take_back").count() == 1


def test_a_second_package_is_for_the_same_machine_and_a_new_machine_begins_beyond_the_old_one(house):
    first = pack(house, first_day=TODAY)
    again = pack(house, 1)
    other = pack(house, 2, new_machine=True, first_day=TODAY)

    assert (again.node, again.code, head_of(PACKAGE, again.content)["opened_by"]) == (first.node, "", "node")
    assert other.node != first.node
    assert other.code
    first.node.refresh_from_db()
    assert (first.node.ended_at, first.node.last_day, first.node.reason) == (at(2), TODAY, "换了一台机器")
    assert {one.kind for one in Device.objects.all()} == {DeviceKind.NODE}


def test_who_does_not_manage_the_hall_packs_none(house):
    clerk = make_staff(kind="town_clerk", area=house.venue.service_point.area, username="other")
    with scope(clerk, "测试"), pytest.raises(NotAllowed):
        actions.pack_venue(venue=house.venue, first_day=TOMORROW, days=14, centre="", by=clerk, at=at(0))


def test_a_package_is_valid_for_a_day_to_two_months(house):
    for days in (0, 61):
        with pytest.raises(actions.NotAlone, match="1 到 60 天"):
            pack(house, days=days)


@pytest.fixture
def lone(tmp_path):
    opened = Lone(tmp_path / "hall")
    yield opened
    opened.stop()


def carry(lone, packed, name="hall.ymp", minutes=0.0, **more):
    """Carry a package to the machine and install it there."""
    file = lone.home.parent / name
    file.write_bytes(packed.content)
    return lone.do("install", file=str(file), code=packed.code, at=at(minutes).isoformat(), **more)


@pytest.mark.apart
@pytest.mark.slow
class TestOnTheMachine:
    @pytest.fixture(autouse=True)
    def _home(self, tmp_path):
        (tmp_path / "hall").mkdir()

    def test_the_hall_opens_calls_and_serves_with_the_people_lines_and_windows_of_the_centre(self, house, lone):
        packed = pack(house)
        lone.start()

        assert carry(lone, packed)["done"] == {"node": packed.node.pk.hex, "package": 1}
        told = lone.do("ask", sql="SELECT letter, kind FROM hall_series ORDER BY letter")["done"]
        assert told == [["A", "ordinary"], ["B", "ordinary"], ["L", "priority"], ["Y", "appointment"]]
        lone.do("open", window=1, at=at(DAY).isoformat())
        taken = lone.do("take", at=at(DAY).isoformat(), matters=["yb-card"])["done"]
        called = lone.do("call", window=1, at=at(DAY + 1).isoformat())["done"]
        assert taken["label"] == called["label"] == "B001"
        assert "办结" not in lone.do("step", ticket=called["ticket"], name="finish", at=at(DAY + 5).isoformat())

    def test_before_its_first_day_the_machine_gives_out_no_number(self, house, lone):
        packed = pack(house)
        lone.start()
        carry(lone, packed)

        assert "11月24日起发号" in lone.do("take", at=at(0).isoformat())["refused"]

    def test_only_the_code_opens_the_first_package_and_only_the_machine_a_later_one(self, house, lone, tmp_path):
        packed = pack(house)
        lone.start()
        wrong = actions.Packed(packed.node, packed.content, "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")

        assert "口令不对" in carry(lone, wrong)["refused"]
        typed = actions.Packed(packed.node, packed.content, packed.code.lower().replace("-", " "))
        assert carry(lone, typed)["done"]["package"] == 1
        assert carry(lone, pack(house, 1), "later.ymp", 1)["done"]["package"] == 2
        assert "旧，没有装" in carry(lone, packed)["refused"]

    def test_a_package_that_is_over_changed_or_another_halls_is_refused(self, house, lone):
        packed = pack(house)
        lone.start()
        middle = len(packed.content) // 2
        flipped = packed.content[:middle] + bytes([packed.content[middle] ^ 1]) + packed.content[middle + 1 :]

        assert "打不开" in carry(lone, actions.Packed(packed.node, flipped, packed.code))["refused"]
        assert "打不开" in carry(lone, actions.Packed(packed.node, packed.content[:-9], packed.code))["refused"]
        assert "不是场所包" in carry(lone, actions.Packed(packed.node, b"YMR1....", packed.code))["refused"]
        assert "不是“bank”的" in carry(lone, packed, venue="bank")["refused"]
        assert "过期" in carry(lone, packed, minutes=14 * DAY)["refused"]
        assert lone.do("ask", sql="SELECT COUNT(*) FROM hall_venue")["done"] == [[0]]

    def test_whoever_leaves_the_hall_at_the_centre_is_out_of_it_with_the_next_package(self, house, lone):
        lone.start()
        carry(lone, pack(house))
        Post.objects.filter(staff=house.clerks[1]).update(ends_on=date(2026, 1, 1))
        house.windows[0].name = "新名字"
        house.windows[0].save()
        carry(lone, pack(house, 1), "later.ymp", 1)

        told = "SELECT username, is_active, (SELECT COUNT(*) FROM office_post WHERE staff_id = office_staff.id) FROM office_staff"
        assert sorted(lone.do("ask", sql=told)["done"]) == [["clerk0", 1, 1], ["clerk1", 0, 0]]
        assert lone.do("ask", sql="SELECT name FROM hall_window WHERE number = 1")["done"] == [["新名字"]]

    def test_no_persons_row_and_no_second_factor_travels_and_nothing_of_the_package_can_be_read(self, house, lone):
        make_area("990101", path="99.9901.990101.", level=3, name="花城县")
        make_staff(kind="approver", area=make_area("990101", path="99.9901.990101."), username="approver")
        packed = pack(house)
        lone.start()
        carry(lone, packed)

        assert b"clerk0" not in packed.content
        assert b"pbkdf2" not in packed.content
        names = lone.do("ask", sql="SELECT username FROM office_staff ORDER BY username")["done"]
        assert ["approver"] not in names
        for table in ("registry_person", "mfa_authenticator", "hall_recognition"):
            assert lone.do("ask", sql=f"SELECT COUNT(*) FROM {table}")["done"] == [[0]]

    def test_of_those_above_only_the_halls_manager_travels_and_whoever_is_named(self, house, lone):
        county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
        for username, kind in (("jingban", "county_clerk"), ("zhuren", "hall_manager"), ("tadang", "county_clerk")):
            make_staff(kind=kind, area=county, username=username)
        lone.start()
        carry(lone, pack(house, also=["tadang"]))

        names = lone.do("ask", sql="SELECT username FROM office_staff WHERE is_active ORDER BY username")["done"]
        assert names == [["clerk0"], ["clerk1"], ["tadang"], ["zhuren"]]
        carry(lone, pack(house, 1), "later.ymp", 1)
        assert ["tadang"] in lone.do("ask", sql="SELECT username FROM office_staff WHERE is_active")["done"]

    def test_after_the_tables_were_made_anew_every_change_is_still_written_down(self, house, lone):
        lone.start()
        carry(lone, pack(house, first_day=TODAY))
        lone.do("take", at=at(0).isoformat())
        before = lone.do("ask", sql="SELECT COUNT(*) FROM hall_event")["done"]
        lone.stop()

        for words in (("migrate", "hall", "0012"), ("migrate",)):
            done = subprocess.run(
                [sys.executable, "-m", "yimen", "manage", *words],
                env=lone.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        lone.start()
        assert lone.do("ask", sql="SELECT COUNT(*) FROM hall_event")["done"] == before
        lone.do("take", at=at(1).isoformat())
        assert lone.do("ask", sql="SELECT COUNT(*) FROM hall_event")["done"][0][0] == 2 * before[0][0]

    def test_numbers_of_a_new_machine_go_on_beyond_those_of_the_one_that_broke(self, house, lone):
        pack(house, first_day=TODAY)
        lone.start()
        carry(lone, pack(house, 1, first_day=TODAY, new_machine=True), minutes=2)

        assert lone.do("take", at=at(3).isoformat())["done"]["label"] == "A501"
        assert Counter.objects.filter(day=TODAY).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the home of the tests is a centre's on any database; one is enough")
def test_on_the_centres_own_home_no_package_is_installed(house):
    packed = pack(house)

    with pytest.raises(actions.NotInstalled, match="中心的数据"):
        actions.install(content=packed.content, venue="demo", ask_code=lambda: packed.code, at=at(0))
