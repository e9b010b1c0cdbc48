"""A paper form of a power cut (空白编号登记表) is entered once, whoever enters it and when."""

from importlib import import_module

import pytest
from django.apps import apps

from tests.cases.test_once import at_once, count
from tests.cases.town import DAY, NOON, make_town, noon, opened
from yimen.cases import actions, queries
from yimen.cases.models import Case
from yimen.cases.paper_forms import form_number
from yimen.office.access import System, scope
from yimen.office.audit import reading

store = pytest.mark.store
PAD = "990101001-2026-停0001"


@pytest.fixture
def town(db):
    return make_town()


def entered(town, number, **more):
    return opened(town, channel="paper", paper_number=number, received_on=DAY, **more)


@store
@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_enter_one_form_at_the_same_moment_make_one_case():
    town = make_town()

    def by(staff):
        with scope(staff, "测试"), reading("测试"):
            return actions.open_case(
                household=town.home.pk, channel="paper", paper_number=PAD, received_on=DAY, by=staff, at=NOON
            )

    said = at_once(*[lambda staff=staff: by(staff) for staff in (town.window, town.colleague)] * 2)

    assert sorted(type(one).__name__ for one in said) == ["Case", "NotAccepted", "NotAccepted", "NotAccepted"], said
    assert all("已经补录过" in str(one) for one in said if isinstance(one, actions.NotAccepted))
    assert count(Case, paper_number=PAD) == 1


def test_a_form_entered_by_mistake_is_taken_back_and_entered_again(town):
    case = entered(town, PAD)
    with pytest.raises(actions.NotAccepted, match="已经补录过"):
        entered(town, "990101001-2026-停1")
    with town.at_desk(town.window):
        actions.withdraw(case=case.pk, words="录错了人", by=town.window, at=noon(0))

    assert entered(town, PAD).paper_number == PAD


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("990101001-2026-停0012", "990101001-2026-停0012"),
        (" ９９0101001-2026-停12 ", "990101001-2026-停0012"),
        ("0012", "990101001-0012"),
        ("00 12", "990101001-0012"),
    ],
)
def test_a_township_s_own_number_is_its_own_and_a_pad_s_is_one_everywhere(typed, kept):
    assert form_number(typed, "99.9901.990101.990101001.990101001001.") == kept


def test_a_number_that_is_part_of_another_s_is_not_taken_for_it(town):
    with town.at_desk(town.window):
        pad = actions.number_blanks(area=town.village.parent, forms=2, by=town.window, at=NOON)
    entered(town, pad.numbers[0] + "1")

    with town.at_desk(town.window):
        assert queries.pads_out()[0].missing == pad.numbers


def test_what_was_entered_when_the_number_stood_in_the_matter_keeps_it_and_of_two_the_first(town):
    cases = [opened(town, matter=f"低保　纸质登记表 {number}") for number in ("0012", PAD, PAD)]
    withdrawn = opened(town, matter="纸质登记表 0013")
    with scope(System("test"), "测试"):
        Case.objects.update(channel="paper")
        Case.objects.filter(pk=withdrawn.pk).update(state="withdrawn")
        import_module("yimen.cases.migrations.0019_paper_form").read_numbers_from_the_matter(apps, None)
        numbers = dict(Case.objects.values_list("pk", "paper_number"))

    first, *same = (numbers[one.pk] for one in cases)
    assert first == "990101001-0012"
    assert sorted(same) == ["", PAD]
    assert numbers[withdrawn.pk] == ""
