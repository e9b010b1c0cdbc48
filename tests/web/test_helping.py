"""Acting for another through the pages: an authority at the window, and the helping agent's own desk."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.journeys.seat import number_of, picture
from tests.web.test_cases_window import LIVING, alert, form_of, hidden, household, now, opened
from yimen.cases.models import Authority, Case, Paper
from yimen.office.access import System, scope
from yimen.office.audit import reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def shen(county):
    home, person = household("沈小满")
    with scope(System("test"), "测试"), reading("测试"):
        return home, person, person.id_number


@pytest.fixture
def photo(tmp_path):
    content = picture(tmp_path).read_bytes()
    return lambda: SimpleUploadedFile("w.png", content, content_type="image/png")


def registered(client, home, person, photo, **more):
    """Register the nephew's authority at the window."""
    address = reverse("authorities", args=[home])
    until = timezone.localdate() + timedelta(days=90)
    fields = form_of(client, address) | {
        "principal": person.pk.hex,
        "agent_name": "沈大海",
        "agent_number": number_of("19850304", 5),
        "relation": "侄子",
        "matters": ["apply", "papers"],
        "starts_on": f"{timezone.localdate():%Y.%m.%d}",
        "ends_on": f"{until:%Y.%m.%d}",
        "photo": photo(),
    }
    return client.post(address, fields | more)


def held():
    with scope(System("test"), "测试"):
        return list(Authority.objects.all())


def test_an_authority_is_registered_once_shown_used_and_taken_back(enter_as, shen, photo):
    home, person, _ = shen
    client = enter_as("shiliu")
    first = registered(client, home, person, photo, key="same")
    registered(client, home, person, photo, key="same")
    assert first.status_code == 302, alert(first)
    (authority,) = held()
    shown = client.get(reverse("authority", args=[home, authority.pk]))
    assert shown["Content-Type"] == "image/png"

    case = opened(client, home, person, channel="relative", authority=authority.pk.hex)
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    assert "沈大海（侄子）代办" in page
    assert "凭委托书" in page

    address = reverse("authority", args=[home, authority.pk])
    assert "为什么撤销" in alert(client.post(address, {"key": "r1", "words": ""}))
    assert client.post(address, {"key": "r2", "words": "本人说不用了"}).status_code == 302
    assert "本人说不用了" in client.get(reverse("authorities", args=[home])).content.decode()
    again = client.post(
        reverse("case_apply", args=[home]),
        form_of(client, reverse("case_apply", args=[home]))
        | {"applicant": person.pk.hex, "channel": "relative", "authority": authority.pk.hex},
    )
    assert "已经撤销" in alert(again)


def test_a_promised_authority_stands_among_the_papers_until_it_is_registered(enter_as, shen, photo):
    home, person, _ = shen
    client = enter_as("shiliu")
    until = timezone.localdate() + timedelta(days=7)
    told = {"helper_name": "沈大海", "helper_relation": "侄子", "authority_promised": f"{until:%Y.%m.%d}"}
    case = opened(client, home, person, channel="relative", **told)
    with scope(System("test"), "测试"):
        assert Paper.objects.get(case=case, name="委托书").promised_until == until
    registered(client, home, person, photo)

    assert now(case).authority_id == held()[0].pk
    assert "照片1" in client.get(reverse("case", args=[case.pk])).content.decode()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"principal": "0"}, "哪位家庭成员"),
        ({"matters": []}, "至少一项"),
        ({"ends_on": "从前"}, "止期"),
        ({"nothing": True}, "拍照或扫描"),
        ({"agent_number": "1"}, "受托人"),
    ],
)
def test_what_is_wrong_with_an_authority_is_said_and_what_was_typed_stays(enter_as, shen, photo, changed, why):
    home, person, _ = shen
    picked = (lambda: "") if changed.get("nothing") else photo
    answer = registered(enter_as("shiliu"), home, person, picked, **changed)

    assert answer.status_code == 422
    assert why in alert(answer)
    assert 'value="沈大海"' in answer.content.decode()
    assert held() == []


def test_a_blank_authority_is_printed(enter_as, county):
    assert enter_as("shiliu").get(reverse("authority_print"))["Content-Type"] == "application/pdf"


@pytest.fixture
def agent(county, enter_as):
    county.post("helper", "helping_agent", "990101002")
    return enter_as("helper")


def own(agent, number, photo, *, name="沈小满", **more):
    """Let the agent enter the authority given to them."""
    until = timezone.localdate() + timedelta(days=90)
    fields = {
        "key": hidden(agent.get(reverse("helping_new")).content.decode(), "key"),
        "name": name,
        "number": number,
        "agent_number": number_of("19900101", 60),
        "matters": ["apply", "ask"],
        "starts_on": f"{timezone.localdate():%Y.%m.%d}",
        "ends_on": f"{until:%Y.%m.%d}",
        "photo": photo(),
    }
    return agent.post(reverse("helping_new"), fields | more)


def see(clerk, home):
    """Let the window see the paper an agent has entered."""
    waits = clerk.get(reverse("from_home")).content.decode()
    assert reverse("authorities", args=[home]) in waits
    address = reverse("authority", args=[home, held()[0].pk])
    assert address in clerk.get(reverse("authorities", args=[home])).content.decode()
    return clerk.post(address, {"key": "seen", "do": "confirm"}, follow=True)


def test_a_helping_agent_goes_from_the_authority_to_a_submitted_application(agent, enter_as, shen, photo):
    home, person, number = shen
    assert "还没有人委托您" in agent.get("/").content.decode()
    assert own(agent, number, photo).status_code == 302
    page = agent.get("/").content.decode()
    assert ("待核对" in page, "沈小满一户" in page) == (True, False)
    assert "委托书已核对" in see(enter_as("shiliu"), home).content.decode()
    page = agent.get("/").content.decode()
    assert ("待核对" in page, "沈小满一户" in page) == (False, True)
    assert number not in page
    key = hidden(page, "key")

    answers = [agent.post(reverse("helping_apply", args=[home]), {"key": one}) for one in (key, key, "another")]

    with scope(System("test"), "测试"):
        case = Case.objects.get()
        assert (case.channel, case.opened_by.username, case.authority_id) == ("agent", "helper", held()[0].pk)
        assert case.first_assignee.username != "helper"
    assert {one["Location"] for one in answers} == {reverse("case_interview", args=[case.pk])}
    interview = agent.get(reverse("case_interview", args=[case.pk])).content.decode()
    assert "有一份还没交的申请，接着填" in interview
    goes_on = agent.get("/").content.decode()
    assert ("接着填" in goes_on, reverse("helping_apply", args=[home]) in goes_on) == (True, False)
    assert "残联" not in re.sub(r"(?s)<select.*?</select>", "", interview)
    address = reverse("case_choose", args=[case.pk])
    agent.post(address, form_of(agent, address) | {"asked": [f"{LIVING}|{person.pk.hex}"]})
    address = reverse("case_papers", args=[case.pk])
    sent = agent.post(address, form_of(agent, address) | {"do": "submit"}, follow=True)
    assert "申请已交到窗口，等候受理" in sent.content.decode()
    refused = agent.post(address, form_of(agent, address) | {"do": "accept"})
    assert refused.status_code == 403
    assert now(case).state == "submitted"
    agent.post(reverse("helping_apply", args=[home]), {"key": "for something else"})
    with scope(System("test"), "测试"):
        assert Case.objects.count() == 2


def test_what_cannot_be_confirmed_is_sent_back_and_the_agent_reads_why(agent, enter_as, shen, photo):
    home, _, number = shen
    own(agent, number, photo)
    page = agent.get("/").content.decode()
    assert ("待核对" in page, "还没有人委托您" in page) == (True, False)
    clerk = enter_as("shiliu")
    assert "1 份委托书、监护文书等您核对" in clerk.get("/").content.decode()
    address = reverse("authority", args=[home, held()[0].pk])

    unsaid = clerk.post(address, {"key": "k1", "words": " "})
    assert (unsaid.status_code, "写明为什么退回" in unsaid.content.decode()) == (422, True)
    done = clerk.post(address, {"key": "k2", "words": "没有委托人签名"}, follow=True).content.decode()

    assert "已退回，登记的人看得到原因" in done
    assert '<span class="chip">已退回</span>' in done
    page = agent.get("/").content.decode()
    assert "为什么：<b>没有委托人签名</b>" in page
    assert ("沈**" in page, "沈小满" in page) == (True, False)
    assert "待核对" not in page
    assert "等您核对" not in clerk.get("/").content.decode()


def test_beyond_their_own_a_helping_agent_opens_nothing(agent, shen, photo):
    home, person, number = shen
    own(agent, number, photo)
    for address in (
        reverse("household", args=[home]),
        reverse("person_help", args=[person.pk]),
        reverse("authorities", args=[home]),
        reverse("case_apply", args=[home]),
        reverse("people"),
        reverse("cases"),
        reverse("from_home"),
    ):
        assert agent.get(address).status_code == 403, address
    other, _ = household("周霜降")
    assert agent.post(reverse("helping_apply", args=[other]), {"key": "k"}).status_code == 404


def test_names_and_numbers_that_do_not_fit_are_answered_alike_and_soon_not_at_all(agent, shen, photo):
    _, _, number = shen
    said = {
        alert(own(agent, typed, photo, name=name)) for name, typed in (("王五", number), ("沈小满", number_of("19700101", 8)))
    }
    assert len(said) == 1
    for _ in range(20):
        answer = own(agent, number_of("19700101", 8), photo)
    assert "登记得太多了" in alert(answer)
    assert held() == []


def test_entrusted_with_the_papers_alone_the_agent_sees_what_is_wanted_and_nothing_of_the_household(agent, enter_as, shen, photo):
    home, _, number = shen
    window = enter_as("shiliu")
    own(agent, number, photo)
    see(window, home)
    agent.post(reverse("helping_apply", args=[home]), {"key": hidden(agent.get("/").content.decode(), "key")})
    with scope(System("test"), "测试"):
        case = Case.objects.get()
    window.post(reverse("authority", args=[home, held()[0].pk]), {"key": "back", "words": "只让他跑腿"})
    own(agent, number, photo, matters=["papers"])
    second = next(one for one in held() if one.revoked_at is None)
    window.post(reverse("authority", args=[home, second.pk]), {"key": "seen2", "do": "confirm"})

    page = agent.get("/").content.decode()
    assert "看不到他家的情况" in page
    assert "一户" not in page
    assert "要取的材料" in agent.get(reverse("helping_case", args=[case.pk])).content.decode()
    for name in ("case_interview", "case_choose", "case_papers", "case_receipt"):
        assert agent.get(reverse(name, args=[case.pk])).status_code == 403, name
