"""A file arrives (来文件): upload, see how it would be read, mend the headings, load it as a job."""

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office import files, work
from yimen.office.access import NotAllowed, current, require
from yimen.office.queries import area_seen, deliveries_seen
from yimen.office.tables import Match, Preview, TableProblem, matched, read_text, rows_of
from yimen.screening.queries import current_rules
from yimen.web import lists
from yimen.web.data_clerk.kinds import (
    KINDS,
    Kind,
    areas_allowed,
    facts_among,
    headings_of,
    kinds_allowed,
    policies_allowed,
    read,
    said_of,
    sources_allowed,
)

SUFFIXES = (".xlsx", ".xls", ".csv", ".txt")
MOST_BYTES = 80 * 2**20
KEPT = timedelta(days=30)
SAMPLES = 4
REMEMBERED = 5
REJECTED = (("", "不限"), ("some", "有未采用的行"), ("none", "全部采用"), ("unfinished", "没有装完"))
ORDERS = {
    "new": ("新来的在前", ("-received_at",)),
    "old": ("早来的在前", ("received_at",)),
    "rejected": ("未采用多的在前", ("-rejected", "-received_at")),
    "rows": ("行数多的在前", ("-rows", "-received_at")),
}
COLUMNS = ("什么时候", "什么", "来自", "文件", "哪里的", "谁装的", "行数", "用上", "没有变化", "未采用")


class Narrow(lists.Narrow):
    """What the list of files that came in is narrowed to, and how it is ordered."""

    kind = forms.ChoiceField(label="什么文件", required=False)
    rejected = forms.ChoiceField(label="未采用的行", required=False, choices=REJECTED)
    order = forms.ChoiceField(label="排序", required=False, choices=[(key, words) for key, (words, _) in ORDERS.items()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "全部"), *((one.key, one.words) for one in kinds_allowed())]  # type: ignore[attr-defined]


class Arrival(forms.Form):
    """What a person says about the file: what it is, and the file itself."""

    kind = forms.ChoiceField()
    area = forms.ChoiceField(required=False)
    source = forms.ChoiceField(required=False)
    policy = forms.ChoiceField(required=False)
    complete = forms.BooleanField(required=False)
    file = forms.FileField(error_messages={"required": "还没有选文件。", "empty": "这个文件是空的，一个字也没有。请重新选。"})

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST, request.FILES)
        choices: dict[str, list[tuple[str, str]]] = {
            "kind": [(one.key, one.words) for one in kinds_allowed()],
            "area": [pair for kind in kinds_allowed() for pair in areas_allowed(kind)],
            "source": [(one, one) for one in sources_allowed(request)],
            "policy": [(one.id, one.name) for one in policies_allowed(request)],
        }
        for name, pairs in choices.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if Path(file.name).suffix.lower() not in SUFFIXES:
            raise forms.ValidationError("只收 Excel（.xlsx、.xls）和 .csv 文件。WPS 的 .et 文件请先另存为 .xlsx。")
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"文件有 {file.size / 2**20:.0f} MB，一次最多 {MOST_BYTES // 2**20} MB。请按乡镇拆开再上传。"
            )
        return file

    def clean(self) -> dict[str, Any]:
        held = super().clean() or self.cleaned_data
        if held.get("kind") == "facts" and not held.get("source"):
            self.add_error("source", "请选是哪个部门的数据。")
        if held.get("kind") == "recipients" and not held.get("policy"):
            self.add_error("policy", "请选是哪一项政策的名单。")
        return held


def arrive(request: HttpRequest) -> HttpResponse:
    """Show what can be loaded and what came in before; take in a file."""
    if not kinds_allowed():
        raise NotAllowed("您的岗位不装载数据。名册由县民政装载，部门数据由各部门经办装载。")
    if request.method != "POST":
        return _taken_away(request) if request.GET.get("as") else _desk(request)
    form = Arrival(request)
    if not form.is_valid():
        return _desk(request, problem="".join(str(words) for errors in form.errors.values() for words in errors), status=422)
    said = form.cleaned_data
    kind: Kind = KINDS[said["kind"]]
    areas = dict(areas_allowed(kind))
    said["area"] = said["area"] if said["area"] in areas else next(iter(areas))
    try:
        held = _read(said)
    except TableProblem as problem:
        return _desk(request, problem=str(problem), status=422)
    key = _keep(request, said, held)
    return HttpResponseRedirect(reverse("arrival", args=[key]))


def preview(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """Show how the file would be read; take in corrected headings, and load."""
    said = _remembered(request).get(file_id.hex)
    if said is None:
        raise Http404
    if said.get("job"):
        return HttpResponseRedirect(reverse("job", args=[said["job"]]))
    held = _sample(uuid.UUID(said["preview"]))
    headings = headings_of(said["kind"], said["source"])
    corrected = _corrected(request, held, headings)
    match = matched(held["titles"], headings, first=held["first"], corrected=corrected)
    problem = ""
    if request.POST.get("do") == "load":
        problem = _hindrance(match, said)
        if not problem:
            return HttpResponseRedirect(reverse("job", args=[_load(request, file_id, said, corrected)]))
    shown = {
        "current": reverse("arrivals"),
        "said": said,
        "kind": KINDS[said["kind"]],
        "origin": _origin(said),
        "rows": held["rows"],
        "skipped": held["skipped"],
        "match": match,
        "said_of": said_of(said["kind"], match),
        "elsewhere": facts_among(said["kind"], match.unknown),
        "columns": _columns(match, held["samples"]),
        "headings": [(one.field, one.names[0] + ("（必填）" if one.required else "")) for one in headings],
        "problem": problem,
    }
    part = bool(request.headers.get("HX-Request"))
    page = "data_clerk/preview_part.html" if part else "data_clerk/preview.html"
    return render(request, page, shown, status=422 if problem and not part else 200)


def _desk(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    allowed = kinds_allowed()
    form = Narrow(request.GET)
    page = Paginator(_came(form), lists.PER_PAGE).get_page(request.GET.get("page"))
    names = _policy_names()
    shown = {
        "form": form,
        "page": page,
        "order": form.chosen()["order"] or "new",
        "narrowed": any(form.chosen()[name] for name in ("kind", "rejected")),
        "query": lists.query_of(request),
        "current": reverse("arrivals"),
        "kinds": allowed,
        "areas": {area for kind in allowed for area in areas_allowed(kind)},
        "sources": sources_allowed(request),
        "policies": policies_allowed(request),
        "deliveries": [(one, KINDS[one.kind], names.get(one.origin, one.origin)) for one in page.object_list],
        "chosen": request.POST.get("kind", allowed[0].key),
        "post": request.POST,
        "problem": problem,
    }
    return render(request, "data_clerk/arrivals.html", shown, status=status)


def _came(form: Narrow) -> QuerySet[Any]:
    """Return the files that came in as the form narrows and orders them."""
    allowed = [kind.key for kind in kinds_allowed()]
    rows = deliveries_seen(allowed)
    if "roster" not in allowed:
        # A department sees what it brought itself, not what others did.
        rows = rows.filter(received_by=current().staff)
    chosen = form.chosen()
    if chosen["kind"]:
        rows = rows.filter(kind=chosen["kind"])
    if chosen["rejected"]:
        rows = rows.filter(**_REJECTED[chosen["rejected"]])
    return rows.order_by(*ORDERS[chosen["order"] or "new"][1])


_REJECTED: Mapping[str, Mapping[str, Any]] = {
    "some": {"rejected__gt": 0},
    "none": {"rejected": 0, "finished_at__isnull": False},
    "unfinished": {"finished_at": None},
}


def _policy_names() -> dict[str, str]:
    return {policy.id: policy.name for policy in current_rules().policies}


def _taken_away(request: HttpRequest) -> HttpResponse:
    """Answer with the list of files that came in as it is narrowed; counts only, nothing of anybody."""
    names = _policy_names()
    lines = (
        (
            one.received_at,
            KINDS[one.kind].words,
            names.get(one.origin, one.origin),
            one.name_of_file,
            one.area.name,
            one.received_by.name if one.received_by else "系统",
            one.rows,
            one.loaded,
            one.unchanged,
            one.rejected,
        )
        for one in _came(Narrow(request.GET))
    )
    return lists.file_of(request, name="arrivals", columns=COLUMNS, lines=lines)


def _read(said: Mapping[str, Any]) -> Preview:
    file: TemporaryUploadedFile = said["file"]
    return read(said["kind"], Path(file.temporary_file_path()), file.name or "", said["source"])


def _keep(request: HttpRequest, said: Mapping[str, Any], held: Preview) -> str:
    """Keep the file and what its first rows look like, both encrypted; the session remembers only their keys."""
    at, area = timezone.now(), area_seen(said["area"])
    if area is None:
        raise Http404
    file: TemporaryUploadedFile = said["file"]
    until = timezone.localdate() + KEPT
    # The name a person gave the file may name somebody, so the stored one does not use it.
    name = f"来文件-{at:%Y%m%d-%H%M}{Path(file.name or '').suffix.lower()}"
    path = Path(file.temporary_file_path())
    key = files.put(path, kind="arrived", name=name, area_path=area.path, at=at, retain_until=until)
    rows = islice(rows_of(held.table, held.match), SAMPLES)
    sample = {
        "titles": list(held.match.titles),
        "first": held.match.first,
        "rows": held.rows,
        "skipped": held.skipped,
        "samples": [[read_text(cell) for cell in held.table.rows[number - 1]] for number, _ in rows],
    }
    content = json.dumps(sample, ensure_ascii=False).encode()
    preview_key = files.put(content, kind="preview", name="预览.json", area_path=area.path, at=at, retain_until=until)
    known = _remembered(request)
    known[key.hex] = {name: said[name] for name in ("kind", "area", "source", "policy", "complete")} | {
        "name": (file.name or "")[:120],
        "preview": preview_key.hex,
    }
    request.session["arrived"] = dict(list(known.items())[-REMEMBERED:])
    return str(key)


def _remembered(request: HttpRequest) -> dict[str, dict[str, Any]]:
    return dict(request.session.get("arrived", {}))


def _sample(key: uuid.UUID) -> dict[str, Any]:
    _, content = files.open_file(key, purpose="核对来文件的表头")
    held: dict[str, Any] = json.loads(b"".join(content))
    return held


def _corrected(request: HttpRequest, held: Mapping[str, Any], headings: Any) -> dict[int, str]:
    """Return what a person said about single columns; a field that does not exist counts as none."""
    fields = {heading.field for heading in headings}
    found = {}
    for place in range(len(held["titles"])):
        said = request.POST.get(f"column-{place}")
        if said is not None:
            found[place] = said if said in fields else ""
    return found


def _columns(match: Match, samples: list[list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "place": place,
            "title": title or f"第 {place + 1} 列（没有表头）",
            "field": match.columns.get(place, ""),
            "samples": [text for row in samples if (text := row[place] if place < len(row) else "")],
        }
        for place, title in enumerate(match.titles)
        if title or any(place < len(row) and row[place] for row in samples)
    ]


def _hindrance(match: Match, said: Mapping[str, Any]) -> str:
    """Return why the file cannot be loaded yet, or nothing."""
    if match.missing:
        return f"还缺{'、'.join(match.missing)}。请在下面指出是哪一列；文件里确实没有的，补上以后重新上传。"
    only = set(match.columns.values()) - {"id_number", "stated_on", "valid_until"}
    if said["kind"] == "facts" and not only:
        return "没有一列是数据。请在下面指出至少一列是什么。"
    return ""


def _origin(said: Mapping[str, Any]) -> str:
    policy = current_rules().policy(said["policy"]) if said["kind"] == "recipients" else None
    return policy.name if policy else str(said["source"])


def _load(request: HttpRequest, file_id: uuid.UUID, said: dict[str, Any], corrected: Mapping[int, str]) -> str:
    """Queue the loading, once; the answer is the job's key."""
    area = area_seen(said["area"])
    require(KINDS[said["kind"]].permission, area_path=area.path if area else None)
    arguments = {name: said[name] for name in ("kind", "area", "name", "source", "policy", "complete")}
    arguments |= {"file": file_id.hex, "corrected": {str(place): field for place, field in corrected.items()}}
    with transaction.atomic():
        job = work.enqueue("delivery.load", arguments=arguments, by=current().staff, at=timezone.now(), once=True)
    known = _remembered(request)
    known[file_id.hex] = said | {"job": str(job.pk)}
    request.session["arrived"] = known
    return str(job.pk)
