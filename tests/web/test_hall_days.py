"""The hall manager's pages, and what everybody may see of a day."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.hall.house import make_house
from tests.make import NOON

pytestmark = pytest.mark.django_db


def manager(enter_as, county):
    county.post("zhuren", "hall_manager", "990101")
    return enter_as("zhuren")


@pytest.fixture
def tomorrow(monkeypatch):
    """The day after the one in which the tests' hall is open."""
    monkeypatch.setattr(timezone, "now", lambda: NOON + timedelta(days=1))


def served(house):
    first, second = house.take(0), house.take(1, priority=True)
    for minute in (5, 15):
        house.step(house.call(minute), "finish", minute + 8)
    return first, second


@pytest.mark.usefixtures("tomorrow")
def test_everybody_reads_the_rule_the_overtakes_and_the_hours_of_a_day():
    served(make_house(windows=1))
    body = Client().get("/venues/demo/fairness/?back=1").content.decode()
    assert "平均每个普通号被 1.0 个后来的先叫，最多 1 个" in body
    assert "优先号视同早来 30 分钟" in body
    assert "这一天还没有叫过号" in Client().get("/venues/demo/fairness/?back=x").content.decode()


def test_the_manager_tries_another_rule_on_a_past_day_and_nothing_is_switched(enter_as, county):
    house = make_house(windows=1)
    client = manager(enter_as, county)
    body = client.get("/hall/replay/?venue=demo&rule=strict&more=1&head_start=9999999&day=x").content.decode()
    assert "先叫优先号" in body
    assert "换一条规则，那天会怎样" in body
    house.venue.refresh_from_db()
    assert house.venue.rule == "head_start"


def test_only_who_manages_a_hall_replays_it(enter_as, county):
    make_house()
    assert enter_as("shiliu").get("/hall/replay/?venue=demo").status_code == 403
