"""A folder of rules with one thing wrong is refused whole, and the sentence names file, line, what is wrong and what to write."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from tests.policies.book import FACTS, PARAMETERS, POLICY, write
from yimen.policies.queries import Explainer, RuleError, Situation, Where, failures, load_rules, survivors

FIRST = "家庭月收入 < 低保标准 * 家庭人口"
CONDITION = "national/policy.yaml 第 11 行：条件“人均月收入低于当地标准”"
SPOILT = [
    ("policy", FIRST, "家庭月入 < 低保标准", CONDITION, "最接近的是“家庭月收入”"),
    ("policy", FIRST, "家庭月收入 ＜ 低保标准", CONDITION, "请用半角“<”"),
    ("policy", FIRST, "家庭月收入 / 家庭人口 < 低保标准", CONDITION, "不能用除法"),
    ("policy", FIRST, "家庭月收入 IS NULL", CONDITION, "不能写 NULL 或 IS"),
    ("policy", FIRST, "1 < 2", CONDITION, "没有事实"),
    ("policy", FIRST, "危房等级 < 'C'", CONDITION, "文字没有大小"),
    ("policy", FIRST, "危房等级 = 3", CONDITION, "文字和数不能比较"),
    ("policy", FIRST, "危房等级 = 'E'", CONDITION, "A、B、C、D"),
    ("policy", FIRST, "lower(危房等级) = 'c'", CONDITION, "可以用：名称"),
    ("policy", FIRST, "家庭月收入 < (SELECT 1)", CONDITION, "可以用：名称"),
    ("policy", FIRST, "家庭月收入 < 家庭人口", CONDITION, "不能直接比较"),
    ("policy", FIRST, "月收入 < 低保标准", CONDITION, "合计、计数、任一"),
    ("policy", FIRST, "家庭月收入 < 低保标准 *", CONDITION, "读不懂"),
    ("policy", FIRST, "家庭人口 IN (1, 2)", "national/policy.yaml 第 11 行", "给整个算式加引号"),
    ("policy", "名称: 最低", "名稱: 最低", "national/policy.yaml 第 3 行", "最接近的是“名称”"),
    ("policy", "名称: 最低生活保障", "名称: 低保\n名称: 低保", "national/policy.yaml 第 4 行", "写了两次"),
    ("policy", "编号: subsistence_allowance\n", "", "national/policy.yaml 第 2 行", "缺少“编号”"),
    ("policy", "生效: 2026-07-01", "生效: 2026-13-01", "national/policy.yaml 第 8 行", "不是日期"),
    ("policy", "对象: 户", "对象: 家", "national/policy.yaml 第 9 行", "人 或 户"),
    ("policy", "取整: 进一到元", "取整: 进一到块", "national/policy.yaml 第 15 行", "到元、到角、到分"),
    ("policy", "得: 不符合", "得: 不行", "national/policy.yaml 第 20 行", "符合、不符合、待核实"),
    ("policy", "条件:", "条件: [", "national/policy.yaml 第 11 行", "YAML"),
    ("policy", "- 家庭月收入}", "- 危房等级}", "national/policy.yaml 第 14 行", "加减乘除"),
    ("facts", "周岁(出生日期)", "周岁(月收入)", "facts.yaml 第 8 行", "应是一个日期"),
    ("facts", "合计(月收入)", "合计(家庭月收入)", "facts.yaml 第 9 行", "绕了一圈"),
    ("facts", "合计(月收入)", "合计(家庭金融资产)", "facts.yaml 第 9 行", "是户的事实"),
    ("facts", "由: 合计(月收入)", '由: "合计(若(月收入, 月收入))"', "facts.yaml 第 9 行", "先是条件，再是数"),
    ("facts", "由: 合计(月收入)", '由: "若(合计(月收入))"', "facts.yaml 第 9 行", "若 合计"),
    ("policy", FIRST, "'若(家庭人口 > 1, 家庭人口) > 1'", CONDITION, "不能用"),
    ("facts", "选项, 值: [A, B, C, D]", "选项", "facts.yaml 第 7 行", "列出可选的值"),
    ("facts", "范围: 1..4", "范围: 4..1", "facts.yaml 第 5 行", "看不懂"),
    ("facts", "名: 金融资产,", "名: 月收入,", "facts.yaml 第 4 行", "写了两次"),
    ("facts", "类型: 金额, 单位: 元/月, 范围: 0..1000000", "类型: 钱", "facts.yaml 第 3 行", "金额、整数、小数"),
    ("parameters", "630.00,元/月", "六百三,元/月", "parameters/local.csv 第 4 行", "不是数"),
    ("parameters", "类别", "类型", "parameters/local.csv 第 1 行", "最接近的是“类别”"),
    ("parameters", "农,2026-07-01,,630.00", "农,2026-06-01,,630.00", "parameters/local.csv 第 4 行", "日期重叠"),
    ("parameters", "630.00,元/月", "630.00,元/年", "parameters/local.csv 第 4 行", "请统一"),
    ("policy", FIRST, "家庭人口 == 3", CONDITION, "相等请写“=”"),
    ("policy", FIRST, "家庭人口 > 1 -- 说明", CONDITION, "“--”不能用"),
    ("policy", FIRST, "家庭人口 > １", CONDITION, "请用半角“1”"),
    ("policy", FIRST, "家庭人口　> 1", CONDITION, "是全角"),
    ("policy", FIRST, "(" * 400 + "家庭人口 > 1" + ")" * 400, CONDITION, "套得太深"),
    ("policy", FIRST, "家庭人口 IN (1, 2, 3)", "national/policy.yaml 第 11 行：“2”", "给整个算式加引号"),
    ("policy", "起发: 确认次月", "起发: 后天", "national/policy.yaml 第 17 行", "确认次月、申请当月、一次性"),
    ("policy", "对象: 户", "对象: 户\n互斥: [subsistence_allowance]", "national/policy.yaml 第 10 行", "自己"),
    ("policy", "对象: 户", "对象: 户\n失效: 2026-06-30", "national/policy.yaml 第 10 行", "早于"),
    (
        "policy",
        "设: {家庭人口: 3, ",
        "设: {家庭人口: 3, 家庭月收: 5, ",
        "national/policy.yaml 第 20 行",
        "最接近的是“家庭月收入”",
    ),
    ("policy", "编号: subsistence_allowance", "编号: &a [*a]", "national/policy.yaml 第 1 行", "绕回了自己"),
    ("policy", "额度单位: 元/月", f"额度单位: {'长' * 41}", "national/policy.yaml", "最长 40 个字"),
    ("parameters", "630.00,元/月", "1,630.00,元/月", "parameters/local.csv 第 4 行", "多一格"),
    ("parameters", "630.00,元/月", "1e9999999,元/月", "parameters/local.csv 第 4 行", "不是数"),
    ("parameters", "低保标准,990101,城", "低保标准,花城,城", "parameters/local.csv 第 2 行", "区划代码"),
    ("parameters", "低保标准,990101,城", ",990101,城", "parameters/local.csv 第 2 行", "缺少“参数”"),
    ("parameters", "金融资产上限,9901,", "家庭人口,9901,", "parameters/local.csv 第 6 行", "已经是事实"),
    ("parameters", "单位,文号", "单位,单位", "parameters/local.csv 第 1 行", "写了两次"),
    ("parameters", "2026-01-01,2026-06-30", "2026-06-30,2026-01-01", "parameters/local.csv 第 3 行", "早于"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "place", "words"), SPOILT, ids=[f"{s[0]}: {s[2]}"[:60] for s in SPOILT])
def test_one_thing_wrong_is_told_with_its_place(tmp_path, file, right, wrong, place, words):
    texts = {"facts": FACTS, "policy": POLICY, "parameters": PARAMETERS}
    assert right in texts[file]
    texts[file] = texts[file].replace(right, wrong, 1)
    with pytest.raises(RuleError) as refused:
        load_rules(write(tmp_path, **texts))
    assert any(str(problem).startswith(place) and words in str(problem) for problem in refused.value.problems), refused.value


def test_everything_wrong_is_told_in_one_go(tmp_path):
    spoilt = POLICY.replace("家庭月收入 <", "家庭月入 <").replace("取整: 进一到元", "取整: 进一")
    with pytest.raises(RuleError) as refused:
        load_rules(write(tmp_path, policy=spoilt, parameters=PARAMETERS.replace("630.00", "六百")))
    assert {problem.file for problem in refused.value.problems} == {"national/policy.yaml", "parameters/local.csv"}


def test_the_example_of_the_format_itself_loads_and_is_right(tmp_path):
    rules = load_rules(write(tmp_path))
    assert failures(rules) == []


def test_an_example_that_is_wrong_says_what_comes_out(tmp_path):
    rules = load_rules(write(tmp_path, policy=POLICY.replace("得: 符合, 额: 1}", "得: 符合, 额: 2}")))
    assert [str(problem) for problem in failures(rules)] == [
        "national/policy.yaml 第 21 行：例“差一分，符合，进一到元”：写的额是 2，算出来是 1.00。"
    ]


def test_an_example_with_a_value_outside_its_range_is_told_and_proves_nothing(tmp_path):
    rules = load_rules(
        write(tmp_path, policy=POLICY.replace("设: {家庭人口: 3, 家庭月收入: 1890,", "设: {家庭人口: 99, 家庭月收入: 1890,"))
    )
    (problem,) = failures(rules)
    assert "第 20 行：例“正好等于标准，不符合”" in str(problem)
    assert "99" in str(problem)
    assert any(one.line == 11 for one in survivors(rules))


def test_a_border_without_an_example_is_noticed(tmp_path):
    """The book's examples never stand on the border of the assets, so turning that comparison would go unseen."""
    found = survivors(load_rules(write(tmp_path)))
    assert found
    assert all("金融资产" in str(one) for one in found if one.line == 12)
    assert any(one.line == 12 for one in found)


def test_texts_stay_texts_and_amounts_stay_exact(tmp_path):
    rules = load_rules(write(tmp_path, policy=POLICY.replace("编号: subsistence_allowance", "编号: 007")))
    assert rules.policies[0].id == "007"
    found = rules.parameters.find("低保标准", areas=("9901", "990101"), category="城", on=date(2026, 12, 1))
    assert found.value == 76800


def test_the_nearest_area_that_has_a_value_on_the_day_counts(tmp_path):
    parameters = load_rules(write(tmp_path)).parameters

    def standard(areas, category, on):
        found = parameters.find("低保标准", areas=areas, category=category, on=on)
        return found and found.value

    county, town, village = ("99", "9901", "990101"), ("99", "9901", "990101", "990101002"), "990101002001"
    assert standard(county, "农", date(2026, 12, 1)) == 63000
    assert standard(county, "农", date(2026, 6, 30)) == 60000
    assert standard(county, "农", date(2025, 12, 31)) is None
    assert standard(town, "农", date(2026, 12, 1)) == 65000
    assert standard((*town, village), "农", date(2026, 12, 1)) == 65000
    assert standard(town, "城", date(2026, 12, 1)) == 76800
    assert standard(("99", "9902"), "农", date(2026, 12, 1)) is None


def test_a_parameter_nobody_entered_leaves_the_answer_open_and_says_so(tmp_path):
    rules = load_rules(write(tmp_path))
    where = Where(date(2026, 12, 1), ("99", "9902", "990201"), "农")
    given = {"家庭人口": 3, "家庭月收入": Decimal(100), "家庭金融资产": Decimal(0)}
    answer = Explainer(rules, where).one(Situation(given))[0]
    assert answer.verdict == "unknown"
    assert answer.reasons["低保标准"] == "本地参数未录入：低保标准（990201，农，2026-12-01）"


def test_what_a_place_lets_count_needs_no_table_to_be_a_local_value(tmp_path):
    facts = FACTS.replace("由: 合计(月收入)", '由: "若(计入月收入, 合计(月收入))"')
    rules = load_rules(write(tmp_path, facts=facts))
    situation = Situation({"家庭人口": 3, "家庭金融资产": 0}, members=[{"月收入": "100"}])

    (open_,) = Explainer(rules, Where(date(2026, 12, 1), ("99", "9901", "990101"), "农")).one(situation)

    assert (open_.verdict, open_.missing) == ("unknown", ("家庭月收入",))
    assert open_.reasons == {"计入月收入": "本地参数未录入：计入月收入（990101，农，2026-12-01）"}


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        (("99", "9901", "990101"), "没有说保障类别：低保标准按城、农分别录入"),
        (("99", "9902"), "本地参数未录入：低保标准（9902，2026-12-01）"),
    ],
)
def test_without_a_category_what_is_missing_is_the_category_where_the_values_are_entered(tmp_path, areas, words):
    rules = load_rules(write(tmp_path))
    given = {"家庭人口": 3, "家庭月收入": Decimal(100), "家庭金融资产": Decimal(0)}
    answer = Explainer(rules, Where(date(2026, 12, 1), areas)).one(Situation(given))[0]
    assert answer.reasons["低保标准"].startswith(words)


def test_a_relation_that_names_no_policy_of_the_folder_is_told(tmp_path):
    rules = load_rules(
        write(tmp_path, policy=POLICY.replace("生效: 2026-07-01\n", "生效: 2026-07-01\n互斥: [subsistence_alowance]\n", 1))
    )
    (problem,) = rules.strangers
    assert "“互斥”里的“subsistence_alowance”不是这个目录里的政策编号。最接近的是“subsistence_allowance”。" in str(problem)


def test_versions_follow_the_day(tmp_path):
    older = POLICY.replace("生效: 2026-07-01", "生效: 2020-01-01\n失效: 2026-06-30").replace("最低生活保障", "旧低保")
    older = older.replace("日: 2026-12-01", "日: 2026-01-01")
    rules = load_rules(write(tmp_path, policy=POLICY + "---\n" + older))
    assert [policy.name for policy in rules.in_force(date(2026, 6, 30))] == ["旧低保"]
    assert [policy.name for policy in rules.in_force(date(2026, 7, 1))] == ["最低生活保障"]
    assert rules.in_force(date(2019, 12, 31)) == []


def test_a_place_replaces_the_national_policy_only_at_home(tmp_path):
    folder = write(tmp_path)
    (folder / "huacheng").mkdir()
    (folder / "huacheng" / "place.yaml").write_text("地区: 990101\n名称: 花城县\n", encoding="utf-8")
    local = POLICY.replace("名称: 最低生活保障", "名称: 花城低保")
    (folder / "huacheng" / "subsistence.yaml").write_text(local, encoding="utf-8")
    rules = load_rules(folder)
    on = date(2026, 12, 1)
    assert [policy.name for policy in rules.in_force(on, ("99", "9901", "990101"))] == ["花城低保"]
    assert [policy.name for policy in rules.in_force(on, ("99", "9901", "990102"))] == ["最低生活保障"]


def test_the_hash_of_a_folder_changes_with_any_file(tmp_path):
    one = load_rules(write(tmp_path / "a")).hash
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert load_rules(tmp_path / "b").hash == one
    assert load_rules(write(tmp_path / "b", parameters=PARAMETERS.replace("768.00", "769.00"))).hash != one


def test_a_city_written_with_filling_zeros_is_the_same_city(tmp_path):
    parameters = PARAMETERS + "金融资产上限,990100,,2026-01-01,,1,元,虚构\n"
    with pytest.raises(RuleError, match="日期重叠"):
        load_rules(write(tmp_path / "a", parameters=parameters))
    folder = write(tmp_path / "b")
    (folder / "city").mkdir()
    (folder / "city" / "place.yaml").write_text("地区: 990100\n", encoding="utf-8")
    (folder / "city" / "p.yaml").write_text(POLICY.replace("名称: 最低生活保障", "名称: 市低保"), encoding="utf-8")
    rules = load_rules(folder)
    assert [policy.name for policy in rules.in_force(date(2026, 12, 1), ("99", "9901", "990101"))] == ["市低保"]


@pytest.mark.parametrize("name", ["x/place.yaml", "forms/f.yaml", "national/l.yaml"])
def test_a_list_where_a_mapping_belongs_is_told_in_words(tmp_path, name):
    path = write(tmp_path) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("- a\n", encoding="utf-8")
    with pytest.raises(RuleError, match="不是列表"):
        load_rules(tmp_path)


def test_an_empty_document_at_the_end_of_a_file_is_no_policy(tmp_path):
    assert len(load_rules(write(tmp_path, policy=POLICY + "---\n")).policies) == 1


def test_a_day_in_a_rule_is_moved_by_one_day_and_only_examples_on_both_sides_notice(tmp_path):
    said = "  - {{说: 例, 日: 2026-12-01, 设: {{出生日期: {day}}}, 得: {verdict}}}\n"
    rule = "编号: old\n名称: 老\n生效: 2026-01-01\n对象: 人\n条件:\n  - {名: 老, 式: 出生日期 < '1966-12-01'}\n例:\n"
    far = said.format(day="1960-01-01", verdict="符合") + said.format(day="2000-01-01", verdict="不符合")
    near = said.format(day="1966-11-30", verdict="符合") + said.format(day="1966-12-01", verdict="不符合")
    unseen = [one.change for one in survivors(load_rules(write(tmp_path / "a", policy=rule + far)))]
    assert unseen == ["条件“老”的“<”改成“<=”", "条件“老”的界限晚一天", "条件“老”的界限早一天"]
    assert survivors(load_rules(write(tmp_path / "b", policy=rule + near))) == []


def test_a_line_of_its_own_is_changed_too_and_only_examples_that_name_the_lines_notice(tmp_path):
    said = "  - {{说: 例, 日: 2026-12-01, 设: {{家庭人口: {many}, 家庭月收入: 1}}, 得: 符合{more}}}\n"
    rule = (
        "编号: old\n名称: 老\n生效: 2026-01-01\n对象: 户\n条件:\n  - {名: 有收入, 式: 家庭月收入 > 0}\n"
        "分项:\n  - {名: 大家庭, 当: 家庭人口 >= 3, 额: 家庭人口 * 10}\n例:\n"
        "  - {说: 没有, 日: 2026-12-01, 设: {家庭人口: 1, 家庭月收入: 0}, 得: 不符合}\n"
        "  - {说: 一分, 日: 2026-12-01, 设: {家庭人口: 1, 家庭月收入: 0.01}, 得: 符合}\n"
    )
    blind = said.format(many=3, more="") + said.format(many=2, more="")
    unseen = [one.change for one in survivors(load_rules(write(tmp_path / "a", policy=rule + blind)))]
    assert "去掉分项“大家庭”" in unseen
    assert "分项“大家庭”的“>=”改成“>”" in unseen

    named = said.format(many=3, more=", 分项: {大家庭: 30}") + said.format(many=2, more=", 分项: {}")
    assert survivors(load_rules(write(tmp_path / "b", policy=rule + named))) == []
    wrong = said.format(many=3, more=", 分项: {大家庭: 20}")
    assert ["分项" in str(one) for one in failures(load_rules(write(tmp_path / "c", policy=rule + wrong)))] == [True]
