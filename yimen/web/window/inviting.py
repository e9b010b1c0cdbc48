"""Hand over a code to apply at home with (发申请码): after the ID card was seen, on a slip, told this once."""

import uuid

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import NotAccepted, invite
from yimen.office.access import acting, require
from yimen.office.audit import reading
from yimen.registry.queries import household_card, household_of


def invitation(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Ask whether the card was seen, then make the code and show its slip; sent again it is another code, and the first ends."""
    require("case.open")
    shown = {"current": reverse("people"), "person_id": person_id}
    with reading("发申请码", person=person_id.hex):
        home = household_of(person_id=person_id, on=timezone.localdate())
        if home is None:
            return render(request, "window/no_household.html", {"current": reverse("people")}, status=404)
        card = household_card(household_id=home, on=timezone.localdate())
        member = next(one for one in card.members if one.person_id == person_id)
        shown |= {"card": card.placed(), "member": member}
        if request.method != "POST":
            require("case.open", area_path=card.area_path)
            return render(request, "window/invite.html", shown)
        try:
            seen = request.POST.get("card_seen") == "1"
            made, code = invite(person=person_id, card_seen=seen, by=acting(), at=timezone.now())
        except NotAccepted as refusal:
            return render(request, "window/invite.html", shown | {"problem": str(refusal)}, status=422)
    address = request.build_absolute_uri(reverse("online_invited"))
    drawn = segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#1b2521", light="#ffffff")
    shown |= {"code": f"{code[:5]} {code[5:]}", "until": made.expires_at, "address": address, "drawn": drawn}
    return render(request, "window/invite.html", shown)
