"""Setting up a venue on its page: each section by itself, a refusal where it belongs, and a change of rule in the open."""

import pytest
from django.test import Client

from tests.hall.house import make_house
from tests.make import make_staff, make_village
from yimen.hall.models import Opening, RuleChange, Venue
from yimen.hall.queries import notices_of

pytestmark = pytest.mark.django_db
RULE = {"key": "r", "rule": "head_start", "head_start": "15", "ratio": "2", "pace": "50"}


@pytest.fixture
def manager(enter):
    make_house()
    return enter(make_staff(kind="hall_manager", area=make_village(), username="manager"))


def test_a_change_of_rule_with_its_reason_hangs_in_the_open(manager):
    refused = manager.post("/setup/demo/rule/", RULE | {"reason": " "})
    assert refused.status_code == 422
    assert "请写明为什么改规则" in refused.content.decode()

    answer = manager.post("/setup/demo/rule/", RULE | {"key": "r2", "reason": "普通号等得太久"}, follow=True)

    assert RuleChange.objects.get().reason == "普通号等得太久"
    assert "从下一次叫号起照新的" in answer.content.decode()
    assert "15 分钟" in Client().get("/venues/demo/fairness/").content.decode()


def test_hours_are_set_stretch_by_stretch_and_half_of_one_is_refused(manager):
    hours = {"key": "h", "opens_1_0": "09:00", "closes_1_0": "12:00", "opens_1_1": "14:00", "closes_1_1": "17:00"}
    assert manager.post("/setup/demo/hours/", hours).status_code == 302
    assert manager.post("/setup/demo/hours/", {"key": "h2", "opens_3_0": "09:00"}).status_code == 422

    assert [(one.weekday, f"{one.closes_at:%H}") for one in Opening.objects.order_by("opens_at")] == [(1, "12"), (1, "17")]


def test_a_hall_chooses_who_has_priority_and_whether_the_letter_tells(manager):
    chosen = {"key": "g", "ground": ["old", "pregnant"], "old_from_age": "65", "inquiries_an_hour": "100", "shown": "none"}
    assert manager.post("/setup/demo/priority/", chosen | {"key": "g0", "old_from_age": "20"}).status_code == 422
    assert manager.post("/setup/demo/priority/", chosen).status_code == 302

    held = Venue.objects.get()
    assert (held.grounds, held.old_from_age, held.priority_is_visible) == (["old", "pregnant"], 65, False)


LIMITS = {
    "key": "p",
    "tickets_a_day": "3",
    "calls_before_missed": "3",
    "wait_alarm_minutes": "30",
    "an_hour": "4",
    "days": "5",
}


def test_the_last_line_of_the_big_screen_says_what_the_hall_wants(manager):
    assert manager.post("/setup/demo/limits/", LIMITS | {"notice": "周五下午 盘点，早点来"}).status_code == 302
    assert notices_of(Venue.objects.get())[0] == "周五下午 盘点，早点来"
    assert manager.post("/setup/demo/limits/", LIMITS | {"key": "q", "notice": "长" * 61}).status_code == 422
    assert manager.post("/setup/demo/limits/", LIMITS | {"key": "r"}).status_code == 302
    assert "招手" in notices_of(Venue.objects.get())[0]


def test_a_printer_outside_the_hall_s_own_network_is_refused(manager):
    for number, printer in enumerate(("tcp://8.8.8.8:9100", "tcp://192.168.1.5:22", "http://192.168.1.5:9100")):
        answer = manager.post("/setup/demo/limits/", LIMITS | {"key": f"p{number}", "printer": printer})
        assert "内网" in answer.content.decode()
    assert manager.post("/setup/demo/limits/", LIMITS | {"printer": "tcp://192.168.1.5:9100"}).status_code == 302


def test_who_does_not_manage_the_hall_does_not_set_it_up(enter):
    make_house()
    clerk = enter(make_staff(kind="town_clerk", area=make_village(), username="town"))

    assert clerk.get("/setup/demo/").status_code == 403
    assert clerk.post("/setup/demo/rule/", RULE | {"reason": "试试"}).status_code == 403
    assert not RuleChange.objects.exists()
