"""What the rules say of one household: verdicts by three values, exact amounts, relations, and only questions that matter."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policies.book import write
from yimen.policies.queries import Explainer, Situation, Where, load_rules, next_questions

ON = date(2026, 12, 1)
WHERE = Where(ON, ("99", "9901", "990101"), "农")
CARE = """
编号: care
名称: 护理补贴
受理部门: 残联
办理方式: [窗口]
依据: [{文件: 虚构办法, 条款: 第一条, 起: 2020-01-01}]
生效: 2020-01-01
对象: 人
KIND: [OTHER]
条件:
  - {名: 重残, 式: 残疾等级 <= 2}
  - {名: 成年或收入低, 式: 年龄 >= 18 OR 月收入 < 500}
标准:
  - {名: 一级, 当: 残疾等级 = 1, 额: 110}
  - {名: 二级, 额: 80}
取整: 四舍五入到分
额度单位: 元/月
例:
  - {说: 例, 日: 2026-12-01, 设: {残疾等级: 1, 年龄: 20, 月收入: 0}, 得: 符合, 额: 110}
"""
VALUES = {
    "残疾等级": [1, 2, 3, None],
    "年龄": [17, 18, None],
    "月收入": [Decimal(0), Decimal("499.99"), Decimal(500), None],
    "家庭月收入": [Decimal(0), Decimal("1889.99"), Decimal(1890), None],
    "家庭金融资产": [Decimal(45360), Decimal("45360.01"), None],
    "家庭人口": [3],
}


PARTS = {"年龄": "出生日期", "家庭月收入": "月收入", "家庭金融资产": "金融资产"}


def explainer(folder, *, kind="互斥", other="none", where=WHERE):
    care = CARE.replace("KIND", kind).replace("OTHER", other)
    return Explainer(load_rules(write(folder, care=care)), where)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return explainer(tmp_path_factory.mktemp("rules"))


def answers(explainer, **facts):
    return {answer.policy.id: answer for answer in explainer.one(Situation(facts))}


def test_one_false_condition_ends_it_and_nothing_more_is_asked(both):
    answer = answers(both, 残疾等级=3)["care"]
    assert (answer.verdict, answer.missing, answer.amount) == ("not_eligible", (), None)


def test_an_open_condition_leaves_it_open_and_names_what_is_missing(both):
    answer = answers(both, 残疾等级=2, 年龄=17)["care"]
    assert (answer.verdict, answer.missing) == ("unknown", ("月收入",))


def test_what_is_true_anyway_is_not_asked(both):
    answer = answers(both, 残疾等级=1, 年龄=18, 月收入=None)["care"]
    assert (answer.verdict, answer.missing, answer.amount, answer.tier) == ("eligible", (), Decimal("110.00"), "一级")


@given(income=st.decimals(min_value=0, max_value=2000, places=2), people=st.integers(min_value=1, max_value=9))
@settings(max_examples=60, deadline=None)
def test_the_difference_is_exact_and_rounded_once_upwards_to_whole_yuan(both, income, people):
    answer = answers(both, 家庭人口=people, 家庭月收入=income, 家庭金融资产=Decimal(0))["subsistence_allowance"]
    limit = 630 * people
    assert answer.verdict == ("eligible" if income < limit else "not_eligible")
    if answer.verdict == "eligible":
        difference = limit - income
        assert answer.amount - 1 < difference <= answer.amount
        assert answer.amount == answer.amount.to_integral_value()


def test_members_give_the_facts_of_the_household(both):
    members = [{"月收入": Decimal("100.50"), "金融资产": Decimal(10)}, {"月收入": Decimal(200), "金融资产": Decimal(0)}]
    by_id = {one.policy.id: one for one in both.one(Situation({"家庭人口": 2}, members))}
    assert by_id["subsistence_allowance"].amount == Decimal("960.00")
    unknown = [members[0], {"月收入": None, "金融资产": Decimal(0)}]
    by_id = {one.policy.id: one for one in both.one(Situation({"家庭人口": 2}, unknown))}
    assert by_id["subsistence_allowance"].verdict == "unknown"


@pytest.mark.parametrize(
    ("kind", "receives", "payable"),
    [
        ("互斥", {}, True),
        ("互斥", {"subsistence_allowance": Decimal(500)}, False),
        ("择一", {"subsistence_allowance": None}, False),
        ("前置", {}, False),
        ("前置", {"subsistence_allowance": None}, True),
        ("补差", {"subsistence_allowance": Decimal(100)}, True),
        ("补差", {"subsistence_allowance": Decimal(110)}, False),
        ("补差", {"subsistence_allowance": None}, None),
        ("择高", {"subsistence_allowance": Decimal("109.99")}, True),
        ("择高", {"subsistence_allowance": Decimal(200)}, False),
    ],
)
def test_a_relation_says_whether_this_may_be_paid_besides(tmp_path, kind, receives, payable):
    asked = explainer(tmp_path, kind=kind, other="subsistence_allowance")
    answer = next(a for a in asked.one(Situation({"残疾等级": 1, "年龄": 30}, receives=receives)) if a.policy.id == "care")
    assert [(r.kind, r.with_, r.payable) for r in answer.relations] == [(kind, "subsistence_allowance", payable)]


@pytest.mark.parametrize("kind", ["互斥", "择一", "择高"])
def test_what_excludes_or_is_chosen_holds_in_both_directions(tmp_path, kind):
    asked = explainer(tmp_path, kind=kind, other="subsistence_allowance")
    allowance = next(a for a in asked.one(Situation({})) if a.policy.id == "subsistence_allowance")
    assert [(r.kind, r.with_) for r in allowance.relations] == [(kind, "care")]


def test_the_json_is_what_the_format_says(both):
    facts = {"家庭人口": 3, "家庭月收入": Decimal("1889.99"), "家庭金融资产": Decimal(0)}
    told = answers(both, **facts)["subsistence_allowance"].as_json()
    version = told.pop("version")
    assert version.startswith("subsistence_allowance@2026-07-01")
    assert told == {
        "policy": "subsistence_allowance",
        "verdict": "eligible",
        "conditions": [
            {"name": "人均月收入低于当地标准", "expression": "家庭月收入 < 低保标准 * 家庭人口", "value": True, "missing": []},
            {"name": "金融资产不超限", "expression": "家庭金融资产 <= 家庭人口 * 金融资产上限", "value": True, "missing": []},
        ],
        "missing": [],
        "amount": "1.00",
        "unit": "元/月",
        "relations": [],
        "basis": told["basis"],
    }
    assert "中华人民共和国社会救助法" in told["basis"][0].values()


def situations():
    return [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]


def verdicts(explainer, facts):
    return {policy: answer.verdict for policy, answer in answers(explainer, **facts).items()}


def matters(explainer, known, open_, name) -> bool:
    """Whether, with the other open facts somehow known, two values of this one give different verdicts."""
    others = [VALUES[other][:-1] if other != name else [None] for other in open_]
    for rest in product(*others):
        whole = known | dict(zip(open_, rest, strict=True))
        if len({str(verdicts(explainer, whole | {name: value})) for value in VALUES[name][:-1]}) > 1:
            return True
    return False


def test_a_question_is_asked_only_if_it_matters_and_is_left_out_only_if_it_cannot_change_anything_now(both):
    """The law of asking, over every combination of values. A total has no question of its own: its parts are asked."""
    for facts in situations():
        known = {name: value for name, value in facts.items() if value is not None}
        open_ = [name for name, value in facts.items() if value is None]
        asked = {question.fact.name for question in next_questions(both.one(Situation(known)), both.rules)}
        serving = {name: [one for one in open_ if PARTS.get(one, one) == name or one == name] for name in asked}
        assert all(any(matters(both, known, open_, one) for one in ones) for ones in serving.values()), facts
        for name in open_:
            if not {name, PARTS.get(name)} & asked:
                assert len({str(verdicts(both, known | {name: value})) for value in VALUES[name]}) == 1, (facts, name)


def test_the_most_decisive_question_comes_first_and_of_two_the_catalogues_first(both):
    asked = next_questions(both.one(Situation({"家庭人口": 3})), both.rules)
    assert [question.fact.name for question in asked] == ["月收入", "金融资产", "出生日期", "残疾等级"]
    assert asked[0].helps == ("care", "subsistence_allowance")
    assert asked[3].text == "残疾证上写的是几级？"


def test_parameters_are_never_asked_of_a_citizen(tmp_path):
    asked = explainer(tmp_path, where=Where(ON, ("99", "9902"), "农"))
    names = {question.fact.name for question in next_questions(asked.one(Situation({})), asked.rules)}
    assert "低保标准" not in names
    assert "月收入" in names


def test_a_person_is_weighed_against_his_share_of_what_the_household_receives(tmp_path):
    asked = explainer(tmp_path, kind="补差", other="subsistence_allowance")
    three = [{"月收入": Decimal(0)}] * 3
    said = Situation({"残疾等级": 1, "年龄": 30}, three, receives={"subsistence_allowance": Decimal(300)})
    (relation,) = next(a for a in asked.one(said) if a.policy.id == "care").relations
    assert (relation.payable, relation.rest) == (True, Decimal("10.00"))
