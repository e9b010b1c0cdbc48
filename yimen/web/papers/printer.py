"""The printer (排版): data and a template in, a PDF/A-2b out. A character the fonts do not hold is refused by name."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

TEMPLATES = Path(__file__).parent / "templates"
_MISSING = re.compile(r"the text `(\".*?\")` could not be displayed")
_COUNT = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", re.DOTALL)
# No font of the machine is asked, so that a paper looks the same everywhere.
_FONTS = typst.Fonts(
    include_system_fonts=False,
    include_embedded_fonts=False,
    font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)],
)


class NotPrintable(Exception):
    """A paper cannot be printed (now); the sentence says why and what to do."""


@dataclass(frozen=True)
class Printed:
    """A paper as PDF/A, and how many pages it has."""

    content: bytes
    pages: int


def print_paper(template: str, data: Mapping[str, Any], *, on: date) -> Printed:
    """Set a paper. Raises NotPrintable naming the character that no font here holds, rather than print a box."""
    content = _compiled(template, data, on, format="pdf", pdf_standards="a-2b")
    return Printed(content, _pages(content))


def draw_paper(template: str, data: Mapping[str, Any], *, on: date, dots_an_inch: float) -> bytes:
    """Draw a paper of one page as a PNG picture, for a printer that knows only dots. Raises NotPrintable."""
    return _compiled(template, data, on, format="png", ppi=dots_an_inch)


def _compiled(template: str, data: Mapping[str, Any], on: date, **kind: Any) -> bytes:
    held = dict(data) | {"stamp": [on.year, on.month, on.day]}
    try:
        content: bytes = typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            font_paths=_FONTS,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(held, ensure_ascii=False, default=str)},
            **kind,
        )
    except typst.TypstError as problem:
        missing = _MISSING.search(str(problem.message))
        if missing is None:
            raise
        raise NotPrintable(_words_for(missing[1])) from None
    return content


def _words_for(quoted: str) -> str:
    """Name the character as it is and by its number, so that it can be looked for or replaced."""
    signs = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), quoted.strip('"'))
    named = "、".join(f"“{sign}”（U+{ord(sign):04X}）" if sign.isprintable() else f"U+{ord(sign):04X}" for sign in signs[:5])
    return (
        f"打印字体里没有{named}，没有打印，以免印成空框。"
        "请核对这个字有没有录错；没有录错的，请手写这份文书，并告诉系统管理员添加字体。"
    )


def _pages(content: bytes) -> int:
    counts = [int(one or other) for one, other in _COUNT.findall(content)]
    return max(counts, default=1)
