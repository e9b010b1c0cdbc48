"""One finding (线索): why it is there, condition by condition, and what a person does with it."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from yimen.cases.queries import Case, cases_of, cases_of_finding
from yimen.office.access import current, may
from yimen.office.audit import reading
from yimen.office.once import OtherContent
from yimen.office.queries import colleagues
from yimen.screening.actions import NotClosed, close_finding, hand_on_finding, reopen_finding
from yimen.screening.queries import (
    TOGETHER,
    FindingFilter,
    FindingPage,
    current_rules,
    explainer_for,
    facts_of,
    finding_page,
    findings,
    findings_of,
    is_waiting,
)
from yimen.web.leader.findings import Narrow
from yimen.web.leader.story import Row, Teller
from yimen.web.templatetags.words import ROSTER, day
from yimen.web.window.drafting import new_key, send_once

# Neighbours are looked for among this many; behind them one opens findings from the list.
NEIGHBOURS = 2000


class Closing(forms.Form):
    """The reason for closing."""

    words = forms.CharField(max_length=300, error_messages={"required": "请写明关闭的理由。"})


def page(request: HttpRequest, finding_id: uuid.UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """Show a finding with names in full; the look is written down with its purpose."""
    today, rules = timezone.localdate(), current_rules()
    with reading("核查线索", finding=finding_id.hex):
        held = finding_page(finding_id=finding_id, on=today)
        rows = Teller(rules, held.facts, held.answer, {} if held.changed else _known(held)).rows(
            held.finding.conditions, kind=held.finding.kind
        )
        others = list(findings_of(household_id=held.card.household_id))
    cases = [one for one in cases_of_finding(finding_id=finding_id) if one.kind == "finding"]
    shown = {
        "current": reverse("findings"),
        "cases": cases,
        "applications": _applications(held, but={one.pk for one in cases}),
        "in_hand": bool(held.hands) or any(not one.way for one in cases),
        "held": held,
        "finding": held.finding,
        "is_open": held.finding.state == "open",
        "policy": held.policy,
        "title": _title(held),
        "village_code": held.card.placed().area_path.rstrip(".").rpartition(".")[2],
        "rows": rows,
        "head": next((row.figures for row in rows if row.figures), ()),
        "counts": [(words, sum(row.answer is answer for row in rows)) for answer, words in _COUNTED],
        "conclusion": conclusion(held, rows),
        "others": [(one, rules.policy(one.policy)) for one in others if one.pk != finding_id and is_waiting(one)],
        "may_close": may("finding.close", area_path=held.finding.area_path),
        "colleagues": colleagues(permission="finding.close", area_path=held.finding.area_path),
        "handed_to": held.finding.handed_to.name if held.finding.handed_to else "",
        "closer": held.finding.closed_by.name if held.finding.closed_by else "",
        "may_take_up": may("case.verify", area_path=held.finding.area_path),
        "problem": problem,
        "key": new_key(),
        "query": request.GET.urlencode(),
        **_neighbours(request, finding_id),
    }
    return render(request, "leader/finding.html", shown, status=status)


@require_POST
def close(request: HttpRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Close with a reason; it stays closed until the facts change."""
    form = Closing(request.POST)
    staff = current().staff

    def do() -> dict[str, str]:
        if not form.is_valid() or staff is None:
            raise NotClosed("请写明关闭的理由，例如“7月已入户核实，本人不愿申请”。")
        close_finding(finding_id=finding_id, words=form.cleaned_data["words"], by=staff, at=timezone.now())
        return {"finding": finding_id.hex}

    try:
        send_once(request, "finding.close", do, finding=finding_id.hex)
    except (NotClosed, OtherContent) as refusal:
        return page(request, finding_id, problem=str(refusal), status=422)
    messages.success(request, "已关闭，理由已记下。事实变化以前，筛查不会再报这一条。")
    return _back(request, finding_id)


@require_POST
def reopen(request: HttpRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Open again what a person has closed."""
    staff = current().staff

    def do() -> dict[str, str]:
        if staff is not None:
            reopen_finding(finding_id=finding_id, by=staff, at=timezone.now())
        return {"finding": finding_id.hex}

    try:
        send_once(request, "finding.reopen", do, finding=finding_id.hex)
    except (NotClosed, OtherContent) as refusal:
        return page(request, finding_id, problem=str(refusal), status=422)
    messages.success(request, "已重新打开。")
    return _back(request, finding_id)


@require_POST
def hand_on(request: HttpRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Hand the finding to a colleague who may close it; from then on they answer for it."""
    staff, at = current().staff, timezone.now()
    with reading("转办线索", finding=finding_id.hex):
        held = finding_page(finding_id=finding_id, on=timezone.localdate())
    offered = colleagues(permission="finding.close", area_path=held.finding.area_path)
    to = next((one for one in offered if one.username == request.POST.get("to")), None)
    words = request.POST.get("words", "").strip()
    if to is None or staff is None:
        return page(request, finding_id, problem="请选转给谁。只能转给管这个地方、能处理线索的同事。", status=422)

    def do() -> dict[str, str]:
        hand_on_finding(finding_id=finding_id, to=to, words=words, by=staff, at=at)
        return {"finding": finding_id.hex}

    try:
        send_once(request, "finding.hand_on", do, finding=finding_id.hex)
    except OtherContent as refusal:
        return page(request, finding_id, problem=str(refusal), status=422)
    messages.success(request, f"已转给{to.name}，由他负责到底。")
    return _back(request, finding_id)


_COUNTED = ((False, "不符合"), (None, "待核实"), (True, "符合"))


def _back(request: HttpRequest, finding_id: uuid.UUID) -> HttpResponse:
    query = request.GET.urlencode()
    return HttpResponseRedirect(reverse("finding", args=[finding_id]) + (f"?{query}" if query else ""))


def _applications(held: FindingPage, *, but: set[uuid.UUID]) -> list[tuple[str, Case | None]]:
    """Return the numbers of the applications that handle this, each with the case where whoever is at the desk may see it."""
    rows = cases_of(household_id=held.finding.home_id) if held.hands and may("case.see") else []
    seen = {one.pk: one for one in rows}
    return [(one.number or "等受理", seen.get(one.case_id)) for one in held.hands if one.case_id not in but]


def _known(held: FindingPage) -> dict[Any, Any]:
    """Return today's values of the person or household, derived ones included."""
    rules, on = current_rules(), timezone.localdate()
    facts = facts_of(card=held.card, receipts=held.receipts, rules=rules, on=on)
    whole, people = explainer_for(card=held.card, rules=rules, on=on).values(
        facts.given, facts.given_members, incomplete=facts.home.incomplete
    )
    if held.member is None:
        return dict(whole)
    return dict(people[[one.person_id for one in held.card.members].index(held.member.person_id)])


def _title(held: FindingPage) -> str:
    """Say the sentence first: who, what, and why."""
    who = held.name if held.name else f"{held.card.members[0].name}一户 {len(held.card.members)} 人" if held.card.members else ""
    policy = held.policy.name if held.policy else held.finding.policy
    if held.finding.kind == "missed":
        return f"{who}，现有数据显示可以享受{policy}，现在没有领"
    if held.finding.kind == "soon" and held.finding.due_on:
        day = held.finding.due_on
        return f"{who}，{day.year}年{day.month}月{day.day}日起可以享受{policy}"
    shown = "现有数据显示" if held.finding.kind == "wrong" else ""
    return f"{who}，正在领{policy}，{shown}{held.finding.reason or '须核实'}"


def conclusion(held: FindingPage, rows: list[Row]) -> str:
    """Say what to verify first, and what need not be asked."""
    if TOGETHER in held.finding.reason:
        return f"现在在领：{_received_together(held)}。先核实是不是都在发；该停的一项，先听取本人意见。"
    deciding = [row for row in rows if row.decides]
    # What the roster itself says is known; what others said, or nobody said, is to be verified.
    said = (name for row in deciding for name in row.missing or _to_verify(held.finding.kind, row))
    first = list(dict.fromkeys(said)) or [f"“{row.name}”" for row in deciding]
    named = "、".join(first[:3]) + (" 等" if len(first) > 3 else "")
    if held.finding.kind == "wrong":
        return f"先核实{named}是否属实。其余各条改变不了结果，不必再问。" if named else "先核实上面的事实，听取本人意见。"
    if held.hands:
        return "每一条都符合，已有办件正在办，按办件办。"
    if held.finding.kind == "missed":
        return "每一条都符合。先联系本人，问愿不愿意申请；材料见政策页，能共享的不用本人带。"
    if held.finding.kind == "soon":
        return "到日子前先告知本人，到时即可申请。"
    return f"先核实{named}；核实后结果不变的，写明理由关闭即可。" if named else "先安排复核；核实后结果不变的，写明理由关闭即可。"


def _received_together(held: FindingPage) -> str:
    """Return the benefits a finding is about with the day each began, in words."""
    rules = current_rules()
    named = {one.policy: policy.name for one in held.receipts if (policy := rules.policy(one.policy))}
    wanted = {key for key, name in named.items() if key == held.finding.policy or name in held.finding.reason}
    mine = {None, held.finding.person_id}
    told = dict.fromkeys(
        f"{named[one.policy]}（{day(one.starts_on)}起）"
        for one in held.receipts
        if one.policy in wanted and one.person_id in mine
    )
    return "、".join(told)


def _to_verify(kind: str, row: Row) -> Iterable[str]:
    """Yield what others said; of a recheck only what is too old or contradicted."""
    return (one.fact for one in row.parts if (one.is_doubtful if kind == "recheck" else one.source != ROSTER))


def _neighbours(request: HttpRequest, finding_id: uuid.UUID) -> dict[str, Any]:
    """Return the place of this finding in the list it was opened from, and the one before and after."""
    narrowed, order = Narrow(request.GET.copy() or {"state": "open", "order": "new"}).chosen()
    keys = list(findings(narrowed=narrowed, order=order).values_list("pk", flat=True)[:NEIGHBOURS])
    if finding_id not in keys:
        return _left(narrowed, order, keys, finding_id)
    place = keys.index(finding_id)
    return {
        "place": place + 1,
        "of": len(keys),
        "before": keys[place - 1] if place else None,
        "after": keys[place + 1] if place + 1 < len(keys) else None,
    }


def _left(narrowed: FindingFilter, order: str, keys: list[uuid.UUID], finding_id: uuid.UUID) -> dict[str, Any]:
    """Return how many are left behind a finding that is settled, and the next of them."""
    every = list(findings(narrowed=replace(narrowed, state=""), order=order).values_list("pk", flat=True)[:NEIGHBOURS])
    if finding_id not in every or not keys:
        return {}
    left = set(keys)
    behind = (one for one in every[every.index(finding_id) + 1 :] if one in left)
    return {"left": len(keys), "after": next(behind, keys[0])}
