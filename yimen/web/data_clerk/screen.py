"""Screening from the page (运行筛查): asked for by a person, run behind, with its progress and what came of the last runs."""

import uuid
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import current, require
from yimen.office.queries import own_areas
from yimen.screening.actions import start_screening
from yimen.screening.queries import recent_runs
from yimen.web import lists
from yimen.web.window.drafting import new_key, send_once

REACH = (("", "不限"), ("full", "全员"), ("changed", "有变化的户"))
ORDERS = {
    "new": ("新做的在前", ("-pk",)),
    "old": ("早做的在前", ("pk",)),
    "opened": ("新出现多的在前", ("-opened", "-pk")),
    "closed": ("数据已更正多的在前", ("-closed", "-pk")),
}
COLUMNS = ("什么时候", "按哪天算", "哪里", "范围", "人", "户", "政策", "新出现", "数据已更正")


class Narrow(lists.Narrow):
    """What the list of screenings is narrowed to, and how it is ordered."""

    reach = forms.ChoiceField(label="范围", required=False, choices=REACH)
    order = forms.ChoiceField(label="排序", required=False, choices=[(key, words) for key, (words, _) in ORDERS.items()])

    def rows(self) -> QuerySet[Any]:
        """Return the runs that fit."""
        chosen, rows = self.chosen(), recent_runs()
        if chosen["reach"]:
            rows = rows.filter(full=chosen["reach"] == "full")
        return rows.order_by(*ORDERS[chosen["order"] or "new"][1])


def screening(request: HttpRequest) -> HttpResponse:
    """Show the last runs; on POST start one for one's own area."""
    require("screening.run")
    areas = own_areas()
    if request.method == "POST" and areas:
        full = request.POST.get("full") == "1"

        def do() -> dict[str, str]:
            return {"job": start_screening(area=areas[0], full=full, by=current().staff, at=timezone.now()).pk.hex}

        job = send_once(request, "screening.start", do, area=areas[0].code)["job"]
        return HttpResponseRedirect(reverse("job", args=[uuid.UUID(job)]))
    form = Narrow(request.GET)
    if request.GET.get("as"):
        return lists.file_of(request, name="screenings", columns=COLUMNS, lines=map(_line, form.rows()))
    page = Paginator(form.rows(), lists.PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "current": reverse("screening"),
        "form": form,
        "page": page,
        "runs": list(page.object_list),
        "order": form.chosen()["order"] or "new",
        "narrowed": bool(form.chosen()["reach"]),
        "query": lists.query_of(request),
        "key": new_key(),
        "place": areas[0].name if areas else "",
    }
    return render(request, "data_clerk/screening.html", shown)


def _line(run: Any) -> tuple[Any, ...]:
    place, reach = run.area.name if run.area else "全部", "全员" if run.full else "有变化的户"
    return (run.started_at, run.on, place, reach, run.people, run.households, run.policies, run.opened, run.closed)
