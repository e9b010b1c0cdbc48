import uuid
from datetime import date

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from tests.make import NOON, make_household, make_person, make_village
from yimen.office.access import OutsideScope, System, scope
from yimen.office.prepared import Prepared
from yimen.registry.models import Household, Membership, Person

pytestmark = pytest.mark.django_db

HOMES = Prepared(
    lambda homes, number, on: Household.objects.filter(Q(pk__in=homes) | Q(number=number), changed_at__date__gte=on).values_list(
        "pk", "number", "changed_at", "area__name"
    )
)
NAMES = Prepared(lambda home: Membership.objects.filter(household=home).values_list("person_id", "person__name", "starts_on"))


def plainly(homes, number, on):
    rows = Household.objects.filter(Q(pk__in=homes) | Q(number=number), changed_at__date__gte=on)
    return sorted(rows.values_list("pk", "number", "changed_at", "area__name"))


def test_a_prepared_question_answers_as_the_query_set_does_for_any_keys():
    with scope(System("test"), "测试"):
        known = [make_household(make_village(1), number=str(number)).pk for number in range(4)]

        @given(st.lists(st.sampled_from([*known, uuid.uuid4()]), max_size=3), st.sampled_from("0123x"), st.sampled_from([0, 1]))
        def agree(homes, number, later):
            on = date(NOON.year + later, 1, 1)
            assert sorted(HOMES.rows(homes=homes, number=number, on=on)) == plainly(homes, number, on)

        agree()


def test_a_question_prepared_in_one_area_shows_nothing_of_it_to_another():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        home = make_household(here)
        person = make_person(home)
    with scope(System("test", here.path), "测试"):
        assert [row[0] for row in NAMES.rows(home=home.pk)] == [person.pk]
    with scope(System("test", there.path), "测试"):
        assert NAMES.rows(home=home.pk) == []
    with pytest.raises(OutsideScope):
        NAMES.rows(home=home.pk)


def test_a_sealed_value_comes_sealed_and_opens_on_its_own_row_only_inside_a_reading():
    from yimen.office.audit import NoReading, reading

    field = Person._meta.get_field("name")
    with scope(System("test"), "测试"):
        home = make_household(make_village(1))
        person = make_person(home, name="赵虚构")
        [(key, sealed, _)] = NAMES.rows(home=home.pk)
        with pytest.raises(NoReading):
            field.opened(sealed, key)
        with reading("测试"):
            assert field.opened(sealed, person.pk) == "赵虚构"


def test_a_question_that_does_not_use_a_key_as_it_is_is_refused_before_it_can_answer_wrongly():
    changed = Prepared(lambda number: Household.objects.filter(number=number.upper()).values_list("pk"))
    with scope(System("test"), "测试"), pytest.raises(ValueError, match="不能预备"):
        changed.rows(number="a")
