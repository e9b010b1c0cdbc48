"""
A department's file of facts (部门数据文件), row by row: an ID number, the facts the department may state, and their date.

Pure reading of cells; columns are named by the facts of the catalogue.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.office.tables import Cell, Heading, ValueProblem, read_boolean, read_date, read_money, read_text, read_whole
from yimen.policies.model import SETTLED, Catalogue, Fact
from yimen.registry.queries import DisabilityCertificate, parse_disability_certificate, read_id_number

_IDS = ("身份证号", "身份证号码", "公民身份号码", "证件号码", "身份证件号码")
_ID = Heading("id_number", _IDS, required=True, instead="certificate")
_CERTIFICATE = Heading("certificate", ("残疾人证号", "残疾证号", "残疾人证号码", "残疾证号码"))
_ON_THE_CERTIFICATE = ("残疾类别", "残疾等级")
_STATED = Heading("stated_on", ("数据日期", "截止日期", "采集日期", "核对日期", "调查日期", "统计日期"))
_UNTIL = Heading("valid_until", ("证件有效期至", "有效期至", "有效期止"))


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row read and checked: facts of the person, of the household and of the obligor, as JSON values, by name."""

    line: int
    id_number: str
    person: Mapping[str, Any]
    household: Mapping[str, Any]
    obligor: Mapping[str, Any]
    stated_on: date
    valid_until: date | None


def headings_for(catalogue: Catalogue, source: str) -> list[Heading]:
    """
    Return what a file of this source may hold: the ID number, dates, and each fact the source may state; whoever states what a
    disability certificate says, its number too, which holds the ID number.
    """
    facts = [Heading(fact.name, (fact.name,)) for fact in stated_by(catalogue, source)]
    certified = set(_ON_THE_CERTIFICATE) <= {one.field for one in facts}
    return [_ID, *([_CERTIFICATE] if certified else []), _STATED, _UNTIL, *facts]


def stated_by(catalogue: Catalogue, source: str) -> list[Fact]:
    """Return the facts a source may state about people, households and obligors; no file settles anything."""
    return [] if source == SETTLED else [fact for fact in catalogue.facts.values() if source in fact.sources]


def sources_of(catalogue: Catalogue) -> list[str]:
    """Return every source whose files state facts, in the order the catalogue names them."""
    sources = dict.fromkeys(source for fact in catalogue.facts.values() for source in fact.sources)
    return [source for source in sources if source != SETTLED]


def facts_in(catalogue: Catalogue, columns: Collection[str]) -> list[Fact]:
    """Return the facts that the columns of a file say, those that a certificate's number says with them."""
    said = dict.fromkeys([*columns, *(_ON_THE_CERTIFICATE if _CERTIFICATE.field in columns else ())])
    return [catalogue.facts[name] for name in said if name in catalogue.facts]


def read_row(
    line: int, cells: Mapping[str, Cell], facts: Sequence[Fact], *, stated_on: date, today: date, allow_fictional: bool
) -> FactRow:
    """Read one row. Raises ValueProblem, in words, at the first thing that cannot be right."""
    certificate = _certificate(cells, allow_fictional=allow_fictional)
    number = _number(cells, certificate, allow_fictional=allow_fictional)
    day = read_date(cells.get("stated_on"), column="数据日期") or stated_on
    if day > today:
        raise ValueProblem(f"数据日期 {day} 在今天之后，请核对。")
    values = {fact: value for fact in facts if (value := _value(fact, cells.get(fact.name))) is not None}
    if certificate:
        _add_certified(values, facts, certificate)
    if not values:
        raise ValueProblem("这一行没有任何可用的数据。")
    return FactRow(
        line=line,
        id_number=number,
        person={fact.name: value for fact, value in values.items() if fact.subject == "人"},
        household={fact.name: value for fact, value in values.items() if fact.subject == "户"},
        obligor={fact.name: value for fact, value in values.items() if fact.subject == "义务人"},
        stated_on=day,
        valid_until=read_date(cells.get("valid_until"), column="证件有效期至"),
    )


def _certificate(cells: Mapping[str, Cell], *, allow_fictional: bool) -> DisabilityCertificate | None:
    cell = cells.get("certificate")
    return parse_disability_certificate(cell, allow_fictional=allow_fictional) if read_text(cell) else None


def _number(cells: Mapping[str, Cell], certificate: DisabilityCertificate | None, *, allow_fictional: bool) -> str:
    """Return whom the row is about: the ID number, or the one in the certificate's; both must be one person's."""
    if certificate is None:
        return read_id_number(cells.get("id_number"), allow_fictional=allow_fictional)
    number = certificate.id_number.text
    if read_text(cells.get("id_number")) and read_id_number(cells["id_number"], allow_fictional=allow_fictional) != number:
        raise ValueProblem("残疾人证号里的身份证号，和“身份证号”一栏不是同一个，请对照证件核对。")
    return number


def _add_certified(values: dict[Fact, Any], facts: Sequence[Fact], certificate: DisabilityCertificate) -> None:
    """Add class and grade as the certificate's number says them; what the row itself says must agree."""
    says = dict(zip(_ON_THE_CERTIFICATE, (certificate.disability, certificate.grade), strict=True))
    for fact in facts:
        if fact.name in says and values.setdefault(fact, says[fact.name]) != says[fact.name]:
            raise ValueProblem(f"“{fact.name}”写的是“{values[fact]}”，残疾人证号里是“{says[fact.name]}”，请对照证件核对。")


def _value(fact: Fact, cell: Cell) -> Any:
    """Return a cell as the fact's JSON value, or None where nothing is written."""
    if read_text(cell) == "":
        return None
    try:
        return fact.to_json(fact.read(_READERS[fact.kind](cell, fact.name)))
    except ValueProblem:
        raise
    except ValueError as problem:
        raise ValueProblem(str(problem)) from None


_READERS: Mapping[str, Any] = {
    "金额": lambda cell, name: read_money(cell, column=name),
    "整数": lambda cell, name: read_whole(cell, column=name),
    "小数": lambda cell, _: read_text(cell).replace(",", ""),
    "是否": lambda cell, name: read_boolean(cell, column=name),
    "日期": lambda cell, name: read_date(cell, column=name),
    "选项": lambda cell, _: read_text(cell),
    "文字": lambda cell, _: read_text(cell),
}
