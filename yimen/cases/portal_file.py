"""
The portal's file (省平台申请文件): one row an application, for where no line leads from the portal to us; and the answer to it.

A row goes in exactly as a call of the API would; the same file again changes nothing, and refused rows come back with reasons.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.timezone import localtime

from yimen.cases.applying import DECLARED, NotAccepted
from yimen.cases.models import Case
from yimen.cases.portal import Sent, SentConsent, Status, receive_application
from yimen.evidence.actions import NotStated
from yimen.office import audit
from yimen.office.access import NotAllowed, OutsideScope, require
from yimen.office.audit import reading
from yimen.office.deliveries import finish, receive
from yimen.office.models import Area, Delivery, Staff
from yimen.office.once import OtherContent
from yimen.office.tables import (
    Cell,
    Heading,
    Match,
    Preview,
    Skipped,
    ValueProblem,
    open_table,
    preview,
    read_boolean,
    read_date,
    read_text,
    rows_of,
)
from yimen.policies.model import Catalogue
from yimen.screening.queries import current_rules

HEADINGS = (
    Heading("reference", ("省平台编号", "申请编号", "业务流水号", "平台编号"), required=True),
    Heading("applicant", ("申请人身份证号", "申请人身份证号码", "申请人证件号码", "身份证号", "身份证号码"), required=True),
    Heading("asked", ("申请事项", "救助事项", "事项名称"), required=True),
    Heading("members", ("成员身份证号", "共同生活成员身份证号", "家庭成员身份证号", "家庭成员证件号码")),
    Heading("received_on", ("申请日期", "提交日期")),
    Heading("papers", ("已交材料", "材料")),
    Heading("consent", ("已签核对授权", "核对授权")),
)
TITLES = ("省平台编号", "回执码", "办件号", "状态", "还缺的材料", "办理期限", "暂推算", "各事项结果", "更新时间", "版本")
REFUSALS = (NotAccepted, NotStated, ValueProblem, OtherContent, NotAllowed, OutsideScope)


def preview_applications(*, path: Path, name: str) -> Preview:
    """Say how a file of applications would be read. Raises TableProblem, in words."""
    return preview(path=path, name=name, headings=application_headings())


def load_applications(
    *,
    path: Path,
    name: str,
    area: Area,
    by: Staff | None,
    at: datetime,
    on: date,
    corrected: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Delivery:
    """
    Take in the portal's file of applications (装载省平台申请), each row by itself; the same file twice changes nothing.

    Raises TableProblem if the file is none or lacks a column, NotAllowed without the permission.
    """
    require("case.open", area_path=area.path)
    catalogue = current_rules().catalogue
    table, match = open_table(path=path, name=name, headings=application_headings(), corrected=corrected)
    delivery = receive(kind="applications", origin="省平台", path=path, name=name, area=area, match=match, by=by, at=at)
    skipped, rejects, whole = Skipped(), dict[int, str](), len(table.rows) - match.first
    rows = known = 0
    for line, cells in rows_of(table, match, skipped):
        rows += 1
        try:
            known += _take(cells, match, catalogue, by=by, at=at, on=on)
        except REFUSALS as problem:
            rejects[line] = str(problem)
        progress(rows, whole)
    audit.write(action="portal.load", at=at, rows=rows, rejected=len(rejects), delivery=str(delivery.pk))
    return finish(
        delivery,
        table=table,
        match=match,
        rows=rows,
        loaded=rows - known - len(rejects),
        unchanged=known,
        skipped=skipped.rows,
        rejects=rejects,
        at=at,
    )


def application_headings() -> list[Heading]:
    """Return the columns a file of applications may hold: its own, and each fact an applicant may declare."""
    declared = [
        fact for fact in current_rules().catalogue.facts.values() if DECLARED in fact.sources and fact.subject != "义务人"
    ]
    return [*HEADINGS, *(Heading(fact.name, (fact.name,)) for fact in declared)]


def _take(cells: Mapping[str, Cell], match: Match, catalogue: Catalogue, *, by: Staff | None, at: datetime, on: date) -> bool:
    """Take one row in; say whether it was here already."""
    sent = _read(cells, [name for name in match.columns.values() if name in catalogue.facts], on)
    was_there: bool = Case.objects.filter(reference=sent.reference).exists()
    with reading("登记省平台申请"):
        receive_application(sent=sent, key=f"file:{sent.reference}", by=by, at=at)
    return was_there


def _read(cells: Mapping[str, Cell], facts: Sequence[str], on: date) -> Sent:
    signed = read_boolean(cells.get("consent"), column="已签核对授权")
    received_on = read_date(cells.get("received_on"), column="申请日期")
    return Sent(
        reference=read_text(cells.get("reference")),
        applicant=_text_of_number(cells.get("applicant")),
        members=_parts(cells.get("members")),
        asked=tuple((name, "") for name in _parts(cells.get("asked"))),
        said=tuple((name, read_text(cells.get(name)), "") for name in facts if read_text(cells.get(name))),
        papers=_parts(cells.get("papers")),
        consents=() if signed is None else (SentConsent(given=signed, signed_on=received_on or on),),
        received_on=received_on,
    )


def _text_of_number(cell: Cell) -> str:
    if isinstance(cell, float | int) and not isinstance(cell, bool) and cell >= 10**15:
        raise ValueProblem("身份证号被表格软件当成了数，后几位已经丢失，无法还原。请把这一列设为“文本”后重新填写。")
    return read_text(cell)


def _parts(cell: Cell) -> tuple[str, ...]:
    """Return what a cell lists, parted by any comma, semicolon or line."""
    text = _text_of_number(cell)
    for mark in "，,；;\n\r":
        text = text.replace(mark, "、")
    return tuple(part.strip() for part in text.split("、") if part.strip())


def write_statuses(path: Path, statuses: Iterable[Status]) -> int:
    """Write where the portal's applications stand as a workbook it can load (状态回传); return how many. It names nobody."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet, count = book.add_worksheet("办理状态"), 0
    sheet.write_row(0, 0, TITLES, book.add_format({"bold": True}))
    for count, status in enumerate(statuses, start=1):
        for column, cell in enumerate(_cells(status)):
            sheet.write(count, column, cell)
    sheet.freeze_panes(1, 1)
    book.close()
    return count


def _cells(status: Status) -> tuple[Any, ...]:
    return (
        status.reference,
        status.receipt_code,
        status.number,
        status.words,
        "、".join(status.missing_papers),
        status.due_on.isoformat() if status.due_on else "",
        "是" if status.due_is_provisional else "否",
        "；".join(f"{one.name}：{one.words}" for one in status.results),
        f"{localtime(status.changed_at):%Y-%m-%d %H:%M:%S}",
        status.version,
    )
