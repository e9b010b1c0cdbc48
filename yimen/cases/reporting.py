"""
Reports and complaints (主动发现、投诉举报): who and where, and whatever else somebody says; an owner, a day, an answer.

A report is a duty (社会救助法第39条): a missing consent blocks only the photo and the application. Who complained lies sealed and
apart (第37条 举报人): one permission opens it, with a purpose, in the audit. The answer tells nothing of the household.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.timezone import localdate

from yimen.cases.applying import open_case
from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case, Informant, Report
from yimen.cases.numbers import new_receipt_code
from yimen.cases.warnings import NotChecked, check_day, take_up
from yimen.cases.words import Kind
from yimen.office import audit, files
from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.office.calendar import after_days, calendar
from yimen.office.models import Area, Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.queries import colleagues
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules, whole_parameter

COMPLAINT_DAYS = "举报核实天数"
MOST_VOICE_BYTES = 20 * 2**20
# What a recording of a telephone begins with: WebM, Ogg, WAV, MP3, or an MP4 box at the fifth byte.
VOICE_HEADS = (b"\x1a\x45\xdf\xa3", b"OggS", b"RIFF", b"ID3", b"\xff\xfb", b"\xff\xf3")


@dataclass(frozen=True)
class Named:
    """Who complains, if they give their name."""

    name: str
    phone: str = ""


@transaction.atomic
def record_report(
    *,
    kind: str,
    channel: str,
    about: str,
    area: Area,
    by: Staff,
    at: datetime,
    place: str = "",
    words: str = "",
    voice: bytes | None = None,
    photo: bytes | None = None,
    consents: bool | None = None,
    informant: Named | None = None,
) -> Report:
    """
    Take in a report or a complaint; only whom it is about and where is compulsory (谁、在哪里).

    It goes to the nearest desk that checks such things; a complaint has a day only where a local text gives one. A photo is kept
    only with the person's consent: without it the report stands and the photo is left out. Raises NotChecked, NotAllowed.
    """
    require("case.open", area_path=area.path)
    if not about.strip():
        raise NotChecked("请写明说的是谁；不知道名字的，写怎么称呼、怎么认得出。")
    if kind not in (Kind.REPORT, Kind.COMPLAINT):
        raise NotChecked("请选主动发现或投诉举报。")
    on = localdate(at)
    report = Report(
        kind=kind,
        channel=channel,
        code=new_receipt_code(),
        about=about.strip()[:60],
        area=area,
        place=place.strip()[:120] or None,
        words=words.strip()[:1000] or None,
        voice=_voice(voice, area, at),
        photo=_photo(photo, area, at) if consents else None,
        consents=consents,
        owner=_owner(area, by),
        due_on=day_of_report(kind, area.path, on),
        recorded_at=at,
        recorded_by=by,
        area_path=area.path,
    )
    report.save(force_insert=True)
    if informant is not None and informant.name.strip():
        _keep_apart(report, informant)
    audit.write(action=f"{kind}.record", at=at, subjects={str(report.pk)}, report=report.pk.hex)
    return report


def _keep_apart(report: Report, who: Named) -> None:
    """Seal who complained in a table of its own; no key of it stands in the report."""
    sealed = Informant(report=report, name=who.name.strip()[:40], phone=who.phone.strip()[:20] or None)
    sealed.area_path = report.area_path
    sealed.save(force_insert=True)


def _owner(area: Area, by: Staff) -> Staff:
    """The township answers for what is reported in it; whoever takes it in keeps it if they check such things themselves."""
    if may("case.verify", area_path=area.path):
        return by
    able = colleagues(permission="case.verify", area_path=area.path)
    return able[0] if able else by


def day_of_report(kind: str, area_path: str, on: date) -> date | None:
    """Return the day by which a report or complaint of a day must be handled here, or None where no text gives one."""
    if kind == Kind.REPORT:
        return check_day(area_path=area_path, starts_on=on)
    days = whole_parameter(COMPLAINT_DAYS, area_path=area_path, on=on, rules=current_rules())
    return after_days(calendar(), on, days).on if days else None


def _photo(content: bytes | None, area: Area, at: datetime) -> uuid.UUID | None:
    if not content:
        return None
    try:
        ending, picture = plain_picture(content)
    except NotAPicture as problem:
        raise NotChecked(str(problem)) from None
    return files.put(picture, kind="report_photo", name=f"photo.{ending}", area_path=area.path, at=at)


def _voice(content: bytes | None, area: Area, at: datetime) -> uuid.UUID | None:
    if not content:
        return None
    if len(content) > MOST_VOICE_BYTES:
        raise NotChecked("录音太长（最多 20 MB），请分开说，或用文字补充。")
    if not content.startswith(VOICE_HEADS) and content[4:8] != b"ftyp":
        raise NotChecked("这不是录音文件，请重新录一段，或用文字说。")
    return files.put(content, kind="report_voice", name="voice", area_path=area.path, at=at)


@transaction.atomic
def take_up_report(*, report: uuid.UUID, household: uuid.UUID, by: Staff, at: datetime) -> Case:
    """
    Make a case of a report once the household is found or registered (立案核查). Its owner and day stay those of the report.

    Raises NotChecked if it is in a case or ended, NotAllowed; needs an open reading.
    """
    held = _open_report(report)
    card = household_card(household_id=household, on=localdate(at))
    if not card.area_path.startswith(held.area_path) and not may("case.verify", area_path=card.area_path):
        raise NotChecked("这一户不在您能核查的地方，请转给那里的同事。")
    case = open_case(household=household, kind=held.kind, channel=held.channel, by=by, at=at, matter=Kind(held.kind).label)
    taken = take_up(case, owner=by, by=by, at=at)
    taken.tasks.update(due_on=held.due_on)
    held.case, held.owner = taken, by
    held.save(update_fields=["case", "owner"])
    return taken


@transaction.atomic
def end_report(*, report: uuid.UUID, words: str, by: Staff, at: datetime) -> Report:
    """End a report of which no case can be made (查无此人、情况不实). Raises NotChecked without words, NotAllowed."""
    held = _open_report(report)
    if not words.strip():
        raise NotChecked("请写明核实了什么，例如“到村核实，没有这个人”。")
    held.ended_at, held.ending_words = at, words.strip()[:300]
    held.save(update_fields=["ended_at", "ending_words"])
    audit.write(action="report.end", at=at, subjects={str(held.pk)}, report=held.pk.hex)
    return held


def _open_report(report: uuid.UUID) -> Report:
    held: Report = Report.objects.select_for_update().get(pk=report)
    require("case.verify", area_path=held.area_path)
    if held.case_id is not None:
        raise NotChecked("这件事已经立案，请到办件里继续。")
    if held.ended_at is not None:
        raise NotChecked("这件事已经核查结束。")
    return held


@transaction.atomic
def answer_report(*, report: uuid.UUID, words: str, by: Staff, at: datetime) -> Report:
    """
    Answer whoever reported or complained (答复), without the household's details; once the matter is settled.

    Raises NotChecked before that, without words, or if the words name a member or their number; WrongStep, NotAllowed. Needs an
    open reading.
    """
    held: Report = Report.objects.select_for_update(of=("self",)).select_related("case").get(pk=report)
    require("case.verify", area_path=held.area_path)
    if held.answered_at is not None:
        raise NotChecked("已经答复过了；答复不能改，有新情况另行说明。")
    if not words.strip():
        raise NotChecked("请写明答复，例如“您反映的情况已核实，按规定处理。”")
    if held.case is None and held.ended_at is None:
        raise NotChecked("还没有核查完。先立案核查，或写明结束的理由，再答复。")
    told = _household_in(words, held, localdate(at))
    if told:
        raise NotChecked(f"答复里写了这一户的{told}。答复举报人（报告人）不能透露这一户的情况，请改写。")
    if held.case is not None:
        move_case("answer", held.case.pk, by=by, at=at, note=Note(words.strip()))
    held.answer, held.answered_at, held.answered_by = words.strip()[:300], at, by
    held.save(update_fields=["answer", "answered_at", "answered_by"])
    audit.write(action="report.answer", at=at, subjects={str(held.pk)}, report=held.pk.hex)
    return held


def _household_in(words: str, report: Report, on: date) -> str:
    """Return what of the household an answer gives away, in a word, or nothing."""
    plain = "".join(words.split())
    if report.case is not None:
        card = household_card(household_id=report.case.household_id, on=on)
        if any(member.name in plain for member in card.members):
            return "姓名"
        if any(member.id_number[-4:] in plain for member in card.members):
            return "证件号码"
    if any(char.isdigit() for char in plain) and any(word in plain for word in ("元", "收入", "存款", "金额")):
        return "金额"
    return next((word for word in ("残疾", "疾病", "患病", "病情", "银行", "账户") if word in plain), "")


def informant_of(*, report: uuid.UUID, purpose: str, at: datetime) -> Named | None:
    """
    Open who complained (看举报人), for a purpose that is written down; None for an anonymous one.

    Raises NotChecked without a purpose, NotAllowed without the permission for it: an attempt is written down, too.
    """
    held: Report = Report.objects.get(pk=report)
    require("complaint.see_name", area_path=held.area_path)
    if not purpose.strip():
        raise NotChecked("看举报人要写明用途，例如“当面核实”。")
    with reading(f"看举报人：{purpose.strip()}"[:80], report=held.pk.hex):
        found = Informant.objects.filter(report=held).first()
        return Named(found.name, found.phone or "") if found else None


def has_informant(report: Report) -> bool:
    """Say whether a complaint was made under a name, without opening it."""
    return bool(Informant.objects.filter(report=report).exists())


def reports(*, kind: str = "", answered: bool | None = None) -> QuerySet[Report]:
    """Return reports and complaints below the open scope that still want something: overdue and due first."""
    require("finding.see")
    rows: QuerySet[Report] = Report.objects.filter(kind=kind) if kind else Report.objects.all()
    if answered is not None:
        rows = rows.filter(answered_at__isnull=not answered)
    return rows.select_related("owner", "area").order_by(F("due_on").asc(nulls_last=True), "recorded_at", "pk")


def unmatched_reports() -> QuerySet[Report]:
    """Return the reports of which no case was made yet, and which are not ended."""
    return reports().filter(case=None, ended_at=None)


def report_seen(*, report_id: uuid.UUID) -> Report:
    """Return one report; whom it is about is opened only inside a reading. Raises Report.DoesNotExist outside the scope."""
    require("finding.see")
    found: Report = Report.objects.select_related("owner", "area", "recorded_by", "case", "answered_by").get(pk=report_id)
    return found


def answer_to(*, code: str) -> tuple[str, str]:
    """Return where a report stands and its answer, for whoever holds its code; nothing of anybody. ("", "") if there is none."""
    found = Report.objects.filter(Q(code=code.strip().upper())).first()
    if found is None:
        return "", ""
    if found.answered_at is not None:
        return "已答复", found.answer
    return ("已核查，正在答复" if found.ended_at or (found.case and found.case.concluded_at) else "正在核查"), ""
