"""Looking somebody up: by number exactly, by name, pinyin, initials or last four digits; never more than twenty."""

from datetime import date

import pytest

from tests.make import make_staff
from tests.screening.county import County
from yimen.office.access import System, scope
from yimen.office.models import Area, AuditEntry
from yimen.registry import queries
from yimen.registry.queries import TooManyHits, search

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    return County(tmp_path)


@pytest.fixture(params=["opened and compared", "by narrow keys"])
def _either_way(request, monkeypatch):
    if request.param == "by narrow keys":
        monkeypatch.setattr(queries, "SMALL_ENOUGH_TO_DECRYPT", 0)


def found(text: str) -> list[str]:
    with scope(System("test"), "查看"):
        return [hit.name for hit in search(text=text)]


@pytest.mark.usefixtures("_either_way")
def test_somebody_is_found_by_name_pinyin_initials_and_last_four(county):
    number = county.person("1", "沈小满", date(1965, 6, 15))
    county.person("2", "孟大川", date(1980, 3, 1))
    county.load()

    for text in ("沈小满", "shenxiaoman", "SXM", number[-4:], number, number.lower(), f" {number[:6]} {number[6:]} "):
        assert found(text) == ["沈**"], text
    assert found("沈小慢") == found("sxn") == found(number[:-1] + ("0" if number[-1] != "0" else "1")) == []


@pytest.mark.usefixtures("_either_way")
def test_twenty_are_shown_and_of_twenty_one_it_says_what_to_add(county):
    for nth in range(20):
        county.person(str(nth), "李秀英", date(1950, 1, 1 + nth))
    county.load()
    assert len(found("李秀英")) == 20

    county.person("20", "李秀英", date(1951, 1, 1))
    county.load()
    with pytest.raises(TooManyHits, match=r"有 21 人与此相符.*请再输姓名全称，或用身份证号查"):
        found("李秀英")


def test_every_search_leaves_a_row_also_one_that_finds_nobody_and_none_says_what_was_typed(county):
    county.person("1", "沈小满", date(1965, 6, 15))
    county.load()
    before = AuditEntry.objects.filter(purpose="查人").count()

    found("沈小满"), found("没有此人")

    rows = list(AuditEntry.objects.filter(purpose="查人").order_by("pk"))[before:]
    assert [row.count for row in rows] == [1, 0]
    assert not any("沈小满" in str(row.detail) or "没有此人" in str(row.detail) for row in rows)


@pytest.mark.usefixtures("_either_way")
def test_a_search_ends_at_the_border_of_the_post(county):
    number = county.person("1", "沈小满", date(1965, 6, 15))
    county.load()
    elsewhere = make_staff(kind="town_clerk", area=Area.objects.get(code="990101003"))

    with scope(elsewhere, "查看"):
        assert [search(text=text) for text in ("沈小满", "sxm", number, number[-4:])] == [[]] * 4
