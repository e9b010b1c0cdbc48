"""
What was said at the window so far (刚说的): kept in the page itself, sent back with every answer, written nowhere.

An answer typed here changes what the page shows and nothing else; a fact enters the file only through its own source.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from yimen.office.tables import ValueProblem, read_boolean, read_date, read_money, read_text
from yimen.policies.model import Fact

MOST = 200
_READERS: Mapping[str, Any] = {
    "金额": lambda text, name: read_money(text, column=name),
    "是否": lambda text, name: read_boolean(text, column=name),
    "日期": lambda text, name: read_date(text, column=name),
}


@dataclass(frozen=True)
class Said:
    """One answer: about whom ("" is the household), which fact, and the value as typed; None is "cannot say"."""

    who: str
    fact: str
    text: str | None

    @property
    def carried(self) -> str:
        """Return it as the page carries it."""
        return f"{self.who}|{self.fact}|{'?' if self.text is None else '=' + self.text}"


class Unreadable(ValueError):
    """What was typed cannot be this fact's value; the sentence says why."""


def carried_by(post: QueryDict) -> list[Said]:
    """Return the answers a page carries, in order; what does not look like one is left out."""
    found = []
    for line in post.getlist("said")[:MOST]:
        who, _, rest = line.partition("|")
        fact, _, text = rest.partition("|")
        if fact and text[:1] in ("=", "?"):
            found.append(Said(who, fact, text[1:] if text[0] == "=" else None))
    return found


def value_of(text: str, fact: Fact) -> Any:
    """Return what was typed as the fact's value. Raises Unreadable, in words."""
    plain = read_text(text)
    if plain == "":
        raise Unreadable("还没有填。说不清的，按 F2 跳过。")
    try:
        value = _READERS.get(fact.kind, lambda cell, _: cell)(plain, fact.name)
        return fact.read(fact.to_json(value))
    except ValueProblem as problem:
        raise Unreadable(str(problem)) from None
    except ValueError as problem:
        raise Unreadable(str(problem)) from None


def given(said: Iterable[Said], facts: Mapping[str, Fact]) -> dict[str, dict[str, Any]]:
    """Return the values that were said, by whom they are about and by fact; the last one counts."""
    found: dict[str, dict[str, Any]] = {}
    for one in said:
        fact = facts.get(one.fact)
        if fact is None or one.text is None:
            continue
        try:
            found.setdefault(one.who, {})[one.fact] = value_of(one.text, fact)
        except Unreadable:
            continue
    return found
