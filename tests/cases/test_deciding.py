"""Identity first, four eyes, frozen facts: what a decision may and may not do."""

import pytest

from tests.cases.town import NOON, accepted, decision_of, declare, make_town, noon
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import CaseEvent

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def test_a_nursing_subsidy_goes_from_acceptance_to_a_grant_from_the_month_of_application(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合，建议同意。", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        done = actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))

        grant = Grant.objects.get()
        assert (grant.starts_on.isoformat(), grant.policy) == ("2026-11-01", NURSING)
        assert grant.amount_fen
        assert grant.facts["rows"]
        assert done.case.state == "concluded"
        steps = list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("step", flat=True))
        assert steps == ["open", "consent", "accept", "propose", "confirm", "conclude"]


def test_nobody_confirms_their_own_opinion(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.approver):
        decision = decision_of(case, NURSING)
    with town.at_desk(town.window):
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=NOON)

        with pytest.raises(actions.NotDecided, match="不能是同一个人"):
            actions.confirm(decision=decision.pk, by=town.window, at=NOON)
        assert not Grant.objects.exists()


def test_a_decision_on_facts_that_changed_since_the_opinion_is_refused_with_what_changed(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=NOON)
    declare(town, {"残疾等级": 2}, source="残联", on=noon(1).date())

    with town.at_desk(town.approver), pytest.raises(actions.StaleFacts, match="残疾等级由 1 变为 2"):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
