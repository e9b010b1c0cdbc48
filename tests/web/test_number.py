"""A whole ID number is shown for a purpose, to whoever may see it, and leaves a trace."""

import pytest
from django.urls import reverse

from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import AuditEntry
from yimen.registry.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def somebody(county):
    with scope(System("test"), "测试"), reading("测试"):
        person = Membership.objects.filter(area_path__contains="990101002001").first().person
        return reverse("person_number", args=[person.pk]), person.id_number


def test_a_whole_number_is_shown_only_after_its_purpose_was_said_and_is_written_down(enter_as, somebody):
    address, number = somebody
    client = enter_as("shiliu")

    assert number not in client.get(address).content.decode()
    refused = client.post(address, {})
    assert refused.status_code == 422
    assert number not in refused.content.decode()
    shown = client.post(address, {"purpose": "受理登记"})

    assert number in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    entry = AuditEntry.objects.filter(purpose="看完整证件号码：受理登记").get()
    assert (entry.count, number in str(entry.detail)) == (1, False)


def test_a_post_without_the_permission_does_not_see_a_whole_number(enter_as, somebody):
    address, number = somebody

    answer = enter_as("dingxiang").post(address, {"purpose": "受理登记"})

    assert answer.status_code == 403
    assert number not in answer.content.decode()
