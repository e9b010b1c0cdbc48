"""Deadlines as the regulations have them: golden dates of each policy, and what must hold for every limit and every trail."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yimen.cases.clock import Deadline, Extension, Happened, NotExtended, check_cause, deadlines, next_due
from yimen.cases.dues import DELEGATED
from yimen.office.calendar import Calendar
from yimen.policies.model import EVENTS, TimeLimit
from yimen.policies.queries import load_rules

RULES = load_rules(Path(__file__).parents[2] / "rules")
TODAY = Calendar({})
# Fictional notice: the real one for 2027 is not out when the case is accepted.
NOTICE_2027 = Calendar(
    {date(2027, 1, 1): (False, "元旦")}
    | {date(2027, 2, 5) + timedelta(days=one): (False, "春节") for one in range(7)}
    | {date(2027, 2, 14): (True, "春节调休上班")},
    {2027: "虚构〔2026〕1号"},
)
LOW, POOREST, CHILD = "subsistence_allowance", "extreme_poverty_support", "unattended_child_allowance"
# Nothing is free between 9 March and 3 April 2026 but Saturdays and Sundays.
MONDAY = date(2026, 3, 9)


def stages(policy: str, *events: tuple[str, date], calendar: Calendar = TODAY, **more) -> dict[str, Deadline]:
    limits = RULES.policy(policy).limits
    return {one.stage: one for one in deadlines(limits, [Happened(name, on) for name, on in events], calendar, **more)}


def due(policy: str, stage: str, *events: tuple[str, date], **more) -> date:
    return stages(policy, *events, **more)[stage].due.on


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


# --- 最低生活保障，民发〔2021〕57号 ---


@pytest.mark.parametrize("policy", [LOW, "single_person_subsistence", "borderline_household"])
@pytest.mark.parametrize(
    ("event", "stage", "on"),
    [
        ("受理", "启动家庭经济状况调查", date(2026, 3, 12)),
        ("提请核对", "启动信息核对", date(2026, 3, 12)),
        ("报送", "审核确认", date(2026, 3, 23)),
        ("不予确认", "不予确认告知", date(2026, 3, 12)),
        ("受理", "受理到确认", date(2026, 4, 21)),
    ],
)
def test_a_low_income_case_has_three_three_ten_three_and_thirty_working_days(policy, event, stage, on):
    assert due(policy, stage, (event, MONDAY)) == on


@pytest.mark.parametrize("cause", ["公示有异议", "人户分离", "异地申办", "家庭经济状况调查难度较大"])
def test_a_listed_cause_extends_low_income_to_forty_five_working_days(cause):
    extended = stages(LOW, ("受理", MONDAY), extensions=[Extension(cause, after(20), "王芳")])["受理到确认（特殊情况）"]
    assert extended.due.on == date(2026, 5, 14)
    assert extended.lines[0].startswith("受理到确认：从“受理”到“决定”，30 个工作日（民发〔2021〕57号第22条")
    assert f"2026-03-29 因“{cause}”延长，王芳同意" in extended.lines
    assert any("45 个工作日" in line for line in extended.lines)


def test_the_lines_say_that_an_extension_came_after_the_date_had_passed():
    late = stages(LOW, ("受理", MONDAY), extensions=[Extension("人户分离", date(2026, 4, 22))])["受理到确认（特殊情况）"]
    assert "2026-04-22 因“人户分离”延长；延长时原来的期限 2026-04-21 已过" in late.lines


def test_a_township_that_confirms_itself_has_twenty_working_days_and_may_extend_to_forty_five():
    found = stages(LOW, ("受理", MONDAY), true_parameters={DELEGATED})
    assert found["受理到确认（下放乡镇）"].due.on == date(2026, 4, 7)
    assert "受理到确认" not in found
    extended = stages(LOW, ("受理", MONDAY), true_parameters={DELEGATED}, extensions=[Extension("人户分离", MONDAY)])
    assert extended["受理到确认（特殊情况）"].due.on == date(2026, 5, 14)


def test_the_public_posting_runs_inside_the_thirty_days():
    plain = due(LOW, "受理到确认", ("受理", MONDAY))
    posted = [("初审", after(7)), ("公示异议", after(10)), ("重提初审", after(14)), ("报送", after(22))]
    assert due(LOW, "受理到确认", ("受理", MONDAY), *posted) == plain


def test_the_investigation_is_due_first_and_once_begun_the_whole_limit_is():
    begun = deadlines(RULES.policy(LOW).limits, [Happened("受理", MONDAY)], TODAY)
    assert next_due(begun).stage == "启动家庭经济状况调查"
    going_on = deadlines(RULES.policy(LOW).limits, [Happened("受理", MONDAY), Happened("启动调查", MONDAY)], TODAY)
    assert next_due(going_on).stage == "受理到确认"


def test_a_comparison_asked_for_again_counts_from_the_first_question_nobody_answered():
    asked = [("提请核对", MONDAY), ("提请核对", after(7))]
    assert stages(LOW, *asked)["启动信息核对"].starts_on == MONDAY
    answered = stages(LOW, ("启动核对", after(2)), *asked)["启动信息核对"]
    assert (answered.starts_on, answered.done_on) == (after(7), None)


def test_a_decision_ends_what_was_to_happen_before_it_but_not_the_notice_after_it():
    refused = [("受理", MONDAY), ("提请核对", MONDAY), ("决定", after(10)), ("不予确认", after(10))]
    found = deadlines(RULES.policy(LOW).limits, [Happened(name, on) for name, on in refused], TODAY)
    assert [one.stage for one in found if one.done_on is None] == ["不予确认告知"]
    assert stages(LOW, *refused)["启动信息核对"].is_late(after(30))


# --- 特困，民发〔2021〕43号；刚性，民发〔2024〕57号；其他 ---


def test_extreme_poverty_has_fifteen_days_for_the_township_and_fifteen_for_the_county_and_three_to_tell():
    assert due(POOREST, "调查和初审", ("受理", MONDAY)) == date(2026, 3, 30)
    assert due(POOREST, "审核确认", ("报送", MONDAY)) == date(2026, 3, 30)
    assert due(POOREST, "不予同意告知", ("不予确认", MONDAY)) == date(2026, 3, 12)


def test_an_objection_to_an_extreme_poverty_posting_gives_fifteen_days_again():
    first = [("受理", MONDAY), ("初审", after(7))]
    objected = stages(POOREST, *first, ("公示异议", after(9)))
    assert objected["公示有异议，重提初审意见"].due.on == date(2026, 4, 9)
    assert objected["调查和初审"].done_on == after(7)
    again = stages(POOREST, *first, ("公示异议", after(9)), ("重提初审", after(16)))
    assert again["公示有异议，重提初审意见"].done_on == after(16)


def test_extreme_poverty_is_never_extended():
    with pytest.raises(NotExtended, match="不能延长"):
        check_cause(RULES.policy(POOREST).limits, "人户分离")


def test_disability_subsidies_have_three_days_to_push_ten_to_decide_three_to_tell():
    for policy in ("disability_living_subsidy", "disability_nursing_subsidy"):
        found = stages(policy, ("受理", MONDAY), ("推送", after(3)), ("决定", after(14)))
        assert [(one.stage, one.due.on) for one in found.values()] == [
            ("受理地推送", date(2026, 3, 12)),
            ("户籍地认定", date(2026, 3, 26)),
            ("通知结果", date(2026, 3, 26)),
        ]


def test_an_unattended_child_has_fifteen_days_in_the_township_and_fifteen_in_the_county():
    assert due(CHILD, "乡镇查验", ("受理", MONDAY)) == date(2026, 3, 30)
    assert due(CHILD, "县级确认", ("报送", date(2026, 3, 30))) == date(2026, 4, 21)


def test_rigid_expenditure_has_thirty_days_and_forty_five_only_for_its_own_causes():
    policy = "rigid_expenditure_household"
    assert due(policy, "受理到认定", ("受理", MONDAY)) == date(2026, 4, 21)
    extended = [Extension("家庭经济状况调查难度较大", MONDAY)]
    assert due(policy, "受理到认定（特殊情况）", ("受理", MONDAY), extensions=extended) == date(2026, 5, 14)
    assert due(policy, "受理到认定", ("受理", MONDAY), extensions=[Extension("公示有异议", MONDAY)]) == date(2026, 4, 21)
    with pytest.raises(NotExtended, match="只有：人户分离、家庭经济状况调查难度较大"):
        check_cause(RULES.policy(policy).limits, "公示有异议")


def test_small_emergency_aid_has_three_natural_days_and_no_weekend_makes_it_a_week():
    assert due("small_emergency_aid", "办理", ("受理", MONDAY)) == date(2026, 3, 12)
    assert due("small_emergency_aid", "办理", ("受理", date(2026, 3, 12))) == date(2026, 3, 16)


# --- 节假日 ---


def test_over_national_day_2026_the_days_off_are_left_out_and_make_up_days_count():
    found = stages(LOW, ("受理", date(2026, 9, 28)))
    assert found["启动家庭经济状况调查"].due.on == date(2026, 10, 8)
    assert found["受理到确认"].due.on == date(2026, 11, 13)
    assert not found["受理到确认"].due.provisional


def test_over_the_spring_festival_2026_the_days_off_are_left_out_and_make_up_days_count():
    # 14 and 28 February 2026 are Saturdays that are worked.
    assert due(LOW, "启动家庭经济状况调查", ("受理", date(2026, 2, 13))) == date(2026, 2, 25)
    assert due(LOW, "审核确认", ("报送", date(2026, 2, 13))) == date(2026, 3, 5)


def test_accepted_in_december_is_provisional_and_the_notice_of_the_new_year_settles_it():
    before = stages(LOW, ("受理", date(2026, 12, 28)))["受理到确认"]
    assert (before.due.on, before.due.provisional) == (date(2027, 2, 8), True)
    assert before.lines[-1] == "2027 年的放假安排还没有录入，只按周末推算（暂推算）"

    settled = stages(LOW, ("受理", date(2026, 12, 28)), calendar=NOTICE_2027)["受理到确认"]
    assert (settled.due.on, settled.due.provisional) == (date(2027, 2, 15), False)
    assert settled.lines[-1] == "2027 年按虚构〔2026〕1号的放假安排"


# --- 任何时限、任何经过 ---


def test_every_national_limit_can_be_reckoned_and_names_its_article():
    for policy in RULES.policies:
        for limit in policy.limits:
            assert limit.starts in EVENTS, policy.id
            assert limit.ends in EVENTS, policy.id
            assert limit.basis, policy.id


DAYS = st.dates(date(2025, 11, 1), date(2027, 3, 31))
POLICIES = st.sampled_from([policy for policy in RULES.policies if policy.limits])
TRAILS = st.lists(st.builds(Happened, st.sampled_from(EVENTS), DAYS), max_size=14)
CAUSES = st.sampled_from(sorted({cause for policy in RULES.policies for one in policy.limits for cause in one.causes}))
EXTENSIONS = st.lists(st.builds(Extension, CAUSES, DAYS, st.sampled_from(["", "王芳", "李强"])), max_size=3)
CALENDARS = st.sampled_from([TODAY, NOTICE_2027])


@given(POLICIES, TRAILS, EXTENSIONS, CALENDARS, st.randoms())
def test_the_order_in_which_events_were_entered_changes_nothing(policy, trail, extensions, calendar, random):
    asked = deadlines(policy.limits, trail, calendar, extensions=extensions)
    random.shuffle(trail)
    random.shuffle(extensions)
    assert deadlines(policy.limits, trail, calendar, extensions=extensions) == asked


@given(POLICIES, TRAILS, st.text(max_size=6), DAYS)
def test_a_cause_that_is_not_listed_changes_nothing_and_is_refused(policy, trail, cause, on):
    assume(all(cause not in limit.causes for limit in policy.limits))
    plain = deadlines(policy.limits, trail, TODAY)
    assert deadlines(policy.limits, trail, TODAY, extensions=[Extension(cause, on)]) == plain
    with pytest.raises(NotExtended):
        check_cause(policy.limits, cause)


@given(POLICIES, DAYS, st.integers(0, 30), CALENDARS)
def test_who_is_accepted_later_is_never_due_earlier(policy, on, later, calendar):
    earlier = deadlines(policy.limits, [Happened("受理", on)], calendar)
    after_it = deadlines(policy.limits, [Happened("受理", on + timedelta(days=later))], calendar)
    assert {one.stage for one in earlier} == {one.stage for one in after_it}
    dates = {one.stage: one.due.on for one in after_it}
    assert all(one.due.on <= dates[one.stage] for one in earlier)


SHAPES = st.builds(TimeLimit, st.just("原"), st.integers(1, 90), st.booleans(), st.just("某条"), st.just("受理"), st.just("决定"))


@given(SHAPES, st.integers(1, 90), st.booleans(), DAYS, DAYS)
def test_an_extension_never_shortens_whatever_a_policy_writes(plain, days, working, on, extended_on):
    longer = replace(plain, stage="延", days=days, working=working, causes=("异地申办",))
    accepted, extended = [Happened("受理", on)], [Extension("异地申办", extended_on)]
    [before] = deadlines([plain, longer], accepted, TODAY)
    [after_it] = deadlines([plain, longer], accepted, TODAY, extensions=extended)
    assert after_it.due.on >= before.due.on


@given(POLICIES, TRAILS, EXTENSIONS, CALENDARS)
def test_every_due_date_is_a_working_day_after_the_stage_began(policy, trail, extensions, calendar):
    for one in deadlines(policy.limits, trail, calendar, extensions=extensions):
        assert calendar.is_workday(one.due.on)
        assert one.due.on > one.starts_on
        assert one.done_on is None or one.done_on >= one.starts_on
