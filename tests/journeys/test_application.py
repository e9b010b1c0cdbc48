"""An application from the person's page to the receipt, by keyboard alone, and where it stands on the family's telephone."""

import re

from tests.journeys.conftest import DESK, PHONE, faults

STEPS = 60
SMALLEST = """Math.min(...[...document.querySelectorAll('.citizen *')].filter(one => one.innerText)
    .map(one => parseFloat(getComputedStyle(one).fontSize)))"""


def test_a_clerk_takes_an_application_in_by_keyboard_alone_and_the_family_follows_it_on_a_telephone(enter, browser, house):
    page = enter("demo_town")
    found = _open_household(page)
    page.keyboard.press("a")
    page.wait_for_selector("h1:has-text('登记申请')")
    found += _faults(page)
    page.keyboard.press("F4")
    page.wait_for_selector("#question")
    _answer(page, times=3)
    found += _faults(page)
    page.reload()
    assert page.locator(".told li").count() == 3
    page.keyboard.press("F4")
    page.wait_for_selector("h1:has-text('申请哪些')")
    found += _faults(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('核对授权')")
    found += _faults(page)
    _hand_in_papers(page)
    page.keyboard.press("F4")
    page.wait_for_selector("h1:has-text('已受理，办件号')")
    found += _faults(page)
    code = page.inner_text(".code-of b").replace(" ", "")
    page.keyboard.press("F4")
    page.wait_for_selector(".stages")
    found += _faults(page)

    telephone = browser.new_context(base_url=house.address, viewport={"width": PHONE[0], "height": PHONE[1]}).new_page()
    telephone.goto("/progress/")
    found += _faults(telephone)
    telephone.keyboard.press("Tab")
    telephone.fill("#code", code.lower())
    telephone.keyboard.press("Enter")
    telephone.wait_for_selector(".walk")
    found += _faults(telephone)
    words = telephone.inner_text("body")
    smallest = telephone.evaluate(SMALLEST)
    telephone.context.close()

    assert found == []
    assert "正在办理" in words
    assert "孟大川" not in words
    assert smallest >= 22


def _open_household(page):
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("孟大川")
    page.keyboard.press("Enter")
    page.wait_for_selector("td a.go")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('孟大川一户')")
    return _faults(page)


def _answer(page, times):
    """Skip or answer so many questions; the hand stays in the question."""
    for _ in range(times):
        key = page.input_value("form.question input[name=key]")
        if page.locator(".choices input").count():
            page.keyboard.press("1")
            page.keyboard.press("Enter")
        else:
            page.keyboard.type("2000.1.1" if "哪年" in page.inner_text("#question") else "2")
            page.keyboard.press("Enter")
        page.wait_for_function("k => document.querySelector('form.question input[name=key]').value != k", arg=key)
        page.wait_for_function("() => document.querySelector('#help').contains(document.activeElement)")


def _hand_in_papers(page):
    """Walk with Tab to every paper that is missing and say with an arrow that it was handed in; everybody has signed."""
    for _ in range(STEPS):
        if not page.locator("input[name^=paper-][value=missing]:checked").count():
            break
        if page.evaluate("document.activeElement.value == 'missing' && document.activeElement.checked"):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Tab")
    assert not page.locator("input[name^=paper-][value=missing]:checked").count()
    if page.locator("input[name=all_signed]").count():
        page.keyboard.press("s")


def _faults(page):
    """Return what is wrong with a page for whoever cannot see or use a mouse, at the desk and on a telephone."""
    found, before = [], page.viewport_size
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{re.sub('[0-9a-f-]{36}', '…', page.url)} {width}: {fault}" for fault in faults(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{page.url} {width}: wider than the screen")
    page.set_viewport_size(before)
    return found
