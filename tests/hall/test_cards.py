"""A card of priority service: of one person, proving itself, void when it is said so; a county's worth at once."""

from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from tests.hall.house import at, make_house
from tests.hall.people import COUNTY, decided, number_of, resident
from tests.make import TODAY, make_area, make_staff, make_village
from yimen.hall import actions, signed_cards
from yimen.hall.models import Card
from yimen.hall.signed_cards import CardRefused, qr_text, revoked_in, seen
from yimen.hall.words import CardState, Ground, Method
from yimen.office.access import NotAllowed, System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry
from yimen.office.vault import signing_key
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db
SIGNING = Ed25519PrivateKey.generate()
SALT = b"\x07" * 16


def text_of(serial: str = "00" * 8, *, until: date = date(2031, 11, 22), number: str = number_of(1), key=SIGNING) -> str:
    return qr_text(serial=serial, expires_on=until, salt=SALT, id_number=number, signing_key=key)


def look(text: str, *, number: str = number_of(1), on: date = TODAY, **more):
    return seen(text, id_number=number, public_key=SIGNING.public_key(), on=on, **more)


def test_a_card_with_the_id_card_of_its_owner_is_genuine_also_typed_in_small_letters():
    text = text_of("12ab" * 4)

    assert look(text.lower()).serial == "12ab" * 4
    assert len(text) <= 178, "it fits a QR code of version 7 with medium correction"
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567Y1M")


def test_a_card_with_another_persons_id_card_is_refused_in_words():
    with pytest.raises(CardRefused, match="不是同一个人的"):
        look(text_of(), number=number_of(2))


def test_a_card_changed_in_one_letter_cut_foreign_expired_or_void_is_refused():
    text = text_of()
    changed = text[:60] + ("A" if text[60] != "A" else "B") + text[61:]
    refused = {
        changed: "改动过",
        text[:-9]: "没有读全",
        "YM1": "没有读全",
        text_of(key=Ed25519PrivateKey.generate()): "不是本地发的",
    }
    for shown, words in refused.items():
        with pytest.raises(CardRefused, match=words):
            look(shown)
    with pytest.raises(CardRefused, match="2026-11-22 到期"):
        look(text_of(until=TODAY - timedelta(days=1)))
    assert look(text_of(until=TODAY)).expires_on == TODAY
    with pytest.raises(CardRefused, match="已经注销"):
        look(text_of(), revoked={"00" * 8})


def test_a_thousand_cards_changed_in_one_bit_are_all_refused():
    content = bytearray(signed_cards._content(text_of()))
    for bit in range(len(content) * 8):
        content[bit // 8] ^= 1 << bit % 8
        text = signed_cards.PREFIX + signed_cards.base64.b32encode(bytes(content)).decode().rstrip("=")
        with pytest.raises(CardRefused):
            look(text)
        content[bit // 8] ^= 1 << bit % 8


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def clerk():
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    return make_staff(kind="county_clerk", area=county, username="mz")


def issue(person: Person, clerk, ground=Ground.ASSISTED) -> Card:
    with scope(clerk, "发卡"):
        return actions.issue_card(person=person.pk, ground=ground, by=clerk, at=at(0))


def printed(card: Card, *, again=True) -> str:
    with scope(COUNTY, "测试"):
        (one,) = actions.cards_to_print(cards=Card.objects.filter(pk=card.pk), at=at(1), again=again)
    return one.qr


def show(house, card: str, serial: int, minutes: float = 2):
    with scope(System("kiosk", house.venue.service_point.area.path), "取号机"):
        return actions.recognise(venue=house.venue, card=card, id_number=number_of(serial), device="k1", at=at(minutes))


def test_a_card_and_its_owner_have_priority_and_the_ticket_does_not_say_why(house, clerk):
    person = resident(1)
    card = issue(person, clerk)

    found = show(house, printed(card), 1)

    assert (found.ground, found.method, found.evidence) == (Ground.ASSISTED, Method.CARD, f"卡 {card.number}")
    assert found.person_id == person.pk
    assert card.number == "990101-0000001"


def test_another_mans_card_gives_no_priority_at_the_machine(house, clerk):
    card = issue(resident(1), clerk)
    resident(2)

    with pytest.raises(actions.NotRecognised, match="不是同一个人的"):
        show(house, printed(card), 2)
    with (
        scope(System("kiosk", house.venue.service_point.area.path), "取号机"),
        pytest.raises(actions.NotRecognised, match="身份证也放一下"),
    ):
        actions.recognise(venue=house.venue, card=printed(card), device="k1", at=at(2))


def test_nobody_has_two_live_cards_and_the_database_keeps_it(clerk):
    person = resident(1)
    card = issue(person, clerk)

    with pytest.raises(actions.NotIssued, match=card.number):
        issue(person, clerk)
    told = {"ground": "assisted", "issued_at": at(0), "expires_on": TODAY, "area_path": person.area_path}
    with scope(COUNTY, "测试"), pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(number="x", serial="y", person=person, **told)


def test_a_lost_card_is_replaced_and_void_at_once_with_reason_and_officer(house, clerk):
    card = issue(resident(1), clerk)
    old_text = printed(card)
    with scope(clerk, "补发"):
        with pytest.raises(actions.NotIssued, match="写明原因"):
            actions.replace_card(card=card.pk, reason=" ", by=clerk, at=at(1))
        new = actions.replace_card(card=card.pk, reason="遗失", by=clerk, at=at(1))
        with pytest.raises(actions.NotIssued, match="已补发新卡，不能再改"):
            actions.revoke_card(card=card.pk, reason="遗失", by=clerk, at=at(1))
        old = Card.objects.get(pk=card.pk)

    assert (old.state, old.reason, old.ended_by, new.replaces_id) == (CardState.REPLACED, "遗失", clerk, old.pk)
    with pytest.raises(actions.NotRecognised, match="补发过新卡"):
        show(house, old_text, 1)
    assert show(house, printed(new), 1).method == Method.CARD


def test_a_void_card_stands_on_the_signed_list_and_the_list_cannot_be_shortened(clerk):
    first, second = issue(resident(1), clerk), issue(resident(2), clerk)
    with scope(clerk, "注销"):
        actions.revoke_card(card=first.pk, reason="不再符合", by=clerk, at=at(1))

    content = actions.revoked_file(at=at(2))
    public = signing_key("priority card").public_key()

    assert revoked_in(content, public_key=public) == (at(2), {first.serial})
    assert second.serial.encode() not in content
    for broken in (content[:-72] + content[-64:], content[:30] + b"0" + content[31:], content[:-1]):
        with pytest.raises(CardRefused, match="签名不对"):
            revoked_in(broken, public_key=public)


def test_the_whole_list_gets_cards_in_one_batch_and_a_second_batch_only_who_is_new(clerk):
    people = [resident(serial, village=serial) for serial in range(1, 6)]
    for person in people[:4]:
        decided(person)

    with scope(clerk, "批量发卡"):
        first = actions.issue_batch(grounds=[Ground.ASSISTED], by=clerk, at=at(0))
        again = actions.issue_batch(grounds=[Ground.ASSISTED], by=clerk, at=at(1))
        numbers = list(Card.objects.order_by("number").values_list("number", flat=True))
    decided(people[4])
    with scope(clerk, "批量发卡"):
        new = actions.issue_batch(grounds=[Ground.ASSISTED], by=clerk, at=at(2))

    assert (first, again, new) == (4, 0, 1)
    assert numbers == [f"990101-{number:07d}" for number in range(1, 5)]
    assert AuditEntry.objects.filter(action="card.batch").order_by("pk").first().count == 4


def test_a_batch_is_for_lists_alone_and_nobody_without_the_post_issues(clerk):
    with scope(clerk, "批量发卡"), pytest.raises(actions.NotIssued, match="逐张发"):
        actions.issue_batch(grounds=[Ground.PREGNANT], by=clerk, at=at(0))
    cadre = make_staff(kind="village_cadre", area=make_village(), username="cadre")
    with scope(cadre, "发卡"), pytest.raises(NotAllowed):
        actions.issue_card(person=resident(1).pk, ground=Ground.ASSISTED, by=cadre, at=at(0))


def test_the_dead_get_no_card(clerk):
    person = resident(1)
    with scope(COUNTY, "测试"):
        Person.objects.filter(pk=person.pk).update(died_on=TODAY)

    with pytest.raises(actions.NotIssued, match="去世"):
        issue(person, clerk)


def test_what_was_printed_is_printed_again_only_when_asked_and_the_same(clerk):
    card = issue(resident(1), clerk)
    first = printed(card, again=False)

    with pytest.raises(actions.NotIssued, match="都打印过了"):
        printed(card, again=False)
    assert printed(card) == first


def test_no_card_table_holds_a_number_or_what_could_be_tried_out(clerk):
    card = issue(resident(1), clerk)
    text = printed(card)
    with scope(COUNTY, "测试"), reading("测试"):
        row = Card.objects.filter(pk=card.pk).values().get()

    content = signed_cards._content(text)
    salt, bound = content[11:27], content[27:43]
    lying = " ".join(str(value) for value in row.values())
    assert number_of(1) not in lying
    assert salt.hex() not in lying
    assert bound.hex() not in lying
