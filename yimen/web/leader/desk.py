"""The first page of a county or a township: three things to do, then the figures, which add up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.cases.queries import check_counts
from yimen.office import audit
from yimen.office.access import may, require
from yimen.screening.queries import KINDS, Figures, figures
from yimen.web.lists import Sheet, book_of
from yimen.web.today import things

COLUMNS = {"missed": "漏救", "wrong": "错救", "recheck": "待核实", "soon": "即将", "opened": "新出现", "closed": "已关闭"}
SHOWN_POLICIES = 8


@dataclass(frozen=True)
class Line:
    """One line of a table of figures: words, the query it opens, and a number for each column."""

    words: str
    query: str
    counts: Mapping[str, int]


def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk of a county or a township."""
    held = figures()
    areas, policies = lines_of(held)
    area_order, policy_order = (request.GET.get(name, "") for name in ("areas", "policies"))
    shown = {
        "current": request.path,
        "today": timezone.localdate(),
        "three": things(on=timezone.localdate()),
        "figures": held,
        "checks": check_counts(on=timezone.localdate()),
        "kinds": KINDS,
        "columns": COLUMNS,
        "may_export": may("finding.export"),
        "whole": sum(held.kinds.values()),
        "areas": _sorted(areas, area_order),
        "area_order": area_order,
        "area_totals": _totals(areas),
        "policies": _shortened(_sorted(policies, policy_order), "all" in request.GET),
        "policy_order": policy_order,
        "policy_totals": _totals(policies),
        "policy_count": len(policies),
    }
    return render(request, "leader/desk.html", shown)


def export(request: HttpRequest) -> HttpResponse:
    """Give both tables of figures as a workbook; they name nobody, yet the export stands in the audit."""
    require("finding.export")
    areas, policies = lines_of(figures())
    audit.write(action="export", at=timezone.now(), what="figures", rows=len(areas) + len(policies))
    tables = (("按地方", areas), ("按政策", policies))
    return book_of(
        name="figures", sheets=[Sheet(name, [name[1:], *COLUMNS.values()], map(_cells, lines), 1) for name, lines in tables]
    )


def _cells(line: Line) -> list[str | int]:
    return [line.words, *(line.counts.get(column, 0) for column in COLUMNS)]


def lines_of(held: Figures) -> tuple[list[Line], list[Line]]:
    """Return the figures by area and by policy."""
    areas = [Line(area.name, f"area={area.code}", counts) for area, counts in held.areas]
    return areas, [Line(name, f"policy={policy}", counts) for policy, name, counts in held.policies]


def _sorted(lines: list[Line], order: str) -> list[Line]:
    """Sort by a column, the largest first; without one the order stays: areas by code, for nobody is ranked."""
    return sorted(lines, key=lambda line: -line.counts.get(order, 0)) if order in COLUMNS else lines


def _totals(lines: Iterable[Line]) -> dict[str, int]:
    found = dict.fromkeys(COLUMNS, 0)
    for line in lines:
        found = {name: found[name] + line.counts.get(name, 0) for name in COLUMNS}
    return found


def _shortened(lines: list[Line], everything: bool) -> list[Line]:
    """Keep the first policies, and add up the rest, so that both tables end in the same totals."""
    if everything or len(lines) <= SHOWN_POLICIES:
        return lines
    rest: Any = _totals(lines[SHOWN_POLICIES - 1 :])
    return [*lines[: SHOWN_POLICIES - 1], Line(f"其余 {len(lines) - SHOWN_POLICIES + 1} 项", "", rest)]
