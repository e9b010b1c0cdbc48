"""
The program of a screening (筛查程序): SQL that answers all policies for many households at once, in DuckDB.

Input tables   person(subject, member, facts…), household(subject, place, category, facts…), obligor(subject, member, obligor,
               facts…), parameter(place, category, parameters…); numbers as the catalogue says (money in fen).
Output tables  household_answer(subject, v_POLICY, a_POLICY …) and person_answer(subject, member, v_…, a_… …): verdict true,
               false or NULL (unknown), amount in fen.

Derived facts are added in stages; each distinct condition is reckoned once, where its facts lie; each policy is then the
AND of its conditions. Flat programs (`rules evaluate`) answer for one row per subject that holds facts of both kinds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import duckdb
import pyarrow

from yimen.policies.bulk import Bulk, OutOfRangeError, can_answer
from yimen.policies.catalogue import Derivation
from yimen.policies.closures import NOT_COUNTED, is_over_obligors, least, most
from yimen.policies.columns import ARROW_KINDS
from yimen.policies.compiled import CompiledPolicy
from yimen.policies.expression import Call, Node
from yimen.policies.folder import Rules
from yimen.policies.model import Fact, Policy
from yimen.policies.sql import Writer, aggregate_columns, aggregates_in, hidden_name, quoted, text, without_aggregates
from yimen.policies.typed import Type, Typed

SQL_KINDS = {
    "金额": "BIGINT",
    "整数": "BIGINT",
    "小数": "DECIMAL(18,4)",
    "是否": "BOOLEAN",
    "日期": "DATE",
    "选项": "VARCHAR",
    "文字": "VARCHAR",
}
_KINDS_OF_TYPES = {"number": "BIGINT", "bool": "BOOLEAN", "text": "VARCHAR", "day": "DATE"}


@dataclass
class _Table:
    """An input table and the views and tables built on it; `columns` are the names it can answer."""

    name: str
    relation: str
    columns: set[str]
    day: int = 0
    layers: int = 0

    def next(self) -> str:
        # Programs of two days may run in one connection: today, and in 90 days.
        self.layers += 1
        return f"{self.name}_{self.day}_{self.layers}"


@dataclass
class Program:
    """
    SQL for the policies in force on a day for a place. Make it with `program(…)`, then `create_parameters` and `run`.

    `given` are derived facts and parameters that stand in the input as given (flat programs only); without members, what is
    gathered from them is unknown. `keep_facts` stores every fact beside the answers, for those who ask again.
    """

    rules: Rules
    on: date
    compiled: Sequence[CompiledPolicy]
    flat: bool = False
    given: frozenset[str] = frozenset()
    given_members: frozenset[str] = frozenset()
    with_missing: bool = False
    without_members: bool = False
    keep_facts: bool = False
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.on)
        self.derivations = self._needed()
        used = {name for one in self.compiled for name in one.names} | {n for d in self.derivations for n in d.typed.names}
        facts = self.rules.catalogue.facts
        # Whoever gathers over the members must know who is one.
        used |= {NOT_COUNTED} & facts.keys()
        self.parameters = [name for name in self.rules.parameter_types if name in used]
        base = [facts[name] for name in facts if name in used and not self._is_derived(name)]
        self.household_facts = [fact for fact in base if fact.subject == "户"]
        self.person_facts = [fact for fact in base if fact.subject == "人"]
        self.obligor_facts = [fact for fact in base if fact.subject == "义务人"]
        # A derived fact that somebody may also state: the statement goes before the derivation.
        stated = [] if self.flat else [d.fact for d in self.derivations if d.fact.sources]
        self.stated_facts = stated
        self.household_facts += [fact for fact in stated if fact.subject == "户"]
        self.person_facts += [fact for fact in stated if fact.subject == "人"]
        self._write()

    @property
    def inputs(self) -> list[str]:
        """Return the names of all base facts that the input tables must hold."""
        return [fact.name for fact in (*self.household_facts, *self.person_facts)]

    @property
    def policies(self) -> list[Policy]:
        """Return the policies it answers."""
        return [one.policy for one in self.compiled]

    def create_parameters(
        self, con: duckdb.DuckDBPyConnection, groups: Iterable[tuple[str, tuple[str, ...], str | None]]
    ) -> None:
        """Create the table `parameter` for groups (place, codes of the areas above it, category or None)."""
        held = list(groups)
        columns = {"place": pyarrow.array([place for place, _, _ in held], pyarrow.string())}
        columns["category"] = pyarrow.array([category or "" for _, _, category in held], pyarrow.string())
        for name in self.parameters:
            found = [self.rules.parameters.find(name, areas=a, category=c, on=self.on) for _, a, c in held]
            kind = ARROW_KINDS[self.rules.parameter_types[name].kind]
            columns[name] = pyarrow.array([one.value if one else None for one in found], kind)
        con.register("entered", pyarrow.table(columns))
        con.execute("CREATE OR REPLACE TABLE parameter AS SELECT * FROM entered")
        con.unregister("entered")

    def run(self, con: duckdb.DuckDBPyConnection) -> None:
        """Answer all policies for everybody in the input tables: in columns where 64 bits are enough, else in SQL."""
        try:
            held = self.bulk.run(con) if self.bulk else {}
        except OutOfRangeError:
            held = {}
        if not held:
            for table in ("household_answer", "person_answer"):
                con.unregister(table)
            self.run_sql(con)
        elif self.keep_facts:
            self.household.relation, self.person.relation = held["household_facts"], held["person_facts"]

    @cached_property
    def bulk(self) -> Bulk | None:
        """The program made ready for columns; None if only SQL can answer it."""
        return Bulk(self) if can_answer(self) else None

    def run_sql(self, con: duckdb.DuckDBPyConnection) -> None:
        """Answer the same in SQL alone."""
        for statement in self.statements:
            con.execute(statement)

    def depends_on_the_day(self, compiled: CompiledPolicy) -> bool:
        """Say whether an answer can change by the mere passing of days (周岁, 满月数)."""
        names, found = set(compiled.names), False
        for derivation in reversed(self.derivations):
            if derivation.fact.name in names:
                names |= set(derivation.typed.names)
                found = found or any(type(part.node).__name__ == "Call" for part in derivation.typed.walk())
        return found

    def basis_of(self, compiled: CompiledPolicy) -> tuple[str, list[str]]:
        """
        Return what an answer rests on: what decides, and the names of the facts behind it.

        What passes by itself (年龄 of 周岁(出生日期)) is left out for what it comes from: a birthday is no new fact.
        """
        logic, names = [compiled.logic], set(compiled.names)
        for derivation in reversed(self.derivations):
            if derivation.fact.name in names:
                logic.append(f"{derivation.fact.name}:{derivation.typed.node!r}")
                if isinstance(derivation.typed.node, Call):
                    names = names - {derivation.fact.name} | set(derivation.typed.names)
        return "|".join(logic), sorted(names)

    def _is_derived(self, name: str) -> bool:
        return any(derivation.fact.name == name for derivation in self.derivations)

    def _needed(self) -> list[Derivation]:
        wanted = {name for one in self.compiled for name in one.names}
        kept = []
        for derivation in reversed(self.rules.derivations):
            name = derivation.fact.name
            given = name in self.given and (derivation.fact.subject == "户" or name in self.given_members)
            if name in wanted and not given:
                wanted |= set(derivation.typed.names)
                kept.append(derivation)
        return kept[::-1]

    def _write(self) -> None:
        day, params = self.on.toordinal(), {name for name in self.parameters if name not in self.given}
        self.person = _Table("person", "person", {fact.name for fact in self.person_facts}, day)
        self.obligor = _Table("obligor", "obligor", {fact.name for fact in self.obligor_facts}, day)
        own = {fact.name for fact in self.household_facts} | set(self.given) | params
        own |= {fact.name for fact in self.person_facts} if self.flat else set()
        self.household = _Table("household", "household", own, day)
        self.taken: dict[str, str] = {}
        self._take_in(self.person, self.person_facts)
        self._take_in(self.obligor, self.obligor_facts)
        self._take_in(self.household, [*self.household_facts, *(self.person_facts if self.flat else [])], params)
        self.taking = len(self.statements)
        self._derive_all()
        self._answer_all()

    def _take_in(self, table: _Table, facts: Sequence[Fact], params: Iterable[str] = ()) -> None:
        """Bring decimals to scaled integers, set stated facts beside their derivation and join the parameters."""
        stated = {fact.name for fact in self.stated_facts}
        changed = []
        for fact in facts:
            scale = self.rules.types[fact.name].scale
            column, held = quoted(fact.name), fact.scale
            if fact.kind == "小数":
                changed.append(f"CAST({column} * {10**scale} AS BIGINT) AS {column}")
            elif fact.kind == "金额" and scale > held:
                changed.append(f"{column} * {10 ** (scale - held)} AS {column}")
        swap = f" REPLACE ({', '.join(changed)})" if changed else ""
        renamed = [fact.name for fact in facts if fact.name in stated]
        if renamed:
            keep = ", ".join(quoted(name) for name in renamed)
            as_said = ", ".join(f"{quoted(name)} AS {quoted(_said(name))}" for name in renamed)
            source = f"(SELECT *{swap} FROM {table.relation})"
            select = f"SELECT * EXCLUDE ({keep}), {as_said} FROM {source}"
            table.columns -= set(renamed)
        else:
            select = f"SELECT *{swap} FROM {table.relation}"
        self._view(table, select)
        # Columns look local values up by place, which is quicker than a join and keeps the rows in their order.
        self.taken[table.name] = table.relation
        if table is self.household:
            joined = "".join(f", parameter.{quoted(name)}" for name in params)
            self._view(
                table,
                f"SELECT given.*{joined} FROM {table.relation} given LEFT JOIN parameter "
                "ON parameter.place = given.place AND parameter.category = coalesce(given.category, '')",
            )

    def _view(self, table: _Table, select: str, *, stored: bool = False) -> None:
        name = table.next()
        # What was written is read several times: a view is reckoned again each time, a table once.
        kind = "TABLE" if stored else "VIEW"
        self.statements.append(f"CREATE OR REPLACE TEMP {kind} {name} AS {select}")
        table.relation = name

    def _derive_all(self) -> None:
        waiting = list(self.derivations)
        while waiting:
            ready = [d for d in waiting if self._is_ready(d, waiting)]
            # What is gathered for the household waits for all that can be known of its members: the fewer times their rows
            # are read, the better.
            taken = [d for d in ready if d.fact.subject != "户"] or ready
            waiting = [d for d in waiting if d not in taken]
            self._derive(self.obligor, [d for d in taken if d.fact.subject == "义务人"])
            people = [d for d in taken if d.fact.subject == "人"]
            self._derive(self.person, [d for d in people if d.fact.name not in self.given_members])
            if self.flat:
                self._derive(self.household, [d for d in people if d.fact.name not in self.given])
            self._derive(self.household, [d for d in taken if d.fact.subject == "户"])

    def _is_ready(self, derivation: Derivation, waiting: Sequence[Derivation]) -> bool:
        names = set(derivation.typed.names)
        return not any(other.fact.name in names for other in waiting if other is not derivation)

    def _derive(self, table: _Table, derivations: Sequence[Derivation]) -> None:
        if not derivations:
            return
        if table is self.person:
            self._fetch_from_household({name for d in derivations for name in d.typed.names})
        self._gather(table, [a for d in derivations for a in aggregates_in(d.typed)])
        columns = []
        for derivation in derivations:
            columns += self._columns(derivation.fact.name, without_aggregates(derivation.typed))
            table.columns.add(derivation.fact.name)
        self._view(table, f"SELECT *, {', '.join(columns)} FROM {table.relation}")

    def _columns(self, name: str, typed: Typed) -> list[str]:
        said = quoted(_said(name)) if name in {fact.name for fact in self.stated_facts} else ""
        first = f"{said}, " if said else ""
        wrap = (lambda sql: f"coalesce({first}{sql})") if said else (lambda sql: sql)
        columns = [f"{wrap(self.writer.write(typed))} AS {quoted(name)}"]
        if typed.type.interval:
            hidden = typed.node.name  # type: ignore[attr-defined]
            columns += [f"{wrap(quoted(end(hidden)))} AS {quoted(end(name))}" for end in (least, most)]
        return columns

    def _fetch_from_household(self, names: set[str]) -> None:
        """Give every person the columns of the household that the next facts need."""
        wanted = sorted(name for name in names if name in self.household.columns and name not in self.person.columns)
        if not wanted:
            return
        columns = ", ".join(f"h.{quoted(column)}" for name in wanted for column in self._with_ends(name))
        self._view(
            self.person, f"SELECT p.*, {columns} FROM {self.person.relation} p JOIN {self.household.relation} h USING (subject)"
        )
        self.person.columns |= set(wanted)

    def _fetch_down(self, names: set[str], lower: _Table) -> None:
        """Give the rows that are gathered from what stands above them: a parameter, a fact of the household."""
        self._fetch_from_household(names)
        if lower is self.person:
            return
        wanted = sorted(name for name in names if name in self.person.columns and name not in lower.columns)
        if wanted:
            columns = ", ".join(f"p.{quoted(column)}" for name in wanted for column in self._with_ends(name))
            self._view(
                lower, f"SELECT o.*, {columns} FROM {lower.relation} o JOIN {self.person.relation} p USING (subject, member)"
            )
            lower.columns |= set(wanted)

    def _with_ends(self, name: str) -> list[str]:
        held: Type | None = self.rules.types.get(name)
        return [name, least(name), most(name)] if held and held.interval else [name]

    def _gather(self, table: _Table, aggregates: Sequence[Typed]) -> None:
        """Join the aggregates of a table's lower rows: members to a household, obligors to a person."""
        fresh = {hidden_name(a): a for a in aggregates if hidden_name(a) not in table.columns}
        if not fresh:
            return
        made: dict[str, tuple[str, str]] = {}
        for open_ in (True, False):
            chosen = {name: a for name, a in fresh.items() if self._stays_open(a) is open_}
            columns = {name: pair for a in chosen.values() for name, pair in aggregate_columns(a, self.writer).items()}
            made |= columns
            if chosen and open_:
                self._leave_open(table, columns, chosen)
            elif chosen:
                self._join_lower(table, columns, chosen.values())
        counts = [name for name in fresh if least(name) in made]
        if counts:
            met = (f"CASE WHEN {quoted(least(n))} = {quoted(most(n))} THEN {quoted(least(n))} END AS {quoted(n)}" for n in counts)
            self._view(table, f"SELECT *, {', '.join(met)} FROM {table.relation}")
        table.columns |= {*made, *fresh}

    def _stays_open(self, aggregate: Typed) -> bool:
        """Say whether nobody is known to gather from: a flat file tells no obligors, and perhaps no members."""
        return self.flat and (self.without_members or is_over_obligors(aggregate))

    def _leave_open(self, table: _Table, columns: Iterable[str], aggregates: Mapping[str, Typed]) -> None:
        kinds = {name: aggregate.type for name, aggregate in aggregates.items()}
        nothing = [f"CAST(NULL AS {_kind(kinds, name)}) AS {quoted(name)}" for name in columns]
        self._view(table, f"SELECT *, {', '.join(nothing)} FROM {table.relation}")

    def _join_lower(self, table: _Table, columns: Mapping[str, tuple[str, str]], aggregates: Iterable[Typed]) -> None:
        lower = self.person if table is self.household else self.obligor
        self._fetch_down({name for a in aggregates for name in a.names}, lower)
        keys = "subject" if table is self.household else "subject, member"
        inner = ", ".join(f"{pair[0]} AS {quoted(name)}" for name, pair in columns.items())
        outer = ", ".join(
            f"CASE WHEN g.subject IS NULL THEN {pair[1]} ELSE g.{quoted(name)} END AS {quoted(name)}"
            for name, pair in columns.items()
        )
        family = ""
        if table is self.household and NOT_COUNTED in lower.columns:
            family = f" WHERE NOT coalesce({quoted(NOT_COUNTED)}, FALSE)"
        join = " AND ".join(f"g.{key} = t.{key}" for key in keys.split(", "))
        self._view(
            table,
            f"SELECT t.*, {outer} FROM {table.relation} t LEFT JOIN "
            f"(SELECT {keys}, {inner} FROM {lower.relation}{family} GROUP BY {keys}) g ON {join}",
            stored=True,
        )

    def _answer_all(self) -> None:
        of_household = [one for one in self.compiled if self.flat or one.policy.subject == "户"]
        of_person = [one for one in self.compiled if not self.flat and one.policy.subject == "人"]
        names: dict[Node, str] = {}
        if self.keep_facts:
            self._view(self.household, f"SELECT * FROM {self.household.relation}", stored=True)
        with_clauses = self._clauses_of(self.household, of_household + of_person, names)
        self._answer("household_answer", "subject", with_clauses, of_household, names)
        far = {one.policy.id: [names[c.key] for c in one.clauses if c.key in names] for one in of_person}
        if of_person:
            self._fetch_verdicts(with_clauses, far, {name for one in of_person for part in one.parts() for name in part.names})
        if self.keep_facts:
            self._view(self.person, f"SELECT * FROM {self.person.relation}", stored=True)
        with_clauses = self._clauses_of(self.person, of_person, names)
        self._answer("person_answer", "subject, member", with_clauses, of_person, names, far)

    def _clauses_of(self, table: _Table, compiled: Sequence[CompiledPolicy], names: dict[Node, str]) -> str:
        """Return a view with one column more for each distinct condition that this table alone can answer."""
        columns = []
        for one in compiled:
            for clause in one.clauses:
                if clause.key not in names and set(clause.typed.names) <= table.columns:
                    names[clause.key] = f"·c{len(names)}"
                    columns.append(f"{self.writer.write(clause.typed)} AS {quoted(names[clause.key])}")
        if not columns:
            return table.relation
        name = table.next()
        self.statements.append(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT *, {', '.join(columns)} FROM {table.relation}")
        return name

    def _fetch_verdicts(self, with_clauses: str, far: Mapping[str, Sequence[str]], names: set[str]) -> None:
        """Give every person what the household answers of their policies, one column a policy, and the facts they need."""
        wanted = sorted(name for name in names if name in self.household.columns and name not in self.person.columns)
        columns = [f"h.{quoted(column)}" for name in wanted for column in self._with_ends(name)]
        columns += [f"({_all_of(held, 'h')}) AS {quoted(_far(policy))}" for policy, held in far.items() if held]
        if columns:
            self._view(
                self.person,
                f"SELECT p.*, {', '.join(columns)} FROM {self.person.relation} p JOIN {with_clauses} h USING (subject)",
            )
        self.person.columns |= set(wanted)

    def _answer(
        self,
        name: str,
        keys: str,
        relation: str,
        compiled: Sequence[CompiledPolicy],
        names: Mapping[Node, str],
        far: Mapping[str, Sequence[str]] = {},
    ) -> None:
        """Write an answer table: each policy the AND of its conditions; `far` are those its household has answered already."""
        verdicts = []
        for one in compiled:
            held = far.get(one.policy.id, ())
            near = [names[clause.key] for clause in one.clauses if names[clause.key] not in held]
            columns = [*([_far(one.policy.id)] if held else []), *near]
            verdicts.append(f"({_all_of(columns)}) AS {quoted('v_' + one.policy.id)}")
        amounts = [f"{self._amount(one)} AS {quoted('a_' + one.policy.id)}" for one in compiled]
        columns = [quoted(f"v_{one.policy.id}") for one in compiled] + [quoted(f"a_{one.policy.id}") for one in compiled]
        with_amounts = f"SELECT *, {', '.join(amounts)} FROM (SELECT *, {', '.join(verdicts)} FROM {relation})"
        if not compiled:
            self.statements.append(f"CREATE OR REPLACE TABLE {name} AS SELECT {keys} FROM {relation}")
            return
        if self.with_missing:
            columns += [f"{self._missing(one)} AS {quoted('m_' + one.policy.id)}" for one in compiled]
        self.statements.append(f"CREATE OR REPLACE TABLE {name} AS SELECT {keys}, {', '.join(columns)} FROM ({with_amounts})")

    def _amount(self, one: CompiledPolicy) -> str:
        if not one.tiers:
            return "CAST(NULL AS BIGINT)"
        cases = []
        for share in one.tiers:
            amount = self.writer.amount(share, one.policy)
            if share.when is None:
                cases.append(f"WHEN TRUE THEN {amount}")
                break
            when = self.writer.write(share.when)
            cases.append(f"WHEN {when} THEN {amount} WHEN {when} IS NULL THEN NULL")
        return f"CASE WHEN {quoted('v_' + one.policy.id)} THEN CASE {' '.join(cases)} END END"

    def _missing(self, one: CompiledPolicy) -> str:
        """Name, joined by |, what is missing: for the verdict if it is unknown, for the amount if that is."""
        verdict, amount = quoted(f"v_{one.policy.id}"), quoted(f"a_{one.policy.id}")
        open_: dict[str, str] = {}
        for clause in one.clauses:
            for name, condition in self.writer.missing(clause.typed).items():
                open_[name] = f"({open_[name]} OR {condition})" if name in open_ else condition
        cases = [f"WHEN {verdict} IS NULL THEN {_joined(open_, one.names)}"]
        earlier = f"{verdict} AND {amount} IS NULL"
        for share in one.tiers:
            unknown = {name: f"{quoted(name)} IS NULL" for part in (share.top, share.bottom) if part for name in part.names}
            if share.when is None:
                cases.append(f"WHEN {earlier} THEN {_joined(unknown, one.names)}")
                break
            when = self.writer.write(share.when)
            cases.append(f"WHEN {earlier} AND {when} THEN {_joined(unknown, one.names)}")
            cases.append(f"WHEN {earlier} AND {when} IS NULL THEN {_joined(self.writer.missing(share.when), one.names)}")
        return f"CASE {' '.join(cases)} ELSE '' END"


def _kind(kinds: dict[str, Type], name: str) -> str:
    held = kinds.get(name)
    return _KINDS_OF_TYPES[held.kind] if held else "BIGINT"


def _far(policy: str) -> str:
    return f"·h_{policy}"


def _all_of(columns: Sequence[str], table: str = "") -> str:
    return " AND ".join(f"{table}.{quoted(column)}" if table else quoted(column) for column in columns)


def _said(name: str) -> str:
    return f"{name}·说"


def _joined(conditions: dict[str, str], order: Sequence[str]) -> str:
    named = [f"CASE WHEN {conditions[name]} THEN {text(name)} END" for name in order if name in conditions]
    return f"concat_ws('|', {', '.join(named)})" if named else "''"


def program(rules: Rules, *, on: date, areas: Sequence[str] = (), only: Iterable[str] | None = None) -> Program:
    """Return the program of the policies in force on a day for a place (of those named in `only`, if given)."""
    chosen = rules.compiled_in_force(on, areas)
    if only is not None:
        wanted = set(only)
        chosen = [one for one in chosen if one.policy.id in wanted]
    return Program(rules, on, chosen)
