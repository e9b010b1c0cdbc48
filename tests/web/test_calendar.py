"""Days off at the system administrator's desk: what is missing, a notice seen before it counts, and terms reckoned by it."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

import yimen.jobs.work  # noqa: F401  (declares the reckoning)
from tests.cases.town import accepted, make_town
from tests.make import make_area
from yimen.cases import actions
from yimen.cases.models import Case
from yimen.office import work
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry, CalendarDay, CalendarYear

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"
ENTER = reverse("calendar_enter", args=[2027])
SENT = {
    "document": "国办发明电〔2026〕0号",
    "name": ["元旦", "春节", "清明节"],
    "first": ["2027-01-01", "2027-02-05", ""],
    "last": ["", "2027-02-11", ""],
    "worked_1": ["", "2027-02-14", ""],
    "worked_2": ["", "2027-02-20", ""],
}


@pytest.fixture
def system(enter):
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    return enter(kind="system_admin", area=county, username="system")


def body_of(answer):
    return answer.content.decode()


def send(client, step, **more):
    sent = SENT | {"step": step, "key": more.pop("key", "k1")} | more
    return client.post(ENTER, sent, follow=True)


def test_the_desk_leads_there_and_a_missing_year_is_named(system):
    assert reverse("calendar") in body_of(system.get("/"))
    page = body_of(system.get(reverse("calendar"), {"year": "2026"}))
    assert "2027 年的放假安排还没有录入" in page
    assert "随程序带来" in page
    assert re.search(r'title="春节调休上班">14<b>班</b>', page)
    assert "只按周末推算" in body_of(system.get(reverse("calendar"), {"year": "2027"}))


def test_a_notice_is_shown_before_it_counts(system):
    page = body_of(send(system, "check"))

    assert "放假 8 天，调休上班 2 天" in page
    assert "2月5日（星期五）至 2月11日（星期四）" in page
    assert "清明节" not in re.search(r'<ul class="short-list">.*?</ul>', page, re.DOTALL)[0]
    assert not CalendarYear.objects.exists()
    again = body_of(send(system, "again"))
    assert 'value="2027-02-20"' in again
    assert not CalendarYear.objects.exists()


def test_confirmed_it_counts_once_however_often_it_is_sent_and_stands_in_the_audit(system):
    assert "放假 8 天，调休上班 2 天" in body_of(send(system, "enter"))
    send(system, "enter")
    assert "期限正在后台按新的放假安排" in body_of(system.get(reverse("calendar")))
    assert work.run_one("test")
    assert not work.run_one("test")

    assert CalendarDay.objects.filter(is_workday=False).count() == 8
    assert "正在后台" not in body_of(system.get(reverse("calendar")))
    written = AuditEntry.objects.filter(action="calendar.enter")
    assert [(one.staff.username, one.detail["year"]) for one in written] == [("system", 2027)]
    assert AuditEntry.objects.filter(action="case.recompute_dues").count() == 1
    page = body_of(system.get(reverse("calendar"), {"year": "2027"}))
    assert "国办发明电〔2026〕0号" in page
    assert 'value="2027-02-05"' in body_of(system.get(ENTER))


def test_the_same_key_with_another_notice_enters_nothing(system):
    send(system, "enter")
    assert "以前用过" in body_of(send(system, "enter", document="另一号"))
    assert CalendarYear.objects.get().document == "国办发明电〔2026〕0号"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"document": " "}, "文号或名称"),
        ({"document": "号" * 61}, "最多 60 个字"),
        ({"first": ["", "", ""], "last": ["", "", ""], "worked_1": [""] * 3, "worked_2": [""] * 3}, "一个放假的日子也没有写"),
        ({"first": ["2027-01-01", "昨天", ""]}, "日期看不懂"),
        ({"worked_1": ["", "2027-02-15", ""]}, "不是周末"),
        ({"last": ["", "2027-02-01", ""]}, "还早"),
        ({"name": ["元旦"]}, "没有写节日名称"),
    ],
)
@pytest.mark.parametrize("step", ["check", "enter"])
def test_what_cannot_be_so_is_said_keeps_what_was_typed_and_enters_nothing(system, more, why, step):
    answer = send(system, step, **more)

    assert answer.status_code == 422
    assert why in body_of(answer)
    assert 'value="2027-02-20"' in body_of(answer) or "worked_2" in more
    assert not CalendarYear.objects.exists()
    assert not CalendarDay.objects.exists()


def test_terms_in_hand_are_reckoned_by_it(system):
    town = make_town()
    with town.at_desk(town.window):
        town.person.save()
    accepted(town, actions.Asked(NURSING, town.person.pk))
    with scope(System("test"), "看"):
        before = Case.objects.get().due_on
    # Every working day up to the due date is a day off now.
    answer = system.post(
        reverse("calendar_enter", args=[2026]),
        {"step": "enter", "key": "k", "document": "某号", "name": "调整", "first": "2026-11-30", "last": before.isoformat()},
        follow=True,
    )
    assert "重算期限" in body_of(answer)
    assert "期限正在按它重算" in body_of(answer)
    with scope(System("test"), "看"):
        assert Case.objects.get().due_on == before
    assert work.run_one("test")
    with scope(System("test"), "看"):
        assert Case.objects.get().due_on > before
    done = body_of(system.get(answer.redirect_chain[-1][0]))
    assert re.search(r'变了的期限</dt><dd class="figure">[1-9]\d*<span class="unit">个', done)


def test_a_reckoning_that_was_cut_off_goes_on_and_says_how_far_it_is(system):
    town = make_town()
    accepted(town, actions.Asked(NURSING, town.person.pk))
    with scope(System("test"), "测试"):
        Case.objects.update(due_on=date(2026, 1, 1))
        told = []

        def cut_off(*said):
            told.append(said)
            if said[0].startswith("重算"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            actions.recompute_dues(at=timezone.now(), progress=cut_off)
        assert told == [("核对期限", 1, 1), ("重算办件的期限", 1, 1)]
        assert Case.objects.get().due_on != date(2026, 1, 1)
        assert actions.recompute_dues(at=timezone.now()) == 0


def test_a_year_out_of_reach_has_no_page(system):
    assert system.get(reverse("calendar_enter", args=[1999])).status_code == 404
    assert system.get(reverse("calendar_enter", args=[2207])).status_code == 404
    assert system.get(reverse("calendar"), {"year": "二〇二七"}).status_code == 200


@pytest.mark.parametrize("kind", ["county_clerk", "security_admin"])
def test_nobody_else_sees_or_moves_the_holidays(enter, kind):
    client = enter(kind=kind, username="other")
    assert client.get(reverse("calendar")).status_code == 403
    assert send(client, "enter").status_code == 403
    assert not CalendarDay.objects.filter(day__year=date(2027, 1, 1).year).exists()
