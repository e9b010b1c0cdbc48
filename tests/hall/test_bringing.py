"""What a hall that ran by itself tells the centre: the same however it comes, and what does not agree goes to a person."""

import random
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import time, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hall.house import at, make_house
from tests.hall.lone import Lone
from tests.make import TODAY, make_area, make_staff
from yimen.cases.models import HallOpinion, HallVisit, Task
from yimen.hall import actions, queries
from yimen.hall.models import (
    Appointment,
    Attendance,
    Brought,
    Call,
    Disagreement,
    Duty,
    Event,
    Handling,
    HandlingStep,
    Node,
    Opening,
    Period,
    Recognition,
    ServiceRequest,
    Ticket,
    WindowShift,
)
from yimen.hall.telling import TABLES
from yimen.hall.words import Mismatch, Settling, State
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import Staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MORNING = -180.0


def make_hall():
    """Make the hall of the tests with whoever the day needs."""
    house = make_house(appointments_an_hour=6)
    for weekday in range(1, 8):
        Opening.objects.create(venue=house.venue, weekday=weekday, opens_at=time(8), closes_at=time(18))
    place = house.venue.service_point.area
    make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    make_staff(kind="receptionist", area=place, username="reception")
    make_staff(kind="co_organizer", area=place, username="escort1")
    make_staff(kind="county_clerk", area=make_area("990101", path="99.9901.990101."), username="jingban")
    house.manager = make_staff(kind="hall_manager", area=place, username="manager")
    return house


def packed(house, **more) -> actions.Packed:
    told = {"first_day": TODAY, "days": 14, "centre": "", "by": None} | more
    with scope(System("venue"), "测试"):
        return actions.pack_venue(venue=house.venue, at=at(MORNING - 60), **told)


@pytest.fixture
def house(db):
    return make_hall()


_told: list[dict] = []


@pytest.fixture
def told(house, tmp_path):
    """Return what the hall told of its day; it is lived through once, by a program of its own."""
    if not _told:
        with transaction.atomic():
            home = tmp_path / "hall"
            home.mkdir()
            package = packed(house)
            (tmp_path / "demo.ymp").write_bytes(package.content)
            transaction.set_rollback(True)
        lone = Lone(home).start()
        lone.do("install", file=str(tmp_path / "demo.ymp"), code=package.code, at=at(MORNING - 30).isoformat())
        lived = lone.do("day", at=at(MORNING).isoformat())
        assert "done" in lived, lived
        _told.extend(lone.do("told")["done"])
        lone.stop()
    return [dict(one) for one in _told]


@pytest.fixture
def node(house, told) -> Node:
    return packed(house).node


def bring(node, told: Iterable[dict], minutes=600.0):
    return actions.receive(node=node, told=list(told), at=at(minutes))


@contextmanager
def everywhere():
    with scope(System("tests"), "测试"):
        yield


KEYLESS = ("id", "pk")


def state_of_the_hall() -> dict[str, list]:
    """Return all that the centre knows of the hall's day, without keys that were dealt out by chance."""
    with everywhere():
        found = {}
        for table in TABLES.values():
            names = [one.attname for one in table.model._meta.concrete_fields if one.attname not in KEYLESS]
            if not table.model._meta.pk.get_internal_type().startswith("UUID"):
                names = [name for name in names if name != "id"]
            else:
                names.append("id")
            found[table.name] = sorted(map(repr, table.model.objects.values_list(*names)))
        # By whom a bad opinion is handled is a task of its own, under a key dealt out here.
        found["cases.hallvisit"] = sorted(HallVisit.objects.values_list("id", "code", "served_by", "handling__owner"))
        found["apart"] = sorted(Disagreement.objects.values_list("kind", "about", "event__sequence", "there", "here", "holds"))
        found["tasks"] = sorted(Task.objects.values_list("kind", "words", "due_on"))
        found["told"] = sorted(Event.objects.values_list("sequence", "id"))
        return found


def test_after_the_hand_over_the_centre_knows_the_halls_day(house, node, told):
    done = bring(node, told)

    assert (done.dealt_with, done.missing) == (len(told), [])
    with everywhere():
        assert [str(one) for one in Ticket.objects.order_by("taken_at")] == ["A001", "L001", "L002", "A002", "Y001"]
        assert {one.state for one in Ticket.objects.all()} == {State.DONE, State.LEFT}
        assert Call.objects.count() == 7
        assert Period.objects.filter(ends_at=None).count() == 5
        assert {one.staff.username for one in Period.objects.exclude(staff=None)} >= {"clerk0", "clerk1"}
        assert ServiceRequest.objects.count() == 2
        assert Recognition.objects.count() == 2
        assert Handling.objects.get().result == "done"
        assert HandlingStep.objects.count() == 2
        assert Appointment.objects.get().ticket == Ticket.objects.get(series__letter="Y")
        assert not WindowShift.objects.filter(ends_at=None).exists()
        assert Duty.objects.get().ends_at is not None
        assert all(one.venue == house.venue for one in Attendance.objects.all())
        assert {one.area_path for one in Ticket.objects.all()} == {house.venue.service_point.area.path}


def test_fairness_ledger_and_ratings_of_the_centre_see_the_day(house, node, told):
    bring(node, told)

    with scope(house.manager, "测试"):
        fair = queries.fairness(venue=house.venue, day=TODAY)
        lines = {one.staff.username: one.counts for one in queries.ledger_of_team(since=TODAY, until=TODAY)}
    assert (fair.whole.called, fair.whole.left) == (4, 1)
    assert (lines["escort1"]["accompanied"], lines["escort1"]["led"], lines["escort1"]["done"]) == (1, 1, 1)
    assert (lines["escort1"]["rating"], lines["escort1"]["rated"]) == (1, 1)
    with everywhere():
        visit = HallVisit.objects.get()
        assert visit.service_point == house.venue.service_point
        assert HallOpinion.objects.get(visit=visit).words == "等得久"
        # A bad opinion opens its handling here, by somebody who did not serve.
        assert visit.handling is not None
        assert visit.handling.owner.username != "escort1"


def test_it_may_come_twice_and_nothing_happens_twice(node, told):
    bring(node, told)
    before = state_of_the_hall()
    bring(node, told, 700)

    assert state_of_the_hall() == before


def test_what_lacks_is_named_and_what_is_later_waits_for_it(node, told):
    done = bring(node, told[:3] + told[6:])

    assert (done.dealt_with, done.missing) == (3, [(4, 6)])
    assert bring(node, told[3:6]).dealt_with == len(told)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chance=st.randoms(use_true_random=False), pieces=st.integers(1, 12), doubled=st.floats(0, 0.5))
def test_in_any_order_in_any_parts_and_often_enough_it_comes_to_the_same(
    house, node, told, chance: random.Random, pieces, doubled
):
    with transaction.atomic():
        bring(node, told)
        expected = state_of_the_hall()
        transaction.set_rollback(True)
    with transaction.atomic():
        sent = [*told, *(one for one in told if chance.random() < doubled)]
        chance.shuffle(sent)
        cuts = sorted(chance.randrange(len(sent) + 1) for _ in range(pieces - 1))
        for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
            bring(node, sent[start:end])
        assert state_of_the_hall() == expected
        transaction.set_rollback(True)


def test_a_row_that_may_change_is_found_again_by_the_key_it_has_on_the_machine(node, told):
    bring(node, told)

    changing = ("hall.period", "hall.servicerequest", "hall.duty", "hall.windowshift")
    assert Brought.objects.count() == len({(one["table"], one["row"]) for one in told if one["table"] in changing})


def test_what_a_machine_told_is_never_changed_by_whoever_tells_it_again(node, told):
    bring(node, told[:10])
    other = told[4] | {"id": "0" * 31 + "1"}

    with pytest.raises(actions.NotBrought, match="第 5 条和以前收到的不是同一条"):
        bring(node, [other, *told[10:]])
    assert Event.objects.count() == 10
    apart = Disagreement.objects.get(kind=Mismatch.FORKED)
    assert (apart.holds, apart.about) == (False, "event:5")


def test_a_table_the_centre_does_not_know_is_refused_with_what_to_do(node, told):
    with pytest.raises(actions.NotBrought, match="请先把中心升级"):
        bring(node, [told[0] | {"table": "registry.person"}])
    with pytest.raises(actions.NotBrought, match="格式不对"):
        bring(node, [{"id": 7}])


def settle(house, apart, settling, reason="核对过", **more):
    with scope(house.manager, "定下来"):
        return actions.settle(disagreement=apart.pk, settling=settling, reason=reason, by=house.manager, at=at(650), **more)


def apart_of(kind: Mismatch) -> Disagreement:
    return Disagreement.objects.get(kind=kind, settled_at=None)


def test_a_number_given_out_on_both_sides_goes_to_a_person_and_ours_stays(house, node, told):
    actions_taken_back(house)
    ours = taken_at_the_centre(house, number=1)
    bring(node, told)

    apart = apart_of(Mismatch.CLASH)
    assert "A001 号" in queries.there_of(apart)
    assert "中心当天已经有 A001 号" in apart.here
    with everywhere():
        assert Ticket.objects.get(series__letter="A", number=1) == ours
        assert Ticket.objects.count() == 5
        assert not Handling.objects.exists()
    with pytest.raises(actions.NotSettled, match="还是记不上"):
        settle(house, apart, Settling.AGAIN)
    settle(house, apart, Settling.RECORD, "两个人拿了同一个号，都办完了")
    assert not Disagreement.objects.filter(settled_at=None, kind=Mismatch.CLASH).exists()
    with everywhere():
        assert Ticket.objects.count() == 5


def actions_taken_back(house) -> None:
    with scope(System("venue"), "测试"):
        actions.take_back(venue=house.venue, now=True, reason="机器坏了", by=None, at=at(MORNING))


def taken_at_the_centre(house, *, number: int) -> Ticket:
    ticket = house.take(MORNING)
    with everywhere():
        Ticket.objects.filter(pk=ticket.pk).update(number=number)
        ticket.refresh_from_db()
    return ticket


def test_a_ticket_changed_on_both_sides_stays_as_the_centre_has_it_until_a_person_has_settled_it(house, node, told):
    # The first steps come; then the machine is given up, and somebody at the centre notes that the person left.
    taken = next(place for place, one in enumerate(told) if one["table"] == "hall.call") - 3
    bring(node, told[:taken])
    actions_taken_back(house)
    with everywhere():
        ticket = Ticket.objects.get(series__letter="L", number=1)
    with house.at_window() as clerk:
        actions.leave(ticket_id=ticket.pk, by=clerk, at=at(MORNING + 5))
    bring(node, told)

    apart = apart_of(Mismatch.BOTH)
    assert "L001 号" in queries.there_of(apart)
    assert "状态“离开”" in apart.here
    with everywhere():
        ticket.refresh_from_db()
        assert ticket.state == State.LEFT
    settle(house, apart, Settling.VENUE, "大厅里其实办完了")
    with everywhere():
        ticket.refresh_from_db()
        assert ticket.state == State.DONE
        assert Ticket.objects.exclude(pk=ticket.pk).count() == 4
        steps = list(Period.objects.filter(ticket=ticket).order_by("pk").values_list("step", flat=True))
    # What the centre noted stays in the log, and so does what the hall did.
    assert (steps.count("leave"), "finish" in steps) == (1, True)


def test_an_account_the_centre_does_not_know_keeps_its_name_and_is_told_once(house, node, told):
    strange = [one | {"changes": _renamed(one["changes"], "clerk1", "substitute")} for one in told]
    middle = len(strange) // 2
    bring(node, strange[:middle])

    apart = apart_of(Mismatch.STRANGER)
    assert (apart.unknown, apart.holds) == ("substitute", False)
    settle(house, apart, Settling.NOTED, "那天顶班的是他", known_as=house.clerks[1])
    bring(node, strange[middle:])

    assert not Disagreement.objects.filter(settled_at=None, kind=Mismatch.STRANGER).exists()
    kept = Staff.objects.get(username="substitute@demo")
    assert (kept.is_active, kept.has_usable_password(), kept.posts.count()) == (False, False, 0)
    with everywhere():
        assert {one.state for one in Ticket.objects.all()} == {State.DONE, State.LEFT}
        assert Period.objects.filter(staff=kept).exists()
        assert Period.objects.filter(staff=house.clerks[1]).exists()


def test_a_window_the_centre_has_no_more_holds_its_tickets_back_until_it_is_there_again(house, node, told):
    house.windows[1].number = 9
    house.windows[1].save()
    bring(node, told)

    waiting = Disagreement.objects.filter(kind=Mismatch.UNKNOWN, settled_at=None)
    assert {one.here for one in waiting} == {"中心没有叫“2”的窗口。"}
    with pytest.raises(actions.NotSettled, match="还是记不上"):
        settle(house, waiting.first(), Settling.AGAIN)
    house.windows[1].number = 2
    house.windows[1].save()
    settle(house, waiting.first(), Settling.AGAIN, "2 号窗口改过号，改回来了")

    assert not Disagreement.objects.filter(settled_at=None, holds=True).exists()
    with everywhere():
        assert {one.state for one in Ticket.objects.all()} == {State.DONE, State.LEFT}


def _renamed(changes: dict, before: str, after: str) -> dict:
    def one(value):
        return after if value == before else [one(part) for part in value] if isinstance(value, list) else value

    return {name: one(value) for name, value in changes.items()}


def test_whoever_was_out_of_office_by_then_is_shown_once_a_day_and_the_work_counts(house, node, told):
    house.clerks[1].is_active = False
    house.clerks[1].save()
    bring(node, told)

    apart = apart_of(Mismatch.STAFF)
    assert (apart.holds, "已经停用" in apart.here) == (False, True)
    with everywhere():
        assert {one.state for one in Ticket.objects.all()} == {State.DONE, State.LEFT}
    with pytest.raises(actions.NotSettled, match="怎么定"):
        settle(house, apart, Settling.RECORD)
    settle(house, apart, Settling.NOTED, "当天早上才停用，情况属实")
    bring(node, told)
    assert not Disagreement.objects.filter(settled_at=None, kind=Mismatch.STAFF).exists()


def test_a_card_the_centre_does_not_know_is_shown_to_a_person(node, told):
    bring(node, told)

    assert "没有发过这张卡" in apart_of(Mismatch.CARD).here


def test_numbers_of_a_day_that_was_not_the_machines_are_held_back(house, told):
    node = packed(house, first_day=TODAY + timedelta(days=1)).node
    bring(node, told)

    assert {one.kind for one in Disagreement.objects.filter(holds=True)} >= {Mismatch.PAST}
    with everywhere():
        assert not Ticket.objects.exists()


def test_a_machine_reaches_no_other_halls_ticket(house, node, told):
    with everywhere():
        other = Ticket.objects.create(
            attendance=Attendance.objects.create(
                venue=other_venue(house), day=TODAY, source="desk", came_at=at(0), area_path=house.venue.service_point.area.path
            ),
            venue=other_venue(house),
            day=TODAY,
            series=other_venue(house).series.get(),
            line=other_venue(house).series.get(),
            number=1,
            taken_at=at(0),
            counts_from=at(0),
            changed_at=at(0),
            area_path=house.venue.service_point.area.path,
        )
    moved = next(one for one in told if one["table"] == "hall.ticket" and not one["is_new"])
    bring(node, [moved | {"sequence": 1, "row": other.pk.hex}])

    assert apart_of(Mismatch.UNKNOWN)
    with everywhere():
        other.refresh_from_db()
        assert other.state == State.WAITING


def other_venue(house):
    from yimen.hall.models import Series, Venue
    from yimen.office.models import ServicePoint

    held = Venue.objects.filter(code="other").first()
    if held is None:
        area = house.venue.service_point.area
        point = ServicePoint.objects.create(name="另一个大厅", area=area, owner="government", address="路 2 号")
        held = Venue.objects.create(service_point=point, code="other", level="county")
        Series.objects.create(venue=held, letter="A", name="综合")
    return held


def test_who_does_not_manage_the_hall_settles_nothing(house, node, told):
    bring(node, told)
    apart = apart_of(Mismatch.CARD)

    with scope(house.clerks[0], "测试"), pytest.raises(NotAllowed):
        actions.settle(disagreement=apart.pk, settling=Settling.NOTED, reason="x", by=house.clerks[0], at=at(0))
    with pytest.raises(actions.NotSettled, match="为什么"):
        settle(house, apart, Settling.NOTED, " ")
    settle(house, apart, Settling.NOTED)
    with pytest.raises(actions.NotSettled, match="已经有人定了"):
        settle(house, apart, Settling.NOTED)
