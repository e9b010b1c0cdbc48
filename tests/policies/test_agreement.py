"""Closures and SQL are two readers of one text: on random rules and random people they say the same."""

import random
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from yimen.policies.queries import Where, evaluate, load_rules

ON = date(2026, 12, 1)
# Eleven books of rules: a database plans many small queries sooner than one of three hundred policies.
BOOKS, POLICIES, SUBJECTS = 11, 30, 320
FACTS = """
- {名: 收入, 对象: 人, 类型: 金额, 单位: 元/月, 范围: 0..1000000}
- {名: 支出, 对象: 人, 类型: 金额, 单位: 元/月, 范围: 0..1000000}
- {名: 等级, 对象: 人, 类型: 整数, 范围: 1..4}
- {名: 次数, 对象: 人, 类型: 整数}
- {名: 系数, 对象: 人, 类型: 小数, 范围: 0..10}
- {名: 就业, 对象: 人, 类型: 是否}
- {名: 独居, 对象: 人, 类型: 是否}
- {名: 不计入家庭成员, 对象: 人, 类型: 是否}
- {名: 类别, 对象: 人, 类型: 选项, 值: [听力, 视力, 智力]}
- {名: 出生日期, 对象: 人, 类型: 日期}
- {名: 发证日期, 对象: 人, 类型: 日期}
- {名: 年龄, 对象: 人, 类型: 整数, 由: 周岁(出生日期)}
- {名: 月龄, 对象: 人, 类型: 整数, 由: 满月数(出生日期)}
- {名: 低收入, 对象: 人, 类型: 是否, 由: 收入 < 限额 OR 独居}
- {名: 总收入, 对象: 户, 类型: 金额, 单位: 元/月, 由: 合计(收入)}
- {名: 重残数, 对象: 户, 类型: 整数, 由: 计数(等级 <= 2)}
- {名: 有人就业, 对象: 户, 类型: 是否, 由: 任一(就业)}
- {名: 都独居, 对象: 户, 类型: 是否, 由: 全部(独居 OR 年龄 >= 60)}
- {名: 最高收入, 对象: 户, 类型: 金额, 单位: 元/月, 由: 最大(收入)}
- {名: 最小年龄, 对象: 户, 类型: 整数, 由: 最小(年龄)}
- {名: 计入支出, 对象: 人, 类型: 金额, 单位: 元/月, 由: "若(就业, 支出) + 若(未定的, 支出) + 若(计入的, 收入)"}
- {名: 计入总支出, 对象: 户, 类型: 金额, 单位: 元/月,
  由: "若(有人就业, 合计(若(独居, 支出))) + 若(未定的, 合计(支出)) + 若(不计的, 合计(收入))"}
- {名: 多重残, 对象: 户, 类型: 是否, 由: 计数(等级 <= 2) BETWEEN 2 AND 3}
"""
PARAMETERS = """参数,地区,类别,起,止,值,单位,文号
限额,,,2020-01-01,,500.00,元/月,虚构
倍数,,,2020-01-01,,1.5,,虚构
没有的,,,2020-01-01,2020-12-31,1,,虚构
计入的,,,2020-01-01,,true,是否,虚构
不计的,,,2020-01-01,,false,是否,虚构
"""
MONEY = ["收入", "支出", "限额", "总收入", "最高收入", "计入支出", "计入总支出"]
WHOLE = ["等级", "次数", "年龄", "月龄", "重残数", "最小年龄"]
TRUTHS = ["就业", "独居", "低收入", "有人就业", "都独居", "多重残"]
SIGNS = ["=", "<>", "<", "<=", ">", ">="]


def money(dice: random.Random, depth: int) -> str:
    kind = dice.randrange(8)
    if depth <= 0 or kind < 3:
        return dice.choice(MONEY)
    if kind < 5:
        return dice.choice(["500", "500.01", "499.99", "1000", "0"])
    if kind == 5:
        return f"{money(dice, depth - 1)} * {dice.choice(['等级', '系数', '倍数', '2', '1.5'])}"
    return f"({money(dice, depth - 1)} {dice.choice('+-')} {money(dice, depth - 1)})"


def condition(dice: random.Random, depth: int) -> str:
    kind = dice.randrange(13 if depth > 0 else 7)
    if kind < 2:
        return f"{money(dice, 2)} {dice.choice(SIGNS)} {money(dice, 2)}"
    if kind == 2:
        return f"{dice.choice(WHOLE)} {dice.choice(SIGNS)} {dice.choice(['1', '2', '3', '60', '18', '次数', '倍数'])}"
    if kind == 3:
        return dice.choice(
            ["系数 >= 0.5", "类别 = '智力'", "类别 IN ('听力', '视力')", "发证日期 > 出生日期", "发证日期 >= '2026-06-01'"]
        )
    if kind == 4:
        return dice.choice(TRUTHS)
    if kind == 5:
        return f"{money(dice, 1)} BETWEEN 499.99 AND {money(dice, 1)}"
    if kind == 6:
        return f"{dice.choice(WHOLE)} IN (1, 2, 60)"
    if kind == 7:
        return f"NOT ({condition(dice, depth - 1)})"
    word = dice.choice([" AND ", " OR "])
    return "(" + word.join(condition(dice, depth - 1) for _ in range(dice.choice([2, 2, 3]))) + ")"


def write_rules(folder: Path, dice: random.Random) -> None:
    (folder / "parameters").mkdir(parents=True)
    (folder / "facts.yaml").write_text(FACTS, encoding="utf-8")
    (folder / "parameters" / "all.csv").write_text(PARAMETERS, encoding="utf-8")
    for number in range(POLICIES):
        lines = [f"编号: p{number}", "名称: 随机", "生效: 2020-01-01", "对象: 人", "条件:"]
        lines += [
            f'  - {{名: 条件{i}, 式: "{fact_in(condition(dice, dice.choice([3, 4])))}"}}' for i in range(dice.choice([1, 1, 2]))
        ]
        rounding = dice.choice(["四舍五入到分", "进一到元", "舍去到角"])
        lines += [
            f"取整: {rounding}",
            "标准:",
            f'  - {{名: 甲, 当: "{condition(dice, 1)}", 额: "({money(dice, 2)}) / {dice.choice(["3", "次数", "系数"])}"}}',
            f'  - {{名: 乙, 额: "{money(dice, 2)}"}}',
        ]
        (folder / f"p{number}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def fact_in(text: str) -> str:
    """A condition needs a fact; one of parameters and numbers only gets one."""
    facts = [name for name in (*MONEY, *WHOLE, *TRUTHS, "系数", "类别", "日期") if name != "限额"]
    return text if any(name in text for name in facts) else f"{text} OR 就业"


def person(dice: random.Random) -> dict[str, object]:
    cents = dice.choice([0, 1, 49999, 50000, 50001, 99999, 100000, dice.randrange(200000)])
    values: dict[str, object] = {
        "收入": f"{cents / 100:.2f}",
        "支出": f"{dice.choice([0, 500, 499.99, 750, 500.01]):.2f}",
        "等级": str(dice.randint(1, 4)),
        "次数": str(dice.choice([0, 1, 2, 3, 60])),
        "系数": str(dice.choice(["0", "0.5", "0.4999", "1.5", "10"])),
        "就业": dice.choice(["true", "false"]),
        "独居": dice.choice(["true", "false"]),
        "不计入家庭成员": dice.choice(["true", "false", "false"]),
        "类别": dice.choice(["听力", "视力", "智力"]),
        "出生日期": dice.choice(
            ["1966-12-01", "1966-12-02", "2008-12-01", "2000-02-29", "1966-11-30", "2026-11-30", "2025-12-31"]
        ),
        "发证日期": dice.choice(["2026-06-01", "2026-05-31", "1966-12-01"]),
    }
    return {name: None if dice.random() < 0.3 else value for name, value in values.items()}


@pytest.mark.slow
@pytest.mark.apart
def test_closures_and_sql_agree_on_a_hundred_thousand_random_pairs(tmp_path):
    dice = random.Random(20261201)
    subjects = [{"subject": f"s{n}", **person(dice)} for n in range(SUBJECTS)]
    members = [{"subject": s["subject"], "member": f"m{i}", **person(dice)} for s in subjects for i in range(dice.randrange(4))]
    parquet.write_table(pyarrow.Table.from_pylist(subjects), tmp_path / "facts.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(members), tmp_path / "members.parquet")

    by_closures, by_sql = [], []
    for number in range(BOOKS):
        write_rules(tmp_path / f"rules{number}", dice)
        rules = load_rules(tmp_path / f"rules{number}")
        by_closures += answers(rules, tmp_path, "closures")
        by_sql += answers(rules, tmp_path, "duckdb")

    different = [pair for pair in zip(by_closures, by_sql, strict=True) if pair[0] != pair[1]]
    counts = Counter(row["verdict"] for row in by_sql)
    assert different == []
    assert sum(counts.values()) >= 100_000
    assert min(counts.values()) >= 0.15 * sum(counts.values()), counts
    assert sum(row["amount"] is not None for row in by_sql) > 5_000


def answers(rules, folder: Path, engine: str) -> list[dict[str, object]]:
    out = folder / f"{engine}.parquet"
    evaluate(rules, folder / "facts.parquet", folder / "members.parquet", out, where=Where(ON), engine=engine)
    return sorted(parquet.read_table(out).to_pylist(), key=lambda row: (row["policy"], row["subject"]))
