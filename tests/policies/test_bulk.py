"""Columns and SQL are two readers of one text: for random households with obligors, by random rules, they say the same."""

import random

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policies.test_agreement import FACTS, ON, PARAMETERS, SIGNS, condition, fact_in, money, person
from yimen.policies.arrays import from_arrow
from yimen.policies.arrays import number as constant
from yimen.policies.bulk import HOUSEHOLDS_PER_SLICE, can_answer
from yimen.policies.columns import amount_fits, fits
from yimen.policies.gathering import put_back
from yimen.policies.known import inner_value
from yimen.policies.queries import SQL_KINDS, Program, load_rules, quoted

POLICIES, HOUSEHOLDS = 120, 400
OF_HOUSEHOLD = (
    ["总收入", "最高收入", "计入总支出"],
    ["重残数", "最小年龄", "老人数", "义务人都穷数", "同住人数", "每人一份"],
    ["有人就业", "都独居", "多重残", "住危房"],
)
MORE_FACTS = """
- {名: 义务人收入, 对象: 义务人, 类型: 金额, 单位: 元/月, 范围: 0..1000000}
- {名: 义务人最高收入, 对象: 人, 类型: 金额, 单位: 元/月, 由: 最大(义务人收入)}
- {名: 义务人都穷, 对象: 人, 类型: 是否, 由: 全部(义务人收入 < 限额)}
- {名: 义务人数, 对象: 人, 类型: 整数, 由: 计数(义务人收入 >= 0)}
- {名: 义务人都穷数, 对象: 户, 类型: 整数, 由: 计数(义务人都穷)}
- {名: 穷人数, 对象: 户, 类型: 整数, 由: 计数(收入 < 限额)}
- {名: 住危房, 对象: 户, 类型: 是否}
- {名: 同住人数, 对象: 户, 类型: 整数, 由: 计数(TRUE)}
- {名: 每人一份, 对象: 户, 类型: 整数, 由: 合计(2)}
- {名: 老人数, 对象: 户, 类型: 整数, 来源: [入户], 由: 计数(年龄 >= 60)}
"""


def of_household(dice: random.Random) -> str:
    money_, whole, truths = OF_HOUSEHOLD
    return dice.choice(
        [
            f"{dice.choice(money_)} {dice.choice(SIGNS)} {dice.choice(['500', '限额', '1000.5', '限额 * 2', *money_])}",
            f"{dice.choice(whole)} {dice.choice(SIGNS)} {dice.choice(['0', '1', '2', '倍数', *whole])}",
            f"{dice.choice(whole)} BETWEEN 1 AND {dice.choice(['2', *whole])}",
            f"{dice.choice(whole)} IN (0, 1, 60)",
            f"NOT {dice.choice(truths)}",
            f"{dice.choice(truths)} OR {dice.choice(truths)} AND {dice.choice(whole)} + {dice.choice(whole)} >= 2",
        ]
    )


@pytest.fixture
def rules(tmp_path):
    dice = random.Random(7)
    folder = tmp_path / "rules"
    (folder / "parameters").mkdir(parents=True)
    text = FACTS.replace("{名: 次数, 对象: 人, 类型: 整数}", "{名: 次数, 对象: 人, 类型: 整数, 范围: 0..100}")
    (folder / "facts.yaml").write_text(text + MORE_FACTS.lstrip(), encoding="utf-8")
    (folder / "parameters" / "all.csv").write_text(PARAMETERS, encoding="utf-8")
    for number in range(POLICIES):
        home = number % 2 == 0
        amount = dice.choice(["限额 * 2 - 总收入", "总收入 * 0.35", "120"]) if home else money(dice, 1)
        divided = f"({amount}) / 3" if dice.random() < 0.3 else amount
        conditions = [of_household(dice) for _ in range(2)] + ([] if home else [fact_in(condition(dice, 2)), "义务人数 >= 0"])
        lines = [f"编号: p{number}", "名称: 随机", "生效: 2020-01-01", f"对象: {'户' if home else '人'}", "条件:"]
        lines += [f'  - {{名: 条件{i}, 式: "{one}"}}' for i, one in enumerate(conditions)]
        lines += [f"取整: {dice.choice(['四舍五入到分', '进一到元', '舍去到角'])}", "标准:"]
        if number % 5:
            lines.append(f'  - {{名: 甲, 当: "{of_household(dice)}", 额: "{divided}"}}')
        lines.append(f'  - {{名: 乙, 额: "{amount if number % 5 else 120}"}}')
        (folder / f"p{number}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_rules(folder)


def fill(con, program, dice):
    """The same invented households for every connection; some without members, rows in no order, people without a home."""
    rules = program.rules
    homes = [f"h{n:04d}" for n in range(HOUSEHOLDS)]
    people = [(home, f"{home}m{i}") for home in homes for i in range(dice.randrange(4))] + [("nowhere", "lost")]
    dice.shuffle(people)
    obligors = [(home, who, f"{who}o{i}") for home, who in people for i in range(dice.choice([0, 0, 1, 3]))]
    dice.shuffle(obligors)
    tables = (
        ("household", ["subject", "place", "category"], program.household_facts, [(home, "", "") for home in homes]),
        ("person", ["subject", "member"], program.person_facts, people),
        ("obligor", ["subject", "member", "obligor"], program.obligor_facts, obligors),
    )
    for name, keys, facts, rows in tables:
        columns = [f"{key} VARCHAR" for key in keys] + [f"{quoted(fact.name)} {SQL_KINDS[fact.kind]}" for fact in facts]
        con.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        filled = [(*row, *(value_of(rules, fact, dice) for fact in facts)) for row in rows]
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", filled)
    program.create_parameters(con, [("", (), None)])


def value_of(rules, fact, dice):
    own = {"住危房": dice.choice(["true", "false", None]), "老人数": dice.choice([None, None, "0", "2"])}
    own["义务人收入"] = dice.choice(["499.99", "500", "900", None])
    text = own[fact.name] if fact.name in own else person(dice)[fact.name]
    return text if fact.kind == "小数" else inner_value(rules, fact.name, text)


def test_columns_and_sql_say_the_same_of_every_household_and_person(rules, monkeypatch):
    monkeypatch.setattr("yimen.policies.bulk.HOUSEHOLDS_PER_SLICE", 70)
    compiled = [
        one
        for one in rules.compiled
        if all(fits(clause.typed) for clause in one.clauses) and all(amount_fits(share, one.policy) for share in one.tiers)
    ]
    program = Program(rules, ON, compiled, keep_facts=True)
    assert len(compiled) > 0.8 * POLICIES
    assert can_answer(program)
    held = []
    for run in (Program.run, Program.run_sql):
        with duckdb.connect() as con:
            other = Program(rules, ON, compiled, keep_facts=True)
            fill(con, other, random.Random(11))
            run(other, con)
            held.append(
                [con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in ("household_answer", "person_answer")]
            )
            facts = [name for one in compiled if one.policy.subject == "人" for name in one.names]
            columns = ", ".join(quoted(name) for name in dict.fromkeys(facts))
            held[-1].append(con.execute(f"SELECT member, {columns} FROM {other.person.relation} ORDER BY member").fetchall())
    assert held[0] == held[1]
    verdicts = [value for row in held[0][1] for value in row[2:] if value is None or isinstance(value, bool)]
    assert {True, False, None} <= set(verdicts)
    assert HOUSEHOLDS_PER_SLICE > 1_000


def test_a_number_outside_its_range_is_answered_by_the_sql(rules):
    """64 bits are enough for what the types say; where a fact says more, nobody's answer may come out of a number run over."""
    compiled = [one for one in rules.compiled if "总收入" in one.names or "最高收入" in one.names][:6]
    held = []
    for run in (Program.run, Program.run_sql):
        with duckdb.connect() as con:
            program = Program(rules, ON, compiled, keep_facts=True)
            fill(con, program, random.Random(5))
            assert program.bulk
            if run is Program.run:
                # What an earlier run in columns left behind is not what is read afterwards.
                program.run(con)
            assert any(fact.name == "收入" for fact in program.person_facts)
            con.execute("UPDATE person SET 收入 = 200000000 WHERE 收入 = (SELECT max(收入) FROM person)")
            other = Program(rules, ON, compiled, keep_facts=True)
            run(other, con)
            held.append(con.execute("SELECT * FROM household_answer ORDER BY subject").fetchall())
            assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'household_answer'").fetchall() == [(1,)]
    assert held[0] == held[1]


def test_nobody_at_all_gets_no_answer_and_no_error(rules):
    compiled = [one for one in rules.compiled if one.policy.id in ("p0", "p1")]
    program = Program(rules, ON, compiled)
    with duckdb.connect() as con:
        fill(con, program, random.Random(1))
        con.execute("DELETE FROM household")
        program.run(con)
        assert con.execute("SELECT count(*) FROM household_answer").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM person_answer").fetchall() == [(0,)]


@given(st.lists(st.none() | st.booleans(), min_size=1, max_size=40), st.integers(0, 39))
def test_amounts_stand_where_somebody_is_entitled_and_nowhere_else(verdicts, start):
    column = from_arrow(pa.array(verdicts, pa.bool_())[start:])
    rows = np.flatnonzero(column.true)
    assert rows.tolist() == [row for row, verdict in enumerate(verdicts[start:]) if verdict]
    amounts = from_arrow(pa.array([row if row % 3 else None for row in rows.tolist()], pa.int64()))
    expected = [row if verdict and row % 3 else None for row, verdict in enumerate(verdicts[start:])]
    assert put_back(amounts, rows, len(expected)).to_pylist() == expected
    assert put_back(constant(7), rows, len(expected)).to_pylist() == [7 if verdict else None for verdict in verdicts[start:]]
