"""The list of legal obligors: who owes support by law and lives outside the household."""

import csv
from datetime import date

import pytest

from tests.screening.county import AT, County
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.registry.actions import load_obligors
from yimen.registry.models import Obligor, Person
from yimen.registry.queries import obligors_of

pytestmark = pytest.mark.django_db
HEADINGS = ("被赡养人身份证号", "赡养人姓名", "关系", "赡养人身份证号")


@pytest.fixture
def county(tmp_path):
    county = County(tmp_path)
    county.old = county.person("1", "沈小满", date(1948, 3, 5))
    county.daughter = county.person("1", "沈秀兰", date(1975, 3, 5), relation="女")
    county.son = county.person("2", "沈大年", date(1970, 3, 5))
    county.load()
    with scope(System("test"), "测试"), reading("核实"):
        yield county


def load(county, rows):
    path = county.folder / "义务人.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows])
    return load_obligors(path=path, name=path.name, area=county.area, by=None, at=AT)


def test_a_son_elsewhere_is_known_and_shown_masked(county):
    delivery = load(county, [(county.old, "沈大年", "儿子", county.son)])
    assert (delivery.rows, delivery.loaded, delivery.rejected) == (1, 1, 0)
    person = Person.objects.get(pk=Obligor.objects.get().person_id)
    shown = obligors_of(people=[person.pk])
    assert [(one.name, one.relation, one.id_number[-4:]) for one in shown] == [("沈**", "子", county.son[-4:])]


def test_the_same_list_twice_changes_nothing(county):
    rows = [(county.old, "沈大年", "儿子", county.son), (county.old, "沈在外", "女", ""), (county.old, "沈在外", "女", "")]
    first, second = load(county, rows), load(county, rows)
    assert (first.loaded, first.unchanged, second.loaded, second.unchanged) == (2, 1, 0, 3)
    assert Obligor.objects.count() == 2


def test_rows_that_cannot_be_right_come_back_with_their_reason(county):
    rows = [
        ("990101194803050000", "某某", "儿子", ""),
        (county.old, "", "儿子", ""),
        (county.old, "沈大年", "邻居", ""),
        (county.old, "沈小满", "子", county.old),
        (county.old, "沈秀兰", "女儿", county.daughter),
        (county.son[:-1] + ("1" if county.son[-1] != "1" else "2"), "某某", "子", ""),
    ]
    delivery = load(county, rows)
    assert (delivery.loaded, delivery.rejected) == (0, len(rows))
    assert Obligor.objects.count() == 0


def test_a_child_who_lives_in_the_household_is_no_obligor_outside_it(county):
    assert load(county, [(county.old, "沈秀兰", "女儿", county.daughter)]).rejected == 1
