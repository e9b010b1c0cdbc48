"""What a camera wrote into a photo about place, device and owner never comes in; what is no photo is refused in words."""

import struct
import zlib

import pytest

from yimen.office.pictures import NotAPicture, plain_picture


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(order, turned):
    mark, more = (b"MM\0*", ">") if order == "MM" else (b"II*\0", "<")
    entry = struct.pack(more + "HHIHH", 0x0112, 3, 1, turned, 0) + struct.pack(more + "HHII", 0x8825, 4, 1, 99)
    tiff = mark + struct.pack(more + "IH", 8, 2) + entry + b"GPS 31.2 121.4 PHONE-OF-ZHOU"
    return segment(0xE1, b"Exif\0\0" + tiff)


def jpeg(*extra, width=4, height=3, scan=b"\x12\xff\x00\x34\xff\xd0\x56", tail=b""):
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    parts = [segment(0xE0, b"JFIF\0"), *extra, segment(0xDB, b"\0" * 65), segment(0xC0, frame), segment(0xC4, b"\0" * 20)]
    return b"\xff\xd8" + b"".join(parts) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + scan + b"\xff\xd9" + tail


def png(width=2, height=2, *more):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0\0\0" * height))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in more) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("order", ["MM", "II"])
def test_place_device_and_remarks_leave_a_jpeg_and_how_it_was_held_stays(order):
    ending, plain = plain_picture(jpeg(exif(order, 6), segment(0xFE, b"taken by ZHOU"), tail=b"<script>"))

    assert ending == "jpg"
    assert b"GPS" not in plain
    assert b"ZHOU" not in plain
    assert plain.endswith(b"\xff\xd9")
    assert plain[12:].startswith(b"MM\0*")
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in plain
    assert plain_picture(plain) == ("jpg", plain)


def test_the_drawn_part_of_a_jpeg_comes_through_byte_by_byte():
    scan = bytes(range(0xFF)) * 40 + b"\xff\x00\xff\xd7"

    assert scan in plain_picture(jpeg(scan=scan))[1]


def test_texts_leave_a_png():
    _, plain = plain_picture(png(2, 2, (b"tEXt", b"Author\0ZHOU"), (b"eXIf", b"MM\0*GPS")))

    assert plain == png(2, 2)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a" + b"\0" * 40, b"%PDF-1.7", b"<svg onload='x'/>", b"\xff\xd8\xff", jpeg()[:60], jpeg()[:-2], png()[:-8]],
)
def test_what_is_no_whole_photo_is_refused_in_words(content):
    with pytest.raises(NotAPicture, match=r"请|只收"):
        plain_picture(content)


def test_a_picture_that_would_swell_up_is_refused_before_anybody_opens_it():
    for bomb in (png(60_000, 60_000), jpeg(width=65_000, height=65_000), png(0, 5)):
        with pytest.raises(NotAPicture, match="太大"):
            plain_picture(bomb)


def test_a_changed_png_is_refused():
    with pytest.raises(NotAPicture, match="坏的"):
        plain_picture(png().replace(b"IDAT", b"IDAX", 1))
