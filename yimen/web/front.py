"""The first page (首页) after log-in: the desk that belongs to the post."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yimen.cases.queries import REFERRED_DEPARTMENTS, own_department
from yimen.office.access import may
from yimen.web.approver.desk import desk as approve
from yimen.web.co_organizer.accompany import page as accompany
from yimen.web.co_organizer.helping import helping
from yimen.web.co_organizer.village import first_village
from yimen.web.data_clerk.arrivals import arrive
from yimen.web.hall.desk import page as hall
from yimen.web.hall.reception import page as reception
from yimen.web.leader.desk import desk
from yimen.web.today import MOST, in_the_halls
from yimen.web.visits.tasks import tasks


def home(request: HttpRequest) -> HttpResponse:
    """Choose the first page by what the posts may do; the three administrators see nobody."""
    if settings.YIMEN_VENUE:
        return _in_the_hall(request)
    if may("desk.county") and may("finding.see"):
        return desk(request)
    if may("desk.village"):
        return first_village(request)
    if may("agent.act"):
        return helping(request)
    if may("hall.accompany"):
        return accompany(request)
    if may("visit.third_party"):
        return tasks(request)
    if may("decision.department") and own_department() not in REFERRED_DEPARTMENTS:
        return approve(request)
    if may("hall.receive"):
        return reception(request)
    if may("facts.load"):
        return arrive(request)
    three = in_the_halls()[:MOST]
    return render(request, "desk/plain.html", {"current": request.path, "three": three, "manages": may("hall.manage")})


def _in_the_hall(request: HttpRequest) -> HttpResponse:
    """Choose the first page where a hall runs by itself: there is nothing but the hall."""
    if may("hall.accompany"):
        return accompany(request)
    if may("hall.receive") and not may("hall.manage"):
        return reception(request)
    if may("hall.ticket") or may("hall.call"):
        return hall(request)
    return render(request, "desk/plain.html", {"current": request.path})
