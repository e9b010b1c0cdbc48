"""Cards and rosters as work done behind and from the terminal."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from tests.hall.house import make_house
from tests.hall.people import COUNTY, decided, resident
from tests.make import make_area, make_staff
from yimen.hall import actions
from yimen.hall.models import Card, Inquiry, LeaseIssue
from yimen.hall.signed_cards import revoked_in
from yimen.hall.words import DeviceKind, Ground
from yimen.jobs import serving
from yimen.office import work
from yimen.office.access import System, scope
from yimen.office.models import Job
from yimen.office.vault import signing_key

pytestmark = pytest.mark.django_db


def said(*words, **options) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def how_many() -> int:
    with scope(COUNTY, "测试"):
        return Card.objects.count()


@pytest.fixture
def people():
    make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    held = [resident(serial) for serial in range(1, 4)]
    for person in held:
        decided(person)
    return held


def test_the_terminal_issues_the_whole_list_or_so_many_and_says_how_long_it_took(people):
    first = json.loads(said("cards", "issue", batch=True, most=2, json=True))
    rest = said("cards", "issue", batch=True, area="990101")

    assert first["issued"] == 2
    assert set(first) == {"issued", "seconds", "memory_mb"}
    assert rest.startswith("发了 1 张卡")
    assert how_many() == 3


def test_a_wrong_call_of_cards_is_said_in_words(people, tmp_path):
    for words, options in ((("issue",), {}), (("issue",), {"batch": True, "area": "1"}), (("revoked",), {})):
        with pytest.raises(CommandError):
            said("cards", *words, **options)
    assert how_many() == 0


def test_the_list_of_void_cards_is_written_to_a_file(people, tmp_path):
    said("cards", "issue", batch=True)
    clerk = make_staff(kind="town_clerk", area=make_area("990101", path="99.9901.990101.", level=3), username="town")
    with scope(clerk, "测试"):
        card = Card.objects.earliest("number")
        actions.revoke_card(card=card.pk, reason="遗失", by=clerk, at=timezone.now())

    said("cards", "revoked", out=tmp_path / "void.ymv")

    public = signing_key("priority card").public_key()
    assert revoked_in((tmp_path / "void.ymv").read_bytes(), public_key=public)[1] == {card.serial}


def test_every_job_of_the_hall_is_known_to_the_worker():
    for module in serving.WORK:
        __import__(module)

    assert {"hall.cards", "hall.leases"} <= set(work._functions)


def done(name: str) -> Job:
    for module in serving.WORK:
        __import__(module)
    while work.run_one("worker-test"):
        pass
    return Job.objects.get(name=name)


def test_a_batch_asked_for_on_the_page_is_done_within_the_area_of_who_asked(people):
    other = resident(9, village=25)
    decided(other)
    town = make_area("990101001", path="99.9901.990101.990101001.", level=4, name="城关镇")
    clerk = make_staff(kind="town_clerk", area=town, username="town")
    with scope(clerk, "测试"):
        actions.start_batch(grounds=[Ground.ASSISTED], by=clerk, at=timezone.now())

    job = done("hall.cards")

    assert (job.state, job.result) == ("done", {"issued": 3})
    with scope(COUNTY, "测试"):
        assert not Card.objects.filter(person=other).exists()


def test_by_night_every_hall_with_a_machine_gets_a_roster_and_old_counts_are_forgotten(people):
    house = make_house()
    Inquiry.objects.create(venue=house.venue, asker="device:x", hour=timezone.now() - timedelta(days=30), number=5)
    with scope(System("tests"), "测试"):
        actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="取号机", by=None, at=timezone.now())
    work.enqueue("hall.leases", arguments={}, by=None, at=timezone.now())

    assert done("hall.leases").result == {"issued": 1}
    issue = LeaseIssue.objects.get()
    assert (issue.people, issue.not_after - issue.not_before) == (3, timedelta(hours=48))
    assert not Inquiry.objects.exists()
