"""The ledger that counts itself, trainings with their last day, the handbook, and the questionnaire after a rating."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.web.test_accompany import Hall
from tests.web.test_cases_window import alert
from yimen.cases.models import HallVisit
from yimen.hall.models import Answer, Question, Training
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry
from yimen.web.co_organizer.handbook import blocks

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(county, enter_as):
    return Hall(county, enter_as)


def test_what_was_pressed_stands_in_the_ledger_of_the_month(hall, enter_as):
    assert "还没有" in hall.side.get(reverse("ledger")).content.decode()
    handling = hall.come()
    hall.do(handling, "led")
    page = hall.side.get(reverse("ledger")).content.decode()
    assert 'data-label="陪办">1<' in page
    assert 'data-label="带到窗口">1<' in page

    county = enter_as("luzhixia")
    team = county.get(reverse("ledger")).content.decode()
    assert "白芷" in team
    assert 'data-label="陪办">1<' in team
    one = county.get(reverse("ledger") + "?who=side").content.decode()
    assert f"{timezone.localdate().day}日" in one
    before = (timezone.localdate().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert "还没有" in county.get(reverse("ledger") + f"?month={before}").content.decode()
    assert county.get(reverse("ledger") + "?month=bad").status_code == 404
    assert hall.guide.get(reverse("ledger")).status_code == 403


def table(answer):
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def test_the_ledger_is_taken_away_as_it_is_shown_with_its_sums_by_who_may_see_it(hall, enter_as):
    hall.do(hall.come(), "led")
    county, address = enter_as("luzhixia"), reverse("ledger_export")
    heading, *lines = table(county.get(address))
    assert heading[:4] == ["协办员", "用户名", "陪办", "带到窗口"]
    # Two of the same name are told apart.
    assert [line[0] for line in lines].count("白芷") == 2
    assert {line[1]: line[2:4] for line in lines} == {"baizhi": [0, 0], "other": [0, 0], "side": [1, 1], "": [1, 1]}
    heading, day, whole = table(hall.side.get(address))
    assert (heading[0], day[:3], whole[:3]) == ("哪天", [timezone.localdate(), 1, 1], ["合计", 1, 1])
    assert table(county.get(address + "?who=side"))[1:] == [day, whole]
    text = county.get(address + "?as=csv").content.decode("utf-8-sig")
    assert text.splitlines()[-1].startswith("合计,,1,1,")
    assert AuditEntry.objects.filter(action="export").count() == 4
    assert hall.guide.get(address).status_code == 403


def test_a_training_has_a_last_day_and_the_page_says_who_is_over(hall, enter_as):
    county, today = enter_as("luzhixia"), timezone.localdate()
    assert "没有登记" in county.get(reverse("team")).content.decode()
    address = reverse("team_member", args=["side"])
    fields = {"key": "t1", "subject": "协办员上岗培训", "held_on": f"{today - timedelta(days=400)}"}
    assert "有效期" in alert(county.post(address, fields | {"valid_until": f"{today - timedelta(days=500)}"}))
    county.post(address, fields | {"key": "t2", "valid_until": f"{today - timedelta(days=1)}"})
    assert "过期" in county.get(reverse("team")).content.decode()
    county.post(address, fields | {"key": "t3", "held_on": f"{today}", "valid_until": f"{today + timedelta(days=20)}"})
    assert "快到期" in county.get(reverse("team")).content.decode()
    county.post(address, {"key": "s1", "do": "skills", "language": ["sign"], "matter": ["db"]})
    page = county.get(reverse("team")).content.decode()
    assert "普通话、手语" in page
    assert "低保申请" in page
    assert Training.objects.count() == 2
    assert county.get(reverse("team_member", args=["shiliu"])).status_code == 404
    assert hall.side.get(reverse("team")).status_code == 403


def test_the_handbook_is_read_by_who_accompanies_and_names_the_halls(hall):
    for client in (hall.side, hall.guide):
        page = client.get(reverse("handbook")).content.decode()
        assert "临近下班来的人" in page
        assert "桃源镇大厅" in page
    assert [one.kind for one in blocks("# 题\n\n段\n落\n\n- 一\n- 二\n\n1. 先\n2. 后\n\n## 尾")] == ["h1", "p", "ul", "ol", "h2"]
    assert blocks("1. 先\n2. 后")[0].lines == ("先", "后")


def test_after_the_rating_the_telephone_asks_the_countys_questions_once(hall, enter_as):
    county = enter_as("luzhixia")
    assert "写明" in alert(county.post(reverse("questionnaire"), {"key": "q0", "words": " "}))
    county.post(reverse("questionnaire"), {"key": "q1", "words": "以后还要我们陪吗？", "options": "要\r\n不要"})
    handling = hall.come()
    hall.do(handling, "rating")
    with scope(System("test"), "测试"):
        code = HallVisit.objects.get().code
    phone, address = Client(), reverse("rate", args=[code])
    assert "再问您" not in phone.get(address).content.decode()
    asked = phone.post(reverse("rate_give", args=[code]), {"key": "g", "grade": "5"}, follow=True).content.decode()
    assert "再问您 1 句，可以不答" in asked
    question = Question.objects.get()
    give = reverse("rate_answer", args=[code])
    assert "一句也没有" in phone.post(give, {"key": "a0"}).content.decode()
    done = phone.post(give, {"key": "a1", f"q-{question.pk}": "要"}, follow=True).content.decode()
    assert ("您的回答也收到了" in done, "再问您" in done) == (True, False)
    with scope(System("test"), "测试"):
        assert Answer.objects.get().words == "要"
    shown = county.get(reverse("questionnaire")).content.decode()
    assert "1 人答" in shown
    assert "低保申请" in shown
    county.post(reverse("questionnaire"), {"key": "q2", "end": question.pk})
    assert "现在不问" in county.get(reverse("questionnaire")).content.decode()
    assert hall.side.get(reverse("questionnaire")).status_code == 403


def test_all_whom_somebody_accompanies_are_handed_to_another(hall, enter_as):
    handling = hall.come()
    county, address = enter_as("luzhixia"), reverse("team_member", args=["side"])
    assert "手上 1 人" in county.get(address).content.decode()
    assert "请选交给哪一位" in alert(county.post(address, {"key": "h0", "do": "hand_on", "to": "", "why": "病了"}))
    county.post(address, {"key": "h1", "do": "hand_on", "to": "other", "why": "病了"})
    assert "接白芷的：病了" in hall.other.get(reverse("accompany")).content.decode()
    assert hall.side.get(reverse("accompany_one", args=[handling.pk])).status_code == 404
    assert "没有人" in alert(county.post(address, {"key": "h2", "do": "hand_on", "to": "other", "why": "病了"}))
