"""The guardians of a household's members (监护): who acts for whom, by which paper; record one, look at it, confirm or end it."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone

from yimen.office.access import acting, may
from yimen.office.pictures import MOST_BYTES
from yimen.registry.actions import GuardianGiven, NotGuarded, confirm_guardian, end_guardian, record_guardian
from yimen.registry.queries import CAPACITIES, HouseholdCard, guardianship_photo, guardianships_of
from yimen.web.window.kept_papers import PaperKind, chosen, day_on_paper, paper_page, papers_page, state_of


def page(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show what is recorded, the newest first, and record another."""
    return papers_page(GUARDIANSHIP, request, household_id)


def one(request: HttpRequest, household_id: uuid.UUID, guardianship_id: uuid.UUID) -> HttpResponseBase:
    """Show the picture of one (GET), or confirm it or end it (POST)."""
    return paper_page(GUARDIANSHIP, request, household_id, guardianship_id)


def _shown(card: HouseholdCard, typed: QueryDict, today: date) -> dict[str, Any]:
    return {
        "rows": [_row(one, today) for one in guardianships_of(people=[one.person_id for one in card.members])],
        "capacities": list(CAPACITIES.items()),
        "may_record": may("household.register", area_path=card.area_path),
    }


def _row(one: Any, today: date) -> dict[str, Any]:
    state = state_of(
        confirmed=one.confirmed_at is not None,
        ended=one.ended_at is not None,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        today=today,
        ended_words="已终止",
    )
    return {"one": one, "name": one.name, "ward": one.ward.name, "state": state, "is_mine": one.recorded_by == acting()}


def _recorded(request: HttpRequest, household: uuid.UUID) -> uuid.UUID:
    post, photo = request.POST, request.FILES.get("photo")
    starts_on = day_on_paper(post.get("starts_on", ""), "起期", NotGuarded)
    ward = chosen(post.get("ward", ""), NotGuarded("请选是给哪位家庭成员登记。"))
    if starts_on is None:
        raise NotGuarded("请写监护从哪天起，照文书写。")
    given = GuardianGiven(
        ward=ward,
        starts_on=starts_on,
        ends_on=day_on_paper(post.get("ends_on", ""), "止期", NotGuarded),
        photo=photo.read(MOST_BYTES + 1) if photo else b"",
        **{name: post.get(name, "") for name in ("capacity", "name", "id_number", "relation", "paper", "reason")},
    )
    return record_guardian(
        household=household, given=given, allow_fictional=settings.YIMEN_DEMO, by=acting(), at=timezone.now()
    ).pk


def _confirmed(guardianship: uuid.UUID) -> uuid.UUID:
    return confirm_guardian(guardianship=guardianship, by=acting(), at=timezone.now()).pk


def _ended(guardianship: uuid.UUID, words: str) -> bool:
    return end_guardian(guardianship=guardianship, words=words, by=acting(), at=timezone.now()).confirmed_at is None


GUARDIANSHIP = PaperKind(
    name="guardian",
    page="guardians",
    purpose="看监护文书",
    refusal=NotGuarded,
    recorded="已登记。请另一位同事看过文书再核对，核对以前不算数。",
    confirmed="已核对，从现在起由这位监护人签字。",
    ended="已终止；以前由他签的仍然有效。",
    shows=_shown,
    record=_recorded,
    photo=lambda guardianship: guardianship_photo(guardianship=guardianship),
    confirm=_confirmed,
    end=_ended,
)
