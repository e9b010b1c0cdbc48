"""What the pages of a draft share (填写中): its answers as the page asks them, one effect per sending, who was quicker."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from yimen.cases.actions import Changed, NotAccepted, WrongStep
from yimen.cases.queries import Case, State
from yimen.evidence.actions import NotStated
from yimen.office.once import OtherContent, once
from yimen.policies.model import Fact
from yimen.web.window.said import Said, value_of

STEPS = (("case_interview", "问情况"), ("case_choose", "选事项"), ("case_papers", "材料和授权"), ("case", "受理"))
REFUSALS = (NotAccepted, WrongStep, Changed, OtherContent, NotStated)


def said_of(case: Case) -> list[Said]:
    """Return what was declared in a draft, as the questions carry it."""
    return [Said(one["who"], one["fact"], one.get("text")) for one in case.said]


def kept(said: Iterable[Said], facts: Mapping[str, Fact]) -> list[dict[str, Any]]:
    """Return answers as a draft keeps them: the value that counts, and what was typed."""
    rows = []
    for one in said:
        value = None if one.text is None else facts[one.fact].to_json(value_of(one.text, facts[one.fact]))
        rows.append({"who": one.who, "fact": one.fact, "value": value, "text": one.text})
    return rows


def is_open(case: Case) -> bool:
    """Say whether a draft can still be filled in."""
    return case.state in (State.DRAFT, State.SUBMITTED)


def version_of(request: HttpRequest) -> int:
    """Return which state of the case the page showed."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else -1


def new_key() -> str:
    """Return a key for the next sending of a form."""
    return uuid.uuid4().hex


def typed_still(request: HttpRequest, refusal: Exception) -> QueryDict:
    """Return what was typed, to be shown again; not over what somebody quicker has written, or a second press would undo it."""
    return QueryDict() if isinstance(refusal, Changed) else request.POST


def send_once(request: HttpRequest, action: str, do: Callable[[], Mapping[str, Any]], **about: str) -> dict[str, Any]:
    """Do what a form asks once, however often it is sent. Raises whatever the action raises, OtherContent."""
    content = {name: request.POST.getlist(name) for name in request.POST if name not in ("csrfmiddlewaretoken", "key")} | about
    key = request.POST.get("key", "")[:64] or new_key()
    return once(key=key, action=action, content=content, at=timezone.now(), do=do)
