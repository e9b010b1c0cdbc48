"""
The rules of the benchmark (基准规则): a folder in the project's own format, made from lists, the same every time.

50 policies with 215 clauses, 80 of them distinct, most of them about sums and counts over the household, as in social
assistance: income and assets per head, cars, houses, work force, disability, age, illness, schooling. The contents are
invented; only their shape is that of the national pack (about four conditions a policy, tiers and differences as amounts).
"""

import csv
from pathlib import Path
from random import Random

HOUSEHOLD_POLICIES, PERSON_POLICIES, CLAUSES = 30, 20, 215
COUNTIES = 200
SEED = 20261201


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


FACTS = """
- {名: 出生日期, 对象: 人, 类型: 日期, 来源: [登记], 问: 哪年哪月哪日出生？}
- {名: 性别, 对象: 人, 类型: 选项, 值: [男, 女], 来源: [登记], 问: 男还是女？}
- {名: 月收入, 对象: 人, 类型: 金额, 单位: 元/月, 范围: 0..1000000, 来源: [核对, 申报], 有效: 12个月, 问: 一个月挣多少？}
- {名: 存款, 对象: 人, 类型: 金额, 单位: 元, 范围: 0..100000000, 来源: [核对, 申报], 有效: 6个月, 问: 存了多少钱？}
- {名: 医疗支出, 对象: 人, 类型: 金额, 单位: 元/月, 范围: 0..1000000, 来源: [医保, 申报], 有效: 12个月, 问: 看病一个月花多少？}
- {名: 教育支出, 对象: 人, 类型: 金额, 单位: 元/月, 范围: 0..1000000, 来源: [教育, 申报], 有效: 12个月, 问: 上学一个月花多少？}
- {名: 残疾等级, 对象: 人, 类型: 整数, 范围: 0..4, 来源: [残联, 申报], 有效: 证件期限, 问: 残疾证几级（没有写 0）？}
- {名: 机动车数, 对象: 人, 类型: 整数, 范围: 0..20, 来源: [公安交管, 申报], 有效: 6个月, 问: 有几辆车？}
- {名: 就业, 对象: 人, 类型: 是否, 来源: [人社, 申报], 有效: 6个月, 问: 在上班吗？}
- {名: 在校就读, 对象: 人, 类型: 是否, 来源: [教育, 申报], 有效: 12个月, 问: 在上学吗？}
- {名: 丧失劳动能力, 对象: 人, 类型: 是否, 来源: [人社, 入户], 有效: 12个月, 问: 还能干活吗？}
- {名: 患重病, 对象: 人, 类型: 是否, 来源: [医保, 申报], 有效: 12个月, 问: 得了大病吗？}
- {名: 户籍在本县, 对象: 人, 类型: 是否, 来源: [公安, 登记], 有效: 12个月, 问: 户口在本县吗？}
- {名: 有经营实体, 对象: 人, 类型: 是否, 来源: [市场监管, 申报], 有效: 12个月, 问: 开店办厂了吗？}
- {名: 家庭人口, 对象: 户, 类型: 整数, 范围: 0..50, 来源: [登记], 问: 一共几口人？}
- {名: 房屋套数, 对象: 户, 类型: 整数, 范围: 0..100, 来源: [住建, 申报], 有效: 12个月, 问: 有几套房？}
- {名: 住房面积, 对象: 户, 类型: 整数, 范围: 0..10000, 来源: [住建, 申报], 有效: 12个月, 问: 房子多少平方米？}
- {名: 危房等级, 对象: 户, 类型: 选项, 值: [A, B, C, D], 来源: [住建, 入户], 有效: 12个月, 问: 房子鉴定几级？}
- {名: 灾害损失, 对象: 户, 类型: 金额, 单位: 元, 范围: 0..100000000, 来源: [应急, 申报], 有效: 6个月, 问: 遭灾损失多少？}
- {名: 住公租房, 对象: 户, 类型: 是否, 来源: [住建, 申报], 有效: 12个月, 问: 住公租房吗？}
- {名: 饮水困难, 对象: 户, 类型: 是否, 来源: [水利, 入户], 有效: 12个月, 问: 吃水困难吗？}
- {名: 年龄, 对象: 人, 类型: 整数, 由: 周岁(出生日期)}
- {名: 月龄, 对象: 人, 类型: 整数, 由: 满月数(出生日期)}
- {名: 有劳动能力, 对象: 人, 类型: 是否, 由: 年龄 BETWEEN 16 AND 59 AND NOT 丧失劳动能力 AND NOT 在校就读}
- {名: 家庭月收入, 对象: 户, 类型: 金额, 单位: 元/月, 由: 合计(月收入)}
- {名: 家庭存款, 对象: 户, 类型: 金额, 单位: 元, 由: 合计(存款)}
- {名: 家庭医疗支出, 对象: 户, 类型: 金额, 单位: 元/月, 由: 合计(医疗支出)}
- {名: 家庭教育支出, 对象: 户, 类型: 金额, 单位: 元/月, 由: 合计(教育支出)}
- {名: 家庭刚性支出, 对象: 户, 类型: 金额, 单位: 元/月, 由: 家庭医疗支出 + 家庭教育支出}
- {名: 家庭机动车数, 对象: 户, 类型: 整数, 由: 合计(机动车数)}
- {名: 重残人数, 对象: 户, 类型: 整数, 由: 计数(残疾等级 BETWEEN 1 AND 2)}
- {名: 残疾人数, 对象: 户, 类型: 整数, 由: 计数(残疾等级 >= 1)}
- {名: 老人数, 对象: 户, 类型: 整数, 由: 计数(年龄 >= 60)}
- {名: 高龄人数, 对象: 户, 类型: 整数, 由: 计数(年龄 >= 80)}
- {名: 未成年人数, 对象: 户, 类型: 整数, 由: 计数(年龄 < 18)}
- {名: 婴幼儿数, 对象: 户, 类型: 整数, 由: 计数(月龄 < 36)}
- {名: 学生数, 对象: 户, 类型: 整数, 由: 计数(在校就读)}
- {名: 劳动力数, 对象: 户, 类型: 整数, 由: 计数(有劳动能力)}
- {名: 就业人数, 对象: 户, 类型: 整数, 由: 计数(就业)}
- {名: 重病人数, 对象: 户, 类型: 整数, 由: 计数(患重病)}
- {名: 有本县户籍成员, 对象: 户, 类型: 是否, 由: 任一(户籍在本县)}
- {名: 家里有经营实体, 对象: 户, 类型: 是否, 由: 任一(有经营实体)}
- {名: 全家无劳动能力, 对象: 户, 类型: 是否, 由: 全部(NOT 有劳动能力)}
- {名: 最大年龄, 对象: 户, 类型: 整数, 由: 最大(年龄)}
- {名: 最小年龄, 对象: 户, 类型: 整数, 由: 最小(年龄)}
"""

OF_HOUSEHOLD = _lines("""
家庭月收入 < 低保标准 * 家庭人口
家庭月收入 < 低保边缘线 * 家庭人口
家庭月收入 < 刚性支出线 * 家庭人口
家庭月收入 >= 低保标准 * 家庭人口
家庭月收入 <= 低保标准 * 家庭人口 * 3
家庭月收入 - 家庭医疗支出 < 低保边缘线 * 家庭人口
家庭月收入 - 家庭刚性支出 < 低保边缘线 * 家庭人口
家庭月收入 - 家庭刚性支出 < 低保标准 * 家庭人口
家庭月收入 - 家庭教育支出 < 刚性支出线 * 家庭人口
家庭刚性支出 * 2 >= 家庭月收入
家庭刚性支出 >= 500
家庭医疗支出 >= 300
家庭医疗支出 > 0
家庭教育支出 > 200
家庭医疗支出 >= 家庭教育支出
家庭存款 <= 金融资产上限 * 家庭人口
家庭存款 <= 金融资产上限 * 家庭人口 * 2
家庭存款 < 低保标准 * 家庭人口 * 24
家庭存款 <= 50000
家庭存款 + 灾害损失 <= 金融资产上限 * 家庭人口 * 3
家庭机动车数 = 0
家庭机动车数 <= 1
家庭机动车数 = 0 OR 重残人数 >= 1
房屋套数 <= 1
房屋套数 <= 2
房屋套数 = 0 OR 危房等级 IN ('C', 'D')
住房面积 <= 人均面积上限 * 家庭人口
住房面积 < 120
危房等级 IN ('C', 'D')
危房等级 <> 'A'
灾害损失 > 0
灾害损失 >= 低保标准 * 家庭人口
NOT 住公租房
住公租房 OR 房屋套数 = 0
饮水困难 OR 灾害损失 > 1000
NOT 家里有经营实体
NOT 家里有经营实体 OR 重病人数 >= 1
有本县户籍成员
有本县户籍成员 AND 家庭人口 >= 1
全家无劳动能力
全家无劳动能力 OR 重病人数 >= 1
劳动力数 = 0
劳动力数 <= 1
劳动力数 >= 1
劳动力数 < 家庭人口
就业人数 = 0
就业人数 <= 1
就业人数 < 劳动力数
重残人数 >= 1
残疾人数 >= 1
残疾人数 + 重病人数 >= 1
残疾人数 + 老人数 + 未成年人数 >= 2
老人数 >= 1
老人数 = 家庭人口
高龄人数 >= 1
未成年人数 >= 1
未成年人数 >= 2 OR 学生数 >= 1
婴幼儿数 >= 1
学生数 >= 1
学生数 BETWEEN 1 AND 3
重病人数 >= 1
重病人数 = 0
最大年龄 >= 60
最小年龄 < 16
家庭人口 >= 2
家庭人口 BETWEEN 1 AND 3
""")

OF_PERSON = _lines("""
年龄 >= 60
年龄 >= 80
年龄 < 18
年龄 BETWEEN 16 AND 59
月龄 < 72
残疾等级 BETWEEN 1 AND 2
残疾等级 >= 1
残疾等级 IN (1, 2, 3)
患重病
就业 OR 在校就读
NOT 就业
户籍在本县
性别 = '女' OR 年龄 < 60
月收入 < 低保标准
""")

# Parameter: yuan in the town, yuan in the country, unit. Counties differ by up to a third (see `write_folder`).
PARAMETERS = {
    "低保标准": (900, 720, "元/月"),
    "低保边缘线": (1350, 1080, "元/月"),
    "刚性支出线": (2600, 1500, "元/月"),
    "金融资产上限": (21600, 17280, "元"),
    "人均面积上限": (30, 45, "平方米"),
}

# Amounts in turn: a difference, tiers by number of disabled, a share by head, a fixed sum, none (a standing only).
STANDARDS_OF_HOUSEHOLD = [
    ("标准: [{名: 差额, 额: 低保标准 * 家庭人口 - 家庭月收入}]", "进一到元"),
    ("标准: [{名: 有重残, 当: 重残人数 >= 1, 额: 低保标准 * 家庭人口}, {名: 其他, 额: 低保标准}]", "四舍五入到分"),
    ("标准: [{名: 按支出, 额: 家庭刚性支出 * 0.6}]", "舍去到角"),
    ("标准: [{名: 固定, 额: 200 * 家庭人口}]", "四舍五入到分"),
    ("", "四舍五入到分"),
]
STANDARDS_OF_PERSON = [
    ("标准: [{名: 固定, 额: 低保标准 * 0.35}]", "进一到元"),
    ("标准: [{名: 一级, 当: 残疾等级 = 1, 额: 120}, {名: 其他, 额: 80}]", "四舍五入到分"),
    ("", "四舍五入到分"),
]


def write_folder(folder: Path) -> None:
    """Write facts.yaml, parameters and the policies of the benchmark into a folder."""
    (folder / "parameters").mkdir(parents=True, exist_ok=True)
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "facts.yaml").write_text(FACTS.lstrip(), encoding="utf-8")
    _write_parameters(folder / "parameters" / "counties.csv", Random(SEED))
    subjects = ["户"] * HOUSEHOLD_POLICIES + ["人"] * PERSON_POLICIES
    for number, (subject, clauses) in enumerate(zip(subjects, deal(Random(SEED)), strict=True)):
        path = folder / "policies" / f"policy_{number:02d}.yaml"
        path.write_text(_policy(number, subject, clauses), encoding="utf-8")


def counties() -> list[str]:
    """Return the codes of the fictional counties (provinces beginning 99 exist nowhere)."""
    return [f"99{city:02d}{county:02d}" for city in range(1, COUNTIES // 10 + 1) for county in range(1, 11)]


def deal(dice: Random) -> list[list[str]]:
    """
    Deal the clauses to the policies like cards: every clause at least once, 215 in all, none twice in one policy.

    A policy for a person has clauses of the person and of the household; the household's stand before.
    """
    hands: list[list[str]] = [[] for _ in range(HOUSEHOLD_POLICIES + PERSON_POLICIES)]
    people = hands[HOUSEHOLD_POLICIES:]
    for number, clause in enumerate([*OF_PERSON, *dice.choices(OF_PERSON, k=16)]):
        _give(people[number % len(people)], clause)
    for number, clause in enumerate(dice.sample(OF_HOUSEHOLD, k=len(OF_HOUSEHOLD))):
        _give(hands[number % len(hands)], clause)
    while sum(map(len, hands)) < CLAUSES:
        _give(min(hands, key=len), dice.choice(OF_HOUSEHOLD))
    return hands


def _give(hand: list[str], clause: str) -> None:
    if clause not in hand:
        hand.append(clause)


def _policy(number: int, subject: str, clauses: list[str]) -> str:
    standards = STANDARDS_OF_HOUSEHOLD if subject == "户" else STANDARDS_OF_PERSON
    standard, rounding = standards[number % len(standards)]
    conditions = "\n".join(f'  - {{名: 条件{place}, 式: "{clause}"}}' for place, clause in enumerate(clauses, start=1))
    lines = [
        f"编号: policy_{number:02d}",
        f"名称: 基准政策{number:02d}（虚构）",
        "受理部门: 民政",
        "依据:",
        "  - {文件: 基准用虚构规则, 条款: 无}",
        "生效: 2026-07-01",
        f"对象: {subject}",
        "条件:",
        conditions,
        standard,
        f"取整: {rounding}",
        "额度单位: 元/月",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _write_parameters(path: Path, dice: Random) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["参数", "地区", "类别", "起", "止", "值", "单位", "文号"])
        for county in counties():
            factor = 1 + dice.randint(0, 33) / 100
            for name, (town, country, unit) in PARAMETERS.items():
                for category, value in (("城", town), ("农", country)):
                    writer.writerow([name, county, category, "2026-01-01", "", round(value * factor), unit, "虚构"])
