"""Long work seen from the page (进度): how far a job is, what came of it, and the rejected rows as a file."""

import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import current, require
from yimen.office.files import open_file
from yimen.office.queries import deliveries_seen, job, unfinished_job
from yimen.screening.queries import KINDS as FINDING_KINDS
from yimen.web.data_clerk.kinds import KINDS

TITLES = {
    "delivery.load": "装载",
    "screening.run": "全员筛查",
    "demo.build": "建演示县",
    "hall.cards": "批量发卡",
    "cases.recompute_dues": "重算期限",
}
# From which page a job is started, and back to which it leads.
HOMES = {"screening.run": "screening", "hall.cards": "cards", "cases.recompute_dues": "calendar"}
# What a job says it is doing may name a table; the page says what lies in it.
TABLES = {
    "people": "人",
    "households": "户",
    "standings": "认定",
    "statements": "部门数据",
    "grants": "正在领的",
    "obligors": "法定义务人",
}
# A worker looks for jobs every second; after this long none is running.
SLOW_START = timedelta(seconds=15)


def page(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show how far a job is that oneself has started; the part of it that moves asks by itself."""
    held = job(job_id)
    if held is None:
        raise Http404
    part = bool(request.headers.get("HX-Request"))
    shown = progress_of(held) | {"current": reverse(HOMES.get(held.name, "arrivals"))}
    answer = render(request, "data_clerk/job_part.html" if part else "data_clerk/job.html", shown)
    if part and held.finished_at:
        # The page is still being looked at when the work ends: the heading changes too.
        answer["HX-Refresh"] = "true"
    return answer


def building(request: HttpRequest) -> HttpResponse:
    """Show how far the demonstration county is; when it stands, the whole page is drawn anew."""
    held = unfinished_job("demo.build")
    if held is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "desk/building.html", {"building": progress_of(held)})


def progress_of(held: Any) -> dict[str, Any]:
    """Return what a page shows of a job."""
    result, arguments = held.result or {}, held.arguments
    kind = KINDS.get(arguments.get("kind", ""))
    waiting = held.state == "ready" and held.attempts == 0
    return {
        "job": held,
        "doing": re.sub(r"[a-z]+", lambda found: TABLES.get(found[0], ""), held.doing),
        "title": TITLES.get(held.name, "后台任务") + (kind.words if kind else ""),
        "name": arguments.get("name", ""),
        "percent": min(100, held.rows_done * 100 // held.rows_all) if held.rows_all else None,
        "again": held.state == "ready" and held.attempts > 0,
        "idle": waiting and timezone.now() - held.made_at > SLOW_START,
        "result": result,
        "findings": [(words, kind, result["findings"].get(kind, 0)) for kind, words in FINDING_KINDS.items()]
        if "findings" in result
        else [],
    }


def rejects(request: HttpRequest, delivery_id: uuid.UUID) -> StreamingHttpResponse:
    """Give back the rejected rows of a delivery, the reason beside each; the reading is audited first."""
    held = deliveries_seen().filter(pk=delivery_id).first()
    if held is None or held.rejects_file is None or not held.has_rejects:
        raise Http404
    require(KINDS[held.kind].permission, area_path=held.area.path)
    if held.received_by != current().staff:
        require("roster.load", area_path=held.area.path)
    name, content = open_file(held.rejects_file, purpose="下载未采用的行")
    answer = StreamingHttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    answer["Content-Disposition"] = f"attachment; filename=\"rejected-rows.xlsx\"; filename*=UTF-8''{quote(name)}"
    return answer
