"""
The hands of the demonstration's desks (演示的手): what a clerk, a colleague, an approver do, each by the real doors and on a
working day of the past weeks, so that every stage of a case is there to be seen.
"""

import struct
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.timezone import get_current_timezone, localdate

from yimen.cases import actions
from yimen.cases.queries import Case, Decision, case_page
from yimen.jobs.demo.people import Household
from yimen.office import files
from yimen.office.access import scope
from yimen.office.audit import reading
from yimen.office.calendar import Calendar
from yimen.office.models import Staff
from yimen.office.queries import service_point_of
from yimen.registry.queries import ADULT, HouseholdCard, household_card, household_of, search

PURPOSE = "演示办件"
SIGNED = "同意"


def photograph() -> bytes:
    """Return a small picture: a sheet on a board, nobody in it."""
    green, white = b"\x5b\x86\x74", b"\xf4\xf1\xe8"
    rows = [b"\0" + (green * 160 if row < 20 or row > 99 else green * 50 + white * 60 + green * 50) for row in range(120)]

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 160, 120, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")


@dataclass
class Home:
    """One household of the county: its card, its head's number as the roster has it, and by whom an application is made."""

    card: HouseholdCard
    number: str

    @property
    def key(self) -> uuid.UUID:
        """Return the household's key."""
        return self.card.household_id

    @property
    def applicant(self) -> uuid.UUID:
        """Return the head, else the first adult."""
        adults = [one for one in self.card.members if one.age >= ADULT]
        return next((one for one in adults if one.relation == "户主"), adults[0]).person_id


class Hands:
    """The demonstration's staff at work; `minutes` keeps the steps of one day in order."""

    def __init__(self, *, staff: Mapping[str, Staff], calendar: Calendar, now: datetime) -> None:
        self.staff, self.calendar, self.now, self.minutes = staff, calendar, now, 0

    @contextmanager
    def desk(self, username: str) -> Iterator[Staff]:
        """Sit down at somebody's desk."""
        with scope(self.staff[username], PURPOSE), reading(PURPOSE):
            yield self.staff[username]

    def ago(self, days: int) -> datetime:
        """Return a moment so many days ago, moved back to a working day; later steps of a case come later on it."""
        self.minutes = (self.minutes + 11) % 400
        if not days:
            return self.now
        day = localdate(self.now) - timedelta(days=days)
        while not self.calendar.is_workday(day):
            day -= timedelta(days=1)
        return datetime.combine(day, time(9), get_current_timezone()) + timedelta(minutes=self.minutes)

    def home(self, made: Household) -> Home | None:
        """Find a household of the generator's in the registry, or None if its row was not loaded."""
        with self.desk("demo_county"):
            found = search(text=made.head.number)
            key = household_of(person_id=found[0].person_id, on=localdate(self.now)) if found else None
            return Home(household_card(household_id=key, on=localdate(self.now)), made.head.number) if key else None

    def opened(self, home: Home, days: int, *, by: str = "demo_town", channel: str = "window", **more: Any) -> Case:
        """Open a draft."""
        with self.desk(by) as staff:
            point = service_point_of(home.card.area_path)
            about: dict[str, Any] = {"household": home.key, "applicant": home.applicant, "channel": channel} | more
            return actions.open_case(by=staff, at=self.ago(days), service_point=point, **about)

    def said(self, case: Case, days: int, said: Sequence[tuple[str, str, Any]], *, by: str = "demo_town") -> None:
        """Keep what was declared: of whom ("" is the household), which fact, the value."""
        rows = [{"who": who, "fact": fact, "value": value} for who, fact, value in said]
        with self.desk(by) as staff:
            actions.save_draft(case=case.pk, said=rows, by=staff, at=self.ago(days))

    def chosen(self, case: Case, days: int, asked: Sequence[actions.Asked], *, by: str = "demo_town") -> None:
        """Choose what is applied for; the papers are listed with it."""
        with self.desk(by) as staff:
            actions.choose(case=case.pk, asked=asked, by=staff, at=self.ago(days))

    def signed(self, case: Case, home: Home, days: int, *, by: str = "demo_town") -> None:
        """Let everybody sign the authorisation, a guardian for children."""
        adult = next(one for one in home.card.members if one.person_id == home.applicant)
        with self.desk(by) as staff:
            for one in home.card.members:
                guardian = adult.name if one.age < ADULT else None
                at = self.ago(days)
                actions.give_consent(
                    case=case.pk,
                    person=one.person_id,
                    given=True,
                    guardian_name=guardian,
                    signed_on=localdate(at),
                    by=staff,
                    at=at,
                )

    def papers(self, case: Case, days: int, *, state: str = "brought", by: str = "demo_town") -> None:
        """Hand in whatever paper is missing; a certificate nobody in the household has is not needed."""
        with self.desk(by) as staff:
            for one in case_page(case_id=case.pk).papers:
                if one.state == "missing":
                    stands = "not_needed" if "残疾" in one.name else state
                    actions.record_paper(case=case.pk, name=one.name, state=stands, by=staff, at=self.ago(days))

    def accepted(
        self,
        home: Home,
        days: int,
        asked: Sequence[actions.Asked],
        said: Sequence[tuple[str, str, Any]] = (),
        *,
        by: str = "demo_town",
        channel: str = "window",
    ) -> Case:
        """Take an application in, from the first word to its number."""
        case = self.opened(home, days, by=by, channel=channel)
        self.said(case, days, said, by=by)
        self.chosen(case, days, asked, by=by)
        self.signed(case, home, days, by=by)
        self.papers(case, days, by=by)
        with self.desk(by) as staff:
            return actions.accept(case=case.pk, asked=asked, by=staff, at=self.ago(days))

    def investigated(self, case: Case, days: int, *, by: str = "demo_town") -> None:
        """Begin the investigation and the comparison."""
        with self.desk(by) as staff:
            actions.investigate(case=case.pk, by=staff, at=self.ago(days))
            actions.ask_comparison(case=case.pk, by=staff, at=self.ago(days))
        with self.desk("demo_county") as county:
            actions.compare(case=case.pk, by=county, at=self.ago(max(days - 1, 0)))

    def sent(self, case: Case, days: int, *who: str, by: str = "demo_town", facts: Sequence[str] = ()) -> None:
        """Send people to the household."""
        with self.desk(by) as staff:
            actions.assign_visit(case=case.pk, to=[self.staff[one] for one in who], by=staff, at=self.ago(days), facts=facts)

    def recorded(self, case: Case, days: int, seen: Sequence[actions.Seen], *, first: str, second: str, words: str) -> uuid.UUID:
        """Record a visit with a photo; it waits for the second signature."""
        with self.desk(first) as staff:
            at = self.ago(days)
            actions.keep_photo(case=case.pk, content=photograph(), by=staff, at=at)
            visit = actions.record_visit(
                case=case.pk,
                visited_on=localdate(at),
                second=self.staff[second],
                said=seen,
                by=staff,
                at=at,
                seen=words,
                household_signed=True,
            )
        return uuid.UUID(str(visit.pk))

    def visited(self, case: Case, days: int, seen: Sequence[actions.Seen], *, first: str = "demo_town", second: str) -> None:
        """Send two people, record what they saw, and sign."""
        self.sent(case, days + 1, first, second)
        words = "房子是平房，屋里整洁，老人在家。与邻居说的一致。"
        visit = self.recorded(case, days, seen, first=first, second=second, words=words)
        with self.desk(second) as staff:
            actions.sign_visit(visit=visit, by=staff, at=self.ago(days))

    def proposed(self, decision: Decision, days: int, *, agrees: bool = True, opinion: str = "", by: str = "demo_town") -> None:
        """Give the first opinion."""
        words = opinion or ("入户与核对一致，各项条件都符合，拟同意。" if agrees else "人均月收入高于标准，拟不予同意。")
        with self.desk(by) as staff:
            actions.propose(decision=decision.pk, agrees=agrees, opinion=words, by=staff, at=self.ago(days))

    def posted(self, decision: Decision, days: int, *, by: str = "demo_town") -> None:
        """Put the opinion up on the board, with the first day's photo."""
        with self.desk(by) as staff:
            at = self.ago(days)
            actions.post(decision=decision.pk, place="村务公开栏", photo=self._kept(decision, at), by=staff, at=at)

    def cleared(self, decision: Decision, days: int, *, by: str = "demo_town") -> None:
        """Take it down after the last day, with its photo, nobody having objected."""
        with self.desk(by) as staff:
            at = self.ago(days)
            actions.photograph(decision=decision.pk, photo=self._kept(decision, at), by=staff, at=at)
            actions.clear(decision=decision.pk, by=staff, at=self.ago(days))

    def _kept(self, decision: Decision, at: datetime) -> uuid.UUID:
        return files.put(photograph(), kind="posting", name="公示照片.png", area_path=decision.area_path, at=at)

    def confirmed(self, decision: Decision, days: int, *, by: str = "demo_approver") -> None:
        """Confirm at the county."""
        with self.desk(by) as staff:
            actions.confirm(decision=decision.pk, by=staff, at=self.ago(days), words=SIGNED)

    def decision(self, case: Case, policy: str) -> Decision:
        """Return a case's decision on a policy."""
        with self.desk("demo_county"):
            return next(one for one in case_page(case_id=case.pk).decisions if one.policy == policy)
