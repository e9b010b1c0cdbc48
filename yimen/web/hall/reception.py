"""The reception (导办台): who is here, what they have open, and a co-organizer sent to them with one press."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.hall import actions
from yimen.hall.queries import (
    Attendance,
    attendance_by_key,
    grounds_of,
    open_findings,
    open_handling_of,
    open_matters,
    place_of,
    present,
    proposals,
    receiving,
    recognition_of,
    ticket_of,
    today_or_not,
    troubles,
    venues_seen,
)
from yimen.hall.words import Ground, Language
from yimen.office.access import acting, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import staff_called
from yimen.registry.queries import TooManyHits, masked, search
from yimen.screening.queries import KINDS, current_rules
from yimen.web.window.drafting import new_key, send_once
from yimen.web.window.household import household_groups

REFUSALS = (actions.NotHandled, actions.NotPrioritised, actions.NotRecognised, OtherContent)


def page(request: HttpRequest) -> HttpResponse:
    """Show who is in the hall, masked, and who is at whose side."""
    require("hall.receive")
    venues = list(venues_seen())
    wanted = request.GET.get("venue")
    venue = next((one for one in venues if one.code == wanted), venues[0] if venues else None)
    shown: dict[str, Any] = {"current": reverse("reception"), "venue": venue, "venues": venues}
    if venue is not None:
        with reading("导办：看大厅里的人"):
            shown["rows"] = present(venue=venue, at=timezone.now())
        shown["troubles"] = troubles(venue=venue, at=timezone.now())
    return render(request, "hall/reception.html", shown)


def one(request: HttpRequest, attendance_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show whoever stands here: what they have open, whether it can be finished today, and whom to send."""
    now, today = timezone.now(), timezone.localdate()
    language = request.GET.get("language", "")
    with (
        reading("导办：看在办的事", attendance=attendance_id.hex),
        receiving(attendance=attendance_id, on=today) as (attendance, home),
    ):
        ticket = ticket_of(attendance)
        shown = _about(attendance, home) | {
            "current": reverse("reception"),
            "attendance": attendance,
            "ticket": ticket,
            "place": place_of(ticket_id=ticket.pk, at=now),
            "told": today_or_not(ticket=ticket, at=now),
            "handling": attendance.handlings.filter(ended_at=None).select_related("co_organizer").first(),
            "returned": list(attendance.handlings.filter(result="returned").select_related("co_organizer")),
            "proposals": proposals(attendance=attendance, language=language, on=today),
            "languages": Language.choices,
            "language": language,
            "recognition": recognition_of(attendance),
            "grounds": grounds_of(attendance.venue),
            "key": new_key(),
            "problem": problem,
            "today": today,
        }
        if request.method == "POST" and "text" in request.POST:
            shown |= _found(request)
        return render(request, "hall/reception_one.html", shown, status=status)


def _about(attendance: Attendance, home: uuid.UUID | None) -> dict[str, Any]:
    """Return what the household has open; nothing where it is not known who came."""
    today, rules = timezone.localdate(), current_rules()
    if home is None:
        names = masked(people=[attendance.person_id], households=[], on=today) if attendance.person_id else {}
        return {"name": next(iter(names.values()), ""), "matters": None}
    held = open_matters(household_id=home, on=today)
    member = next((one for one in held.held.card.members if one.person_id == attendance.person_id), None)
    return {
        "name": member.name if member else "",
        "member": member,
        "card": held.held.card.placed(),
        "matters": held,
        "findings": [(one, KINDS[one.kind], name) for one, name in open_findings(household_id=home)],
        "groups": household_groups(held.held, rules),
        "receipts": [(one, rules.policy(one.policy)) for one in held.held.receipts],
    }


def _found(request: HttpRequest) -> Mapping[str, Any]:
    text = request.POST.get("text", "").strip()
    if len(text) < 2:
        return {"problem": "请输身份证号、姓名全称、拼音或后四位。"}
    require("person.search")
    try:
        return {"hits": search(text=text), "text": text}
    except TooManyHits as refusal:
        return {"problem": str(refusal), "text": text}


@require_POST
def act(request: HttpRequest, attendance_id: uuid.UUID, name: str) -> HttpResponse:
    """Take one step; what is refused is said on the page."""
    if name not in _ACTS and name != "priority":
        return one(request, attendance_id, problem="没有这一步，请刷新页面。", status=404)
    about = {"attendance": attendance_id.hex}
    try:
        # Recognised before the step's own transaction: that it was asked stays in the audit, whatever comes of it.
        doing = _prioritising(request, attendance_id) if name == "priority" else _ACTS[name]
        said = send_once(request, f"reception.{name}", lambda: {"said": doing(request, attendance_id)}, **about)["said"]
    except REFUSALS as refusal:
        return one(request, attendance_id, problem=str(refusal), status=422)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("reception_one", args=[attendance_id]))


def _know(request: HttpRequest, attendance_id: uuid.UUID) -> str:
    try:
        person = uuid.UUID(request.POST.get("person", ""))
    except ValueError:
        raise actions.NotHandled("没有选是哪一位，请再查一次。") from None
    actions.know_person(attendance=attendance_id, person=person, by=acting(), at=timezone.now())
    return "认好了，下面是他在办的事。"


def _assign(request: HttpRequest, attendance_id: uuid.UUID) -> str:
    to = staff_called(request.POST.get("to", ""))
    if to is None:
        raise actions.NotHandled("请选派哪一位协办员。")
    handling = actions.assign(
        attendance=attendance_id,
        to=to,
        why=request.POST.get("why", ""),
        language=request.POST.get("language", ""),
        by=acting(),
        at=timezone.now(),
    )
    return f"已派{handling.co_organizer.name}，手机上已经看得到。"


def _stay(request: HttpRequest, attendance_id: uuid.UUID) -> str:
    _, handling = actions.stay_for(attendance=attendance_id, by=acting(), at=timezone.now())
    return f"已记延时服务，派了{handling.co_organizer.name}。" if handling else "已记延时服务。"


def _change(request: HttpRequest, attendance_id: uuid.UUID) -> str:
    to = staff_called(request.POST.get("to", ""))
    open_ = open_handling_of(attendance_id)
    if to is None or open_ is None:
        raise actions.NotHandled("请选换哪一位协办员。")
    made = actions.send_another(handling=open_.pk, to=to, why=request.POST.get("why", ""), by=acting(), at=timezone.now())
    return f"换成了{made.co_organizer.name}。"


def _prioritising(request: HttpRequest, attendance_id: uuid.UUID) -> Callable[[HttpRequest, uuid.UUID], str]:
    """Recognise whoever stands here, by what the registry knows of them or by what was seen, and return the step."""
    attendance = attendance_by_key(attendance_id)
    ground, evidence = request.POST.get("ground", ""), request.POST.get("evidence", "").strip()
    now = timezone.now()
    if not ground and attendance.person_id is None:
        raise actions.NotRecognised("请先认好是谁，或选理由。")
    if ground in Ground.values and not evidence:
        raise actions.NotRecognised("请写看过什么证明，例如“退役军人优待证”。")
    found = actions.recognise(
        venue=attendance.venue,
        person=None if ground else attendance.person_id,
        said=Ground(ground) if ground in Ground.values else None,
        evidence=evidence,
        by=acting(),
        at=now,
    )
    if found is None:
        raise actions.NotRecognised("名册和部门数据里没有优先的理由。看过证明的，请选理由，写明看过什么。")

    def give(_: HttpRequest, key: uuid.UUID) -> str:
        return f"{actions.give_priority(attendance=key, recognised=found, by=acting(), at=now)} 号优先了，号不变。"

    return give


_ACTS: Mapping[str, Callable[[HttpRequest, uuid.UUID], str]] = {
    "know": _know,
    "assign": _assign,
    "stay": _stay,
    "change": _change,
}
