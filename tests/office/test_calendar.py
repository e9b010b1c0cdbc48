"""Working days as the county's calendar on the wall has them: days off, make-up Sundays, years not yet announced."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import NOON, make_staff
from yimen.office.access import NotAllowed, System, scope
from yimen.office.actions import enter_calendar_year
from yimen.office.calendar import Calendar, after_days, after_months, after_workdays, calendar
from yimen.office.models import AuditEntry, CalendarDay

LIBRARY = Calendar({})
NOTICE_2027 = {
    date(2027, 1, 1): (False, "元旦"),
    date(2027, 2, 8): (False, "春节"),
    date(2027, 2, 14): (True, "春节调休上班"),
}
KNOWN = st.dates(date(2004, 1, 1), date(2026, 6, 30))
ANY_DAY = st.dates(date(2024, 1, 1), date(2029, 12, 31))
NUMBERS = st.integers(1, 40)
NOTICES = st.dictionaries(st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.tuples(st.booleans(), st.just("调整")), max_size=60)


@pytest.mark.parametrize("day", [date(2024, 2, 4), date(2024, 2, 18), date(2024, 4, 7), date(2025, 1, 26), date(2025, 9, 28)])
def test_a_make_up_sunday_is_worked(day):
    assert day.weekday() == 6
    assert LIBRARY.is_workday(day)


@pytest.mark.parametrize("day", [date(2024, 2, 12), date(2024, 5, 1), date(2025, 1, 28), date(2025, 10, 8), date(2026, 1, 1)])
def test_a_weekday_inside_a_holiday_is_not_worked(day):
    assert day.weekday() < 5
    assert not LIBRARY.is_workday(day)


def test_an_ordinary_week_has_five_working_days():
    week = [date(2024, 3, 11) + timedelta(days=one) for one in range(7)]
    assert [LIBRARY.is_workday(day) for day in week] == [True] * 5 + [False] * 2


def test_three_working_days_over_a_make_up_sunday_are_three_working_days():
    due = after_workdays(LIBRARY, date(2024, 2, 2), 3)
    assert due.on == date(2024, 2, 6)
    assert not due.provisional
    assert due.lines == ("2024-02-02 的次日起算，第 3 个工作日是 2024-02-06", "其间休息 1 天：02-03")


def test_the_lines_say_which_days_of_the_spring_festival_were_left_out():
    due = after_workdays(LIBRARY, date(2024, 2, 9), 1)
    assert due.on == date(2024, 2, 18)
    assert due.lines[1] == "其间休息 8 天：02-10至02-17"


def test_natural_days_that_end_on_a_holiday_move_to_the_next_working_day():
    due = after_days(LIBRARY, date(2024, 4, 24), 7)
    assert due.on == date(2024, 5, 6)
    assert "逢休息日顺延到 2024-05-06" in due.lines[0]


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2023, 11, 6), 6, date(2024, 5, 6)),
        (date(2023, 11, 1), 6, date(2024, 5, 6)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 6, 12), 6, date(2024, 12, 12)),
    ],
)
def test_months_end_on_the_same_day_of_the_month_or_its_last_and_move_over_days_off(start, months, last):
    assert after_months(LIBRARY, start, months).on == last


def test_natural_days_that_end_on_a_make_up_sunday_are_not_moved():
    assert after_days(LIBRARY, date(2024, 1, 28), 7).on == date(2024, 2, 4)


def test_a_year_that_is_not_entered_is_provisional_and_only_weekends_are_free():
    due = after_workdays(LIBRARY, date(2027, 4, 28), 5)
    assert (due.on, due.provisional) == (date(2027, 5, 5), True)
    assert due.lines[-1] == "2027 年的放假安排还没有录入，只按周末推算（暂推算）"


def test_a_term_that_runs_into_a_year_not_entered_is_provisional_too():
    assert not after_workdays(LIBRARY, date(2026, 12, 1), 3).provisional
    due = after_workdays(LIBRARY, date(2026, 12, 30), 3)
    assert due.provisional
    assert any("2027 年" in line for line in due.lines)
    assert not any("2026 年的放假" in line for line in due.lines)


def enter(year, days, *, kind="system_admin"):
    with scope(make_staff(kind=kind, username=f"{kind}{year}{len(days)}"), "录入放假安排"):
        enter_calendar_year(year=year, document="国办发明电〔2026〕7号", days=days, by=None, at=NOON)


@pytest.mark.django_db
def test_a_year_that_an_administrator_enters_counts_and_is_no_longer_provisional():
    before = after_workdays(calendar(), date(2027, 2, 5), 5)
    enter(2027, NOTICE_2027)
    after = after_workdays(calendar(), date(2027, 2, 5), 5)

    assert (before.on, before.provisional) == (date(2027, 2, 12), True)
    # Monday is a day off, Sunday is worked instead.
    assert (after.on, after.provisional) == (date(2027, 2, 14), False)


@pytest.mark.django_db
def test_entering_a_year_again_replaces_it_and_leaves_other_years_alone():
    enter(2028, {date(2028, 1, 3): (False, "元旦")})
    enter(2027, NOTICE_2027)
    enter(2027, {date(2027, 1, 1): (False, "元旦")})

    assert sorted(CalendarDay.objects.values_list("day", flat=True)) == [date(2027, 1, 1), date(2028, 1, 3)]
    assert calendar().is_workday(date(2027, 2, 8))
    assert not calendar().is_workday(date(2028, 1, 3))


def test_the_last_days_of_december_wait_for_the_next_year_s_notice():
    assert not after_workdays(LIBRARY, date(2026, 12, 22), 2).provisional
    due = after_workdays(LIBRARY, date(2026, 12, 24), 2)
    assert (due.on, due.provisional) == (date(2026, 12, 28), True)
    assert due.lines[-1].startswith("2027 年的放假安排还没有录入")


@pytest.mark.django_db
def test_the_next_year_s_notice_may_speak_of_december():
    assert not LIBRARY.is_workday(date(2026, 12, 27))
    enter(2027, {date(2026, 12, 27): (True, "元旦调休上班"), date(2027, 1, 1): (False, "元旦")})
    enter(2026, {date(2026, 3, 4): (False, "省里另行通知")})

    assert calendar().is_workday(date(2026, 12, 27))
    due = after_workdays(calendar(), date(2026, 12, 25), 1)
    assert (due.on, due.provisional) == (date(2026, 12, 27), False)
    enter(2027, {date(2027, 1, 1): (False, "元旦")})
    assert not calendar().is_workday(date(2026, 12, 27))


@pytest.mark.django_db
def test_a_december_day_in_its_own_year_s_notice_is_refused_with_the_year_it_belongs_to():
    with pytest.raises(ValueError, match="以 2028 年的通知为准"):
        enter(2027, {date(2027, 12, 31): (True, "调休上班")})
    assert not CalendarDay.objects.exists()


@pytest.mark.django_db
def test_an_entered_year_stands_before_the_year_the_program_knows():
    assert calendar().is_workday(date(2026, 3, 4))
    enter(2026, {date(2026, 3, 4): (False, "省里另行通知")})
    assert not calendar().is_workday(date(2026, 3, 4))


@pytest.mark.django_db
def test_a_day_of_another_year_is_refused_and_nothing_is_entered():
    with pytest.raises(ValueError, match=r"2028-01-01 不在 2027 年"):
        enter(2027, {date(2027, 1, 1): (False, "元旦"), date(2028, 1, 1): (False, "元旦")})
    assert calendar() == Calendar({})


@pytest.mark.django_db
def test_a_clerk_of_a_village_may_not_move_the_holidays():
    with pytest.raises(NotAllowed):
        enter(2027, NOTICE_2027, kind="village_cadre")
    assert not CalendarDay.objects.exists()


@pytest.mark.django_db
def test_entering_a_year_is_written_in_the_audit():
    with scope(System("test"), "录入"):
        enter_calendar_year(year=2027, document="某号通知", days=NOTICE_2027, by=None, at=NOON)
    assert AuditEntry.objects.get(action="calendar.enter").detail == {"year": 2027, "document": "某号通知"}


@given(NOTICES, ANY_DAY, NUMBERS)
def test_a_due_date_is_always_a_working_day_after_the_start(days, start, number):
    held = Calendar(days, {2027: "某号通知"})
    for due in (after_workdays(held, start, number), after_days(held, start, number)):
        assert held.is_workday(due.on)
        assert due.on > start


@given(NOTICES, ANY_DAY, NUMBERS)
def test_between_the_start_and_the_due_date_lie_exactly_so_many_working_days(days, start, number):
    held = Calendar(days, {2027: "某号通知"})
    due = after_workdays(held, start, number).on
    worked = [start + timedelta(days=one) for one in range(1, (due - start).days + 1)]
    assert sum(held.is_workday(day) for day in worked) == number


@given(NOTICES, ANY_DAY, NUMBERS, NUMBERS)
def test_some_working_days_and_then_more_are_the_sum_of_both(days, start, first, second):
    held = Calendar(days, {2027: "某号通知"})
    middle = after_workdays(held, start, first).on
    assert after_workdays(held, middle, second).on == after_workdays(held, start, first + second).on


@given(KNOWN, st.integers(0, 20), NUMBERS)
def test_who_starts_later_is_never_due_earlier(start, later, number):
    second = start + timedelta(days=later)
    assert after_workdays(LIBRARY, start, number).on <= after_workdays(LIBRARY, second, number).on
    assert after_days(LIBRARY, start, number).on <= after_days(LIBRARY, second, number).on


@given(KNOWN, NUMBERS)
def test_more_working_days_are_always_later(start, number):
    assert after_workdays(LIBRARY, start, number).on < after_workdays(LIBRARY, start, number + 1).on
