"""From which month an ended grant is paid no more: the day of death or of an age, the place's parameter, the policy's words."""

from datetime import date

import pytest

from tests.cases.town import NOON, given, make_town, noon
from yimen.benefits.models import Grant
from yimen.cases import actions, stopping
from yimen.cases.queries import EndCause, stop_of
from yimen.cases.stopping import reckon_stop
from yimen.policies.queries import Parameter
from yimen.registry.models import Person, Standing

pytestmark = pytest.mark.django_db
LOW, ORPHAN, NURSING = "subsistence_allowance", "orphan_allowance", "disability_nursing_subsidy"


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def heard(town):
    with town.at_desk(town.window):
        case = actions.open_case(household=town.home.pk, kind="finding", channel="screening", by=town.window, at=NOON)
        case = actions.accept(case=case.pk, asked=(), by=town.window, at=NOON)
        actions.hear(case=case.pk, words="家属：人已经走了", by=town.window, at=NOON)
        return case


def entered(monkeypatch, value):
    """Enter whether the month of the day is not paid any more; None takes the parameter away."""

    def find(name, **where):
        return value and Parameter(name, "990101", "", NOON.date(), None, value == "true", value, "是否", "县文", "", 1)

    monkeypatch.setattr(stopping, "parameter_at", find)


def born(town, on, *, died=None):
    with town.at_desk(town.window):
        Person.objects.filter(pk=town.person.pk).update(born_on=on, died_on=died)
        town.person.refresh_from_db()


def paid(town, policy):
    with town.at_desk(town.window):
        about = {"person": town.person, "policy": policy, "amount_fen": 11_000, "area_path": town.home.area_path}
        return Grant.objects.create(**about, starts_on=date(2026, 1, 1), recorded_at=NOON)


@pytest.mark.parametrize(
    ("value", "died", "last_day"),
    [
        ("false", date(2026, 10, 5), date(2026, 10, 31)),
        ("true", date(2026, 10, 5), date(2026, 9, 30)),
        ("false", date(2026, 10, 31), date(2026, 10, 31)),
        ("true", date(2026, 10, 1), date(2026, 9, 30)),
        ("false", date(2026, 11, 20), date(2026, 11, 30)),
        ("true", date(2026, 1, 3), date(2026, 1, 1)),  # 发放以前不停
        (None, date(2026, 10, 5), date(2026, 11, 30)),  # 没有录入，从确认的次月停
    ],
)
def test_the_worked_examples_of_a_death(town, monkeypatch, value, died, last_day):
    grant = paid(town, NURSING)
    born(town, date(1950, 3, 1), died=died)
    entered(monkeypatch, value)
    with town.at_desk(town.window):
        stop = reckon_stop(grant, EndCause.DIED, confirmed_on=date(2026, 11, 25))
    assert stop.last_day == last_day
    assert ("没有录入" in stop.words) == (value is None)


@pytest.mark.parametrize(
    ("value", "birth", "last_day"),
    [
        ("false", date(2008, 11, 3), date(2026, 11, 30)),
        ("true", date(2008, 11, 3), date(2026, 10, 31)),
        ("false", date(2008, 8, 3), date(2026, 8, 31)),
        ("true", date(2008, 2, 29), date(2026, 2, 28)),
    ],
)
def test_the_worked_examples_of_coming_of_age(town, monkeypatch, value, birth, last_day):
    grant = paid(town, ORPHAN)
    born(town, birth)
    entered(monkeypatch, value)
    with town.at_desk(town.window):
        assert reckon_stop(grant, EndCause.AGED, confirmed_on=date(2026, 11, 25)).last_day == last_day


def test_who_lives_has_not_reached_the_age_or_whose_policy_knows_none_is_not_ended_so(town, heard):
    orphan, nursing = paid(town, ORPHAN), paid(town, NURSING)
    born(town, date(2010, 1, 1))
    with town.at_desk(town.window):
        for grant, cause, why in (
            (nursing, EndCause.DIED, "没有这个人去世的日期"),
            (orphan, EndCause.AGED, "还没有到"),
            (nursing, EndCause.AGED, "没有年满多少岁停发的规定"),
        ):
            with pytest.raises(actions.NotDecided, match=why):
                actions.end_aid(case=heard.pk, grant=grant.pk, opinion="停", by=town.window, at=noon(1), cause=cause)


def test_a_household_has_died_only_with_its_last_member(town, heard):
    grant = given(town, LOW)
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="还有人活着的户"):
        actions.end_aid(case=heard.pk, grant=grant.pk, opinion="停", by=town.window, at=noon(1), cause=EndCause.DIED)


def test_confirmed_it_ends_with_the_month_of_the_death_and_so_does_the_standing(town, heard):
    grant = given(town, LOW)
    born(town, date(1950, 3, 1), died=date(2026, 9, 12))
    with town.at_desk(town.window):
        decision = actions.end_aid(
            case=heard.pk, grant=grant.pk, opinion="9月12日去世", by=town.window, at=noon(1), cause=EndCause.DIED
        )
    with town.at_desk(town.approver):
        words = stop_of(decision, on=noon(2).date()).words
        done = actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
        grant.refresh_from_db()
        assert (grant.ends_on, Standing.objects.get().ends_on) == (date(2026, 9, 30), date(2026, 9, 30))
        assert stop_of(done, on=noon(9).date()).words == words
    assert words == "2026-09-12 去世，次月停（本地参数“死亡当月停发”，虚构）：发到 2026-09-30；多发的另办追缴"
