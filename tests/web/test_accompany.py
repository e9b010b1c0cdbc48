"""The reception and the co-organizer's telephone: recognised, sent with one press, led, ended or handed on."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.web.test_cases_window import SUBSISTENCE, alert, form_of, household, now, opened
from yimen.cases.models import Case, HallVisit, Task
from yimen.hall import actions
from yimen.hall.models import Errand, Handling, Matter, Series, Venue
from yimen.hall.words import Source
from yimen.office.access import System, scope
from yimen.office.models import Area, AuditEntry, Department, ServicePoint, Staff

pytestmark = pytest.mark.django_db
TOWN = "990101002"


class Hall:
    """The hall of the planted township, with a reception and two co-organizers, one of them on duty."""

    def __init__(self, county, enter_as):
        town = Area.objects.get(code=TOWN)
        point = ServicePoint.objects.create(name="桃源镇大厅", area=town, owner="township", address="街上 1 号")
        self.venue = Venue.objects.create(service_point=point, code="taoyuan", level="township")
        Series.objects.create(venue=self.venue, letter="A", name="综合")
        department = Department.objects.get(code="mz")
        self.matter = Matter.objects.create(code="db", name="低保申请", department=department, policy=SUBSISTENCE)
        self.matter.venues.add(self.venue)
        for username, kind in (("guide", "receptionist"), ("side", "co_organizer"), ("other", "co_organizer")):
            county.post(username, kind, TOWN, name={"guide": "文竹", "side": "白芷", "other": "紫苏"}[username])
        self.guide, self.side, self.other = (enter_as(one) for one in ("guide", "side", "other"))
        self.side.post(reverse("accompany_duty"), {"key": "duty", "venue": "taoyuan"})

    def ticket(self):
        clerk = Staff.objects.get(username="shiliu")
        with scope(clerk, "取号"):
            return actions.take_ticket(venue=self.venue, matters=[self.matter], source=Source.DESK, by=clerk, at=timezone.now())

    def known(self):
        """Let 沈小满 have taken a number and been found at the reception by name."""
        ticket = self.ticket()
        at = reverse("reception_one", args=[ticket.attendance_id])
        found = self.guide.post(at, {"text": "沈小满", "key": "find"}).content.decode()
        person = re.search(r'name="person" value="(\w+)"', found)[1]
        self.guide.post(at + "know/", {"key": f"know{ticket.pk.hex}", "person": person})
        return ticket

    def come(self, ticket=None):
        """Let the co-organizer be sent, and come."""
        ticket = ticket or self.known()
        self.guide.post(
            reverse("reception_act", args=[ticket.attendance_id, "assign"]), {"key": f"send{ticket.pk.hex}", "to": "side"}
        )
        with scope(System("test"), "测试"):
            handling = Handling.objects.get(attendance=ticket.attendance_id, ended_at=None)
        self.do(handling, "come")
        return handling

    def do(self, handling, name, *, client=None, **fields):
        client = client or self.side
        return client.post(reverse("accompany_act", args=[handling.pk, name]), {"key": f"{name}{fields}"[:64], **fields})

    def page(self, handling, client=None):
        return (client or self.side).get(reverse("accompany_one", args=[handling.pk])).content.decode()


@pytest.fixture
def hall(county, enter_as):
    return Hall(county, enter_as)


def test_recognised_at_the_reception_it_is_seen_what_is_open_and_the_look_is_written_down(hall):
    ticket = hall.ticket()
    address = reverse("reception_one", args=[ticket.attendance_id])
    assert "还不知道他是谁" in hall.guide.get(address).content.decode()
    hall.known()
    assert "沈**" in hall.guide.get(reverse("reception")).content.decode()

    ticket = hall.known()
    page = hall.guide.get(reverse("reception_one", args=[ticket.attendance_id])).content.decode()
    assert "沈小满" in page
    assert "没有在办的" in page
    assert "有线索" in page
    assert "残疾人" in page
    entry = AuditEntry.objects.filter(purpose="导办：看在办的事").latest("pk")
    assert (entry.staff.username, entry.count > 0) == ("guide", True)


def test_with_one_press_the_free_one_is_sent_and_the_telephone_shows_it(hall):
    ticket = hall.known()
    page = hall.guide.get(reverse("reception_one", args=[ticket.attendance_id])).content.decode()
    assert "派白芷" in page
    assert "派紫苏" not in page
    for _ in range(2):
        done = hall.guide.post(
            reverse("reception_act", args=[ticket.attendance_id, "assign"]), {"key": "same", "to": "side", "why": "腿脚不便"}
        )
        assert done.status_code == 302
    phone = hall.side.get("/").content.decode()
    assert ("等您过去" in phone, "腿脚不便" in phone, "沈小满" in phone) == (True, True, False)
    assert "已经派了" in alert(
        hall.guide.post(reverse("reception_act", args=[ticket.attendance_id, "assign"]), {"key": "x", "to": "side"})
    )


def test_before_coming_and_after_the_end_the_telephone_shows_nothing_of_the_household(hall):
    _, person = household("沈小满")
    help_ = reverse("person_help", args=[person.pk])
    assert hall.side.get(help_).status_code == 404
    handling = hall.come()
    page = hall.page(handling)
    assert "沈小满" in page
    assert "他还能得到" in page
    sheet = hall.side.get(help_)
    assert sheet.status_code == 200
    assert "已经知道的" not in sheet.content.decode()
    for address in (help_, reverse("accompany_one", args=[handling.pk])):
        assert hall.other.get(address).status_code == 404
    _, neighbour = household("周霜降")
    assert hall.side.get(reverse("person_help", args=[neighbour.pk])).status_code == 404

    assert hall.do(handling, "end", result="left", words="儿子来了")["Location"] == reverse("accompany")
    for address in (help_, reverse("accompany_one", args=[handling.pk])):
        assert hall.side.get(address).status_code == 404


def test_the_form_is_filled_at_the_windows_own_pages_and_handed_in_there(hall):
    handling = hall.come()
    address = hall.do(handling, "form")["Location"]
    with scope(System("test"), "测试"):
        case = Case.objects.get()
        person = case.applicant_id
    assert address == reverse("case_interview", args=[case.pk])
    assert hall.side.get(address).status_code == 200
    assert hall.other.get(address).status_code == 404
    choose, papers = reverse("case_choose", args=[case.pk]), reverse("case_papers", args=[case.pk])
    hall.side.post(choose, form_of(hall.side, choose) | {"asked": [f"disability_living_subsidy|{person.hex}"]})
    sent = hall.side.post(papers, form_of(hall.side, papers) | {"do": "submit"}, follow=True)
    assert "申请已交到窗口，等候受理" in sent.content.decode()
    assert "全程协办" in sent.content.decode()
    assert now(case).first_assignee.username == "shiliu"
    refused = hall.side.post(papers, form_of(hall.side, papers) | {"do": "accept"})
    assert refused.status_code in (302, 403)
    assert now(case).state == "submitted"
    assert (
        '在办的</h2><span class="quiet">1 件'
        in hall.guide.get(reverse("reception_one", args=[handling.attendance_id])).content.decode()
    )


def test_what_is_missing_gets_an_owner_and_a_day_and_the_back_office_is_asked_to_go_first(hall, enter_as):
    handling = hall.come()
    hall.do(handling, "form")
    with scope(System("test"), "测试"):
        case = Case.objects.get()
    day = timezone.localdate() + timedelta(days=1)
    wanted = {"other": "残疾人证", "fetcher": "staff", "at_home": "yes", "due_on": f"{day}"}
    assert hall.do(handling, "errand", **wanted).status_code == 302
    assert "残疾人证" in hall.side.get(reverse("accompany")).content.decode()
    assert "还有 1 份材料" in alert(hall.do(handling, "end", result="done"))
    with scope(System("test"), "测试"):
        errand = Errand.objects.get()
    hall.do(handling, "fetched", errand=errand.pk)
    assert "到了</span>" in hall.page(handling)

    assert "为什么" in alert(hall.do(handling, "first", case=case.pk.hex, words=""))
    hall.do(handling, "first", case=case.pk.hex, words="住得远")
    window = enter_as("shiliu").get(reverse("visits")).content.decode()
    assert "请先办：住得远" in window


def test_progress_is_told_a_rating_is_asked_and_the_end_is_in_a_named_colleagues_hands(hall):
    handling = hall.come()
    hall.do(handling, "form")
    with scope(System("test"), "测试"):
        case = Case.objects.get()
    hall.do(handling, "led")
    hall.do(handling, "sheet")
    hall.do(handling, "progress", case=case.pk.hex, words="今天先填好，材料齐了就交")
    page = hall.page(handling)
    for words in ("带到窗口", "交给政策单", "告知进度：今天先填好", "一起填表"):
        assert words in page
    asked = hall.side.get(hall.do(handling, "rating")["Location"])
    assert "请您评价刚才的服务" in asked.content.decode()
    with scope(System("test"), "测试"):
        assert HallVisit.objects.get().served_by.username == "side"
    assert "还有什么要办" in alert(hall.do(handling, "end", result="handed_over", to="shiliu", words=""))
    hall.do(handling, "end", result="handed_over", to="shiliu", words="等残疾人证")
    with scope(System("test"), "测试"):
        task = Task.objects.get(kind="help")
        assert (task.owner.username, task.words) == ("shiliu", "接着帮到底：等残疾人证")


def test_another_households_case_cannot_be_named(hall, enter_as):
    home, person = household("周霜降")
    case = opened(enter_as("shiliu"), home, person)
    handling = hall.come()
    assert "不是他家的" in alert(hall.do(handling, "progress", case=case.pk.hex, words="看看"))


def test_the_place_in_the_line_asks_again_by_itself(hall):
    handling = hall.come()
    part = hall.side.get(reverse("accompany_place", args=[handling.pk])).content.decode()
    assert ("前面还有" in part, "<html" in part) == (True, False)


def test_neither_post_opens_a_household_a_search_of_cases_or_the_others_desk(hall):
    home, _ = household("沈小满")
    for client in (hall.guide, hall.side):
        for address in (
            reverse("household", args=[home]),
            reverse("case_apply", args=[home]),
            reverse("cases"),
            reverse("findings"),
            reverse("help"),
        ):
            assert client.get(address).status_code == 403, address
    assert hall.side.get(reverse("reception")).status_code == 403
    assert hall.guide.get(reverse("accompany")).status_code == 403
    assert hall.side.get(reverse("people")).status_code == 403


def test_with_nobody_on_duty_the_reception_is_told_what_to_do(hall):
    hall.side.post(reverse("accompany_duty"), {"key": "off"})
    ticket = hall.known()
    page = hall.guide.get(reverse("reception_one", args=[ticket.attendance_id])).content.decode()
    assert "现在没有在岗的协办员" in page
