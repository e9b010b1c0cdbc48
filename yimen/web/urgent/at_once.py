"""What the two forms that give money first share (小额快救、急难型): who gets how much, why, from where, with which receipt."""

import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from yimen.benefits.actions import add_receipt
from yimen.benefits.queries import reserve_above, spent_on
from yimen.cases.actions import Hand
from yimen.cases.queries import Case, earlier_aid
from yimen.cases.words import Cause
from yimen.office.access import acting
from yimen.office.once import once
from yimen.registry.queries import HouseholdCard
from yimen.web.urgent.sent import photo_of, yuan_of
from yimen.web.window.drafting import new_key


def form_of(request: HttpRequest, card: HouseholdCard, *, today: date, problem: str) -> dict[str, Any]:
    """Return what the form shows, with what was typed."""
    reserve = reserve_above(card.area_path)
    return {
        "card": card.placed(),
        "lines": [(one, request.POST.get(f"yuan-{one.person_id.hex}", "")) for one in card.members],
        "causes": Cause.choices,
        "typed": request.POST,
        "balance": None if reserve is None else Decimal(reserve.balance_fen) / 100,
        "earlier": earlier_aid(household=card.household_id, on=today, cause=request.POST.get("cause", "")),
        "key": request.POST.get("key") or new_key(),
        "problem": problem,
    }


def given(request: HttpRequest, card: HouseholdCard, *, action: str, give: Callable[..., Case], **more: Any) -> uuid.UUID:
    """Give what was sent, once, with its receipt; return the case. `more` is what this form sends besides. Raises Unclear."""
    sent, at, photo = request.POST, timezone.now(), photo_of(request, "receipt")
    amounts = [(one.person_id, yuan_of(sent.get(f"yuan-{one.person_id.hex}", ""))) for one in card.members]
    wanted: dict[str, Any] = {
        "household": card.household_id,
        "hands": [Hand(person, yuan) for person, yuan in amounts if yuan is not None],
        "cause": sent.get("cause", ""),
        "words": sent.get("words", ""),
        "from_reserve": sent.get("paid") != "elsewhere",
        **more,
    }

    def do() -> dict[str, str]:
        case = give(by=acting(), at=at, **wanted)
        for entry in spent_on(case=case.pk) if photo else ():
            add_receipt(entry=entry.pk, kind=sent.get("receipt_kind", "photo"), content=photo or b"", by=acting(), at=at)
        return {"case": case.pk.hex}

    content = wanted | {"hands": [(one.person.hex, str(one.yuan)) for one in wanted["hands"]]}
    return uuid.UUID(once(key=sent.get("key", ""), action=action, content=content, at=at, do=do)["case"])
