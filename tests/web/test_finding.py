"""One finding: what is doubted stands first, the data speak and not the machine, and work goes on from one to the next."""

import re
import uuid
from datetime import date
from types import SimpleNamespace

import pytest
from django.urls import reverse

from yimen.office.access import System, scope
from yimen.registry.models import Household
from yimen.screening.queries import current_rules
from yimen.web.leader.finding import conclusion
from yimen.web.leader.story import Teller

pytestmark = pytest.mark.django_db


def fact(name, value, **more):
    """Write a fact as a finding keeps it."""
    held = {"fact": name, "whose": "冯国金", "value": value, "source": "核对", "stated_on": "2026-06-21", "expired": False}
    return held | {"others": []} | more


def told(facts, kind, **answers):
    """Tell the conditions of the subsistence allowance, all of them met but those answered otherwise."""
    conditions = [
        {"name": one.name, "expression": one.expression, "basis": one.basis, "value": answers.get(one.name, True)}
        for one in current_rules().policy("subsistence_allowance").conditions
    ]
    return Teller(current_rules(), facts, None, {}).rows(conditions, kind=kind)


def test_a_contradicted_fact_stands_first_with_what_the_other_source_says():
    visit = {"value": "1111.20", "source": "入户", "stated_on": "2026-11-22"}

    first, *rest = told([fact("月收入", "211.20", others=[visit]), fact("机动车数", 0)], "recheck")

    assert first.decides
    assert [(part.fact, part.others) for part in first.parts] == [("月收入", "入户 2026年11月22日 说 1,111.20 元/月")]
    assert all(row.decides == ("月收入" in {part.fact for part in row.parts}) for row in rest)


def test_an_expired_fact_stands_first_too():
    first, *_ = told([fact("机动车数", 0, expired=True)], "recheck")

    assert (first.name, first.decides) == ("机动车不超限", True)


def test_outside_a_recheck_a_met_condition_does_not_decide():
    rows = told([fact("机动车数", 0, expired=True)], "missed")

    assert not any(row.decides for row in rows)


def test_no_money_is_written_without_its_two_places():
    rows = told([fact("月收入", "0.00", others=[{"value": "5", "source": "申报", "stated_on": None}])], "recheck")

    assert (rows[0].parts[0].value, rows[0].parts[0].others) == ("0.00", "申报 说 5.00 元/月")


def test_a_fact_that_must_not_be_so_is_written_with_its_name():
    alive = {"name": "还健在", "expression": "NOT 已死亡", "value": True}

    (row,) = Teller(current_rules(), [fact("已死亡", False, source="登记")], None, {}).rows([alive], kind="missed")

    assert (row.value, row.change) == ("已死亡：否", "已死亡变为是")


def test_what_today_s_household_does_not_hold_is_told_as_the_finding_kept_it():
    alive = {"name": "还健在", "expression": "NOT 已死亡", "value": False}
    known = {"已死亡": None}

    (row,) = Teller(current_rules(), [fact("已死亡", True, source="登记")], None, known).rows([alive], kind="wrong")

    assert (row.value, row.change) == ("已死亡：是", "已死亡变为否")


def test_an_expired_value_is_no_value():
    (row,) = [
        row for row in told([fact("机动车数", 0, expired=True)], "recheck", 机动车不超限=None) if row.name == "机动车不超限"
    ]

    assert row.value == "不知道"


def test_wrong_aid_says_that_it_is_the_data_that_show_it(enter_as, county):
    client = enter_as("luzhixia")
    address = re.search(r'href="(/findings/[0-9a-f-]{36}/)', client.get(reverse("findings") + "?kind=wrong").content.decode())[1]

    heading = re.search(r"<h1>(.*?)</h1>", client.get(address).content.decode())[1]

    assert "，现有数据显示不再符合" in re.sub(r"<[^>]+>", "", heading)


def test_two_benefits_that_exclude_each_other_are_told_with_the_day_each_began():
    who, other = uuid.uuid4(), uuid.uuid4()

    def received(policy, month, person):
        return SimpleNamespace(policy=policy, starts_on=date(2026, month, 1), person_id=person)

    receipts = [received("subsistence_allowance", 2, None), received("elderly_allowance", 3, who)]
    receipts += [received("extreme_poverty_support", month, whose) for month, whose in ((4, who), (5, other))]
    reason = "同时在领“最低生活保障”，不能同领，请核实该停哪一项"
    finding = SimpleNamespace(kind="wrong", policy="extreme_poverty_support", person_id=who, reason=reason)

    said = conclusion(SimpleNamespace(finding=finding, receipts=receipts), [])

    assert said.startswith("现在在领：最低生活保障（2026年2月1日起）、特困人员救助供养（2026年4月1日起）。先核实")


def test_after_closing_one_the_next_is_one_key_away(enter_as, county):
    client = enter_as("luzhixia")
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    first, second, *rest = re.findall(r'class="go" href="/findings/([0-9a-f-]{36})/', listed)

    answer = client.post(reverse("finding_close", args=[first]) + "?kind=missed", {"words": "已入户核实"})
    body = client.get(answer["Location"]).content.decode()

    assert f"还有 {len(rest) + 1} 条" in body
    assert f'href="/findings/{second}/?kind=missed" data-key="j"' in body


def test_what_the_roster_and_the_county_say_carries_a_day_as_every_fact_does(enter_as, county):
    client = enter_as("luzhixia")
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    pages = [client.get(address) for address in sorted(set(re.findall(r"/findings/[0-9a-f-]{36}/", listed)))]

    facts = [one for page in pages for row in page.context["rows"] for one in row.parts]

    assert {"名册", "本县认定", "查本县认定"} <= {one.source for one in facts}
    assert [one for one in facts if one.stated_on is None] == []
    day = county.today
    assert f"名册 {day.year}年{day.month}月{day.day}日" in " ".join(page.content.decode() for page in pages)


def test_that_nothing_was_decided_does_not_make_another_word_look_newer():
    asked = fact("低保对象", False, source="认定", stated_on="2026-12-01")
    decided = fact("特困人员", True, source="认定", stated_on="2026-03-01")
    rule = {"name": "已经认定", "expression": "低保对象 OR 特困人员", "value": True}

    (row,) = Teller(current_rules(), [asked, decided], None, {}).rows([rule], kind="missed")

    assert (row.sources, row.newest) == (("本县认定",), date(2026, 3, 1))


def test_a_household_s_page_says_all_that_is_known_with_source_and_day(enter_as, county):
    client = enter_as("luzhixia")
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    addresses = sorted(set(re.findall(r"/findings/[0-9a-f-]{36}/", listed)))
    home = re.search(r"/households/[0-9a-f-]{36}/", client.get(addresses[0]).content.decode())[0]

    facts = client.get(home).context["facts"]

    whole = {one.name: one for one in facts[0][1]}
    assert facts[0][0] == "全家"
    assert {"家庭人口", "保障类别"} <= set(whole)
    for _, rows in facts[1:]:
        own = {one.name: one for one in rows}
        assert {"出生日期", "性别", "户籍在本县", "与户主关系"} <= set(own)
        assert re.fullmatch(r"\d{4}年\d+月\d+日，\d+ 岁", own["出生日期"].value)
        assert own["出生日期"].source == "名册"
        assert {"对象类别", "低保对象", "特困人员"} & set(own) or any(one.source == "本县认定" for one in rows)
    assert all(one.source and one.stated_on for _, rows in facts for one in rows)


def test_where_not_everybody_is_registered_every_page_that_reckons_of_the_household_says_so(enter_as, county):
    client = enter_as("luzhixia")
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    finding = re.search(r"/findings/[0-9a-f-]{36}/", listed)[0]
    home = re.search(r"/households/[0-9a-f-]{36}/", client.get(finding).content.decode())[0]
    asked = re.search(r"/people/[0-9a-f-]{36}/help/", client.get(home).content.decode())[0]
    words = "名册里这一户还有 2 人没有采用"
    assert [words in client.get(page).content.decode() for page in (finding, home, asked)] == [False] * 3

    with scope(System("test"), "名册有两行没有采用"):
        Household.objects.filter(pk=home.split("/")[2]).update(missing_members=2)

    assert [words in client.get(page).content.decode() for page in (finding, home, asked)] == [True] * 3
