"""The provincial portal: an application in, its status back; nothing nearly right, nothing twice, nobody named."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from tests.api.conftest import APPLICANT, make_program, number_of
from tests.cases.town import opened
from tests.make import make_area, make_household, make_person, make_staff
from yimen.cases import actions
from yimen.cases.models import Case, Consent, Decision, Paper
from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.models import ApiClient, Area, AuditEntry, Post
from yimen.office.queries import colleagues
from yimen.office.tables import read_file
from yimen.office.vault import blind_index

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"
STRANGER = number_of("99010119700101001")


def application(**more):
    return {
        "reference": "SD-2026-000123",
        "applicant": APPLICANT,
        "policies": [{"policy": NURSING}],
        "consents": [{"given": True, "signed_on": timezone.localdate().isoformat()}],
    } | more


def only_case() -> Case:
    with scope(System("test"), "测试"):
        return Case.objects.select_related("first_assignee", "opened_by").get()


def add_member(town, number, *, home=None):
    with town.at_desk(town.window):
        person = make_person(home or town.home, name="沈立夏", number=7, relation="子")
        person.id_number, person.id_index = number, blind_index("id_number", number)
        person.save()
    return person


def test_an_application_of_the_portal_waits_at_the_nearest_desk_with_somebody_who_answers_for_it(town, portal):
    answer = portal.send(application(papers=["残疾人证"], facts=[{"fact": "月收入", "value": "500.00"}]))

    assert answer.status_code == 201, answer.content.decode()
    case, told = only_case(), answer.json()
    assert (case.state, case.channel, case.reference) == ("submitted", "portal", "SD-2026-000123")
    assert case.receipt_code == told["receipt_code"]
    assert case.first_assignee in (town.window, town.colleague)
    assert case.opened_by.username == "portal"
    assert case.asked == [[NURSING, town.person.pk.hex]]
    assert case.said == [{"who": town.person.pk.hex, "fact": "月收入", "value": "500.00"}]
    with scope(System("test"), "测试"):
        assert Consent.objects.get().person_id == town.person.pk
        assert Paper.objects.get(name="残疾人证").state == "brought"
        assert set(told["missing_papers"]) == set(Paper.objects.filter(state="missing").values_list("name", flat=True))


def test_the_applications_of_the_portal_go_to_whoever_has_fewest_cases_at_the_nearest_desk(town, portal):
    opened(town)
    opened(town)

    for number in range(3):
        portal.send(application(reference=f"SD-{number}"), key=f"key-0000000{number}")

    with scope(System("test"), "测试"):
        cases = Case.objects.filter(channel="portal").order_by("reference")
        assert [one.first_assignee for one in cases] == [town.colleague, town.colleague, town.window]


def test_what_the_portal_sent_is_accepted_at_the_window_and_its_status_goes_back(town, portal):
    code = portal.send(application()).json()["receipt_code"]
    case, now = only_case(), timezone.now()
    with town.at_desk(town.window):
        Paper.objects.filter(case=case, state="missing").update(state="brought")
        actions.accept(case=case.pk, asked=[actions.Asked(NURSING, town.person.pk)], by=town.window, at=now)
        decision = Decision.objects.get()
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=now)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=now)

    told = portal.ask(f"/api/applications/{code}").json()

    assert (told["state"], told["words"]) == ("concluded", "已办结")
    assert [(one["policy"], one["state"], one["words"]) for one in told["results"]] == [(NURSING, "confirmed", "确认同意")]
    assert told["number"].startswith("990101-")
    assert "沈" not in str(told)
    assert APPLICANT not in str(told)


def test_what_was_declared_on_the_portal_becomes_a_statement_only_at_acceptance(town, portal):
    portal.send(application(facts=[{"fact": "月收入", "value": 500}]))
    with scope(System("test"), "测试"):
        assert not Statement.objects.filter(source="申报").exists()
    case = only_case()
    with town.at_desk(town.window):
        Paper.objects.filter(case=case, state="missing").update(state="brought")
        actions.accept(case=case.pk, asked=[actions.Asked(NURSING, town.person.pk)], by=town.window, at=timezone.now())
        assert Statement.objects.get(source="申报").facts == {"月收入": "500.00"}


def test_the_same_application_sent_three_times_is_one_with_one_answer(town, portal):
    answers = [portal.send(application()) for _ in range(3)]

    assert [one.status_code for one in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    only_case()


def test_the_same_key_with_another_content_is_refused_and_does_nothing(town, portal):
    portal.send(application())
    answer = portal.send(application(reference="SD-2026-000999"))

    assert answer.status_code == 409
    assert "以前用过" in answer.json()["problem"]
    assert only_case().reference == "SD-2026-000123"


def test_the_portal_s_own_number_is_registered_once_whatever_the_key(town, portal):
    portal.send(application())
    answer = portal.send(application(), key="key-00000002")

    assert answer.status_code == 422
    assert "已经登记过" in answer.json()["problem"]
    only_case()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"applicant": STRANGER}, "第 1 个证件号码在本辖区名册里没有"),
        ({"members": [STRANGER]}, "第 2 个证件号码在本辖区名册里没有"),
        ({"applicant": APPLICANT[:17] + ("0" if APPLICANT[17] != "0" else "1")}, "校验不过"),
        ({"policies": [{"policy": "给我发钱"}]}, "现行政策里没有"),
        ({"policies": [{"policy": NURSING, "person": STRANGER}]}, "不在所列成员之中"),
        ({"facts": [{"fact": "心情", "value": "好"}]}, "事实目录里没有“心情”"),
        ({"facts": [{"fact": "已死亡", "value": True}]}, "不能由“申报”来说"),
        ({"facts": [{"fact": "月收入", "value": "很少"}]}, "月收入"),
        ({"reference": "一号"}, "只能用字母"),
        ({"reference": APPLICANT}, "不能用证件号码"),
        ({"received_on": "2999-01-01"}, "今天以后"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_in_words_and_leaves_nothing(town, portal, change, words):
    answer = portal.send(application(**change))

    assert answer.status_code == 422, answer.content.decode()
    assert words in answer.json()["problem"]
    assert APPLICANT not in answer.content.decode()
    assert STRANGER not in answer.content.decode()
    with scope(System("test"), "测试"):
        assert not Case.objects.exists()
    assert AuditEntry.objects.filter(purpose="登记省平台申请", refused=True).count() == 1


def test_members_of_two_households_are_no_household(town, portal):
    with town.at_desk(town.window):
        other = make_household(town.village, number="2")
    add_member(town, STRANGER, home=other)

    answer = portal.send(application(members=[STRANGER]))

    assert answer.status_code == 422
    assert "不同的户" in answer.json()["problem"]


def test_a_member_named_by_number_may_be_the_one_a_policy_is_for(town, portal):
    child = add_member(town, STRANGER)

    answer = portal.send(application(members=[STRANGER], policies=[{"policy": NURSING, "person": STRANGER}]))

    assert answer.status_code == 201, answer.content.decode()
    assert only_case().asked == [[NURSING, child.pk.hex]]


def test_a_program_of_another_county_finds_neither_the_household_nor_the_receipt(town, portal):
    foreign = make_program(make_area("990202", path="99.9902.990202.", level=3, name="外县"), "foreign")
    code = portal.send(application()).json()["receipt_code"]

    refused = foreign.send(application(reference="X-1"))
    assert (refused.status_code, "名册里没有" in refused.json()["problem"]) == (422, True)
    assert foreign.ask(f"/api/applications/{code}").status_code == 404
    assert foreign.ask("/api/applications").json()["applications"] == []


def test_where_nobody_can_accept_nothing_is_registered(town, portal):
    Post.objects.filter(kind="town_clerk").delete()

    answer = portal.send(application())

    assert answer.status_code == 422
    assert "没有能受理的窗口" in answer.json()["problem"]


def test_only_what_changed_since_is_told_and_what_changes_meanwhile_is_not_missed(town, portal):
    portal.send(application())
    first = portal.ask("/api/applications").json()
    assert [one["reference"] for one in first["applications"]] == ["SD-2026-000123"]

    later = (timezone.now() + timedelta(hours=1)).isoformat()
    assert portal.ask("/api/applications", changed_since=later).json() == {
        "applications": [],
        "next_since": portal.ask("/api/applications", changed_since=later).json()["next_since"],
    }
    again = portal.ask("/api/applications", changed_since=first["next_since"]).json()["applications"]
    assert [one["version"] for one in again] == [one["version"] for one in first["applications"]]


def test_a_case_of_the_window_is_no_business_of_the_portal(town, portal):
    with town.at_desk(town.window):
        case = actions.open_case(household=town.home.pk, channel="window", by=town.window, at=timezone.now())

    assert portal.ask(f"/api/applications/{case.receipt_code}").status_code == 404
    assert portal.ask("/api/applications").json()["applications"] == []


def test_a_revoked_token_opens_nothing_and_another_replaces_a_lost_one(town, portal, capsys):
    call_command("client", "renew", "portal")
    renewed = capsys.readouterr().out.strip().splitlines()[-1]
    assert portal.ask("/api/applications").status_code == 401
    portal.token = renewed
    assert portal.ask("/api/applications").status_code == 200

    call_command("client", "revoke", "portal")
    assert portal.ask("/api/applications").status_code == 401
    assert ApiClient.objects.get().revoked_at is not None


def test_a_token_is_shown_once_and_only_its_hash_is_kept(town, capsys):
    call_command("client", "add", "other", name="另一平台（虚构）", area="990101")
    token = capsys.readouterr().out.strip().splitlines()[-1]

    assert token.startswith("yimen_")
    assert token not in str(list(ApiClient.objects.values()))
    call_command("client", "list")
    assert token not in capsys.readouterr().out


def test_a_program_is_no_colleague_to_hand_a_case_to(town, portal):
    with scope(System("test"), "测试"):
        able = colleagues(permission="case.open", area_path=town.village.path)
    assert {one.username for one in able} == {"window", "colleague", "approver"}


def test_who_did_it_is_written_down_as_the_program(town, portal):
    portal.send(application())

    assert set(AuditEntry.objects.filter(action="case.open").values_list("actor", flat=True)) == {"portal"}
    seen = AuditEntry.objects.get(action="read", actor="portal")
    assert (seen.actor, seen.purpose, seen.count > 0) == ("portal", "登记省平台申请", True)
    assert APPLICANT not in str(list(AuditEntry.objects.values()))


# --- 文件 ---


def load(path, capsys):
    call_command("load", "applications", path, area="990101")
    return capsys.readouterr().out


def test_the_portal_s_file_does_what_its_api_does_and_twice_changes_nothing(town, tmp_path, capsys):
    path = tmp_path / "申请.csv"
    path.write_text(
        "省平台编号,申请人身份证号,申请事项,申请日期,已签核对授权,月收入\n"
        f"SD-1,{APPLICANT},困难残疾人护理补贴、{NURSING},2026-11-20,是,500\n".replace("困难残疾人护理补贴、", "")
        + f"SD-2,{STRANGER},{NURSING},2026-11-20,是,\n"
        + f"SD-3,{APPLICANT},没有的事项,2026-11-20,是,\n",
        encoding="utf-8",
    )

    assert "3 行：装载 1，没有变化 0，未采用 2" in load(path, capsys)
    case = only_case()
    assert (case.reference, case.received_on.isoformat(), case.state) == ("SD-1", "2026-11-20", "submitted")
    assert case.opened_by is None
    assert case.said[0]["value"] == "500.00"

    assert "3 行：装载 0，没有变化 1，未采用 2" in load(path, capsys)
    assert only_case().version == case.version


def test_the_file_can_be_brought_by_the_county_s_page_too_and_by_no_village(town, enter):
    county = enter(make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="county"))
    village = enter(make_staff(kind="village_cadre", area=town.village, username="village"))
    csv = f"省平台编号,申请人身份证号,申请事项\nSD-1,{APPLICANT},{NURSING}\n".encode()

    def bring(who):
        file = SimpleUploadedFile("申请.csv", csv)
        return who.post("/load/", {"kind": "applications", "file": file, "area": "990101"}, follow=True)

    shown = bring(county).content.decode()
    assert "省平台编号" in shown
    assert "申请事项" in shown
    assert bring(village).status_code in (403, 422)


def test_a_row_that_says_something_else_under_a_known_number_comes_back(town, tmp_path, capsys):
    path = tmp_path / "申请.csv"
    head = "省平台编号,申请人身份证号,申请事项,已签核对授权\n"
    path.write_text(f"{head}SD-1,{APPLICANT},{NURSING},是\n", encoding="utf-8")
    load(path, capsys)
    path.write_text(f"{head}SD-1,{APPLICANT},{NURSING},否\n", encoding="utf-8")

    with pytest.raises(SystemExit):
        load(path, capsys)
    assert "未采用 1" in capsys.readouterr().out
    with scope(System("test"), "测试"):
        assert Consent.objects.get().given


def test_the_status_file_tells_the_portal_where_everything_stands_and_names_nobody(town, portal, tmp_path, capsys):
    portal.send(application())
    path = tmp_path / "状态.xlsx"

    call_command("portal", path, area="990101")

    assert "写出 1 件" in capsys.readouterr().out
    table = read_file(path, name="状态.xlsx")
    assert list(table.rows[0])[:4] == ["省平台编号", "回执码", "办件号", "状态"]
    assert table.rows[1][0] == "SD-2026-000123"
    assert table.rows[1][3] == "待受理"
    assert "沈" not in str(table.rows[1])


def test_a_program_that_tries_numbers_is_soon_told_nothing_more_and_another_still_is(town, portal):
    strangers = [number_of(f"99010119{70 + n}0101001") for n in range(25)]
    for n in range(4):
        refused = portal.send(
            application(reference=f"SD-{n}", applicant=strangers[0], members=strangers[1:25]), key=f"key-{n:08}"
        )
        assert refused.status_code == 422

    answer = portal.send(application(), key="key-00000099")

    assert (answer.status_code, "一小时" in answer.json()["problem"]) == (429, True)
    assert AuditEntry.objects.filter(action="client.too_many_numbers", actor="portal", refused=True).exists()
    other = make_program(Area.objects.get(code="990101"), "other")
    assert other.send(application(), key="key-00000099").status_code == 201


def test_refusals_for_another_reason_are_not_counted_as_trying_numbers(town, portal):
    for n in range(101):
        portal.send(application(policies=[{"policy": "给我发钱"}]), key=f"key-{n:08}")
    assert portal.send(application(), key="key-99999999").status_code == 201
