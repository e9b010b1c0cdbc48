"""The work ledger (协办台账): counted from what was done; one's own by day, the team's by person. Nobody is ranked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from yimen.hall.queries import COLUMNS, ledger_of, ledger_of_team, month_of, totals
from yimen.office.access import NotAllowed, acting, may
from yimen.office.queries import Staff, staff_called
from yimen.web.months import month_asked, months_until


def page(request: HttpRequest) -> HttpResponse:
    """Show a month: of the team by person, of one of them or of oneself by day."""
    first, last = month_of(month_asked(request.GET.get("month", "")))
    sees_team = may("hall.team")
    if not sees_team and not may("hall.accompany"):
        raise NotAllowed("协办台账由协办员自己和管理协办员的人看。")
    whose = _whose(request.GET.get("who", "")) if sees_team else acting()
    lines = ledger_of_team(since=first, until=last) if whose is None else ledger_of(staff=whose, since=first, until=last)
    shown = {
        "current": reverse("ledger"),
        "month": first,
        "months": months_until(first),
        "whose": whose,
        "sees_team": sees_team,
        "columns": [words for _, words in COLUMNS],
        "lines": lines,
        "total": totals(lines),
        "has_any": any(one.counts for one in lines),
    }
    return render(request, "co_organizer/ledger.html", shown)


def _whose(username: str) -> Staff | None:
    found = staff_called(username) if username else None
    if username and found is None:
        raise Http404
    return found
