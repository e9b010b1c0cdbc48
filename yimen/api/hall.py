"""
The hall for machines (大厅接口): kiosks, card readers, call boxes and screens of any maker, each by the token of one device.

Which venue, and which window, comes from the device and never from the request. Every write carries an Idempotency-Key: sent
again, it happens once and gets the same answer. Nobody's name goes in or out; an ID number goes in and is not kept.
"""

import base64
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Header, Router, Schema, Status
from ninja.security import HttpBearer

from yimen.api.shapes import Strict
from yimen.api.walls import Refused, keyed
from yimen.hall import actions, queries
from yimen.hall.words import DeviceKind, Ground, PrinterState, Source
from yimen.office.access import scope
from yimen.office.once import once
from yimen.office.queries import Staff

Key = Annotated[str, Header(alias="Idempotency-Key")]
Code = Annotated[str, Field(max_length=40)]
Answer = dict[str, Any]
PRINTERS = {"ok": PrinterState.FINE, "paper": PrinterState.PAPER, "off": PrinterState.OFF}


class DeviceToken(HttpBearer):
    """The token of a device; the middleware has looked it up and opened the device's scope."""

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        """Return the device, or None."""
        return getattr(request, "device", None)


class Read(Strict):
    """What a machine read: an ID number (or all that a reader typed), the text of a card's QR, what somebody says of themself."""

    id_number: Annotated[str, Field(max_length=400)] = ""
    card: Annotated[str, Field(max_length=400)] = ""
    said: Literal["", "pregnant", "veteran"] = ""


class Wanted(Read):
    """A ticket: for which matters, by their codes, the first of them first; and what was read."""

    matters: Annotated[list[Code], Field(max_length=10)] = []


class Printer(Strict):
    """Whether a machine can print tickets: ok, no paper, or no answer from its printer."""

    state: Literal["ok", "paper", "off"]


class PrinterOut(Schema):
    """What was noted."""

    state: str


class Step(Strict):
    """A step with the ticket at the window, which must still be that one; a reason where the step asks for one."""

    ticket: uuid.UUID
    reason: Annotated[str, Field(max_length=80)] = ""


class Onward(Step):
    """Where somebody is sent on to: the letter of another line, or the number of a window."""

    line: Annotated[str, Field(max_length=2)] = ""
    window: Annotated[int, Field(ge=1, le=9999)] | None = None


class WaitOut(Schema):
    """From so many minutes to so many."""

    least: int
    most: int


class TicketOut(Schema):
    """A ticket: its number as it is called, where it stands, how many go before it, what it may still wait, and what to say."""

    ticket: uuid.UUID
    label: str
    line: str
    state: str
    ahead: int
    wait: WaitOut | None
    window: int | None
    note: str = ""


class LineOut(Schema):
    """Under a letter: how many wait, and how long a newcomer would."""

    letter: str
    waiting: int
    wait: WaitOut | None


class WindowOut(Schema):
    """A window as the screen shows it."""

    window: int
    label: str
    matter: str
    is_paused: bool
    back_at: datetime | None


class CallOut(Schema):
    """One call; `id` is that of the stream."""

    id: int
    label: str
    window: int
    nth: int
    at: datetime


class BoardOut(Schema):
    """What the big screen shows, and where the stream of calls is heard from `last` on (server-sent events, Last-Event-ID)."""

    latest: CallOut | None
    recent: list[CallOut]
    windows: list[WindowOut]
    lines: list[LineOut]
    notices: list[str]
    stream: str
    last: int


class MatterOut(Schema):
    """Something that can be done here."""

    code: str
    name: str
    department: str


class VenueOut(Schema):
    """The venue of this device."""

    code: str
    name: str
    is_open: bool
    rule: str
    matters: list[MatterOut]


class AtWindow(Schema):
    """What stands at this window: who sits there, the ticket, how many wait for it, and the line of its strip."""

    window: int
    state: str
    ticket: uuid.UUID | None
    label: str
    ticket_state: str
    waiting: int
    strip: str


class BitOut(Schema):
    """Priority or not: one bit, and a sentence where something was not accepted."""

    priority: bool
    note: str = ""


class PublicKeys(Schema):
    """What rosters and cards are checked with: Ed25519 public keys in base64."""

    roster: str
    card: str


class EventIn(Strict):
    """One change of one row, as the machine wrote it down."""

    id: uuid.UUID
    sequence: Annotated[int, Field(ge=1)]
    table: Annotated[str, Field(max_length=40)]
    row: Annotated[str, Field(max_length=36)]
    about: Annotated[str, Field(max_length=60)]
    is_new: bool
    changes: dict[str, Any]
    at: datetime


class EventsIn(Strict):
    """What a machine on which a hall runs by itself has to tell, in any order."""

    events: Annotated[list[EventIn], Field(max_length=500)]


class ReceivedOut(Schema):
    """Up to which number everything was dealt with, which spans lack beyond it, how many do not agree; when its days end."""

    dealt_with: int
    missing: list[tuple[int, int]]
    unsettled: int
    last_day: str
    ended: bool


class WantedKey(Strict):
    """The number of the roster whose key is asked for."""

    sequence: Annotated[int, Field(ge=1)]


class KeyOut(Schema):
    """The key of a roster in base64: it is kept in memory alone, and for no longer than the lease."""

    sequence: int
    key: str


router = Router(tags=["hall"], auth=DeviceToken())


def _device(request: HttpRequest, *kinds: DeviceKind) -> queries.Device:
    device: queries.Device = cast(Any, request).device
    if kinds and device.kind not in kinds:
        raise Refused(403, f"这台设备登记的是{DeviceKind(device.kind).label}，不能做这一步。")
    return device


def _once(step: str, device: queries.Device, body: Schema | None, key: str, do: Callable[[], Answer], **about: str) -> Answer:
    content = {"device": device.pk.hex, "body": body.model_dump(mode="json") if body else {}} | about
    return once(key=keyed(key), action=f"api.hall.{step}", content=content, at=timezone.now(), do=do)


@router.get("/venue", response=VenueOut, summary="本场所")
def venue(request: HttpRequest) -> Answer:
    """Return the venue of this device and what can be done there."""
    held = _device(request).venue
    matters = [{"code": one.code, "name": one.name, "department": one.department.name} for one in queries.matters_of(held)]
    is_open = queries.is_open(held, timezone.now())
    return {"code": held.code, "name": str(held), "is_open": is_open, "rule": held.calling_rule.words, "matters": matters}


@router.get("/board", response=BoardOut, summary="大屏上的内容")
def board(request: HttpRequest) -> Answer:
    """Return what the big screen shows now."""
    held = _device(request).venue
    shown = queries.board(venue=held, at=timezone.now())
    return {
        "latest": _call(shown.latest) if shown.latest else None,
        "recent": [_call(one) for one in shown.recent],
        "windows": shown.rows,
        "lines": [{"letter": letter, "waiting": number, "wait": wait} for letter, number, wait in shown.waiting],
        "notices": queries.notices_of(held),
        "stream": f"/stream/{held.code}/",
        "last": shown.last_call,
    }


def _call(call: queries.Call) -> Answer:
    return {"id": call.pk, "label": call.label, "window": call.window_number, "nth": call.nth, "at": call.at}


@router.post("/recognise", response=BitOut, summary="识别优先")
def recognise(request: HttpRequest, body: Read) -> Answer:
    """Say whether somebody is served first here. Nothing is kept but that it was asked; each device has so many an hour."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER, DeviceKind.NODE)
    shown, problem = _shown(body)
    found, note = (None, problem) if problem else _recognised(device, body, shown)
    return {"priority": found is not None, "note": note}


@router.post("/tickets", response={201: TicketOut}, summary="取号")
def take(request: HttpRequest, body: Wanted, key: Key) -> Status[Answer]:
    """Take a ticket. What is not recognised gets an ordinary one, with a sentence why; print it after this answer."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER)
    keyed(key)
    matters = _matters(device, body.matters)
    shown, problem = _shown(body)
    found, note = (None, problem) if problem else _recognised(device, body, shown)

    def do() -> Answer:
        same: Answer = {"source": Source.KIOSK, "by": None, "at": timezone.now()}
        who: Answer = {"recognised": found, "id_number": shown.id_number}
        ticket = actions.take_ticket(venue=device.venue, matters=matters, **who, **same)
        return {"ticket": ticket.pk.hex, "note": note}

    done = _once("tickets", device, body, key, do)
    return Status(201, _stand(device, uuid.UUID(done["ticket"])) | {"note": done["note"]})


@router.post("/printer", response=PrinterOut, summary="打印机的状态")
def printer(request: HttpRequest, body: Printer, key: Key) -> Answer:
    """Tell whether this machine can print tickets; the desks see it until it prints again. Its tickets are valid either way."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER)

    def do() -> Answer:
        actions.note_printer(device=device, state=PrinterState(PRINTERS[body.state]), at=timezone.now())
        return {"state": body.state}

    return _once("printer", device, body, key, do)


@router.get("/tickets/{uuid:ticket_id}", response=TicketOut, summary="排到哪了")
def place(request: HttpRequest, ticket_id: uuid.UUID) -> Answer:
    """Return where a ticket of this venue stands."""
    return _stand(_device(request), ticket_id)


@router.post("/tickets/{uuid:ticket_id}/return", response=TicketOut, summary="重新排上")
def come_back(request: HttpRequest, ticket_id: uuid.UUID, key: Key) -> Answer:
    """Let somebody wait again who missed their call, or is back from a hold."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER)
    _stand(device, ticket_id)

    def do() -> Answer:
        return {"ticket": actions.put_back(ticket_id=ticket_id, by=None, at=timezone.now()).pk.hex}

    _once("return", device, None, key, do, ticket=ticket_id.hex)
    return _stand(device, ticket_id)


@router.get("/window", response=AtWindow, summary="本窗口")
def at_window(request: HttpRequest) -> Answer:
    """Return what stands at the window of this device."""
    with _sitting(request) as (device, _):
        return _window(device)


@router.post("/window/call", response=AtWindow, summary="叫下一个")
def call(request: HttpRequest, key: Key) -> Answer:
    """Call the next ticket by the rule; without anybody waiting nothing is called."""
    with _sitting(request) as (device, who):
        at = timezone.now()

        def do() -> Answer:
            ticket = actions.call_next(window_id=cast(int, device.window_id), by=who, at=at)
            return {"ticket": ticket.pk.hex if ticket else ""}

        _once("call", device, None, key, do)
        return _window(device)


@router.post("/window/transfer", response=AtWindow, summary="转到别的队或窗口")
def transfer(request: HttpRequest, body: Onward, key: Key) -> Answer:
    """Send somebody on; the time waited so far counts."""
    with _sitting(request) as (device, who):
        line = device.venue.series.filter(letter=body.line).first() if body.line else None
        window = device.venue.windows.filter(number=body.window).first() if body.window else None
        if line is None and window is None:
            raise Refused(422, "请写转到哪一队（line，字母）或哪个窗口（window，号），要是本场所有的。")

        def do() -> Answer:
            _own(device, body.ticket)
            to: Answer = {"line": line, "window": window, "reason": body.reason}
            return {"ticket": actions.pass_on(ticket_id=body.ticket, by=who, at=timezone.now(), **to).pk.hex}

        _once("transfer", device, body, key, do)
        return _window(device)


@router.post("/window/{name}", response=AtWindow, summary="重呼、开始办理、办结、过号、挂起、转后台")
def step(
    request: HttpRequest,
    name: Literal["recall", "serve", "finish", "miss", "hold", "to_back"],
    body: Step,
    key: Key,
) -> Answer:
    """Take a step with the ticket at the window."""
    with _sitting(request) as (device, who):

        def do() -> Answer:
            _own(device, body.ticket)
            same: Answer = {"ticket_id": body.ticket, "by": who, "at": timezone.now()}
            ticket = actions.recall(**same) if name == "recall" else actions.step(name=name, reason=body.reason, **same)
            return {"ticket": ticket.pk.hex}

        _once(name, device, body, key, do)
        return _window(device)


@contextmanager
def _sitting(request: HttpRequest) -> Iterator[tuple[queries.Device, Staff]]:
    """Open the scope of whoever opened the window of a call box. Raises Refused if nobody did."""
    device = _device(request, DeviceKind.WINDOW)
    window = device.window
    if window is None or window.staff is None:
        raise Refused(409, f"{window or '这个窗口'}没有人开窗。请先在电脑上开窗，再按呼叫器。")
    with scope(window.staff, f"窗口呼叫器 {device.pk.hex[:12]}"):
        yield device, window.staff


def _own(device: queries.Device, ticket_id: uuid.UUID) -> None:
    held = queries.ticket_at(cast(queries.Window, device.window))
    if held is None or held.pk != ticket_id:
        raise actions.WrongStep("这个号不在本窗口，请看窗口现在的号再按。")


def _window(device: queries.Device) -> Answer:
    window = cast(queries.Window, device.window)
    ticket = queries.ticket_at(window)
    return {
        "window": window.number,
        "state": window.state,
        "ticket": ticket.pk if ticket else None,
        "label": str(ticket) if ticket else "",
        "ticket_state": ticket.state if ticket else "",
        "waiting": queries.waiting_for(window=window, at=timezone.now()),
        "strip": queries.window_line(window=window),
    }


def _stand(device: queries.Device, ticket_id: uuid.UUID) -> Answer:
    held = queries.place_of(ticket_id=ticket_id, at=timezone.now())
    if held.ticket.venue_id != device.venue_id:
        raise queries.Ticket.DoesNotExist
    return {
        "ticket": held.ticket.pk,
        "label": str(held.ticket),
        "line": held.ticket.line.name,
        "state": held.ticket.state,
        "ahead": held.ahead,
        "wait": held.wait,
        "window": held.window,
    }


def _matters(device: queries.Device, codes: list[str]) -> list[Any]:
    here = {one.code: one for one in queries.matters_of(device.venue)}
    foreign = [place for place, code in enumerate(codes, start=1) if code not in here]
    if foreign:
        raise Refused(422, f"第 {'、'.join(map(str, foreign))} 个事项本场所不办。能办的见 /api/hall/venue。")
    return [here[code] for code in codes]


def _shown(body: Read) -> tuple[actions.Scanned, str]:
    """Return the ID number and the card's text that were read, and what to say where nothing could be made of them."""
    try:
        typed = actions.scanned(body.id_number, allow_fictional=settings.YIMEN_DEMO) if body.id_number else actions.Scanned()
    except actions.NotRead as problem:
        return actions.Scanned(), str(problem)
    return actions.Scanned(typed.id_number, body.card or typed.card), ""


def _recognised(device: queries.Device, body: Read, shown: actions.Scanned) -> tuple[actions.Recognised | None, str]:
    """Return why somebody has priority, if they do, and what to tell them where what was shown was not accepted."""
    said = Ground(body.said) if body.said else None
    asked: Answer = {"id_number": shown.id_number, "card": shown.card, "said": said}
    if not any(asked.values()):
        return None, ""
    asked["machines"] = queries.machines_behind(device)
    try:
        return actions.recognise(venue=device.venue, at=timezone.now(), device=device.pk.hex, **asked), ""
    except actions.NotRecognised as problem:
        return None, str(problem)


@router.get("/roster/keys", response=PublicKeys, summary="核验名册和卡用的公钥")
def roster_keys(request: HttpRequest) -> Answer:
    """Return the public keys; a machine keeps those of its first day."""
    _device(request)
    return dict(actions.public_keys())


@router.get("/roster", response=None, summary="离线名册（文件）")
def roster(request: HttpRequest) -> HttpResponse:
    """Give the leased roster of this venue as a file; without its key it tells nothing."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER, DeviceKind.NODE)
    return HttpResponse(actions.lease_file(device=device, at=timezone.now()), content_type="application/octet-stream")


@router.post("/roster/key", response=KeyOut, summary="离线名册的钥匙")
def roster_key(request: HttpRequest, body: WantedKey) -> Answer:
    """Hand out the key of the running roster; each time is written down and counted."""
    device = _device(request, DeviceKind.KIOSK, DeviceKind.READER, DeviceKind.NODE)
    key = actions.lease_key(device=device, sequence=body.sequence, at=timezone.now())
    return {"sequence": body.sequence, "key": base64.b64encode(key).decode()}


@router.get("/roster/revoked", response=None, summary="作废的优先服务卡（文件）")
def revoked(request: HttpRequest) -> HttpResponse:
    """Give the signed list of void cards; it names nobody."""
    _device(request, DeviceKind.KIOSK, DeviceKind.READER, DeviceKind.NODE)
    return HttpResponse(actions.revoked_file(at=timezone.now()), content_type="application/octet-stream")


@router.post("/package", response=None, summary="场所包（单机自己来取）")
def package(request: HttpRequest) -> HttpResponse:
    """Give a fresh package to the machine on which this hall runs by itself, sealed under that machine's key."""
    device = _device(request, DeviceKind.NODE)
    return HttpResponse(actions.package_for(device=device, at=timezone.now()), content_type="application/octet-stream")


@router.post("/events", response=ReceivedOut, summary="交回场所记录（单机）")
def events(request: HttpRequest, body: EventsIn) -> Answer:
    """Take what a machine tells. Each event has a number and a key of its own: twice, in parts, in any order, it is the same."""
    node = actions.node_of(_device(request, DeviceKind.NODE))
    told = [one.model_dump(mode="json") for one in body.events]
    return vars(actions.receive(node=node, told=told, at=timezone.now()))
