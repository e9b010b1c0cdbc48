"""Screening from the page (运行筛查): asked for by a person, run behind, with its progress and what came of the last runs."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import current, require
from yimen.office.queries import own_areas
from yimen.screening.actions import start_screening
from yimen.screening.queries import recent_runs

SHOWN = 10


def screening(request: HttpRequest) -> HttpResponse:
    """Show the last runs; on POST start one for one's own area."""
    require("screening.run")
    areas = own_areas()
    if request.method == "POST" and areas:
        full = request.POST.get("full") == "1"
        job = start_screening(area=areas[0], full=full, by=current().staff, at=timezone.now())
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    shown = {"current": reverse("screening"), "runs": list(recent_runs()[:SHOWN]), "place": areas[0].name if areas else ""}
    return render(request, "data_clerk/screening.html", shown)
