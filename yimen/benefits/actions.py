"""Changes of benefits: lists of recipients that departments deliver, grants, a township's reserve, gifts of charities."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from yimen.benefits.charity import NotRecorded, record_gift
from yimen.benefits.granting import NotGranted, end_grant, grant_benefit
from yimen.benefits.models import Grant
from yimen.benefits.reserve import NotBooked, add_receipt, fund_reserve, return_to_reserve, spend_reserve
from yimen.office import audit
from yimen.office.access import require
from yimen.office.deliveries import finish, receive
from yimen.office.models import Area, Delivery, Staff
from yimen.office.tables import (
    Cell,
    Heading,
    Match,
    Preview,
    Skipped,
    Table,
    ValueProblem,
    open_table,
    preview,
    read_date,
    read_money,
    rows_of,
)
from yimen.policies.model import Policy
from yimen.registry.queries import Found, match_numbers, read_id_number

__all__ = [
    "HEADINGS",
    "NotBooked",
    "NotGranted",
    "NotRecorded",
    "add_receipt",
    "end_grant",
    "fund_reserve",
    "grant_benefit",
    "load_recipients",
    "preview_recipients",
    "record_gift",
    "return_to_reserve",
    "spend_reserve",
]
ROWS_PER_TRANSACTION = 2000
HEADINGS = (
    Heading("id_number", ("身份证号", "身份证号码", "公民身份号码", "证件号码"), required=True),
    Heading("yuan", ("金额", "月保障金额", "月补助金额", "补助金额", "发放金额", "保障金", "标准")),
    Heading("starts_on", ("起始日期", "享受起始日期", "批准日期", "确认日期", "起发日期")),
    Heading("ends_on", ("终止日期", "截止日期", "停发日期")),
    Heading("next_review_on", ("下次复核日期", "复核到期日", "下次复审日期")),
)


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One recipient read and checked."""

    line: int
    id_number: str
    yuan: Decimal | None
    starts_on: date | None
    ends_on: date | None
    next_review_on: date | None


def preview_recipients(*, path: Path, name: str) -> Preview:
    """Say how a list would be read. Raises TableProblem, in words."""
    return preview(path=path, name=name, headings=HEADINGS)


def load_recipients(
    *,
    path: Path,
    name: str,
    policy: Policy,
    area: Area,
    by: Staff | None,
    at: datetime,
    on: date,
    corrected: Mapping[int, str] | None = None,
    ends_missing: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Load a department's list of who receives a benefit (装载待遇名单). A household's benefit is named by any member.

    A changed amount ends the old grant the day before the new one begins. Who is no longer on the list keeps the grant
    unless `ends_missing` says that the list is complete; then it ends on `on`. The same list twice changes nothing.
    """
    require("recipients.load", area_path=area.path)
    table, match = open_table(path=path, name=name, headings=HEADINGS, corrected=corrected)
    delivery = receive(kind="recipients", origin=policy.id, path=path, name=name, area=area, match=match, by=by, at=at)
    loader, skipped = _Loader(policy, delivery, at, on), Skipped()
    rows, whole, done = loader.read(table, match, skipped), len(table.rows) - match.first, 0
    while chunk := list(islice(rows, ROWS_PER_TRANSACTION)):
        with transaction.atomic():
            loader.load(chunk)
        done += len(chunk)
        progress(done, whole)
    if ends_missing:
        loader.end_missing(area)
    audit.write(
        action="recipients.load", at=at, policy=policy.id, new=loader.changed, ended=loader.ended, delivery=str(delivery.pk)
    )
    return finish(
        delivery,
        table=table,
        match=match,
        rows=loader.rows,
        loaded=loader.changed,
        unchanged=loader.unchanged,
        skipped=skipped.rows,
        rejects=loader.rejects,
        at=at,
    )


def _read_row(line: int, cells: Mapping[str, Cell]) -> RecipientRow:
    starts_on = read_date(cells.get("starts_on"), column="起始日期")
    ends_on = read_date(cells.get("ends_on"), column="终止日期")
    if ends_on and starts_on and ends_on < starts_on:
        raise ValueProblem(f"终止日期 {ends_on} 早于起始日期 {starts_on}，请核对。")
    yuan = read_money(cells.get("yuan"), column="金额")
    if yuan is not None and yuan < 0:
        raise ValueProblem(f"金额 {yuan} 小于零，请核对。")
    return RecipientRow(
        line=line,
        id_number=read_id_number(cells.get("id_number"), allow_fictional=settings.YIMEN_DEMO),
        yuan=yuan,
        starts_on=starts_on,
        ends_on=ends_on,
        next_review_on=read_date(cells.get("next_review_on"), column="下次复核日期"),
    )


@dataclass
class _Loader:
    """Turns rows into grants, chunk by chunk."""

    policy: Policy
    delivery: Delivery
    at: datetime
    on: date
    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    rejects: dict[int, str] = field(default_factory=dict)
    listed: dict[uuid.UUID, int] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    @property
    def of_household(self) -> bool:
        """Say whether the list names households (by any of their members), not people."""
        return self.policy.subject == "户"

    @property
    def subject(self) -> str:
        """Return by which column of a grant its receiver is known."""
        return "household_id" if self.of_household else "person_id"

    def read(self, table: Table, match: Match, skipped: Skipped) -> Iterator[RecipientRow]:
        """Yield the rows that can be read; note the others."""
        for line, cells in rows_of(table, match, skipped):
            self.rows += 1
            try:
                yield _read_row(line, cells)
            except ValueProblem as problem:
                self.rejects[line] = str(problem)
                self._note_named(cells)

    def load(self, chunk: list[RecipientRow]) -> None:
        """Make or change the grants of one chunk."""
        found = match_numbers(numbers=[row.id_number for row in chunk], on=self.on)
        wanted: dict[uuid.UUID, tuple[RecipientRow, str]] = {}
        for row in chunk:
            person = found.get(row.id_number)
            key = self._subject_of(person) if person else None
            if person is None or key is None:
                self.rejects[row.line] = "名册里没有这个身份证号（或此人不在任何一户），未采用。请先登记。"
            elif key in self.listed:
                self._note_twin(row, key)
            else:
                self.listed[key] = row.line
                wanted[key] = (row, person.area_path)
        held: dict[uuid.UUID, list[Grant]] = {key: [] for key in wanted}
        for grant in Grant.objects.filter(policy=self.policy.id, **{f"{self.subject}__in": list(wanted)}).order_by("starts_on"):
            held[getattr(grant, self.subject)].append(grant)
        Grant.objects.bulk_create([g for key, (row, path) in wanted.items() if (g := self._grant(row, key, path, held[key]))])

    def _note_named(self, cells: Mapping[str, Cell]) -> None:
        # Whose row cannot be read is on the list all the same.
        with suppress(ValueProblem):
            self.named.add(read_id_number(cells.get("id_number"), allow_fictional=settings.YIMEN_DEMO))

    def _subject_of(self, person: Found) -> uuid.UUID | None:
        return person.household_id if self.of_household else person.person_id

    def _note_twin(self, row: RecipientRow, key: uuid.UUID) -> None:
        who = "这一户" if self.of_household else "此人"
        self.rejects[row.line] = f"{who}在第 {self.listed[key]} 行已经列过，一份名单里只能有一次，请核对。"

    def _open(self) -> QuerySet[Grant]:
        rows: QuerySet[Grant] = Grant.objects.filter(policy=self.policy.id, ends_on=None)
        return rows

    def _grant(self, row: RecipientRow, key: uuid.UUID, path: str, grants: list[Grant]) -> Grant | None:
        """Return the grant to add, or None if one there says the same or only had to be corrected."""
        fen = None if row.yuan is None else int(row.yuan * 100)
        starts_on = row.starts_on or self._began(row, grants)
        held = next((one for one in reversed(grants) if _overlap(one, starts_on, row.ends_on)), None)
        if held and starts_on < held.starts_on:
            # What ended before it stays as it was; nobody receives twice on one day.
            ended = [one.ends_on for one in grants if one.ends_on and one.ends_on < held.starts_on]
            starts_on = max([starts_on, *(day + timedelta(days=1) for day in ended)])
        if row.ends_on and row.ends_on < starts_on:
            self.rejects[row.line] = f"没有写起始日期，按 {starts_on} 起算，终止日期 {row.ends_on} 却在其前，请补上起始日期。"
            return None
        said = fen, starts_on, row.ends_on, row.next_review_on
        if any((one.amount_fen, one.starts_on, one.ends_on, one.next_review_on) == said for one in grants):
            self.unchanged += 1
            return None
        self.changed += 1
        if held and starts_on <= held.starts_on:
            held.amount_fen, held.starts_on, held.ends_on, held.next_review_on = said
            held.recorded_at = self.at
            held.save()
            return None
        if held:
            held.ends_on, held.recorded_at = starts_on - timedelta(days=1), self.at
            held.save()
        return Grant(
            policy=self.policy.id,
            policy_version=self.policy.version,
            amount_fen=fen,
            unit=self.policy.unit,
            starts_on=starts_on,
            ends_on=row.ends_on,
            next_review_on=row.next_review_on,
            delivery=self.delivery,
            recorded_at=self.at,
            area_path=path,
            **{self.subject: key},
        )

    def _began(self, row: RecipientRow, grants: list[Grant]) -> date:
        """Return since when a row without a first day counts: since the last grant began if it goes on, else since today."""
        last = max(grants, key=lambda one: one.starts_on, default=None)
        goes_on = last and (last.ends_on is None or last.ends_on in (row.ends_on, self.on) or last.ends_on > self.on)
        return last.starts_on if last and goes_on else self.on

    def end_missing(self, area: Area) -> None:
        """End the grants of those below the area whom a complete list no longer names."""
        named = {self._subject_of(person) for person in match_numbers(numbers=self.named, on=self.on).values()}
        listed = self.listed.keys() | named
        for grant in self._open().filter(area_path__startswith=area.path):
            if getattr(grant, self.subject) not in listed:
                grant.ends_on, grant.recorded_at = max(self.on, grant.starts_on), self.at
                grant.save()
                self.ended += 1


def _overlap(grant: Grant, starts_on: date, ends_on: date | None) -> bool:
    return (grant.ends_on is None or grant.ends_on >= starts_on) and (ends_on is None or ends_on >= grant.starts_on)
