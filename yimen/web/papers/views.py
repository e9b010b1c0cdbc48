"""Print a paper (打印): the same address gives the paper as it was printed before, from the archive, or sets and keeps it."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from yimen.cases.actions import NotArchived, archive_paper, number_blanks
from yimen.cases.queries import (
    BlankPad,
    archived_paper,
    blank_pad,
    case_page,
    content_of,
    handed_over,
    kept_paper,
    printing_own,
    printing_recovery,
)
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import own_areas
from yimen.registry.queries import household_card, masked
from yimen.screening.queries import current_rules
from yimen.web.desk import refused
from yimen.web.papers import binder, claims, contents, results
from yimen.web.papers.printer import NotPrintable, print_paper
from yimen.web.papers.sheet import Held, Sheet
from yimen.web.window.drafting import send_once


@dataclass(frozen=True)
class Kind:
    """A paper: what it is called, its template, what stands on it, whether it is kept (what is signed by hand is scanned)."""

    title: str
    template: str
    contents: Callable[[Held], Sheet]
    kept: bool = True


CIVIL_AFFAIRS = "民政"
# Whoever fell ill on a Friday hands over on the Monday after.
LATELY = timedelta(days=7)
PAPERS: Mapping[str, Kind] = {
    "told": Kind("一次性告知书", "told", contents.told),
    "receipt": Kind("受理回执", "receipt", contents.receipt),
    "urgent": Kind("先行救助告知书", "urgent", contents.urgent),
    "consent": Kind("家庭经济状况核对授权书", "consent", contents.consent),
    "promise": Kind("诚信承诺书", "promise", contents.promise),
    "visit": Kind("入户调查表", "visit", contents.visit),
    "posting": Kind("审核公示", "posting", results.posting_before),
    "publication": Kind("长期公布", "posting", results.posting_while_paid),
    "notice": Kind("确认告知书", "notice", results.notice),
    "slip": Kind("结果大字条", "slip", results.slip),
    "claim": Kind("追缴意见", "claim", claims.opinion),
    "recovery": Kind("追缴决定告知书", "recovery", claims.decision),
    "changes": Kind("动态管理记录", "changes", binder.changes),
    "trail": Kind("办理经过", "trail", binder.trail, kept=False),
    "index": Kind("卷内目录", "index", binder.index, kept=False),
}


def case_paper(request: HttpRequest, case_id: uuid.UUID, paper: str) -> HttpResponse:
    """Print one paper of a case; `?of=` narrows it to one decision or one member. Who printed what for whom is written down."""
    kind = PAPERS.get(paper)
    if kind is None:
        raise Http404
    with reading(f"打印{kind.title}", case=case_id.hex, paper=paper):
        try:
            content = _printed(request, case_id, paper, kind, of=request.GET.get("of", ""))
            return pdf(content, name=f"{paper}-{case_id.hex[:8]}.pdf")
        except NotPrintable as problem:
            return not_printed(request, problem)


def own_notice(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Print the notice of a decision for the desk that took it: of this decision alone, also where it sees no household."""
    with reading("打印告知书", decision=decision_id.hex), printing_own(decision_id=decision_id) as decision:
        try:
            content = _printed(request, decision.case_id, "notice", PAPERS["notice"], of=str(decision.pk))
            return pdf(content, name=f"notice-{decision.case_id.hex[:8]}.pdf")
        except NotPrintable as problem:
            return not_printed(request, problem)


def own_claim(request: HttpRequest, recovery_id: uuid.UUID, paper: str) -> HttpResponse:
    """Print the opinion or the decision on one claim for the desk whose fund it is, also where it sees no household."""
    if paper not in ("claim", "recovery"):
        raise Http404
    kind = PAPERS[paper]
    with reading(f"打印{kind.title}", recovery=recovery_id.hex), printing_recovery(recovery_id=recovery_id) as recovery:
        try:
            content = _printed(request, recovery.case_id, paper, kind, of=str(recovery.pk))
            return pdf(content, name=f"{paper}-{recovery.case_id.hex[:8]}.pdf")
        except NotPrintable as problem:
            return not_printed(request, problem)


def kept(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> HttpResponse:
    """Give one paper of the file as it was printed then."""
    with reading("看归档文书", case=case_id.hex):
        paper = kept_paper(case_id=case_id, paper_id=paper_id)
        return pdf(content_of(paper, purpose="看归档文书"), name=f"{paper.kind}-{paper.number}.pdf")


def _printed(request: HttpRequest, case_id: uuid.UUID, paper: str, kind: Kind, *, of: str) -> bytes:
    sheet = kind.contents(_held(request, case_id, of))
    title = sheet.title or kind.title
    data: dict[str, Any] = {"title": title, "unit": sheet.unit, "parts": list(sheet.parts)}
    made_from = sheet.made_from or json.dumps([data, sheet.on], ensure_ascii=False, sort_keys=True, default=str)
    earlier = archived_paper(case_id=case_id, kind=paper, made_from=made_from)
    if earlier is not None:
        return content_of(earlier, purpose=f"再次打印{title}")
    printed = print_paper(kind.template, data, on=sheet.on)
    if not kind.kept:
        return printed.content
    archived = archive_paper(
        case=case_id,
        kind=paper,
        title=title,
        made_from=made_from,
        content=printed.content,
        pages=printed.pages,
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
    )
    return content_of(archived, purpose=f"打印{title}")


def _held(request: HttpRequest, case_id: uuid.UUID, of: str) -> Held:
    today = timezone.localdate()
    page = case_page(case_id=case_id)
    return Held(
        page=page,
        card=household_card(household_id=page.case.household_id, on=today),
        rules=current_rules(),
        today=today,
        progress=_progress_address(request, page.case.receipt_code),
        chosen=of,
    )


def _progress_address(request: HttpRequest, code: str) -> str:
    """The receipt code is what the applicant holds; it names nobody."""
    return request.build_absolute_uri(reverse("progress_of", args=[code]))


def handover(request: HttpRequest, username: str) -> HttpResponse:
    """Print the handover page of a colleague: one's own, or anybody's for a supervisor."""
    today = timezone.localdate()
    since = today - LATELY
    with reading("打印移交清单"):
        held = handed_over(giver=username, since=since)
        cases = [one.case for one in held.given] + held.held
        names = masked(people=[], households=[one.household_id for one in cases], on=today)
        areas = own_areas()
        sheet = binder.handover(held, names=names, since=since, on=today, area_path=areas[0].path if areas else "")
        try:
            return pdf(set_paper("移交清单", "handover", sheet), name=f"handover-{today:%Y%m%d}.pdf")
        except NotPrintable as problem:
            return not_printed(request, problem)


def blanks(request: HttpRequest) -> HttpResponse:
    """Number blank forms for a power cut and print them (POST), or print a pad again (GET ?pad=)."""
    try:
        if request.method == "POST":
            areas = own_areas()
            forms = request.POST.get("forms", "10")
            if not areas or not forms.isdecimal():
                raise NotArchived("请填要印几张，例如 10。")
            pad = _numbered(request, areas[0], int(forms[:4]))
        else:
            wanted = request.GET.get("pad", "")
            found = blank_pad(pad_id=int(wanted)) if wanted.isdecimal() else None
            if found is None:
                raise Http404
            pad = found
        held = current_rules().in_force(localdate(pad.printed_at))
        sheet = binder.blank(pad, dict.fromkeys(policy.name for policy in held if policy.department == CIVIL_AFFAIRS))
        return pdf(set_paper("社会救助申请登记表", "blank", sheet), name=f"blank-{pad.pk}.pdf")
    except (NotArchived, NotPrintable, OtherContent) as problem:
        return not_printed(request, problem)


def _numbered(request: HttpRequest, area: Any, forms: int) -> BlankPad:
    """Number a pad once; sent again, the same pad is printed again."""

    def do() -> dict[str, int]:
        return {"pad": number_blanks(area=area, forms=forms, by=request.user, at=timezone.now()).pk}  # type: ignore[arg-type]

    found = blank_pad(pad_id=send_once(request, "blanks.number", do, area=area.code)["pad"])
    if found is None:
        raise Http404
    return found


def blank_authority(request: HttpRequest) -> HttpResponse:
    """Print a blank authority (空白委托书), to be filled in by hand."""
    areas = own_areas()
    try:
        sheet = binder.blank_authority(areas[0].path if areas else "", on=timezone.localdate())
        return pdf(set_paper("授权委托书", "authority", sheet), name="authority.pdf")
    except NotPrintable as problem:
        return not_printed(request, problem)


def set_paper(title: str, template: str, sheet: Sheet) -> bytes:
    """Set a paper that belongs to no case and is kept in no file. Raises NotPrintable."""
    return print_paper(template, {"title": title, "unit": sheet.unit, "parts": list(sheet.parts)}, on=sheet.on).content


def pdf(content: bytes, *, name: str) -> HttpResponse:
    """A paper opens in the browser under a name that names nobody, and stays in no cache."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store, private"},
    )


def not_printed(request: HttpRequest, problem: Exception) -> HttpResponse:
    """Say why a paper cannot be printed now."""
    return refused(request, title="现在不能打印", why=str(problem), next_="回到办件，做完这一步再打印。", status=409)
