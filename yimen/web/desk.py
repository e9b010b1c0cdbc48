"""The desk (工作台): who sits at it, where the bar leads, and the pages that say no."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from yimen.hall.queries import Waiting, waiting_here
from yimen.office.access import acting, may
from yimen.office.queries import own_areas, unfinished_job
from yimen.web.data_clerk.progress import progress_of
from yimen.web.hall.calling import BAR, Bar, bar_of
from yimen.web.hall.lone import is_own

HINTS = {
    "approve_list": "等我确认、不予确认、退回的",
    "reassign": "同事病了、走了，把他手上的全部改派",
    "findings": "谁可能漏了、错了，逐条核实",
    "visits": "要去的户、等我签字的记录",
    "cases": "我负责的、待受理的，超期的在前",
    "reports": "报告、举报和立案的线索，超期的在前",
    "reserve": "乡镇备用金月账、拨付和支出",
    "disputes": "谁申请了复议、起诉，哪天以前答复",
    "hall": "开窗、叫号、谁在等；在导办台帮人取号",
    "hall_day": "窗口开没开、谁在等、谁在歇；等得太久的提醒您",
    "hall_statistics": "各场所几天里的取号、等候、离开和评价，可以导出",
    "setups": "开放时间、能办的事、号段、窗口、叫号规则",
    "reception": "大厅里有谁、在办什么，派协办员",
    "accompany": "派给我的人，陪到办完",
    "ledger": "陪了多少、做了什么，自己数出来；队伍、手册、问卷",
    "cards": "发卡、批量发、打印、补发、注销",
    "boards": "各村公布栏：打印、张贴、拍照",
    "screening": "把每个人、每一户与每项政策对照一遍",
    "arrivals": "花名册、部门数据、发放名单",
    "people": "按证件号码、姓名、拼音、后四位",
    "help": "问几句话，看能得到什么帮助",
    "ratings": "请刚办完事的人评价；各服务点的评价",
    "policies": "条件、标准、材料、时限、依据",
    "calendar": "哪些天放假、哪个周末上班，期限照它推算",
    "system": "磁盘还剩多少、时钟准不准、后台任务在不在做",
    "staff": "新增、任岗、免岗，重置密码和动态口令，停用",
    "audit": "谁在什么时候看了、改了、导出了多少",
}
LINKS = (
    ("home", "首页", ()),
    ("approve_list", "审核确认", ("decision.confirm", "decision.department")),
    ("findings", "线索", ("finding.see",)),
    ("cases", "办件", ("case.open", "case.reassign")),
    ("hall_day", "大厅今天", ("hall.watch",)),
    ("hall", "大厅", ("hall.call", "hall.ticket")),
    ("setups", "场所设置", ("hall.manage",)),
    ("hall_statistics", "大厅统计", ("hall.watch",)),
    ("reception", "导办台", ("hall.receive",)),
    ("accompany", "我陪的人", ("hall.accompany",)),
    ("ledger", "协办台账", ("hall.accompany", "hall.team")),
    ("cards", "优先服务卡", ("card.issue",)),
    ("visits", "我的任务", ("visit.make", "case.reassign")),
    ("reports", "报告核查", ("finding.see",)),
    ("disputes", "复议诉讼", ("dispute.see",)),
    ("boards", "公示公布", ("board.photograph",)),
    ("screening", "筛查", ("screening.run",)),
    ("arrivals", "装载", ("roster.load", "facts.load", "recipients.load")),
    ("people", "找人", ("person.search",)),
    ("help", "能得到什么帮助", ("help.ask",)),
    ("reassign", "改派", ("case.reassign",)),
    ("reserve", "备用金", ("reserve.spend", "reserve.fund")),
    ("ratings", "评价", ("rating.ask", "rating.see")),
    ("policies", "政策", ("rules.see",)),
    ("calendar", "放假安排", ("calendar.manage",)),
    ("system", "系统状态", ("system.see",)),
    ("staff", "人员", ("staff.manage",)),
    ("audit", "审计", ("audit.see",)),
)


@dataclass(frozen=True)
class Link:
    """One place the bar leads to."""

    words: str
    address: str
    hint: str = ""


@dataclass(frozen=True)
class Desk:
    """The person's desk: place, what the bar shows, whether people may be searched, the window somebody sits at."""

    place: str
    unit: str
    posts: tuple[str, ...]
    links: tuple[Link, ...]
    may_search: bool
    may_screen: bool
    building: dict[str, Any] | None
    bar: Bar | None
    # Where the hall runs by itself and cannot reach the centre.
    waiting: Waiting | None = None


# What stands around a page, where only the call bar below it is exchanged: nothing that anybody would have to ask for.
AROUND_THE_BAR = Desk("", "", (), (), may_search=False, may_screen=False, building=None, bar=None)


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of whoever is logged in; asked once, before the page is drawn."""
    if request.headers.get("HX-Target") == BAR:
        return AROUND_THE_BAR
    areas = own_areas()
    links = tuple(
        Link(words, reverse(name), HINTS.get(name, ""))
        for name, words, needed in LINKS
        if is_own(name) and (not needed or any(may(one) for one in needed))
    )
    names = tuple(area.name for area in areas)
    job = unfinished_job("demo.build") if settings.YIMEN_DEMO else None
    return Desk(
        place=names[0] if names else "",
        unit="、".join(names),
        posts=names,
        links=links,
        may_search=may("person.search") and is_own("people"),
        may_screen=may("screening.run") and is_own("screening"),
        building=progress_of(job) if job else None,
        # Exchanged parts of a page bring none: the bar below it is already there.
        bar=bar_of(acting()) if may("hall.call") and not request.headers.get("HX-Request") else None,
        waiting=_waiting(request),
    )


def _waiting(request: HttpRequest) -> Waiting | None:
    """Return what waits for the centre where a hall runs by itself and cannot reach it."""
    if not settings.YIMEN_VENUE or request.headers.get("HX-Request"):
        return None
    held = waiting_here()
    return held if held is not None and held.node.problem and settings.YIMEN_CENTRE else None


def refused(request: HttpRequest, *, title: str, why: str, next_: str, status: int) -> HttpResponse:
    """Show a page that says what is so, why, and what next."""
    return render(request, "refused.html", {"title": title, "why": why, "next": next_}, status=status)


def not_allowed(request: HttpRequest, problem: Exception) -> HttpResponse:
    """Say that the post does not allow this."""
    return refused(
        request,
        title="这一步您的岗位不能做",
        why=str(problem),
        next_="回首页做别的事；确有需要，请本单位安全管理员调整岗位。这次尝试已记入审计。",
        status=403,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say the same for what is elsewhere as for what never was."""
    if not hasattr(request, "desk"):
        return render(request, "404.html", status=404)
    return refused(
        request,
        title="没有这一页，或不在您的辖区",
        why="地址可能抄错了，内容可能已经移走；别的辖区的居民和线索，您的岗位看不到，也不会告诉您有没有。",
        next_="从首页或找人重新进入。",
        status=404,
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say no where the framework refused."""
    return render(request, "403_csrf.html", status=403)
