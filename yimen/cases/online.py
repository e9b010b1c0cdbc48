"""
Applying from home (网上申请): what a person fills in before it is a case, kept sealed, until they submit it.

Whose identity is proven (申请码, 省统一身份认证) has a case at once. For anybody else nothing is looked up: the application waits
until an officer has seen the ID card (身份待核验).
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.cases.applying import Asked, NotAccepted, Told, give_consent, open_case, record_paper, save_draft, submit
from yimen.cases.assigning import least_busy
from yimen.cases.choosing import choose
from yimen.cases.identity import identified
from yimen.cases.models import Case, Invitation, OnlineApplication, Paper
from yimen.cases.numbers import new_receipt_code
from yimen.cases.signing import signs_for_at_home
from yimen.cases.words import Channel, OnlineState, PaperState, Proof
from yimen.office import audit, files
from yimen.office.access import may, require
from yimen.office.audit import reading
from yimen.office.models import Area, Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.queries import service_point_of
from yimen.office.tables import ValueProblem
from yimen.office.vault import blind_index
from yimen.registry.queries import Found, household_card, household_of, match_numbers, read_id_number

MOST_PAGES, MOST_PHOTOS = 5, 20
ME = "me"
UNPROVEN = "一直没有当面看到身份证，没有办下去，填的内容按期清除。还要申请的，请带身份证到窗口，或请村干部上门。"


@dataclass(frozen=True)
class Form:
    """
    What was filled in so far. `said` are {who, fact, value, text}; `asked` are (policy, who), who being "" for the household,
    a member's key, or "me"; `papers` are pictures by the paper's name, `shows` their keyed hashes; `consents` are "yes" or
    "no" by member or "me". `resume` is the code to go on with, shown again only when the same beginning is sent once more.
    """

    name: str = ""
    number: str = ""
    phone: str = ""
    others: str = ""
    matter: str = ""
    said: Sequence[Mapping[str, Any]] = ()
    asked: Sequence[Sequence[str]] = ()
    papers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shows: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    declared: bool = False
    resume: str = ""

    @property
    def photos(self) -> list[uuid.UUID]:
        """Return the keys of every picture."""
        return [uuid.UUID(one) for pages in self.papers.values() for one in pages]


@dataclass(frozen=True)
class Online:
    """An application from home, opened: the row, and what was filled in."""

    row: OnlineApplication
    form: Form

    @property
    def is_known(self) -> bool:
        """Say whether it is proven who applies, and they are registered: only then may anything known be laid beside it."""
        return self.row.household_id is not None


@transaction.atomic
def begin_online(
    *,
    area: Area,
    form: Form,
    at: datetime,
    proof: str = Proof.NONE,
    invitation: Invitation | None = None,
    person: uuid.UUID | None = None,
) -> tuple[Online, str]:
    """
    Begin an application from home and return it with the code to go on with (续填码).

    `person` only where the identity is proven. With an invitation a second beginning leads back to the first one. Raises
    NotAccepted, in words. Needs an open reading.
    """
    before = _begun_with(invitation) if invitation else None
    if before is not None:
        return before, before.form.resume
    home = household_of(person_id=person, on=localdate(at)) if person else None
    if person and home is None:
        raise NotAccepted("您今天不在任何一户的登记里，请到就近窗口登记家庭后再申请。")
    code = new_receipt_code()
    form = replace(form if person else _checked(form), resume=code)
    row = OnlineApplication(
        resume_index=_index(code),
        proof=proof,
        area=area,
        person_id=person,
        household_id=home,
        invitation=invitation,
        content=_sealed(form),
        started_at=at,
        changed_at=at,
        proved_at=at if proof != Proof.NONE else None,
        area_path=area.path,
    )
    row.save(force_insert=True)
    audit.write(action="online.begin", at=at, subjects={str(home)} if home else None, online=row.pk.hex, proof=proof)
    return Online(row, form), code


def _begun_with(invitation: Invitation) -> Online | None:
    """Two presses of one code at the same moment: the second waits for the first, and finds its draft."""
    Invitation.objects.select_for_update().get(pk=invitation.pk)
    row: OnlineApplication | None = OnlineApplication.objects.filter(invitation=invitation).first()
    if row is not None and row.state != OnlineState.DRAFT:
        raise NotAccepted("这个申请码已经用过，申请已经交上去了。请凭回执查进度。")
    return None if row is None else Online(row, _opened(row))


def _checked(form: Form) -> Form:
    """Check who they say they are, by what they typed alone; nothing is looked up."""
    if not form.name.strip():
        raise NotAccepted("请填姓名，和身份证上一样。")
    try:
        number = read_id_number(form.number, allow_fictional=settings.YIMEN_DEMO)
    except ValueProblem as problem:
        raise NotAccepted(str(problem)) from None
    if not form.phone.strip():
        raise NotAccepted("请留一个找得到您的电话，自己的或家人的都行。")
    return replace(
        form,
        number=number,
        name=form.name.strip()[:40],
        phone=form.phone.strip()[:20],
        others=form.others.strip()[:1000],
        matter=form.matter.strip()[:120],
    )


def resume_online(*, code: str, at: datetime) -> OnlineApplication | None:
    """Return the draft of a code to go on with, or None; the caller limits the rate."""
    since = at - timedelta(days=settings.YIMEN_ONLINE_DAYS)
    held = OnlineApplication.objects.filter(resume_index=_index(code), state=OnlineState.DRAFT, changed_at__gte=since)
    row: OnlineApplication | None = held.first()
    return row


def invited_online(invitation: Invitation) -> OnlineApplication | None:
    """Return the draft that was begun with an invitation, or None: the code of the slip leads back to it."""
    row: OnlineApplication | None = OnlineApplication.objects.filter(invitation=invitation, state=OnlineState.DRAFT).first()
    return row


def told_again(*, online: uuid.UUID, at: datetime) -> str | None:
    """
    Return the code to go on with of a draft whose beginning was sent twice; needs an open reading.

    None once it was submitted, or begun longer ago than a browser keeps its seat: a page left lying opens nothing.
    """
    draft = online_draft(online=online)
    if draft is None or at - draft.row.started_at > timedelta(seconds=settings.IDLE_SECONDS):
        return None
    return draft.form.resume


def online_draft(*, online: uuid.UUID) -> Online | None:
    """Return a draft, opened, or None once it was submitted; needs an open reading."""
    row = OnlineApplication.objects.filter(pk=online, state=OnlineState.DRAFT).first()
    return None if row is None else Online(row, _opened(row))


@transaction.atomic
def keep_online(*, online: uuid.UUID, at: datetime, **changes: Any) -> Online:
    """
    Keep what was filled in just now (保存), so that a telephone that goes dark loses nothing.

    Needs an open reading. Raises NotAccepted if it was submitted meanwhile.
    """
    row = _taken_hold_of(online)
    form = replace(_opened(row), **changes)
    form = form if row.person_id else _checked(form)
    row.content, row.changed_at = _sealed(form), at
    row.save()
    return Online(row, form)


@transaction.atomic
def add_page(*, online: uuid.UUID, paper: str, photo: bytes, at: datetime) -> Online:
    """
    Keep the picture of a paper, without what the camera wrote into it; sent again it is not kept twice.

    Needs an open reading. Raises NotAccepted.
    """
    row = _taken_hold_of(online)
    form = _opened(row)
    pages = list(form.papers.get(paper, ()))
    if not photo:
        raise NotAccepted("还没有选照片。")
    try:
        ending, plain = plain_picture(photo)
    except NotAPicture as problem:
        raise NotAccepted(str(problem)) from None
    shows = blind_index("online_photo", hashlib.sha256(plain).hexdigest())
    if shows in {form.shows.get(one) for one in pages}:
        return Online(row, form)
    if len(pages) >= MOST_PAGES or len(form.photos) >= MOST_PHOTOS:
        raise NotAccepted(f"一份材料最多 {MOST_PAGES} 张照片，一共最多 {MOST_PHOTOS} 张。多的带到窗口。")
    until = localdate(at) + timedelta(days=settings.YIMEN_ONLINE_DAYS)
    key = files.put(plain, kind="online", name=f"材料.{ending}", area_path=row.area_path, at=at, retain_until=until)
    papers = {**form.papers, paper: [*pages, key.hex]}
    return keep_online(online=online, at=at, papers=papers, shows={**form.shows, key.hex: shows})


@transaction.atomic
def drop_page(*, online: uuid.UUID, paper: str, photo: str, at: datetime) -> Online:
    """Take a picture out of the draft. Needs an open reading. Raises NotAccepted."""
    form = _opened(_taken_hold_of(online))
    pages = list(form.papers.get(paper, ()))
    if photo in pages:
        files.discard(uuid.UUID(photo), on=localdate(at))
        pages.remove(photo)
    return keep_online(online=online, at=at, papers={**form.papers, paper: pages})


@transaction.atomic
def submit_online(*, online: uuid.UUID, at: datetime) -> str:
    """
    Submit an application from home (提交) and return its receipt code; this moment is when it was received.

    Proven and registered it is a case that waits for acceptance; else it waits for somebody to see the ID card. Needs an
    open reading. Raises NotAccepted, in words.
    """
    row = _taken_hold_of(online)
    form = _opened(row)
    if not form.asked:
        raise NotAccepted("还没有选要申请的。请回到“选要申请的”，至少选一项。")
    if not form.declared:
        raise NotAccepted("请先看过承诺，勾上“我说的都是真的”。")
    row.receipt_code, row.submitted_at, row.state = new_receipt_code(), at, OnlineState.WAITING
    for photo in form.photos:
        files.keep(photo)
    if row.household_id is not None and row.person_id is not None:
        _open(row, form, by=None, at=at)
    row.changed_at = at
    row.save()
    if row.invitation_id:
        Invitation.objects.filter(pk=row.invitation_id).update(used_at=at)
    audit.write(action="online.submit", at=at, online=row.pk.hex, state=row.state)
    return str(row.receipt_code)


@transaction.atomic
def prove_online(*, online: uuid.UUID, card_seen: bool, by: Staff, at: datetime) -> Case:
    """
    Note that an officer has seen the ID card of whoever applied, and make it a case (核验身份), received when it was submitted.

    Needs an open reading. Raises NotAccepted if the card was not seen, or the number is in no household below the open
    scope or that of somebody with another name; NotAllowed, OnlineApplication.DoesNotExist outside it.
    """
    row: OnlineApplication = OnlineApplication.objects.select_for_update().get(pk=online)
    require("case.open", area_path=row.area_path)
    if row.state != OnlineState.WAITING:
        raise NotAccepted(f"这份网上申请现在是“{row.get_state_display()}”，不用再核验。")
    if row.proof == Proof.NONE and not card_seen:
        raise NotAccepted("请当面看身份证原件，核对姓名、号码和本人，再勾上。")
    form = _opened(row)
    found = found_by(form, on=localdate(at))
    if found is None or found.household_id is None:
        raise NotAccepted("名册里还没有这一户（或不在您的辖区）。请先登记家庭，再回来核验。")
    if not is_named(form, found, on=localdate(at)):
        raise NotAccepted(
            "这个号码在名册里是另一个名字，不能转。号码填错的，按“核验不了”写明，请本人重新填；名册里的名字错了的，先更正名册。"
        )
    row.person_id, row.household_id = found.person_id, found.household_id
    if row.proof == Proof.NONE:
        row.proof, row.proved_at, row.proved_by = Proof.IN_PERSON, at, by
    case = _open(row, form, by=by, at=at)
    row.changed_at = at
    row.save()
    return case


def found_by(form: Form, *, on: date) -> Found | None:
    """Return who in the roster has the number that was typed, below the open scope."""
    return match_numbers(numbers=[form.number], on=on).get(form.number)


def is_named(form: Form, found: Found, *, on: date) -> bool:
    """Say whether who in the roster has the typed number also has the typed name: a wrong digit may be a neighbour's."""
    return identified(name=form.name, number=form.number, on=on) == found


@transaction.atomic
def end_online(*, online: uuid.UUID, words: str, by: Staff, at: datetime) -> OnlineApplication:
    """
    End an application whose identity could not be proven (核验不了), with words its sender reads by the receipt code.

    Raises NotAccepted without words or if it is a case already, NotAllowed, OnlineApplication.DoesNotExist.
    """
    row: OnlineApplication = OnlineApplication.objects.select_for_update().get(pk=online)
    require("case.open", area_path=row.area_path)
    if row.state != OnlineState.WAITING:
        raise NotAccepted(f"这份网上申请现在是“{row.get_state_display()}”。")
    if not words.strip():
        raise NotAccepted("请写明为什么办不下去、本人该怎么办；他凭回执看得到这句话。")
    row.state, row.ending_words, row.changed_at = OnlineState.ENDED, words.strip()[:300], at
    row.save(update_fields=["state", "ending_words", "changed_at"])
    audit.write(action="online.end", at=at, online=row.pk.hex)
    return row


def _open(row: OnlineApplication, form: Form, *, by: Staff | None, at: datetime) -> Case:
    """Make the case of a proven application, as the portal's are made: what was said, asked, handed in and signed."""
    if row.household_id is None or row.person_id is None or row.submitted_at is None:
        raise NotAccepted("还没有核验身份，或还没有提交。")
    card = household_card(household_id=row.household_id, on=localdate(at))
    me = row.person_id.hex
    told = Told(receipt_code=str(row.receipt_code), matter=form.matter, service_point=service_point_of(card.area_path))
    case = open_case(
        household=row.household_id,
        channel=Channel.ONLINE,
        by=by,
        at=at,
        assignee=_assignee(card.area_path, by),
        applicant=row.person_id,
        received_on=localdate(row.submitted_at),
        **told,
    )
    if form.said:
        save_draft(case=case.pk, said=[{**one, "who": me if one["who"] == ME else one["who"]} for one in form.said], by=by, at=at)
    asked = [Asked(policy, uuid.UUID(me if who == ME else who) if who else None) for policy, who in form.asked]
    choose(case=case.pk, asked=asked, by=by, at=at)
    _lay_papers(case, form, by=by, at=at)
    for whose, answer in form.consents.items():
        _consent(case, me if whose == ME else whose, answer, row, card, by=by, at=at)
    row.state, row.case = OnlineState.TAKEN, case
    return submit(case=case.pk, by=by, at=at)


def _assignee(area_path: str, by: Staff | None) -> Staff:
    if by is not None and may("case.accept", area_path=area_path):
        return by
    found = least_busy(permission="case.accept", area_path=area_path)
    if found is None:
        raise NotAccepted("这里还没有能受理的窗口，没有提交成功。请打电话或到乡镇便民服务中心。")
    return found


def _lay_papers(case: Case, form: Form, *, by: Staff | None, at: datetime) -> None:
    wanted = dict(Paper.objects.filter(case=case).values_list("name", "state"))
    for name, pages in form.papers.items():
        keys = [uuid.UUID(one) for one in pages]
        if name in wanted and keys:
            state = wanted[name] if wanted[name] == PaperState.PROVED else PaperState.BROUGHT
            record_paper(case=case.pk, name=name, state=state, scan=keys[0], more_scans=keys[1:], by=by, at=at)


def _consent(case: Case, person: str, answer: str, row: OnlineApplication, card: Any, *, by: Staff | None, at: datetime) -> None:
    """Only for oneself, and as guardian (`signs_for_at_home`); whoever else signs for somebody does so at the window."""
    member = next((one for one in card.members if one.person_id.hex == person), None)
    applicant = next((one for one in card.members if one.person_id == row.person_id), None)
    if member is None or applicant is None or member not in signs_for_at_home(card, applicant, localdate(at)):
        return
    give_consent(
        case=case.pk,
        person=member.person_id,
        given=answer == "yes",
        guardian_name=applicant.name if member is not applicant else None,
        signed_on=localdate(row.submitted_at),
        by=by,
        at=at,
    )


def waiting_online() -> QuerySet[OnlineApplication]:
    """Return the applications from home whose identity is to be proven, below the open scope, the oldest first."""
    require("case.open")
    rows: QuerySet[OnlineApplication] = OnlineApplication.objects.filter(state=OnlineState.WAITING)
    return rows.select_related("area").order_by("submitted_at", "pk")


def waiting_one(*, online: uuid.UUID) -> Online:
    """Return one of them, opened; needs an open reading. Raises OnlineApplication.DoesNotExist outside the scope, NotAllowed."""
    row: OnlineApplication = OnlineApplication.objects.select_related("area", "case").get(pk=online)
    require("case.open", area_path=row.area_path)
    if row.state == OnlineState.DRAFT:
        raise OnlineApplication.DoesNotExist
    return Online(row, _opened(row))


@dataclass(frozen=True)
class OnlineStand:
    """Where an application from home stands that is no case yet, for whoever holds its receipt."""

    state: str
    received_on: date
    words: str
    phone: str


def online_stand(*, receipt_code: str) -> OnlineStand | None:
    """Return where the application of a receipt stands before it is a case, or None; the caller limits the rate."""
    row = OnlineApplication.objects.filter(receipt_code=receipt_code).exclude(state=OnlineState.TAKEN).first()
    if row is None:
        return None
    point = service_point_of(row.area_path)
    return OnlineStand(row.state, localdate(row.submitted_at), row.ending_words, point.phone if point else "")


def sweep_online(*, at: datetime) -> int:
    """
    Forget what was filled in at home and became nothing; return how many.

    A draft goes YIMEN_ONLINE_DAYS after its last touch, its pictures end by themselves. What nobody came to prove within
    YIMEN_UNPROVEN_DAYS ends with words; of what has ended, who it was and the pictures go YIMEN_ONLINE_DAYS later. Its receipt
    and the words stay, so that its sender can read them.
    """
    since = at - timedelta(days=settings.YIMEN_ONLINE_DAYS)
    drafts = int(OnlineApplication.objects.filter(state=OnlineState.DRAFT, changed_at__lt=since).delete()[0])
    unproven = at - timedelta(days=settings.YIMEN_UNPROVEN_DAYS)
    waiting = OnlineApplication.objects.filter(state=OnlineState.WAITING, submitted_at__lt=unproven)
    for key in list(waiting.values_list("pk", flat=True)):
        _end_unproven(key, at=at)
    ended = OnlineApplication.objects.filter(state=OnlineState.ENDED, changed_at__lt=since, content__isnull=False)
    return drafts + sum(_emptied(key, at=at) for key in list(ended.values_list("pk", flat=True)))


@transaction.atomic
def _end_unproven(online: uuid.UUID, *, at: datetime) -> None:
    row = OnlineApplication.objects.select_for_update().filter(pk=online, state=OnlineState.WAITING).first()
    if row is not None:
        row.state, row.ending_words, row.changed_at = OnlineState.ENDED, UNPROVEN, at
        row.save(update_fields=["state", "ending_words", "changed_at"])
        audit.write(action="online.end", at=at, online=row.pk.hex)


@transaction.atomic
def _emptied(online: uuid.UUID, *, at: datetime) -> int:
    row = OnlineApplication.objects.select_for_update().filter(pk=online, content__isnull=False).first()
    if row is None:
        return 0
    with reading("清理没有办成的网上申请"):
        for photo in _opened(row).photos:
            with suppress(files.NoSuchFile):
                files.discard(photo, on=localdate(at))
    row.content = None
    row.save(update_fields=["content"])
    return 1


def _taken_hold_of(online: uuid.UUID) -> OnlineApplication:
    rows = OnlineApplication.objects.select_for_update()
    row: OnlineApplication | None = rows.filter(pk=online, state=OnlineState.DRAFT).first()
    if row is None:
        raise NotAccepted("这份申请已经交上去了，不能再改。要补充，请打电话或到窗口。")
    return row


def _sealed(form: Form) -> str:
    return json.dumps(asdict(form), ensure_ascii=False)


def _opened(row: OnlineApplication) -> Form:
    return Form(**json.loads(row.content)) if row.content is not None else Form()


def _index(code: str) -> str:
    return blind_index("online", code)


def scans_of(*, case_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the keys of every picture of a case's papers. Raises Case.DoesNotExist outside the open scope, NotAllowed."""
    case: Case = Case.objects.get(pk=case_id)
    require("case.see", area_path=case.area_path)
    return [page for paper in Paper.objects.filter(case=case) for page in paper.pages]
