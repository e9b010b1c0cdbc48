"""
Scans of old paper (旧档补扫): what lay in a cupboard before the program, photographed page by page into the household's file.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.filing import NotFiled
from yimen.cases.models import OldPaper
from yimen.office import audit, files
from yimen.office.access import require
from yimen.office.models import Staff
from yimen.office.pictures import NotAPicture, plain_picture
from yimen.registry.models import Household

KIND = "old_paper"
MOST_PAGES = 30


@transaction.atomic
def add_old_paper(
    *, household: uuid.UUID, title: str, on: date | None, pages: Sequence[bytes], by: Staff, at: datetime, remark: str = ""
) -> OldPaper:
    """
    Lay one old paper into a household's file, its pages as pictures, encrypted; `on` is the day that stands on it.

    Raises NotFiled without title or pages, for a day to come or what is no picture, NotAllowed.
    """
    held: Household = Household.objects.select_for_update().get(pk=household)
    require("file.keep", area_path=held.area_path)
    if not title.strip() or not pages:
        raise NotFiled("请写明是什么材料，并选好照片或扫描件。")
    if len(pages) > MOST_PAGES:
        raise NotFiled(f"一份最多 {MOST_PAGES} 页，多的请分开录。")
    if on is not None and on > localdate(at):
        raise NotFiled("材料上的日期在今天以后，请核对。")
    try:
        plain = [plain_picture(one) for one in pages]
    except NotAPicture as problem:
        raise NotFiled(str(problem)) from None
    scans = [
        files.put(picture, kind=KIND, name=f"旧档-{number}.{ending}", area_path=held.area_path, at=at).hex
        for number, (ending, picture) in enumerate(plain, start=1)
    ]
    made = OldPaper(
        household=held,
        title=title.strip()[:60],
        dated_on=on,
        scans=scans,
        remark=remark.strip()[:200],
        by=by,
        at=at,
        area_path=held.area_path,
    )
    made.save(force_insert=True)
    audit.write(action="file.scan", at=at, subjects={str(household)}, pages=len(scans))
    return made


def old_papers_of(*, household_id: uuid.UUID) -> list[OldPaper]:
    """Return the old papers of a household, the oldest first."""
    require("case.see")
    return list(OldPaper.objects.filter(household_id=household_id).select_related("by").order_by("dated_on", "at"))


def old_page(*, household_id: uuid.UUID, page: uuid.UUID) -> uuid.UUID:
    """Return the key of one scanned page. Raises NoSuchFile for what is not this household's."""
    require("person.see")
    if not any(page.hex in one.scans for one in old_papers_of(household_id=household_id)):
        raise files.NoSuchFile("没有这一页，或不在您的辖区。")
    return page
