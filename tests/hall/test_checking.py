"""Whoever a hall recognised by its leased roster is looked up on the list afterwards: who had left it goes to a person."""

import uuid
from datetime import date

import pytest

from tests.hall.house import at, make_house
from tests.hall.people import decided, number_of, resident
from tests.make import TODAY
from yimen.hall import actions, leasing
from yimen.hall.checking import check_listed
from yimen.hall.lease import LeasedRoster
from yimen.hall.models import Disagreement, LeaseIssue, Node, Recognition
from yimen.hall.words import Mismatch
from yimen.office import work
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry, Job
from yimen.registry.models import Standing

pytestmark = pytest.mark.django_db
POOR, OTHER = 1, 2


@pytest.fixture
def house():
    decided(resident(POOR))
    decided(resident(OTHER))
    house = make_house()
    with scope(System("venue"), "测试"):
        packed = actions.pack_venue(venue=house.venue, first_day=TODAY, days=14, centre="", by=None, at=at(-200))
        actions.issue_leases(venues=[house.venue], hours=24, by=None, at=at(-100))
    house.node = packed.node
    return house


def mark_of(serial: int) -> str:
    """Return the mark by which the machine found somebody on the roster of that morning."""
    issue = LeaseIssue.objects.select_related("venue").get()
    content = leasing._file_of(issue.venue).read_bytes()
    roster = LeasedRoster(content, venue="demo", public_key=leasing.signing_key(leasing.KEY).public_key(), at=at(0))
    roster.take_key(leasing._key_of(issue))
    assert roster.holds(number_of(serial), at=at(0))
    return roster.mark_of(number_of(serial))


def came(sequence: int, serial: int) -> list[dict]:
    """Return what the machine tells of somebody who came and was served first."""
    attendance, moment = uuid.uuid4().hex, "2026-11-23 04:01:00"
    arrived = {"venue": "demo", "day": "2026-11-23", "person_tag": "", "source": "kiosk", "came_at": moment, "ended_at": None}
    first = {"attendance": attendance, "ground": "listed", "method": "lease", "evidence": "离线名册第 1 期", "by": None}
    rows = [
        {"table": "hall.attendance", "row": attendance, "about": f"hall.attendance:{attendance}", "changes": arrived},
        {
            "table": "hall.recognition",
            "row": str(sequence),
            "about": f"hall.recognition:{sequence}",
            "changes": first | {"mark": mark_of(serial), "at": moment},
        },
    ]
    head = {"is_new": True, "at": "2026-11-23T04:01:00+00:00"}
    return [row | head | {"id": uuid.uuid4().hex, "sequence": sequence + place} for place, row in enumerate(rows)]


def looked_up(house) -> int:
    node = Node.objects.select_related("venue__service_point__area").get(pk=house.node.pk)
    return check_listed(node=node, at=at(600))


def test_who_is_still_on_the_list_is_nothing_to_settle_and_nobody_is_named(house):
    actions.receive(node=house.node, told=came(1, POOR), at=at(500))

    assert looked_up(house) == 0
    with scope(System("tests"), "测试"):
        assert Recognition.objects.get().attendance.person_id is None
    entry = AuditEntry.objects.get(purpose="核对离线名册", action="read")
    assert (entry.count, entry.subjects) == (0, [])


def test_who_had_left_the_list_by_that_day_goes_to_a_person_and_keeps_what_was_given(house):
    with scope(System("tests"), "测试"):
        Standing.objects.filter(household__number=f"1-{OTHER}").update(ends_on=date(2026, 11, 22))
    actions.receive(node=house.node, told=[*came(1, POOR), *came(3, OTHER)], at=at(500))

    assert looked_up(house) == 1
    apart = Disagreement.objects.get()
    assert (apart.kind, apart.holds, apart.event.sequence) == (Mismatch.LISTED, False, 4)
    with scope(System("tests"), "测试"):
        assert Recognition.objects.count() == 2
    assert looked_up(house) == 0


def test_the_look_up_is_queued_once_however_often_it_is_told(house):
    told = came(1, POOR)
    for _ in range(3):
        actions.receive(node=house.node, told=told, at=at(500))

    assert Job.objects.filter(name="hall.check_listed").count() == 1
    assert work.was_queued("hall.check_listed", {"node": house.node.pk.hex})
