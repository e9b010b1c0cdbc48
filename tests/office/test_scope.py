import pytest

from tests.make import NOON, make_household, make_person, make_staff, make_village
from yimen.office.access import OutsideScope, System, scope
from yimen.registry.models import Household, Membership, Person

pytestmark = pytest.mark.django_db


def test_people_without_a_scope_raise_instead_of_showing_everybody():
    with pytest.raises(OutsideScope):
        Person.objects.count()


def test_a_village_cadre_sees_the_own_village_and_no_other():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        mine = make_person(make_household(here), number=1)
        make_person(make_household(there), number=2)

    with scope(make_staff(area=here), "查看"):
        assert [person.pk for person in Person.objects.all()] == [mine.pk]


def test_a_neighbouring_code_that_begins_alike_is_not_below():
    with scope(System("test"), "测试"):
        inside = Household.objects.create(area=make_village(1), area_path="99.9901.9901.", number="1", changed_at=NOON)
        Household.objects.create(area=make_village(1), area_path="99.9901.99011.", number="2", changed_at=NOON)

    with scope(System("test", "99.9901.9901."), "测试"):
        assert [household.pk for household in Household.objects.all()] == [inside.pk]


def test_a_join_does_not_reach_a_household_of_another_area():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        person = make_person(make_household(here))
        # Planted: the membership lies here, its household elsewhere.
        Membership.objects.filter(person=person).update(household=make_household(there, number="2"))

    with scope(make_staff(area=here), "查看"):
        assert Membership.objects.count() == 1
        assert list(Membership.objects.select_related("household")) == []
        assert list(Membership.objects.values("household__number")) == []
        with pytest.raises(Household.DoesNotExist):
            Membership.objects.get().household


def test_a_post_that_ended_yesterday_shows_nothing_today():
    village = make_village()
    with scope(System("test"), "测试"):
        make_person(make_household(village))
    staff = make_staff(area=village)
    staff.posts.update(ends_on="2021-01-01")

    with scope(staff, "查看"):
        assert Person.objects.count() == 0
