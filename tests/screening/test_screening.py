"""What a screening notices, told as the stories of single households."""

import shutil
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.screening.county import ON, County
from yimen.benefits.models import Grant
from yimen.evidence.actions import state_facts
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.tables import TableProblem
from yimen.registry.models import Standing
from yimen.registry.queries import match_numbers
from yimen.screening.actions import release_jump
from yimen.screening.queries import answer_of, current_rules, explain_registered, story_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
LATER = datetime(2026, 12, 1, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def county(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    return County(tmp_path)


def test_a_man_past_sixty_with_an_intellectual_disability_who_never_applied_is_found(county):
    number = county.person("1", "沈小满", date(1965, 6, 15), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-01-01")
    county.load()
    county.facts("残联", ("身份证号", "残疾类别", "残疾等级"), [[number, "智力", 2]])
    county.facts("评估", ("身份证号", "自理能力"), [[number, "自理"]])

    county.screen()

    assert ("missed", "elderly_care_subsidy") in county.found()
    assert ("missed", "disability_living_subsidy") in county.found()
    finding = county.one("missed", "elderly_care_subsidy")
    assert [condition["value"] for condition in finding.conditions] == [True] * 4
    assert {"fact": "残疾等级", "value": 2, "source": "残联"}.items() <= next(
        f for f in finding.facts if f["fact"] == "残疾等级"
    ).items()
    assert finding.amount_fen == 12000
    assert finding.version == current_rules().policy("elderly_care_subsidy").version
    assert all(condition["expression"] and condition["basis"] is not None for condition in finding.conditions)


def test_a_receiving_neighbour_whose_income_rose_above_the_standard_is_asked_about(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-01-01")
    county.load()
    county.recipients("subsistence_allowance", [[number, 300, "2024-02-01", "2027-01-01"]])
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[number, 1500, 0, "2026-11-01"]])

    county.screen()

    finding = county.one("wrong", "subsistence_allowance")
    assert "人均月收入低于当地低保标准" in finding.reason


def test_aid_that_has_its_last_day_already_is_not_asked_about_again(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-01-01")
    county.load()
    county.recipients("subsistence_allowance", [[number, 300, "2024-02-01", "2027-01-01"]])
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[number, 1500, 0, "2026-11-01"]])
    county.screen()
    assert ("wrong", "subsistence_allowance") in county.found()

    with scope(System("test"), "渐退"):
        Grant.objects.update(ends_on=date(2027, 5, 31))
    county.screen()
    assert ("wrong", "subsistence_allowance") in county.found()

    with scope(System("test"), "渐退"):
        Grant.objects.update(delivery=None)
        Standing.objects.update(ends_on=date(2027, 5, 31))
    county.screen()

    assert ("wrong", "subsistence_allowance") not in county.found()
    county.screen(on=date(2027, 6, 1))
    assert ("missed", "subsistence_allowance") not in county.found()


def test_an_income_a_little_above_the_standard_is_not_worth_a_warning(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-01-01")
    county.load()
    county.recipients("subsistence_allowance", [[number, 300, "2024-02-01", "2027-01-01"]])
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[number, "680.00", 0, "2026-11-01"]])

    county.screen()

    assert ("wrong", "subsistence_allowance") not in county.found()


def test_a_fact_older_than_the_decision_does_not_speak_against_it(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2026-11-01", 下次复核日期="2027-11-01")
    county.load()
    county.recipients("subsistence_allowance", [[number, 300, "2026-11-01", "2027-11-01"]])
    county.facts("核对", ("身份证号", "月收入", "数据日期"), [[number, 1500, "2026-06-01"]])

    county.screen()

    assert ("wrong", "subsistence_allowance") not in county.found()


def test_an_overdue_review_is_to_be_rechecked(county):
    county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2026-06-30")
    county.load()

    county.screen()

    assert "复核已到期" in county.one("recheck", "subsistence_allowance").reason


def test_no_file_about_a_recipient_is_no_reason_to_doubt(county):
    county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()

    county.screen()

    assert not {one for one in county.found() if one[0] in ("wrong", "recheck")}


def test_a_fact_that_has_expired_since_the_decision_is_to_be_rechecked(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()
    county.facts("核对", ("身份证号", "月收入", "数据日期"), [[number, 100, "2025-06-01"]])

    county.screen()

    assert "已过有效期：月收入" in county.one("recheck", "subsistence_allowance").reason


def test_a_newer_word_of_a_less_trusted_source_is_a_difference_to_settle(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()
    county.facts("核对", ("身份证号", "月收入", "数据日期"), [[number, 100, "2026-06-01"]])
    county.facts("入户", ("身份证号", "月收入", "数据日期"), [[number, 2000, "2026-11-01"]])

    county.screen()

    assert "核对不符：月收入" in county.one("recheck", "subsistence_allowance").reason


def settle(number, facts, on):
    """Let a person settle what sources say of somebody differently."""
    with scope(System("test"), "核定"):
        found = match_numbers(numbers=[number], on=on)[number]
        state_facts(
            catalogue=current_rules().catalogue,
            facts=facts,
            source="核定",
            stated_on=on,
            by=None,
            at=LATER,
            person=found.person_id,
            area_path=found.area_path,
        )


def test_what_a_person_has_settled_is_no_difference_any_more_and_counts_in_a_screening_too(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()
    county.recipients("subsistence_allowance", [[number, 300, "2024-02-01", "2027-01-01"]])
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[number, 100, 0, "2026-06-01"]])
    county.facts("入户", ("身份证号", "月收入", "数据日期"), [[number, 2000, "2026-11-01"]])
    settle(number, {"月收入": "2000.00"}, date(2026, 11, 20))

    county.screen()

    assert ("recheck", "subsistence_allowance") not in county.found()
    assert "人均月收入低于当地低保标准" in county.one("wrong", "subsistence_allowance").reason


def test_a_source_that_says_otherwise_after_a_settlement_asks_for_another_look(county):
    number = county.person("1", "孟大川", date(1980, 3, 1), 对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()
    settle(number, {"月收入": "100.00"}, date(2026, 11, 1))
    county.facts("核对", ("身份证号", "月收入", "数据日期"), [[number, 2000, "2026-11-20"]])

    county.screen()

    assert "核对不符：月收入" in county.one("recheck", "subsistence_allowance").reason


def test_no_department_settles_anything_by_a_file(county):
    number = county.person("1", "孟大川", date(1980, 3, 1))
    county.load()

    with pytest.raises(TableProblem, match="没有“核定”能说的事实"):
        county.facts("核定", ("身份证号", "月收入"), [[number, 1]])


def test_a_benefit_paid_after_death_is_found(county):
    number = county.person("1", "老人", date(1940, 3, 1))
    county.load()
    county.recipients("elderly_allowance", [[number, 50, "2020-03-01", "2027-01-01"]])
    county.people[0]["死亡日期"] = "2026-09-15"
    county.load()

    county.screen()

    assert "还健在" in county.one("wrong", "elderly_allowance").reason
    assert ("missed", "elderly_allowance") not in county.found()


def test_somebody_who_turns_eighty_in_two_months_is_told_beforehand(county):
    county.person("1", "老人", date(1947, 1, 20))
    county.load()

    county.screen()

    assert county.one("soon", "elderly_allowance").due_on == date(2027, 1, 20)


@pytest.mark.parametrize(("born_on", "soon"), [(date(1947, 3, 1), True), (date(1947, 3, 2), False)])
def test_ninety_days_ahead_is_soon_and_ninety_one_is_not_yet(county, born_on, soon):
    assert (date(2027, 3, 1) - ON).days == 90
    county.person("1", "老人", born_on)
    county.load()

    county.screen()

    assert (("soon", "elderly_allowance") in county.found()) == soon


def test_nobody_is_reported_missed_for_what_excludes_what_they_receive(county):
    number = county.person("1", "老人", date(1960, 1, 1), 对象类别="特困", 认定日期="2024-01-01", 下次复核日期="2027-06-30")
    county.load()
    county.facts("残联", ("身份证号", "残疾类别", "残疾等级", "需长期照护"), [[number, "肢体", 1, "是"]])
    county.facts("人社", ("身份证号", "领取工伤护理费"), [[number, "否"]])

    county.screen()

    assert ("missed", "disability_nursing_subsidy") not in county.found()


def test_a_finding_keeps_its_identity_and_data_close_it(county):
    number = county.person("1", "老人", date(1940, 3, 1))
    county.load()
    county.screen()
    first = county.one("missed", "elderly_allowance")

    county.screen(at=LATER)
    again = county.one("missed", "elderly_allowance")
    county.recipients("elderly_allowance", [[number, 50, "2026-12-01", "2027-12-01"]], at=LATER)
    run = county.screen(at=LATER)

    assert (again.pk, again.opened_run_id) == (first.pk, first.opened_run_id)
    assert county.one("missed", "elderly_allowance").state == "closed_by_data"
    assert run.closed == 1


def test_what_a_person_closed_stays_closed_until_the_facts_change(county):
    from tests.make import make_staff
    from yimen.screening.actions import close_finding

    number = county.person("1", "老人", date(1940, 3, 1))
    county.load()
    county.screen()
    clerk = make_staff(kind="county_clerk", area=county.area)
    with scope(clerk, "处理线索"):
        close_finding(finding_id=county.one("missed", "elderly_allowance").pk, words="本人不愿申请", by=clerk, at=LATER)

    county.screen(at=LATER)
    assert county.one("missed", "elderly_allowance").state == "closed_by_person"

    county.facts("公安", ("身份证号", "户籍在本县"), [[number, "否"]])
    county.screen(at=LATER)
    assert county.one("missed", "elderly_allowance").state == "closed_by_data"


def test_who_is_in_prison_is_no_member_of_the_family_until_he_comes_home(county):
    husband = county.person("1", "孟大川", date(1980, 3, 1))
    wife = county.person("1", "林秀兰", date(1981, 3, 1), relation="配偶")
    county.load()
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[wife, 600, 0, "2026-11-01"]])
    county.facts("公安交管", ("身份证号", "机动车数"), [[husband, 0]])
    county.facts("不动产", ("身份证号", "住房套数"), [[husband, 1]])
    county.screen()
    assert ("missed", "subsistence_allowance") not in county.found()

    county.facts("司法", ("身份证号", "不计入家庭成员", "数据日期"), [[husband, "是", "2026-11-20"]], at=LATER)
    county.screen(full=False, at=LATER)
    finding = county.one("missed", "subsistence_allowance")
    with scope(System("test"), "查看"), reading("测试"):
        held = explain_registered(household_id=finding.household_id, on=ON, rules=current_rules())
    (answer,) = [one for one in held.answers.household if one.policy.id == "subsistence_allowance"]
    assert held.facts.given["家庭人口"] == 1
    assert (answer.verdict, finding.amount_fen) == ("eligible", int(answer.amount * 100))
    assert held.facts.not_counted == {one.person_id.hex for one in held.card.members if one.name == "孟大川"}

    county.facts("司法", ("身份证号", "不计入家庭成员", "数据日期"), [[husband, "否", "2026-11-30"]], at=LATER)
    county.screen(full=False, at=LATER)
    assert ("missed", "subsistence_allowance") not in county.found()


def test_an_incremental_run_finds_what_a_full_run_finds(county):
    numbers = [county.person(str(n), f"老人{n}", date(1940 + n, 3, 1)) for n in range(8)]
    county.load()
    county.screen()
    county.recipients("elderly_allowance", [[numbers[0], 50, "2026-12-01", "2027-12-01"]], at=LATER)
    county.facts("公安", ("身份证号", "户籍在本县"), [[numbers[1], "否"]], at=LATER)

    county.screen(full=False, at=LATER)
    with scope(System("test"), "查看"):
        from yimen.screening.models import Finding

        incremental = set(Finding.objects.filter(state="open").values_list("policy", "kind", "subject_id", "facts_hash"))
    county.screen(full=True, at=LATER)
    with scope(System("test"), "查看"):
        full = set(Finding.objects.filter(state="open").values_list("policy", "kind", "subject_id", "facts_hash"))

    assert incremental == full
    assert len(full) == 6


def test_what_the_roster_says_is_shown_with_its_day_by_a_screening_and_by_an_explanation(county):
    number = county.person("1", "老人", date(1965, 6, 15), 对象类别="低保", 认定日期="2026-05-01", 下次复核日期="2027-05-01")
    county.load()
    county.facts("残联", ("身份证号", "残疾类别", "残疾等级"), [[number, "智力", 2]])
    county.facts("评估", ("身份证号", "自理能力"), [[number, "自理"]])
    county.screen()
    finding = county.one("missed", "elderly_care_subsidy")

    with scope(System("test"), "查看"), reading("核对"):
        held = explain_registered(household_id=finding.home_id, on=ON, rules=current_rules())
        answer = answer_of(held, policy=finding.policy, person=finding.person_id)
        story = story_of(held, answer, person=finding.person_id, rules=current_rules(), on=ON)

    days = {one["fact"]: (one["source"], one["stated_on"]) for one in finding.facts}
    assert days["出生日期"] == ("登记", "2026-12-01")
    assert days["低保对象"] == ("认定", "2026-05-01")
    assert days["特困人员"] == ("认定", "2026-12-01")
    assert sorted(story, key=str) == sorted(finding.facts, key=str)


def test_rules_that_suddenly_find_many_more_people_ask_to_be_looked_at_first(county, settings, tmp_path):
    settings.YIMEN_RULES = tmp_path / "rules"
    shutil.copytree(settings.BASE / "rules", settings.YIMEN_RULES)
    county.person("1", "沈高寿", date(1940, 1, 1))
    for number in range(2, 8):
        county.person(str(number), "沈小满", date(1960, 1, number))
    county.load()
    assert release_jump(county.screen()) == ""
    path = settings.YIMEN_RULES / "national" / "elderly_allowance.yaml"
    path.write_text(path.read_text("utf-8").replace("年龄 >= 80", "年龄 >= 60"), encoding="utf-8")
    assert "漏救线索从 1 条变为 7 条" in release_jump(county.screen(at=LATER))
    assert release_jump(county.screen(at=LATER.replace(hour=16))) == ""


def test_a_death_the_police_report_is_a_difference_although_the_roster_knows_nothing_of_it(county):
    number = county.person("1", "老人", date(1940, 3, 1))
    county.load()
    county.recipients("elderly_allowance", [[number, 50, "2020-03-01", "2027-01-01"]])
    county.facts("公安", ("身份证号", "已死亡", "数据日期"), [[number, "是", "2026-11-20"]])

    county.screen()

    assert "核对不符：已死亡" in county.one("recheck", "elderly_allowance").reason


def test_a_household_with_somebody_who_could_not_be_taken_waits_for_facts_on_a_page_and_in_a_screening(county):
    more = {"对象类别": "低保", "认定日期": "2024-01-01", "下次复核日期": "2027-01-01"}
    husband = county.person("1", "孟大川", date(1980, 3, 1), **more)
    wife = county.person("1", "林秀兰", date(1981, 3, 1), relation="妻", **more)
    county.people[1]["身份证号"] = "990101198103010000"
    with pytest.raises(AssertionError):
        county.load()
    county.facts("核对", ("身份证号", "月收入", "金融资产", "数据日期"), [[husband, 700, 0, "2026-11-01"]])

    def verdicts():
        with scope(System("test"), "查看"), reading("测试"):
            household = match_numbers(numbers=[husband], on=ON)[husband].household_id
            held = explain_registered(household_id=household, on=ON, rules=current_rules())
        return {one.policy.id: one.verdict for one in held.answers.household}, held

    county.screen()
    answers, held = verdicts()
    assert held.card.missing_members == 1
    assert "家庭人口" not in held.facts.given
    assert (answers["subsistence_allowance"], answers["borderline_household"]) == ("unknown", "unknown")
    assert not {one for one in county.found() if one[1] in ("subsistence_allowance", "borderline_household")}

    county.people[1]["身份证号"] = wife
    county.load()
    county.screen(full=False, at=LATER)
    _, held = verdicts()
    assert (held.card.missing_members, held.facts.given["家庭人口"]) == (0, 2)
