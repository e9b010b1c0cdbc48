from dataclasses import astuple

import pytest

from yimen.cases.in_hand import in_hand_of
from yimen.cases.models import Case
from yimen.cases.queries import wrong_dues
from yimen.office.access import System, scope
from yimen.screening.models import InHand


@pytest.fixture(autouse=True)
def _what_is_kept_for_lists_is_what_the_cases_say(request):
    """Whatever a test did to cases, the dates kept for lists are those of the clock, and what is in hand is what they handle."""
    stored = request.node.get_closest_marker("django_db") is not None
    if stored:
        request.getfixturevalue("db")
    yield
    if stored:
        with scope(System("test"), "核对期限"):
            assert list(wrong_dues()) == []
            assert _kept_in_hand() == {(case.pk, *astuple(one)) for case in Case.objects.all() for one in in_hand_of(case)}


def _kept_in_hand() -> set[tuple]:
    return set(InHand.objects.values_list("case_id", "policy", "subject_id", "until"))
