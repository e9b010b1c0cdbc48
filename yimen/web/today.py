"""Three things to do today (今天三件事): one's own work first, what is overdue before the rest, then the findings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from yimen.cases.queries import Agenda, agenda_of
from yimen.hall.queries import Watch, disagreements, venues_seen, watch_over
from yimen.office.access import acting, may
from yimen.screening.queries import KINDS, today_three

MOST = 3
_TITLES = {
    "missed": "条漏救线索：可能该得而没有得",
    "wrong": "条错救线索：在领，而数据显示不再符合",
    "recheck": "条待核实：在领，复核到期或情况有变",
    "soon": "条即将符合：90 天内就能享受",
}
_HINTS = {
    "missed": "先联系本人，说明可以申请什么、带什么材料",
    "wrong": "先核查事实，听取本人意见；系统不会停发",
    "recheck": "到期的先安排入户，有出入的先问清来源",
    "soon": "提前告知本人，到日子就能办",
}
_VERBS = {"missed": "去联系", "wrong": "去核查", "recheck": "去核实", "soon": "去告知"}


@dataclass(frozen=True)
class Thing:
    """One thing to do: what, a word on how, the chip beside it and its colour, and where the button leads."""

    title: str
    hint: str
    chip: str
    colour: str
    address: str
    verb: str


def things(*, on: date, query: str = "") -> list[Thing]:
    """
    Return at most three; `query` narrows the findings' lists. Where there are findings, one of the three is theirs; who manages
    a hall is told of it before anything else, for people are waiting there now.
    """
    own, found = [*in_the_halls(), *_own(agenda_of(staff=acting(), on=on))], list(_found(query))
    return [*own[: MOST - 1 if found else MOST], *found][:MOST]


def _found(query: str) -> Iterable[Thing]:
    if not may("finding.see"):
        return
    for one in today_three():
        chip = f"{KINDS[one.kind]} {one.number} 条"
        address = f"{reverse('findings')}?kind={one.kind}{query}"
        yield Thing(f"{one.number} {_TITLES[one.kind]}", _HINTS[one.kind], chip, one.kind, address, _VERBS[one.kind])


def _own(held: Agenda) -> Iterator[Thing]:
    cases, visits = reverse("cases"), reverse("visits")
    if held.overdue:
        n, hint = held.overdue, "超期最久的在前，先办、先催"
        yield Thing(f"{n} 件办件已经超期", hint, f"超期 {n} 件", "late", f"{cases}?whose=all&late=yes", "去看")
    if held.to_answer:
        n, late = held.to_answer, held.late_to_answer
        hint = f"其中 {late} 件已过期限，今天就交" if late else "逾期不答复、不举证的，视为没有证据"
        yield Thing(
            f"{n} 件复议、诉讼等您答复", hint, f"等答复 {n} 件", "late" if late else "today", reverse("disputes"), "去答复"
        )
    if held.to_decide:
        n, late = held.to_decide, held.late_to_decide
        hint = f"其中 {late} 项已过期限，排在最前" if late else "前面的步骤都办完了，轮到您"
        colour = "late" if late else "today"
        yield Thing(f"{n} 项等您决定", hint, f"等决定 {n} 项", colour, reverse("approve_list"), "去确认")
    if held.to_recover:
        n, hint = held.to_recover, "先听取意见，一人写意见，另一人确认"
        yield Thing(f"{n} 件追缴等您办", hint, f"追缴 {n} 件", "today", f"{reverse('approve_list')}#recoveries", "去办")
    if held.to_prove:
        n, hint = held.to_prove, "先约好，当面看身份证，再转为办件"
        yield Thing(f"{n} 份网上申请等核验身份", hint, f"待核验 {n} 份", "today", reverse("from_home"), "去核验")
    if held.to_confirm:
        n, hint = held.to_confirm, "看过原件、问过本人，核对了才算数"
        yield Thing(f"{n} 份委托书、监护文书等您核对", hint, f"等核对 {n} 份", "today", reverse("from_home"), "去核对")
    if held.to_sign:
        n, hint = held.to_sign, "两人都签了字，核查才算数"
        yield Thing(f"{n} 份入户记录等您签字", hint, f"等签字 {n} 份", "today", visits, "去签字")
    offer = held.offers.first()
    if offer is not None:
        n, hint = held.offers.count(), "接不接都请答复；答复以前仍由对方负责"
        yield Thing(
            f"{n} 件同事想移交给您", hint, f"移交 {n} 件", "today", reverse("case_decisions", args=[offer.case_id]), "去答复"
        )
    if held.to_visit:
        n, hint = held.to_visit, "两人一起去，带上入户调查表"
        yield Thing(f"{n} 户等您去核查", hint, f"要去 {n} 户", "today", visits, "去看")
    if held.to_accept:
        n, hint = held.to_accept, "村里、网上和省平台交来的，材料齐了就受理"
        yield Thing(f"{n} 件申请等受理", hint, f"待受理 {n} 件", "today", f"{cases}?whose=all&state=submitted", "去受理")


def in_the_halls() -> list[Thing]:
    """Return what asks for whoever manages halls (大厅主任) now; each leads to the day of the hall where it is worst."""
    if not may("hall.manage"):
        return []
    return [*_halls(watch_over(venues_seen(), at=timezone.now())), *_told_by_halls()]


def _told_by_halls() -> Iterator[Thing]:
    n = 0 if settings.YIMEN_VENUE else disagreements().count()
    if n:
        hint = "两边的都留着，看一看再定；定好以前，有的先不记上"
        yield Thing(f"{n} 条大厅交来的和中心对不上", hint, f"对不上 {n} 条", "today", reverse("hall_alone"), "去定")


def _halls(held: Watch) -> Iterator[Thing]:
    if held.beyond:
        n, worst = sum(one.people for one in held.beyond), held.beyond[0]
        title = f"{n} 人等得太久"
        hint = f"最久的在{worst.venue}，等了 {worst.longest_minutes} 分钟；看看能不能多开一个窗口"
        yield Thing(title, hint, f"等得太久 {n} 人", "late", _day_of(worst.venue.code), "去看")
    if held.uncalled:
        n, venue = sum(number for _, number in held.uncalled), held.uncalled[0][0]
        hint = f"{venue}有人在等，叫那一队的窗口一个也没有开"
        yield Thing(f"{n} 人在等，没有窗口叫", hint, f"没人叫 {n} 人", "late", _day_of(venue.code), "去开窗")
    if held.late:
        n, first = len(held.late), held.late[0]
        hint = f"{first.venue}的{first}说好的时间过了；回来了请接着叫号，回不来请换人"
        yield Thing(f"{n} 个窗口该回来了", hint, f"没回来 {n} 个", "today", _day_of(first.venue.code), "去看")
    if held.forgotten:
        n, first = len(held.forgotten), held.forgotten[0]
        hint = f"{first.venue}的{first}从前几天起就没有关，日报和统计会算错"
        yield Thing(f"{n} 个窗口忘了关", hint, f"没有关 {n} 个", "today", _day_of(first.venue.code), "去关")


def _day_of(code: str) -> str:
    return f"{reverse('hall_day')}?venue={code}"
