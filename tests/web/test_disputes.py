"""Reviews and lawsuits on pages: noted once however often it is sent, shown with their articles, nobody named."""

import uuid
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.cases.test_disputing import decided, town  # noqa: F401  the fixture
from tests.cases.town import department_desk
from yimen.cases.models import CaseEvent, Decision, Dispute

pytestmark = pytest.mark.django_db
FILED = {"forum": "review", "body": "花城县人民政府", "words": "请求撤销", "on": "2026-11-26"}


@pytest.fixture(autouse=True)
def _december(monkeypatch):
    """The pages' own clock stands in December."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 7, 4, 0, tzinfo=UTC))


def test_from_filing_to_the_ruling_at_the_desk(enter, town):  # noqa: F811
    decision = decided(town)
    client, page = enter(town.approver), reverse("dispute", args=[decision.pk])
    assert "复议、诉讼" in client.get(reverse("case_decisions", args=[decision.case_id])).content.decode()
    assert "没有人申请复议" in client.get(page).content.decode()

    def send(name, **fields):
        return client.post(reverse("dispute_step", args=[decision.pk, name]), {"key": uuid.uuid4().hex, **fields}, follow=True)

    assert "收到副本那天请来记" in send("file", **FILED).content.decode()
    assert "花城县人民政府" in client.get(reverse("disputes")).content.decode()
    send("taken", number="花政复〔2026〕9号", procedure="ordinary", on="2026-12-01")
    assert "2026-12-18 以前书面答复" in send("copy", on="2026-12-04").content.decode()
    shown = client.get(page).content.decode()
    assert all(one in shown for one in ("第四十八条", "第七十条", "视为没有证据"))
    assert "件复议、诉讼等您答复" in client.get(reverse("home")).content.decode()
    assert send("answered", words="").status_code == 422
    send("answered", words="答复书、核对报告")
    done = send("ruled", outcome="redo", words="撤销，30 日内重作", redo_by="2027-01-08")

    assert "重新办理" in done.content.decode()
    trail = client.get(reverse("case", args=[decision.case_id])).content.decode()
    assert "按复议决定、判决重新办理" in trail
    assert "沈小满" not in client.get(page).content.decode()
    assert "已经结束的 1 件" in client.get(reverse("disputes") + "?state=closed").content.decode()


def test_sent_twice_it_happens_once(enter, town):  # noqa: F811
    decision = decided(town)
    client, sent = enter(town.approver), FILED | {"key": "a" * 32}
    for _ in range(2):
        assert client.post(reverse("dispute_step", args=[decision.pk, "file"]), sent).status_code == 302
    with town.at_desk(town.approver):
        assert (Dispute.objects.count(), CaseEvent.objects.filter(step="contest").count()) == (1, 1)


def test_another_department_s_desk_and_a_window_are_refused(enter, town):  # noqa: F811
    decision = decided(town)
    address = reverse("dispute", args=[decision.pk])
    assert enter(department_desk("yb", "医保")).get(address).status_code == 403
    assert enter(town.window).get(address).status_code == 403
    assert enter(town.approver).get(reverse("dispute", args=[uuid.uuid4()])).status_code == 404
    with town.at_desk(town.approver):
        assert Decision.objects.get(pk=decision.pk).state == "refused"
