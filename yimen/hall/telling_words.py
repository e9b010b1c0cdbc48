"""What a venue told, in words (记录的话): for whoever has to look at it because it does not agree."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, DateTimeField
from django.utils.timezone import localtime

from yimen.hall.models import Event
from yimen.hall.telling import TABLES

TABLE_WORDS: Mapping[str, str] = {
    "hall.attendance": "到访",
    "hall.recognition": "优先识别",
    "hall.servicerequest": "要办的事",
    "hall.ticket": "号",
    "hall.period": "时段",
    "hall.call": "叫号",
    "hall.appointment": "预约",
    "hall.appointment_matters": "预约要办的事",
    "hall.handling": "协办",
    "hall.handlingstep": "协办经过",
    "hall.lateservice": "延时服务",
    "hall.duty": "在岗",
    "hall.windowshift": "窗口时段",
    "cases.hallvisit": "请人评价",
    "cases.hallopinion": "评价",
    "hall.answer": "问卷回答",
}
# Only what may change, or says which row it is; the rest nobody needs to settle anything.
COLUMN_WORDS: Mapping[str, str] = {
    "state": "状态",
    "step": "步骤",
    "window": "窗口",
    "window_number": "窗口",
    "line": "队",
    "only_window": "回几号窗口",
    "has_priority": "优先",
    "is_here": "到场",
    "calls": "叫了几次",
    "staff": "人员",
    "by": "经手人",
    "co_organizer": "协办员",
    "assigned_by": "派人的",
    "served_by": "经手人",
    "marked_by": "记的人",
    "handed_to": "移交给",
    "accepted_at": "接手",
    "cancelled_at": "取消",
    "ticket": "号",
    "result": "结果",
    "method": "怎么认的",
    "evidence": "凭什么",
    "help": "做了什么",
    "starts_at": "开始",
    "ends_at": "结束",
    "ended_at": "结束",
    "taken_at": "取号",
    "came_at": "来的时间",
    "source": "途径",
    "given_at": "评价时间",
    "grade": "第几档",
}
MOST_COLUMNS = 5


def said(moment: datetime) -> str:
    """Return a moment as people say it."""
    return f"{localtime(moment):%m月%d日 %H:%M}"


def shown(table: str, column: str, value: Any) -> str:
    """Return one column with its value in words."""
    field: Any = TABLES[table].model._meta.get_field(column)
    if value is None:
        told = "没有"
    elif isinstance(field, DateTimeField):
        told = said(value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC))
    elif isinstance(field, BooleanField):
        told = "是" if value else "否"
    elif field.name == "ticket":
        told = "有"
    else:
        told = str(dict(field.choices or ()).get(value, value))
    return f"{COLUMN_WORDS.get(column, column)}“{told}”"


def label_of(event: Event) -> str:
    """Return the number of the ticket an event is about, as it was printed, or what kind of row it is."""
    told = Event.objects.filter(node=event.node_id, is_new=True).order_by("sequence")
    begun = told.filter(about=event.about).values_list("changes", flat=True).first() or {}
    about = f"hall.attendance:{begun['attendance']}" if "attendance" in begun else event.about
    taken = told.filter(about=about, table="hall.ticket").values_list("changes", flat=True).first()
    return f"{taken['series']}{taken['number']:03d} 号" if taken else TABLE_WORDS[event.table]


def told_by(event: Event) -> str:
    """Return what the machine told, in one sentence."""
    whose, what = label_of(event), TABLE_WORDS[event.table]
    head = whose if whose == what or event.table == "hall.ticket" else f"{whose}的{what}"
    named = {name: told for name, told in event.changes.items() if name in COLUMN_WORDS}
    if event.is_new:
        parts = [shown(event.table, name, told) for name, told in named.items() if told not in (None, "")]
    else:
        parts = [f"{shown(event.table, name, was)}改成{_value(event.table, name, now)}" for name, (was, now) in named.items()]
    how = "：" if event.is_new else "，改动："
    return f"{head}{how}{'，'.join(parts[:MOST_COLUMNS]) or '其他'}。（{said(event.at)}记）"


def _value(table: str, column: str, value: Any) -> str:
    return shown(table, column, value).removeprefix(COLUMN_WORDS[column])
