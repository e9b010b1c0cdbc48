"""What `yimen explain` and `yimen rules` accept from a file, and what they refuse, with which exit code."""

import json
from datetime import date
from io import StringIO

import pyarrow
import pytest
from django.core.management import call_command
from pyarrow import parquet

from tests.policies.book import FACTS, write

OBLIGORS = """
- {名: 义务人收入, 对象: 义务人, 类型: 金额, 范围: 0..100000}
- {名: 义务人都穷, 对象: 人, 类型: 是否, 由: 全部(义务人收入 < 500)}
"""
CARE = """
编号: 007
名称: 护理
生效: 2026-01-01
对象: 人
补差: [subsistence_allowance]
条件:
  - {名: 义务人都穷, 式: 义务人都穷}
标准:
  - {名: 定额, 额: 120.5}
"""


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "rules", facts=FACTS + OBLIGORS.lstrip(), care=CARE)


def explained(folder, facts):
    path = folder.parent / "facts.json"
    path.write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
    out = StringIO()
    call_command("explain", policies=str(folder), facts=path, on=date(2026, 12, 1), json=True, stdout=out)
    return {answer["policy"]: answer for answer in json.loads(out.getvalue())}


@pytest.mark.parametrize(
    "facts",
    [
        "[]",
        "x",
        '{"subject": {"家庭人口": 1, "家庭人口": 2}}',
        '{"subject": {}, "member": []}',
        '{"subject": [1]}',
        '{"members": {"月收入": 1}}',
        '{"members": [1]}',
        '{"members": [{"obligors": 3}]}',
        '{"receives": "007"}',
        '{"receives": [{"amount": 3}]}',
        '{"receives": [{"policy": "007", "amount": "abc"}]}',
        '{"家庭人数": 3}',
        '{"月收入": "1e9999999"}',
    ],
)
def test_a_file_that_cannot_be_meant_is_a_wrong_call_and_never_half_read(folder, facts):
    with pytest.raises(SystemExit) as stopped:
        explained(folder, facts)
    assert stopped.value.code == 2


def test_obligors_of_the_subject_and_of_a_member_count(folder):
    assert explained(folder, {"obligors": [{"义务人收入": 499.99}]})["007"]["verdict"] == "eligible"
    assert explained(folder, {"obligors": [{"义务人收入": 500}]})["007"]["verdict"] == "not_eligible"
    assert explained(folder, {})["007"]["verdict"] == "unknown"


def test_of_two_benefits_that_fill_up_only_the_rest_is_paid(folder):
    facts = {"obligors": [], "receives": [{"policy": "subsistence_allowance", "amount": 100}]}
    assert explained(folder, facts)["007"]["relations"] == [{"kind": "补差", "with": "subsistence_allowance", "payable": True}]


def test_both_engines_leave_open_what_obligors_nobody_told_would_decide(folder, tmp_path):
    (tmp_path / "facts.csv").write_text("subject,家庭人口\na,1\nb,\n", encoding="utf-8")
    (tmp_path / "members.csv").write_text("subject,member,月收入\na,1,100\n", encoding="utf-8")
    held = []
    for engine in ("closures", "duckdb"):
        out = tmp_path / f"{engine}.csv"
        call_command(
            *("rules", "evaluate", "--policies", str(folder), "--facts", str(tmp_path / "facts.csv"), "--engine", engine),
            *("--members", str(tmp_path / "members.csv"), "--on", "2026-12-01", "--out", str(out)),
            stdout=StringIO(),
        )
        held.append(sorted(out.read_text(encoding="utf-8").splitlines()))
    assert held[0] == held[1]
    assert sum('"007"' in line and '"unknown"' in line for line in held[0]) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subject,家庭人口\na,1\nb,2\na,2\n", "第 2 行和第 4 行的 subject 相同"),
        ("subject,家庭人口\na,1\n,1\n", "第 3 行的“subject”是空的"),
        ("subject,家庭人口\na,1\nb,九十九\n", "第 3 行“家庭人口”列"),
        ("subject;家庭人口\na;1\nb;99\n", "第 3 行“家庭人口”列"),
        # As a spreadsheet shows it: what stands above the headings and empty rows count, a cell of two lines is one row.
        ("某县名单\nsubject,家庭人口\na,1\n\nb,99\n", "第 5 行“家庭人口”列"),
        ('subject,家庭人口\n"a\nz",1\nb,99\n', "第 3 行“家庭人口”列"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_row_as_somebody_sees_it(folder, tmp_path, text, words):
    (tmp_path / "facts.csv").write_text(text, encoding="utf-8")
    assert f"facts.csv {words}" in refused_evaluation(folder, tmp_path / "facts.csv")


def test_a_parquet_file_has_no_row_of_headings(folder, tmp_path):
    parquet.write_table(pyarrow.table({"subject": ["a", "b"], "家庭人口": [1, 99]}), tmp_path / "facts.parquet")
    assert "facts.parquet 第 2 行“家庭人口”列" in refused_evaluation(folder, tmp_path / "facts.parquet")


def refused_evaluation(folder, facts) -> str:
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command(
            *("rules", "evaluate", "--policies", str(folder), "--facts", str(facts)),
            *("--on", "2026-12-01", "--out", str(facts.with_name("out.csv"))),
            stdout=out,
        )
    assert stopped.value.code == 1
    return out.getvalue()


def test_a_file_in_another_encoding_is_refused_in_our_words(folder, tmp_path):
    (tmp_path / "facts.csv").write_text("subject,家庭人口\n沈,1\n", encoding="gb18030")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command(
            *("rules", "evaluate", "--policies", str(folder), "--facts", str(tmp_path / "facts.csv")),
            *("--on", "2026-12-01", "--out", str(tmp_path / "out.csv")),
            stdout=out,
            stderr=out,
        )
    assert stopped.value.code == 1
    assert "UTF-8" in out.getvalue()
    assert "Error" not in out.getvalue()


def test_a_folder_that_is_not_there_is_a_wrong_call(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        call_command("rules", "check", str(tmp_path / "none"), stderr=StringIO())
    assert stopped.value.code == 2
