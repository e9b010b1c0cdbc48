"""What a person reads when something cannot be done: in Chinese, why, and what next."""

import re

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_an_address_that_never_was_and_one_elsewhere_say_the_same(enter_as, county):
    client = enter_as("foreign")
    nowhere = client.get("/households/00000000-0000-0000-0000-000000000000/")
    unknown = client.get("/no-such-page/")

    assert nowhere.status_code == unknown.status_code == 404
    assert _without_token(nowhere) == _without_token(unknown)
    assert "别的辖区的居民和线索" in nowhere.content.decode()


def _without_token(answer):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())


def test_a_form_that_lay_too_long_is_refused_in_words(enter_as, county):
    client = Client(enforce_csrf_checks=True)
    client.cookies = enter_as("luzhixia").cookies

    answer = client.post(reverse("people"), {"text": "x"})

    assert answer.status_code == 403
    assert "什么都没有改变" in answer.content.decode()


def test_a_fault_of_the_program_is_told_without_details(enter_as, county, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("yimen.web.leader.desk.figures", fail)
    client = enter_as("luzhixia")
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 500
    assert "程序出了差错" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


def test_closing_without_a_reason_is_refused_on_the_page_itself(enter_as, county):
    client = enter_as("luzhixia")
    page = client.get(reverse("findings") + "?kind=wrong&area=990101002001").content.decode()
    finding = page.split('class="go" href="/findings/')[1].split("/")[0]

    answer = client.post(reverse("finding_close", args=[finding]), {"words": "  "})

    assert answer.status_code == 422
    assert "请写明关闭的理由" in answer.content.decode()


def test_a_finding_is_handed_only_to_somebody_who_answers_for_the_place(enter_as, county):
    client = enter_as("luzhixia")
    page = client.get(reverse("findings") + "?kind=wrong&area=990101002001").content.decode()
    finding = page.split('class="go" href="/findings/')[1].split("/")[0]

    wrong = client.post(reverse("finding_hand_on", args=[finding]), {"to": "foreign", "words": "x"})
    right = client.post(reverse("finding_hand_on", args=[finding]), {"to": "shiliu", "words": "请本周入户"})

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert "已转给<b>石榴</b>：请本周入户" in client.get(right["Location"]).content.decode()
