"""Who does not agree is heard again by somebody else; what was paid wrongly is claimed back in writing, never in silence."""

import io
from datetime import date

import pytest
from django.urls import reverse
from pypdf import PdfReader

from tests.cases.town import (
    NURSING,
    accepted,
    declare,
    department_desk,
    make_town,
    medical_proposed,
    noon,
    nursing_decided,
)
from tests.make import make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions, queries
from yimen.cases.models import CaseEvent, Decision, Recovery, Task
from yimen.office.models import Area, AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    town = make_town()
    town.other = make_staff(kind="approver", area=Area.objects.get(code="990101"), username="other")
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def appealed(enter, town, decision):
    client = enter(town.window)
    sent = {"decision": decision.pk, "words": "我确实要人照护", "on": "2026-11-25"}
    return client, client.post(reverse("case_step", args=[decision.case_id, "appeal"]), sent, follow=True)


def state(town, decision):
    with town.at_desk(town.window):
        return Decision.objects.get(pk=decision.pk).state


def test_an_appeal_is_recorded_once_and_stands_at_the_desk_of_who_took_no_part(enter, town):
    decision = nursing_decided(town, agrees=False)
    client, answer = appealed(enter, town, decision)
    assert "没有经手的人复核" in answer.content.decode()
    twice = client.post(reverse("case_step", args=[decision.case_id, "appeal"]), {"decision": decision.pk, "words": "再说"})
    assert (twice.status_code, "还没有答复" in twice.content.decode()) == (422, True)

    assert "等复核 1 项" in enter(town.other).get(reverse("approve_list")).content.decode()
    assert "您经手过" in enter(town.approver).get(reverse("approve", args=[decision.pk])).content.decode()


def test_a_refusal_is_upheld_with_a_reason_or_done_again(enter, town):
    decision = nursing_decided(town, agrees=False)
    appealed(enter, town, decision)
    client, address = enter(town.other), reverse("approve_review", args=[decision.pk])
    assert client.post(address, {"outcome": "uphold", "words": " "}).status_code == 422
    assert client.post(address, {"outcome": "perhaps", "words": "理由"}).status_code == 422

    done = client.post(address, {"outcome": "again", "words": "漏看了残联的评估"}, follow=True)

    assert "接着办" in done.content.decode()
    assert state(town, decision) == "open"
    with town.at_desk(town.window):
        assert Task.objects.get(kind="review").outcome == "漏看了残联的评估"


def test_what_was_confirmed_and_is_wrong_becomes_a_task_of_who_answers_for_it(enter, town):
    decision = nursing_decided(town, agrees=True)
    client, _ = appealed(enter, town, decision)

    enter(town.other).post(reverse("approve_review", args=[decision.pk]), {"outcome": "again", "words": "金额算少了"})

    assert state(town, decision) == "confirmed"
    with town.at_desk(town.window):
        task = Task.objects.get(kind="check")
        assert (task.owner, "金额算少了" in task.words) == (town.window, True)
    assert "金额算少了" in client.get(reverse("visits")).content.decode()
    client.post(reverse("task", args=[task.pk]), {"words": "已另办调整"})
    with town.at_desk(town.window):
        assert Task.objects.get(kind="check").done_at


def test_who_decided_does_not_answer_and_a_window_cannot(enter, town):
    decision = nursing_decided(town, agrees=False)
    window, _ = appealed(enter, town, decision)
    address, sent = reverse("approve_review", args=[decision.pk]), {"outcome": "uphold", "words": "维持"}

    assert enter(town.approver).post(address, sent).status_code == 422
    assert window.post(address, sent).status_code == 403
    assert enter(town.other).post(address, sent).status_code == 302
    with town.at_desk(town.window):
        assert CaseEvent.objects.filter(step="uphold").count() == 1


def test_an_appeal_against_another_department_goes_to_that_department(enter, town):
    first, second, decision = medical_proposed(town, agrees=False)
    with town.at_desk(first):
        actions.refuse(decision=decision.pk, words="票据不全", article="国办发〔2021〕42号", by=first, at=noon(2))

    appealed(enter, town, decision)

    with town.at_desk(town.window):
        assert Task.objects.get(kind="review").owner == second
    answer = enter(second).post(reverse("approve_review", args=[decision.pk]), {"outcome": "again", "words": "票据已补"})
    assert answer.status_code == 302
    assert state(town, decision) == "open"


def words_of(answer):
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "").replace(" ", "")


def test_money_paid_wrongly_is_claimed_back_after_a_hearing_by_who_confirms(enter, town):
    decision = nursing_decided(town, agrees=True)
    case = decision.case_id
    page, claim = reverse("case_decisions", args=[case]), reverse("case_step", args=[case, "claim"])
    with town.at_desk(town.window):
        grant = Decision.objects.get(pk=decision.pk).grant_id
    client, window = enter(town.approver), enter(town.window)
    assert client.post(claim, {"grant": grant, "words": "没有意见"}).status_code == 403
    assert window.post(claim, {"grant": grant, "words": ""}).status_code == 422
    window.post(claim, {"grant": grant, "words": "住院那几个月不知道要报告"})
    with town.at_desk(town.window):
        held = Recovery.objects.get()
    own = reverse("recovery", args=[held.pk])
    assert own in window.get(page).content.decode()
    sent = {"yuan": "1,200.00", "months": "2026年8月至10月", "words": "入院期间重复发放", "article": "社会救助法第七十三条"}
    propose, confirm, back, tell = (
        reverse("recovery_step", args=[held.pk, name]) for name in ("propose", "confirm", "back", "tell")
    )
    for wrong in ({"yuan": "许多"}, {"yuan": "NaN"}, {"article": ""}, {"yuan": "-5"}):
        again = window.post(propose, sent | wrong)
        assert (again.status_code, "入院期间重复发放" in again.content.decode()) == (422, True)
    assert client.post(propose, sent).status_code == 403
    assert "由没有经手的人确认" in window.post(propose, sent, follow=True).content.decode()

    assert "等办的追缴 1 件" in client.get(reverse("approve_list")).content.decode()
    shown = client.get(own).content.decode()
    assert "确认，作出追缴决定" in shown
    assert "确认，作出追缴决定" not in window.get(own).content.decode()
    assert window.post(confirm).status_code == 403
    assert client.post(back, {"words": ""}).status_code == 422
    opinion = words_of(window.get(reverse("recovery_print", args=[held.pk, "claim"])))
    assert "住院那几个月不知道要报告" in opinion
    done = client.post(confirm, {"seen": shown.partition('name="seen" value="')[2].partition('"')[0]}, follow=True)

    assert "不从以后的救助里直接扣" in done.content.decode()
    assert "1,200.00 元" in client.get(page).content.decode()
    answer = client.get(reverse("case_print", args=[case, "recovery"]))
    words = words_of(answer)
    for one in ("追缴决定告知书", "1,200.00", "壹仟贰佰元整", "2026年8月至10月", "行政复议"):
        assert one in words
    assert case.hex[:8] in answer["Content-Disposition"]
    assert "还没有书面告知" not in window.post(tell, {"words": "本人签收"}, follow=True).content.decode()


def test_a_department_claims_its_own_aid_back_at_its_own_desk_and_sees_no_household(enter, town):
    first, second, decision = medical_proposed(town, agrees=True)
    with town.at_desk(second):
        actions.confirm(decision=decision.pk, by=second, at=noon(2))
    one, other = enter(first), enter(second)
    begin = reverse("approve_recovery", args=[decision.pk])
    assert "发错了，追缴" in one.get(reverse("approve", args=[decision.pk])).content.decode()
    assert "发错了，追缴" not in enter(town.approver).get(reverse("approve_list")).content.decode()
    assert one.post(begin, {"words": " "}).status_code == 422
    shown = one.post(begin, {"words": "发票是我老伴的"}, follow=True)
    with town.at_desk(first):
        held = Recovery.objects.get()
    assert (held.department, shown.redirect_chain[-1][0]) == ("医保", reverse("recovery", args=[held.pk]))
    sent = {"yuan": "300", "months": "2026年10月", "words": "发票不是本人的", "article": "国办发〔2021〕42号"}
    one.post(reverse("recovery_step", args=[held.pk, "propose"]), sent)
    own = one.get(reverse("recovery", args=[held.pk])).content.decode()
    assert "您经手过" in own
    assert reverse("household", args=[town.home.pk]) not in own
    assert one.post(reverse("recovery_step", args=[held.pk, "confirm"])).status_code == 422
    assert enter(town.window).post(reverse("recovery_step", args=[held.pk, "confirm"])).status_code in (403, 404)

    other.post(reverse("recovery_step", args=[held.pk, "confirm"]))

    answer = one.get(reverse("recovery_print", args=[held.pk, "recovery"]))
    assert "医疗保障局" in words_of(answer)
    assert one.get(reverse("case_decisions", args=[decision.case_id])).status_code == 403
    assert one.get(reverse("recovery_print", args=[held.pk, "told"])).status_code == 404


def test_the_window_passes_on_to_another_department_what_it_found(enter, town):
    with town.at_desk(town.window):
        about = {"person": town.person, "policy": "school_aid", "amount_fen": 60_000, "area_path": town.home.area_path}
        aid = Grant.objects.create(**about, starts_on=date(2026, 3, 1), recorded_at=noon(0))
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    window, school = enter(town.window), enter(department_desk("jy", "教育"))
    step = reverse("case_step", args=[case.pk, "ask-recovery"])
    assert "转请别的部门追缴" in window.get(reverse("case_decisions", args=[case.pk])).content.decode()
    done = window.post(step, {"grant": aid.pk, "words": "3月已退学"}, follow=True).content.decode()
    assert "已转请教育部门追缴" in done
    assert "在教育部门办" in done

    listed = school.get(reverse("approve_list")).content.decode()
    with town.at_desk(town.window):
        own = reverse("recovery", args=[Recovery.objects.get().pk])
    assert own in listed
    assert "3月已退学" in school.get(own).content.decode()
    assert window.get(own).status_code == 404


def test_where_nobody_else_confirms_the_county_s_supervisor_finds_somebody(enter, town):
    make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    clerk = make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="county")
    decision = nursing_decided(town, agrees=False)
    town.other.posts.all().delete()

    appealed(enter, town, decision)

    with town.at_desk(town.window):
        assert Task.objects.get(kind="review").owner == clerk


def test_of_two_appeals_in_one_case_an_answer_ends_the_task_of_its_own(enter, town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk), actions.Asked("disability_living_subsidy", town.person.pk))
    with town.at_desk(town.window):
        both = list(Decision.objects.filter(case=case).order_by("policy"))
        for one in both:
            actions.propose(decision=one.pk, agrees=False, opinion="与规则不同的理由：不符合", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        for one in both:
            actions.refuse(decision=one.pk, words="不符合", article="国发〔2015〕52号", by=town.approver, at=noon(2))
    with town.at_desk(town.window):
        for nth, one in enumerate(both):
            actions.appeal(decision=one.pk, words=f"不服第 {nth} 项", by=town.window, at=noon(3 + nth))
    with town.at_desk(town.other):
        assert len(queries.appealed_decisions(on=noon(5).date())) == 2
        actions.answer_appeal(decision=both[0].pk, upheld=True, words="维持", by=town.other, at=noon(5))

        assert [one.decision for one in queries.appealed_decisions(on=noon(5).date())] == [both[1]]
        assert "第 1 项" in Task.objects.get(kind="review", done_at=None).words


def test_a_child_of_the_person_s_choice_is_told_that_there_is_a_result_and_not_which(enter, town):
    decision = nursing_decided(town, agrees=True)
    window, address = enter(town.window), reverse("case_step", args=[decision.case_id, "confide"])
    chosen = {"name": "沈秀兰", "relation": "女儿", "phone": "139 0000 0000"}
    for wrong, why in (({"name": " "}, "请写明告诉谁"), ({"phone": "问村里"}, "请写数字")):
        again = window.post(address, chosen | wrong)
        assert (again.status_code, why in again.content.decode()) == (422, True)
    shown = window.post(address, chosen, follow=True).content.decode()

    message = shown.partition("发给他（不写金额和结果）：")[2].partition("</p>")[0]
    assert message.startswith("沈秀兰您好：您家的救助申请")
    for one in ("护理补贴", "150", "同意", "沈小满"):
        assert one not in message
    assert "13900000000" not in AuditEntry.objects.values_list("detail", flat=True).__str__()
