"""The list of cases (办件清单): mine, to accept, being filled in, overdue first; filter, sort, turn pages, export."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.queries import CaseFilter, CaseRow, Kind, State, case_rows, cases, counts, waiting_online
from yimen.office.access import current, may, require
from yimen.office.audit import reading
from yimen.office.queries import area_seen, areas_seen
from yimen.web.lists import file_of

PER_PAGE = 50
MOST_EXPORTED = 5000
WHOSE = (("mine", "我负责的"), ("all", "全部"))
ORDERS = (("due", "到期早的在前"), ("new", "新登记的在前"), ("area", "按村居"), ("state", "按进度"))
COLUMNS = (
    ("number", "办件号"),
    ("kind", "类别"),
    ("name", "户主"),
    ("village", "村居"),
    ("policies", "事项"),
    ("state", "进度"),
    ("assignee", "首派责任人"),
    ("received_on", "收到"),
    ("due_on", "下一个期限"),
    ("late", "超期"),
)


class Narrow(forms.Form):
    """What the list is narrowed to and how it is ordered; what does not fit is left out, never an error."""

    whose = forms.ChoiceField(label="谁负责", required=False, choices=WHOSE)
    state = forms.ChoiceField(label="进度", required=False, choices=[("", "没办完的"), *State.choices])
    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *Kind.choices])
    area = forms.ChoiceField(label="乡镇或村", required=False)
    late = forms.ChoiceField(label="期限", required=False, choices=[("", "不限"), ("yes", "已超期")])
    order = forms.ChoiceField(label="排序", required=False, choices=ORDERS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", "全部"), *_areas(self.data.get("area", ""))]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "in", "data-submit": ""}

    def chosen(self) -> tuple[CaseFilter, str]:
        """Return the filter and the order."""
        self.is_valid()
        held = {name: self.cleaned_data.get(name, "") if hasattr(self, "cleaned_data") else "" for name in self.fields}
        staff = current().staff
        mine = staff.username if staff and held["whose"] == "mine" else ""
        narrowed = CaseFilter(held["kind"], held["state"], mine, held["late"] == "yes", held["area"])
        return narrowed, held["order"] or "due"


def _areas(chosen: str) -> Iterable[tuple[str, str]]:
    found = [(area.code, area.name) for area in areas_seen().filter(level=4)]
    if len(found) <= 1:
        found += [(area.code, area.name) for area in areas_seen().filter(level=5)]
    held = area_seen(chosen) if chosen and chosen not in dict(found) else None
    return [*found, *([(held.code, held.name)] if held else [])]


def _asked(request: HttpRequest) -> Mapping[str, Any]:
    """Return the query; without one, somebody who takes applications sees their own cases, others all."""
    if request.GET:
        return request.GET.copy()
    return {"whose": "mine" if may("case.open") else "all", "order": "due"}


def case_list(request: HttpRequest) -> HttpResponse:
    """Show a page of cases with masked names; one audit row for the page."""
    require("person.see")
    today = timezone.localdate()
    form = Narrow(_asked(request))
    narrowed, order = form.chosen()
    page = Paginator(cases(narrowed=narrowed, on=today, order=order), PER_PAGE).get_page(request.GET.get("page"))
    with reading("看办件清单", page=page.number, **_told(narrowed)):
        rows = case_rows(page.object_list, on=today)
    query = request.GET.copy()
    query.pop("page", None)
    shown = {
        "current": reverse("cases"),
        "form": form,
        "rows": rows,
        "page": page,
        "query": query.urlencode(),
        "order": order,
        "today": today,
        "narrowed": bool(request.GET),
        "tabs": list(_tabs(request, today)),
        "may_export": may("case.export"),
        "may_blank": may("case.accept"),
        "from_home": waiting_online().count() if may("case.open") else 0,
    }
    return render(request, "cases/list.html", shown)


def _told(narrowed: CaseFilter) -> dict[str, Any]:
    """Return what stands in the audit of how the list was narrowed; whose cases is told by who looked."""
    return asdict(narrowed) | {"assignee": "mine" if narrowed.assignee else ""}


def _tabs(request: HttpRequest, today: date) -> Iterable[tuple[str, str, int, bool]]:
    """Yield the ways into the list: words, query, how many, whether this is the one shown."""
    found = counts(staff=current().staff, on=today)
    ways = (
        ("我负责的", {"whose": "mine"}, found.mine),
        ("待受理", {"whose": "all", "state": State.SUBMITTED.value}, found.states.get(State.SUBMITTED, 0)),
        ("填写中", {"whose": "all", "state": State.DRAFT.value}, found.states.get(State.DRAFT, 0)),
        ("已超期", {"whose": "all", "late": "yes"}, found.overdue),
        ("全部没办完的", {"whose": "all"}, sum(found.states.values())),
    )
    shown = {
        name: value for name, value in _asked(request).items() if value and name in ("whose", "state", "late", "kind", "area")
    }
    for words, query, number in ways:
        yield words, "&".join(f"{name}={value}" for name, value in query.items()), number, shown == query


def export(request: HttpRequest) -> HttpResponse:
    """Export the list as it is filtered; names stay masked, and the export stands in the audit."""
    require("case.export")
    require("person.see")
    today = timezone.localdate()
    narrowed, order = Narrow(_asked(request)).chosen()
    chosen = cases(narrowed=narrowed, on=today, order=order)
    number = chosen.count()
    if number > MOST_EXPORTED:
        words = f"这样筛选有 {number:,} 件，一次最多导出 {MOST_EXPORTED:,} 件。请先按进度或乡镇缩小范围，再导出。"
        return render(request, "cases/too_many.html", {"current": reverse("cases"), "words": words}, status=422)
    with reading("导出办件", rows=number, **_told(narrowed)):
        lines = [_line(row) for row in case_rows(chosen, on=today)]
    held = ([line[name] for name, _ in COLUMNS] for line in lines)
    return file_of(request, name="cases", columns=[words for _, words in COLUMNS], lines=held)


def _line(row: CaseRow) -> dict[str, Any]:
    case = row.case
    return {
        "number": str(case),
        "kind": case.get_kind_display(),
        "name": row.name,
        "village": row.village,
        "policies": "、".join(row.policies),
        "state": case.get_state_display(),
        "assignee": case.first_assignee.name,
        "received_on": case.received_on,
        "due_on": case.due_on,
        "late": "是" if row.is_late else "",
    }
