"""Lists of recipients: who receives what, since when, until when, out of a department's file."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.make import make_household, make_person, make_staff, make_village
from tests.screening.county import AT, ON, id_number
from yimen.benefits.actions import load_recipients, preview_recipients
from yimen.benefits.models import Grant
from yimen.benefits.queries import figures_by_policy, grants_recorded_since, receipts_of
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file, working_folder
from yimen.office.models import Area, AuditEntry
from yimen.office.tables import TableProblem, read_file
from yimen.office.vault import blind_index
from yimen.registry.models import Person
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=31)
LATER_ON = ON + timedelta(days=31)
HEADINGS = ("身份证号", "金额", "起始日期", "终止日期", "下次复核日期")
OF_PEOPLE, OF_HOUSEHOLDS = "disability_living_subsidy", "subsistence_allowance"


class Town:
    """Two households in one village: a couple and a man alone."""

    def __init__(self, folder):
        self.folder = folder
        self.village = make_village()
        self.numbers = [id_number(date(1950 + n, 3, 5), 100 + n) for n in range(3)]
        with scope(System("test"), "测试"):
            self.homes = [make_household(self.village, number=one) for one in ("1", "2")]
            self.people = [
                self.make(number, serial, home)
                for serial, (number, home) in enumerate(zip(self.numbers, (0, 0, 1), strict=True), start=1)
            ]

    def make(self, number, serial, home):
        person = make_person(self.homes[home], number=serial)
        Person.objects.filter(pk=person.pk).update(id_index=blind_index("id_number", number))
        return person

    def load(self, *rows, policy=OF_PEOPLE, at=AT, on=ON, who=None, headings=HEADINGS, area=None, **more):
        path = self.folder / "名单.csv"
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        with scope(who or System("load"), "装载"):
            return load_recipients(
                path=path,
                name=path.name,
                policy=current_rules().policy(policy),
                area=area or self.village,
                by=None,
                at=at,
                on=on,
                **more,
            )

    def held(self, serial, on=ON):
        with scope(System("test"), "查看"):
            person = self.people[serial]
            home = self.homes[0 if serial < 2 else 1]
            return [
                (one.policy, one.yuan, one.starts_on, one.ends_on)
                for one in receipts_of(household_id=home.pk, people=[person.pk], on=on)
            ]

    def rejects(self, delivery):
        with scope(System("test"), "查看"), working_folder() as folder:
            name, content = open_file(delivery.rejects_file, purpose="取回未采用的行")
            (folder / name).write_bytes(b"".join(content))
            return {int(one[0]): one[1] for one in read_file(folder / name, name=name).rows[1:]}


@pytest.fixture
def town(request, tmp_path):
    request.getfixturevalue("settings").YIMEN_HOME = tmp_path / "home"
    return Town(tmp_path)


def counts(delivery):
    return delivery.rows, delivery.loaded, delivery.unchanged, delivery.rejected


@pytest.mark.parametrize(
    ("written", "yuan"),
    [("136", "136.00"), ("1,360.50", "1360.50"), ("１３６元", "136.00"), ("0.11万", "1100.00"), ("0", "0.00"), ("", None)],
)
def test_an_amount_is_kept_to_the_fen_and_an_empty_one_is_unknown(town, written, yuan):
    assert counts(town.load((town.numbers[0], written, "2024-01-01", "", ""))) == (1, 1, 0, 0)
    assert town.held(0) == [(OF_PEOPLE, None if yuan is None else Decimal(yuan), date(2024, 1, 1), None)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("一百", "2024-01-01", ""), "不是金额"),
        (("-136", "2024-01-01", ""), "小于零"),
        (("371702196305071234", "2024-01-01", ""), "金额"),
        (("3" * 40, "2024-01-01", ""), "金额"),
        (("136", "2024-13-01", ""), "起始日期"),
        (("136", "2024-05-01", "2024-04-01"), "早于起始日期"),
        (("136", "", "2024-04-01"), "补上起始日期"),
    ],
)
def test_a_row_that_cannot_be_right_comes_back_and_its_neighbours_go_on(town, row, words):
    delivery = town.load((town.numbers[0], *row, ""), (town.numbers[1], "136", "2024-01-01", "", ""))
    assert counts(delivery) == (2, 1, 0, 1)
    assert words in town.rejects(delivery)[2]
    assert "371702196305071234" not in town.rejects(delivery)[2]


def test_somebody_who_is_not_registered_comes_back(town):
    delivery = town.load((id_number(date(1990, 1, 1), 999), "136", "2024-01-01", "", ""))
    assert counts(delivery) == (1, 0, 0, 1)
    assert "名册里没有" in town.rejects(delivery)[2]


def test_the_same_list_twice_changes_nothing(town):
    rows = [(number, "136", "2024-01-01", "", "2027-01-01") for number in town.numbers]
    first, second = town.load(*rows), town.load(*rows, at=LATER, on=LATER_ON)
    assert (counts(first), counts(second)) == ((3, 3, 0, 0), (3, 0, 3, 0))
    with scope(System("test"), "查看"):
        assert grants_recorded_since(LATER) == (set(), set())


def test_the_same_list_twice_changes_nothing_where_a_last_day_is_told(town):
    rows = [(town.numbers[0], "136", "2024-01-01", "2026-12-31", ""), (town.numbers[1], "136", "2020-01-01", "2021-01-01", "")]
    first, second = town.load(*rows), town.load(*rows, at=LATER, on=LATER_ON)
    assert (counts(first), counts(second)) == ((2, 2, 0, 0), (2, 0, 2, 0))
    assert town.held(0) == [(OF_PEOPLE, Decimal(136), date(2024, 1, 1), date(2026, 12, 31))]
    assert town.held(1) == []


def test_a_list_without_days_counts_from_the_day_it_came_and_stays_so(town):
    rows = [(number, "136", "", "", "") for number in town.numbers]
    town.load(*rows)
    assert counts(town.load(*rows, at=LATER, on=LATER_ON)) == (3, 0, 3, 0)
    assert town.held(0, LATER_ON) == [(OF_PEOPLE, Decimal(136), ON, None)]


def test_a_raised_amount_ends_the_old_grant_the_day_before_the_new_one(town):
    town.load((town.numbers[0], "136", "2024-01-01", "", ""))
    assert town.load((town.numbers[0], "150", "2026-12-20", "", ""), at=LATER, on=LATER_ON).loaded == 1
    assert town.held(0, date(2026, 12, 19)) == [(OF_PEOPLE, Decimal(136), date(2024, 1, 1), date(2026, 12, 19))]
    assert town.held(0, date(2026, 12, 20)) == [(OF_PEOPLE, Decimal(150), date(2026, 12, 20), None)]


def test_a_corrected_amount_of_the_same_start_is_one_grant(town):
    town.load((town.numbers[0], "136", "2024-01-01", "", ""))
    assert town.load((town.numbers[0], "163", "2024-01-01", "", ""), at=LATER, on=LATER_ON).loaded == 1
    assert town.held(0) == [(OF_PEOPLE, Decimal(163), date(2024, 1, 1), None)]


def test_who_is_on_the_list_again_since_the_same_day_has_one_grant_not_two(town):
    town.load((town.numbers[0], "136", "2024-01-01", "", ""))
    town.load((town.numbers[1], "136", "2024-01-01", "", ""), ends_missing=True)
    town.load((town.numbers[0], "136", "2024-01-01", "", ""), at=LATER, on=LATER_ON)
    assert town.held(0) == [(OF_PEOPLE, Decimal(136), date(2024, 1, 1), None)]


_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
_LISTS = st.lists(
    st.tuples(st.integers(1, 3), st.none() | _DAYS, st.none() | _DAYS).filter(
        lambda row: not (row[1] and row[2]) or row[1] <= row[2]
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LISTS)
def test_whatever_lists_come_nobody_receives_one_benefit_twice_on_a_day_and_the_last_list_again_changes_nothing(town, lists):
    with scope(System("test"), "测试"):
        Grant.objects.all().delete()
    for yuan, starts_on, ends_on in lists:
        row = (town.numbers[0], yuan, starts_on or "", ends_on or "", "")
        town.load(row)
    assert town.load(row).loaded == 0
    with scope(System("test"), "查看"):
        spans = sorted((one.starts_on, one.ends_on or date.max) for one in Grant.objects.all())
    assert all(earlier[1] < later[0] for earlier, later in pairwise(spans))


def test_only_a_complete_list_ends_the_grants_of_those_who_are_not_on_it(town):
    both = [(number, "136", "2024-01-01", "", "") for number in town.numbers[:2]]
    town.load(*both)
    town.load(both[0], at=LATER, on=LATER_ON)
    assert town.held(1, LATER_ON) != []
    delivery = town.load(both[0], at=LATER, on=LATER_ON, ends_missing=True)
    assert counts(delivery) == (1, 0, 1, 0)
    assert town.held(0, LATER_ON + timedelta(days=1)) != []
    assert town.held(1, LATER_ON) == [(OF_PEOPLE, Decimal(136), date(2024, 1, 1), LATER_ON)]
    assert town.held(1, LATER_ON + timedelta(days=1)) == []
    assert [one.detail["ended"] for one in AuditEntry.objects.filter(action="recipients.load").order_by("pk")] == [0, 0, 1]


def test_a_complete_list_ends_nothing_of_another_policy_or_another_village(town):
    elsewhere = make_village(2)
    with scope(System("test"), "测试"):
        home = make_household(elsewhere, number="7")
        number = id_number(date(1960, 3, 5), 200)
        person = make_person(home, number=9)
        Person.objects.filter(pk=person.pk).update(id_index=blind_index("id_number", number))
    town.load((number, "136", "2024-01-01", "", ""), area=elsewhere)
    town.load((town.numbers[0], "80", "2024-01-01", "", ""), policy="disability_nursing_subsidy")
    town.load((town.numbers[1], "136", "2024-01-01", "", ""), ends_missing=True)
    with scope(System("test"), "查看"):
        assert Grant.objects.filter(ends_on=None).count() == 3


def test_whose_row_cannot_be_read_is_still_on_the_list_and_loses_nothing(town):
    town.load(*[(number, "136", "2024-01-01", "", "") for number in town.numbers])
    rows = [(town.numbers[0], "一百三", "2024-01-01", "", ""), (town.numbers[1], "136", "2024-01-01", "", "")]
    delivery = town.load(*rows, at=LATER, on=LATER_ON, ends_missing=True)
    assert counts(delivery) == (2, 0, 1, 1)
    assert town.held(0, LATER_ON + timedelta(days=1)) != []
    assert town.held(2, LATER_ON + timedelta(days=1)) == []


def test_a_households_benefit_is_named_by_any_member_and_held_once(town):
    delivery = town.load(
        (town.numbers[1], "800", "2024-01-01", "", ""), (town.numbers[0], "800", "2024-01-01", "", ""), policy=OF_HOUSEHOLDS
    )
    assert counts(delivery) == (2, 1, 0, 1)
    assert "这一户在第 2 行已经列过" in town.rejects(delivery)[3]
    assert town.held(0) == town.held(1) == [(OF_HOUSEHOLDS, Decimal(800), date(2024, 1, 1), None)]
    assert town.held(2) == []


def test_a_person_listed_twice_is_taken_once(town):
    row = (town.numbers[0], "136", "2024-01-01", "", "")
    delivery = town.load(row, row)
    assert counts(delivery) == (2, 1, 0, 1)
    assert "此人在第 2 行已经列过" in town.rejects(delivery)[3]


def test_a_households_benefit_needs_a_household(town):
    with scope(System("test"), "测试"):
        town.people[2].memberships.update(ends_on=date(2026, 1, 1))
    delivery = town.load((town.numbers[2], "800", "2024-01-01", "", ""), policy=OF_HOUSEHOLDS)
    assert counts(delivery) == (1, 0, 0, 1)


def test_a_persons_benefit_needs_none(town):
    with scope(System("test"), "测试"):
        town.people[2].memberships.update(ends_on=date(2026, 1, 1))
    assert town.load((town.numbers[2], "136", "2024-01-01", "", "")).loaded == 1


def test_the_figures_are_the_sum_of_what_is_held(town):
    town.load(*[(number, "136.10", "2024-01-01", "", "") for number in town.numbers])
    town.load((town.numbers[0], "800.05", "2024-01-01", "", ""), policy=OF_HOUSEHOLDS)
    with scope(System("test"), "查看"):
        assert [(one.policy, one.grants, one.yuan) for one in figures_by_policy(on=ON)] == [
            (OF_PEOPLE, 3, Decimal("408.30")),
            (OF_HOUSEHOLDS, 1, Decimal("800.05")),
        ]


def test_a_list_without_id_numbers_is_refused_and_says_so(town):
    with pytest.raises(TableProblem, match="身份证号"):
        town.load(("沈小满", "136"), headings=("姓名", "金额"))


def test_a_list_may_have_a_title_and_a_total(town):
    title = ("残疾人两项补贴发放名单", "", "", "", "")
    total = ("合计", "136", "", "", "")
    rows = [HEADINGS, (town.numbers[0], "136", "2024年1月1日", "", ""), total]
    delivery = town.load(*rows, headings=title)
    assert (counts(delivery), delivery.skipped) == ((1, 1, 0, 0), 1)
    preview = preview_recipients(path=town.folder / "名单.csv", name="名单.csv")
    assert (preview.rows, preview.skipped) == (1, 1)


def test_a_clerk_of_another_county_finds_nobody_on_the_list(town):
    other = Area.objects.create(code="990102", name="别县", level=3, path="99.9901.990102.")
    clerk = make_staff(kind="county_clerk", area=other)
    assert counts(town.load((town.numbers[0], "136", "2024-01-01", "", ""), who=clerk, area=other)) == (1, 0, 0, 1)
    with pytest.raises(NotAllowed):
        town.load((town.numbers[0], "136", "2024-01-01", "", ""), who=clerk)


@pytest.mark.parametrize("kind", ["town_clerk", "village_cadre", "county_leader", "audit_admin"])
def test_whose_post_does_not_load_lists_loads_none(town, kind):
    with pytest.raises(NotAllowed, match="装载待遇名单"):
        town.load((town.numbers[0], "136", "", "", ""), who=make_staff(kind=kind))
