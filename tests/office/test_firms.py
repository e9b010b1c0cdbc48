"""A firm that verifies for us is an organisation of its own: one post, by a contract, and out the day after."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate

from tests.make import NOON, make_area, make_firm, make_staff
from yimen.office import actions
from yimen.office.access import NotAllowed, System, may, scope
from yimen.office.models import Department, Post, Staff
from yimen.office.queries import colleagues, firms

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    return make_area("990101", path="99.9901.990101.", level=3, name="花城县")


def ends(firm, day):
    Department.objects.filter(pk=firm.pk).update(contract_until=day)


def test_its_people_see_while_the_contract_runs_and_nothing_the_day_after(county):
    someone = make_staff(kind="third_party", area=county, username="firm1")
    for last, sees in ((localdate(), True), (localdate() - timedelta(days=1), False), (date(2099, 1, 1), True)):
        ends(someone.department, last)
        held = Staff.objects.get(pk=someone.pk)
        with scope(held, "测试") as opened:
            assert (may("visit.make"), bool(opened.paths)) == (sees, sees)
        with scope(System("test"), "测试"):
            assert (held in colleagues(permission="visit.third_party", area_path=county.path)) is sees


def test_a_firm_whose_contract_has_not_begun_is_not_in_yet(county):
    someone = make_staff(kind="third_party", area=county, username="firm1")
    Department.objects.filter(pk=someone.department_id).update(contract_from=localdate() + timedelta(days=1))
    with scope(Staff.objects.get(pk=someone.pk), "测试"):
        assert not may("visit.make")


def test_an_old_account_of_civil_affairs_with_the_firm_s_post_sees_nothing(county):
    clerk = make_staff(kind="village_cadre", area=county, username="old")
    clerk.posts.update(kind="third_party")
    with scope(clerk, "测试"):
        assert not may("visit.make")


def test_a_firm_s_people_get_its_post_and_no_other_and_nobody_else_gets_it(county):
    make_firm()
    with scope(System("test"), "测试"):
        common = {"password": "a-long-password", "by": None, "at": NOON}
        theirs = actions.add_staff(username="firm1", name="核查员", department="tp001", **common)
        ours = make_staff(username="ours")
        given = {"area": county, "starts_on": date(2026, 1, 1), "by": None, "at": NOON}
        with pytest.raises(NotAllowed, match="只能任"):
            actions.give_post(staff=theirs, kind="town_clerk", **given)
        with pytest.raises(NotAllowed, match="只给第三方机构"):
            actions.give_post(staff=ours, kind="third_party", **given)
        actions.give_post(staff=theirs, kind="third_party", **given)
    assert Post.objects.get(staff=theirs).is_held


def test_a_firm_without_a_contract_cannot_be_stored(county):
    with pytest.raises(IntegrityError), transaction.atomic():
        Department.objects.create(code="tp9", name="没有合同", kind="third_party")
    with pytest.raises(IntegrityError), transaction.atomic():
        Department.objects.create(code="zz", name="部门", contract_from=date(2026, 1, 1), contract_until=date(2026, 1, 2))


def test_contracts_are_entered_renewed_and_ended_on_a_page(client, county):
    with scope(System("test"), "测试"):
        days = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
        firm = actions.add_firm(name="同行中心", contract="1号", by=None, at=NOON, **days)
        with pytest.raises(NotAllowed, match="已经有"):
            actions.add_firm(name=" 同行中心 ", contract="2号", by=None, at=NOON, **days)
        with pytest.raises(NotAllowed, match="早于"):
            actions.change_contract(
                firm=firm.code, contract="2号", starts_on=days["ends_on"], ends_on=days["starts_on"], by=None, at=NOON
            )
        actions.change_contract(firm=firm.code, contract="2号", by=None, at=NOON, **(days | {"ends_on": date(2027, 6, 30)}))
        assert [(one.contract, one.contract_until) for one in firms()] == [("2号", date(2027, 6, 30))]
        with pytest.raises(NotAllowed, match="没有这个第三方机构"):
            actions.change_contract(firm="mz", contract="2号", by=None, at=NOON, **days)
    assert client.get(reverse("firms")).status_code in (302, 403)
