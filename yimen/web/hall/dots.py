"""
From a picture to the dots of a thermal printer (点阵): a PNG as typst draws it in, ESC/POS raster commands out. Pure.

A ticket is drawn whole, so that Chinese and the QR code look the same on every printer, whatever letters it has built in.
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
# What is darker than this is printed.
DARK_BELOW = 128
# Small printers hold no more lines at once.
BAND_ROWS = 256
RESET, CUT = b"\x1b@", b"\x1dV\x42\x00"
# Asks how much paper there is; of the answer, these bits say that there is none.
ASK_PAPER, NO_PAPER = b"\x10\x04\x04", 0x60


class NotDrawn(ValueError):
    """A picture that is not an 8-bit PNG without interlacing."""


def ticket_bytes(png: bytes) -> bytes:
    """Return the commands that print a picture and cut the paper behind it. Raises NotDrawn."""
    width, rows = dark_dots(png)
    return RESET + b"".join(_bands(width, rows)) + b"\n\n" + CUT


def dark_dots(png: bytes) -> tuple[int, list[bytes]]:
    """Return the width in dots and each row packed, eight dots a byte, the first dot highest. Raises NotDrawn."""
    width, samples, body = _opened(png)
    rows, before = [], bytes(width)
    step = 1 + width * samples
    for start in range(0, len(body), step):
        # The channels of a PNG are filtered apart, so one of them, the first, is all that is needed.
        before = _unfiltered(body[start], body[start + 1 : start + step : samples], before)
        rows.append(_packed(before))
    return width, rows


def _opened(png: bytes) -> tuple[int, int, bytes]:
    if not png.startswith(SIGNATURE):
        raise NotDrawn("no PNG")
    width, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    if depth != 8 or colour not in SAMPLES or interlaced:
        raise NotDrawn(f"depth {depth}, colour {colour}, interlaced {interlaced}")
    parts, place = [], len(SIGNATURE)
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        if kind == b"IDAT":
            parts.append(png[place + 8 : place + 8 + length])
        place += 12 + length
    return width, SAMPLES[colour], zlib.decompress(b"".join(parts))


def _unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    """Return one channel of a row as it was drawn (PNG filters 0 to 4)."""
    if kind == 0:
        return row
    if kind == 2:
        return above if not any(row) else bytes((one + up) & 255 for one, up in zip(row, above, strict=True))
    out = bytearray(len(row))
    left = corner = 0
    for place, one in enumerate(row):
        up = above[place]
        guess = left if kind == 1 else (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
        out[place] = left = (one + guess) & 255
        corner = up
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    away = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return left if away[0] <= away[1] and away[0] <= away[2] else up if away[1] <= away[2] else corner


def _packed(row: bytes) -> bytes:
    wide = -(-len(row) // 8)
    dots = "".join("1" if one < DARK_BELOW else "0" for one in row).ljust(wide * 8, "0")
    return int(dots, 2).to_bytes(wide, "big")


def _bands(width: int, rows: list[bytes]) -> Iterator[bytes]:
    wide = -(-width // 8)
    for start in range(0, len(rows), BAND_ROWS):
        band = rows[start : start + BAND_ROWS]
        yield b"\x1dv0\x00" + struct.pack("<HH", wide, len(band)) + b"".join(band)
