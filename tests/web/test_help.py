"""What help is there: an answer changes the result at once, nothing that cannot change a result is asked, and nothing is kept."""

import re

import pytest
from django.urls import reverse

from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry
from yimen.registry.models import Person
from yimen.registry.names import matches

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(county):
    """Return the address of the man with an intellectual disability who never applied."""
    with scope(System("test"), "测试"), reading("测试"):
        person = next(one for one in Person.objects.all() if matches("沈小满", one.name, one.id_number))
    return reverse("person_help", args=[person.pk])


def asked(body):
    """Return the question that a page asks, as its key."""
    found = re.search(r'name="asks" value="([^"]*)"', body)
    return found[1] if found else ""


def said(body):
    """Return what a page carries."""
    return re.findall(r'name="said" value="([^"]*)"', body.partition('id="policy-sheet"')[0])


def send(client, address, body, **fields):
    """Answer the question of a page as the browser would."""
    answer = client.post(address, {"said": said(body), "asks": asked(body), **fields}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_answer_is_carried_on_and_the_next_question_is_another(enter_as, county, address):
    client = enter_as("shiliu")
    first = client.get(address).content.decode()

    second = send(client, address, first, do="skip")
    third = send(client, address, second, do="skip")

    assert len({asked(first), asked(second), asked(third)}) == 3
    assert said(third) == [asked(first) + "|?", asked(second) + "|?"]
    assert asked(send(client, address, third, do="undo")) == asked(second)


def test_what_the_file_knows_is_not_asked_again(enter_as, county, address):
    body = enter_as("shiliu").get(address).content.decode()
    questions = re.findall(r'value="[0-9a-f]*\|([^"|]+)"', body)

    assert questions
    assert not {"出生日期", "残疾类别", "残疾等级", "自理能力", "户籍在本县"} & set(questions)


def test_a_value_that_cannot_be_is_refused_in_words_and_nothing_is_carried(enter_as, county):
    client = enter_as("shiliu")
    body = client.get(reverse("help")).content.decode()
    wanted = "|出生日期"

    answer = client.post(reverse("help"), {"asks": wanted, "do": "answer", "value": "去年"}, headers=HTMX).content.decode()

    assert "看不懂，请写成" in answer
    assert said(answer) == []
    assert asked(body) == "|保障类别"


def test_a_stranger_s_age_decides_what_hangs_on_it(enter_as, county):
    client = enter_as("shiliu")
    body = send(client, reverse("help"), "", asks="|保障类别", do="answer", value="农")

    old = send(client, reverse("help"), body, asks="|出生日期", do="answer", value="1930.5.1")
    young = send(client, reverse("help"), body, asks="|出生日期", do="answer", value="2020年5月1日")

    assert "高龄津贴" not in _group(old, "nope")
    assert "高龄津贴" in _group(young, "nope")


def _group(body, name):
    return body.split(f'class="group {name}"', 1)[1]


def test_what_is_said_at_the_window_is_written_nowhere(enter_as, county, address):
    client = enter_as("shiliu")
    with scope(System("test"), "测试"):
        before = Statement.objects.count()

    body = client.get(address).content.decode()
    send(client, address, body, do="answer", value="1")

    with scope(System("test"), "测试"):
        assert Statement.objects.count() == before


def test_questions_never_end_in_a_circle(enter_as, county, address):
    client, seen = enter_as("shiliu"), []
    body = client.get(address).content.decode()
    while key := asked(body):
        assert key not in seen
        seen.append(key)
        body = send(client, address, body, do="skip")

    assert 1 <= len(seen) < 80
    assert "能问的都问过了" in body


def test_forged_answers_do_no_harm(enter_as, county, address):
    client = enter_as("shiliu")

    for forged in (
        "||",
        "|月收入|=abc",
        "nobody|月收入|=5",
        "|没有这个事实|=1",
        "<script>|x|=1",
        "|家庭人口|=99999999999999999999999",
    ):
        answer = client.post(address, {"said": [forged], "asks": "|不存在", "do": "answer", "value": "<b>"}, headers=HTMX)

        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()


def test_what_was_said_is_written_as_people_read_it(enter_as, county):
    client = enter_as("shiliu")

    answer = client.post(
        reverse("help"), {"said": ["|出生日期|=1960.1.1", "|月收入|=800", "|低保对象|=是", "|在读学段|?"]}, headers=HTMX
    ).content.decode()

    lines = [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<li>([^<]*：<b>[^<]*)</b>", answer)]
    assert lines == ["出生日期：1960年1月1日", "月收入：800.00 元/月", "低保对象：是", "在读学段：说不清"]


def test_what_can_be_had_is_printed_as_the_page_shows_it_and_the_printing_is_written_down(enter_as, county, address):
    client = enter_as("shiliu")
    body = client.get(address).content.decode()
    after = send(client, address, body, do="skip")

    plain, carried = (client.post(address, {"do": "print", "said": said(one)}) for one in (body, after))

    assert [one["Content-Type"] for one in (plain, carried)] == ["application/pdf"] * 2
    assert "no-store" in plain["Cache-Control"]
    assert "沈" not in plain["Content-Disposition"]
    assert plain.content != carried.content
    assert AuditEntry.objects.filter(purpose="打印政策单").count() == 2


def test_a_stranger_takes_a_sheet_home_that_names_nobody(enter_as, county):
    answer = enter_as("shiliu").post(reverse("help"), {"do": "print"})
    assert answer.content.startswith(b"%PDF")


def test_what_is_known_is_said_once(enter_as, county):
    client = enter_as("luzhixia")
    with scope(System("test"), "测试"):
        people = list(Person.objects.filter(memberships__ends_on=None).values_list("pk", flat=True)[:15])

    known = [[one.name for one in client.get(reverse("person_help", args=[pk])).context["known"]] for pk in people]

    assert any("对象类别" in names for names in known)
    assert [names for names in known if len(names) > len(set(names))] == []
