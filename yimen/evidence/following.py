"""What was said of a person, or of somebody who owes them support, follows them when they move (随人迁移)."""

import uuid

from django.db.models import Q

from yimen.evidence.models import Statement
from yimen.registry.actions import follows


def follow(person: uuid.UUID, area_path: str) -> None:
    """Bring what was said to where the person lives now, so that nobody is asked again."""
    Statement.objects.filter(Q(person=person) | Q(obligor__person=person)).update(area_path=area_path)


follows(follow)
