"""Links to papers stand where the paper comes out; a department prints what it decided, no more; forms for a power cut."""

import io
import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.cases.town import DAY, NOON, accepted, decision_of, declare, department_desk, given, make_town, noon, opened, poor
from tests.registry.guarded import recorded
from yimen.cases import actions
from yimen.cases.models import BlankPad, Case, Consent
from yimen.office.models import AuditEntry
from yimen.registry.models import Obligor

pytestmark = pytest.mark.django_db
LOW, NURSING, MEDICAL = "subsistence_allowance", "disability_nursing_subsidy", "medical_aid"


@pytest.fixture
def town():
    return make_town()


def said(content):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).replace("\n", "").replace(" ", "")


def links(body, case):
    return re.findall(rf"/cases/{case.pk}/print/(\w+)/", body)


def ended(town, **by):
    """Let a running subsistence allowance be ended: heard, proposed, confirmed by the county."""
    grant = given(town, LOW)
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        actions.hear(case=case.pk, words="本人说儿子已经工作", by=town.window, at=noon(1))
        about = {"case": case.pk, "grant": grant.pk, "opinion": "收入高于标准，拟终止。"}
        decision = actions.end_aid(by=town.window, at=noon(2), **about, **by)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))
    return case, decision


def medical(town):
    """Let the medical department stand before its decision about the person."""
    given(town, LOW)
    declare(town, {"医疗自付": "30000.00"}, source="医保", on=timezone.localdate())
    case = accepted(town, actions.Asked(MEDICAL, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, MEDICAL)
        return actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=timezone.now())


def test_a_draft_offers_what_a_draft_needs_and_every_link_prints(enter, town):
    case = opened(town)
    client = enter(town.window)

    offered = links(client.get(reverse("case", args=[case.pk])).content.decode(), case)

    assert offered == ["consent", "promise", "visit"]
    for paper in offered:
        assert client.get(reverse("case_print", args=[case.pk, paper])).status_code == 200


def test_every_link_of_an_ended_aid_prints_and_what_was_printed_lies_in_the_file(enter, town):
    case, _ = ended(town)
    client = enter(town.window)
    page = client.get(reverse("case", args=[case.pk])).content.decode()

    offered = links(page, case)

    assert {"receipt", "notice", "slip", "changes", "index"} <= set(offered)
    for paper in offered:
        assert client.get(reverse("case_print", args=[case.pk, paper])).status_code == 200, paper
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    kept = re.findall(rf"/cases/{case.pk}/kept/[\w-]+/", page)
    assert len(kept) >= 4
    assert client.get(kept[0])["Content-Type"] == "application/pdf"


def test_an_ending_has_a_notice_of_its_own_with_the_hearing_the_month_and_the_way_to_appeal(enter, town):
    case, decision = ended(town)

    words = said(enter(town.window).get(reverse("case_print", args=[case.pk, "notice"]) + f"?of={decision.pk}").content)

    for one in (
        "终止救助（停发）告知书",
        "已听取您的意见",
        "第四十八条",
        "2026年12月起停发",
        "收入高于标准",
        "行政复议",
    ):
        assert one in words
    assert "申请，经审核" not in words


def test_the_notice_and_the_slip_of_a_tapering_say_what_is_still_paid_and_until_when(enter, town):
    case, decision = ended(town, by_work=True)
    client = enter(town.window)

    for paper, words in (
        ("notice", ("2027年6月起停发", "因就业收入超过标准，2026年12月至2027年5月是渐退期，每月发200.00元")),
        ("slip", ("从2027年6月起不发了", "2026年12月至2027年5月是渐退期，每月发200.00元")),
    ):
        text = said(client.get(reverse("case_print", args=[case.pk, paper]) + f"?of={decision.pk}").content)
        assert [one for one in words if one not in text] == []


def test_the_sheet_of_changes_says_that_it_stopped(enter, town):
    case, _ = ended(town)

    words = said(enter(town.window).get(reverse("case_print", args=[case.pk, "changes"])).content)

    assert "最低生活保障：终止" in words
    assert "停发" in words


def test_the_approver_finds_the_papers_beside_the_decision(enter, town):
    case, decision = ended(town)
    client = enter(town.approver)

    body = client.get(reverse("approve", args=[decision.pk])).content.decode()

    assert "notice" in links(body, case)
    assert client.get(reverse("approve_notice", args=[decision.pk])).status_code == 200


def test_a_department_prints_the_notice_of_its_own_decision_and_no_other_paper(enter, town):
    decision = medical(town)
    client = enter(department_desk("yb", "医保"))
    assert client.get(reverse("approve_notice", args=[decision.pk])).status_code == 404
    client.post(reverse("approve_confirm", args=[decision.pk]))

    answer = client.get(reverse("approve_notice", args=[decision.pk]))

    words = said(answer.content)
    assert "确认告知书" in words
    assert "沈小满" in words
    assert "花城县医疗保障局" in words
    assert AuditEntry.objects.filter(action="read", purpose="打印告知书", staff__username="yb").exists()
    assert reverse("approve_notice", args=[decision.pk]) in client.get(reverse("approve", args=[decision.pk])).content.decode()
    assert client.get(reverse("case_print", args=[decision.case_id, "notice"])).status_code == 403
    assert client.get(reverse("case_print", args=[decision.case_id, "changes"])).status_code == 403
    other = enter(department_desk("cl", "残联"))
    assert other.get(reverse("approve_notice", args=[decision.pk])).status_code == 404


def test_blank_forms_are_printed_and_what_is_not_entered_yet_is_shown(enter, town):
    poor(town)
    client = enter(town.window)
    assert "还没有印过" in client.get(reverse("blanks")).content.decode()
    client.post(reverse("blanks_print"), {"forms": "2"})
    number = BlankPad.objects.get().numbers[0]
    wanted = {
        "key": "k1",
        "applicant": town.person.pk.hex,
        "channel": "paper",
        "paper_number": number,
        "received_on": "2026.11.20",
    }
    form = reverse("case_apply", args=[town.home.pk])
    assert 'value="paper" checked' in client.get(form + "?channel=paper").content.decode()

    assert client.post(form, wanted).status_code == 302

    with town.at_desk(town.window):
        assert Case.objects.get().received_on == DAY - timedelta(days=3)
    body = client.get(reverse("blanks")).content.decode()
    assert "1 张" in body
    assert number.replace("0001", "0002") in body
    again = client.post(form, wanted | {"key": "k2"})
    assert (again.status_code, "已经补录过" in again.content.decode()) == (422, True)
    assert enter(town.approver).get(reverse("blanks")).status_code == 403


def test_an_obligor_outside_the_household_answers_for_himself_and_has_a_paper_of_his_own(enter, town):
    case = opened(town)
    with town.at_desk(town.window):
        obligor = Obligor.objects.create(
            person=town.person, name="沈大江", relation="子", identity_key="1" * 32, area_path=town.village.path
        )
        actions.choose(case=case.pk, asked=[actions.Asked(LOW)], by=town.window, at=NOON)
    client, address = enter(town.window), reverse("case_papers", args=[case.pk])
    body = client.get(address).content.decode()
    assert "沈**" in body
    assert "沈小满的子" in body
    version = re.search(r'name="version" value="(\d+)"', body)[1]

    sent = {"key": "k1", "version": version, "do": "save", f"obligor-{obligor.pk.hex}": "no", "signed_on": "2026.11.23"}
    assert client.post(address, sent).status_code == 302

    with town.at_desk(town.window):
        consent = Consent.objects.get()
        assert (consent.obligor_id, consent.person_id, consent.given) == (obligor.pk, None, False)
    words = said(client.get(reverse("case_print", args=[case.pk, "consent"])).content)
    assert "沈大江" in words
    assert "沈小满的子（法定义务人）" in words
    assert "户外的法定义务人" in client.get(reverse("case", args=[case.pk])).content.decode()


def test_nobody_signs_for_an_obligor_of_another_household(town):
    case = opened(town)
    with town.at_desk(town.window), pytest.raises(actions.NotAccepted, match="法定义务人"):
        actions.give_consent(case=case.pk, obligor=uuid.uuid4(), given=True, signed_on=DAY, by=town.window, at=NOON)


def test_a_case_brought_by_a_relative_and_signed_by_a_guardian_opens_with_their_names(enter, town, tmp_path):
    recorded(town, tmp_path)
    case = opened(town, channel="relative", helper_name="沈大海", helper_relation="侄子", authority_promised=DAY)
    with town.at_desk(town.window):
        common = {"given": True, "signed_on": DAY, "by": town.window, "at": NOON}
        actions.give_consent(case=case.pk, person=town.person.pk, guardian_name="沈大姑", **common)
        actions.choose(case=case.pk, asked=[actions.Asked(LOW)], by=town.window, at=NOON)
    client = enter(town.window)

    body = client.get(reverse("case", args=[case.pk])).content.decode()

    assert "沈大海（侄子）代办" in body
    assert "（沈大姑代签）" in body
    papers = client.get(reverse("case_papers", args=[case.pk])).content.decode()
    assert "无民事行为能力" in papers
    assert 'value="沈大姑"' in papers
