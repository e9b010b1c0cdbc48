"""The first page of a county or a township: three things to do, then the figures, which add up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.screening.queries import KINDS, figures, today_three

_TITLES = {
    "missed": "条漏救线索：可能该得而没有得",
    "wrong": "条错救线索：在领，而数据显示不再符合",
    "recheck": "条待核实：在领，复核到期或情况有变",
    "soon": "条即将符合：90 天内就能享受",
}
_HINTS = {
    "missed": "先联系本人，说明可以申请什么、带什么材料",
    "wrong": "先核查事实，听取本人意见；系统不会停发",
    "recheck": "到期的先安排入户，有出入的先问清来源",
    "soon": "提前告知本人，到日子就能办",
}
_VERBS = {"missed": "去联系", "wrong": "去核查", "recheck": "去核实", "soon": "去告知"}
SHOWN_POLICIES = 8


@dataclass(frozen=True)
class Line:
    """One line of a table of figures: words, the query it opens, and a number for each kind."""

    words: str
    query: str
    counts: Mapping[str, int]


def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk of a county or a township."""
    held = figures()
    areas = [Line(area.name, f"area={area.code}", counts) for area, counts in held.areas]
    policies = [Line(name, f"policy={policy}", counts) for policy, name, counts in held.policies]
    shown = {
        "current": request.path,
        "today": timezone.localdate(),
        "three": [(one, _TITLES[one.kind], _HINTS[one.kind], _VERBS[one.kind]) for one in today_three()],
        "figures": held,
        "kinds": KINDS,
        "whole": sum(held.kinds.values()),
        "areas": areas,
        "area_totals": _totals(areas),
        "policies": _shortened(policies),
        "policy_totals": _totals(policies),
        "policy_count": len(policies),
    }
    return render(request, "leader/desk.html", shown)


def _totals(lines: Iterable[Line]) -> dict[str, int]:
    found = dict.fromkeys(KINDS, 0)
    for line in lines:
        found = {kind: found[kind] + line.counts.get(kind, 0) for kind in KINDS}
    return found


def _shortened(lines: list[Line]) -> list[Line]:
    """Keep the policies with most findings, and add up the rest, so that both tables end in the same totals."""
    if len(lines) <= SHOWN_POLICIES:
        return lines
    rest: Any = _totals(lines[SHOWN_POLICIES - 1 :])
    return [*lines[: SHOWN_POLICIES - 1], Line(f"其余 {len(lines) - SHOWN_POLICIES + 1} 项", "", rest)]
