"""A seat before a screen: what a user of the pages does, in words; every kind of page that comes up is looked at once."""

import re
import struct
import zlib
from datetime import date

from tests.journeys.conftest import faults
from yimen.registry.id_numbers import check_digit

KEYS = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
# What each row of a visit's sheet is about, and whether something is known that may be true.
ROWS = "rows => rows.map(row => [row.querySelector('[name^=\"now|\"]').name, !!row.querySelector('.two')])"
DAY = r"(\d{4})-(\d\d)-(\d\d)"


def number_of(born, serial):
    """Return an ID number of nobody (area 990191)."""
    first = f"990191{born}{serial:03d}"
    return first + check_digit(first)


def picture(folder):
    """Write a small picture as a camera would, and return its path."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
    drawn = chunk(b"IDAT", zlib.compress((b"\0" + b"\x60\xa0\x80" * 40) * 30))
    path = folder / "p.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + drawn + chunk(b"IEND", b""))
    return path


class Seat:
    """Somebody before a page, and what is found wrong with the pages they pass."""

    def __init__(self, page, seen, found):
        self.page, self.seen, self.found = page, seen, found

    def go(self, address):
        """Open an address."""
        self.page.goto(address)
        return self.look()

    def look(self):
        """Look at the open page with axe, and whether it fits the screen, once for each kind of page, problem and width."""
        page = self.page
        width = page.viewport_size["width"]
        kind = (KEYS.sub("…", page.url.partition("?")[0]), width, page.locator("h1").first.inner_text()[:4])
        if kind not in self.seen:
            self.seen.add(kind)
            self.found += [f"{kind}: {fault}" for fault in faults(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                self.found.append(f"{kind}: wider than the screen")
        return self

    def press(self, words, within=None, exact=False):
        """Press a button or follow a link, wait for the page it leads to, and look at it."""
        place = within or self.page
        button = place.get_by_role("button", name=words, exact=exact).or_(place.get_by_role("link", name=words, exact=exact))
        with self.page.expect_navigation():
            button.first.click()
        return self.look()

    def unfold(self, words, within=None):
        """Open a fold by what stands on it, and return what is inside."""
        fold = (within or self.page).locator("details", has=self.page.locator("summary", has_text=words)).first
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
        return fold

    def fill(self, within, **typed):
        """Fill fields by their names; a list of choices is chosen from."""
        for name, value in typed.items():
            field = within.locator(f"[name='{name}']").first
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        return within

    def reads(self, *words):
        """Say that these words stand on the page."""
        text = self.page.inner_text("body")
        missing = [one for one in words if one not in text]
        assert missing == [], f"{missing} not on {self.page.url}: {text[:1500]}"
        return self

    def day(self, pattern):
        """Return the day that stands on the page after these words."""
        held = re.search(pattern + r"\D{0,20}?" + DAY, self.page.inner_text("body"))
        assert held, f"no day after {pattern}: {self.page.inner_text('body')[:1500]}"
        return date(*(int(one) for one in held.groups()[-3:]))

    def prints(self, words):
        """Follow a link to a paper that is printed, and say that it came."""
        link = self.page.get_by_role("link", name=words, exact=True).first
        answer = self.page.request.get(link.get_attribute("href"))
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf"), words
        return self

    # ── What a window does ─────────────────────────────────────────────────────────────────────────────────
    def find(self, name):
        """Find a person by name and open the household."""
        self.page.goto("/people/")
        self.page.fill("#text", name)
        # A telephone has no key to be told of.
        self.press(re.compile("^找"), self.page.locator("main form"))
        return self.press("打开")

    def register(self, *members, then=""):
        """Register a household of 柳树村 by hand: name, number, relation, from elsewhere or not."""
        self.go("/households/new/" + then)
        form = self.page.locator("form.short-form")
        form.locator("[name=village]").select_option("990101002001")
        for line, (name, number, relation, elsewhere) in enumerate(members):
            self.fill(form, **{f"name{line}": name, f"number{line}": number, f"relation{line}": relation})
            if elsewhere:
                form.locator(f"[name=elsewhere{line}]").check()
        return self.press("登记", form)

    def interview(self, answers, most=8):
        """Answer what is asked from a table of words in the question; what the table does not know is skipped."""
        page, told = self.page, []
        for _ in range(most):
            if not page.locator("form.question input[name=asks]").count():
                break
            asked = page.inner_text("#question")
            told.append(asked)
            answer = next((value for words, value in answers.items() if words in asked), None)
            key = page.input_value("form.question input[name=key]")
            if answer is None:
                page.keyboard.press("F2")
            elif page.locator(".choices").count():
                page.locator(".choices label", has_text=answer).first.click()
                page.locator(".choices button").click()
            else:
                page.fill("#value", answer)
                page.locator(".typed button").click()
            page.wait_for_function("k => document.querySelector('form.question input[name=key]').value != k", arg=key)
        return told

    def choose(self, *policies):
        """Tick these alone ("policy" for the household, "policy 姓名" for one person), and go on to the papers."""
        self.go(self.page.url.replace("/interview/", "/choose/"))
        for fold in self.page.locator(".choosing details").all():
            fold.locator("summary").click()
        for box in self.page.locator("label:has(input[name=asked])").all():
            policy = box.locator("input").input_value().partition("|")[0]
            names = [one.partition(" ")[2] for one in policies if one.partition(" ")[0] == policy]
            box.locator("input").set_checked(any(name in box.inner_text() for name in names))
        return self.press("下一步：材料和授权")

    def hand_in(self, then="受理，打印回执"):
        """Hand in what is missing, let everybody sign, and take the step of the button."""
        page = self.page
        for row in page.locator("table.papers tbody tr").all():
            missing = row.locator("input[value=missing]:checked")
            if missing.count():
                row.locator("input[value=brought]").check()
        if page.locator("[name=all_signed]").count():
            page.check("[name=all_signed]")
        return self.press(then)

    def accept(self, name, answers, *policies):
        """Take an application in from the household's page to the receipt; return its case."""
        self.press("登记申请")
        self.press("开始问情况")
        self.asked = self.interview(answers)
        self.look()
        self.choose(*policies)
        self.hand_in()
        self.reads("已受理，办件号", name)
        return KEYS.search(self.page.url)[0]

    # ── What a visitor does on a phone ─────────────────────────────────────────────────────────────────────
    def visit(self, case, answers, *, second, photo, words):
        """Fill the sheet at the household: what is known is true, what is unknown is asked; a photo; both sign."""
        page = self.page
        self.go(f"/visits/{case}/")
        page.set_input_files("[data-photo]", photo)
        page.locator(".photos figure img").wait_for()
        rows = page.locator("[data-counts]")
        for place, (name, is_known) in enumerate(rows.evaluate_all(ROWS)):
            fact, row = name.rpartition("|")[2], rows.nth(place)
            if is_known:
                row.locator("label", has_text="有变化" if fact in answers else "属实").click()
            if fact in answers or not is_known:
                self._answer(row, answers.get(fact, "0"))
        for fact in answers:
            row = page.locator(f"details li:has([name$='|{fact}'])").first
            if row.count():
                self.unfold(row.locator("xpath=ancestor::details").locator("summary").inner_text().splitlines()[0])
                self._answer(row, answers[fact])
        page.fill("#seen", words)
        page.select_option("[name=second]", second)
        page.check("[name=signed]")
        return self.press("存好，交第二人签")

    def _answer(self, row, value):
        field = row.locator("[name^='now|']")
        if field.evaluate("one => one.tagName") != "SELECT":
            field.fill(value)
        elif field.locator(f"option[value='{value}']").count():
            field.select_option(value)
        else:
            field.select_option(
                "否" if field.locator("option[value='否']").count() else field.locator("option").last.get_attribute("value")
            )

    def sign(self, name):
        """Sign as the second of the two what the first recorded of a household (its name masked)."""
        self.go("/visits/")
        self.press("看过再签", self.page.locator("li", has_text=name).first)
        return self.press("与我看到的一致，签字")

    # ── What is done about a decision ──────────────────────────────────────────────────────────────────────
    def decide(self, case, policy, fold, button, **typed):
        """Open one decision's fold on the page of a case's decisions, fill it, and press its button."""
        self.go(f"/cases/{case}/decisions/")
        inside = self.unfold(fold, self.page.locator("ul.decisions > li", has_text=policy).first)
        if "photo" in typed:
            inside.locator("[name=photo]").first.set_input_files(typed.pop("photo"))
        self.fill(inside, **typed)
        return self.press(button, inside)

    def confirm(self, name, policy, words=""):
        """Open what waits on this desk for a household (its name masked), and confirm it."""
        self.go("/approve/")
        self.press(policy, self.page.locator("tr", has_text=name).filter(has_text=policy).first)
        inside = self.unfold("确认")
        self.fill(inside, words=words)
        return self.press("确认", inside, exact=True)
