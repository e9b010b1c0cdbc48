"""Posts: several in one hand where a township has one officer, but never an administrator's beside another."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.make import NOON, TODAY, make_area, make_staff
from yimen.office import actions
from yimen.office.access import NotAllowed, System, may, scope
from yimen.office.models import Staff
from yimen.office.permissions import EXCLUSIVE, PERMISSION_WORDS, PERMISSIONS, POST_WORDS

pytestmark = pytest.mark.django_db
LATER = TODAY + timedelta(days=30)


@pytest.fixture
def town():
    return make_area("990101001", path="99.9901.990101.990101001.", level=4, name="城关镇")


def give(staff, kind, area, starts_on=TODAY):
    with scope(System("test"), "任岗"):
        return actions.give_post(staff=staff, kind=kind, area=area, starts_on=starts_on, by=None, at=NOON)


def end(post, ends_on):
    with scope(System("test"), "免岗"):
        actions.end_post(post=post, ends_on=ends_on, by=None, at=NOON)


def test_the_only_officer_of_a_township_holds_two_posts_and_may_what_either_may(town):
    staff = make_staff(kind="town_clerk", area=town)
    give(staff, "town_approver", town)

    with scope(staff, "查看"):
        assert may("finding.export", area_path=town.path)
        assert may("finding.close", area_path=town.path)
        assert not may("staff.manage")


@pytest.mark.parametrize("admin", sorted(EXCLUSIVE))
def test_an_administrator_holds_no_other_post(admin, town):
    with pytest.raises(NotAllowed, match="三员分立"):
        give(make_staff(kind="town_clerk", area=town, username="clerk"), admin, town)
    with pytest.raises(NotAllowed, match="三员分立"):
        give(make_staff(kind=admin, area=town, username="admin"), "town_clerk", town)
    with pytest.raises(NotAllowed, match="三员分立"):
        give(make_staff(kind=admin, area=town, username="other"), min(EXCLUSIVE - {admin}), town)


def test_a_post_that_is_yet_to_end_stands_in_the_way_of_an_administrator(town):
    staff = make_staff(kind="county_clerk", area=town)
    end(staff.posts.get(), LATER)

    with pytest.raises(NotAllowed, match="三员分立"):
        give(staff, "audit_admin", town)
    give(staff, "audit_admin", town, starts_on=LATER)


def test_a_post_that_is_yet_to_begin_stands_in_the_way_too(town):
    staff = make_staff(kind="county_clerk", area=town)
    staff.posts.update(starts_on=LATER)

    with pytest.raises(NotAllowed, match="三员分立"):
        give(staff, "audit_admin", town)


def test_a_post_that_never_began_can_be_ended(town):
    staff = make_staff(kind="county_clerk", area=town)
    staff.posts.update(starts_on=LATER)
    end(staff.posts.get(), TODAY)

    assert staff.posts.get().ends_on == LATER
    with scope(staff, "查看"):
        assert not may("person.see")


def test_only_who_manages_staff_gives_posts(town):
    clerk = make_staff(kind="county_clerk", area=town)

    with scope(clerk, "任岗"), pytest.raises(NotAllowed):
        actions.give_post(staff=clerk, kind="approver", area=town, starts_on=date(2026, 1, 1), by=clerk, at=NOON)


def test_a_user_name_that_differs_only_in_case_is_taken(town):
    make_staff(kind="county_clerk", area=town, username="clerk")
    with scope(System("test"), "管理人员"):
        with pytest.raises(NotAllowed, match="不分大小写"):
            actions.add_staff(username="Clerk", password="a-long-password", name="另一人", department="mz", by=None, at=NOON)
        with pytest.raises(NotAllowed, match="不分大小写"):
            actions.add_client(username="CLERK", name="省平台", area=town, post="portal", by=None, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Staff.objects.create_user("CLERK", "a-long-password", name="另一人")


def test_a_program_gets_no_password(town):
    make_staff(kind="county_clerk", area=town)
    with scope(System("test"), "管理人员"):
        client, _ = actions.add_client(username="portal", name="省平台", area=town, post="portal", by=None, at=NOON)
        with pytest.raises(NotAllowed, match="令牌"):
            actions.reset_password(staff=client.staff, password="a-new-long-password", by=None, at=NOON)
    assert not Staff.objects.get(username="portal").has_usable_password()


def test_the_permission_table_names_only_posts_and_permissions_that_have_words():
    assert set(PERMISSIONS) == set(POST_WORDS)
    assert set().union(*PERMISSIONS.values()) == set(PERMISSION_WORDS)


def test_no_administrator_sees_or_finds_a_person():
    for kind in EXCLUSIVE:
        assert not {one for one in PERMISSIONS[kind] if one.startswith(("person.", "finding.", "desk.", "help."))}
