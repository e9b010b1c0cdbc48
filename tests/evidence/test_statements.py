"""A department's file of facts, and statements made one at a time: what is taken, what comes back, what nobody may say."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.make import make_household, make_person, make_staff, make_village
from tests.screening.county import AT, ON, id_number
from yimen.evidence.actions import NotStated, load_facts, preview_facts, state_facts
from yimen.evidence.models import Statement
from yimen.evidence.queries import known_about
from yimen.office.access import NotAllowed, System, scope
from yimen.office.files import open_file, working_folder
from yimen.office.models import Area, AuditEntry
from yimen.office.tables import TableProblem, read_file
from yimen.office.vault import blind_index
from yimen.registry.models import Membership, Person
from yimen.registry.queries import members_key, members_keys
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
CHECKED = ("身份证号", "月收入", "金融资产", "数据日期")


class Town:
    """A couple in one household and a man alone in another."""

    def __init__(self, folder):
        self.folder, self.village, self.catalogue = folder, make_village(), current_rules().catalogue
        self.numbers = [id_number(date(1950 + n, 3, 5), 100 + n) for n in range(3)]
        with scope(System("test"), "测试"):
            self.homes = [make_household(self.village, number=one) for one in ("1", "2")]
            self.people = [make_person(self.homes[home], number=n) for n, home in enumerate((0, 0, 1), start=1)]
            for person, number in zip(self.people, self.numbers, strict=True):
                Person.objects.filter(pk=person.pk).update(id_index=blind_index("id_number", number))

    def load(self, source, headings, *rows, at=AT, on=ON, who=None, area=None):
        path = self.folder / "数据.csv"
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        with scope(who or System("load"), "装载"):
            return load_facts(
                path=path,
                name=path.name,
                source=source,
                catalogue=self.catalogue,
                area=area or self.village,
                by=None,
                at=at,
                on=on,
            )

    def state(self, source, facts, *, who=None, **about):
        with scope(who or System("test"), "陈述"):
            return state_facts(
                catalogue=self.catalogue,
                facts=facts,
                source=source,
                stated_on=ON,
                by=None,
                at=AT,
                area_path=self.village.path,
                **(about or {"person": self.people[0].pk}),
            )

    def known(self, place=0, home=0):
        with scope(System("test"), "查看"):
            key = members_keys(households=[self.homes[home].pk], on=ON)[self.homes[home].pk]
            found = known_about(
                household_id=self.homes[home].pk,
                people=[self.people[place].pk],
                members_key=key,
                catalogue=self.catalogue,
                on=ON,
            )
        return found.household, found.people[self.people[place].pk]

    def rejects(self, delivery):
        with scope(System("test"), "查看"), working_folder() as folder:
            name, content = open_file(delivery.rejects_file, purpose="取回未采用的行")
            (folder / name).write_bytes(b"".join(content))
            return {int(one[0]): one[1] for one in read_file(folder / name, name=name).rows[1:]}


@pytest.fixture
def town(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path / "home"
    return Town(tmp_path)


def counts(delivery):
    return delivery.rows, delivery.loaded, delivery.unchanged, delivery.rejected


def test_a_departments_word_is_kept_with_its_source_and_day(town):
    assert counts(town.load("核对", CHECKED, [town.numbers[0], "１,260.50元", 0, "2026.11.1"])) == (1, 1, 0, 0)
    _, person = town.known()
    income = person["月收入"]
    assert (income.value, income.said.source, income.said.stated_on) == (Decimal("1260.50"), "核对", date(2026, 11, 1))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("一千", "", "2026-11-01"), "月收入"),
        (("900", "", "2026-12-02"), "今天之后"),
        (("900", "", "2026-13-01"), "数据日期"),
        (("", "", "2026-11-01"), "没有任何可用的数据"),
    ],
)
def test_a_row_that_cannot_be_right_comes_back_with_its_reason_and_its_neighbours_go_on(town, row, words):
    delivery = town.load("核对", CHECKED, [town.numbers[0], *row], [town.numbers[1], "900", "0", "2026-11-01"])
    assert counts(delivery) == (2, 1, 0, 1)
    assert words in town.rejects(delivery)[2]


@pytest.mark.parametrize("grade", [0, 6, "二级以上", "2.5"])
def test_a_value_outside_its_range_comes_back(town, grade):
    delivery = town.load("残联", ("身份证号", "残疾等级"), [town.numbers[0], grade], [town.numbers[1], 2])
    assert counts(delivery) == (2, 1, 0, 1)
    assert "残疾等级" in town.rejects(delivery)[2]


@pytest.mark.parametrize("number", ["9.90101E+17", "99010119500305", "", id_number(date(1990, 1, 1), 999)])
def test_whose_number_is_spoilt_or_unknown_comes_back(town, number):
    delivery = town.load("核对", CHECKED, [number, "900", "0", "2026-11-01"], [town.numbers[1], "900", "0", "2026-11-01"])
    assert counts(delivery) == (2, 1, 0, 1)
    assert town.rejects(delivery)[2]


def test_the_same_file_twice_changes_nothing(town):
    rows = [[number, "900", "0", "2026-11-01"] for number in town.numbers]
    first, second = town.load("核对", CHECKED, *rows), town.load("核对", CHECKED, *rows, at=AT + timedelta(days=1))
    assert (counts(first), counts(second)) == ((3, 3, 0, 0), (3, 0, 3, 0))


def test_a_corrected_file_about_the_same_day_counts(town):
    for minutes, yuan in enumerate(("9000", "900", "800", "700", "650")):
        town.load("核对", CHECKED, [town.numbers[0], yuan, "0", "2026-11-01"], at=AT + timedelta(minutes=minutes))
    assert town.known()[1]["月收入"].value == Decimal("650.00")


def test_two_rows_of_one_file_that_differ_about_one_person_are_not_both_believed(town):
    delivery = town.load(
        "核对", CHECKED, [town.numbers[0], "900", "0", "2026-11-01"], [town.numbers[0], "100", "0", "2026-11-01"]
    )
    assert counts(delivery) == (2, 1, 0, 1)
    assert "第 2 行是同一个人" in town.rejects(delivery)[3]


def test_a_fact_of_the_household_is_said_once_whoever_names_it(town):
    delivery = town.load("公安交管", ("身份证号", "机动车数"), [town.numbers[0], 1], [town.numbers[1], 1])
    assert counts(delivery) == (2, 1, 1, 0)
    assert town.known()[0]["机动车数"].value == 1


def test_what_was_said_of_a_household_ends_when_somebody_moves_in_or_out(town):
    town.load("公安交管", ("身份证号", "机动车数"), [town.numbers[0], 1])
    with scope(System("test"), "测试"):
        Membership.objects.filter(person=town.people[1]).update(ends_on=ON - timedelta(days=1))
    assert "机动车数" not in town.known()[0]


def test_the_key_of_the_members_depends_on_who_they_are_and_not_on_their_order(town):
    one, two, three = (person.pk for person in town.people)
    assert members_key([one, two]) == members_key([two, one]) != members_key([one, three])


def test_a_fact_of_the_household_needs_a_household(town):
    with scope(System("test"), "测试"):
        Membership.objects.filter(person=town.people[2]).update(ends_on=date(2026, 1, 1))
    delivery = town.load("公安交管", ("身份证号", "机动车数"), [town.numbers[2], 1])
    assert "不在任何一户" in town.rejects(delivery)[2]


def test_a_department_cannot_bring_what_it_may_not_state(town):
    with pytest.raises(TableProblem):
        town.load("住建", ("身份证号", "残疾等级"), [town.numbers[0], 1])
    with pytest.raises(TableProblem, match="来源可以是"):
        preview_facts(path=town.folder / "数据.csv", name="数据.csv", source="菜市场", catalogue=town.catalogue)


@pytest.mark.parametrize(
    ("source", "facts", "words"),
    [
        ("住建", {"残疾等级": 1}, "不能由“住建”来说"),
        ("残联", {"残疾等级": 6}, "超出范围"),
        ("残联", {"残疾级别": 1}, "事实目录里没有“残疾级别”"),
        ("公安交管", {"机动车数": 1}, "关于户的事实"),
    ],
)
def test_what_cannot_be_is_not_stated_and_the_sentence_says_why(town, source, facts, words):
    with pytest.raises(NotStated, match=words):
        town.state(source, facts)
    with scope(System("test"), "查看"):
        assert not Statement.objects.exists()


def test_a_statement_is_on_the_trail_without_its_values(town):
    town.state("入户", {"月收入": "1234.56"})
    entry = AuditEntry.objects.get(action="facts.state")
    assert entry.detail["facts"] == ["月收入"]
    assert "1234" not in str(entry.detail)


def test_a_clerk_of_another_county_states_and_loads_nothing_here(town):
    other = Area.objects.create(code="990102", name="别县", level=3, path="99.9901.990102.")
    clerk = make_staff(kind="county_clerk", area=other)
    with pytest.raises(NotAllowed):
        town.state("入户", {"月收入": 1}, who=clerk)
    with pytest.raises(NotAllowed):
        town.load("核对", CHECKED, [town.numbers[0], "900", "0", "2026-11-01"], who=clerk)
    assert counts(town.load("核对", CHECKED, [town.numbers[0], "900", "0", "2026-11-01"], who=clerk, area=other)) == (1, 0, 0, 1)
