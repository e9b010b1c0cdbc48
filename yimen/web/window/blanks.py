"""Blank numbered forms for a power cut (停电用的空白登记表): to print before, and what of them is still to be entered after."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from yimen.cases.queries import pads_out
from yimen.web.window.drafting import new_key


def page(request: HttpRequest) -> HttpResponse:
    """Show the pads that were printed, with the numbers nobody has entered yet; numbers name nobody."""
    return render(request, "window/blanks.html", {"current": reverse("cases"), "pads": pads_out(), "key": new_key()})
