"""The door as a browser sees it."""

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
