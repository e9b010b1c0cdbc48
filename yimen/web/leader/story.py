"""
A finding told condition by condition (逐条核对): the value, its source and date, the article, what would change the result.

Nothing is decided here: every answer comes from the finding. This file finds the values behind a condition and the words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yimen.policies.model import Fact
from yimen.policies.queries import Answer, Rules, margin_yuan
from yimen.web.templatetags.words import ASKED, origin

_SIMPLE = re.compile(r"^\s*(\w+)\s*(<=|>=|<>|<|>|=)\s*(.+?)\s*$")
_NAMES = re.compile(r"[^\W\d]\w*")
# What must be so for the condition to hold, and what would end it.
_MUST = {"<": "应低于", "<=": "应不超过", ">=": "应达到", ">": "应超过", "=": "应是", "<>": "应不是"}
_ENDS = {"<": "达到", "<=": "超过", ">=": "低于", ">": "不超过", "=": "不再是", "<>": "变为"}
_STARTS = {"<": "低于", "<=": "不超过", ">=": "达到", ">": "超过", "=": "是", "<>": "不再是"}
_WORDS = {True: "是", False: "否", None: "不知道"}


@dataclass(frozen=True)
class Part:
    """One statement behind a condition: whose, which fact, its value, who said it and when."""

    whose: str
    fact: str
    value: str
    unit: str
    source: str
    stated_on: date | None
    expired: bool
    others: str

    @property
    def is_doubtful(self) -> bool:
        """Say whether it is too old to count, or somebody else says otherwise."""
        return self.expired or bool(self.others)


@dataclass(frozen=True)
class Row:
    """One condition as the page shows it; `limit` is what it must be, `change` what would change the result."""

    name: str
    basis: str
    answer: bool | None
    value: str
    unit: str
    limit: str
    change: str
    parts: tuple[Part, ...]
    decides: bool
    missing: tuple[str, ...] = ()
    figures: tuple[tuple[str, Decimal], ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Return who said it, each once; that nothing was decided is no word beside somebody's."""
        return tuple(dict.fromkeys(part.source for part in self._said))

    @property
    def newest(self) -> date | None:
        """Return the day of the newest statement."""
        return max((part.stated_on for part in self._said if part.stated_on), default=None)

    @property
    def _said(self) -> Sequence[Part]:
        return [part for part in self.parts if part.source != ASKED] or self.parts


@dataclass(frozen=True)
class Teller:
    """Tells the conditions of one finding; `known` are today's values by name, or nothing if they have changed since."""

    rules: Rules
    facts: Sequence[Mapping[str, Any]]
    answer: Answer | None
    known: Mapping[str, Any]

    def rows(self, conditions: Iterable[Mapping[str, Any]], *, kind: str) -> list[Row]:
        """Return the conditions, the deciding one first, then what is unknown, then the rest as the policy has them."""
        rows = [self._row(one, kind) for one in conditions]
        return sorted(rows, key=lambda row: ({False: 0, None: 1, True: 2}[row.answer], not row.decides))

    def _row(self, condition: Mapping[str, Any], kind: str) -> Row:
        expression, value = str(condition["expression"]), condition["value"]
        names = list(dict.fromkeys(_NAMES.findall(expression)))
        said, unit, limit, change, figures = self._numbers(condition, expression, names)
        if value is None:
            missing = "、".join(condition.get("missing", ()))
            change = f"查清{missing}" if missing else condition.get("ask", "")
        elif not change and value is False:
            change = condition.get("refusal", "")
        parts = tuple(self._parts(names))
        is_doubted = kind == "recheck" and any(part.is_doubtful for part in parts)
        return Row(
            name=str(condition["name"]),
            basis=str(condition.get("basis", "")),
            answer=value,
            value=said,
            unit=unit,
            limit=limit,
            change=change,
            parts=parts,
            decides=value is False or (value is None and kind != "wrong") or is_doubted,
            missing=tuple(condition.get("missing", ())) if value is None else (),
            figures=figures,
        )

    def _numbers(
        self, condition: Mapping[str, Any], expression: str, names: Sequence[str]
    ) -> tuple[str, str, str, str, tuple[tuple[str, Decimal], ...]]:
        """Return the value, its unit, what it must be, what would change the result, and figures for the head."""
        simple = _SIMPLE.match(_compared(expression)) if not re.search(r"\b(AND|OR|IN|BETWEEN)\b", expression) else None
        fact = self.rules.catalogue.facts.get(simple[1]) if simple else None
        if simple is None or fact is None:
            return self._several(names, condition["value"]), "", "", "", ()
        value, limit = self._value(fact.name), self._limit(condition, fact, simple[2], simple[3])
        # A condition that is answered had a value, also where today's page cannot reckon it any more.
        said = "–" if value is None and condition["value"] is not None else _say(value, fact)
        if isinstance(value, bool) and limit is False:
            # 还健在 answered by 否, the value of 已死亡, would be read the wrong way round.
            said = f"{fact.name}：{said}"
        if limit is None or condition["value"] is None:
            return said, fact.unit if value is not None else "", "", "", ()
        words = _say(limit, fact)
        verbs = _ENDS if condition["value"] else _STARTS
        bound = f"{words} {fact.unit}".strip() if not isinstance(limit, bool) else words
        turned = limit is (condition["value"] is False)
        change = f"{fact.name}变为{_WORDS[turned]}" if isinstance(limit, bool) else f"{fact.name}{verbs[simple[2]]} {bound}"
        must = f"{_MUST[simple[2]]} {bound}"
        figures: tuple[tuple[str, Decimal], ...] = ()
        if condition["value"] is False and isinstance(value, Decimal) and isinstance(limit, Decimal):
            figures = ((fact.name, value), (must.split(" ", maxsplit=1)[0], limit), ("相差", abs(value - limit)))
        return said, fact.unit if not isinstance(value, bool) and value is not None else "", must, change, figures

    def _limit(self, condition: Mapping[str, Any], fact: Fact, sign: str, right: str) -> Any:
        """Return what the value is compared with: a number written there, a parameter, or, for money, value and margin."""
        if right in ("true", "false"):
            return right == "true"
        if re.fullmatch(r"-?\d+(\.\d+)?", right):
            return Decimal(right)
        if right.startswith("'"):
            return right.strip("'")
        if right in self.rules.parameter_types:
            return self._parameter(right)
        value = self._value(fact.name)
        asked = (
            next((one.condition for one in self.answer.conditions if one.name == condition["name"]), None)
            if self.answer
            else None
        )
        if asked is None or self.answer is None or not isinstance(value, Decimal) or not self.known:
            return None
        margin = margin_yuan(self.rules, asked, self.answer.policy, dict(self.known))
        if margin is None:
            return None
        above = (sign in ("<", "<=")) != bool(condition["value"])
        return value - margin if above else value + margin

    def _parameter(self, name: str) -> Any:
        held, scale = self.known.get(name), self.rules.parameter_types[name].scale
        return Decimal(held).scaleb(-scale) if isinstance(held, int) and not isinstance(held, bool) else held

    def _value(self, name: str) -> Any:
        """Return today's value; what today's household does not hold, a dead member's say, is as the finding kept it."""
        fact, held = self.rules.catalogue.facts.get(name), self.known.get(name)
        if fact is not None and held is None:
            kept = (row["value"] for row in self.facts if row["fact"] == name and not row["expired"])
            return next((fact.from_json(value) for value in kept), None)
        return fact.outer(held) if fact and held is not None else held

    def _several(self, names: Sequence[str], answer: bool | None) -> str:
        held = [(name, self._value(name)) for name in names if name in self.rules.catalogue.facts]
        if answer and any(value is True for _, value in held):
            # Of several that would do, only those that do are worth the line.
            held = [(name, value) for name, value in held if value is not False]
        facts = self.rules.catalogue.facts
        known = [(f"{name} " if len(held) > 1 else "") + _say(value, facts[name]) for name, value in held if value is not None]
        return "；".join(known[:2]) or ("不知道" if held else "–")

    def _parts(self, names: Iterable[str]) -> Iterable[Part]:
        wanted = {base for name in names for base in self._bases(name)}
        for row in self.facts:
            if row["fact"] in wanted:
                fact = self.rules.catalogue.facts[row["fact"]]
                yield Part(
                    whose=row["whose"],
                    fact=row["fact"],
                    value=_say(fact.from_json(row["value"]), fact),
                    unit="" if isinstance(row["value"], bool) else fact.unit,
                    source=origin(row),
                    stated_on=date.fromisoformat(row["stated_on"]) if row["stated_on"] else None,
                    expired=row["expired"],
                    others="；".join(_other(one, fact) for one in row["others"]),
                )

    def _bases(self, name: str) -> set[str]:
        derivation = next((one for one in self.rules.derivations if one.fact.name == name), None)
        return {name} | {base for used in (derivation.typed.names if derivation else ()) for base in self._bases(used)}


def _compared(expression: str) -> str:
    """Write a lone yes-or-no fact as a comparison, which it is."""
    lone = re.fullmatch(r"\s*(NOT\s+)?(\w+)\s*", expression)
    return f"{lone[2]} = {'false' if lone[1] else 'true'}" if lone else expression


def _other(said: Mapping[str, Any], fact: Fact) -> str:
    """Write what another source says against it, with its unit and day."""
    value = _say(fact.from_json(said["value"]), fact) + (f" {fact.unit}" if fact.unit else "")
    on = _say(date.fromisoformat(said["stated_on"]), fact) if said["stated_on"] else ""
    return " ".join(word for word in (origin(dict(said)), on, "说", value) if word)


def _say(value: Any, fact: Fact) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, Decimal):
        if fact.kind == "金额":
            return f"{value:,.2f}"
        return f"{value:,.2f}" if value != int(value) or value > 100 else f"{value.normalize():f}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
