"""Halls side by side as a page and as a file: for whoever watches them, sorted by a column, nobody ranked without being asked."""

import io
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.hall.house import at, make_house
from tests.make import NOON, make_area, make_staff, make_village
from yimen.hall import actions
from yimen.hall.words import Source
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry, ServicePoint

pytestmark = pytest.mark.django_db
PAGE, EXPORT = "/hall/statistics/", "/hall/statistics/export/"


@pytest.fixture(autouse=True)
def _tomorrow(monkeypatch):
    """Let it be the day after the one on which the tests' hall is open."""
    monkeypatch.setattr(timezone, "now", lambda: NOON + timedelta(days=1))


@pytest.fixture
def house():
    """Let two people come to the hall and one of them be called after 40 minutes, and one to another hall, who leaves."""
    house = make_house(windows=1)
    house.take(0)
    house.take(1)
    house.step(house.call(40), "finish", 45)
    for number, code in ((2, "second"), (12, "elsewhere")):
        point = ServicePoint.objects.create(name=f"{code}大厅", area=make_village(number), owner="township", address="街上")
        with scope(System("test"), "开设"):
            venue = actions.open_venue(point=point, code=code, level="township", by=None, at=at(0))
            ticket = actions.take_ticket(venue=venue, matters=[], source=Source.DESK, by=None, at=at(0))
            actions.leave(ticket_id=ticket.pk, by=None, at=at(5))
    return house


def town_leader(enter):
    """Log in somebody who leads the first township's villages, where two of the three halls are."""
    town = make_area("990101001", path="99.9901.990101.990101001.", level=4, name="演示镇")
    return enter(make_staff(kind="county_leader", area=town, username="towner"))


def rows(body):
    """Return the cells of each hall as the page shows them, by the hall."""
    found = {}
    for row in re.findall(r"<tr><td class=\"whole\"><a .*?</tr>", body, re.DOTALL):
        found[re.search(r"venue=(\w+)", row)[1]] = re.findall(r'data-label="[^"]+">([^<]*)<', row)
    return found


def test_a_leader_sees_each_hall_of_the_own_area_with_its_figures_and_no_other(house, enter):
    body = town_leader(enter).get(PAGE).content.decode()
    assert rows(body) == {
        "demo": ["2", "0%", "1", "40 分钟", "40 分钟", "–", "0%", "–", "–"],
        "second": ["1", "0%", "–", "–", "–", "1", "100%", "–", "–"],
    }
    assert "按地方排，不排名次" in body


def test_the_days_may_be_chosen_and_what_cannot_be_is_left_out(house, enter):
    client = town_leader(enter)
    assert rows(client.get(f"{PAGE}?since=2026-11-24").content.decode())["demo"][0] == "–"
    body = client.get(f"{PAGE}?since=1999-01-01&until=2099-01-01").content.decode()
    assert (rows(body)["demo"][0], 'value="2026-08-25"' in body, 'value="2026-11-24"' in body) == ("2", True, True)
    assert 'value="2026-11-18"' in client.get(f"{PAGE}?since=x&until=").content.decode()


def test_sorted_by_a_column_the_largest_comes_first_and_what_is_not_known_last(house, enter):
    client = town_leader(enter)
    assert list(rows(client.get(f"{PAGE}?order=left").content.decode())) == ["second", "demo"]
    body = client.get(f"{PAGE}?order=middle").content.decode()
    assert list(rows(body)) == ["demo", "second"]
    assert body.count('aria-sort="descending"') == 1
    assert list(rows(client.get(f"{PAGE}?order=nothing").content.decode())) == ["demo", "second"]


def test_taken_away_it_is_the_same_table_and_stands_in_the_audit(house, enter):
    client = town_leader(enter)
    answer = client.get(f"{EXPORT}?order=left")
    heading, *lines = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert heading[:7] == ["场所", "层级", "地方", "从", "到", "取号", "优先占（%）"]
    assert [line[0] for line in lines] == ["second大厅", "演示大厅"]
    assert lines[1][3:9] == [date(2026, 11, 18), date(2026, 11, 24), 2, 0, 1, 40]
    text = client.get(f"{EXPORT}?as=csv").content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("演示大厅,县级大厅,演示1村,2026-11-18,2026-11-24,2,0.00,1,40.00")
    assert [one.detail["rows"] for one in AuditEntry.objects.filter(action="export")] == [2, 2]


def test_who_does_not_watch_halls_sees_no_statistics(house, enter):
    client = enter(house.clerks[0])
    assert [client.get(address).status_code for address in (PAGE, EXPORT)] == [403, 403]


def test_where_no_hall_is_open_the_page_says_what_to_do(enter):
    lonely = enter(make_staff(kind="hall_manager", area=make_village(12), username="lonely"))
    assert "还没有开设叫号的大厅" in lonely.get(PAGE).content.decode()
