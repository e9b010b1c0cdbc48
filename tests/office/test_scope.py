import pytest
from django.db.models import Count, F, FilteredRelation, Max, OuterRef, Q, Subquery
from django.utils import timezone

from tests.make import NOON, make_household, make_person, make_staff, make_village
from yimen.office import actions
from yimen.office.access import OutsideScope, System, scope
from yimen.office.models import Area
from yimen.registry.models import Household, Membership, Person

pytestmark = pytest.mark.django_db


def test_people_without_a_scope_raise_instead_of_showing_everybody():
    with pytest.raises(OutsideScope):
        Person.objects.count()


def test_a_village_cadre_sees_the_own_village_and_no_other():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        mine = make_person(make_household(here), number=1)
        make_person(make_household(there), number=2)

    with scope(make_staff(area=here), "查看"):
        assert [person.pk for person in Person.objects.all()] == [mine.pk]


def test_a_neighbouring_code_that_begins_alike_is_not_below():
    with scope(System("test"), "测试"):
        inside = Household.objects.create(area=make_village(1), area_path="99.9901.9901.", number="1", changed_at=NOON)
        Household.objects.create(area=make_village(1), area_path="99.9901.99011.", number="2", changed_at=NOON)

    with scope(System("test", "99.9901.9901."), "测试"):
        assert [household.pk for household in Household.objects.all()] == [inside.pk]


def test_a_join_does_not_reach_a_household_of_another_area():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        person = make_person(make_household(here))
        # Planted: the membership lies here, its household elsewhere.
        Membership.objects.filter(person=person).update(household=make_household(there, number="2"))

    with scope(make_staff(area=here), "查看"):
        assert Membership.objects.count() == 1
        assert list(Membership.objects.select_related("household")) == []
        assert list(Membership.objects.values("household__number")) == []
        with pytest.raises(Household.DoesNotExist):
            Membership.objects.get().household


ACROSS = {
    "annotate": lambda rows: [row.told for row in rows.annotate(told=F("household__number"))],
    "annotate and values": lambda rows: [row["told"] for row in rows.annotate(told=F("household__number")).values("told")],
    "values of an expression": lambda rows: [row["told"] for row in rows.values(told=F("household__number"))],
    "grouping": lambda rows: [row["household__number"] for row in rows.values("household__number").annotate(Count("pk"))],
    "aggregate": lambda rows: [rows.aggregate(told=Max("household__number"))["told"]],
    "filter": lambda rows: list(rows.filter(household__number="elsewhere")),
    "filter or": lambda rows: list(rows.filter(Q(household__number="elsewhere") | Q(household__number="x"))),
    "exclude": lambda rows: list(rows.exclude(household__number="mine")),
    "exists": lambda rows: [rows.filter(household__number__startswith="e").exists() or None],
    "count": lambda rows: [rows.filter(household__number="elsewhere").count() or None],
    "order": lambda rows: list(rows.order_by("household__number")),
    "days": lambda rows: list(rows.dates("household__changed_at", "year")),
    "named relation": lambda rows: [
        row.told for row in rows.annotate(home=FilteredRelation("household")).annotate(told=F("home__number"))
    ],
    "subquery": lambda rows: [
        row.told for row in rows.annotate(told=Subquery(Household.objects.filter(pk=OuterRef("household_id")).values("number")))
    ],
    "from the person": lambda rows: list(Person.objects.filter(memberships__household__number="elsewhere")),
    "backwards": lambda rows: list(Household.objects.filter(memberships__relation="户主").exclude(number="mine")),
    "backwards from the area": lambda rows: [
        area.homes or None for area in Area.objects.filter(name="演示2村").annotate(homes=Count("household"))
    ],
    "values from the area": lambda rows: list(Area.objects.filter(household__number="elsewhere").values_list("name")),
}


@pytest.mark.parametrize("way", ACROSS)
def test_no_shape_of_a_query_tells_of_a_household_elsewhere(way):
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        person = make_person(make_household(here, number="mine"))
        # Planted: the membership lies here, its household elsewhere.
        Membership.objects.filter(person=person).update(household=make_household(there, number="elsewhere"))
        assert [told for told in ACROSS[way](Membership.objects.all()) if told is not None]

    with scope(make_staff(area=here), "查看"):
        assert [told for told in ACROSS[way](Membership.objects.all()) if told is not None] == []


def test_a_household_counts_only_the_members_who_live_in_the_scope():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        home = make_household(here)
        make_person(home)
        stray = make_person(home, number=2, relation="子")
        Membership.objects.filter(person=stray).update(area_path=there.path)

    with scope(make_staff(area=here), "查看"):
        assert Household.objects.annotate(members=Count("memberships")).get().members == 1
        assert home.memberships.count() == 1


def test_nothing_is_written_moved_or_deleted_outside_the_scope():
    here, there = make_village(1), make_village(2)
    with scope(System("test"), "测试"):
        mine, theirs = make_household(here), make_household(there)
    new = Household(number="9", area=there, area_path=there.path, changed_at=NOON)
    tries = (
        new.save,
        theirs.save,
        theirs.delete,
        lambda: Household.objects.bulk_create([new]),
        lambda: Household.objects.bulk_update([theirs], ["number"]),
        lambda: Household.objects.update(area_path=there.path),
    )

    with scope(make_staff(area=here), "办理"):
        for attempt in tries:
            with pytest.raises(OutsideScope):
                attempt()
        assert Household.objects.filter(pk=theirs.pk).update(number="x") == 0
        assert Household.objects.filter(pk=theirs.pk).delete()[0] == 0

    with scope(System("test"), "测试"):
        assert sorted(Household.objects.values_list("number", "area_path")) == sorted(
            [(mine.number, here.path), (theirs.number, there.path)]
        )


def test_sql_by_hand_is_refused_on_a_table_of_people():
    with scope(System("test"), "测试"), pytest.raises(OutsideScope):
        Person.objects.raw("SELECT * FROM registry_person")


def test_somebody_without_a_post_sees_and_counts_nobody():
    village = make_village()
    with scope(System("test"), "测试"):
        make_person(make_household(village))
    staff = make_staff(area=village)
    staff.posts.all().delete()

    with scope(staff, "查看"):
        assert Person.objects.count() == 0
        assert Area.objects.filter(household__isnull=False).count() == 0


def test_whoever_is_relieved_today_sees_nothing_from_now_on():
    village = make_village()
    with scope(System("test"), "测试"):
        make_person(make_household(village))
    staff = make_staff(area=village)
    with scope(staff, "查看"):
        assert Person.objects.count() == 1

    with scope(System("test"), "免岗"):
        actions.end_post(post=staff.posts.get(), ends_on=timezone.localdate(), by=None, at=NOON)

    with scope(staff, "查看"):
        assert Person.objects.count() == 0


def test_a_post_that_ended_yesterday_shows_nothing_today():
    village = make_village()
    with scope(System("test"), "测试"):
        make_person(make_household(village))
    staff = make_staff(area=village)
    staff.posts.update(ends_on="2021-01-01")

    with scope(staff, "查看"):
        assert Person.objects.count() == 0
