"""The audit (审计): who read or changed how much, when, from where and why; filtered, page by page, exported."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from yimen.office.audit import reading
from yimen.office.queries import AuditFilter, areas_seen, audit_entries, posts_of
from yimen.web.administrators.words import purpose_in_words, words_of_action
from yimen.web.lists import file_of

PER_PAGE = 50
MOST_EXPORTED = 20_000
DAYS = ("%Y.%m.%d", "%Y-%m-%d")
WHAT = (("", "全部"), ("read", "查看和导出"), ("write", "改动"), ("refused", "被拒绝的"))
COLUMNS = ("时间", "姓名", "用户名", "岗位所在", "做了什么", "用途", "涉及多少人（户）", "被拒绝", "来自", "细节")


@dataclass(frozen=True)
class Row:
    """One entry in words; whom it was about is a number only."""

    at: datetime
    name: str
    username: str
    place: str
    what: str
    purpose: str
    count: int
    refused: bool
    address: str
    detail: str


class Narrow(forms.Form):
    """What the audit is narrowed to; what does not fit is left out, never an error."""

    starts_on = forms.DateField(label="从", required=False, input_formats=DAYS, widget=forms.TextInput({"size": 10}))
    ends_on = forms.DateField(label="到", required=False, input_formats=DAYS, widget=forms.TextInput({"size": 10}))
    who = forms.CharField(label="姓名或用户名", required=False, max_length=40)
    what = forms.ChoiceField(label="做了什么", required=False, choices=WHAT)
    area = forms.ChoiceField(label="岗位在哪里", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = [(one.code, one.name) for one in areas_seen().filter(level__lte=4)]
        self.fields["area"].choices = [("", "全部"), *areas]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "in"}

    def chosen(self) -> AuditFilter:
        """Return the filter; without days it is today."""
        self.is_valid()
        held = {name: self.cleaned_data.get(name) for name in self.fields}
        ends_on: date = held["ends_on"] or held["starts_on"] or localdate()
        starts_on: date = held["starts_on"] or ends_on
        return AuditFilter(
            min(starts_on, ends_on), max(starts_on, ends_on), (held["who"] or "").strip(), held["what"] or "", held["area"] or ""
        )


def audit_list(request: HttpRequest) -> HttpResponse:
    """Show a page of entries; that somebody looked is an entry too."""
    form = Narrow(request.GET.copy() if request.GET else dict.fromkeys(("starts_on", "ends_on"), f"{localdate():%Y.%m.%d}"))
    narrowed = form.chosen()
    page = Paginator(audit_entries(narrowed=narrowed), PER_PAGE).get_page(request.GET.get("page"))
    with reading("看审计", page=page.number, **_told(narrowed)):
        rows = _rows(list(page.object_list))
    query = request.GET.copy()
    query.pop("page", None)
    shown = {
        "current": reverse("audit"),
        "form": form,
        "narrowed": narrowed,
        "rows": rows,
        "page": page,
        "query": query.urlencode(),
    }
    return render(request, "administrators/audit.html", shown)


def audit_export(request: HttpRequest) -> HttpResponse:
    """Export what the filter shows; the export stands in the audit."""
    narrowed = Narrow(request.GET.copy()).chosen()
    chosen = audit_entries(narrowed=narrowed)
    number = chosen.count()
    if number > MOST_EXPORTED:
        words = f"这样筛选有 {number:,} 条，一次最多导出 {MOST_EXPORTED:,} 条。请缩短日期，或按人员、岗位所在地缩小范围。"
        return render(request, "administrators/too_many.html", {"current": reverse("audit"), "words": words}, status=422)
    with reading("导出审计", rows=number, **_told(narrowed)):
        lines = [_line(row) for row in _rows(list(chosen))]
    name = f"audit-{narrowed.starts_on:%Y%m%d}-{narrowed.ends_on:%Y%m%d}"
    return file_of(request, name=name, columns=COLUMNS, lines=lines)


def _told(narrowed: AuditFilter) -> dict[str, str | int | bool | None]:
    return {name: str(value) for name, value in asdict(narrowed).items() if value}


def _rows(entries: Sequence[Any]) -> list[Row]:
    places = posts_of({one.staff_id for one in entries if one.staff_id})
    return [
        Row(
            at=one.at,
            name=one.staff.name if one.staff else "系统",
            username=one.staff.username if one.staff else "",
            place=places.get(one.staff_id, ""),
            what=words_of_action(one.action),
            purpose=purpose_in_words(one.purpose),
            count=one.count,
            refused=one.refused,
            address=one.address,
            detail=json.dumps(one.detail, ensure_ascii=False, sort_keys=True) if one.detail else "",
        )
        for one in entries
    ]


def _line(row: Row) -> list[Any]:
    # To the second: two things a minute apart are told apart by nothing else.
    at, refused = f"{localtime(row.at):%Y-%m-%d %H:%M:%S}", "是" if row.refused else ""
    return [at, row.name, row.username, row.place, row.what, row.purpose, row.count, refused, row.address, row.detail]
