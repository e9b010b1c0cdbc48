"""What lies in a household's file (卷内文件): printed papers, papers brought, and the records of what was done, case by case."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from yimen.benefits.queries import spent_on
from yimen.cases.models import ArchivedPaper, Case, CaseEvent, Consent, Handing, Kinship, OldPaper, Paper, Posting, Visit
from yimen.office.access import require

# Steps that are a record of their own in the file; a result handed over and a visit have tables of their own.
RECORDS: Mapping[str, str] = {
    "hear": "听取意见记录",
    "tell": "书面告知记录",
    "extend": "延长期限记录",
    "object": "公示异议记录",
    "ask_recovery": "转请追缴记录",
    "hear_recovery": "听取意见记录（追缴）",
    "propose_recovery": "追缴意见",
    "recover": "追缴决定",
    "recovery_back": "追缴意见退回记录",
    "drop_recovery": "不追缴记录",
    "tell_recovery": "追缴决定书面告知记录",
    "appeal": "复核申请记录",
    "uphold": "复核答复",
    "reopen": "复核答复",
    "correct": "复核答复",
    "contest": "复议申请、起诉记录",
    "contest_answered": "复议、诉讼答复和证据目录",
    "contest_ruled": "复议决定、裁判文书",
}
# Several of these may lie in one case: how much of which aid stands before the colon.
CLAIMS = ("propose_recovery", "recover")
BY_HAND, OLD = "纸质件", "旧档"
WITHOUT_SIGNATURE = ("邻里", "信函")


@dataclass(frozen=True)
class Leaf:
    """One thing in a household's file: its case, title, day, pages (None: not known), and a remark."""

    case: str
    title: str
    on: date | None
    pages: int | None
    remark: str = ""


def leaves_of(*, household_id: uuid.UUID) -> list[Leaf]:
    """Return everything that lies in a household's file (卷内文件), case by case, in the order it came in."""
    require("case.see")
    found = [
        Leaf(OLD, one.title, one.dated_on, None, f"补扫 {len(one.scans)} 页" + (f"，{one.remark}" if one.remark else ""))
        for one in OldPaper.objects.filter(household_id=household_id).order_by("dated_on", "at")
    ]
    for case in Case.objects.filter(household_id=household_id).order_by("opened_at", "pk"):
        found += sorted(_leaves(case), key=lambda leaf: leaf.on or localdate(case.opened_at))
    return found


def _leaves(case: Case) -> Iterator[Leaf]:
    name = str(case)
    for paper in ArchivedPaper.objects.filter(case=case).order_by("number"):
        yield Leaf(name, paper.title, localdate(paper.printed_at), paper.pages)
    yield from _brought(case, name)
    yield from _done(case, name)
    yield from _shown(case, name)


def _brought(case: Case, name: str) -> Iterator[Leaf]:
    for brought in Paper.objects.filter(case=case, state="brought").order_by("pk"):
        yield Leaf(name, brought.name, case.received_on, None, "扫描件" if brought.scan else BY_HAND)
    for consent in Consent.objects.filter(case=case).order_by("signed_on", "pk"):
        whose = "（户外义务人）" if consent.obligor_id else ""
        words = f"核对授权书（已签）{whose}" if consent.given else f"不同意核对的记录{whose}"
        yield Leaf(name, words, consent.signed_on, None, "扫描件" if consent.scan else BY_HAND)
    for kin in Kinship.objects.filter(case=case).order_by("recorded_at"):
        yield Leaf(name, "近亲属备案", localdate(kin.recorded_at), None)


def _done(case: Case, name: str) -> Iterator[Leaf]:
    for visit in Visit.objects.filter(case=case, sent_back="").order_by("visited_on", "pk"):
        yield Leaf(name, f"{visit.way}调查记录", visit.visited_on, None, _signed(visit))
    for event in CaseEvent.objects.filter(case=case, step__in=RECORDS).order_by("at", "pk"):
        remark = event.words.partition("：")[0] if event.step in CLAIMS else ""
        yield Leaf(name, RECORDS[event.step], event.on, None, remark)
    for handing in Handing.objects.filter(case=case).order_by("at"):
        proof = handing.receipt or ("当面说清" if handing.said_aloud else "")
        yield Leaf(name, f"送达凭据（{handing.get_way_display()}）", handing.handed_on, None, proof)


def _signed(visit: Visit) -> str:
    photos = f"照片 {len(visit.photos)} 张"
    if visit.way in WITHOUT_SIGNATURE:
        return photos
    why = f"：{visit.unsigned_why}" if visit.unsigned_why else ""
    return f"{photos}，{'双方已签字' if visit.household_signed else f'本户没有签字{why}'}"


def _shown(case: Case, name: str) -> Iterator[Leaf]:
    """Yield the photos of sheets on the board, and the receipts for money of the reserve."""
    for posting in Posting.objects.filter(decision__case=case).order_by("starts_on", "pk"):
        words = posting.get_kind_display()
        if posting.first_photo:
            yield Leaf(name, f"{words}照片（第一天）", posting.starts_on, None, posting.place)
        if posting.last_photo:
            yield Leaf(name, f"{words}照片（最后一天）", posting.ends_on, None, posting.place)
    for entry in spent_on(case=case.pk):
        for receipt in entry.receipts.all():
            yield Leaf(name, f"备用金收据（{receipt.get_kind_display()}）", localdate(receipt.at), None)
