"""Applying from home through its pages: nothing personal in an address, nothing known shown without proof, submitted once."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.journeys.seat import number_of, picture
from tests.make import make_person
from tests.web.test_cases_window import alert, hidden, household
from yimen.cases.models import Case, Invitation, OnlineApplication
from yimen.office import real_name
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry
from yimen.registry.models import Household
from yimen.web.citizen import online as citizen_online

pytestmark = pytest.mark.django_db
LOW = "subsistence_allowance"
VILLAGE = {"town": "990101002", "village": "990101002001"}


@pytest.fixture
def shen(county):
    home, person = household("沈小满")
    with scope(System("test"), "测试"), reading("测试"):
        return home, person, person.id_number


def body_of(answer):
    return answer.content.decode()


def slip(client, person):
    """Hand a code over at the window, and return it as it stands on the slip."""
    answer = client.post(reverse("person_invite", args=[person.pk]), {"card_seen": "1"})
    assert answer.status_code == 200
    return re.search(r"<b class=\"nowrap\">([0-9A-Z]{5} [0-9A-Z]{5})</b>", body_of(answer))[1]


def at_home(code, number):
    """Go in from home with a slip."""
    client = Client()
    answer = client.post(reverse("online_invited"), {"code": code.lower(), "tail": number[-6:]})
    assert answer.status_code == 302, alert(answer)
    return client


def unproven(name="林小草", number=None):
    """Begin without any proof."""
    client = Client()
    typed = VILLAGE | {"name": name, "number": number or number_of("19700202", 77), "phone": "13900000001", "key": "k" + name}
    return client, client.post(reverse("online_who"), typed)


def submit(client, key="s1", **more):
    return client.post(reverse("online_sign"), {"key": key, "consent-me": "yes", "declared": "1"} | more)


def test_from_the_slip_to_a_case_that_waits_and_its_progress(enter_as, shen):
    home, person, number = shen
    window = enter_as("shiliu")
    client = at_home(slip(window, person), number)
    asked = body_of(client.get(reverse("online_ask")))
    assert number not in asked
    assert client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]}).status_code == 302
    assert "不用交，已经有数据证明" in body_of(client.get(reverse("online_papers")))

    answers = [submit(client) for _ in range(3)]

    assert [one.status_code for one in answers] == [302, 302, 302]
    page = body_of(client.get(reverse("online_done")))
    with scope(System("test"), "测试"):
        case = Case.objects.get()
        assert (case.household_id, case.channel, case.state, case.applicant_id) == (home, "online", "submitted", person.pk)
    assert f"{case.receipt_code[:5]} {case.receipt_code[5:]}" in page
    assert "申请已交到窗口，等候受理" in body_of(Client().get(reverse("progress_of", args=[case.receipt_code])))
    assert "材料和授权" in body_of(window.get(reverse("case_papers", args=[case.pk])))


def test_two_presses_at_once_of_one_form_give_one_case_and_one_answer(enter_as, shen):
    _, person, number = shen
    client = at_home(slip(enter_as("shiliu"), person), number)
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
    other = Client()
    other.cookies = client.cookies.copy()

    submit(client), submit(other)

    assert other.session["online_receipt"] == client.session["online_receipt"]


def test_wrong_codes_are_answered_alike_and_soon_not_at_all(enter_as, shen):
    _, person, number = shen
    code = slip(enter_as("shiliu"), person)
    said = set()
    for typed, tail in ((code, "000000"), ("AAAAA AAAAA", number[-6:]), ("", "")):
        answer = Client().post(reverse("online_invited"), {"code": typed, "tail": tail})
        assert answer.status_code == 422
        said.add(alert(answer))
    assert len(said) == 1
    for _ in range(8):
        answer = Client().post(reverse("online_invited"), {"code": "BBBBB BBBBB", "tail": "111111"})
    assert answer.status_code == 429
    assert Client().post(reverse("online_go_on"), {"code": "BBBBB"}).status_code == 429


def test_a_known_and_an_unknown_number_get_the_same_pages(shen):
    _, person, number = shen
    with scope(System("test"), "测试"), reading("测试"):
        name = person.name
    pages = []
    for who, typed in (("沈小满", number), ("无此人", number_of("19650615", 3))):
        client, begun = unproven(who, typed)
        assert begun.status_code == 200
        shown = [begun, client.get(reverse("online_ask")), client.get(reverse("online_choose"))]
        client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
        shown += [client.get(reverse("online_papers")), client.get(reverse("online_sign"))]
        pages.append([_same(body_of(one)) for one in shown])
    assert pages[0] == pages[1]
    assert name not in "".join(pages[0])


def _same(body):
    """Return a page without what is new each time."""
    body = re.sub(r'name="(csrfmiddlewaretoken|key)" value="[^"]*"', "", body)
    return re.sub(r"<samp>[^<]*</samp>", "", body)


def test_what_is_unproven_waits_at_the_desk_and_becomes_a_case_when_the_card_was_seen(enter_as, shen):
    home, _, number = shen
    client, _ = unproven("沈小满", number)
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
    assert submit(client).status_code == 302
    with scope(System("test"), "测试"):
        row = OnlineApplication.objects.get()
    assert "等当面看身份证" in body_of(Client().get(reverse("progress_of", args=[row.receipt_code])))

    window = enter_as("shiliu")
    assert "份网上申请等核验身份" in body_of(window.get(reverse("home")))
    listed = body_of(window.get(reverse("from_home")))
    assert "沈**" in listed
    assert "沈小满" not in listed
    address = reverse("from_home_one", args=[row.pk])
    page = window.get(address)
    assert number in body_of(page)
    key = hidden(body_of(page), "key")
    refused = window.post(address, {"key": key, "do": "prove"})
    assert "身份证原件" in alert(refused)
    key = hidden(body_of(refused), "key")
    answers = [window.post(address, {"key": key, "do": "prove", "card_seen": "1"}) for _ in range(2)]

    with scope(System("test"), "测试"):
        case = Case.objects.get()
        assert (case.household_id, case.receipt_code, case.state) == (home, row.receipt_code, "submitted")
        assert case.opened_by.username == "shiliu"
    assert [one.status_code for one in answers] == [302, 302]


def test_one_that_cannot_be_proven_ends_with_a_word_its_sender_can_read(enter_as, county):
    client, _ = unproven()
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
    submit(client)
    with scope(System("test"), "测试"):
        row = OnlineApplication.objects.get()
    window, address = enter_as("shiliu"), reverse("from_home_one", args=[row.pk])
    window.post(address, {"key": hidden(body_of(window.get(address)), "key"), "do": "end", "words": "请带身份证到窗口。"})

    assert "请带身份证到窗口。" in body_of(Client().get(reverse("progress_of", args=[row.receipt_code])))


def test_a_telephone_that_went_dark_goes_on_with_its_code_and_one_left_lying_shows_nothing(county):
    client, begun = unproven()
    code = re.search(r"<samp>([^<]*)</samp>", body_of(begun))[1]
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"], "matter": "没有米了"})
    client.post(reverse("online_stop"))
    assert client.get(reverse("online_choose"))["Location"] == reverse("online")

    other = Client()
    assert other.post(reverse("online_go_on"), {"code": code}).status_code == 302
    assert "没有米了" in body_of(other.get(reverse("online_choose")))
    session = other.session
    session["online"] = session["online"] | {"seen": 0}
    session.save()
    assert other.get(reverse("online_choose"))["Location"] == reverse("online")


def test_an_answer_sent_twice_is_kept_once_and_an_undoing_too(county):
    client, _ = unproven()
    page = body_of(client.get(reverse("online_ask")))
    form = {name: hidden(page, name) for name in ("asks", "answered")} | {"value": "农"}
    for _ in range(2):
        client.post(reverse("online_ask"), form)
    with scope(System("test"), "测试"), reading("测试"):
        assert OnlineApplication.objects.get().content.count('"fact"') == 1
    for _ in range(2):
        client.post(reverse("online_ask"), {"do": "undo", "answered": "1"})
    with scope(System("test"), "测试"), reading("测试"):
        assert OnlineApplication.objects.get().content.count('"fact"') == 0


def test_a_photo_is_shown_to_whoever_took_it_and_to_nobody_else(county, tmp_path):
    client, _ = unproven()
    client.post(reverse("online_choose"), {"asked": ["disability_living_subsidy|me"]})
    photo = SimpleUploadedFile("p.png", picture(tmp_path).read_bytes(), content_type="image/png")
    assert client.post(reverse("online_papers"), {"paper": "残疾人证", "photo": photo}).status_code == 302
    address = re.search(r"/online/photos/[0-9a-f-]{36}/", body_of(client.get(reverse("online_papers"))))[0]

    assert client.get(address)["Content-Type"] == "image/png"
    assert Client().get(address).status_code == 404
    refused = client.post(reverse("online_papers"), {"paper": "别的", "photo": photo})
    assert "没有这份材料" in alert(refused)


def test_what_is_sent_beyond_the_questions_is_left_aside(county):
    client, _ = unproven()
    page = body_of(client.get(reverse("online_ask")))
    form = {name: hidden(page, name) for name in ("asks", "answered")}
    assert "写得太长" in alert(client.post(reverse("online_ask"), form | {"value": "农" * 300}))
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|", "nothing|", f"{LOW}|me", "x"]})
    assert submit(client, **{"consent-nobody": "yes", "consent-0": "no"}).status_code == 302


def test_no_address_and_no_audit_entry_holds_who_it_is(enter_as, shen):
    _, person, number = shen
    code = slip(enter_as("shiliu"), person)
    client = at_home(code, number)
    addresses = [client.get(reverse(name), follow=True).request["PATH_INFO"] for name in ("online_ask", "online_choose")]
    told = str(list(AuditEntry.objects.values()))
    for secret in (number, number[-6:], code, code.replace(" ", ""), "沈小满"):
        assert secret not in told
        assert all(secret not in one for one in addresses)


class _Service:
    def __init__(self, identity):
        self.identity = identity

    def begin(self, *, back):
        return real_name.Begun("https://id.test/in", {"state": "s"})

    def finish(self, *, kept, query, back):
        if kept.get("state") != query.get("state"):
            raise real_name.NotProven("没有认证成功。请用申请码。")
        return self.identity


def test_who_comes_back_from_the_real_name_service_goes_on_as_themselves(shen, monkeypatch):
    home, _, number = shen
    monkeypatch.setattr(citizen_online, "provider", lambda: _Service(real_name.Identity("沈小满", number)))
    client = Client()
    assert "用省统一身份认证" in body_of(client.get(reverse("online")))
    assert client.get(reverse("online_real_name"))["Location"] == "https://id.test/in"
    assert client.get(reverse("online_real_name_back"), {"state": "other"}).status_code == 422
    client.get(reverse("online_real_name"))
    assert "请记下这个码" in body_of(client.get(reverse("online_real_name_back"), {"state": "s"}))
    with scope(System("test"), "测试"):
        row = OnlineApplication.objects.get()
        assert (row.household_id, row.proof) == (home, "real_name")


def test_a_number_that_belongs_to_another_name_is_nobody_here(shen, monkeypatch):
    _, _, number = shen
    monkeypatch.setattr(citizen_online, "provider", lambda: _Service(real_name.Identity("王五", number)))
    client = Client()
    client.get(reverse("online_real_name"))
    assert "您住在哪里" in body_of(client.get(reverse("online_real_name_back"), {"state": "s"}))
    with scope(System("test"), "测试"):
        assert not OnlineApplication.objects.exists()


def test_without_the_service_its_addresses_are_not_there(county):
    assert Client().get(reverse("online_real_name")).status_code == 404
    assert "统一身份认证" not in body_of(Client().get(reverse("online")))


def test_the_slip_says_the_code_once_and_a_clerk_elsewhere_hands_out_none(enter_as, shen):
    _, person, _ = shen
    address = reverse("person_invite", args=[person.pk])
    window = enter_as("shiliu")
    assert window.post(address, {}).status_code == 422
    assert "申请码已经发了" in body_of(window.post(address, {"card_seen": "1"}))
    assert "申请码已经发了" not in body_of(window.get(address))
    assert enter_as("foreign").post(address, {"card_seen": "1"}).status_code == 404
    with scope(System("test"), "测试"):
        assert Invitation.objects.count() == 1


def test_whoever_lost_the_first_answer_presses_again_and_reads_the_same_code_of_the_same_draft(county):
    first, answer = unproven()
    code = re.search(r"<samp>([^<]*)</samp>", body_of(answer))[1]

    other, again = unproven()

    assert re.search(r"<samp>([^<]*)</samp>", body_of(again))[1] == code
    first.post(reverse("online_choose"), {"asked": [f"{LOW}|"], "matter": "没有米了"})
    assert "没有米了" in body_of(other.get(reverse("online_choose")))
    with scope(System("test"), "测试"):
        assert OnlineApplication.objects.count() == 1


def test_who_corrects_what_they_typed_begins_anew_with_the_next_press(county):
    unproven()
    typed = VILLAGE | {"name": "林小草", "number": number_of("19700202", 78), "phone": "13900000001", "key": "k林小草"}
    refused = Client().post(reverse("online_who"), typed)
    assert "再按一次" in alert(refused)
    assert Client().post(reverse("online_who"), typed | {"key": hidden(body_of(refused), "key")}).status_code == 200
    with scope(System("test"), "测试"):
        assert OnlineApplication.objects.count() == 2


def test_a_page_sent_again_after_half_an_hour_or_after_submitting_opens_nothing(county):
    client, _ = unproven()
    with scope(System("test"), "测试"):
        row = OnlineApplication.objects.get()
        OnlineApplication.objects.update(started_at=row.started_at - timedelta(minutes=31))
    stranger, answer = unproven()
    assert answer.status_code == 302
    assert stranger.get(reverse("online_ask"))["Location"] == reverse("online")
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
    assert submit(client).status_code == 302
    assert unproven()[1].status_code == 302


def test_a_number_of_somebody_else_is_shown_in_red_and_not_to_be_turned_into_a_case(enter_as, shen):
    _, _, number = shen
    client, _ = unproven("王五", number)
    client.post(reverse("online_choose"), {"asked": [f"{LOW}|"]})
    submit(client)
    with scope(System("test"), "测试"):
        row = OnlineApplication.objects.get()
    page = body_of(enter_as("shiliu").get(reverse("from_home_one", args=[row.pk])))
    assert "对不上，不能转" in page
    assert "转为办件" not in page


def test_whoever_holds_one_member_s_code_reads_nothing_of_how_it_stands_with_another(enter_as, shen):
    home, person, number = shen
    with scope(System("test"), "测试"), reading("测试"):
        brother = make_person(Household.objects.get(pk=home), name="沈大雪", number=99, relation="其他")
    client = at_home(slip(enter_as("shiliu"), person), number)

    page = body_of(client.get(reverse("online_choose")))

    assert f"|{person.pk.hex}" in page
    assert brother.pk.hex not in page
    assert "沈大雪" not in page
    assert "只给家里别的人申请的" in page
    refused = client.post(reverse("online_choose"), {"asked": [f"disability_living_subsidy|{brother.pk.hex}"]})
    assert "还没有选" in alert(refused)
