"""
Pictures (照片): only what is a JPEG or PNG all through is kept, without what the camera wrote about place, device and owner.

Nothing is decoded here, so no picture can swell up in our memory. A photo is taken apart into its parts and put together
again from those that draw it; of the rest only how the camera was held comes back, written anew.
"""

import struct
import zlib
from collections.abc import Iterator

MOST_BYTES = 12 * 2**20
MOST_PIXELS = 60_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWS = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"}
_SOF = {0xC0, 0xC1, 0xC2}
_TABLES = {0xC4, 0xDB, 0xDD}
_ADOBE, _EXIF, _EOI, _SOS = 0xEE, 0xE1, 0xD9, 0xDA


class NotAPicture(Exception):
    """What came is no photo we keep; the sentence says what is."""


def plain_picture(content: bytes) -> tuple[str, bytes]:
    """
    Return the ending (jpg or png) and the picture without metadata.

    Raises NotAPicture, in words, for anything else, for what is broken or cut off, and for what is too large.
    """
    if len(content) > MOST_BYTES:
        raise NotAPicture(f"照片有 {len(content) / 2**20:.0f} MB，一张最多 {MOST_BYTES // 2**20} MB。请把相机调小一档再拍。")
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return "jpg", _plain_jpeg(content)
        if content.startswith(_PNG):
            return "png", _plain_png(content)
    except (struct.error, IndexError):
        raise NotAPicture("照片没有传完整，请再拍一张或再传一次。") from None
    raise NotAPicture("只收 JPEG 和 PNG 照片，别的格式不收。苹果手机请在“相机—格式”里选“兼容性最佳”。")


def _plain_jpeg(content: bytes) -> bytes:
    kept, turned, place = [b"\xff\xd8"], 1, 2
    while True:
        marker, body, place = _segment(content, place)
        if marker == _EXIF:
            turned = _orientation(body) or turned
        elif marker in _SOF:
            _refuse_too_large(*struct.unpack(">HH", body[1:5]))
            kept.append(_written(marker, body))
        elif marker in _TABLES or marker == _ADOBE:
            kept.append(_written(marker, body))
        elif marker == _SOS:
            drawn, place = _scan(content, place)
            kept += [_written(marker, body), drawn]
        elif marker == _EOI:
            break
    if turned != 1:
        kept.insert(1, _written(_EXIF, _turned(turned)))
    return b"".join([*kept, b"\xff\xd9"])


def _segment(content: bytes, place: int) -> tuple[int, bytes, int]:
    while content[place] == 0xFF and content[place + 1] == 0xFF:
        place += 1
    if content[place] != 0xFF:
        raise NotAPicture("照片是坏的，请再拍一张。")
    marker = content[place + 1]
    if marker == _EOI:
        return marker, b"", place + 2
    (length,) = struct.unpack(">H", content[place + 2 : place + 4])
    if length < 2 or place + 2 + length > len(content):
        raise NotAPicture("照片没有传完整，请再拍一张或再传一次。")
    return marker, content[place + 4 : place + 2 + length], place + 2 + length


def _scan(content: bytes, place: int) -> tuple[bytes, int]:
    """Return the drawn part up to the next marker that is neither stuffing nor a restart."""
    end = place
    while True:
        end = content.find(b"\xff", end)
        if end < 0:
            raise NotAPicture("照片没有传完整，请再拍一张或再传一次。")
        following = content[end + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7:
            return content[place:end], end
        end += 2


def _written(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _orientation(body: bytes) -> int:
    """Return how the camera was held (1 to 8), or 0 where it does not say."""
    if not body.startswith(b"Exif\0\0") or body[6:8] not in (b"II", b"MM"):
        return 0
    order, tiff = ("<" if body[6:8] == b"II" else ">"), body[6:]
    try:
        (start,) = struct.unpack(order + "I", tiff[4:8])
        (entries,) = struct.unpack(order + "H", tiff[start : start + 2])
        for number in range(min(entries, 200)):
            tag, _, _, value = struct.unpack(order + "HHIH", tiff[start + 2 + 12 * number :][:10])
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 0
    except struct.error:
        return 0
    return 0


def _turned(value: int) -> bytes:
    return b"Exif\0\0" + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)


def _plain_png(content: bytes) -> bytes:
    kept = [_PNG]
    for name, body in _chunks(content):
        if name == b"IHDR":
            _refuse_too_large(*struct.unpack(">II", body[:8]))
        if name in _DRAWS:
            kept.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
    return b"".join(kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, name = len(_PNG), b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        if check != zlib.crc32(name + body):
            raise NotAPicture("照片是坏的，请再拍一张。")
        yield name, body
        place += 12 + length


def _refuse_too_large(one: int, other: int) -> None:
    if not 0 < one * other <= MOST_PIXELS:
        raise NotAPicture(f"照片有 {one * other // 1_000_000} 百万像素，太大了。请把相机调小一档再拍。")
