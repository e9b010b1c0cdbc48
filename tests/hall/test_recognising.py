"""Who is served first, and what is told about it: to the machine one bit, to the hall nothing."""

from datetime import date, timedelta

import pytest

from tests.hall.house import at, make_house
from tests.hall.people import COUNTY, decided, number_of, resident
from tests.make import TODAY, make_staff
from yimen.evidence.models import Statement
from yimen.hall import actions, quota
from yimen.hall.models import Inquiry, Recognition
from yimen.hall.words import Ground, Method, Source
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import AuditEntry
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house()


def at_machine(house, minutes=0.0, *, device="k1", **shown):
    path = house.venue.service_point.area.path
    with scope(System("kiosk", path), "取号机"):
        return actions.recognise(venue=house.venue, device=device, at=at(minutes), **shown)


def certificate(person: Person, grade: int, *, until: date | None = None) -> None:
    with scope(COUNTY, "测试"):
        Statement.objects.create(
            person=person,
            source="残联",
            stated_on=TODAY,
            valid_until=until,
            facts={"残疾等级": grade},
            recorded_at=at(0),
            area_path=person.area_path,
        )


def test_whose_household_is_on_the_list_has_priority_also_from_another_village_of_the_county(house):
    here, elsewhere = resident(1), resident(2, village=12)
    decided(here)
    decided(elsewhere, "borderline_household")

    first = at_machine(house, id_number=number_of(1))
    second = at_machine(house, id_number=number_of(2))

    assert (first.ground, first.method, first.person_id) == (Ground.ASSISTED, Method.DATA, here.pk)
    # Who lives beyond the hall's area is recognised, but stays unknown to its desks.
    assert (second.ground, second.person_id) == (Ground.ASSISTED, None)


def test_who_is_on_no_list_or_not_any_more_or_dead_gets_an_ordinary_ticket(house):
    resident(1)
    ended, dead = resident(2), resident(3)
    decided(ended, until=TODAY - timedelta(days=1))
    decided(dead)
    with scope(COUNTY, "测试"):
        Person.objects.filter(pk=dead.pk).update(died_on=TODAY - timedelta(days=5))

    assert [at_machine(house, id_number=number_of(serial)) for serial in (1, 2, 3, 4)] == [None] * 4


def test_who_is_old_is_so_by_the_age_the_venue_has_set_whether_registered_or_not(house):
    sixty = number_of(1, born="19661123")
    tomorrow_sixty = number_of(1, born="19661124")

    assert at_machine(house, id_number=sixty).ground == Ground.OLD
    assert at_machine(house, id_number=tomorrow_sixty) is None

    house.venue.old_from_age = 65
    assert at_machine(house, id_number=sixty) is None
    house.venue.grounds = ["assisted"]
    assert at_machine(house, id_number=number_of(1, born="19300101")) is None


def test_a_disability_certificate_counts_while_it_is_valid(house):
    valid, none, expired = resident(1), resident(2), resident(3)
    certificate(valid, 3)
    certificate(none, 5)
    certificate(expired, 1, until=TODAY - timedelta(days=1))

    assert at_machine(house, id_number=number_of(1)).ground == Ground.DISABLED
    assert at_machine(house, id_number=number_of(2)) is None
    assert at_machine(house, id_number=number_of(3)) is None


def test_at_a_machine_one_may_say_to_be_pregnant_or_a_veteran_but_not_poor(house):
    assert at_machine(house, said=Ground.PREGNANT).method == Method.STATED
    with pytest.raises(actions.NotRecognised, match="放身份证"):
        at_machine(house, said=Ground.ASSISTED)
    house.venue.grounds = ["assisted", "old"]
    with pytest.raises(actions.NotRecognised, match="没有把“退役军人”列为优先"):
        at_machine(house, said=Ground.VETERAN)


def test_staff_vouch_for_a_ground_and_it_is_written_with_their_name(house):
    with house.at_window() as clerk:
        found = actions.recognise(venue=house.venue, said=Ground.VETERAN, evidence="退役军人优待证", by=clerk, at=at(0))
        ticket = actions.take_ticket(venue=house.venue, matters=[], source=Source.DESK, by=clerk, at=at(0), recognised=found)
        noted = Recognition.objects.get(attendance=ticket.attendance)

    assert (noted.ground, noted.method, noted.evidence, noted.by) == (Ground.VETERAN, Method.PERSON, "退役军人优待证", clerk)


def test_somebody_looked_up_at_the_reception_is_recognised_by_person(house):
    person, stranger = resident(1), resident(2)
    decided(person)

    with house.at_window() as clerk:
        found = actions.recognise(venue=house.venue, person=person.pk, by=clerk, at=at(0))
        nothing = actions.recognise(venue=house.venue, person=stranger.pk, by=clerk, at=at(0))

    assert (found.ground, found.method, found.person_id) == (Ground.ASSISTED, Method.PERSON, person.pk)
    assert nothing is None


def test_every_question_is_in_the_audit_without_number_and_without_ground(house):
    person = resident(1)
    decided(person)

    found = at_machine(house, id_number=number_of(1))
    at_machine(house, id_number=number_of(2))

    asked = list(AuditEntry.objects.filter(purpose="优先识别").order_by("pk"))
    assert [entry.count for entry in asked] == [1, 0]
    written = " ".join(f"{entry.detail} {entry.actor} {entry.subjects}" for entry in asked)
    assert number_of(1) not in written
    assert "assisted" not in written
    assert "assisted" not in repr(found)
    assert str(person.pk) not in repr(found)


def test_a_machine_that_asks_too_often_is_answered_nothing_more_in_this_hour_and_it_is_written_down(house):
    house.venue.inquiries_an_hour = 3
    for serial in range(3):
        at_machine(house, id_number=number_of(serial))
    with pytest.raises(actions.NotRecognised, match="这一小时识别的次数太多"):
        at_machine(house, id_number=number_of(4))

    assert AuditEntry.objects.filter(purpose="优先识别", refused=True).count() == 1
    assert at_machine(house, device="k2", id_number=number_of(5)) is None
    assert at_machine(house, minutes=60, id_number=number_of(6)) is None


def test_a_venue_that_asks_far_more_than_people_come_is_answered_nothing_more_today(house, monkeypatch):
    Inquiry.objects.create(venue=house.venue, asker="device:k9", hour=at(-60), number=quota.AT_LEAST_A_DAY)

    with pytest.raises(actions.NotRecognised, match="比平常多得多"):
        at_machine(house, id_number=number_of(1))

    assert at_machine(house, minutes=24 * 60, id_number=number_of(1)) is None


def test_all_venues_together_have_a_limit_too(house, monkeypatch):
    monkeypatch.setattr(quota, "ALL_VENUES_AN_HOUR", 2)
    for serial in range(2):
        at_machine(house, id_number=number_of(serial))
    with pytest.raises(actions.NotRecognised, match="全部场所"):
        at_machine(house, device="k2", id_number=number_of(3))


def test_a_number_that_is_none_is_refused_in_words_that_do_not_repeat_it(house):
    with pytest.raises(actions.NotRecognised) as refusal:
        at_machine(house, id_number="990101198006150019")

    assert "校验" in str(refusal.value)
    assert "990101198006150019" not in str(refusal.value)


def test_without_the_post_nobody_is_recognised(house):
    desk = make_staff(kind="department_desk", username="yb")
    with scope(desk, "测试"), pytest.raises(NotAllowed):
        actions.recognise(venue=house.venue, id_number=number_of(1), by=desk, at=at(0))
