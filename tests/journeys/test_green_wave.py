"""
The green wave with everything open at once: kiosk, reception, two windows, a co-organizer's phone and the big screen, each a
browser of its own. A man with his card, one without it, an ordinary visitor and an appointment come within a minute.
"""

import json
import re

import pytest

from tests.journeys.conftest import PHONE, faults
from tests.journeys.test_hall import heard, press, screen

OPENED = """
import json
from datetime import time, timedelta
from django.utils import timezone
from yimen.hall import actions
from yimen.hall.models import Card, Matter, Window
from yimen.hall.words import Ground
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Area, ServicePoint, Staff
from yimen.registry.queries import full_number, search
now = timezone.localtime()
ten = now.replace(hour=10, minute=0, second=0, microsecond=0)
who = {"by": None, "at": now}
Window.objects.exclude(staff=None).update(staff=None, state="closed")
point = ServicePoint.objects.create(name="绿波大厅", area=Area.objects.get(code="990101"), owner="government", address="街上")
with scope(System("journey"), "开大厅"):
    venue = actions.open_venue(point=point, code="wave", level="county", **who)
    matters = list(Matter.objects.filter(policy__in=["subsistence_allowance", "disability_living_subsidy"]))
    actions.set_matters(venue=venue, matters=matters, **who)
    venue.openings.filter(opens_at__lt=time(12)).update(opens_at=time(9))
    actions.set_appointments(venue=venue, an_hour=2, days=3, **who)
    for number in (1, 2):
        actions.place_window(venue=venue, number=number, name="", profile=venue.profiles.get(), **who)
    appointment = actions.appoint(venue=venue, matters=matters[:1], starts_at=ten, at=ten - timedelta(hours=2))
clerk = Staff.objects.get(username="demo_county")
with scope(clerk, "发卡"), reading("发卡"):
    man = search(text="沈小满")[0].person_id
    card = actions.issue_card(person=man, ground=Ground.ASSISTED, by=clerk, at=now)
    printed = actions.cards_to_print(cards=Card.objects.filter(pk=card.pk), at=now)[0]
    _, number = full_number(person_id=man, purpose="发卡核对")
print(json.dumps({"card": printed.qr, "number": number, "appointment": appointment.code}))
"""


@pytest.fixture(scope="module")
def hall(house):
    """Open a hall with two windows; one man holds a card of it, and somebody keeps an appointment for ten o'clock."""
    return json.loads(house.run("manage", "shell", "--verbosity", "0", "-c", OPENED).splitlines()[-1])


def test_the_four_are_served_as_the_rule_says_and_nobody_is_named_aloud(house, hall, enter):
    manager = enter("demo_hall")
    kiosk, wall = paired(manager, enter(""), "kiosk", "进门取号机"), screen(enter(""), venue="wave")
    first, second = enter("demo_county"), enter("demo_window")
    for page, number in ((first, 1), (second, 2)):
        page.goto("/hall/?venue=wave")
        page.locator("li", has_text=f"{number} 号窗口").get_by_role("button", name="我坐这里").click()
        page.wait_for_selector("text=叫下一个")
    phone, desk = enter("demo_escort", PHONE), enter("demo_reception")
    on_duty(phone)

    # An ordinary visitor; a man who lays down his card, and then his ID card; one who has forgotten his; an appointment.
    assert taken(kiosk) == "A001"
    assert taken(kiosk, hall["card"], hall["number"]) == "L001"
    assert taken(kiosk) == "A002"
    assert kept(kiosk, hall["appointment"]) == "Y001"
    received(desk, "A002", "孟大川")
    phone.reload()
    phone.locator("li", has_text="A002").get_by_role("link", name="打开").click()
    phone.get_by_role("button", name="我来了").click()
    assert "孟大川" in phone.inner_text("main")

    # Both clerks have gone on with other work, and call from there.
    first.goto("/policies/")
    second.goto("/ratings/")

    # The one with his card and the one the reception knows go before the ordinary visitor; the appointment keeps its hour.
    assert "L 001" in press(first, "叫下一个")
    assert "A 002" in press(second, "叫下一个")
    assert heard(wall, 2) == ["请，L，零零一号，到一号窗口。", "请，A，零零二号，到二号窗口。"]
    phone.wait_for_selector("text=2 号窗口")
    assert "Y 001" in press(first, "办结，叫下一个")
    assert "A 001" in press(second, "办结，叫下一个")
    assert heard(wall, 4)[2:] == ["请，Y，零零一号，到一号窗口。", "请，A，零零一号，到二号窗口。"]
    assert not re.search("沈小满|孟大川|低保|优先", wall.inner_text(".now") + wall.inner_text("tbody"))
    for page in (first, second):
        press(page, "办结，叫下一个")

    # Each page can be used by everybody; what the hall did stands in the open, and adds up.
    assert [faults(page) for page in (kiosk, wall, first, desk, phone)] == [[], [], [], [], []]
    told = enter("")
    told.goto("/venues/wave/fairness/")
    ordinary, priority = (told.locator("tbody tr", has_text=words).first.inner_text().split() for words in ("普通号", "优先号"))
    assert (ordinary[1], priority[1]) == ("2", "2")


def on_duty(phone):
    """Begin a co-organizer's duty in this hall; who is on duty in another goes off there first."""
    phone.goto("/accompany/")
    if phone.get_by_role("button", name="下岗").is_visible():
        phone.get_by_role("button", name="下岗").click()
    phone.select_option("#venue", "wave")
    phone.get_by_role("button", name="我在岗").click()
    phone.wait_for_selector("text=绿波大厅")


def paired(manager, page, kind, name):
    """Let a machine into the hall and open its page in a browser that was paired by the code told once."""
    manager.goto("/hall/devices/?venue=wave")
    manager.select_option("#kind", kind)
    manager.fill("#name", name)
    manager.get_by_role("button", name="添上，给令牌").click()
    manager.locator("tr", has_text=name).get_by_role("button", name="配对").click()
    code = manager.inner_text(".told-code .code samp").replace(" ", "")
    page.goto("/venues/wave/pair/")
    page.fill("#code", code)
    page.get_by_role("button", name="配对").click()
    page.goto(f"/venues/wave/{kind}/")
    return page


def taken(kiosk, *read):
    """Take a number at the kiosk; a reader types what it reads and ends with Enter. Return the number."""
    kiosk.goto("/venues/wave/kiosk/")
    kiosk.get_by_role("link", name="取号").first.click()
    kiosk.locator("label.tile").first.click()
    kiosk.locator("footer button.main").click()
    for text in read:
        kiosk.wait_for_selector("#card")
        kiosk.keyboard.insert_text(text)
        kiosk.keyboard.press("Enter")
    if not read:
        kiosk.locator("#kiosk-none button").last.click()
    return shown(kiosk)


def kept(kiosk, code):
    kiosk.goto("/venues/wave/kiosk/?step=appointment")
    kiosk.keyboard.insert_text(code)
    kiosk.keyboard.press("Enter")
    return shown(kiosk)


def shown(kiosk):
    return kiosk.wait_for_selector("h1.number").inner_text().replace(" ", "")


def received(desk, number, name):
    """Recognise somebody at the reception by his name, let him go first, and send a co-organizer to him."""
    desk.goto("/reception/?venue=wave")
    desk.locator("tr", has_text=number).get_by_role("link").click()
    desk.fill("#text", name)
    desk.get_by_role("button", name="查", exact=True).click()
    desk.get_by_role("button", name="是他").first.click()
    desk.get_by_role("button", name="按名册认优先").click()
    desk.wait_for_selector("text=优先了，号不变")
    desk.get_by_role("button", name=re.compile("^派")).first.click()
    desk.wait_for_selector("text=手机上已经看得到")
