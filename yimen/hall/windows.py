"""Windows (窗口): opened by the clerk who sits there, paused with a reason, closed; every stretch of it is written down."""

from datetime import datetime

from django.db import IntegrityError, transaction

from yimen.hall.models import Ticket, Window, WindowShift
from yimen.hall.words import AT_A_WINDOW, WindowState
from yimen.office.access import require
from yimen.office.models import Staff


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
    window = (
        Window.objects.select_for_update(of=("self",)).select_related("venue__service_point__area", "staff").get(pk=window_id)
    )
    require("hall.call", area_path=window.venue.service_point.area.path)
    _refuse(window, state, by, reason)
    window.state, window.staff, window.changed_at = state, None if state == WindowState.CLOSED else by, at
    window.back_at = back_at if state == WindowState.PAUSED and back_at is not None and back_at > at else None
    try:
        with transaction.atomic():
            window.save(update_fields=["state", "staff", "changed_at", "back_at"])
    except IntegrityError:
        raise NotOpened("您已经开着另一个窗口，请先关掉那一个。") from None
    _note(window, state, by, at, reason)
    return window


def _refuse(window: Window, state: WindowState, by: Staff, reason: str) -> None:
    if window.staff is not None and window.staff.pk != by.pk:
        raise NotOpened(f"{window}现在由{window.staff}开着，请先请对方关窗。")
    if state == WindowState.PAUSED and not reason.strip():
        raise NotOpened("暂停请写明原因，例如“就餐”“核对材料”。")
    left = Ticket.objects.filter(window=window, state__in=AT_A_WINDOW).select_related("series").first()
    if state != WindowState.OPEN and left is not None:
        raise NotOpened(f"{window}还有 {left} 号，请先办结、过号、挂起或转走。")


def _note(window: Window, state: WindowState, by: Staff, at: datetime, reason: str) -> None:
    held = WindowShift.objects.filter(window=window, ends_at=None).first()
    if held is not None:
        WindowShift.objects.filter(pk=held.pk).update(ends_at=max(at, held.starts_at))
    if state != WindowState.CLOSED:
        WindowShift.objects.create(window=window, staff=by, state=state, reason=reason[:40], starts_at=at)
