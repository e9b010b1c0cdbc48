"""The form of a visit (入户表): one row a fact, prefilled with its source; what was typed comes back as what was seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yimen.cases.actions import Seen
from yimen.policies.model import Fact
from yimen.web.window.said import Unreadable, value_of

SAME, CHANGED = "same", "changed"
YES_NO = ("是", "否")
STATES = {"unknown": "没有人说过", "expired": "已过期", "differs": "说法不一", "known": ""}


@dataclass(frozen=True)
class Row:
    """One fact on the form: what is known, what was chosen and typed, and what is wrong with it."""

    item: Any
    choice: str
    typed: str
    problem: str = ""

    @property
    def label(self) -> str:
        """Return what the row is called: the fact, with the person before it."""
        return f"{self.item.whose} {self.item.fact.name}" if self.item.who else self.item.fact.name

    @property
    def options(self) -> Sequence[str]:
        """Return what can be chosen, or nothing where something is typed."""
        return YES_NO if self.item.fact.kind == "是否" else self.item.fact.options

    @property
    def input_mode(self) -> str:
        """Return which keys a phone shows."""
        return {"金额": "decimal", "整数": "numeric", "小数": "decimal"}.get(self.item.fact.kind, "text")

    @property
    def input_type(self) -> str:
        """Return how a browser takes it in."""
        return "date" if self.item.fact.kind == "日期" else "text"

    @property
    def has_value(self) -> bool:
        """Say whether there is a value that can be true or changed."""
        return self.item.said is not None

    @property
    def is_answered(self) -> bool:
        """Say whether this row has been gone through."""
        return self.choice == SAME or bool(self.typed and (self.choice == CHANGED or not self.has_value))

    @property
    def state(self) -> str:
        """Return in words why it has to be asked, or nothing."""
        return STATES[self.item.state]


def rows_of(items: Iterable[Any], typed: Mapping[str, str], problems: Mapping[str, str] | None = None) -> list[Row]:
    """Return the rows of some items with what a draft or a form that came back holds."""
    return [
        Row(one, typed.get(f"is|{one.key}", ""), typed.get(f"now|{one.key}", ""), (problems or {}).get(one.key, ""))
        for one in items
    ]


def read_rows(rows: Iterable[Row]) -> tuple[list[Seen], dict[str, str]]:
    """Return what was seen, and for each row that cannot be read the sentence why."""
    seen, problems = [], {}
    for row in rows:
        fact: Fact = row.item.fact
        if row.choice == SAME and row.has_value:
            seen.append(Seen(row.item.who, fact.name, fact.to_json(row.item.said.value)))
        elif row.choice == CHANGED or (row.typed and not row.has_value):
            try:
                seen.append(Seen(row.item.who, fact.name, fact.to_json(value_of(row.typed, fact))))
            except Unreadable as problem:
                problems[row.item.key] = "选了“有变化”，还没有填现在是多少。" if not row.typed else str(problem)
    return seen, problems
