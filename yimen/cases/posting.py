"""
Public posting (公示) before a decision and publication (公布) while it is paid; whether, how long and what an objection
causes belongs to the policy.

Sources: 民发〔2021〕57号第19条、第24条; 社会救助法第45条. The days are natural days; the day of putting up does not count.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.cases.dues import policy_of, project_dues
from yimen.cases.flow import Note, move_decision
from yimen.cases.models import Decision, Posting
from yimen.cases.words import Effect
from yimen.office.access import require
from yimen.office.calendar import after_days, calendar
from yimen.office.models import Area, Staff
from yimen.policies.model import Policy
from yimen.registry.queries import ADULT, Member, household_card
from yimen.screening.queries import current_rules, parameter_at, true_parameters

AGAIN = "公示异议后重新公示"
# 民发〔2021〕43号第26条: an ending is posted for seven days; the policy says so where it says until when it is paid.
ENDING_IS_POSTED = "终止先公示"


class NotPosted(Exception):
    """A posting cannot be put up, photographed or taken down like this; the sentence says why."""


@dataclass(frozen=True)
class Asked:
    """Whether a decision must be posted, how many days, and the rule in words; `allowed` is False where it may not be."""

    needed: bool
    days: int
    words: str
    allowed: bool = True


def posting_asked(decision: Decision, on: date) -> Asked:
    """Return what its policy, or a local parameter where the policy leaves it to the place, asks of a decision's posting."""
    policy = policy_of(decision, rules=current_rules(), on=on)
    if policy is None:
        return Asked(False, 0, "", allowed=False)
    if decision.effect != Effect.GIVE:
        return _of_ending(decision, policy)
    if policy.posting.needed == "否":
        return Asked(False, 0, f"“{policy.name}”不公示（{_first_basis(policy)}）", allowed=False)
    if policy.posting.needed == "是" and policy.posting.days:
        return _again(decision, policy, int(policy.posting.days), on)
    name = f"{policy.name}公示天数"
    held = parameter_at(name, area_path=decision.area_path, on=on, rules=current_rules())
    if policy.posting.needed == "是":
        if held is None:
            return Asked(True, 0, f"“{policy.name}”须公示，天数按本地规定；本地参数“{name}”没有录入，请先录入", allowed=False)
        return _again(decision, policy, int(held.text), on)
    if held is None:
        return Asked(False, 0, f"国家没有规定“{policy.name}”要不要公示，本地参数“{name}”没有录入，不公示", allowed=False)
    return Asked(True, int(held.text), f"本地规定公示 {held.text} 天（{held.document or name}）")


def _of_ending(decision: Decision, policy: Policy) -> Asked:
    if decision.effect == Effect.END and ENDING_IS_POSTED in policy.pays_until:
        return Asked(
            True, int(policy.posting.days), f"终止“{policy.name}”先公示 {policy.posting.days} 天（民发〔2021〕43号第26条）"
        )
    return Asked(False, 0, "这项调整或终止不公示，书面告知本人", allowed=False)


def _again(decision: Decision, policy: Policy, days: int, on: date) -> Asked:
    """After an objection it is posted again where the policy says so, else where the place says so (practice: a parameter)."""
    asked = Asked(True, days, f"“{policy.name}”公示 {days} 天")
    objected = getattr(decision, "objected", None)
    if objected is None:
        objected = objections().filter(decision=decision).exists()
    if not objected or "重新公示" in policy.posting.objection:
        return asked
    if AGAIN in true_parameters([AGAIN], area_path=decision.area_path, on=on, rules=current_rules()):
        return asked
    return Asked(False, days, f"公示过，有异议，已重新调查；本地没有录入“{AGAIN}”，不必再公示")


def objections() -> QuerySet[Posting]:
    """Return the postings that met an objection; a list of decisions asks once for all of them and keeps it as `objected`."""
    rows: QuerySet[Posting] = Posting.objects.filter(kind=Posting.Kind.BEFORE, objected_on__isnull=False)
    return rows


def _first_basis(policy: Policy) -> str:
    return policy.basis[-1].document if policy.basis else policy.name


@transaction.atomic
def post(*, decision: uuid.UUID, place: str, by: Staff, at: datetime, photo: uuid.UUID | None = None) -> Posting:
    """
    Put up the first opinion on the village board (张贴公示), today, for as many natural days as the policy says.

    Raises NotPosted where the policy has no posting or the opinion does not agree; WrongStep, NotAllowed.
    """
    held = Decision.objects.select_related("case").get(pk=decision)
    asked = posting_asked(held, localdate(at))
    if not asked.allowed:
        raise NotPosted(f"{asked.words}，程序不办理公示。")
    if held.agrees is False:
        raise NotPosted("初审意见是不予同意，不公示；报请不予确认即可。")
    if not place.strip():
        raise NotPosted("请写明贴在哪里，例如“村务公开栏”。")
    due = after_days(calendar(), localdate(at), asked.days)
    note = Note(f"{place.strip()}，公示 {asked.days} 天，到 {due.on}", article=asked.words)
    moved = move_decision("post", decision, by=by, at=at, note=note)
    posting = Posting(
        decision=moved,
        kind=Posting.Kind.BEFORE,
        starts_on=localdate(at),
        ends_on=due.on,
        place=place.strip()[:60],
        first_photo=photo,
        area_path=moved.area_path,
    )
    posting.save(force_insert=True)
    project_dues(moved.case)
    return posting


@transaction.atomic
def photograph(*, decision: uuid.UUID, photo: uuid.UUID, by: Staff, at: datetime) -> Posting:
    """
    Keep a photo of the sheet on the board: of the first day, or from the last day on of the last.

    Raises NotPosted if the last day has not come, WrongStep, NotAllowed.
    """
    posting = _open_posting(decision)
    if posting.first_photo is None:
        posting.first_photo = photo
        words = "第一天的照片"
    elif posting.ends_on is not None and localdate(at) < posting.ends_on:
        raise NotPosted(f"第一天的照片已经有了；最后一天是 {posting.ends_on}，到那天再拍。")
    else:
        posting.last_photo = photo
        words = "最后一天的照片"
    posting.save(update_fields=["first_photo", "last_photo"])
    move_decision("photograph", decision, by=by, at=at, note=Note(words))
    return posting


@transaction.atomic
def clear(*, decision: uuid.UUID, by: Staff, at: datetime) -> Decision:
    """
    Note that the posting is over without an objection (公示期满，无异议).

    Raises NotPosted before the last day has passed or without the photos of both days; WrongStep, NotAllowed.
    """
    posting = _open_posting(decision)
    if posting.ends_on is None or localdate(at) <= posting.ends_on:
        raise NotPosted(f"公示到 {posting.ends_on} 为止，过了这一天才能记“无异议”。")
    missing = [words for words, held in (("第一天", posting.first_photo), ("最后一天", posting.last_photo)) if held is None]
    if missing:
        raise NotPosted(f"还缺{'和'.join(missing)}的照片。请村里补拍上传。")
    posting.closed_at = at
    posting.save(update_fields=["closed_at"])
    moved = move_decision("clear", decision, by=by, at=at, note=Note("无异议"))
    project_dues(moved.case)
    return moved


@transaction.atomic
def object_to(*, decision: uuid.UUID, words: str, by: Staff, at: datetime) -> Decision:
    """
    Note an objection to a posting (公示异议): it is investigated again and a new opinion given; who objected is not written.

    Raises NotPosted without the objection in words, WrongStep, NotAllowed.
    """
    posting = _open_posting(decision)
    if not words.strip():
        raise NotPosted("请写明异议说的是什么（不写提出人的姓名）。")
    posting.objection, posting.objected_on, posting.closed_at = words.strip()[:500], localdate(at), at
    posting.save(update_fields=["objection", "objected_on", "closed_at"])
    policy = policy_of(posting.decision, rules=current_rules(), on=localdate(at))
    moved = move_decision(
        "object",
        decision,
        by=by,
        at=at,
        note=Note(words.strip(), cause="公示有异议", article=policy.posting.objection if policy else ""),
        proposed_by=None,
        proposed_at=None,
        agrees=None,
    )
    project_dues(moved.case)
    return moved


def _open_posting(decision: uuid.UUID) -> Posting:
    rows = Posting.objects.select_for_update().filter(decision_id=decision, kind=Posting.Kind.BEFORE, closed_at=None)
    posting: Posting | None = rows.select_related("decision").first()
    if posting is None:
        raise NotPosted("这项决定没有正在进行的公示。")
    return posting


@transaction.atomic
def publish(*, decision: uuid.UUID, place: str, by: Staff, at: datetime) -> Posting:
    """
    Publish what was confirmed for as long as it is paid (公布, 民发〔2021〕57号第24条).

    Raises NotPosted where the policy has no posting at all, for what is not paid by the month, or if it hangs already.
    """
    held = Decision.objects.get(pk=decision)
    policy = policy_of(held, rules=current_rules(), on=localdate(at))
    if policy is None or policy.posting.needed == "否":
        raise NotPosted(f"“{policy.name if policy else held.policy}”不公示，也不公布。")
    if held.effect == Effect.END:
        raise NotPosted("已经终止的不公布。")
    if not place.strip():
        raise NotPosted("请写明贴在哪里，例如“村务公开栏”。")
    if Posting.objects.filter(decision=held, kind=Posting.Kind.WHILE_PAID, closed_at=None).exists():
        raise NotPosted("这一项已经在公布。")
    moved = move_decision("publish", decision, by=by, at=at, note=Note(place.strip()))
    posting = Posting(
        decision=moved,
        kind=Posting.Kind.WHILE_PAID,
        starts_on=localdate(at),
        place=place.strip()[:60],
        area_path=moved.area_path,
    )
    posting.save(force_insert=True)
    return posting


@dataclass(frozen=True)
class Sheet:
    """
    What a sheet on the board says: name in full, number of members, amount. Nothing else of the household is on it.

    `name` is empty where only a child could be named.
    """

    policy: str
    kind: str
    effect: str
    village: str
    name: str
    members: int
    fen: int | None
    unit: str
    starts_on: date | None
    ends_on: date | None
    department: str


def sheet_of(*, decision: uuid.UUID, kind: str, on: date) -> Sheet:
    """
    Return what the sheet of a posting or publication says (公示表、公布表); needs an open reading.

    Raises NotPosted where there is none, Decision.DoesNotExist outside the open scope, NotAllowed.
    """
    held: Decision = Decision.objects.select_related("case").get(pk=decision)
    require("case.see", area_path=held.area_path)
    rows = Posting.objects.filter(decision=held, kind=kind)
    if kind == Posting.Kind.BEFORE and not posting_asked(held, on).allowed:
        raise NotPosted(f"{posting_asked(held, on).words}。")
    return _sheet(held, rows.order_by("-starts_on").first(), kind, on)


def _sheet(held: Decision, posting: Posting | None, kind: str, on: date) -> Sheet:
    card = household_card(household_id=held.case.household_id, on=on)
    policy = policy_of(held, rules=current_rules(), on=on)
    return Sheet(
        policy=policy.name if policy else held.policy,
        kind=Posting.Kind(kind).label,
        effect=held.get_effect_display(),
        village=card.village,
        name=_public_name(held, card.members),
        members=len(card.members) if held.person_id is None else 1,
        fen=held.amount_fen,
        unit=held.unit,
        starts_on=posting.starts_on if posting else None,
        ends_on=posting.ends_on if posting else None,
        department=held.department,
    )


def _public_name(held: Decision, members: Sequence[Member]) -> str:
    """Return the name of the adult it is about, else of the head or applicant; a child is never named."""
    adults = [one for one in members if one.age >= ADULT]
    wanted = held.person_id or held.case.applicant_id
    about = next((one for one in members if one.person_id == wanted), None)
    if held.person_id is not None:
        return about.name if about is not None and about in adults else ""
    if about is None or about not in adults:
        about = next((one for one in adults if one.relation == "户主"), adults[0] if adults else None)
    return about.name if about else ""


def board(*, area: Area, on: date) -> list[Sheet]:
    """Return everything that hangs on a village's board on a day: what is posted, and what is published while it is paid."""
    require("case.see", area_path=area.path)
    rows = Posting.objects.filter(closed_at=None, area_path=area.path, starts_on__lte=on)
    held = rows.select_related("decision", "decision__case").order_by("kind", "starts_on")
    return [_sheet(one.decision, one, one.kind, on) for one in held]
