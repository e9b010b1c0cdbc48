"""
Recognising (优先识别): who is served first, by ID card, by a card of priority service, or because a person says so.

A machine learns one bit, priority or not; the ground goes into the record of the attendance and onto nothing anybody in the
hall can see. What cannot be recognised gets an ordinary ticket and is told to ask at the desk: nobody is stopped.
"""

import uuid
from collections.abc import Collection
from datetime import date, datetime

from django.conf import settings
from django.utils.timezone import localdate

from yimen.evidence.queries import said_about
from yimen.hall.cards import KEY as CARD_KEY
from yimen.hall.lease import LeaseRefused
from yimen.hall.listing import is_certified
from yimen.hall.models import Card, Venue
from yimen.hall.models.venue import all_grounds
from yimen.hall.offline import Alone, alone
from yimen.hall.quota import TooManyInquiries, count_inquiry
from yimen.hall.signed_cards import CardRefused, seen
from yimen.hall.ticketing import Recognised
from yimen.hall.words import CardState, Ground, Method
from yimen.office.access import System, covers, require, scope
from yimen.office.audit import reading, saw
from yimen.office.models import Staff
from yimen.office.queries import codes_of
from yimen.office.tables import ValueProblem
from yimen.office.vault import blind_index, signing_key
from yimen.registry.models import Person
from yimen.registry.queries import IdNumber, age_on, household_of, is_alive, parse_id_number, standings_of
from yimen.screening.queries import current_rules

USUALLY_OLD_FROM = 60
WITH_ID_CARD = "请把本人的身份证也放一下：优先服务卡和身份证一起用。没有带身份证的，请到导办台。"
# What one may say of oneself at a machine; it is seen from the papers at the window.
MAY_BE_STATED = (Ground.PREGNANT, Ground.VETERAN)


class NotRecognised(Exception):
    """What was shown cannot be taken for anything, or not any more; the sentence says why and what to do. A ticket is given."""


def recognise(
    *,
    venue: Venue,
    at: datetime,
    id_number: str = "",
    card: str = "",
    person: uuid.UUID | None = None,
    said: Ground | None = None,
    evidence: str = "",
    by: Staff | None = None,
    device: str = "",
    machines: int = 1,
) -> Recognised | None:
    """
    Return why somebody has priority here, or None for an ordinary ticket (优先识别).

    `id_number` as it was read or typed, `card` the text of a card's QR (it goes with the ID card); from the reception also
    the `person` that was looked up. `said` is a ground that staff (`by`) vouch for with what they saw (`evidence`), or that
    somebody states at a machine. `device` is the machine's key, `machines` how many stand behind it. Call it before, and outside,
    the transaction that takes the ticket: the count and the audit of a refusal stay. Raises NotRecognised, NotAllowed.
    """
    require("hall.ticket", area_path=venue.service_point.area.path)
    asker = f"device:{device}" if by is None else f"staff:{by.pk}"
    with reading("优先识别", venue=venue.code, device=device[:40]):
        standing_alone = alone(venue.code)
        if standing_alone is not None and (card or id_number):
            # The centre counts for all machines of this hall together; each one is counted here.
            _count(venue, asker, at, machines)
            found = _by_itself(standing_alone, venue, card, id_number, at)
            return found or _by_word(venue, said, evidence, by)
        if card:
            return _by_card(venue, card, id_number, at)
        found = None
        if person is not None:
            found = _by_person(venue, person, by, at)
        elif id_number:
            found = _by_number(venue, id_number, asker, at, machines)
        return found or _by_word(venue, said, evidence, by)


def grounds_of(venue: Venue) -> list[Ground]:
    """Return the grounds that have priority in a venue, in the order of the words."""
    return [ground for ground in Ground if ground in venue.grounds]


def catchment_of(venue: Venue) -> str:
    """Return the path whose people a venue recognises: its county, or its own area where that is larger."""
    path = venue.service_point.area.path
    return "".join(f"{code}." for code in codes_of(path)[:3])


def read_number(text: str) -> IdNumber:
    """Return an ID number as it was read or typed. Raises NotRecognised, without repeating it."""
    try:
        return parse_id_number(text, allow_fictional=settings.YIMEN_DEMO)
    except ValueProblem as problem:
        raise NotRecognised(f"{problem}也可以重新放一次身份证，或到导办台。") from None


def _by_number(venue: Venue, text: str, asker: str, at: datetime, machines: int) -> Recognised | None:
    number = read_number(text)
    _count(venue, asker, at, machines)
    day = localdate(at)
    with scope(System("recognise", catchment_of(venue)), "优先识别"):
        held = (
            Person.objects.filter(id_index=blind_index("id_number", number.text)).only("born_on", "died_on", "area_path").first()
        )
        if held is not None:
            saw(held.pk)
            if not is_alive(held.died_on, day):
                return None
        ground = _ground_of(held.pk if held else None, number.born_on, day, venue.grounds, venue.old_from_age)
    if ground is None:
        return None
    return Recognised(ground, Method.DATA, f"身份证 {day:%Y-%m-%d}", held.pk if held and covers(held.area_path) else None)


def _by_itself(roster: Alone, venue: Venue, card: str, text: str, at: datetime) -> Recognised | None:
    """Recognise in a venue that stands alone: it knows nobody, and is told one bit."""
    if card and not text:
        raise NotRecognised(WITH_ID_CARD)
    number, day = read_number(text), localdate(at)
    try:
        if card:
            told = roster.card(card, id_number=number.text, at=at)
            return Recognised(Ground.LISTED, Method.CARD, f"卡 {told.serial}")
        if Ground.OLD in venue.grounds and age_on(number.born_on, day) >= venue.old_from_age:
            return Recognised(Ground.OLD, Method.DATA, f"身份证 {day:%Y-%m-%d}")
        has_priority, evidence = roster.priority(number.text, at=at)
    except (CardRefused, LeaseRefused) as problem:
        words = str(problem)
        raise NotRecognised(words if "导办台" in words else f"{words}取号照常；要优先的请到导办台。") from None
    if not has_priority:
        return None
    if not evidence.startswith("离线"):
        return Recognised(Ground.LISTED, Method.DATA, evidence)
    return Recognised(Ground.LISTED, Method.LEASE, evidence, mark=roster.mark(number.text))


def _by_card(venue: Venue, card: str, text: str, at: datetime) -> Recognised:
    if not text:
        raise NotRecognised(WITH_ID_CARD)
    day = localdate(at)
    try:
        told = seen(card, id_number=read_number(text).text, public_key=signing_key(CARD_KEY).public_key(), on=day)
    except CardRefused as problem:
        raise NotRecognised(str(problem)) from None
    with scope(System("recognise"), "优先识别"):
        held = Card.objects.filter(serial=told.serial).select_related("person").first()
    if held is None or held.state != CardState.LIVE:
        raise NotRecognised("这张优先服务卡已经注销，或补发过新卡。请用新卡，或到导办台。")
    saw(held.person_id)
    return Recognised(
        Ground(held.ground), Method.CARD, f"卡 {held.number}", held.person_id if covers(held.person.area_path) else None
    )


def _count(venue: Venue, asker: str, at: datetime, machines: int) -> None:
    try:
        count_inquiry(venue=venue, asker=asker, at=at, machines=machines)
    except TooManyInquiries as problem:
        raise NotRecognised(str(problem)) from None


def _by_person(venue: Venue, person: uuid.UUID, by: Staff | None, at: datetime) -> Recognised | None:
    if by is None:
        raise NotRecognised("按人查找要由导办台的工作人员办。")
    held: Person = Person.objects.only("born_on", "died_on").get(pk=person)
    saw(person)
    day = localdate(at)
    alive = is_alive(held.died_on, day)
    ground = _ground_of(person, held.born_on, day, venue.grounds, venue.old_from_age) if alive else None
    return Recognised(ground, Method.PERSON, "导办台查找", person) if ground else None


def _by_word(venue: Venue, said: Ground | None, evidence: str, by: Staff | None) -> Recognised | None:
    if said is None:
        return None
    if said not in grounds_of(venue):
        raise NotRecognised(f"本场所没有把“{said.label}”列为优先。可以取普通号；需要照顾的请找导办员。")
    if by is not None:
        return Recognised(said, Method.PERSON, evidence.strip()[:80])
    if said not in MAY_BE_STATED:
        raise NotRecognised("请放身份证，或到导办台说明。")
    return Recognised(said, Method.STATED, "本人在取号机上声明")


def ground_now(*, person: uuid.UUID, on: date) -> Ground | None:
    """Return the first ground that holds for somebody on a day, as a venue with the usual settings would find it."""
    held: Person = Person.objects.only("born_on", "died_on").get(pk=person)
    return _ground_of(person, held.born_on, on, all_grounds(), USUALLY_OLD_FROM) if is_alive(held.died_on, on) else None


def _ground_of(person: uuid.UUID | None, born_on: date, day: date, grounds: Collection[str], old_from_age: int) -> Ground | None:
    """Return the first of these grounds that holds for somebody on a day, below the open scope."""
    if person is not None and Ground.ASSISTED in grounds and _is_assisted(person, day):
        return Ground.ASSISTED
    if Ground.OLD in grounds and age_on(born_on, day) >= old_from_age:
        return Ground.OLD
    if person is not None and Ground.DISABLED in grounds and _has_certificate(person, day):
        return Ground.DISABLED
    return None


def _is_assisted(person: uuid.UUID, day: date) -> bool:
    home = household_of(person_id=person, on=day)
    # Whoever lives in no household may still have a standing of their own.
    return bool(standings_of(household_id=home or person, people=[person], on=day))


def _has_certificate(person: uuid.UUID, day: date) -> bool:
    catalogue = current_rules().catalogue
    said = said_about(people=[person], household=None, members_key="", catalogue=catalogue, on=day)
    return is_certified(said.get(person, []), on=day)
