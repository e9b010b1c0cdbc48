"""
From our rules to OpenFisca (翻译): writes a Python module of OpenFisca variables from the same rule files.

OpenFisca knows no "unknown", so everything becomes two variables: a number is a value and whether it is known, a count
is its least and its most, a condition is a mask of those for whom it is true and one of those for whom it is false (the
rest is unknown; AND and OR follow Kleene). Money is in yuan as OpenFisca's own float, as its users write it.

What is done for speed, so that the other side is not made slow: every distinct condition is one variable, reckoned once;
texts are codes; sums over members use `household.sum` (bincount); local values are taken from an array by place.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from yimen.policies.compiled import CompiledPolicy
from yimen.policies.documents import rounding_of
from yimen.policies.expression import (
    Aggregate,
    Boolean,
    Call,
    Choice,
    Comparison,
    Junction,
    Literal,
    Minus,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Reckoning,
    Within,
)
from yimen.policies.queries import Program
from yimen.policies.typed import Typed

Write = Callable[["_Scope", Typed], tuple[str, str]]
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "<>": "=="}
PYTHON = {"=": "==", "<>": "!="}
ENTITIES = {"人": "Person", "户": "Household"}
HEAD = '''"""Generated from the rule files by bench/translate.py; the other side of the benchmark."""

from datetime import date

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import MONTH
from openfisca_core.variables import Variable

Person = build_entity(key="person", plural="persons", label="人", is_person=True)
Household = build_entity(
    key="household", plural="households", label="户", roles=[{"key": "member", "plural": "members", "label": "成员"}]
)
LOCAL_VALUES = {}


def full_years(day):
    year, month_and_day = _parts(day)
    return ON.year - year - (month_and_day > ON.month * 100 + ON.day)


def full_months(day):
    year, month_and_day = _parts(day)
    return (ON.year - year) * 12 + ON.month - month_and_day // 100 - (month_and_day % 100 > ON.day)


def _parts(day):
    months = day.astype("datetime64[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    return year + 1970, (month + 1) * 100 + (day - months).astype(np.int64) + 1
'''


@dataclass
class Translation:
    """The module's text, the inputs it wants (kind by name, for each entity), its local values and the codes of texts."""

    text: str
    inputs: dict[str, dict[str, str]]
    parameters: list[str]
    codes: dict[str, dict[str, int]]


def translate(program: Program) -> Translation:
    """Write the OpenFisca variables of the policies of a program."""
    return _Translator(program).translate()


@dataclass
class _Scope:
    """The formula being written: of which entity, and which variables it reads."""

    entity: str
    members: bool = False
    used: dict[str, str] = field(default_factory=dict)


class _Translator:
    def __init__(self, program: Program) -> None:
        self.program, self.rules = program, program.rules
        self.derived = {d.fact.name for d in program.derivations}
        self.codes = {
            fact.name: {option: code for code, option in enumerate(fact.options)}
            for fact in self.rules.catalogue.facts.values()
            if fact.kind == "选项"
        }
        self.clauses: dict[Node, tuple[str, str]] = {}
        self.out: list[str] = [HEAD, f"ON = date.fromisoformat('{program.on.isoformat()}')"]

    def translate(self) -> Translation:
        inputs: dict[str, dict[str, str]] = {"person": {}, "household": {}}
        for fact in (*self.program.person_facts, *self.program.household_facts):
            inputs["person" if fact.subject == "人" else "household"][fact.name] = fact.kind
            for name, kind in _variables(fact.name, self._kind(fact.name)):
                self._variable(name, kind, ENTITIES[fact.subject])
        self._variable("地类", "int", "Household")
        for name in self.program.parameters:
            self._parameter(name)
        for derivation in self.program.derivations:
            self._derived(derivation.fact.name, ENTITIES[derivation.fact.subject], derivation.typed)
        for one in self.program.compiled:
            self._policy(one)
        return Translation("\n\n".join(self.out) + "\n", inputs, list(self.program.parameters), self.codes)

    # What a name is: number, bool, day, text or interval (a count of members).
    def _kind(self, name: str) -> str:
        held = self.rules.types.get(name) or self.rules.parameter_types[name]
        if held.interval:
            return "interval"
        if held.kind == "number":
            return "float" if held.dimension == "money" or held.scale else "int"
        return held.kind

    def _entity(self, name: str) -> str:
        fact = self.rules.catalogue.facts.get(name)
        return ENTITIES[fact.subject] if fact else "Household"

    def _variable(self, name: str, kind: str, entity: str, lines: Sequence[str] = ()) -> None:
        kinds = {"day": "int", "text": "int"}
        formula = ""
        if lines:
            handle = entity.lower()
            body = "\n".join(f"        {line}" for line in lines)
            formula = f"\n\n    def formula({handle}, period, parameters):\n{body}"
        self.out.append(
            f"class {name}(Variable):\n    value_type = {kinds.get(kind, kind)}\n    entity = {entity}\n"
            f"    definition_period = MONTH{formula}"
        )

    def _parameter(self, name: str) -> None:
        number = f'LOCAL_VALUES["{name}"][0][household("地类", period)]'
        known = f'LOCAL_VALUES["{name}"][1][household("地类", period)]'
        self._variable(name, "float", "Household", [f"return {number}"])
        self._variable(f"{name}_known", "bool", "Household", [f"return {known}"])

    def _derived(self, name: str, entity: str, typed: Typed) -> None:
        kind = self._kind(name)
        if kind == "interval":
            for end, source in zip(("low", "high"), self._each(entity, typed, self.ends), strict=True):
                self._variable(f"{name}_{end}", "int", entity, source)
        elif kind == "bool":
            for side, source in zip(("true", "false"), self._each(entity, typed, self.masks), strict=True):
                self._variable(f"{name}_{side}", "bool", entity, source)
        else:
            value, known = self._each(entity, typed, self.number)
            self._variable(name, kind, entity, value)
            self._variable(f"{name}_known", "bool", entity, known)

    def _each(self, entity: str, typed: Typed, write: Write) -> Iterator[list[str]]:
        """Yield the formula lines of both halves; each reads only what it uses."""
        for half in (0, 1):
            scope = _Scope(entity)
            result = write(scope, typed)[half]
            yield self._lines(scope, result)

    def _lines(self, scope: _Scope, result: str) -> list[str]:
        reads = [f"{name} = {source}" for name, source in scope.used.items() if _mentions(result, name)]
        whole = {"True": "np.ones", "False": "np.zeros"}.get(result)
        return [*reads, f"return {whole}({scope.entity.lower()}.count, dtype=bool)" if whole else f"return {result}"]

    def _read(self, scope: _Scope, variable: str, of: str) -> str:
        """Return a local name for a variable, read from where it stands."""
        handle = scope.entity.lower()
        if scope.members:
            source = f'household.members("{variable}", period)'
        elif of == "Household" and scope.entity == "Person":
            source = f'person.household("{variable}", period)'
        else:
            source = f'{handle}("{variable}", period)'
        scope.used[variable] = source
        return variable

    # Numbers: (value, known).
    def number(self, scope: _Scope, typed: Typed) -> tuple[str, str]:
        node = typed.node
        if isinstance(node, Number):
            return node.text, "True"
        if isinstance(node, Name):
            if typed.type.interval:
                low, high = self.ends(scope, typed)
                return low, f"({low} == {high})"
            of = self._entity(node.name)
            return self._read(scope, node.name, of), self._read(scope, f"{node.name}_known", of)
        if isinstance(node, Minus):
            value, known = self.number(scope, typed.parts[0])
            return f"(-{value})", known
        if isinstance(node, Reckoning):
            (a, m), (b, n) = (self.number(scope, part) for part in typed.parts)
            return f"({a} {node.sign} {b})", _and(m, n)
        if isinstance(node, Call):
            value, known = self.number(scope, typed.parts[0])
            return f"{'full_years' if node.word == '周岁' else 'full_months'}({value})", known
        if isinstance(node, Choice):
            (true, false), (value, known) = self.masks(scope, typed.parts[0]), self.number(scope, typed.parts[1])
            return f"np.where({true}, {value}, 0)", _or(false, _and(known, _or(true, f"({value} == 0)")))
        if isinstance(node, Aggregate):
            value, known = self._over_members(typed, self.number)
            gather = {"合计": "sum", "最大": "max", "最小": "min"}[node.word]
            self._keep(scope, value, known)
            return f"household.{gather}({value[1]})", f"~household.any(~{known[1]})" if known[1] != "True" else "True"
        raise NotImplementedError(node)

    def ends(self, scope: _Scope, typed: Typed) -> tuple[str, str]:
        """Return the least and the most of a number; they differ only for counts of members."""
        if isinstance(typed.node, Aggregate):
            true, false = self._over_members(typed, self.masks)
            self._keep(scope, true, false)
            return f"household.sum({true[1]})", f"household.sum(~{false[1]})"
        if isinstance(typed.node, Name) and typed.type.interval:
            name, of = typed.node.name, self._entity(typed.node.name)
            return self._read(scope, f"{name}_low", of), self._read(scope, f"{name}_high", of)
        value, _ = self.number(scope, typed)
        return value, value

    def _over_members(self, typed: Typed, write: Write) -> tuple[tuple[_Scope, str], tuple[_Scope, str]]:
        scope = _Scope("Person", members=True)
        first, second = write(scope, typed.parts[0])
        return (scope, first), (scope, second)

    def _keep(self, scope: _Scope, *inner: tuple[_Scope, str]) -> None:
        for one, _ in inner:
            scope.used |= one.used

    # Conditions: (true, false).
    def masks(self, scope: _Scope, typed: Typed) -> tuple[str, str]:
        node = typed.node
        if isinstance(node, Boolean):
            return str(node.value), str(not node.value)
        if isinstance(node, Name):
            of = self._entity(node.name)
            return self._read(scope, f"{node.name}_true", of), self._read(scope, f"{node.name}_false", of)
        if isinstance(node, Not):
            true, false = self.masks(scope, typed.parts[0])
            return false, true
        if isinstance(node, Junction):
            parts = [self.masks(scope, part) for part in typed.parts]
            every, some = (0, 1) if node.word == "AND" else (1, 0)
            pair = _and(*(part[every] for part in parts)), _or(*(part[some] for part in parts))
            return pair if node.word == "AND" else (pair[1], pair[0])
        if isinstance(node, Comparison):
            return self._compare(scope, node.sign, *typed.parts)
        if isinstance(node, Within):
            part, low, high = typed.parts
            (a, b), (c, d) = self._compare(scope, ">=", part, low), self._compare(scope, "<=", part, high)
            return _and(a, c), _or(b, d)
        if isinstance(node, OneOf):
            part, *options = typed.parts
            pairs = [self._compare(scope, "=", part, option) for option in options]
            return _or(*(pair[0] for pair in pairs)), _and(*(pair[1] for pair in pairs))
        if isinstance(node, Aggregate):
            true, false = self._over_members(typed, self.masks)
            self._keep(scope, true, false)
            if node.word == "任一":
                return f"household.any({true[1]})", f"~household.any(~{false[1]})"
            return f"~household.any(~{true[1]})", f"household.any({false[1]})"
        raise NotImplementedError(node)

    def _compare(self, scope: _Scope, sign: str, left: Typed, right: Typed) -> tuple[str, str]:
        if left.type.interval or right.type.interval:
            return self._compare_ends(scope, sign, left, right)
        if left.type.kind == "number":
            (a, m), (b, n) = self.number(scope, left), self.number(scope, right)
        else:
            (a, m), (b, n) = self._code(scope, left, right), self._code(scope, right, left)
        known = _and(m, n)
        return _and(f"({a} {PYTHON.get(sign, sign)} {b})", known), _and(f"({a} {OPPOSITE[sign]} {b})", known)

    def _compare_ends(self, scope: _Scope, sign: str, left: Typed, right: Typed) -> tuple[str, str]:
        (a, b), (c, d) = self.ends(scope, left), self.ends(scope, right)
        # A plain number on the one side may itself be unknown.
        plain = [side for side in (left, right) if not (isinstance(side.node, Name) and side.type.interval)]
        known = _and(*(self.number(scope, side)[1] for side in plain))
        same, apart = f"(({a} == {b}) & ({b} == {c}) & ({c} == {d}))", f"(({b} < {c}) | ({a} > {d}))"
        certain, impossible = {
            "<": (f"({b} < {c})", f"({a} >= {d})"),
            "<=": (f"({b} <= {c})", f"({a} > {d})"),
            ">": (f"({a} > {d})", f"({b} <= {c})"),
            ">=": (f"({a} >= {d})", f"({b} < {c})"),
            "=": (same, apart),
            "<>": (apart, same),
        }[sign]
        return _and(certain, known), _and(impossible, known)

    def _code(self, scope: _Scope, typed: Typed, other: Typed) -> tuple[str, str]:
        if isinstance(typed.node, Literal):
            return str(self.codes[other.node.name][typed.node.text]), "True"  # type: ignore[attr-defined]
        return self.number(scope, typed)

    def _policy(self, one: CompiledPolicy) -> None:
        entity = ENTITIES[one.policy.subject]
        names = []
        for clause in one.clauses:
            if clause.key not in self.clauses:
                # A condition is reckoned where its facts lie: for the household if none is about a person.
                of = "Person" if any(self._entity(name) == "Person" for name in clause.typed.names) else "Household"
                name = f"clause_{len(self.clauses)}"
                self.clauses[clause.key] = (name, of)
                for side, lines in zip(("true", "false"), self._each(of, clause.typed, self.masks), strict=True):
                    self._variable(f"{name}_{side}", "bool", of, lines)
            names.append(self.clauses[clause.key])
        for side, join in (("true", _and), ("false", _or)):
            scope = _Scope(entity)
            result = join(*(self._read(scope, f"{name}_{side}", of) for name, of in names))
            self._variable(f"{one.policy.id}_{side}", "bool", entity, self._lines(scope, result))
        if one.tiers:
            self._amount(one, entity)

    def _amount(self, one: CompiledPolicy, entity: str) -> None:
        """The amount in yuan, NaN where there is none or it is unknown: the first tier that fits, rounded once."""
        scope = _Scope(entity)
        source = "np.nan"
        for share in reversed(one.tiers):
            value, known = self.number(scope, share.top)
            if share.bottom:
                raise NotImplementedError("division")
            amount = f"np.where({known}, {_rounded(one, value)}, np.nan)"
            if share.when is None:
                source = amount
                continue
            true, false = self.masks(scope, share.when)
            source = f"np.where({true}, {amount}, np.where({false}, {source}, np.nan))"
        eligible = self._read(scope, f"{one.policy.id}_true", entity)
        result = f"np.where({eligible}, {source}, np.nan)"
        self._variable(f"{one.policy.id}_amount", "float", entity, self._lines(scope, result))


def _variables(name: str, kind: str) -> list[tuple[str, str]]:
    if kind == "bool":
        return [(f"{name}_true", "bool"), (f"{name}_false", "bool")]
    return [(name, "date" if kind == "day" else kind), (f"{name}_known", "bool")]


def _rounded(one: CompiledPolicy, value: str) -> str:
    mode, step_fen = rounding_of(one.policy)
    steps_in_yuan = 100 // step_fen
    scaled = f"np.maximum({value}, 0) * {steps_in_yuan}"
    whole = {"进一": f"np.ceil({scaled})", "舍去": f"np.floor({scaled})", "四舍五入": f"np.floor({scaled} + 0.5)"}[mode]
    return f"{whole} / {steps_in_yuan}"


def _and(*parts: str) -> str:
    held = list(dict.fromkeys(part for part in parts if part != "True"))
    if "False" in held:
        return "False"
    return "True" if not held else held[0] if len(held) == 1 else f"({' & '.join(held)})"


def _or(*parts: str) -> str:
    held = list(dict.fromkeys(part for part in parts if part != "False"))
    if "True" in held:
        return "True"
    return "False" if not held else held[0] if len(held) == 1 else f"({' | '.join(held)})"


def _mentions(result: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", result) is not None
