"""
The kernel (筛查内核): for the chosen households of a snapshot, who is missed, wrongly aided, to be rechecked, or soon entitled.

Verdicts come from the rules' own program; here they are compared with what people receive. Nothing is decided: a candidate
becomes a finding, and a finding opens work.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from yimen.policies.queries import CompiledPolicy, Program, Rules, quoted, relations_between, text
from yimen.screening.conflicts import find_conflicts
from yimen.screening.inputs import Choice, take_in
from yimen.screening.snapshot import Snapshot, reading

SOON_DAYS = 90


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One thing noticed: kind, policy, household and, if it is about a person, the person; keys without hyphens.

    `facts_hash` changes with anything it shows, also the wording and the age; `basis_hash` only with the facts it rests on, with
    what decides, and with the amount.
    """

    kind: str
    policy: str
    household: str
    person: str | None
    amount_fen: int | None
    facts_hash: str
    basis_hash: str
    area_path: str
    why: str


@dataclass(frozen=True)
class Screened:
    """What one pass over some households found, and how many they were."""

    people: int
    households: int
    policies: int
    candidates: list[Candidate]


def screen(
    con: duckdb.DuckDBPyConnection, snapshot: Snapshot, rules: Rules, *, on: date, areas: Sequence[str], choice: Choice
) -> Screened:
    """Screen the chosen households of a snapshot by the rules in force on a day for a place."""
    chosen = rules.compiled_in_force(on, areas)
    program = Program(rules, on, chosen, keep_facts=True)
    take_in(con, snapshot, program, choice)
    people, households = (con.sql(f"SELECT count(*) FROM {table} WHERE living").fetchall()[0][0] for table in ("lived", "home"))
    _parameters(con, program)
    _receipts(con, snapshot)
    program.run(con)
    con.execute(
        "CREATE OR REPLACE TABLE candidate (kind VARCHAR, policy VARCHAR, household VARCHAR, person VARCHAR, "
        "amount_fen BIGINT, facts_hash VARCHAR, basis_hash VARCHAR, area_path VARCHAR, why VARCHAR)"
    )
    relations = relations_between([one.policy for one in chosen])
    find_conflicts(con, relations)
    met, received = _met(con, chosen), {row[0] for row in con.execute("SELECT DISTINCT policy FROM receipt").fetchall()}
    for one in chosen:
        comparison = _Comparison(one, program, relations, on)
        if one.policy.id in met:
            comparison.missed(con, "missed", f"a.{comparison.verdict}")
        if one.policy.id in received:
            comparison.received(con)
    _soon(con, rules, program, chosen, relations)
    rows = con.sql("SELECT * FROM candidate").fetchall()
    return Screened(people, households, len(chosen), [Candidate(*row) for row in rows])


def _parameters(con: duckdb.DuckDBPyConnection, program: Program) -> None:
    groups = con.sql("SELECT DISTINCT place, category FROM home").fetchall()
    program.create_parameters(con, [(place, tuple(place.split(".")), category) for place, category in groups])


def _receipts(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """
    Make `receipt`: what is received or stands decided, by policy and subject, with the decision's day and next review.

    Several rows of one subject and policy (a standing and its grant) become one: decided last, reviewed first.
    What a decision has given its last day (渐退) `is_ending`: nobody is asked to end it again. Beside it `given_once`: what was
    given once, and when last.
    """
    con.execute(f"""CREATE OR REPLACE TABLE given_once AS
        SELECT policy, person, household, max(CAST(given_on AS DATE)) AS given_on FROM {reading(snapshot, "once")}
        WHERE person IN (SELECT member FROM lived) OR household IN (SELECT household FROM home) GROUP BY ALL""")
    con.execute(f"""CREATE OR REPLACE TABLE receipt AS
        WITH every AS (
            SELECT policy, person, household, amount_fen, CAST(starts_on AS DATE) AS starts_on,
                   CAST(next_review_on AS DATE) AS next_review_on, CAST(ends_on AS DATE) AS ends_on
            FROM {reading(snapshot, "grants")}
            UNION ALL SELECT kind, person, household, NULL, starts_on, next_review_on, ends_on FROM standing)
        SELECT policy, person, household, max(amount_fen) AS amount_fen, max(starts_on) AS decided_on,
               min(next_review_on) AS next_review_on, bool_and(ends_on IS NOT NULL) AS is_ending
        FROM every WHERE person IN (SELECT member FROM lived) OR household IN (SELECT household FROM home)
        GROUP BY ALL""")


def _met(con: duckdb.DuckDBPyConnection, chosen: Sequence[CompiledPolicy]) -> set[str]:
    """Return the policies that anybody meets: the others, most of them when few households are looked at, need no comparison."""
    met: set[str] = set()
    for table, subject in (("household_answer", "户"), ("person_answer", "人")):
        policies = [one.policy.id for one in chosen if one.policy.subject == subject]
        verdicts = ", ".join(f"bool_or({quoted(f'v_{policy}')})" for policy in policies)
        anybody = con.execute(f"SELECT {verdicts} FROM {table}").fetchall()[0] if policies else ()
        met |= {policy for policy, verdict in zip(policies, anybody, strict=True) if verdict}
    return met


class _Comparison:
    """Compares one policy's verdicts with who receives it."""

    def __init__(
        self, one: CompiledPolicy, program: Program, relations: Mapping[str, Sequence[tuple[str, str]]], on: date
    ) -> None:
        self.policy, self.on = one.policy, on
        self.relations = relations.get(one.policy.id, ())
        self.of_household = one.policy.subject == "户"
        self.answer = "household_answer" if self.of_household else "person_answer"
        self.verdict, self.amount = quoted(f"v_{one.policy.id}"), quoted(f"a_{one.policy.id}")
        self.facts = program.household.relation if self.of_household else program.person.relation
        self.hash = _hash(one.policy.hash, one.names)
        logic, names = program.basis_of(one)
        self.basis = _hash(f"{hashlib.md5(logic.encode(), usedforsecurity=False).hexdigest()}", names, f"a.{self.amount}")

    def received(self, con: duckdb.DuckDBPyConnection) -> None:
        """Add those who receive it wrongly, and those to be rechecked."""
        same = f"r.policy = {text(self.policy.id)} AND {self._same('r')}"
        held = (
            f"{self._from()} LEFT JOIN doubt d ON d.subject = a.subject JOIN receipt r ON {same} AND NOT r.is_ending "
            f"LEFT JOIN conflict c ON c.policy = r.policy AND {self._same('c')}"
        )
        overdue = f"coalesce(r.next_review_on < DATE '{self.on.isoformat()}', FALSE)"
        expired, contradicted = ("coalesce(d.expired, FALSE)", "coalesce(d.contradicted, FALSE)")
        con.execute(
            f"INSERT INTO candidate SELECT 'wrong', {self._columns()}, CASE WHEN {overdue} THEN 'overdue' ELSE '' END || "
            f"coalesce(' excluded:' || c.excluded, '') "
            f"{held} WHERE (NOT a.{self.verdict} OR c.excluded IS NOT NULL) AND (h.living OR {not self.of_household})"
        )
        con.execute(
            f"INSERT INTO candidate SELECT 'recheck', {self._columns()}, CASE WHEN {overdue} THEN 'overdue' ELSE '' END || "
            f"CASE WHEN {contradicted} THEN 'contradicted' ELSE '' END || CASE WHEN {expired} THEN 'expired' ELSE '' END || "
            f"coalesce(' beside:' || c.beside, '') {held} WHERE h.living AND c.excluded IS NULL AND (c.beside IS NOT NULL OR "
            f"a.{self.verdict} IS DISTINCT FROM FALSE AND "
            f"({overdue} OR {contradicted} OR (a.{self.verdict} IS NULL AND {expired})))"
        )

    def missed(self, con: duckdb.DuckDBPyConnection, kind: str, condition: str) -> None:
        """Add those entitled who receive nothing of it, and whom nothing they receive excludes."""
        con.execute(
            f"INSERT INTO candidate SELECT '{kind}', {self._columns()}, '' {self._from()} "
            f"WHERE {condition} AND h.living AND {self._payable()}"
        )

    def _from(self) -> str:
        keys = "f.subject = a.subject" + ("" if self.of_household else " AND f.member = a.member")
        return f"FROM {self.answer} a JOIN {self.facts} f ON {keys} JOIN home h ON h.subject = a.subject"

    def _columns(self) -> str:
        person = "NULL" if self.of_household else "a.member"
        return f"{text(self.policy.id)}, h.household, {person}, a.{self.amount}, {self.hash}, {self.basis}, h.area_path"

    def _same(self, row: str) -> str:
        return f"{row}.household = a.subject" if self.of_household else f"{row}.person = a.member"

    def _payable(self) -> str:
        """Nothing of the same, nothing that excludes, everything it needs, and more than what it is weighed against."""
        barred = {self.policy.id} | self._others("互斥", "择一")
        conditions = [f"NOT {self._receives(barred)}"]
        conditions += [self._receives({needed}) for needed in sorted(self._others("前置"))]
        weighed = self._others("补差", "择高")
        if weighed:
            # A person is weighed against his share of what the household receives, as in `Explainer.household`.
            share = "CASE WHEN r.household = a.subject AND h.members IS DISTINCT FROM 0 THEN h.members ELSE 1 END"
            shares = "1" if self.of_household else share
            more = f"AND coalesce(r.amount_fen >= a.{self.amount} * {shares}, TRUE)"
            conditions.append(f"NOT {self._receives(weighed, more)}")
        return " AND ".join(conditions)

    def _others(self, *kinds: str) -> set[str]:
        return {other for kind, other in self.relations if kind in kinds}

    def _receives(self, policies: set[str], more: str = "") -> str:
        """Say in SQL whether the subject receives one of these: a person's own or the household's, or every member's."""
        names = ", ".join(text(policy) for policy in sorted(policies))
        own = f"a.subject IN (SELECT r.household FROM receipt r WHERE r.policy IN ({names}) AND r.household IS NOT NULL"
        if more:
            whose = "r.household = a.subject" if self.of_household else "(r.person = a.member OR r.household = a.subject)"
            return f"EXISTS (SELECT 1 FROM receipt r WHERE r.policy IN ({names}) AND {whose} {more})"
        if self.of_household:
            all_members = (
                "SELECT l.subject FROM lived l LEFT JOIN (SELECT DISTINCT person FROM receipt r WHERE "
                f"r.policy IN ({names}) AND r.person IS NOT NULL) r ON r.person = l.member "
                "WHERE l.counted GROUP BY l.subject HAVING count(r.person) = count(*)"
            )
            return f"({own}) OR a.subject IN ({all_members}))"
        return f"({own}) OR a.member IN (SELECT r.person FROM receipt r WHERE r.policy IN ({names}) AND r.person IS NOT NULL))"


def _hash(rule: str, names: Sequence[str], *more: str) -> str:
    """Return the SQL of one hash of a rule and the values of these facts of `f`."""
    values = [f"f.{quoted(name)}" for name in names] + list(more)
    said = ", ".join(f"coalesce(CAST({value} AS VARCHAR), '?')" for value in values)
    return f"md5(concat_ws('|', '{rule}', {said}))"


def _soon(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    program: Program,
    chosen: Sequence[CompiledPolicy],
    relations: Mapping[str, Sequence[tuple[str, str]]],
) -> None:
    """
    Add those whom only their age keeps from a benefit for at most 90 more days: FALSE today, TRUE then.

    The same facts are reckoned on the later day; the day itself is found one by one for those few.
    """
    aging = [one for one in chosen if program.depends_on_the_day(one)]
    if not aging:
        return
    for table in ("household_answer", "person_answer"):
        con.execute(f"CREATE OR REPLACE TABLE {table}_today AS SELECT * FROM {table}")
    later = Program(rules, program.on + timedelta(days=SOON_DAYS), aging, keep_facts=True)
    missing = [fact for fact in later.inputs if fact not in program.inputs]
    assert not missing  # noqa: S101  (the policies are a part of those screened today)
    groups = con.sql("SELECT DISTINCT place, category FROM home").fetchall()
    later.create_parameters(con, [(place, tuple(place.split(".")), category) for place, category in groups])
    later.run(con)
    met = _met(con, aging)
    for one in aging:
        if one.policy.id not in met:
            continue
        comparison = _Comparison(one, later, relations, program.on)
        keys = "t.subject = a.subject" + ("" if comparison.of_household else " AND t.member = a.member")
        today = f"EXISTS (SELECT 1 FROM {comparison.answer}_today t WHERE {keys} AND NOT t.{comparison.verdict})"
        comparison.missed(con, "soon", f"a.{comparison.verdict} AND {today}")
