"""The door as a browser sees it."""

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.journeys.conftest import PHONE, faults


def test_the_door_can_be_used_by_everybody(house, browser):
    for width, height in (PHONE, (1366, 768)):
        page = browser.new_page(base_url=house.address, viewport={"width": width, "height": height})
        page.goto("/login/")

        assert faults(page) == []
        page.fill("#id_login", "nobody")
        page.fill("#id_password", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        assert faults(page) == []
        page.close()


def test_a_newcomer_sets_up_the_second_factor_by_its_picture(house, browser):
    told = house.run("manage", "staff", "add", "newcomer", "--name", "新来的", "--post", "town_clerk", "--area", "990101002")
    password = re.search(r"初始口令 (\S+)（", told)[1]
    page = browser.new_page(base_url=house.address)
    page.goto("/login/")
    page.fill("#id_login", "newcomer")
    page.fill("#id_password", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('先设置动态口令')")

    assert page.evaluate("document.querySelector('img').naturalWidth") > 100
    assert faults(page) == []
    secret = page.inner_text(".secret").strip()
    page.keyboard.type(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('今天三件事')")
    page.close()
