"""
Guardians (监护): who acts for somebody who may not act alone, by which paper; entered by one, seen by another.

For a minor the roster tells father and mother (`is_parent`); anybody else, and whoever acts for an adult without full
capacity, is recorded here. What is not confirmed, has ended or lies in another time counts for nothing.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yimen.office import audit, files
from yimen.office.access import require
from yimen.office.audit import saw
from yimen.office.models import Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.tables import ValueProblem
from yimen.office.vault import blind_index
from yimen.registry.household import age_on
from yimen.registry.id_numbers import IdNumber, parse_id_number
from yimen.registry.models import Guardianship, Membership, Person

ADULT = 18
Capacity = Guardianship.Capacity
CAPACITIES = dict(Capacity.choices)


class NotGuarded(Exception):
    """A guardianship cannot be recorded like this; the sentence says why."""


@dataclass(frozen=True)
class GuardianGiven:
    """What stands on the paper: whom it is about, who acts and as what, why, from when until when, and its picture."""

    ward: uuid.UUID
    capacity: str
    name: str
    id_number: str
    relation: str
    paper: str
    reason: str
    starts_on: date
    ends_on: date | None
    photo: bytes


@dataclass(frozen=True)
class GuardianNow:
    """Who acts for somebody today; `person` where the guardian is registered too."""

    ward: uuid.UUID
    capacity: str
    name: str
    relation: str
    person: uuid.UUID | None


@transaction.atomic
def record_guardian(
    *, household: uuid.UUID, given: GuardianGiven, allow_fictional: bool, by: Staff, at: datetime
) -> Guardianship:
    """
    Keep a paper that says who acts for a member of a household (登记监护), its picture encrypted; another must see it too.

    Needs an open reading. Raises NotGuarded in words, NotAllowed.
    """
    ward = _ward(household, given.ward)
    require("household.register", area_path=ward.area_path)
    _in_order(given, ward, localdate(at))
    number = _number(given, allow_fictional, localdate(at))
    key = blind_index("guardian", number.text)
    if number.text == ward.id_number:
        raise NotGuarded("监护人和被监护人是同一个身份证号，请核对。")
    if Guardianship.objects.filter(ward=ward, identity_key=key, ended_at=None).exists():
        raise NotGuarded("这位监护人已经登记过，不用再登记；写错了的，先终止原来的。")
    row = Guardianship(
        ward=ward,
        capacity=given.capacity,
        guardian=_registered(number.text, given.name.strip()),
        name=given.name.strip()[:40],
        id_number=number.text,
        identity_key=key,
        relation=given.relation.strip()[:20],
        paper=given.paper.strip()[:60],
        reason=given.reason.strip()[:200],
        scan=_kept(given.photo, ward.area_path, at),
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        recorded_at=at,
        recorded_by=by,
        area_path=ward.area_path,
    )
    row.save(force_insert=True)
    audit.write(action="guardian.record", at=at, subjects={str(ward.pk)}, guardianship=row.pk.hex)
    return row


def _ward(household: uuid.UUID, ward: uuid.UUID) -> Person:
    """Return who is meant, locked, so that one guardian is recorded once."""
    person: Person | None = Person.objects.select_for_update().filter(pk=ward).first()
    lives = Membership.objects.filter(person_id=ward, household_id=household, ends_on=None).exists()
    if person is None or not lives:
        raise NotGuarded("被监护人须是这一户今天的成员，请先核对家庭成员。")
    return person


def _in_order(given: GuardianGiven, ward: Person, on: date) -> None:
    is_minor = age_on(ward.born_on, on) < ADULT
    if given.capacity not in Capacity.values or (given.capacity == Capacity.MINOR) != is_minor:
        who = "未满十八周岁，选“未成年人”" if is_minor else "已满十八周岁，选“限制民事行为能力”或“无民事行为能力”"
        raise NotGuarded(f"被监护人{who}。")
    if not given.name.strip() or not given.relation.strip():
        raise NotGuarded("请写明监护人姓名，和与被监护人的关系。")
    if not given.paper.strip() or not given.reason.strip():
        raise NotGuarded("请写明凭哪份文书、为什么由这个人监护。")
    if given.starts_on > on or (given.ends_on is not None and given.ends_on < max(given.starts_on, on)):
        raise NotGuarded("监护的起止日期不对：起期不能在今天以后，止期不能在起期以前，也不能已经过期。")


def _number(given: GuardianGiven, allow_fictional: bool, on: date) -> IdNumber:
    try:
        number = parse_id_number(given.id_number, allow_fictional=allow_fictional)
    except ValueProblem as problem:
        raise NotGuarded(f"监护人的{problem}") from None
    if age_on(number.born_on, on) < ADULT:
        raise NotGuarded("监护人自己还没满十八周岁，请核对身份证。")
    return number


def _registered(number: str, name: str) -> Person | None:
    """Return the guardian as the registry below the open scope has them. Raises NotGuarded if there under another name."""
    found: Person | None = Person.objects.filter(id_index=blind_index("id_number", number)).first()
    if found is None:
        return None
    saw(found.pk)
    if found.name != name:
        raise NotGuarded("名册里这个身份证号是另一个姓名，请核对证件。")
    return found


def _kept(photo: bytes, area_path: str, at: datetime) -> uuid.UUID:
    if not photo:
        raise NotGuarded("请把文书拍照或扫描上传。")
    try:
        ending, plain = plain_picture(photo)
    except NotAPicture as problem:
        raise NotGuarded(str(problem)) from None
    return files.put(plain, kind="guardianship", name=f"监护文书.{ending}", area_path=area_path, at=at)


@transaction.atomic
def confirm_guardian(*, guardianship: uuid.UUID, by: Staff, at: datetime) -> Guardianship:
    """
    Note that another has seen the paper too (核对监护); from now on this guardian signs.

    Raises NotGuarded if it is one's own, was seen already or has ended, NotAllowed, Guardianship.DoesNotExist.
    """
    held: Guardianship = Guardianship.objects.select_for_update().get(pk=guardianship)
    require("household.register", area_path=held.area_path)
    if by.pk == held.recorded_by_id:
        raise NotGuarded("自己登记的监护，要由别人看过文书再核对。")
    if held.confirmed_at is not None or held.ended_at is not None:
        raise NotGuarded("这条监护已经核对过，或已经终止。")
    held.confirmed_at, held.confirmed_by = at, by
    held.save(update_fields=["confirmed_at", "confirmed_by"])
    audit.write(action="guardian.confirm", at=at, subjects={str(held.ward_id)}, guardianship=held.pk.hex)
    return held


@transaction.atomic
def end_guardian(*, guardianship: uuid.UUID, words: str, by: Staff, at: datetime) -> Guardianship:
    """
    End a guardianship, or send back one that cannot be confirmed (终止、退回), with the reason; what was signed by it stands.

    Raises NotGuarded without words or if it has ended already, NotAllowed, Guardianship.DoesNotExist.
    """
    held: Guardianship = Guardianship.objects.select_for_update().get(pk=guardianship)
    require("household.register", area_path=held.area_path)
    if held.ended_at is not None:
        raise NotGuarded("这条监护已经终止了。")
    if not words.strip():
        raise NotGuarded("请写明为什么终止，例如“法院恢复行为能力”“监护人变更”“文书看不清，退回”。")
    held.ended_at, held.ended_by, held.ended_words = at, by, words.strip()[:200]
    held.save(update_fields=["ended_at", "ended_by", "ended_words"])
    audit.write(action="guardian.end", at=at, subjects={str(held.ward_id)}, guardianship=held.pk.hex)
    return held


def guardians_of(*, people: Iterable[uuid.UUID], on: date) -> list[GuardianNow]:
    """
    Return who acts for these people on a day: confirmed, in force, and for a minor only while they are one.

    The adults among `people` without full capacity are those for whom anybody is returned. Needs an open reading.
    """
    rows = Guardianship.objects.filter(_in_force(on), ward__in=list(people)).select_related("ward").order_by("recorded_at", "pk")
    return [
        GuardianNow(row.ward_id, row.capacity, row.name, row.relation, row.guardian_id)
        for row in rows
        if (row.capacity == Capacity.MINOR) == (age_on(row.ward.born_on, on) < ADULT)
    ]


def _in_force(on: date) -> Q:
    return Q(ended_at=None, confirmed_at__isnull=False, starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def guardianships_of(*, people: Iterable[uuid.UUID]) -> QuerySet[Guardianship]:
    """Return every guardianship recorded for these people, the newest first; opening a name needs an open reading."""
    require("person.see")
    rows: QuerySet[Guardianship] = Guardianship.objects.filter(ward__in=list(people))
    return rows.select_related("ward", "recorded_by", "confirmed_by").order_by("-recorded_at")


def unseen_guardianships(*, staff: Staff) -> QuerySet[Guardianship]:
    """Return what colleagues have recorded and nobody has seen yet, below the open scope, the oldest first."""
    require("household.register")
    rows: QuerySet[Guardianship] = Guardianship.objects.filter(confirmed_at=None, ended_at=None)
    return rows.exclude(recorded_by=staff).select_related("ward", "recorded_by").order_by("recorded_at")


def guardianship_photo(*, guardianship: uuid.UUID) -> uuid.UUID:
    """Return the key of the paper's picture. Raises Guardianship.DoesNotExist outside the open scope, NotAllowed."""
    held: Guardianship = Guardianship.objects.get(pk=guardianship)
    require("person.see", area_path=held.area_path)
    return held.scan
