"""A visit on a phone: true or changed, a photo, a line lost and found again, the other's signature; and the desk behind it."""

import pytest

from tests.journeys.conftest import DESK, PHONE, faults
from tests.journeys.seat import picture

MAKE_A_CASE = """
from django.utils import timezone
from yimen.cases import actions
from yimen.office.access import scope
from yimen.office.audit import reading
from yimen.office.models import Staff
from yimen.registry.models import Membership
from yimen.registry.queries import ADULT, household_card
at, by = timezone.now(), Staff.objects.get(username="demo_town")
second = Staff.objects.get(username="demo_village")
with scope(by, "journey"), reading("journey"):
    head = Membership.objects.filter(ends_on=None, relation="户主", area_path__startswith=second.posts.get().area.path)
    homes = [one.household_id for one in head.order_by("pk")]
    home = next(one for one in homes if Membership.objects.filter(household_id=one, ends_on=None).count() == 3)
    case = actions.open_case(household=home, channel="window", by=by, at=at)
    for one in household_card(household_id=home, on=timezone.localdate()).members:
        guardian = "监护人" if one.age < ADULT else None
        actions.give_consent(case=case.pk, person=one.person_id, given=True, signed_on=timezone.localdate(), by=by, at=at,
                             guardian_name=guardian)
    actions.accept(case=case.pk, asked=[actions.Asked("subsistence_allowance")], by=by, at=at)
    actions.assign_visit(case=case.pk, to=[by, second], by=by, at=at)
print("case", case.pk)
"""


@pytest.fixture(scope="module")
def case(house):
    """Return the key of a case of the demonstration village whose household is to be visited."""
    return house.run("manage", "shell", "-c", MAKE_A_CASE).split("case ")[-1].strip()


def answer_everything(page):
    """Say of every known fact that it is true, and answer what is unknown."""
    for row in page.locator("[data-counts]").all():
        if row.locator(".two").count():
            row.locator("label", has_text="属实").click()
        elif row.locator("select").count():
            row.locator("select").select_option(index=2)
        else:
            row.locator("input").last.fill("3")


def test_a_visit_is_walked_through_on_a_phone_and_signed_by_the_other(enter, case, tmp_path):
    page = enter("demo_town", PHONE)
    page.goto(f"/visits/{case}/")
    assert faults(page) == []
    heights = page.evaluate("() => [...document.querySelectorAll('.two span')].map(one => one.getBoundingClientRect().height)")
    assert min(height for height in heights if height) >= 44
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    page.set_input_files("[data-photo]", picture(tmp_path))
    page.locator(".photos figure img").wait_for()
    page.context.set_offline(True)
    page.fill("#seen", "没有网络时写的")
    page.locator("[data-off]").wait_for(state="visible")
    page.context.set_offline(False)
    page.locator("[data-off]").wait_for(state="hidden")
    page.goto("/visits/")
    page.get_by_text("接着填").click()
    assert page.input_value("#seen") == "没有网络时写的"
    assert page.locator(".photos figure").count() == 1
    assert page.evaluate("() => Object.keys(localStorage).filter(key => key !== 'yimen-keys').length") == 0

    answer_everything(page)
    assert page.inner_text("[data-left]") == "还差：户主签字"
    page.check("[name=signed]")
    page.get_by_text("存好，交第二人签").click()
    page.get_by_text("用自己的账号签字").wait_for()

    other = enter("demo_village", PHONE)
    other.goto("/visits/")
    assert faults(other) == []
    other.get_by_text("看过再签").click()
    other.locator(".photo-row img").wait_for()
    assert faults(other) == []
    other.get_by_text("与我看到的一致，签字").click()
    other.get_by_text("已签字，核查到的事实").wait_for()


def test_the_desk_behind_a_visit_has_no_fault_on_a_screen_or_a_phone(enter, case):
    for size in (DESK, PHONE):
        page = enter("demo_town", size)
        page.goto(f"/cases/{case}/verify/")
        page.get_by_text("一次核实，各处都用").wait_for()
        for fold in page.locator("main details summary").all():
            fold.click()
        assert faults(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
