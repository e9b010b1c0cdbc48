"""Visits on the phone and verification at the desk: what is typed is kept, two sign, a third party finds nothing else."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.backends.django import Template
from django.urls import URLPattern, reverse

from tests.office.test_pictures import exif, jpeg
from tests.web.test_foreign import a_venue, walk
from yimen.cases import actions
from yimen.cases.models import Case, Settlement, Task, Visit, VisitDraft
from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry, Staff, Submission
from yimen.registry.models import Membership
from yimen.urls import urlpatterns
from yimen.web.middleware import OPEN_TO_ALL

pytestmark = pytest.mark.django_db
TOWN, VILLAGE = "990101002", "990101002001"


@pytest.fixture
def people(county, db):
    """More people at the desks of the planted town, and two of a firm."""
    for username, kind, code in (
        ("zisu", "town_clerk", TOWN),
        ("queren", "approver", "990101"),
        ("firm1", "third_party", "990101"),
        ("firm2", "third_party", "990101"),
    ):
        county.post(username, kind, code, name=f"演示{username}")
    return county


@pytest.fixture
def case(people):
    """A case of the household of three, accepted, with the authorisations signed."""
    window, at = Staff.objects.get(username="shiliu"), people.at
    with scope(System("test"), "测试"):
        home = Membership.objects.filter(household__number="0417").earliest("id").household_id
    with scope(window, "测试"), reading("测试"):
        case = actions.open_case(household=home, channel="window", by=window, at=at)
        for person in Membership.objects.filter(household_id=home).values_list("person_id", flat=True):
            actions.give_consent(case=case.pk, person=person, given=True, signed_on=people.today, by=window, at=at)
        return actions.accept(case=case.pk, asked=[actions.Asked("subsistence_allowance")], by=window, at=at)


def page_of(client, case, way=""):
    answer = client.get(reverse("visit", args=[case.pk]) + (f"?way={way}" if way else ""))
    assert answer.status_code == 200
    return answer.content.decode()


def first_field(body, fact):
    return re.search(rf'name="(now\|[0-9a-f]*\|{fact})"', body)[1]


def filled(client, case, **more):
    """Return what a visitor sends: housing seen, one value changed, the second named."""
    body = page_of(client, case)
    return {
        "key": re.search(r'name="key" value="(\w+)"', body)[1],
        "way": "入户",
        "visited_on": f"{case.received_on}",
        "second": "zisu",
        "signed": "yes",
        "seen": "两间平房，老人在家。",
        first_field(body, "居住实况"): "简陋",
    } | more


def seen_by_all(model):
    with scope(System("test"), "测试"):
        return list(model.objects.all())


def test_a_visit_goes_from_the_phone_of_one_to_the_signature_of_the_other_and_then_counts(enter_as, case):
    first, second = enter_as("shiliu"), enter_as("zisu")

    answer = first.post(reverse("visit", args=[case.pk]), filled(first, case))
    assert answer.status_code == 302
    visit = seen_by_all(Visit)[0]
    assert not [one for one in seen_by_all(Statement) if one.source == "入户"]
    assert "等我签字 1 份" in second.get(reverse("visits")).content.decode()
    assert "简陋" in second.get(reverse("visit_signing", args=[visit.pk])).content.decode()
    second.post(reverse("visit_signing", args=[visit.pk]), {"do": "sign"})

    assert [one.facts for one in seen_by_all(Statement) if one.source == "入户"] == [{"居住实况": "简陋"}]


def test_without_the_household_s_signature_the_reason_is_asked_for_and_the_second_reads_it(enter_as, case):
    first, second = enter_as("shiliu"), enter_as("zisu")
    unsigned = filled(first, case, signed="")

    refused = first.post(reverse("visit", args=[case.pk]), unsigned)
    assert (refused.status_code, "双方签字" in refused.content.decode()) == (422, True)
    assert first.post(reverse("visit", args=[case.pk]), unsigned | {"unsigned_why": "本人卧床，手不能写"}).status_code == 302

    visit = seen_by_all(Visit)[0]
    assert "没有签字：本人卧床，手不能写" in second.get(reverse("visit_signing", args=[visit.pk])).content.decode()
    assert "没签（本人卧床，手不能写）" in first.get(reverse("case_verify", args=[case.pk])).content.decode()


def test_whoever_recorded_cannot_sign_for_the_other(enter_as, case):
    first = enter_as("shiliu")
    first.post(reverse("visit", args=[case.pk]), filled(first, case))

    answer = first.post(reverse("visit_signing", args=[seen_by_all(Visit)[0].pk]), {"do": "sign"})

    assert answer.status_code == 422
    assert "用自己的账号签" in answer.content.decode()


def test_the_same_visit_sent_three_times_is_one_visit(enter_as, case):
    client = enter_as("shiliu")
    sent = filled(client, case)

    answers = [client.post(reverse("visit", args=[case.pk]), sent) for _ in range(3)]

    assert len(seen_by_all(Visit)) == 1
    assert answers[0].status_code == 302


def test_a_visit_half_typed_survives_the_closing_of_the_page(enter_as, case):
    client = enter_as("shiliu")
    typed = {"seen": "屋里没有电视", "turn": "5", "draft_key": uuid.uuid4().hex}

    assert client.post(reverse("visit_draft", args=[case.pk]), typed).json()["turn"] == 5
    client.post(reverse("visit_draft", args=[case.pk]), {"seen": "旧的", "turn": "4", "draft_key": uuid.uuid4().hex})

    assert "屋里没有电视" in page_of(client, case)
    assert "写了一半" not in enter_as("zisu").get(reverse("visits")).content.decode()


def test_a_draft_names_nobody_in_what_is_kept_of_the_submission(enter_as, case):
    client = enter_as("shiliu")
    client.post(reverse("visit_draft", args=[case.pk]), {"seen": "周霜降在家", "turn": "1", "draft_key": "k1"})

    held = Submission.objects.get(key="k1")
    assert held.answer == {"turn": 1}


def test_a_value_that_cannot_be_comes_back_in_red_with_everything_typed(enter_as, case):
    client = enter_as("shiliu")
    sent = filled(client, case)
    body = page_of(client, case)
    field = first_field(body, "种植收入")

    answer = client.post(reverse("visit", args=[case.pk]), sent | {field: "两三千", field.replace("now|", "is|", 1): "changed"})

    assert answer.status_code == 422
    assert "两间平房" in answer.content.decode()
    assert "两三千" in answer.content.decode()
    assert seen_by_all(Visit) == []


def test_without_a_second_person_nothing_is_recorded(enter_as, case):
    client = enter_as("shiliu")

    for second in ("", "shiliu", "firm1", "foreign", "nobody"):
        answer = client.post(reverse("visit", args=[case.pk]), filled(client, case, second=second))
        assert answer.status_code == 422
        assert "第二人" in answer.content.decode()


def test_a_photo_is_kept_without_its_place_and_shown_only_to_those_of_the_case(enter_as, case):
    client = enter_as("shiliu")
    photo = SimpleUploadedFile("p.jpg", jpeg(exif("MM", 6)), content_type="image/jpeg")

    part = client.post(reverse("visit_photos", args=[case.pk]), {"photo": photo}, headers={"X-Part": "1"})
    address = re.search(r'src="([^"]+)"', part.content.decode())[1]

    held = client.get(address)
    assert held["Content-Type"] == "image/jpeg"
    assert b"GPS" not in held.content
    for other in ("foreign", "zisu", "firm1"):
        assert enter_as(other).get(address).status_code in (403, 404)


def test_a_photo_sent_again_is_kept_once_also_after_the_visit_was_recorded(enter_as, case):
    client, address = enter_as("shiliu"), reverse("visit_photos", args=[case.pk])

    def send(content):
        return client.post(address, {"photo": SimpleUploadedFile("p.jpg", content, content_type="image/jpeg")})

    for _ in range(3):
        send(jpeg())
    send(jpeg(exif("MM", 6)))
    with scope(System("test"), "测试"):
        assert len(VisitDraft.objects.get().photos) == 2
    client.post(reverse("visit", args=[case.pk]), filled(client, case))
    send(jpeg())
    with scope(System("test"), "测试"):
        assert len(Visit.objects.get().photos) == 2
        assert [one.photos for one in VisitDraft.objects.all()] in ([], [[]])


def test_what_is_no_photo_is_refused_in_words(enter_as, case):
    client = enter_as("shiliu")
    photo = SimpleUploadedFile("p.jpg", b"<svg onload=alert(1)>", content_type="image/jpeg")

    answer = client.post(reverse("visit_photos", args=[case.pk]), {"photo": photo}, headers={"X-Part": "1"})

    assert answer.status_code == 422
    assert "只收 JPEG 和 PNG" in answer.content.decode()


def test_differences_stand_side_by_side_and_are_settled_with_a_reason(enter_as, case):
    client = enter_as("shiliu")
    body = page_of(client, case)
    wage = re.search(r'name="(now\|[0-9a-f]+\|月收入)"', body)[1]
    client.post(
        reverse("visit", args=[case.pk]), filled(client, case, **{wage: "900", wage.replace("now|", "is|", 1): "changed"})
    )
    enter_as("zisu").post(reverse("visit_signing", args=[seen_by_all(Visit)[0].pk]), {"do": "sign"})
    asks = wage.removeprefix("now|")

    shown = client.get(reverse("case_verify", args=[case.pk])).content.decode()
    assert "1 项说法不一" in shown
    answer = client.post(reverse("case_verify", args=[case.pk]), {"do": "settle", "asks": asks, "value": "900.00", "reason": ""})
    assert answer.status_code == 422
    client.post(reverse("case_verify", args=[case.pk]), {"do": "settle", "asks": asks, "value": "900.00", "reason": "工资已停发"})

    assert [one.value for one in seen_by_all(Settlement)] == ["900.00"]
    after = client.get(reverse("case_verify", args=[case.pk])).content.decode()
    assert "工资已停发" in after
    assert "已核定" in after
    assert "项说法不一" not in after


def test_the_page_says_how_often_a_fact_asked_once_is_used(enter_as, case):
    body = enter_as("shiliu").get(reverse("case_verify", args=[case.pk])).content.decode()

    assert "问一次，用几次" in body
    assert re.search(r"月收入</td>.*?全部政策 \d+ 项", body, re.S)


def test_a_relative_is_told_that_he_must_not_visit(enter_as, case):
    client = enter_as("zisu")
    with scope(System("test"), "测试"):
        person = Membership.objects.filter(household_id=case.household_id).earliest("id").person_id
    done = client.post(
        reverse("case_verify", args=[case.pk]), {"do": "kin", "person": person, "staff": "shiliu", "relation": "姐弟"}
    )

    assert done.status_code == 302
    answer = enter_as("shiliu").get(reverse("visit", args=[case.pk]))
    assert answer.status_code == 403
    assert "回避" in answer.content.decode()


def test_a_third_party_opens_its_own_task_and_not_one_other_page_about_anybody(enter_as, case, people):
    window, firm = enter_as("shiliu"), enter_as("firm1")
    assert firm.get(reverse("visit", args=[case.pk])).status_code == 403
    window.post(reverse("case_verify", args=[case.pk]), {"do": "assign", "to": ["firm1", "firm2"], "facts": ["居住实况"]})

    body = firm.get(reverse("visit", args=[case.pk])).content.decode()
    assert "居住实况" in body
    assert "月收入" not in body
    assert "最低生活保障" not in body
    nobodys = {name: [uuid.uuid4()] for one in urlpatterns if isinstance(one, URLPattern) for name in one.pattern.converters}
    keys = nobodys | {
        "case_id": [case.pk],
        "household_id": [case.household_id],
        "code": [VILLAGE],
        "policy_id": ["subsistence_allowance"],
        "paper": ["notice"],
        "name": ["propose"],
        "which": ["first"],
        "username": ["shiliu"],
        "year": [2027],
        "venue_code": [a_venue().code],
        "number": [1],
        "clip": ["please"],
    }
    open_to_it = {
        reverse("visit", args=[case.pk]),
        *map(reverse, ("visits", "home", "account_logout", "progress", "authority_print")),
    }
    for address, _ in walk(keys):
        if address not in open_to_it and not address.startswith(OPEN_TO_ALL) and not re.search("password|building", address):
            assert firm.get(address).status_code in (302, 403, 404, 405), address


def test_the_third_party_sees_nothing_any_more_when_its_work_is_done(enter_as, case):
    window, firm, other = enter_as("shiliu"), enter_as("firm1"), enter_as("firm2")
    window.post(reverse("case_verify", args=[case.pk]), {"do": "assign", "to": ["firm1", "firm2"], "facts": ["居住实况"]})
    field = first_field(firm.get(reverse("visit", args=[case.pk])).content.decode(), "居住实况")
    sent = {"key": "k", "visited_on": f"{case.received_on}", "second": "firm2", "signed": "yes", field: "一般"}
    firm.post(reverse("visit", args=[case.pk]), sent)
    other.post(reverse("visit_signing", args=[seen_by_all(Visit)[0].pk]), {"do": "sign"})

    assert firm.get(reverse("visit", args=[case.pk])).status_code == 403
    assert [one.facts for one in seen_by_all(Statement) if one.source == "第三方"] == [{"居住实况": "一般"}]
    assert all(one.done_at for one in seen_by_all(Task))


def test_every_look_at_a_visit_is_written_down_with_its_purpose(enter_as, case):
    page_of(enter_as("shiliu"), case)

    entry = AuditEntry.objects.filter(purpose="入户调查").latest("at")
    assert entry.count >= 1
    assert entry.detail["case"] == case.pk.hex


def test_the_random_check_shows_its_seed_and_draws_nothing_where_nobody_waits(enter_as, people):
    client = enter_as("queren")

    assert "随机抽查" in client.get(reverse("draws")).content.decode()
    answer = client.post(reverse("draws"))
    assert answer.status_code == 422
    assert "不用抽查" in answer.content.decode()
    assert enter_as("canlian").get(reverse("draws")).status_code == 403


def test_a_case_that_was_withdrawn_has_no_visit(enter_as, case):
    with scope(System("test"), "测试"):
        Case.objects.filter(pk=case.pk).update(state="withdrawn")

    assert enter_as("shiliu").get(reverse("visit", args=[case.pk])).status_code == 404


def test_a_draft_of_one_is_not_seen_by_another(enter_as, case):
    enter_as("shiliu").post(reverse("visit_draft", args=[case.pk]), {"seen": "只有我知道", "turn": "1", "draft_key": "a"})

    assert "只有我知道" not in page_of(enter_as("zisu"), case)
    assert len(seen_by_all(VisitDraft)) == 1


def test_no_page_of_a_verification_asks_the_database_anything_while_it_is_drawn(enter_as, case, monkeypatch):
    client, other, draw = enter_as("shiliu"), enter_as("zisu"), Template.render
    client.post(reverse("case_verify", args=[case.pk]), {"do": "assign", "to": ["shiliu", "zisu"]})
    client.post(reverse("visit", args=[case.pk]), filled(client, case))
    signing = reverse("visit_signing", args=[seen_by_all(Visit)[0].pk])

    def refuse(execute, sql, *_):
        raise AssertionError(f"a template asks: {sql[:200]}")

    def drawn(self, *args, **kwargs):
        with connection.execute_wrapper(refuse):
            return draw(self, *args, **kwargs)

    monkeypatch.setattr(Template, "render", drawn)

    for address in (reverse("visit", args=[case.pk]), reverse("case_verify", args=[case.pk]), reverse("visits")):
        assert client.get(address).status_code == 200
    assert other.get(signing).status_code == 200


def test_a_village_cadre_goes_along_and_signs(enter_as, case):
    client, cadre = enter_as("shiliu"), enter_as("dingxiang")
    client.post(reverse("visit", args=[case.pk]), filled(client, case, second="dingxiang"))

    assert cadre.post(reverse("visit_signing", args=[seen_by_all(Visit)[0].pk]), {"do": "sign"}).status_code == 302
    assert [one.facts for one in seen_by_all(Statement) if one.source == "入户"] == [{"居住实况": "简陋"}]


def test_a_step_of_the_investigation_pressed_twice_is_refused_in_words(enter_as, case):
    client = enter_as("shiliu")
    address = reverse("case_verify", args=[case.pk])

    assert client.post(address, {"do": "investigate"}).status_code == 302
    answer = client.post(address, {"do": "investigate"})
    assert answer.status_code == 422
    assert "已经启动过调查" in answer.content.decode()
    assert client.post(address, {"do": "nonsense"}).status_code == 404


def test_a_settlement_or_a_signature_sent_three_times_is_one_and_gets_the_same_answer(enter_as, case):
    client, other = enter_as("shiliu"), enter_as("zisu")
    wage = re.search(r'name="(now\|[0-9a-f]+\|月收入)"', page_of(client, case))[1]
    client.post(
        reverse("visit", args=[case.pk]), filled(client, case, **{wage: "900", wage.replace("now|", "is|", 1): "changed"})
    )
    signing = reverse("visit_signing", args=[seen_by_all(Visit)[0].pk])
    sent = {"do": "settle", "asks": wage.removeprefix("now|"), "value": "900.00", "reason": "已停发", "key": "one"}

    signed = [other.post(signing, {"do": "sign", "key": "two"}).status_code for _ in range(3)]
    settled = [client.post(reverse("case_verify", args=[case.pk]), sent).status_code for _ in range(3)]

    assert signed == settled == [302, 302, 302]
    assert len(seen_by_all(Settlement)) == 1
    changed = client.post(reverse("case_verify", args=[case.pk]), sent | {"value": "2100.00"})
    assert changed.status_code == 422
    assert "内容却不一样" in changed.content.decode()
