"""
Run as a process of its own by `tables`: opens one file within limits and writes its cells as lines of JSON.

It imports nothing of Yimen and trusts nothing in the file. Exit 3 with a sentence on stderr means: refused.
"""

import csv
import io
import json
import math
import resource
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import python_calamine

REFUSED = 3
MOST_MEMORY = 3 * 2**30
MOST_SECONDS = 110
MOST_BYTES = 200 * 2**20
MOST_UNPACKED = 1500 * 2**20
MOST_RATIO = 200
MOST_ROWS = 1_100_000
MOST_COLUMNS = 300
MOST_CELL = 4000
MOST_LINES = 10
HEADING_ROWS = 17
Book = dict[str, Any]


def refuse(sentence: str) -> NoReturn:
    """Leave with a sentence."""
    sys.stderr.buffer.write(sentence.encode())
    sys.exit(REFUSED)


def main() -> None:
    """Read argv[1], of kind argv[2], into argv[3]."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, kind, out = Path(sys.argv[1]), sys.argv[2].lower(), Path(sys.argv[3])
    size = path.stat().st_size
    if size == 0:
        refuse("文件是空的（0 字节），请重新导出后再上传。")
    if size > MOST_BYTES:
        refuse(f"文件有 {size // 2**20} MB，超过 {MOST_BYTES // 2**20} MB，请拆成几个文件。")
    head = path.open("rb").read(8)
    book, rows = _excel(path, head) if _is_excel(head, kind) else _text(path, head)
    with out.open("w", encoding="utf-8", newline="\n") as lines:
        lines.write(json.dumps(book, ensure_ascii=False) + "\n")
        for row in rows:
            lines.write(json.dumps([_plain(cell) for cell in row], ensure_ascii=False) + "\n")


def _is_excel(head: bytes, kind: str) -> bool:
    is_zip, is_ole = head.startswith(b"PK\x03\x04"), head.startswith(b"\xd0\xcf\x11\xe0")
    if kind in (".xlsx", ".xlsm", ".xls", ".et") and not (is_zip or is_ole):
        # Many systems export CSV or HTML under the name .xls.
        return False
    return is_zip or is_ole


def _excel(path: Path, head: bytes) -> tuple[Book, Iterator[list[Any]]]:
    if head.startswith(b"PK"):
        _refuse_bomb(path)
    try:
        # Opened by its content: many a file is an .xlsx under the name .xls.
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        for name, sheet in sheets:
            if sheet.end and (sheet.end[0] >= MOST_ROWS or sheet.end[1] >= MOST_COLUMNS):
                refuse(f"工作表“{name}”超过 {MOST_ROWS} 行或 {MOST_COLUMNS} 列，请拆开。")
        name, sheet = max(sheets, key=lambda one: one[1].height * one[1].width)
        others = {other: _first_rows(one) for other, one in sheets if one is not sheet and one.height > 1}
        return {"sheet": name, "others": others}, _unmerged(sheet)
    except python_calamine.PasswordError:
        refuse("文件设了密码，请在 Excel 里去掉密码后再上传。")
    except (python_calamine.CalamineError, ValueError, KeyError):
        refuse("不是能读的 Excel 文件，或已损坏。请用 Excel 打开后另存为 .xlsx 再上传。")


def _first_rows(sheet: Any) -> list[list[Any]]:
    return [[_plain(cell) for cell in row] for row in islice(sheet.iter_rows(), HEADING_ROWS)]


def _unmerged(sheet: Any) -> Iterator[list[Any]]:
    """Yield the rows of a sheet; what is merged downwards (a household's number) stands in each row that says anything."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    begin: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            begin[top].append((column, bottom))
    held: dict[int, tuple[Any, int]] = {}
    for number, cells in enumerate(sheet.iter_rows()):
        row = left + cells
        held = {column: (cell, bottom) for column, (cell, bottom) in held.items() if number <= bottom}
        if held and any(cell != "" for cell in cells):
            for column, (cell, _) in held.items():
                row[column] = cell
        held.update({column: (row[column], bottom) for column, bottom in begin.get(number, ()) if column < len(row)})
        yield row


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as pack:
            entries = pack.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = max(sum(entry.compress_size for entry in entries), 1)
    except zipfile.BadZipFile:
        refuse("Excel 文件已损坏（压缩包打不开）。请重新导出后再上传。")
    if len(entries) > 5000 or unpacked > MOST_UNPACKED or (unpacked > 50 * 2**20 and unpacked / packed > MOST_RATIO):
        refuse(f"文件解开后有 {unpacked // 2**20} MB，像是压缩炸弹，已拒绝。请另存为普通的 .xlsx 再上传。")


def _text(path: Path, head: bytes) -> tuple[Book, Iterator[list[str]]]:
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z")):
        refuse("这不是表格（是 PDF、图片或压缩包）。请上传 .xlsx、.xls 或 .csv。")
    content = path.read_bytes()
    text = _decoded(content)
    if text.lstrip()[:200].lower().startswith(("<html", "<!doctype", "<?xml", "<table")):
        refuse("这是网页或 XML，不是表格。请用 Excel 打开后另存为 .xlsx 再上传。")
    if "\x00" in text:
        refuse("文件里有乱码（不是文本）。请另存为 .xlsx 或 UTF-8 的 .csv 再上传。")
    first = "\n".join(text.splitlines()[:20])
    separator = max((",", "\t", ";", "|"), key=first.count)
    return {"sheet": "", "others": {}}, _separated(text, separator)


def _separated(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(1_000_000)
    # Strict: a quotation mark that nobody closed would swallow the rows after it without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    try:
        for number, row in enumerate(reader, start=1):
            if number > MOST_ROWS or len(row) > MOST_COLUMNS:
                refuse(f"文件超过 {MOST_ROWS} 行或 {MOST_COLUMNS} 列，请拆开。")
            if reader.line_num - line > MOST_LINES:
                _refuse_quotes(line + 1)
            line = reader.line_num
            yield row
    except csv.Error:
        _refuse_quotes(line + 1)


def _refuse_quotes(line: int) -> NoReturn:
    refuse(f"文件第 {line} 行起引号不成对，后面的行会连成一格。请用 Excel 打开核对后另存为 .xlsx 再上传。")


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    refuse("文件的编码既不是 UTF-8 也不是 GB18030。请另存为 .xlsx 或 UTF-8 的 .csv 再上传。")


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime | date):
        return {"d": cell.strftime("%Y-%m-%d") if cell.year >= 1000 else "1900-01-01"}
    if isinstance(cell, time | timedelta) or (isinstance(cell, float) and not math.isfinite(cell)):
        return str(cell)
    return cell[:MOST_CELL] if isinstance(cell, str) else cell


if __name__ == "__main__":
    main()
