"""Asking for an opinion at the window: the key, the code on a phone, the pad; who sees the sums and who does not."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from yimen.cases.models import HallOpinion, HallVisit, Task
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def body(answer):
    return answer.content.decode()


def asked(client, **about):
    answer = client.post(reverse("rating_ask"), {"key": "k1"} | about)
    assert answer.status_code == 302
    return answer["Location"]


def code_on(page):
    return re.search(r"/rate/([0-9A-Z]{10})/", page)[1]


def test_from_the_key_at_the_window_to_the_grade_on_a_phone_that_the_window_does_not_see(enter_as):
    client, phone = enter_as("shiliu"), Client()
    assert "F7" in body(client.get(reverse("help")))
    address = asked(client)
    # Pressed twice it is one service.
    assert asked(client) == address
    code = code_on(body(client.get(address)))

    page = body(phone.get(reverse("rate", args=[code])))
    assert "刚才办得怎么样" in page
    assert phone.post(reverse("rate_give", args=[code]), {"grade": "2", "words": "窗口没开", "key": "p1"}).status_code == 302
    assert "您的评价收到了" in body(phone.get(reverse("rate", args=[code])))

    mine = body(client.get(address))
    assert "已经评价" in mine
    assert "不满意" not in mine
    assert enter_as("dingxiang").get(address).status_code == 404


def test_a_wrong_code_is_told_the_same_and_guessing_ends_soon(enter_as):
    phone = Client()
    answers = [phone.get(reverse("rate", args=[f"AAAAAAAA{one:02d}"])).status_code for one in range(12)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_the_code_of_the_slip_is_also_found_from_the_progress_page(enter_as):
    client = enter_as("shiliu")
    code = code_on(body(client.get(asked(client))))
    assert Client().get(reverse("progress_of", args=[code]))["Location"] == reverse("rate", args=[code])


def test_the_pad_asks_after_the_service_and_thanks(enter_as):
    client, pad = enter_as("shiliu"), Client()
    code = re.search(r"/pad/([0-9A-Z]{10})/", body(client.post(reverse("rating_pad"))))[1]
    address = reverse("pad", args=[code])
    assert "欢迎您来办事" in body(pad.get(address))
    asked(client)
    page = body(pad.get(address))
    assert "刚才办得怎么样" in page
    visit = re.search(r'name="visit" value="([0-9A-Z]{10})"', page)[1]

    done = pad.post(reverse("pad_give", args=[code]), {"grade": "5", "visit": visit, "key": "q1"})
    assert "谢谢您" in body(pad.get(done["Location"]))
    with scope(System("test"), "测试"):
        assert HallOpinion.objects.get().device == "pad"
    # A grade for a service that the pad no longer shows touches nobody's.
    pad.post(reverse("pad_give", args=[code]), {"grade": "1", "visit": visit, "key": "q2"})
    with scope(System("test"), "测试"):
        assert HallOpinion.objects.count() == 1
        assert not Task.objects.filter(kind="rating").exists()
    assert pad.get(reverse("pad", args=["AAAAAAAAAA"])).status_code == 404


def test_the_leader_sees_the_service_points_and_the_window_does_not(enter_as, county):
    client = enter_as("shiliu")
    code = code_on(body(client.get(asked(client))))
    Client().post(reverse("rate_give", args=[code]), {"grade": "1", "words": "等太久", "key": "p1"})
    assert "各服务点" not in body(client.get(reverse("ratings")))

    county.post("lingdao", "county_leader", "990101")
    page = body(enter_as("lingdao").get(reverse("ratings")))
    assert "各服务点" in page
    assert "等太久" in page
    with scope(System("test"), "测试"):
        assert HallVisit.objects.count() == 1
