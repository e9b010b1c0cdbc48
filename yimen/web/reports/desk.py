"""Reports, complaints and warnings in hand (报告、举报、线索核查): the overdue first; to enter one needs who and where alone."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.benefits.actions import NotBooked
from yimen.cases.actions import (
    Named,
    NotAccepted,
    NotChecked,
    WrongStep,
    answer_report,
    end_report,
    informant_of,
    record_report,
    take_up_report,
)
from yimen.cases.queries import check_counts, checks, has_informant, report_seen, reports, unmatched_reports
from yimen.cases.words import Channel, Kind, Way
from yimen.office.access import acting, may, require
from yimen.office.audit import reading
from yimen.office.files import open_file
from yimen.office.once import OtherContent, once
from yimen.registry.queries import TooManyHits, household_of, masked, search
from yimen.web.urgent.sent import Unclear, photo_of, village_of, villages
from yimen.web.window.drafting import new_key, send_once

SHOWN = 100
CHANNELS = (Channel.VILLAGE, Channel.GRID, Channel.WINDOW, Channel.PHONE, Channel.LETTER)
REFUSALS = (NotChecked, NotBooked, NotAccepted, WrongStep, Unclear, OtherContent)


def listed(request: HttpRequest) -> HttpResponse:
    """Show what is in hand: reports not taken up yet, then the warnings, each with its day; names are masked."""
    today = timezone.localdate()
    tasks = list(checks()[:SHOWN])
    with reading("看线索核查清单"):
        names: dict[Any, str] = dict(
            masked(people=[], households=[one.household_id for one in tasks if one.household_id], on=today)
        )
    shown = {
        "current": reverse("reports"),
        "counts": check_counts(on=today),
        "ways": Way.choices,
        "reports": [(one, bool(one.due_on and one.due_on < today)) for one in unmatched_reports()[:SHOWN]],
        "tasks": [(one, names.get(one.household_id, ""), bool(one.due_on and one.due_on < today)) for one in tasks],
        "unanswered": list(reports(answered=False).exclude(case=None, ended_at=None)[:SHOWN]),
        "may_enter": may("case.open"),
    }
    return render(request, "reports/list.html", shown)


def new(request: HttpRequest) -> HttpResponse:
    """Take in a report or a complaint. What was typed comes back with a refusal; who complains is never shown again."""
    require("case.open")
    problem, complaint = "", request.POST.get("kind", request.GET.get("kind")) == Kind.COMPLAINT
    if request.method == "POST":
        try:
            return HttpResponseRedirect(reverse("report", args=[_recorded(request)]))
        except REFUSALS as refusal:
            problem = str(refusal)
    shown = {
        "current": reverse("reports"),
        "villages": villages(),
        "channels": [(one.value, one.label) for one in (reversed(CHANNELS) if complaint else CHANNELS)],
        "typed": request.POST,
        "complaint": complaint,
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "problem": problem,
    }
    return render(request, "reports/new.html", shown, status=422 if problem else 200)


def _recorded(request: HttpRequest) -> uuid.UUID:
    sent, at, area = request.POST, timezone.now(), village_of(request.POST.get("village", ""))
    kind = Kind.COMPLAINT if sent.get("kind") == Kind.COMPLAINT else Kind.REPORT
    channel = sent.get("channel", "")
    wanted: dict[str, Any] = {name: sent.get(name, "") for name in ("about", "place", "words")}
    consents = {"yes": True, "no": False}.get(sent.get("consents", ""))
    named = Named(sent.get("informant", ""), sent.get("informant_phone", "")) if kind == Kind.COMPLAINT else None

    def record() -> dict[str, str]:
        held = record_report(
            kind=kind,
            channel=channel if channel in CHANNELS else Channel.WINDOW,
            area=area,
            voice=photo_of(request, "voice"),
            photo=photo_of(request, "photo"),
            consents=consents,
            informant=named,
            by=acting(),
            at=at,
            **wanted,
        )
        return {"report": held.pk.hex}

    # Nothing by which anybody could be told again goes into the digest.
    content = {"kind": kind, "channel": channel, "village": area.code, "consents": consents}
    return uuid.UUID(once(key=sent.get("key", ""), action="report.record", content=content, at=at, do=record)["report"])


def page(
    request: HttpRequest, report_id: uuid.UUID, problem: str = "", opened: Named | None = None, asked: bool = False
) -> HttpResponse:
    """Show one report: what was said, whom it may be about, the answer; who complained stays closed."""
    hits, found = [], ""
    with reading("看报告", report=report_id.hex):
        held = report_seen(report_id=report_id)
        said = {"about": held.about, "place": held.place or "", "words": held.words or ""}
        text = request.POST.get("text", "").strip()
        if text and may("person.search"):
            try:
                hits = search(text=text)
            except TooManyHits as many:
                found = str(many)
    shown = {
        "current": reverse("reports"),
        "held": held,
        "said": said,
        "late": bool(held.due_on and held.due_on < timezone.localdate() and not held.ended_at and not held.case_id),
        "hits": hits,
        "searched": text,
        "found": found,
        "may_check": may("case.verify", area_path=held.area_path),
        "may_register": may("household.register", area_path=held.area_path),
        "named": has_informant(held),
        "may_open_name": may("complaint.see_name", area_path=held.area_path),
        "opened": opened,
        "asked": asked,
        "settled": bool(held.ended_at or (held.case and held.case.concluded_at)),
        "problem": problem,
        "key": new_key(),
    }
    return render(request, "reports/report.html", shown, status=422 if problem else 200)


@require_POST
def take_up(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """Make a case of it for the person found."""

    def do() -> dict[str, str]:
        home = household_of(person_id=uuid.UUID(request.POST.get("person", "")), on=timezone.localdate())
        if home is None:
            raise NotChecked("此人今天不在任何一户，请先登记家庭。")
        case = take_up_report(report=report_id, household=home, by=acting(), at=timezone.now())
        return {"case": case.pk.hex, "number": case.number or ""}

    try:
        with reading("立案核查", report=report_id.hex):
            case = send_once(request, "report.take_up", do, report=report_id.hex)
    except ValueError:
        return page(request, report_id, problem="请先找到说的是哪一位。")
    except REFUSALS as refusal:
        return page(request, report_id, problem=str(refusal))
    messages.success(request, f"已立案，办件号 {case['number']}，由您负责。")
    return HttpResponseRedirect(reverse("check", args=[uuid.UUID(case["case"])]))


@require_POST
def end(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """End a report of which no case can be made, with the reason."""

    def do() -> dict[str, str]:
        end_report(report=report_id, words=request.POST.get("words", ""), by=acting(), at=timezone.now())
        return {"report": report_id.hex}

    try:
        send_once(request, "report.end", do, report=report_id.hex)
    except REFUSALS as refusal:
        return page(request, report_id, problem=str(refusal))
    messages.success(request, "已写明结束的理由。接下来答复。")
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
def answer(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """Answer whoever reported, without the household's details."""

    def do() -> dict[str, str]:
        answer_report(report=report_id, words=request.POST.get("words", ""), by=acting(), at=timezone.now())
        return {"report": report_id.hex}

    try:
        with reading("答复报告人", report=report_id.hex):
            send_once(request, "report.answer", do, report=report_id.hex)
    except REFUSALS as refusal:
        return page(request, report_id, problem=str(refusal))
    messages.success(request, "答复已记下，凭查询码可以看到。")
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
def name(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """Open who complained, for a purpose that is written down, on this one page and nowhere else."""
    report_seen(report_id=report_id)
    try:
        opened = informant_of(report=report_id, purpose=request.POST.get("purpose", ""), at=timezone.now())
    except NotChecked as refusal:
        return page(request, report_id, problem=str(refusal))
    return page(request, report_id, opened=opened, asked=True)


def attached(request: HttpRequest, report_id: uuid.UUID, which: str) -> StreamingHttpResponse:
    """Give the recording or the photo of a report back; the look is written down."""
    held = report_seen(report_id=report_id)
    key = held.voice if which == "voice" else held.photo
    if key is None:
        raise Http404
    called, content = open_file(key, purpose="听报告录音" if which == "voice" else "看报告照片")
    answer = StreamingHttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{called}"'
    return answer
