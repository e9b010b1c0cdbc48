"""Every page for every post: it opens or is refused in words, asks the database nothing while it is drawn, and is Chinese."""

import html
import re

import pytest
from django.db import connection
from django.template.backends.django import Template
from django.urls import reverse

from tests.journeys.planted import POSTS
from yimen.cases import actions
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry, Staff
from yimen.office.permissions import PERMISSIONS
from yimen.registry.models import Membership
from yimen.registry.queries import household_card
from yimen.screening.models import Finding

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
VILLAGE = "990101002001"
HOME_POSTS = [(username, kind) for username, _, kind, _ in POSTS if username != "foreign"]
# What a window may do with one household is lent to these for as long as its person is at their side.
LENT = ("receptionist", "co_organizer")
LOADING = ("roster.load", "facts.load", "recipients.load")
# Words that Chinese desks read every day.
KNOWN = {"Excel", "CSV", "Enter", "UTF", "GB", "xlsx", "xls", "csv", "shenxiaoman", "sxm", "Cookie"}


@pytest.fixture
def pages(county):
    """Return every page of the planted village: its address, and the permissions of which one opens it."""
    with scope(System("test"), "测试"):
        finding = Finding.objects.filter(kind="wrong", area_path__endswith=f"{VILLAGE}.").earliest("pk")
        person = Membership.objects.filter(household_id=finding.home_id).earliest("id").person_id
    draft, taken_in = applications(county, finding.home_id, person)
    return {
        reverse("home"): (),
        reverse("findings"): ("finding.see",),
        reverse("findings") + "?kind=wrong&state=all&order=amount&since=opened": ("finding.see",),
        reverse("findings_export") + "?kind=wrong": ("finding.export",),
        reverse("findings_export") + "?as=csv": ("finding.export",),
        reverse("figures_export"): ("finding.export",),
        reverse("finding", args=[finding.pk]): ("finding.see",),
        reverse("people"): ("person.search",),
        reverse("household", args=[finding.home_id]): ("person.see",),
        reverse("person_help", args=[person]): ("help.ask",),
        reverse("help"): ("help.ask",),
        reverse("village", args=[VILLAGE]): ("desk.village",),
        reverse("policies"): ("rules.see",),
        reverse("policy", args=["subsistence_allowance"]): ("rules.see",),
        reverse("reports"): ("finding.see",),
        reverse("report_new"): ("case.open",),
        reverse("report_new") + "?kind=complaint": ("case.open",),
        reverse("household_new"): ("household.register",),
        reverse("urgent_form", args=[finding.home_id]): ("case.accept",),
        reverse("reserve"): ("reserve.spend", "reserve.fund", "desk.county"),
        reverse("arrivals"): LOADING,
        reverse("screening"): ("screening.run",),
        reverse("visits"): ("visit.make", "case.reassign"),
        reverse("staff"): ("staff.manage",),
        reverse("staff_page", args=["shiliu"]): ("staff.manage",),
        reverse("audit"): ("audit.see",),
        reverse("audit_export"): ("audit.see",),
        reverse("draws"): ("case.verify",),
        reverse("cases"): ("person.see",),
        reverse("cases") + "?whose=all&state=accepted&order=area": ("person.see",),
        reverse("cases_export") + "?whose=all&as=csv": ("case.export",),
        reverse("case_apply", args=[finding.home_id]): ("case.open",),
        reverse("authorities", args=[finding.home_id]): ("person.see",),
        reverse("person_invite", args=[person]): ("case.open",),
        reverse("from_home"): ("case.open",),
        reverse("helping_new"): ("agent.act",),
        reverse("reception"): ("hall.receive",),
        reverse("accompany"): ("hall.accompany",),
        reverse("ledger"): ("hall.accompany", "hall.team"),
        reverse("team"): ("hall.team",),
        reverse("team_member", args=["baizhi"]): ("hall.team",),
        reverse("handbook"): ("hall.accompany", "hall.receive", "hall.team"),
        reverse("questionnaire"): ("hall.team",),
        reverse("case_interview", args=[draft]): ("case.open",),
        reverse("case_choose", args=[draft]): ("case.open",),
        reverse("case_papers", args=[draft]): ("case.open",),
        reverse("case", args=[draft]): ("person.see",),
        reverse("case", args=[taken_in]): ("person.see",),
        reverse("case_receipt", args=[taken_in]): ("person.see",),
    }


def applications(county, home, person):
    """Open two applications of a household, take one of them in, and return their keys."""
    clerk, asked = Staff.objects.get(username="shiliu"), [actions.Asked("subsistence_allowance")]
    with scope(clerk, "测试"), reading("测试"):
        keys = [actions.open_case(household=home, channel="window", by=clerk, at=county.at, applicant=person).pk for _ in "ab"]
        for key in keys:
            actions.choose(case=key, asked=asked, by=clerk, at=county.at)
        for member in household_card(household_id=home, on=county.today).members:
            who = {"case": keys[1], "person": member.person_id, "guardian_name": None}
            actions.give_consent(**who, given=True, signed_on=county.today, by=clerk, at=county.at)
        actions.record_paper(case=keys[1], name="残疾人证", state="not_needed", by=clerk, at=county.at)
        actions.accept(case=keys[1], asked=asked, by=clerk, at=county.at)
    return keys


def words_of(answer):
    """Return what a reader sees of a page."""
    body = re.sub(r"(?s)<(script|style|svg).*?</\\1>", " ", answer.content.decode())
    # A code, an address and the fingerprint of a version are no words.
    body = re.sub(r"(?s)<samp.*?</samp>", " ", body)
    body = re.sub(r"\b[0-9a-f]{12}\b", " ", body)
    labels = re.findall(r'(?:placeholder|title|aria-label)="([^"]*)"', body)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", body), *labels]))


@pytest.mark.parametrize(("username", "kind"), HOME_POSTS)
def test_each_post_opens_its_pages_and_is_refused_the_others_in_words(enter_as, pages, username, kind):
    client = enter_as(username)

    for address, needed in pages.items():
        answer = client.get(address)
        opens = not needed or bool(PERMISSIONS[kind] & set(needed))

        # Whom one neither accompanies nor receives is not there: the same as for one that never was.
        is_lent = kind in LENT and re.search(r"/(cases|people)/[0-9a-f-]{36}/", address)
        assert answer.status_code in ({200} if opens else {403, 404} if is_lent else {403}), address
        if not opens:
            assert "您的岗位" in answer.content.decode()


def test_a_policy_s_page_says_from_when_its_limits_run_and_what_may_extend_them(enter_as):
    answer = enter_as("dingxiang").get(reverse("policy", args=["subsistence_allowance"]))

    assert "从“受理”到“启动调查”" in words_of(answer)
    assert "只有这些情形可以延长：公示有异议、人户分离、异地申办、家庭经济状况调查难度较大" in words_of(answer)
    assert "本地“审核确认下放乡镇”的" in words_of(answer)


def test_a_refused_attempt_is_written_down(enter_as, pages):
    enter_as("audit").get(reverse("findings"))

    entry = AuditEntry.objects.filter(refused=True).latest("at")
    assert entry.staff.username == "audit"
    assert entry.detail["page"] == "/findings/"


@pytest.mark.parametrize("username", ["luzhixia", "shiliu", "dingxiang"])
def test_no_page_asks_the_database_anything_while_it_is_drawn(enter_as, pages, username, monkeypatch):
    client, draw = enter_as(username), Template.render

    def refuse(execute, sql, *_):
        raise AssertionError(f"a template asks: {sql[:200]}")

    def drawn(self, *args, **kwargs):
        with connection.execute_wrapper(refuse):
            return draw(self, *args, **kwargs)

    monkeypatch.setattr(Template, "render", drawn)

    for address in pages:
        client.get(address)


@pytest.mark.parametrize("username", ["luzhixia", "dingxiang", "canlian", "rules", "system"])
def test_no_page_speaks_english(enter_as, pages, username):
    client = enter_as(username)

    for address in [*pages, "/nothing-here/"]:
        answer = client.get(address)
        if answer["Content-Type"].startswith("text/html"):
            assert set(re.findall(r"[A-Za-z]{2,}", words_of(answer))) <= KNOWN, address


def test_every_page_says_that_the_people_are_fictional(enter_as, pages):
    client = enter_as("luzhixia")

    for address in pages:
        answer = client.get(address)
        if answer["Content-Type"].startswith("text/html"):
            assert "演示数据，均为虚构" in answer.content.decode(), address


def test_nobody_is_named_in_an_address(enter_as, county, pages):
    client = enter_as("luzhixia")
    personal = {row["姓名"] for row in county.people} | {row["身份证号"] for row in county.people}

    for address in pages:
        body = client.get(address).content.decode(errors="replace")
        for target in re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', body):
            assert not any(one in target for one in personal), target


def test_a_search_by_address_finds_nobody(enter_as, county):
    client = enter_as("luzhixia")

    by_address = client.get(reverse("people") + "?text=沈小满").content.decode()
    by_form = client.post(reverse("people"), {"text": "沈小满"}).content.decode()

    assert "沈**" not in by_address
    assert "沈**" in by_form


@pytest.mark.parametrize(
    ("name", "purpose"),
    [("finding", "核查线索"), ("household", "看家庭"), ("person_help", "窗口询问能得到什么帮助"), ("village", "看本村一览")],
)
def test_a_look_at_people_is_written_down_with_its_purpose(enter_as, pages, name, purpose):
    address = next(one for one in pages if re.fullmatch(_shape(name), one))

    enter_as("dingxiang").get(address)

    entry = AuditEntry.objects.filter(action="read").latest("at")
    assert (entry.staff.username, entry.purpose) == ("dingxiang", purpose)
    assert entry.count > 0


def test_an_export_is_written_down(enter_as, county):
    enter_as("baishu").get(reverse("findings_export") + "?kind=wrong")

    entry = AuditEntry.objects.filter(purpose="导出线索").latest("at")
    assert entry.staff.username == "baishu"
    assert entry.detail["kind"] == "wrong"


def _shape(name):
    return {
        "finding": r"/findings/[0-9a-f-]{36}/",
        "household": r"/households/[0-9a-f-]{36}/",
        "person_help": r"/people/[0-9a-f-]{36}/help/",
        "village": rf"/villages/{VILLAGE}/",
    }[name]


def test_a_parameter_in_money_has_its_two_places(enter_as, county):
    body = enter_as("luzhixia").get(reverse("policy", args=["subsistence_allowance"])).content.decode()

    assert "640.00 元/月" in body
    assert "18,000.00 元" in body


def test_a_printed_page_still_says_that_the_people_are_fictional(enter_as, county):
    body = enter_as("luzhixia").get(reverse("help")).content.decode()
    printed = re.search(r'<p class="printed">(.*?)</p>', body)[1]

    assert "均为虚构" in printed
    assert "由人核实后决定" in printed
