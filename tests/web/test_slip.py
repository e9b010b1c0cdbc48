"""The ticket as dots: what was drawn is printed, whichever filter the picture was packed with; and the English of the kiosk."""

import struct
import zlib
from datetime import date

import pytest

from yimen.screening.queries import current_rules
from yimen.web.hall.dots import NotDrawn, dark_dots, ticket_bytes
from yimen.web.hall.english import DEPARTMENTS, MATTERS, SAID
from yimen.web.papers.contents import qr_code
from yimen.web.papers.printer import draw_paper

WIDTH, ROWS = 20, ["#" * 20, "#...................", "....######..........", "." * 20, "." * 20]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def filtered(kind, row, above):
    """Pack one row of RGBA as the PNG standard says."""
    out = bytearray()
    for place, one in enumerate(row):
        left = row[place - 4] if place >= 4 else 0
        up, corner = above[place], above[place - 4] if place >= 4 else 0
        guess = left + up - corner
        near = min((left, up, corner), key=lambda value: abs(guess - value))
        out.append((one - (0, left, up, (left + up) // 2, near)[kind]) & 255)
    return bytes([kind]) + bytes(out)


def png(kind):
    body, above = b"", bytes(WIDTH * 4)
    for row in ROWS:
        plain = b"".join((b"\0\0\0\xff" if dot == "#" else b"\xf0\xf2\xff\xff") for dot in row)
        body, above = body + filtered(kind, plain, above), plain
    head = struct.pack(">IIBBBBB", WIDTH, len(ROWS), 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", range(5))
def test_every_dot_is_where_it_was_drawn(kind):
    width, rows = dark_dots(png(kind))

    drawn = ["".join("#" if row[place // 8] >> (7 - place % 8) & 1 else "." for place in range(width)) for row in rows]
    assert drawn == ROWS


def test_a_picture_of_another_kind_is_refused_and_not_printed_as_noise():
    with pytest.raises(NotDrawn):
        ticket_bytes(b"GIF89a")


def test_a_ticket_is_as_wide_as_the_printer_and_cut_behind():
    told = {"title": "号票", "venue": "演示大厅", "fiction": True, "label": "L017", "line": "综合", "lines": ["前面还有 3 人"]}
    told |= {"qr": qr_code("https://example.invalid/"), "foot": "当日有效。"}
    sent = ticket_bytes(draw_paper("ticket", told, on=date(2026, 11, 23), dots_an_inch=203.2))

    assert sent.startswith(b"\x1b@\x1dv0\x00" + struct.pack("<H", 576 // 8))
    assert sent.endswith(b"\x1dV\x42\x00")


def test_the_kiosk_names_every_matter_of_the_rules_in_english_and_every_department_that_takes_one_in():
    assert {one.id for one in current_rules().policies} - set(MATTERS) == set()
    assert all(chinese or english for chinese, english in SAID.values())
    assert DEPARTMENTS.keys() >= {"mz", "yb", "cl", "zj", "jy", "wj"}
