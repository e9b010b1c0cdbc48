"""The village board: who stands on it with what, the sheet, the photos, and when it is due again."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.cases.town import decision_of, given, make_town
from tests.make import make_household, make_person, make_staff, make_village
from tests.office.test_pictures import jpeg
from yimen.benefits.models import Grant
from yimen.cases.models import BoardPhoto, Case, Decision, Posting
from yimen.office.models import AuditEntry
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db
LOW, NURSING = "subsistence_allowance", "disability_nursing_subsidy"


@pytest.fixture
def town():
    town = make_town()
    given(town, LOW)
    return town


@pytest.fixture
def cadre(enter, town):
    return enter(make_staff(kind="village_cadre", area=town.village, username="cadre"))


def board(town, name="board", *more):
    return reverse(name, args=[town.village.code, *more])


def shot():
    return SimpleUploadedFile("沈小满.jpg", jpeg())


def test_the_board_shows_name_members_and_amount_and_nothing_else(town, cadre):
    body = cadre.get(board(town)).content.decode()

    assert "沈小满" in body
    assert "400.00" in body
    assert "2026年1月" in body
    with town.at_desk(town.window):
        assert Person.objects.get().id_number[6:14] not in body
    assert AuditEntry.objects.filter(action="read", purpose="看公示公布").exists()


def test_what_is_not_posted_is_not_published_either(town, cadre):
    given(town, NURSING, household=False)

    assert "残疾人护理补贴" not in cadre.get(board(town)).content.decode()


def test_no_child_is_named_and_the_dead_are_counted_not_named(town, cadre):
    with town.at_desk(town.window):
        Person.objects.update(born_on=date(2018, 1, 1))
    assert "姓名不公开" in cadre.get(board(town)).content.decode()
    assert "沈小满" not in cadre.get(board(town)).content.decode()

    with town.at_desk(town.window):
        Person.objects.update(died_on=date(2026, 6, 1))
    body = cadre.get(board(town)).content.decode()
    assert "另有 1 笔" in body
    assert "没有要公布的" in body


def test_the_sheet_is_printed_with_everybody_on_it(town, cadre):
    answer = cadre.get(board(town, "board_print"))

    assert answer["Content-Type"] == "application/pdf"
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).replace("\n", "")
    assert "沈小满" in said
    assert "第四十五条" in said
    assert "1 户，1 人" in said
    aloud = cadre.get(board(town)).content.decode().partition("给广播念的话")[2].partition("</section>")[0]
    assert ("正在领取救助的名单" in aloud, "沈小满" in aloud, "400" in aloud) == (True, False, False)


def test_a_photo_says_that_it_hangs_and_a_changed_list_wants_another(town, cadre, monkeypatch):
    monkeypatch.setattr("yimen.cases.boards.whole_parameter", lambda name, **_: None)
    assert "还没有拍过" in cadre.get(board(town)).content.decode()

    answer = cadre.post(board(town, "board_photo_new"), {"place": "村务公开栏", "photo": shot()}, follow=True)
    body = answer.content.decode()
    assert "照片已存" in body
    assert "名单没有变" in body
    assert "“公布重拍天数”没有录入" in body
    with town.at_desk(town.window):
        held = BoardPhoto.objects.get()
        assert (held.by.username, held.lines) == ("cadre", 1)
        Grant.objects.update(amount_fen=30_000)
    assert "名单变了" in cadre.get(board(town)).content.decode()
    seen = cadre.get(board(town, "board_photo", held.pk))
    assert b"".join(seen.streaming_content).startswith(b"\xff\xd8")
    assert AuditEntry.objects.filter(action="read", purpose="看公布照片").exists()


def test_what_was_decided_here_is_published_with_the_photo(town, cadre):
    with town.at_desk(town.window):
        at = timezone.now()
        case = Case.objects.create(
            household=town.home,
            kind="application",
            channel="window",
            state="delivered",
            receipt_code="ABCDE12345",
            first_assignee=town.window,
            received_on=date(2026, 1, 1),
            opened_at=at,
            changed_at=at,
            area_path=town.home.area_path,
        )
        Decision.objects.create(
            case=case,
            policy=LOW,
            department="民政",
            household=town.home,
            is_identity=True,
            state="confirmed",
            decided_by=town.approver,
            decided_at=at,
            grant=Grant.objects.get(),
            area_path=case.area_path,
        )
    for _ in range(2):
        cadre.post(board(town, "board_photo_new"), {"place": "公开栏", "photo": shot()})

    with town.at_desk(town.window):
        posting = Posting.objects.get(decision=decision_of(case, LOW))
        assert (posting.kind, posting.place) == ("while_paid", "公开栏")


def test_only_a_photo_with_a_place_is_kept(town, cadre):
    wrong = {"place": "公开栏", "photo": SimpleUploadedFile("a.exe", b"MZ")}
    assert cadre.post(board(town, "board_photo_new"), wrong).status_code == 422
    assert "贴在哪里" in cadre.post(board(town, "board_photo_new"), {"place": " ", "photo": shot()}).content.decode()
    assert "请先拍一张" in cadre.post(board(town, "board_photo_new"), {"place": "栏"}).content.decode()


def test_the_cadre_photographs_a_posting_on_its_first_day(town, cadre):
    with town.at_desk(town.window):
        at, today = timezone.now(), timezone.localdate()
        case = Case.objects.create(
            household=town.home,
            kind="application",
            channel="window",
            state="accepted",
            number="990101-2026-000001",
            accepted_at=at,
            receipt_code="ABCDE12345",
            first_assignee=town.window,
            received_on=today,
            opened_at=at,
            changed_at=at,
            area_path=town.home.area_path,
        )
        decision = Decision.objects.create(
            case=case,
            policy="single_person_subsistence",
            department="民政",
            person=town.person,
            is_identity=True,
            state="posted",
            agrees=True,
            area_path=case.area_path,
        )
        wanted = {"starts_on": today, "ends_on": today + timedelta(days=7), "place": "公开栏", "area_path": case.area_path}
        Posting.objects.create(decision=decision, kind="before", **wanted)
    assert "正在公示" in cadre.get(board(town)).content.decode()

    answer = cadre.post(board(town, "board_posting_photo", decision.pk), {"photo": shot()}, follow=True)

    assert "照片已存" in answer.content.decode()
    with town.at_desk(town.window):
        assert Posting.objects.get().first_photo is not None
    again = cadre.post(board(town, "board_posting_photo", decision.pk), {"photo": shot()})
    assert (again.status_code, "到那天再拍" in again.content.decode()) == (422, True)


def test_a_township_sees_which_boards_are_due_and_a_department_sees_none(enter, town):
    other = make_village(2)
    with town.at_desk(town.window):
        make_person(make_household(other), name="许青山", number=7)
    client = enter(town.window)

    body = client.get(reverse("boards")).content.decode()
    assert "1 个村（居）要换表或拍照" in body
    assert body.index("演示1村") < body.index("演示2村")
    department = enter(make_staff(kind="department_desk", area=town.village, username="yb"))
    assert department.get(board(town)).status_code == 403
    assert client.get(reverse("board", args=["990101009001"])).status_code == 404
    leader = enter(make_staff(kind="county_leader", area=town.village, username="leader"))
    assert leader.post(board(town, "board_photo_new"), {"place": "栏", "photo": shot()}).status_code == 403
