"""
Loading a roster (装载名册): whole households, in short transactions, so that a long file never freezes the hall.

What is there already and unchanged is left alone, so the same file loaded twice changes nothing and a load that was cut off
is simply loaded again. A row that cannot be taken comes back with its reason; the others of its household are taken, and how
many people it has stays unknown until the row is mended (`missing`).
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import F

from yimen.office.access import System, may, scope
from yimen.office.models import Area
from yimen.office.vault import blind_index
from yimen.registry.following import follow
from yimen.registry.grouping import below_a_lost_head
from yimen.registry.inserting import insert
from yimen.registry.missing import LostRow, Missing, note_missing
from yimen.registry.models import Household, Membership, NameKey, Person
from yimen.registry.names import search_keys
from yimen.registry.places import Villages, county_of
from yimen.registry.roster import HEAD, RosterRow
from yimen.registry.told import ToldStandings

HOUSEHOLDS_PER_TRANSACTION = 400


@dataclass
class Loaded:
    """What a load did, in rows; `rejects` maps the row of the file to the reason."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejects: dict[int, str] = field(default_factory=dict)


@dataclass
class _Batch:
    """What one transaction writes; `changed` are the lines of rows that are new or tell something else than before."""

    standings: ToldStandings
    households: list[Household] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    keys: list[tuple[uuid.UUID, int, str]] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    touched: set[uuid.UUID] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)


class RosterLoader:
    """Loads parsed rows into the registry, below the open scope."""

    def __init__(self, *, at: datetime, on: date, progress: Callable[[int], None] = lambda _: None) -> None:
        self.at, self.on, self.progress = at, on, progress
        self.villages = Villages()
        self.loaded = Loaded()
        self.missing = Missing(self.villages.find)

    def load(self, rows: Iterable[RosterRow]) -> Loaded:
        """Load all rows; a row that cannot be loaded is refused with a reason, and the others go on."""
        households = self._grouped(rows)
        waiting, done = iter(households.items()), 0
        while chunk := list(islice(waiting, HOUSEHOLDS_PER_TRANSACTION)):
            with transaction.atomic():
                self._load_chunk(chunk)
            done += sum(len(members) for _, members in chunk)
            self.progress(done)
        with transaction.atomic():
            self._note_untold(households)
        return self.loaded

    def _grouped(self, rows: Iterable[RosterRow]) -> dict[tuple[Area, str, str], list[RosterRow]]:
        """Return the households of a file by village, number and, where they have none, the head's ID number."""
        grouped: dict[tuple[Area, str, str], list[RosterRow]] = defaultdict(list)
        first_line: dict[str, int] = {}
        for row in rows:
            self.loaded.rows += 1
            village = self.villages.find(row.village, row.township)
            number = row.id_number.text
            if isinstance(village, str):
                self._refuse(row, village)
            elif problem := row.problem_on(self.on):
                self._refuse(row, problem)
            elif number in first_line:
                self._refuse(row, f"与第 {first_line[number]} 行是同一个身份证号，一人只能在一户，请核对后删去一行。")
            elif row.head_line in self.loaded.rejects:
                self._refuse(row, below_a_lost_head(row.head_line))
            else:
                first_line[number] = row.line
                grouped[village, row.household_number, row.head].append(row)
        return grouped

    def _refuse(self, row: RosterRow, reason: str) -> None:
        self.loaded.rejects[row.line] = reason
        self.missing.lose(LostRow(row.village, row.township, row.household_number, row.head, row.id_number.text))

    def _load_chunk(self, found: list[tuple[tuple[Area, str, str], list[RosterRow]]]) -> None:
        rows = [row for _, members in found for row in members]
        indexes = {row.line: blind_index("id_number", row.id_number.text) for row in rows}
        heads = {head: blind_index("id_number", head) for (_, _, head), _ in found if head}
        # Whether somebody is registered at all is asked everywhere: the same person must not be made twice.
        with scope(System("registry.load"), "查重"):
            known = {p.id_index: p for p in Person.objects.filter(id_index__in={*indexes.values(), *heads.values()})}
            lived = _lived([person.pk for person in known.values()])
        numbers = _numbers_by_head({key: known[index] for key, index in heads.items() if index in known}, lived)
        chunk = [
            ((village, number or numbers(village, head, {indexes[row.line] for row in members})), members)
            for (village, number, head), members in found
        ]
        lost = [self.missing.of(*key) for key, _ in found]
        held = _households_of(chunk)
        batch = _Batch(ToldStandings(self.on))
        homes = []
        for ((village, number), members), gone in zip(chunk, lost, strict=True):
            household = self._household(held.get((village.pk, number)), village, number, members[0], batch)
            for row in members:
                self._person(row, indexes[row.line], known, lived, household, batch)
            if all(row.line in self.loaded.rejects for row in members) and household in batch.households:
                batch.households.remove(household)
                continue
            batch.standings.household(household, members, [row for row in members if row.line in batch.changed])
            gone += [indexes[row.line] for row in members if row.line in self.loaded.rejects and not row.has_left(self.on)]
            homes.append((household, gone, {indexes[row.line] for row in members if row.line not in self.loaded.rejects}))
        _write(batch, self.at, self.on)
        joined = Counter(one.household_id for one in batch.memberships)
        for household, gone, told in homes:
            self._note(household, gone, joined[household.pk], told)

    def _note(self, household: Household, lost: list[str], joined: int, told: set[str]) -> None:
        if note_missing(household, lost, joined, told):
            missing = household.missing_members
            Household.objects.filter(pk=household.pk).update(missing_members=missing, changed_at=self.at)

    def _note_untold(self, grouped: Container[tuple[Area, str, str]]) -> None:
        """Note who is missing from a household that is registered and of which no row at all was taken."""
        for village, number, head in self.missing.lost:
            if village and number and (village, number, head) not in grouped:
                for household in Household.objects.filter(area=village, number=number):
                    self._note(household, self.missing.of(village, number, head), 0, set())

    def _household(self, held: Household | None, village: Area, number: str, row: RosterRow, batch: _Batch) -> Household:
        content = blind_index("content", row.household_content())
        household = held or Household(pk=uuid.uuid4(), area=village, number=number)
        if household.content_key == content:
            return household
        household.area_path, household.group, household.category = village.path, row.group, row.category
        household.address, household.content_key, household.changed_at = row.address or None, content, self.at
        household.told_on = self.on
        if held is None:
            batch.households.append(household)
        else:
            household.save()
        return household

    def _person(
        self,
        row: RosterRow,
        index: str,
        known: dict[str, Person],
        lived: dict[uuid.UUID, list[Membership]],
        household: Household,
        batch: _Batch,
    ) -> None:
        person = known.get(index)
        homes = lived.get(person.pk, []) if person else []
        content = blind_index("content", row.person_content() + str(household.pk))
        if person and person.content_key == content:
            self.loaded.unchanged += 1
            return
        problem = self._problem(row, homes, household)
        if problem:
            self.loaded.rejects[row.line] = problem
            return
        saved = self._save_person(person, row, index, content, household, batch)
        self._membership(saved, row, homes, household, batch)
        batch.changed.add(row.line)
        batch.standings.person(row, saved.pk, household.area_path)

    def _problem(self, row: RosterRow, homes: list[Membership], household: Household) -> str:
        """Return the sentence why the row does not go together with where the person lives and has lived, or nothing."""
        if not homes:
            return ""
        elsewhere = homes[-1].household_id != household.pk
        if elsewhere and homes[-1].ends_on is None and not self._moves(row, homes[-1]):
            return "此人已登记在另一户。一人一天只能在一户：若已迁入本户，请填“迁入日期”；若写错，请删去。"
        starts_on = self._starts_on(row, homes[-1], household)
        earlier = homes if elsewhere else homes[:-1]
        if earlier and earlier[-1].ends_on and starts_on <= earlier[-1].ends_on:
            return f"此人此前住到 {earlier[-1].ends_on}，迁入本户（{starts_on}）要在其后，请核对“迁入日期”。"
        if row.left_on and row.left_on < starts_on:
            return f"此人 {starts_on} 才到本户，迁出或死亡日期 {row.left_on} 却在其前，请核对。"
        return ""

    def _starts_on(self, row: RosterRow, home: Membership, household: Household) -> date:
        if home.household_id == household.pk:
            return row.starts_on or home.starts_on
        return row.starts_on or self.on

    def _moves(self, row: RosterRow, home: Membership) -> bool:
        return row.starts_on is not None and row.starts_on > home.starts_on and may("roster.load", area_path=home.area_path)

    def _save_person(
        self, held: Person | None, row: RosterRow, index: str, content: str, household: Household, batch: _Batch
    ) -> Person:
        person = held or Person(pk=uuid.uuid4(), id_index=index, id_number=row.id_number.text)
        person.name, person.phone, person.sex, person.born_on = (
            row.name,
            row.phone or None,
            row.id_number.sex,
            row.id_number.born_on,
        )
        person.registered_here, person.died_on = row.registered_here, row.died_on
        moved = held is not None and held.area_path != household.area_path
        person.area_path, person.content_key, person.changed_at = household.area_path, content, self.at
        if held is None:
            batch.people.append(person)
            self.loaded.new += 1
        else:
            # Who has left another area is still written down there; the row follows the person.
            with scope(System("registry.load"), "迁入"):
                person.save()
                NameKey.objects.filter(person=person).delete()
                if moved:
                    follow(person)
            self.loaded.changed += 1
        county = county_of(household.area_path)
        batch.keys += [(person.pk, key, person.area_path) for key in search_keys(row.name, row.id_number.text, county)]
        return person

    def _membership(self, person: Person, row: RosterRow, homes: list[Membership], household: Household, batch: _Batch) -> None:
        home = homes[-1] if homes else None
        starts_on = self._starts_on(row, home, household) if home else row.starts_on or person.born_on
        batch.touched |= {household.pk} | ({home.household_id} if home else set())
        came_back = home is not None and home.ends_on is not None and starts_on > home.ends_on
        if home and home.household_id == household.pk and not came_back:
            home.relation, home.area_path = row.relation, household.area_path
            home.starts_on, home.ends_on, home.told_on = starts_on, row.left_on, self.on
            home.save()
            return
        if home and home.ends_on is None:
            home.ends_on = starts_on - timedelta(days=1)
            home.save()
        batch.memberships.append(
            Membership(
                person_id=person.pk,
                household_id=household.pk,
                relation=row.relation,
                starts_on=starts_on,
                ends_on=row.left_on,
                told_on=self.on,
                area_path=household.area_path,
            )
        )


def _households_of(chunk: list[tuple[tuple[Area, str], list[RosterRow]]]) -> dict[tuple[str, str], Household]:
    villages = {village.pk for (village, _), _ in chunk}
    numbers = [number for (_, number), _ in chunk]
    return {(h.area_id, h.number): h for h in Household.objects.filter(area__in=villages, number__in=numbers)}


def _numbers_by_head(heads: dict[str, Person], lived: dict[uuid.UUID, list[Membership]]) -> Callable[[Area, str, set[str]], str]:
    """
    Return what tells the number of a household that has none in the file: of its village, its head's ID number and the blind
    indexes of its people. Where the head lives already it keeps its number; a new one gets one that follows from the head.
    """
    at_home = {key: lived[one.pk][-1] for key, one in heads.items() if lived.get(one.pk) and lived[one.pk][-1].ends_on is None}
    homes = {home.pk: home for home in Household.objects.filter(pk__in={one.household_id for one in at_home.values()})}

    def number(village: Area, head: str, people: set[str]) -> str:
        there = at_home.get(head)
        home = homes.get(there.household_id) if there else None
        if there is not None and home is not None and home.area_id == village.pk and _leads(there, people):
            return str(home.number)
        return f"主{blind_index('id_number', f'{village.pk} {head}')[:10]}"

    return number


def _leads(there: Membership, people: set[str]) -> bool:
    """Say whether somebody heads the household they live in, also after its head has died or become a member of theirs."""
    if there.relation == HEAD:
        return True
    others = Membership.objects.filter(household_id=there.household_id, relation=HEAD, ends_on=None, person__died_on=None)
    return set(others.values_list("person__id_index", flat=True)) <= people


def _lived(people: list[uuid.UUID]) -> dict[uuid.UUID, list[Membership]]:
    """Return where each of these people has lived, in order; the present home, if there is one, stands last."""
    lived: dict[uuid.UUID, list[Membership]] = defaultdict(list)
    for one in Membership.objects.filter(person__in=people).order_by(F("ends_on").asc(nulls_last=True), "starts_on"):
        lived[one.person_id].append(one)
    return lived


def _write(batch: _Batch, at: datetime, on: date) -> None:
    insert(batch.households)
    insert(batch.people)
    _write_keys(batch.keys)
    insert(batch.memberships)
    batch.standings.write()
    # Who joins or leaves a household changes what is known of it, though its own row stays as it is.
    Household.objects.filter(pk__in=batch.touched).update(changed_at=at, told_on=on)


def _write_keys(keys: list[tuple[uuid.UUID, int, str]]) -> None:
    # Four keys a person: as objects they would take as long as all the rest of the load.
    there = connections[DEFAULT_DB_ALIAS]
    prepared = Person._meta.pk.get_db_prep_value
    rows = [(prepared(person, there), key, path) for person, key, path in keys]
    table = there.ops.quote_name(NameKey._meta.db_table)
    sql = f"INSERT INTO {table} (person_id, key, area_path) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"  # noqa: S608
    with there.cursor() as cursor:
        cursor.executemany(sql, rows)
