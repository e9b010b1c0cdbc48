"""The authorities of a household (委托书): who may act for it, by which paper; register one, look at it, take it back."""

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone

from yimen.cases.actions import Given, NotAccepted, confirm_authority, record_authority, revoke_authority
from yimen.cases.queries import AuthorityMatter, authorities_of, authority_photo
from yimen.office.access import acting, may
from yimen.office.pictures import MOST_BYTES
from yimen.registry.queries import ADULT, HouseholdCard
from yimen.web.window.kept_papers import PaperKind, chosen, day_on_paper, paper_page, papers_page, state_of


def page(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """Show what is held, the newest first, and register another."""
    return papers_page(AUTHORITY, request, household_id)


def one(request: HttpRequest, household_id: uuid.UUID, authority_id: uuid.UUID) -> HttpResponseBase:
    """Show the picture of one (GET), or confirm it or take it back (POST)."""
    return paper_page(AUTHORITY, request, household_id, authority_id)


def form_parts(typed: QueryDict) -> dict[str, Any]:
    """Return what the form of an authority shows: its matters with those ticked, and a first day."""
    ticked = typed.getlist("matters") if typed else list(AuthorityMatter.values)
    return {
        "matters": [(value, words, value in ticked) for value, words in AuthorityMatter.choices],
        "starts_on": typed.get("starts_on") or f"{timezone.localdate():%Y.%m.%d}",
    }


def given_by(request: HttpRequest, *, name: str, number: str, relation: str) -> Given:
    """Return what was typed of an authority. Raises NotAccepted."""
    post, photo = request.POST, request.FILES.get("photo")
    return Given(
        agent_name=name,
        agent_number=number,
        relation=relation,
        matters=post.getlist("matters"),
        starts_on=_day(post.get("starts_on", ""), "起期"),
        ends_on=_day(post.get("ends_on", ""), "止期"),
        photo=photo.read(MOST_BYTES + 1) if photo else b"",
    )


def _day(text: str, column: str) -> date:
    found = day_on_paper(text, column, NotAccepted)
    if found is None:
        raise NotAccepted(f"请写委托书的{column}。")
    return found


def _shown(card: HouseholdCard, typed: QueryDict, today: date) -> dict[str, Any]:
    return {
        "rows": [_row(one, today) for one in authorities_of(household_id=card.household_id)],
        "adults": [one for one in card.members if one.age >= ADULT],
        "may_open": may("case.open", area_path=card.area_path),
    } | form_parts(typed)


def _row(one: Any, today: date) -> dict[str, Any]:
    return {
        "one": one,
        "name": one.agent_name,
        "principal": one.principal.name,
        "matters": [AuthorityMatter(value).label for value in one.matters],
        "state": state_of(
            confirmed=one.confirmed_at is not None,
            ended=one.revoked_at is not None,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            today=today,
            ended_words="已撤销",
        ),
    }


def _recorded(request: HttpRequest, household: uuid.UUID) -> uuid.UUID:
    post = request.POST
    principal = chosen(post.get("principal", ""), NotAccepted("请选是哪位家庭成员委托的。"))
    given = given_by(
        request, name=post.get("agent_name", ""), number=post.get("agent_number", ""), relation=post.get("relation", "")
    )
    return record_authority(household=household, principal=principal, given=given, by=acting(), at=timezone.now()).pk


def _confirmed(authority: uuid.UUID) -> uuid.UUID:
    return confirm_authority(authority=authority, by=acting(), at=timezone.now()).pk


def _revoked(authority: uuid.UUID, words: str) -> bool:
    return revoke_authority(authority=authority, words=words, by=acting(), at=timezone.now()).confirmed_at is None


AUTHORITY = PaperKind(
    name="authority",
    page="authorities",
    purpose="看委托书",
    refusal=NotAccepted,
    recorded="委托书已登记，照片加密存好了。",
    confirmed="委托书已核对，帮办代办员可以替这一户办了。",
    ended="委托已撤销；以前按它办的仍然有效。",
    shows=_shown,
    record=_recorded,
    photo=lambda authority: authority_photo(authority=authority),
    confirm=_confirmed,
    end=_revoked,
)
