"""How the machine stands (系统状态): for whoever keeps it running; it shows nobody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import require
from yimen.office.queries import condition


def page(request: HttpRequest) -> HttpResponse:
    """Show disk, database, clock and background work, and what to do where something is wrong."""
    require("system.see")
    now = timezone.now()
    shown = {"current": reverse("system"), "told": condition(at=now), "now": timezone.localtime(now)}
    return render(request, "administrators/system.html", shown)
