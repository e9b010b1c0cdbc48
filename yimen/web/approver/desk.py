"""The list of what waits for this desk (等我办的): what can be decided now first, the overdue before the rest."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.queries import (
    appealed_decisions,
    names_of_recoveries,
    own_department,
    priority_rule,
    waiting_decisions,
    waiting_recoveries,
    with_names,
)
from yimen.office.audit import reading

PER_PAGE = 50


def desk(request: HttpRequest) -> HttpResponse:
    """Show the decisions that wait, with masked names; one audit row for the page."""
    today = timezone.localdate()
    rows = waiting_decisions(on=today)
    ready = [one for one in rows if one.ready]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    with reading("看待确认清单", page=page.number):
        shown_rows = with_names(list(page.object_list), on=today)
        recoveries = names_of_recoveries(waiting_recoveries(), on=today)
        reviews = with_names(appealed_decisions(on=today), on=today)
    shown = {
        "current": reverse("approve_list"),
        "page": page,
        "rows": shown_rows,
        "reviews": reviews,
        "ready": len(ready),
        "late": sum(one.is_late for one in rows),
        "recoveries": recoveries,
        "department": own_department(),
        "rule": priority_rule(),
    }
    return render(request, "approver/desk.html", shown)
