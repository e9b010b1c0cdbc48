"""The desk of cards: looked up with a trace, issued, printed as sheets, replaced and made void in words."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import yimen.web.papers
from tests.hall.people import COUNTY, decided, number_of, resident
from tests.make import TODAY, make_area, make_staff, make_village
from yimen.hall.models import Card
from yimen.office.access import scope
from yimen.office.models import AuditEntry, Job
from yimen.registry.models import Person, Standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(enter):
    make_village()
    make_area("990101001", path="99.9901.990101.990101001.", level=4, name="城关镇")
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    return enter(make_staff(kind="county_clerk", area=county, username="mz"))


def send(desk, person, name, key="k1", **sent):
    return desk.post(f"/cards/people/{person.pk}/{name}/", {"key": key} | sent, follow=True)


def cards() -> list[Card]:
    with scope(COUNTY, "测试"):
        return list(Card.objects.select_related("issued_by", "ended_by").order_by("number"))


def test_somebody_is_looked_up_by_number_masked_and_the_search_is_written_down(desk):
    person = resident(1)

    page = desk.post("/cards/", {"text": number_of(1)}).content.decode()

    assert f"/cards/people/{person.pk}/" in page
    assert number_of(1) not in page.replace(f'value="{number_of(1)}"', "")
    assert AuditEntry.objects.filter(purpose="查人", count=1).exists()


def test_a_card_is_issued_once_with_its_officer_and_found_by_its_number(desk):
    person = resident(1)
    decided(person)
    page = desk.get(f"/cards/people/{person.pk}/").content.decode()
    assert "现在符合：救助对象" in page

    answer = send(desk, person, "issue", ground="assisted")
    send(desk, person, "issue", ground="assisted")

    (card,) = cards()
    assert f"发了卡 {card}" in answer.content.decode()
    assert card.issued_by == desk.staff
    assert desk.post("/cards/", {"text": card.number}).headers["Location"] == f"/cards/people/{person.pk}/"


def test_a_second_card_is_refused_on_the_page(desk):
    person = resident(1)
    send(desk, person, "issue", ground="veteran")

    answer = send(desk, person, "issue", key="k2", ground="veteran")

    assert answer.status_code == 422
    assert "已经有一张有效的卡" in answer.content.decode()


def test_a_card_is_replaced_and_made_void_with_its_reason_on_the_page(desk):
    person = resident(1)
    send(desk, person, "issue", ground="assisted")
    send(desk, person, "replace", key="k2", card=cards()[0].pk, reason="遗失")
    page = send(desk, person, "revoke", key="k3", card=cards()[1].pk, reason="不再符合").content.decode()

    assert [(card.state, card.reason) for card in cards()] == [("replaced", "遗失"), ("revoked", "不再符合")]
    assert "还没有发过卡" not in page
    assert "遗失" in page
    assert "不再符合" in page


def test_cards_come_as_sheets_ten_to_a_page_and_only_once(desk):
    people = [resident(serial) for serial in range(1, 13)]
    for person in people:
        send(desk, person, "issue", key=f"k{person.pk}", ground="assisted")

    answer = desk.post("/cards/print/", {"key": "p1", "place": make_village().code})
    again = desk.post("/cards/print/", {"key": "p2", "place": make_village().code})

    assert answer["Content-Type"] == "application/pdf"
    assert re.search(rb"/Count 2\b", answer.content)
    assert again.status_code == 422
    assert "都打印过了" in again.content.decode()
    single = desk.post("/cards/print/", {"key": "p3", "card": cards()[0].number})
    assert single["Content-Type"] == "application/pdf"


def test_the_page_never_says_the_reason_to_the_hall(desk):
    """What is printed tells nothing of why: the template of the sheet has no field for it."""
    sheet = (Path(yimen.web.papers.__file__).parent / "templates" / "cards.typ").read_text(encoding="utf-8")
    assert "ground" not in sheet
    assert "救助" not in sheet
    assert "低保" not in sheet


def test_a_batch_is_work_done_behind_and_asked_for_once(desk):
    for key in ("b1", "b1", "b2"):
        answer = desk.post("/cards/batch/", {"key": key, "ground": "assisted"})
    job = Job.objects.get()

    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert (job.name, job.arguments["grounds"], job.made_by) == ("hall.cards", ["assisted"], desk.staff)


def test_the_list_of_void_cards_is_a_signed_file_without_names(desk):
    person = resident(1)
    send(desk, person, "issue", ground="assisted")
    send(desk, person, "revoke", key="k2", card=cards()[0].pk, reason="发错了")

    content = desk.get("/cards/revoked/").content

    assert content.startswith(b"YMV1")
    assert bytes.fromhex(cards()[0].serial) in content


def test_who_may_not_issue_sees_nothing_of_it(enter):
    person = resident(1)
    cadre = enter(kind="village_cadre", username="cadre")

    assert cadre.get("/cards/").status_code == 403
    assert cadre.get(f"/cards/people/{person.pk}/").status_code == 403
    assert cadre.get("/cards/revoked/").status_code == 403


def test_a_township_sees_no_card_of_another(enter):
    other = resident(2, village=12)
    town = make_area("990101001", path="99.9901.990101.990101001.", level=4, name="城关镇")
    clerk = enter(make_staff(kind="town_clerk", area=town, username="town"))

    assert clerk.get(f"/cards/people/{other.pk}/").status_code == 404
    assert send(clerk, other, "issue", ground="assisted").status_code == 404


def test_whose_card_outlived_the_list_is_shown_to_be_looked_at_and_nothing_is_made_void_by_itself(desk):
    staying, dead, ended = (resident(number) for number in (1, 2, 3))
    standings = {one: decided(one) for one in (staying, dead, ended)}
    for one in standings:
        send(desk, one, "issue", ground="assisted", key=f"k{one.pk.hex[:6]}")
    assert "都还在名单上" in desk.get("/cards/off-the-list/").content.decode()
    with scope(COUNTY, "测试"):
        Standing.objects.filter(pk=standings[ended].pk).update(ends_on=TODAY - timedelta(days=1))
        Person.objects.filter(pk=dead.pk).update(died_on=TODAY)

    page = desk.get("/cards/off-the-list/").content.decode()

    assert f"/cards/people/{ended.pk}/" in page
    assert "已去世" in page
    assert f"/cards/people/{staying.pk}/" not in page
    assert {card.state for card in cards()} == {"live"}
