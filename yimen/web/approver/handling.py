"""What the window does about the decisions of a case (公示、告知、送达) and about who answers for it (移交)."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases import actions
from yimen.cases.queries import EndCause, case_page
from yimen.office import files
from yimen.office.access import require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.pictures import MOST_BYTES, NotAPicture, plain_picture
from yimen.office.queries import colleagues
from yimen.screening.queries import current_rules
from yimen.web.approver.asked import day_asked, who, words_of, yuan_asked
from yimen.web.approver.parts import parts_of
from yimen.web.papers.offered import papers_of
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import new_key, send_once

REFUSALS = (
    actions.NotDecided,
    actions.NotPosted,
    actions.NotHandedOver,
    actions.NotDelivered,
    actions.NotExtended,
    actions.WrongStep,
    actions.Changed,
    OtherContent,
)


def page(request: HttpRequest, case_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show the decisions of a case and who answers for it."""
    with reading("办理决定", case=case_id.hex):
        held = case_page(case_id=case_id)
        shown = {"current": reverse("cases"), "case": held.case, "problem": problem, "key": new_key(), **parts_of(held.case)}
        shown["today"] = timezone.localdate()
        shown["prints"] = papers_of(held, current_rules())
    return render(request, "cases/decisions.html", shown, status=status)


def posting_photo(request: HttpRequest, case_id: uuid.UUID, decision_id: uuid.UUID, which: str) -> HttpResponseBase:
    """Show whoever works on the case a photo of a sheet on the board, of its first or last day; opening it is written down."""
    with reading("看公示照片", case=case_id.hex):
        held = case_page(case_id=case_id)
    found = [one for one in held.postings if one.decision_id == decision_id and one.kind == "before"]
    key = None if not found else found[-1].last_photo if which == "last" else found[-1].first_photo
    if key is None:
        raise files.NoSuchFile("没有这张照片。")
    return photo_answer(key, purpose="看公示照片")


@require_POST
def step(request: HttpRequest, case_id: uuid.UUID, name: str) -> HttpResponse:
    """Take one step that a form of the case's page names, once however often it is sent; what is refused is said on the page."""
    act = _STEPS.get(name)
    if act is None:
        return page(request, case_id, problem="没有这一步，请刷新页面。", status=404)
    try:
        with reading("办理决定", case=case_id.hex):
            held = case_page(case_id=case_id)
            done = send_once(request, f"step.{name}", lambda: {"said": act(request, held)}, case=case_id.hex)
    except (*REFUSALS, NotAPicture) as refusal:
        return page(request, case_id, problem=str(refusal), status=422)
    messages.success(request, done["said"])
    return HttpResponseRedirect(reverse("case_decisions", args=[case_id]))


def _decision(request: HttpRequest, held: Any) -> uuid.UUID:
    wanted = request.POST.get("decision", "")
    found = next((one.pk for one in held.decisions if str(one.pk) == wanted), None)
    if found is None:
        raise actions.NotDecided("没有选哪一项决定，请刷新页面。")
    return uuid.UUID(str(found))


def _grant(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(words_of(request, "grant"))
    except ValueError:
        raise actions.NotDecided("请选是哪一笔给付。") from None


def _photo(request: HttpRequest, held: Any) -> uuid.UUID | None:
    """Keep a photo of the sheet; its own name is thrown away, because it may name somebody."""
    sent = request.FILES.get("photo")
    if sent is None:
        return None
    require("decision.propose", area_path=held.case.area_path)
    ending, picture = plain_picture(sent.read(MOST_BYTES + 1))
    return files.put(picture, kind="posting", name=f"公示照片.{ending}", area_path=held.case.area_path, at=timezone.now())


def _propose(request: HttpRequest, held: Any) -> str:
    agrees = request.POST.get("agrees") == "yes"
    actions.propose(decision=_decision(request, held), agrees=agrees, opinion=words_of(request), **who())
    return "初审意见已记下，依据的事实已固定。"


def _refer(request: HttpRequest, held: Any) -> str:
    actions.refer(decision=_decision(request, held), words=words_of(request), **who())
    return "已转介。请打印证明交本人带到学校。"


def _post(request: HttpRequest, held: Any) -> str:
    posting = actions.post(decision=_decision(request, held), place=words_of(request), photo=_photo(request, held), **who())
    return f"已开始公示，到 {posting.ends_on:%Y-%m-%d} 为止。最后一天再拍一张照片。"


def _photograph(request: HttpRequest, held: Any) -> str:
    photo = _photo(request, held)
    if photo is None:
        raise NotAPicture("请选一张照片。")
    actions.photograph(decision=_decision(request, held), photo=photo, **who())
    return "照片已存。"


def _clear(request: HttpRequest, held: Any) -> str:
    actions.clear(decision=_decision(request, held), **who())
    return "公示期满，无异议，已报审核确认。"


def _object(request: HttpRequest, held: Any) -> str:
    actions.object_to(decision=_decision(request, held), words=words_of(request), **who())
    return "异议已记下，重新调查后再出初审意见。"


def _publish(request: HttpRequest, held: Any) -> str:
    actions.publish(decision=_decision(request, held), place=words_of(request), **who())
    return "已开始公布，领取期间一直张贴。"


def _tell(request: HttpRequest, held: Any) -> str:
    actions.tell(decision=_decision(request, held), words=words_of(request), **who())
    return "已记下书面告知。"


def _appeal(request: HttpRequest, held: Any) -> str:
    actions.appeal(decision=_decision(request, held), words=words_of(request), on=day_asked(request, "on"), **who())
    return "复核申请已记下，由没有经手的人复核。"


def _transfer(request: HttpRequest, held: Any) -> str:
    actions.transfer_to_rigid(decision=_decision(request, held), consent=words_of(request), **who())
    return "已转入刚性支出困难家庭认定，材料沿用，不再交。"


def _extend(request: HttpRequest, held: Any) -> str:
    cause = words_of(request, "cause")
    actions.extend(case=held.case.pk, decision=_decision(request, held), cause=cause, **who())
    return f"期限因“{cause}”延长，写进了经过。请告诉本人新的日期。"


def _hear(request: HttpRequest, held: Any) -> str:
    actions.hear(case=held.case.pk, words=words_of(request), **who())
    return "听取的意见已记下。"


def _end(request: HttpRequest, held: Any) -> str:
    by_work, cause = request.POST.get("by_work") == "yes", _cause(request)
    about = {"case": held.case.pk, "grant": _grant(request), "opinion": words_of(request)}
    actions.end_aid(**about, by_work=by_work, cause=cause, **who())
    if by_work:
        return "拟终止（渐退）的初审意见已记下；由别人确认以后，次月起渐退，期满停发。"
    return "拟终止的初审意见已记下；由别人确认以后，才从次月停发。"


def _cause(request: HttpRequest) -> EndCause | None:
    chosen = words_of(request, "cause")
    if chosen and chosen not in EndCause.values:
        raise actions.NotDecided("请选终止的缘由。")
    return EndCause(chosen) if chosen else None


def _claim(request: HttpRequest, held: Any) -> str:
    actions.hear_recovery(case=held.case.pk, grant=_grant(request), words=words_of(request), on=day_asked(request, "on"), **who())
    return "听取的意见已记下。在“追缴错发的”里点开这一笔，接着写追缴意见。"


def _ask_recovery(request: HttpRequest, held: Any) -> str:
    made = actions.ask_recovery(case=held.case.pk, grant=_grant(request), words=words_of(request), **who())
    return f"已转请{made.department}部门追缴，排到了他们的工作台；办到哪一步，经过里看得到。"


def _adjust(request: HttpRequest, held: Any) -> str:
    yuan = yuan_asked(request)
    actions.adjust_aid(case=held.case.pk, grant=_grant(request), yuan=yuan, opinion=words_of(request), **who())
    return "拟调整的初审意见已记下。"


def _deliver(request: HttpRequest, held: Any) -> str:
    actions.deliver(
        case=held.case.pk,
        way=words_of(request, "way"),
        said_aloud=request.POST.get("said_aloud") == "yes",
        receipt=words_of(request, "receipt"),
        handed_on=day_asked(request, "handed_on"),
        **who(),
    )
    return "已送达。"


def _confide(request: HttpRequest, held: Any) -> str:
    name, relation, phone = (words_of(request, one) for one in ("name", "relation", "phone"))
    actions.choose_confidant(case=held.case.pk, name=name, relation=relation, phone=phone, **who())
    return "记下了。办结以后，把“有结果了”也发给他，不写金额和结果。"


def _offer(request: HttpRequest, held: Any) -> str:
    able = colleagues(permission="case.open", area_path=held.case.area_path)
    to = next((one for one in able if one.username == request.POST.get("to")), None)
    if to is None:
        raise actions.NotHandedOver("请选移交给谁。")
    actions.offer_case(case=held.case.pk, to=to, reason=words_of(request), **who())
    return "已请对方接手；对方接受以前，仍由您负责。"


def _answer(request: HttpRequest, held: Any) -> str:
    if held.offer is None:
        raise actions.NotHandedOver("没有等您答复的移交，或已由上级改派。")
    yes = request.POST.get("yes") == "yes"
    actions.answer_offer(handover=held.offer.pk, yes=yes, **who())
    return "已接受，从现在起由您负责到底。" if yes else "已答复不接，仍由原来的人负责。"


def _take_back(request: HttpRequest, held: Any) -> str:
    if held.offer is None:
        raise actions.NotHandedOver("没有等答复的移交，或对方已经答复。")
    actions.take_back_offer(handover=held.offer.pk, **who())
    return "已收回，仍由您负责；可以移交给别人。"


_STEPS: dict[str, Callable[[HttpRequest, Any], str]] = {
    "propose": _propose,
    "refer": _refer,
    "post": _post,
    "photograph": _photograph,
    "clear": _clear,
    "object": _object,
    "publish": _publish,
    "tell": _tell,
    "appeal": _appeal,
    "transfer": _transfer,
    "extend": _extend,
    "hear": _hear,
    "end": _end,
    "adjust": _adjust,
    "claim": _claim,
    "ask-recovery": _ask_recovery,
    "deliver": _deliver,
    "confide": _confide,
    "offer": _offer,
    "answer": _answer,
    "take-back": _take_back,
}
