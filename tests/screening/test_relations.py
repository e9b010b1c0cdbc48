"""Policies that have to do with one another: what one receives decides what one may be reported missed for."""

import shutil
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings as django_settings

from tests.screening.county import ON, County
from yimen.benefits.models import Grant
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.vault import blind_index
from yimen.registry.models import Household, Person
from yimen.screening.models import Finding
from yimen.screening.queries import answer_of, current_rules, explain_registered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
FIRST, SECOND = "first_aid", "second_aid"
POLICY = """
编号: {id}
名称: {name}
受理部门: 民政
办理方式: [窗口]
依据: [{{文件: 虚构}}]
生效: 2026-01-01
对象: {subject}
{relation}
条件: [{{名: 满60岁, 式: {condition}}}]
标准: [{{名: 定额, 额: "100"}}]
取整: 四舍五入到分
额度单位: 元/月
起发: 确认次月
停发: 死亡次月
公示: {{要否: 待核实}}
例: [{{说: 符合, 日: 2026-12-01, 设: {{{given}}}, 得: 符合, 额: 100}}]
"""


@pytest.fixture
def county(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    return County(tmp_path)


@pytest.fixture
def related(tmp_path, settings):
    """Let the first policy stand in a relation to the second, and nothing else be in force."""

    def write(kind: str, subject: str = "人") -> None:
        folder = tmp_path / "rules"
        folder.mkdir()
        shutil.copy(django_settings.BASE / "rules" / "facts.yaml", folder)
        for policy, name, relation in ((FIRST, "甲", f"{kind}: [{SECOND}]"), (SECOND, "乙", "")):
            whose = subject if policy == SECOND else "人"
            condition, given = ("年龄 >= 60", "年龄: 60") if whose == "人" else ("七十岁以上成员数 >= 1", "七十岁以上成员数: 1")
            said = POLICY.format(id=policy, name=name, relation=relation, subject=whose, condition=condition, given=given)
            (folder / f"{policy}.yaml").write_text(said, encoding="utf-8")
        settings.YIMEN_RULES = folder

    return write


@pytest.mark.parametrize(
    ("kind", "received", "missed"),
    [
        ("互斥", {}, {FIRST, SECOND}),
        ("互斥", {SECOND: 100}, set()),
        ("互斥", {FIRST: 100}, set()),
        ("择一", {}, {FIRST, SECOND}),
        ("择一", {SECOND: 100}, set()),
        ("择一", {FIRST: 100}, set()),
        ("前置", {}, {SECOND}),
        ("前置", {SECOND: 100}, {FIRST}),
        ("补差", {}, {FIRST, SECOND}),
        ("补差", {SECOND: 40}, {FIRST}),
        ("补差", {SECOND: 100}, set()),
        ("补差", {SECOND: ""}, set()),
        ("择高", {SECOND: 40}, {FIRST}),
        ("择高", {SECOND: 100}, set()),
        ("择高", {FIRST: 100}, set()),
    ],
)
def test_what_is_received_decides_what_is_missed(county, related, kind, received, missed):
    related(kind)
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()
    for policy, yuan in received.items():
        county.recipients(policy, [[number, yuan, "2026-02-01", "2027-01-01"]])

    county.screen()

    assert {policy for found, policy in county.found() if found == "missed"} == missed


@pytest.mark.parametrize(("kind", "says"), [("互斥", True), ("择一", True), ("补差", False)])
def test_a_choice_is_shown_as_a_choice_and_is_made_by_nobody(county, related, kind, says):
    related(kind)
    county.person("1", "老人", date(1950, 3, 1))
    county.load()

    county.screen()

    first, second = county.one("missed", FIRST), county.one("missed", SECOND)
    words = "只能选一项，由本人选择"
    assert (first.state, second.state) == ("open", "open")
    assert (first.reason, second.reason) == ((f"与“乙”{words}", f"与“甲”{words}") if says else ("", ""))


def test_the_difference_that_may_be_paid_is_said_to_the_fen(county, related):
    related("补差")
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()
    county.recipients(SECOND, [[number, "39.55", "2026-02-01", "2027-01-01"]])
    county.screen()
    finding = county.one("missed", FIRST)

    with scope(System("test"), "查看"), reading("核对"):
        held = explain_registered(household_id=finding.home_id, on=ON, rules=current_rules())
    (relation,) = answer_of(held, policy=FIRST, person=finding.person_id).relations

    assert (relation.kind, relation.with_, f"{relation.rest:.2f}") == ("补差", SECOND, "60.45")


@pytest.mark.parametrize(("household", "missed"), [("299.99", {FIRST}), ("300", set()), ("", set())])
def test_a_person_is_weighed_against_his_share_of_what_the_household_receives(county, related, household, missed):
    related("补差", subject="户")
    number = county.person("1", "老人", date(1950, 3, 1))
    county.person("1", "儿子", date(1980, 3, 1), relation="子")
    county.person("1", "孙子", date(2010, 3, 1), relation="孙子")
    county.load()
    county.recipients(SECOND, [[number, household, "2026-02-01", "2027-01-01"]])

    county.screen()

    assert {policy for found, policy in county.found() if found == "missed"} == missed
    with scope(System("test"), "查看"), reading("核对"):
        home = Household.objects.get()
        held = explain_registered(household_id=home.pk, on=ON, rules=current_rules())
    (relation,) = answer_of(held, policy=FIRST, person=held.card.members[0].person_id).relations
    assert relation.payable is (None if not household else bool(missed))
    assert relation.rest == (Decimal("0.00") if household else None)


def received_together(county, first, second, *, months=("02", "03")):
    """Let both be received, each decided in a month; return what was found but the missed."""
    for (policy, rows), month in zip((first, second), months, strict=True):
        county.recipients(policy, [[number, 100, f"2026-{month}-01", "2027-01-01"] for number in rows])
    county.screen()
    with scope(System("test"), "查看"):
        return {(one.kind, one.policy): one for one in Finding.objects.exclude(kind="missed")}


@pytest.mark.parametrize("kind", ["互斥", "择一"])
def test_of_two_that_exclude_each_other_the_one_decided_first_is_asked_about(county, related, kind):
    related(kind)
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()

    found = received_together(county, (SECOND, [number]), (FIRST, [number]))

    assert set(found) == {("wrong", SECOND)}
    assert found["wrong", SECOND].reason == "同时在领“甲”，不能同领，请核实该停哪一项"


@pytest.mark.parametrize("kind", ["补差", "择高"])
def test_what_may_be_received_together_is_no_finding(county, related, kind):
    related(kind)
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()

    assert received_together(county, (SECOND, [number]), (FIRST, [number])) == {}


def test_once_one_of_the_two_has_ended_the_finding_is_gone(county, related):
    related("互斥")
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()
    received_together(county, (SECOND, [number]), (FIRST, [number]))

    with scope(System("test"), "停发"):
        Grant.objects.filter(policy=SECOND).update(ends_on=date(2026, 11, 30))
    county.screen()

    assert county.one("wrong", SECOND).state == "closed_by_data"


def test_what_a_household_receives_beside_a_member_is_to_be_verified_unless_he_is_the_whole_family(county, related):
    related("互斥", subject="户")
    alone = county.person("1", "独居老人", date(1950, 3, 1))
    one_of_two = county.person("2", "老人", date(1950, 3, 1))
    county.person("2", "儿子", date(1980, 3, 1), relation="子")
    county.load()

    found = received_together(county, (FIRST, [alone, one_of_two]), (SECOND, [alone, one_of_two]))

    assert set(found) == {("wrong", FIRST), ("recheck", FIRST)}
    with scope(System("test"), "查看"):
        whose = {one.kind: Person.objects.get(pk=one.person_id).id_index for one in found.values()}
    assert whose == {"wrong": blind_index("id_number", alone), "recheck": blind_index("id_number", one_of_two)}
    assert found["recheck", FIRST].reason == "这一户在领“乙”，不能同领，请核实本人算不算在里面"


def test_who_gets_subsistence_allowance_and_extreme_poverty_support_is_asked_about(county):
    number = county.person("1", "老人", date(1950, 3, 1))
    county.load()

    found = received_together(county, ("subsistence_allowance", [number]), ("extreme_poverty_support", [number]))

    assert found["wrong", "extreme_poverty_support"].reason == "同时在领“最低生活保障”，不能同领，请核实该停哪一项"
