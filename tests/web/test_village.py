"""The village at a glance: what is waiting first, and sorted otherwise when somebody asks."""

import re

import pytest

pytestmark = pytest.mark.django_db


def column(body, pattern):
    """Return one column of the village's list."""
    return re.findall(pattern, body.split("<tbody>", 1)[1])


def test_the_households_sort_by_their_size_and_number(enter_as, county):
    client = enter_as("dingxiang")

    sizes = [int(one) for one in column(client.get("/?order=people").content.decode(), r'<td class="num">(\d+)')]
    numbers = column(client.get("/?order=number").content.decode(), r"<td>(\d{4})</td>")

    assert len(set(sizes)) > 1
    assert sizes == sorted(sizes, reverse=True)
    assert numbers == sorted(numbers)
    assert len(numbers) == len(sizes)


def test_a_tab_keeps_the_order_and_an_unknown_order_does_no_harm(enter_as, county):
    client = enter_as("dingxiang")

    assert "?order=people&amp;show=waiting" in client.get("/?order=people").content.decode()
    assert client.get("/?order=;drop").status_code == 200
