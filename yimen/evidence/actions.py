"""Changes of evidence: statements are added, one at a time or by a department's file; none is ever changed."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from yimen.evidence.facts_file import FactRow, facts_in, headings_for, read_row, sources_of, stated_by
from yimen.evidence.models import Statement
from yimen.office import audit
from yimen.office.access import require
from yimen.office.deliveries import finish, receive
from yimen.office.models import Area, Delivery, Staff
from yimen.office.tables import Match, Preview, Skipped, Table, TableProblem, ValueProblem, open_table, preview, rows_of
from yimen.policies.model import Catalogue, Subject
from yimen.registry.queries import Found, Listed, match_numbers, match_obligors, members_keys

ROWS_PER_TRANSACTION = 2000


class NotStated(Exception):
    """A fact cannot be stated like this; the sentence says why."""


@transaction.atomic
def state_facts(
    *,
    catalogue: Catalogue,
    facts: Mapping[str, Any],
    source: str,
    stated_on: date,
    by: Staff | None,
    at: datetime,
    person: uuid.UUID | None = None,
    household: uuid.UUID | None = None,
    obligor: uuid.UUID | None = None,
    area_path: str,
    valid_until: date | None = None,
    permission: str = "facts.load",
) -> Statement:
    """
    Add one source's facts about one person, one household or one legal obligor outside it (陈述).

    `permission` is what lets the caller state them: a department's file, an application taken in, a visit, a settlement.

    Raises NotStated, in words, if a fact is unknown, may not come from this source or lies outside its range,
    NotAllowed without the permission.
    """
    require(permission, area_path=area_path)
    checked = check_facts(catalogue, facts, source, about="户" if household else "义务人" if obligor else "人")
    statement = Statement(
        person_id=person,
        household_id=household,
        obligor_id=obligor,
        members_key=members_keys(households=[household], on=stated_on)[household] if household else "",
        source=source,
        stated_on=stated_on,
        valid_until=valid_until,
        facts=checked,
        recorded_by=by,
        recorded_at=at,
        area_path=area_path,
    )
    statement.save()
    audit.write(action="facts.state", at=at, subjects={str(person or household or obligor)}, source=source, facts=sorted(checked))
    return statement


def check_facts(catalogue: Catalogue, facts: Mapping[str, Any], source: str, *, about: Subject) -> dict[str, Any]:
    """Return facts as a statement of this source keeps them. Raises NotStated, in words; writes nothing."""
    checked = {}
    for name, value in facts.items():
        fact = catalogue.facts.get(name)
        if fact is None:
            raise NotStated(f"事实目录里没有“{name}”。{catalogue.nearest(name)}")
        if source not in fact.sources:
            raise NotStated(f"“{name}”不能由“{source}”来说，可以由{'、'.join(fact.sources)}来说。")
        if fact.subject != about:
            raise NotStated(f"“{name}”是关于{fact.subject}的事实，这里说的是{about}。")
        try:
            checked[name] = fact.to_json(fact.read(value))
        except ValueError as problem:
            raise NotStated(str(problem)) from None
    return checked


def preview_facts(*, path: Path, name: str, source: str, catalogue: Catalogue) -> Preview:
    """Say how a department's file would be read. Raises TableProblem, in words."""
    return preview(path=path, name=name, headings=headings_for(catalogue, _known(source, catalogue)))


def _known(source: str, catalogue: Catalogue) -> str:
    if not stated_by(catalogue, source):
        raise TableProblem(f"事实目录里没有“{source}”能说的事实。来源可以是：{'、'.join(sources_of(catalogue))}。")
    return source


def load_facts(
    *,
    path: Path,
    name: str,
    source: str,
    catalogue: Catalogue,
    area: Area,
    by: Staff | None,
    at: datetime,
    on: date,
    corrected: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Add a department's facts about the people it names by ID number (装载部门数据), in short transactions.

    A household's facts are stated about the household of the person named, an obligor's about whoever is listed with that
    number, once for each person they owe support to. Rows that match nobody, or hold a value that
    cannot be, come back with a reason; a statement that is there already is not made twice.
    """
    require("facts.load", area_path=area.path)
    headings = headings_for(catalogue, _known(source, catalogue))
    table, match = open_table(path=path, name=name, headings=headings, corrected=corrected)
    if not set(match.columns.values()) - {"id_number", "stated_on", "valid_until"}:
        known = "、".join(fact.name for fact in stated_by(catalogue, source)[:12])
        raise TableProblem(f"“{name}”要有“身份证号”一列和至少一列数据（{source}可以有：{known} …），请核对表头。")
    delivery = receive(kind="facts", origin=source, path=path, name=name, area=area, match=match, by=by, at=at)
    loader = _Loader(source, catalogue, delivery, by, at, on)
    skipped = Skipped()
    rows = loader.read(table, match, skipped)
    whole, done = len(table.rows) - match.first, 0
    while chunk := list(islice(rows, ROWS_PER_TRANSACTION)):
        with transaction.atomic():
            loader.load(chunk)
        done += len(chunk)
        progress(done, whole)
    audit.write(action="facts.load", at=at, source=source, stated=loader.stated, delivery=str(delivery.pk))
    return finish(
        delivery,
        table=table,
        match=match,
        rows=loader.rows,
        loaded=loader.stated,
        unchanged=loader.unchanged,
        skipped=skipped.rows,
        rejects=loader.rejects,
        at=at,
    )


@dataclass
class _Loader:
    """Turns rows into statements, chunk by chunk."""

    source: str
    catalogue: Catalogue
    delivery: Delivery
    by: Staff | None
    at: datetime
    on: date
    rows: int = 0
    stated: int = 0
    unchanged: int = 0
    rejects: dict[int, str] = field(default_factory=dict)
    seen: dict[tuple[str, date], FactRow] = field(default_factory=dict)

    def read(self, table: Table, match: Match, skipped: Skipped) -> Iterator[FactRow]:
        """Yield the rows that can be read; note the others."""
        facts = facts_in(self.catalogue, match.columns.values())
        for line, cells in rows_of(table, match, skipped):
            self.rows += 1
            try:
                row = read_row(line, cells, facts, stated_on=self.on, today=self.on, allow_fictional=settings.YIMEN_DEMO)
            except ValueProblem as problem:
                self.rejects[line] = str(problem)
                continue
            twin = self.seen.setdefault((row.id_number, row.stated_on), row)
            if twin is row:
                yield row
            elif (twin.person, twin.household, twin.obligor) == (row.person, row.household, row.obligor):
                self.unchanged += 1
            else:
                self.rejects[line] = f"与第 {twin.line} 行是同一个人、同一天，数据却不同，只用了前一行；请核实后改正。"

    def load(self, chunk: list[FactRow]) -> None:
        """Add the statements of one chunk."""
        found = match_numbers(numbers=[row.id_number for row in chunk], on=self.on)
        homes = {one.household_id for one in found.values() if one.household_id}
        keys = members_keys(households=homes, on=self.on) if any(row.household for row in chunk) else {}
        owing = match_obligors(numbers=[row.id_number for row in chunk if row.obligor])
        made: list[list[Statement]] = []
        for row in chunk:
            person, listed = found.get(row.id_number), owing.get(row.id_number, [])
            if row.obligor and not listed:
                self.rejects[row.line] = "法定义务人名单里没有这个身份证号，未采用。请先装载或登记法定义务人。"
            elif person is None and not (row.obligor and not row.person and not row.household):
                self.rejects[row.line] = "名册里没有这个身份证号，未采用。如确是本辖区的人，请先登记。"
            elif row.household and person is not None and person.household_id is None:
                self.rejects[row.line] = "此人今天不在任何一户，全家的数据无处可记，请先登记家庭。"
            else:
                made.append(list(self._statements(row, person, listed, keys)))
        there = self._already_there([statement for statements in made for statement in statements])
        fresh: dict[tuple[Any, ...], Statement] = {}
        for statements in made:
            # Two members may say the same of their household; it is said once.
            new = {one: statement for statement in statements if (one := _identity(statement)) not in there and one not in fresh}
            fresh |= new
            self.stated += bool(new)
            self.unchanged += not new
        Statement.objects.bulk_create(fresh.values())

    def _statements(
        self, row: FactRow, person: Found | None, listed: Sequence[Listed], keys: Mapping[uuid.UUID, str]
    ) -> Iterator[Statement]:
        same = {
            "source": self.source,
            "stated_on": row.stated_on,
            "valid_until": row.valid_until,
            "delivery": self.delivery,
            "recorded_by": self.by,
            "recorded_at": self.at,
        }
        for one in listed:
            yield Statement(obligor_id=one.obligor_id, facts=dict(row.obligor), area_path=one.area_path, **same)
        if person is None:
            return
        path, home = person.area_path, person.household_id
        if row.person:
            yield Statement(person_id=person.person_id, facts=dict(row.person), area_path=path, **same)
        if row.household and home:
            yield Statement(household_id=home, members_key=keys[home], facts=dict(row.household), area_path=path, **same)

    def _already_there(self, made: Sequence[Statement]) -> set[tuple[Any, ...]]:
        people = [statement.person_id for statement in made if statement.person_id]
        homes = [statement.household_id for statement in made if statement.household_id]
        held = Statement.objects.filter(source=self.source, stated_on__in={statement.stated_on for statement in made})
        obligors = [statement.obligor_id for statement in made if statement.obligor_id]
        there = {_identity(statement) for statement in held.filter(person_id__in=people)}
        there |= {_identity(statement) for statement in held.filter(obligor_id__in=obligors)} if obligors else set()
        return there | {_identity(statement) for statement in held.filter(household_id__in=homes)}


def _identity(statement: Statement) -> tuple[Any, ...]:
    facts = tuple(sorted((name, str(value)) for name, value in statement.facts.items()))
    about = (statement.person_id, statement.household_id, statement.obligor_id, statement.members_key)
    return *about, statement.stated_on, statement.valid_until, facts
