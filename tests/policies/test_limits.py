"""Time limits of a policy: what the clock could not reckon with is refused, with its line and what to write."""

from datetime import date

import pytest

from tests.policies.book import POLICY, write
from yimen.cases.clock import Happened, deadlines
from yimen.office.calendar import Calendar
from yimen.policies.queries import RuleError, load_rules

PLAIN = "{环节: 受理到确认, 从: 受理, 到: 决定, 工作日: 30, 依据: 某办法第22条}"
LONGER = "{环节: 特殊情况, 从: 受理, 到: 决定, 工作日: 45, 延长事由: [公示有异议, 人户分离], 依据: 某办法第22条}"
FIRST = len(POLICY.splitlines()) + 2


def load(folder, *limits: str):
    return load_rules(write(folder, policy=POLICY + "时限:\n" + "".join(f"  - {one}\n" for one in limits)))


def test_a_plain_limit_with_its_extension_is_read(tmp_path):
    plain, longer = load(tmp_path, PLAIN, LONGER).policies[0].limits
    assert (plain.starts, plain.ends, plain.days, plain.working, plain.causes) == ("受理", "决定", 30, True, ())
    assert (longer.days, longer.causes) == (45, ("公示有异议", "人户分离"))


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("从: 受理", "从: 受里", "没有“受里”这件事。最接近的是“受理”"),
        ("从: 受理, ", "", "要么都写，要么都不写"),
        (", 到: 决定", "", "要么都写，要么都不写"),
        ("到: 决定", "到: 受理", "“到”要在“从”以后发生"),
        ("从: 受理, 到: 决定", "从: 决定, 到: 受理", "“到”要在“从”以后发生"),
        ("工作日: 30, ", "", "要写“工作日”或“自然日”，写一个"),
        ("工作日: 30", "工作日: 30, 自然日: 40", "要写“工作日”或“自然日”，写一个"),
        ("工作日: 30", "工作日: 三十", "“三十”应是 1 到 366 的天数"),
        ("工作日: 30", "工作日: ²", "“²”应是 1 到 366 的天数"),
        ("工作日: 30", "工作日: 0", "“0”应是 1 到 366 的天数"),
        ("工作日: 30", "工作日: 99999999", "应是 1 到 366 的天数"),
        (", 依据: 某办法第22条", "", "缺少“依据”"),
        ("依据: 某办法第22条", "依据: ''", "没有依据的期限不写"),
        ("环节: 受理到确认, ", "", "缺少“环节”"),
        ("工作日: 30", "工作日: 30, 中止事由: [补正材料]", "时限没有“中止事由”这一项"),
    ],
)
def test_one_thing_wrong_with_a_limit_is_told_with_its_line(tmp_path, right, wrong, words):
    assert right in PLAIN
    with pytest.raises(RuleError) as refused:
        load(tmp_path, PLAIN.replace(right, wrong, 1))
    told = [str(problem) for problem in refused.value.problems]
    assert any(one.startswith(f"national/policy.yaml 第 {FIRST} 行") and words in one for one in told), told


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        (", 依据: 某办法第22条", "", "缺少“依据”"),
        ("[公示有异议, 人户分离]", "[]", "一列不重复的文字"),
        ("[公示有异议, 人户分离]", "[人户分离, 人户分离]", "一列不重复的文字"),
        ("[公示有异议, 人户分离]", "[{a: b}]", "一列不重复的文字"),
        ("工作日: 45", "工作日: 30", "延长到 30，不比原来的 30 长"),
        ("工作日: 45", "自然日: 45", "一样的单位"),
        ("到: 决定", "到: 告知", "延长哪一条？还要写一条同样从“受理”到“告知”"),
    ],
)
def test_an_extension_must_be_longer_name_its_causes_and_have_what_it_extends(tmp_path, right, wrong, words):
    assert right in LONGER
    with pytest.raises(RuleError) as refused:
        load(tmp_path, PLAIN, LONGER.replace(right, wrong, 1))
    told = [str(problem) for problem in refused.value.problems]
    assert any(one.startswith(f"national/policy.yaml 第 {FIRST + 1} 行") and words in one for one in told), told


@pytest.mark.parametrize("limits", [(PLAIN, PLAIN), (PLAIN, LONGER, LONGER)])
def test_the_same_limit_twice_is_refused(tmp_path, limits):
    with pytest.raises(RuleError, match="写了两次（另一处：第"):
        load(tmp_path, *limits)


def test_a_limit_as_the_format_first_had_it_is_read_shown_and_not_reckoned_with(tmp_path):
    limit = load(tmp_path, "{环节: 启动调查, 工作日: 3, 依据: 民发〔2021〕57号 第15条}").policies[0].limits[0]
    assert (limit.stage, limit.days, limit.starts, limit.ends) == ("启动调查", 3, "", "")
    assert deadlines([limit], [Happened("受理", date(2026, 12, 1))], Calendar({})) == []
