"""The desk of cards (优先服务卡): look somebody up, issue, replace, make void; cards for the whole list; sheets to print."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import (
    Card,
    card_counts,
    card_numbered,
    cards_below,
    cards_of,
    cards_off_the_list,
    ground_now,
    live_cards,
    recent_cards,
)
from yimen.hall.words import CardState, Ground
from yimen.office.access import acting, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import area_seen, areas_seen
from yimen.registry.queries import TooManyHits, masked, search
from yimen.web.cards.sheet import set_cards
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.views import not_printed, pdf
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (actions.NotIssued, OtherContent)
RECENT, SHORTEST = 20, 2
COUNTY, TOWN, VILLAGE = 3, 4, 5


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """Look for somebody (POST), show what was issued lately, and what is to be printed."""
    require("card.issue")
    today = timezone.localdate()
    shown: dict[str, Any] = {
        "current": reverse("cards"),
        "counts": card_counts(on=today),
        "places": _places(),
        "key": new_key(),
        "problem": problem,
        "text": request.POST.get("text", "").strip(),
    }
    with reading("看优先服务卡"):
        recent = recent_cards(RECENT)
        names = masked(people=[card.person_id for card in recent], households=[], on=today)
        shown["recent"] = [(card, names.get(card.person_id, "")) for card in recent]
    if request.method == "POST" and "text" in request.POST:
        return _found(request, shown)
    return render(request, "cards/desk.html", shown, status=status)


def _places() -> list[Any]:
    """Return the places whose cards are printed together: townships for the county, villages for a township."""
    rows = list(areas_seen().filter(level__in=(TOWN, VILLAGE)))
    towns = [one for one in rows if one.level == TOWN]
    return towns if len(towns) > 1 else [one for one in rows if one.level == VILLAGE]


def _found(request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
    text = shown["text"]
    card = card_numbered(text)
    if card is not None:
        return HttpResponseRedirect(reverse("cards_of", args=[card.person_id]))
    if len(text) < SHORTEST:
        return render(request, "cards/desk.html", shown | {"problem": "请输身份证号、姓名全称、拼音、证件后四位或卡号。"})
    try:
        hits = search(text=text)
    except TooManyHits as refusal:
        return render(request, "cards/desk.html", shown | {"problem": str(refusal)})
    held = live_cards(hit.person_id for hit in hits)
    return render(request, "cards/desk.html", shown | {"hits": [(hit, held.get(hit.person_id)) for hit in hits]})


def off_the_list(request: HttpRequest) -> HttpResponse:
    """Show whose cards are to be looked at: they are on no list any more, or have died."""
    require("card.issue")
    today = timezone.localdate()
    with reading("核对优先服务卡"):
        found = cards_off_the_list(on=today)
        names = masked(people=[card.person_id for card in found], households=[], on=today)
    rows = [(card, names.get(card.person_id, ""), card.person.died_on) for card in found]
    return render(request, "cards/off_the_list.html", {"current": reverse("cards"), "rows": rows, "today": today})


def person(request: HttpRequest, person_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show the cards somebody has and had, and what can be done with them."""
    today = timezone.localdate()
    with reading("看一个人的优先服务卡"):
        cards = cards_of(person_id)
        ground = ground_now(person=person_id, on=today)
        name = masked(people=[person_id], households=[], on=today).get(person_id, "")
    shown = {
        "current": reverse("cards"),
        "person_id": person_id,
        "name": name,
        "cards": cards,
        "live": next((card for card in cards if card.state == CardState.LIVE), None),
        "ground": ground,
        "grounds": [one for one in Ground if one is not Ground.LISTED],
        "today": today,
        "key": new_key(),
        "problem": problem,
    }
    return render(request, "cards/person.html", shown, status=status)


@require_POST
def step(request: HttpRequest, person_id: uuid.UUID, name: str) -> HttpResponse:
    """Issue, replace or make void; what is refused is said on the page."""
    doing = _STEPS.get(name)
    if doing is None:
        return person(request, person_id, problem="没有这一步，请刷新页面。", status=404)
    try:
        said = send_once(request, f"card.{name}", lambda: {"said": doing(request, person_id)}, person=person_id.hex)["said"]
    except REFUSALS as refusal:
        return person(request, person_id, problem=str(refusal), status=422)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("cards_of", args=[person_id]))


def _issue(request: HttpRequest, person_id: uuid.UUID) -> str:
    ground = request.POST.get("ground", "")
    if ground not in Ground.values:
        raise actions.NotIssued("请选因为什么发卡。")
    card = actions.issue_card(person=person_id, ground=Ground(ground), by=acting(), at=timezone.now())
    return f"发了卡 {card}。打印出来交给本人，请本人核对姓名。"


def _replace(request: HttpRequest, person_id: uuid.UUID) -> str:
    card = actions.replace_card(card=_card(request, person_id), reason=_reason(request), by=acting(), at=timezone.now())
    return f"补发了卡 {card}，旧卡从现在起作废。"


def _revoke(request: HttpRequest, person_id: uuid.UUID) -> str:
    card = actions.revoke_card(card=_card(request, person_id), reason=_reason(request), by=acting(), at=timezone.now())
    return f"卡 {card} 注销了，从现在起不能用。"


def _card(request: HttpRequest, person_id: uuid.UUID) -> uuid.UUID:
    wanted = request.POST.get("card", "")
    found = next((card.pk for card in cards_of(person_id) if str(card.pk) == wanted), None)
    if found is None:
        raise actions.NotIssued("没有说是哪一张卡，请刷新页面。")
    return found


def _reason(request: HttpRequest) -> str:
    return request.POST.get("other", "").strip() or request.POST.get("reason", "")


_STEPS: dict[str, Callable[[HttpRequest, uuid.UUID], str]] = {"issue": _issue, "replace": _replace, "revoke": _revoke}


@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """Start cards for everybody on the list who has none, in one's own area."""
    grounds = [Ground(one) for one in request.POST.getlist("ground") if one in (Ground.ASSISTED, Ground.DISABLED)]
    if not grounds:
        return page(request, problem="请至少勾选一种名单。", status=422)

    def do() -> dict[str, str]:
        return {"job": actions.start_batch(grounds=grounds, by=acting(), at=timezone.now()).pk.hex}

    try:
        job = send_once(request, "card.batch", do)["job"]
    except OtherContent as refusal:
        return page(request, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("job", args=[uuid.UUID(job)]))


@require_POST
def printed(request: HttpRequest) -> HttpResponse:
    """Print sheets of cards: of one place those not printed yet, or one card again."""
    try:
        cards, again = _chosen(request)
        held = actions.cards_to_print(cards=cards, at=timezone.now(), again=again)
        return pdf(set_cards(held, on=timezone.localdate()), name=f"cards-{timezone.localdate():%Y%m%d}.pdf")
    except actions.NotIssued as refusal:
        return page(request, problem=str(refusal), status=422)
    except NotPrintable as problem:
        return not_printed(request, problem)


def _chosen(request: HttpRequest) -> tuple[QuerySet[Card], bool]:
    one = request.POST.get("card", "")
    if one:
        found = card_numbered(one)
        if found is None:
            raise actions.NotIssued("没有这张卡，或不在您的辖区。")
        return cards_below(found.area_path).filter(pk=found.pk), True
    area = area_seen(request.POST.get("place", ""))
    if area is None:
        raise actions.NotIssued("请选打印哪里的卡。")
    return cards_below(area.path), False


def revoked(request: HttpRequest) -> HttpResponse:
    """Give the signed list of void cards, for machines that stand alone; it names nobody."""
    require("card.issue")
    answer = HttpResponse(actions.revoked_file(at=timezone.now()), content_type="application/octet-stream")
    answer["Content-Disposition"] = 'attachment; filename="revoked-cards.ymv"'
    return answer
