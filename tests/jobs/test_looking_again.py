"""A run after changes looks only at those households; it must come to the same as looking at everybody."""

from datetime import timedelta
from random import Random

import pytest

from tests.jobs.demonstration import AT, ON, built
from yimen.evidence.models import Statement
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.registry.models import Person
from yimen.screening.actions import run_screening
from yimen.screening.models import Finding

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store, pytest.mark.slow]


def test_looking_again_only_at_what_changed_comes_to_the_same_as_looking_at_everybody(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    built(tmp_path / "files", people=500)
    moved = 0
    with scope(System("test"), "核对"), reading("核对"):
        for seed in range(3):
            _change(Random(seed), at=AT + timedelta(hours=seed + 1))
            partial = run_screening(on=ON, at=AT + timedelta(hours=seed + 1, minutes=20), full=False)
            after = _standing()
            assert not partial.full
            assert partial.people < 400
            moved += partial.opened + partial.closed
            whole = run_screening(on=ON, at=AT + timedelta(hours=seed + 1, minutes=40), full=True)
            assert (whole.opened, whole.closed) == (0, 0)
            assert _standing() == after
    assert moved > 5


def _change(dice: Random, at) -> None:
    for statement in dice.sample(list(Statement.objects.order_by("id")), 80):
        statement.facts = {name: _changed(value, dice) for name, value in statement.facts.items()}
        statement.recorded_at = at
        statement.save()
    for person in dice.sample(list(Person.objects.filter(died_on=None).order_by("id")), 5):
        person.died_on, person.changed_at = ON, at
        person.save()


def _changed(value, dice: Random):
    if isinstance(value, bool):
        return not value
    is_money = isinstance(value, str) and value.replace(".", "").isdigit()
    return dice.choice((value, "0.00")) if is_money else value


def _standing() -> set[tuple]:
    return set(Finding.objects.values_list("policy", "subject_id", "kind", "state", "facts_hash", "amount_fen", "reason"))
