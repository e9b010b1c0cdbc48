"""
Answering everybody at once (批量): the policies of a program for all households of its input tables, in whole columns.

DuckDB reads and joins the input; the reckoning itself runs over slices of households in numpy's memory (`arrays`), two at a
time. Between one loop and the next, numpy hands Python's lock over, which costs more than a short loop: slices are large, so
that there are few loops. It says what the program's SQL says and takes a quarter of its time; what may need more than 64 bits
is left to the SQL, by what the types say (`can_answer`) or because a fact does not keep to its type (`OutOfRangeError`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from operator import and_
from typing import TYPE_CHECKING, Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yimen.policies.arrays import Column, Numbers, Truths, chosen, coalesced, from_arrow, taken, to_arrow
from yimen.policies.closures import NOT_COUNTED, least, most
from yimen.policies.columns import Columns, Meaning, amount_fits, fits
from yimen.policies.compiled import CompiledPolicy, Share
from yimen.policies.expression import Node
from yimen.policies.folder import Rules
from yimen.policies.gathering import Groups, gather, put_back
from yimen.policies.model import Fact
from yimen.policies.sql import aggregates_in, hidden_name, quoted, without_aggregates
from yimen.policies.typed import Type, Typed, check

if TYPE_CHECKING:
    from yimen.policies.program import Program

HOUSEHOLDS_PER_SLICE = 100_000
THREADS = 2
# Half of one of DuckDB's row groups: small enough for memory that was just let go, a third quicker than a million.
ROWS_PER_BATCH = 61_440
PLACE = 'concat(place, chr(10), category) AS "·place"'
NO_AMOUNT = Numbers(np.asarray(0), np.asarray(False))


def can_answer(program: "Program") -> bool:
    """Say whether columns can answer a program: one of subjects and members, with nothing wider than 64 bits."""
    if program.flat or program.with_missing:
        return False
    types = _types_as_entered(program.rules)
    typed = [d.typed for d in program.derivations] + [clause.typed for one in program.compiled for clause in one.clauses]
    shares = ((_narrow_share(share, types), one.policy) for one in program.compiled for share in one.tiers)
    return all(fits(_narrow(one, types)) for one in typed) and all(amount_fits(share, policy) for share, policy in shares)


def _types_as_entered(rules: Rules) -> Mapping[str, Type]:
    """Return the types of all names, parameters no larger than the largest that is entered anywhere."""
    if _types_as_entered not in rules.cache:
        types = {**rules.types, **rules.parameter_types}
        for name, held in rules.parameter_types.items():
            values = [row.value for row in rules.parameters.rows.get(name, ())]
            if held.kind == "number":
                types[name] = replace(held, low=min(values, default=0), high=max(values, default=0))
        for derivation in rules.derivations:
            found = _narrow(derivation.typed, types).type
            types[derivation.fact.name] = replace(types[derivation.fact.name], low=found.low, high=found.high)
        rules.cache[_types_as_entered] = types
    return cast(Mapping[str, Type], rules.cache[_types_as_entered])


def _narrow(typed: Typed, types: Mapping[str, Type]) -> Typed:
    return check(typed.node, types, "")


def _narrow_share(share: Share, types: Mapping[str, Type]) -> Share:
    when, bottom = (_narrow(part, types) if part else None for part in (share.when, share.bottom))
    return replace(share, when=when, top=_narrow(share.top, types), bottom=bottom)


class OutOfRangeError(Exception):
    """A fact lies outside what its type says."""


class _Known(dict[str, Column]):
    """What is known of the rows of one table; what is not there is fetched from another: the row above, the rows chosen."""

    def __init__(
        self,
        own: Mapping[str, Column],
        other: Mapping[str, Column] | None = None,
        fetch: Callable[[Column], Column] | None = None,
    ) -> None:
        super().__init__(own)
        self.other, self.fetch = other, fetch

    def __missing__(self, name: str) -> Column:
        if self.other is None or self.fetch is None:
            raise KeyError(name)
        self[name] = self.fetch(self.other[name])
        return self[name]


@dataclass(frozen=True)
class _Slice:
    """Some households with their members, the members' obligors and the local values; groups say whose each row is."""

    home: pa.Table
    people: pa.Table
    obligors: pa.Table
    entered: Mapping[str, pa.Array]
    of_home: Groups
    of_person: Groups


@dataclass
class _Step:
    """The derivation of one fact: first what is gathered from the rows below, then the fact itself."""

    fact: Fact
    gathered: list[tuple[str, str, Meaning]]
    meaning: Meaning
    count: str
    said: str

    def add_to(self, known: _Known, below: _Known | None, groups: Groups | None) -> None:
        for name, word, meaning in self.gathered:
            if name not in known:
                assert below is not None  # noqa: S101
                assert groups is not None  # noqa: S101
                known[name], low, high = gather(word, meaning(below), groups)
                if low is not None:
                    known[least(name)], known[most(name)] = low, high
        known[self.fact.name] = self._unless_said(known, self.meaning(known))
        if self.count:
            for end in (least, most):
                known[end(self.fact.name)] = self._unless_said(known, known[end(self.count)])

    def _unless_said(self, known: _Known, derived: Column) -> Column:
        return coalesced(known[self.said], derived) if self.said else derived


@dataclass
class _Ready:
    """A policy: the places of its conditions at the household and at the person, and its tiers."""

    compiled: CompiledPolicy
    far: list[Node] = field(default_factory=list)
    near: list[Node] = field(default_factory=list)
    tiers: list[tuple[Meaning | None, Meaning]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.compiled.policy.id

    def amount(self, known: _Known, verdict: Truths) -> pa.Array:
        """The amount of the first tier that fits, unknown where it is unknown which one that is; in runs, mostly of nothing."""
        entitled = np.flatnonzero(verdict.true) if self.tiers else np.zeros(0, np.int64)
        # Few are entitled, as is usual: their rows are picked out, reckoned and put back.
        amount = self._amount(_Known({}, known, lambda column: taken(column, entitled))) if self.tiers else NO_AMOUNT
        return put_back(amount, entitled, len(verdict.true))

    def _amount(self, known: _Known) -> Numbers:
        amount = NO_AMOUNT
        for when, tier in reversed(self.tiers):
            amount = tier(known) if when is None else chosen(when(known), tier(known), amount)
        return amount


class Bulk:
    """A program made ready for columns."""

    def __init__(self, program: "Program") -> None:
        self.program = program
        self.columns = Columns(program.on)
        stated = {fact.name for fact in program.stated_facts}
        self.steps = [self._step(d, stated) for d in program.derivations]
        household = {*program.parameters, *(fact.name for fact in program.household_facts)}
        household |= {step.fact.name for step in self.steps if step.fact.subject == "户"}
        self.at_home: dict[Node, Meaning] = {}
        self.at_person: dict[Node, Meaning] = {}
        self.limits = dict(self._limits(stated))
        ready = [self._ready(one, household) for one in program.compiled]
        self.of_household = [one for one in ready if one.compiled.policy.subject == "户"]
        self.of_person = [one for one in ready if one.compiled.policy.subject == "人"]

    def _limits(self, stated: set[str]) -> Iterator[tuple[str, tuple[int, int]]]:
        program = self.program
        for fact in (*program.household_facts, *program.person_facts, *program.obligor_facts):
            held = program.rules.types[fact.name]
            if held.kind == "number":
                yield _column_of(fact, stated), (held.low, held.high)

    def _step(self, derivation: Any, stated: set[str]) -> _Step:
        fact, typed = derivation.fact, derivation.typed
        gathered = [
            (hidden_name(a), a.node.word, self.columns.meaning(a.parts[0]))  # type: ignore[attr-defined]
            for a in aggregates_in(typed)
        ]
        plain = without_aggregates(typed)
        count = plain.node.name if typed.type.interval else ""  # type: ignore[attr-defined]
        said = f"{fact.name}·说" if fact.name in stated else ""
        return _Step(fact, gathered, self.columns.meaning(plain), count, said)

    def _ready(self, one: CompiledPolicy, household: set[str]) -> _Ready:
        """Each distinct condition is reckoned once, where its facts lie."""
        ready = _Ready(one)
        for clause in one.clauses:
            at_home = set(clause.typed.names) <= household
            (self.at_home if at_home else self.at_person).setdefault(clause.key, self.columns.meaning(clause.typed))
            (ready.far if at_home else ready.near).append(clause.key)
        for share in one.tiers:
            when = self.columns.meaning(share.when) if share.when else None
            ready.tiers.append((when, self.columns.amount(share, one.policy)))
        return ready

    def run(self, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """
        Answer everybody; return the relations that hold the facts, if the program keeps them.

        Raises OutOfRangeError, with nothing answered, if a fact lies outside its type, so that 64 bits may not be enough.
        """
        slices = list(self._slices(con))
        with _one_pool(), ThreadPoolExecutor(THREADS) as threads:
            parts = list(threads.map(self._answer, slices))
        day = self.program.on.toordinal()
        names = {"household_answer": "household_answer", "person_answer": "person_answer"}
        if self.program.keep_facts:
            names |= {"household_facts": f"household_facts_{day}", "person_facts": f"person_facts_{day}"}
        for part, name in names.items():
            con.register(name, pa.Table.from_batches([tables[part] for tables in parts]))
        return names

    def _slices(self, con: duckdb.DuckDBPyConnection) -> Iterator[_Slice]:
        """Read the input, each table in the order of the one above it, and cut it by households."""
        for statement in self.program.statements[: self.program.taking]:
            con.execute(statement)
        taken, parameters = self.program.taken, [quoted(name) for name in self.program.parameters]
        entered = _columns(_read(con, "parameter", [PLACE, *parameters]))
        home = _read(con, taken["household"], ["subject", PLACE, *self._held(self.program.household_facts)])
        people = _read(con, taken["person"], ["subject", "member", *self._held(self.program.person_facts)])
        obligors = _read(con, taken["obligor"], ["member", *self._held(self.program.obligor_facts)])
        home = _in_order(home, home["subject"].combine_chunks())
        people, of_home = _below(people, "subject", home["subject"])
        obligors, of_person = _below(obligors, "member", people["member"])
        for first, last in _cuts(home.num_rows):
            start, end = of_home.row(first), of_home.row(last)
            below, above = of_person.row(start), of_person.row(end)
            yield _Slice(
                home.slice(first, last - first),
                people.slice(start, end - start),
                obligors.slice(below, above - below),
                entered,
                of_home.part(first, last),
                of_person.part(start, end),
            )

    def _held(self, facts: Sequence[Fact]) -> Iterator[str]:
        stated = {fact.name for fact in self.program.stated_facts}
        yield from (quoted(_column_of(fact, stated)) for fact in facts)

    def _answer(self, part: _Slice) -> dict[str, pa.RecordBatch]:
        at = pc.index_in(part.home["·place"].combine_chunks(), value_set=part.entered["·place"])
        home = _Known(self._within(part.home), part.entered, lambda column: from_arrow(pc.take(column, at)))
        people = _Known(self._within(part.people), home, part.of_home.to_rows)
        obligors = _Known(self._within(part.obligors), people, part.of_person.to_rows)
        below: Mapping[str, tuple[_Known, _Known | None, Groups | None]] = {
            "户": (home, *_family(people, part.of_home)),
            "人": (people, obligors, part.of_person),
            "义务人": (obligors, None, None),
        }
        for step in self.steps:
            step.add_to(*below[step.fact.subject])
        clauses = {key: meaning(home) for key, meaning in self.at_home.items()}
        verdicts = {one.id: _all_of(clauses, one.far) for one in self.of_household}
        # A person takes over one verdict of the household for each policy, not one for each condition.
        far = {one.id: _all_of(clauses, one.far) for one in self.of_person if one.far}
        clauses = {key: meaning(people) for key, meaning in self.at_person.items()}
        own = {}
        for one in self.of_person:
            near = [clauses[key] for key in one.near]
            whole = [part.of_home.to_rows(far[one.id])] if one.far else []
            own[one.id] = reduce(and_, [*whole, *near])
        found = {
            "household_answer": self._table(["subject"], home, self.of_household, verdicts, part.home.num_rows),
            "person_answer": self._table(["subject", "member"], people, self.of_person, own, part.people.num_rows),
        }
        if self.program.keep_facts:
            found["household_facts"] = self._facts(["subject"], home, self.of_household, part.home.num_rows)
            found["person_facts"] = self._facts(["subject", "member"], people, self.of_person, part.people.num_rows)
        return found

    def _within(self, table: pa.Table) -> dict[str, Column]:
        """Return the columns of a slice. Raises OutOfRangeError for a number its type does not have."""
        columns = {name: from_arrow(column) for name, column in _columns(table).items()}
        for name, column in columns.items():
            if name in self.limits and not column.within(*self.limits[name]):
                raise OutOfRangeError
        return columns

    def _facts(self, keys: Sequence[str], known: _Known, ready: Sequence[_Ready], rows: int) -> pa.RecordBatch:
        """Return the facts the policies name, and those behind them that do not change with the day."""
        names = [name for one in ready for name in (*one.compiled.names, *self.program.basis_of(one.compiled)[1])]
        return pa.record_batch({name: to_arrow(known[name], rows) for name in dict.fromkeys([*keys, *names])})

    def _table(
        self, keys: Sequence[str], known: _Known, ready: Sequence[_Ready], verdicts: Mapping[str, Truths], rows: int
    ) -> pa.RecordBatch:
        columns = {key: to_arrow(known[key], rows) for key in keys}
        columns |= {f"v_{one.id}": to_arrow(verdicts[one.id], rows) for one in ready}
        columns |= {f"a_{one.id}": one.amount(known, verdicts[one.id]) for one in ready}
        return pa.record_batch(columns)


def _family(people: _Known, of_home: Groups) -> tuple[_Known, Groups]:
    """Return the people who count as members of their households, and whose each is."""
    out = people.get(NOT_COUNTED)
    if not isinstance(out, Truths) or not out.true.any():
        return people, of_home
    rows = np.flatnonzero(~out.true)
    return _Known({}, people, lambda column: taken(column, rows)), of_home.within(rows)


def _column_of(fact: Fact, stated: Collection[str]) -> str:
    return f"{fact.name}·说" if fact.name in stated else fact.name


@contextmanager
def _one_pool() -> Iterator[None]:
    """What one of DuckDB, numpy and Arrow lets go of, the next one takes: half the time in the system for new memory."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def _columns(table: pa.Table) -> dict[str, pa.Array]:
    """Return the columns of a slice, each in one piece: put together by the thread that reckons with them."""
    return {name: table[name].combine_chunks() for name in table.schema.names}


def _all_of(clauses: Mapping[Node, Truths], keys: Sequence[Node]) -> Truths:
    return reduce(and_, (clauses[key] for key in keys))


def _read(con: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]) -> pa.Table:
    return con.sql(f"SELECT {', '.join(columns)} FROM {relation}").to_arrow_table(ROWS_PER_BATCH)


def _in_order(table: pa.Table, key: Column) -> pa.Table:
    if len(key) < 2 or pc.all(pc.greater_equal(key[1:], key[:-1])).as_py():
        return table
    return table.take(pc.sort_indices(key))


def _below(table: pa.Table, key: str, above: pa.ChunkedArray) -> tuple[pa.Table, Groups]:
    """Put rows into the order of the rows they belong to; those that belong to none are left out, as a join does."""
    if not len(table):
        return table, Groups.without_rows(len(above))
    own, above = table[key].combine_chunks(), above.combine_chunks()
    runs = pc.run_end_encode(own)
    if runs.values.equals(above):
        # In order already, and nobody without rows: the usual case.
        return table, Groups.ending(runs.run_ends)
    of_row = pc.index_in(own, value_set=above)
    if of_row.null_count:
        kept = pc.is_valid(of_row)
        table, of_row = table.filter(kept), of_row.filter(kept)
    ordered = _in_order(table, of_row)
    if ordered is not table:
        of_row = pc.index_in(ordered[key].combine_chunks(), value_set=above)
    return ordered, Groups.of(of_row, len(above))


def _cuts(households: int) -> Iterator[tuple[int, int]]:
    """Cut into equal slices, as many for each thread; at least one, so that there are tables even of nobody."""
    slices = -(-households // HOUSEHOLDS_PER_SLICE)
    size = -(-households // (-(-slices // THREADS) * THREADS)) if slices > 1 else max(households, 1)
    yield from pairwise([*range(0, max(households, 1), size), households])
