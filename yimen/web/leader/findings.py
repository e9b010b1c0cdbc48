"""The list of findings (线索清单): filter, sort, turn pages, export."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.office.queries import area_seen, areas_seen
from yimen.screening.queries import KINDS, FindingFilter, current_rules, finding_rows, findings
from yimen.web.lists import file_of

PER_PAGE = 50
MOST_EXPORTED = 5000
STATES = (
    ("open", "待处理"),
    ("in_hand", "正在办"),
    ("closed_by_person", "已写明理由"),
    ("closed_by_data", "数据已更正"),
    ("all", "全部"),
)
SINCE = (("", "不限"), ("opened", "新出现的"), ("closed", "已关闭的"))
ORDERS = (("new", "新出现的在前"), ("amount", "金额大的在前"), ("area", "按乡镇村"), ("policy", "按政策"), ("due", "按到期日"))
COLUMNS = (
    ("kind_words", "类别"),
    ("policy_name", "政策"),
    ("name", "姓名"),
    ("township", "乡镇"),
    ("village", "村居"),
    ("amount", "金额"),
    ("unit", "单位"),
    ("reason", "为什么"),
    ("due_on", "到期"),
    ("opened_on", "发现于"),
    ("state", "状态"),
    ("handed_to", "转给"),
)


class Narrow(forms.Form):
    """What a list of findings is narrowed to, and how it is ordered; what does not fit is left out, never an error."""

    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *KINDS.items()])
    policy = forms.ChoiceField(label="政策", required=False)
    area = forms.ChoiceField(label="乡镇或村", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=STATES)
    since = forms.ChoiceField(label="最近一次筛查以来", required=False, choices=SINCE)
    order = forms.ChoiceField(label="排序", required=False, choices=ORDERS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = current_rules().in_force(timezone.localdate())
        self.fields["policy"].choices = [("", "全部"), *((one.id, one.name) for one in policies)]  # type: ignore[attr-defined]
        self.fields["area"].choices = [("", "全部"), *_areas(self.data.get("area", ""))]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs |= {"class": "in", "data-submit": ""}
            field.initial = {"state": "open", "order": "new"}.get(name, "")

    def chosen(self) -> tuple[FindingFilter, str]:
        """Return the filter and the order."""
        self.is_valid()
        held = {name: self.cleaned_data.get(name, "") if hasattr(self, "cleaned_data") else "" for name in self.fields}
        state = {"": "open", "all": ""}.get(held["state"], held["state"])
        return FindingFilter(held["kind"], held["policy"], held["area"], state, held["since"]), held["order"] or "new"


def _areas(chosen: str) -> Iterable[tuple[str, str]]:
    """Offer the townships, or the villages of a desk that is a township's, and whatever is chosen already."""
    found = [(area.code, area.name) for area in areas_seen().filter(level=4)]
    if len(found) <= 1:
        found += [(area.code, area.name) for area in areas_seen().filter(level=5)]
    held = area_seen(chosen) if chosen and chosen not in dict(found) else None
    return [*found, *([(held.code, held.name)] if held else [])]


def finding_list(request: HttpRequest) -> HttpResponse:
    """Show a page of findings with masked names; one audit row for the page."""
    form = Narrow(request.GET.copy() if request.GET else {"state": "open", "order": "new"})
    narrowed, order = form.chosen()
    page = Paginator(findings(narrowed=narrowed, order=order), PER_PAGE).get_page(request.GET.get("page"))
    with reading("看线索清单", page=page.number, **asdict(narrowed)):
        rows = finding_rows(page.object_list, on=timezone.localdate())
    query = request.GET.copy()
    query.pop("page", None)
    shown = {
        "current": reverse("findings"),
        "form": form,
        "rows": rows,
        "page": page,
        "query": query.urlencode(),
        "may_export": may("finding.export"),
        "order": order,
        "narrowed": any(asdict(narrowed)[name] for name in ("kind", "policy", "area", "since")) or narrowed.state != "open",
    }
    return render(request, "leader/findings.html", shown)


def export(request: HttpRequest) -> HttpResponse:
    """Export the list as it is filtered; names stay masked, and the export stands in the audit."""
    require("finding.export")
    narrowed, order = Narrow(request.GET.copy()).chosen()
    chosen = findings(narrowed=narrowed, order=order)
    number = chosen.count()
    if number > MOST_EXPORTED:
        words = f"这样筛选有 {number:,} 条，一次最多导出 {MOST_EXPORTED:,} 条。请先按类别、政策或乡镇缩小范围，再导出。"
        return render(request, "leader/too_many.html", {"current": reverse("findings"), "words": words}, status=422)
    with reading("导出线索", rows=number, **asdict(narrowed)):
        rows = finding_rows(chosen, on=timezone.localdate())
        lines = [[getattr(row, name) for name, _ in COLUMNS] for row in rows]
    return file_of(request, name="findings", columns=[words for _, words in COLUMNS], lines=lines)
