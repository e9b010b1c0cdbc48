"""The ticket on paper (号票): number, line, how many go first, the code to look by; the same drawing as dots and as PDF."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate, localtime

from yimen.hall.queries import Place, services_asked
from yimen.web.hall.dots import ticket_bytes
from yimen.web.hall.printers import NotPrinted, printer_of
from yimen.web.papers.contents import qr_code
from yimen.web.papers.printer import NotPrintable, Printed, draw_paper, print_paper

DOTS_AN_INCH = 203.2


def print_ticket(place: Place, *, address: str, at: datetime) -> str:
    """Print a ticket on the venue's printer; return "printed", "none" where there is no printer, "paper" or "off"."""
    printer = printer_of(place.ticket.venue.printer)
    if printer is None:
        return "none"
    try:
        picture = draw_paper("ticket", _told(place, address, at), on=localdate(at), dots_an_inch=DOTS_AN_INCH)
        printer.send(ticket_bytes(picture))
    except NotPrinted as problem:
        return problem.why
    except NotPrintable:
        return "off"
    return "printed"


def ticket_pdf(place: Place, *, address: str, at: datetime) -> Printed:
    """Return a ticket as PDF, for a browser that prints. Raises NotPrintable."""
    return print_paper("ticket", _told(place, address, at), on=localdate(at))


def _told(place: Place, address: str, at: datetime) -> dict[str, Any]:
    ticket = place.ticket
    lines = [f"前面还有 {place.ahead} 人" + (f"，{place.wait.words}" if place.wait else "")]
    lines += [f"{number}. {name}" for number, name in enumerate(services_asked(ticket), start=1)]
    lines.append(f"{localtime(ticket.taken_at):%Y年%m月%d日 %H:%M} 取号")
    return {
        "title": f"号票 {ticket}",
        "venue": str(ticket.venue),
        "fiction": settings.YIMEN_DEMO,
        "label": str(ticket),
        "line": ticket.line.name,
        "lines": lines,
        "qr": qr_code(address),
        "foot": "当日有效。过号了请到导办台。",
    }
