"""
Apply from home (本人网上申请): by the code of a slip, by the province's real-name service, or without either, to be proven later.

An unknown number and a known one get the same page: without proof nothing is looked up.
"""

import uuid
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.actions import Form, NotAccepted, begin_online, redeem
from yimen.cases.queries import Proof, identified, invited_online, resume_online, told_again
from yimen.office.once import OtherContent, once
from yimen.office.queries import area_at, area_seen, places
from yimen.office.real_name import Identity, NotProven, provider
from yimen.registry.queries import Found
from yimen.web.citizen.limits import RIGHT, WRONG, asked_too_often, count
from yimen.web.citizen.progress import HOTLINE, plain
from yimen.web.citizen.seat import at_home, leave, seat_of, sit

WHAT = "online"
# A few families behind one address begin in ten minutes; whoever tries codes is soon done.
BEGUN = 6
TOO_OFTEN = "这台手机或这个网络试得太多了。请过 10 分钟再试，或者打电话问。"
WRONG_CODE = "申请码和身份证号对不上，或者已经过期、用过了。请对着小票再输一次；不行就请窗口或村干部再给一张。"
KEPT = "real_name"


def start(request: HttpRequest) -> HttpResponse:
    """Show the ways in."""
    shown = {"hotline": HOTLINE, "real_name": provider() is not None, "going_on": seat_of(request) is not None}
    return render(request, "citizen/start.html", shown)


def invited(request: HttpRequest) -> HttpResponse:
    """Go in with the code of a slip and the end of the own ID number; it leads back to the draft that was begun with it."""
    if request.method != "POST":
        return render(request, "citizen/invited.html", {"hotline": HOTLINE})
    if asked_too_often(request, WHAT):
        return render(request, "citizen/invited.html", {"hotline": HOTLINE, "problem": TOO_OFTEN}, status=429)
    now = timezone.now()
    with at_home(request):
        held = redeem(code=plain(request.POST.get("code", "")), tail=plain(request.POST.get("tail", "")), at=now)
        if held is None:
            count(request, WRONG, WHAT)
            shown = {"hotline": HOTLINE, "problem": WRONG_CODE, "typed": request.POST.get("code", "")[:24]}
            return render(request, "citizen/invited.html", shown, status=422)
        count(request, RIGHT, WHAT)
        row = invited_online(held)
        try:
            if row is None:
                area = area_at(held.area_path)
                row = begin_online(
                    area=area, form=Form(), at=now, proof=Proof.INVITATION, invitation=held, person=held.person_id
                )[0].row
        except NotAccepted as refusal:
            return render(request, "citizen/invited.html", {"hotline": HOTLINE, "problem": str(refusal)}, status=422)
    sit(request, row.pk)
    return HttpResponseRedirect(reverse("online_ask"))


def go_on(request: HttpRequest) -> HttpResponse:
    """Go on with a draft by its code (续填码)."""
    if request.method != "POST":
        return render(request, "citizen/go_on.html", {"hotline": HOTLINE})
    if asked_too_often(request, WHAT):
        return render(request, "citizen/go_on.html", {"hotline": HOTLINE, "problem": TOO_OFTEN}, status=429)
    with at_home(request):
        row = resume_online(code=plain(request.POST.get("code", "")), at=timezone.now())
    count(request, RIGHT if row else WRONG, WHAT)
    if row is None:
        words = "没有找到这份没填完的申请。请对着记下的码再输一次，一共 10 个字；已经提交的，请查进度。"
        return render(request, "citizen/go_on.html", {"hotline": HOTLINE, "problem": words}, status=422)
    sit(request, row.pk)
    return HttpResponseRedirect(reverse("online_ask"))


def who(request: HttpRequest) -> HttpResponse:
    """Ask where somebody lives and who they are, and begin; whether anybody of that number is known is not asked here."""
    post = request.POST
    if request.method == "POST" and asked_too_often(request, WHAT):
        return _who(request, problem=TOO_OFTEN, status=429)
    with at_home(request):
        if request.method != "POST" or "name" not in post:
            return _who(request)
        area = area_seen(post.get("village", ""))
        if area is None or area.level != 5:
            return _who(request, problem="请选住在哪个村（居）。", status=422)
        form = Form(post.get("name", ""), post.get("number", ""), post.get("phone", ""), post.get("others", ""))
        try:
            online, code = _begun_once(post.get("key", "")[:64], area, form)
        except OtherContent:
            count(request, RIGHT, WHAT)
            return _who(request, problem="您改了刚才填的。请核对，再按一次“下一步”。", status=422, fresh=True)
        except NotAccepted as refusal:
            count(request, RIGHT, WHAT)
            return _who(request, problem=str(refusal), status=422)
    count(request, BEGUN, WHAT)
    if code is None:
        return HttpResponseRedirect(reverse("online_ask"))
    sit(request, online)
    return render(request, "citizen/code.html", {"code": _spaced(code)})


def _begun_once(key: str, area: Any, form: Form) -> tuple[uuid.UUID, str | None]:
    """Begin; pressed twice, or again after the answer was lost, it is one draft, and its code (None once it was submitted)."""
    now = timezone.now()

    def do() -> dict[str, str]:
        return {"online": begin_online(area=area, form=form, at=now)[0].row.pk.hex}

    content = {"area": area.code, "form": asdict(form)}
    online = uuid.UUID(once(key=key, action="online.begin", content=content, at=now, do=do)["online"])
    return online, told_again(online=online, at=now)


def _who(request: HttpRequest, *, problem: str = "", status: int = 200, fresh: bool = False) -> HttpResponse:
    with at_home(request):
        towns, villages = places(request.POST.get("town", ""))
    shown = {"towns": towns, "villages": villages, "problem": problem, "typed": request.POST, "hotline": HOTLINE}
    shown["key"] = uuid.uuid4().hex if fresh else request.POST.get("key") or uuid.uuid4().hex
    shown |= {one: request.POST.get(one) or request.POST.get(f"told_{one}", "") for one in ("name", "number")}
    return render(request, "citizen/who.html", shown, status=status)


def _spaced(code: str) -> str:
    return f"{code[:5]} {code[5:]}"


def real_name(request: HttpRequest) -> HttpResponse:
    """Send the browser to the province's real-name service."""
    service = provider()
    if service is None:
        raise Http404
    if asked_too_often(request, WHAT):
        return _not_proven(request, TOO_OFTEN, 429)
    count(request, RIGHT, WHAT)
    try:
        begun = service.begin(back=_back(request))
    except NotProven as problem:
        return _not_proven(request, str(problem), 502)
    request.session[KEPT] = begun.kept
    return HttpResponseRedirect(begun.address)


def real_name_back(request: HttpRequest) -> HttpResponse:
    """Take in who came back: registered here they go on as themselves; else they fill it in and the window registers them."""
    service, kept = provider(), request.session.pop(KEPT, None)
    if service is None:
        raise Http404
    try:
        identity = service.finish(kept=kept or {}, query=request.GET.dict(), back=_back(request))
    except NotProven as problem:
        count(request, WRONG, WHAT)
        return _not_proven(request, str(problem), 422)
    with at_home(request):
        found = identified(name=identity.name, number=identity.number, on=timezone.localdate())
        if found is None:
            return _to_be_registered(request, identity)
        return _begun_as(request, found)


def _begun_as(request: HttpRequest, found: Found) -> HttpResponse:
    area = area_at(found.area_path)
    try:
        online, code = begin_online(area=area, form=Form(), at=timezone.now(), proof=Proof.REAL_NAME, person=found.person_id)
    except NotAccepted as refusal:
        return _not_proven(request, str(refusal), 422)
    sit(request, online.row.pk)
    return render(request, "citizen/code.html", {"code": _spaced(code)})


def _to_be_registered(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Who is in no household here fills in the rest of who they are; the officer who registers them sees the card."""
    towns, villages = places("")
    shown = {"towns": towns, "villages": villages, "name": identity.name, "number": identity.number, "hotline": HOTLINE}
    return render(request, "citizen/who.html", shown)


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("online_real_name_back"))


def _not_proven(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    shown = {"hotline": HOTLINE, "problem": problem, "real_name": provider() is not None}
    return render(request, "citizen/start.html", shown, status=status)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Leave: whoever takes up this telephone next sees nothing; the code leads back."""
    leave(request)
    return HttpResponseRedirect(reverse("online"))
