"""A guardian at the window: recorded with the paper, waiting for a colleague, confirmed, used where somebody signs, ended."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.journeys.seat import picture
from tests.registry.guarded import AUNT
from tests.web.test_cases_window import chosen, form_of, household, opened
from yimen.office.access import System, scope
from yimen.registry.models import Guardianship

pytestmark = pytest.mark.django_db


@pytest.fixture
def shen(county):
    county.post("zisu", "town_clerk", "990101002", name="演示zisu")
    return household("沈小满")


@pytest.fixture
def photo(tmp_path):
    content = picture(tmp_path).read_bytes()
    return lambda: SimpleUploadedFile("w.png", content, content_type="image/png")


def recorded(client, home, person, photo, **more):
    address = reverse("guardians", args=[home])
    fields = form_of(client, address) | {
        "ward": person.pk.hex,
        "capacity": "limited",
        "name": "沈大姑",
        "id_number": AUNT,
        "relation": "姑姑",
        "paper": "法院判决书",
        "reason": "判决认定限制民事行为能力",
        "starts_on": "2025.3.1",
        "photo": photo(),
    }
    return client.post(address, fields | more)


def rows():
    with scope(System("test"), "测试"):
        return list(Guardianship.objects.all())


def test_one_records_a_guardian_another_confirms_and_then_the_guardian_signs(enter_as, shen, photo):
    (home, person), clerk, colleague = shen, enter_as("shiliu"), enter_as("zisu")
    address = reverse("guardians", args=[home])
    assert "没有登记过监护" in clerk.get(address).content.decode()
    for _ in range(2):
        assert recorded(clerk, home, person, photo, key="same").status_code == 302
    (one,) = rows()
    own, step = clerk.get(address).content.decode(), reverse("guardianship", args=[home, one.pk])
    assert "等另一位同事核对" in own
    assert "看过文书，核对无误" not in own
    assert clerk.post(step, {"do": "confirm", "key": "k1"}).status_code == 422
    assert "份委托书、监护文书等您核对" not in clerk.get(reverse("home")).content.decode()

    waits = colleague.get(reverse("from_home")).content.decode()
    assert address in waits
    assert "1 份委托书、监护文书等您核对" in colleague.get(reverse("home")).content.decode()
    assert colleague.get(step)["Content-Type"] == "image/png"
    assert colleague.post(step, {"do": "confirm", "key": "k2"}).status_code == 302
    assert "没有登记过" not in colleague.get(address).content.decode()

    case = opened(clerk, home, person)
    chosen(clerk, case, "subsistence_allowance|")
    papers = clerk.get(reverse("case_papers", args=[case.pk])).content.decode()
    assert "限制民事行为能力" in papers
    assert 'value="沈大姑"' in papers


def test_what_cannot_be_confirmed_is_sent_back_with_its_reason_and_that_is_shown(enter_as, shen, photo):
    (home, person), clerk, colleague = shen, enter_as("shiliu"), enter_as("zisu")
    recorded(clerk, home, person, photo)
    step = reverse("guardianship", args=[home, rows()[0].pk])

    assert colleague.post(step, {"words": "", "key": "k1"}).status_code == 422
    sent_back = colleague.post(step, {"words": "文书看不清，请重拍", "key": "k2"}, follow=True).content.decode()
    assert ("登记的人看得到原因" in sent_back, "已终止" in sent_back) == (True, False)

    body = clerk.get(reverse("guardians", args=[home])).content.decode()
    assert "已退回" in body
    assert "文书看不清，请重拍" in body


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"ward": "x"}, "给哪位家庭成员"),
        ({"starts_on": ""}, "从哪天起"),
        ({"starts_on": "昨天"}, "昨天"),
        ({"capacity": "minor"}, "已满十八周岁"),
        ({"ends_on": f"{timezone.localdate() - timedelta(days=1):%Y.%m.%d}"}, "起止日期"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(enter_as, shen, photo, wrong, why):
    answer = recorded(enter_as("shiliu"), *shen, photo, **wrong)
    body = answer.content.decode()
    assert (answer.status_code, why in body, 'value="沈大姑"' in body) == (422, True, True)
    assert rows() == []
