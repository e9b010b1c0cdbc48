"""What a household or a person has been decided to be: one at a time, and the extremely poor for themselves."""

from datetime import date, timedelta
from itertools import product

import pytest

from tests.cases.town import DAY, NOON, make_town
from tests.make import make_person
from yimen.office.access import scope
from yimen.office.audit import reading
from yimen.registry.actions import decide_standing
from yimen.registry.models import Membership, Person, Standing
from yimen.registry.queries import household_card, memberships_on

pytestmark = pytest.mark.django_db
LOW, POOREST = "subsistence_allowance", "extreme_poverty_support"


@pytest.fixture
def town():
    return make_town()


def decide(town, kind, on=DAY, **more):
    with scope(town.window, "测试"):
        same = {"household": town.home.pk, "by": town.window, "at": NOON, "area_path": town.home.area_path}
        return decide_standing(kind=kind, starts_on=on, **same, **more)


def running(town):
    with scope(town.window, "测试"):
        rows = Standing.objects.filter(ends_on=None).order_by("kind")
        return [(one.kind, "person" if one.person_id else "household") for one in rows]


def test_in_a_household_of_several_one_is_extremely_poor_and_the_others_keep_their_allowance(town):
    with scope(town.window, "测试"):
        make_person(town.home, name="沈立夏", number=7, relation="子")
    decide(town, LOW, on=date(2026, 1, 1))
    decide(town, POOREST, person=town.person.pk)

    assert running(town) == [(POOREST, "person"), (LOW, "household")]


def test_who_lives_alone_is_one_of_them_at_a_time(town):
    decide(town, LOW, on=date(2026, 1, 1))
    decide(town, POOREST, person=town.person.pk)
    assert running(town) == [(POOREST, "person")]

    decide(town, LOW, on=date(2026, 12, 1))
    assert running(town) == [(LOW, "household")]


def test_a_household_shows_its_township_and_village(town):
    with scope(town.window, "测试"), reading("测试"):
        card = household_card(household_id=town.home.pk, on=DAY)
    assert (card.township, card.village) == ("城关镇", "演示1村")


def test_who_lives_in_one_household_is_who_is_counted_in_all(town):
    """The days of one household are chosen in Python, those of all in the database: they say the same at every border."""
    near = [DAY + timedelta(days=n) for n in (-1, 0, 1)]
    with scope(town.window, "测试"), reading("测试"):
        for number, (starts_on, ends_on, died_on) in enumerate(product(near, [*near, None], [*near, None])):
            if ends_on is None or ends_on >= starts_on:
                person = make_person(town.home, name="沈立夏", number=100 + number, relation="子")
                Membership.objects.filter(person=person).update(starts_on=starts_on, ends_on=ends_on)
                Person.objects.filter(pk=person.pk).update(died_on=died_on)
        for on in [DAY - timedelta(days=2), *near, DAY + timedelta(days=2)]:
            card = household_card(household_id=town.home.pk, on=on)
            counted = memberships_on(on).filter(household=town.home).values_list("person_id", flat=True)
            assert {member.person_id for member in card.members} == set(counted)
