"""
What follows a person who moves (随人迁移): whoever answers for them now sees what is theirs, and the old place no longer does.

The rooms above say themselves which of their rows do. What was done and decided stays where it was done: cases, grants, money.
"""

import uuid
from collections.abc import Callable

from yimen.registry.models import Guardianship, Obligor, Person, Standing

Follower = Callable[[uuid.UUID, str], object]
_FOLLOWERS: list[Follower] = []


def follows(follower: Follower) -> None:
    """Let rows of a room follow; the follower gets the person's key and the area path they live below now."""
    _FOLLOWERS.append(follower)


def follow(person: Person) -> None:
    """Bring what is a person's own to where they live now; the caller's scope reaches both places."""
    Guardianship.objects.filter(ward=person).update(area_path=person.area_path)
    Obligor.objects.filter(person=person).update(area_path=person.area_path)
    Standing.objects.filter(person=person).update(area_path=person.area_path)
    for follower in _FOLLOWERS:
        follower(person.pk, person.area_path)
