"""The citizen's page: five grades, what is added later, the answer to a bad one; and what whoever reported may read."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cases.town import accepted, decision_of, declare, make_town, noon
from tests.make import make_staff
from yimen.cases import actions
from yimen.cases.models import Rating, Report, Task

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"


@pytest.fixture
def town():
    town = make_town()
    town.boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    return town


@pytest.fixture
def done(town):
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
    return case


def page_of(case):
    return reverse("progress_of", args=[case.receipt_code])


def say(case, grade, words="", key="k1", client=None):
    sent = {"grade": grade, "words": words, "key": key}
    return (client or Client()).post(reverse("progress_opinion", args=[case.receipt_code]), sent)


def test_whoever_holds_the_receipt_rates_a_matter_that_is_done(town, done):
    body = Client().get(page_of(done)).content.decode()
    assert re.findall(r'name="grade" value="(\d)"', body) == ["5", "4", "3", "2", "1"]

    assert say(done, 4, "很快").status_code == 302

    with town.at_desk(town.window):
        rating = Rating.objects.get()
        assert (rating.grade, rating.words, rating.channel, rating.first) == (4, "很快", "online", True)
        assert not Task.objects.filter(kind="rating").exists()
    body = Client().get(page_of(done)).content.decode()
    assert "您的评价收到了" in body
    assert "还有话要说" in body


def test_what_is_sent_twice_counts_once_and_what_is_said_later_is_added(town, done):
    for _ in range(3):
        say(done, 5)
    say(done, 2, "后来又跑了一趟", key="k2")

    with town.at_desk(town.window):
        assert list(Rating.objects.order_by("given_at").values_list("grade", "first")) == [(5, True), (2, False)]


def test_a_bad_opinion_opens_one_handling_and_its_giver_reads_the_answer(enter, town, done):
    say(done, 1, "跑了三趟")
    say(done, 1, "还没人理", key="k2")
    with town.at_desk(town.boss):
        task = Task.objects.get(kind="rating")
        assert task.owner == town.boss
    assert "会回复您" in Client().get(page_of(done)).content.decode()
    client = enter(town.boss)
    assert "跑了三趟" in client.get(reverse("visits")).content.decode()
    assert enter(town.colleague).get(reverse("task", args=[task.pk])).status_code == 403
    assert client.post(reverse("task", args=[task.pk]), {"words": " "}).status_code == 422

    client.post(reverse("task", args=[task.pk]), {"words": "已上门道歉，材料由我们代取。"})

    assert "已上门道歉" in Client().get(page_of(done)).content.decode()
    assert "已经办完" in client.post(reverse("task", args=[task.pk]), {"words": "再来"}).content.decode()


def test_nothing_is_rated_before_there_is_a_result_or_with_a_wrong_code_or_grade(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))

    assert 'name="grade"' not in Client().get(page_of(case)).content.decode()
    assert say(case, 5).status_code == 422
    assert Client().post(reverse("progress_opinion", args=["ABCDE23456"]), {"grade": "5"}).status_code == 404
    with town.at_desk(town.window):
        assert not Rating.objects.exists()


def test_a_grade_that_is_none_of_the_five_is_refused_in_words(done):
    answer = say(done, "9")

    assert (answer.status_code, "五档" in answer.content.decode()) == (422, True)


def test_whoever_reported_reads_the_answer_by_the_code_and_nothing_of_the_household(town):
    with town.at_desk(town.window):
        report = actions.record_report(
            kind="complaint", channel="phone", about="村东沈家", area=town.village, by=town.window, at=timezone.now()
        )
    address = reverse("progress_of", args=[report.code])
    before = Client().get(address).content.decode()
    assert "正在核查" in before
    with town.at_desk(town.window):
        actions.end_report(report=report.pk, words="到村核实，情况不实", by=town.window, at=timezone.now())
        actions.answer_report(report=report.pk, words="您反映的情况已核实，按规定处理。", by=town.window, at=timezone.now())
        assert Report.objects.get().answered_at

    after = Client().post(reverse("progress"), {"code": f"{report.code[:5].lower()} {report.code[5:]}"}, follow=True)

    body = after.content.decode()
    assert "您反映的情况已核实" in body
    for never in ("沈", "到村核实", "演示员"):
        assert never not in body
