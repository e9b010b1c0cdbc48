"""Papers of deciding (审核确认的文书): 公示 and 公布 sheets, notices to the person, the slip in large type."""

from datetime import date, timedelta
from typing import Any

from django.utils.timezone import localdate

from yimen.benefits.queries import before
from yimen.cases.queries import Decision, appeal_ways, posting_asked
from yimen.policies.model import Policy
from yimen.registry.queries import ADULT
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.sheet import COUNTY, VILLAGE, Held, Sheet
from yimen.web.papers.wording import capitals, day, money, month, on_a_board

CONFIRMED, REFUSED = "confirmed", "refused"
BEFORE, WHILE_PAID = "before", "while_paid"
GIVE, END, ADJUST = "give", "end", "adjust"
POSTED = "是"


def posting_before(held: Held) -> Sheet:
    """审核公示: the first opinion, some days, before the decision; a policy that has none gets none (practice 1)."""
    decisions = [one for one in held.chosen_decisions("proposed", "posted", "cleared") if one.agrees]
    if not decisions:
        raise NotPrintable("现在没有初审同意、等着公示的决定。")
    posted = [one for one in decisions if is_posted(held.policy(one), one, held.today)]
    if not posted:
        names = "、".join(held.policy_name(one) for one in decisions)
        raise NotPrintable(f"“{names}”按规定不公示，或没有查到要公示的规定，程序不打印公示单。")
    parts = [_board(held, one, BEFORE) for one in posted]
    return Sheet(parts, held.town_unit, localdate(posted[0].proposed_at))


def posting_while_paid(held: Held) -> Sheet:
    """长期公布: what was confirmed, as long as it is paid (民发〔2021〕57号第24条、社会救助法第45条)."""
    posted = [one for one in held.chosen_decisions(CONFIRMED) if is_published(held.policy(one), one)]
    if not posted:
        raise NotPrintable("没有已确认、按规定要长期公布的决定。")
    parts = [_board(held, one, WHILE_PAID) for one in posted]
    return Sheet(parts, held.town_unit, localdate(posted[0].decided_at))


def is_posted(policy: Policy | None, decision: Decision, on: date) -> bool:
    """Say whether a first opinion has a sheet for the board, as its policy or, where that leaves it open, its place says."""
    return policy is not None and posting_asked(decision, on).allowed


def is_published(policy: Policy | None, decision: Decision) -> bool:
    """Say whether a confirmed decision has a sheet for as long as it is paid; what has ended or was given once hangs no more."""
    once = policy is not None and policy.pays_from.startswith("一次性")
    return policy is not None and policy.posting.needed == POSTED and decision.effect != END and not once


def _board(held: Held, decision: Decision, kind: str) -> dict[str, Any]:
    """Full name, number of members, amount, and nothing else of them (practice 2)."""
    policy = held.policy(decision)
    assert policy is not None  # noqa: S101
    posting = next((one for one in held.page.postings if one.decision_id == decision.pk and one.kind == kind), None)
    return {
        "benefit": on_a_board(policy.name),
        "ends_aid": decision.effect == END,
        "name": _name_on_a_board(held, decision),
        "members": 1 if decision.person_id else len(held.card.members),
        # 低保边缘 and 刚性 are recognised without money.
        "amount": money(decision.amount_fen) or "身份认定",
        "unit": policy.unit,
        "place": held.places.get(VILLAGE, held.card.village),
        "days": str(posting_asked(decision, held.today).days or policy.posting.days),
        "starts": day(posting.starts_on) if posting else "",
        "ends": day(posting.ends_on) if posting else "",
        "phone": held.phone,
        "county": held.county_unit(decision.department),
        "since": month(decision.grant.starts_on) if kind == WHILE_PAID and decision.grant else "",
    }


def _name_on_a_board(held: Held, decision: Decision) -> str:
    """No child's name stands on a board: an adult of the household stands for it, else nobody's."""
    members = held.card.members
    wanted = decision.person_id or (held.applicant.person_id if held.applicant else None)
    first = [one for one in members if one.person_id == wanted]
    adult = next((one for one in [*first, *members] if one.age >= ADULT), None)
    if adult is None:
        return "（未成年人，姓名不公开）"
    return adult.name if not first or adult == first[0] or not decision.person_id else f"{adult.name}（监护人）"


def notice(held: Held) -> Sheet:
    """确认、不予确认、调整、停发告知书: what was decided, why, by which article, and how to appeal (社会救助法第76条)."""
    decisions = held.chosen_decisions(CONFIRMED, REFUSED)
    if not decisions:
        raise NotPrintable("还没有作出决定，没有告知书。")
    parts = [_notice(held, one) for one in decisions]
    title = parts[0]["title"] if len({one["title"] for one in parts}) == 1 else "审核确认结果告知书"
    made_from = ";".join(f"{one.pk}|{one.decided_at}" for one in decisions)
    return Sheet(parts, parts[0]["unit"], localdate(decisions[0].decided_at), made_from=made_from, title=title)


def _notice(held: Held, decision: Decision) -> dict[str, Any]:
    policy, grant = held.policy(decision), decision.grant
    earlier = before(grant) if grant and decision.effect != END else None
    kind = _kind_of_notice(decision, is_later=earlier is not None)
    return {
        "kind": kind,
        "title": TITLES[kind],
        "number": held.page.case.number or "",
        "name": held.applicant_name,
        "subject": held.subject_name(decision),
        "benefit": held.policy_name(decision),
        "received": day(held.page.case.received_on),
        "decided": day(decision.decided_at),
        "amount": money(decision.amount_fen),
        "capitals": capitals(decision.amount_fen) if decision.amount_fen is not None else "",
        "amount_unit": decision.unit or "元/月",
        "before": money(earlier.amount_fen) if earlier else "",
        "since": _since(decision),
        "until": _until(decision),
        "taper": _taper(decision),
        "heard": day(held.heard_on),
        # The opinion is the desk's own word; it is told only where a reason is owed and none else was written.
        "words": decision.words or (decision.opinion if kind != "confirmed" else ""),
        "basis": decision.article or "、".join(str(one) for one in (policy.basis if policy else ())),
        "failing": _failing(decision) if kind == "refused" else [],
        "unit": held.deciding_unit(decision),
        "appeal": appeal_ways(area_path=decision.area_path, on=localdate(decision.decided_at), above=above(held)),
        "phone": held.phone,
        "window": held.window,
        "assignee": held.page.case.first_assignee.name,
    }


TITLES = {
    "refused": "不予确认告知书",
    "adjusted": "救助金额调整告知书",
    "confirmed": "确认告知书",
    "ended": "终止救助（停发）告知书",
    "goes_on": "继续救助告知书",
}


def _kind_of_notice(decision: Decision, *, is_later: bool) -> str:
    """What was to be ended or adjusted and was not is no refused application: the aid goes on as it was."""
    if decision.state == REFUSED:
        return "refused" if decision.effect == GIVE else "goes_on"
    if decision.effect == END:
        return "ended"
    return "adjusted" if is_later or decision.effect == ADJUST else "confirmed"


def _until(decision: Decision) -> str:
    """The month from which an ended grant is not paid any more (次月停)."""
    if decision.effect != END or decision.grant is None or decision.grant.ends_on is None:
        return ""
    return month(decision.grant.ends_on + timedelta(days=1))


def _taper(decision: Decision) -> str:
    """What is still paid of an ended grant, and until when, where work has lifted the income (渐退)."""
    grant = decision.grant
    if not decision.by_work or decision.state != CONFIRMED or grant is None or grant.ends_on is None:
        return ""
    return f"{month(grant.starts_on)}至{month(grant.ends_on)}是渐退期，每月发 {money(grant.amount_fen)} 元"


def _since(decision: Decision) -> str:
    if decision.grant is None:
        return ""
    once = decision.grant.ends_on == decision.grant.starts_on
    return f"{day(decision.grant.starts_on)}起一次发给" if once else f"{month(decision.grant.starts_on)}起按月发给"


def _failing(decision: Decision) -> list[str]:
    return [
        f"{one['name']}（{one['basis']}）" if one.get("basis") else one["name"]
        for one in decision.conditions
        if one.get("value") is False
    ]


def above(held: Held) -> str:
    """Name to whom an administrative appeal goes: the government above (行政复议法第24条)."""
    county = held.places.get(COUNTY, "")
    return f"{county}人民政府" if county else "本级人民政府"


def slip(held: Held) -> Sheet:
    """大字条: in 22 points for old people: which day, how much, for what, whom to ask; a refusal in one sentence."""
    decisions = held.chosen_decisions(CONFIRMED, REFUSED, "referred")
    if not decisions:
        raise NotPrintable("还没有作出决定，先不用打印大字条。")
    lines = [_slip(held, one) for one in decisions]
    made_from = ";".join(f"{one.pk}|{one.state}|{one.decided_at}" for one in decisions)
    part = {
        "name": held.applicant_name,
        "lines": lines,
        "assignee": held.page.case.first_assignee.name,
        "phone": held.phone,
        "window": held.places.get(9, "") + "社会救助窗口"
        if not held.page.case.service_point
        else held.page.case.service_point.name,
    }
    return Sheet([part], held.town_unit, _day_of(decisions, held.today), made_from=made_from)


def _day_of(decisions: list[Decision], today: date) -> date:
    return max((localdate(one.decided_at) for one in decisions if one.decided_at), default=today)


def _slip(held: Held, decision: Decision) -> dict[str, Any]:
    grant = decision.grant
    once = grant is not None and grant.ends_on == grant.starts_on
    return {
        "state": decision.state,
        "effect": decision.effect,
        "until": _until(decision),
        "taper": _taper(decision),
        "benefit": held.policy_name(decision),
        "subject": held.subject_name(decision),
        "amount": money(decision.amount_fen),
        "once": once,
        "since": "" if grant is None else day(grant.starts_on) if once else month(grant.starts_on),
        "words": decision.words or decision.opinion,
    }
