"""Verification at the back office (调查核实): sources side by side, settled with a reason; who is sent; the random check."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import (
    NotVerified,
    WrongStep,
    ask_comparison,
    assign_visit,
    compare,
    draw_checks,
    investigate,
    record_kinship,
    settle,
)
from yimen.cases.queries import Item, draw_waits, draws, verification_page
from yimen.office.access import current, may, require
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import Staff, own_areas, staff_called
from yimen.policies.queries import Rules
from yimen.screening.queries import current_rules
from yimen.web.visits.visitor import new_key, once_only, visitor
from yimen.web.window.said import Unreadable, value_of

DRAWN = "extreme_poverty_support"
Step = Callable[[HttpRequest, uuid.UUID, Staff, datetime], str]


def verify(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show a case's verification, or take one of its steps."""
    problem = ""
    if request.method == "POST":
        step = _STEPS.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        try:
            with reading("调查核实", case=case_id.hex):
                messages.success(request, _taken(request, case_id, step))
            return HttpResponseRedirect(reverse("case_verify", args=[case_id]))
        except (NotVerified, WrongStep, Unreadable, OtherContent) as refusal:
            problem = str(refusal)
    with reading("调查核实", case=case_id.hex):
        held = verification_page(case_id=case_id, on=timezone.localdate())
    rules, staff = current_rules(), current().staff
    shown = {
        "held": held,
        "case": held.case,
        "card": held.sheet.card.placed(),
        "head": held.sheet.card.members[0].name if held.sheet.card.members else "",
        "differences": [(one, held.settlements.get(one.key), _choices(one)) for one in held.differences],
        "verified": held.sheet.verified,
        "served": _served(held.sheet.verified, rules),
        "names": {policy.id: policy.name for policy in rules.policies},
        "to_name": sorted({one.fact.name for one in held.sheet.items if "第三方" in one.fact.sources and one.uses}),
        "may_visit": staff is not None and may("visit.make", area_path=held.case.area_path) and held.may_verify,
        "ours": [one for one in held.able if one not in held.third_parties],
        "current": reverse("cases"),
        "key": new_key(),
        "problem": problem,
        "open_items": sum(one.state != "known" for one in held.sheet.first),
    }
    return render(request, "visits/verify.html", shown, status=422 if problem else 200)


def _served(verified: Iterable[Item], rules: Rules) -> dict[str, Any]:
    """Count how often what was verified once is used in this case, by how many policies and which departments."""
    used = [one for one in verified if one.serves]
    policies = {name for one in used for name in one.serves}
    departments = sorted({policy.department for name in policies if (policy := rules.policy(name))})
    times = sum(len(one.serves) for one in used)
    return {"facts": len(used), "policies": len(policies), "departments": departments, "times": times}


def _taken(request: HttpRequest, case: uuid.UUID, step: Step) -> str:
    staff, at = visitor(), timezone.now()
    answer = once_only(request, "case.verify", case, at=at, do=lambda: {"said": step(request, case, staff, at)})
    return str(answer["said"])


def _choices(item: Any) -> list[tuple[str, Any, list[str]]]:
    """Return each value that was said once, as the form sends it and as it is read, with the sources that say it."""
    found: dict[str, tuple[Any, list[str]]] = {}
    for one in item.words:
        text = ("是" if one.value else "否") if isinstance(one.value, bool) else str(one.value)
        found.setdefault(text, (one.value, []))[1].append(one.source)
    return [(text, value, sources) for text, (value, sources) in found.items() if sources != ["核定"]]


def _investigate(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    investigate(case=case, by=by, at=at)
    return "已启动调查，日期已记下。"


def _ask(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    ask_comparison(case=case, by=by, at=at)
    return "已提请县级核对，县里须在 3 个工作日内启动。"


def _compare(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    compare(case=case, by=by, at=at)
    return "已启动核对；核对结果装载以后，会出现在这一页。"


def _assign(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    names = [name for name in request.POST.getlist("to") if name]
    people = [one for name in names if (one := staff_called(name))]
    if not people:
        raise NotVerified("请选派谁去。")
    assign_visit(case=case, to=people, facts=request.POST.getlist("facts"), by=by, at=at)
    return f"已派 {len(people)} 人去，在他们的“我的任务”里。"


def _kin(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    name = request.POST.get("staff", "")
    try:
        person = uuid.UUID(request.POST.get("person", ""))
    except ValueError:
        raise NotVerified("请选是家里哪一位。") from None
    record_kinship(
        case=case,
        person=person,
        relation=request.POST.get("relation", ""),
        staff=staff_called(name) if name else None,
        relative_name=request.POST.get("relative", ""),
        by=by,
        at=at,
    )
    return "已备案。本人须回避；这一户须县级入户以后才能审核确认。"


def _settle(request: HttpRequest, case: uuid.UUID, by: Staff, at: datetime) -> str:
    who, _, name = request.POST.get("asks", "").partition("|")
    fact = current_rules().catalogue.facts.get(name)
    if fact is None:
        raise NotVerified("请从列出的差异里选一项。")
    chosen = request.POST.get("value", "")
    text = request.POST.get("other", "") if chosen == "other" else chosen
    if not text:
        raise NotVerified("请选以哪个为准。")
    value = fact.to_json(value_of(text, fact))
    reason, over = request.POST.get("reason", ""), request.POST.get("over")
    settle(case=case, who=who, fact=name, value=value, reason=reason, by=by, at=at, over=over)
    return f"已核定“{name}”，各项政策从现在起都用这个数。"


_STEPS: Mapping[str, Step] = {
    "investigate": _investigate,
    "ask": _ask,
    "compare": _compare,
    "assign": _assign,
    "kin": _kin,
    "settle": _settle,
}


def draw_page(request: HttpRequest) -> HttpResponse:
    """Show the random checks with their seeds, or draw one for the county."""
    require("case.verify")
    area, problem = next(iter(own_areas()), None), ""
    if request.method == "POST" and area is not None:
        try:
            seed = _drawn(request, area)
            messages.success(request, f"已抽查，种子 {seed}。抽中的已排入您的“我的任务”。")
            return HttpResponseRedirect(reverse("draws"))
        except (NotVerified, OtherContent) as refusal:
            problem = str(refusal)
    policy = current_rules().policy(DRAWN)
    shown: dict[str, Any] = {
        "draws": draws(policy=DRAWN),
        "waits": draw_waits(policy=DRAWN),
        "policy": policy.name if policy else "",
        "is_county": area is not None and area.level <= 3,
        "problem": problem,
        "current": reverse("draws"),
        "key": new_key(),
    }
    return render(request, "visits/draws.html", shown, status=422 if problem else 200)


def _drawn(request: HttpRequest, area: Any) -> str:
    staff, at = visitor(), timezone.now()
    do = lambda: {"seed": draw_checks(policy=DRAWN, area=area, by=staff, at=at).seed}  # noqa: E731
    with reading("随机抽查"):
        return str(once_only(request, "draw", None, at=at, do=do)["seed"])
