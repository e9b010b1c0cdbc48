"""The desks that decide: what waits, one screen for one decision, and every refusal said on the page in words."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cases.town import NOON, accepted, decision_of, declare, department_desk, given, make_town, poor, proposed, visited
from tests.make import make_staff
from tests.office.test_pictures import jpeg
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import Case, CaseEvent, Decision, Handover, Posting, Visit
from yimen.office.models import AuditEntry
from yimen.office.pictures import plain_picture

pytestmark = pytest.mark.django_db
LOW, NURSING = "subsistence_allowance", "disability_nursing_subsidy"
PHOTO = jpeg()


@pytest.fixture
def town():
    town = make_town()
    yesterday = timezone.localdate() - timedelta(days=1)
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联", on=yesterday)
    declare(town, {"领取工伤护理费": False}, source="人社", on=yesterday)
    return town


@pytest.fixture
def nursing(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        return actions.propose(decision=decision.pk, agrees=True, opinion="符合，建议同意", by=town.window, at=timezone.now())


def _state(town, decision):
    with town.at_desk(town.window):
        return Decision.objects.get(pk=decision.pk).state


def test_the_list_says_how_many_wait_and_by_which_rule_with_masked_names(enter, town, nursing):
    body = enter(town.approver).get(reverse("approve_list")).content.decode()

    assert "1 项等您决定" in body
    assert "沈**" in body
    assert "沈小满" not in body
    assert "先办急难的" in body
    assert f"/approve/{nursing.pk}/" in body


def test_the_first_page_begins_with_ones_own_work_and_what_is_overdue(enter, town, nursing):
    client = enter(town.approver)
    assert "1 项等您决定" in client.get("/").content.decode()

    with town.at_desk(town.window):
        Case.objects.update(due_on=timezone.localdate() - timedelta(days=1))
        Decision.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    body = client.get("/").content.decode()

    assert body.index("1 件办件已经超期") < body.index("1 项等您决定")
    assert "其中 1 项已过期限" in body
    assert "沈" not in body


def test_a_cadre_sees_first_what_waits_for_a_signature_in_the_village(enter, town, nursing):
    cadre = make_staff(kind="village_cadre", area=town.village, username="cadre")
    with town.at_desk(town.window):
        case = Case.objects.get()
        visited(town, case)
        Visit.objects.update(second=cadre, second_signed_at=None)

    body = enter(cadre).get("/").content.decode()

    assert "1 份入户记录等您签字" in body


def test_the_screen_shows_facts_with_source_and_date_and_the_answer_condition_by_condition(enter, town, nursing):
    body = enter(town.approver).get(reverse("approve", args=[nursing.pk])).content.decode()

    for words in (
        "残疾等级",
        "残联",
        "逐条核对",
        "国发〔2015〕52号",
        "符合，建议同意",
        "确认同意",
        "不予确认",
        "退回重办",
        "公示",
    ):
        assert words in body
    assert AuditEntry.objects.filter(action="read", purpose="审核确认").exists()


def test_confirming_on_the_screen_gives_the_grant(enter, town, nursing):
    client = enter(town.approver)

    answer = client.post(reverse("approve_confirm", args=[nursing.pk]), {"words": ""}, follow=True)

    assert "已确认，结果回到受理窗口" in answer.content.decode()
    assert _state(town, nursing) == "confirmed"


def test_a_refusal_needs_words_and_article_and_says_how_to_appeal(enter, town, nursing):
    client = enter(town.approver)
    refused = client.post(reverse("approve_refuse", args=[nursing.pk]), {"words": "不行", "article": ""})
    assert refused.status_code == 422
    assert "理由和依据的条款" in refused.content.decode()
    assert "行政复议" in refused.content.decode()

    client.post(
        reverse("approve_refuse", args=[nursing.pk]), {"words": "与规则不同的理由：已领护理费", "article": "国发〔2015〕52号"}
    )
    assert _state(town, nursing) == "refused"


def test_what_is_sent_back_goes_to_the_window_with_its_reason(enter, town, nursing):
    client = enter(town.approver)
    assert client.post(reverse("approve_send_back", args=[nursing.pk]), {"words": ""}).status_code == 422

    client.post(reverse("approve_send_back", args=[nursing.pk]), {"words": "证件已过期"})
    assert _state(town, nursing) == "open"


def test_facts_that_changed_stand_on_the_screen_and_the_button_is_gone(enter, town, nursing):
    declare(town, {"残疾等级": 2}, source="残联", on=timezone.localdate())
    client = enter(town.approver)

    body = client.get(reverse("approve", args=[nursing.pk])).content.decode()
    assert "残疾等级由 1 变为 2" in body
    assert reverse("approve_confirm", args=[nursing.pk]) not in body
    refused = client.post(reverse("approve_confirm", args=[nursing.pk]))
    assert (refused.status_code, _state(town, nursing)) == (422, "proposed")


def test_a_window_has_no_such_desk(enter, town, nursing):
    client = enter(town.window)

    assert client.get(reverse("approve_list")).status_code == 403
    assert client.get(reverse("approve", args=[nursing.pk])).status_code == 403
    assert client.post(reverse("approve_confirm", args=[nursing.pk])).status_code == 403
    assert _state(town, nursing) == "proposed"


def test_a_department_is_told_nothing_of_another_department_s_decision(enter, town, nursing):
    client = enter(department_desk("yb", "医保"))

    assert client.get(reverse("approve", args=[nursing.pk])).status_code == 404
    assert client.post(reverse("approve_confirm", args=[nursing.pk])).status_code == 404
    assert client.get(reverse("approve", args=[uuid.uuid4()])).status_code == 404
    with town.at_desk(town.window):
        case = Case.objects.get()
    assert client.get(reverse("case_decisions", args=[case.pk])).status_code == 403


def test_a_department_sees_its_own_without_the_household(enter, town):
    given(town, LOW)
    declare(town, {"医疗自付": "30000.00"}, source="医保", on=timezone.localdate())
    case = accepted(town, actions.Asked("medical_aid", town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, "medical_aid")
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=timezone.now())
    client = enter(department_desk("yb", "医保"))

    assert "1 项等医保决定" in client.get("/").content.decode()
    body = client.get(reverse("approve", args=[decision.pk])).content.decode()
    assert "医疗自付" in body
    assert "看这一户" not in body
    assert "残疾等级" not in body
    client.post(reverse("approve_confirm", args=[decision.pk]))
    assert _state(town, decision) == "confirmed"


def test_the_window_posts_with_a_photo_and_only_a_photo(enter, town):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    client, address = enter(town.window), reverse("case_step", args=[case.pk, "post"])
    wrong = {"decision": decision.pk, "words": "公开栏", "photo": SimpleUploadedFile("a.exe", b"MZ")}
    assert "只收 JPEG 和 PNG 照片" in client.post(address, wrong).content.decode()
    assert _state(town, decision) == "proposed"

    client.post(address, {"decision": decision.pk, "words": "公开栏", "photo": SimpleUploadedFile("沈小满.jpg", PHOTO)})
    assert _state(town, decision) == "posted"
    with town.at_desk(town.window):
        assert Posting.objects.get().first_photo is not None
    body = client.get(reverse("case_decisions", args=[case.pk])).content.decode()
    assert "公示期满或有异议" in body
    seen = enter(town.approver).get(reverse("posting_photo", args=[decision.pk, "first"]))
    assert (b"".join(seen.streaming_content), seen["Content-Type"]) == (plain_picture(PHOTO)[1], "image/jpeg")
    colleague = enter(town.colleague)
    assert colleague.get(reverse("posting_photo", args=[decision.pk, "first"])).status_code == 403
    beside = reverse("case_posting_photo", args=[case.pk, decision.pk, "first"])
    assert beside in body
    assert b"".join(colleague.get(beside).streaming_content) == plain_picture(PHOTO)[1]
    assert colleague.get(beside.replace("first", "last")).status_code == 404
    assert enter(department_desk("cl", "残联")).get(beside).status_code == 403
    assert AuditEntry.objects.filter(action="read", purpose="看公示照片", staff=town.colleague).exists()


def test_a_step_that_is_refused_is_said_on_the_page_and_an_unknown_one_is_no_step(enter, town, nursing):
    client = enter(town.window)
    with town.at_desk(town.window):
        case = Case.objects.get()

    refused = client.post(
        reverse("case_step", args=[case.pk, "propose"]), {"decision": nursing.pk, "agrees": "yes", "words": "再来"}
    )
    assert (refused.status_code, "不能“初审”" in refused.content.decode()) == (422, True)
    assert client.post(reverse("case_step", args=[case.pk, "steal"])).status_code == 404
    assert client.post(reverse("case_step", args=[case.pk, "end"]), {"grant": "x", "words": "停"}).status_code == 422
    assert client.post(reverse("case_step", args=[case.pk, "propose"]), {"decision": str(uuid.uuid4())}).status_code == 422


def test_work_as_the_cause_is_asked_where_something_tapers_and_the_reckoning_stands_before_who_confirms(enter, town, nursing):
    client, approver = enter(town.window), enter(town.approver)
    with town.at_desk(town.window):
        case = Case.objects.get()
    page, address = reverse("case_decisions", args=[case.pk]), reverse("case_step", args=[case.pk, "end"])
    about = {"person": town.person, "starts_on": NOON.date(), "recorded_at": NOON, "area_path": town.home.area_path}
    with town.at_desk(town.window):
        other = Grant.objects.create(policy="elderly_allowance", amount_fen=5000, **about)
    assert "by_work" not in client.get(page).content.decode()
    grant = given(town, LOW)
    assert "最低生活保障可以渐退" in client.get(page).content.decode()
    client.post(reverse("case_step", args=[case.pk, "hear"]), {"words": "儿子进厂上班了"})

    for cause, why in (("died", "没有这个人去世的日期"), ("x", "请选终止的缘由")):
        assert why in client.post(address, {"grant": other.pk, "words": "停", "cause": cause}).content.decode()
    refused = client.post(address, {"grant": other.pk, "words": "上班了", "by_work": "yes"})
    client.post(address, {"grant": grant.pk, "words": "上班了", "by_work": "yes"})

    assert "没有渐退的规定" in refused.content.decode()
    with town.at_desk(town.window):
        decision = Decision.objects.get(effect="end")
    body = approver.get(reverse("approve", args=[decision.pk])).content.decode()
    assert "拟渐退后终止" in body
    assert "渐退 6 个月" in body
    assert "每月 200.00 元（原来 400.00 元的 0.5 倍" in body
    approver.post(reverse("approve_confirm", args=[decision.pk]))
    with town.at_desk(town.window):
        assert Decision.objects.get(pk=decision.pk).grant.amount_fen == 20_000


def test_an_offer_is_made_and_accepted_on_the_page(enter, town, nursing):
    with town.at_desk(town.window):
        case = Case.objects.get()
    giver = enter(town.window)
    giver.post(reverse("case_step", args=[case.pk, "offer"]), {"to": "colleague", "words": "休假"})
    assert "收回移交" in giver.get(reverse("case_decisions", args=[case.pk])).content.decode()
    client = enter(town.colleague)
    assert "1 件同事想移交给您" in client.get("/").content.decode()
    assert "等我答复的移交" in client.get(reverse("visits")).content.decode()
    assert "接受，由我负责" in client.get(reverse("case_decisions", args=[case.pk])).content.decode()

    client.post(reverse("case_step", args=[case.pk, "answer"]), {"yes": "yes"})
    with town.at_desk(town.window):
        assert Case.objects.get().first_assignee == town.colleague
        assert Handover.objects.get().accepted


def test_a_supervisor_reassigns_everything_and_prints_the_page(enter, town, nursing):
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    client = enter(boss)
    address = reverse("reassign") + "?from=window"
    page = client.get(address).content.decode()
    assert "手上有 1 个办件" in page
    assert "移交人签字" in page
    assert client.post(address, {"to": "nobody", "reason": "因病"}).status_code == 422

    answer = client.post(address, {"to": "colleague", "reason": "因病"}, follow=True)
    assert "都已改派给" in answer.content.decode()
    with town.at_desk(town.window):
        assert Case.objects.get().first_assignee == town.colleague
    assert enter(town.window).get(reverse("reassign")).status_code == 403


def test_a_decision_sent_three_times_is_taken_once_with_the_same_answer(enter, town, nursing):
    client, address = enter(town.approver), reverse("approve_confirm", args=[nursing.pk])
    answers = [client.post(address, {"words": "", "key": "k" * 32}) for _ in range(3)]

    assert {(one.status_code, one["Location"]) for one in answers} == {(302, reverse("approve", args=[nursing.pk]))}
    with town.at_desk(town.window):
        assert CaseEvent.objects.filter(step="confirm").count() == 1
    other = client.post(address, {"words": "另外的话", "key": "k" * 32})
    assert (other.status_code, "没有再办一次" in other.content.decode()) == (422, True)


def test_every_form_that_decides_carries_a_key(enter, town, nursing):
    page = enter(town.approver).get(reverse("approve", args=[nursing.pk])).content.decode()
    handling = enter(town.window).get(reverse("case_decisions", args=[nursing.case_id])).content.decode()

    for body in (page, handling):
        main = body[body.index("<main") :]
        assert main.count('method="post"') == main.count('name="key"') > 0


def test_who_looked_at_another_opinion_than_the_one_that_stands_decides_nothing(enter, town, nursing):
    client, before = enter(town.approver), nursing.proposed_at.isoformat()
    with town.at_desk(town.approver):
        actions.send_back(decision=nursing.pk, words="再核一次", by=town.approver, at=timezone.now())
    with town.at_desk(town.window):
        actions.propose(decision=nursing.pk, agrees=True, opinion="另一份意见", by=town.window, at=timezone.now())

    for step, sent in (("approve_confirm", {}), ("approve_refuse", {"article": "某条"}), ("approve_send_back", {})):
        answer = client.post(reverse(step, args=[nursing.pk]), sent | {"words": "理由", "seen": before})
        assert (answer.status_code, "初审意见已经换了一份" in answer.content.decode()) == (422, True)
    assert _state(town, nursing) == "proposed"
    shown = client.get(reverse("approve", args=[nursing.pk])).context["seen"]
    client.post(reverse("approve_confirm", args=[nursing.pk]), {"seen": shown})
    assert _state(town, nursing) == "confirmed"


def test_the_window_extends_a_limit_for_a_listed_cause_and_once(enter, town):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    client, page = enter(town.window), reverse("case_decisions", args=[case.pk])
    with town.at_desk(town.window):
        decision = decision_of(case, LOW)
    assert "<option>人户分离</option>" in client.get(page).content.decode()
    address = reverse("case_step", args=[case.pk, "extend"])
    wrong = client.post(address, {"decision": decision.pk, "cause": "工作忙"})
    assert (wrong.status_code, "可以延长的只有" in wrong.content.decode()) == (422, True)

    done = client.post(address, {"decision": decision.pk, "cause": "人户分离"}, follow=True).content.decode()

    assert "期限因“人户分离”延长" in done
    assert "<option>人户分离</option>" not in done
    again = client.post(address, {"decision": decision.pk, "cause": "异地申办"})
    assert (again.status_code, "已经延长过" in again.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("name", "sent", "why"),
    [
        ("appeal", {"words": "不服", "on": "someday"}, "日期"),
        ("deliver", {"way": "window", "handed_on": "2026-99-99"}, "日期"),
        ("end", {"grant": "x", "words": "停"}, "哪一笔"),
        ("adjust", {"grant": "x", "words": "调", "yuan": "1e30"}, "金额请写数字"),
    ],
)
def test_what_cannot_be_read_is_refused_in_chinese(enter, town, nursing, name, sent, why):
    address = reverse("case_step", args=[nursing.case_id, name])
    answer = enter(town.window).post(address, sent | {"decision": nursing.pk})

    body = answer.content.decode()
    assert (answer.status_code, why in body) == (422, True)
    assert "Invalid" not in body
    assert "badly" not in body


def test_an_offer_is_taken_back_on_the_page(enter, town, nursing):
    client = enter(town.window)
    client.post(reverse("case_step", args=[nursing.case_id, "offer"]), {"to": "colleague", "words": "休假"})
    done = client.post(reverse("case_step", args=[nursing.case_id, "take-back"]), follow=True).content.decode()

    assert "已收回，仍由您负责" in done
    assert "移交给同事" in done
    assert "等我答复的移交" not in enter(town.colleague).get(reverse("visits")).content.decode()


def test_a_longer_list_asks_the_database_no_more(enter, town, nursing):
    poor(town)
    client = enter(town.approver)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("approve_list"))
    for _ in range(6):
        case = accepted(town, actions.Asked(LOW))
        visited(town, case)
        proposed(town, case, LOW)

    with CaptureQueriesContext(connection) as many:
        body = client.get(reverse("approve_list")).content.decode()

    assert body.count("等公示") >= 6
    assert len(many) <= len(few) + 2
