"""Lists (清单): narrowed, ordered, turned page by page, and taken away as Excel or CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate, localtime

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE = 50


class Narrow(forms.Form):
    """What a list is narrowed to, and how it is ordered; what does not fit is left out, never an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "in", "data-submit": ""}

    def chosen(self) -> dict[str, str]:
        """Return what was chosen of each field, or nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


def query_of(request: HttpRequest) -> str:
    """Return the query of a list without its page, for the links that take it away."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


@dataclass(frozen=True)
class Sheet:
    """One table to take away: its name, its headings and its lines; `held` columns stay in view beside the first row."""

    name: str
    columns: Sequence[str]
    lines: Iterable[Sequence[Any]]
    held: int = 0


def file_of(request: HttpRequest, *, name: str, columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> HttpResponse:
    """Answer with a list as a file: CSV where `as=csv` is asked, else Excel; no cell becomes a formula."""
    if request.GET.get("as") == "csv":
        return _file(_text(columns, lines), name, "csv")
    return book_of(name=name, sheets=[Sheet("", columns, lines)])


def book_of(*, name: str, sheets: Iterable[Sheet]) -> HttpResponse:
    """Answer with several tables as one Excel file."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    forms_of = ({"bold": True}, {"num_format": "#,##0.00"}, {"num_format": "yyyy-mm-dd"})
    formats = [book.add_format(one) for one in forms_of]
    for one in sheets:
        _write(book.add_worksheet(one.name or None), one, *formats)
    book.close()
    return _file(out.getvalue(), name, "xlsx")


def _file(content: bytes, name: str, ending: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8" if ending == "csv" else SPREADSHEET)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{localdate():%Y%m%d}.{ending}"'
    return answer


def _text(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for line in lines:
        values = map(_said, line)
        writer.writerow(["'" + value if value[:1] in ("=", "+", "-", "@") else value for value in values])
    # Excel needs the mark at the beginning to know the encoding.
    return out.getvalue().encode("utf-8-sig")


def _said(value: Any) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else "" if value is None else str(value)


def _write(sheet: Any, held: Sheet, bold: Any, money: Any, day: Any) -> None:
    sheet.write_row(0, 0, held.columns, bold)
    for at, line in enumerate(held.lines, start=1):
        for place, value in enumerate(line):
            if isinstance(value, int):
                sheet.write_number(at, place, value)
            elif isinstance(value, Decimal):
                sheet.write_number(at, place, value, money)
            elif isinstance(value, date) and not isinstance(value, datetime):
                sheet.write_datetime(at, place, value, day)
            elif value is not None:
                sheet.write_string(at, place, _said(value))
    sheet.autofit()
    sheet.freeze_panes(1, held.held)
