"""One village at a glance (本村一览): who lives here, who receives what, what is waiting."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.benefits.queries import grants_on
from yimen.office.audit import reading
from yimen.office.queries import area_seen, areas_seen
from yimen.registry.queries import households_in
from yimen.screening.queries import KINDS, current_rules, waiting_by_household
from yimen.web.today import things

PER_PAGE = 50
ORDERS: Mapping[str, Callable[["Home"], Any]] = {
    # What is waiting comes first, then who receives something; the rest as the roster has them.
    "": lambda home: (not home.waiting, not home.receives),
    "number": lambda home: home.household.number,
    "people": lambda home: -len(home.household.members),
}
SHOWS = (("all", "全部"), ("waiting", "有事要做"), ("receiving", "正在领"), ("none", "什么也没领"))


@dataclass(frozen=True)
class Home:
    """One line: the household, its benefits in words, what is waiting by kind."""

    household: Any
    receives: tuple[str, ...]
    waiting: dict[str, int]


def first_village(request: HttpRequest) -> HttpResponse:
    """Show the village of whoever is at the desk; with several, the first, and links to the others."""
    own = areas_seen().filter(level=5).first()
    if own is None:
        raise Http404
    return village(request, own.code)


def village(request: HttpRequest, code: str) -> HttpResponse:
    """Show one village with masked names; one audit row for the look."""
    area, today = area_seen(code), timezone.localdate()
    if area is None:
        raise Http404
    with reading("看本村一览", area=code):
        households = households_in(area=area, on=today)
    waiting = waiting_by_household([one.household_id for one in households])
    received = _received(households, today)
    homes = [Home(one, received.get(one.household_id, ()), waiting.get(one.household_id, {})) for one in households]
    show, order = request.GET.get("show", "all"), request.GET.get("order", "")
    order = order if order in ORDERS else ""
    homes.sort(key=ORDERS[order])
    page = Paginator([home for home in homes if _fits(home, show)], PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "current": reverse("home"),
        "area": area,
        "others": [one for one in areas_seen().filter(level=5)[:30] if one.code != code],
        "page": page,
        "show": show,
        "shows": SHOWS,
        "order": order,
        "kinds": KINDS,
        "people": sum(len(one.members) for one in households),
        "homes": len(homes),
        "receiving": sum(1 for home in homes if home.receives),
        "by_standing": Counter(name for home in homes for name in home.household.standings).most_common(4),
        "has_groups": any(home.household.group for home in homes),
        "by_benefit": Counter(name for home in homes for name in home.receives).most_common(),
        "by_kind": Counter({kind: sum(home.waiting.get(kind, 0) for home in homes) for kind in KINDS}),
        "three": things(on=today, query=f"&area={code}"),
        "today": today,
    }
    return render(request, "co_organizer/village.html", shown)


def _fits(home: Home, show: str) -> bool:
    if show == "waiting":
        return bool(home.waiting)
    if show == "receiving":
        return bool(home.receives)
    return show != "none" or not (home.receives or home.household.standings)


def _received(households: list[Any], today: Any) -> dict[uuid.UUID, tuple[str, ...]]:
    """Return what each household and its people receive, in words."""
    rules, of_person = current_rules(), {person: one.household_id for one in households for person in one.members}
    homes = {one.household_id for one in households}
    found: dict[uuid.UUID, dict[str, None]] = {}
    for grant in grants_on(today):
        home = grant.household_id or of_person.get(grant.person_id)
        if home is not None and home in homes:
            policy = rules.policy(grant.policy)
            found.setdefault(home, {})[policy.name if policy else grant.policy] = None
    return {home: tuple(names) for home, names in found.items()}
