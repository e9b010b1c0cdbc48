"""公示 before the decision, 公布 while it is paid: as the policy says, never a child, never more than name, number, amount."""

import uuid
from datetime import date

import pytest

from tests.cases.town import DAY, NOON, accepted, decision_of, declare, given, make_town, noon, opened, poor, proposed, visited
from yimen.cases import actions, queries
from yimen.cases.models import CaseEvent, Decision, Posting, Task

pytestmark = pytest.mark.django_db
LOW, NURSING = "subsistence_allowance", "disability_nursing_subsidy"
PHOTO = uuid.uuid4


@pytest.fixture
def town():
    town = make_town()
    poor(town)
    return town


@pytest.fixture
def posted(town):
    """The opinion hangs on the board since the second day."""
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    with town.at_desk(town.window):
        actions.post(decision=decision.pk, place="村务公开栏", photo=PHOTO(), by=town.window, at=noon(1))
    return decision


def test_an_allowance_hangs_seven_natural_days_and_the_first_does_not_count(town, posted):
    with town.at_desk(town.window):
        posting = Posting.objects.get()

    assert (posting.starts_on, posting.ends_on) == (date(2026, 11, 24), date(2026, 12, 1))


def test_it_cannot_be_confirmed_while_it_hangs_nor_before(town, posted):
    with town.at_desk(town.approver), pytest.raises(actions.WrongStep, match="公示中"):
        actions.confirm(decision=posted.pk, by=town.approver, at=noon(3))


def test_without_the_posting_it_cannot_be_confirmed(town):
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)

    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="须先公示 7 天"):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))


def test_no_objection_can_be_noted_before_the_last_day_has_passed(town, posted):
    with town.at_desk(town.window):
        actions.photograph(decision=posted.pk, photo=PHOTO(), by=town.window, at=noon(8))
        with pytest.raises(actions.NotPosted, match="公示到 2026-12-01 为止"):
            actions.clear(decision=posted.pk, by=town.window, at=noon(8))


def test_the_photo_of_the_last_day_is_not_taken_before_it_and_is_needed(town, posted):
    with town.at_desk(town.window):
        with pytest.raises(actions.NotPosted, match="到那天再拍"):
            actions.photograph(decision=posted.pk, photo=PHOTO(), by=town.window, at=noon(7))
        with pytest.raises(actions.NotPosted, match="还缺最后一天的照片"):
            actions.clear(decision=posted.pk, by=town.window, at=noon(9))


def test_after_the_last_day_without_objection_it_goes_up_and_is_confirmed(town, posted):
    with town.at_desk(town.window):
        actions.photograph(decision=posted.pk, photo=PHOTO(), by=town.window, at=noon(8))
        actions.clear(decision=posted.pk, by=town.window, at=noon(9))
    with town.at_desk(town.approver):
        done = actions.confirm(decision=posted.pk, by=town.approver, at=noon(10))

        assert (done.state, done.grant.starts_on) == ("confirmed", date(2027, 1, 1))


def test_an_objection_ends_the_posting_and_the_matter_is_investigated_again(town, posted):
    with town.at_desk(town.window):
        with pytest.raises(actions.NotPosted, match="写明异议"):
            actions.object_to(decision=posted.pk, words=" ", by=town.window, at=noon(3))
        held = actions.object_to(decision=posted.pk, words="说他有一辆车", by=town.window, at=noon(3))

        assert (held.state, held.proposed_by_id) == ("open", None)
        assert CaseEvent.objects.get(step="object").cause == "公示有异议"
        assert Posting.objects.get().objected_on == date(2026, 11, 26)


def test_after_an_objection_a_new_opinion_goes_up_without_a_second_posting_where_none_is_ordered(town, posted):
    with town.at_desk(town.window):
        actions.object_to(decision=posted.pk, words="说他有一辆车", by=town.window, at=noon(3))
        actions.propose(decision=posted.pk, agrees=True, opinion="查过，没有车", by=town.window, at=noon(4))
        stages = queries.case_page(case_id=posted.case_id).deadlines[posted.pk]
        assert [(one.stage, one.starts_on) for one in stages if one.stage == "审核确认"] == [("审核确认", date(2026, 11, 27))]
    with town.at_desk(town.approver):
        assert actions.confirm(decision=posted.pk, by=town.approver, at=noon(5)).state == "confirmed"


def test_where_the_place_orders_it_the_new_opinion_is_posted_again(town, posted, monkeypatch):
    monkeypatch.setattr("yimen.cases.posting.true_parameters", lambda names, **_: frozenset(names))
    with town.at_desk(town.window):
        actions.object_to(decision=posted.pk, words="说他有一辆车", by=town.window, at=noon(3))
        actions.propose(decision=posted.pk, agrees=True, opinion="查过，没有车", by=town.window, at=noon(4))
    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="须先公示"):
        actions.confirm(decision=posted.pk, by=town.approver, at=noon(5))


@pytest.mark.parametrize("policy", ["unattended_child_allowance", "small_emergency_aid"])
def test_what_is_never_posted_the_program_refuses_to_post(town, policy):
    facts = {"遭遇急难": True, "小额快救金额": "300.00"}
    declare(town, facts if policy == "small_emergency_aid" else {"父亲状况": "死亡", "母亲状况": "失联满六个月"})
    case = accepted(town, actions.Asked(policy, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, policy)

        with pytest.raises(actions.NotPosted, match="不公示"):
            actions.post(decision=decision.pk, place="公开栏", by=town.window, at=noon(1))
        with pytest.raises(actions.NotPosted, match="不公示"):
            queries.sheet_of(decision=decision.pk, kind="before", on=noon(1).date())
        with pytest.raises(actions.NotPosted, match="也不公布"):
            actions.publish(decision=decision.pk, place="公开栏", by=town.window, at=noon(1))


def test_a_place_that_has_not_entered_the_days_posts_no_rigid_expenditure(town):
    case = accepted(town, actions.Asked("rigid_expenditure_household"))
    with town.at_desk(town.window):
        asked = queries.posting_asked(decision_of(case, "rigid_expenditure_household"), noon(1).date())

    assert not asked.allowed
    assert "公示天数”没有录入" in asked.words


EXPENDITURE = "expenditure_temporary_aid"


def spent_on_an_operation(town):
    """A household of the allowance has spent far more in three months than it can; the first opinion agrees."""
    given(town, LOW)
    declare(town, {}, household={"近三月必需支出": "20000.00"})
    return proposed(town, accepted(town, actions.Asked(EXPENDITURE)), EXPENDITURE)


def test_temporary_aid_for_expenditure_hangs_as_long_as_the_place_says_and_is_then_given_once(town):
    decision = spent_on_an_operation(town)
    with town.at_desk(town.window):
        assert queries.posting_asked(decision, noon(1).date()).days == 3
        posting = actions.post(decision=decision.pk, place="村务公开栏", photo=PHOTO(), by=town.window, at=noon(1))
        assert posting.ends_on == date(2026, 11, 27)
        actions.photograph(decision=decision.pk, photo=PHOTO(), by=town.window, at=noon(4))
        actions.clear(decision=decision.pk, by=town.window, at=noon(5))
    with town.at_desk(town.approver):
        grant = actions.confirm(decision=decision.pk, by=town.approver, at=noon(6)).grant

    # Two months of 640 元 for the one person of the household.
    assert (grant.amount_fen, grant.starts_on) == (128_000, grant.ends_on)


def test_where_the_days_are_not_entered_it_waits_and_says_what_to_enter(town, monkeypatch):
    decision = spent_on_an_operation(town)
    monkeypatch.setattr("yimen.cases.posting.parameter_at", lambda name, **_: None)
    with town.at_desk(town.approver):
        assert [one.why for one in queries.waiting_decisions(on=noon(1).date())] == ["等公示"]
        with pytest.raises(actions.NotDecided, match="“临时救助·支出型公示天数”没有录入，请先录入"):
            actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
    with town.at_desk(town.window), pytest.raises(actions.NotPosted, match="请先录入"):
        actions.post(decision=decision.pk, place="村务公开栏", by=town.window, at=noon(1))


def test_the_sheet_says_name_number_and_amount_and_nothing_else(town, posted):
    with town.at_desk(town.window):
        sheet = queries.sheet_of(decision=posted.pk, kind="before", on=noon(1).date())

    assert (sheet.name, sheet.members, sheet.fen) == ("沈小满", 1, posted.amount_fen)
    assert set(vars(sheet)) == {
        "policy", "kind", "effect", "village", "name", "members", "fen", "unit", "starts_on", "ends_on", "department",
    }  # fmt: skip


def test_a_child_is_never_named_on_a_sheet(town):
    with town.at_desk(town.window):
        town.person.born_on = date(2016, 1, 1)
        town.person.save()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    case = accepted(town, actions.Asked("disability_nursing_subsidy", town.person.pk), guardian_name="沈某")
    with town.at_desk(town.window):
        sheet = queries.sheet_of(
            decision=decision_of(case, "disability_nursing_subsidy").pk, kind="while_paid", on=noon(1).date()
        )

    assert sheet.name == ""


def test_what_is_confirmed_is_published_while_it_is_paid_and_once(town, posted):
    with town.at_desk(town.window):
        with pytest.raises(actions.WrongStep):
            actions.publish(decision=posted.pk, place="公开栏", by=town.window, at=noon(2))
        actions.photograph(decision=posted.pk, photo=PHOTO(), by=town.window, at=noon(8))
        actions.clear(decision=posted.pk, by=town.window, at=noon(9))
    with town.at_desk(town.approver):
        actions.confirm(decision=posted.pk, by=town.approver, at=noon(10))
    with town.at_desk(town.window):
        actions.publish(decision=posted.pk, place="公开栏", by=town.window, at=noon(11))
        with pytest.raises(actions.NotPosted, match="已经在公布"):
            actions.publish(decision=posted.pk, place="公开栏", by=town.window, at=noon(11))

        assert [(one.kind, one.name) for one in queries.board(area=town.village, on=noon(12).date())] == [("公布", "沈小满")]


def test_an_application_taken_back_hangs_and_waits_nowhere_any_more(town, posted):
    with town.at_desk(town.window):
        Task.objects.create(
            case_id=posted.case_id, kind="visit", words="入户", owner=town.colleague, made_at=NOON, area_path=posted.area_path
        )
        done = actions.withdraw(case=posted.case_id, words="本人说不办了", by=town.window, at=noon(2))

        assert done.state == "withdrawn"
        assert Decision.objects.get().state == "dropped"
        assert not Posting.objects.filter(closed_at=None).exists()
        assert Task.objects.get().outcome == "申请已撤回，不用去了"
        assert not queries.board(area=town.village, on=DAY)
    with town.at_desk(town.approver):
        assert queries.waiting_decisions(on=DAY) == []


def test_what_was_decided_before_an_application_is_taken_back_stands_and_is_handed_over(town):
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    case = accepted(town, actions.Asked(NURSING, town.person.pk), actions.Asked("disability_living_subsidy", town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))
    with town.at_desk(town.window):
        done = actions.withdraw(case=case.pk, words="生活补贴不要了", by=town.window, at=noon(3))

        assert done.state == "concluded"
        assert set(Decision.objects.values_list("state", flat=True)) == {"confirmed", "dropped"}
        assert Task.objects.filter(kind="deliver", done_at=None).count() == 1


def test_only_an_application_is_taken_back(town):
    warned = opened(town, kind="report")
    with town.at_desk(town.window), pytest.raises(actions.NotAccepted, match="只有申请能撤回"):
        actions.withdraw(case=warned.pk, words="不办了", by=town.window, at=NOON)
