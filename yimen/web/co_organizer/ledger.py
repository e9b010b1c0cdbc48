"""The work ledger (协办台账): counted from what was done; one's own by day, the team's by person. Nobody is ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.hall.queries import COLUMNS, LedgerLine, ledger_of, ledger_of_team, month_of, totals
from yimen.office import audit
from yimen.office.access import NotAllowed, acting, may
from yimen.office.queries import Staff, staff_called
from yimen.web.lists import file_of, query_of
from yimen.web.months import month_asked, months_until


def page(request: HttpRequest) -> HttpResponse:
    """Show a month: of the team by person, of one of them or of oneself by day."""
    held = _asked(request)
    shown = {
        "current": reverse("ledger"),
        "month": held.first,
        "months": months_until(held.first),
        "whose": held.whose,
        "sees_team": held.sees_team,
        "columns": [words for _, words in COLUMNS],
        "lines": held.lines,
        "total": totals(held.lines),
        "has_any": any(one.counts for one in held.lines),
        "query": query_of(request),
    }
    return render(request, "co_organizer/ledger.html", shown)


def export(request: HttpRequest) -> HttpResponse:
    """Give what the page shows as a file, with its sums; nobody accompanied stands in it, the export in the audit."""
    held = _asked(request)
    audit.write(action="export", at=timezone.now(), what="ledger", month=f"{held.first:%Y-%m}", rows=len(held.lines))
    whose = ["哪天"] if held.whose else ["协办员", "用户名"]
    lines = [[*_named(one), *_numbers(one)] for one in held.lines]
    whole = ["合计", *[None] * (len(whose) - 1), *_numbers(totals(held.lines))]
    columns = [*whose, *(words for _, words in COLUMNS)]
    return file_of(request, name=f"ledger-{held.first:%Y%m}", columns=columns, lines=[*lines, whole])


def _named(line: LedgerLine) -> list[date | str | None]:
    return [line.staff.name, line.staff.username] if line.staff else [line.on]


def _numbers(line: LedgerLine) -> list[int]:
    return [number for _, number in line.cells]


@dataclass(frozen=True)
class Asked:
    """Which month of whose ledger an address names (None: the team's), its lines, and whether whoever asks sees the team's."""

    first: date
    whose: Staff | None
    sees_team: bool
    lines: Sequence[LedgerLine]


def _asked(request: HttpRequest) -> Asked:
    """Return the lines that are asked for. Raises NotAllowed, Http404 for somebody who is none of the team."""
    first, last = month_of(month_asked(request.GET.get("month", "")))
    sees_team = may("hall.team")
    if not sees_team and not may("hall.accompany"):
        raise NotAllowed("协办台账由协办员自己和管理协办员的人看。")
    whose = _whose(request.GET.get("who", "")) if sees_team else acting()
    lines = ledger_of_team(since=first, until=last) if whose is None else ledger_of(staff=whose, since=first, until=last)
    return Asked(first, whose, sees_team, lines)


def _whose(username: str) -> Staff | None:
    found = staff_called(username) if username else None
    if username and found is None:
        raise Http404
    return found
