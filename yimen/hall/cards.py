"""
Cards of priority service (优先服务卡): issued one by one or for the whole list, printed, replaced, revoked.

A card is bound to one person by what its QR holds of the ID number, which is made when it is printed. What has ended stays on the
revocation list until the day it would have ended by itself.
"""

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.timezone import localdate

from yimen.hall.listing import LISTABLE, Listed, people_listed, valid_for
from yimen.hall.models import Card, CardCounter
from yimen.hall.signed_cards import SALT_BYTES, SERIAL_BYTES, qr_text, revocation_file
from yimen.hall.words import CardState, Ground
from yimen.office import audit, work
from yimen.office.access import System, current, require, scope
from yimen.office.models import Job, Staff
from yimen.office.queries import codes_of
from yimen.office.vault import derived_key, signing_key
from yimen.registry.models import Person
from yimen.registry.queries import is_alive

KEY = "priority card"
AT_ONCE = 5_000
# One sheet holds ten; more sheets in one file are slow to print and to look through.
MOST_PRINTED = 500


class NotIssued(Exception):
    """A card cannot be issued, replaced, revoked or printed like this; the sentence says why and what to do."""


@transaction.atomic
def issue_card(*, person: uuid.UUID, ground: Ground, by: Staff, at: datetime) -> Card:
    """Issue a card to somebody (发卡). Raises NotIssued to who has one or has died, NotAllowed, Person.DoesNotExist."""
    held = _person(person)
    if not is_alive(held.died_on, localdate(at)):
        raise NotIssued("登记显示此人已经去世，不能发卡。登记有误的，请先更正登记。")
    live = Card.objects.filter(person=person, state=CardState.LIVE).first()
    if live is not None:
        raise NotIssued(f"此人已经有一张有效的卡（{live}）。丢了、坏了的，请补发，旧卡同时作废。")
    card = _made(held, ground, by, at)
    audit.write(action="card.issue", at=at, subjects={str(person)}, card=card.number)
    return card


@transaction.atomic
def replace_card(*, card: uuid.UUID, reason: str, by: Staff, at: datetime) -> Card:
    """Issue another card in place of one lost or broken (补发); the old one is void at once. Raises NotIssued, NotAllowed."""
    old = _ended(card, CardState.REPLACED, reason, by, at)
    new = _made(_person(old.person_id), Ground(old.ground), by, at, replaces=old)
    audit.write(action="card.replace", at=at, subjects={str(old.person_id)}, card=new.number, old=old.number)
    return new


@transaction.atomic
def revoke_card(*, card: uuid.UUID, reason: str, by: Staff, at: datetime) -> Card:
    """Make a card void (注销) for a reason. Raises NotIssued, NotAllowed, Card.DoesNotExist outside the open scope."""
    old = _ended(card, CardState.REVOKED, reason, by, at)
    audit.write(action="card.revoke", at=at, subjects={str(old.person_id)}, card=old.number)
    return old


def _person(person: uuid.UUID) -> Person:
    held: Person = Person.objects.only("died_on", "area_path").get(pk=person)
    require("card.issue", area_path=held.area_path)
    return held


def _made(person: Person, ground: Ground, by: Staff | None, at: datetime, replaces: Card | None = None) -> Card:
    (card,) = _new_cards([Listed(person.pk, person.area_path, ground)], by, at)
    card.replaces = replaces
    try:
        with transaction.atomic():
            card.save(force_insert=True)
    except IntegrityError:
        raise NotIssued("刚刚已经有人给此人发了卡，请刷新页面查看。") from None
    return card


def _ended(card: uuid.UUID, state: CardState, reason: str, by: Staff, at: datetime) -> Card:
    held: Card = Card.objects.select_for_update(of=("self",)).get(pk=card)
    require("card.issue", area_path=held.area_path)
    if held.state != CardState.LIVE:
        raise NotIssued(f"卡 {held} {held.get_state_display()}，不能再改。")
    if not reason.strip():
        raise NotIssued("请写明原因，例如“遗失”“损坏”“不再符合”“本人去世”。")
    held.state, held.reason, held.ended_by, held.ended_at = state, reason.strip()[:80], by, max(at, held.issued_at)
    held.save(update_fields=["state", "reason", "ended_by", "ended_at"])
    return held


def issue_batch(
    *,
    grounds: Sequence[Ground],
    by: Staff | None,
    at: datetime,
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> int:
    """
    Issue a card to everybody on the list below the open scope who has none (批量发卡), `most` of them; return how many.

    Each five thousand are written whole. Stopped and begun again, nobody gets two. Raises NotIssued, NotAllowed.
    """
    for path in current().paths:
        require("card.issue", area_path=path)
    if not set(grounds) <= set(LISTABLE):
        raise NotIssued("批量发卡只按救助对象和持残疾人证的名单。别的请逐张发，写明理由。")
    have = set(Card.objects.filter(state=CardState.LIVE).values_list("person_id", flat=True))
    wanted = [one for one in people_listed(grounds=grounds, on=localdate(at)) if one.person_id not in have][:most]
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        with transaction.atomic():
            Card.objects.bulk_create(_new_cards(some, by, at))
            audit.write(action="card.batch", at=at, subjects={str(one.person_id) for one in some})
        progress(start + len(some), len(wanted))
    return len(wanted)


def start_batch(*, grounds: Sequence[Ground], by: Staff, at: datetime) -> Job:
    """Queue a batch for one's own area (批量发卡); while one is waiting or running, that one is returned. Raises NotAllowed."""
    require("card.issue")
    arguments = {"grounds": [one.value for one in grounds], "by": by.username}
    return work.enqueue("hall.cards", arguments=arguments, by=by, at=at, once=True)


def _new_cards(people: Sequence[Listed], by: Staff | None, at: datetime) -> list[Card]:
    """Return cards to be saved, with numbers of their counties in order."""
    day = localdate(at)
    expires_on = valid_for(settings.YIMEN_CARD_YEARS, day)
    numbers = _numbers([codes_of(one.area_path)[:3][-1] for one in people])
    return [
        Card(
            number=number,
            serial=secrets.token_hex(SERIAL_BYTES),
            person_id=one.person_id,
            ground=one.ground,
            issued_at=at,
            issued_by=by,
            expires_on=expires_on,
            area_path=one.area_path,
        )
        for one, number in zip(people, numbers, strict=True)
    ]


def _numbers(counties: Sequence[str]) -> list[str]:
    """Return the next number of each county named, as often as it is named, inside the caller's transaction."""
    next_of = {}
    for county in sorted(set(counties)):
        CardCounter.objects.get_or_create(county=county)
        wanted = counties.count(county)
        CardCounter.objects.filter(county=county).update(last=F("last") + wanted)
        next_of[county] = CardCounter.objects.get(county=county).last - wanted
    numbers = []
    for county in counties:
        next_of[county] += 1
        numbers.append(f"{county}-{next_of[county]:07d}")
    return numbers


def revoked_file(*, at: datetime) -> bytes:
    """Return the signed list of all cards that are void and not yet past their day; it names nobody and is open to all."""
    with scope(System("revoked cards"), "注销名单"):
        ended = Card.objects.exclude(state=CardState.LIVE).filter(expires_on__gte=localdate(at))
        return revocation_file(serials=ended.values_list("serial", flat=True), made_at=at, signing_key=signing_key(KEY))


@dataclass(frozen=True)
class PrintedCard:
    """What stands on a card: number, name, text of its QR, last valid day."""

    number: str
    name: str
    qr: str
    expires_on: date


def cards_to_print(*, cards: QuerySet[Card], at: datetime, again: bool = False) -> list[PrintedCard]:
    """
    Return what stands on these live cards and note them as printed (打印卡片), at most 500; `again` also those printed before.

    Names and numbers are opened for it, so everybody is in the audit. Raises NotIssued if there is none, NotAllowed.
    """
    require("card.issue")
    rows = cards.filter(state=CardState.LIVE)
    rows = rows if again else rows.filter(printed_at=None)
    with audit.reading("打印优先服务卡"):
        chosen = list(rows.select_related("person").order_by("area_path", "number")[:MOST_PRINTED])
        if not chosen:
            raise NotIssued("没有要打印的卡：都打印过了，或还没有发。")
        printed = [
            PrintedCard(one.number, one.person.name, card_text(one, one.person.id_number), one.expires_on) for one in chosen
        ]
    Card.objects.filter(pk__in=[one.pk for one in chosen]).update(printed_at=at)
    return printed


def card_text(card: Card, id_number: str) -> str:
    """Return the text of a card's QR; the salt comes from our key and the serial number, and so lies nowhere either."""
    salt = derived_key("card salt", card.serial)[:SALT_BYTES]
    return qr_text(serial=card.serial, expires_on=card.expires_on, salt=salt, id_number=id_number, signing_key=signing_key(KEY))
