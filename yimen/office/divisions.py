"""The packed official divisions (行政区划): read from one small file made by tools/pack_areas.py."""

import lzma
from collections.abc import Iterator
from pathlib import Path

from yimen.office.models import Area

PACK = Path(__file__).with_name("data") / "areas.txt.xz"
FICTIONAL = "99"
_LEVEL_OF_LENGTH = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}


def packed(below: str = "") -> Iterator[Area]:
    """
    Yield the packed areas whose code begins with `below`, each after the one above it.

    A level that does not exist (直辖县) is simply not on the path.
    """
    paths: dict[str, str] = {"": ""}
    for line in lzma.decompress(PACK.read_bytes()).decode().splitlines():
        code, name, parent = line.split("\t")
        above = parent if parent in paths else _nearest(code, paths)
        paths[code] = f"{paths[above]}{code}."
        if code.startswith(below):
            yield Area(code=code, name=name, level=_LEVEL_OF_LENGTH[len(code)], parent_id=above or None, path=paths[code])


def _nearest(code: str, paths: dict[str, str]) -> str:
    return next(code[:length] for length in (9, 6, 4, 2, 0) if length < len(code) and code[:length] in paths)
