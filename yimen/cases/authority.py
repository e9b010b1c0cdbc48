"""
Authorities (委托书): by which paper a relative or a helping agent acts for a household, for what, from when until when.

A helping agent (帮办代办员) sees a household only by such a paper, from when a window or the village has seen it until it ends or
is taken back, and does only what it says.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yimen.cases.applying import AUTHORITY_PAPER, NotAccepted, bring_paper, open_case
from yimen.cases.assigning import least_busy
from yimen.cases.flow import Note, move_case
from yimen.cases.identity import identified
from yimen.cases.models import Authority, Case, Paper
from yimen.cases.signing import signers_of
from yimen.cases.words import OPEN, AuthorityMatter, Channel, PaperState, State
from yimen.office import audit, files
from yimen.office.access import lent, require
from yimen.office.models import Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.queries import service_point_of
from yimen.office.tables import ValueProblem
from yimen.registry.queries import ADULT, household_card, read_id_number

HELPS = ("case.open", "case.see", "person.see")
# So many papers a helping agent may enter in a day: more is no help any more.
MOST_A_DAY = 20
# So long an agent is told why a paper was sent back.
DAYS_TOLD = 30
NOT_FOUND = "姓名和身份证号与名册里的人对不上，或不在您的服务范围。没有登记；请核对身份证，或请窗口先登记家庭。"


@dataclass(frozen=True)
class Given:
    """What stands on an authority: who acts, as what, for which matters, from when until when, and its picture."""

    agent_name: str
    agent_number: str
    relation: str
    matters: Sequence[str]
    starts_on: date
    ends_on: date
    photo: bytes


@transaction.atomic
def record_authority(
    *, household: uuid.UUID, principal: uuid.UUID, given: Given, by: Staff, at: datetime, agent: Staff | None = None
) -> Authority:
    """
    Keep an authority that was shown (登记委托书), its picture encrypted; an application that waits for it has it now.

    Needs an open reading. Raises NotAccepted in words, NotAllowed, Household.DoesNotExist outside the open scope.
    """
    card = household_card(household_id=household, on=localdate(at))
    require("case.open", area_path=card.area_path)
    member = next((one for one in card.members if one.person_id == principal), None)
    if member is None:
        raise NotAccepted("委托人须是这一户今天的共同生活成员。请先核对家庭成员。")
    if member.age < ADULT:
        raise NotAccepted(f"{member.name}未满十八周岁，委托书由监护人签，请选监护人作委托人。")
    if signers_of(card, localdate(at)).get(principal):
        raise NotAccepted(f"{member.name}登记了监护人，委托书由监护人签，请选监护人作委托人。")
    scan = _kept(given.photo, card.area_path, at)
    row = Authority(
        household_id=household,
        principal_id=principal,
        agent=agent,
        agent_name=given.agent_name.strip()[:40],
        agent_number=_number(given.agent_number),
        relation=given.relation.strip()[:20],
        matters=_checked(given, localdate(at)),
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        scan=scan,
        recorded_at=at,
        recorded_by=by,
        confirmed_at=None if agent == by else at,
        confirmed_by=None if agent == by else by,
        area_path=card.area_path,
    )
    row.save(force_insert=True)
    audit.write(action="authority.record", at=at, subjects={str(household)}, authority=row.pk.hex)
    if row.confirmed_at is not None:
        _lay_to_waiting(row, by=by, at=at)
    return row


@transaction.atomic
def confirm_authority(*, authority: uuid.UUID, by: Staff, at: datetime) -> Authority:
    """
    Note that the signed paper was seen and is the household's own will (核对委托书); from now on it lets its agent act.

    Raises NotAccepted if it is one's own, was seen already, has ended or is taken back, NotAllowed, Authority.DoesNotExist
    outside the open scope.
    """
    held: Authority = Authority.objects.select_for_update().get(pk=authority)
    require("case.open", area_path=held.area_path)
    if by.pk in (held.agent_id, held.recorded_by_id):
        raise NotAccepted("自己登记的委托书，要由别人核对。")
    if held.confirmed_at is not None or held.revoked_at is not None or held.ends_on < localdate(at):
        raise NotAccepted("这份委托书已经核对过、撤销了，或者已经到期。")
    held.confirmed_at, held.confirmed_by = at, by
    held.save(update_fields=["confirmed_at", "confirmed_by"])
    audit.write(action="authority.confirm", at=at, subjects={str(held.household_id)}, authority=held.pk.hex)
    _lay_to_waiting(held, by=by, at=at)
    return held


def unseen_authorities() -> QuerySet[Authority]:
    """Return what helping agents have entered and nobody has seen yet, the oldest first."""
    require("case.open")
    rows: QuerySet[Authority] = Authority.objects.filter(confirmed_at=None, revoked_at=None)
    return rows.select_related("agent").order_by("recorded_at")


def _number(text: str) -> str:
    try:
        return read_id_number(text, allow_fictional=settings.YIMEN_DEMO)
    except ValueProblem as problem:
        raise NotAccepted(f"受托人的{problem}") from None


def _checked(given: Given, on: date) -> list[str]:
    if not given.agent_name.strip() or not given.relation.strip():
        raise NotAccepted("请写明受托人姓名和与委托人的关系。")
    matters = [one for one in AuthorityMatter.values if one in given.matters]
    if not matters:
        raise NotAccepted("请勾选委托办哪些事，至少一项。")
    if given.ends_on < given.starts_on or given.ends_on < on:
        raise NotAccepted("委托书的止期在起期以前，或已经过期，请核对。")
    return matters


def _kept(photo: bytes, area_path: str, at: datetime) -> uuid.UUID:
    if not photo:
        raise NotAccepted("请把签好的委托书拍照或扫描上传。")
    try:
        ending, plain = plain_picture(photo)
    except NotAPicture as problem:
        raise NotAccepted(str(problem)) from None
    return files.put(plain, kind="authority", name=f"委托书.{ending}", area_path=area_path, at=at)


def _lay_to_waiting(authority: Authority, *, by: Staff, at: datetime) -> None:
    """An application taken in on the promise of this paper by the same person is by this authority from now on."""
    if AuthorityMatter.APPLY not in authority.matters or not authority.starts_on <= localdate(at) <= authority.ends_on:
        return
    waiting = Paper.objects.filter(
        case__household_id=authority.household_id, case__state__in=OPEN, name=AUTHORITY_PAPER, state=PaperState.PROMISED
    )
    for paper in list(waiting.select_related("case").order_by("pk")):
        if not _same_agent(paper.case, authority):
            continue
        bring_paper(case=paper.case_id, paper=paper.pk, by=by, at=at)
        Paper.objects.filter(pk=paper.pk).update(scan=authority.scan)
        move_case("paper", paper.case_id, by=by, at=at, note=Note(AUTHORITY_PAPER), authority=authority)


def _same_agent(case: Case, authority: Authority) -> bool:
    """Say whether who applied for the household is who this paper names."""
    return authority.agent_id == case.opened_by_id if authority.agent_id else case.helper_name == authority.agent_name


@transaction.atomic
def record_own_authority(*, name: str, number: str, given: Given, by: Staff, at: datetime) -> Authority:
    """
    Let a helping agent (帮办代办员) enter the authority given to themselves; name and number must both be the person's own.

    It opens nothing before a window or the village has seen the paper.

    What does not fit is answered alike, so that nobody is found by trying. Needs an open reading. Raises NotAccepted,
    NotAllowed.
    """
    require("agent.act")
    if Authority.objects.filter(agent=by, recorded_by=by, recorded_at__gte=at - timedelta(days=1)).count() >= MOST_A_DAY:
        raise NotAccepted(f"一天最多登记 {MOST_A_DAY} 份委托书，请明天再登记，或请窗口登记。")
    found = identified(name=name, number=number, on=localdate(at))
    if found is None or found.household_id is None:
        raise NotAccepted(NOT_FOUND)
    with lent(*HELPS, area_path=found.area_path):
        return record_authority(household=found.household_id, principal=found.person_id, given=given, by=by, at=at, agent=by)


@transaction.atomic
def revoke_authority(*, authority: uuid.UUID, words: str, by: Staff, at: datetime) -> Authority:
    """
    Take an authority back at the principal's word (撤销委托), or send one back that cannot be confirmed (退回).

    What was done by it before stands. Raises NotAccepted without words or if it is taken back already, NotAllowed,
    Authority.DoesNotExist outside the scope.
    """
    held: Authority = Authority.objects.select_for_update().get(pk=authority)
    require("case.open", area_path=held.area_path)
    if held.revoked_at is not None:
        raise NotAccepted("这份委托已经撤销过了。")
    if not words.strip():
        raise NotAccepted(
            "请写明是谁、为什么撤销委托。" if held.confirmed_at else "请写明为什么退回，登记的人看得到，好重新登记。"
        )
    held.revoked_at, held.revoked_by, held.revoked_words = at, by, words.strip()[:200]
    held.save(update_fields=["revoked_at", "revoked_by", "revoked_words"])
    audit.write(action="authority.revoke", at=at, subjects={str(held.household_id)}, authority=held.pk.hex)
    return held


def authorities_of(*, household_id: uuid.UUID) -> QuerySet[Authority]:
    """Return every authority a household has given, the newest first; opening a name needs an open reading."""
    require("case.see")
    rows: QuerySet[Authority] = Authority.objects.filter(household_id=household_id)
    return rows.select_related("principal", "agent", "recorded_by").order_by("-recorded_at")


def in_force(on: date) -> Q:
    """Return the condition that an authority holds on a day: it was seen, and has neither ended nor been taken back."""
    return Q(starts_on__lte=on, ends_on__gte=on, revoked_at=None, confirmed_at__isnull=False)


def authority_photo(*, authority: uuid.UUID) -> uuid.UUID:
    """Return the key of an authority's picture. Raises Authority.DoesNotExist outside the open scope, NotAllowed."""
    held: Authority = Authority.objects.get(pk=authority)
    require("case.see", area_path=held.area_path)
    return held.scan


@dataclass(frozen=True)
class Helped:
    """One household a helping agent acts for: by which authorities today, and the applications brought in by them."""

    household_id: uuid.UUID
    authorities: tuple[Authority, ...]
    cases: tuple[Case, ...]

    @property
    def matters(self) -> frozenset[str]:
        """What the authorities in force are for."""
        return frozenset(matter for one in self.authorities for matter in one.matters)

    @property
    def may_apply(self) -> bool:
        """Say whether an authority in force lets the agent apply; only then is anything of the household shown."""
        return AuthorityMatter.APPLY in self.matters

    @property
    def may_fetch(self) -> bool:
        """Say whether the agent is told which papers are wanted."""
        return bool(self.matters & {AuthorityMatter.APPLY, AuthorityMatter.PAPERS})


def helped_by(*, staff: Staff, on: date) -> list[Helped]:
    """
    Return the households a helping agent may see today: those whose authority is in force, with what was applied for by it.

    Once it has ended or is taken back nothing is left but the receipt, by whose code everybody follows an application.
    """
    require("agent.act")
    given: dict[uuid.UUID, list[Authority]] = {}
    for one in Authority.objects.filter(in_force(on), agent=staff).select_related("principal").order_by("ends_on"):
        given.setdefault(one.household_id, []).append(one)
    cases: dict[uuid.UUID, list[Case]] = {}
    brought = Q(opened_by=staff) | Q(authority__agent=staff)
    for case in Case.objects.filter(brought, household__in=given).order_by("-opened_at"):
        cases.setdefault(case.household_id, []).append(case)
    return [Helped(home, tuple(papers), tuple(cases.get(home, ()))) for home, papers in given.items()]


def waiting_for_confirmation(*, staff: Staff) -> QuerySet[Authority]:
    """Return what a helping agent has entered that nobody has seen yet; opening a name needs an open reading."""
    require("agent.act")
    rows: QuerySet[Authority] = Authority.objects.filter(agent=staff, confirmed_at=None, revoked_at=None)
    return rows.select_related("principal").order_by("recorded_at")


def sent_back(*, staff: Staff, at: datetime) -> QuerySet[Authority]:
    """Return what a helping agent has entered lately that was not confirmed but sent back, with the reason (退回)."""
    require("agent.act")
    since = at - timedelta(days=DAYS_TOLD)
    rows: QuerySet[Authority] = Authority.objects.filter(agent=staff, confirmed_at=None, revoked_at__gte=since)
    return rows.select_related("principal").order_by("-revoked_at")


@contextmanager
def helping(*, staff: Staff, on: date, household: uuid.UUID | None = None, case: uuid.UUID | None = None) -> Iterator[Helped]:
    """
    Lend a helping agent what the paper lets them do for one household they act for, as long as the block runs.

    Whoever is not let to apply is lent nothing: where it stands, and which papers are wanted, needs no sight of the household.
    Raises Case.DoesNotExist for any other, the same as for one that never was; NotAllowed without the post.
    """
    require("agent.act")
    wanted = household or Case.objects.get(pk=case).household_id
    found = next((one for one in helped_by(staff=staff, on=on) if one.household_id == wanted), None)
    if found is None or (case is not None and case not in {one.pk for one in found.cases}):
        raise Case.DoesNotExist
    with lent(*(HELPS if found.may_apply else ()), area_path=found.authorities[0].area_path):
        yield found


@transaction.atomic
def apply_for(*, household: uuid.UUID, by: Staff, at: datetime) -> Case:
    """
    Open an application for a household that entrusted it (替他申请); the window nearest to it answers for it.

    One that the agent is still filling in is gone on with, however often it is asked for. Needs an open reading. Raises
    NotAccepted, NotAllowed, Case.DoesNotExist for a household the agent does not act for.
    """
    with helping(staff=by, on=localdate(at), household=household) as found:
        paper = next((held for held in found.authorities if AuthorityMatter.APPLY in held.matters), None)
        if paper is None:
            raise NotAccepted("没有委托代为申请，或委托已经到期。请先登记新的委托书。")
        # Of two presses at once the second waits here, and finds what the first has opened.
        Authority.objects.select_for_update().get(pk=paper.pk)
        drafts = Case.objects.filter(household=household, opened_by=by, channel=Channel.AGENT, state=State.DRAFT)
        begun: Case | None = drafts.order_by("opened_at").first()
        if begun is not None:
            return begun
        assignee = least_busy(permission="case.accept", area_path=paper.area_path)
        if assignee is None:
            raise NotAccepted("这一带现在没有能受理的窗口人员，请联系乡镇或县里。没有登记申请。")
        return open_case(
            household=household,
            channel=Channel.AGENT,
            by=by,
            at=at,
            assignee=assignee,
            applicant=paper.principal_id,
            authority=paper.pk,
            service_point=service_point_of(paper.area_path),
        )


def papers_to_fetch(*, staff: Staff, on: date, case: uuid.UUID) -> list[Paper]:
    """Return the papers of an application still wanted, if the authority of today is for fetching them; else none."""
    with helping(staff=staff, on=on, case=case) as found:
        if not found.may_fetch:
            return []
    wanted = (PaperState.MISSING, PaperState.PROMISED)
    return list(Paper.objects.filter(case=case, state__in=wanted).order_by("pk"))
