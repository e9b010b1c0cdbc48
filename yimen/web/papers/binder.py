"""Papers of the file and the desk (档案与交接): 动态管理记录, 卷内目录, 移交清单, 空白编号登记表."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.timezone import localdate, localtime

from yimen.benefits.queries import before
from yimen.cases.queries import (
    AuthorityMatter,
    BlankPad,
    Board,
    Case,
    Decision,
    HandedOver,
    by_benefit,
    decisions_of,
    file_number_of,
    how_many,
    leaves_of,
    retention_of,
    words_of,
)
from yimen.office.queries import names_on, service_point_of
from yimen.web.papers.contents import changes_words
from yimen.web.papers.printer import NotPrintable
from yimen.web.papers.sheet import COUNTY, TOWN, Held, Sheet
from yimen.web.papers.wording import day, money, month, on_a_board

# What changes a household's aid or its handling, and so belongs on the sheet of changes.
CHANGES = ("hear", "extend", "reassign", "settle", "kin", "object", "appeal", "contest", "contest_stay", "contest_ruled", "redo")


@dataclass(frozen=True)
class Change:
    """One line of the sheet of changes: the day, what, from how much to how much, since when, why, by whom."""

    on: date
    what: str
    why: str
    by: str
    was: str = ""
    now: str = ""
    since: str = ""


def changes(held: Held) -> Sheet:
    """动态管理记录: every decision on this household, with what it changed and from when, and what was heard."""
    decided = [_decided(held, one) for one in decisions_of(household_id=held.card.household_id)]
    happened = [
        Change(one.on, changes_words(one), one.cause, one.by.name if one.by else "")
        for one in held.page.events
        if one.step in CHANGES
    ]
    rows = sorted([*decided, *happened], key=lambda row: row.on)
    part = {
        "name": held.applicant_name,
        "place": "".join((held.card.township, held.card.village, held.card.group)),
        "members": len(held.card.members),
        "standings": [[one.name, day(one.starts_on), day(one.next_review_on)] for one in held.card.standings],
        "rows": [[day(one.on), one.what, one.was, one.now, one.since, one.why, one.by] for one in rows],
    }
    # Dated by the last change, so that without a new one it stays the same sheet.
    return Sheet([part], held.town_unit, rows[-1].on if rows else localdate(held.page.case.opened_at))


def _decided(held: Held, one: Decision) -> Change:
    earlier = before(one.grant) if one.grant else None
    if one.effect == "end" and one.state == "confirmed" and one.grant and one.grant.ends_on:
        return Change(
            on=localdate(one.decided_at),
            what=f"{held.policy_name(one)}：终止",
            why=one.words or one.opinion,
            by=one.decided_by.name if one.decided_by else "",
            was=money(one.grant.amount_fen),
            now="停发",
            since=day(one.grant.ends_on + timedelta(days=1)),
        )
    return Change(
        on=localdate(one.decided_at),
        what=f"{held.policy_name(one)}：{one.get_state_display()}",
        why=one.words or one.opinion,
        by=one.decided_by.name if one.decided_by else "",
        was=money(earlier.amount_fen) if earlier else "",
        now=money(one.amount_fen) if one.state == "confirmed" else "",
        since=day(one.grant.starts_on) if one.grant else "",
    )


def trail(held: Held) -> Sheet:
    """办理经过: every step of the case with its day, words, article and who took it, for whoever acted by the rules (第39条)."""
    case, events = held.page.case, held.page.events
    rows = [
        [
            f"{localtime(one.at):%Y-%m-%d %H:%M}",
            words_of(one),
            one.words,
            one.article or one.cause,
            one.by.name if one.by else "系统",
        ]
        for one in events
    ]
    late = [one.stage for found in held.page.deadlines.values() for one in found if (one.done_on or held.today) > one.due.on]
    part = {
        "number": case.number or "",
        "name": held.applicant_name,
        "matter": "、".join(dict.fromkeys(held.policy_name(one) for one in held.page.decisions)) or case.matter,
        "opened_by": case.opened_by.name if case.opened_by else "程序接入",
        "assignee": case.first_assignee.name,
        "rows": rows,
        "dates": f"超过期限的环节：{'、'.join(dict.fromkeys(late))}" if late else "各环节都在期限以内",
    }
    return Sheet([part], held.town_unit, localdate(events[-1].at) if events else held.today)


def index(held: Held) -> Sheet:
    """卷内目录: what lies in the file of this household, with 档号 and the page each begins on."""
    leaves, rows, page = leaves_of(household_id=held.card.household_id), [], 1
    for leaf in leaves:
        rows.append([leaf.case, leaf.title, day(leaf.on), str(page) if leaf.pages else "", leaf.remark])
        page += leaf.pages or 0
    part = {
        "file": file_number(held),
        "name": held.applicant_name,
        "place": "".join((held.card.township, held.card.village)),
        "rows": rows,
        "pages": page - 1,
        "kept": retention_of(household_id=held.card.household_id, on=held.today).words,
    }
    return Sheet([part], held.town_unit, held.today)


def file_number(held: Held) -> str:
    """Return the 档号 of a household's file, or that it has none yet."""
    return file_number_of(household_id=held.card.household_id) or "（受理后编号）"


def handover(held: HandedOver, *, names: Mapping[uuid.UUID, str], since: date, on: date, area_path: str) -> Sheet:
    """移交清单: what was given to whom and why, what is still held, open tasks and running deadlines (practice 21)."""
    part = {
        "giver": held.giver.name,
        "given": [[*_case_row(one.case, names), one.taker.name, one.reason] for one in held.given],
        "held": [_case_row(one, names) for one in held.held],
        "tasks": [[one.get_kind_display(), one.words, day(one.due_on), str(one.case) if one.case else ""] for one in held.tasks],
        "since": day(since),
        "on": day(on),
    }
    return Sheet([part], unit_at(area_path), on)


def _case_row(case: Case, names: Mapping[uuid.UUID, str]) -> list[str]:
    return [str(case), names.get(case.household_id, ""), case.get_state_display(), day(case.due_on)]


def blank(pad: BlankPad, items: Iterable[str]) -> Sheet:
    """空白编号登记表: for a power cut, one numbered form a page, entered later with the true day of receipt."""
    return Sheet(
        [{"number": one, "items": list(items)} for one in pad.numbers], unit_at(pad.area.path), localdate(pad.printed_at)
    )


def blank_authority(area_path: str, *, on: date) -> Sheet:
    """空白委托书: whom one lets act, for which matters, from when until when; filled in by hand."""
    return Sheet([{"matters": [str(one.label) for one in AuthorityMatter]}], unit_at(area_path), on)


def board_sheet(held: Board, *, on: date) -> Sheet:
    """公布表: everybody of a village who is published, by benefit; name, members, amount, and nothing else (practice 2)."""
    if not held.lines:
        raise NotPrintable("这个村现在没有要公布的。")
    point = service_point_of(held.area.path)
    benefits = [
        {"name": on_a_board(policy), "unit": lines[0].unit, "number": how_many(lines), "rows": [_board_row(one) for one in lines]}
        for policy, lines in by_benefit(held.lines).items()
    ]
    part = {"place": held.area.name, "benefits": benefits, "phone": point.phone if point else ""}
    return Sheet([part], unit_at(held.area.path), on)


def _board_row(line: Any) -> list[str]:
    # 低保边缘 and 刚性 are recognised without money.
    amount = money(line.fen) or "身份认定"
    return [line.name or "（未成年人，姓名不公开）", str(line.members), amount, month(line.starts_on)]


def unit_at(area_path: str) -> str:
    """Return which unit signs at a place: its township or street, else the county's civil affairs."""
    names = names_on(area_path)
    town = names.get(TOWN, "")
    if town:
        return f"{town}办事处" if town.endswith("街道") else f"{town}人民政府"
    return f"{names.get(COUNTY, '')}民政局"
