"""
A hall with everything open at once: a kiosk, two windows, a reception and the big screen, which shows and speaks each call once.

The speech of the browser is replaced by one that writes down what it is given to say.
"""

import json
import re

import pytest

from tests.journeys.conftest import DESK, PHONE, faults
from yimen.registry.id_numbers import check_digit

OLD = "99010119400615001" + check_digit("99010119400615001")
WALL = {"width": 1920, "height": 1080}
SETTING = """
from django.utils import timezone
from yimen.hall import actions
from yimen.hall.models import Profile, ProfileLine, Series, Venue, Window
from yimen.hall.words import DeviceKind
from yimen.office.access import System, scope
from yimen.office.models import Area, ServicePoint
Window.objects.exclude(staff=None).update(staff=None, state="closed")
point = ServicePoint.objects.create(name="试讲大厅", area=Area.objects.get(code="990101"), owner="government", address="街上")
venue = Venue.objects.create(service_point=point, code="stage", level="county", grounds=["old"])
line = Series.objects.create(venue=venue, letter="A", name="综合")
Series.objects.create(venue=venue, letter="L", name="优先", kind="priority")
Series.objects.create(venue=venue, letter="Y", name="预约", kind="appointment")
profile = Profile.objects.create(venue=venue, name="综合受理")
ProfileLine.objects.create(profile=profile, series=line)
for number in (1, 2):
    Window.objects.create(venue=venue, number=number, profile=profile)
with scope(System("journey"), "试讲"):
    print(actions.add_device(venue=venue, kind=DeviceKind.KIOSK, name="取号机", by=None, at=timezone.now())[1])
"""
APPOINTED = """
from datetime import timedelta
from django.utils import timezone
from yimen.hall import actions
from yimen.hall.queries import venue_by_code
from yimen.hall.words import Source
from yimen.office.access import System, scope
now = timezone.now()
with scope(System("journey"), "试讲"):
    same = {"venue": venue_by_code("stage"), "matters": [], "source": Source.APPOINTMENT, "by": None, "at": now}
    print(actions.take_ticket(appointed_at=now - timedelta(minutes=10), **same))
"""
UNDER = """() => {
  const held = document.activeElement, bar = document.querySelector('#callbar');
  if (!held || held === document.body || bar.contains(held)) { return null; }
  const one = held.getBoundingClientRect(), top = bar.getBoundingClientRect().top;
  return one.bottom > top && one.height < top ? held.outerHTML.slice(0, 120) : '';
}"""
MUTE = """
window.spoken = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: function () { return window.hasVoice ? [{ lang: "zh-CN", localService: true }] : []; },
  speak: function (said) { window.spoken.push(said.text); setTimeout(function () { said.onend(); }, 200); },
  cancel: function () {}
} });
window.joined = [];
var start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (at) { window.joined.push(at); start.call(this, at); };
"""


@pytest.fixture(scope="module")
def kiosk(house):
    """Open a hall of its own in the county and return how its kiosk takes a ticket."""
    token = house.run("manage", "shell", "--verbosity", "0", "-c", SETTING).split()[-1]
    keys = iter(range(100))

    def take(page, **read):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"journey-{next(keys):04d}"}
        return page.request.post(
            "/api/hall/tickets", headers=headers | {"Content-Type": "application/json"}, data=json.dumps(read)
        )

    return take


def screen(page, *, has_voice=True, venue="stage"):
    page.add_init_script(f"window.hasVoice = {str(has_voice).lower()};" + MUTE)
    page.set_viewport_size(WALL)
    page.goto(f"/venues/{venue}/screen/")
    if page.locator("[data-start]").is_visible():
        page.click("[data-start]")
    return page


def heard(page, number):
    page.wait_for_function("n => window.spoken.length >= n", arg=number, timeout=20_000)
    # Whoever would say one too many has time to.
    page.wait_for_timeout(2500)
    return page.evaluate("window.spoken")


def press(page, words):
    """Press a button of the call bar, wherever the page is."""
    before = page.locator("#callbar").inner_text()
    page.locator("#callbar").get_by_role("button", name=words, exact=False).first.click()
    page.wait_for_function("was => document.querySelector('#callbar').innerText !== was", arg=before)
    return page.locator("#callbar").inner_text()


def test_everybody_is_called_in_the_order_the_rule_says_and_the_screen_speaks_each_call_once(house, kiosk, enter):
    first, second, desk, wall = enter("demo_county"), enter("demo_window"), enter("demo_hall"), screen(enter(""))
    assert "今天还没有叫号" in wall.inner_text(".now")
    for page, number in ((first, 1), (second, 2)):
        page.goto("/hall/?venue=stage")
        page.locator("li", has_text=f"{number} 号窗口").get_by_role("button", name="我坐这里").click()
        page.wait_for_selector("text=叫下一个")

    # An ordinary visitor at the reception, one at the kiosk, an old man whose card is read, and one who keeps an appointment.
    desk.goto("/hall/?venue=stage")
    desk.get_by_role("button", name="取号").click()
    desk.wait_for_selector("text=取了 A001 号")
    assert kiosk(wall).json()["label"] == "A002"
    assert kiosk(wall, id_number=OLD).json()["label"] == "L001"
    assert house.run("manage", "shell", "--verbosity", "0", "-c", APPOINTED).split()[-1] == "Y001"

    # Both go on with other work, and call from there, in the same second.
    first.goto("/policies/")
    second.goto("/ratings/")
    assert "等候 4 人" in first.inner_text("#callbar")
    assert "L 001" in press(first, "叫下一个")
    assert "Y 001" in press(second, "叫下一个")
    assert heard(wall, 2) == ["请，L，零零一号，到一号窗口。", "请，Y，零零一号，到二号窗口。"]
    assert "Y 001" in wall.inner_text(".now")
    assert wall.locator("tbody tr", has_text="L 001").count() == 1

    # Who does not come is called again; then both go on.
    press(first, "重呼")
    assert heard(wall, 3)[2] == "请，L，零零一号，到一号窗口。"
    first.keyboard.press("Alt+j")
    first.wait_for_selector("#callbar >> text=A 001")
    second.keyboard.press("Alt+j")
    second.wait_for_selector("#callbar >> text=A 002")
    assert heard(wall, 5)[3:] == ["请，A，零零一号，到一号窗口。", "请，A，零零二号，到二号窗口。"]

    # A reload speaks nothing again; no page says a name.
    wall.reload()
    wall.wait_for_timeout(2000)
    assert wall.evaluate("window.spoken") == []
    assert faults(wall) == []
    for page in (first, second):
        assert faults(page) == []
    first.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert first.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert "现在没有人等您的窗口" in press(first, "办结，叫下一个")


def test_where_the_browser_has_no_mandarin_the_clips_are_joined(house, kiosk, enter):
    page, wall = enter("demo_county"), screen(enter(""), has_voice=False)
    kiosk(wall)
    page.goto("/policies/")
    called = press(page, "叫下一个")
    assert re.search(r"A 00\d", called)
    wall.wait_for_function("() => window.joined.length > 0", timeout=20_000)
    expected = wall.evaluate("window.yimenVoice.pieces({ label: 'A003', window: 1 }).length")
    assert len(wall.evaluate("window.joined")) == expected == 9
    assert wall.evaluate("window.yimenVoice.pieces({ label: 'L017', window: 12 })") == [
        *("please", "letter-l", "digit-0", "digit-1", "digit-7", "number", "to", "ten", "digit-2", "window"),
    ]


def test_a_screen_whose_line_was_cut_says_so_and_speaks_what_it_missed_each_once(house, kiosk, enter):
    page, wall = enter("demo_county"), screen(enter(""))
    page.goto("/policies/")
    wall.wait_for_timeout(500)
    wall.context.set_offline(True)
    wall.wait_for_selector("[data-cut]:visible", timeout=30_000)
    assert "正在重连" in wall.inner_text("[data-cut]")
    for _ in range(2):
        press(page, "重呼")
    wall.context.set_offline(False)
    assert len(heard(wall, 2)) == 2
    assert wall.locator("[data-cut]").is_hidden()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_the_keyboard_comes_to_never_stays_under_the_call_bar(kiosk, enter, size):
    page = enter("demo_county", size)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/hall/?venue=stage")
    if page.get_by_role("button", name="我坐这里").count():
        page.get_by_role("button", name="我坐这里").first.click()
        page.wait_for_selector("text=关窗")
    page.goto("/policies/")

    passed = []
    while len(passed) < 200:
        page.keyboard.press("Tab")
        if (under := page.evaluate(UNDER)) is None:
            break
        passed.append(under)

    assert page.locator("#callbar button").count() > 0
    assert 20 < len(passed) < 200
    assert [one for one in passed if one] == []
