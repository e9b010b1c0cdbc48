"""The leader's desk: figures that add up, what changed since the last run, sorting, filters and exports that agree."""

import csv
import io
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

pytestmark = pytest.mark.django_db


def table(body, title):
    """Return a table of the desk as rows of numbers, its last row being the total."""
    part = body.split(f'aria-label="{title}"', 1)[1].split("</table>", 1)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)[1:]
    return [[_number(cell) for cell in re.findall(r'<td class="num[^"]*">([^<]*)</td>', row)] for row in rows]


def _number(text):
    digits = re.sub(r"\D", "", text)
    return int(digits) if digits else 0


def test_both_tables_add_up_to_the_same(enter_as, county):
    body = enter_as("luzhixia").get("/").content.decode()

    for title in ("按地方的线索数", "按政策的线索数"):
        *rows, total = table(body, title)
        assert [sum(column) for column in zip(*rows, strict=True)] == total
    assert table(body, "按地方的线索数")[-1] == table(body, "按政策的线索数")[-1]


def test_a_figure_is_the_number_of_lines_its_list_shows(enter_as, county):
    client = enter_as("luzhixia")
    total = table(client.get("/").content.decode(), "按地方的线索数")[-1]

    for kind, number in zip(("missed", "wrong", "recheck", "soon"), total, strict=False):
        body = client.get(reverse("findings") + f"?kind={kind}").content.decode()
        assert len(re.findall(r'<a class="go"', body)) == number


def test_a_column_sorts_the_largest_first(enter_as, county):
    body = enter_as("luzhixia").get("/?areas=wrong").content.decode()
    *rows, _ = table(body, "按地方的线索数")

    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert 'aria-sort="descending"' in body


def test_what_a_person_closes_counts_as_closed_since_the_last_run(enter_as, county):
    client = enter_as("luzhixia")
    page = client.get(reverse("findings") + "?kind=wrong").content.decode()
    finding = re.search(r'href="/findings/([0-9a-f-]{36})/', page)[1]
    before = table(client.get("/").content.decode(), "按地方的线索数")[-1]

    client.post(reverse("finding_close", args=[finding]), {"words": "已入户核实"})

    after = table(client.get("/").content.decode(), "按地方的线索数")[-1]
    assert (after[1], after[5]) == (before[1] - 1, before[5] + 1)
    closed = client.get(reverse("findings") + "?state=all&since=closed").content.decode()
    assert finding in closed
    client.post(reverse("finding_reopen", args=[finding]))


def test_who_is_in_hand_is_counted_as_missed_nowhere_and_stands_with_the_number_of_the_case(enter_as, county):
    client = enter_as("luzhixia")
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    finding, *others = re.findall(r'class="go" href="/findings/([0-9a-f-]{36})/', listed)

    client.post(reverse("finding_take_up", args=[finding]), {"key": str(uuid.uuid4())})

    desk = client.get("/").content.decode()
    assert '<a href="/findings/?state=in_hand">漏救正在办</a> <b class="num">1</b> 条' in desk
    assert table(desk, "按地方的线索数")[-1][0] == table(desk, "按政策的线索数")[-1][0] == len(others)
    listed = client.get(reverse("findings") + "?kind=missed").content.decode()
    assert re.findall(r'class="go" href="/findings/([0-9a-f-]{36})/', listed) == others
    in_hand = client.get(reverse("findings") + "?state=in_hand").content.decode()
    (number,) = re.findall(r'<td class="nowrap">正在办 (990101-\d{4}-\d{6})', in_hand)
    page = client.get(reverse("finding", args=[finding])).content.decode()
    assert f"办件 {number}</a>" in page
    assert "不再算漏救" in page
    assert "立案核查 <kbd>" not in page
    exported = client.get(reverse("findings_export") + "?state=all&as=csv").content.decode("utf-8-sig")
    assert f"正在办 {number}" in exported


def test_both_exports_hold_what_the_list_shows(enter_as, county):
    client = enter_as("luzhixia")
    query = "?state=all&order=area"
    shown = re.findall(r'<a class="go"[^>]*>([^<]*)</a>', client.get(reverse("findings") + query).content.decode())

    book = client.get(reverse("findings_export") + query).content
    text = client.get(reverse("findings_export") + query + "&as=csv").content.decode("utf-8-sig")

    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in rows[1:]] == shown
    assert [row[2] for row in list(csv.reader(io.StringIO(text)))[1:]] == shown
    assert all("*" in name for name in shown)


def test_a_longer_list_asks_the_database_no_more(enter_as, county):
    client = enter_as("luzhixia")
    client.get(reverse("findings"))

    asked = []
    for query in ("?kind=wrong", "?state=all"):
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("findings") + query)
        asked.append(len(seen))

    assert abs(asked[0] - asked[1]) <= 2


def test_an_unknown_filter_shows_the_list_and_never_an_error(enter_as, county):
    client = enter_as("luzhixia")

    for query in ("?kind=nothing", "?area=37", "?order=;drop", "?page=abc", "?since=x&state=y&policy=z"):
        assert client.get(reverse("findings") + query).status_code == 200
