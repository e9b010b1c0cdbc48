"""
Keeping a household's file (一户一档): lending, handing over to the archives, and how long it is kept.

How long is a local parameter: it counts from the day the last aid ended. Nothing is destroyed by the program.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.timezone import localdate

from yimen.benefits.models import Grant
from yimen.cases.leaves import Leaf, leaves_of
from yimen.cases.models import Case, FileTransfer, Lending
from yimen.cases.words import OPEN
from yimen.office import audit
from yimen.office.access import may, require
from yimen.office.models import Staff
from yimen.registry.models import Household
from yimen.screening.queries import current_rules, whole_parameter

KEPT_YEARS = "救助档案保管年数"


class NotFiled(Exception):
    """A file cannot be lent, taken back or handed over like this; the sentence says why."""


@dataclass(frozen=True)
class Retention:
    """How long a file is kept: since when it counts, until when, in words; None where it does not count yet or no term is."""

    ended_on: date | None
    until: date | None
    words: str


@dataclass(frozen=True)
class FilePage:
    """A household's file with everything its page shows; `out` is the lending that has not come back."""

    household: Household
    number: str
    leaves: list[Leaf]
    lendings: list[Lending]
    out: Lending | None
    transfers: list[FileTransfer]
    retention: Retention
    may_keep: bool
    hindrance: str
    index_of: uuid.UUID | None


def file_page(*, household_id: uuid.UUID, on: date) -> FilePage:
    """Return a household's file. Raises Household.DoesNotExist outside the open scope, NotAllowed."""
    household: Household = Household.objects.get(pk=household_id)
    require("case.see")
    require("person.see", area_path=household.area_path)
    lendings = list(Lending.objects.filter(household=household).select_related("lent_by", "returned_by").order_by("-lent_at"))
    numbered = Case.objects.filter(household=household, number__isnull=False).order_by("-opened_at").first()
    return FilePage(
        household=household,
        number=file_number_of(household_id=household_id),
        leaves=leaves_of(household_id=household_id),
        lendings=lendings,
        out=next((one for one in lendings if one.returned_on is None), None),
        transfers=list(FileTransfer.objects.filter(household=household).select_related("by").order_by("-at")),
        retention=retention_of(household_id=household_id, on=on),
        may_keep=may("file.keep", area_path=household.area_path),
        hindrance=_hindrance(household, on),
        index_of=numbered.pk if numbered else None,
    )


def file_number_of(*, household_id: uuid.UUID) -> str:
    """Return the 档号 of a household's file: the number of its first accepted case, which never changes; or nothing."""
    first = Case.objects.filter(household_id=household_id, accepted_at__isnull=False).order_by("accepted_at", "number").first()
    return f"JZ-{first.number}" if first else ""


def retention_of(*, household_id: uuid.UUID, on: date) -> Retention:
    """Return how long the file is kept (保管期限): from the end of the last aid, for as many years as the place has entered."""
    require("case.see")
    household: Household = Household.objects.get(pk=household_id)
    of_home, of_people = Q(household=household), Q(person__memberships__household=household)
    rows = Grant.objects.filter(of_home | of_people)
    # What is given once is over on the day it is given.
    if rows.filter(Q(ends_on=None) | Q(ends_on__gte=on, ends_on__gt=F("starts_on"))).exists():
        return Retention(None, None, "还在享受救助，保管期限没有开始算")
    ended = rows.order_by("-ends_on").values_list("ends_on", flat=True).first()
    if ended is None:
        return Retention(None, None, "没有发放过救助，保管期限由本地决定")
    years = whole_parameter(KEPT_YEARS, area_path=household.area_path, on=on, rules=current_rules())
    if not years:
        return Retention(ended, None, f"从 {ended} 停止享受起算；本地参数“{KEPT_YEARS}”没有录入，一直保管")
    until = _years_after(ended, years)
    over = "，期限已满：要销毁的，按档案管理的规定鉴定、审批，程序不自动销毁" if until < on else ""
    return Retention(ended, until, f"从 {ended} 停止享受起算，保管 {years} 年，到 {until}{over}")


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _locked(household: uuid.UUID) -> Household:
    held: Household = Household.objects.select_for_update().get(pk=household)
    require("file.keep", area_path=held.area_path)
    return held


@transaction.atomic
def lend_file(
    *, household: uuid.UUID, borrower: str, reason: str, on: date, due_on: date | None, by: Staff, at: datetime
) -> Lending:
    """
    Lend a household's file out (借阅) to somebody of ours or another unit, for a reason.

    Raises NotFiled without borrower or reason, while it is out or handed over, or for a day that cannot be; NotAllowed.
    """
    held = _locked(household)
    if not borrower.strip() or not reason.strip():
        raise NotFiled("请写明谁借（单位和姓名）、为什么借。")
    if on > localdate(at) or (due_on is not None and due_on < on):
        raise NotFiled("借出的日子应在今天以前，归还的日子应在借出以后。")
    if not file_number_of(household_id=household):
        raise NotFiled("这一户还没有受理过的办件，还没有立卷。")
    if FileTransfer.objects.filter(household=held).exists():
        raise NotFiled("这一卷已经移交档案馆，请到档案馆借阅。")
    out = Lending.objects.filter(household=held, returned_on=None).first()
    if out is not None:
        raise NotFiled(f"这一卷 {out.lent_on} 已由{out.borrower}借走，还没有归还。")
    made = Lending(
        household=held,
        borrower=borrower.strip()[:60],
        reason=reason.strip()[:200],
        lent_on=on,
        due_on=due_on,
        lent_by=by,
        lent_at=at,
        area_path=held.area_path,
    )
    made.save(force_insert=True)
    audit.write(action="file.lend", at=at, subjects={str(household)}, lending=made.pk.hex)
    return made


@transaction.atomic
def return_file(*, household: uuid.UUID, on: date, remark: str, by: Staff, at: datetime) -> Lending:
    """Note that a file came back (归还). Raises NotFiled if it was not out, or for a day that cannot be; NotAllowed."""
    held = _locked(household)
    out: Lending | None = Lending.objects.filter(household=held, returned_on=None).first()
    if out is None:
        raise NotFiled("这一卷没有借出，不用记归还。")
    if on > localdate(at) or on < out.lent_on:
        raise NotFiled(f"归还的日子应在借出（{out.lent_on}）以后、今天以前。")
    out.returned_on, out.returned_by, out.remark = on, by, remark.strip()[:200]
    out.save(update_fields=["returned_on", "returned_by", "remark"])
    audit.write(action="file.return", at=at, subjects={str(household)}, lending=out.pk.hex)
    return out


@transaction.atomic
def hand_over_file(
    *, household: uuid.UUID, archive: str, number: str, receiver: str, on: date, by: Staff, at: datetime
) -> FileTransfer:
    """
    Hand a household's file over to the archives (移交), once its aid has ended and nothing of it is in hand.

    Raises NotFiled while aid runs, a case is open or it is lent out, without archive, number or receiver; NotAllowed.
    """
    held = _locked(household)
    if not (archive.strip() and number.strip() and receiver.strip()):
        raise NotFiled("请写明移交给哪个档案馆（室）、移交单号、接收人。")
    if on > localdate(at):
        raise NotFiled("移交的日子在今天以后，请核对。")
    hindrance = _hindrance(held, localdate(at))
    if hindrance:
        raise NotFiled(hindrance)
    made = FileTransfer(
        household=held,
        archive=archive.strip()[:60],
        number=number.strip()[:60],
        receiver=receiver.strip()[:40],
        leaves=len(leaves_of(household_id=household)),
        handed_on=on,
        by=by,
        at=at,
        area_path=held.area_path,
    )
    made.save(force_insert=True)
    audit.write(action="file.hand_over", at=at, subjects={str(household)}, transfer=made.pk.hex)
    return made


def _hindrance(household: Household, on: date) -> str:
    """Say why a file cannot be handed over now, or nothing."""
    if not file_number_of(household_id=household.pk):
        return "这一户还没有受理过的办件，没有卷可以移交。"
    if Lending.objects.filter(household=household, returned_on=None).exists():
        return "这一卷借出去了，归还以后才能移交。"
    if Case.objects.filter(household=household, state__in=OPEN).exists():
        return "这一户还有没办完的办件，办完以后才能移交。"
    last = FileTransfer.objects.filter(household=household).order_by("-at").first()
    if last is not None and not Case.objects.filter(household=household, opened_at__gt=last.at).exists():
        return f"这一卷 {last.handed_on} 已经移交{last.archive}。"
    kept = retention_of(household_id=household.pk, on=on)
    return "这一户还在享受救助，停止以后才能移交。" if kept.words.startswith("还在享受") else ""


def files_out(*, on: date) -> QuerySet[Lending]:
    """Return the files that are lent out below the open scope, those due first first. Raises NotAllowed."""
    require("file.keep")
    rows: QuerySet[Lending] = Lending.objects.filter(returned_on=None).select_related("household", "lent_by")
    return rows.order_by(F("due_on").asc(nulls_last=True), "lent_on", "pk")
