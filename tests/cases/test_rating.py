"""In the hall: one opinion for one service, by its code alone, in its time; a bad one has an owner who did not serve."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.cases.town import NOON, make_town, opened
from tests.make import make_staff, make_village
from yimen.cases import actions, queries
from yimen.cases.models import HallOpinion, HallVisit, Task
from yimen.office.access import System, scope
from yimen.office.models import Area, ServicePoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    town = make_town()
    area = Area.objects.get(code="990101001")
    ServicePoint.objects.create(area=area, name="城关镇便民服务中心", owner="township", address="城关镇1号")
    town.head = make_staff(kind="town_approver", area=area, username="head")
    town.leader = make_staff(kind="county_leader", area=Area.objects.get(code="990101"), username="leader")
    return town


def asked(town, by=None, at=NOON, **about):
    staff = by or town.window
    with town.at_desk(staff):
        return actions.open_visit(by=staff, at=at, **about)


def rated(code, grade, *, words="", at=NOON, device="phone"):
    with scope(System("rating"), "测试"):
        return actions.rate_visit(code=code, grade=grade, words=words, device=device, at=at)


def test_somebody_who_only_asked_may_rate_and_no_two_codes_are_alike(town):
    first, second = asked(town), asked(town)

    assert first.code != second.code
    assert len(first.code) == 10
    assert first.service_point.name == "城关镇便民服务中心"
    assert rated(first.code, 5).first
    with scope(System("rating"), "测试"):
        assert queries.hall_visit(code=first.code, at=NOON).given[0][0] == "非常满意"
        assert queries.hall_visit(code="AAAAAAAAAA", at=NOON) is None


def test_one_visit_of_one_household_is_one_rating_until_it_is_given(town):
    case = opened(town)
    first = asked(town, case=case.pk)
    assert asked(town, case=case.pk) == first
    # Another window is another service; and after the opinion a new visit is a new one.
    assert asked(town, by=town.colleague, case=case.pk) != first
    rated(first.code, 4)
    assert asked(town, case=case.pk) != first


def test_what_is_said_later_is_added_and_the_first_stands(town):
    visit = asked(town)
    rated(visit.code, 2, words="等太久")
    rated(visit.code, 5, words="后来办得好", at=NOON + timedelta(days=3))

    with scope(System("rating"), "测试"):
        seen = queries.hall_visit(code=visit.code, at=NOON)
        assert [(grade, words) for grade, _, words in seen.given] == [("不满意", "等太久"), ("非常满意", "后来办得好")]
        assert HallOpinion.objects.filter(visit=visit, first=True).get().grade == 2
        with pytest.raises(IntegrityError), transaction.atomic():
            HallOpinion.objects.create(visit=visit, device="pad", grade=5, first=True, given_at=NOON, area_path=visit.area_path)


@pytest.mark.parametrize(("late", "taken"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)])
def test_after_a_day_it_is_too_late(town, late, taken):
    visit = asked(town)
    if taken:
        assert rated(visit.code, 3, at=NOON + late).first
        return
    with pytest.raises(actions.NotRated, match="时间过了"):
        rated(visit.code, 3, at=NOON + late)


@pytest.mark.parametrize("grade", [0, 6, -1])
def test_there_are_five_grades(town, grade):
    with pytest.raises(actions.NotRated, match="五档"):
        rated(asked(town).code, grade)


@pytest.mark.parametrize(("grade", "is_bad"), [(1, True), (2, True), (3, False), (5, False)])
def test_a_bad_one_is_handled_within_the_local_days_by_somebody_who_did_not_serve(town, grade, is_bad):
    rated(asked(town).code, grade, words="推来推去")
    with scope(System("test"), "测试"):
        tasks = list(Task.objects.filter(kind="rating"))
    assert len(tasks) == is_bad
    if is_bad:
        # Five working days from Monday the 23rd.
        assert tasks[0].owner == town.head
        assert str(tasks[0].due_on) == "2026-11-30"
        assert "推来推去" in tasks[0].words


def test_the_answer_is_read_by_whoever_holds_the_code_and_a_second_bad_one_opens_no_second_handling(town):
    visit = asked(town)
    rated(visit.code, 1)
    rated(visit.code, 1, words="还是不行")
    with scope(System("test"), "测试"):
        task = Task.objects.get(kind="rating")
        assert queries.hall_visit(code=visit.code, at=NOON).is_handled
    with town.at_desk(town.head):
        actions.end_task(task=task.pk, words="已道歉，材料不用再交。", by=town.head, at=NOON)
    with scope(System("rating"), "测试"):
        seen = queries.hall_visit(code=visit.code, at=NOON)
    assert seen.answers[0][0] == "已道歉，材料不用再交。"
    assert not seen.is_handled


def test_the_clerk_sees_that_it_was_rated_never_how_and_no_colleague_sees_it(town):
    visit = asked(town)
    rated(visit.code, 1)
    with town.at_desk(town.window):
        assert queries.visit_asked(visit_id=visit.pk, by=town.window)[1]
        with pytest.raises(HallVisit.DoesNotExist):
            queries.visit_asked(visit_id=visit.pk, by=town.colleague)


def test_the_pad_shows_the_last_service_of_its_clerk_for_ten_minutes_and_only_today(town):
    with town.at_desk(town.window):
        pad = actions.open_pad(by=town.window, at=NOON)
        assert actions.open_pad(by=town.window, at=NOON) == pad
    old, new = asked(town), asked(town, at=NOON + timedelta(minutes=1))
    asked(town, by=town.colleague, at=NOON + timedelta(minutes=2))
    with scope(System("rating"), "测试"):
        assert queries.on_the_pad(code=pad.code, at=NOON + timedelta(minutes=3)) == (True, new.code)
        assert queries.on_the_pad(code=pad.code, at=NOON + timedelta(minutes=11)) == (True, "")
        assert queries.on_the_pad(code=pad.code, at=NOON + timedelta(days=1)) == (False, "")
    rated(new.code, 5, device="pad", at=NOON + timedelta(minutes=3))
    with scope(System("rating"), "测试"):
        assert queries.on_the_pad(code=pad.code, at=NOON + timedelta(minutes=4)) == (True, "")
    assert old.code != new.code


def test_the_leader_sees_each_service_point_with_its_grades_and_what_is_not_handled(town):
    for grade in (5, 5, 3, 1):
        rated(asked(town).code, grade)
    asked(town)
    with town.at_desk(town.leader):
        (line,) = queries.ratings_by_point(since=NOON.date(), until=NOON.date())
        assert (line.place, line.asked, line.rated) == ("城关镇便民服务中心", 5, 4)
        assert list(line.grades) == [2, 0, 1, 0, 1]
        assert line.open_bad == 1
        assert queries.bad_ones_open().count() == 1
        assert (
            queries.ratings_by_point(since=NOON.date() - timedelta(days=9), until=NOON.date() - timedelta(days=1))[0].asked == 0
        )


def test_two_service_points_of_the_same_name_are_told_apart(town):
    here = asked(town).service_point
    other = ServicePoint.objects.create(name=here.name, area=make_village(3), owner="village", address="村里 1 号")
    rated(asked(town, point=other).code, 2)
    rated(asked(town, by=town.colleague, point=here).code, 5)
    with town.at_desk(town.leader):
        lines = {one.point: one for one in queries.ratings_by_point(since=NOON.date(), until=NOON.date())}
    assert {point.pk: (one.asked, one.rated, one.mean_grade, one.open_bad) for point, one in lines.items()} == {
        here.pk: (2, 1, 5, 0),
        other.pk: (1, 1, 2, 1),
    }


def test_who_has_no_window_asks_nobody(town):
    with pytest.raises(Exception, match="岗位"):
        asked(town, by=make_staff(kind="audit_admin", area=Area.objects.get(code="990101"), username="audit"))
