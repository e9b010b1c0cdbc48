"""The first page (首页) after log-in: the desk that belongs to the post."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Choose the first page by what the posts may do."""
    return render(request, "desk/plain.html", {"current": request.path})
