"""An application at the window: the draft survives, a sending counts once, nobody is overwritten; progress without a log-in."""

import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from yimen.cases.models import Case, CaseEvent, Consent, Decision, Paper, Task
from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.registry.models import Membership, Person
from yimen.registry.names import matches

pytestmark = pytest.mark.django_db
LIVING, BORDERLINE, SUBSISTENCE = "disability_living_subsidy", "borderline_household", "subsistence_allowance"


def household(name):
    """Return the household and the person of a planted name."""
    with scope(System("test"), "测试"), reading("测试"):
        person = next(one for one in Person.objects.all() if matches(name, one.name, one.id_number))
        return Membership.objects.get(person=person).household_id, person


@pytest.fixture
def shen(county):
    return household("沈小满")


@pytest.fixture
def zhou(county):
    return household("周霜降")


def hidden(body, name):
    """Return a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', body)
    return found[1] if found else ""


def form_of(client, address):
    """Return the key and version a page carries."""
    body = client.get(address).content.decode()
    return {"key": hidden(body, "key"), "version": hidden(body, "version")}


def opened(client, home, person, **more):
    """Open a draft through its page and return it."""
    address = reverse("case_apply", args=[home])
    fields = form_of(client, address) | {"applicant": person.pk.hex, "channel": "window"} | more
    answer = client.post(address, fields)
    assert answer.status_code == 302, re.findall(r'role="alert">([^<]*)', answer.content.decode())
    return case_at(answer["Location"])


def case_at(address):
    """Return the case an address is about."""
    with scope(System("test"), "测试"):
        return Case.objects.get(pk=re.search(r"/cases/([0-9a-f-]{36})/", address)[1])


def chosen(client, case, *asked):
    """Tick what to apply for, and nothing else."""
    address = reverse("case_choose", args=[case.pk])
    return client.post(address, form_of(client, address) | {"asked": list(asked)})


def sent(client, case, do, **more):
    """Send the form of papers with one of its buttons."""
    address = reverse("case_papers", args=[case.pk])
    return client.post(address, form_of(client, address) | {"do": do} | more)


def alert(answer):
    """Return what a page refuses with."""
    found = re.search(r'role="alert"[^>]*>([^<]*)', answer.content.decode())
    return found[1] if found else ""


def now(case):
    """Return a case as it stands in the tables."""
    with scope(System("test"), "测试"):
        return Case.objects.get(pk=case.pk)


def accepted(client, home, person):
    """Take in subsistence allowance and the living subsidy of the man whose certificate the federation knows."""
    case = opened(client, home, person)
    chosen(client, case, f"{SUBSISTENCE}|", f"{LIVING}|{person.pk.hex}")
    answer = sent(client, case, "accept", all_signed="1")
    assert answer.status_code == 302, alert(answer)
    return now(case)


def test_an_application_goes_from_the_household_to_a_receipt_with_its_dates_explained(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    assert reverse("case_apply", args=[home]) in client.get(reverse("household", args=[home])).content.decode()

    case = accepted(client, home, person)
    receipt = client.get(reverse("case_receipt", args=[case.pk])).content.decode()

    assert case.state == "accepted"
    assert case.number in receipt
    home_page = client.get(reverse("household", args=[home])).content.decode()
    trail = home_page[home_page.index("一户一条救助链") :]
    assert re.search(rf"办件 {case.number}：[^<]*受理[^<]*", trail)
    assert "石榴" in receipt
    assert re.search(r"从“受理”到“[^”]+”，\d+ 个工作日（", receipt)
    assert reverse("progress_of", args=[case.receipt_code]) in receipt
    with scope(System("test"), "测试"):
        states = dict(Decision.objects.filter(case=case).values_list("policy", "state"))
        assert states == {SUBSISTENCE: "open", LIVING: "waiting"}


def test_a_paper_that_data_proves_is_not_asked_for(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    case = opened(client, home, person)
    chosen(client, case, f"{LIVING}|{person.pk.hex}")

    body = client.get(reverse("case_papers", args=[case.pk])).content.decode()

    with scope(System("test"), "测试"):
        states = dict(Paper.objects.filter(case=case).values_list("name", "state"))
        assert states == {"残疾人证": "proved", "身份证": "proved"}
    assert "残联" in body
    assert 'name="paper-' not in body


def test_what_can_or_may_be_received_is_ticked_beforehand_and_the_rest_is_not(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    case = opened(client, home, person)

    body = client.get(reverse("case_choose", args=[case.pk])).content.decode()
    ticked = re.findall(r'name="asked" value="([^"]+)" checked', body)
    rest = set(re.findall(r'name="asked" value="([^"]+)"', body)) - set(ticked)

    assert f"{LIVING}|{person.pk.hex}" in ticked
    assert f"{BORDERLINE}|" in rest


def answered(client, case, value="2"):
    """Answer the question that a draft's page asks, as the browser would."""
    address = reverse("case_interview", args=[case.pk])
    body = client.get(address).content.decode()
    fields = {name: hidden(body, name) for name in ("key", "version", "asks")}
    return fields, client.post(address, fields | {"do": "skip" if value is None else "answer", "value": value or ""})


def test_every_answer_is_in_the_draft_before_the_next_question_and_survives_a_power_cut(enter_as, shen):
    client = enter_as("shiliu")
    case = opened(client, *shen)
    first, _ = answered(client, case, None)
    second, _ = answered(client, case, None)

    kept = [f"{one['who']}|{one['fact']}" for one in now(case).said]
    again = Client()
    again.cookies = client.cookies
    body = again.get(reverse("case_interview", args=[case.pk])).content.decode()

    assert kept == [first["asks"], second["asks"]]
    assert hidden(body, "asks") not in kept


def test_an_answer_sent_three_times_is_kept_once_and_opening_twice_opens_one_case(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    address = reverse("case_apply", args=[home])
    fields = form_of(client, address) | {"applicant": person.pk.hex, "channel": "window"}
    places = {client.post(address, fields)["Location"] for _ in range(3)}
    case = case_at(places.pop())
    interview = reverse("case_interview", args=[case.pk])
    body = client.get(interview).content.decode()
    answer = {name: hidden(body, name) for name in ("key", "version", "asks")} | {"do": "skip"}
    for _ in range(3):
        assert client.post(interview, answer).status_code == 200

    with scope(System("test"), "测试"):
        assert not places
        assert Case.objects.filter(household_id=home).count() == 1
        assert len(Case.objects.get(pk=case.pk).said) == 1
        assert CaseEvent.objects.filter(case=case, step="save").count() == 1


def test_accepting_twice_gives_one_number_and_the_same_receipt(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    case = opened(client, home, person)
    chosen(client, case, f"{LIVING}|{person.pk.hex}")
    address = reverse("case_papers", args=[case.pk])
    fields = form_of(client, address) | {"do": "accept"}

    first, second = client.post(address, fields), client.post(address, fields)

    assert first["Location"] == reverse("case_receipt", args=[case.pk])
    assert second.status_code == 302
    with scope(System("test"), "测试"):
        assert CaseEvent.objects.filter(case=case, step="accept").count() == 1
        assert Decision.objects.filter(case=case).count() == 1


def test_the_second_of_two_clerks_is_told_who_was_quicker_and_overwrites_nothing(enter_as, county, shen):
    county.post("other", "town_clerk", "990101002", name="忍冬")
    mine, other = enter_as("shiliu"), enter_as("other")
    case = opened(mine, *shen)
    address = reverse("case_interview", args=[case.pk])
    body = mine.get(address).content.decode()
    stale = {name: hidden(body, name) for name in ("key", "version", "asks")}
    answered(other, case, None)

    refused = mine.post(address, stale | {"do": "skip"})

    assert refused.status_code == 422
    assert re.search(r"忍冬在 \d\d月\d\d日 \d\d:\d\d 已经改过这个办件", alert(refused))
    assert len(now(case).said) == 1


def test_a_form_of_papers_that_came_second_shows_what_the_first_wrote_and_not_what_was_typed(enter_as, county, zhou):
    county.post("third", "town_clerk", "990101002", name="忍冬")
    mine, other = enter_as("shiliu"), enter_as("third")
    case = opened(mine, *zhou)
    chosen(mine, case, f"{BORDERLINE}|")
    address, consent = reverse("case_papers", args=[case.pk]), f"consent-{zhou[1].pk.hex}"
    stale = form_of(mine, address)
    sent(other, case, "save", **{consent: "no"})

    refused = mine.post(address, stale | {"do": "save", consent: "yes"})

    assert "忍冬" in alert(refused)
    assert f'name="{consent}" value="no" checked' in refused.content.decode()
    with scope(System("test"), "测试"):
        assert list(Consent.objects.filter(case=case).values_list("given", flat=True)) == [False]


def test_a_child_is_signed_for_by_a_guardian(enter_as):
    client = enter_as("luzhixia")
    with scope(System("test"), "测试"), reading("测试"):
        child = next(one for one in Membership.objects.select_related("person") if one.person.born_on.year >= 2010)
        head = Membership.objects.get(household_id=child.household_id, relation="户主").person
    case = opened(client, child.household_id, head)
    chosen(client, case, f"{BORDERLINE}|")
    guardian = f"guardian-{child.person_id.hex}"
    body = client.get(reverse("case_papers", args=[case.pk])).content.decode()

    alone = sent(client, case, "accept", all_signed="1")
    done = sent(client, case, "accept", all_signed="1", **{guardian: "监护人甲"})

    assert f'name="{guardian}" value=""' not in body
    assert "未满十八周岁" in alert(alone)
    assert done.status_code == 302, alert(done)
    with scope(System("test"), "测试"), reading("测试"):
        assert Consent.objects.get(case=case, person=child.person_id).guardian_name == "监护人甲"


def test_a_value_that_cannot_be_stays_in_the_field_with_the_reason(enter_as, shen):
    client = enter_as("shiliu")
    case = opened(client, *shen)
    with scope(System("test"), "测试"):
        version = Case.objects.get(pk=case.pk).version
    asks = f"{shen[1].pk.hex}|灵活务工收入"

    answer = client.post(reverse("case_interview", args=[case.pk]), {"asks": asks, "value": "很多", "version": version})

    assert answer.status_code == 422
    assert "很多" in alert(answer)
    assert now(case).said == []


def test_a_household_with_an_open_application_is_shown_it_first(enter_as, shen):
    client = enter_as("shiliu")
    case = opened(client, *shen)

    body = client.get(reverse("case_apply", args=[shen[0]])).content.decode()

    assert body.index("这一户已有在办的申请") < body.index("另登记一件")
    assert reverse("case_interview", args=[case.pk]) in body


def test_a_second_application_starts_from_what_was_declared_in_the_first(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    case = opened(client, home, person)
    with scope(System("test"), "测试"):
        said = [{"who": person.pk.hex, "fact": "灵活务工收入", "value": "120.00", "text": "120"}]
        Case.objects.filter(pk=case.pk).update(said=said)
    chosen(client, case, f"{LIVING}|{person.pk.hex}")
    sent(client, case, "accept")

    again = opened(client, home, person)
    body = client.get(reverse("case_interview", args=[again.pk])).content.decode()

    with scope(System("test"), "测试"):
        assert Statement.objects.filter(person=person, source="申报").count() == 1
    assert re.search(r"灵活务工收入</span><span class=\"num\">120.00.*?申报", body)


def test_somebody_of_another_household_is_not_answered_for(enter_as, shen, zhou):
    client = enter_as("shiliu")
    case = opened(client, *shen)
    address = reverse("case_interview", args=[case.pk])

    refused = client.post(address, form_of(client, address) | {"asks": f"{zhou[1].pk.hex}|灵活务工收入", "value": "5"})

    assert "不在这一户里" in alert(refused)
    assert now(case).said == []


def test_acceptance_says_everything_that_is_missing_and_a_promise_needs_a_day(enter_as, zhou):
    client = enter_as("shiliu")
    case = opened(client, *zhou)
    chosen(client, case, f"{BORDERLINE}|", f"school_aid|{zhou[1].pk.hex}")
    with scope(System("test"), "测试"):
        paper = Paper.objects.get(case=case, name="家庭经济困难学生认定申请表")

    nothing = sent(client, case, "accept")
    no_day = sent(client, case, "accept", all_signed="1", **{f"paper-{paper.pk}": "promised"})
    until = timezone.localdate() + timedelta(days=9)
    done = sent(
        client, case, "accept", all_signed="1", **{f"paper-{paper.pk}": "promised", f"until-{paper.pk}": f"{until:%Y.%m.%d}"}
    )

    assert "家庭经济困难学生认定申请表" in alert(nothing)
    assert "诚信承诺和核对授权书" in alert(nothing)
    assert "哪一天以前补交" in alert(no_day)
    assert done.status_code == 302, alert(done)
    with scope(System("test"), "测试"):
        assert Consent.objects.filter(case=case, given=True).count() == 3
        assert Paper.objects.get(pk=paper.pk).promised_until == until


def test_what_was_promised_is_a_task_until_it_is_brought_and_who_refused_may_sign_later(enter_as, zhou):
    client = enter_as("shiliu")
    case = opened(client, *zhou)
    chosen(client, case, f"{BORDERLINE}|", f"school_aid|{zhou[1].pk.hex}")
    with scope(System("test"), "测试"):
        paper = Paper.objects.get(case=case, name="家庭经济困难学生认定申请表")
    until = timezone.localdate() + timedelta(days=9)
    promise = {f"paper-{paper.pk}": "promised", f"until-{paper.pk}": f"{until:%Y.%m.%d}"}
    done = sent(client, case, "accept", all_signed="1", **{f"consent-{zhou[1].pk.hex}": "no"}, **promise)
    assert done.status_code == 302, alert(done)
    with scope(System("test"), "测试"):
        task = Task.objects.get(case=case, kind="errand")
        assert (task.owner.username, task.due_on, task.done_at) == ("shiliu", until, None)
    assert "答应补交：家庭经济困难学生认定申请表" in client.get(reverse("visits")).content.decode()
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    assert reverse("case_bring", args=[case.pk]) in page
    assert f'value="member|{zhou[1].pk.hex}"' in page

    brought = reverse("case_bring", args=[case.pk])
    for _ in range(2):
        assert client.post(brought, {"paper": paper.pk, "key": "b1"}).status_code == 302
    again = client.post(brought, {"paper": paper.pk, "key": "b2"})
    assert (again.status_code, "已经交了" in alert(again)) == (422, True)
    signing = reverse("case_authorise", args=[case.pk])
    who = {"who": f"member|{zhou[1].pk.hex}"}
    assert client.post(signing, who | {"signed_on": "某天"}).status_code == 422
    assert "今天以后" in alert(client.post(signing, who | {"signed_on": f"{until:%Y.%m.%d}"}))
    assert "谁签的" in alert(client.post(signing, {"who": "member|x"}))
    assert client.post(signing, who).status_code == 302

    with scope(System("test"), "测试"):
        assert Paper.objects.get(pk=paper.pk).state == "brought"
        assert Task.objects.get(pk=task.pk).outcome == "材料已补交"
        assert not Consent.objects.filter(case=case, given=False).exists()
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    assert reverse("case_bring", args=[case.pk]) not in page
    assert signing not in page


def test_what_is_missing_is_told_once_and_stands_on_the_case(enter_as, zhou):
    client = enter_as("shiliu")
    case = opened(client, *zhou)
    chosen(client, case, f"{BORDERLINE}|")

    assert sent(client, case, "tell").status_code == 302

    assert now(case).papers_told_at is not None
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    assert "已一次性告知" in page
    assert "诚信承诺和核对授权书" in page


def test_a_member_who_refuses_the_authorisation_does_not_stop_acceptance(enter_as, zhou):
    client = enter_as("shiliu")
    case = opened(client, *zhou)
    chosen(client, case, f"{BORDERLINE}|")

    done = sent(client, case, "accept", all_signed="1", **{f"consent-{zhou[1].pk.hex}": "no"})

    assert done.status_code == 302, alert(done)
    with scope(System("test"), "测试"):
        assert sorted(Consent.objects.filter(case=case).values_list("given", flat=True)) == [False, True, True]


def test_a_paper_form_entered_after_a_power_cut_counts_from_the_day_it_was_received(enter_as, shen):
    client = enter_as("shiliu")
    home, person = shen
    received = timezone.localdate() - timedelta(days=3)
    case = opened(client, home, person, channel="paper", paper_number="0012", received_on=f"{received:%Y.%m.%d}")
    chosen(client, case, f"{LIVING}|{person.pk.hex}")
    sent(client, case, "accept")

    receipt = client.get(reverse("case_receipt", args=[case.pk])).content.decode()

    assert now(case).received_on == received
    assert "0012" in now(case).matter
    assert f"{received.year}年{received.month}月{received.day}日</b>（期限从这天算起）" in receipt
    assert "补录纸质表" in receipt


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"channel": "paper"}, "表的编号和收到的日子"),
        ({"channel": "relative"}, "代办人姓名"),
        ({"channel": "carrier pigeon"}, "怎么来申请"),
        ({"applicant": "0" * 32}, "哪位家庭成员"),
        ({"received_on": "2999.1.1"}, "在今天以后"),
        ({"received_on": "昨天"}, "昨天"),
    ],
)
def test_an_opening_that_cannot_be_is_refused_in_words(enter_as, shen, fields, why):
    client = enter_as("shiliu")
    home, person = shen
    address = reverse("case_apply", args=[home])

    answer = client.post(address, form_of(client, address) | {"applicant": person.pk.hex, "channel": "window"} | fields)

    assert answer.status_code == 422
    assert why in alert(answer)
    with scope(System("test"), "测试"):
        assert not Case.objects.exists()


def test_a_village_cadre_fills_in_and_hands_over_and_the_township_accepts(enter_as, shen):
    cadre, clerk = enter_as("dingxiang"), enter_as("shiliu")
    home, person = shen
    case = opened(cadre, home, person, channel="village")
    chosen(cadre, case, f"{LIVING}|{person.pk.hex}")
    assert 'value="accept"' not in cadre.get(reverse("case_papers", args=[case.pk])).content.decode()
    assert sent(cadre, case, "accept").status_code == 403
    assert sent(cadre, case, "submit").status_code == 302

    waiting = clerk.get(reverse("cases") + "?whose=all&state=submitted").content.decode()
    assert reverse("case", args=[case.pk]) in waiting
    assert "沈小满" not in waiting
    assert sent(clerk, case, "accept").status_code == 302
    assert now(case).first_assignee.username == "dingxiang"


def test_not_taking_in_needs_words_and_an_article_and_withdrawing_words(enter_as, shen):
    cadre, clerk = enter_as("dingxiang"), enter_as("shiliu")
    home, person = shen
    case = opened(cadre, home, person, channel="village")
    chosen(cadre, case, f"{LIVING}|{person.pk.hex}")
    sent(cadre, case, "submit")

    refused = clerk.post(reverse("case_turn_away", args=[case.pk]), {"words": "材料不全", "article": ""})
    assert refused.status_code == 422
    assert now(case).state == "submitted"
    address = reverse("case_withdraw", args=[case.pk])
    for sent_so, why in (({"words": "", "why": "lost"}, "联系了几次"), ({"words": "走了", "why": "x"}, "请选为什么不再办")):
        again = clerk.post(address, sent_so)
        assert (again.status_code, why in again.content.decode(), now(case).state) == (422, True, "submitted")
    clerk.post(address, {"words": "打了五次电话，村里也没找到人。", "why": "lost"})
    assert now(case).state == "withdrawn"
    assert "多次联系不上：打了五次电话" in clerk.get(reverse("case", args=[case.pk])).content.decode()
    told = clerk.get(reverse("progress_of", args=[case.receipt_code])).content.decode()
    assert ("一直联系不上您" in told, "打了五次电话" in told) == (True, False)


def test_the_list_shows_mine_and_what_is_overdue_first_and_is_exported_masked(enter_as, shen, zhou):
    client = enter_as("shiliu")
    case, draft = accepted(client, *shen), opened(client, *zhou)
    with scope(System("test"), "测试"):
        Case.objects.filter(pk=case.pk).update(due_on=timezone.localdate() - timedelta(days=1))

    body = client.get(reverse("cases")).content.decode()
    late = client.get(reverse("cases") + "?whose=all&late=yes").content.decode()
    sheet = client.get(reverse("cases_export") + "?whose=all")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()

    assert body.index(str(case.pk)) < body.index(str(draft.pk))
    assert '<span class="chip late">超期</span>' in body
    assert str(draft.pk) not in late
    assert [row[0] for row in rows[1:]] == [case.number, "未编号"]
    assert [row[2] for row in rows[1:]] == ["沈**", "周**"]
    assert client.get(reverse("cases_export") + "?as=csv").content.decode("utf-8-sig").count("\n") == 3
    assert enter_as("dingxiang").get(reverse("cases_export")).status_code == 403


def test_the_page_of_a_case_shows_its_stages_dates_and_what_happened(enter_as, shen):
    client = enter_as("shiliu")
    case = accepted(client, *shen)

    body = client.get(reverse("case", args=[case.pk])).content.decode()
    stages = re.findall(r"<li[^>]*><b>([^<]+)</b><span class=\"small quiet\">", body[body.index('class="stages"') :])

    assert stages[:7] == ["告知", "受理", "承办", "批准", "办结", "送达", "评价"]
    assert re.search(r'class="now" aria-current="step"><b>承办', body)
    assert "办件号 " + case.number in body
    assert "保存" not in body[body.index("<h2>经过") :]


def test_whoever_holds_the_receipt_sees_where_it_stands_without_a_log_in_and_without_a_name(enter_as, county, shen):
    case = accepted(enter_as("shiliu"), *shen)
    citizen = Client()
    code = f" {case.receipt_code[:5].lower()} {case.receipt_code[5:]}"

    led = citizen.post(reverse("progress"), {"code": code})
    body = citizen.get(led["Location"]).content.decode()

    assert "正在办理" in body
    assert "石榴" in body
    assert "12349" in body
    assert "最晚" in body
    for row in county.people:
        assert row["姓名"] not in body
        assert row["身份证号"] not in body


def test_a_wrong_code_and_none_at_all_tell_nothing(county):
    citizen = Client()

    wrong = citizen.get(reverse("progress_of", args=["ABCDE23456"]))
    nothing = citizen.post(reverse("progress"), {"code": " - "})

    assert (wrong.status_code, nothing.status_code) == (404, 422)
    assert "没有查到" in wrong.content.decode()
    assert "请输入" in nothing.content.decode()


def test_who_guesses_codes_is_stopped_and_another_address_is_not(enter_as, shen):
    case = accepted(enter_as("shiliu"), *shen)
    guesser, other = Client(), Client(REMOTE_ADDR="10.9.8.7")
    right = reverse("progress_of", args=[case.receipt_code])

    answers = [guesser.get(reverse("progress_of", args=[f"ABCDE2345{n}"])).status_code for n in range(12)]

    assert answers[:10] == [404] * 10
    assert answers[-1] == 429
    assert guesser.get(right).status_code == 429
    assert other.get(right).status_code == 200


def test_a_family_that_looks_often_is_not_stopped(enter_as, shen):
    case = accepted(enter_as("shiliu"), *shen)
    citizen = Client()

    assert {citizen.get(reverse("progress_of", args=[case.receipt_code])).status_code for _ in range(30)} == {200}


def test_the_door_stays_closed_beside_the_progress_page(county):
    citizen = Client()

    for name in ("home", "cases", "people", "cases_export"):
        assert citizen.get(reverse(name))["Location"].startswith("/login/")
    assert citizen.get("/progress/../cases/").status_code in (302, 404)
