"""
Issuing leased rosters at the centre (发离线名册): one for each venue of its own catchment, and its key to that venue's machines.

The key follows from ours and the number of the lease; it lies nowhere. It leaves only within the lease, to a machine of the
venue, so many times, and each time is written down.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from yimen.hall.cards import KEY as CARD_KEY
from yimen.hall.lease import made, put, tag_of
from yimen.hall.listing import LISTABLE, people_listed
from yimen.hall.models import Device, LeaseIssue, Venue
from yimen.hall.recognising import catchment_of
from yimen.hall.words import Ground
from yimen.office import audit
from yimen.office.access import System, require, scope
from yimen.office.models import Staff
from yimen.office.vault import derived_key, signing_key
from yimen.registry.models import Person

KEY = "leased roster"
SHORTEST, LONGEST = 24, 72
# A hall has some ten machines, each restarted a few times within three days.
MOST_KEYS = 60
AT_ONCE = 5_000


class NotLeased(Exception):
    """No roster is issued or handed out; the sentence says why and what to do."""


def issue_leases(*, venues: Sequence[Venue], hours: int, by: Staff | None, at: datetime) -> list[LeaseIssue]:
    """
    Issue a roster for each of these venues, valid from now for 24 to 72 hours (制作离线名册). Raises NotLeased, NotAllowed.

    Those of one county are made together: each number is opened once, only to be tagged, and noted as nobody's reading.
    """
    if not SHORTEST <= hours <= LONGEST:
        raise NotLeased(f"离线名册的租期是 {SHORTEST} 到 {LONGEST} 小时。")
    for venue in venues:
        require("hall.manage", area_path=venue.service_point.area.path)
    issued = []
    for path, here in groupby(sorted(venues, key=lambda one: (catchment_of(one), one.code)), key=catchment_of):
        together = list(here)
        with audit.reading("制作离线名册", area=path, venues=len(together)):
            numbers = _numbers(path, together, at)
        for venue in together:
            wanted = [number for grounds, some in numbers for number in some if grounds in venue.grounds]
            issued.append(_issue(venue, wanted, hours, by, at))
    return issued


def _numbers(path: str, venues: Iterable[Venue], at: datetime) -> list[tuple[Ground, list[str]]]:
    """Return the ID numbers on the list of a catchment by ground, opened only to be tagged."""
    grounds = [one for one in LISTABLE if any(one in venue.grounds for venue in venues)]
    found: dict[Ground, list[str]] = {ground: [] for ground in grounds}
    with scope(System("leases", path), "制作离线名册"), audit.comparing():
        listed = people_listed(grounds=grounds, on=localdate(at))
        for start in range(0, len(listed), AT_ONCE):
            ground_of = {one.person_id: one.ground for one in listed[start : start + AT_ONCE]}
            for person in Person.objects.filter(pk__in=list(ground_of)).only("id_number"):
                found[ground_of[person.pk]].append(person.id_number)
    return list(found.items())


def _issue(venue: Venue, numbers: Sequence[str], hours: int, by: Staff | None, at: datetime) -> LeaseIssue:
    with transaction.atomic():
        Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
        last = LeaseIssue.objects.filter(venue=venue).order_by("-sequence").values_list("sequence", flat=True).first() or 0
        issue = LeaseIssue.objects.create(
            venue=venue,
            sequence=last + 1,
            not_before=at,
            not_after=at + timedelta(hours=hours),
            people=len(numbers),
            made_at=at,
            made_by=by,
        )
        content = made(
            venue=venue.code,
            sequence=issue.sequence,
            not_before=issue.not_before,
            not_after=issue.not_after,
            numbers=numbers,
            key=_key_of(issue),
            signing_key=signing_key(KEY),
        )
        audit.write(action="lease.issue", at=at, venue=venue.code, sequence=issue.sequence, hours=hours)
        put(content, _file_of(venue))
    return issue


def marks_on(*, venue: Venue, sequence: int, at: datetime) -> frozenset[str]:
    """Return the entries a venue's roster of this number would have for those listed on the day of a moment; nobody is noted."""
    issue = LeaseIssue.objects.select_related("venue").filter(venue=venue, sequence=sequence).first()
    if issue is None:
        return frozenset()
    key = _key_of(issue)
    with audit.reading("核对离线名册", venue=venue.code, sequence=sequence):
        numbers = _numbers(catchment_of(venue), [venue], at)
    return frozenset(tag_of(key, one).hex() for ground, some in numbers for one in some if ground in venue.grounds)


def _key_of(issue: LeaseIssue) -> bytes:
    return derived_key("lease", f"{issue.venue.code}:{issue.sequence}:{issue.made_at.isoformat()}")


def _file_of(venue: Venue) -> Path:
    folder = Path(settings.YIMEN_HOME) / "leases"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{venue.code}.lease"


def lease_file(*, device: Device, at: datetime) -> bytes:
    """Return the newest roster of a device's venue, within its lease. Raises NotLeased."""
    issue = _running(device.venue, at)
    LeaseIssue.objects.filter(pk=issue.pk).update(fetched_at=at)
    return _file_of(device.venue).read_bytes()


def lease_key(*, device: Device, sequence: int, at: datetime) -> bytes:
    """Hand out the key of the running lease to a machine of its venue; it is written down. Raises NotLeased."""
    issue = _running(device.venue, at)
    if issue.sequence != sequence:
        raise NotLeased(f"现在用的是第 {issue.sequence} 期名册，请先取新的文件，再取钥匙。")
    given = LeaseIssue.objects.filter(pk=issue.pk, keys_given__lt=MOST_KEYS)
    if not given.update(keys_given=F("keys_given") + 1, key_given_at=at):
        audit.write(action="lease.key", at=at, refused=True, venue=device.venue.code, device=device.pk.hex, sequence=sequence)
        raise NotLeased("这一期名册的钥匙取得太多了，不再发。请大厅主任查一查设备，再制作新的一期。")
    audit.write(action="lease.key", at=at, venue=device.venue.code, device=device.pk.hex, sequence=sequence)
    return _key_of(issue)


def public_keys() -> dict[str, str]:
    """Return the public keys that rosters and cards are checked with, by what they are for, in base64."""
    held = {"roster": signing_key(KEY), "card": signing_key(CARD_KEY)}
    return {name: base64.b64encode(key.public_key().public_bytes_raw()).decode() for name, key in held.items()}


def _running(venue: Venue, at: datetime) -> LeaseIssue:
    issue = LeaseIssue.objects.filter(venue=venue).select_related("venue").order_by("-sequence").first()
    if issue is None or not issue.not_before <= at < issue.not_after:
        raise NotLeased("本场所没有在租期内的离线名册。断网时请到导办台查人。")
    return issue


@dataclass(frozen=True)
class LeaseLine:
    """One venue and its latest roster, if it ever had one; whether that still runs."""

    venue: Venue
    issue: LeaseIssue | None
    runs: bool


def leases_now(*, venues: Iterable[Venue], at: datetime) -> list[LeaseLine]:
    """Return the venues that may be managed here with their latest roster. Raises NotAllowed."""
    require("hall.manage")
    wanted = list(venues)
    latest = {one.venue_id: one for one in LeaseIssue.objects.filter(venue__in=wanted).order_by("sequence")}
    return [LeaseLine(one, held := latest.get(one.pk), held is not None and held.not_after > at) for one in wanted]


def issue_all(*, at: datetime) -> int:
    """Issue a roster for every venue that has a machine (每晚制作), by night; return how many."""
    with scope(System("leases"), "制作离线名册"):
        venues = Venue.objects.filter(devices__kind__in=("kiosk", "reader", "node"), devices__revoked_at=None).distinct()
        chosen = list(venues.select_related("service_point__area"))
        return len(issue_leases(venues=chosen, hours=settings.YIMEN_ROSTER_HOURS, by=None, at=at))
