"""A county of another seed, larger, in which every kind of error was planted several times beside the stories."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.jobs.demonstration import Built, built, differences_from_the_truth, disagreements
from yimen.jobs.demo.stories import stories
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.screening.queries import current_rules

pytestmark = [pytest.mark.django_db, pytest.mark.store, pytest.mark.slow]
SEED, PEOPLE = 25, 4000


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    with django_db_blocker.unblock(), override_settings(YIMEN_HOME=folder, YIMEN_DEMO=True):
        yield built(folder / "files", people=PEOPLE, seed=SEED)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def _as_the_system(county):
    with scope(System("test"), "核对"), reading("核对"):
        yield


def test_each_kind_is_planted_several_times_beside_the_stories(county: Built):
    told = {person.number for home in county.county.homes[: len(stories(county.county.on))] for person in home.people}
    kinds = Counter(one.kind for one in county.county.truth if one.number not in told)
    assert set(kinds) == {"missed", "wrong", "recheck", "soon"}
    assert min(kinds.values()) >= 3, kinds


def test_somebody_of_some_families_is_in_prison_and_counts_in_none(county: Built):
    away = [(home, person) for home in county.county.homes for person in home.people if person.away]
    assert len(away) >= 3
    assert all(person not in home.family for home, person in away)


def test_what_was_planted_is_found_and_nothing_else(county: Built):
    assert differences_from_the_truth(county.county) == (Counter(), Counter())


def test_explaining_one_and_screening_all_agree_for_everybody_and_every_policy(county: Built):
    differing, compared = disagreements()
    assert not differing, differing[:3]
    assert compared > len(current_rules().policies) * 3000
