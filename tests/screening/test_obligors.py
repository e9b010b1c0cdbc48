"""What is known of one legal obligor (法定义务人): a file names him by his own number, and it counts for whom he owes support."""

import shutil
from datetime import date, timedelta

import pytest
from django.conf import settings as django_settings

from tests.screening.county import AT, ON, County, id_number
from yimen.evidence.actions import NotStated, load_facts, state_facts
from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.registry.actions import load_obligors
from yimen.registry.models import Membership, Obligor, Person
from yimen.screening.models import Finding
from yimen.screening.queries import answer_of, current_rules, explain_registered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
SON, DAUGHTER, NOBODY = (id_number(date(1975 + n, 5, 6), 700 + n) for n in range(3))
HEADINGS = ("身份证号", "义务人月收入", "义务人财产超标", "数据日期")
POLICY = """
编号: alone
名称: 养不起的
受理部门: 民政
办理方式: [窗口]
依据: [{文件: 虚构}]
生效: 2026-01-01
对象: 人
条件:
  - {名: 满60岁, 式: 年龄 >= 60}
  - {名: 挣得最多的义务人不到2000, 式: 义务人最高月收入 < 2000}
  - {名: 义务人财产不超标, 式: NOT 有义务人财产超标}
标准: [{名: 定额, 额: "100"}]
取整: 四舍五入到分
额度单位: 元/月
起发: 确认次月
停发: 死亡次月
公示: {要否: 待核实}
例: [{说: 符合, 日: 2026-12-01, 设: {年龄: 60, 义务人最高月收入: 1000, 有义务人财产超标: false}, 得: 符合, 额: 100}]
"""


@pytest.fixture
def county(tmp_path, settings):
    """One policy that asks about obligors, and two old people: one has a son and a daughter elsewhere, the other the same son."""
    settings.YIMEN_HOME = tmp_path
    folder = tmp_path / "rules"
    folder.mkdir()
    shutil.copy(django_settings.BASE / "rules" / "facts.yaml", folder)
    (folder / "alone.yaml").write_text(POLICY, encoding="utf-8")
    settings.YIMEN_RULES = folder
    county = County(tmp_path)
    county.old, county.brother = (county.person(str(n), f"沈{n}", date(1948, 3, 5)) for n in (1, 2))
    county.load()
    with scope(System("test"), "核对"), reading("核对"):
        owed(
            county,
            [(county.old, "沈大年", "子", SON), (county.old, "沈秀兰", "女", DAUGHTER), (county.brother, "沈大年", "子", SON)],
        )
        yield county


def owed(county, rows, *, at=AT):
    path = county.write("义务人.csv", ("被赡养人身份证号", "义务人姓名", "与被赡养人关系", "义务人身份证号"), rows)
    return load_obligors(path=path, name=path.name, area=county.area, by=None, at=at)


def compared(county, rows, *, at=AT):
    path = county.write("核对.csv", HEADINGS, rows)
    about = {"catalogue": current_rules().catalogue, "area": county.area, "by": None, "on": ON}
    return load_facts(path=path, name=path.name, source="核对", at=at, **about)


def verdicts(county) -> list[str]:
    """What is explained of each, in the order of the roster."""
    found = []
    for number in (county.old, county.brother):
        person = next(one for one in Person.objects.all() if one.id_number == number)
        home = Membership.objects.get(person=person).household_id
        held = explain_registered(household_id=home, on=ON, rules=current_rules())
        found.append(answer_of(held, policy="alone", person=person.pk).verdict)
    return found


def missed(county) -> list[bool]:
    rows = set(Finding.objects.filter(kind="missed", state="open").values_list("person_id", flat=True))
    people = [next(one for one in Person.objects.all() if one.id_number == number) for number in (county.old, county.brother)]
    return [one.pk in rows for one in people]


def test_what_is_known_of_each_obligor_decides_and_looking_again_comes_to_the_same(county):
    county.screen()
    assert (verdicts(county), missed(county)) == (["unknown", "unknown"], [False, False])
    steps = [
        ([(SON, "1500", "否", "2026-11-01")], ["unknown", "eligible"]),
        ([(DAUGHTER, "1800.50", "否", "2026-11-01")], ["eligible", "eligible"]),
        ([(SON, "2500", "否", "2026-11-20")], ["not_eligible", "not_eligible"]),
        ([(SON, "1900", "是", "2026-11-25")], ["not_eligible", "not_eligible"]),
        ([(SON, "1900", "否", "2026-11-26")], ["eligible", "eligible"]),
    ]
    for hour, (rows, expected) in enumerate(steps, start=1):
        delivery = compared(county, rows, at=AT + timedelta(hours=hour))
        assert (delivery.rows, delivery.loaded, delivery.rejected) == (1, 1, 0)
        run = county.screen(full=False, at=AT + timedelta(hours=hour, minutes=10))
        assert not run.full
        assert verdicts(county) == expected
        assert missed(county) == [verdict == "eligible" for verdict in expected]
        whole = county.screen(at=AT + timedelta(hours=hour, minutes=20))
        assert (whole.opened, whole.closed) == (0, 0)


def test_one_more_obligor_of_whom_nothing_is_known_leaves_it_open(county):
    compared(county, [(SON, "1500", "否", "2026-11-01")])
    county.screen()
    assert missed(county) == [False, True]

    owed(county, [(county.brother, "沈某", "女", NOBODY)], at=AT + timedelta(hours=1))
    county.screen(full=False, at=AT + timedelta(hours=2))

    assert (verdicts(county), missed(county)) == (["unknown", "unknown"], [False, False])


def test_a_row_counts_for_everybody_he_owes_support_and_twice_changes_nothing(county):
    rows = [(SON, "1500", "否", "2026-11-01")]
    first, second = compared(county, rows), compared(county, rows, at=AT + timedelta(days=1))

    assert (first.loaded, second.loaded, second.unchanged) == (1, 0, 1)
    about = set(Statement.objects.values_list("obligor_id", "person_id", "household_id"))
    sons = {one.pk for one in Obligor.objects.all() if one.name == "沈大年"}
    assert about == {(one, None, None) for one in sons}
    assert len(sons) == 2


def test_a_number_that_is_nobody_s_obligor_comes_back(county):
    delivery = compared(county, [(NOBODY, "1500", "否", "2026-11-01"), (SON, "1500", "否", "2026-11-01")])
    assert (delivery.rows, delivery.loaded, delivery.rejected) == (2, 1, 1)


def test_what_is_about_an_obligor_is_not_stated_about_the_person(county):
    person = next(one for one in Person.objects.all() if one.id_number == county.old)
    about = {"catalogue": current_rules().catalogue, "source": "核对", "stated_on": ON, "by": None, "at": AT}
    with pytest.raises(NotStated, match="关于义务人的事实，这里说的是人"):
        state_facts(facts={"义务人月收入": "1500"}, person=person.pk, area_path=person.area_path, **about)
    one = Obligor.objects.first()
    assert state_facts(facts={"义务人月收入": "1500"}, obligor=one.pk, area_path=one.area_path, **about).obligor_id == one.pk
