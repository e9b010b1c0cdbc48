"""The packed divisions: the whole country to its townships, four governments and the fiction to their villages."""

from collections import Counter

import pytest

from yimen.office.access import within
from yimen.office.actions import load_areas
from yimen.office.divisions import packed
from yimen.office.models import Area

PROVINCES, CITY, COUNTY, TOWN, VILLAGE = 31, 2, 3, 4, 5
HEZE = {"牡丹区", "定陶区", "曹县", "单县", "成武县", "巨野县", "郓城县", "鄄城县", "东明县"}


@pytest.fixture(scope="module")
def areas():
    return list(packed())


def test_every_county_of_the_country_has_its_townships(areas):
    real = [area for area in areas if not area.code.startswith("99")]
    above = {area.parent_id for area in real if area.level == TOWN}
    counted = Counter(area.level for area in real)

    assert counted[1] == PROVINCES
    assert counted[COUNTY] > 2900
    assert counted[TOWN] > 40_000
    assert [area.name for area in real if area.level == COUNTY and area.code not in above] == []


@pytest.mark.parametrize("code", ["3717", "2312", "500118", "420703", "990101"])
def test_every_township_of_the_four_governments_and_the_fiction_has_its_villages(areas, code):
    towns = [area for area in areas if area.level == TOWN and area.code.startswith(code)]
    above = {area.parent_id for area in areas if area.level == VILLAGE}

    assert towns
    assert [area.name for area in towns if area.code not in above] == []


def test_heze_has_all_its_counties(areas):
    assert {area.name for area in areas if area.parent_id == "3717"} >= HEZE


def test_a_path_leads_from_the_province_down_and_every_area_lies_below_the_one_above(areas):
    paths = {area.code: area.path for area in areas}

    assert len(set(paths.values())) == len(areas)
    for area in areas:
        assert area.path == f"{paths[area.parent_id] if area.parent_id else ''}{area.code}."


@pytest.mark.django_db
def test_loading_again_changes_nothing_and_the_fiction_comes_only_where_it_is_asked_for():
    assert load_areas(below="9901") == 0
    first = load_areas(fictional=True, below="99")

    assert (first, load_areas(fictional=True, below="99")) == (107, 0)
    town = Area.objects.get(code="990101002")
    assert Area.objects.filter(within((town.path,), column="path"), level=VILLAGE).count() == 12
