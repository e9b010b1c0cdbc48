"""The demonstration county, against a truth reckoned beside it in plain Python."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.jobs.demonstration import AT, ON, Built, built, differences_from_the_truth, disagreements, open_findings
from yimen.benefits.models import Grant
from yimen.cases.models import Authority, Case, Decision, Handover, OnlineApplication, Report, Visit
from yimen.cases.queries import CaseFilter, cases, helped_by, my_visits, to_sign, waiting_decisions
from yimen.jobs.demo.accounts import POSTS, prepare_accounts
from yimen.jobs.demo.casework import make_cases
from yimen.jobs.demo.stories import TOLD
from yimen.office.access import System, may, scope
from yimen.office.audit import reading
from yimen.office.models import Staff
from yimen.registry.models import Person
from yimen.registry.queries import household_of
from yimen.screening.queries import current_rules, explain_registered

pytestmark = [pytest.mark.django_db, pytest.mark.store, pytest.mark.slow]


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    with django_db_blocker.unblock(), override_settings(YIMEN_HOME=folder, YIMEN_DEMO=True):
        yield built(folder / "files", people=1500)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def _as_the_system(county):
    with scope(System("test"), "核对"), reading("核对"):
        yield


def test_what_was_planted_is_found_and_nothing_else(county: Built):
    assert differences_from_the_truth(county.county) == (Counter(), Counter())
    assert {one.kind for one in county.county.truth} == {"missed", "wrong", "recheck", "soon"}


def test_dirty_rows_come_back_and_the_others_are_loaded(county: Built):
    for name, delivery in county.deliveries.items():
        assert delivery.rows == delivery.loaded + delivery.unchanged + delivery.rejected, name
        assert (delivery.rejected > 0) == (delivery.rejects_file is not None), name
    roster = county.deliveries["名册"]
    assert roster.loaded == Person.objects.count() == sum(len(home.people) for home in county.county.homes)
    assert roster.rejected > 0
    assert roster.skipped > 0


@pytest.mark.parametrize("story", TOLD, ids=lambda story: story.name)
def test_a_story_is_found_and_explains_itself(county: Built, story):
    home = next(home for home in county.county.homes if home.story == story.name)
    numbers = {person.number for person in home.people}
    identities = {(story.kind, story.policy, number) for number in numbers}
    found = [finding for identity, finding in open_findings().items() if identity in identities]
    assert len(found) == 1, story.title
    told = found[0].reason + "".join(condition["name"] for condition in found[0].conditions)
    assert story.word in told
    assert all(fact["source"] for fact in found[0].facts)
    answers = {condition["name"]: condition["value"] for condition in found[0].conditions}
    if story.kind == "missed":
        assert set(answers.values()) == {True}
    if story.kind == "wrong":
        assert [name for name, value in answers.items() if value is False] == [story.word]


def test_the_bedridden_woman_s_benefit_was_paid_until_it_stopped(county: Built):
    home = next(home for home in county.county.homes if home.story == "bedridden")
    grants = Grant.objects.filter(policy="disability_nursing_subsidy").select_related("person")
    (stopped,) = [grant for grant in grants if grant.person.id_number == home.people[0].number]

    assert (stopped.ends_on, stopped.ends_on < ON) == (home.people[0].stopped_on, True)
    registered = explain_registered(household_id=household_of(person_id=stopped.person_id, on=ON), on=ON, rules=current_rules())
    assert "disability_nursing_subsidy" not in registered.facts.receives_members[0]


def test_explaining_one_and_screening_all_agree_for_everybody_and_every_policy(county: Built):
    differing, compared = disagreements()
    assert not differing, differing[:3]
    assert compared > len(current_rules().policies) * 1000


def test_every_desk_has_work_on_it_and_what_was_found_stands(county: Built):
    before = set(open_findings())
    prepare_accounts()
    made = make_cases(county.county, at=AT + timedelta(hours=1), progress=lambda *_: None)
    again = make_cases(county.county, at=AT + timedelta(hours=2), progress=lambda *_: None)

    stages = Counter(Case.objects.values_list("kind", "state"))
    decisions = Counter(Decision.objects.values_list("department", "state"))
    assert made == again >= 24
    assert Case.objects.count() < 40
    assert set(open_findings()) == before
    assert {("application", state) for state in ("draft", "submitted", "accepted", "concluded", "delivered")} < set(stages)
    assert stages["finding", "accepted"] == 2
    assert {one for one, state in decisions if state == "proposed"} >= {"医保", "残联", "卫健"}
    assert decisions["民政", "posted"] >= 2
    assert decisions["民政", "cleared"] >= 1
    assert Handover.objects.filter(answered_at=None).count() == 2
    assert Visit.objects.filter(second_signed_at=None).exists()
    assert Case.objects.filter(due_on__lt=ON, state="accepted").exists()
    assert set(Report.objects.values_list("kind", flat=True)) == {"report", "complaint"}
    assert OnlineApplication.objects.filter(state="waiting", household_id=None).count() == 1
    assert Authority.objects.filter(confirmed_at=None).count() == Authority.objects.exclude(confirmed_at=None).count() == 1

    found = {}
    for username, *_ in POSTS:
        staff = Staff.objects.get(username=username)
        with scope(staff, "核对"), reading("核对"):
            found[username] = _on_the_desk(staff)

    idle = {
        "demo_leader",
        "demo_rules",
        "demo_reception",
        "demo_hall",
        "demo_window",
        "demo_escort",
        "demo_escort2",
        "demo_system",
        "demo_security",
        "demo_audit",
        "demo_jiaoyu",
        "demo_zhujian",
        "demo_nongye",
    }
    assert {username for username, work in found.items() if not work} <= idle


def _on_the_desk(staff) -> int:
    """Count what waits for somebody: visits, signatures, decisions, cases of their own."""
    count = len(helped_by(staff=staff, on=ON)) if may("agent.act") else 0
    if may("visit.make"):
        count += len(my_visits(staff=staff, on=ON)) + len(to_sign(staff=staff, on=ON))
    if may("decision.confirm") or may("decision.department"):
        count += len(waiting_decisions(on=ON))
    if may("case.open"):
        count += cases(narrowed=CaseFilter(assignee=staff.username), on=ON).count()
    return count
