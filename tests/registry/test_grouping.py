"""A roster without a number of the household: told apart by the head's ID number or by the order of the rows, in real files."""

import csv
from datetime import date, timedelta

import pytest
import xlsxwriter

from tests.registry.test_roster import LATER, LATER_ON, counts, fictional_areas, rejects
from tests.screening.county import AT, ON, id_number
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Area
from yimen.office.tables import TableProblem
from yimen.registry.actions import How, how_grouped, load_roster, preview_roster
from yimen.registry.models import Household, Membership, Person

pytestmark = pytest.mark.django_db
OLD, WIFE, SON, WIDOW, CHILD, STRANGER = (id_number(date(1950 + 9 * n, 3, 5), 100 + n) for n in range(6))
PLAIN = ("村居", "姓名", "身份证号", "与户主关系")
BY_HEAD = (*PLAIN, "户主姓名", "户主身份证号")
TWO = (
    {"姓名": "沈大年", "身份证号": OLD, "与户主关系": "户主"},
    {"姓名": "林秀兰", "身份证号": WIFE, "与户主关系": "妻"},
    {"姓名": "沈小满", "身份证号": SON, "与户主关系": "儿子"},
    {"姓名": "赵桂芬", "身份证号": WIDOW, "与户主关系": "本人"},
    {"姓名": "赵小妹", "身份证号": CHILD, "与户主关系": "孙女"},
)
HEADS = {OLD: OLD, WIFE: OLD, SON: OLD, WIDOW: WIDOW, CHILD: WIDOW}


@pytest.fixture(autouse=True)
def _county(settings, tmp_path):
    settings.YIMEN_HOME = tmp_path / "home"
    Area.objects.bulk_create(fictional_areas())
    with scope(System("test"), "核对"), reading("核对"):
        yield


def filled(rows, headings=PLAIN, villages=None):
    """The rows as the file has them, all of one village unless told otherwise."""
    names = {one["身份证号"]: one["姓名"] for one in TWO}
    cells = []
    for place, one in enumerate(rows):
        village = villages[place] if villages else "柳树村"
        head = one.get("户主身份证号", HEADS.get(one["身份证号"], ""))
        known = {"村居": village, "户主身份证号": head, "户主姓名": names.get(head, ""), "乡镇": "桃源镇"}
        cells.append([(known | one).get(heading, "") for heading in headings])
    return [list(headings), *cells]


def book(path, rows):
    """Write a file as its ending says, with a title above as counties have it."""
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([["桃源镇困难群众花名册（虚构）"], *rows])
        return path
    held = xlsxwriter.Workbook(str(path))
    sheet = held.add_worksheet("名册")
    sheet.write(0, 0, "桃源镇困难群众花名册（虚构）")
    for place, cells in enumerate(rows, start=1):
        sheet.write_row(place, 0, cells)
    held.close()
    return path


def load(path, *, at=AT, on=ON):
    return load_roster(path=path, name=path.name, area=Area.objects.get(code="990101"), by=None, at=at, on=on)


def homes() -> set[tuple[str, ...]]:
    """Who lives with whom today: the names of each household in the order of birth."""
    lived = Membership.objects.filter(ends_on=None).select_related("person").order_by("person__born_on")
    found = {}
    for one in lived:
        found.setdefault(one.household_id, []).append(one.person.name)
    return {tuple(names) for names in found.values()}


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@pytest.mark.parametrize("headings", [BY_HEAD, PLAIN], ids=["by the head's ID number", "by order"])
def test_without_a_number_the_same_households_come_out_and_twice_changes_nothing(tmp_path, ending, headings):
    path = book(tmp_path / f"名册{ending}", filled(TWO, headings))

    first, second = load(path), load(path, at=LATER, on=LATER_ON)

    assert (counts(first), counts(second)) == ((5, 5, 0, 0), (5, 0, 5, 0))
    assert homes() == {("沈大年", "林秀兰", "沈小满"), ("赵桂芬", "赵小妹")}
    assert set(Household.objects.values_list("changed_at", flat=True)) == {AT}


def test_the_number_that_stands_for_a_household_gives_nobody_away_and_is_the_same_however_it_was_grouped(tmp_path):
    load(book(tmp_path / "a.xlsx", filled(TWO, BY_HEAD)))
    numbers = set(Household.objects.values_list("number", flat=True))

    again = load(book(tmp_path / "b.csv", filled(TWO)), at=LATER, on=LATER_ON)

    assert counts(again) == (5, 0, 5, 0)
    assert set(Household.objects.values_list("number", flat=True)) == numbers
    assert all(len(number) == 11 and number[1:7] not in (OLD + WIDOW) for number in numbers)


def test_a_household_that_has_a_number_already_keeps_it(tmp_path):
    numbered = [one | {"户编号": "7" if HEADS[one["身份证号"]] == OLD else "8"} for one in TWO]
    load(book(tmp_path / "a.csv", filled(numbered, ("户编号", *PLAIN))))

    assert counts(load(book(tmp_path / "b.csv", filled(TWO)), at=LATER, on=LATER_ON)) == (5, 0, 5, 0)
    assert set(Household.objects.values_list("number", flat=True)) == {"7", "8"}


def test_in_the_order_of_the_rows_by_head_s_number_does_not_matter(tmp_path):
    load(book(tmp_path / "a.csv", filled(reversed(TWO), BY_HEAD)))

    assert homes() == {("沈大年", "林秀兰", "沈小满"), ("赵桂芬", "赵小妹")}


@pytest.mark.parametrize("headings", [BY_HEAD, PLAIN], ids=["by the head's ID number", "by order"])
def test_one_person_in_two_households_stays_in_the_first_and_comes_back_from_the_second(tmp_path, headings):
    twice = {"姓名": "沈小满", "身份证号": SON, "与户主关系": "外甥", "户主身份证号": WIDOW, "户主姓名": "赵桂芬"}

    delivery = load(book(tmp_path / "a.csv", filled([*TWO, twice], headings)))

    assert counts(delivery) == (6, 5, 0, 1)
    assert "与第 5 行是同一个身份证号，一人只能在一户" in rejects(delivery)[8]
    assert homes() == {("沈大年", "林秀兰", "沈小满"), ("赵桂芬", "赵小妹")}


def test_who_lives_in_another_household_already_comes_back_also_without_numbers(tmp_path):
    load(book(tmp_path / "a.csv", filled(TWO)))
    moved = [TWO[3], TWO[2] | {"与户主关系": "外甥"}]

    delivery = load(book(tmp_path / "b.csv", filled(moved)), at=LATER, on=LATER_ON)

    assert counts(delivery) == (2, 0, 1, 1)
    assert "此人已登记在另一户" in rejects(delivery)[4]


def test_a_son_who_set_up_house_is_no_new_head_of_his_father_s(tmp_path):
    load(book(tmp_path / "a.csv", filled(TWO)))
    alone = [TWO[2] | {"与户主关系": "户主"}]

    delivery = load(book(tmp_path / "b.csv", filled(alone)), at=LATER, on=LATER_ON)
    assert "请填“迁入日期”" in rejects(delivery)[3]

    dated = [alone[0] | {"迁入日期": "2026-12-20"}]
    assert load(book(tmp_path / "c.csv", filled(dated, (*PLAIN, "迁入日期"))), at=LATER, on=LATER_ON).loaded == 1
    assert homes() == {("沈大年", "林秀兰"), ("沈小满",), ("赵桂芬", "赵小妹")}


def test_after_the_head_s_death_the_household_goes_on_under_the_next(tmp_path):
    load(book(tmp_path / "a.csv", filled(TWO)))
    Person.objects.filter(pk=_person("沈大年").pk).update(died_on=ON + timedelta(days=2))
    widow = [{"姓名": "林秀兰", "身份证号": WIFE, "与户主关系": "户主"}, TWO[2]]

    delivery = load(book(tmp_path / "b.csv", filled(widow)), at=LATER, on=LATER_ON)

    assert counts(delivery) == (2, 1, 1, 0)
    assert Household.objects.count() == 2
    assert Membership.objects.get(person=_person("林秀兰")).relation == "户主"


def test_below_a_head_that_could_not_be_read_nobody_becomes_another_s_family(tmp_path):
    broken = [*TWO[:3], TWO[3] | {"身份证号": "3.7E+17"}, TWO[4]]

    delivery = load(book(tmp_path / "a.csv", filled(broken)))

    assert counts(delivery) == (5, 3, 0, 2)
    assert "这一户的户主（第 6 行）没有采用" in rejects(delivery)[7]
    assert homes() == {("沈大年", "林秀兰", "沈小满")}


def test_below_a_head_refused_as_double_nobody_becomes_another_s_family(tmp_path):
    twice = [TWO[0], TWO[3] | {"与户主关系": "岳母"}, TWO[3], TWO[4]]

    delivery = load(book(tmp_path / "a.csv", filled(twice)))

    assert counts(delivery) == (4, 2, 0, 2)
    assert "这一户的户主（第 5 行）没有采用" in rejects(delivery)[6]


@pytest.mark.parametrize(
    ("rows", "villages", "words"),
    [
        ([TWO[1], *TWO], None, "前面也没有“户主”的一行"),
        ([TWO[0], TWO[1]], ["柳树村", "桃园村"], "不在同一个村居"),
        ([TWO[0], TWO[4]], None, "“户主姓名”写的是“赵桂芬”"),
    ],
)
def test_whose_family_it_is_is_never_guessed(tmp_path, rows, villages, words):
    headings = (*PLAIN, "户主姓名") if "户主姓名" in words else PLAIN
    delivery = load(book(tmp_path / "a.csv", filled(rows, headings, villages)))

    assert words in " ".join(rejects(delivery).values())


@pytest.mark.parametrize(
    ("head", "relation", "words"),
    [
        ("", "妻", "“户主身份证号”是空的"),
        ("3.7E+17", "妻", "户主身份证号："),
        (WIDOW, "户主", "户主身份证号却是另一个人的"),
    ],
)
def test_a_head_s_number_that_cannot_be_right_sends_the_row_back(tmp_path, head, relation, words):
    rows = [{"姓名": "林秀兰", "身份证号": WIFE, "与户主关系": relation, "户主身份证号": head}]
    assert words in rejects(load(book(tmp_path / "a.csv", filled(rows, BY_HEAD))))[3]


def test_where_nothing_tells_households_apart_the_file_is_refused_and_says_which_column_is_needed(tmp_path):
    with pytest.raises(TableProblem, match="缺少这些列：与户主关系"):
        load(book(tmp_path / "a.csv", filled(TWO, PLAIN[:3])))
    nobody = [one | {"与户主关系": "成员"} for one in TWO]
    with pytest.raises(TableProblem, match=r"没有一行写“户主”或“本人”.*请补一列“户编号”或“户主身份证号”"):
        load(book(tmp_path / "b.xlsx", filled(nobody)))
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("headings", "how"),
    [(("户编号", *BY_HEAD), How.NUMBER), (BY_HEAD, How.HEAD_ID), (PLAIN, How.ORDER), (PLAIN[:3], How.NOT)],
)
def test_the_preview_says_in_words_how_households_are_told_apart(tmp_path, headings, how):
    path = book(tmp_path / "a.xlsx", filled(TWO, headings))
    assert how_grouped(preview_roster(path=path, name=path.name).match) == how


def _person(name):
    return next(one for one in Person.objects.all() if one.name == name)
