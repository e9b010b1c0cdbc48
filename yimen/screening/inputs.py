"""
From a snapshot to the input tables of a program: statements become columns, one current value a fact (见 evidence.current).

The same rule as for one person: the most trusted source whose statement is valid on the day; among its statements the
newest; of two about one day the one recorded last. Registry and standings supply their own facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from yimen.policies.model import Fact
from yimen.policies.queries import NOT_COUNTED, Program, quoted
from yimen.registry.models import HOUSEHOLD_STANDINGS, STANDINGS
from yimen.screening.registered import REGISTRY, STANDING
from yimen.screening.snapshot import Snapshot, reading

# A rank is the age in days, then in seconds how long ago it was recorded, then the first three hexadecimal digits of the
# statement's key: 18, 31 and 12 bits. The smallest counts.
_AGE = "(200000 - date_diff('day', DATE '1600-01-01', stated_on))"
_FIRST_DIGITS = "('0x' || substr(statement, 1, 3))::BIGINT"
_SECONDS_FROM, _SECONDS = 1_577_836_800, 1 << 31
_DAY = _SECONDS << 12
_RANK = f"{_AGE} * {_DAY} + ({_SECONDS} - 1 - greatest(recorded - {_SECONDS_FROM}, 0)) * 4096 + {_FIRST_DIGITS}"
_CASTS = {
    "金额": "CAST(CAST({0} AS DECIMAL(18,2)) * 100 AS BIGINT)",
    "整数": "CAST({0} AS BIGINT)",
    "小数": "CAST({0} AS DECIMAL(18,4))",
    "是否": "CAST({0} AS BOOLEAN)",
    "日期": "CAST({0} AS DATE)",
    "选项": "{0}",
    "文字": "{0}",
}


@dataclass(frozen=True)
class Choice:
    """
    Which households of a snapshot are taken: below an area path, inside one place and outside others (whose rules differ),
    in one slice of several, or only those touched. `deep` is the longest area code for which parameters are entered.
    """

    path: str = ""
    inside: str = ""
    outside: Sequence[str] = ()
    deep: int = 12
    slice: int = 0
    slices: int = 1
    touched: Sequence[str] | None = None


def take_in(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, program: Program, choice: Choice) -> None:
    """Create person, household, obligor, receipt and member_key in the connection for the chosen households."""
    _people(con, snapshot, choice)
    _members_keys(con)
    con.execute(f"""CREATE OR REPLACE TEMP TABLE owing AS
        SELECT l.subject, l.member, o.obligor FROM {reading(snapshot, "obligors")} o JOIN lived l ON l.member = o.person""")
    _statements(con, snapshot)
    _standings(con, snapshot)
    sources = [row[0] for row in con.execute("SELECT DISTINCT source FROM statement").fetchall()]
    makers = {
        "person": _Maker("person", program.person_facts, sources, {}),
        "household": _Maker("household", program.household_facts, sources, _HOUSEHOLD),
        "obligor": _Maker("obligor", program.obligor_facts, sources, {}),
    }
    makers["person"].own = _of_person(makers["person"].says(NOT_COUNTED))
    for maker in makers.values():
        maker.gather(con, program.on)
    con.execute(
        f"CREATE OR REPLACE TABLE person AS SELECT p.subject, p.member{makers['person'].columns()} "
        f"FROM someone p LEFT JOIN standing_of s ON s.person = p.member {makers['person'].joins('p.member')}"
    )
    if NOT_COUNTED in {fact.name for fact in program.person_facts}:
        _count_families(con)
    con.execute(
        "CREATE OR REPLACE TABLE household AS SELECT h.subject, h.place, h.category"
        f"{makers['household'].columns()} FROM home h LEFT JOIN standing_at s ON s.household = h.subject "
        f"{makers['household'].joins('h.subject')}"
    )
    # Somebody could not be taken from the roster: a member of whom nothing is known, so that every sum stays open.
    con.execute('INSERT INTO person (subject, "·过期", "·不符") SELECT subject, FALSE, FALSE FROM home WHERE incomplete')
    # A household's answer rests on its members' facts too, so a doubt about any of them is looked at for all.
    con.execute("""CREATE OR REPLACE TEMP TABLE doubt AS
        SELECT subject, bool_or("·过期") AS expired, bool_or("·不符") AS contradicted
        FROM (SELECT subject, "·过期", "·不符" FROM person UNION ALL SELECT subject, "·过期", "·不符" FROM household)
        GROUP BY subject HAVING bool_or("·过期" OR "·不符")""")
    con.execute(
        f"CREATE OR REPLACE TABLE obligor AS SELECT o.subject, o.member, o.obligor{makers['obligor'].columns()} "
        f"FROM owing o {makers['obligor'].joins('o.obligor')}"
    )


def _kind(fact: Fact) -> str:
    return {"金额": "BIGINT", "整数": "BIGINT", "小数": "DECIMAL(18,4)", "是否": "BOOLEAN", "日期": "DATE"}.get(
        fact.kind, "VARCHAR"
    )


_PERSON: Mapping[str, str] = {
    "出生日期": "p.born_on",
    "性别": "p.sex",
    "户籍在本县": "p.registered_here",
    "与户主关系": "p.relation",
    "已死亡": "p.dead",
}
_HOUSEHOLD: Mapping[str, str] = {
    "家庭人口": "h.members",
    "保障类别": "h.category",
    **{name: f"coalesce(list_contains(s.kinds, '{kind}'), FALSE)" for kind, name in HOUSEHOLD_STANDINGS.items()},
}


def _of_person(not_counted: str) -> Mapping[str, str]:
    """Return what the registry says of a person; the household's standings are those of its family only."""
    family = f"NOT coalesce({not_counted}, FALSE) AND"
    standings = {
        name: f"(coalesce(list_contains(s.kinds, '{kind}'), FALSE) "
        f"OR {family} coalesce(list_contains(p.home_kinds, '{kind}'), FALSE))"
        for kind, name in STANDINGS.items()
    }
    return {**_PERSON, **standings}


def _count_families(con: duckdb.DuckDBPyConnection) -> None:
    """Leave out of each family, and of its registered number, who is said not to be counted."""
    con.execute(f"UPDATE lived SET counted = FALSE FROM person p WHERE p.member = lived.member AND p.{quoted(NOT_COUNTED)}")
    con.execute("""UPDATE home SET members = f.members FROM (
        SELECT subject, count(*) FILTER (counted) AS members FROM lived GROUP BY subject HAVING NOT bool_and(counted)) f
        WHERE f.subject = home.subject AND home.members IS NOT NULL""")


def _people(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, choice: Choice) -> None:
    """Make `someone` (a row a person) and `home` (a row a household); a dead person stands as a household of its own."""
    on = snapshot.on.isoformat()
    conditions = [f"starts_with(area_path, '{choice.path}')"] if choice.path else []
    if choice.inside:
        conditions.append(f"contains('.' || area_path, '.{choice.inside}.')")
    conditions += [f"NOT contains('.' || area_path, '.{code}.')" for code in choice.outside]
    if choice.slices > 1:
        conditions.append(f"hash(household) % {choice.slices} = {choice.slice}")
    if choice.touched is not None:
        con.execute("CREATE OR REPLACE TEMP TABLE touched (household VARCHAR)")
        if choice.touched:
            con.execute("INSERT INTO touched SELECT unnest(?)", [list(choice.touched)])
        conditions.append("household IN (SELECT household FROM touched)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    con.execute(f"""CREATE OR REPLACE TABLE lived AS
        SELECT CASE WHEN living = 1 THEN household ELSE person END AS subject, household, person AS member,
               CAST(born_on AS DATE) AS born_on, sex, CAST(died_on AS DATE) AS died_on,
               CAST(registered_here AS BOOLEAN) AS registered_here, relation, area_path,
               CAST(told_on AS DATE) AS told_on, living = 1 AS living,
               TRUE AS counted, coalesce(CAST(died_on AS DATE) <= DATE '{on}', FALSE) AS dead
        FROM {reading(snapshot, "people")} {where}""")
    con.execute(f"""CREATE OR REPLACE TABLE home AS
        SELECT l.subject, any_value(l.household) AS household,
               bool_and(l.living) AND any_value(h.missing_members) > 0 AS incomplete,
               CASE WHEN NOT incomplete THEN count(*) END AS members, any_value(h.category) AS category,
               any_value(h.area_path) AS area_path, CAST(any_value(h.told_on) AS DATE) AS told_on,
               array_to_string(list_filter(string_split(any_value(h.area_path), '.'),
                               lambda code: length(code) BETWEEN 1 AND {choice.deep}), '.') AS place, bool_and(l.living) AS living
        FROM lived l JOIN {reading(snapshot, "households")} h ON h.household = l.household GROUP BY l.subject""")


def _members_keys(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""CREATE OR REPLACE TEMP TABLE member_key AS
        SELECT subject, md5(string_agg(member, '|' ORDER BY member)) AS key FROM lived WHERE living GROUP BY subject""")


def _standings(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    con.execute(f"""CREATE OR REPLACE TEMP TABLE standing AS
        SELECT person, household, kind, CAST(starts_on AS DATE) AS starts_on, CAST(next_review_on AS DATE) AS next_review_on,
               CAST(ends_on AS DATE) AS ends_on
        FROM {reading(snapshot, "standings")}""")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE standing_of AS SELECT person, list(kind) AS kinds FROM standing "
        "WHERE person IS NOT NULL GROUP BY person"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE standing_at AS SELECT household, list(kind) AS kinds FROM standing "
        "WHERE household IS NOT NULL GROUP BY household"
    )
    con.execute("""CREATE OR REPLACE TEMP TABLE someone AS
        SELECT l.*, a.kinds AS home_kinds FROM lived l LEFT JOIN standing_at a ON a.household = l.household""")


def _statements(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Make `statement`: those about the chosen people and whoever owes them support, and those about their households made for
    the present members.
    """
    con.execute(f"""CREATE OR REPLACE TEMP TABLE statement AS
        SELECT s.statement, s.person, s.household, s.obligor, s.source, CAST(s.stated_on AS DATE) AS stated_on,
               CAST(s.valid_until AS DATE) AS valid_until, s.facts,
               CAST(epoch(CAST(date_trunc('second', CAST(s.recorded_at AS TIMESTAMP)) AS TIMESTAMP)) AS BIGINT) AS recorded
        FROM {reading(snapshot, "statements")} s
        LEFT JOIN member_key k ON k.subject = s.household
        WHERE s.person IN (SELECT member FROM lived) OR k.key = s.members_key OR s.obligor IN (SELECT obligor FROM owing)""")


class _Maker:
    """Gathers the current values of the facts of one kind of subject, source by source."""

    def __init__(self, key: str, facts: Sequence[Fact], sources: Sequence[str], own: Mapping[str, str]) -> None:
        self.key, self.facts, self.own = key, facts, own
        self.by_source: dict[str, list[Fact]] = {}
        for source in sources:
            said = [fact for fact in facts if source in fact.sources and source not in (REGISTRY, STANDING)]
            if said:
                self.by_source[source] = said

    def gather(self, con: duckdb.DuckDBPyConnection, on: date) -> None:
        """Make one temporary table for each source: subject, value of each fact, and whether one has expired."""
        for number, (source, facts) in enumerate(self.by_source.items()):
            shape = ", ".join(f'"{fact.name}": "VARCHAR"' for fact in facts)
            columns = ", ".join(self._column(fact, on) for fact in facts)
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE {self._relation(number)} AS SELECT {self.key} AS subject, {columns}, "
                f"bool_or({' OR '.join(self._expired(fact, on) for fact in facts)}) AS expired "
                f"FROM (SELECT *, from_json(facts, '{{{shape}}}') AS f, {_RANK} AS rank FROM statement "
                f"WHERE source = '{source}' AND {self.key} IS NOT NULL) GROUP BY {self.key}"
            )

    def _relation(self, number: int) -> str:
        return f"said_{self.key}_{number}"

    def _valid(self, fact: Fact, on: date) -> str:
        ends = ["(valid_until IS NULL OR valid_until >= DATE '{0}')"]
        if fact.validity.months:
            ends.append(f"stated_on + INTERVAL {fact.validity.months} MONTH >= DATE '{{0}}'")
        if fact.validity.days:
            ends.append(f"stated_on + INTERVAL {fact.validity.days} DAY >= DATE '{{0}}'")
        return " AND ".join(ends).format(on.isoformat())

    def _column(self, fact: Fact, on: date) -> str:
        value = f'f."{fact.name}"'
        chosen = f"arg_min({value}, rank) FILTER (WHERE {value} IS NOT NULL AND {self._valid(fact, on)})"
        days = f"min(rank) FILTER (WHERE {value} IS NOT NULL AND {self._valid(fact, on)})"
        column = f'{_CASTS[fact.kind].format(chosen)} AS "{fact.name}"'
        return f'{column}, {days} AS "{fact.name}·序"' if self._is_contested(fact) else column

    def _is_contested(self, fact: Fact) -> bool:
        return sum(fact in facts for facts in self.by_source.values()) + (fact.name in self.own) > 1

    def _expired(self, fact: Fact, on: date) -> str:
        return f'(f."{fact.name}" IS NOT NULL AND NOT ({self._valid(fact, on)}))'

    def columns(self) -> str:
        """Return the columns of the input table: each fact by trust, and whether any is expired or contradicted."""
        written = [f'{self._by_trust(fact)} AS "{fact.name}"' for fact in self.facts]
        numbers = range(len(self.by_source))
        expired = " OR ".join(f"coalesce(x{number}.expired, FALSE)" for number in numbers) or "FALSE"
        contested = [self._contradicted(fact) for fact in self.facts if self._is_contested(fact)]
        written.append(f'({expired}) AS "·过期"')
        written.append(f'({" OR ".join(contested) or "FALSE"}) AS "·不符"')
        return ", " + ", ".join(written)

    def _by_trust(self, fact: Fact) -> str:
        values = []
        names = list(self.by_source)
        for source in fact.sources:
            if source in (REGISTRY, STANDING) and fact.name in self.own:
                values.append(self.own[fact.name])
            elif source in names and fact in self.by_source[source]:
                values.append(f'x{names.index(source)}."{fact.name}"')
        return f"coalesce({', '.join(values)})" if values else f"CAST(NULL AS {_kind(fact)})"

    def says(self, name: str) -> str:
        """Return the SQL of one fact's current value."""
        return next((self._by_trust(fact) for fact in self.facts if fact.name == name), "NULL")

    def _contradicted(self, fact: Fact) -> str:
        """True where a newer valid statement of a less trusted source says otherwise; the registry's own word has no date."""
        names = list(self.by_source)
        heard: list[tuple[str, str]] = []
        for source in fact.sources:
            if source in (REGISTRY, STANDING) and fact.name in self.own:
                heard.append((self.own[fact.name], ""))
            elif source in names and fact in self.by_source[source]:
                place = names.index(source)
                heard.append((f'x{place}."{fact.name}"', f'x{place}."{fact.name}·序"'))
        cases = []
        for number, (mine, rank) in enumerate(heard):
            others = [
                f"({value} <> {mine}{f' AND {newer} // {_DAY} < {rank} // {_DAY}' if rank else ''})"
                for value, newer in heard[number + 1 :]
                if newer
            ]
            differs = f"coalesce({' OR '.join(others)}, FALSE)" if others else "FALSE"
            cases.append(f"WHEN {mine} IS NOT NULL THEN {differs}")
        return f"(CASE {' '.join(cases)} ELSE FALSE END)"

    def joins(self, key: str) -> str:
        """Return the joins that bring the sources' values beside the subjects."""
        return " ".join(f"LEFT JOIN {self._relation(n)} x{n} ON x{n}.subject = {key}" for n in range(len(self.by_source)))
