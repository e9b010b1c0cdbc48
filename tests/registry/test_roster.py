"""Rosters: whole households out of a county's file, into the register once, with what could not be taken and why."""

import csv
from datetime import date, datetime, timedelta
from functools import lru_cache

import pytest
from django.db import connection

from tests.make import make_staff
from tests.screening.county import AT, ON, ROSTER, id_number
from yimen.office.access import NotAllowed, System, scope
from yimen.office.audit import reading
from yimen.office.divisions import FICTIONAL, packed
from yimen.office.files import open_file, working_folder
from yimen.office.models import Area, AuditEntry, Delivery
from yimen.office.tables import TableProblem, read_file
from yimen.registry.actions import load_roster, preview_roster
from yimen.registry.id_numbers import check_digit
from yimen.registry.load import _write as write_batch
from yimen.registry.models import Household, Membership, Person, Standing
from yimen.registry.queries import household_card, household_of, households_changed_since, search, standings_of

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=30)
LATER_ON = ON + timedelta(days=30)
OLD = id_number(date(1948, 3, 5), 100)
WIFE = id_number(date(1950, 7, 1), 101)
CHILD = id_number(date(2015, 7, 1), 103)


def row(household="1", name="沈小满", number=OLD, relation="户主", **more):
    held = {"户编号": household, "乡镇": "桃源镇", "村居": "柳树村", "姓名": name, "身份证号": number, "与户主关系": relation}
    return held | {"保障类别": "农", "户籍在本县": "是"} | more


FAMILY = (row(), row(name="林秀兰", number=WIFE, relation="妻"), row(name="沈小妹", number=CHILD, relation="孙女"))


@lru_cache
def fictional_areas():
    return list(packed(FICTIONAL))


@pytest.fixture(autouse=True)
def _county(settings, tmp_path):
    settings.YIMEN_HOME = tmp_path / "home"
    Area.objects.bulk_create(fictional_areas())


@pytest.fixture
def load(tmp_path):
    def loaded(*rows, at=AT, on=ON, who=None, headings=None, area="990101", corrected=None, name="名册.csv") -> Delivery:
        path = write(tmp_path / name, rows, headings)
        with scope(who or System("load"), "装载"):
            return load_roster(
                path=path, name=path.name, area=Area.objects.get(code=area), by=None, at=at, on=on, corrected=corrected
            )

    return loaded


def write(path, rows, headings=None):
    names = headings or tuple(dict.fromkeys((*ROSTER, *(name for one in rows for name in one))))
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([names, *([one.get(name, "") for name in names] for one in rows)])
    return path


def counts(delivery):
    return delivery.rows, delivery.loaded, delivery.unchanged, delivery.rejected


def rejects(delivery):
    """Return the rejected rows as the clerk gets them: number in the file, reason."""
    with scope(System("test"), "查看"), working_folder() as folder:
        name, content = open_file(delivery.rejects_file, purpose="取回未采用的行")
        (folder / name).write_bytes(b"".join(content))
        return {int(one[0]): one[1] for one in read_file(folder / name, name=name).rows[1:]}


def person(number=OLD):
    return next(one for one in Person.objects.all() if one.id_number == number)


@pytest.fixture
def looking():
    with scope(System("test"), "查看"), reading("核对"):
        yield


def test_a_family_is_one_household_with_its_members(load, looking):
    delivery = load(*FAMILY)
    assert counts(delivery) == (3, 3, 0, 0)
    assert delivery.rejects_file is None
    card = household_card(household_id=Household.objects.get().pk, on=ON)
    assert (card.village, card.township, card.number, card.category) == ("柳树村", "桃源镇", "1", "农")
    assert [(one.name, one.relation, one.sex) for one in card.members] == [
        ("沈小满", "户主", "女"),
        ("林秀兰", "配偶", "男"),
        ("沈小妹", "孙女", "男"),
    ]


def test_the_same_file_twice_changes_nothing_and_no_row_looks_changed(load, looking):
    family = [one | {"对象类别": "低保", "认定日期": "2024-01-01"} for one in FAMILY]
    first, second = load(*family), load(*family, at=LATER, on=LATER_ON)
    assert (first.loaded, second.loaded, second.unchanged, second.rejected) == (3, 0, 3, 0)
    assert set(Person.objects.values_list("changed_at", flat=True)) == {AT}
    assert set(Household.objects.values_list("changed_at", flat=True)) == {AT}
    assert households_changed_since(LATER) == set()
    assert (Person.objects.count(), Membership.objects.count(), Standing.objects.count()) == (3, 3, 1)


def test_the_day_the_roster_came_is_kept_until_a_roster_tells_something_new(load, looking):
    load(*FAMILY)
    load(*FAMILY, at=LATER, on=LATER_ON)
    unchanged = household_card(household_id=Household.objects.get().pk, on=LATER_ON)
    assert {unchanged.told_on} | {one.told_on for one in unchanged.members} == {ON}

    load(*FAMILY[:2], FAMILY[2] | {"户籍在本县": "否"}, at=LATER, on=LATER_ON)
    changed = household_card(household_id=Household.objects.get().pk, on=LATER_ON)
    assert changed.told_on == LATER_ON
    assert [one.told_on for one in changed.members] == [ON, ON, LATER_ON]


def test_ten_bad_rows_in_a_hundred_leave_ninety_loaded_and_come_back_with_number_and_reason(load):
    rows = [row(str(n), f"沈{n}", id_number(date(1950, 1, 1) + timedelta(days=n), n)) for n in range(100)]
    for n in range(5, 100, 10):
        rows[n] = rows[n] | {"身份证号": rows[n]["身份证号"][:-1] + ("1" if rows[n]["身份证号"][-1] != "1" else "2")}
    delivery = load(*rows)
    assert counts(delivery) == (100, 90, 0, 10)
    back = rejects(delivery)
    assert sorted(back) == list(range(7, 102, 10))
    assert all("最后一位对不上" in reason for reason in back.values())


def test_a_reason_never_repeats_an_id_number(load):
    wrong = OLD[:-1] + ("1" if OLD[-1] != "1" else "2")
    delivery = load(row(number=wrong), row(number=OLD), row("2", number=OLD))
    assert not any(OLD[:17] in reason or wrong in reason for reason in rejects(delivery).values())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"性别": "男"}, "性别"),
        ({"出生日期": "1949.3.5"}, "出生日期"),
        ({"村居": "某某村"}, "不在您的辖区"),
        ({"乡镇": "城关镇"}, "不在您的辖区"),
        ({"姓名": ""}, "“姓名”是空的"),
        ({"户编号": ""}, "“户编号”是空的"),
        ({"与户主关系": ""}, "“与户主关系”是空的"),
        ({"保障类别": "郊"}, "保障类别"),
        ({"对象类别": "很困难"}, "对象类别"),
        ({"户籍在本县": "大概"}, "户籍在本县"),
        ({"死亡日期": "去年"}, "死亡日期"),
        ({"死亡日期": "1947-01-01"}, "早于出生日期"),
        ({"迁入日期": "2024-05-01", "迁出日期": "2024-04-01"}, "早于迁入日期"),
        ({"死亡日期": "2027-01-01"}, "在今天之后"),
        ({"身份证号": "3.70E+17"}, "科学计数"),
        ({"身份证号": id_number(date(2031, 1, 1), 1)}, "在今天之后"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_and_its_neighbours_go_on(load, wrong, words):
    delivery = load(row() | wrong, row("2", "林秀兰", WIFE))
    assert (delivery.loaded, delivery.rejected) == (1, 1)
    assert words in rejects(delivery)[2]


def test_sex_and_birth_that_agree_with_the_number_are_taken(load):
    assert load(row(性别="女性", 出生日期="1948年3月5日")).loaded == 1


def test_a_person_twice_in_the_file_is_taken_once_and_the_other_row_says_where(load):
    delivery = load(row(), row("2", "林秀兰", WIFE), row("3"))
    assert counts(delivery) == (3, 2, 0, 1)
    assert "第 2 行" in rejects(delivery)[4]


def test_nobody_is_in_two_households_without_a_day_of_moving(load, looking):
    load(row())
    delivery = load(row("9"), at=LATER, on=LATER_ON)
    assert (delivery.loaded, delivery.rejected) == (0, 1)
    assert "迁入日期" in rejects(delivery)[2]
    assert Membership.objects.get().household.number == "1"


def test_who_moves_keeps_the_history(load, looking):
    load(row())
    assert load(row("9", 迁入日期="2026-12-15"), at=LATER, on=LATER_ON).loaded == 1
    key = person().pk
    old, new = Household.objects.get(number="1"), Household.objects.get(number="9")
    assert household_of(person_id=key, on=date(2026, 12, 14)) == old.pk
    assert household_of(person_id=key, on=date(2026, 12, 15)) == new.pk
    assert households_changed_since(LATER) == {old.pk, new.pk}


def test_the_old_roster_does_not_move_somebody_back(load, looking):
    load(row())
    load(row("9", 迁入日期="2026-12-15"), at=LATER, on=LATER_ON)
    assert load(row(), at=LATER, on=LATER_ON).rejected == 1
    assert household_of(person_id=person().pk, on=LATER_ON) == Household.objects.get(number="9").pk


def test_a_move_dated_before_the_present_home_began_is_refused(load, looking):
    load(row(迁入日期="2020-05-01"))
    assert load(row("9", 迁入日期="2019-05-01"), at=LATER, on=LATER_ON).rejected == 1


def test_who_moves_out_is_no_longer_a_member_from_the_next_day(load, looking):
    load(*FAMILY)
    assert load(FAMILY[0], FAMILY[1], FAMILY[2] | {"迁出日期": "2026-12-10"}, at=LATER, on=LATER_ON).loaded == 1
    home = Household.objects.get().pk
    assert len(household_card(household_id=home, on=date(2026, 12, 10)).members) == 3
    assert len(household_card(household_id=home, on=date(2026, 12, 11)).members) == 2
    assert households_changed_since(LATER) == {home}


def test_who_has_died_is_no_member_any_more_and_corrections_make_no_second_membership(load, looking):
    load(*FAMILY)
    dead = FAMILY[1] | {"死亡日期": "2026-12-10"}
    assert load(FAMILY[0], dead, FAMILY[2], at=LATER, on=LATER_ON).loaded == 1
    assert load(FAMILY[0], dead | {"姓名": "林秀蓝"}, FAMILY[2], at=LATER, on=LATER_ON).loaded == 1
    home = Household.objects.get().pk
    assert [one.name for one in household_card(household_id=home, on=LATER_ON).members] == ["沈小满", "沈小妹"]
    assert Membership.objects.filter(person=person(WIFE)).count() == 1


def test_who_left_and_comes_back_lived_here_twice(load, looking):
    load(row(迁出日期="2026-10-31"))
    load(row(迁入日期="2026-12-01"), at=LATER, on=LATER_ON)
    key, home = person().pk, Household.objects.get().pk
    days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))
    assert [household_of(person_id=key, on=day) for day in days] == [home, None, None, home]


def test_a_leaving_written_by_mistake_is_taken_back(load, looking):
    load(row(迁出日期="2026-10-31"))
    load(row(), at=LATER, on=LATER_ON)
    assert Membership.objects.get().ends_on is None


def test_a_day_of_moving_in_is_corrected_but_never_into_another_home(load, looking):
    load(row())
    load(row("9", 迁入日期="2026-10-15"))
    assert load(row("9", 迁入日期="2026-10-20")).loaded == 1
    assert Membership.objects.get(ends_on=None).starts_on == date(2026, 10, 20)
    assert load(row("9", 迁入日期="2026-10-01", 迁出日期="2026-10-10")).rejected == 1


def test_a_death_before_the_move_into_the_household_is_refused_and_the_load_goes_on(load):
    load(row(迁入日期="2024-05-01"))
    delivery = load(row(死亡日期="2023-05-01"), row("2", "林秀兰", WIFE), at=LATER, on=LATER_ON)
    assert (delivery.loaded, delivery.rejected) == (1, 1)


def test_a_corrected_name_is_one_change_and_is_found_under_the_new_name_only(load, looking):
    load(*FAMILY)
    delivery = load(FAMILY[0] | {"姓名": "单小满"}, *FAMILY[1:], at=LATER, on=LATER_ON)
    assert (delivery.loaded, delivery.unchanged) == (1, 2)
    assert [hit.name for hit in search(text="单小满")] == ["单**"]
    assert search(text="沈小满") == []
    assert len(search(text="shenxiaoman")) == 0
    assert len(search(text="shanxiaoman")) == 1
    assert Person.objects.count() == 3


def test_a_new_telephone_is_a_change_of_the_person_and_a_new_address_of_the_household(load, looking):
    load(row())
    assert load(row(联系电话="13900000000"), at=LATER, on=LATER_ON).loaded == 1
    assert person().phone == "13900000000"
    later = LATER + timedelta(days=1)
    load(row(联系电话="13900000000", 家庭住址="柳树村 7 号"), at=later, on=LATER_ON)
    assert Household.objects.get().address == "柳树村 7 号"
    assert households_changed_since(later) == {Household.objects.get().pk}


def test_an_old_number_of_fifteen_digits_is_the_same_person(load, looking):
    first = "990101480305100"
    longer = "99010119480305100"
    load(row(number=longer + check_digit(longer)))
    assert counts(load(row(number=first), at=LATER, on=LATER_ON)) == (1, 0, 1, 0)


def test_a_number_typed_with_an_apostrophe_spaces_and_a_small_x_is_the_same_person(load, looking):
    ending_in_x = next(one for n in range(100, 400) if (one := id_number(date(1948, 3, 5), n)).endswith("X"))
    load(row(number=ending_in_x))
    typed = f"'{ending_in_x[:6]} {ending_in_x[6:14]} {ending_in_x[14:].lower()}"
    assert counts(load(row(number=typed), at=LATER, on=LATER_ON)) == (1, 0, 1, 0)


def test_outside_the_demonstration_a_fictional_number_is_refused(load, settings):
    settings.YIMEN_DEMO = False
    delivery = load(row())
    assert (delivery.loaded, delivery.rejected) == (0, 1)
    assert "99 开头" in rejects(delivery)[2]


@pytest.mark.parametrize("gone", ["村居", "姓名", "身份证号", "与户主关系"])
def test_a_missing_column_is_named_and_nothing_is_loaded(load, gone):
    with pytest.raises(TableProblem, match=f"缺少这些列：{gone}"):
        load(row(), headings=[name for name in ROSTER if name != gone])
    with scope(System("test"), "查看"):
        assert not Person.objects.exists()
    assert not Delivery.objects.exists()


def test_a_person_points_out_which_column_is_the_name(load, tmp_path, looking):
    headings = tuple("称谓" if name == "姓名" else name for name in ROSTER)
    one = row()
    one["称谓"] = one.pop("姓名")
    match = preview_roster(path=write(tmp_path / "先看.csv", [one], headings), name="先看.csv").match
    assert (match.missing, match.unknown) == (("姓名",), ("称谓",))
    assert load(one, headings=headings, corrected={headings.index("称谓"): "name"}).loaded == 1
    assert person().name == "沈小满"


def test_a_village_may_be_written_in_short_in_full_or_by_code(load):
    village = Area.objects.get(name="柳树村", parent__name="桃源镇")
    other = [row("2", "林秀兰", WIFE, 村居=village.code, 乡镇=""), row("3", "沈小妹", CHILD, 村居="柳树村委会")]
    delivery = load(row(), *other)
    assert delivery.loaded == 3
    with scope(System("test"), "查看"):
        assert {one.area_id for one in Household.objects.all()} == {village.code}


def test_a_clerk_of_one_town_cannot_load_another_towns_village(load):
    town = Area.objects.get(name="桃源镇")
    foreign = Area.objects.filter(level=5).exclude(parent=town).first()
    clerk = make_staff(kind="county_clerk", area=town)
    there = row("2", "林秀兰", WIFE, 乡镇=foreign.parent.name, 村居=foreign.name)
    by_code = row("3", "沈小妹", CHILD, 乡镇="", 村居=foreign.code)
    delivery = load(row(), there, by_code, who=clerk, area=town.code)
    assert (delivery.loaded, delivery.rejected) == (1, 2)
    assert all("不在您的辖区" in reason for reason in rejects(delivery).values())
    with pytest.raises(NotAllowed):
        load(row(), who=clerk, area="990101")


def test_a_clerk_of_one_town_does_not_take_somebody_out_of_another_town(load, looking):
    town = Area.objects.get(name="桃源镇")
    foreign = Area.objects.filter(level=5).exclude(parent=town).first()
    load(row("7", 乡镇=foreign.parent.name, 村居=foreign.name))
    delivery = load(row(迁入日期="2026-12-15"), who=make_staff(kind="county_clerk", area=town), area=town.code)
    assert (delivery.loaded, delivery.rejected) == (0, 1)
    assert Membership.objects.get(ends_on=None).household.number == "7"


def test_who_has_left_another_town_can_be_registered_here(load, looking):
    town = Area.objects.get(name="桃源镇")
    foreign = Area.objects.filter(level=5).exclude(parent=town).first()
    load(row("7", 乡镇=foreign.parent.name, 村居=foreign.name, 迁出日期="2026-11-30"))
    clerk = make_staff(kind="county_clerk", area=town)
    delivery = load(row(迁入日期="2026-12-01"), who=clerk, area=town.code)
    assert (delivery.loaded, delivery.rejected) == (1, 0)
    assert Person.objects.count() == 1
    assert household_of(person_id=person().pk, on=ON) == Household.objects.get(number="1").pk
    assert household_of(person_id=person().pk, on=date(2026, 11, 30)) == Household.objects.get(number="7").pk
    with scope(clerk, "查看"):
        assert Person.objects.count() == 1


@pytest.mark.parametrize("kind", ["town_clerk", "village_cadre", "county_leader", "department_desk", "system_admin"])
def test_whose_post_does_not_load_rosters_loads_none(load, kind):
    with pytest.raises(NotAllowed, match="装载名册"):
        load(row(), who=make_staff(kind=kind, area=Area.objects.get(code="990101")))


def test_the_countys_decisions_are_kept_of_the_household_or_of_the_person(load, looking):
    low = {"对象类别": "农村低保", "认定日期": "2024-01-01", "下次复核日期": "2027-01-01"}
    poor = {"对象类别": "特困人员", "认定日期": "2023-06-01"}
    load(FAMILY[0] | low, FAMILY[1] | low, row("2", "沈大年", id_number(date(1940, 1, 1), 110), **poor))
    held = {(one.kind, one.household_id is not None, one.starts_on) for one in Standing.objects.all()}
    assert held == {
        ("subsistence_allowance", True, date(2024, 1, 1)),
        ("extreme_poverty_support", False, date(2023, 6, 1)),
    }
    home = Household.objects.get(number="1")
    assert [one.name for one in standings_of(household_id=home.pk, people=[], on=ON)] == ["低保家庭"]


def test_a_roster_without_days_of_decision_does_not_begin_a_standing_anew_each_month(load, looking):
    load(row(对象类别="低保"), row("2", "沈大年", WIFE, 对象类别="特困人员"))
    load(row(对象类别="低保"), row("2", "沈大年", WIFE, 对象类别="特困人员", 联系电话="1"), at=LATER, on=LATER_ON)
    assert set(Standing.objects.values_list("starts_on", flat=True)) == {ON}


def test_a_review_moved_to_another_day_is_brought_up_to_date(load, looking):
    load(row(对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2027-01-01"))
    load(row(对象类别="低保", 认定日期="2024-01-01", 下次复核日期="2028-01-01"), at=LATER, on=LATER_ON)
    assert [(one.starts_on, one.next_review_on) for one in Standing.objects.all()] == [(date(2024, 1, 1), date(2028, 1, 1))]


def test_another_category_ends_the_one_before_and_keeps_it_as_history(load, looking):
    load(row(对象类别="低保"), row("2", "沈大年", WIFE, 对象类别="特困人员"))
    again = row(对象类别="低保边缘", 认定日期="2026-12-20"), row("2", "沈大年", WIFE, 对象类别="低保")
    for _ in range(2):
        load(*again, at=LATER, on=LATER_ON)
    held = {(one.kind, one.starts_on, one.ends_on) for one in Standing.objects.all()}
    assert held == {
        ("subsistence_allowance", ON, date(2026, 12, 19)),
        ("borderline_household", date(2026, 12, 20), None),
        ("extreme_poverty_support", ON, LATER_ON - timedelta(days=1)),
        ("subsistence_allowance", LATER_ON, None),
    }


@pytest.mark.parametrize(("cell", "ends_on"), [("无", LATER_ON - timedelta(days=1)), ("", None)])
def test_a_roster_that_says_none_ends_a_category_and_one_that_says_nothing_does_not(load, looking, cell, ends_on):
    load(row(对象类别="低保"))
    load(row(对象类别=cell, 联系电话="1"), at=LATER, on=LATER_ON)
    assert [one.ends_on for one in Standing.objects.all()] == [ends_on]


def test_one_member_without_a_category_does_not_end_the_familys(load, looking):
    load(row(对象类别="低保"), row(name="林秀兰", number=WIFE, relation="妻"))
    load(row(对象类别="低保"), row(name="林秀兰", number=WIFE, relation="妻", 对象类别="无"), at=LATER, on=LATER_ON)
    assert [one.ends_on for one in Standing.objects.all()] == [None]


def test_what_a_case_decided_is_not_ended_by_a_roster_that_says_none(load, looking):
    load(row())
    Standing.objects.create(
        household=Household.objects.get(),
        kind="subsistence_allowance",
        starts_on=ON,
        decided_by="县民政局低保科",
        area_path=Household.objects.get().area_path,
    )
    load(row(对象类别="无"), at=LATER, on=LATER_ON)
    assert [one.ends_on for one in Standing.objects.all()] == [None]


def test_a_name_without_a_single_letter_is_refused_in_words(load):
    delivery = load(row(name="0"), *FAMILY[1:])
    assert (delivery.loaded, rejects(delivery)[2]) == (2, "姓名“0”像是公式或数字，不是名字，请写成文字。")


def test_of_a_row_that_is_refused_nothing_remains_not_even_an_empty_household(load, looking):
    load(row())
    delivery = load(row("9", 对象类别="低保"))
    assert (delivery.rejected, Household.objects.filter(number="9").count(), Standing.objects.count()) == (1, 0, 0)


def test_a_load_leaves_one_row_in_the_audit_and_the_delivery_knows_the_file(load):
    delivery = load(*FAMILY)
    entry = AuditEntry.objects.get(action="roster.load")
    assert (entry.detail["rows"], entry.detail["new"], entry.detail["changed"]) == (3, 3, 0)
    assert "沈" not in str(entry.detail)
    assert OLD not in str(entry.detail)
    assert (delivery.name_of_file, delivery.received_at, len(delivery.sha256)) == ("名册.csv", AT, 64)
    assert isinstance(delivery.finished_at, datetime)


def test_subtotals_are_skipped_and_counted_not_refused(load):
    delivery = load(row(), {"户编号": "小计", "姓名": "1 人"}, row("2", "林秀兰", WIFE), {"户编号": "合计"})
    assert (counts(delivery), delivery.skipped) == ((2, 2, 0, 0), 2)


def test_a_load_cut_off_in_the_middle_is_loaded_again_and_nothing_is_double(load, looking, monkeypatch):
    rows = [row(str(n), f"沈{n}", id_number(date(1950, 1, 1) + timedelta(days=n), n)) for n in range(6)]
    monkeypatch.setattr("yimen.registry.load.HOUSEHOLDS_PER_TRANSACTION", 2)
    with monkeypatch.context() as broken:
        written = []

        def dies(*batch):
            written.append(batch)
            if len(written) == 2:
                raise SystemExit
            write_batch(*batch)

        broken.setattr("yimen.registry.load._write", dies)
        with pytest.raises(SystemExit):
            load(*rows)
    assert Person.objects.count() == Membership.objects.count() == 2

    assert counts(load(*rows, at=LATER, on=LATER_ON)) == (6, 4, 2, 0)
    assert Person.objects.count() == Household.objects.count() == Membership.objects.count() == 6
    assert [search(text=one.name)[0].person_id for one in Person.objects.all()] == [one.pk for one in Person.objects.all()]


def test_what_is_written_in_one_go_is_sealed_and_opens_again(load, looking):
    load(row(联系电话="13900000000", 家庭住址="柳树村 7 号", 死亡日期="2026-01-02"))
    one = person()
    assert (one.name, one.id_number, one.phone, one.died_on) == ("沈小满", OLD, "13900000000", date(2026, 1, 2))
    home = Household.objects.get()
    assert (home.address, home.changed_at) == ("柳树村 7 号", AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, id_number, phone FROM registry_person")
        for value in cursor.fetchone():
            assert not {"沈小满".encode(), OLD.encode(), b"13900000000"} & {bytes(value)}
            assert bytes(value)[0] == 1


def missing(number="1"):
    with scope(System("test"), "查看"):
        return Household.objects.get(number=number).missing_members


def test_a_household_of_which_a_row_comes_back_is_incomplete_until_that_row_is_mended(load):
    wrong = row(name="林秀兰", number=WIFE[:-1] + ("0" if WIFE[-1] != "0" else "1"), relation="妻")

    assert counts(load(FAMILY[0], wrong, FAMILY[2])) == (3, 2, 0, 1)
    assert missing() == 1
    assert counts(load(FAMILY[0], wrong, FAMILY[2])) == (3, 0, 2, 1)
    assert missing() == 1
    assert counts(load(FAMILY[0], name="户主.csv")) == (1, 0, 1, 0)
    assert missing() == 1
    assert counts(load(FAMILY[1], name="改好.csv", at=LATER, on=LATER_ON)) == (1, 1, 0, 0)
    assert missing() == 0


def test_a_household_listed_anew_without_the_row_that_came_back_is_complete(load):
    load(FAMILY[0], row(name="林秀兰", number="123", relation="妻"))
    assert missing() == 1

    load(FAMILY[0], name="核对后.csv")

    assert missing() == 0


def test_who_lives_there_already_is_not_missing_whatever_is_wrong_with_a_later_row(load):
    load(*FAMILY)

    assert load(*FAMILY[:2], FAMILY[2] | {"对象类别": "不知道"}, row(name="沈小满", relation="子")).rejected == 2
    assert missing() == 0


def test_a_newcomer_whose_row_comes_back_alone_or_without_a_place_is_missing_too(load):
    load(*FAMILY[:2])

    load(FAMILY[2] | {"身份证号": "123"}, name="新增.csv")
    assert missing() == 1

    load(FAMILY[0], FAMILY[1], row("2", name="沈小妹", number=CHILD), name="全户.csv")
    load(
        row("2", name="沈小妹", number=CHILD),
        row("2", name="甲", number=id_number(date(2000, 1, 1), 7)) | {"村居": "无此村"},
        name="二.csv",
    )
    assert (missing(), missing("2")) == (0, 1)


def test_without_a_number_the_head_tells_whose_household_is_incomplete(load):
    names = tuple(name for name in ROSTER if name != "户编号")

    load(FAMILY[0], FAMILY[1] | {"身份证号": "123"}, headings=names)

    with scope(System("test"), "查看"):
        assert [one.missing_members for one in Household.objects.all()] == [1]
