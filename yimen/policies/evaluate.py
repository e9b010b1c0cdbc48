"""
Evaluating a table of subjects (批量核算) by closures or by DuckDB: two engines, one answer.

Values are read as people write them (yuan, ISO days, true/false) whatever the file's own types, and every value outside its
range is refused with its row and column before anything is reckoned.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from yimen.policies.answers import Explainer, Situation
from yimen.policies.compiled import CompiledPolicy
from yimen.policies.folder import Rules
from yimen.policies.known import NotAFact, Where, inner_value
from yimen.policies.numbers import MONEY_SCALE, from_scaled
from yimen.policies.program import Program
from yimen.policies.sql import quoted

Engine = Literal["closures", "duckdb"]
Result = tuple[str, str, str, str, str | None, str]
DELIMITERS = (",", ";", "\t", "|")
COLUMNS = ("subject", "policy", "version", "verdict", "amount", "missing")


def evaluate(rules: Rules, facts: Path, members: Path | None, out: Path, *, where: Where, engine: Engine) -> int:
    """
    Answer every policy for every subject of a file and write subject, policy, version, verdict, amount, missing.

    Returns the number of rows written. Raises NotAFact, with the row of the file and the column, for a value that cannot be.
    """
    table = _read(facts, rules, ("subject",))
    people = _read(members, rules, ("subject", "member")) if members else None
    compiled = rules.compiled_in_force(where.on, where.areas)
    reckon = _by_closures if engine == "closures" else _by_duckdb
    rows = list(reckon(rules, table, people, where, compiled))
    columns = {name: pyarrow.array([row[i] for row in rows], pyarrow.string()) for i, name in enumerate(COLUMNS)}
    result = pyarrow.table(columns)
    if out.suffix == ".parquet":
        parquet.write_table(result, out)
    else:
        arrow_csv.write_csv(result, out)
    return len(rows)


def _read(path: Path, rules: Rules, keys: Sequence[str]) -> dict[str, list[Any]]:
    """Read a Parquet or CSV file as columns of inner values; keys stay text."""
    if path.suffix == ".json":
        raise NotAFact(f"{path.name} 是 JSON：批量核算读 Parquet 或 CSV；一户的 JSON 请用 yimen explain --facts。")
    reader = "read_parquet(?)" if path.suffix == ".parquet" else "read_csv(?, all_varchar=true, header=true)"
    with duckdb.connect() as con:
        try:
            held = con.sql(f"SELECT COLUMNS(*)::VARCHAR FROM {reader}", params=[str(path)]).to_arrow_table()
        except duckdb.Error as problem:
            raise NotAFact(f"读不了 {path.name}：{_why_unreadable(path, problem)}") from None
    for key in keys:
        if key not in held.column_names:
            raise NotAFact(f"{path.name} 里没有“{key}”这一列。")
    rows = list(zip(*(held[key].to_pylist() for key in keys), strict=True))
    first: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows):
        if None in row:
            raise NotAFact(f"{path.name} 第 {_row_of(path, number)} 行的“{keys[row.index(None)]}”是空的。")
        if first.setdefault(row, number) != number:
            both = f"第 {_row_of(path, first[row])} 行和第 {_row_of(path, number)} 行"
            raise NotAFact(f"{path.name} {both}的 {'、'.join(keys)} 相同，请删去一行。")
    return {
        name: held[name].to_pylist() if name in keys else _column(rules, name, held[name].to_pylist(), path)
        for name in held.column_names
    }


def _row_of(path: Path, number: int) -> int:
    """
    Return which row of a file somebody sees who opens it, from the number of a row of data (from 0).

    A Parquet file has no row of headings; in a CSV the headings, what stands above them and empty rows have numbers too.
    """
    if path.suffix == ".parquet":
        return number + 1
    for mark in DELIMITERS:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = ((place, row) for place, row in enumerate(csv.reader(file, delimiter=mark), start=1) if row)
            if any("subject" in row for _, row in rows) and (found := next(islice(rows, number, None), None)):
                return found[0]
    return number + 2


def _why_unreadable(path: Path, problem: duckdb.Error) -> str:
    """Say in our words why a file cannot be read; what the engine says of the rest is in English."""
    if not path.exists():
        return "没有这个文件。"
    if path.suffix == ".parquet":
        return "不是完整的 Parquet 文件，请重新导出。"
    if "unicode" in str(problem).lower() or "utf-8" in str(problem).lower():
        return "不是 UTF-8 编码（可能是 GB18030），请在表格软件里另存为“CSV UTF-8”。"
    return "不是完整的 CSV 文件：每行的列数要和第一行相同，请检查多出的逗号和引号。"


def _column(rules: Rules, name: str, texts: Sequence[str | None], path: Path) -> list[Any]:
    seen: dict[str | None, Any] = {None: None, "": None}
    values = []
    for row, written in enumerate(texts):
        if written not in seen:
            try:
                seen[written] = inner_value(rules, name, _trimmed(rules, name, str(written)))
            except NotAFact as problem:
                raise NotAFact(f"{path.name} 第 {_row_of(path, row)} 行“{name}”列：{problem}") from None
        values.append(seen[written])
    return values


def _trimmed(rules: Rules, name: str, written: str) -> str:
    """Drop zeros after the point that a file's own type has added ("3.0" whole numbers, "1260.000")."""
    fact = rules.catalogue.facts.get(name)
    if fact and fact.kind in ("金额", "整数", "小数") and "." in written and "e" not in written.lower():
        return written.rstrip("0").rstrip(".")
    return written[:10] if fact and fact.kind == "日期" else written


def _outer(rules: Rules, name: str, value: Any) -> Any:
    held = rules.types.get(name) or rules.parameter_types[name]
    return from_scaled(value, held.scale) if held.kind == "number" and value is not None else value


def _by_closures(
    rules: Rules,
    table: Mapping[str, list[Any]],
    people: Mapping[str, list[Any]] | None,
    where: Where,
    compiled: Sequence[CompiledPolicy],
) -> Iterator[Result]:
    explainer = Explainer(rules, where, compiled)
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(rules, people) if people else ():
        members[row.pop("subject")].append({name: value for name, value in row.items() if name != "member"})
    for row in _rows(rules, table):
        subject = row.pop("subject")
        situation = Situation(row, members.get(subject, []) if people is not None else None)
        for answer in explainer.one(situation):
            amount = None if answer.amount is None else f"{answer.amount:.2f}"
            yield subject, answer.policy.id, answer.policy.version, answer.verdict, amount, "|".join(answer.missing)


def _rows(rules: Rules, table: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    names = list(table)
    for values in zip(*table.values(), strict=True):
        yield {n: v if n in ("subject", "member") else _outer(rules, n, v) for n, v in zip(names, values, strict=True)}


def _by_duckdb(
    rules: Rules,
    table: Mapping[str, list[Any]],
    people: Mapping[str, list[Any]] | None,
    where: Where,
    compiled: Sequence[CompiledPolicy],
) -> Iterator[Result]:
    held = rules.catalogue.facts
    given = frozenset(name for name in table if (name in held and held[name].derived) or name in rules.parameter_types)
    inner = frozenset(name for name in people or () if name in held and held[name].derived)
    program = Program(
        rules, where.on, compiled, flat=True, given=given, given_members=inner, with_missing=True, without_members=people is None
    )
    with duckdb.connect() as con:
        _create(con, program, "household", ["subject"], table, {"place": "", "category": where.category or ""})
        _create(con, program, "person", ["subject", "member"], people or {"subject": [], "member": []}, {})
        con.execute("CREATE TABLE obligor (subject VARCHAR, member VARCHAR, obligor VARCHAR)")
        program.create_parameters(con, [("", where.areas, where.category)])
        program.run(con)
        for one in compiled:
            policy = one.policy
            v, a, m = (quoted(f"{prefix}_{policy.id}") for prefix in "vam")
            rows = con.execute(f"SELECT subject, {v}, {a}, {m} FROM household_answer ORDER BY rowid").fetchall()
            for subject, verdict, fen, missing in rows:
                amount = None if fen is None else f"{from_scaled(fen, MONEY_SCALE):.2f}"
                yield subject, policy.id, policy.version, _VERDICTS[verdict], amount, missing


_VERDICTS: Mapping[bool | None, str] = {True: "eligible", False: "not_eligible", None: "unknown"}


def _create(
    con: duckdb.DuckDBPyConnection,
    program: Program,
    name: str,
    keys: Sequence[str],
    table: Mapping[str, list[Any]],
    fixed: Mapping[str, str],
) -> None:
    """Create one input table: what the file holds, and NULL for every fact it does not."""
    rules, rows = program.rules, len(table["subject"])
    arrays: dict[str, pyarrow.Array] = {key: pyarrow.array(table[key], pyarrow.string()) for key in keys if key in table}
    for key in keys:
        arrays.setdefault(key, pyarrow.array([str(row) for row in range(rows)], pyarrow.string()))
    arrays |= {column: pyarrow.array([value] * rows, pyarrow.string()) for column, value in fixed.items()}
    for fact_name, values in table.items():
        if fact_name not in arrays:
            arrays[fact_name] = _array(rules, fact_name, values)
    for fact_name in program.inputs:
        if fact_name not in arrays:
            arrays[fact_name] = _array(rules, fact_name, [None] * rows)
    arrow = pyarrow.table(arrays)
    con.register("arrived", arrow)
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
    con.unregister("arrived")


def _array(rules: Rules, name: str, values: Sequence[Any]) -> pyarrow.Array:
    held = rules.types.get(name) or rules.parameter_types[name]
    fact = rules.catalogue.facts.get(name)
    if held.kind == "number" and fact is not None and fact.kind == "小数" and not fact.derived:
        return pyarrow.array([None if v is None else Decimal(v).scaleb(-held.scale) for v in values], pyarrow.decimal128(18, 4))
    kind = {"number": pyarrow.int64(), "bool": pyarrow.bool_(), "text": pyarrow.string(), "day": pyarrow.date32()}[held.kind]
    return pyarrow.array(values, kind)
