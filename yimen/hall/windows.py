"""
Windows (窗口): opened by the clerk who sits there, paused with a reason, closed; every stretch of it is written down.

Whoever manages the hall may do the same in a clerk's stead, always with a reason: the stretch says who did it and why.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yimen.hall.calling import pass_on
from yimen.hall.models import Ticket, Window, WindowShift
from yimen.hall.nodes import not_ours
from yimen.hall.words import AT_A_WINDOW, WindowState
from yimen.office import audit
from yimen.office.access import lent, require
from yimen.office.models import Staff
from yimen.office.queries import holds


class NotOpened(Exception):
    """A window cannot be opened, paused or closed like this; the sentence says why."""


@transaction.atomic
def set_window(
    *, window_id: int, state: WindowState, by: Staff, at: datetime, reason: str = "", back_at: datetime | None = None
) -> Window:
    """
    Open, pause or close a window (开窗、暂停、关窗); paused, `back_at` is when it goes on, as the screen tells.

    Raises NotOpened if somebody else sits there, if this clerk sits elsewhere, or if a ticket is still there on closing;
    NotAllowed.
    """
    window = _held(window_id)
    require("hall.call", area_path=window.venue.service_point.area.path)
    if window.staff is not None and window.staff.pk != by.pk:
        raise NotOpened(f"{window}现在由{window.staff}开着，请先请对方关窗。")
    if state == WindowState.PAUSED and not reason.strip():
        raise NotOpened("暂停请写明原因，例如“就餐”“核对材料”。")
    return _set(window, state, by, by, at, reason, back_at)


@transaction.atomic
def set_window_for(
    *,
    window_id: int,
    state: WindowState,
    by: Staff,
    at: datetime,
    reason: str,
    staff: Staff | None = None,
    back_at: datetime | None = None,
) -> Window:
    """
    Open, pause or close a window in a clerk's stead (代开、代停、代关); `staff` is who is to sit at one that is closed.

    Whoever is still at a window that is closed goes back to their line, and the time waited counts. Raises NotOpened without a
    reason, without a clerk who may call here and sits nowhere else, or if somebody is still there on a pause; NotAllowed
    without the right to manage the hall.
    """
    window = _held(window_id)
    require("hall.manage", area_path=window.venue.service_point.area.path)
    if not reason.strip():
        raise NotOpened("请写为什么，例如“就餐”“忘了关窗”“等的人多”；记录里会写是您办的。")
    if state == window.state:
        raise NotOpened(f"{window}已经是“{window.get_state_display()}”了，请刷新页面。")
    seated = _seated(window, state, staff)
    if state == WindowState.CLOSED:
        _send_back(window, by, at, reason)
    changed = _set(window, state, seated, by, at, reason, back_at)
    audit.write(
        action="window.set",
        at=at,
        venue=window.venue.code,
        window=window.number,
        state=str(state),
        staff_changed=seated.username,
    )
    return changed


def _send_back(window: Window, by: Staff, at: datetime, reason: str) -> None:
    """Let whoever is at a window wait in their line again; whoever closes it in a clerk's stead does not call themselves."""
    path = window.venue.service_point.area.path
    with lent("hall.call", area_path=path):
        for ticket in Ticket.objects.filter(window=window, state__in=AT_A_WINDOW):
            pass_on(ticket_id=ticket.pk, by=by, at=at, reason=f"{window}关窗：{reason}"[:80])


def _held(window_id: int) -> Window:
    rows = Window.objects.select_for_update(of=("self",)).select_related("venue__service_point__area", "staff")
    return rows.get(pk=window_id)


def _seated(window: Window, state: WindowState, staff: Staff | None) -> Staff:
    """Return who sits at a window, or is to sit at one that is opened."""
    if window.staff is not None:
        return window.staff
    if state != WindowState.OPEN:
        raise NotOpened(f"{window}没有开，不用暂停。")
    if staff is None or not holds(staff, "hall.call", area_path=window.venue.service_point.area.path):
        raise NotOpened("请选由谁坐这个窗口；名单里是能在这里叫号、没有坐别的窗口的人。")
    elsewhere = Window.objects.filter(staff=staff).exclude(pk=window.pk).select_related("venue__service_point").first()
    if elsewhere is not None:
        raise NotOpened(f"{staff}还坐着{elsewhere.venue}的{elsewhere}，请先关掉那一个。")
    return staff


def _set(
    window: Window, state: WindowState, seated: Staff, by: Staff, at: datetime, reason: str, back_at: datetime | None
) -> Window:
    if state != WindowState.CLOSED and (why := not_ours(window.venue, localdate(at))):
        raise NotOpened(why)
    left = Ticket.objects.filter(window=window, state__in=AT_A_WINDOW).select_related("series").first()
    if state != WindowState.OPEN and left is not None:
        raise NotOpened(f"{window}还有 {left} 号，请先办结、过号、挂起或转走。")
    window.state, window.staff, window.changed_at = state, None if state == WindowState.CLOSED else seated, at
    window.back_at = back_at if state == WindowState.PAUSED and back_at is not None and back_at > at else None
    try:
        with transaction.atomic():
            window.save(update_fields=["state", "staff", "changed_at", "back_at"])
    except IntegrityError:
        raise NotOpened(f"{'您' if seated == by else seated}已经开着另一个窗口，请先关掉那一个。") from None
    _note(window, state, seated, by, at, reason.strip()[:40])
    return window


def _note(window: Window, state: WindowState, seated: Staff, by: Staff, at: datetime, reason: str) -> None:
    held = WindowShift.objects.filter(window=window, ends_at=None).first()
    if held is not None:
        ended = {"ends_at": max(at, held.starts_at), "ended_by": by, "end_reason": reason}
        WindowShift.objects.filter(pk=held.pk).update(**ended)
    if state != WindowState.CLOSED:
        WindowShift.objects.create(window=window, staff=seated, state=state, reason=reason, set_by=by, starts_at=at)
