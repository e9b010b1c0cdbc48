"""The policy sheet (政策单): what one person can get, where and with what, in large letters to be taken home."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from yimen.office.queries import own_areas, service_point_of
from yimen.web.papers.binder import unit_at
from yimen.web.papers.sheet import Sheet
from yimen.web.papers.wording import money
from yimen.web.window.offers import Groups, Offer

MOST_MISSING = 4


def policy_sheet(groups: Groups, *, name: str, said: Iterable[str], on: date) -> Sheet:
    """Return the sheet of somebody (of a stranger without a name): what is certain, what is still to be told."""
    areas = own_areas()
    path = areas[0].path if areas else ""
    point = service_point_of(path)
    part = {
        "name": name,
        "yes": [_certain(one) for one in groups.yes],
        "maybe": [{"name": one.policy.name, "missing": _missing(one)} for one in groups.maybe],
        "said": list(said),
        "window": f"{point.name}（{point.address}，{point.hours}）" if point else "乡镇（街道）社会救助窗口",
        "phone": point.phone if point else "",
    }
    return Sheet([part], unit_at(path), on)


def _certain(one: Offer) -> dict[str, Any]:
    told = f"{money(int(one.amount * 100))} {one.policy.unit}" if one.amount is not None else ""
    return {
        "name": one.policy.name,
        "amount": told or ("金额待核定" if one.policy.tiers else one.policy.unit),
        "for_whom": "、".join(one.people),
        "why": one.why,
        "department": one.policy.department,
        "papers": "、".join(paper.name for paper in one.papers) or "不用带材料",
        "note": one.note,
    }


def _missing(one: Offer) -> str:
    more = f" 等 {len(one.missing)} 项" if len(one.missing) > MOST_MISSING else ""
    return "、".join(one.missing[:MOST_MISSING]) + more
