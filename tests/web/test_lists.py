"""Lists of files, screenings and policies: narrowed, ordered and taken away like the findings are."""

import io
import re

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from yimen.office.models import Delivery
from yimen.screening.models import ScreeningRun

pytestmark = pytest.mark.django_db


def lines_of(answer):
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def csv_of(answer):
    return [line.split(",") for line in answer.content.decode("utf-8-sig").splitlines()]


def test_files_that_came_in_are_narrowed_ordered_and_taken_away(enter_as, county):
    client = enter_as("luzhixia")
    Delivery.objects.filter(kind="roster").update(rejected=7, name_of_file="=花名册.csv")

    page = client.get(reverse("arrivals"), {"kind": "roster", "rejected": "some"}).content.decode()
    book = lines_of(client.get(reverse("arrivals"), {"order": "rejected", "as": "xlsx"}))
    text = client.get(reverse("arrivals"), {"kind": "roster", "as": "csv"})

    assert "1 个，已筛选" in page
    assert set(re.findall(r"<td>(花名册|部门数据|法定义务人|发放名单)", page)) == {"花名册"}
    assert len(book) == Delivery.objects.count() + 1
    assert book[0][-1] == "未采用"
    assert [line[-1] for line in book[1:]] == sorted((line[-1] for line in book[1:]), reverse=True)
    assert csv_of(text)[1][3] == "'=花名册.csv"
    assert re.search(r'filename="arrivals-\d{8}\.csv"', text["Content-Disposition"])


def test_a_department_takes_away_only_what_it_brought_itself(enter_as, county):
    book = lines_of(enter_as("canlian").get(reverse("arrivals"), {"as": "xlsx"}))

    assert len(book) == Delivery.objects.filter(received_by__username="canlian").count() + 1


def test_a_list_that_is_empty_after_narrowing_says_how_to_go_on(enter_as, county):
    client = enter_as("luzhixia")
    ScreeningRun.objects.update(full=True)

    assert "看全部文件" in client.get(reverse("arrivals"), {"rejected": "unfinished"}).content.decode()
    assert "看全部筛查" in client.get(reverse("screening"), {"reach": "changed"}).content.decode()


def test_screenings_are_ordered_and_taken_away(enter_as, county):
    client = enter_as("luzhixia")
    first = ScreeningRun.objects.latest("pk")
    first.pk, first.opened = None, first.opened + 1
    first.save()

    page = client.get(reverse("screening"), {"order": "opened"}).content.decode()
    book = lines_of(client.get(reverse("screening"), {"order": "opened", "as": "xlsx"}))

    assert 'aria-sort="descending"><a href="?order=opened">新出现</a>' in page
    assert [line[7] for line in book[1:3]] == [first.opened, first.opened - 1]


def test_policies_are_narrowed_to_a_department_and_ordered_by_name(enter_as, county):
    client = enter_as("luzhixia")

    page = client.get(reverse("policies"), {"department": "残联"}).content.decode()
    book = lines_of(client.get(reverse("policies"), {"as": "xlsx"}))
    named = lines_of(client.get(reverse("policies"), {"as": "xlsx", "order": "name"}))

    assert "，已筛选" in page
    assert set(re.findall(r'/policies/(\w+)/"', page)) == {line[2] for line in book[1:] if line[0] == "残联"} != set()
    assert sorted(line[1] for line in named) == sorted(line[1] for line in book)
    assert [line[1] for line in named] != [line[1] for line in book]


@pytest.mark.parametrize("address", ["arrivals", "screening", "policies"])
def test_what_does_not_fit_is_left_out(enter_as, county, address):
    answer = enter_as("luzhixia").get(reverse(address), {"order": "password", "kind": "x", "department": "x", "page": "999"})

    assert answer.status_code == 200
