"""Papers of claiming back (追缴的文书): the opinion that lies in the file, and the decision as the person is told it."""

from typing import Any

from django.utils.timezone import localdate

from yimen.cases.queries import Recovery, appeal_ways, recoveries_of
from yimen.registry.queries import name_of
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.results import above
from yimen.web.papers.sheet import Held, Sheet
from yimen.web.papers.wording import capitals, day, money, month

PROPOSED, DECIDED = "proposed", "decided"


def opinion(held: Held) -> Sheet:
    """追缴意见: what was heard, how much is to be claimed back, why, and room for who confirms."""
    found = [one for one in _chosen(held) if one.proposed_at is not None]
    if not found:
        raise NotPrintable("还没有写追缴意见。")
    parts = [
        _common(held, one)
        | {
            "asked": one.asked,
            "heard_words": one.heard,
            "heard_by": one.heard_by.name if one.heard_by else "",
            "opinion": one.words,
            "proposed": day(localdate(one.proposed_at)),
            "proposed_by": one.proposed_by.name if one.proposed_by else "",
            "decided_by": one.decided_by.name if one.decided_by else "",
        }
        for one in found
    ]
    return Sheet(parts, parts[-1]["unit"], localdate(found[-1].proposed_at))


def decision(held: Held) -> Sheet:
    """追缴决定告知书: what is to be paid back, for which months, why, by which article; nothing is set off in silence."""
    found = [one for one in _chosen(held) if one.state == DECIDED]
    if not found:
        raise NotPrintable("这个办件里没有追缴决定。")
    parts = [
        _common(held, one)
        | {
            "words": one.words,
            "appeal": appeal_ways(area_path=held.page.case.area_path, on=localdate(one.decided_at), above=above(held)),
            "phone": held.phone,
            "window": held.window,
            "assignee": held.page.case.first_assignee.name,
        }
        for one in found
    ]
    return Sheet(parts, parts[-1]["unit"], localdate(found[-1].decided_at))


def _chosen(held: Held) -> list[Recovery]:
    return [one for one in recoveries_of(held.page.case) if not held.chosen or str(one.pk) == held.chosen]


def _common(held: Held, one: Recovery) -> dict[str, Any]:
    grant, policy = one.grant, held.rules.policy(one.grant.policy)
    since = f"{month(grant.starts_on)}起"
    return {
        "number": held.page.case.number or "",
        "name": name_of(person_id=grant.person_id) if grant.person_id else held.applicant_name,
        "benefit": policy.name if policy else grant.policy,
        "paid": f"{money(grant.amount_fen)} {grant.unit}，{since}" if grant.amount_fen is not None else since,
        "months": one.months,
        "amount": money(one.fen),
        "capitals": capitals(one.fen or 0),
        "basis": one.article,
        "fund": one.fund,
        "heard": day(one.heard_on),
        "decided": day(localdate(one.decided_at)) if one.decided_at else "",
        "unit": held.deciding_unit(one),
    }
