"""The list of legal obligors: who owes support by law and lives outside the household."""

import csv
from datetime import date

import pytest

from tests.make import make_staff
from tests.screening.county import AT, ON, ROSTER, County
from yimen.evidence.models import Statement
from yimen.evidence.queries import said_of_obligors
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Area
from yimen.registry.actions import load_obligors, load_roster
from yimen.registry.models import Obligor, Person, Standing
from yimen.registry.queries import obligors_of
from yimen.screening.queries import current_rules

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


def test_whoever_moves_takes_along_who_owes_them_support_and_what_was_said_of_them(county):
    load(county, [(county.old, "沈大年", "儿子", county.son), (county.daughter, "沈大年", "兄", county.son)])
    county.facts("核对", ("身份证号", "义务人月收入"), [[county.son, "4000"]])
    here = Area.objects.get(name="桃源镇")
    there = Area.objects.filter(level=5).exclude(parent=here).select_related("parent").earliest("pk")
    moved = county.people[0] | {"户编号": "9", "乡镇": there.parent.name, "村居": there.name, "迁入日期": "2026-11-20"}
    path = county.write("迁入.csv", (*ROSTER, "迁入日期"), [[moved.get(name, "") for name in (*ROSTER, "迁入日期")]])

    delivery = load_roster(path=path, name=path.name, area=county.area, by=None, at=AT, on=ON)

    assert delivery.loaded == 1
    old = Obligor.objects.get(relation="子").person_id
    catalogue = current_rules().catalogue
    with scope(make_staff(kind="town_clerk", area=there.parent, username="there"), "测试"), reading("核实"):
        assert [one.relation for one in obligors_of(people=[old])] == ["子"]
        assert [len(said) for said in said_of_obligors(people=[old], catalogue=catalogue)[old].values()] == [1]
    with scope(make_staff(kind="town_clerk", area=here, username="here"), "测试"), reading("核实"):
        assert [one.relation for one in Obligor.objects.all()] == ["兄"]
        assert Statement.objects.count() == 1


def test_what_the_county_decided_of_a_person_and_what_was_said_of_them_moves_with_them(county):
    county.people[0] |= {"对象类别": "特困人员", "认定日期": "2023-06-01"}
    county.load()
    county.facts("残联", ("身份证号", "残疾等级"), [[county.old, 2]])
    here = Area.objects.get(name="桃源镇")
    there = Area.objects.filter(level=5).exclude(parent=here).select_related("parent").earliest("pk")
    moved = county.people[0] | {"户编号": "9", "乡镇": there.parent.name, "村居": there.name, "迁入日期": "2026-11-20"}
    path = county.write("迁入.csv", (*ROSTER, "迁入日期"), [[moved.get(name, "") for name in (*ROSTER, "迁入日期")]])

    load_roster(path=path, name=path.name, area=county.area, by=None, at=AT, on=ON)

    with scope(make_staff(kind="town_clerk", area=there.parent, username="there"), "测试"):
        assert [one.kind for one in Standing.objects.all()] == ["extreme_poverty_support"]
        assert [one.facts for one in Statement.objects.all()] == [{"残疾等级": 2}]
