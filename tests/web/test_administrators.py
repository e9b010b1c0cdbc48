"""Administrators: who may come in and as what, who looked at what; they see no person and reach no other county."""

import io
import re
from datetime import date

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.make import NOON, make_area, make_household, make_person, make_staff, make_village
from yimen.cases.models import Task
from yimen.office import actions
from yimen.office.access import NotAllowed, System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry, Department, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    return make_area("990101", path="99.9901.990101.", level=3, name="花城县")


@pytest.fixture
def other():
    return make_area("990102", path="99.9901.990102.", level=3, name="邻县")


@pytest.fixture
def security(enter, county):
    return enter(kind="security_admin", area=county, username="security")


@pytest.fixture
def auditor(enter, county):
    return enter(kind="audit_admin", area=county, username="auditor")


def key_of(body):
    return re.search(r'name="key" value="(\w+)"', body)[1]


def added(security, county, **more):
    page = security.get(reverse("staff")).content.decode()
    sent = {
        "key": key_of(page),
        "username": "wang",
        "name": "王某",
        "department": "mz",
        "kind": "county_clerk",
        "area": county.code,
    }
    return sent | more, security.post(reverse("staff"), sent | more)


def step(client, name, username="wang", **sent):
    return client.post(reverse("staff_step", args=[username, name]), sent, follow=True)


def test_somebody_is_added_with_a_post_and_the_password_is_shown_once(security, county):
    sent, answer = added(security, county)

    staff = Staff.objects.get(username="wang")
    password = re.search(r"初始密码 <samp>([^<]+)</samp>", answer.content.decode())[1]
    assert staff.check_password(password)
    assert [(one.kind, one.area_id) for one in staff.posts.all()] == [("county_clerk", "990101")]
    again = security.post(reverse("staff"), sent)
    assert again.status_code == 422
    assert "只显示一次" in again.content.decode()
    assert password not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"username": " "}, "用户名和姓名"),
        ({"kind": ""}, "请选岗位"),
        ({"kind": "portal"}, "请选岗位"),
        ({"area": "990102"}, "辖区内"),
        ({"username": "SECURITY"}, "不分大小写"),
        ({"starts_on": "昨天"}, "日期"),
    ],
)
def test_what_is_missing_or_elsewhere_is_said_and_nobody_is_added(security, county, other, more, why):
    _, answer = added(security, county, **more)

    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert Staff.objects.count() == 1


def test_a_post_is_given_and_ended_a_password_and_a_code_reset_and_somebody_locked_out_and_let_in(security, county):
    added(security, county)
    staff = Staff.objects.get(username="wang")

    assert "已任岗" in step(security, "give", kind="approver", area="990101").content.decode()
    post = staff.posts.get(kind="approver")
    assert "已免岗" in step(security, "end", post=post.pk).content.decode()
    assert "三员分立" in step(security, "give", kind="audit_admin", area="990101").content.decode()
    shown = re.search(r"新密码 <samp>([^<]+)</samp>", step(security, "password").content.decode())[1]
    staff.refresh_from_db()
    assert staff.check_password(shown)
    assert "重新绑定" in step(security, "factor").content.decode()
    step(security, "lock")
    assert not Staff.objects.get(username="wang").is_active
    step(security, "unlock")
    assert Staff.objects.get(username="wang").is_active
    done = set(AuditEntry.objects.filter(staff=security.staff).values_list("action", flat=True))
    assert {"staff.add", "post.give", "post.end", "staff.reset_password", "staff.reset_totp"} <= done
    assert {"staff.deactivate", "staff.readmit"} <= done


def test_nobody_locks_themselves_out(security):
    assert "不能停用自己" in step(security, "lock", username="security").content.decode()


def test_the_staff_of_another_county_are_not_there_and_nothing_is_done_to_them(security, county, other):
    stranger = make_staff(kind="county_clerk", area=other, username="stranger")
    both = make_staff(kind="county_clerk", area=county, username="both")
    with scope(System("test"), "任岗"):
        actions.give_post(staff=both, kind="approver", area=other, starts_on=date(2026, 1, 1), by=None, at=NOON)

    assert "stranger" not in security.get(reverse("staff")).content.decode()
    assert security.get(reverse("staff_page", args=["stranger"])).status_code == 404
    assert step(security, "password", username="stranger").status_code == 404
    assert "以外还有岗位" in step(security, "password", username="both").content.decode()
    with scope(security.staff, "任岗"), pytest.raises(NotAllowed):
        actions.end_post(post=stranger.posts.get(), ends_on=date(2026, 1, 1), by=security.staff, at=None)


def test_the_audit_tells_who_did_what_and_names_nobody(auditor, county):
    village = make_village()
    clerk = make_staff(kind="county_clerk", area=county, username="clerk")
    with scope(clerk, "看家庭", address="10.1.1.1"):
        person = make_person(make_household(village))
        with reading("给本人查进度"):
            assert person.__class__.objects.get().name

    body = auditor.get(reverse("audit")).content.decode()
    assert "给本人查进度" in body
    assert "10.1.1.1" in body
    assert "沈小满" not in body
    text = auditor.get(reverse("audit_export") + "?what=read&as=csv").content.decode("utf-8-sig")
    assert "clerk" in text
    assert "沈小满" not in text
    assert AuditEntry.objects.filter(staff=auditor.staff, purpose__in=("看审计", "导出审计")).count() == 2
    book = auditor.get(reverse("audit_export") + "?what=read").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert {line.split(",")[4] for line in text.splitlines()} == {row[4] for row in rows}


def test_the_audit_is_narrowed_by_day_who_what_and_area(auditor, county, other):
    near, far = (make_staff(kind="county_clerk", area=area, username=name) for area, name in ((county, "near"), (other, "far")))
    for staff in (near, far):
        with scope(staff, "测试"), reading(f"看的人是{staff.username}"):
            pass

    def said(**query):
        return auditor.get(reverse("audit"), query).content.decode()

    assert "看的人是near" in said()
    assert "看的人是far" not in said()
    assert "看的人是near" in said(who="near", what="read", area="990101")
    assert "看的人是near" not in said(who="security")
    assert "看的人是near" not in said(what="write")
    assert "看的人是near" not in said(what="refused")
    assert "看的人是near" not in said(starts_on="2020-01-01", ends_on="2020-01-02")
    assert "没有这样的记录" in said(starts_on="2020-01-01", ends_on="2020-01-02")


def test_each_administrator_has_a_door_of_their_own_only(security, auditor):
    assert reverse("staff") in security.get("/").content.decode()
    assert security.get(reverse("audit")).status_code == 403
    assert auditor.get(reverse("staff")).status_code == 403
    assert Department.objects.exists()


def test_a_firm_is_entered_with_its_contract_and_its_people_hold_its_post_alone(security, county):
    page = security.get(reverse("firms")).content.decode()
    assert "还没有第三方机构" in page
    sent = {
        "key": key_of(page),
        "name": "同行核查中心",
        "contract": "花民购1号",
        "starts_on": "2026-01-01",
        "ends_on": "2099-12-31",
    }
    assert security.post(reverse("firms"), sent | {"ends_on": "2025-12-31"}).status_code == 422
    sent["key"] = key_of(security.get(reverse("firms")).content.decode())
    for _ in range(2):
        assert security.post(reverse("firms"), sent).status_code == 302
    assert security.get(reverse("firms")).content.decode().count("花民购1号") == 2

    _, wrong = added(security, county, department="tp001", kind="county_clerk")
    assert "只能任" in wrong.content.decode()
    _, right = added(security, county, department="tp001", kind="third_party", username="firm1")
    assert "初始密码" in right.content.decode()

    changed = {"contract": "花民购1号", "starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    done = security.post(reverse("firm_contract", args=["tp001"]), changed, follow=True)
    assert "合同已到期" in done.content.decode()
    assert not Staff.objects.get(username="firm1").posts.get().is_held


def test_who_locks_somebody_out_reads_who_has_to_reassign_what_they_had_in_hand(security, county):
    added(security, county)
    staff = Staff.objects.get(username="wang")
    make_staff(kind="county_clerk", area=county, username="chief")
    with scope(System("test"), "测试"):
        Task.objects.create(kind="errand", words="取材料", owner=staff, made_at=NOON, area_path=county.path)

    assert "已派给演示员改派" in step(security, "lock").content.decode()

    with scope(System("test"), "测试"):
        assert Task.objects.get(kind="reassign").owner.username == "chief"
    step(security, "unlock")
    with scope(System("test"), "测试"):
        assert Task.objects.get(kind="reassign").done_at
