"""
A village's board (村务公开栏): who receives what, as long as it is paid (公布), and the photos that show it hanging there.

Sources: 民发〔2021〕57号第24条, 社会救助法第45条: names, members, amounts, and nothing else of anybody. How often it is looked at
again no national text says; a list that has changed is hung anew.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from yimen.benefits.models import Grant
from yimen.benefits.queries import not_over
from yimen.cases.flow import Note, move_decision
from yimen.cases.models import BoardPhoto, Decision, Posting
from yimen.cases.posting import NotPosted, Sheet, sheet_of
from yimen.cases.words import DecisionState, Effect, State
from yimen.office import audit, files
from yimen.office.access import require
from yimen.office.models import Area, Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.office.vault import blind_index
from yimen.policies.model import Policy
from yimen.registry.queries import named_publicly, people_publicly
from yimen.screening.queries import current_rules, parameter_at, whole_parameter

AGAIN_DAYS = "公布重拍天数"
KIND = "board_photo"


@dataclass(frozen=True)
class Line:
    """One line of a board: what, who in full ("" where only a child could be named), how many, how much, since when."""

    policy: str
    name: str
    members: int
    fen: int | None
    unit: str
    starts_on: date
    of_household: bool


@dataclass(frozen=True)
class Hanging:
    """A first opinion that is posted now (正在公示), as its sheet says it, with its photos."""

    case: uuid.UUID
    decision: uuid.UUID
    sheet: Sheet
    place: str
    has_first: bool
    has_last: bool
    may_take_last: bool


@dataclass(frozen=True)
class Due:
    """Whether the board wants a new sheet or photo, and why in words; `is_due` is only what is certain."""

    is_due: bool
    words: str
    on: date | None = None


@dataclass(frozen=True)
class Board:
    """
    Everything of one village's board on a day; `left_out` counts grants whose receiver is dead or gone and so not named.
    """

    area: Area
    lines: list[Line]
    left_out: int
    hanging: list[Hanging]
    photos: list[BoardPhoto]
    due: Due


def board_of(*, area: Area, on: date) -> Board:
    """Return a village's board with names in full, which stand there for everybody; needs an open reading. Raises NotAllowed."""
    require("case.see", area_path=area.path)
    require("person.see", area_path=area.path)
    grants = _published(_running(on).filter(area_path__startswith=area.path), on)
    lines = _lines(grants, on)
    photos = list(BoardPhoto.objects.filter(area=area).select_related("by").order_by("-at"))
    return Board(
        area=area,
        lines=lines,
        left_out=len(grants) - len(lines),
        hanging=_hanging(area, on),
        photos=photos,
        due=_due(photos[0] if photos else None, grants, area, on),
    )


@dataclass(frozen=True)
class Watched:
    """One village in the list of boards: how many lines, how many posted now, the last photo, and whether it is due."""

    area: Area
    lines: int
    posted: int
    last: date | None
    due: Due


def boards_of(*, areas: Sequence[Area], on: date) -> list[Watched]:
    """Return how it stands with the boards of some villages; no name is opened. Raises NotAllowed."""
    require("case.see")
    paths = {one.path: one for one in areas}
    grants = _published(_running(on).filter(area_path__in=list(paths)), on)
    of_area: dict[str, list[Grant]] = {path: [] for path in paths}
    for grant in grants:
        of_area[grant.area_path].append(grant)
    newest = {one.area_id: one for one in BoardPhoto.objects.filter(area__in=areas).order_by("at")}
    posted = list(_open_postings(on).filter(area_path__in=list(paths)).values_list("area_path", flat=True))
    return [
        Watched(
            area=area,
            lines=len(of_area[area.path]),
            posted=posted.count(area.path),
            last=held.taken_on if (held := newest.get(area.pk)) else None,
            due=_due(newest.get(area.pk), of_area[area.path], area, on),
        )
        for area in areas
    ]


def _running(on: date) -> QuerySet[Grant]:
    """Return what is paid by the month, now or from the next month on; what was given once is not on a board for long."""
    rows: QuerySet[Grant] = Grant.objects.filter(not_over(on))
    return rows.order_by("policy", "starts_on", "pk")


def _published(grants: Iterable[Grant], on: date) -> list[Grant]:
    """Leave out what its policy does not publish, and of one subject's grants under one policy all but the latest."""
    asked: dict[tuple[str, str], bool] = {}
    latest: dict[tuple[str, uuid.UUID | None, uuid.UUID | None], Grant] = {}
    for one in grants:
        policy = current_rules().policy(one.policy)
        key = (one.policy, one.area_path)
        if key not in asked:
            asked[key] = policy is not None and _is_public(policy, one.area_path, on)
        if asked[key]:
            latest[(one.policy, one.person_id, one.household_id)] = one
    return list(latest.values())


def _is_public(policy: Policy, area_path: str, on: date) -> bool:
    """What is posted before it is decided is published after; where the place decides, if the place has entered that."""
    if policy.posting.needed in ("是", "否"):
        return policy.posting.needed == "是"
    return parameter_at(f"{policy.name}公示天数", area_path=area_path, on=on, rules=current_rules()) is not None


def _lines(grants: Sequence[Grant], on: date) -> list[Line]:
    homes = named_publicly(households={one.household_id for one in grants if one.household_id}, on=on)
    people = people_publicly(people={one.person_id for one in grants if one.person_id}, on=on)
    found = []
    for one in grants:
        if one.household_id in homes:
            name, members = homes[one.household_id].name, homes[one.household_id].members
        elif one.person_id in people:
            name, members = people[one.person_id], 1
        else:
            continue
        policy = current_rules().policy(one.policy)
        called, of_home = policy.name if policy else one.policy, one.household_id is not None
        found.append(Line(called, name, members, one.amount_fen, one.unit, one.starts_on, of_home))
    return found


def _open_postings(on: date) -> QuerySet[Posting]:
    rows: QuerySet[Posting] = Posting.objects.filter(kind=Posting.Kind.BEFORE, closed_at=None, starts_on__lte=on)
    return rows


def _hanging(area: Area, on: date) -> list[Hanging]:
    rows = _open_postings(on).filter(area_path__startswith=area.path).select_related("decision").order_by("ends_on", "pk")
    return [
        Hanging(
            case=one.decision.case_id,
            decision=one.decision_id,
            sheet=sheet_of(decision=one.decision_id, kind=Posting.Kind.BEFORE, on=on),
            place=one.place,
            has_first=one.first_photo is not None,
            has_last=one.last_photo is not None,
            may_take_last=one.ends_on is not None and on >= one.ends_on,
        )
        for one in rows
    ]


def _due(last: BoardPhoto | None, grants: Sequence[Grant], area: Area, on: date) -> Due:
    if last is None:
        return Due(True, "还没有拍过。打印公布表，贴好拍一张。") if grants else Due(False, "没有要公布的。")
    if last.shows != _shown(grants):
        return Due(True, f"{last.taken_on:%Y-%m-%d} 拍过以后名单变了。请换上新表再拍。")
    days = whole_parameter(AGAIN_DAYS, area_path=area.path, on=on, rules=current_rules())
    if not days:
        return Due(False, f"名单没有变。多久重拍一次没有全国规定，本地参数“{AGAIN_DAYS}”没有录入。")
    again = last.taken_on + timedelta(days=days)
    return Due(again <= on, f"名单没有变，{again:%Y-%m-%d} 以前再看一次、拍一张。", again)


def _shown(grants: Iterable[Grant]) -> str:
    """Return the keyed hash of a list: who and how much, by keys, so that nobody can guess it."""
    return blind_index("board", json.dumps(sorted([one.pk.hex, one.amount_fen] for one in grants)))


@transaction.atomic
def photograph_board(*, area: Area, place: str, photo: bytes, by: Staff, at: datetime) -> BoardPhoto:
    """
    Keep a photo of the list that hangs on a village's board today; what is new on it is published from now on (长期公布).

    Raises NotPosted without a place, for what is no photo, or with nothing to publish; NotAllowed.
    """
    require("board.photograph", area_path=area.path)
    on = localdate(at)
    grants = _published(_running(on).filter(area_path__startswith=area.path), on)
    if not grants:
        raise NotPosted("这个村现在没有要公布的，不用拍。")
    if not place.strip():
        raise NotPosted("请写明贴在哪里，例如“村务公开栏”。")
    try:
        ending, picture = plain_picture(photo)
    except NotAPicture as problem:
        raise NotPosted(str(problem)) from None
    held: BoardPhoto = BoardPhoto.objects.create(
        area=area,
        place=place.strip()[:60],
        photo=files.put(picture, kind=KIND, name=f"公布照片.{ending}", area_path=area.path, at=at),
        shows=_shown(grants),
        lines=len(grants),
        taken_on=on,
        at=at,
        by=by,
        area_path=area.path,
    )
    audit.write(action="board.photograph", at=at, area=area.code)
    _publish({one.pk for one in grants}, place.strip(), by=by, at=at)
    return held


def _publish(grants: set[uuid.UUID], place: str, *, by: Staff, at: datetime) -> None:
    """What was decided here and hangs from today on is published in its case, too."""
    lives_on = Decision.objects.filter(case__state__in=(State.ACCEPTED, State.CONCLUDED, State.DELIVERED))
    confirmed = lives_on.filter(grant__in=grants, state=DecisionState.CONFIRMED).exclude(effect=Effect.END)
    hanging = set(Posting.objects.filter(kind=Posting.Kind.WHILE_PAID, closed_at=None).values_list("decision_id", flat=True))
    for one in confirmed.order_by("case_id", "pk"):
        if one.pk in hanging:
            continue
        moved = move_decision("publish", one.pk, by=by, at=at, note=Note(place))
        Posting.objects.create(
            decision=moved, kind=Posting.Kind.WHILE_PAID, starts_on=localdate(at), place=place[:60], area_path=moved.area_path
        )


def board_photo(*, area: Area, photo_id: uuid.UUID) -> BoardPhoto:
    """Return a photo of a village's board. Raises BoardPhoto.DoesNotExist outside the open scope, NotAllowed."""
    require("case.see", area_path=area.path)
    found: BoardPhoto = BoardPhoto.objects.get(area=area, pk=photo_id)
    return found


def how_many(lines: Iterable[Line]) -> str:
    """Say how many households and people some lines are (“3 户，4 人”)."""
    found = list(lines)
    homes, people = sum(one.of_household for one in found), sum(one.members for one in found)
    return f"{homes} 户，{people} 人" if homes else f"{people} 人"


def by_benefit(lines: Iterable[Line]) -> Mapping[str, list[Line]]:
    """Return the lines under their policies, in order."""
    found: dict[str, list[Line]] = {}
    for one in lines:
        found.setdefault(one.policy, []).append(one)
    return found


def read_aloud(board: Board) -> str:
    """
    Return what the village's loudspeaker can read of its board (广播稿): what hangs and until when, no name and no amount.

    Nothing where nothing hangs.
    """
    if not board.hanging and not board.lines:
        return ""
    posted = Counter((one.sheet.policy, one.sheet.ends_on) for one in board.hanging)
    told = [
        f"拟给予“{policy}”的 {number} 户，公示到{until.month}月{until.day}日" if until else f"拟给予“{policy}”的 {number} 户"
        for (policy, until), number in posted.items()
    ]
    if board.lines:
        told.append("正在领取救助的名单")
    return (
        f"各位村民：{board.area.name}的公开栏里贴着{'；'.join(told)}。请大家去看一看。有不同意见的，请在公示期内告诉村里或乡镇，"
        "当面说、打电话都行，我们替您保密。家里遇到急事、难事，也请告诉村里，我们上门去办。"
    )
