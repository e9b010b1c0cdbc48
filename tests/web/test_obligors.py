"""An obligor outside the household is looked for first, then listed at the window, and signs like the others."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from tests.cases.town import make_town, opened
from tests.make import make_household, make_person
from yimen.cases.models import CaseEvent
from yimen.evidence.models import Statement
from yimen.office.models import AuditEntry
from yimen.office.vault import blind_index
from yimen.registry.id_numbers import check_digit
from yimen.registry.models import Obligor
from yimen.registry.queries import obligors_of
from yimen.screening.queries import current_rules, explain_registered

pytestmark = pytest.mark.django_db
SON = "99010119900615001"
SON += check_digit(SON)


@pytest.fixture(autouse=True)
def _fiction(settings):
    settings.YIMEN_DEMO = True


@pytest.fixture
def town():
    town = make_town()
    town.case = opened(town)
    return town


def address(town):
    return reverse("case_obligors", args=[town.case.pk])


def about(town, **more):
    return {"owed": town.person.pk.hex, "name": "沈大年", "relation": "子", "id_number": SON} | more


def test_looked_for_then_listed_and_asked_to_sign(enter, town):
    client = enter(town.window)
    assert "名单里还没有" in client.get(address(town)).content.decode()

    looked = client.post(address(town), about(town, do="look")).content.decode()
    assert "辖区以外的人" in looked
    with town.at_desk(town.window):
        assert not Obligor.objects.exists()
    sent = about(town, do="list", key="k" * 32)
    for _ in range(2):
        assert client.post(address(town), sent).status_code == 302

    with town.at_desk(town.window):
        (one,) = obligors_of(people=[town.person.pk])
        assert (one.name, one.relation, one.id_number[-4:]) == ("沈**", "子", SON[-4:])
        assert CaseEvent.objects.filter(step="obligor").count() == 1
        assert "沈大年" not in CaseEvent.objects.get(step="obligor").words
    assert "已经在名单里" in client.post(address(town), about(town, do="look")).content.decode()
    assert SON not in str(list(AuditEntry.objects.values()))
    assert "沈**" in client.get(address(town)).content.decode()


def test_one_known_only_by_name_gets_the_number_and_is_not_listed_twice(enter, town):
    client = enter(town.window)
    client.post(address(town), about(town, do="list", key="1" * 32, id_number="", relation="子"))
    looked = client.post(address(town), about(town, do="look")).content.decode()
    assert "这次补上身份证号" in looked
    client.post(address(town), about(town, do="list", key="2" * 32))
    with town.at_desk(town.window):
        assert [bool(one.id_number) for one in Obligor.objects.all()] == [True]


def test_whoever_lives_in_the_household_or_has_another_name_in_the_registry_is_not_listed(enter, town):
    with town.at_desk(town.window):
        other = make_household(town.village, number="2")
        for home, number in ((town.home, 2), (other, 3)):
            person = make_person(home, number=number, name="沈大年", relation="子")
            person.id_number = f"9901011965061500{number}"
            person.id_number += check_digit(person.id_number)
            person.id_index = blind_index("id_number", person.id_number)
            person.save()
    client = enter(town.window)

    def said(number, **more):
        body = "9901011965061500" + str(number)
        sent = about(town, do="list", id_number=body + check_digit(body), **more)
        return client.post(address(town), sent | {"key": f"{number}{len(more)}" * 16}).content.decode()

    assert "同住一户" in said(2)
    assert "另一个姓名" in said(3, name="沈小年")
    look = about(town, do="look", id_number="99010119650615003" + check_digit("99010119650615003"))
    assert "名册里有这个人：<b>沈**，演示1村" in client.post(address(town), look).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "是空的"),
        ({"relation": "邻居"}, "看不懂"),
        ({"id_number": "123"}, "身份证"),
        ({"owed": "x"}, "请选是这一户"),
    ],
)
def test_what_cannot_be_read_is_said(enter, town, wrong, said):
    answer = enter(town.window).post(address(town), about(town, do="list", key="w" * 32) | wrong)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_what_is_declared_of_one_obligor_is_noted_shown_with_its_source_and_counts(enter, town):
    client = enter(town.window)
    client.post(address(town), about(town, do="list", key="k" * 32))
    page = client.get(address(town)).content.decode()
    assert "收入财产还不知道，待核实" in page
    obligor = re.search(r'name="obligor" value="([0-9a-f]{32})"', page)[1]

    sent = {"do": "say", "obligor": obligor, "fact-0": "1,500", "fact-1": "否"}
    for _ in range(2):
        assert client.post(address(town), sent | {"key": "s" * 32}).status_code == 302

    page = client.get(address(town)).content.decode()
    assert "义务人月收入 1,500.00（申报" in page
    assert "义务人财产超标 否" in page
    with town.at_desk(town.window):
        (statement,) = Statement.objects.all()
        assert (statement.obligor_id.hex, statement.person_id, statement.source) == (obligor, None, "申报")
        assert CaseEvent.objects.get(step="obligor_said").words == "义务人月收入、义务人财产超标"
        held = explain_registered(household_id=town.home.pk, on=localdate(), rules=current_rules())
        assert held.facts.given_members[0]["obligors"] == [{"义务人月收入": Decimal("1500.00"), "义务人财产超标": False}]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "还没有填这位义务人的情况"),
        ({"fact-0": "很多"}, "不是金额"),
        ({"obligor": "x", "fact-0": "1"}, "请选是哪一位义务人"),
        ({"obligor": "0" * 32, "fact-0": "1"}, "不在这一户的名单里"),
    ],
)
def test_what_cannot_be_noted_of_an_obligor_is_said(enter, town, sent, words):
    client = enter(town.window)
    client.post(address(town), about(town, do="list", key="k" * 32))
    with town.at_desk(town.window):
        obligor = Obligor.objects.get().pk.hex
    answer = client.post(address(town), {"do": "say", "obligor": obligor, "key": "s" * 32} | sent)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    with town.at_desk(town.window):
        assert not Statement.objects.exists()
