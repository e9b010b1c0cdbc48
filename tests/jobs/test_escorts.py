"""The demonstration's co-organizers: trained, on duty, one of them at somebody's side; made once."""

from datetime import timedelta

import pytest
from django.test import override_settings

from tests.jobs.demonstration import AT
from yimen.hall.models import Duty, Handling, Question, Training
from yimen.jobs.demo.accounts import prepare_accounts
from yimen.jobs.demo.escorts import make_escorts
from yimen.jobs.demo.hall_days import make_hall_days
from yimen.jobs.demo.venues import prepare_venues
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def test_the_demonstrations_co_organizers_are_trained_on_duty_and_at_somebodys_side(tmp_path):
    with override_settings(YIMEN_HOME=tmp_path, YIMEN_DEMO=True):
        prepare_accounts()
        prepare_venues()
    make_hall_days(seed=7, at=AT, progress=lambda *_: None)
    for minutes in (0, 60):
        make_escorts(at=AT + timedelta(minutes=minutes))

    with scope(System("test"), "核对"):
        assert Training.objects.filter(valid_until__gte=AT.date()).count() == 2
        assert Duty.objects.filter(ends_at=None).count() == 2
        assert Question.objects.count() == 2
        (handling,) = Handling.objects.all()
        assert handling.accepted_at is not None
