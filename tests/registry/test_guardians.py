"""Guardians: entered with a paper by one, seen by another, in force for their days; nothing else makes an adult a ward."""

from datetime import date, timedelta

import pytest

from tests.cases.town import DAY, NOON, make_town, noon
from tests.journeys.seat import number_of
from tests.make import make_person, make_staff, make_village
from tests.registry.guarded import AUNT, paper_of, recorded
from yimen.office.access import NotAllowed, scope
from yimen.office.audit import reading
from yimen.office.files import open_file
from yimen.office.vault import blind_index
from yimen.registry import actions
from yimen.registry.models import Guardianship, Person
from yimen.registry.queries import guardians_of, guardianship_photo, guardianships_of, unseen_guardianships

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return make_town()


def acting_for(town, on=DAY):
    with town.at_desk(town.window):
        return [(one.name, one.capacity) for one in guardians_of(people=[town.person.pk], on=on)]


def test_a_guardian_counts_when_another_has_seen_the_paper_and_nobody_confirms_their_own(town, tmp_path):
    row = recorded(town, tmp_path, confirmed=False)
    assert acting_for(town) == []
    with town.at_desk(town.window):
        assert not unseen_guardianships(staff=town.window).exists()
        with pytest.raises(actions.NotGuarded, match="要由别人"):
            actions.confirm_guardian(guardianship=row.pk, by=town.window, at=NOON)
    with town.at_desk(town.colleague):
        assert [one.pk for one in unseen_guardianships(staff=town.colleague)] == [row.pk]
        actions.confirm_guardian(guardianship=row.pk, by=town.colleague, at=NOON)
        with pytest.raises(actions.NotGuarded, match="已经核对过"):
            actions.confirm_guardian(guardianship=row.pk, by=town.colleague, at=NOON)
        name, content = open_file(guardianship_photo(guardianship=row.pk), purpose="看监护文书")

    assert (name, b"".join(content)[:4]) == ("监护文书.png", b"\x89PNG")
    assert acting_for(town) == [("沈大姑", "none")]


def test_it_is_in_force_from_its_first_day_to_its_last_and_ends_with_a_reason(town, tmp_path):
    row = recorded(town, tmp_path, ends_on=DAY + timedelta(days=9))
    assert acting_for(town, date(2025, 2, 28)) == []
    assert acting_for(town, DAY + timedelta(days=9)) != []
    assert acting_for(town, DAY + timedelta(days=10)) == []
    with town.at_desk(town.colleague):
        with pytest.raises(actions.NotGuarded, match="为什么终止"):
            actions.end_guardian(guardianship=row.pk, words=" ", by=town.colleague, at=noon(1))
        actions.end_guardian(guardianship=row.pk, words="法院恢复行为能力", by=town.colleague, at=noon(1))
        assert guardianships_of(people=[town.person.pk]).get().ended_words == "法院恢复行为能力"
    assert acting_for(town) == []


def test_a_minor_s_guardian_acts_until_the_child_is_of_age(town, tmp_path):
    with town.at_desk(town.window):
        child = make_person(town.home, number=2, relation="孙子")
        Person.objects.filter(pk=child.pk).update(born_on=date(2008, 12, 1))
    recorded(town, tmp_path, ward=child, capacity="minor")

    with town.at_desk(town.window):
        assert [one.name for one in guardians_of(people=[child.pk], on=DAY)] == ["沈大姑"]
        assert guardians_of(people=[child.pk], on=date(2026, 12, 1)) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"capacity": "minor"}, "已满十八周岁"),
        ({"capacity": "old"}, "已满十八周岁"),
        ({"name": " "}, "监护人姓名"),
        ({"paper": ""}, "凭哪份文书"),
        ({"reason": ""}, "为什么由这个人"),
        ({"photo": b""}, "拍照"),
        ({"photo": b"text"}, "图片|照片"),
        ({"id_number": "123"}, "监护人的"),
        ({"id_number": number_of("20150101", 1)}, "还没满十八周岁"),
        ({"starts_on": DAY + timedelta(days=1)}, "起止日期"),
        ({"ends_on": date(2025, 2, 1)}, "起止日期"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(town, tmp_path, wrong, why):
    with pytest.raises(actions.NotGuarded, match=why):
        recorded(town, tmp_path, **wrong)
    with town.at_desk(town.window):
        assert not Guardianship.objects.exists()


def test_the_same_guardian_is_recorded_once_and_again_after_the_first_has_ended(town, tmp_path):
    row = recorded(town, tmp_path)
    with pytest.raises(actions.NotGuarded, match="已经登记过"):
        recorded(town, tmp_path)
    with town.at_desk(town.window):
        actions.end_guardian(guardianship=row.pk, words="写错了关系", by=town.window, at=noon(1))
    recorded(town, tmp_path, relation="伯母")


def test_a_guardian_in_the_registry_is_tied_to_who_they_are_and_not_to_a_neighbour_of_another_name(town, tmp_path):
    with town.at_desk(town.window):
        aunt = make_person(town.home, name="沈大姑", number=3, relation="其他")
        Person.objects.filter(pk=aunt.pk).update(id_index=blind_index("id_number", AUNT))
    with pytest.raises(actions.NotGuarded, match="另一个姓名"):
        recorded(town, tmp_path, name="沈大娘")
    assert recorded(town, tmp_path).guardian_id == aunt.pk


def test_only_a_member_of_the_household_and_only_below_the_own_area(town, tmp_path):
    foreign = make_staff(kind="town_clerk", area=make_village(12), username="foreign")
    with scope(foreign, "测试"), reading("测试"), pytest.raises((actions.NotGuarded, NotAllowed)):
        actions.record_guardian(
            household=town.home.pk, given=paper_of(town.person, tmp_path), allow_fictional=True, by=foreign, at=NOON
        )
    row = recorded(town, tmp_path)
    with scope(foreign, "测试"), pytest.raises(Guardianship.DoesNotExist):
        guardianship_photo(guardianship=row.pk)
