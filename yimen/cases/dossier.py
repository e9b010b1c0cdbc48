"""
The dossier (一户一档): printed papers archived once and given back when printed again, and everything that lies in the file.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.timezone import localdate

from yimen.cases.models import ArchivedPaper, BlankPad, Case, Decision, Handover, Task
from yimen.cases.words import State
from yimen.office import audit
from yimen.office.access import NotAllowed, current, may, require, within
from yimen.office.files import open_file, put
from yimen.office.models import Area, Post, Staff
from yimen.office.vault import blind_index

MOST_BLANKS = 50
KIND = "printed_paper"
__all__ = [
    "ArchivedPaper",
    "BlankPad",
    "HandedOver",
    "NotArchived",
    "PadOut",
    "archive_paper",
    "archived_paper",
    "archived_papers",
    "blank_pad",
    "content_of",
    "decisions_of",
    "handed_over",
    "kept_paper",
    "number_blanks",
    "pads_out",
]


class NotArchived(Exception):
    """A paper cannot be printed or kept like this; the sentence says why."""


def archive_paper(
    *, case: uuid.UUID, kind: str, title: str, made_from: str, content: bytes, pages: int, by: Staff, at: datetime
) -> ArchivedPaper:
    """
    Keep a paper as it was printed (归档), numbered within its case; kept as long as the file of the household.

    Printed twice at the same moment, the first is kept and both get it. Raises NotAllowed, Case.DoesNotExist.
    """
    try:
        with transaction.atomic():
            held: Case = Case.objects.select_for_update().get(pk=case)
            require("case.see", area_path=held.area_path)
            last = ArchivedPaper.objects.filter(case=held).aggregate(last=Max("number"))["last"] or 0
            paper: ArchivedPaper = ArchivedPaper.objects.create(
                case=held,
                kind=kind,
                title=title[:60],
                key=_key(made_from),
                number=last + 1,
                pages=pages,
                file=put(content, kind=KIND, name=f"{kind}.pdf", area_path=held.area_path, at=at, retain_until=None),
                printed_at=at,
                printed_by=by,
                area_path=held.area_path,
            )
            audit.write(action="paper.archive", at=at, subjects={str(held.household_id)}, paper=kind, case=held.pk.hex)
            return paper
    except IntegrityError:
        first = archived_paper(case_id=case, kind=kind, made_from=made_from)
        if first is None:
            raise
        return first


def _key(made_from: str) -> str:
    """What a paper was made from may be names and amounts, so only its keyed hash is kept."""
    return blind_index("archived_paper", made_from)


def archived_paper(*, case_id: uuid.UUID, kind: str, made_from: str) -> ArchivedPaper | None:
    """Return the paper that was printed from exactly this, or None."""
    require("case.see")
    found: ArchivedPaper | None = ArchivedPaper.objects.filter(case_id=case_id, kind=kind, key=_key(made_from)).first()
    return found


def content_of(paper: ArchivedPaper, *, purpose: str) -> bytes:
    """Return a paper as it was printed. Raises NoSuchFile outside the open scope."""
    _, chunks = open_file(paper.file, purpose=purpose)
    return b"".join(chunks)


def kept_paper(*, case_id: uuid.UUID, paper_id: uuid.UUID) -> ArchivedPaper:
    """Return one paper that was printed and kept. Raises ArchivedPaper.DoesNotExist outside the open scope, NotAllowed."""
    require("case.see")
    paper: ArchivedPaper = ArchivedPaper.objects.get(pk=paper_id, case_id=case_id)
    return paper


def archived_papers(*, case_id: uuid.UUID) -> QuerySet[ArchivedPaper]:
    """Return what has been printed and kept of a case, by its number."""
    require("case.see")
    rows: QuerySet[ArchivedPaper] = ArchivedPaper.objects.filter(case_id=case_id)
    return rows.select_related("printed_by").order_by("number")


def decisions_of(*, household_id: uuid.UUID) -> QuerySet[Decision]:
    """Return every decision taken for a household or its members, the oldest first, with its grant."""
    require("case.see")
    rows: QuerySet[Decision] = Decision.objects.filter(case__household_id=household_id, decided_at__isnull=False)
    return rows.select_related("case", "decided_by", "grant").order_by("decided_at", "pk")


@dataclass(frozen=True)
class HandedOver:
    """What a handover page lists: what was given since a day, to whom and why, what is still held, and the open tasks."""

    giver: Staff
    given: list[Handover]
    held: list[Case]
    tasks: list[Task]


def handed_over(*, giver: str, since: date) -> HandedOver:
    """
    Return what somebody handed over since a day and what they still answer for, below the open scope.

    Raises NotAllowed for anybody but the person and a supervisor, Staff.DoesNotExist.
    """
    staff = Staff.objects.get(username=giver)
    if current().staff != staff:
        if not may("case.reassign"):
            raise NotAllowed("移交清单只有本人和能改派的上级能打印。")
        if not any(post.is_held for post in Post.objects.filter(within(current().paths, column="area__path"), staff=staff)):
            # The same for a colleague elsewhere as for none.
            raise Staff.DoesNotExist
    given = list(
        Handover.objects.filter(giver=staff, accepted=True, answered_at__date__gte=since)
        .select_related("case", "taker")
        .order_by("taker__name", "answered_at")
    )
    held = list(Case.objects.filter(first_assignee=staff, state__in=("draft", "submitted", "accepted", "concluded")))
    tasks = Task.objects.filter(done_at=None, case__in=[one.case_id for one in given]) | Task.objects.filter(
        done_at=None, owner=staff
    )
    return HandedOver(staff, given, held, list(tasks.order_by("due_on", "made_at")))


@transaction.atomic
def number_blanks(*, area: Area, forms: int, by: Staff, at: datetime) -> BlankPad:
    """Give numbers to blank forms for a power cut (空白编号登记表), never the same twice. Raises NotArchived, NotAllowed."""
    require("case.accept", area_path=area.path)
    if not 1 <= forms <= MOST_BLANKS:
        raise NotArchived(f"一次可以印 1 到 {MOST_BLANKS} 张空白登记表。")
    Area.objects.select_for_update().get(pk=area.pk)
    year = localdate(at).year
    last = BlankPad.objects.filter(area=area, year=year).aggregate(last=Max("last"))["last"] or 0
    return BlankPad.objects.create(area=area, year=year, first=last + 1, last=last + forms, printed_at=at, printed_by=by)


@dataclass(frozen=True)
class PadOut:
    """A pad of blank forms that was printed, and which of its numbers no case has yet (还没补录的)."""

    pad: BlankPad
    missing: list[str]


def pads_out(*, most: int = 20) -> list[PadOut]:
    """Return the newest pads of blank forms of the areas below the open scope, with the numbers not entered yet."""
    require("case.accept")
    pads = BlankPad.objects.filter(within(current().paths, column="area__path")).select_related("area", "printed_by")
    found = list(pads.order_by("-printed_at")[:most])
    numbers = [number for pad in found for number in pad.numbers]
    rows = Case.objects.filter(paper_number__in=numbers).exclude(state=State.WITHDRAWN)
    entered = set(rows.values_list("paper_number", flat=True))
    return [PadOut(pad, [number for number in pad.numbers if number not in entered]) for pad in found]


def blank_pad(*, pad_id: int) -> BlankPad | None:
    """Return a pad of blank forms of an area below the open scope, or None."""
    require("case.accept")
    pad = BlankPad.objects.select_related("area").filter(pk=pad_id).first()
    seen = pad is not None and any(pad.area.path.startswith(path) for path in current().paths)
    return pad if seen else None
