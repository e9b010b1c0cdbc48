"""Papers of applying (申请与受理的文书): 一次性告知书, 受理回执, 核对授权书, 诚信承诺书, 入户调查表."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import segno
from django.utils.timezone import localdate

from yimen.cases.queries import signers_of, stages_of, survey_basis, urgent_of, words_of
from yimen.cases.words import Channel, Lane
from yimen.policies.model import AREAS_OF_VERIFICATION, Fact
from yimen.registry.queries import ADULT, CAPACITIES, GuardianNow, Member, name_of, obligor_names, obligors_of
from yimen.screening.queries import explain_registered
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.sheet import VILLAGE, Held, Sheet
from yimen.web.papers.wording import capitals, day, money, shown
from yimen.web.templatetags.words import origin

MISSING, BROUGHT, PROVED, PROMISED = "missing", "brought", "proved", "promised"


def told(held: Held) -> Sheet:
    """一次性告知书: everything that is missing, at once, in plain words; what need not be brought and why."""
    case = held.page.case
    missing = [one for one in held.page.papers if one.state == MISSING]
    if not missing:
        raise NotPrintable("没有缺的材料，不用告知。可以直接受理。")
    if case.papers_told_at is None:
        raise NotPrintable("还没有记下“一次性告知”。请先点“一次性告知”，再打印告知书。")
    policies = {policy.name for one in held.page.decisions if (policy := held.policy(one))}
    policies |= {held.rules.policy(p).name for one in missing for p in one.policies if held.rules.policy(p)}  # type: ignore[union-attr]
    part = {
        "name": held.applicant_name,
        "matter": "、".join(sorted(policies)) or case.matter or "社会救助",
        "missing": [one.name for one in missing],
        "done": [_paper_words(one) for one in held.page.papers if one.state in (BROUGHT, PROVED, PROMISED)],
        "window": held.window,
        "phone": held.phone,
        "clerk": case.first_assignee.name,
    }
    return Sheet([part], held.town_unit, localdate(case.papers_told_at))


def _paper_words(paper: Any) -> str:
    if paper.state == PROMISED:
        return f"{paper.name}（已承诺 {day(paper.promised_until)} 以前补交）"
    if paper.state == PROVED:
        return f"{paper.name}（{paper.proved_by or '部门数据'}已能证明，不用交）"
    return f"{paper.name}（已交）"


def receipt(held: Held) -> Sheet:
    """受理回执: number, receipt code with QR, each matter, every date explained."""
    case = held.page.case
    if case.accepted_at is None or not case.number:
        raise NotPrintable("还没有受理，没有回执。请先受理。")
    accepted = next((one.on for one in held.page.events if one.step == "accept"), localdate(case.accepted_at))
    part = {
        "name": held.applicant_name,
        "number": case.number,
        "code": case.receipt_code,
        "qr": qr_code(held.progress),
        "received": day(case.received_on),
        "accepted": day(accepted),
        "entered": day(case.accepted_at) if case.channel == Channel.PAPER and localdate(case.accepted_at) != accepted else "",
        "matters": [[held.subject_name(one), held.policy_name(one), one.department] for one in held.page.decisions],
        "dues": _dues(held),
        "papers": [_paper_words(one) for one in held.page.papers if one.state in (BROUGHT, PROMISED)],
        "assignee": case.first_assignee.name,
        "phone": held.phone,
        "window": held.window,
    }
    return Sheet([part], held.town_unit, accepted, made_from=f"{case.number}|{case.first_assignee.username}")


def urgent(held: Held) -> Sheet:
    """先行救助告知书: what went out before the checks, by which day they and the papers follow, what comes then."""
    aid = urgent_of(case=held.page.case.pk)
    if aid is None or aid.lane != Lane.URGENT or aid.papers_by is None:
        raise NotPrintable("这个办件不是急难型先行救助，没有这份告知书。")
    case, stages = held.page.case, stages_of(case=held.page.case.pk, on=held.today)
    first = [one for one in stages if one.nth == 1]
    part = {
        "name": held.applicant_name,
        "number": case.number,
        "cause": aid.get_cause_display(),
        "given": day(aid.given_on),
        "hands": [[name_of(person_id=p.person_id), money(p.fen), capitals(p.fen)] for one in first for p in one.parts],
        "until": day(aid.papers_by),
        "stages": [f"{day(one.planned_on)}起 {one.yuan:,.2f} 元" for one in stages if one.nth > 1 and one.state != "已停"],
        "code": case.receipt_code,
        "qr": qr_code(held.progress),
        "assignee": case.first_assignee.name,
        "phone": held.phone,
        "window": held.window,
    }
    return Sheet([part], held.town_unit, held.today)


def _dues(held: Held) -> list[list[str]]:
    """Name the dates as reckoned at acceptance, each reckoned in one line with its article."""
    rows = []
    for decision in held.page.decisions:
        for one in held.page.deadlines.get(decision.pk, []):
            mark = "（暂推算：放假安排未录入）" if one.due.provisional else ""
            rows.append([held.policy_name(decision), one.lines[0], day(one.due.on) + mark])
        promised = held.page.promises.get(decision.pk)
        if promised is not None:
            rows.append([held.policy_name(decision), promised.line, day(promised.due.on)])
    return rows


def qr_code(address: str) -> str:
    """Return the picture of an address as SVG, black on white."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, scale=4, xmldecl=False, svgns=True)
    return out.getvalue().decode("utf-8")


def consent(held: Held) -> Sheet:
    """核对授权书: one for each member; a guardian signs for a minor and for who cannot act (社会救助法第41条)."""
    members = [one for one in held.card.members if not held.chosen or str(one.person_id) == held.chosen]
    if not members:
        raise NotPrintable("这一户今天没有成员可以授权。请先核对家庭成员。")
    guardians = signers_of(held.card, held.today)
    parts = [
        {
            "name": one.name,
            "id": one.id_number,
            "relation": one.relation,
            "born": day(one.born_on),
            "capacity": _capacity(one, guardians),
            "guardian": "、".join(f"{held.name}（{held.relation}）" for held in guardians.get(one.person_id, ())),
            "applicant": held.applicant_name,
        }
        for one in members
    ]
    parts += [] if held.chosen else _of_obligors(held)
    return Sheet(parts, held.town_unit, localdate(held.page.case.opened_at))


def _capacity(one: Member, guardians: Mapping[Any, Sequence[GuardianNow]]) -> str:
    """Say why somebody does not sign alone, or nothing."""
    if one.age < ADULT:
        return "未满十八周岁"
    found = guardians.get(one.person_id)
    return f"是{CAPACITIES[found[0].capacity]}人" if found else ""


def _of_obligors(held: Held) -> list[dict[str, Any]]:
    """Whoever owes support from outside the household signs an authorisation of his own (社会救助法第41条)."""
    owed = {one.person_id: one.name for one in held.card.members}
    names = obligor_names(people=owed)
    return [
        {
            "name": names[one.obligor_id],
            "id": one.id_number,
            "relation": f"{owed[one.person_id]}的{one.relation}（法定义务人）",
            "born": "",
            "capacity": "",
            "guardian": "",
            "applicant": held.applicant_name,
        }
        for one in obligors_of(people=owed)
    ]


def promise(held: Held) -> Sheet:
    """诚信承诺书: what is true, what must be told later, what a lie costs; and what was promised to be brought."""
    case = held.page.case
    part = {
        "name": held.applicant_name,
        "members": [[one.name, one.relation] for one in held.card.members],
        "promised": [[one.name, day(one.promised_until)] for one in held.page.papers if one.state == PROMISED],
        "helper": case.helper_name or "",
        "helper_relation": case.helper_relation,
    }
    return Sheet([part], held.town_unit, localdate(case.opened_at))


def visit(held: Held) -> Sheet:
    """入户调查表: like the paper form, the seven areas, what is known already filled in, room for what is seen."""
    registered = explain_registered(household_id=held.card.household_id, on=held.today, rules=held.rules)
    known = registered.facts
    named = [("", known.household), *((one.name, facts) for one, facts in zip(held.card.members, known.people, strict=True))]
    areas = []
    for area in AREAS_OF_VERIFICATION:
        facts = [fact for fact in held.rules.catalogue.facts.values() if fact.area == area]
        areas.append({"name": area, "rows": [_row(fact, named) for fact in facts]})
    case = held.page.case
    part = {
        "number": case.number or "",
        "name": held.applicant_name,
        "place": "".join((held.card.township, held.card.village, held.card.group)),
        "category": {"城": "城市", "农": "农村"}.get(held.card.category or "", ""),
        "members": [[one.name, one.relation, one.sex, str(one.age), one.id_number] for one in held.card.members],
        "standings": "、".join(one.name for one in held.card.standings),
        "areas": areas,
        "kin": len(held.page.kinships) > 0,
        "basis": survey_basis(case),
        "village": held.places.get(VILLAGE, held.card.village),
    }
    return Sheet([part], held.town_unit, localdate(case.opened_at))


def _row(fact: Fact, named: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    known = []
    for name, facts in named:
        current = facts.get(fact.name)
        said = (current.said or current.expired) if current else None
        if current is None or said is None:
            continue
        source = f"{origin(said)} {day(said.shown_on)}".rstrip()
        mark = "，已过期" if current.said is None else ""
        words = f"{name}：" if name else ""
        known.append(f"{words}{shown(said.value)}（{source}{mark}）")
    return {"name": fact.name, "unit": fact.unit, "known": known, "choice": _choice(fact), "person": fact.subject == "人"}


def _choice(fact: Fact) -> list[str]:
    if fact.kind == "是否":
        return ["是", "否"]
    return list(fact.options)


def changes_words(event: Any) -> str:
    """Return one step of a case in the words of its table, with what was written."""
    return words_of(event) + (f"：{event.words}" if event.words else "")
