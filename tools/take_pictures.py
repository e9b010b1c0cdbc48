"""
Take the pictures of the README from a running demonstration: `python tools/take_pictures.py http://127.0.0.1:8000 [YIMEN_HOME]`.

It logs in as the demonstration's own accounts, so nobody real can ever be on a picture.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

OUT = Path(__file__).parent.parent / "docs" / "pictures"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main() -> None:
    """Take desk, finding, household, window, case and village at the size of a common office screen."""
    address, home = sys.argv[1].rstrip("/"), Path(sys.argv[2] if len(sys.argv) > 2 else "var")
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        log_in(page, address, home, "demo_county")
        picture(page, "desk")
        page.goto(f"{address}/findings/?kind=missed&policy=rigid_expenditure_household")
        page.locator("table tbody a[href^='/findings/']").first.click()
        picture(page, "finding")
        page.keyboard.press("h")
        page.wait_for_url("**/households/**")
        picture(page, "household")
        page.locator("main a[href$='/help/']").nth(1).click()
        picture(page, "window")
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        log_in(page, address, home, "demo_town")
        page.goto(f"{address}/cases/?whose=all&state=accepted&order=due")
        page.locator("tr", has_text="最低生活保障").locator("a[href^='/cases/']").first.click()
        picture(page, "case")
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        log_in(page, address, home, "demo_village")
        picture(page, "village")
        browser.close()


def log_in(page: Page, address: str, home: Path, user: str) -> None:
    """Enter by the door, with password and one-time code."""
    accounts = json.loads((home / "demo" / "accounts.json").read_text(encoding="utf-8"))
    page.goto(address)
    page.fill("#id_login", user)
    page.fill("#id_password", next(one["password"] for one in accounts if one["username"] == user))
    page.click("button.btn-primary")
    command = [sys.executable, "-m", "yimen", "demo", "code", user]
    code = subprocess.run(command, env=os.environ | {"YIMEN_HOME": str(home)}, capture_output=True, text=True, check=True)
    page.fill("#id_code", code.stdout.strip())
    page.click("button.btn-primary")
    page.wait_for_load_state("networkidle")


def picture(page: Page, name: str) -> None:
    """Write what is seen now."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(OUT / f"{name}.png"))


if __name__ == "__main__":
    main()
