"""Questions about cards (查卡): who holds one, what was issued lately, how many are still to be printed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet

from yimen.hall.listing import LISTABLE, people_listed
from yimen.hall.models import Card
from yimen.hall.words import CardState
from yimen.office.access import require, within

SOON = timedelta(days=60)
MOST_SHOWN = 500


@dataclass(frozen=True)
class CardCounts:
    """How many cards are valid, of them not yet printed and ending within two months; how many are void."""

    live: int
    to_print: int
    ending: int
    void: int


def card_counts(*, on: date) -> CardCounts:
    """Return how many cards there are below the open scope. Raises NotAllowed."""
    require("card.issue")
    live = Q(state=CardState.LIVE)
    told = Card.objects.aggregate(
        live=Count("pk", filter=live),
        to_print=Count("pk", filter=live & Q(printed_at=None)),
        ending=Count("pk", filter=live & Q(expires_on__lt=on + SOON)),
        void=Count("pk", filter=~live),
    )
    return CardCounts(**told)


def cards_off_the_list(*, on: date) -> list[Card]:
    """
    Return the valid cards of those who are on no list of priority any more, or have died (待核对的卡), below the open scope.

    Only cards that were issued by a list; what somebody proved by hand stands until it ends. Raises NotAllowed.
    """
    require("card.issue")
    listed = {one.person_id for one in people_listed(grounds=LISTABLE, on=on)}
    rows = Card.objects.filter(state=CardState.LIVE, ground__in=LISTABLE).order_by("area_path", "number")
    gone = [key for key, person in rows.values_list("pk", "person_id") if person not in listed]
    return list(Card.objects.filter(pk__in=gone[:MOST_SHOWN]).select_related("person").order_by("area_path", "number"))


def recent_cards(most: int) -> list[Card]:
    """Return the cards last issued or ended below the open scope. Raises NotAllowed."""
    require("card.issue")
    rows = Card.objects.select_related("person", "issued_by", "ended_by")
    return list(rows.order_by("-issued_at", "-number")[:most])


def cards_of(person_id: uuid.UUID) -> list[Card]:
    """Return all cards a person ever had, the newest first. Raises NotAllowed."""
    require("card.issue")
    rows = Card.objects.filter(person=person_id).select_related("issued_by", "ended_by", "replaces")
    return list(rows.order_by("-issued_at", "-number"))


def live_cards(people: Iterable[uuid.UUID]) -> dict[uuid.UUID, Card]:
    """Return the valid card of each of these people, who has one, below the open scope."""
    return {card.person_id: card for card in Card.objects.filter(person__in=list(people), state=CardState.LIVE)}


def card_numbered(number: str) -> Card | None:
    """Return the card of a number below the open scope, or None: the same for a foreign one as for none."""
    require("card.issue")
    found: Card | None = Card.objects.filter(number=number.strip()).select_related("person").first()
    return found


def cards_below(path: str) -> QuerySet[Card]:
    """Return the cards of an area, below the open scope."""
    rows: QuerySet[Card] = Card.objects.filter(within((path,)))
    return rows
