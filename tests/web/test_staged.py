"""急难型 at the desk: given first on one form, checked, confirmed by another, paid in stages; what is wrong is told in words."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import localdate

from tests.office.test_pictures import jpeg
from tests.web.test_urgent import TOWN, body, funded, registered  # noqa: F401
from yimen.benefits.models import Grant
from yimen.cases.models import UrgentStage
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def to_urgent(client):
    return registered(client).replace("/urgent/", "/urgent-aid/")


def given(client, address, **more):
    page = body(client.get(address))
    fields = re.findall(r'name="(yuan-[0-9a-f]{32})"', page)
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)[1]
    sent = {"key": key, "cause": "fire", "words": "昨夜失火，没有住处", fields[0]: "1500"} | more
    return sent, client.post(address, sent)


def keys(page):
    return re.search(r'name="yuan-2-([0-9a-f]{32})"', page)[1]


def test_first_the_money_then_the_checks_and_another_s_yes(enter_as, county, funded):  # noqa: F811
    client = enter_as("shiliu")
    funded.post(reverse("reserve_fund"), {"area": TOWN, "yuan": "9,000", "words": "花财社〔2026〕2号"})
    asked = to_urgent(client)
    sent, answer = given(client, asked)
    address = answer["Location"]
    # Sent again, it is given once.
    assert client.post(asked, sent)["Location"] == address
    page = body(client.get(address))
    assert "以前核实、补办手续" in page
    assert "次日起算" in page

    said = {"words": "入户看过", "holds": "yes", "on-2": localdate().isoformat()}
    wrong = client.post(address + "steps/check/", said | {f"yuan-2-{keys(page)}": "1500.01"})
    assert wrong.status_code == 422
    assert "入户看过" in body(wrong)
    done = client.post(address + "steps/check/", {"words": "入户看过", "holds": "yes"})
    assert done.status_code == 302, body(done)

    assert "等另一位审核确认" in body(client.get(address))
    with scope(System("test"), "测试"):
        assert UrgentStage.objects.count() == 1
        assert not Grant.objects.filter(policy="urgent_temporary_aid").exists()


def test_too_much_at_first_is_refused_and_what_was_typed_stays(enter_as, funded):  # noqa: F811
    client = enter_as("shiliu")
    address = to_urgent(client)
    page = body(client.get(address))
    field = re.search(r'name="(yuan-[0-9a-f]{32})"', page)[1]
    answer = client.post(address, {"key": "k2", "cause": "fire", "words": "房子烧了", field: "2000.01"})

    assert answer.status_code == 422
    assert "先行救助一人最高 2,000.00 元" in body(answer)
    assert 'value="2000.01"' in body(answer)


def test_a_minute_is_kept_as_paper_and_shown_with_who_met(enter_as, funded):  # noqa: F811
    client = enter_as("shiliu")
    _, answer = given(client, to_urgent(client), paid="elsewhere")
    address = answer["Location"]
    sent = {"held_on": localdate().isoformat(), "yuan": "9000", "present": "陆知夏、顾清风", "reason": "房屋全毁，要过冬"}

    without = client.post(address + "steps/minute/", sent)
    assert without.status_code == 422
    assert "照片" in body(without)
    paper = SimpleUploadedFile("m.jpg", jpeg(), content_type="image/jpeg")
    assert client.post(address + "steps/minute/", sent | {"paper": paper}).status_code == 302

    page = body(client.get(address))
    assert "陆知夏、顾清风" in page
    assert "9,000.00" in page
    photo = client.get(re.search(r"/urgent/minutes/[0-9a-f-]{36}/", page)[0])
    assert photo["Content-Type"] == "image/jpeg"
    cadre = enter_as("dingxiang")
    assert cadre.get(re.search(r"/urgent/minutes/[0-9a-f-]{36}/", page)[0]).status_code == 403


def test_the_notice_of_what_was_given_first_is_printed(enter_as, funded):  # noqa: F811
    client = enter_as("shiliu")
    _, answer = given(client, to_urgent(client), paid="elsewhere")
    case = re.search(r"/urgent/([0-9a-f-]{36})/", answer["Location"])[1]

    printed = client.get(reverse("case_print", args=[case, "urgent"]))
    assert printed["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
