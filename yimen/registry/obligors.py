"""
The list of legal obligors (法定义务人名单): a child in the city, a parent elsewhere; whoever owes support and lives outside.

Read and loaded row by row like a roster; a row that cannot be right comes back with its reason.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import transaction

from yimen.office import audit
from yimen.office.access import require
from yimen.office.audit import saw
from yimen.office.models import Area, Staff
from yimen.office.tables import Cell, Heading, ValueProblem, read_text
from yimen.office.vault import blind_index
from yimen.registry.id_numbers import parse_id_number
from yimen.registry.models import Membership, Obligor, Person, obligor_key
from yimen.registry.names import mask_name

ROWS_PER_TRANSACTION = 1000
HEADINGS = (
    Heading("owed", ("身份证号", "困难群众身份证号", "被赡养人身份证号", "申请人身份证号", "公民身份号码"), required=True),
    Heading("name", ("义务人姓名", "赡养人姓名", "法定义务人姓名", "赡（抚、扶）养人姓名"), required=True),
    Heading("relation", ("义务人关系", "与被赡养人关系", "关系", "与申请人关系"), required=True),
    Heading("id_number", ("义务人身份证号", "赡养人身份证号", "法定义务人身份证号", "赡（抚、扶）养人身份证号")),
)
RELATIONS = (
    "配偶",
    "子",
    "女",
    "父",
    "母",
    "祖父",
    "祖母",
    "外祖父",
    "外祖母",
    "孙子",
    "孙女",
    "外孙",
    "外孙女",
    "兄",
    "姐",
    "弟",
    "妹",
)
_SAME = {"儿子": "子", "女儿": "女", "父亲": "父", "母亲": "母", "夫": "配偶", "妻": "配偶", "丈夫": "配偶", "妻子": "配偶"}


@dataclass(frozen=True, slots=True)
class ObligorRow:
    """One row read and checked: to whom support is owed, by whom, as what."""

    line: int
    owed: str
    name: str
    relation: str
    id_number: str | None


@dataclass
class LoadedObligors:
    """What a load did, in rows; `rejects` maps the row of the file to the reason."""

    new: int = 0
    unchanged: int = 0
    rejects: dict[int, str] = field(default_factory=dict)


def read_obligor(line: int, cells: Mapping[str, Cell], *, allow_fictional: bool) -> ObligorRow:
    """Read one row. Raises ValueProblem, naming the column and what was read."""
    owed = parse_id_number(cells["owed"], allow_fictional=allow_fictional).text
    return _read_own(line, owed, cells, allow_fictional=allow_fictional)


def _read_own(line: int, owed: str, cells: Mapping[str, Cell], *, allow_fictional: bool) -> ObligorRow:
    name, relation = read_text(cells["name"]), read_text(cells["relation"])
    relation = _SAME.get(relation, relation)
    if not name:
        raise ValueProblem("“义务人姓名”是空的，请补上。")
    if relation not in RELATIONS:
        raise ValueProblem(f"“义务人关系”的“{relation[:10]}”看不懂，可以写：{'、'.join(RELATIONS)}。")
    number = cells.get("id_number")
    own = parse_id_number(number, allow_fictional=allow_fictional).text if read_text(number) else None
    if own == owed:
        raise ValueProblem("义务人和被赡（抚、扶）养人是同一个身份证号，请核对。")
    return ObligorRow(line, owed, name, relation, own)


class NotListed(Exception):
    """An obligor cannot be listed like this; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of an obligor before they are listed; whoever is in the registry is shown masked, with the village."""

    name: str
    relation: str
    id_number: str
    listed: bool
    completes: bool
    known: str
    doubt: str


def look_for_obligor(*, owed: uuid.UUID, name: str, relation: str, id_number: str, allow_fictional: bool) -> Looked:
    """
    Look before listing (先查后加): whether they are listed already, live together with whom they owe, or are in the registry.

    Needs an open reading. Raises NotListed for what cannot be read, and for somebody of the same household.
    """
    require("household.register")
    person: Person = Person.objects.get(pk=owed)
    cells: dict[str, Cell] = {"name": name, "relation": relation, "id_number": id_number}
    try:
        row = _read_own(1, person.id_number, cells, allow_fictional=allow_fictional)
    except ValueProblem as problem:
        raise NotListed(str(problem)) from None
    if row.id_number and (owed, blind_index("id_number", row.id_number)) in _living_together([person], [row.id_number]):
        raise NotListed("这个人和本人同住一户，是共同生活的家庭成员，不用另列。")
    there = set(Obligor.objects.filter(person=person).values_list("identity_key", flat=True))
    known, doubt = _in_registry(row)
    return Looked(
        name=row.name,
        relation=row.relation,
        id_number=row.id_number or "",
        listed=_identity(row) in there,
        completes=bool(row.id_number) and _by_name(row) in there,
        known=known,
        doubt=doubt,
    )


def _in_registry(row: ObligorRow) -> tuple[str, str]:
    """Say, masked, who in the registry below the open scope has this number, and whether under another name."""
    if row.id_number is None:
        return "", ""
    found = Person.objects.filter(id_index=blind_index("id_number", row.id_number)).first()
    if found is None:
        return "", ""
    saw(found.pk)
    village = Area.objects.filter(path=found.area_path).values_list("name", flat=True).first() or ""
    doubt = "" if found.name == row.name else "名册里这个身份证号是另一个姓名，请核对证件。"
    return f"{mask_name(found.name)}，{village}", "名册里此人已去世，不用再列。" if found.died_on else doubt


@transaction.atomic
def list_obligor(
    *, owed: uuid.UUID, name: str, relation: str, id_number: str, allow_fictional: bool, by: Staff | None, at: datetime
) -> Obligor:
    """
    List somebody outside the household who owes support (登记法定义务人); who is listed without a number gets it now.

    Needs an open reading. Raises NotListed, also if the registry doubts it, NotAllowed.
    """
    person: Person = Person.objects.select_for_update().get(pk=owed)
    require("household.register", area_path=person.area_path)
    about = {"name": name, "relation": relation, "id_number": id_number}
    looked = look_for_obligor(owed=owed, allow_fictional=allow_fictional, **about)
    if looked.listed:
        raise NotListed(f"{looked.name}已经在法定义务人名单里，不用再加。")
    if looked.doubt:
        raise NotListed(looked.doubt)
    row = ObligorRow(1, person.id_number, looked.name, looked.relation, looked.id_number or None)
    held: Obligor | None = Obligor.objects.filter(person=person, identity_key=_by_name(row)).first() if looked.completes else None
    if held is None:
        held = _obligor(row, person, _identity(row))
        held.save(force_insert=True)
    else:
        held.id_number, held.identity_key = row.id_number, _identity(row)
        held.save(update_fields=["id_number", "identity_key"])
    _touch([person.pk], at)
    audit.write(action="obligor.list", at=at, subjects={str(person.pk)}, obligor=held.pk.hex)
    return held


def _touch(owed: Iterable[uuid.UUID], at: datetime) -> None:
    """Whoever is owed support by one more is looked at again: what is known of all their obligors may have changed."""
    Person.objects.filter(pk__in=set(owed)).update(changed_at=at)


def load_obligor_rows(rows: Iterable[ObligorRow], progress: Callable[[int], None], *, at: datetime) -> LoadedObligors:
    """Load rows below the open scope, in short transactions; what is there already is left alone."""
    loaded, waiting, done = LoadedObligors(), iter(rows), 0
    while chunk := list(islice(waiting, ROWS_PER_TRANSACTION)):
        with transaction.atomic():
            _load_chunk(chunk, loaded, at)
        done += len(chunk)
        progress(done)
    return loaded


def _load_chunk(chunk: list[ObligorRow], loaded: LoadedObligors, at: datetime) -> None:
    indexes = {row.line: blind_index("id_number", row.owed) for row in chunk}
    people = {person.id_index: person for person in Person.objects.filter(id_index__in=set(indexes.values()))}
    there = set(Obligor.objects.filter(person__in=people.values()).values_list("person_id", "identity_key"))
    together = _living_together(people.values(), [row.id_number for row in chunk if row.id_number])
    fresh: dict[tuple[uuid.UUID, str], Obligor] = {}
    for row in chunk:
        person = people.get(indexes[row.line])
        if person is None:
            loaded.rejects[row.line] = "名册里没有这个身份证号的困难群众，或不在您的辖区。请先登记。"
        elif row.id_number and (person.pk, blind_index("id_number", row.id_number)) in together:
            loaded.rejects[row.line] = "这名义务人与本人同住一户，是共同生活的家庭成员，不用另列。"
        elif (key := (person.pk, _identity(row))) in there or key in fresh:
            loaded.unchanged += 1
        else:
            fresh[key] = _obligor(row, person, key[1])
    Obligor.objects.bulk_create(fresh.values())
    _touch((person for person, _ in fresh), at)
    loaded.new += len(fresh)


def _living_together(people: Iterable[Person], numbers: list[str]) -> set[tuple[uuid.UUID, str]]:
    """Return (person, index of another's ID number) for those who share a household today."""
    homes = dict(Membership.objects.filter(person__in=list(people), ends_on=None).values_list("person_id", "household_id"))
    indexes = [blind_index("id_number", number) for number in numbers]
    others = Membership.objects.filter(person__id_index__in=indexes, ends_on=None, household__in=homes.values())
    at_home: dict[uuid.UUID, set[str]] = {}
    for household, index in others.values_list("household_id", "person__id_index"):
        at_home.setdefault(household, set()).add(index)
    return {(person, index) for person, home in homes.items() for index in at_home.get(home, ())}


def _identity(row: ObligorRow) -> str:
    return obligor_key(row.id_number) if row.id_number else _by_name(row)


def _by_name(row: ObligorRow) -> str:
    return blind_index("obligor", f"{row.name}\x1f{row.relation}")


def _obligor(row: ObligorRow, person: Person, key: str) -> Obligor:
    return Obligor(
        pk=uuid.uuid4(),
        person=person,
        name=row.name,
        id_number=row.id_number,
        relation=row.relation,
        identity_key=key,
        area_path=person.area_path,
    )
