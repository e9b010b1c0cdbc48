"""The national pack: 81 indicators in seven areas, the policies promised, and nothing said that no text says."""

from collections import Counter
from datetime import date

import pytest
import yaml
from django.conf import settings

from yimen.policies.queries import Explainer, Where, load_rules, next_questions

NOT_POSTED = {"unattended_child_allowance", "small_emergency_aid"}
POSTED = {
    "subsistence_allowance",
    "single_person_subsistence",
    "borderline_household",
    "extreme_poverty_support",
    "expenditure_temporary_aid",
}


@pytest.fixture(scope="module")
def rules():
    return load_rules(settings.YIMEN_RULES)


def test_the_seven_areas_hold_81_indicators_and_each_says_all_it_must(rules):
    indicators = [fact for fact in rules.catalogue.facts.values() if fact.area]
    assert Counter(fact.area for fact in indicators) == {
        "人口户籍": 10,
        "收入": 20,
        "财产": 17,
        "刚性支出": 10,
        "健康残疾": 10,
        "劳动就业": 6,
        "义务人与生活": 8,
    }
    numbers = [fact for fact in indicators if fact.kind in ("金额", "整数", "小数")]
    assert [fact.name for fact in numbers if not fact.unit or fact.low is None or fact.high is None] == []
    assert [fact.name for fact in indicators if not fact.sources or not fact.question] == []
    written = yaml.safe_load((settings.YIMEN_RULES / "facts.yaml").read_text(encoding="utf-8"))
    assert [entry["名"] for entry in written if "领域" in entry and "有效" not in entry] == []
    assert rules.unused == []


def test_every_policy_names_department_way_basis_beginning_end_and_examples_of_each_kind(rules):
    assert len(rules.policies) >= 25
    for policy in rules.policies:
        named = (
            policy.department,
            policy.ways,
            policy.basis,
            policy.help,
            policy.pays_from,
            policy.pays_until,
            policy.posting.needed,
        )
        assert all(named), policy.id
        assert {example.verdict for example in policy.examples} == {"eligible", "not_eligible", "unknown"}, policy.id


def test_a_posting_is_claimed_only_where_a_text_was_found(rules):
    """民发〔2021〕57号第19条 and what follows it, 民发〔2021〕43号, 2026 临时救助意见; nothing else was found."""
    assert {policy.id for policy in rules.policies if policy.posting.needed == "否"} == NOT_POSTED
    assert {policy.id for policy in rules.policies if policy.posting.needed == "是"} == POSTED


def found(rules, name, areas, category):
    held = rules.parameters.find(name, areas=areas, category=category, on=date(2026, 6, 1))
    return held and held.text


def test_yongchuan_and_huarong_have_the_standards_found_and_heze_and_suihua_none(rules):
    yongchuan, huarong, heze, suihua = ("50", "5001", "500118"), ("42", "4207", "420703"), ("37", "3717"), ("23", "2312")
    assert [found(rules, "低保标准", yongchuan, category) for category in "城农"] == ["770", "630"]
    assert [found(rules, "低保标准", huarong, category) for category in "城农"] == ["725", "655"]
    assert [found(rules, "低保边缘线", huarong, category) for category in "城农"] == ["1450", "1310"]
    assert [found(rules, "特困基本生活标准", huarong, category) for category in "城农"] == ["945", "855"]
    care = [f"特困护理{how}{able}" for how in ("集中", "分散") for able in ("自理", "部分丧失", "完全丧失")]
    assert [found(rules, name, huarong, "城") for name in care] == ["505", "605", "2010", "505", "505", "505"]
    assert [found(rules, name, huarong, "农") for name in care] == ["455", "555", "2010", "455", "455", "455"]
    assert {found(rules, name, place, "农") for name in care for place in (yongchuan, heze, suihua)} == {None}
    assert found(rules, "孤儿集中养育标准", yongchuan, None) == "1851"
    assert [found(rules, "低保标准", place, category) for place in (heze, suihua) for category in "城农"] == [None] * 4


def test_an_average_is_told_as_an_average_and_never_as_somebody_s_amount(rules):
    grant = rules.policy("student_grant")

    assert (grant.tiers, "平均3700元" in grant.unit, "平均" in grant.note) == ((), True, True)
    assert [one for one in grant.examples if one.verdict == "eligible" and one.amount is not None] == []
    assert "国家助学金标准" not in rules.parameters.units


@pytest.mark.parametrize(
    ("counted", "pension", "verdict", "amount"),
    [
        (None, 0, "eligible", "40.00"),
        (None, 50, "unknown", None),
        (False, 50, "eligible", "40.00"),
        (True, 50, "not_eligible", None),
        (True, 30, "eligible", "10.00"),
    ],
)
def test_the_basic_pension_counts_as_the_place_has_decided_and_else_waits(rules, counted, pension, verdict, amount):
    """Its exemption ended with 2025 (民发〔2021〕57号第13条); since then it is a local parameter, and nobody guesses."""
    home = {"有本县户籍成员": True, "家庭人口": 1, "机动车数": 0, "住房套数": 1, "低保标准": 640, "低保按分档": False}
    home |= {"低保金融资产上限": 18000, "机动车上限": 0, "住房套数上限": 1, "基础养老金计入收入": counted}
    who = {"月收入": 600, "金融资产": 0, "居民基础养老金": pension}
    answers = Explainer(rules, Where(date(2026, 12, 1))).household(home, [who], receives={}, receives_members=[{}])
    (answer,) = (one for one in answers.household if one.policy.id == "subsistence_allowance")
    assert (answer.verdict, answer.amount and f"{answer.amount:.2f}") == (verdict, amount)


COUNTED = "刚性支出计入"
RIGID = {"低保家庭": False, "特困家庭": False, "低保边缘家庭": False, "人均可支配收入": 38000, "刚性金融资产上限": 40000}
SPENT = ("住院自付", "门诊慢特病自付", "学前保教费", "学费住宿费", "残疾康复支出", "辅助器具支出", "护理照料支出")


def rigid(rules, decided, household, member):
    """Return what the policy says of one person who earns 1,000 a month; more than 7,200 a year count as rigid."""
    home = RIGID | {"刚性支出比例": "0.6", "家庭人口": 1, "基本居住支出": 0, "灾害意外损失": 0, "生活支出": 0} | household
    home |= {f"{COUNTED}{kind}支出": value for kind, value in decided.items()}
    who = {"月收入": 1000, "金融资产": 0} | dict.fromkeys(SPENT, 0) | member
    answers = Explainer(rules, Where(date(2026, 12, 1))).household(home, [who], receives={}, receives_members=[{}])
    return next(one for one in answers.household if one.policy.id == "rigid_expenditure_household")


@pytest.mark.parametrize(
    ("decided", "household", "member", "verdict"),
    [
        # What the text itself names counts everywhere, unless a place has said otherwise.
        ({}, {}, {"住院自付": "7200.01"}, "eligible"),
        ({}, {}, {"学费住宿费": 7200}, "not_eligible"),
        ({}, {}, {"残疾康复支出": 7000, "辅助器具支出": 201}, "eligible"),
        # What it leaves to the county counts as the county has said, and else waits.
        ({"生活": True}, {"生活支出": 8000}, {}, "eligible"),
        ({"生活": False}, {"生活支出": 8000}, {}, "not_eligible"),
        ({}, {"生活支出": 8000}, {}, "unknown"),
        ({"护理照料": True}, {}, {"护理照料支出": 8000}, "eligible"),
        ({"居住": False}, {"基本居住支出": 8000}, {}, "not_eligible"),
        ({"灾害意外": True}, {"灾害意外损失": 8000}, {}, "eligible"),
        # What does not count need not be known; and nothing is nothing, whether it counts or not.
        ({"生活": False}, {"生活支出": None}, {"住院自付": 8000}, "eligible"),
        ({}, {}, {"住院自付": 8000}, "eligible"),
    ],
)
def test_what_counts_as_rigid_expenditure_is_decided_by_the_place(rules, decided, household, member, verdict):
    """民发〔2024〕57号第五条: medical, school and rehabilitation costs; how much of living, and what else, is the county's."""
    assert rigid(rules, decided, household, member).verdict == verdict


def test_where_a_place_has_not_said_what_counts_the_answer_says_so_and_what_does_not_count_is_not_asked(rules):
    open_ = {"生活支出": None, "基本居住支出": None}
    waits = rigid(rules, {"护理照料": True, "灾害意外": True, "居住": False}, open_, {})
    decided = rigid(rules, {"护理照料": True, "灾害意外": True, "居住": False, "生活": True}, open_, {})

    assert waits.missing == ("家庭刚性支出",)
    assert waits.reasons == {"刚性支出计入生活支出": "本地参数未录入：刚性支出计入生活支出（2026-12-01）"}
    assert decided.reasons == {}
    asked = [question.fact.name for question in next_questions([decided], rules)]
    assert ("生活支出" in asked, "基本居住支出" in asked) == (True, False)


@pytest.mark.parametrize(("category", "amount"), [("城", "680.00"), ("农", "560.00"), (None, None)])
def test_somebody_aided_alone_gets_the_amount_of_town_or_country(rules, category, amount):
    """The demonstration county's amounts, invented; where nobody has said 城 or 农, that is what is missing."""
    who = {"残疾等级": 1, "残疾类别": "肢体", "低保边缘家庭成员": True}
    explainer = Explainer(rules, Where(date(2026, 12, 1), ("99", "9901", "990101"), category))
    answers = explainer.household({}, [who], receives={}, receives_members=[{}])
    (answer,) = (one for one in answers.members[0] if one.policy.id == "single_person_subsistence")

    assert (answer.verdict, answer.amount and f"{answer.amount:.2f}") == ("eligible", amount)
    if category is None:
        assert "没有说保障类别" in answer.reasons["单人户低保金额"]
