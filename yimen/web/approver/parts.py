"""What the page of a case's decisions shows beside them: what runs and may be ended, and who answers for the case."""

from typing import Any

from django.utils import timezone

from yimen.cases.queries import (
    CIVIL_AFFAIRS,
    OPEN_RECOVERY,
    Case,
    EndCause,
    confidant_of,
    department_of,
    grants_of,
    how_to_appeal,
    last_heard,
    message_to,
    open_offer,
    recoveries_of,
    running_grants,
    stands_of,
    tapers,
    was_heard,
)
from yimen.office.access import current, may
from yimen.office.queries import colleagues
from yimen.screening.queries import current_rules

# Long after the aid has ended it may come out that it was paid wrongly.
CONFIDED_IN = ("draft", "submitted", "accepted", "concluded")
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
        "causes": EndCause.choices,
        "heard": heard,
        "may_hear": is_open,
        **_recovering(case, heard),
    }


def _recovering(case: Case, heard: bool) -> dict[str, Any]:
    """What is or was claimed back in this case, and what this post may begin: its own fund's, or pass on to another's."""
    may_begin = case.state in RECOVERED_IN and may("decision.propose", area_path=case.area_path)
    claims = recoveries_of(case)
    taken = {one.grant_id for one in claims if one.state in OPEN_RECOVERY}
    paid = [(one, department_of(one)) for one in grants_of(case) if one.pk not in taken] if may_begin else []
    return {
        "claims": claims,
        "own": [one for one, department in paid if department == CIVIL_AFFAIRS],
        "others": [(one, department) for one, department in paid if department != CIVIL_AFFAIRS],
        "said": last_heard(case) if heard and paid else "",
        "sees_claims": may("decision.propose", area_path=case.area_path) or may("decision.confirm", area_path=case.area_path),
        "shows_recovery": bool(claims) or bool(paid),
    }


def _window(case: Case) -> str:
    return case.service_point.name if case.service_point else "受理的窗口"


def _phone(case: Case) -> str:
    return case.service_point.phone if case.service_point else ""


def _handing(case: Case) -> dict[str, Any]:
    """Who answers for the case, an offer that waits, and to whom it could go."""
    staff, offer = current().staff, open_offer(case_id=case.pk)
    is_mine = staff is not None and case.first_assignee_id == staff.pk
    confidant = confidant_of(case=case)
    return {
        "offer": offer,
        "is_mine": is_mine,
        "for_me": offer is not None and staff is not None and offer.taker_id == staff.pk,
        "able": colleagues(permission="case.open", area_path=case.area_path) if is_mine and offer is None else [],
        # Opened here, in the reading; the page is drawn after it.
        "confidant": confidant and {"name": confidant.name, "relation": confidant.relation, "phone": confidant.phone},
        "message": message_to(confidant, where=_window(case), phone=_phone(case)) if confidant else "",
        "may_confide": case.state in CONFIDED_IN and may("case.open", area_path=case.area_path),
        "may_deliver": may("case.deliver", area_path=case.area_path) and case.state == "concluded",
    }
