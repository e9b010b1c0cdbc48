"""
A real browser at a real server: the demonstration county is built once, served with its worker, and walked through.

It is always Monday 23 November 2026, ten o'clock, when a journey begins; days go by when the journey says so.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests import tables

HERE = Path(__file__).parent
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
AXE = HERE / "vendor" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, PHONE = (1366, 768), (390, 844)
PEOPLE = "120"
YIMEN = [sys.executable, "-m", "tests.journeys.timed"]
MONDAY = date(2026, 11, 23)


def pytest_collection_modifyitems(items):
    """Mark the journeys, and skip them where there is no browser; where CI is set they fail instead."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.slow)
            if CHROMIUM is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="no Chromium"))


class House:
    """The running program: its address, and how to pass its door."""

    def __init__(self, home, port, environment):
        self.home, self.environment = home, environment
        self.address = f"http://127.0.0.1:{port}"
        accounts = json.loads((home / "demo" / "accounts.json").read_text(encoding="utf-8"))
        self.accounts = {one["username"]: one for one in accounts}

    def code_of(self, username):
        """Return the present one-time code; one that is about to change is waited out."""
        left = 30 - time.time() % 30
        if left < 3:
            time.sleep(left)
        return format_hotp_value(hotp_value(self.accounts[username]["secret"], int(time.time()) // 30))

    def it_is(self, day):
        """Set the clock to ten o'clock of a day."""
        _set_clock(self.home, day)

    def run(self, *command):
        """Run a command of the program and return what it says."""
        done = subprocess.run([*YIMEN, *command], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def _set_clock(home, day):
    ten = datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    before = home / "clock.new"
    before.write_text(str(int(ten.timestamp() - time.time())), encoding="ascii")
    before.replace(home / "clock")


def _environment(home):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YIMEN_", "DJANGO_"))}
    return kept | {"YIMEN_HOME": str(home), "PYTHONPATH": str(HERE.parents[1])}


@pytest.fixture(scope="session")
def county(tmp_path_factory):
    """Build a small demonstration county once, as `yimen demo` does, and return its folder; nobody serves it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _built(tmp_path_factory.mktemp("home"))
    # One process builds, the others wait and copy what it has built.
    shared = tmp_path_factory.getbasetemp().parent
    with (shared / "county.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = shared / "county"
        return home if (home / "yimen.sqlite3").exists() else _built(home)


def _built(home):
    fresh = home.with_name("county.building")
    fresh.mkdir()
    _set_clock(fresh, MONDAY)
    tables.place(fresh / "yimen.sqlite3")
    demo = [*YIMEN, "demo", "--people", PEOPLE, "--no-serve"]
    subprocess.run(demo, env=_environment(fresh), check=True, capture_output=True)
    return fresh.rename(home)


def served(county, home, *options):
    """Serve a copy of the county from a folder of its own until the test is done with it."""
    shutil.copytree(county, home, ignore=shutil.ignore_patterns("yimen.sqlite3*"))
    with sqlite3.connect(county / "yimen.sqlite3") as whole, sqlite3.connect(home / "yimen.sqlite3") as copy:
        whole.backup(copy)
    _set_clock(home, MONDAY)
    port, environment = _free_port(), _environment(home)
    command = [*YIMEN, "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _wait_for(f"http://127.0.0.1:{port}/login/", process)
    yield House(home, port, environment)
    process.send_signal(signal.SIGINT)
    process.wait(20)


@pytest.fixture(scope="session")
def house(county, tmp_path_factory):
    """Serve the demonstration county with its worker."""
    yield from served(county, tmp_path_factory.mktemp("served") / "home")


@pytest.fixture(scope="package")
def browser():
    """Start Chromium once for all journeys; it ends with them, because its loop would stand in the way of other tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        yield started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture(scope="session")
def kept_sessions():
    """Return what is remembered of those who have passed the door; a code opens only once."""
    return {}


@pytest.fixture
def enter(house, browser, kept_sessions):
    """Pass the door as somebody and return a page; whatever the browser complains of fails the test."""
    yield from _door(house, browser, kept_sessions)


@pytest.fixture(scope="session", params=[DESK, PHONE], ids=["desk", "phone"])
def town(request, county, tmp_path_factory):
    """Serve a copy of the county in which days may go by: one whose people sit at desks, one where all have a telephone alone."""
    for house in served(county, tmp_path_factory.mktemp("town") / "home", "--web-only"):
        house.size = request.param
        yield house


@pytest.fixture
def sit(town, browser, kept_sessions):
    """Sit down as somebody (or as nobody) on this Monday; what the browser complains of or axe finds fails the test."""
    from tests.journeys.seat import Seat

    town.it_is(MONDAY)
    seen, found = set(), []
    opening = _door(town, browser, kept_sessions)
    pass_door = next(opening)
    yield lambda username="", size=town.size: Seat(pass_door(username, size), seen, found)
    assert next(opening, None) is None
    assert found == []


def _door(house, browser, kept_sessions):
    complaints, contexts = [], []

    def pass_door(username, size=DESK):
        key = house.address, username
        if username and key not in kept_sessions:
            kept_sessions[key] = _through_the_door(house, browser, username)
        width, height = size
        context = browser.new_context(
            base_url=house.address,
            locale="zh-CN",
            viewport={"width": width, "height": height},
            storage_state=kept_sessions.get(key),
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        return page

    yield pass_door
    for context in contexts:
        context.close()
    assert [words for words in complaints if "Failed to load resource" not in words] == []


def _through_the_door(house, browser, username):
    context = browser.new_context(base_url=house.address)
    page = context.new_page()
    page.goto("/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", house.accounts[username]["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=code]")
    page.fill("input[name=code]", house.code_of(username))
    page.keyboard.press("Enter")
    page.wait_for_selector("#main")
    state = context.storage_state()
    context.close()
    return state


def faults(page):
    """
    Return what axe finds against WCAG 2.2 AA on the open page, one line for each rule.

    The window is made as tall as the page for it. What sticks to the lower edge of a window lies over part of some target at
    one place of the page or another, which axe takes for a small target though it is scrolled clear of it.
    """
    seen, whole = page.viewport_size, page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": seen["width"], "height": max(seen["height"], whole)})
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("levels => axe.run(document, {runOnly: levels})", LEVELS)
    page.set_viewport_size(seen)
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]
