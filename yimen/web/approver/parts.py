"""What the page of a case's decisions shows beside them: what runs and may be ended, and who answers for the case."""

from typing import Any

from django.utils import timezone

from yimen.cases.queries import (
    Case,
    grants_of,
    how_to_appeal,
    open_offer,
    recoveries_of,
    running_grants,
    stands_of,
    tapers,
    waiting_recovery,
    was_heard,
)
from yimen.office.access import current, may
from yimen.office.queries import colleagues
from yimen.screening.queries import current_rules

# Long after the aid has ended it may come out that it was paid wrongly.
RECOVERED_IN = ("accepted", "concluded", "delivered")


def parts_of(case: Case) -> dict[str, Any]:
    """Return everything the parts of the page need, asked once before it is drawn."""
    return {
        "all_stands": stands_of(case_id=case.pk, on=timezone.localdate()),
        "aid": _running(case),
        "hand": _handing(case),
        "appeal": how_to_appeal(area_path=case.area_path, on=timezone.localdate()),
    }


def _running(case: Case) -> dict[str, Any]:
    """What the household receives, if this post may propose to end or adjust it, and whether it was heard."""
    is_open = case.state == "accepted" and may("decision.propose", area_path=case.area_path)
    heard, grants = was_heard(case), running_grants(case, on=timezone.localdate()) if is_open else []
    return {
        "grants": grants,
        "tapering": [one.policy for one in grants if one.ends_on is None and tapers(current_rules().policy(one.policy))],
        "heard": heard,
        "may_hear": is_open,
        **_recovering(case, heard),
    }


def _recovering(case: Case, heard: bool) -> dict[str, Any]:
    """What was claimed back, the opinion on it that waits, and whether this post writes or confirms one."""
    waits = waiting_recovery(case)
    writes, confirms = (may(one, area_path=case.area_path) for one in ("decision.propose", "decision.confirm"))
    is_open = heard and case.state in RECOVERED_IN
    grants = list(grants_of(case)) if is_open and writes and waits is None else []
    return {
        "recovered": recoveries_of(case),
        "recovery": waits,
        "paid": grants,
        "confirms_recovery": confirms and waits is not None,
        "shows_recovery": (is_open and (writes or confirms)) or waits is not None,
    }


def _handing(case: Case) -> dict[str, Any]:
    """Who answers for the case, an offer that waits, and to whom it could go."""
    staff, offer = current().staff, open_offer(case_id=case.pk)
    is_mine = staff is not None and case.first_assignee_id == staff.pk
    return {
        "offer": offer,
        "is_mine": is_mine,
        "for_me": offer is not None and staff is not None and offer.taker_id == staff.pk,
        "able": colleagues(permission="case.open", area_path=case.area_path) if is_mine and offer is None else [],
        "may_deliver": may("case.deliver", area_path=case.area_path) and case.state == "concluded",
    }
