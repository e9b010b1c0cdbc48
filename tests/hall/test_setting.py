from datetime import time, timedelta

import pytest

from tests.hall.house import at, make_house
from tests.make import make_staff, make_village
from yimen.hall import actions, queries
from yimen.hall.models import Matter, ProfileLine, RuleChange, Venue, Window
from yimen.hall.ordering import Rule
from yimen.office.access import NotAllowed, scope
from yimen.office.models import Department, ServicePoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_house()


@pytest.fixture
def manager(house):
    return make_staff(kind="hall_manager", area=make_village(), username="manager")


@pytest.fixture
def setting(house, manager):
    """Set something of the house as its manager."""

    def set_it(do, minutes=0, **what):
        with scope(manager, "场所设置"):
            return do(venue=house.venue, by=manager, at=at(minutes), **what)

    return set_it


def test_a_change_of_the_rule_says_who_when_why_and_each_day_shows_the_rule_it_had(house, manager, setting):
    setting(actions.set_rule, minutes=60 * 24, rule=Rule("head_start", 15), reason="普通号等得太久")

    change = RuleChange.objects.get()
    assert (change.by, change.at, change.reason) == (manager, at(60 * 24), "普通号等得太久")
    assert "30 分钟" in change.before
    assert "15 分钟" in change.after
    house.venue.refresh_from_db()
    assert house.venue.calling_rule.head_start_minutes == 15
    today = at(0).date()
    assert queries.rule_on(house.venue, today) == change.before
    assert queries.rule_on(house.venue, today + timedelta(days=1)) == change.after


@pytest.mark.parametrize(
    ("rule", "reason", "words"),
    [
        (Rule("head_start", 15), "  ", "为什么"),
        (Rule("head_start", 90), "试试", "60 分钟之间"),
        (Rule("ratio", 30, 0), "试试", "1 到 9"),
        (Rule("accumulating", 30, 2, 0.0), "试试", "1% 到 100%"),
        (Rule("head_start", 30), "试试", "没有改"),
    ],
)
def test_a_rule_without_reason_out_of_bounds_or_unchanged_is_refused(setting, rule, reason, words):
    with pytest.raises(actions.NotSet, match=words):
        setting(actions.set_rule, rule=rule, reason=reason)

    assert not RuleChange.objects.exists()


def test_only_who_manages_this_hall_sets_it(house):
    clerk = house.clerks[0]
    elsewhere = make_staff(kind="hall_manager", area=make_village(12), username="elsewhere")

    for staff in (clerk, elsewhere):
        with scope(staff, "场所设置"), pytest.raises(NotAllowed):
            actions.set_rule(venue=house.venue, rule=Rule("strict"), reason="试试", by=staff, at=at(0))


def test_hours_that_overlap_or_end_before_they_begin_are_refused_and_the_old_ones_stay(house, setting):
    setting(actions.set_hours, hours=[(1, time(9), time(12))], follows_calendar=False)

    with pytest.raises(actions.NotSet, match="重叠"):
        setting(actions.set_hours, hours=[(1, time(9), time(12)), (1, time(11), time(14))], follows_calendar=True)
    with pytest.raises(actions.NotSet, match="晚于"):
        setting(actions.set_hours, hours=[(2, time(9), time(9))], follows_calendar=True)

    assert [(one.weekday, one.opens_at) for one in house.venue.openings.all()] == [(1, time(9))]


def test_one_matter_waits_in_one_line_and_what_no_line_takes_has_one(house, setting):
    other = Matter.objects.create(code="other", name="别的", department=house.matter.department)
    other.venues.add(house.venue)
    with pytest.raises(actions.NotSet, match="只在一队"):
        setting(actions.set_line, letter="D", name="又一队", matters=[house.matter])
    with pytest.raises(actions.NotSet, match="不限事项"):
        setting(actions.set_line, letter="A", name="综合", matters=[other], held=house.general)
    with pytest.raises(actions.NotSet, match="这里已经在用"):
        setting(actions.set_line, letter="b", name="重的", matters=[])
    with pytest.raises(actions.NotSet, match="最后一队"):
        setting(actions.drop_line, line=house.general)


def test_what_a_day_has_used_is_not_taken_away(house, setting):
    house.take()

    with pytest.raises(actions.NotSet, match="已经发过号"):
        setting(actions.drop_line, line=house.general)
    with pytest.raises(actions.NotSet, match="字母不能再改"):
        setting(actions.set_line, letter="Z", name="综合", matters=[], held=house.general)
    with pytest.raises(actions.NotSet, match="记录还在"):
        setting(actions.drop_window, window=house.windows[0])
    with pytest.raises(actions.NotSet, match="还有窗口用着"):
        setting(actions.drop_profile, profile=house.windows[0].profile)
    assert Window.objects.count() == 2
    assert ProfileLine.objects.count() == 2


def test_without_a_letter_a_priority_ticket_looks_like_every_other_and_goes_first_all_the_same(house, setting):
    setting(actions.set_priority, letter="")
    house.venue = Venue.objects.get()
    house.take(0)
    house.take(5, priority=True)

    assert house.serve_all(10) == ["A002", "A001"]


def test_a_window_with_a_number_that_is_taken_or_open_is_refused(house, setting):
    profile = house.windows[0].profile
    with pytest.raises(actions.NotSet, match="已经有 1 号"):
        setting(actions.place_window, number=1, name="", profile=profile)
    with pytest.raises(actions.NotSet, match="正开着"):
        setting(actions.place_window, number=7, name="", profile=profile, held=house.windows[0])
    with pytest.raises(actions.NotSet, match="叫不到人"):
        setting(actions.set_profile, name="空的", ranks={})


def test_a_new_venue_calls_people_with_nothing_more_than_a_window(house, manager):
    point = ServicePoint.objects.create(name="新开的站", area=make_village(), owner="village", address="村委会（虚构）")
    Department.objects.get_or_create(code="mz", defaults={"name": "民政"})
    with scope(manager, "场所设置"):
        venue = actions.open_venue(point=point, code="new", level="village", by=manager, at=at(0))
        actions.keep_matters([actions.MatterRow("advice", "咨询", "mz")])
        actions.set_matters(venue=venue, matters=list(Matter.objects.filter(code="advice")), by=manager, at=at(0))
        profile = venue.profiles.get()
        actions.place_window(venue=venue, number=1, name="", profile=profile, by=manager, at=at(0))
        with pytest.raises(actions.NotSet, match="已经开设过"):
            actions.open_venue(point=point, code="other", level="village", by=manager, at=at(0))

    assert queries.is_open(venue, at(0) - timedelta(hours=2))
    assert not queries.is_open(venue, at(0) + timedelta(minutes=30))
    assert [str(one.series) for one in profile.lines.all()] == ["A 综合受理"]
