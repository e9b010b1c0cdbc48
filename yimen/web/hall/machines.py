"""Machines of the hall (设备): who manages it lets them in and shuts them out; a browser is paired with one by a code."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import segno
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import Device, Venue, devices_of, venue_by_code, venues_seen, windows_of
from yimen.hall.words import DeviceKind
from yimen.office.access import acting, may, require
from yimen.office.once import OtherContent
from yimen.web.accounts import address_of
from yimen.web.citizen.limits import RIGHT, WRONG, asked_too_often, count
from yimen.web.window.drafting import new_key, send_once

# Which page a browser opens once it is paired.
PAGES: dict[str, str] = {DeviceKind.SCREEN: "hall_screen", DeviceKind.KIOSK: "hall_kiosk"}
COOKIE, SALT, DAYS = "yimen_device", "hall.device", 400
REFUSALS = (actions.NotAdded, OtherContent)
View = Callable[..., HttpResponse]


def page(request: HttpRequest, problem: str = "", told: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    """Show the machines of a venue, and once what was just told: a token, or a pairing code with its link."""
    require("hall.manage")
    venues = [one for one in venues_seen() if may("hall.manage", area_path=one.service_point.area.path)]
    wanted = request.GET.get("venue") or request.POST.get("venue")
    venue = next((one for one in venues if one.code == wanted), venues[0] if venues else None)
    if venue is None:
        return render(request, "hall/none.html", {"current": reverse("hall")}, status=status)
    shown = {
        "current": reverse("hall"),
        "venue": venue,
        "venues": venues,
        "devices": devices_of(venue),
        "windows": windows_of(venue),
        # A machine on which the hall runs by itself comes with its package.
        "kinds": [one for one in DeviceKind.choices if one[0] != DeviceKind.NODE],
        "told": told,
        "problem": problem,
        "key": new_key(),
    }
    return render(request, "hall/devices.html", shown, status=status)


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Take one step with a machine. A token or code stands on the answer alone: sent twice, it is not told again."""
    doing = _ACTS.get(name)
    if doing is None:
        raise Http404
    told: dict[str, str] = {}
    try:
        said = send_once(request, f"device.{name}", lambda: {"said": doing(request, told)})["said"]
    except REFUSALS as refusal:
        return page(request, problem=str(refusal), status=422)
    if told:
        return page(request, told=told)
    messages.success(request, said)
    return HttpResponseRedirect(f"{reverse('hall_devices')}?venue={request.POST.get('venue', '')}")


def _who() -> dict[str, Any]:
    return {"by": acting(), "at": timezone.now()}


def _device(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("device", ""))
    except ValueError:
        raise actions.NotAdded("没有说是哪一台设备，请刷新页面。") from None


def _add(request: HttpRequest, told: dict[str, str]) -> str:
    venue = venue_by_code(request.POST.get("venue", ""))
    kind, number = request.POST.get("kind", ""), request.POST.get("window", "")
    if kind not in DeviceKind.values or kind == DeviceKind.NODE:
        raise actions.NotAdded("请选是哪一种设备。")
    window = next((one for one in windows_of(venue) if str(one.number) == number), None)
    name = request.POST.get("name", "")
    device, token = actions.add_device(venue=venue, kind=DeviceKind(kind), name=name, window=window, **_who())
    told.update(device=str(device), token=token)
    return f"“{device}”已经添上。令牌只显示一次；没有看到的，请换一个令牌。"


def _renew(request: HttpRequest, told: dict[str, str]) -> str:
    told.update(token=actions.renew_device(device_id=_device(request), **_who()))
    return "令牌已经换过。新令牌只显示一次；没有看到的，请再换一个。"


def _code(request: HttpRequest, told: dict[str, str]) -> str:
    code = actions.pairing_code(device_id=_device(request), at=timezone.now())
    # Behind "#" nothing is sent: the code stands in no log, and a program that only looks at the link uses nothing up.
    link = request.build_absolute_uri(reverse("hall_pair", args=[request.POST.get("venue", "")])) + f"#{code}"
    drawn = segno.make(link, error="m").svg_data_uri(scale=4, border=4, dark="#1b2521", light="#ffffff")
    told.update(code=f"{code[:4]} {code[4:]}", link=link, drawn=drawn)
    return "配对码只显示一次；没有看到的，请再取一个。"


def _revoke(request: HttpRequest, told: dict[str, str]) -> str:
    return f"“{actions.revoke_device(device_id=_device(request), **_who())}”停用了，从现在起什么也打不开。"


_ACTS: dict[str, Callable[[HttpRequest, dict[str, str]], str]] = {
    "add": _add,
    "renew": _renew,
    "code": _code,
    "revoke": _revoke,
}


def pairing(request: HttpRequest, venue_code: str) -> HttpResponse:
    """Pair this browser with a machine of the venue by a code; from then on its pages open here."""
    venue = _venue(venue_code)
    problem, status = "", 200
    if asked_too_often(request, "pairing"):
        problem, status = "这里试得太多了，请过 10 分钟再试。", 429
    elif request.method == "POST":
        try:
            device = actions.pair(venue=venue, code=request.POST.get("code", ""), at=timezone.now())
        except actions.NotPaired as refusal:
            count(request, WRONG, "pairing")
            problem, status = str(refusal), 422
        else:
            count(request, RIGHT, "pairing")
            shown = {"venue": venue, "device": device, "address": page_of(device)}
            return _sealed(render(request, "hall/paired.html", shown), device)
    return render(request, "hall/pair.html", {"venue": venue, "problem": problem}, status=status)


def page_of(device: Device) -> str:
    """Return the page a paired browser of this kind opens, "" where it has none."""
    name = PAGES.get(device.kind)
    return reverse(name, args=[device.venue.code]) if name else ""


def _sealed(answer: HttpResponse, device: Device) -> HttpResponse:
    value = signing.dumps([device.pk.hex, device.seal], salt=SALT)
    secure = settings.YIMEN_HTTPS
    answer.set_cookie(COOKIE, value, max_age=DAYS * 86400, path="/venues/", secure=secure, httponly=True, samesite="Strict")
    return answer


def machine_of(request: HttpRequest, venue_code: str) -> Device | None:
    """Return the device this browser is paired with in this venue, or None."""
    try:
        key, seal = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=DAYS * 86400)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    device = actions.paired_device(device_id=str(key), seal=str(seal), at=timezone.now())
    return device if device is not None and device.venue.code == venue_code else None


def only_for(*kinds: DeviceKind) -> Callable[[View], View]:
    """Open a page only on a paired machine of these kinds, in its scope, as `request.device`; elsewhere say how to pair."""

    def wrap(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, venue_code: str, *args: Any, **named: Any) -> HttpResponse:
            device = machine_of(request, venue_code)
            if device is None or device.kind not in kinds:
                return render(request, "hall/pair.html", {"venue": _venue(venue_code), "is_strange": True}, status=403)
            cast(Any, request).device = device
            with actions.device_scope(device, request.path[:80], address=address_of(request)):
                return view(request, venue_code, *args, **named)

        return opened

    return wrap


def _venue(venue_code: str) -> Venue:
    try:
        return venue_by_code(venue_code)
    except Venue.DoesNotExist:
        raise Http404 from None
