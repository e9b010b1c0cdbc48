"""Registering a household by hand: the checks of a roster, whole or not at all, people from elsewhere included."""

from datetime import date

import pytest
from django.test import override_settings

from tests.cases.town import DAY, NOON, make_town
from tests.make import make_staff
from yimen.office.access import NotAllowed, OutsideScope
from yimen.office.models import Area
from yimen.registry import actions, queries
from yimen.registry.id_numbers import check_digit
from yimen.registry.models import Household, Person

pytestmark = pytest.mark.django_db


def number(born_on: date, serial: int = 101) -> str:
    first = f"990303{born_on:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


@pytest.fixture
def town():
    return make_town()


def register(town, *members, area=None, by=None, category="农"):
    with town.at_desk(by or town.window):
        return actions.register_household(
            area=area or town.village, category=category, members=members, by=by or town.window, at=NOON, on=DAY
        )


HEAD = actions.NewMember("程路上", number(date(1982, 7, 9)), "本人", registered_here=False)


def test_people_from_elsewhere_live_here_from_today_and_are_found_again(town):
    home = register(town, HEAD, actions.NewMember("程小石", number(date(2015, 1, 2), 102), "子", registered_here=False))

    with town.at_desk(town.window):
        card = queries.household_card(household_id=home.pk, on=DAY)
        assert [(one.name, one.relation, one.age, one.registered_here) for one in card.members] == [
            ("程路上", "户主", 44, False),
            ("程小石", "子", 11, False),
        ]
        assert queries.household_card(household_id=home.pk, on=date(2026, 11, 22)).members == []
        assert [hit.person_id for hit in queries.search(text="程路上")] == [card.members[0].person_id]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (actions.NewMember("程路上", number(date(1982, 7, 9))[:17] + "0", "本人"), "校验"),
        (actions.NewMember("", number(date(1982, 7, 9)), "本人"), "姓名"),
        (actions.NewMember("程路上", "", "本人"), "身份证号"),
        (actions.NewMember("程路上", number(date(2027, 7, 9)), "本人"), "今天之后"),
    ],
)
def test_a_line_that_cannot_be_right_is_refused_with_its_place_and_nothing_is_written(town, wrong, why):
    with pytest.raises(actions.NotRegistered, match=f"第 1 人：.*{why}"):
        register(town, wrong)

    with town.at_desk(town.window):
        assert (Household.objects.count(), Person.objects.count()) == (1, 1)


def test_one_bad_line_keeps_the_whole_household_out(town):
    with pytest.raises(actions.NotRegistered, match="第 2 人"):
        register(town, HEAD, actions.NewMember("程小石", HEAD.id_number, "子"))

    with town.at_desk(town.window):
        assert not Person.objects.filter(registered_here=False).exists()


def test_who_lives_in_another_household_is_not_registered_a_second_time(town):
    register(town, HEAD)

    with pytest.raises(actions.NotRegistered, match="已登记在另一户"):
        register(town, HEAD)


def test_there_is_exactly_one_head(town):
    with pytest.raises(actions.NotRegistered, match="户主"):
        register(town, actions.NewMember("程路上", number(date(1982, 7, 9)), "子"))


def test_a_fictional_number_is_taken_only_in_a_demonstration(town):
    with override_settings(YIMEN_DEMO=False), pytest.raises(actions.NotRegistered, match="虚构"):
        register(town, HEAD)


def test_nobody_registers_where_their_post_does_not_reach(town):
    cadre = make_staff(kind="village_cadre", area=town.village, username="cadre")
    elsewhere = Area.objects.create(code="990101002001", name="演示外村", level=5, path="99.9901.990101.990101002.990101002001.")

    with pytest.raises((NotAllowed, OutsideScope)):
        register(town, HEAD, by=cadre, area=elsewhere)


def test_a_township_is_no_place_to_live(town):
    with pytest.raises(actions.NotRegistered, match="村"):
        register(town, HEAD, area=Area.objects.get(code="990101001"))
