"""A year's notice as it is typed from the paper: what cannot be so is said, and what was entered is read back line by line."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import NOON, TODAY
from yimen.office.access import System, scope
from yimen.office.actions import enter_calendar_year
from yimen.office.notices import NoticeLine, WrongNotice, days_of, entered_lines, lines_of, special_days, years_known

NEW_YEAR = NoticeLine("元旦", date(2026, 12, 31), date(2027, 1, 2), (date(2027, 1, 9),))
SPRING = NoticeLine("春节", date(2027, 2, 5), date(2027, 2, 11), (date(2027, 2, 14), date(2027, 2, 20)))
NOTICE = (NEW_YEAR, SPRING)


def enter(lines, year=2027):
    with scope(System("test"), "录入"):
        enter_calendar_year(year=year, document="某号通知", days=days_of(lines, year=year), by=None, at=NOON)


def test_a_notice_may_begin_at_the_turn_of_the_year():
    days = days_of(NOTICE, year=2027)

    assert days[date(2026, 12, 31)] == (False, "元旦")
    assert days[date(2027, 2, 14)] == (True, "春节调休上班")
    assert sum(not is_worked for is_worked, _ in days.values()) == 10


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (NoticeLine("春节", date(2027, 2, 11), date(2027, 2, 5)), "还早"),
        (NoticeLine("春节", date(2027, 2, 5), date(2027, 12, 5)), "请核对起止日期"),
        (NoticeLine("春节", None, date(2027, 2, 5)), "从哪天起"),
        (NoticeLine("", date(2027, 2, 5), date(2027, 2, 5)), "没有写节日名称"),
        (NoticeLine("字" * 17, date(2027, 2, 5), date(2027, 2, 5)), "太长"),
        (NoticeLine("春节", date(2027, 2, 5), date(2027, 2, 5), (date(2027, 2, 15),)), "不是周末"),
        (NoticeLine("春节", date(2027, 2, 5), date(2027, 2, 11), (date(2027, 2, 7),)), "写了两次"),
        (NoticeLine("春节", date(2028, 2, 5), date(2028, 2, 5)), "不在 2027 年的放假通知里，请核对"),
        (NoticeLine("元旦", date(2027, 12, 30), date(2027, 12, 31)), "写在 2028 年的通知里"),
        (NoticeLine("调整", None, None, (date(2027, 2, 14),)), "一个放假的日子也没有写"),
    ],
)
def test_what_cannot_be_so_is_said(line, why):
    with pytest.raises(WrongNotice, match=why):
        days_of([line], year=2027)


@pytest.mark.django_db
def test_what_was_entered_is_read_back_as_it_was_written():
    enter(NOTICE)
    assert entered_lines(year=2027) == [*NOTICE]
    assert entered_lines(year=2026) == []


RUNS = st.lists(
    st.tuples(st.integers(1, 11), st.integers(1, 20), st.integers(1, 8)), min_size=1, max_size=8, unique_by=lambda one: one[0]
)


@given(RUNS)
def test_lines_read_back_name_the_same_days(runs):
    lines = [NoticeLine(f"节{month}", date(2027, month, first), date(2027, month, first + more)) for month, first, more in runs]
    days = days_of(lines, year=2027)
    assert days_of(lines_of(days), year=2027) == days


@pytest.mark.django_db
def test_the_next_year_stands_among_the_years_before_it_is_entered():
    assert [(one.year, one.is_known) for one in years_known(today=TODAY)] == [(2027, False), (2026, True), (2025, True)]
    enter(NOTICE)
    assert next((one.document, one.is_packed) for one in years_known(today=TODAY)) == ("某号通知", False)


@pytest.mark.django_db
def test_a_year_shows_its_days_by_name_whoever_brought_them():
    packed = special_days(2026)
    assert packed[date(2026, 2, 17)] == (False, "春节")
    # A Saturday within a holiday is named too, an ordinary one is not.
    assert packed[date(2026, 1, 3)] == (False, "元旦")
    assert date(2026, 1, 10) not in packed
    assert packed[date(2026, 2, 14)] == (True, "春节调休上班")
    assert special_days(2027) == {}
    enter(NOTICE)
    assert set(special_days(2027)) == {day for day in days_of(NOTICE, year=2027) if day.year == 2027}
    assert special_days(2026)[date(2026, 12, 31)] == (False, "元旦")
