"""
Visiting (入户调查、邻里访问、信函索证): two people go, one records, the other signs under their own log-in.

What was seen counts when both have signed. A half-typed visit lies on the server as a draft; photos lie encrypted.
Source: the article that each policy names (入户调查), for 低保 民发〔2021〕57号第16条.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case, Task, Visit, VisitDraft
from yimen.cases.surveying import survey_basis
from yimen.cases.verifying import (
    NotVerified,
    acts_as_third_party,
    is_county_desk,
    refuse_relative,
    relatives_among,
    third_parties,
)
from yimen.cases.words import TaskKind
from yimen.evidence.actions import NotStated, check_facts, state_facts
from yimen.office import files
from yimen.office.access import NotAllowed, may
from yimen.office.models import Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.queries import colleagues
from yimen.office.vault import blind_index
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules

HOME, NEIGHBOURS, LETTER, THIRD_PARTY = "入户", "邻里", "信函", "第三方"
WAYS = (HOME, NEIGHBOURS, LETTER)
FORMS = {NEIGHBOURS: "邻里访问表", LETTER: "信函索证表"}
MOST_PHOTOS = 12


@dataclass(frozen=True)
class Seen:
    """One fact as it was seen: of a person, or with "" of the household; the value as JSON."""

    who: str
    fact: str
    value: Any


def source_of(way: str) -> str:
    """Return the source whose word a visit is; neighbours and letters are ours, within their own forms."""
    return THIRD_PARTY if way == THIRD_PARTY else HOME


def facts_of_way(way: str, task: Task | None) -> set[str] | None:
    """Return what may be said this way; None is everything the source may state."""
    if way == THIRD_PARTY:
        return set(task.facts) if task else set()
    form = next((one for one in current_rules().forms if one.name == FORMS.get(way)), None)
    return None if way == HOME else set(form.facts if form else ())


def task_of(case: Case, staff: Staff) -> Task | None:
    """Return somebody's own open visit to a household, or None."""
    found: Task | None = Task.objects.filter(case=case, owner=staff, kind=TaskKind.VISIT, done_at=None).first()
    return found


def visited_by(case: Case, staff: Staff) -> Task | None:
    """
    Make sure that somebody may visit this household: sent there, or verifying cases here; return the task if there is one.

    Raises NotAllowed otherwise, NotVerified for a relative. A third party without an open task has nothing here.
    """
    task = task_of(case, staff)
    if task is None and not may("case.verify", area_path=case.area_path):
        raise NotAllowed("这一户没有派给您核查；派给您的，在“我的任务”里。")
    refuse_relative(case, staff)
    return task


def companions(case: Case) -> list[Staff]:
    """Return who may go along: people of ours with ours, a third party's with a third party's, never a relative."""
    able, firm = colleagues(permission="visit.make", area_path=case.area_path), third_parties(case.area_path)
    related = relatives_among(case, able)
    mine = acts_as_third_party(case.area_path)
    return [one for one in able if (one in firm) == mine and one.pk not in related]


@transaction.atomic
def save_visit_draft(*, case: uuid.UUID, turn: int, content: Mapping[str, Any], by: Staff, at: datetime) -> VisitDraft:
    """
    Keep a visit half typed (草稿). An older turn that arrives late does not lie over a newer one.

    Raises NotAllowed, NotVerified, Case.DoesNotExist outside the open scope.
    """
    held = Case.objects.get(pk=case)
    visited_by(held, by)
    draft = _draft(held, by, at)
    if turn > draft.turn:
        draft.turn, draft.content, draft.saved_at = turn, dict(content), at
        draft.save(update_fields=["turn", "content", "saved_at"])
    return draft


def _draft(case: Case, by: Staff, at: datetime) -> VisitDraft:
    draft: VisitDraft
    draft, _ = VisitDraft.objects.select_for_update().get_or_create(
        case=case, staff=by, defaults={"saved_at": at, "area_path": case.area_path}
    )
    return draft


@transaction.atomic
def keep_photo(*, case: uuid.UUID, content: bytes, by: Staff, at: datetime) -> VisitDraft:
    """
    Add a photo to the draft, without what the camera wrote into it; sent again it is not kept twice (by its keyed hash).

    Raises NotVerified in words, NotAllowed.
    """
    held = Case.objects.get(pk=case)
    visited_by(held, by)
    draft = _draft(held, by, at)
    if not content:
        raise NotVerified("还没有选照片。")
    try:
        ending, plain = plain_picture(content)
    except NotAPicture as problem:
        raise NotVerified(str(problem)) from None
    shows = blind_index("visit_photo", hashlib.sha256(plain).hexdigest())
    if shows in {one.get("shows") for one in [*draft.photos, *_recorded(held, by)]}:
        return draft
    if len(draft.photos) >= MOST_PHOTOS:
        raise NotVerified(f"一次入户最多 {MOST_PHOTOS} 张照片，请先去掉一张。")
    key = files.put(plain, kind="visit_photo", name=f"入户照片.{ending}", area_path=held.area_path, at=at)
    draft.photos = [*draft.photos, {"id": key.hex, "at": at.isoformat(), "ending": ending, "shows": shows}]
    draft.save(update_fields=["photos"])
    return draft


def _recorded(case: Case, by: Staff) -> list[dict[str, str]]:
    """Return the photos of the visits somebody has recorded here: one that comes late belongs to a visit already."""
    rows = Visit.objects.filter(case=case, first=by, sent_back="").values_list("photos", flat=True)
    return [one for photos in rows for one in photos]


@transaction.atomic
def drop_photo(*, case: uuid.UUID, photo: uuid.UUID, by: Staff, at: datetime) -> VisitDraft:
    """Take a photo out of the draft; one of a recorded visit stays. Raises NotAllowed, NotVerified."""
    held = Case.objects.get(pk=case)
    visited_by(held, by)
    draft = _draft(held, by, at)
    kept = [one for one in draft.photos if one["id"] != photo.hex]
    if len(kept) < len(draft.photos):
        files.discard(photo, on=localdate(at))
    draft.photos = kept
    draft.save(update_fields=["photos"])
    return draft


@transaction.atomic
def record_visit(
    *,
    case: uuid.UUID,
    visited_on: date,
    second: Staff,
    said: Sequence[Seen],
    by: Staff,
    at: datetime,
    seen: str = "",
    household_signed: bool = False,
    unsigned_why: str = "",
    way: str = HOME,
) -> Visit:
    """
    Record a visit (入户调查); it waits for the other's signature before anything it says counts. Photos come with the draft.

    A visit by the county's own desk counts as the county's (57号第20条); a third party's visit is its own way and source.
    At home both sides sign the form (双方签字, 57号第16条); where the household did not, it is said why.
    Raises NotVerified in words, NotAllowed, WrongStep.
    """
    task = visited_by(Case.objects.get(pk=case), by)
    held = move_case("visit", case, by=by, at=at, note=Note(way, on=visited_on))
    way = _way_of(way, held.area_path)
    if visited_on > localdate(at) or visited_on < held.received_on:
        raise NotVerified(f"调查日期应在收到申请（{held.received_on}）以后、今天以前，请核对。")
    _refuse_second(held, second, by)
    checked = _checked(held, said, way, task, on=localdate(at))
    if not checked and not seen.strip():
        raise NotVerified("还什么都没有记：请至少核对一项，或写下看到的情况。")
    at_home = way in (HOME, THIRD_PARTY)
    why = _why_unsigned(household_signed, unsigned_why) if at_home else ""
    draft = VisitDraft.objects.filter(case=held, staff=by).first()
    visit: Visit = Visit.objects.create(
        case=held,
        visited_on=visited_on,
        first=by,
        second=second,
        household_signed=household_signed and at_home,
        unsigned_why=why,
        way=way,
        by_county=way == HOME and is_county_desk("visit.make", held.area_path),
        seen=seen.strip()[:2000],
        photos=draft.photos if draft else [],
        said=checked,
        recorded_at=at,
        area_path=held.area_path,
    )
    if draft:
        draft.delete()
    return visit


def _way_of(way: str, area_path: str) -> str:
    """Return in which way it was found out: a third party's is its own, whatever was chosen."""
    if acts_as_third_party(area_path):
        return THIRD_PARTY
    if way not in (*WAYS, THIRD_PARTY):
        raise NotVerified(f"没有“{way}”这种调查方式，可以是：{'、'.join(WAYS)}。")
    return way


def _why_unsigned(signed: bool, why: str) -> str:
    """Return why the household has not signed the form, nothing where it has; one of both must be said."""
    if signed:
        return ""
    if not why.strip():
        raise NotVerified("入户调查表要双方签字。户主签字或按手印的请勾上；没有签的，写明为什么。")
    return why.strip()[:200]


def _refuse_second(case: Case, second: Staff, by: Staff) -> None:
    if second.pk == by.pk:
        raise NotVerified(f"入户须两人，第二人不能是您自己（{survey_basis(case)}）。")
    refuse_relative(case, second, who=second.name)
    if second not in companions(case):
        raise NotVerified(f"{second.name}没有在这个地方入户的岗位，请另选一位。")


def _checked(case: Case, said: Sequence[Seen], way: str, task: Task | None, *, on: date) -> list[dict[str, Any]]:
    """Return what was seen as statements will keep it. Raises NotVerified for what this way, or this person, may not say."""
    allowed, catalogue = facts_of_way(way, task), current_rules().catalogue
    card = household_card(household_id=case.household_id, on=on, permission="visit.make")
    people = {member.person_id.hex for member in card.members}
    checked = []
    for one in said:
        if allowed is not None and one.fact not in allowed:
            raise NotVerified(f"“{one.fact}”不在这次{way}要核查的事项里。")
        if one.who and one.who not in people:
            raise NotVerified("要核查的人今天不在这一户，请刷新页面。")
        try:
            facts = check_facts(catalogue, {one.fact: one.value}, source_of(way), about="人" if one.who else "户")
        except NotStated as problem:
            raise NotVerified(str(problem)) from None
        checked.append({"who": one.who, "fact": one.fact, "value": facts[one.fact]})
    return checked


@transaction.atomic
def sign_visit(*, visit: uuid.UUID, by: Staff, at: datetime) -> Visit:
    """
    Sign as the second of the two (第二人签字), under one's own log-in; now what was seen becomes statements.

    Raises NotVerified for anybody else, for a relative, for a visit already signed or sent back; WrongStep, NotAllowed.
    """
    held = _to_sign(visit, by)
    case = move_case("sign", held.case_id, by=by, at=at, note=Note(held.way))
    refuse_relative(case, by)
    try:
        held.second_signed_at, held.statements = at, _state(held, case, at=at)
    except NotStated as problem:
        raise NotVerified(f"事实目录改过了：{problem}请退回重记。") from None
    held.save(update_fields=["second_signed_at", "statements"])
    Task.objects.filter(case=case, kind=TaskKind.VISIT, done_at=None, owner__in=(held.first, held.second)).update(
        done_at=at, done_by=by, outcome=f"{held.way}，两人已签字"
    )
    return held


def _to_sign(visit: uuid.UUID, by: Staff) -> Visit:
    held: Visit = Visit.objects.select_for_update().get(pk=visit)
    if held.second_id != by.pk:
        raise NotVerified("这份调查记录不是请您签字的；第二人要用自己的账号签。")
    if held.second_signed_at is not None:
        raise NotVerified("这份调查记录已经签过字了。")
    if held.sent_back:
        raise NotVerified("这份调查记录已经退回重记，不能再签。")
    return held


def _state(visit: Visit, case: Case, *, at: datetime) -> list[str]:
    """Make one statement of what was seen for each person, and one for the household."""
    by_whom: dict[str, dict[str, Any]] = {}
    for one in visit.said:
        by_whom.setdefault(one["who"], {})[one["fact"]] = one["value"]
    made = []
    for who, facts in by_whom.items():
        statement = state_facts(
            catalogue=current_rules().catalogue,
            facts=facts,
            source=source_of(visit.way),
            stated_on=visit.visited_on,
            by=visit.first,
            at=at,
            person=uuid.UUID(who) if who else None,
            household=None if who else case.household_id,
            area_path=case.area_path,
            permission="visit.make",
        )
        made.append(statement.pk.hex)
    return made


@transaction.atomic
def send_visit_back(*, visit: uuid.UUID, words: str, by: Staff, at: datetime) -> Visit:
    """Refuse to sign, with a reason (不签，退回重记); the visit stays on file and counts for nothing. Raises NotVerified."""
    if not words.strip():
        raise NotVerified("不签字要写明哪里不对，记录的人好改。")
    held = _to_sign(visit, by)
    move_case("not_sign", held.case_id, by=by, at=at, note=Note(words.strip()))
    held.sent_back = words.strip()[:300]
    held.save(update_fields=["sent_back"])
    return held
