"""After work has begun on the desks, another screening reports nobody as missed whom somebody is helping already."""

from datetime import timedelta

import pytest

from tests.jobs.demonstration import AT, ON, built
from yimen.cases.models import Case, Decision
from yimen.evidence.actions import state_facts
from yimen.jobs.demo.accounts import prepare_accounts
from yimen.jobs.demo.casework import make_cases
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.registry.queries import household_card
from yimen.screening.actions import run_screening
from yimen.screening.models import Finding
from yimen.screening.queries import IN_HAND, FindingFilter, counts_by_kind, current_rules, figures, findings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store, pytest.mark.slow]
LOW = "subsistence_allowance"


def test_nobody_in_hand_is_missed_and_a_refusal_hides_nobody_whose_facts_have_changed(tmp_path, settings):
    settings.YIMEN_HOME, settings.YIMEN_DEMO = tmp_path, True
    made = built(tmp_path / "files", people=1500)
    prepare_accounts()
    with scope(System("test"), "核对"), reading("核对"):
        before = counts_by_kind()
        make_cases(made.county, at=AT + timedelta(hours=1), progress=lambda *_: None)
        run_screening(on=ON, at=AT + timedelta(hours=2), full=True)

        handled = _handled()
        missed = {(one.policy, one.subject_id) for one in findings(narrowed=FindingFilter(kind="missed"))}
        shown = {(one.policy, one.subject_id) for one in findings(narrowed=FindingFilter(state=IN_HAND))}
        assert not missed & handled
        assert shown <= handled
        # Most of them applied because they are entitled; the screening has seen it, and says who is at it.
        assert len(shown) > 5
        counts = counts_by_kind()
        assert counts["missed"] == figures().kinds["missed"] == len(missed)
        assert figures().in_hand == len(shown)
        # What is new is what follows from a recognition: whoever is recognised has a right to the premium.
        fresh = findings(narrowed=FindingFilter(kind="missed", since="opened"))
        assert {one.policy for one in fresh} <= {"insurance_premium_aid"}
        assert counts["missed"] - fresh.count() <= before["missed"]

        refused = Decision.objects.select_related("case").filter(state="refused", policy=LOW).order_by("pk")
        assert refused
        for one in refused:
            assert (LOW, one.case.household_id) not in missed
            _fell_ill_and_earns_nothing(one.case)
        run_screening(on=ON + timedelta(days=1), at=AT + timedelta(days=1), full=True)
        missed = {(one.policy, one.subject_id) for one in findings(narrowed=FindingFilter(kind="missed"))}
        assert {(LOW, one.case.household_id) for one in refused} <= missed


def _handled() -> set[tuple]:
    """What an open case is about, reckoned from the cases alone."""
    rows = Decision.objects.filter(effect="give").exclude(state__in=("confirmed", "refused", "referred", "dropped"))
    handled = {(one.policy, one.person_id or one.household_id) for one in rows}
    handled |= {("small_emergency_aid", subject) for policy, subject in handled if policy == "urgent_temporary_aid"}
    for case in Case.objects.filter(state="submitted"):
        handled |= {(policy, person or case.household_id) for policy, person in case.asked}
    verified = Case.objects.filter(kind="finding", state="accepted").values_list("finding_id", flat=True)
    handled |= set(Finding.objects.filter(pk__in=list(verified), kind="missed").values_list("policy", "subject_id"))
    later = Decision.objects.filter(state="confirmed", effect="give", grant__starts_on__gt=ON)
    return handled | {(one.policy, one.person_id or one.household_id) for one in later}


def _fell_ill_and_earns_nothing(case: Case) -> None:
    """Tell, a day later, as it was settled after another visit, what makes the household entitled after all."""
    catalogue, day, at = current_rules().catalogue, ON + timedelta(days=1), AT + timedelta(hours=20)
    common = {"catalogue": catalogue, "source": "核定", "stated_on": day, "by": None, "at": at, "area_path": case.area_path}
    card = household_card(household_id=case.household_id, on=day)
    for member in card.members:
        state_facts(
            facts={"月收入": "0.00", "金融资产": "0.00"},
            person=member.person_id,
            household=None,
            permission="case.verify",
            **common,
        )
    home = {"机动车数": 0, "住房套数": 1}
    state_facts(facts=home, person=None, household=case.household_id, permission="case.verify", **common)
