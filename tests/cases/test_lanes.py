"""Aid on the spot: within the cap, also for people from elsewhere, decided by a second person, shown when it repeats."""

from datetime import date
from decimal import Decimal

import pytest

from tests.cases.town import DAY, NOON, make_town, noon, opened
from tests.make import make_staff
from yimen.benefits.actions import NotBooked, fund_reserve
from yimen.benefits.models import Grant, Reserve
from yimen.benefits.queries import received_once, totals_by_fund
from yimen.cases import actions, queries
from yimen.cases.models import Decision
from yimen.office.access import scope
from yimen.office.models import Area
from yimen.registry.actions import NewMember, register_household
from yimen.registry.id_numbers import check_digit
from yimen.registry.queries import household_card
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db


def number(born_on: date, serial: int) -> str:
    first = f"990202{born_on:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


@pytest.fixture
def town():
    town = make_town()
    town.county = make_staff(kind="county_clerk", area=Area.objects.get(code="990101"), username="county")
    with scope(town.county, "测试"):
        fund_reserve(
            area=Area.objects.get(code="990101001"), yuan=Decimal("1000"), words="花财社〔2026〕1号", by=town.county, at=NOON
        )
    return town


@pytest.fixture
def couple(town):
    """A couple from another province, stranded after an accident."""
    with town.at_desk(town.window):
        home = register_household(
            area=town.village,
            category="农",
            members=[
                NewMember("冯过客", number(date(1980, 3, 2), 101), "户主", registered_here=False),
                NewMember("程路上", number(date(1982, 7, 9), 102), "配偶", registered_here=False),
            ],
            by=town.window,
            at=NOON,
            on=DAY,
        )
        members = [one.person_id for one in household_card(household_id=home.pk, on=DAY).members]
    return home, members


def test_nobody_gives_small_aid_to_a_relative(town):
    case = opened(town)
    with town.at_desk(town.colleague):
        kin = {"person": town.person.pk, "relation": "姐弟", "staff": town.window}
        actions.record_kinship(case=case.pk, by=town.colleague, at=NOON, **kin)
    for act in (actions.give_small_aid, actions.give_urgent_aid):
        more = {"papers_by": DAY} if act is actions.give_urgent_aid else {}
        hands = [actions.Hand(town.person.pk, Decimal(100))]
        about = {"household": town.home.pk, "hands": hands, "cause": "illness", "words": "急病"}
        with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="须回避"):
            act(by=town.window, at=NOON, **about, **more)


def give(town, home, hands, **more):
    wanted = {"cause": "traffic", "words": "过境时翻车，身上没有钱，今晚没处住。"} | more
    with town.at_desk(town.window):
        return actions.give_small_aid(household=home.pk, hands=hands, by=town.window, at=NOON, **wanted)


def test_a_couple_from_another_province_is_helped_the_same_day_within_the_cap(town, couple):
    home, (he, she) = couple
    case = give(town, home, [actions.Hand(he, Decimal("300")), actions.Hand(she, Decimal("200.50"))])

    with town.at_desk(town.approver):
        # Three days from the hand that gave to the second person's yes, told on every list.
        case.refresh_from_db()
        assert case.due_on == noon(3).date()
        for decision in Decision.objects.filter(case=case):
            actions.confirm(decision=decision.pk, by=town.approver, at=noon(1))

        assert Reserve.objects.get().balance_fen == 49950
        assert sorted(Grant.objects.values_list("amount_fen", flat=True)) == [20050, 30000]
        assert {one.registered_here for one in household_card(household_id=home.pk, on=DAY).members} == {False}
        assert queries.urgent_of(case=case.pk).given_on == DAY
        case.refresh_from_db()
        assert case.state == "concluded"
        received = received_once(household=home.pk, people=[he, she])
        assert totals_by_fund(received) == [("乡镇备用金", Decimal("500.50"))]


def test_more_than_the_cap_is_refused_and_nothing_has_moved(town, couple):
    home, (he, _) = couple
    with town.at_desk(town.window):
        cap = queries.cap_of(household_card(household_id=home.pk, on=DAY), DAY)

    with pytest.raises(actions.NotGiven, match="最高"):
        give(town, home, [actions.Hand(he, cap + Decimal("0.01"))])

    with town.at_desk(town.window):
        assert Reserve.objects.get().balance_fen == 100000
        assert not Decision.objects.exists()


def test_exactly_the_cap_is_given(town, couple):
    home, (he, _) = couple
    with town.at_desk(town.window):
        cap = queries.cap_of(household_card(household_id=home.pk, on=DAY), DAY)

    case = give(town, home, [actions.Hand(he, cap)])

    assert case.number


def test_whoever_gave_does_not_confirm_it_and_a_colleague_of_the_township_may(town, couple):
    home, (he, _) = couple
    case = give(town, home, [actions.Hand(he, Decimal("300"))])
    second = make_staff(kind="town_approver", area=Area.objects.get(code="990101001"), username="second")

    with town.at_desk(town.window):
        decision = Decision.objects.get(case=case)
        assert queries.unconfirmed(on=noon(2).date()) == {case.pk: 2}
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="不能是同一个人"):
        actions.confirm(decision=decision.pk, by=town.window, at=NOON)
    with town.at_desk(second):
        assert actions.confirm(decision=decision.pk, by=second, at=NOON).state == "confirmed"
        assert queries.unconfirmed(on=DAY) == {}


def test_a_repeat_for_the_same_cause_is_shown_and_not_blocked(town, couple):
    home, (he, _) = couple
    first = give(town, home, [actions.Hand(he, Decimal("100"))])
    second = give(town, home, [actions.Hand(he, Decimal("100"))])

    with town.at_desk(town.window):
        earlier = queries.earlier_aid(household=home.pk, on=DAY, cause="traffic")
    assert [one.case.pk for one in earlier] == [second.pk, first.pk]
    assert all(one.same_cause for one in earlier)
    with town.at_desk(town.window):
        assert not any(one.same_cause for one in queries.earlier_aid(household=home.pk, on=DAY, cause="fire"))


def test_when_the_reserve_is_short_nothing_of_the_aid_is_written(town, couple):
    home, (he, she) = couple
    with scope(town.county, "测试"):
        fund_reserve(area=Area.objects.get(code="990101001"), yuan=Decimal("-600"), words="缴回", by=town.county, at=NOON)

    with pytest.raises(NotBooked, match=r"只剩 100\.00 元"):
        give(town, home, [actions.Hand(he, Decimal("300")), actions.Hand(she, Decimal("300"))])

    with town.at_desk(town.window):
        assert Reserve.objects.get().balance_fen == 40000
        assert not Decision.objects.exists()


def test_without_a_local_standard_nobody_guesses_a_cap(town, couple, monkeypatch):
    home, (he, _) = couple
    monkeypatch.setattr("yimen.cases.lanes.yuan_parameter", lambda *_, **__: None)

    with pytest.raises(actions.NotGiven, match="没有录入"):
        give(town, home, [actions.Hand(he, Decimal("1"))])


def test_where_a_household_counts_as_one_its_amounts_are_added_up(town, couple, monkeypatch):
    home, (he, she) = couple
    monkeypatch.setattr("yimen.cases.lanes.true_parameters", lambda names, **_: frozenset(names))

    with pytest.raises(actions.NotGiven, match="一户最高"):
        give(town, home, [actions.Hand(he, Decimal("300")), actions.Hand(she, Decimal("300"))])


def test_the_policy_asks_for_no_posting_and_no_authorisation():
    policy = current_rules().policy("small_emergency_aid")

    assert policy.posting.needed == "否"
    assert not any("授权" in paper.name for paper in policy.papers)


def test_what_was_given_on_the_spot_is_not_taken_back_as_an_application(town, couple):
    home, (he, _) = couple
    case = give(town, home, [actions.Hand(he, Decimal("300"))])

    with town.at_desk(town.window), pytest.raises(actions.NotAccepted, match="已经给了，不能撤回"):
        actions.withdraw(case=case.pk, words="不要了", by=town.window, at=NOON)
