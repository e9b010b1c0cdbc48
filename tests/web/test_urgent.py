"""At the window: somebody from elsewhere is registered and helped the same day; complaints are entered and answered."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.office.test_pictures import jpeg
from yimen.benefits.models import CharityGift, Reserve, ReserveEntry
from yimen.cases.models import Case, Report
from yimen.office.access import System, scope
from yimen.office.models import Area, AuditEntry, Post, Staff
from yimen.registry.id_numbers import check_digit
from yimen.registry.models import Household
from yimen.screening.models import Finding

pytestmark = pytest.mark.django_db
VILLAGE, TOWN = "990101002001", "990101002"


def number(born_on, serial):
    first = f"990404{born_on:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


def body(answer):
    return answer.content.decode()


@pytest.fixture
def funded(enter_as, county):
    client = enter_as("luzhixia")
    answer = client.post(reverse("reserve_fund"), {"area": TOWN, "yuan": "1,000", "words": "花财社〔2026〕1号"})
    assert answer.status_code == 302
    return client


def couple(**more):
    lines = {
        "village": VILLAGE,
        "category": "农",
        "then": "urgent",
        "key": uuid.uuid4().hex,
        "name0": "冯过客",
        "number0": number(date(1980, 3, 2), 101),
        "relation0": "户主",
        "elsewhere0": "on",
        "name1": "程路上",
        "number1": number(date(1982, 7, 9), 102),
        "relation1": "配偶",
        "elsewhere1": "on",
    }
    return lines | more


def registered(client):
    answer = client.post(reverse("household_new"), couple())
    assert answer.status_code == 302, body(answer)
    return answer["Location"]


def given(client, address, **more):
    page = body(client.get(address))
    fields = re.findall(r'name="(yuan-[0-9a-f]{32})"', page)
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)[1]
    sent = {"key": key, "cause": "traffic", "words": "过境翻车，没钱住店", fields[0]: "300", fields[1]: "200.50"} | more
    return sent, client.post(address, sent)


def test_a_couple_from_another_province_is_registered_and_helped_on_two_short_pages(enter_as, funded):
    client = enter_as("shiliu")
    address = registered(client)
    _, answer = given(client, address)
    page = body(client.get(answer["Location"]))

    assert "200.50" in page
    assert "等另一位同事" in page
    assert "缺收据" in page
    assert "冯过客" not in body(funded.get(reverse("reserve") + f"?area={TOWN}"))
    with scope(System("test"), "测试"):
        assert Reserve.objects.get().balance_fen == 49950


def test_the_same_form_sent_three_times_gives_once(enter_as, funded):
    client = enter_as("shiliu")
    address = registered(client)
    sent, first = given(client, address)

    again = [client.post(address, sent)["Location"] for _ in range(2)]

    assert again == [first["Location"]] * 2
    with scope(System("test"), "测试"):
        assert Reserve.objects.get().balance_fen == 49950


def test_too_much_is_refused_in_words_and_what_was_typed_stays(enter_as, funded):
    client = enter_as("shiliu")
    address = registered(client)

    page = body(client.get(address))
    field = re.search(r'name="(yuan-[0-9a-f]{32})"', page)[1]
    answer = client.post(address, {"key": "k1", "cause": "fire", "words": "房子烧了", field: "99999"})

    assert answer.status_code == 422
    assert "最高" in body(answer)
    assert 'value="99999"' in body(answer)
    assert "房子烧了" in body(answer)


def test_a_colleague_with_the_post_confirms_and_the_household_shows_it_once_with_totals(enter_as, county, funded):
    client = enter_as("shiliu")
    address = registered(client)
    _, answer = given(client, address)
    county.post("queren", "town_approver", TOWN)
    second = enter_as("queren")

    done = second.post(answer["Location"] + "confirm/")

    assert done.status_code == 302
    assert "都已经确认" in body(second.get(answer["Location"]))
    home = re.search(r"/households/([0-9a-f-]{36})/", address)[1]
    page = body(second.get(reverse("household", args=[home])))
    assert "乡镇备用金合计" in page
    assert "财政资金合计" not in page
    total = page[page.index("累计：按项目和资金") :]
    assert re.search(r"小额快救</td><td>乡镇备用金</td><td class=\"num\">\d", total)
    trail = page[page.index("一户一条救助链") :]
    assert re.search(r"得到临时救助·小额快救.*元，乡镇备用金", trail, re.DOTALL)
    assert "先行救助" in trail
    assert "确认同意（临时救助·小额快救）" in trail


def test_whoever_gave_is_refused_the_confirmation_in_words(enter_as, county, funded):
    county.post("both", "town_clerk", TOWN)
    Post.objects.create(
        staff=Staff.objects.get(username="both"),
        kind="town_approver",
        area=Area.objects.get(code=TOWN),
        starts_on=date(2020, 1, 1),
    )
    client = enter_as("both")
    _, answer = given(client, registered(client))

    refused = client.post(answer["Location"] + "confirm/")

    assert refused.status_code == 422
    assert "不能是同一个人" in body(refused)


def test_a_wrong_number_is_told_with_its_line_and_nothing_is_lost(enter_as, county):
    client = enter_as("shiliu")

    answer = client.post(reverse("household_new"), couple(number1="990404198207091029"))

    assert answer.status_code == 422
    assert "第 2 人" in body(answer)
    assert "冯过客" in body(answer)
    with scope(System("test"), "测试"):
        assert not Household.objects.filter(number__startswith="手").exists()


def complained(client, **more):
    sent = {"kind": "complaint", "village": VILLAGE, "about": "村东的人", "key": uuid.uuid4().hex, "channel": "phone"} | more
    answer = client.post(reverse("report_new"), sent)
    assert answer.status_code == 302, body(answer)
    return answer["Location"]


def test_who_complained_shows_on_no_page_and_no_export_to_a_colleague(enter_as, county):
    address = complained(enter_as("luzhixia"), informant="贺知情", informant_phone="13911112222", words="他家有车")
    client = enter_as("shiliu")

    for place in (address, reverse("reports"), reverse("home"), reverse("findings"), reverse("findings_export") + "?as=csv"):
        assert "贺知情" not in body(client.get(place))
    assert "您的岗位不能看" in body(client.get(address))
    refused = client.post(address + "name/", {"purpose": "好奇"})
    assert refused.status_code == 403
    assert AuditEntry.objects.filter(refused=True, staff__username="shiliu").exists()
    assert "贺知情" not in "".join(str(one.detail) + one.purpose for one in AuditEntry.objects.all())


def test_who_may_opens_the_name_with_a_purpose_on_that_page_alone(enter_as, county):
    client = enter_as("luzhixia")
    address = complained(client, informant="贺知情")

    assert "贺知情" not in body(client.get(address))
    assert client.post(address + "name/", {"purpose": " "}).status_code == 422
    assert "贺知情" in body(client.post(address + "name/", {"purpose": "当面核实"}))
    assert "贺知情" not in body(client.get(address))
    assert AuditEntry.objects.filter(purpose="看举报人：当面核实").exists()


def test_an_anonymous_complaint_is_ended_and_answered(enter_as, county):
    client = enter_as("shiliu")
    address = complained(client)

    assert "匿名举报" in body(client.get(address))
    client.post(address + "end/", {"words": "到村核实，没有这个人。"})
    client.post(address + "answer/", {"words": "已核实，情况不属实。"})

    assert "已核实，情况不属实。" in body(client.get(address))


def test_a_cadre_reports_with_two_fields(enter_as, county):
    client = enter_as("dingxiang")

    answer = client.post(
        reverse("report_new"), {"kind": "report", "about": "老沈", "village": VILLAGE, "key": "k", "channel": "village"}
    )

    assert answer.status_code == 302
    with scope(System("test"), "测试"):
        assert Report.objects.get().owner.username in ("shiliu", "luzhixia")
    assert "老沈" in body(client.get(answer["Location"]))


def test_a_report_by_voice_is_heard_again_and_no_photo_lies_there_without_consent(enter_as, county):
    client = enter_as("shiliu")
    voice = SimpleUploadedFile("a.ogg", b"OggS" + b"0" * 50)
    address = complained(client, kind="report", voice=voice, photo=SimpleUploadedFile("a.jpg", jpeg()))

    assert b"".join(client.get(address + "voice/").streaming_content).startswith(b"OggS")
    assert client.get(address + "photo/").status_code == 404
    assert AuditEntry.objects.filter(purpose="听报告录音").exists()


def test_a_finding_is_taken_up_heard_and_settled_from_its_page(enter_as, county):
    client = enter_as("shiliu")
    with scope(System("test"), "测试"):
        finding = Finding.objects.filter(kind="wrong", area_path__startswith="99.9901.990101.990101002.").earliest("pk")
    assert "立案核查" in body(client.get(reverse("finding", args=[finding.pk])))

    check = client.post(reverse("finding_take_up", args=[finding.pk]))["Location"]
    refused = client.post(check + "settle/", {"way": "check_out", "words": "不再符合"})
    client.post(check + "hear/", {"said": "本人说车是借的", "on": "2026-01-05"})
    done = client.post(check + "settle/", {"way": "check_out", "words": "不再符合"})

    assert refused.status_code == 422
    assert "第四十八条" in body(refused)
    assert done.status_code == 302
    page = body(client.get(reverse("finding", args=[finding.pk])))
    assert "核查过，核查退出" in page
    assert "已写明理由" in page


def test_a_missed_one_becomes_an_application(enter_as, county):
    client = enter_as("shiliu")
    with scope(System("test"), "测试"):
        finding = Finding.objects.filter(kind="missed", area_path__startswith="99.9901.990101.990101002.").earliest("pk")

    check = client.post(reverse("finding_take_up", args=[finding.pk]))["Location"]
    led_to = client.post(check + "settle/", {"way": "carry_out", "words": "愿意申请"})["Location"]

    assert "已为这一户开了救助申请" in body(client.get(led_to))
    assert "转成的申请" in body(client.get(check))
    with scope(System("test"), "测试"):
        assert Case.objects.filter(kind="application", finding=finding).exists()


def test_a_gift_of_a_charity_stands_on_the_household_s_page_under_its_fund(enter_as, county):
    client = enter_as("shiliu")
    with scope(System("test"), "测试"):
        home = Household.objects.filter(area__code=VILLAGE).first()

    client.post(
        reverse("charity_gift", args=[home.pk]), {"fund": "县慈善总会", "item": "助困金", "is_money": "yes", "yuan": "500"}
    )

    page = body(client.get(reverse("household", args=[home.pk])))
    assert "县慈善总会合计" in page
    assert "500.00" in page


def test_money_and_gifts_sent_twice_are_written_down_once(enter_as, county, funded):
    for _ in range(3):
        sent = {"area": TOWN, "yuan": "700", "words": "花财社〔2026〕9号", "key": "f" * 32}
        assert funded.post(reverse("reserve_fund"), sent).status_code == 302
    client = enter_as("shiliu")
    with scope(System("test"), "测试"):
        home = Household.objects.filter(area__code=VILLAGE).last()
        assert ReserveEntry.objects.filter(words="花财社〔2026〕9号").count() == 1
    gift = {"fund": "某基金会", "item": "助学金", "is_money": "yes", "yuan": "300", "key": "g" * 32}
    for _ in range(3):
        client.post(reverse("charity_gift", args=[home.pk]), gift)
    with scope(System("test"), "测试"):
        assert CharityGift.objects.filter(household=home, item="助学金").count() == 1

    assert 'name="key"' in body(funded.get(reverse("reserve")))
    assert 'name="key"' in body(client.get(reverse("household", args=[home.pk])))


def test_another_towns_clerk_opens_nothing_of_it(enter_as, county, funded):
    address, here = complained(funded), enter_as("shiliu")
    urgent = given(here, registered(here))[1]["Location"]
    county.post("far", "town_clerk", "990101001")
    client = enter_as("far")

    for place in (address, urgent):
        assert client.get(place).status_code in (403, 404)
    assert "桃源镇" not in re.sub(r"<select.*?</select>", "", body(client.get(reverse("reserve"))))


def test_the_leader_s_first_page_says_how_many_are_in_hand(enter_as, county):
    assert "核查中" in body(enter_as("baishu").get(reverse("home")))


def test_the_receipt_is_seen_by_who_spends_funds_or_confirms_and_the_look_is_written_down(enter_as, county, funded):
    client = enter_as("shiliu")
    _, answer = given(client, registered(client))
    photo = SimpleUploadedFile("冯过客.jpg", jpeg())
    client.post(answer["Location"] + "receipt/", {"receipt": photo, "receipt_kind": "fingerprint"})

    page = body(client.get(answer["Location"]))
    seen = re.search(r'href="(/reserve/receipts/[0-9a-f-]{36}/)">本人按指印', page)[1]

    shown = client.get(seen)
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert "no-store" in shown["Cache-Control"]
    assert AuditEntry.objects.filter(action="read", purpose="看备用金收据", staff__username="shiliu").exists()
    assert seen in body(funded.get(reverse("reserve") + f"?area={TOWN}"))
    assert funded.get(seen).status_code == 200
    assert enter_as("dingxiang").get(seen).status_code in (403, 404)
    county.post("elsewhere", "town_clerk", "990101001")
    assert enter_as("elsewhere").get(seen).status_code == 404
    assert enter_as("baishu").get(seen).status_code == 403
