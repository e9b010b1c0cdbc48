"""
What a roster tells of standings (名册上的对象类别): what it tells anew begins, what it tells no longer ends, and an empty cell
changes nothing.

A standing decided here, by a case, is ended only by another of the four that exclude each other, never by the word 无.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q

from yimen.registry.inserting import insert
from yimen.registry.models import ONE_OF, Household, Standing
from yimen.registry.roster import RosterRow

HOUSEHOLD_KINDS = {"subsistence_allowance", "borderline_household", "rigid_expenditure_household", "poverty_return_monitoring"}
BY_ROSTER = "县民政局"
Subject = tuple[uuid.UUID | None, uuid.UUID | None]


@dataclass
class ToldStandings:
    """
    What the rows of one transaction tell: `begun` are standings with the row that tells them, `told` the kinds that changed
    rows tell of a person or household, nothing (无) being the empty set.
    """

    on: date
    begun: list[tuple[RosterRow, Standing]] = field(default_factory=list)
    told: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))

    def person(self, row: RosterRow, person_id: uuid.UUID, path: str) -> None:
        """Take in a row that is new or changed: a person's own standing (特困 …), or that there is none."""
        if row.tells_standing:
            self.told[person_id, None] |= {row.standing} - HOUSEHOLD_KINDS - {None}  # type: ignore[arg-type]
        if row.standing and row.standing not in HOUSEHOLD_KINDS:
            self.begun.append((row, _standing(row, path, self.on, person_id=person_id)))

    def household(self, household: Household, rows: Sequence[RosterRow], changed: Iterable[RosterRow]) -> None:
        """Take in all rows of a household: what one of them tells is the household's, and none need tell it twice."""
        kinds = {row.standing: row for row in reversed(rows) if row.standing in HOUSEHOLD_KINDS}
        if any(row.tells_standing for row in changed):
            self.told[None, household.pk] |= {kind for kind in kinds if kind}
        for row in kinds.values():
            self.begun.append((row, _standing(row, household.area_path, self.on, household_id=household.pk)))

    def write(self) -> None:
        """Add what is new, bring up to date the days of what is in force, end what is told no longer."""
        people = {one.person_id for _, one in self.begun} | {person for person, _ in self.told}
        homes = {one.household_id for _, one in self.begun} | {home for _, home in self.told}
        in_force = list(Standing.objects.filter(Q(person_id__in=people) | Q(household_id__in=homes), ends_on=None))
        self._end(in_force)
        held = {(one.kind, one.person_id, one.household_id): one for one in in_force}
        fresh = {}
        for row, one in self.begun:
            key = (one.kind, one.person_id, one.household_id)
            there = held.get(key)
            if there is None:
                fresh[key] = one
                continue
            told = row.standing_from or there.starts_on, row.next_review_on or there.next_review_on
            if (there.starts_on, there.next_review_on) != told:
                there.starts_on, there.next_review_on = told
                there.save(update_fields=["starts_on", "next_review_on"])
        insert(list(fresh.values()))

    def _end(self, in_force: Iterable[Standing]) -> None:
        starts = {(one.kind, one.person_id, one.household_id): one.starts_on for _, one in self.begun}
        for running in in_force:
            subject = running.person_id, running.household_id
            told = self.told.get(subject)
            if told is None or running.kind in told:
                continue
            others = [kind for kind in told if kind in ONE_OF and running.kind in ONE_OF]
            if not others and running.decided_by != BY_ROSTER:
                continue
            begins = min((starts[kind, *subject] for kind in others), default=self.on)
            running.ends_on = max(begins - timedelta(days=1), running.starts_on)
            running.save(update_fields=["ends_on"])


def _standing(row: RosterRow, path: str, on: date, **subject: uuid.UUID) -> Standing:
    assert row.standing is not None  # noqa: S101
    return Standing(
        kind=row.standing,
        starts_on=row.standing_from or on,
        decided_by=BY_ROSTER,
        next_review_on=row.next_review_on,
        area_path=path,
        **subject,
    )
