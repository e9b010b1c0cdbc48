"""Who comes in by the API and how: a token or a session, JSON only, sentences for refusals, no step skipped."""

import json
import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from tests.api.conftest import APPLICANT, Program
from tests.api.test_portal import NURSING, application, only_case
from tests.cases.town import declare, noon, opened
from tests.make import make_area, make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.office.access import System, scope
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db
PATHS = ("/api/openapi.json", "/api/applications", "/api/applications/ABCDEFGHJK", "/api/cases", "/api/nothing")


class Desk:
    """A person's own program at the desk: their session, keys of its own."""

    def __init__(self, client: Client) -> None:
        self.http, self.sent = client, 0

    def post(self, path, *, key="", **body):
        self.sent += 1
        headers = {"Idempotency-Key": key or f"desk-{self.http.staff.username}-{self.sent:04d}"}
        return self.http.post(path, json.dumps(body, default=str), content_type="application/json", headers=headers)


@pytest.fixture
def window(town, enter) -> Desk:
    return Desk(enter(town.window))


@pytest.fixture
def approver(town, enter) -> Desk:
    return Desk(enter(town.approver))


def asked(town):
    return [{"policy": NURSING, "person": town.person.pk}]


def seen(desk, decision) -> str:
    """Return when the opinion was given, as the case says it."""
    held = desk.http.get(f"/api/cases/{decision.case_id}").json()
    return held["decisions"][0]["proposed_at"] or "2026-11-23T04:00:00+00:00"


def accepted_case(town, window) -> Case:
    said = window.post("/api/cases", household=town.home.pk, applicant=town.person.pk).json()
    window.post(f"/api/cases/{said['case']}/consent", person=town.person.pk, given=True, signed_on="2026-11-23")
    answer = window.post(f"/api/cases/{said['case']}/accept", asked=asked(town))
    assert answer.status_code == 200, answer.content.decode()
    return only_case()


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_or_a_session_nothing_answers(town, path):
    for headers in ({}, {"Authorization": "Bearer yimen_wrong"}, {"Authorization": "Basic eDp5"}):
        answer = Client().get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["problem"].endswith("。")
        assert "no-store" in answer["Cache-Control"]


def test_wrong_tokens_are_written_down_and_after_five_no_token_opens_anything_for_half_an_hour(town, portal):
    wrong = Program("yimen_guessed")
    assert {wrong.ask("/api/applications").status_code for _ in range(5)} == {401}

    told = [one.ask("/api/applications") for one in (wrong, portal)]
    assert [one.status_code for one in told] == [429, 429]
    assert all(one.json()["problem"].endswith("。") for one in told)
    rows = AuditEntry.objects.filter(action="client.wrong_token")
    assert [(one.address, one.refused) for one in rows] == [("127.0.0.1", True)] * 5
    assert "guessed" not in str(list(rows.values())) + str(list(AccessAttempt.objects.values()))

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert portal.ask("/api/applications").status_code == 200


def test_a_token_opens_the_api_and_no_page(town, portal):
    for path in ("/", "/people/", "/findings/"):
        assert portal.ask(path)["Location"].startswith("/login/")


def test_who_has_not_passed_the_second_factor_is_not_let_in(town):
    client = Client()
    client.post("/login/", {"login": town.window.username, "password": "a-long-password"})
    assert client.get("/api/cases").status_code == 401


def test_the_description_is_for_whoever_may_come_in(town, portal, window):
    for answer in (portal.ask("/api/openapi.json"), window.http.get("/api/openapi.json")):
        assert "/api/applications" in answer.json()["paths"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_only_json_is_taken_and_only_if_it_says_so(town, portal, kind):
    answer = portal.send(application(), content_type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["problem"]


def test_a_body_that_is_no_json_is_refused_in_words(town, portal):
    answer = portal.send('{"reference": ')
    assert (answer.status_code, answer.json()["problem"]) == (400, "内容不是完整的 JSON，读不了。")


@pytest.mark.parametrize("key", ["", "短", "short", "空格 空格 空格", APPLICANT, "x" * 65])
def test_a_key_must_be_one_and_may_not_be_an_id_number(town, portal, key):
    answer = portal.send(application(), key=key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["problem"]


def test_a_missing_key_is_said(town, portal):
    answer = portal.send(application(), headers={"Authorization": f"Bearer {portal.token}"})
    assert answer.status_code == 400
    assert "同一个" in answer.json()["problem"]


def test_what_is_missing_misspelt_or_of_another_kind_is_named_by_its_place_and_not_repeated(town, portal):
    answer = portal.send({"reference": "SD-1", "applicant": APPLICANT, "policies": [{"polisy": "沈小满"}], APPLICANT: 1})
    told = answer.json()
    assert answer.status_code == 422
    assert any(place.endswith("policy") for place in told["places"])
    assert "沈小满" not in answer.content.decode()
    assert APPLICANT not in answer.content.decode()


def test_what_fails_inside_is_told_without_saying_what_it_was_about(town, portal, monkeypatch, caplog):
    def fail(**_):
        raise RuntimeError(f"沈小满 {APPLICANT}")

    monkeypatch.setattr("yimen.api.portal.receive_application", fail)
    with caplog.at_level(logging.ERROR):
        answer = portal.send(application())

    assert answer.status_code == 500
    assert "同一个 Idempotency-Key" in answer.json()["problem"]
    assert APPLICANT not in answer.content.decode()
    assert all(APPLICANT not in record.getMessage() for record in caplog.records)


def test_a_program_brings_applications_and_takes_no_step_of_a_case(town, portal):
    portal.send(application())
    case = only_case()
    for path, body in ((f"/api/cases/{case.pk}/accept", {"asked": []}), ("/api/cases", {})):
        assert portal.send(body, path=path, key="key-00000009").status_code == 403
    assert only_case().state == "submitted"


def test_a_case_goes_from_draft_to_grant_by_the_steps_of_the_flow(town, window, approver):
    case = accepted_case(town, window)
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    assert window.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="符合").json()["state"] == "proposed"
    told = approver.post(f"/api/decisions/{decision.pk}/confirm", seen=seen(approver, decision)).json()

    assert (told["state"], told["case_state"]) == ("confirmed", "concluded")
    page = window.http.get(f"/api/cases/{case.pk}").json()
    assert (page["state"], page["decisions"][0]["state"]) == ("concluded", "confirmed")
    assert window.http.get("/api/cases").json()["cases"][0]["number"] == case.number


def test_steps_cannot_be_skipped_by_calling_the_api(town, window, approver):
    draft = opened(town)
    early = window.post(f"/api/cases/{draft.pk}/accept", asked=[{"policy": "subsistence_allowance"}])
    assert (early.status_code, "授权" in early.json()["problem"]) == (422, True)
    window.post(f"/api/cases/{draft.pk}/consent", person=town.person.pk, given=True, signed_on="2026-11-23")
    window.post(f"/api/cases/{draft.pk}/accept", asked=asked(town))
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    early = (
        approver.post(f"/api/decisions/{decision.pk}/confirm", seen=seen(approver, decision)),
        approver.post(f"/api/decisions/{decision.pk}/refuse", words="不符合", article="某条", seen=seen(approver, decision)),
    )
    assert [one.status_code for one in early] == [409, 409], early[0].content.decode()
    assert window.post(f"/api/cases/{draft.pk}/accept", asked=asked(town)).status_code == 409
    with scope(System("test"), "测试"):
        assert not Grant.objects.exists()
        assert Decision.objects.get().state == "open"


def test_who_may_not_take_a_step_may_not_by_the_api_and_the_attempt_is_written_down(town, window, approver):
    draft = opened(town)
    answer = approver.post(f"/api/cases/{draft.pk}/accept", asked=asked(town))
    assert answer.status_code in (403, 422)
    accepted_case_of = window.post(f"/api/cases/{draft.pk}/consent", person=town.person.pk, given=True, signed_on="2026-11-23")
    assert accepted_case_of.status_code == 200
    window.post(f"/api/cases/{draft.pk}/accept", asked=asked(town))
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    window.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="符合")

    refused = window.post(f"/api/decisions/{decision.pk}/confirm", seen=seen(window, decision))

    assert refused.status_code in (403, 409)
    assert AuditEntry.objects.filter(refused=True, actor="window").exists()
    with scope(System("test"), "测试"):
        assert not Grant.objects.exists()


def test_a_decision_on_facts_that_changed_says_what_changed(town, window, approver):
    accepted_case(town, window)
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    window.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="符合")
    declare(town, {"残疾等级": 2}, source="残联", on=noon(1).date())

    answer = approver.post(f"/api/decisions/{decision.pk}/confirm", seen=seen(approver, decision))

    assert answer.status_code == 409
    assert answer.json()["changes"] == ["残疾等级由 1 变为 2", "金额由 160.00 元 变为 130.00 元"]


def test_a_decision_on_another_opinion_than_the_one_seen_is_not_taken(town, window, approver):
    accepted_case(town, window)
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    window.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="符合")
    before = seen(approver, decision)
    with town.at_desk(town.approver):
        actions.send_back(decision=decision.pk, words="再看看", by=town.approver, at=timezone.now())
    window.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="看过了，符合")

    answers = (
        approver.post(f"/api/decisions/{decision.pk}/confirm", seen=before),
        approver.post(f"/api/decisions/{decision.pk}/refuse", words="不符合", article="某条", seen=before),
    )

    assert [(one.status_code, "换了一份" in one.json()["problem"]) for one in answers] == [(409, True)] * 2
    assert approver.post(f"/api/decisions/{decision.pk}/confirm").status_code == 422
    assert approver.post(f"/api/decisions/{decision.pk}/confirm", seen=seen(approver, decision)).status_code == 200


def test_of_two_programs_with_one_version_the_second_is_told_and_overwrites_nothing(town, window):
    case = opened(town)
    window.post(f"/api/cases/{case.pk}/consent", person=town.person.pk, given=True, signed_on="2026-11-23")
    answer = window.post(f"/api/cases/{case.pk}/accept", asked=asked(town), version=case.version)
    assert answer.status_code == 409
    assert "已经改过" in answer.json()["problem"]
    assert only_case().state == "draft"


def test_a_stranger_s_case_is_answered_as_one_that_never_was(town, window, enter):
    case = accepted_case(town, window)
    with scope(System("test"), "测试"):
        decision = Decision.objects.get()
    far = make_area("990202001", path="99.9902.990202.990202001.", level=4, name="外镇")
    stranger = Desk(enter(make_staff(kind="town_clerk", area=far, username="stranger")))
    assert stranger.http.get(f"/api/cases/{case.pk}").status_code == 404
    assert stranger.post(f"/api/cases/{case.pk}/accept", asked=asked(town)).status_code == 404
    assert stranger.post(f"/api/decisions/{decision.pk}/propose", agrees=True, opinion="符合").status_code == 404
    sent = {"words": "不", "article": "条", "seen": noon(1).isoformat()}
    assert stranger.post(f"/api/decisions/{decision.pk}/refuse", **sent).status_code == 404
    assert stranger.http.get("/api/cases").json() == {"cases": []}


def test_a_session_posts_only_with_the_check_of_its_own_page(town, enter):
    held = enter(town.window)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = held.cookies
    answer = strict.post("/api/cases", "{}", content_type="application/json", headers={"Idempotency-Key": "key-00000001"})
    assert answer.status_code == 403
    assert "校验码" in answer.json()["problem"]


def test_no_step_happens_twice_under_one_key_and_the_answer_is_the_same(town, window):
    case = opened(town)
    window.post(f"/api/cases/{case.pk}/consent", person=town.person.pk, given=True, signed_on="2026-11-23")
    answers = [window.post(f"/api/cases/{case.pk}/accept", key="key-accept-1", asked=asked(town)).json() for _ in range(3)]
    assert answers[0]["number"].endswith("-000001")
    assert answers[0] == answers[1] == answers[2]
    with scope(System("test"), "测试"):
        assert CaseEvent.objects.filter(step="accept").count() == 1


def test_a_page_of_a_program_with_a_wrong_token_opens_no_scope(town):
    assert Program("yimen_x").ask("/api/applications").status_code == 401


@pytest.mark.parametrize("channel", ["nonsense", "portal", "online", "screening", "paper", "relative"])
def test_a_person_s_own_program_opens_a_case_only_as_from_the_window_or_the_village(town, window, channel):
    answer = window.post("/api/cases", household=town.home.pk, applicant=town.person.pk, channel=channel)
    assert answer.status_code == 422
    with scope(System("test"), "测试"):
        assert not Case.objects.exists()
    assert window.post("/api/cases", household=town.home.pk, applicant=town.person.pk, channel="village").status_code == 200
