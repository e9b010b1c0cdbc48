"""A household's file on its page: what lies in it, lent and brought back once however often it is sent, printed with its term."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfReader

from tests.cases.test_filing import delivered, town  # noqa: F401  the fixture
from tests.journeys.seat import picture
from tests.make import make_area, make_staff
from yimen.cases import queries
from yimen.cases.models import Lending, OldPaper
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db


def step(client, town, name, **sent):  # noqa: F811
    return client.post(reverse("household_file_step", args=[town.home.pk, name]), sent, follow=True)


def test_lent_brought_back_and_printed(enter, town):  # noqa: F811
    case = delivered(town)
    client, address = enter(town.window), reverse("household_file", args=[town.home.pk])
    body = client.get(address).content.decode()
    assert "送达凭据（邮寄）" in body
    assert "没有发放过救助" in body
    assert address in client.get(reverse("household", args=[town.home.pk])).content.decode()
    sent = {"key": "k" * 32, "borrower": "县司法局 周某", "reason": "复议答复", "due_on": "2099-12-31"}
    for _ in range(2):
        step(client, town, "lend", **sent)
    with town.at_desk(town.window):
        assert Lending.objects.count() == 1
    assert "县司法局 周某" in client.get(reverse("files_out")).content.decode()
    assert step(client, town, "hand-over", archive="馆", number="1", receiver="某").status_code == 422
    assert "已归还" in step(client, town, "return", remark="").content.decode()
    assert "没有借出没还的档案" in client.get(reverse("files_out")).content.decode()

    answer = client.get(reverse("case_print", args=[case.pk, "index"]))
    words = (
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).replace("\n", "").replace(" ", "")
    )
    for one in ("卷内目录", "送达凭据", "EMS123", "保管期限：没有发放过救助"):
        assert one in words
    assert AuditEntry.objects.filter(purpose="看一户一档").exists()


def test_an_old_paper_is_scanned_into_the_file_page_by_page_and_stands_first_in_the_index(enter, town, settings, tmp_path):  # noqa: F811
    settings.YIMEN_HOME = tmp_path
    delivered(town)
    client, address = enter(town.window), reverse("household_file", args=[town.home.pk])
    sent = {"title": "2019年低保申请表", "on": "2019-03-05", "remark": "缺第三页"}
    assert "照片或扫描件" in step(client, town, "scan", **sent).content.decode()
    pages = [SimpleUploadedFile(f"{number}.png", picture(tmp_path).read_bytes(), "image/png") for number in (1, 2)]
    for _ in range(2):
        for one in pages:
            one.seek(0)
        step(client, town, "scan", key="k" * 32, pages=pages, **sent)

    with town.at_desk(town.window):
        (held,) = OldPaper.objects.all()
        first = queries.leaves_of(household_id=town.home.pk)[0]
    assert (first.title, first.pages, first.remark) == ("2019年低保申请表", None, "补扫 2 页，缺第三页")
    scan = reverse("household_file_scan", args=[town.home.pk, held.pages[1]])
    assert scan in client.get(address).content.decode()
    assert client.get(scan)["Content-Type"] == "image/png"
    assert client.get(reverse("household_file_scan", args=[town.home.pk, held.pk])).status_code == 404
    assert step(enter(town.approver), town, "scan", pages=pages, **sent).status_code == 403


def test_a_neighbouring_town_sees_no_file(enter, town):  # noqa: F811
    delivered(town)
    foreign = make_staff(kind="town_clerk", username="foreign")
    foreign.posts.update(area=make_town_elsewhere())
    client = enter(foreign)
    assert client.get(reverse("household_file", args=[town.home.pk])).status_code == 404
    assert step(client, town, "lend", borrower="某", reason="某").status_code == 404


def make_town_elsewhere():

    return make_area("990101002", path="99.9901.990101.990101002.", level=4, name="桃源镇")
