"""Every form that changes something carries a key of its own, so that what is sent twice happens once."""

import re
from pathlib import Path

import yimen.web

TEMPLATES = Path(yimen.web.__file__).parent / "templates"
FORM = re.compile(r"<form\b(?P<tag>(?:\{%.*?%\}|\{\{.*?\}\}|[^>])*)>(?P<body>.*?)</form>", re.DOTALL)
# Each with the reason why it needs none. Whoever adds a line here says what happens when it is sent twice.
WITHOUT = {
    ("account/login.html", "{{ login_url }}"): "comes in; sent twice one is in",
    ("account/logout.html", "account_logout"): "goes out; sent twice one is out",
    ("base.html", "account_logout"): "goes out; sent twice one is out",
    ("account/reauthenticate.html", ""): "asks for the password again and changes nothing",
    ("account/password_change.html", ""): "sent twice, the old password is no longer right",
    ("mfa/authenticate.html", ""): "a code is taken once",
    ("mfa/totp/activate_form.html", "account_logout"): "goes out; sent twice one is out",
    ("mfa/totp/activate_form.html", ""): "a second factor is bound once",
    ("base.html", "people"): "looks for somebody",
    ("window/people.html", "people"): "looks for somebody",
    ("window/number.html", ""): "opens a number for a purpose; each look is written down",
    ("window/help_part.html", "{{ address }}"): "asks a question; nothing is kept",
    ("reports/report.html", "report"): "looks for whom a report is about",
    ("reports/report.html", "report_name"): "opens who complained for a purpose; each look is written down",
    ("citizen/ask.html", "progress"): "asks where a case stands",
    ("citizen/leave.html", "online_stop"): "leaves; left twice one is out",
    ("citizen/invited.html", "online_invited"): "comes in by a code, to the same draft each time",
    ("citizen/go_on.html", "online_go_on"): "comes in by a code, to the same draft each time",
    ("citizen/who.html", "online_who"): "chooses a township; nothing is kept",
    ("citizen/ask_one.html", "online_ask"): "an answer says how many there were before it: kept once",
    ("citizen/choose.html", "online_choose"): "what is chosen stands in the place of what was chosen before",
    ("citizen/papers.html", "online_papers"): "a photo is known by what it shows: kept once",
    ("window/invite.html", "person_invite"): "makes another code; the one before ends",
    ("data_clerk/arrivals.html", "arrivals"): "shows a file before it is loaded; each one has its own address",
    ("data_clerk/preview_part.html", ""): "the file's own key in the address: it is loaded once",
    ("cards/desk.html", "cards"): "looks for somebody",
    ("hall/pair.html", "hall_pair"): "a code pairs once",
    ("visits/visit.html", "visit_photos"): "a photo is known by what it shows: kept once",
}


def posting_forms():
    for path in sorted(TEMPLATES.rglob("*.html")):
        for form in FORM.finditer(path.read_text(encoding="utf-8")):
            if 'method="post"' in form["tag"]:
                yield str(path.relative_to(TEMPLATES)), to(form["tag"]), form["body"]


def to(tag):
    found = re.search(r"action=\"(?:\{% url '(?P<name>\w+)'|(?P<text>[^\"]*))", tag)
    return (found["name"] or found["text"]) if found else ""


def test_every_form_that_changes_something_has_a_key_of_its_own():
    missing = {(page, name) for page, name, body in posting_forms() if 'name="key"' not in body}
    assert missing - set(WITHOUT) == set()


def test_whatever_needs_no_key_is_still_there_and_says_why():
    found = {(page, name) for page, name, body in posting_forms() if 'name="key"' not in body}
    assert set(WITHOUT) - found == set()
    assert all(WITHOUT.values())


def test_no_form_is_overlooked():
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    assert text.count('method="post"') == sum(1 for _ in posting_forms()) > 80
