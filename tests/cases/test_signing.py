"""Who signs an authorisation: an adult alone, a recorded guardian for who has no full capacity, and for a child."""

from datetime import date

import pytest

from tests.cases.town import DAY, NOON, make_town, noon, opened
from tests.make import make_person
from tests.registry.guarded import recorded
from yimen.cases import actions
from yimen.cases.models import Consent
from yimen.registry.actions import end_guardian
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return make_town()


def signed(town, case, *, person=None, guardian=None, given=True):
    with town.at_desk(town.window):
        return actions.give_consent(
            case=case.pk,
            person=(person or town.person).pk,
            given=given,
            guardian_name=guardian,
            signed_on=DAY,
            by=town.window,
            at=NOON,
        )


def test_nobody_signs_for_an_adult_who_is_not_recorded_as_unable(town, tmp_path):
    case = opened(town)
    recorded(town, tmp_path, confirmed=False)
    for given in (True, False):
        with pytest.raises(actions.NotAccepted, match="要本人签"):
            signed(town, case, guardian="沈大姑", given=given)
    assert signed(town, case).guardian_name is None


def test_for_an_adult_without_capacity_the_recorded_guardian_answers_and_nobody_else(town, tmp_path):
    row, case = recorded(town, tmp_path, capacity="limited"), opened(town)
    for given in (True, False):
        with pytest.raises(actions.NotAccepted, match=r"限制民事行为能力，授权书由监护人代签.*沈大姑"):
            signed(town, case, given=given)
    with pytest.raises(actions.NotAccepted, match="不是沈大海"):
        signed(town, case, guardian="沈大海")
    signed(town, case, guardian=" 沈大姑 ")
    with town.at_desk(town.window):
        assert Consent.objects.get().guardian_name == "沈大姑"
        end_guardian(guardianship=row.pk, words="法院恢复行为能力", by=town.window, at=noon(1))
    signed(town, case)


def test_for_a_child_the_recorded_guardian_goes_before_whoever_is_named(town, tmp_path):
    with town.at_desk(town.window):
        child = make_person(town.home, number=2, relation="孙子")
        Person.objects.filter(pk=child.pk).update(born_on=date(2015, 1, 2))
    case = opened(town)
    with pytest.raises(actions.NotAccepted, match="未满十八周岁"):
        signed(town, case, person=child)
    signed(town, case, person=child, guardian="沈小满")
    recorded(town, tmp_path, ward=child, capacity="minor")
    with pytest.raises(actions.NotAccepted, match="登记的监护人是沈大姑"):
        signed(town, case, person=child, guardian="沈小满")
    signed(town, case, person=child, guardian="沈大姑")
