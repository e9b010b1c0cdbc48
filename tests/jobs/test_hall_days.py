"""The demonstration's halls: open, with days behind them whose figures are computed, and made once."""

from datetime import timedelta

import pytest
from django.test import override_settings

from tests.jobs.demonstration import AT
from yimen.cases.models import HallOpinion
from yimen.hall.models import Call, Recognition, Ticket, Venue, Window
from yimen.hall.queries import board, fairness, venues_seen
from yimen.jobs.demo import hall_days
from yimen.jobs.demo.accounts import prepare_accounts
from yimen.jobs.demo.venues import prepare_venues
from yimen.office.access import System, scope

pytestmark = pytest.mark.django_db


def test_the_halls_of_the_demonstration_are_alive_and_their_figures_are_computed_from_what_happened(tmp_path):
    with override_settings(YIMEN_HOME=tmp_path, YIMEN_DEMO=True):
        prepare_accounts()
        prepare_venues()
        prepare_venues()
    made = hall_days.make_hall_days(seed=7, at=AT, progress=lambda *_: None)
    again = hall_days.make_hall_days(seed=7, at=AT + timedelta(hours=1), progress=lambda *_: None)

    with scope(System("test"), "核对"):
        hall = Venue.objects.get(code="county")
        told = fairness(venue=hall, day=(AT - timedelta(days=1)).date())
        assert made == again == Ticket.objects.count() > 60
        assert {one.level for one in venues_seen()} == {"county", "township", "village"}
        assert Venue.objects.count() == 14
        assert (hall.rule, hall.head_start_minutes) == ("head_start", 30)
        assert told.whole.ordinary.called > told.whole.priority.called > 0
        assert told.whole.ordinary.mean > told.whole.priority.mean
        assert told.whole.later_most_minutes <= 30
        assert Recognition.objects.count() == Ticket.objects.filter(has_priority=True).count()
        assert HallOpinion.objects.exists()
        assert board(venue=hall, at=AT).latest.at <= AT
        assert Window.objects.filter(state="open").count() == 3
        assert Ticket.objects.filter(state="waiting").count() >= 3
        calls = list(Call.objects.filter(venue=hall).order_by("pk").values_list("at", flat=True))
        assert calls == sorted(calls)
